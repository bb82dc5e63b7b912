//! `/proof`: how far the national log is, who witnessed it and when, and whatever stands against it.

use std::sync::Arc;

use amana_ledger::{EpochLeaf, Hash, Policy};
use amana_store::national::evidence;
use amana_store::{EntryId, LedgerId, LedgerInfo, Reader, entries};
use askama::Template;
use axum::extract::State;
use serde::Serialize;

use crate::frame::{Frame, Place};
use crate::texts::Texts;
use crate::{Console, Language, Page, Result};

/// After so long without a cosignature something is wrong: an idle data centre closes an epoch a minute, and a witness
/// calls at least as often.
const SILENT_AFTER_S: u64 = 180;

/// The state of the proof at one moment. Times in seconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Proof {
    /// The data centre's name.
    pub centre: String,
    /// When this was made, by the operator's clock.
    pub now_s: u64,
    /// The last epoch, once there is one.
    pub epoch: Option<Epoch>,
    /// The newest epoch that a quorum cosigned, once there is one.
    pub witnessed: Option<Witnessed>,
    /// How many witnesses it takes; nothing under a policy that asks for none.
    pub quorum: Option<Quorum>,
    /// The witnesses of the policy, in its order.
    pub witnesses: Vec<Witness>,
    /// Ledgers beside the national log.
    pub ledgers: u64,
    /// Acts in those ledgers.
    pub acts: u64,
    /// What stands against this data centre.
    pub anomalies: Vec<Anomaly>,
    /// SHA-256 of the trust policy that is served, in hexadecimal.
    pub policy_sha256: String,
    /// The national log's checkpoint at the witnessed size, or else the newest, with its signatures.
    pub checkpoint: Option<String>,
}

/// An epoch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Epoch {
    /// Its number, from 0.
    pub number: u64,
    /// When it was closed, by the operator's clock.
    pub closed_s: u64,
}

/// What a quorum cosigned.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Witnessed {
    /// Number of the last epoch that it covers.
    pub epoch: u64,
    /// When the quorum stood, by the witnesses' clocks.
    pub stood_s: u64,
}

/// How many witnesses it takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Quorum {
    /// At least so many.
    pub needed: u64,
    /// Of so many.
    pub of: u64,
}

/// A witness of the policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// The last epoch that its newest cosignature covers.
    pub epoch: Option<u64>,
    /// When it cosigned that, by its own clock.
    pub cosigned_s: Option<u64>,
    /// Whether it came lately.
    pub present: bool,
}

/// What stands against the data centre, as far as it knows itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Anomaly {
    /// A witness showed a past of a ledger other than the one that is here.
    Forked {
        /// Origin of the ledger.
        ledger: String,
        /// At so many entries.
        size: u64,
    },
    /// A witness showed more of a ledger than is here.
    Behind {
        /// Origin of the ledger.
        ledger: String,
        /// Entries that are here.
        have: u64,
        /// Entries that were signed.
        signed: u64,
    },
    /// No deposits are taken.
    ReadOnly {
        /// Why, in the program's words.
        why: String,
    },
    /// The policy asks for no witness.
    NoQuorum,
    /// A quorum has never cosigned.
    NeverWitnessed,
    /// The quorum's newest cosignature is old.
    NotWitnessed {
        /// How old.
        minutes: u64,
    },
    /// A witness stopped coming.
    WitnessSilent {
        /// Its name.
        name: String,
        /// For how long.
        minutes: u64,
    },
    /// A witness never came.
    WitnessNeverCame {
        /// Its name.
        name: String,
    },
}

impl Anomaly {
    /// In a sentence of that language.
    #[must_use]
    pub fn told(&self, texts: &Texts) -> String {
        let words = &texts.proof;
        match self {
            Self::Forked { ledger, size } => (words.forked)(ledger, *size),
            Self::Behind {
                ledger,
                have,
                signed,
            } => (words.behind)(ledger, *have, *signed),
            Self::ReadOnly { why } => (words.read_only)(why),
            Self::NoQuorum => words.no_quorum.to_owned(),
            Self::NeverWitnessed => words.never_witnessed.to_owned(),
            Self::NotWitnessed { minutes } => (words.not_witnessed)(*minutes),
            Self::WitnessSilent { name, minutes } => (words.silent)(name, *minutes),
            Self::WitnessNeverCame { name } => (words.never_came)(name),
        }
    }
}

impl Proof {
    /// The state now.
    ///
    /// # Errors
    /// A failure of the store.
    pub fn of(console: &Console, rows: &Reader<'_>) -> Result<Self> {
        let trusted = console.store.policy();
        let policy = &trusted.policy;
        let now_s = console.store.now_ms().cast_unsigned() / 1000;
        let (ledgers, acts) = LedgerInfo::totals(rows)?;
        let national = LedgerInfo::by_id(rows, LedgerId::NATIONAL)?;
        let mut proof = Self {
            centre: console.centre.clone(),
            now_s,
            epoch: None,
            witnessed: None,
            quorum: quorum(policy),
            witnesses: witnesses(console, rows, policy, now_s)?,
            ledgers,
            acts,
            anomalies: Vec::new(),
            policy_sha256: Hash::of(&[trusted.text.as_bytes()])
                .as_bytes()
                .map(|byte| format!("{byte:02x}"))
                .concat(),
            checkpoint: None,
        };
        if let Some(national) = national.filter(|national| national.size > 0) {
            proof.epoch = last_epoch(rows, &national)?;
            let witnessed = console.store.witnessed_size(rows, LedgerId::NATIONAL)?;
            // Under a policy without a quorum any size counts as met, and none is witnessed.
            let witnessed = witnessed.filter(|_| policy.has_quorum());
            let size = witnessed.unwrap_or(national.size);
            let note = console.store.signed_checkpoint(rows, &national, size)?;
            let stood_s = policy.quorum_time_s(&policy.cosigned(&note)?);
            proof.witnessed = stood_s.map(|stood_s| Witnessed {
                epoch: size - 1,
                stood_s,
            });
            proof.checkpoint = Some(note.to_string());
        }
        proof.anomalies = anomalies(console, &proof)?;
        Ok(proof)
    }

    /// Whether a quorum vouches for it and nothing stands against it.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.witnessed.is_some() && self.anomalies.is_empty()
    }

    /// Since when the quorum vouches, as a length of time. Clocks differ a little, so the future counts as now.
    #[must_use]
    pub fn witnessed_ago_s(&self) -> Option<u64> {
        let stood_s = self.witnessed.as_ref()?.stood_s;
        Some(self.now_s.saturating_sub(stood_s))
    }
}

fn last_epoch(rows: &Reader<'_>, national: &LedgerInfo) -> Result<Option<Epoch>> {
    let Some(id) = EntryId::new(LedgerId::NATIONAL, national.size - 1) else {
        return Ok(None);
    };
    let Some(entry) = entries::entry(rows, id)? else {
        return Ok(None);
    };
    // What isn't UTF-8 isn't an epoch either: the parser says so.
    let leaf = String::from_utf8_lossy(&entry.text).parse::<EpochLeaf>()?;
    Ok(Some(Epoch {
        number: leaf.epoch,
        closed_s: leaf.time_ms / 1000,
    }))
}

/// How many witnesses it takes, in the order of the policy.
fn quorum(policy: &Policy) -> Option<Quorum> {
    let listed = policy.witnesses();
    let enough = |count: &usize| {
        policy.quorum_met(&|key| listed[..*count].iter().any(|witness| witness.key == *key))
    };
    policy.has_quorum().then(|| Quorum {
        needed: (1..=listed.len()).find(enough).unwrap_or(listed.len()) as u64,
        of: listed.len() as u64,
    })
}

/// Each witness of the policy with its newest cosignature of the national log.
fn witnesses(
    console: &Console,
    rows: &Reader<'_>,
    policy: &Policy,
    now_s: u64,
) -> Result<Vec<Witness>> {
    let kept = console.store.cosignatures(rows, LedgerId::NATIONAL)?;
    let seen = policy.witnesses().iter().map(|witness| {
        let of_it = kept.iter().filter(|(_, line)| line.is_by(&witness.key));
        // They were verified when they were kept; the time stands first.
        let times = of_it.filter_map(|(size, line)| {
            let time_s = u64::from_be_bytes(*line.bytes.first_chunk()?);
            Some((*size, time_s))
        });
        let newest = times.max();
        let cosigned_s = newest.map(|(_, time_s)| time_s);
        Witness {
            name: String::from_utf8_lossy(&witness.name).into_owned(),
            epoch: newest.map(|(size, _)| size.saturating_sub(1)),
            cosigned_s,
            present: cosigned_s
                .is_some_and(|time_s| now_s.saturating_sub(time_s) <= SILENT_AFTER_S),
        }
    });
    Ok(seen.collect())
}

/// The worst first.
fn anomalies(console: &Console, proof: &Proof) -> Result<Vec<Anomaly>> {
    let shown = console
        .store
        .anomalies()?
        .into_iter()
        .map(|shown| match shown {
            evidence::Anomaly::Forked { origin, size } => Anomaly::Forked {
                ledger: origin,
                size,
            },
            evidence::Anomaly::Behind {
                origin,
                ours,
                signed,
            } => Anomaly::Behind {
                ledger: origin,
                have: ours,
                signed,
            },
        });
    let mut found: Vec<_> = shown.collect();
    // What witnesses showed is the reason already.
    if found.is_empty() {
        found.extend(
            console
                .store
                .read_only()
                .map(|why| Anomaly::ReadOnly { why }),
        );
    }
    match (&proof.quorum, proof.witnessed_ago_s()) {
        (None, _) => found.push(Anomaly::NoQuorum),
        (Some(_), None) => found.push(Anomaly::NeverWitnessed),
        (Some(_), Some(ago_s)) if ago_s > SILENT_AFTER_S => {
            found.push(Anomaly::NotWitnessed {
                minutes: ago_s / 60,
            });
        }
        (Some(_), Some(_)) => {}
    }
    for witness in proof.witnesses.iter().filter(|witness| !witness.present) {
        let name = witness.name.clone();
        found.push(match witness.cosigned_s {
            Some(time_s) => Anomaly::WitnessSilent {
                name,
                minutes: proof.now_s.saturating_sub(time_s) / 60,
            },
            None => Anomaly::WitnessNeverCame { name },
        });
    }
    Ok(found)
}

#[derive(Template)]
#[template(path = "public/proof.html")]
struct ProofPage {
    frame: Frame,
    proof: Proof,
}

impl ProofPage {
    /// How many witnesses it takes.
    fn quorum(&self) -> Option<String> {
        let texts = self.frame.texts;
        let quorum = self.proof.quorum.as_ref()?;
        let (needed, of) = (texts.number(&quorum.needed), texts.number(&quorum.of));
        Some((texts.proof.quorum_told)(&needed, &of))
    }

    /// What the quorum vouches for, once it does.
    fn sound(&self) -> Option<String> {
        let texts = self.frame.texts;
        let quorum = self.proof.quorum.as_ref()?;
        let (needed, of) = (texts.number(&quorum.needed), texts.number(&quorum.of));
        let ago = texts.ago(&self.proof.witnessed_ago_s()?);
        Some((texts.proof.sound_told)(&needed, &of, &ago))
    }
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let proof = console.read(Proof::of).await?;
    let texts = language.texts();
    let frame = Frame::public(texts, texts.proof.title, &proof.centre, Place::Proof);
    Page::of(&ProofPage { frame, proof })
}
