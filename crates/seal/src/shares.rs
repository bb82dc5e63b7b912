//! The root as printed shares: SLIP-0039, so that any implementation of the standard rebuilds it without us.
//!
//! The secret is encrypted (with an empty passphrase), split among groups, and each group's part is split among its
//! custodians; each share is 33 words with a checksum. The arithmetic takes the same time whatever the secret. It doesn't
//! correct words: it says where to look, and the page is looked at again.

mod checksum;
mod cipher;
mod fault;
mod field;
mod gathering;
mod mnemonic;
mod plan;
mod shamir;
mod wordlist;

use zeroize::Zeroizing;

use crate::error::Result;
use crate::root::Root;
use crate::signing::fill_random;
use mnemonic::SetHeader;

pub use fault::ShareFault;
pub use gathering::{Gathering, GroupProgress, Progress};
pub use mnemonic::{MAX_MNEMONIC_BYTES, MAX_SHARE_WORDS, MIN_SHARE_WORDS, ROOT_SHARE_WORDS, Share};
pub use plan::{Group, GroupPlan, MAX_GROUP_NAME_BYTES, MAX_MEMBERS, MAX_PLAN_BYTES};
pub(crate) use wordlist::index_of;
pub use wordlist::{WORDS, word};

/// 20 000 iterations in all. It slows down guessing at passphrases, and ours is empty: more would only cost time.
const ITERATION_EXPONENT: u8 = 1;

/// Splits the root into the plan's shares: group by group in the plan's order, member by member.
///
/// # Errors
/// [`crate::Error::Randomness`].
pub fn split(root: &Root, plan: &GroupPlan) -> Result<Vec<Share>> {
    split_secret(root.seed(), b"", plan)
}

/// Splits any secret of 16 to 64 bytes, an even number, encrypted under a passphrase of printable ASCII.
///
/// # Errors
/// [`ShareFault::Secret`] for another length; [`crate::Error::Randomness`].
pub fn split_secret(secret: &[u8], passphrase: &[u8], plan: &GroupPlan) -> Result<Vec<Share>> {
    let bytes = secret.len();
    if !(16..=64).contains(&bytes) || !bytes.is_multiple_of(2) {
        return Err(ShareFault::Secret { bytes }.into());
    }
    let mut identifier = [0; 2];
    fill_random(&mut identifier)?;
    let group_count = u8::try_from(plan.groups().len()).expect("a plan has at most 16 groups");
    let set = SetHeader {
        identifier: u16::from_be_bytes(identifier) >> 1,
        extendable: true,
        iteration_exponent: ITERATION_EXPONENT,
        group_threshold: plan.threshold(),
        group_count,
    };
    let sealed = cipher::encrypt(secret, passphrase, &set);
    let group_values = shamir::split(set.group_threshold, group_count, &sealed)?;
    let mut shares = Vec::new();
    for (group, (value, planned)) in (0..).zip(group_values.iter().zip(plan.groups())) {
        let values: Vec<Zeroizing<Vec<u8>>> =
            shamir::split(planned.threshold(), planned.members(), value)?;
        shares.extend((0..).zip(values).map(|(member, value)| Share {
            set,
            group,
            member,
            member_threshold: planned.threshold(),
            value,
        }));
    }
    Ok(shares)
}
