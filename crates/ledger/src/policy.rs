//! Trust policies: which logs and witnesses are known, and how many of them it takes. Source: C2SP tlog-policy.
//!
//! One comment carries a fact of ours: `# genesis <hash>` pins the root of the national log's tree of one leaf. Other
//! readers of policies skip it, as they must skip any comment.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Format, Result};
use crate::hash::Hash;
use crate::note::Note;
use crate::text::decimal;
use crate::vkey::{KeyType, VerifierKey};

/// The longest policy, in bytes.
pub const MAX_POLICY_BYTES: usize = 64 * 1024;

/// The most logs of a policy.
pub const MAX_POLICY_LOGS: usize = 64;

/// The most witnesses of a policy.
pub const MAX_POLICY_WITNESSES: usize = 256;

/// The most groups of a policy.
pub const MAX_POLICY_GROUPS: usize = 64;

/// A log that the policy accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    /// Its key, whose name is its origin.
    pub key: VerifierKey,
    /// Where to reach it, as the policy writes it.
    pub url: Option<String>,
}

/// A witness that the policy knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    /// Its name within the policy: octets, not necessarily UTF-8.
    pub name: Vec<u8>,
    /// Its key, of type cosignature.
    pub key: VerifierKey,
    /// Where to reach it, as the policy writes it.
    pub url: Option<String>,
}

/// Which witnesses cosigned a checkpoint, by their raw public keys, and when (seconds since 1970).
pub type Cosigned = BTreeMap<[u8; 32], u64>;

/// A parsed trust policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    quorum: Option<Member>,
    genesis: Option<Hash>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

impl Policy {
    /// A policy from its bytes.
    ///
    /// # Errors
    /// [`Error::Malformed`] for anything that tlog-policy refuses, and for a last line without a newline, since a
    /// policy cut short could name another group; [`Error::TooLarge`] over a limit; those of [`VerifierKey`].
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        Self::parse_with(bytes, KeyType::Cosignature)
    }

    /// The same syntax with other keys in its `witness` lines: those who sign plain notes, for instance.
    pub(crate) fn parse_with(bytes: &[u8], signers: KeyType) -> Result<Self> {
        if bytes.len() > MAX_POLICY_BYTES {
            return Err(Error::TooLarge {
                format: Format::Policy,
                max: MAX_POLICY_BYTES,
            });
        }
        let mut reading = Reading::of(signers);
        let lines = match bytes.strip_suffix(b"\n") {
            Some(lines) => lines,
            None if bytes.is_empty() => bytes,
            None => return Err(malformed("the last line does not end in a newline")),
        };
        for line in lines.split(|&b| b == b'\n') {
            if line.iter().any(|&b| (b < 0x20 && b != b'\t') || b == 0x7f) {
                return Err(malformed("a control character"));
            }
            let items: Vec<&[u8]> = line
                .split(|&b| b == b' ' || b == b'\t')
                .filter(|item| !item.is_empty())
                .collect();
            reading.line(&items)?;
        }
        let quorum = reading.quorum.ok_or(malformed("no quorum line"))?;
        let Reading {
            logs,
            witnesses,
            groups,
            genesis,
            ..
        } = reading;
        Ok(Self {
            logs,
            witnesses,
            groups,
            quorum,
            genesis,
        })
    }

    /// The logs, in the order of the file.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Root of the national log's tree of one leaf, if the policy pins it.
    #[must_use]
    pub const fn genesis(&self) -> Option<Hash> {
        self.genesis
    }

    /// Whether the policy asks for any cosignature; not so with `quorum none`.
    #[must_use]
    pub const fn has_quorum(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether a witness of the policy has this raw public key.
    #[must_use]
    pub fn lists_witness(&self, key: &VerifierKey) -> bool {
        self.witnesses
            .iter()
            .any(|witness| witness.key.key_bytes() == key.key_bytes())
    }

    /// The witnesses of this policy that cosigned a checkpoint, each with its earliest time.
    ///
    /// # Errors
    /// As [`Note::cosigned_by`]: a line of a known witness that doesn't verify condemns the note.
    pub fn cosigned(&self, checkpoint: &Note) -> Result<Cosigned> {
        let mut cosigned = Cosigned::new();
        for witness in &self.witnesses {
            if let Some(time_s) = checkpoint.cosigned_by(&witness.key)? {
                cosigned.insert(*witness.key.key_bytes(), time_s);
            }
        }
        Ok(cosigned)
    }

    /// Whether the witnesses for which `cosigned` holds make the quorum. With `quorum none` any set does, the empty
    /// one too: ask [`Policy::has_quorum`] before calling anything witnessed.
    #[must_use]
    pub fn quorum_met(&self, cosigned: &dyn Fn(&VerifierKey) -> bool) -> bool {
        self.quorum.is_none_or(|member| {
            self.time_of(member, &|key| cosigned(key).then_some(0))
                .is_some()
        })
    }

    /// The earliest time by which the quorum stood, in seconds since 1970: of a group of threshold k, the k-th
    /// earliest time of its members. No fewer witnesses than the quorum's can move it. Nothing if the quorum isn't met,
    /// or the policy has none.
    #[must_use]
    pub fn quorum_time_s(&self, cosigned: &Cosigned) -> Option<u64> {
        self.time_of(self.quorum?, &|key| cosigned.get(key.key_bytes()).copied())
    }

    /// The fewest witnesses that make the quorum; 0 with `quorum none`. Each name stands in one group at most.
    #[must_use]
    pub fn fewest(&self) -> usize {
        self.quorum.map_or(0, |member| self.fewest_of(member))
    }

    fn fewest_of(&self, member: Member) -> usize {
        match member {
            Member::Witness(_) => 1,
            Member::Group(index) => {
                let Group { threshold, members } = &self.groups[index];
                let each = members.iter().map(|&member| self.fewest_of(member));
                let mut each: Vec<usize> = each.collect();
                each.sort_unstable();
                each.iter().take(*threshold).sum()
            }
        }
    }

    /// Groups name only what stands before them, and each name once, so this ends after as many steps as there are
    /// names, at most [`MAX_POLICY_GROUPS`] deep.
    fn time_of(
        &self,
        member: Member,
        cosigned: &dyn Fn(&VerifierKey) -> Option<u64>,
    ) -> Option<u64> {
        match member {
            Member::Witness(index) => cosigned(&self.witnesses[index].key),
            Member::Group(index) => {
                let Group { threshold, members } = &self.groups[index];
                let mut times: Vec<u64> = members
                    .iter()
                    .filter_map(|&member| self.time_of(member, cosigned))
                    .collect();
                times.sort_unstable();
                times.get(threshold - 1).copied()
            }
        }
    }
}

/// What the lines so far have defined.
struct Reading {
    /// The type of the keys in `witness` lines.
    signers: KeyType,
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    names: BTreeMap<Vec<u8>, Member>,
    grouped: BTreeSet<Vec<u8>>,
    quorum: Option<Option<Member>>,
    genesis: Option<Hash>,
}

impl Reading {
    const fn of(signers: KeyType) -> Self {
        Self {
            signers,
            logs: Vec::new(),
            witnesses: Vec::new(),
            groups: Vec::new(),
            names: BTreeMap::new(),
            grouped: BTreeSet::new(),
            quorum: None,
            genesis: None,
        }
    }

    fn line(&mut self, items: &[&[u8]]) -> Result<()> {
        match items {
            [] => Ok(()),
            [b"#", b"genesis", hash] => self.genesis(hash),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, threshold, members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err(malformed(
                "a line is none of log, witness, group and quorum, or has items too few or too many",
            )),
        }
    }

    fn genesis(&mut self, hash: &[u8]) -> Result<()> {
        let hash = std::str::from_utf8(hash)
            .ok()
            .and_then(|hash| hash.parse().ok());
        let hash = hash.ok_or(malformed("the genesis is not a hash"))?;
        match self.genesis.replace(hash) {
            None => Ok(()),
            Some(_) => Err(malformed("a second genesis")),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<()> {
        check_room(self.logs.len(), MAX_POLICY_LOGS)?;
        let key = parse_key(key, KeyType::Ed25519)?;
        if self
            .logs
            .iter()
            .any(|log| log.key.key_bytes() == key.key_bytes())
        {
            return Err(malformed("a log's key is listed twice"));
        }
        self.logs.push(PolicyLog {
            key,
            url: url.map(lossy),
        });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<()> {
        check_room(self.witnesses.len(), MAX_POLICY_WITNESSES)?;
        let key = parse_key(key, self.signers)?;
        if self
            .witnesses
            .iter()
            .any(|witness| witness.key.key_bytes() == key.key_bytes())
        {
            return Err(malformed("a witness's key is listed twice"));
        }
        self.define(name, Member::Witness(self.witnesses.len()))?;
        self.witnesses.push(PolicyWitness {
            name: name.to_vec(),
            key,
            url: url.map(lossy),
        });
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], members: &[&[u8]]) -> Result<()> {
        check_room(self.groups.len(), MAX_POLICY_GROUPS)?;
        let threshold = match threshold {
            b"any" => 1,
            b"all" => members.len(),
            k => parse_threshold(k)
                .ok_or(malformed("a group's threshold is not all, any or a number"))?,
        };
        if threshold == 0 || threshold > members.len() {
            return Err(malformed(
                "a group's threshold is not within 1 and the number of its members",
            ));
        }
        let mut parsed = Vec::with_capacity(members.len());
        for &member in members {
            parsed.push(
                *self
                    .names
                    .get(member)
                    .ok_or(malformed("a group's member is not defined before it"))?,
            );
            if !self.grouped.insert(member.to_vec()) {
                return Err(malformed("a name is listed as a member twice"));
            }
        }
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group {
            threshold,
            members: parsed,
        });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<()> {
        let quorum = match name {
            b"none" => None,
            name => Some(
                *self
                    .names
                    .get(name)
                    .ok_or(malformed("the quorum is not defined before its line"))?,
            ),
        };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err(malformed("a second quorum line")),
        }
    }

    fn define(&mut self, name: &[u8], member: Member) -> Result<()> {
        if name == b"none" {
            return Err(malformed("the name none is reserved"));
        }
        match self.names.insert(name.to_vec(), member) {
            None => Ok(()),
            Some(_) => Err(malformed("a name is defined twice")),
        }
    }
}

fn malformed(why: &'static str) -> Error {
    Format::Policy.malformed(why)
}

fn check_room(count: usize, max: usize) -> Result<()> {
    if count == max {
        Err(Error::TooLarge {
            format: Format::Policy,
            max,
        })
    } else {
        Ok(())
    }
}

fn parse_key(key: &[u8], key_type: KeyType) -> Result<VerifierKey> {
    let key = std::str::from_utf8(key).map_err(|_| malformed("a key is not UTF-8"))?;
    let key: VerifierKey = key.parse()?;
    if key.key_type() == key_type {
        Ok(key)
    } else {
        Err(malformed(
            "a log's key has type 1, a witness's type 4, a rebuilder's type 1",
        ))
    }
}

fn parse_threshold(k: &[u8]) -> Option<usize> {
    usize::try_from(decimal(std::str::from_utf8(k).ok()?)?).ok()
}

/// URLs are for people and clients, never compared, so octets that aren't UTF-8 may be replaced.
fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}
