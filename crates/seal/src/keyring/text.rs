//! The text of a keyring, without its signatures.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Format, Result};
use crate::member::{MemberId, VerifyingKey};
use crate::root::RootKey;
use crate::shares::GroupPlan;
use crate::text::{Lines, decimal, hex_bytes, is_name, split};

/// The first line.
pub const KEYRING_HEADER: &str = "amana.keyring/v1";
/// The longest signed keyring, in bytes.
pub const MAX_KEYRING_BYTES: usize = 256 * 1024;
/// The most members of a keyring.
pub const MAX_MEMBERS: usize = 64;
/// The most epochs of a keyring.
pub const MAX_EPOCHS: usize = 512;
/// The longest name of an institution or a member, in bytes.
pub const MAX_NAME_BYTES: usize = 128;

/// Who holds a file of the keyring. As text: `root`, or the member's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// The custodians together.
    Root,
    /// A member.
    Member(MemberId),
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("root"),
            Self::Member(id) => id.fmt(f),
        }
    }
}

impl FromStr for Holder {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "root" {
            return Ok(Self::Root);
        }
        text.parse().map(Self::Member)
    }
}

/// What a member may do with keyrings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Signs the next keyring; taken in by the root alone.
    Admin,
    /// Acts, and signs no keyring.
    Member,
}

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A machine on the institution's premises.
    Gateway,
    /// A person.
    Official,
}

impl Role {
    /// `admin` or `member`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Member => "member",
        }
    }
}

impl Kind {
    /// `gateway` or `official`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Official => "official",
        }
    }
}

/// An epoch, of which the text shows a commitment alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyringEpoch {
    /// Its number: 1, 2, 3 …
    pub number: u32,
    /// The commitment of its secret.
    pub commitment: [u8; 32],
}

/// A member's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyringMember {
    /// What it may do with keyrings.
    pub role: Role,
    /// What it is.
    pub kind: Kind,
    /// What people call it.
    pub name: String,
    /// What it signs with.
    pub key: VerifyingKey,
    /// SHA-256 of its recipient's text.
    pub recipient_sha256: [u8; 32],
}

impl KeyringMember {
    /// The member's id, which follows from its key.
    #[must_use]
    pub fn id(&self) -> MemberId {
        MemberId::of(&self.key)
    }
}

/// The custodians of the root, as the keyring notes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Custodians {
    /// How many of whom rebuild the root.
    pub plan: GroupPlan,
    /// Number of their set of shares: 1, 2, 3 …
    pub set: u32,
}

/// As a keyring's line has them: `3-of-5 2`.
impl fmt::Display for Custodians {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.plan, self.set)
    }
}

impl FromStr for Custodians {
    type Err = Error;

    fn from_str(line: &str) -> Result<Self> {
        let (typed, set) = line.rsplit_once(' ').ok_or(malformed(
            "a custodians line is not a plan and the number of its set",
        ))?;
        let plan: GroupPlan = typed.parse()?;
        if plan.to_string() != typed {
            return Err(malformed("the plan of custodians is not in its short form"));
        }
        let set = decimal(set)
            .and_then(|set| u32::try_from(set).ok())
            .filter(|set| *set > 0)
            .ok_or(malformed("the set's number is not a number from 1"))?;
        Ok(Self { plan, set })
    }
}

/// What a keyring says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    /// The institution's name.
    pub institution: String,
    /// 1, 2, 3 …
    pub number: u64,
    /// SHA-256 of the whole signed keyring before this; none for number 1.
    pub previous: Option<[u8; 32]>,
    /// The root's signing key, the same for ever.
    pub root: RootKey,
    /// SHA-256 of the text of the root's recipient.
    pub root_recipient_sha256: [u8; 32],
    /// The commitment of the name key, the same for ever.
    pub name_key: [u8; 32],
    /// 1 to [`MAX_EPOCHS`], numbered from 1 without a gap; the last is current.
    pub epochs: Vec<KeyringEpoch>,
    /// At most [`MAX_MEMBERS`], by id.
    pub members: BTreeMap<MemberId, KeyringMember>,
    /// Who rebuilds the root.
    pub custodians: Custodians,
    /// SHA-256 of the age file of the root and of each member.
    pub files: BTreeMap<Holder, [u8; 32]>,
}

impl Keyring {
    /// A member, if it is in the keyring.
    #[must_use]
    pub fn member(&self, id: MemberId) -> Option<&KeyringMember> {
        self.members.get(&id)
    }

    /// The epoch that is current.
    #[must_use]
    pub fn epoch(&self) -> KeyringEpoch {
        *self.epochs.last().expect("a keyring has an epoch")
    }

    /// Whether the member may sign the next keyring.
    #[must_use]
    pub fn is_admin(&self, id: MemberId) -> bool {
        self.member(id)
            .is_some_and(|member| member.role == Role::Admin)
    }

    /// The root and all members, in the order of the files.
    pub fn holders(&self) -> impl Iterator<Item = Holder> {
        std::iter::once(Holder::Root).chain(self.members.keys().copied().map(Holder::Member))
    }

    /// SHA-256 of the recipient's text of a holder.
    #[must_use]
    pub fn recipient_sha256(&self, holder: Holder) -> Option<&[u8; 32]> {
        match holder {
            Holder::Root => Some(&self.root_recipient_sha256),
            Holder::Member(id) => self.member(id).map(|member| &member.recipient_sha256),
        }
    }

    /// The text that is signed, up to and with its empty line.
    #[must_use]
    pub fn text(&self) -> String {
        let previous = self.previous.map_or_else(|| "-".to_owned(), hex::encode);
        let mut text = format!(
            "{KEYRING_HEADER}\ninstitution {}\nnumber {}\nprevious {previous}\nroot {} {}\nname-key {}\n",
            self.institution,
            self.number,
            self.root,
            hex::encode(self.root_recipient_sha256),
            hex::encode(self.name_key),
        );
        for KeyringEpoch { number, commitment } in &self.epochs {
            text += &format!("epoch {number} {}\n", hex::encode(commitment));
        }
        for (id, member) in &self.members {
            let KeyringMember {
                role,
                kind,
                name,
                key,
                recipient_sha256,
            } = member;
            let (role, kind) = (role.as_str(), kind.as_str());
            let recipient = hex::encode(recipient_sha256);
            text += &format!("member {id} {role} {kind} {name} {key} {recipient}\n");
        }
        text += &format!("custodians {}\n", self.custodians);
        for (holder, digest) in &self.files {
            text += &format!("file {holder} {}\n", hex::encode(digest));
        }
        text + "\n"
    }

    /// Reads a keyring's lines and the empty line after them.
    pub(super) fn read(lines: &mut Lines<'_>) -> Result<Self> {
        lines.exactly(KEYRING_HEADER, "the first line is not amana.keyring/v1")?;
        let institution = lines.field("institution", "no institution line")?;
        if !is_name(institution, MAX_NAME_BYTES) {
            return Err(malformed(
                "the institution's name is not 1 to 128 bytes on one line",
            ));
        }
        let number = decimal(lines.field("number", "no number line")?)
            .filter(|number| *number > 0)
            .ok_or(malformed("its number is not a number from 1"))?;
        let previous = read_previous(lines.field("previous", "no previous line")?, number)?;
        let [root, root_recipient] = split(lines.field("root", "no root line")?)
            .ok_or(malformed("the root line is not a key and a digest"))?;
        let keyring = Self {
            institution: institution.to_owned(),
            number,
            previous,
            root: root.parse()?,
            root_recipient_sha256: read_digest(root_recipient)?,
            name_key: read_digest(lines.field("name-key", "no name-key line")?)?,
            epochs: read_epochs(&lines.fields("epoch", MAX_EPOCHS)?)?,
            members: read_members(&lines.fields("member", MAX_MEMBERS)?)?,
            custodians: lines.field("custodians", "no custodians line")?.parse()?,
            files: read_files(&lines.fields("file", MAX_MEMBERS + 1)?)?,
        };
        lines.exactly("", "no empty line after the files")?;
        if !keyring.holders().eq(keyring.files.keys().copied()) {
            return Err(malformed(
                "there is not one file for the root and each member",
            ));
        }
        Ok(keyring)
    }
}

fn read_previous(text: &str, number: u64) -> Result<Option<[u8; 32]>> {
    match (text, number) {
        ("-", 1) => Ok(None),
        ("-", _) => Err(malformed("only number 1 has no keyring before it")),
        (_, 1) => Err(malformed("number 1 has no keyring before it")),
        _ => read_digest(text).map(Some),
    }
}

fn read_epochs(lines: &[&str]) -> Result<Vec<KeyringEpoch>> {
    if lines.is_empty() {
        return Err(malformed("no epoch line"));
    }
    let read = |(expected, line): (u32, &&str)| {
        let [number, commitment] =
            split(line).ok_or(malformed("an epoch line is not a number and a commitment"))?;
        if decimal(number) != Some(u64::from(expected)) {
            return Err(malformed("epochs are not numbered 1, 2, 3 …"));
        }
        let commitment = read_digest(commitment)?;
        Ok(KeyringEpoch {
            number: expected,
            commitment,
        })
    };
    (1..).zip(lines).map(read).collect()
}

fn read_members(lines: &[&str]) -> Result<BTreeMap<MemberId, KeyringMember>> {
    let mut members = BTreeMap::new();
    for line in lines {
        let (id, member) = read_member(line)?;
        if members
            .last_key_value()
            .is_some_and(|(last, _)| *last >= id)
        {
            return Err(malformed(
                "members are not in the order of their ids, each once",
            ));
        }
        members.insert(id, member);
    }
    Ok(members)
}

/// The name stands in the middle because it may have spaces; everything around it has none.
fn read_member(line: &str) -> Result<(MemberId, KeyringMember)> {
    let shape = malformed("a member line is not id, role, kind, name, key, digest");
    let mut front = line.splitn(4, ' ');
    let (Some(id), Some(role), Some(kind), Some(rest)) =
        (front.next(), front.next(), front.next(), front.next())
    else {
        return Err(shape);
    };
    let mut back = rest.rsplitn(3, ' ');
    let (Some(recipient), Some(key), Some(name)) = (back.next(), back.next(), back.next()) else {
        return Err(shape);
    };
    if !is_name(name, MAX_NAME_BYTES) {
        return Err(malformed(
            "a member's name is not 1 to 128 bytes on one line",
        ));
    }
    let member = KeyringMember {
        role: match role {
            "admin" => Role::Admin,
            "member" => Role::Member,
            _ => return Err(malformed("a role is neither admin nor member")),
        },
        kind: match kind {
            "gateway" => Kind::Gateway,
            "official" => Kind::Official,
            _ => return Err(malformed("a kind is neither gateway nor official")),
        },
        name: name.to_owned(),
        key: key.parse()?,
        recipient_sha256: read_digest(recipient)?,
    };
    let id = id.parse()?;
    if member.id() != id {
        return Err(malformed("a member's id is not that of its key"));
    }
    Ok((id, member))
}

fn read_files(lines: &[&str]) -> Result<BTreeMap<Holder, [u8; 32]>> {
    let mut files = BTreeMap::new();
    for line in lines {
        let [holder, digest] =
            split(line).ok_or(malformed("a file line is not a holder and a digest"))?;
        let holder = holder.parse()?;
        if files
            .last_key_value()
            .is_some_and(|(last, _)| *last >= holder)
        {
            return Err(malformed(
                "files are not the root's and then in the order of ids",
            ));
        }
        files.insert(holder, read_digest(digest)?);
    }
    Ok(files)
}

fn read_digest(hex: &str) -> Result<[u8; 32]> {
    hex_bytes(hex).ok_or(malformed("a digest is not 64 lower-case hex digits"))
}

const fn malformed(why: &'static str) -> Error {
    Format::Keyring.malformed(why)
}
