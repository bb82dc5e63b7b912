//! The nouns, parsed at the edge.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use amana_ledger::VerifierKey;
use amana_store::LedgerId;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Error, Result};

/// The most buckets that one grant names.
const MAX_GRANT_BUCKETS: usize = 100;

/// The longest name of a person: pages and journals repeat it on every line.
const MAX_PERSON_CHARS: usize = 80;
/// The longest label of an access key.
const MAX_LABEL_CHARS: usize = 80;

/// Names of the school's sandboxes begin so, and no institution's does: the mark stands in every receipt.
pub(crate) const SANDBOX: &str = "school-";

/// An institution, by the number of its own ledger `<name>/vault`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct InstitutionId(pub i64);

impl From<LedgerId> for InstitutionId {
    fn from(ledger: LedgerId) -> Self {
        Self(ledger.0.into())
    }
}

/// An institution's name: 2 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a
/// dash. It is the first part of its ledgers' names, and stands in receipts for ever.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct InstitutionName(String);

impl InstitutionName {
    /// Names that would read as something else in an origin or in an actor.
    const RESERVED: [&str; 3] = ["national", "operator", "amana"];

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is a sandbox of the school.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.0.starts_with(SANDBOX)
    }

    /// Refuses what a sandbox never has: officials, access keys, gateways.
    pub(crate) fn must_be_real(&self) -> Result<()> {
        match self.is_sandbox() {
            true => Err(Error::Invalid {
                what: "the institution's name",
                why: "is one of the school's sandboxes, which begin with school-",
            }),
            false => Ok(()),
        }
    }

    /// Name of the institution's ledger of vault and administration.
    #[must_use]
    pub fn vault_ledger(&self) -> String {
        format!("{}/vault", self.0)
    }
}

impl fmt::Display for InstitutionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for InstitutionName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let invalid = |why| Error::Invalid {
            what: "the institution's name",
            why,
        };
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
        if !(2..=40).contains(&name.len())
            || !begins
            || name.ends_with('-')
            || !name.bytes().all(plain)
        {
            return Err(invalid(
                "must be 2 to 40 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash",
            ));
        }
        if Self::RESERVED.contains(&name) {
            return Err(invalid("is reserved"));
        }
        Ok(Self(name.to_owned()))
    }
}

/// An institution, as the views know it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Institution {
    /// Its name.
    pub name: String,
    /// Its S3 canonical id: 64 hexadecimal digits.
    pub canonical_id: String,
    /// Name of its ledger.
    pub ledger: String,
    /// When it was added, milliseconds since 1970.
    pub since_ms: i64,
    /// Whether its keys are refused for now.
    pub suspended: bool,
    /// Since when it leaves, milliseconds since 1970; nothing for one that stays. Nothing new is taken in from one that leaves.
    pub leaving_ms: Option<i64>,
    /// Its id.
    #[serde(skip)]
    pub id: InstitutionId,
}

/// How much an institution may hold; a limit that isn't there is none.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Objects: versions of open buckets, pieces of sealed ciphertext.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
}

/// What an official does for an institution.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Answers for the institution.
    Director,
    /// Its ICT correspondent.
    FocalPoint,
    /// Keeps a share of its keys.
    Custodian,
    /// Reads its ledgers.
    Auditor,
    /// Of the operator's staff; no role of an institution's.
    Operator,
}

impl Role {
    /// Each of them, in the order of the table of rights.
    pub const ALL: [Self; 5] = [
        Self::Director,
        Self::FocalPoint,
        Self::Custodian,
        Self::Auditor,
        Self::Operator,
    ];

    /// Whether it may be the second of two who do something dangerous.
    #[must_use]
    pub fn approves(self) -> bool {
        crate::may(self, crate::Operation::Approve)
    }

    /// `director`, `focal-point`, `custodian`, `auditor` or `operator`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Director => "director",
            Self::FocalPoint => "focal-point",
            Self::Custodian => "custodian",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(role: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == role)
            .ok_or(Error::Invalid {
                what: "the role",
                why: "must be director, focal-point, custodian or auditor, or operator for the operator's own staff",
            })
    }
}

/// A person's name: 1 to 80 characters, no control characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OfficialName(String);

impl FromStr for OfficialName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let name = name.trim();
        let is_long = name.chars().count() > MAX_PERSON_CHARS;
        if name.is_empty() || is_long || name.chars().any(char::is_control) {
            return Err(Error::Invalid {
                what: "the official's name",
                why: "must be 1 to 80 characters without control characters",
            });
        }
        Ok(Self(name.to_owned()))
    }
}

impl OfficialName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An official of an institution.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Official {
    /// Its number within the institution, never reused.
    pub number: u64,
    /// The person's name; nothing once it was erased.
    pub name: Option<String>,
    /// The role.
    pub role: Role,
    /// The person's Ed25519 key, as a verifier key, if given.
    pub key: Option<String>,
    /// When it was added, milliseconds since 1970.
    pub since_ms: i64,
}

/// What an access key is for, in its institution's own words: 1 to 80 characters, no control characters. Without it nobody can tell, of a
/// key in a list or in an alert, whose it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct KeyLabel(String);

impl FromStr for KeyLabel {
    type Err = Error;

    fn from_str(label: &str) -> Result<Self> {
        let label = label.trim();
        let is_long = label.chars().count() > MAX_LABEL_CHARS;
        if label.is_empty() || is_long || label.chars().any(char::is_control) {
            return Err(Error::Invalid {
                what: "the key's label",
                why: "must be 1 to 80 characters without control characters",
            });
        }
        Ok(Self(label.to_owned()))
    }
}

impl KeyLabel {
    /// The label.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key may do with a bucket. Each right includes those before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Read and list.
    Read,
    /// Also put and delete objects.
    Write,
    /// Also create, configure and delete buckets, and lift legal holds.
    Own,
    /// Also end retention in governance mode before its time. No key has it unless it was given by name.
    Bypass,
}

impl Right {
    /// `read`, `write`, `own` or `bypass`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Own => "own",
            Self::Bypass => "bypass",
        }
    }
}

impl FromStr for Right {
    type Err = Error;

    fn from_str(right: &str) -> Result<Self> {
        match right {
            "read" => Ok(Self::Read),
            "write" => Ok(Self::Write),
            "own" => Ok(Self::Own),
            "bypass" => Ok(Self::Bypass),
            _ => Err(Error::Invalid {
                what: "the right",
                why: "must be read, write, own or bypass",
            }),
        }
    }
}

/// The rights of an access key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The buckets it is for; nothing means all of the institution's, those to come included.
    pub buckets: Option<Vec<String>>,
    /// The right on each.
    pub right: Right,
}

impl Grant {
    /// Everything that the institution itself may do; ending retention early takes two of its officials.
    #[must_use]
    pub const fn everything() -> Self {
        Self {
            buckets: None,
            right: Right::Own,
        }
    }

    /// Nothing: what is left of a grant whose act was erased.
    #[must_use]
    pub const fn nothing() -> Self {
        Self {
            buckets: Some(Vec::new()),
            right: Right::Read,
        }
    }

    /// Whether it allows `right` on `bucket`.
    #[must_use]
    pub fn allows(&self, bucket: &str, right: Right) -> bool {
        let named = |buckets: &Vec<String>| buckets.iter().any(|one| one == bucket);
        self.right >= right && self.buckets.as_ref().is_none_or(named)
    }

    /// Checks what serde can't: how many buckets, and that each could be one.
    ///
    /// # Errors
    /// [`Error::Invalid`].
    pub fn checked(self) -> Result<Self> {
        let named = self.buckets.as_deref().unwrap_or_default();
        let possible = |name: &String| {
            (3..=63).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
        };
        if named.len() > MAX_GRANT_BUCKETS || !named.iter().all(possible) {
            return Err(Error::Invalid {
                what: "the grant",
                why: "may name at most 100 buckets, each of 3 to 63 characters",
            });
        }
        Ok(self)
    }
}

/// An access key's id: 3 to 128 letters, digits, dots, dashes and underscores.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AccessKeyId(String);

impl AccessKeyId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccessKeyId {
    type Err = Error;

    fn from_str(id: &str) -> Result<Self> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if !(3..=128).contains(&id.len()) || !id.bytes().all(plain) {
            return Err(Error::Invalid {
                what: "the access key id",
                why: "must be 3 to 128 letters, digits, dots, dashes and underscores",
            });
        }
        Ok(Self(id.to_owned()))
    }
}

/// An access key's secret: 8 to 128 printable ASCII characters. Never shown by `Debug`, erased when dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret, for whoever signs with it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Error;

    fn from_str(secret: &str) -> Result<Self> {
        if !(8..=128).contains(&secret.len()) || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::Invalid {
                what: "the secret access key",
                why: "must be 8 to 128 printable characters without spaces",
            });
        }
        Ok(Self(Zeroizing::new(secret.to_owned())))
    }
}

/// A key that comes from another store, so that the software that has it needs no change.
pub struct GivenKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Its secret.
    pub secret: Secret,
}

/// A key just made; the secret is shown this once.
pub struct NewAccessKey {
    /// Its id.
    pub id: AccessKeyId,
    /// Its secret.
    pub secret: Secret,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
}

/// An access key, as the views know it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AccessKey {
    /// Its id.
    pub access_key_id: String,
    /// What it is for, if that was said.
    pub label: Option<String>,
    /// Its rights.
    #[serde(flatten)]
    pub grant: Grant,
    /// When it was made, milliseconds since 1970.
    pub since_ms: i64,
    /// When it was revoked, if so.
    pub revoked_ms: Option<i64>,
}

/// Whoever holds the secret of an access key in force, or the operator on an institution's behalf.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Caller {
    /// Its institution.
    pub institution: InstitutionId,
    /// The institution's name.
    pub name: Arc<str>,
    /// The institution's S3 canonical id.
    pub canonical_id: Arc<str>,
    /// The ledger that its acts go to.
    pub ledger: LedgerId,
    /// `key:<access key id>`, or `operator:<user>`, as it stands in acts.
    pub actor: Arc<str>,
    /// The key; empty for the operator.
    pub access_key_id: Arc<str>,
    /// What the key may do.
    pub grant: Grant,
}

impl Caller {
    /// Whether the key allows `right` on `bucket`; the bucket must also be its institution's.
    #[must_use]
    pub fn may(&self, bucket: &str, right: Right) -> bool {
        self.grant.allows(bucket, right)
    }
}

/// The text of a verifier key, if it is one of a person: type Ed25519.
pub(crate) fn official_key(key: &VerifierKey) -> Result<String> {
    if key.key_type() == amana_ledger::KeyType::Ed25519 {
        Ok(key.to_string())
    } else {
        Err(Error::Invalid {
            what: "the official's key",
            why: "must be an Ed25519 verifier key (type 1), not a witness's",
        })
    }
}
