//! Networks that editors come from: `10.0.0.0/8`, `2001:db8::/32`, or one address.

use std::net::IpAddr;
use std::str::FromStr;

/// All addresses that begin alike.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether the address is of this network. An IPv4 address in IPv6's clothes is the IPv4 address.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        match (self.first, address.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                shared(32, self.bits, (first.to_bits() ^ address.to_bits()).into())
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                shared(128, self.bits, first.to_bits() ^ address.to_bits())
            }
            _ => false,
        }
    }
}

/// Whether two addresses of that width, of which this is the difference, begin with the same bits.
fn shared(width: u32, bits: u32, difference: u128) -> bool {
    difference.checked_shr(width - bits).unwrap_or(0) == 0
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let first: IpAddr = address
            .parse()
            .map_err(|_| "it isn't an address, nor a network such as 10.0.0.0/8")?;
        let width = if first.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= width)
                .ok_or("what follows the / isn't a number of bits that such an address has")?,
        };
        let rest = match first {
            IpAddr::V4(first) => u128::from(first.to_bits()),
            IpAddr::V6(first) => first.to_bits(),
        };
        let is_whole = rest
            .checked_shl(128 - (width - bits))
            .is_none_or(|rest| rest == 0);
        if !is_whole {
            return Err(
                "it names an address within the network, not the network: its last bits are 0",
            );
        }
        Ok(Self { first, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(network: &str, address: &str) -> bool {
        network
            .parse::<Network>()
            .unwrap()
            .has(address.parse().unwrap())
    }

    #[test]
    fn a_network_has_what_begins_as_it_does() {
        assert!(has("10.0.0.0/8", "10.255.0.1"));
        assert!(has("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("192.0.2.7", "192.0.2.7"));
        assert!(!has("192.0.2.7", "192.0.2.6"));
        assert!(has("0.0.0.0/0", "203.0.113.9"));
        assert!(!has("0.0.0.0/0", "2001:db8::1"));
        assert!(has("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!has("2001:db8::/32", "2001:db9::1"));
        assert!(has("::/0", "2001:db9::1"));
        assert!(has("::1", "::1"));
    }

    #[test]
    fn what_is_no_network_is_named() {
        for wrong in [
            "",
            "10",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "10.0.0.0/x",
            "2001:db8::1/32",
            "::/129",
        ] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
