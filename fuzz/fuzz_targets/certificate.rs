//! A certificate's dates and names, from DER that anybody may have made.
#![no_main]

use amana_tls::{Certificate, Name};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(certificate) = Certificate::parse(bytes) {
        // It is read from the front: what comes after it changes nothing.
        let longer = [bytes, b"\x30\x00"].concat();
        assert_eq!(Certificate::parse(&longer), Some(certificate.clone()));
        for name in certificate.names {
            let length = match &name {
                Name::Dns(name) => name.len(),
                Name::Ip(address) if address.is_ipv4() => 4,
                Name::Ip(_) => 16,
            };
            assert!(length <= bytes.len());
        }
    }
});
