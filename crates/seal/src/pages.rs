//! A custodian's page: one share as plain text, and as an A4 page to be printed in black and white, French first.
//!
//! The page says all that a custodian must know years later, without us: what it is, where it is kept, what is never done with
//! it, and what happens on the day when it is needed. Beside each word stands its number in the word list, for those who don't
//! read English, and a QR code holds the same words. The HTML has no script, loads nothing and forbids both.

mod html;
mod plain;
mod wording;

use zeroize::Zeroizing;

use crate::shares::{Group, GroupPlan, Share};

/// Words a column of a page; three columns hold a share of the root.
const COLUMN_WORDS: usize = 11;

/// Which key a share is of: pages say what it opens, and how it is rebuilt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageKey {
    /// An institution's root.
    Institution,
    /// A data centre's own seed.
    Operator,
}

/// What stands on one page.
pub struct Page<'a> {
    /// Which key.
    pub key: PageKey,
    /// The institution's name, or the data centre's.
    pub institution: &'a str,
    /// The plan that the share is of.
    pub plan: &'a GroupPlan,
    /// Number of the set of shares, as the keyring notes it.
    pub set: u32,
    /// The day on which it is printed, such as `2026-11-22`.
    pub date: &'a str,
    /// The share itself.
    pub share: &'a Share,
}

impl Page<'_> {
    /// The page as plain text of at most 78 columns, in UTF-8.
    #[must_use]
    pub fn text(&self) -> Zeroizing<String> {
        plain::page(self)
    }

    /// The page as one HTML file, to be printed on one sheet of A4.
    #[must_use]
    pub fn html(&self) -> Zeroizing<String> {
        html::page(self)
    }

    /// A name for the page's file, without its ending: `part-2-cabinet-1`, set, group and member.
    #[must_use]
    pub fn file_name(&self) -> String {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() {
                c.to_ascii_lowercase()
            } else {
                '-'
            }
        };
        let group: String = self
            .group()
            .map_or("", Group::name)
            .chars()
            .map(plain)
            .collect();
        let group = if self.plan.groups().len() > 1 {
            // The number keeps two names apart that differ only in what isn't ASCII.
            format!("{}-{group}", self.share.group_number())
        } else {
            "1".to_owned()
        };
        format!("part-{}-{group}-{}", self.set, self.share.member_number())
    }

    /// The share's group in the plan; none if the share is of another plan.
    fn group(&self) -> Option<&Group> {
        self.plan.group(self.share.group_number())
    }

    /// The share's place in its group: number and count.
    fn place(&self) -> (u8, u8) {
        (
            self.share.member_number(),
            self.group().map_or(0, Group::members),
        )
    }
}
