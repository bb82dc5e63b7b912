//! What a machine or a person shows of itself before it is admitted: one public line, and six words for it.

use std::fmt;
use std::str::FromStr;

use amana_seal::age::{HybridRecipient, Recipient};
use amana_seal::keyring::{Kind, NewMember, Role};
use amana_seal::member::{MemberId, VerifyingKey};
use amana_seal::words::{Nonce, SixWords, Transcript};
use anyhow::{Context as _, bail};

const HEADER: &str = "amana.newcomer/v1";

/// A newcomer's public half. As text: `amana.newcomer/v1 <institution> <gateway|official> <verifying key> <recipient> <name>`.
#[derive(Clone)]
pub(crate) struct Newcomer {
    /// The institution that it wants to act for.
    pub(crate) institution: String,
    /// What it is.
    pub(crate) kind: Kind,
    /// What it signs with.
    pub(crate) key: VerifyingKey,
    /// What its files are sealed to.
    pub(crate) recipient: HybridRecipient,
    /// What people call it.
    pub(crate) name: String,
}

impl Newcomer {
    /// Its id, once it is a member.
    pub(crate) fn id(&self) -> MemberId {
        MemberId::of(&self.key)
    }

    /// Six words for the line. There is no exchange here in which nonces could be drawn; whoever wants to put another line in
    /// its place must find one with the same 60 bits.
    pub(crate) fn words(&self) -> SixWords {
        let none = Nonce::from_bytes([0; 32]);
        let transcript = Transcript::of(&[HEADER.as_bytes(), self.to_string().as_bytes()]);
        SixWords::of(&none, &none, &transcript)
    }

    /// As a member of the next keyring.
    pub(crate) fn admitted(self, role: Role) -> NewMember {
        NewMember {
            role,
            kind: self.kind,
            name: self.name,
            key: self.key,
            recipient: self.recipient,
        }
    }
}

impl fmt::Display for Newcomer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            institution,
            kind,
            key,
            recipient,
            name,
        } = self;
        let (kind, recipient) = (kind.as_str(), recipient.encode());
        write!(f, "{HEADER} {institution} {kind} {key} {recipient} {name}")
    }
}

impl FromStr for Newcomer {
    type Err = anyhow::Error;

    fn from_str(line: &str) -> anyhow::Result<Self> {
        let fields: Vec<&str> = line.trim().splitn(6, ' ').collect();
        let &[HEADER, institution, kind, key, recipient, name] = fields.as_slice() else {
            bail!("it is not the line that amana gateway join shows: {HEADER} and five fields");
        };
        let kind = match kind {
            "gateway" => Kind::Gateway,
            "official" => Kind::Official,
            _ => bail!("it is neither a gateway nor an official"),
        };
        let Recipient::Hybrid(recipient) = recipient.parse().context("its recipient")? else {
            bail!("its recipient must be hybrid, age1pq1…");
        };
        Ok(Self {
            institution: institution.to_owned(),
            kind,
            key: key.parse().context("its key")?,
            recipient,
            name: name.to_owned(),
        })
    }
}
