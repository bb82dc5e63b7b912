//! Whom an official serves, the name of an account, and who stands in an act as its author.

use std::fmt;
use std::str::FromStr;

use amana_ledger::Hash;
use amana_store::{LedgerId, LedgerInfo, Reader};
use serde::Serialize;

use crate::{Error, InstitutionName, Official, Result, views};

/// The ledger of who signs in for the operator.
pub(crate) const STAFF: &str = "operator/staff";

/// Whom an official serves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Owner {
    /// The operator: its staff stand in a private ledger of its own, `operator/staff`.
    Operator,
    /// An institution.
    Institution(InstitutionName),
}

impl Owner {
    /// The ledger in which its officials, and all that they do, stand.
    #[must_use]
    pub fn ledger_name(&self) -> String {
        match self {
            Self::Operator => STAFF.to_owned(),
            Self::Institution(name) => name.vault_ledger(),
        }
    }

    /// The institution, if it is one.
    #[must_use]
    pub fn institution(&self) -> Option<&InstitutionName> {
        match self {
            Self::Operator => None,
            Self::Institution(name) => Some(name),
        }
    }

    pub(crate) fn of_ledger(rows: &Reader<'_>, ledger: LedgerId) -> Result<Self> {
        let info = LedgerInfo::by_id(rows, ledger)?;
        match info {
            Some(info) if info.name == STAFF => Ok(Self::Operator),
            _ => Ok(Self::Institution(
                views::institution(rows, ledger)?.name.parse()?,
            )),
        }
    }

    pub(crate) fn ledger(&self, rows: &Reader<'_>) -> Result<LedgerId> {
        match self {
            Self::Institution(name) => Ok(views::ledger_of(&views::institution_named(
                rows,
                name.as_str(),
            )?)?),
            Self::Operator => match LedgerInfo::named(rows, STAFF)? {
                Some(info) => Ok(info.id),
                None => Err(Error::NoStaff),
            },
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str("operator"),
            Self::Institution(name) => name.fmt(f),
        }
    }
}

impl FromStr for Owner {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "operator" => Ok(Self::Operator),
            name => Ok(Self::Institution(name.parse()?)),
        }
    }
}

impl Serialize for Owner {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a person signs in as: `finances/3`, the institution and the official's number. No name of a person, so that it may
/// stand in authenticators and logs.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccountName {
    /// Whom the official serves.
    pub owner: Owner,
    /// The official's number.
    pub official: u64,
}

impl AccountName {
    /// The user handle of its passkeys: a digest, so that one that is lost doesn't tell whose it was.
    #[must_use]
    pub fn user_handle(&self) -> [u8; 32] {
        *Hash::of(&[b"amana/user-handle/v1\0", self.to_string().as_bytes()]).as_bytes()
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.official)
    }
}

impl FromStr for AccountName {
    type Err = Error;

    /// As it was typed: spaces around it and capitals are nothing.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = Error::Invalid {
            what: "the account's name",
            why: "must be an institution's name and an official's number, such as finances/3",
        };
        let text = text.trim().to_ascii_lowercase();
        let Some((owner, number)) = text.split_once('/') else {
            return Err(invalid);
        };
        match (owner.parse(), number.parse()) {
            (Ok(owner), Ok(official)) => Ok(Self { owner, official }),
            _ => Err(invalid),
        }
    }
}

/// Who asks for an act, and stands in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// The operator: `operator:root` from its machine's own socket, `operator:staff-2` from its console.
    Operator(String),
    /// An official of the ledger's owner, by number.
    Official(u64),
}

impl Actor {
    /// The operator, as the socket names who opened it: `operator:<user>`.
    #[must_use]
    pub fn of_socket(by: &str) -> Self {
        Self::Operator(by.to_owned())
    }

    /// The official's number, in the ledger that the act goes to.
    #[must_use]
    pub fn official(&self) -> Option<u64> {
        match self {
            Self::Operator(_) => None,
            Self::Official(number) => Some(*number),
        }
    }

    /// Of what stands in an act.
    pub(crate) fn of_text(by: &str) -> Self {
        let number = by
            .strip_prefix("official:")
            .and_then(|number| number.parse().ok());
        number.map_or_else(|| Self::Operator(by.to_owned()), Self::Official)
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator(by) => f.write_str(by),
            Self::Official(number) => write!(f, "official:{number}"),
        }
    }
}

/// The official of that number who is in office.
pub(crate) fn in_office(rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Official> {
    let found = views::officials(rows, ledger)?;
    let found = found.into_iter().find(|official| official.number == number);
    found.ok_or(Error::Forbidden)
}
