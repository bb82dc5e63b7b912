//! What an envelope speaks of, held to what its statement says: a member who may sign may not move one object under
//! another's slot.

use amana_seal::names::NameKey;
use amana_seal::statement::Statement;
use amana_store::PlainAct;
use serde::Deserialize;

/// What every plain act says of its bucket, and most of their object.
#[derive(Deserialize)]
struct Body {
    #[serde(alias = "name")]
    bucket: String,
    #[serde(default)]
    key: Option<String>,
}

#[derive(Deserialize, Default)]
struct Links {
    #[serde(default)]
    bucket: Option<u64>,
}

/// Whether the plain act is about the bucket that the statement names, and moves the slot of the object that it names.
pub(super) fn agrees(statement: &Statement, plain: &PlainAct, names: &NameKey) -> bool {
    let body = plain.body.as_ref();
    let Some(body) = body.and_then(|body| serde_json::from_str::<Body>(body.get()).ok()) else {
        return false;
    };
    // An act without links writes none, or null.
    let links: Links = serde_json::from_str(plain.links.get()).unwrap_or_default();
    if body.bucket != statement.bucket.name || links.bucket != statement.bucket.created {
        return false;
    }
    let is_of_object = plain.kind.starts_with("object.") || plain.kind == "upload.complete";
    if !is_of_object {
        return true;
    }
    let Some(key) = body.key else { return false };
    let slot = names.object(&body.bucket, &key).0;
    let mut moved = statement.touches.iter().chain(&statement.retires);
    moved.any(|touch| touch.slot == slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use amana_seal::statement::{BucketAt, EnvelopeDigest, Touch};

    fn statement(names: &NameKey, created: Option<u64>, key: &str) -> Statement {
        Statement {
            ledger: "centre.example/ledgers/finances/vault".to_owned(),
            member: "0123456789abcdef".parse().expect("a member's id"),
            keyring: 1,
            epoch: 1,
            act: [7; 8],
            verb: "object.put".parse().expect("a verb"),
            bucket: BucketAt {
                name: "archives".to_owned(),
                created,
                settings: created,
            },
            touches: vec![Touch {
                slot: names.object("archives", key).0,
                last: None,
            }],
            retires: Vec::new(),
            piece: None,
            releases: Vec::new(),
            envelope: EnvelopeDigest::of(&[]),
        }
    }

    fn plain(kind: &str, links: &str, body: &str) -> PlainAct {
        let json = format!(r#"{{"kind":"{kind}","links":{links},"body":{body}}}"#);
        serde_json::from_str(&json).expect("a plain act")
    }

    #[test]
    fn an_envelope_speaks_of_what_its_statement_moves() {
        let names = NameKey::from_bytes(zeroize::Zeroizing::new([1; 32]));
        let put = |links: &str, body: &str| {
            let stated = statement(&names, Some(3), "a.txt");
            agrees(&stated, &plain("object.put", links, body), &names)
        };
        let links = r#"{"bucket":3}"#;
        assert!(put(
            links,
            r#"{"bucket":"archives","key":"a.txt","etag":1}"#
        ));
        assert!(!put(links, r#"{"bucket":"archives","key":"b.txt"}"#));
        assert!(!put(links, r#"{"bucket":"other","key":"a.txt"}"#));
        assert!(!put(links, r#"{"bucket":"archives"}"#));
        assert!(!put(
            r#"{"bucket":4}"#,
            r#"{"bucket":"archives","key":"a.txt"}"#
        ));
        let made = statement(&names, None, "a.txt");
        let create = plain("bucket.create", "null", r#"{"name":"archives"}"#);
        assert!(agrees(&made, &create, &names));
    }
}
