//! Chance that can be had again: everything random follows from one seed.

/// Steele, Lea and Flood's SplitMix64, which needs no warming up and takes any seed.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..=most`.
    pub(crate) fn up_to(&mut self, most: usize) -> usize {
        let choices = most as u64 + 1;
        usize::try_from(self.next() % choices).unwrap_or(most)
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.up_to(times - 1) == 0
    }
}

/// How much of what was not synced a cut keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kept {
    /// Nothing: the disk that writes as late as it may.
    Nothing,
    /// Everything: the disk that writes at once.
    All,
    /// Any part.
    Some,
}

impl Kept {
    /// Both ends are drawn now and then, since a part taken at random is hardly ever either.
    pub(crate) fn drawn(draw: &mut Draw) -> Self {
        match draw.up_to(5) {
            0 => Self::Nothing,
            1 => Self::All,
            _ => Self::Some,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_again() {
        let drawn = |seed| {
            let mut draw = Draw::new(seed);
            (0..20).map(|_| draw.up_to(9)).collect::<Vec<_>>()
        };
        assert_eq!(drawn(7), drawn(7));
        assert_ne!(drawn(7), drawn(8));
        assert!(drawn(7).iter().all(|one| *one <= 9));
    }
}
