//! Where the content of sites lies: whoever makes [`crate::Sites`] passes it in, since it is another service's matter.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use amana_ledger::Hash;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;

use crate::{Host, Result};

/// Whose content: a site, and the institution that it is of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The site.
    pub host: Host,
    /// Its institution.
    pub institution: String,
}

/// Content on its way in.
pub struct Incoming {
    /// The bytes.
    pub stream: BoxStream<'static, io::Result<Bytes>>,
    /// What they must be; nothing where whoever reads them later finds out.
    pub sha256: Option<Hash>,
    /// The most of them.
    pub max_bytes: u64,
}

/// Content on its way out. Its keeper believes it to be what was kept; whoever was promised more compares.
pub struct Opened {
    /// How many bytes it has.
    pub size_bytes: u64,
    /// The bytes.
    pub stream: BoxStream<'static, Result<Bytes>>,
}

/// Keeps content by name, for each site apart. Names are of at most 80 letters, digits and dots.
pub trait Shelf: Send + Sync + 'static {
    /// Makes room for a site, under that name in its entry; room that is there already is no error.
    fn make<'a>(&'a self, place: &'a Place, by: &'a str) -> BoxFuture<'a, Result<()>>;

    /// Which of these names are there, and how many bytes each has.
    fn sizes<'a>(
        &'a self,
        place: &'a Place,
        names: &'a BTreeSet<String>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, u64>>>;

    /// All names that are there, and when each was kept, milliseconds since 1970.
    fn names<'a>(&'a self, place: &'a Place) -> BoxFuture<'a, Result<BTreeMap<String, i64>>>;

    /// Opens content; nothing when there is none of that name.
    fn open<'a>(&'a self, place: &'a Place, name: &'a str)
    -> BoxFuture<'a, Result<Option<Opened>>>;

    /// Keeps content, under that name in its entry: durable on return, or there is nothing.
    fn keep<'a>(
        &'a self,
        place: &'a Place,
        name: &'a str,
        by: &'a str,
        content: Incoming,
    ) -> BoxFuture<'a, Result<()>>;

    /// Removes content; what isn't there is no error.
    fn remove<'a>(
        &'a self,
        place: &'a Place,
        names: Vec<String>,
        by: &'a str,
    ) -> BoxFuture<'a, Result<()>>;
}
