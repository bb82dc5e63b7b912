//! What an act is, to the store: links that are never erased, a body that can be, and how both change the views.

use std::collections::HashMap;

use serde::{Serialize, de::DeserializeOwned};

use crate::national::{self, CloseEpoch};
use crate::{Content, Entry, EntryId, Error, LedgerId, Reader, Result, Source, Writer};

/// Who may read a ledger's entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Visibility {
    /// Its institution alone; witnesses see checkpoints and consistency proofs.
    Private,
    /// Anybody.
    Public,
}

/// The ledger that an act goes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A ledger that exists.
    Ledger(LedgerId),
    /// A new ledger, opened by this act as its entry 0.
    Open {
        /// `owner/name`.
        name: String,
        /// Who may read it.
        visibility: Visibility,
    },
}

/// Why a check did not let an act pass.
#[derive(Debug)]
pub enum Denied<R> {
    /// The rules say no.
    Refused(R),
    /// The views could not be read.
    Store(Error),
}

impl<R> From<Error> for Denied<R> {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

/// A part of the views, by a hash of its name: two names with one hash are one scope, which is slower and no less right.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Scope(u64);

impl Scope {
    /// What has this name.
    #[must_use]
    pub fn of(name: impl std::hash::Hash) -> Self {
        use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};
        Self(BuildHasherDefault::<DefaultHasher>::default().hash_one(name))
    }
}

/// Where and when an act stands in its ledger, known when it is applied.
#[derive(Clone, Copy, Debug)]
pub struct At {
    /// The entry.
    pub entry: EntryId,
    /// When it was recorded, milliseconds since 1970-01-01 UTC.
    pub time_ms: i64,
    /// The first 8 bytes of the act's hash: makes a version id name one act only.
    pub tag: [u8; 8],
}

/// One change of state.
///
/// The core of an act's entry is `{"kind":…,"at":…,"by":…,"links":{…}}`: it is never erased, so links hold ids and
/// numbers, and nothing that names a person or a file. Everything else goes in the body, which has a salted hash of its
/// own and can be erased by its institution.
pub trait Act: Send + 'static {
    /// `service.verb`, stable for ever.
    const KIND: &'static str;
    /// Ids and numbers that replay needs even when the body is erased.
    type Links: Serialize + DeserializeOwned;
    /// What the act says.
    type Body: Serialize + DeserializeOwned;
    /// What the caller gets when it is committed.
    type Output: Send + 'static;
    /// Why the rules may refuse it.
    type Refusal: Send + 'static;

    /// Who asked: `operator`, `key:<access key id>`, `official:<id>`.
    fn actor(&self) -> &str;

    /// The ledger it goes to.
    fn target(&self) -> Target;

    /// Checks the act against the views, reading only, and completes its links. It runs again when the group does.
    ///
    /// # Errors
    /// [`Denied::Refused`] when the rules say no.
    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Result<(), Denied<Self::Refusal>>;

    /// The links, after [`Act::check`].
    fn links(&self) -> &Self::Links;

    /// The body, after [`Act::check`]; `None` for an act without one.
    fn body(&self) -> Option<&Self::Body>;

    /// Changes the views. Runs once in daily work, and again whenever the ledger is replayed, from what was recorded
    /// alone: so it must not depend on anything but its arguments and the views, must not check again, and must bear a
    /// body that was erased.
    ///
    /// # Errors
    /// Only when the views can't be read or written.
    fn apply(
        links: &Self::Links,
        body: Option<&Self::Body>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Result<Self::Output>;

    /// For a public entry: the text that stands in the ledger verbatim, in place of a core. The body is then kept beside
    /// it and is not hashed into the leaf.
    fn text(&self) -> Option<&str> {
        None
    }

    /// Content that is made durable with the act, in the same transaction; taken once.
    fn take_content(&mut self) -> Vec<Content> {
        Vec::new()
    }

    /// About how many bytes it holds while it waits, beside content: the queue is bounded in bytes too.
    fn weight_bytes(&self) -> usize {
        1024
    }

    /// Secrets to keep with it, sealed under the data centre's own key: name and value.
    fn secrets(&self) -> Vec<(String, zeroize::Zeroizing<Vec<u8>>)> {
        Vec::new()
    }

    /// The entry of the same ledger whose body and salt go with this act.
    fn erases(&self) -> Option<EntryId> {
        None
    }

    /// Whether its check looks at what such acts of other ledgers may change at the same time, as for a name that no two
    /// institutions may have: they are taken one after the other. Opening a ledger always is.
    fn looks_beyond(&self) -> bool {
        false
    }

    /// What its check looks at and may change, beside what only acts without a scope change: the check of an act of another
    /// scope finds the same before it as after it. Without one, an act may change what any check looks at. Where rows are
    /// far away, what such acts of a group ask is asked together.
    fn scope(&self) -> Option<Scope> {
        None
    }

    /// Whether it frees space, and is therefore taken even when the disk is nearly full.
    fn frees(&self) -> bool {
        false
    }
}

type Replay = fn(&Entry, &Writer<'_>) -> Result<()>;

/// One kind of act, as replay knows it.
#[derive(Clone, Copy)]
pub struct Kind {
    pub(crate) name: &'static str,
    pub(crate) replay: Replay,
}

impl Kind {
    /// The kind of `A`.
    #[must_use]
    pub fn of<A: Act>() -> Self {
        Self {
            name: A::KIND,
            replay: replay::<A>,
        }
    }
}

fn replay<A: Act>(entry: &Entry, rows: &Writer<'_>) -> Result<()> {
    let decode = |source| Error::Decode {
        what: format!("entry {}", entry.id),
        source,
    };
    let links: A::Links = if entry.id.ledger() == LedgerId::NATIONAL {
        serde_json::from_str("null").map_err(decode)?
    } else {
        serde_json::from_str(entry.core()?.links.get()).map_err(decode)?
    };
    let body = match &entry.body {
        Some((_, body)) => Some(serde_json::from_slice(body).map_err(decode)?),
        None => None,
    };
    A::apply(&links, body.as_ref(), rows, &entry.at()?)?;
    Ok(())
}

/// A table that is a fold over the entries.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Table name.
    pub table: &'static str,
    /// Column definitions and the primary key, as they stand between the parentheses of `CREATE TABLE`.
    pub columns: &'static str,
    /// Columns of the primary key, in order, for comparison: `bucket, key, seq`.
    pub key: &'static str,
    /// Whether rows are kept in the order of the primary key (SQLite: `WITHOUT ROWID`).
    pub clustered: bool,
    /// Further indexes, each as `name ON table (columns)`.
    pub indexes: &'static [&'static str],
}

/// A service: its views and its acts.
#[derive(Clone)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// Its tables.
    pub views: &'static [View],
    /// Its acts.
    pub kinds: Vec<Kind>,
}

/// All services that write to a store.
#[derive(Clone, Default)]
pub struct Catalog {
    pub(crate) views: Vec<View>,
    kinds: HashMap<&'static str, Kind>,
    erasable: Vec<Erasable>,
    held: Vec<IsHeld>,
}

/// Whether content that an entry names is still held by something: a service says so of its own.
pub type IsHeld = fn(&Reader<'_>, EntryId, Source) -> Result<bool>;

/// Whether the body of an entry may be erased: a service says so of its own acts, once no view needs it.
pub type Erasable = fn(&Reader<'_>, &Entry) -> Result<bool>;

impl Catalog {
    /// Joins services; the order is the order in which tables are made.
    #[must_use]
    pub fn new(services: impl IntoIterator<Item = Service>) -> Self {
        let mut catalog = Self::default();
        for service in std::iter::once(national::service()).chain(services) {
            catalog.views.extend_from_slice(service.views);
            catalog
                .kinds
                .extend(service.kinds.into_iter().map(|kind| (kind.name, kind)));
        }
        catalog
    }

    /// Adds a service's word on which bodies may be erased; without any, none may.
    #[must_use]
    pub fn with_erasable(mut self, erasable: Erasable) -> Self {
        self.erasable.push(erasable);
        self
    }

    /// Adds a service's word on which content is held; without any, lost rows of content aren't made again.
    #[must_use]
    pub fn with_held(mut self, is_held: IsHeld) -> Self {
        self.held.push(is_held);
        self
    }

    pub(crate) fn is_held(
        &self,
        rows: &Reader<'_>,
        entry: EntryId,
        source: Source,
    ) -> Result<bool> {
        for is_held in &self.held {
            if is_held(rows, entry, source)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub(crate) fn is_erasable(&self, rows: &Reader<'_>, entry: &Entry) -> Result<bool> {
        for erasable in &self.erasable {
            if erasable(rows, entry)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Applies a recorded entry to the views, without checking it again.
    ///
    /// # Errors
    /// [`Error::UnknownKind`], [`Error::Decode`], or a failure of the rows.
    pub fn replay(&self, entry: &Entry, rows: &Writer<'_>) -> Result<()> {
        let name = match entry.id.ledger() {
            LedgerId::NATIONAL => CloseEpoch::KIND.into(),
            _ => entry.core()?.kind,
        };
        let kind = self
            .kinds
            .get(name.as_ref())
            .ok_or_else(|| Error::UnknownKind {
                entry: entry.id.to_string(),
                kind: name.to_string(),
            })?;
        (kind.replay)(entry, rows)
    }
}
