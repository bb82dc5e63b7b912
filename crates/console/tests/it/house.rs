//! A data centre of one test, and what it answers.

use std::sync::Arc;

use amana_access::{Access, Caller, Grant, RelyingParty};
use amana_console::machine::{
    Capacity, Finding, Level, Machine, MirrorState, Restoring, Sample, ScrubPass, ScrubState,
};
use amana_console::provider::{Provider, Settings};
use amana_console::{Console, Language, router};
use amana_ledger::{Checkpoint, CosigningKey};
use amana_sites::Sites;
use amana_store::national::evidence::HandedIn;
use amana_store::{Catalog, LedgerId, LedgerInfo, Options, Store};
use amana_vault::{
    BucketName, BucketOptions, Deletion, IngestOptions, ObjectAttrs, ObjectKey, UploadOptions,
    Vault, VersionRef, Versioning, WriteConditions,
};
use axum::Router;
use axum::body::{Body, Bytes};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::shelf;
use crate::state::{self, State};

/// A key that a page must show as text.
pub(crate) const HOSTILE: &str = "\"><script>alert(1)<b>.html";

/// A console on a store of its own.
pub(crate) struct House {
    pub(crate) store: Arc<Store>,
    pub(crate) access: Arc<Access>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) sites: Sites,
    /// The provider of the State.
    pub(crate) state: Arc<State>,
    router: Router,
    _folder: TempDir,
}

/// What routes answer.
pub(crate) async fn ask(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    send(router, "GET", path, headers, "").await
}

async fn send(
    router: &Router,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let service = TowerToHyperService::new(router.clone());
    let request = request.body(body.into()).unwrap();
    let (parts, body) = service.call(request).await.unwrap().into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.collect().await.unwrap().to_bytes(),
    }
}

/// What a request got.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        body.contains(text)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    /// A new data centre with one institution and its first epoch, and a policy that asks for no witness.
    pub(crate) async fn new() -> Self {
        Self::at("http://localhost:7400").await
    }

    /// The same, whose pages are reached there.
    pub(crate) async fn at(origin: &str) -> Self {
        Self::with(origin, true).await
    }

    /// One whose officials have no provider of the State.
    pub(crate) async fn without_provider() -> Self {
        Self::with("http://localhost:7400", false).await
    }

    async fn with(origin: &str, has_provider: bool) -> Self {
        let folder = TempDir::new().unwrap();
        let catalog = Catalog::new([Access::service(), Vault::service(), Sites::service()]);
        let store = Store::open(folder.path(), catalog, Options::new("centre.example")).unwrap();
        let store = Arc::new(store);
        let access = Arc::new(Access::new(store.clone()));
        let finances = "finances".parse().unwrap();
        access
            .add_institution(&finances, "operator:test")
            .await
            .unwrap();
        store.close_epoch(true).await.unwrap();
        let vault = Arc::new(Vault::new(store.clone()));
        let sites = shelf::sites(&store);
        let state = Arc::new(State::new());
        let settings = Settings {
            issuer: state::ISSUER.to_owned(),
            client_id: state::CLIENT.to_owned(),
            client_secret: Some(Zeroizing::new(state::SECRET.to_owned())),
            name_fr: "l’identité des îles".to_owned(),
            name_en: "the islands' identity".to_owned(),
        };
        let provider = Provider::new(settings, state.clone());
        let console = Console {
            store: store.clone(),
            access: access.clone(),
            vault: vault.clone(),
            sites: sites.clone(),
            centre: "centre.example".to_owned(),
            origin: RelyingParty::of_origin(origin).unwrap(),
            s3: "http://localhost:7401".to_owned(),
            machine: Arc::new(Plain),
            provider: has_provider.then(|| Arc::new(provider)),
            public_indicators: true,
        };
        Self {
            store,
            access,
            vault,
            sites,
            state,
            router: router(Arc::new(console)),
            _folder: folder,
        }
    }

    /// The same, where the institution has something to show: a bucket that keeps versions, in it folders, a file of two
    /// versions, a deleted one, one whose name is meant to harm, and a deposit under way; a key; and a site.
    pub(crate) async fn furnished() -> Self {
        let house = Self::new().await;
        let finances = "finances".parse().unwrap();
        let caller = house.access.on_behalf(&finances, "operator:test").unwrap();
        let vault = &house.vault;
        let name = BucketName::parse("archive").unwrap();
        vault
            .create_bucket(&caller, name, BucketOptions::default())
            .await
            .unwrap();
        vault
            .set_versioning(&caller, "archive", Versioning::Enabled)
            .await
            .unwrap();
        for (key, content) in [
            ("notes/juillet.txt", "one"),
            ("notes/juillet.txt", "two"),
            ("gone.txt", "three"),
            (HOSTILE, "four"),
        ] {
            house.put(&caller, key, content).await;
        }
        let gone = Deletion {
            key: ObjectKey::parse("gone.txt").unwrap(),
            version: VersionRef::Latest,
            if_match: None,
            bypass_governance: false,
        };
        vault.delete_object(&caller, "archive", gone).await.unwrap();
        let large = ObjectKey::parse("large.bin").unwrap();
        vault
            .create_upload(&caller, "archive", &large, UploadOptions::default())
            .await
            .unwrap();
        house
            .access
            .create_access_key(&finances, None, Grant::everything(), None, "operator:test")
            .await
            .unwrap();
        shelf::furnish(&house.sites).await;
        house
    }

    /// Puts a file into the furnished house's bucket.
    pub(crate) async fn deposit(&self, key: &str, content: &'static str) {
        let finances = "finances".parse().unwrap();
        let caller = self.access.on_behalf(&finances, "operator:test").unwrap();
        self.put(&caller, key, content).await;
    }

    /// The same, which may be refused.
    pub(crate) async fn try_deposit(
        &self,
        key: &str,
        content: &'static str,
    ) -> amana_vault::Result<()> {
        let finances = "finances".parse().unwrap();
        let caller = self.access.on_behalf(&finances, "operator:test").unwrap();
        self.try_put(&caller, key, content).await
    }

    async fn put(&self, caller: &Caller, key: &str, content: &'static str) {
        self.try_put(caller, key, content).await.unwrap();
    }

    async fn try_put(
        &self,
        caller: &Caller,
        key: &str,
        content: &'static str,
    ) -> amana_vault::Result<()> {
        let options = IngestOptions {
            algorithms: Vec::new(),
            max_bytes: 100,
        };
        let mut ingest = self.vault.ingest("archive", options).unwrap();
        ingest.write(content.into()).await.unwrap();
        let content = ingest.finish().await.unwrap();
        let key = ObjectKey::parse(key).unwrap();
        let attrs = ObjectAttrs {
            content_type: Some("text/html".to_owned()),
            ..ObjectAttrs::default()
        };
        let put = self.vault.put_object(
            caller,
            "archive",
            &key,
            content,
            attrs,
            WriteConditions::default(),
        );
        put.await.map(|_| ())
    }

    /// The same with three witnesses, of whom as many as `times_s` has cosigned the newest epoch, each at its time.
    pub(crate) async fn witnessed(times_s: &[u64]) -> Self {
        let house = Self::new().await;
        let keys: Vec<_> = (1..=3_u8)
            .map(|seed| {
                let name = format!("witness-{seed}.example");
                CosigningKey::from_seed(&name, [seed; 32]).unwrap()
            })
            .collect();
        let listed: Vec<_> = keys
            .iter()
            .map(|key| (key.verifier().name().to_owned(), key.verifier()))
            .collect();
        let policy = house.store.policy();
        house.store.set_witnesses(&policy, &listed, None).unwrap();
        let national = house
            .store
            .read(|rows| LedgerInfo::by_id(rows, LedgerId::NATIONAL));
        let national = national.unwrap().unwrap();
        let checkpoint = Checkpoint {
            origin: "centre.example/national".to_owned(),
            size: national.size,
            root: national.root,
        };
        let handed_in = keys.iter().zip(times_s).map(|(key, time_s)| HandedIn {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            signature: key.cosign(&checkpoint, *time_s),
        });
        let handed_in: Vec<_> = handed_in.collect();
        let expected = handed_in.len();
        let kept = house.store.add_cosignatures(handed_in).await.unwrap();
        assert_eq!(kept, expected);
        house
    }

    /// A thread that the official of that cookie opens; its number.
    pub(crate) async fn thread(&self, cookie: &str) -> u64 {
        let cookie = cookie.strip_prefix("amana-session=").unwrap();
        let session = self.access.session(cookie).unwrap().unwrap();
        let name = "finances".parse().unwrap();
        let sent = self
            .access
            .send_message(&session, &name, None, "Quota", "Il est atteint.");
        sent.await.unwrap().0
    }

    /// Now, in seconds since 1970.
    pub(crate) fn now_s(&self) -> u64 {
        self.store.now_ms().cast_unsigned() / 1000
    }

    /// Entries of all ledgers but the national log.
    pub(crate) fn acts(&self) -> u64 {
        let ledgers = self.store.read(LedgerInfo::all).unwrap();
        let own = ledgers.iter().filter(|one| one.id != LedgerId::NATIONAL);
        own.map(|one| one.size).sum()
    }

    pub(crate) async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, "").await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        send(&self.router, method, path, headers, body).await
    }

    /// The same to who brings that cookie.
    pub(crate) async fn page_as(&self, path: &str, tag: &str, cookie: &str) -> String {
        let headers = [("accept-language", tag), ("cookie", cookie)];
        let answer = self.ask(path, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        answer.text()
    }

    /// The page at `path`, which there is, in a language.
    pub(crate) async fn page(&self, path: &str, tag: &str) -> String {
        let answer = self.ask(path, &[("accept-language", tag)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        answer.text()
    }
}

/// A machine of a test: a disk half full that grew for a week, one mirror that lags, one thing to see to.
struct Plain;

impl Machine for Plain {
    fn capacity(&self) -> Capacity {
        let samples = (0..8).map(|day| Sample {
            at_s: 1_800_000_000 + day * 86_400,
            used_bytes: (40 + day) << 30,
        });
        Capacity {
            size_bytes: 100 << 30,
            free_bytes: 53 << 30,
            samples: samples.collect(),
        }
    }

    fn findings(&self, language: Language) -> Vec<Finding> {
        let french = language == Language::French;
        let said = |fr: &str, en: &str| if french { fr } else { en }.to_owned();
        let finding = |level, code: &str, what| Finding {
            level,
            code: code.to_owned(),
            what,
            why: said("Cela compte.", "It matters."),
            advice: said("Faites-le.", "Do it."),
        };
        let swap = said("La mémoire peut aller sur disque", "Memory may go to disk");
        let files = said("Assez de fichiers", "Files enough");
        vec![
            finding(Level::Notice, "swap", swap),
            finding(Level::Good, "files-enough", files),
        ]
    }

    fn mirrors(&self) -> Vec<MirrorState> {
        vec![MirrorState {
            name: "anjouan".to_owned(),
            lag_entries: Some(12),
            as_of_s: Some(1_800_000_000),
            lacking: 0,
            error: None,
        }]
    }

    fn served(&self, host: &str) -> Option<u64> {
        (host == shelf::SITE).then_some(1)
    }

    fn stopped(&self, host: &str) -> Vec<String> {
        match host == shelf::SITE {
            true => vec!["wordpress".to_owned()],
            false => Vec::new(),
        }
    }

    fn scrub(&self) -> ScrubState {
        ScrubState {
            entries_done: 5,
            entries: 20,
            last: Some(ScrubPass {
                ended_s: 1_800_000_000,
                contents: 3,
                bytes: 4096,
                healed: 1,
                damaged: 0,
            }),
        }
    }

    fn restoring(&self) -> Option<Restoring> {
        Some(Restoring {
            from: "anjouan".to_owned(),
            blobs: 2,
            at_most_bytes: 1 << 20,
        })
    }
}
