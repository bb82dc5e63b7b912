//! `/buckets/{bucket}/objects`: the files of a bucket, folder by folder, or those whose name has a part.

use std::sync::Arc;

use amana_access::{Caller, Operation, Session};
use amana_vault::{ListQuery, VersionsQuery};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::buckets::{Bucket, find};
use super::links::link;
use super::{Official, Recorded};
use crate::account::me::seconds;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Language, Page, Result, menu};

/// Folders and files on a page.
const PAGE: usize = 100;
/// Names that a search looks at before it says how far it came.
const MAX_SEARCHED: usize = 20_000;
/// What stands between folders.
const DELIMITER: &str = "/";

/// A file of a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Listed {
    /// Its key.
    key: String,
    /// Its length.
    size_bytes: u64,
    /// When it was made, in seconds since 1970.
    modified_s: u64,
    /// Its tag; nothing for one that was deleted.
    etag: Option<String>,
    /// Whether it was deleted, and its versions are still there.
    deleted: bool,
}

/// A piece of ciphertext of a sealed bucket: all that the data centre knows of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Piece {
    /// Its name.
    piece: String,
    /// Length of its ciphertext.
    size_bytes: u64,
    /// Index of the entry that brought it, in the institution's ledger.
    index: u64,
}

/// What a folder holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Listing {
    /// Whose.
    bucket: Bucket,
    /// The folder; empty for the bucket itself.
    prefix: String,
    /// Folders in it, each ending in `/`.
    folders: Vec<String>,
    /// Files in it; for a search those below it as well.
    objects: Vec<Listed>,
    /// Pieces, of a sealed bucket.
    pieces: Vec<Piece>,
    /// Names that a search looked at; nothing without one.
    searched: Option<u64>,
    /// After what the next page begins, when there is more, or when a search ended before the names did.
    next: Option<String>,
}

/// What is asked for.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    prefix: String,
    after: Option<String>,
    /// A part of the name.
    q: Option<String>,
    /// Whether deleted files are shown as well.
    deleted: Option<String>,
    receipt: Option<u64>,
}

impl Asked {
    fn part(&self) -> Option<&str> {
        self.q.as_deref().filter(|part| !part.is_empty())
    }

    fn with_deleted(&self) -> bool {
        self.deleted.is_some()
    }
}

async fn listing(console: &Console, caller: &Caller, name: &str, asked: &Asked) -> Result<Listing> {
    let bucket = find(console, caller, name).await?;
    let mut listing = Listing {
        prefix: asked.prefix.clone(),
        folders: Vec::new(),
        objects: Vec::new(),
        pieces: Vec::new(),
        searched: None,
        next: None,
        bucket,
    };
    if listing.bucket.is_sealed() {
        pieces(console, caller, asked, &mut listing).await?;
    } else if let Some(part) = asked.part() {
        search(console, caller, asked, part, &mut listing).await?;
    } else if asked.with_deleted() {
        with_deleted(console, caller, asked, &mut listing).await?;
    } else {
        let query = ListQuery {
            prefix: asked.prefix.clone(),
            delimiter: Some(DELIMITER.to_owned()),
            after: asked.after.clone(),
            max: PAGE,
        };
        let page = console.vault.list_objects(caller, name, query).await?;
        listing.objects = page.objects.into_iter().map(standing).collect();
        listing.folders = page.prefixes;
        listing.next = page.next;
    }
    Ok(listing)
}

fn standing(object: amana_vault::ListedObject) -> Listed {
    Listed {
        key: object.key,
        size_bytes: object.size_bytes,
        modified_s: seconds(object.modified_ms),
        etag: Some(object.etag.to_string()),
        deleted: false,
    }
}

/// Looks at names in their order, so many at most, and says where it stopped.
async fn search(
    console: &Console,
    caller: &Caller,
    asked: &Asked,
    part: &str,
    listing: &mut Listing,
) -> Result<()> {
    let part = part.to_lowercase();
    let mut after = asked.after.clone();
    let mut searched = 0;
    loop {
        let query = ListQuery {
            prefix: asked.prefix.clone(),
            delimiter: None,
            after: after.take(),
            max: amana_vault::MAX_PAGE,
        };
        let page = console
            .vault
            .list_objects(caller, &listing.bucket.name, query)
            .await?;
        let mut objects = page.objects.into_iter();
        let room = |listing: &Listing, searched: usize| {
            listing.objects.len() < PAGE && searched < MAX_SEARCHED
        };
        while room(listing, searched)
            && let Some(object) = objects.next()
        {
            searched += 1;
            after = Some(object.key.clone());
            if object.key.to_lowercase().contains(&part) {
                listing.objects.push(standing(object));
            }
        }
        let more = objects.len() > 0 || page.next.is_some();
        if objects.len() == 0 {
            // A page may end in a run of deleted names, beyond its last object.
            after = page.next.or(after);
        }
        if !more || !room(listing, searched) {
            listing.searched = Some(searched as u64);
            listing.next = after.filter(|_| more);
            return Ok(());
        }
    }
}

/// Files of whom the newest version is a delete marker as well. It walks over versions, so that a page may have few.
async fn with_deleted(
    console: &Console,
    caller: &Caller,
    asked: &Asked,
    listing: &mut Listing,
) -> Result<()> {
    let query = VersionsQuery {
        prefix: asked.prefix.clone(),
        delimiter: Some(DELIMITER.to_owned()),
        key_marker: asked.after.clone(),
        version_marker: None,
        max: amana_vault::MAX_PAGE,
    };
    let page = console
        .vault
        .list_versions(caller, &listing.bucket.name, query)
        .await?;
    let newest = page
        .versions
        .into_iter()
        .filter(|version| version.is_latest);
    listing.objects = newest
        .map(|version| Listed {
            key: version.key,
            size_bytes: version.size_bytes,
            modified_s: seconds(version.modified_ms),
            etag: version.etag.map(|etag| etag.to_string()),
            deleted: version.delete_marker,
        })
        .collect();
    listing.folders = page.prefixes;
    // Older versions of the last key are passed over: its newest is on this page.
    listing.next = page.next.map(|(key, _)| key);
    Ok(())
}

async fn pieces(
    console: &Console,
    caller: &Caller,
    asked: &Asked,
    listing: &mut Listing,
) -> Result<()> {
    let mut after = [0; 16];
    let given = asked.after.as_deref();
    let given = given.filter(|name| hex::decode_to_slice(name, &mut after).is_ok());
    let after = given.map(|_| after);
    let page = console
        .vault
        .list_pieces(caller, &listing.bucket.name, after, PAGE)
        .await?;
    listing.pieces = page
        .pieces
        .into_iter()
        .map(|piece| Piece {
            piece: hex::encode(piece.piece),
            size_bytes: piece.size_bytes,
            index: piece.entry.index(),
        })
        .collect();
    listing.next = page.next.map(hex::encode);
    Ok(())
}

#[derive(Template)]
#[template(path = "content/objects.html")]
struct ObjectsPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    listing: Listing,
    path: String,
    q: String,
    with_deleted: bool,
}

impl ObjectsPage {
    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn is_empty(&self) -> bool {
        let listing = &self.listing;
        listing.folders.is_empty() && listing.objects.is_empty() && listing.pieces.is_empty()
    }

    /// The folders above, from the bucket on: name and link.
    fn above(&self) -> Vec<(String, String)> {
        let prefix = &self.listing.prefix;
        let ends = prefix.match_indices('/').map(|(at, _)| at + 1);
        let mut from = 0;
        let mut above = Vec::new();
        for end in ends.filter(|end| *end < prefix.len()) {
            above.push((
                prefix[from..end - 1].to_owned(),
                self.folder(&prefix[..end]),
            ));
            from = end;
        }
        above
    }

    /// The folder's own name.
    fn here(&self) -> &str {
        let prefix = self.listing.prefix.trim_end_matches('/');
        prefix.rsplit('/').next().unwrap_or_default()
    }

    fn folder(&self, prefix: &str) -> String {
        link(&self.path, &[("prefix", Some(prefix))])
    }

    fn object(&self, key: &str) -> String {
        let path = format!("/buckets/{}/object", self.listing.bucket.name);
        link(&path, &[("key", Some(key))])
    }

    fn upload(&self) -> String {
        let path = format!("/buckets/{}/upload", self.listing.bucket.name);
        link(&path, &[("prefix", Some(&self.listing.prefix))])
    }

    /// A name without the folder that the page is about.
    fn short<'k>(&self, key: &'k str) -> &'k str {
        key.strip_prefix(self.listing.prefix.as_str())
            .filter(|rest| !rest.is_empty())
            .unwrap_or(key)
    }

    fn means(&self) -> &'static str {
        (self.frame.texts.content.mode_means)(self.listing.bucket.mode)
    }

    fn after(&self, next: &str) -> String {
        self.again(Some(next), self.with_deleted)
    }

    fn without_deleted(&self) -> String {
        self.again(None, false)
    }

    fn showing_deleted(&self) -> String {
        self.again(None, true)
    }

    fn again(&self, after: Option<&str>, deleted: bool) -> String {
        let q = Some(self.q.as_str()).filter(|q| !q.is_empty());
        let pairs = [
            ("prefix", Some(self.listing.prefix.as_str())),
            ("q", q),
            ("deleted", deleted.then_some("1")),
            ("after", after),
        ];
        link(&self.path, &pairs)
    }

    fn searched(&self) -> Option<String> {
        let searched = self.listing.searched?;
        let (texts, whole) = (self.frame.texts, self.listing.next.is_none());
        Some((texts.content.searched)(&texts.number(&searched), whole))
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    let listing = listing(&console, &official.caller, &name, &asked).await?;
    let with_deleted = asked.with_deleted();
    let path = format!("/buckets/{name}/objects");
    let frame = menu::frame(language.texts(), &official.session, "/buckets", name);
    Page::of(&ObjectsPage {
        path,
        frame,
        session: official.session,
        recorded: Recorded::of(asked.receipt),
        listing,
        q: asked.q.unwrap_or_default(),
        with_deleted,
    })
}

/// `GET /api/v1/buckets/{bucket}/objects`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    official: Official,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<Listing>> {
    listing(&console, &official.caller, &name, &asked)
        .await
        .map(Json)
}
