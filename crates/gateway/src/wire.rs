//! What goes over HTTP between a gateway and its data centre, as it is parsed at this edge.

use std::collections::BTreeSet;

use amana_ledger::{Hash, act_leaf, body_hash};
use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Deserialize;

use crate::{Error, Result};

/// First line of an acknowledgement's text.
const ACK_HEADER: &str = "amana.ack/v1";
/// The longest page of acts: one that is just not full, and an act of the largest size, escaped.
pub(crate) const MAX_ACTS_BYTES: usize = 32 * 1024 * 1024;
/// The longest answer to a batch of acts.
pub(crate) const MAX_RESULTS_BYTES: usize = 4 * 1024 * 1024;
/// The longest list of cosignatures.
pub(crate) const MAX_COSIGNATURES_BYTES: usize = 16 * 1024 * 1024;
/// The longest keyring bundle.
pub(crate) const MAX_BUNDLE_BYTES: usize = 4 * 1024 * 1024;

/// A page of `…/acts/<from>`.
#[derive(Deserialize)]
pub(crate) struct Acts {
    /// In order.
    pub(crate) acts: Vec<ActText>,
}

/// An act as its ledger keeps it.
#[derive(Deserialize)]
pub(crate) struct ActText {
    pub(crate) index: u64,
    pub(crate) core: String,
    #[serde(deserialize_with = "hash")]
    pub(crate) body_hash: Hash,
    pub(crate) body: Option<SaltedBody>,
}

/// A body and its salt.
#[derive(Deserialize)]
pub(crate) struct SaltedBody {
    #[serde(deserialize_with = "salt")]
    pub(crate) salt: [u8; 32],
    pub(crate) text: String,
}

impl ActText {
    /// Its entry in the ledger.
    pub(crate) fn leaf(&self) -> [u8; 33] {
        act_leaf(self.core.as_bytes(), &self.body_hash)
    }

    /// Whether the body is absent or is the one that was hashed.
    pub(crate) fn body_stands(&self) -> bool {
        self.body
            .as_ref()
            .is_none_or(|body| body_hash(&body.salt, body.text.as_bytes()) == self.body_hash)
    }

    /// As evidence shows it.
    pub(crate) fn shown(&self) -> crate::evidence::ShownAct<'_> {
        crate::evidence::ShownAct {
            core: &self.core,
            body_hash: &self.body_hash,
            body: self
                .body
                .as_ref()
                .map(|body| (&body.salt, body.text.as_str())),
        }
    }
}

/// One of `…/cosignatures`.
#[derive(Deserialize)]
pub(crate) struct CosignedLine {
    pub(crate) size: u64,
    pub(crate) line: String,
}

/// The body of a sealed act's entry.
#[derive(Deserialize)]
pub(crate) struct SealedBody {
    /// The signed statement, verbatim.
    pub(crate) statement: String,
    /// The envelope, in base64.
    #[serde(default)]
    pub(crate) envelope: String,
}

/// The answer to a batch of acts.
#[derive(Deserialize)]
pub(crate) struct Results {
    /// One an act, in the order sent.
    pub(crate) results: Vec<ActResult>,
    /// A note signed by the ledger's key; absent when nothing was recorded.
    #[serde(default)]
    pub(crate) ack: Option<String>,
}

/// What became of one act.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum ActResult {
    /// It is recorded.
    Recorded { index: u64, time_ms: i64 },
    /// It is not.
    Refused {
        error: String,
        #[serde(default)]
        message: String,
    },
}

/// One act on the wire: statement, envelope, and the small ciphertext that comes with it or nothing, each after its
/// length (u32, big-endian).
pub(crate) fn put_act(batch: &mut BytesMut, statement: &[u8], envelope: &[u8], inline: &[u8]) {
    for part in [statement, envelope, inline] {
        // Each is within the bounds of its own format, far below 4 GiB.
        batch.put_u32(u32::try_from(part.len()).unwrap_or(u32::MAX));
        batch.extend_from_slice(part);
    }
}

/// Indexes, each with the SHA-256 of the signed statement that stands there.
pub(crate) type Acked = BTreeSet<(u64, [u8; 32])>;

/// The ledger of an acknowledgement, and what it acknowledges: index and SHA-256 of the signed statement.
pub(crate) fn ack_lines(text: &str) -> Option<(&str, Acked)> {
    let mut lines = text.lines();
    if lines.next() != Some(ACK_HEADER) {
        return None;
    }
    let origin = lines.next()?;
    let line = |line: &str| {
        let (index, digest) = line.split_once(' ')?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(digest, &mut bytes).ok()?;
        Some((index.parse().ok()?, bytes))
    };
    Some((origin, lines.map(line).collect::<Option<_>>()?))
}

/// An answer in JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(what: &str, answer: &Bytes) -> Result<T> {
    serde_json::from_slice(answer).map_err(|error| Error::malformed(what, error))
}

fn hash<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Hash, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map_err(serde::de::Error::custom)
}

fn salt<'de, D: serde::Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(from)?;
    let mut salt = [0; 32];
    hex::decode_to_slice(&text, &mut salt).map_err(serde::de::Error::custom)?;
    Ok(salt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ack_is_read() {
        let digest = "ab".repeat(32);
        let text = format!("amana.ack/v1\nc/ledgers/f/vault\n7 {digest}\n");
        let (origin, acked) = ack_lines(&text).expect("it is one");
        assert_eq!(origin, "c/ledgers/f/vault");
        assert!(acked.contains(&(7, [0xab; 32])));
        assert!(ack_lines("amana.ack/v2\nx\n").is_none());
        assert!(ack_lines("amana.ack/v1\nx\n7 xyz\n").is_none());
    }
}
