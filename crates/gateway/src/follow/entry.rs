//! One entry of the institution's ledger: what it is, and whether it may be adopted.

use std::borrow::Cow;
use std::sync::Arc;

use amana_seal::envelope;
use amana_seal::statement::{SignedStatement, Statement, Touch};
use amana_store::{BlobId, PlainAct, Value, Writer, clock};
use amana_vault::Vault;
use amana_vault::remote::{ActId, Followed, SlotId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::Follower;
use super::erasure::{self, ERASE_KIND, Foretold};
use super::subject;
use super::suspicion::Suspicion;
use crate::acks::Acks;
use crate::alarm::Claim;
use crate::evidence::SEALED_KIND;
use crate::keys::{Keys, Ring};
use crate::rows::{Rows, entry_of_act};
use crate::wire::{ActText, SealedBody};
use crate::{Error, Result};

/// The kind of a keyring's act.
const KEYRING_KIND: &str = "keyring.publish";

/// Adopted, or what doesn't fit.
pub(super) type Judged = Result<(), Suspicion>;

/// What judging needs, on a thread that may block.
pub(super) struct Judge {
    pub(super) keys: Arc<Keys>,
    acks: Arc<Acks>,
    vault: Arc<Vault>,
    pub(super) rows: Rows,
    pub(super) origin: String,
    pub(super) foretold: Foretold,
}

/// What is read of a core.
#[derive(Deserialize)]
struct Core<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    at: Cow<'a, str>,
    /// A user's name may hold what JSON escapes.
    #[serde(borrow)]
    by: Cow<'a, str>,
    /// An act without links writes none, or null.
    #[serde(default)]
    links: Option<Links>,
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default)]
    bucket: Option<u64>,
}

/// A bucket that a member sealed.
struct SealedBucket {
    settings: u64,
    live: bool,
}

impl Judge {
    pub(super) fn of(follower: &Follower, foretold: &Foretold) -> Self {
        Self {
            keys: follower.keys.clone(),
            acks: follower.acks.clone(),
            vault: follower.vault.clone(),
            rows: follower.rows.clone(),
            origin: follower.trust.origin().to_owned(),
            foretold: foretold.clone(),
        }
    }

    /// Judges an act and adopts it.
    pub(super) fn follow(&self, act: &ActText) -> Result<Judged> {
        let Ok(core) = serde_json::from_str::<Core<'_>>(&act.core) else {
            let why = "its core can't be read";
            return Ok(Err(Suspicion::of(Claim::ChangedEntry, act.index, why)));
        };
        if erasure::is_bodiless(act) {
            return self.pass_over(act);
        }
        let statement = match self.statement(act, &core) {
            Ok(statement) => statement,
            Err(found) => return Ok(Err(found)),
        };
        if let Some(denied) = self.denied(act, statement.as_ref().map(|(signed, _)| signed))? {
            return Ok(Err(denied));
        }
        match statement {
            Some((signed, envelope)) => self.sealed(act, &core, &signed, &envelope),
            None => self.unsealed(act, &core),
        }
    }

    /// The statement and the envelope of a sealed act; nothing for an act of another kind.
    fn statement(
        &self,
        act: &ActText,
        core: &Core<'_>,
    ) -> Result<Option<(SignedStatement, Vec<u8>)>, Suspicion> {
        if core.kind != SEALED_KIND {
            return Ok(None);
        }
        let bad = |why: &str| Suspicion::of(Claim::BadSignature, act.index, why);
        let Some(body) = &act.body else {
            return Err(bad("it has no body"));
        };
        let body: SealedBody =
            serde_json::from_str(&body.text).map_err(|_| bad("its body can't be read"))?;
        let signed = SignedStatement::parse(body.statement.as_bytes())
            .map_err(|error| bad(&error.to_string()))?;
        let envelope = STANDARD.decode(&body.envelope).map_err(|_| {
            Suspicion::of(Claim::BadEnvelope, act.index, "its envelope is not base64")
        })?;
        Ok(Some((signed, envelope)))
    }

    /// What was acknowledged for this index, if this isn't it.
    fn denied(&self, act: &ActText, shown: Option<&SignedStatement>) -> Result<Option<Suspicion>> {
        let Some(acked) = self.acks.at(act.index) else {
            return Ok(None);
        };
        if shown.is_some_and(|shown| shown.digest() == acked) {
            return Ok(None);
        }
        let why = "it acknowledged another act of ours for this entry, and shows this one";
        Ok(Some(Suspicion {
            ack: self.acks.note_of(act.index)?,
            ..Suspicion::of(Claim::DeniedAck, act.index, why)
        }))
    }

    fn sealed(
        &self,
        act: &ActText,
        core: &Core<'_>,
        signed: &SignedStatement,
        envelope: &[u8],
    ) -> Result<Judged> {
        let Some(ring) = self.keys.ring() else {
            let why = "a sealed act stands before any keyring";
            return Ok(Err(Suspicion::of(Claim::UnknownMember, act.index, why)));
        };
        let statement = signed.statement();
        if let Err(found) = self.signed(act, core, signed, envelope, &ring) {
            return Ok(Err(found));
        }
        if let Some(created) = statement.bucket.created
            && self.is_erased(created)?
        {
            // The making of a bucket goes when the bucket is gone: nothing of what was in it is left to be told.
            return Ok(Ok(()));
        }
        // What was adopted before, when it was acknowledged or before a crash, has moved the heads already. It may be
        // adopted at this very moment, so the look comes last.
        if let Err(found) = self.chained(act, statement)?
            && !self.is_adopted(act.index)?
        {
            return Ok(Err(found));
        }
        if let Err(found) = self.in_its_time(act, statement)? {
            return Ok(Err(found));
        }
        let bad = |why: &str| Suspicion::of(Claim::BadEnvelope, act.index, why);
        let key = self.keys.envelope_key(&ring, statement.epoch)?;
        let Ok(plain) = envelope::open(&key, statement.aad().as_bytes(), envelope) else {
            return Ok(Err(bad("its envelope does not open")));
        };
        let Ok(plain) = serde_json::from_slice::<PlainAct>(&plain) else {
            return Ok(Err(bad("its envelope holds no act")));
        };
        if plain.kind != statement.verb.as_str() {
            return Ok(Err(bad(
                "its envelope holds another act than its statement says",
            )));
        }
        if !subject::agrees(statement, &plain, &*self.keys.names_of(&ring)?) {
            return Ok(Err(bad(
                "its envelope speaks of another bucket or object than its statement moves",
            )));
        }
        let Some(time_ms) = clock::parse_rfc3339(&core.at) else {
            let why = "its time can't be read";
            return Ok(Err(Suspicion::of(Claim::ChangedEntry, act.index, why)));
        };
        match self.adopt(act.index, time_ms, statement, plain) {
            Err(Error::Store(
                amana_store::Error::Decode { .. } | amana_store::Error::UnknownKind { .. },
            )) => Ok(Err(bad("its envelope holds what is no act of a vault"))),
            // It was adopted when it was acknowledged, and is told otherwise now.
            Err(Error::Store(amana_store::Error::Refused { .. })) => {
                let why = "it was acknowledged with another time, or as another act";
                Ok(Err(Suspicion::of(Claim::ChangedEntry, act.index, why)))
            }
            adopted => adopted.map(Ok),
        }
    }

    /// Checks ledger, keyring, member, signature and envelope's digest.
    fn signed(
        &self,
        act: &ActText,
        core: &Core<'_>,
        signed: &SignedStatement,
        envelope: &[u8],
        ring: &Ring,
    ) -> Judged {
        let statement = signed.statement();
        let suspect = |claim, why: String| {
            Err(Suspicion {
                keyring: Some(ring.text.clone()),
                ..Suspicion::of(claim, act.index, &why)
            })
        };
        let member = statement.member;
        if statement.ledger != self.origin {
            let why = format!("it was signed for the ledger {}", statement.ledger);
            return suspect(Claim::BadSignature, why);
        }
        if statement.keyring != ring.number {
            let why = format!(
                "it was signed under keyring {}, and keyring {} is in force",
                statement.keyring, ring.number
            );
            return suspect(Claim::UnknownMember, why);
        }
        if ring.newest_epoch() != Some(statement.epoch) {
            let why = format!("it was sealed for epoch {}, which is over", statement.epoch);
            return suspect(Claim::BadEnvelope, why);
        }
        let Some(key) = ring.key_of(member) else {
            let why = format!("{member} does not stand in keyring {}", ring.number);
            return suspect(Claim::UnknownMember, why);
        };
        if let Err(error) = signed.verify(&key) {
            return suspect(Claim::BadSignature, error.to_string());
        }
        if core.by != format!("member:{member}") {
            let why = format!("it is told to be by {}, and {member} signed it", core.by);
            return suspect(Claim::BadSignature, why);
        }
        if let Err(error) = signed.check_envelope(envelope) {
            return suspect(Claim::BadEnvelope, error.to_string());
        }
        Ok(())
    }

    pub(super) fn is_adopted(&self, index: u64) -> Result<bool> {
        let entry = crate::entry_of(index)?;
        let found = self
            .rows
            .read(|rows| amana_store::entries::entry(rows, entry))?;
        Ok(found.is_some())
    }

    /// Checks that the act follows the last one of its bucket and of each of its slots.
    fn chained(&self, act: &ActText, statement: &Statement) -> Result<Judged> {
        let broken = |why: String| Ok(Err(Suspicion::of(Claim::BrokenChain, act.index, &why)));
        let name = &statement.bucket.name;
        if let Some(created) = statement.bucket.created {
            let found = self.bucket(created)?;
            let Some(bucket) = found.filter(|bucket| bucket.live) else {
                return broken(format!(
                    "there is no sealed bucket {name} of entry {created}"
                ));
            };
            if Some(bucket.settings) != statement.bucket.settings {
                return broken(format!(
                    "it stands on other settings of the bucket {name} than entry {}",
                    bucket.settings
                ));
            }
        } else if statement.verb.as_str() != "bucket.create" {
            return broken(format!("it names no entry of the bucket {name}"));
        }
        for Touch { slot, last } in statement.touches.iter().chain(&statement.retires) {
            let head = self
                .vault
                .slot_head(SlotId(*slot))
                .map_err(Error::of_vault)?;
            if head != *last && !self.follows_erased(head, *last)? {
                let text = |index: Option<u64>| index.map_or("none".to_owned(), |i| i.to_string());
                return broken(format!(
                    "a slot of the bucket {name} was moved last by entry {}, and the act follows entry {}",
                    text(head),
                    text(*last)
                ));
            }
        }
        Ok(Ok(()))
    }

    /// Checks what heads of slots can't tell. A slot of which nothing is left has no head, so that the statement that once
    /// began it would fit again; and a bucket's deletion stands on no slot, though it was signed for an empty bucket.
    fn in_its_time(&self, act: &ActText, statement: &Statement) -> Result<Judged> {
        let broken = |why: String| Ok(Err(Suspicion::of(Claim::BrokenChain, act.index, &why)));
        let passed = self.rows.read(|rows| entry_of_act(rows, statement.act))?;
        if let Some(before) = passed.filter(|before| *before != act.index) {
            return broken(format!(
                "it is the act that entry {before} recorded, brought back"
            ));
        }
        if let Some(created) = statement.bucket.created
            && statement.verb.as_str() == "bucket.delete"
            && self
                .vault
                .holds_objects(crate::entry_of(created)?)
                .map_err(Error::of_vault)?
        {
            return broken(format!(
                "it deletes the bucket {}, which is not empty",
                statement.bucket.name
            ));
        }
        Ok(Ok(()))
    }

    fn adopt(
        &self,
        index: u64,
        time_ms: i64,
        statement: &Statement,
        plain: PlainAct,
    ) -> Result<()> {
        let ids = |touches: &[Touch]| touches.iter().map(|touch| SlotId(touch.slot)).collect();
        let followed = Followed {
            entry: crate::entry_of(index)?,
            id: ActId(statement.act),
            time_ms,
            plain,
            touches: ids(&statement.touches),
            retires: ids(&statement.retires),
            releases: statement
                .releases
                .iter()
                .map(|id| BlobId::from_bytes(id.0))
                .collect(),
        };
        self.vault
            .adopt(&followed, |rows| note(rows, index, statement))
            .map_err(Error::of_vault)
    }

    fn bucket(&self, entry: u64) -> Result<Option<SealedBucket>> {
        self.rows.read(|rows| {
            rows.one(
                "SELECT settings, live FROM gateway_buckets WHERE entry = $1",
                &[Value::Int(entry.cast_signed())],
                |row| {
                    Ok(SealedBucket {
                        settings: row.int(0)?.cast_unsigned(),
                        live: row.int(1)? != 0,
                    })
                },
            )
        })
    }

    /// Acts that nobody sealed: keyrings are taken, sealed buckets defended, and the rest is the data centre's own.
    fn unsealed(&self, act: &ActText, core: &Core<'_>) -> Result<Judged> {
        if core.kind == KEYRING_KIND {
            return self.keyring(act);
        }
        if core.kind == ERASE_KIND {
            return self.erasure(act);
        }
        let of_vault = ["bucket.", "object.", "upload."];
        if !of_vault.iter().any(|prefix| core.kind.starts_with(prefix)) {
            return Ok(Ok(()));
        }
        if let Some(bucket) = core.links.as_ref().and_then(|links| links.bucket)
            && self.bucket(bucket)?.is_some()
        {
            let why = format!(
                "an unsigned {} on the bucket that entry {bucket} sealed",
                core.kind
            );
            return Ok(Err(Suspicion {
                bucket: Some(bucket),
                ..Suspicion::of(Claim::UnsignedAct, act.index, &why)
            }));
        }
        if core.kind == "bucket.create"
            && let Some((name, sealed)) = self.called_open(act)?
        {
            let why = format!("it makes the bucket {name} open, which entry {sealed} sealed");
            return Ok(Err(Suspicion {
                bucket: Some(sealed),
                ..Suspicion::of(Claim::CalledOpen, act.index, &why)
            }));
        }
        Ok(Ok(()))
    }

    /// The name of the bucket that a plain act makes, and the entry that sealed it, if it stands sealed.
    fn called_open(&self, act: &ActText) -> Result<Option<(String, u64)>> {
        #[derive(Deserialize)]
        struct Made {
            #[serde(alias = "name")]
            bucket: String,
        }
        let body = act
            .body
            .as_ref()
            .map(|body| serde_json::from_str(&body.text));
        let Some(Ok(Made { bucket })) = body else {
            return Ok(None);
        };
        let stands = self.rows.read(|rows| {
            rows.one(
                "SELECT entry FROM gateway_buckets WHERE name = $1 AND live = 1",
                &[bucket.as_str().into()],
                |row| Ok(row.int(0)?.cast_unsigned()),
            )
        })?;
        Ok(stands.map(|entry| (bucket, entry)))
    }

    fn keyring(&self, act: &ActText) -> Result<Judged> {
        let forged = |why: &str| Ok(Err(Suspicion::of(Claim::ForgedKeyring, act.index, why)));
        let Some(body) = &act.body else {
            return forged("a keyring's body is gone");
        };
        match self.keys.publish(act.index, &body.text, &self.rows) {
            Ok(()) => Ok(Ok(())),
            Err(Error::Seal(error)) => forged(&error.to_string()),
            Err(other) => Err(other),
        }
    }
}

/// Keeps what is known of acts and of sealed buckets, apart from the views: what the judge relies on is his own.
fn note(rows: &Writer<'_>, index: u64, statement: &Statement) -> amana_store::Result<()> {
    let at = Value::Int(index.cast_signed());
    let verb = statement.verb.as_str();
    rows.execute(
        "INSERT INTO gateway_acts (act, entry) VALUES ($1, $2) ON CONFLICT (act) DO NOTHING",
        &[
            statement.act.as_slice().into(),
            Value::Int(index.cast_signed()),
        ],
    )?;
    match statement.bucket.created {
        None => {
            rows.execute(
                "INSERT INTO gateway_buckets (entry, name, settings, live) VALUES ($1, $2, $1, 1) \
                 ON CONFLICT (entry) DO NOTHING",
                &[at, statement.bucket.name.as_str().into()],
            )?;
        }
        Some(created) if verb.starts_with("bucket.") => {
            let live = i64::from(verb != "bucket.delete");
            rows.execute(
                "UPDATE gateway_buckets SET settings = $1, live = $2 WHERE entry = $3",
                &[at, live.into(), Value::Int(created.cast_signed())],
            )?;
        }
        Some(_) => {}
    }
    Ok(())
}
