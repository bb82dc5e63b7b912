//! Whether the programs of applications are those that were signed, found out by looking at them.
//!
//! Where the newest deploy has a digest of an application's programs, the application is asked only while its folder was seen to be
//! exactly that: not before the first look, not while it differs, and not while it can't be looked at. Looks are taken one after
//! another, on a thread apart, and no request waits for one.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use amana_ledger::{Hash, digits};
use tokio::time::{Instant, sleep_until};

use super::Application;
use super::upstream::Upstream;
use crate::code::{CodeFolder, CodeList, Known};
use crate::serve::live::Live;
use crate::serve::{Altered, CodeState, Server};
use crate::{Error, Host};

/// After so long everything is read again, whatever the file system says of its age.
const WHOLE: Duration = Duration::from_secs(24 * 60 * 60);
/// Paths that an alert names.
const MAX_NAMED: usize = 8;
/// Digests of one deploy that were told of; whoever changes programs more often tells nothing new by it.
const MAX_TOLD: usize = 64;
/// While nothing is to be looked at.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// The programs of an application, and how often they are looked at.
#[derive(Clone, Debug)]
pub struct Code {
    /// Their folder.
    pub folder: CodeFolder,
    /// How often.
    pub every: Duration,
}

/// What the last look found.
#[derive(Default)]
pub(super) struct Found(RwLock<Option<Result<Hash, String>>>);

impl Found {
    fn put(&self, looked: &Result<CodeList, Error>) {
        let found = match looked {
            Ok(list) => Ok(list.digest()),
            Err(error) => Err(error.to_string()),
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(found);
    }

    fn forget(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn is(&self, signed: &Hash) -> bool {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner);
        matches!(&*found, Some(Ok(found)) if found == signed)
    }

    fn read(&self) -> Option<Result<Hash, String>> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner);
        found.clone()
    }
}

/// Looking at one application.
struct Watch {
    upstream: Arc<Upstream>,
    known: Known,
    next: Instant,
    /// When everything is read again.
    whole_at: Instant,
    /// The deploy that was judged by, and the digests that were told of since.
    told: (u64, HashSet<Hash>),
    is_altered: bool,
}

impl Server {
    /// Looks at the programs of all applications whose publishers signed them; never ends.
    pub async fn watch_code(&self) {
        let now = Instant::now();
        let watch = |upstream: &Arc<Upstream>| Watch {
            upstream: upstream.clone(),
            known: Known::default(),
            next: now,
            whole_at: now + WHOLE,
            told: (0, HashSet::new()),
            is_altered: false,
        };
        let mut all: Vec<Watch> = self.upstreams.all().map(watch).collect();
        loop {
            for watch in &mut all {
                self.look_at(watch).await;
            }
            let next = all.iter().map(|watch| watch.next).min();
            let next = next.unwrap_or_else(|| Instant::now() + IDLE);
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.published.notified() => {}
            }
        }
    }

    /// Looks, if it is time to, or if what is signed by now isn't what was found.
    async fn look_at(&self, watch: &mut Watch) {
        let upstream = watch.upstream.clone();
        let Some((number, signed)) = self.signed_code(&upstream.settings) else {
            // What was found is soon of old: the next deploy that signs something is judged by a look of its own.
            upstream.code.forget();
            watch.next = Instant::now() + IDLE;
            watch.is_altered = false;
            return;
        };
        let is_news = watch.told.0 != number;
        if is_news {
            watch.told = (number, HashSet::new());
        }
        let now = Instant::now();
        let is_judged = !is_news || upstream.code.is(&signed);
        if now < watch.next && is_judged {
            return;
        }
        let looked = self.looked(watch).await;
        upstream.code.put(&looked);
        let every = upstream.settings.code.as_ref().map(|code| code.every);
        watch.next = Instant::now() + every.unwrap_or(IDLE);
        match &looked {
            Ok(list) if list.digest() == signed => self.is_as_signed_again(watch, list).await,
            _ => self.tell_altered(watch, (number, signed), looked).await,
        }
    }

    /// What the newest deploy of its site says of an application's programs: its number, and the digest.
    fn signed_code(&self, application: &Application) -> Option<(u64, Hash)> {
        let newest = self.table.site(&application.host)?.newest;
        let signed = newest.manifest().code(&application.name)?;
        Some((newest.number(), *signed))
    }

    async fn looked(&self, watch: &mut Watch) -> Result<CodeList, Error> {
        let Some(code) = &watch.upstream.settings.code else {
            return Err(Error::Code {
                folder: PathBuf::new(),
                why: "code, the folder of its programs, isn't set in amana.toml".to_owned(),
            });
        };
        let now = Instant::now();
        if now >= watch.whole_at {
            watch.whole_at = now + WHOLE;
            watch.known = Known::default();
        }
        let (folder, now_s) = (code.folder.clone(), (self.now_s)());
        let mut known = std::mem::take(&mut watch.known);
        let looked = tokio::task::spawn_blocking(move || {
            let looked = folder.look(&mut known, now_s);
            (looked, known)
        });
        match looked.await {
            Ok((looked, known)) => {
                watch.known = known;
                looked
            }
            Err(error) => Err(Error::Code {
                folder: code.folder.root.clone(),
                why: error.to_string(),
            }),
        }
    }

    async fn is_as_signed_again(&self, watch: &mut Watch, list: &CodeList) {
        let Application { host, name, .. } = &watch.upstream.settings;
        if std::mem::take(&mut watch.is_altered) {
            tracing::info!(site = %host, name, "an application's programs are those that were signed again");
        }
        let Some(path) = self.list_of(host, name) else {
            return;
        };
        let text = list.text();
        let kept = tokio::task::spawn_blocking(move || keep(&path, &text)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(site = %host, name, %error, "the list of an application's programs isn't kept");
        }
    }

    async fn tell_altered(
        &self,
        watch: &mut Watch,
        (number, signed): (u64, Hash),
        looked: Result<CodeList, Error>,
    ) {
        let Application { host, name, .. } = &watch.upstream.settings;
        watch.is_altered = true;
        let found = looked.as_ref().map_or(signed, CodeList::digest);
        let told = &mut watch.told.1;
        if told.len() >= MAX_TOLD || !told.insert(found) {
            return;
        }
        let why = match looked {
            Err(error) => error.to_string(),
            Ok(list) => {
                let kept = self.list_of(host, name);
                let named = tokio::task::spawn_blocking(move || named(&list, kept, &signed)).await;
                named.unwrap_or_default()
            }
        };
        tracing::error!(site = %host, name, number, why, "an application's programs aren't those that were signed, and it isn't asked");
        let altered = Altered {
            host: host.clone(),
            number,
            application: name.clone(),
            digest: found,
            why,
        };
        self.source.altered(&altered).await;
    }

    /// Where the list is kept of an application's programs, as they were when they were right: by it one can say what was changed.
    fn list_of(&self, host: &Host, name: &str) -> Option<PathBuf> {
        let folder = self.settings.code_lists.as_ref()?;
        Some(folder.join(format!("{host}.{name}.list")))
    }

    /// Whether an application may be asked, as far as its programs go.
    pub(super) fn is_as_signed(&self, upstream: &Upstream) -> bool {
        match self.signed_code(&upstream.settings) {
            Some((_, signed)) => upstream.code.is(&signed),
            None => true,
        }
    }

    /// What is known of the programs of a site's applications, where they are signed; nothing for previews, which ask none.
    pub(in crate::serve) fn code_states(&self, live: &Live) -> Vec<CodeState> {
        if live.is_preview() {
            return Vec::new();
        }
        let of_site = self.upstreams.of(live.host());
        let states = of_site
            .iter()
            .filter_map(|upstream| self.code_state(upstream));
        states.collect()
    }

    /// The applications that aren't asked because their programs were seen not to be those that were signed, or can't be seen.
    #[must_use]
    pub fn altered_applications(&self) -> Vec<CodeState> {
        let states = self
            .upstreams
            .all()
            .filter_map(|upstream| self.code_state(upstream));
        states
            .filter(|state| state.looked && !state.asked)
            .collect()
    }

    fn code_state(&self, upstream: &Upstream) -> Option<CodeState> {
        let (_, signed) = self.signed_code(&upstream.settings)?;
        let found = upstream.code.read();
        let looked = found.is_some();
        let found = found.and_then(Result::ok);
        Some(CodeState {
            host: upstream.settings.host.clone(),
            application: upstream.settings.name.clone(),
            asked: found == Some(signed),
            signed,
            found,
            looked,
        })
    }
}

/// Keeps a list, in one piece: half of one has another digest, and is passed over.
fn keep(path: &Path, text: &str) -> io::Result<()> {
    if fs::read(path).is_ok_and(|kept| kept == text.as_bytes()) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let fresh = path.with_extension("new");
    fs::write(&fresh, text)?;
    fs::rename(&fresh, path)
}

/// What an alert says of programs that aren't those that were signed: the first paths, where the signed list is still known.
fn named(list: &CodeList, kept: Option<PathBuf>, signed: &Hash) -> String {
    let text = kept.and_then(|path| fs::read_to_string(path).ok());
    // Whoever changed the programs may have changed the list: its digest is what was signed, or it is no help.
    let text = text.filter(|text| CodeList::digest_of(text) == *signed);
    let before = text.and_then(|text| CodeList::parse(&text).ok());
    let digest = digits(&list.digest());
    let Some(before) = before else {
        return format!(
            "its programs have the digest {digest}; which of them differ isn't known, since they were never seen here as they were signed"
        );
    };
    let changes = list.changes_since(&before);
    let mut said: Vec<String> = changes
        .iter()
        .take(MAX_NAMED)
        .map(ToString::to_string)
        .collect();
    if let Some(more) = changes
        .len()
        .checked_sub(MAX_NAMED)
        .filter(|more| *more > 0)
    {
        said.push(format!("and {more} more"));
    }
    format!("its programs have the digest {digest}: {}", said.join(", "))
}
