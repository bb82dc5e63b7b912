//! Having the body of an act erased: what an admin signs, once nothing stands on it any more.

use amana_ledger::{KeyType, Note, Signature, VerifierKey};
use amana_store::entries;
use amana_store::erase::request_text;
use amana_vault::Vault;
use bytes::Bytes;
use serde::Deserialize;

use super::Follower;
use crate::wire;
use crate::{Error, Result};

/// The longest answer to a request.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Deserialize)]
struct Answer {
    receipt: String,
}

impl Follower {
    /// Signs the request to erase the body of a sealed act and hands it in; gives the name of the receipt. `reason`, ready
    /// for a query, is written in the ledger. On return the data centre has recorded it.
    ///
    /// # Errors
    /// [`Error::Setting`] while the act is in force, or for one that isn't of a sealed bucket; what the data centre refuses;
    /// those of the line.
    pub(crate) async fn erase(&self, index: u64, reason: &str) -> Result<String> {
        self.alarms.check()?;
        self.may_be_erased(index)?;
        let act = self.act_at(index).await.filter(wire::ActText::body_stands);
        let Some(act) = act.filter(|act| act.body.is_some()) else {
            let why = "the data centre does not show it with its body";
            return Err(Error::malformed(&format!("acts/{index}"), why));
        };
        let text = request_text(self.trust.origin(), index, &act.body_hash);
        let note = self.sign(text)?.to_string();
        let institution = self.centre.institution();
        let path = format!("/api/v1/institutions/{institution}/erasures/{index}?reason={reason}");
        let answer = self
            .centre
            .post(&path, "text/plain", Bytes::from(note), MAX_ANSWER_BYTES)
            .await?;
        let Answer { receipt } = wire::json(&path, &answer)?;
        Ok(receipt)
    }

    /// A note under this gateway's member id.
    fn sign(&self, text: String) -> Result<Note> {
        let member = self.keys.member();
        let (name, public) = (member.id().to_string(), member.verifying_key());
        let key = VerifierKey::new(&name, KeyType::Ed25519, public.as_bytes())?;
        let signature = Signature {
            key_id: key.key_id(),
            bytes: member.sign(text.as_bytes()).to_vec(),
            name,
        };
        Ok(Note {
            text,
            signatures: vec![signature],
        })
    }

    /// What the data centre can't see: whether what the act made is gone, and what it replaced is erased.
    fn may_be_erased(&self, index: u64) -> Result<()> {
        let entry = crate::entry_of(index)?;
        let found = self.rows.read(|rows| {
            let Some(kept) = entries::entry(rows, entry)? else {
                return Ok(None);
            };
            Ok(Some((kept.body.is_some(), Vault::erasable(rows, &kept)?)))
        })?;
        let refused = |why: &str| {
            Err(Error::Setting {
                what: format!("entry {index}"),
                why: why.to_owned(),
            })
        };
        match found {
            Some((true, true)) => Ok(()),
            Some((true, false)) => refused(
                "what it says still stands, or what it replaced does: delete that version first, and erase the oldest \
                 act of an object first",
            ),
            Some((false, _)) => refused("it has no body any more"),
            None => refused(
                "it is no act of a sealed bucket, or is erased: of the rest a director has the word, see `amana ledger \
                 erasure-request`",
            ),
        }
    }
}
