//! A data centre with sites, whose shelf is in memory; and who publishes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use amana_ledger::{Hash, Note, SigningKey, digits};
use amana_sites::{
    Changed, Error, File, Host, Incoming, Manifest, Opened, Piece, Place, Publishers, Result, Says,
    Shelf, Sites, Statement, pieces,
};
use amana_store::check::{self, Depth, Outside};
use amana_store::{Catalog, Options, Store};
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};
use tempfile::TempDir;

pub(crate) const CENTRE: &str = "centre.test";
pub(crate) const BY: &str = "publisher:test";
/// 2026-11-23.
const BEGIN_MS: i64 = 1_795_392_000_000;

pub(crate) struct House {
    pub(crate) sites: Sites,
    pub(crate) shelf: Arc<InMemory>,
    pub(crate) now_ms: Arc<AtomicI64>,
    folder: TempDir,
}

pub(crate) fn host(name: &str) -> Host {
    name.parse().unwrap()
}

/// The site of all stories but a few.
pub(crate) fn www() -> Host {
    host("www.finances.gov")
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("publisher-{seed}.example"), [seed; 32]).unwrap()
}

/// Publishers of whom `quorum` must sign: `any`, or `all`.
pub(crate) fn publishers(seeds: &[u8], quorum: &str) -> Publishers {
    let mut text = String::new();
    let names: Vec<String> = seeds.iter().map(|seed| format!("p{seed}")).collect();
    for (name, seed) in names.iter().zip(seeds) {
        text.push_str(&format!("witness {name} {}\n", key(*seed).verifier()));
    }
    text.push_str(&format!(
        "group them {quorum} {}\nquorum them\n",
        names.join(" ")
    ));
    Publishers::parse(text.as_bytes()).unwrap()
}

fn catalog() -> Catalog {
    Catalog::new([Sites::service()])
}

fn options(folder: &Path, now_ms: &Arc<AtomicI64>) -> Options {
    let now_ms = now_ms.clone();
    Options {
        database: amana_test_engine::database(folder),
        clock: Arc::new(move || now_ms.load(Ordering::Relaxed)),
        ..Options::new(CENTRE)
    }
}

impl House {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicI64::new(BEGIN_MS));
        let store = Store::open(folder.path(), catalog(), options(folder.path(), &now_ms));
        let shelf = Arc::new(InMemory {
            now_ms: now_ms.clone(),
            kept: Mutex::default(),
        });
        Self {
            sites: Sites::new(Arc::new(store.unwrap()), shelf.clone(), CENTRE),
            shelf,
            now_ms,
            folder,
        }
    }

    /// With the site, whose only publisher has the seed 1.
    pub(crate) async fn with_site() -> Self {
        let house = Self::new();
        house.add(&www(), &publishers(&[1], "any")).await.unwrap();
        house
    }

    pub(crate) async fn add(&self, host: &Host, publishers: &Publishers) -> Result<String> {
        self.sites
            .add("finances", host, publishers, "operator:test")
            .await
    }

    pub(crate) fn place(&self) -> Place {
        self.sites.site(&www()).unwrap().place
    }

    /// Uploads a manifest with its files.
    pub(crate) async fn upload(&self, manifest: &Manifest, files: &[&[u8]]) {
        let place = self.place();
        for file in files {
            let content = incoming(file, Some(pieces::digest(file)));
            self.sites.keep_file(&place, BY, content).await.unwrap();
        }
        let whole = vec![Piece::Here(manifest.to_bytes())];
        let kept = self
            .sites
            .keep_manifest(&place, &manifest.digest(), whole, BY)
            .await;
        kept.unwrap();
    }

    /// Uploads a page and has it published under that number, signed by the seed 1.
    pub(crate) async fn deploy(&self, number: u64, page: &str) -> Result<Changed> {
        let manifest = manifest(&[("/index.html", page)]);
        self.upload(&manifest, &[page.as_bytes()]).await;
        self.change(&deploys(number, &manifest), &[1]).await
    }

    pub(crate) async fn change(&self, statement: &Statement, seeds: &[u8]) -> Result<Changed> {
        let note = signed(statement, seeds);
        self.sites.change(&www(), &note, None).await
    }

    /// Everything agrees: entries, tiles, and the tables with a replay.
    pub(crate) fn check_everything(self) {
        let Self {
            sites,
            folder,
            now_ms,
            ..
        } = self;
        drop(sites);
        let depth = Depth {
            replay: true,
            content: true,
        };
        let report = check::check(
            folder.path(),
            &catalog(),
            options(folder.path(), &now_ms),
            &depth,
            &Outside::default(),
            &|_, _| Ok(()),
        );
        let report = report.unwrap();
        assert_eq!(report.faults, []);
        assert!(report.view_rows > 0);
    }
}

/// A manifest of pages.
pub(crate) fn manifest(pages: &[(&str, &str)]) -> Manifest {
    manifest_of(&www(), pages)
}

pub(crate) fn manifest_of(host: &Host, pages: &[(&str, &str)]) -> Manifest {
    let file = |content: &str| File {
        sha256: pieces::digest(content.as_bytes()),
        size: content.len() as u64,
        media_type: "text/html; charset=utf-8".to_owned(),
    };
    let files = pages
        .iter()
        .map(|(address, content)| ((*address).to_owned(), file(content)));
    Manifest::new(host.clone(), files.collect(), Vec::new(), Vec::new()).unwrap()
}

/// What is signed for a deploy.
pub(crate) fn deploys(number: u64, manifest: &Manifest) -> Statement {
    Statement {
        ledger: format!("{CENTRE}/ledgers/finances/sites"),
        host: manifest.host().clone(),
        number,
        says: Says::Deploy {
            manifest: manifest.digest(),
        },
    }
}

pub(crate) fn signed(statement: &Statement, seeds: &[u8]) -> Note {
    let text = statement.to_string();
    Note {
        signatures: seeds.iter().map(|seed| key(*seed).sign(&text)).collect(),
        text,
    }
}

pub(crate) fn incoming(bytes: &[u8], sha256: Option<Hash>) -> Incoming {
    let bytes = bytes::Bytes::copy_from_slice(bytes);
    Incoming {
        stream: futures::stream::iter([Ok(bytes)]).boxed(),
        sha256,
        max_bytes: 1 << 20,
    }
}

type Kept = BTreeMap<(Host, String), (Vec<u8>, i64)>;

/// A shelf in memory, which a test may look at and spoil.
pub(crate) struct InMemory {
    now_ms: Arc<AtomicI64>,
    pub(crate) kept: Mutex<Kept>,
}

impl InMemory {
    pub(crate) fn remove(&self, hash: &Hash) {
        let mut kept = self.kept.lock().unwrap();
        assert!(kept.remove(&(www(), digits(hash))).is_some());
    }

    pub(crate) fn spoil(&self, hash: &Hash) {
        let mut kept = self.kept.lock().unwrap();
        let (bytes, _) = kept.get_mut(&(www(), digits(hash))).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
    }

    pub(crate) fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

impl Shelf for InMemory {
    fn make<'a>(&'a self, _: &'a Place, _: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn sizes<'a>(
        &'a self,
        place: &'a Place,
        names: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, u64>>> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap();
            let size = |name: &String| {
                let (bytes, _) = kept.get(&(place.host.clone(), name.clone()))?;
                Some((name.clone(), bytes.len() as u64))
            };
            Ok(names.iter().filter_map(size).collect())
        })
    }

    fn names<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, Result<BTreeMap<String, i64>>> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap();
            let own = kept.iter().filter(|((host, _), _)| *host == place.host);
            Ok(own
                .map(|((_, name), (_, kept_ms))| (name.clone(), *kept_ms))
                .collect())
        })
    }

    fn open<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(async move {
            let kept = self.kept.lock().unwrap();
            let found = kept.get(&(place.host.clone(), name.to_owned()));
            Ok(found.map(|(bytes, _)| Opened {
                size_bytes: bytes.len() as u64,
                stream: futures::stream::iter([Ok(bytes.clone().into())]).boxed(),
            }))
        })
    }

    fn keep<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
        _: &'a str,
        content: Incoming,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let chunks: Vec<bytes::Bytes> = content.stream.try_collect().await.unwrap();
            let bytes = chunks.concat();
            if let Some(wanted) = content.sha256
                && pieces::digest(&bytes) != wanted
            {
                return Err(Error::OtherContent {
                    sha256: digits(&wanted),
                });
            }
            let now_ms = self.now_ms.load(Ordering::Relaxed);
            let mut kept = self.kept.lock().unwrap();
            kept.insert((place.host.clone(), name.to_owned()), (bytes, now_ms));
            Ok(())
        })
    }

    fn remove<'a>(
        &'a self,
        place: &'a Place,
        names: Vec<String>,
        _: &'a str,
    ) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let mut kept = self.kept.lock().unwrap();
            for name in names {
                kept.remove(&(place.host.clone(), name));
            }
            Ok(())
        })
    }
}
