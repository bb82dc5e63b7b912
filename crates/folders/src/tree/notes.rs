//! What a program notes beside a file or a folder: one text, in the object's metadata. It goes along when the file is copied or
//! moved, and stays when its content is replaced.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};

use amana_vault::{
    ETagMatch, Error as VaultError, Metadata, ObjectAttrs, ObjectKey, VersionRef, WriteConditions,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{Kind, Tree};
use crate::path::Place;
use crate::{Error, Result};

/// The longest note, in bytes. Metadata has 2 KiB for all: programs repeat themselves, so that much of it packs well.
const MAX_NOTE_BYTES: usize = 16 * 1024;
/// The most of metadata that a note may take, packed, in base64.
const MAX_KEPT_BYTES: usize = 1800;
/// As S3 shows it, behind `x-amz-meta-`: the base64, without padding, of the note in `deflate` (RFC 1951).
const NAME: &str = "amana-note";

impl Tree {
    /// The note beside a file or a folder, if there is one. Text that isn't of this crate counts for none.
    pub(crate) async fn note(&self, place: &Place) -> Result<Option<String>> {
        let Some((bucket, key)) = self.noted(place).await? else {
            return Ok(None);
        };
        match self.object(bucket, &key) {
            Ok(object) => Ok(read(&object.attrs)),
            // A folder that is there by what it holds alone.
            Err(Error::Missing) if key.ends_with('/') => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Puts a note beside a file or a folder, or takes it away. The object is recorded once more, with the same content.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::OtherKind`] for a bucket, [`Error::Vault`], when somebody replaced it meanwhile as well.
    pub(crate) async fn set_note(&self, place: &Place, note: Option<&str>) -> Result<()> {
        let (bucket, key) = self.noted(place).await?.ok_or(Error::OtherKind(
            "a bucket has no properties of its own: files and folders in it have",
        ))?;
        if key.ends_with('/') && matches!(self.object(bucket, &key), Err(Error::Missing)) {
            self.mark(bucket, &key).await?;
        }
        let named = ObjectKey::parse(key)?;
        let object = self
            .vault
            .open(&self.caller, bucket, &named, VersionRef::Latest)?;
        let attrs = with(&object.attrs, note)?;
        let unchanged = WriteConditions {
            if_match: Some(ETagMatch::OneOf(vec![object.etag.to_string()])),
            if_none_match_any: false,
        };
        let noted =
            self.vault
                .copy_object(&self.caller, &object, bucket, &object.key, attrs, unchanged);
        match noted.await {
            Ok(done) => {
                self.tell(done.receipt);
                Ok(())
            }
            Err(VaultError::PreconditionFailed { .. }) => {
                Err(Error::Vault(VaultError::ConditionalConflict))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// The attributes that a file begins with which replaces the one of that key.
    pub(super) fn attrs_kept(&self, bucket: &str, key: &str) -> Result<ObjectAttrs> {
        let note = match self.object(bucket, key) {
            Ok(object) => read(&object.attrs),
            // Whoever may not read may write all the same.
            Err(Error::Missing | Error::Vault(VaultError::AccessDenied)) => None,
            Err(other) => return Err(other),
        };
        with(&ObjectAttrs::default(), note.as_deref())
    }

    /// The object that a note is kept with.
    async fn noted<'a>(&self, place: &'a Place) -> Result<Option<(&'a str, String)>> {
        let Place::Within(bucket, name) = place else {
            return Ok(None);
        };
        let key = match self.stat(place).await?.kind {
            Kind::Folder => format!("{name}/"),
            Kind::File { .. } => name.clone(),
        };
        Ok(Some((bucket.as_str(), key)))
    }
}

/// Whether a note isn't too long to be kept.
pub(crate) fn fits(note: &str) -> bool {
    note.len() <= MAX_NOTE_BYTES && pack(note).len() <= MAX_KEPT_BYTES
}

fn pack(note: &str) -> String {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = packed
        .write_all(note.as_bytes())
        .and_then(|()| packed.finish());
    BASE64_STANDARD_NO_PAD.encode(packed.expect("memory takes what is written"))
}

fn read(attrs: &ObjectAttrs) -> Option<String> {
    let packed = attrs.metadata.pairs().get(NAME)?;
    let packed = BASE64_STANDARD_NO_PAD.decode(packed).ok()?;
    let mut note = String::new();
    let mut unpacked = DeflateDecoder::new(&packed[..]).take(MAX_NOTE_BYTES as u64 + 1);
    unpacked.read_to_string(&mut note).ok()?;
    (note.len() <= MAX_NOTE_BYTES).then_some(note)
}

fn with(attrs: &ObjectAttrs, note: Option<&str>) -> Result<ObjectAttrs> {
    let mut pairs: BTreeMap<_, _> = attrs.metadata.pairs().clone();
    match note {
        Some(note) => pairs.insert(NAME.to_owned(), pack(note)),
        None => pairs.remove(NAME),
    };
    Ok(ObjectAttrs {
        metadata: Metadata::parse(pairs)?,
        ..attrs.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_comes_back_and_leaves_the_rest() {
        let mut attrs = ObjectAttrs::default();
        let others = BTreeMap::from([("other".to_owned(), "stays".to_owned())]);
        attrs.metadata = Metadata::parse(others).unwrap();
        let long = "<a xmlns=\"urn:x\">é</a>".repeat(500);
        assert!(fits(&long));
        for note in ["", "é", &long] {
            let noted = with(&attrs, Some(note)).unwrap();
            assert_eq!(read(&noted).as_deref(), Some(note));
            assert_eq!(with(&noted, None).unwrap().metadata, attrs.metadata);
        }
        assert_eq!(read(&attrs), None);
    }

    #[test]
    fn a_bomb_is_no_note() {
        let bomb = pack(&"x".repeat(MAX_NOTE_BYTES + 1));
        assert!(bomb.len() < MAX_KEPT_BYTES);
        let mut attrs = ObjectAttrs::default();
        for wrong in [bomb.as_str(), "", "!", "AAAA"] {
            let pairs = BTreeMap::from([(NAME.to_owned(), wrong.to_owned())]);
            attrs.metadata = Metadata::parse(pairs).unwrap();
            assert_eq!(read(&attrs), None, "{wrong}");
        }
        assert!(!fits(&"x".repeat(MAX_NOTE_BYTES + 1)));
    }
}
