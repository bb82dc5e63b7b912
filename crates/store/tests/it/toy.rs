//! A small service: shelves, each a ledger, on which named things are put and removed.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use amana_store::check::{Depth, Found, Holding, Outside, Report, check};
use amana_store::clock;
use amana_store::content::{self, MAX_INLINE_BYTES};
use amana_store::faults::Faults;
use amana_store::{
    Act, At, Catalog, Content, Denied, Entry, EntryId, Error, Kind, LedgerId, Options, Reader,
    Result, Service, Source, Store, Target, View, Visibility, Wanted, Writer,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Opens a shelf, or puts a thing on it; a name that is taken is refused.
pub(crate) struct Put {
    pub(crate) target: Target,
    pub(crate) body: PutBody,
    pub(crate) content: Vec<Content>,
    pub(crate) links: PutLinks,
}

#[derive(Serialize, Deserialize, Default)]
pub(crate) struct PutLinks {
    pub(crate) fails: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct PutBody {
    pub(crate) name: String,
    pub(crate) source: Option<Source>,
    /// Size, SHA-256 and, for a blob, the root of its chunks.
    pub(crate) digest: Option<(u64, [u8; 32], Option<String>)>,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the name is taken")]
pub(crate) struct Taken;

impl Put {
    pub(crate) fn on(ledger: LedgerId, name: &str) -> Self {
        let body = PutBody {
            name: name.to_owned(),
            source: None,
            digest: None,
        };
        Self {
            target: Target::Ledger(ledger),
            body,
            content: Vec::new(),
            links: PutLinks::default(),
        }
    }

    pub(crate) fn inline(ledger: LedgerId, name: &str, bytes: &[u8]) -> Self {
        assert!(bytes.len() <= MAX_INLINE_BYTES);
        let mut put = Self::on(ledger, name);
        put.body.digest = Some((bytes.len() as u64, Sha256::digest(bytes).into(), None));
        put.content = vec![Content::Inline(Bytes::copy_from_slice(bytes))];
        put
    }

    pub(crate) fn blob(store: &Store, ledger: LedgerId, name: &str, bytes: &[u8]) -> Result<Self> {
        let mut blob = store.blobs().create()?;
        blob.write(bytes)?;
        let blob = blob.finish()?;
        let body = PutBody {
            name: name.to_owned(),
            source: Some(Source::Blob(blob.id)),
            digest: Some((
                blob.size_bytes,
                blob.sha256,
                Some(blob.chunks_root.to_string()),
            )),
        };
        Ok(Self {
            body,
            content: vec![Content::Blob(blob)],
            ..Self::on(ledger, name)
        })
    }

    pub(crate) fn shelf(name: &str) -> Self {
        let target = Target::Open {
            name: format!("{name}/vault"),
            visibility: Visibility::Private,
        };
        Self {
            target,
            ..Self::on(LedgerId::NATIONAL, "shelf")
        }
    }
}

impl Act for Put {
    const KIND: &'static str = "toy.put";
    type Links = PutLinks;
    type Body = PutBody;
    type Output = EntryId;
    type Refusal = Taken;

    fn actor(&self) -> &'static str {
        "toy \"quoted\""
    }

    fn target(&self) -> Target {
        self.target.clone()
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Result<(), Denied<Taken>> {
        let Target::Ledger(ledger) = self.target else {
            return Ok(());
        };
        let taken = views.one(
            "SELECT 1 FROM things WHERE ledger = $1 AND name = $2",
            &[ledger.0.into(), self.body.name.as_str().into()],
            |_| Ok(()),
        )?;
        if taken.is_some() {
            Err(Denied::Refused(Taken))
        } else {
            Ok(())
        }
    }

    fn links(&self) -> &PutLinks {
        &self.links
    }

    fn body(&self) -> Option<&PutBody> {
        Some(&self.body)
    }

    fn take_content(&mut self) -> Vec<Content> {
        std::mem::take(&mut self.content)
    }

    fn apply(
        links: &PutLinks,
        body: Option<&PutBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<EntryId> {
        if links.fails {
            rows.execute("INSERT INTO things (ledger) VALUES ($1)", &[1_u32.into()])?;
        }
        if let Some(body) = body {
            let blob = match body.source {
                Some(Source::Blob(id)) => Some(id.as_bytes().to_vec()),
                _ => None,
            };
            rows.execute(
                "INSERT INTO things (ledger, name, entry, blob) VALUES ($1, $2, $3, $4)",
                &[
                    at.entry.ledger().0.into(),
                    body.name.as_str().into(),
                    at.entry.into(),
                    blob.as_deref().into(),
                ],
            )?;
        }
        Ok(at.entry)
    }
}

/// Removes a thing, and frees its content.
pub(crate) struct Remove {
    pub(crate) ledger: LedgerId,
    pub(crate) links: RemoveLinks,
    pub(crate) name: String,
}

#[derive(Serialize, Deserialize, Default)]
pub(crate) struct RemoveLinks {
    removes: i64,
}

#[derive(Debug)]
pub(crate) struct Absent;

impl Act for Remove {
    const KIND: &'static str = "toy.remove";
    type Links = RemoveLinks;
    type Body = String;
    type Output = ();
    type Refusal = Absent;

    fn actor(&self) -> &'static str {
        "toy"
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Result<(), Denied<Absent>> {
        let entry = views.one(
            "SELECT entry FROM things WHERE ledger = $1 AND name = $2",
            &[self.ledger.0.into(), self.name.as_str().into()],
            |row| row.int(0),
        )?;
        self.links.removes = entry.ok_or(Denied::Refused(Absent))?;
        Ok(())
    }

    fn links(&self) -> &RemoveLinks {
        &self.links
    }

    fn body(&self) -> Option<&String> {
        Some(&self.name)
    }

    fn frees(&self) -> bool {
        true
    }

    fn apply(links: &RemoveLinks, _: Option<&String>, rows: &Writer<'_>, at: &At) -> Result<()> {
        let found = rows.one(
            "SELECT blob FROM things WHERE entry = $1",
            &[links.removes.into()],
            |row| {
                Ok(row
                    .opt_blob(0)?
                    .and_then(|blob| <[u8; 16]>::try_from(blob).ok()))
            },
        )?;
        rows.execute(
            "DELETE FROM things WHERE entry = $1",
            &[links.removes.into()],
        )?;
        let source = match found {
            None => return Ok(()),
            Some(Some(blob)) => Source::Blob(amana_store::BlobId::from_bytes(blob)),
            Some(None) => Source::Entry(EntryId::from_i64(links.removes).index()),
        };
        content::release(rows, at.entry.ledger(), source);
        Ok(())
    }
}

pub(crate) fn catalog() -> Catalog {
    const VIEWS: &[View] = &[View {
        table: "things",
        columns: "ledger BIGINT NOT NULL, name TEXT NOT NULL, entry BIGINT NOT NULL, blob BLOB, PRIMARY KEY (ledger, name)",
        key: "ledger, name",
        clustered: true,
        indexes: &["things_by_entry ON things (entry)"],
    }];
    fn gone(rows: &Reader<'_>, entry: &Entry) -> Result<bool> {
        let there = rows.one(
            "SELECT 1 FROM things WHERE entry = $1",
            &[entry.id.into()],
            |_| Ok(()),
        )?;
        Ok(there.is_none() && entry.core()?.kind == Put::KIND)
    }
    let kinds = vec![Kind::of::<Put>(), Kind::of::<Remove>()];
    Catalog::new([Service {
        name: "toy",
        views: VIEWS,
        kinds,
    }])
    .with_erasable(gone)
    .with_held(held)
}

/// A thing that stands holds what it brought.
fn held(rows: &Reader<'_>, entry: EntryId, _: Source) -> Result<bool> {
    let sql = "SELECT 1 FROM things WHERE entry = $1";
    Ok(rows.one(sql, &[entry.into()], |_| Ok(()))?.is_some())
}

pub(crate) fn open(folder: &Path) -> Result<Store> {
    open_with(folder, Faults::default())
}

/// A store whose clock ticks a millisecond at each look.
pub(crate) fn open_with(folder: &Path, faults: Faults) -> Result<Store> {
    Store::open(
        folder,
        catalog(),
        Options {
            clock: clock(),
            faults,
            database: amana_test_engine::database(folder),
            ..Options::new("centre.test")
        },
    )
}

/// Ticks a millisecond at each look.
pub(crate) fn clock() -> clock::Clock {
    let now = AtomicI64::new(1_790_000_000_000);
    Arc::new(move || now.fetch_add(1, Ordering::Relaxed))
}

/// Every piece of content that a thing holds.
pub(crate) fn each_content(
    rows: &Reader<'_>,
    visit: &mut dyn FnMut(Found) -> Result<()>,
) -> Result<()> {
    rows.each("SELECT entry FROM things ORDER BY entry", &[], |row| {
        let id = EntryId::from_i64(row.int(0)?);
        let missing = || Error::Missing {
            what: format!("the entry of thing {id}"),
        };
        let entry = amana_store::entries::entry(rows, id)?.ok_or_else(missing)?;
        let (_, body) = entry.body.ok_or_else(missing)?;
        let body: PutBody = serde_json::from_slice(&body).expect("a body is JSON");
        if let Some((size_bytes, sha256, root)) = body.digest {
            visit(Found::Content(Holding {
                object: body.name,
                wanted: Wanted {
                    entry: id,
                    source: body.source.unwrap_or(Source::Entry(id.index())),
                    size_bytes,
                    sha256,
                    chunks_root: root.map(|root| root.parse().expect("a root")),
                },
            }))?;
        }
        Ok(ControlFlow::Continue(()))
    })
}

/// Everything that the fsck looks at.
pub(crate) fn check_everything(folder: &Path) -> Report {
    check_against(folder, &Outside::default())
}

pub(crate) fn check_against(folder: &Path, outside: &Outside) -> Report {
    let depth = Depth {
        replay: true,
        content: true,
    };
    check(
        folder,
        &catalog(),
        Options {
            database: amana_test_engine::database(folder),
            ..Options::new("centre.test")
        },
        &depth,
        outside,
        &each_content,
    )
    .unwrap()
}

/// Copies a data folder, and its rows where another engine keeps them.
pub(crate) fn copy(from: &Path, to: &Path) {
    copy_files(from, to);
    amana_test_engine::copy_rows(from, to);
}

/// Copies a folder.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        match file.path().is_dir() {
            true => copy_files(&file.path(), &target),
            false => std::fs::copy(file.path(), target).map(drop).unwrap(),
        }
    }
}
