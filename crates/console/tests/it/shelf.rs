//! Sites of a test: where their content lies, who publishes them, and what is published.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use amana_ledger::{Hash, Note, SigningKey, digits};
use amana_sites::{
    File, Host, Incoming, Manifest, Opened, Piece, Place, Publishers, Result, Says, Shelf, Sites,
    Statement, media_type, pieces,
};
use amana_store::Store;
use futures::future::BoxFuture;
use futures::{StreamExt as _, TryStreamExt as _};

/// The site of the furnished house.
pub(crate) const SITE: &str = "www.finances.example";

/// Content in memory.
#[derive(Default)]
pub(crate) struct InMemory(Mutex<BTreeMap<(Place, String), Vec<u8>>>);

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
            let kept = self.0.lock().unwrap();
            let size = |name: &String| {
                let bytes = kept.get(&(place.clone(), name.clone()))?;
                Some((name.clone(), bytes.len() as u64))
            };
            Ok(names.iter().filter_map(size).collect())
        })
    }

    fn names<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, Result<BTreeMap<String, i64>>> {
        Box::pin(async move {
            let kept = self.0.lock().unwrap();
            let own = kept.keys().filter(|(of, _)| of == place);
            Ok(own.map(|(_, name)| (name.clone(), 0)).collect())
        })
    }

    fn open<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<Opened>>> {
        Box::pin(async move {
            let kept = self.0.lock().unwrap();
            let found = kept.get(&(place.clone(), name.to_owned()));
            Ok(found.map(|bytes| Opened {
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
            assert!(
                content
                    .sha256
                    .is_none_or(|hash| pieces::digest(&bytes) == hash)
            );
            let mut kept = self.0.lock().unwrap();
            kept.insert((place.clone(), name.to_owned()), bytes);
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
            let mut kept = self.0.lock().unwrap();
            for name in names {
                kept.remove(&(place.clone(), name));
            }
            Ok(())
        })
    }
}

pub(crate) fn sites(store: &Arc<Store>) -> Sites {
    Sites::new(
        store.clone(),
        Arc::new(InMemory::default()),
        "centre.example",
    )
}

pub(crate) fn host(name: &str) -> Host {
    name.parse().unwrap()
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&format!("publisher-{seed}.example"), [seed; 32]).unwrap()
}

/// Publishers of whom so many must sign.
pub(crate) fn publishers(seeds: &[u8], quorum: &str) -> String {
    let mut text = String::new();
    let names: Vec<String> = seeds.iter().map(|seed| format!("p{seed}")).collect();
    for (name, seed) in names.iter().zip(seeds) {
        text.push_str(&format!("witness {name} {}\n", key(*seed).verifier()));
    }
    text + &format!("group them {quorum} {}\nquorum them\n", names.join(" "))
}

pub(crate) async fn add(sites: &Sites, institution: &str, name: &str, publishers: &str) {
    let publishers = Publishers::parse(publishers.as_bytes()).unwrap();
    let host = host(name);
    let added = sites.add(institution, &host, &publishers, "operator:test");
    added.await.unwrap();
}

/// A text with the signatures of those keys.
pub(crate) fn signed(text: &str, seeds: &[u8]) -> Note {
    Note {
        text: text.to_owned(),
        signatures: seeds.iter().map(|seed| key(*seed).sign(text)).collect(),
    }
}

/// Publishes those files, signed by the first key; gives their manifest.
pub(crate) async fn publish(sites: &Sites, name: &str, files: &[(&str, &str)]) -> Hash {
    let site = sites.site(&host(name)).unwrap();
    let mut listed = BTreeMap::new();
    for (address, content) in files {
        let bytes = content.as_bytes().to_vec();
        let sha256 = pieces::digest(&bytes);
        let file = File {
            sha256,
            size: bytes.len() as u64,
            media_type: media_type(address, &bytes),
        };
        listed.insert((*address).to_owned(), file);
        let content = Incoming {
            stream: futures::stream::iter([Ok(bytes.into())]).boxed(),
            sha256: Some(sha256),
            max_bytes: 1000,
        };
        let kept = sites.keep_file(&site.place, "publisher:p1", content);
        kept.await.unwrap();
    }
    let manifest = Manifest::new(host(name), listed, Vec::new(), Vec::new()).unwrap();
    let (hash, whole) = (manifest.digest(), vec![Piece::Here(manifest.to_bytes())]);
    let kept = sites.keep_manifest(&site.place, &hash, whole, "publisher:p1");
    kept.await.unwrap();
    let statement = Statement {
        ledger: sites.origin(&site.place),
        host: host(name),
        number: site.number + 1,
        says: Says::Deploy { manifest: hash },
    };
    let note = signed(&statement.to_string(), &[1]);
    sites.change(&host(name), &note, None).await.unwrap();
    hash
}

/// A site of two deploys, of the second of which a file was found damaged.
pub(crate) async fn furnish(sites: &Sites) {
    add(sites, "finances", SITE, &publishers(&[1, 2], "any")).await;
    let first = [("/index.html", "<p>un"), ("/old.html", "<p>vieux")];
    publish(sites, SITE, &first).await;
    let second = [
        ("/index.html", "<p>deux"),
        ("/style.css", "p { color: navy }"),
    ];
    let manifest = publish(sites, SITE, &second).await;
    let live = sites.live(&host(SITE)).unwrap().unwrap();
    let why = "/style.css: what is kept isn't what was signed; deploy 1 is served instead";
    sites.alert(&live, &manifest, why).await.unwrap().unwrap();
    assert_eq!(digits(&manifest), digits(&live.manifest));
    let found = pieces::digest(b"other programs");
    let why = "the application wordpress isn't asked: changed /index.php";
    let told = sites.alert_of_code(&live, "wordpress", &found, why).await;
    told.unwrap().unwrap();
}
