//! What a piece of evidence proves under a trust policy, and nothing beyond.

use amana_ledger::{
    Checkpoint, Hash, Note, Policy, RegistryRow, TlogProof, act_leaf, body_hash, leaf_hash,
    verify_consistency,
};
use amana_seal::keyring::SignedKeyring;
use amana_seal::statement::SignedStatement;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::Evidence;
use crate::alarm::Claim;
use crate::wire::{Acked, SealedBody, ack_lines};

/// How a claim fares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Finding {
    /// The operator's own signatures prove it to anybody.
    Proven,
    /// What it names holds, and shows the fact only to who trusts the gateway that noticed it.
    Testimony,
    /// It doesn't support the claim.
    NotProven,
}

impl Finding {
    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Testimony => "testimony",
            Self::NotProven => "not-proven",
        }
    }
}

/// The outcome, in a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// The claim.
    pub claim: Claim,
    /// How it fares.
    pub finding: Finding,
    /// Why.
    pub says: String,
}

/// What each kind of evidence proves, and what it doesn't: stands in every file.
pub(super) const fn meaning(claim: Claim) -> (&'static str, &'static str) {
    match claim {
        Claim::Fork => (
            "that the holder of the ledger's key signed two histories that can't both be true",
            "not which of the two is the true one, nor whether it was theft of the key or intent",
        ),
        Claim::Rollback => (
            "that the data centre signed the larger checkpoint, so that its entries existed",
            "not that it showed the smaller one later: that is this gateway's testimony. An honest restore of an older copy looks the same",
        ),
        Claim::DeniedAck => (
            "that the data centre acknowledged a signed act at an index where its signed ledger holds another one",
            "not whether the act was lost by accident or removed",
        ),
        Claim::UnsignedAct => (
            "that the data centre recorded an act without the institution's signature on a bucket that it knew to be sealed",
            "not who asked for it",
        ),
        Claim::BadSignature | Claim::UnknownMember => (
            "that the data centre recorded an act whose signature does not hold under the keyring shown",
            "not who made it. That the keyring was the one in force at that entry is to be checked in the ledger",
        ),
        Claim::CalledOpen => (
            "that the ledger's entry makes a bucket open under a name that the institution's members sealed",
            "not what was read meanwhile",
        ),
        Claim::UnsignedErasure => (
            "that the entry has a body by its hash, and that none was given to this gateway",
            "not that the data centre can't produce it: that is this gateway's testimony",
        ),
        Claim::BrokenChain | Claim::BadEnvelope | Claim::ForgedKeyring | Claim::ChangedEntry => (
            "what the data centre recorded or served, as far as its signature covers it",
            "what only the institution's keys can show stays this gateway's testimony",
        ),
        Claim::OtherLedger => (
            "that the national log's key signed two rows of one ledger that differ in its key or its beginning",
            "not which of the two is the true one",
        ),
        Claim::DamagedPiece => (
            "nothing by itself: it tells which piece was served and how it differs from what the ledger says",
            "that these bytes came from the data centre is this gateway's testimony",
        ),
    }
}

type Judged = Result<(Finding, String), String>;

impl Evidence {
    /// Weighs it under a trust policy, with nothing else than the two.
    #[must_use]
    pub fn judge(&self, policy: &Policy) -> Judgement {
        let judged = match self.claim {
            Claim::Fork => self.fork(policy),
            Claim::Rollback => self.rollback(policy),
            Claim::DeniedAck => self.denied_ack(policy),
            Claim::UnsignedAct => self.unsigned_act(policy),
            Claim::CalledOpen => self.called_open(policy),
            Claim::BadSignature | Claim::UnknownMember => self.bad_signature(policy),
            Claim::OtherLedger => self.other_ledger(policy),
            Claim::UnsignedErasure
            | Claim::BrokenChain
            | Claim::BadEnvelope
            | Claim::ForgedKeyring
            | Claim::ChangedEntry
            | Claim::DamagedPiece => self.testimony(policy),
        };
        let (finding, says) = judged.unwrap_or_else(|why| (Finding::NotProven, why));
        Judgement {
            claim: self.claim,
            finding,
            says,
        }
    }

    /// Two checkpoints: of one size with two roots, or of two sizes where the larger one's beginning is another.
    fn fork(&self, policy: &Policy) -> Judged {
        let row = self.row("row", policy)?;
        let (before, after) = (self.head("before", &row)?, self.head("after", &row)?);
        if before.size == after.size {
            if before.root == after.root {
                return Err("the two checkpoints are the same".into());
            }
            let says = format!("two roots are signed at {} entries", before.size);
            return Ok((Finding::Proven, says));
        }
        let Some(shown) = self.section("beginning") else {
            let says = format!(
                "checkpoints of {} and {} entries are signed; no proof shows that the second does not continue the first",
                before.size, after.size
            );
            return Ok((Finding::Testimony, says));
        };
        let mut hashes = shown.lines().map(str::parse::<Hash>);
        let beginning = hashes.next().and_then(Result::ok).ok_or("no root")?;
        let proof: Vec<Hash> = hashes.collect::<Result<_, _>>().map_err(text)?;
        verify_consistency(before.size, &beginning, after.size, &after.root, &proof)
            .map_err(text)?;
        if beginning == before.root {
            return Err("the second checkpoint continues the first".into());
        }
        let says = format!(
            "of the {} entries signed last, the first {} are not those that were signed before",
            after.size, before.size
        );
        Ok((Finding::Proven, says))
    }

    fn rollback(&self, policy: &Policy) -> Judged {
        let row = self.row("row", policy)?;
        let after = self.head("after", &row)?;
        if self.section("before").is_none() {
            let says = format!(
                "{} entries were signed; that more were followed before is testimony",
                after.size
            );
            return Ok((Finding::Testimony, says));
        }
        let before = self.head("before", &row)?;
        if after.size >= before.size {
            return Err("the second checkpoint is not the smaller one".into());
        }
        let says = format!(
            "{} entries were signed; that {} were shown later is testimony",
            before.size, after.size
        );
        Ok((Finding::Testimony, says))
    }

    fn denied_ack(&self, policy: &Policy) -> Judged {
        let row = self.row("row", policy)?;
        let ack = Note::parse(self.need("ack")?.as_bytes()).map_err(text)?;
        ack.verify(&row.log).map_err(text)?;
        let (origin, acked) = ack_lines(&ack.text).ok_or("the ack is not one")?;
        if origin != row.log.name() {
            return Err("the ack is of another ledger".into());
        }
        if self.section("entry").is_none() {
            return self.unrecorded(&acked, &row);
        }
        let act = self.included("entry", "proof", &row)?;
        let index = act.index;
        let acked = acked.iter().find(|(acked, _)| *acked == index);
        let (_, digest) = acked.ok_or_else(|| format!("the ack does not name entry {index}"))?;
        let recorded = |body: &SealedBody| <[u8; 32]>::from(Sha256::digest(&body.statement));
        match act.sealed() {
            Ok(Some(body)) if recorded(&body) == *digest => {
                Err(format!("entry {index} is the act that was acknowledged"))
            }
            Ok(_) => Ok((
                Finding::Proven,
                format!("entry {index} was acknowledged for one act and holds another"),
            )),
            Err(why) => Ok((Finding::Testimony, why)),
        }
    }

    /// An acknowledgement beyond the end of a checkpoint. Neither bears a time, so that which came first is testimony.
    fn unrecorded(&self, acked: &Acked, row: &RegistryRow) -> Judged {
        let after = self.head("after", row)?;
        let beyond = acked.iter().find(|(index, _)| *index >= after.size);
        let (index, _) = beyond.ok_or("the checkpoint holds all that was acknowledged")?;
        let says = format!(
            "entry {index} was acknowledged; that {} entries were shown later is testimony",
            after.size
        );
        Ok((Finding::Testimony, says))
    }

    fn unsigned_act(&self, policy: &Policy) -> Judged {
        let row = self.row("row", policy)?;
        let (made, _) = self.sealed_bucket(&row)?;
        let act = self.included("entry", "proof", &row)?;
        let core = act.core()?;
        if core.kind == SEALED_KIND || core.bucket() != Some(made) {
            let kind = core.kind;
            let says = format!(
                "entry {} is a {kind} of another bucket, or signed",
                act.index
            );
            return Ok((Finding::Testimony, says));
        }
        let says = format!(
            "entry {} is an unsigned {} on the bucket that entry {made} sealed",
            act.index, core.kind
        );
        Ok((Finding::Proven, says))
    }

    /// The name may have been free again in between: no two entries can show that it wasn't.
    fn called_open(&self, policy: &Policy) -> Judged {
        #[derive(Deserialize)]
        struct Made {
            name: String,
        }
        let row = self.row("row", policy)?;
        let (made, name) = self.sealed_bucket(&row)?;
        let act = self.included("entry", "proof", &row)?;
        let body = act.body.as_deref().map(serde_json::from_str::<Made>);
        let is_of_it = matches!(&body, Some(Ok(open)) if open.name == name);
        if act.core()?.kind != "bucket.create" || !is_of_it {
            return Err(format!("entry {} does not make {name} open", act.index));
        }
        let says = format!(
            "entry {} makes {name} open, which entry {made} sealed; that it was not deleted in between is testimony",
            act.index
        );
        Ok((Finding::Testimony, says))
    }

    /// The entry that sealed the bucket, and the bucket's name.
    fn sealed_bucket(&self, row: &RegistryRow) -> Result<(u64, String), String> {
        let made = self.included("bucket", "bucket proof", row)?;
        let body = made
            .sealed()?
            .ok_or("the bucket's entry is no sealed act")?;
        let statement = SignedStatement::parse(body.statement.as_bytes()).map_err(text)?;
        let statement = statement.statement();
        if statement.verb.as_str() != "bucket.create" {
            return Err("the bucket's entry does not make a bucket".into());
        }
        Ok((made.index, statement.bucket.name.clone()))
    }

    fn bad_signature(&self, policy: &Policy) -> Judged {
        let row = self.row("row", policy)?;
        let act = self.included("entry", "proof", &row)?;
        let body = act.sealed()?.ok_or("the entry is no sealed act")?;
        let index = act.index;
        let Ok(signed) = SignedStatement::parse(body.statement.as_bytes()) else {
            let says =
                format!("entry {index} is a sealed act without a statement that can be read");
            return Ok((Finding::Proven, says));
        };
        let keyring = SignedKeyring::parse(self.need("keyring")?.as_bytes()).map_err(text)?;
        let member = signed.statement().member;
        let Some(known) = keyring.keyring().member(member) else {
            let says =
                format!("entry {index} is of {member}, whom the keyring shown does not name");
            return Ok((Finding::Proven, says));
        };
        if signed.verify(&known.key).is_err() {
            let says =
                format!("the signature of entry {index} does not hold under the key of {member}");
            return Ok((Finding::Proven, says));
        }
        let statement = signed.statement();
        let says = if statement.ledger != row.log.name() {
            format!(
                "entry {index} was signed for the ledger {}",
                statement.ledger
            )
        } else if act.core()?.by != format!("member:{member}") {
            format!("entry {index} is told to be of another than {member}, who signed it")
        } else if statement.keyring != keyring.keyring().number {
            format!(
                "entry {index} was signed under keyring {}, and not under the one shown",
                statement.keyring
            )
        } else {
            return Err(format!("the signature of entry {index} holds"));
        };
        Ok((Finding::Proven, says))
    }

    fn other_ledger(&self, policy: &Policy) -> Judged {
        let (before, after) = (self.row("row", policy)?, self.row("row after", policy)?);
        let same = before.name == after.name
            && before.log == after.log
            && before.genesis == after.genesis
            && before.slot == after.slot;
        if same {
            return Err("the two rows agree".into());
        }
        Ok((
            Finding::Proven,
            format!("two rows are signed for {} and {}", before.name, after.name),
        ))
    }

    /// What can be checked of the rest: that the entry, if one is shown, is in a signed checkpoint.
    fn testimony(&self, policy: &Policy) -> Judged {
        if self.section("proof").is_none() {
            return Ok((Finding::Testimony, "nothing signed is shown".into()));
        }
        let row = self.row("row", policy)?;
        let act = self.included("entry", "proof", &row)?;
        let says = format!("entry {} is in the signed ledger as shown", act.index);
        Ok((Finding::Testimony, says))
    }

    fn need(&self, title: &str) -> Result<&str, String> {
        self.section(title)
            .ok_or_else(|| format!("the section {title:?} is missing"))
    }

    fn row(&self, title: &str, policy: &Policy) -> Result<RegistryRow, String> {
        let note = Note::parse(self.need(title)?.as_bytes()).map_err(text)?;
        let row = policy.logs().iter().find_map(|log| {
            let row = RegistryRow::open(&note, &log.key).ok()?;
            row.is_named_as_its_log(&log.key).then_some(row)
        });
        row.ok_or_else(|| "no log of the trust policy signed the ledger's row".into())
    }

    fn head(&self, title: &str, row: &RegistryRow) -> Result<Checkpoint, String> {
        let (head, _) = Checkpoint::open(self.need(title)?.as_bytes(), &row.log).map_err(text)?;
        Ok(head)
    }

    /// An act of the signed ledger.
    fn included(&self, act: &str, proof: &str, row: &RegistryRow) -> Result<Included, String> {
        let act = Included::parse(self.need(act)?).ok_or("the act can't be read")?;
        let proof = TlogProof::parse(self.need(proof)?.as_bytes()).map_err(text)?;
        let leaf = leaf_hash(&act_leaf(act.core.as_bytes(), &act.body_hash));
        proof.verify(&leaf, &row.log).map_err(text)?;
        Ok(Included {
            index: proof.index,
            ..act
        })
    }
}

/// The kind of a sealed act.
pub(crate) const SEALED_KIND: &str = "sealed.act";

struct Included {
    index: u64,
    core: String,
    body_hash: Hash,
    body: Option<String>,
}

/// What the judge reads of a core.
#[derive(Deserialize)]
struct Core {
    kind: String,
    #[serde(default)]
    by: String,
    /// An act without links writes none, or null.
    #[serde(default)]
    links: Option<Links>,
}

impl Core {
    fn bucket(&self) -> Option<u64> {
        self.links.as_ref()?.bucket
    }
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default)]
    bucket: Option<u64>,
}

impl Included {
    fn parse(section: &str) -> Option<Self> {
        let mut lines = section.lines();
        let core = lines.next()?.strip_prefix("core ")?.to_owned();
        let hash: Hash = lines.next()?.strip_prefix("body-hash ")?.parse().ok()?;
        let mut body = None;
        if let Some(salt) = lines.next() {
            let mut bytes = [0; 32];
            hex::decode_to_slice(salt.strip_prefix("salt ")?, &mut bytes).ok()?;
            let text = lines.next()?.strip_prefix("body ")?;
            if body_hash(&bytes, text.as_bytes()) != hash {
                return None;
            }
            body = Some(text.to_owned());
        }
        Some(Self {
            index: 0,
            core,
            body_hash: hash,
            body,
        })
    }

    fn core(&self) -> Result<Core, String> {
        serde_json::from_str(&self.core).map_err(text)
    }

    /// The body of a sealed act; nothing for an act of another kind.
    fn sealed(&self) -> Result<Option<SealedBody>, String> {
        if self.core()?.kind != SEALED_KIND {
            return Ok(None);
        }
        let body = self
            .body
            .as_deref()
            .ok_or("the body of the entry is not shown: what it says stays testimony")?;
        serde_json::from_str(body).map(Some).map_err(text)
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
