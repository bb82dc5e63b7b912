//! `sealed.act`: what a statement may ask, and how it changes the tables.

use std::sync::Arc;

use amana_access::Access;
use amana_seal::statement::{BucketAt, PieceId, SignedStatement, Statement, Touch};
use amana_store::{
    Act, At, BlobId, Content, Denied, EntryId, LedgerId, Reader, Result, Target, Writer,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::record::SealedRecorded;
use super::refusal::SealedRefusal;
use super::views::{self, PieceRow};
use crate::acts::bucket::CreateBucket;
use crate::acts::object::PutObject;
use crate::acts::upload::{CompleteUpload, CreateUpload, PutPart};
use crate::acts::{linked, recorded};
use crate::model::{BucketName, Extent, Versioning};
use crate::views::buckets;
use crate::{BucketInfo, Error, Mode, encoding};

/// What a verb does to its bucket; of all other verbs the data centre knows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Delete,
    Settings,
    Within,
}

impl Step {
    pub(super) fn of(statement: &Statement) -> Self {
        match statement.verb.as_str() {
            "bucket.create" => Self::Create,
            "bucket.delete" => Self::Delete,
            verb if verb.starts_with("bucket.") => Self::Settings,
            _ => Self::Within,
        }
    }
}

/// `sealed.act`
pub(crate) struct RecordSealed {
    pub(super) by: Arc<str>,
    pub(super) ledger: LedgerId,
    pub(super) content: Option<Content>,
    pub(super) links: SealedLinks,
    pub(super) body: SealedBody,
}

/// What replay needs when the body is erased: that the act, and its piece, are never taken again.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedLinks {
    /// The bucket; none if this act makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) bucket: Option<u64>,
    /// The act's own number, 16 hex digits.
    pub(super) act: String,
    /// The piece that it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) piece: Option<BlobId>,
}

/// What was handed in, verbatim, and where its ciphertext lies.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedBody {
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub(crate) statement: SignedStatement,
    #[serde(with = "encoding::base64_bytes")]
    pub(super) envelope: Vec<u8>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) extent: Option<Extent>,
    /// The entries that brought the pieces that are released, so that their bodies go before this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) frees: Vec<u64>,
}

fn as_text<S: Serializer>(
    statement: &SignedStatement,
    to: S,
) -> std::result::Result<S::Ok, S::Error> {
    let text = std::str::from_utf8(statement.bytes()).map_err(serde::ser::Error::custom)?;
    to.serialize_str(text)
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<SignedStatement, D::Error> {
    let text = String::deserialize(from)?;
    SignedStatement::parse(text.as_bytes()).map_err(D::Error::custom)
}

impl RecordSealed {
    fn statement(&self) -> &Statement {
        self.body.statement.statement()
    }

    /// Whether it brings something in: ciphertext, or what its verb says. A gateway that lies about its verb brings nothing
    /// without a piece: it only gives other names to what it has.
    fn brings(&self) -> bool {
        const BRING: [&str; 5] = [
            CreateBucket::KIND,
            PutObject::KIND,
            CreateUpload::KIND,
            PutPart::KIND,
            CompleteUpload::KIND,
        ];
        let statement = self.statement();
        statement.piece.is_some() || BRING.contains(&statement.verb.as_str())
    }

    /// The member stands in the newest keyring, and sealed for its newest epoch.
    fn signed_in_time(&self, views: &Reader<'_>) -> crate::Result<()> {
        let statement = self.statement();
        let member = statement.member;
        let standing = Access::standing(views, self.ledger, member)?
            .ok_or(SealedRefusal::NotAMember { member })?;
        if (standing.keyring, standing.epoch) == (statement.keyring, statement.epoch) {
            return Ok(());
        }
        Err(SealedRefusal::StaleKeyring {
            number: standing.keyring,
            epoch: standing.epoch,
        }
        .into())
    }

    /// Neither the act's number nor its piece's name was ever used.
    fn unused(&self, views: &Reader<'_>) -> crate::Result<()> {
        let statement = self.statement();
        let (found, what) = match &statement.piece {
            Some(piece) => (
                views::piece(views, self.ledger, piece.id)?.map(|row| row.entry),
                format!("the piece {}", piece.id),
            ),
            None => (
                views::act(views, self.ledger, statement.act)?,
                format!("the act {}", self.links.act),
            ),
        };
        let Some(entry) = found else { return Ok(()) };
        let same = recorded::body::<SealedBody>(views, entry)
            .is_ok_and(|body| body.statement == self.body.statement);
        Err(if same {
            let index = entry.index();
            SealedRefusal::Recorded { index }.into()
        } else {
            SealedRefusal::Used { what }.into()
        })
    }

    /// The bucket, which must stand where the statement says; nothing for one that is being made.
    fn bucket(&self, views: &Reader<'_>, step: Step) -> crate::Result<Option<EntryId>> {
        let BucketAt {
            name,
            created,
            settings,
        } = &self.statement().bucket;
        let found = buckets::named(views, name)?;
        if step == Step::Create {
            return match found {
                None => Ok(None),
                Some(bucket) if bucket.id.ledger() == self.ledger => {
                    Err(Error::BucketAlreadyOwnedByYou { name: name.clone() })
                }
                Some(_) => Err(Error::BucketAlreadyExists { name: name.clone() }),
            };
        }
        // What belongs to another institution is answered as what isn't there.
        let found = found
            .filter(|bucket| bucket.id.ledger() == self.ledger)
            .ok_or_else(|| Error::NoSuchBucket { name: name.clone() })?;
        let Some(newest) = views::settings(views, found.id)? else {
            return Err(SealedRefusal::Invalid {
                why: "the bucket is open: it takes plain acts",
            }
            .into());
        };
        if *created != Some(found.id.index()) || *settings != Some(newest) {
            return Err(moved(format!("the bucket {name}")));
        }
        if step == Step::Delete && !views::is_empty(views, found.id)? {
            return Err(SealedRefusal::NotEmpty { name: name.clone() }.into());
        }
        Ok(Some(found.id))
    }

    fn slots_stand(&self, views: &Reader<'_>, bucket: EntryId) -> crate::Result<()> {
        let statement = self.statement();
        for Touch { slot, last } in statement.touches.iter().chain(&statement.retires) {
            if views::slot(views, bucket, slot)? != *last {
                return Err(moved(format!("the slot {}", hex::encode(slot))));
            }
        }
        Ok(())
    }

    /// The entries that brought the pieces that are released, all of which the bucket must hold.
    fn freed(&self, views: &Reader<'_>, bucket: EntryId) -> crate::Result<Vec<u64>> {
        let mut entries = Vec::new();
        for &piece in &self.statement().releases {
            let found = views::piece(views, self.ledger, piece)?
                .filter(|row| row.live && row.bucket == bucket)
                .ok_or(SealedRefusal::NoSuchPiece { piece })?;
            entries.push(found.entry.index());
        }
        entries.sort_unstable();
        entries.dedup();
        Ok(entries)
    }
}

fn moved(what: String) -> Error {
    SealedRefusal::Moved { what }.into()
}

impl Act for RecordSealed {
    const KIND: &'static str = "sealed.act";
    type Links = SealedLinks;
    type Body = SealedBody;
    type Output = SealedRecorded;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(
        &mut self,
        views: &Reader<'_>,
        _now_ms: i64,
    ) -> std::result::Result<(), Denied<Error>> {
        // First, so that a gateway that lost an answer gets it again whatever happened since.
        self.unused(views)?;
        self.signed_in_time(views)?;
        if self.brings() && !Access::takes_in(views, self.ledger)? {
            return Err(Error::Leaving.into());
        }
        let bucket = self.bucket(views, Step::of(self.statement()))?;
        self.links.bucket = bucket.map(EntryId::index);
        if let Some(bucket) = bucket {
            self.slots_stand(views, bucket)?;
            self.body.frees = self.freed(views, bucket)?;
        }
        Ok(())
    }

    fn links(&self) -> &SealedLinks {
        &self.links
    }

    fn body(&self) -> Option<&SealedBody> {
        Some(&self.body)
    }

    fn apply(
        links: &SealedLinks,
        body: Option<&SealedBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<SealedRecorded> {
        let ledger = at.entry.ledger();
        let bucket = match links.bucket {
            Some(index) => linked(ledger, index)?,
            None => at.entry,
        };
        let step = body.map(|body| Step::of(body.statement.statement()));
        if step == Some(Step::Create) {
            create(rows, body, at)?;
        }
        note(rows, links, body, bucket, at.entry)?;
        if let Some(statement) = body.map(|body| body.statement.statement()) {
            for touched in &statement.touches {
                views::touch(rows, bucket, &touched.slot, at.entry.index())?;
            }
            for retired in &statement.retires {
                views::retire(rows, bucket, &retired.slot)?;
            }
            for piece in &statement.releases {
                views::release_piece(rows, ledger, *piece)?;
            }
        }
        match step {
            Some(Step::Settings) => views::set_settings(rows, bucket, at.entry.index())?,
            Some(Step::Delete) => {
                buckets::remove(rows, bucket)?;
                views::remove_bucket(rows, bucket)?;
            }
            _ => {}
        }
        Ok(SealedRecorded {
            entry: at.entry,
            time_ms: at.time_ms,
        })
    }

    fn take_content(&mut self) -> Vec<Content> {
        self.content.take().into_iter().collect()
    }

    fn weight_bytes(&self) -> usize {
        1024 + self.body.statement.bytes().len() * 2 + self.body.envelope.len() * 2
    }

    /// What brings no ciphertext and lets go of some is taken even when the disk is nearly full.
    fn frees(&self) -> bool {
        let statement = self.statement();
        let lets_go = !statement.releases.is_empty() || !statement.retires.is_empty();
        statement.piece.is_none() && (lets_go || Step::of(statement) == Step::Delete)
    }
}

fn create(rows: &Writer<'_>, body: Option<&SealedBody>, at: &At) -> Result<()> {
    let Some(body) = body else { return Ok(()) };
    let bucket = BucketInfo {
        name: body.statement.statement().bucket.name.clone(),
        id: at.entry,
        created_ms: at.time_ms,
        // Whether it keeps versions is in the envelopes.
        versioning: Versioning::Unversioned,
        mode: Mode::Sealed,
        region: None,
        lock: None,
    };
    buckets::insert(rows, &bucket)?;
    views::insert_bucket(rows, at.entry)
}

/// Notes the piece that came, or the act if none did; of an act whose body is erased nothing but the name is left.
fn note(
    rows: &Writer<'_>,
    links: &SealedLinks,
    body: Option<&SealedBody>,
    bucket: EntryId,
    entry: EntryId,
) -> Result<()> {
    let Some(piece) = links.piece else {
        let mut act = [0; 8];
        hex::decode_to_slice(&links.act, &mut act).map_err(|_| amana_store::Error::Damaged {
            what: format!("the links of entry {entry}"),
            why: "the act's number is not 16 hex digits".into(),
        })?;
        return views::insert_act(rows, entry, act);
    };
    let extent = body.and_then(|body| body.extent.as_ref());
    let row = PieceRow {
        entry,
        bucket,
        size_bytes: extent.map_or(0, |extent| extent.size_bytes),
        blob: extent.and_then(|extent| extent.blob),
        live: extent.is_some(),
    };
    views::insert_piece(rows, PieceId(*piece.as_bytes()), &row)
}

/// What no state can make right: seen before the queue.
pub(super) fn well_formed(statement: &Statement) -> crate::Result<()> {
    let step = Step::of(statement);
    let invalid = |why| Err(SealedRefusal::Invalid { why }.into());
    if step == Step::Create {
        BucketName::parse(&statement.bucket.name)?;
    }
    if (step == Step::Create) != statement.bucket.created.is_none() {
        return invalid("only an act that makes its bucket stands on no entry of it");
    }
    let moves = statement.touches.len() + statement.retires.len() + statement.releases.len();
    if step != Step::Within && (moves > 0 || statement.piece.is_some()) {
        return invalid("an act on a bucket itself moves no slots and no pieces");
    }
    Ok(())
}
