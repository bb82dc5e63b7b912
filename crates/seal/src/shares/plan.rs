//! Who must come together: how many shares of a group, and how many groups.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Format, Result};
use crate::text::decimal;

/// The most groups of a plan, and the most shares of a group: four bits of a share.
pub const MAX_MEMBERS: u8 = 16;
/// The longest name of a group, in bytes.
pub const MAX_GROUP_NAME_BYTES: usize = 32;
/// The longest text of a plan, in bytes.
pub const MAX_PLAN_BYTES: usize = 1024;

/// A group of custodians.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, such as `cabinet`; empty in a plan of one group, which needs none.
    name: String,
    threshold: u8,
    members: u8,
}

impl Group {
    /// The group's name; empty in a plan of one nameless group.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many of its shares speak for the group.
    #[must_use]
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// How many shares it has.
    #[must_use]
    pub const fn members(&self) -> u8 {
        self.members
    }
}

/// A plan of custodians. As text: `3-of-5`, or `2(cabinet:2-of-3,ict:2-of-3,court:3-of-5)`, which people may also write
/// `2 of {cabinet 2-of-3, ict 2-of-3, court 3-of-5}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupPlan {
    threshold: u8,
    groups: Vec<Group>,
}

impl GroupPlan {
    /// How many groups must come together.
    #[must_use]
    pub const fn threshold(&self) -> u8 {
        self.threshold
    }

    /// The groups, 1 to [`MAX_MEMBERS`].
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of a number from 1.
    #[must_use]
    pub fn group(&self, number: u8) -> Option<&Group> {
        self.groups.get(usize::from(number).checked_sub(1)?)
    }

    /// Whether one person alone holds everything: to be said to everybody who asks, until there are several.
    #[must_use]
    pub fn is_one_person(&self) -> bool {
        self.groups
            .iter()
            .map(|group| u32::from(group.members))
            .sum::<u32>()
            == 1
    }

    /// How many shares are needed at least: those of the groups that need the fewest.
    #[must_use]
    pub fn fewest_shares(&self) -> usize {
        let mut needed: Vec<_> = self
            .groups
            .iter()
            .map(|group| usize::from(group.threshold))
            .collect();
        needed.sort_unstable();
        needed.iter().take(usize::from(self.threshold)).sum()
    }
}

impl fmt::Display for GroupPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.groups.iter().any(|group| !group.name.is_empty());
        if named {
            write!(f, "{}(", self.threshold)?;
        }
        for (
            at,
            Group {
                name,
                threshold,
                members,
            },
        ) in self.groups.iter().enumerate()
        {
            if at > 0 {
                f.write_str(",")?;
            }
            if named {
                write!(f, "{name}:")?;
            }
            write!(f, "{threshold}-of-{members}")?;
        }
        if named { f.write_str(")") } else { Ok(()) }
    }
}

impl FromStr for GroupPlan {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.len() > MAX_PLAN_BYTES {
            return Err(Error::TooLarge {
                format: Format::GroupPlan,
                max: MAX_PLAN_BYTES,
            });
        }
        let listed = |text: &str, open: char, close: char, part: char| {
            let (threshold, list) = text.split_once(open)?;
            let list = list.strip_suffix(close)?;
            Some(parse_list(threshold, list, part))
        };
        if let Some(plan) = listed(text, '(', ')', ':') {
            return plan;
        }
        if let Some(plan) = listed(text, '{', '}', ' ') {
            return plan;
        }
        let (threshold, members) = parse_pair(text)?;
        let group = Group {
            name: String::new(),
            threshold,
            members,
        };
        Ok(Self {
            threshold: 1,
            groups: vec![group],
        })
    }
}

fn parse_list(threshold: &str, list: &str, part: char) -> Result<GroupPlan> {
    let threshold = threshold.trim();
    let threshold = threshold.strip_suffix(" of").unwrap_or(threshold).trim();
    let threshold = parse_count(threshold)?;
    let groups = list
        .split(',')
        .take(usize::from(MAX_MEMBERS) + 1)
        .map(|group| parse_group(group.trim(), part))
        .collect::<Result<Vec<_>>>()?;
    if groups.len() > usize::from(MAX_MEMBERS) {
        return Err(malformed("at most 16 groups"));
    }
    if usize::from(threshold) > groups.len() {
        return Err(malformed("more groups are needed than there are"));
    }
    let mut names = HashSet::new();
    if !groups
        .iter()
        .all(|group| names.insert(group.name.to_lowercase()))
    {
        return Err(malformed("two groups have one name"));
    }
    Ok(GroupPlan { threshold, groups })
}

fn parse_group(text: &str, part: char) -> Result<Group> {
    let (name, pair) = text.rsplit_once(part).ok_or(malformed(
        "each group has a name and its numbers, such as cabinet 2-of-3",
    ))?;
    let name = name.trim();
    let letters = |c: char| c.is_alphanumeric() || " -_.'\u{2019}".contains(c);
    if !(1..=MAX_GROUP_NAME_BYTES).contains(&name.len()) || !name.chars().all(letters) {
        return Err(malformed(
            "a group's name is 1 to 32 bytes of letters, digits, spaces and -_.'",
        ));
    }
    let (threshold, members) = parse_pair(pair.trim())?;
    Ok(Group {
        name: name.to_owned(),
        threshold,
        members,
    })
}

fn parse_pair(text: &str) -> Result<(u8, u8)> {
    let (threshold, members) = text.split_once("-of-").ok_or(malformed(
        "write it as 3-of-5, or 2(cabinet:2-of-3,ict:2-of-3)",
    ))?;
    let (threshold, members) = (parse_count(threshold)?, parse_count(members)?);
    if threshold > members {
        return Err(malformed("more shares are needed than there are"));
    }
    // SLIP-0039 forbids it, since such shares are copies of one another; whoever writes it means something else.
    if threshold == 1 && members > 1 {
        return Err(malformed(
            "with 1-of-several each share would be the whole secret: take 1-of-1, or at least 2-of-3",
        ));
    }
    Ok((threshold, members))
}

fn parse_count(text: &str) -> Result<u8> {
    decimal(text)
        .and_then(|count| u8::try_from(count).ok())
        .filter(|count| (1..=MAX_MEMBERS).contains(count))
        .ok_or(malformed("each number is from 1 to 16"))
}

const fn malformed(why: &'static str) -> Error {
    Format::GroupPlan.malformed(why)
}
