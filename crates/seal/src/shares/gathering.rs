//! The day of recovery: shares are given one after the other, and each answer says what is still missing.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::fault::ShareFault;
use super::field::{Point, interpolate};
use super::mnemonic::Share;
use super::plan::GroupPlan;
use super::{cipher, shamir};
use crate::error::Result;
use crate::root::Root;

/// Shares of one set, given so far.
#[derive(Default)]
pub struct Gathering {
    shares: Vec<Share>,
}

/// How far a gathering is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// How many groups rebuild the secret.
    pub groups_needed: u8,
    /// How many groups there are.
    pub group_count: u8,
    /// The groups of which there is a share, by number. What another group needs is known from its first share on.
    pub groups: Vec<GroupProgress>,
}

/// How far one group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupProgress {
    /// Its number, from 1.
    pub group: u8,
    /// Shares given.
    pub have: u8,
    /// Shares needed.
    pub need: u8,
}

impl GroupProgress {
    const fn is_complete(self) -> bool {
        self.have >= self.need
    }
}

impl Progress {
    /// Whether the secret can be rebuilt.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.groups_needed > 0 && self.groups_missing() == 0
    }

    fn groups_missing(&self) -> usize {
        let complete = self
            .groups
            .iter()
            .filter(|group| group.is_complete())
            .count();
        usize::from(self.groups_needed).saturating_sub(complete)
    }

    /// The same in words, with the groups' names if the plan is known: `cabinet needs 1 more share`.
    #[must_use]
    pub fn describe(&self, plan: Option<&GroupPlan>) -> String {
        if self.groups_needed == 0 {
            return "no share was given yet".to_owned();
        }
        if self.is_complete() {
            return "the shares are complete".to_owned();
        }
        let name = |number: u8| {
            let named = plan
                .and_then(|plan| plan.group(number))
                .map(|group| group.name());
            match named {
                Some(name) if !name.is_empty() => name.to_owned(),
                _ if self.group_count == 1 => "the set".to_owned(),
                _ => format!("group {number}"),
            }
        };
        let lines = self.groups.iter().map(|group| {
            let GroupProgress {
                group: number,
                have,
                need,
            } = *group;
            match need.saturating_sub(have) {
                0 => format!("{} is complete", name(number)),
                1 => format!("{} needs 1 more share ({have} of {need})", name(number)),
                missing => format!(
                    "{} needs {missing} more shares ({have} of {need})",
                    name(number)
                ),
            }
        });
        let mut lines: Vec<_> = lines.collect();
        if self.group_count > 1 {
            lines.push(format!(
                "{} of the {} groups must be complete, {} still to go",
                self.groups_needed,
                self.group_count,
                self.groups_missing()
            ));
        }
        lines.join("; ")
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(None))
    }
}

impl Gathering {
    /// Nothing gathered yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a share.
    ///
    /// # Errors
    /// [`ShareFault::OtherSet`], [`ShareFault::Duplicate`], [`ShareFault::Conflict`]; the share isn't kept then.
    pub fn add(&mut self, share: Share) -> Result<()> {
        if let Some(first) = self.shares.first() {
            let same_group = self.shares.iter().find(|other| other.group == share.group);
            let of_the_set = first.set == share.set
                && first.value.len() == share.value.len()
                && same_group.is_none_or(|other| other.member_threshold == share.member_threshold);
            if !of_the_set {
                let (found, expected) = (share.set_words(), first.set_words());
                return Err(ShareFault::OtherSet { found, expected }.into());
            }
        }
        let same_place = |other: &Share| (other.group, other.member) == (share.group, share.member);
        if let Some(at) = self.shares.iter().position(same_place) {
            let earlier = at + 1;
            return Err(if self.shares[at].value == share.value {
                ShareFault::Duplicate { earlier }
            } else {
                ShareFault::Conflict { earlier }
            }
            .into());
        }
        self.shares.push(share);
        Ok(())
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let count = |shares: &Vec<&Share>| u8::try_from(shares.len()).expect("at most 16 members");
        let groups = self
            .by_group()
            .into_iter()
            .map(|(group, shares)| GroupProgress {
                group: group + 1,
                have: count(&shares),
                need: shares[0].member_threshold,
            });
        Progress {
            groups_needed: self.shares.first().map_or(0, Share::group_threshold),
            group_count: self.shares.first().map_or(0, Share::group_count),
            groups: groups.collect(),
        }
    }

    /// The root.
    ///
    /// # Errors
    /// As [`Gathering::secret`]; [`ShareFault::NotARoot`].
    pub fn root(&self) -> Result<Root> {
        let secret = self.secret(b"")?;
        let bytes = secret.len();
        let mut seed = Zeroizing::new([0; 32]);
        if bytes != seed.len() {
            return Err(ShareFault::NotARoot { bytes }.into());
        }
        seed.copy_from_slice(&secret);
        Ok(Root::from_seed(seed))
    }

    /// The secret under a passphrase. No passphrase is wrong: another one gives another secret.
    ///
    /// # Errors
    /// [`ShareFault::Missing`]; [`ShareFault::Misfit`] and [`ShareFault::Unfit`] if a share is false.
    pub fn secret(&self, passphrase: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let progress = self.progress();
        let Some(first) = self.shares.first().filter(|_| progress.is_complete()) else {
            return Err(ShareFault::Missing(progress).into());
        };
        let mut group_shares = Vec::new();
        for (group, shares) in self.by_group() {
            if shares.len() >= usize::from(shares[0].member_threshold) {
                group_shares.push((group, recover_group(group + 1, &shares)?));
            }
        }
        let points: Vec<_> = group_shares
            .iter()
            .map(|(x, y)| Point { x: *x, y })
            .collect();
        let (sealed, misfits) = recover_from(first.set.group_threshold, &points)
            .ok_or(ShareFault::Unfit { group: None })?;
        if let Some(at) = misfits.first() {
            let (group, members) = (points[*at].x + 1, Vec::new());
            return Err(ShareFault::Misfit { group, members }.into());
        }
        Ok(cipher::decrypt(&sealed, passphrase, &first.set))
    }

    fn by_group(&self) -> BTreeMap<u8, Vec<&Share>> {
        let mut groups = BTreeMap::<_, Vec<_>>::new();
        for share in &self.shares {
            groups.entry(share.group).or_default().push(share);
        }
        groups
    }
}

fn recover_group(group: u8, shares: &[&Share]) -> Result<Zeroizing<Vec<u8>>, ShareFault> {
    let points: Vec<_> = shares
        .iter()
        .map(|share| Point {
            x: share.member,
            y: &share.value,
        })
        .collect();
    let (secret, misfits) = recover_from(shares[0].member_threshold, &points)
        .ok_or(ShareFault::Unfit { group: Some(group) })?;
    if misfits.is_empty() {
        return Ok(secret);
    }
    let members = misfits
        .iter()
        .map(|at| shares[*at].member_number())
        .collect();
    Err(ShareFault::Misfit { group, members })
}

/// The secret of at least `threshold` points, and the positions of those that don't lie on its polynomials.
///
/// With points to spare, the first choice of points that satisfies the digest tells the false ones from the true. There
/// are at most 12 870 choices, 8 of 16.
fn recover_from(threshold: u8, points: &[Point<'_>]) -> Option<(Zeroizing<Vec<u8>>, Vec<usize>)> {
    let mut chosen: Vec<usize> = (0..usize::from(threshold)).collect();
    loop {
        let few: Vec<_> = chosen.iter().map(|at| points[*at]).collect();
        if let Some(secret) = shamir::recover(threshold, &few) {
            let misfits = (0..points.len())
                .filter(|at| interpolate(points[*at].x, &few).as_slice() != points[*at].y)
                .collect();
            return Some((secret, misfits));
        }
        next_choice(&mut chosen, points.len())?;
    }
}

/// Moves on to the next choice of positions below `count`, in lexicographic order; none after the last.
fn next_choice(chosen: &mut [usize], count: usize) -> Option<()> {
    let size = chosen.len();
    let at = (0..size).rfind(|at| chosen[*at] < count - size + *at)?;
    let first = chosen[at] + 1;
    for (position, next) in chosen[at..].iter_mut().zip(first..) {
        *position = next;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_comes_once() {
        let mut chosen = vec![0, 1, 2];
        let mut count = 1;
        while next_choice(&mut chosen, 5).is_some() {
            count += 1;
        }
        assert_eq!((count, chosen), (10, vec![2, 3, 4]));
    }

    fn shares(plan: &str) -> Vec<Share> {
        let root = Root::from_seed(Zeroizing::new([7; 32]));
        crate::shares::split(&root, &plan.parse().expect("a plan")).expect("split")
    }

    /// A share that claims the same place, with a checksum of its own: as a dishonest custodian would make it.
    fn forged(share: &Share) -> Share {
        let mut forged = share.clone();
        forged.value[0] ^= 1;
        Share::parse(&forged.mnemonic()).expect("well-formed")
    }

    fn fault(shares: &[Share]) -> ShareFault {
        let mut gathering = Gathering::new();
        let added = shares
            .iter()
            .try_for_each(|share| gathering.add(share.clone()));
        match added.and_then(|()| gathering.root()) {
            Err(crate::Error::Share(fault)) => fault,
            _ => panic!("a fault"),
        }
    }

    #[test]
    fn a_false_share_is_noticed_and_named_when_there_is_one_to_spare() {
        let mut set = shares("3-of-5");
        let true_one = set[1].clone();
        set[1] = forged(&true_one);
        assert_eq!(fault(&set[..3]), ShareFault::Unfit { group: Some(1) });
        assert_eq!(
            fault(&set),
            ShareFault::Misfit {
                group: 1,
                members: vec![2]
            }
        );
        assert_eq!(
            fault(&[set[0].clone(), set[1].clone(), true_one]),
            ShareFault::Conflict { earlier: 2 }
        );
    }

    #[test]
    fn a_false_group_is_noticed() {
        let mut set = shares("2(a:1-of-1,b:1-of-1,c:1-of-1)");
        set[2] = forged(&set[2]);
        assert_eq!(fault(&set[1..]), ShareFault::Unfit { group: None });
        assert_eq!(
            fault(&set),
            ShareFault::Misfit {
                group: 3,
                members: vec![]
            }
        );
    }

    #[test]
    fn a_share_of_another_plan_is_of_another_set() {
        let mut set = shares("2-of-3");
        set[1].member_threshold = 3;
        assert!(matches!(fault(&set), ShareFault::OtherSet { .. }));
        let mut set = shares("2-of-3");
        set[1].set.group_count = 2;
        assert!(matches!(fault(&set), ShareFault::OtherSet { .. }));
    }

    #[test]
    fn a_secret_that_is_no_root_is_told() {
        let plan = "1-of-1".parse().expect("a plan");
        let set = crate::shares::split_secret(&[1; 16], b"", &plan).expect("split");
        assert_eq!(fault(&set), ShareFault::NotARoot { bytes: 16 });
    }
}
