//! An institution's way in: what a bag holds, opened at home with the institution's own keys, and deposited anew through a
//! gateway.
//!
//! The new data centre has a ledger of its own, in which every deposit is a new act: names, bytes, metadata, tags, versions
//! and their order are the same; version ids, times and receipts are new. What happened before stays proved by the bag.
//!
//! Nothing of the bag is believed: its files have the digests of its manifest, its acts the root that the old data centre
//! signed, each sealed act its member's signature, each piece the digest in its act.

mod acts;
mod bag;
mod check;
mod content;
mod deposit;
mod done;
mod fold;
mod home;
mod keys;

use std::collections::{BTreeMap, HashMap};

use amana_vault::Versioning;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};

pub(crate) use bag::Received;
pub(crate) use check::check;
pub(crate) use deposit::Deposits;
pub(crate) use done::Done;
pub(crate) use home::Home;
pub(crate) use keys::{Opener, Own};

use crate::bag::Place;
use crate::progress::Progress;
use acts::{Made, Opened};
use fold::Fold;

/// An import under way.
pub(crate) struct Import<'a> {
    bag: &'a Received,
    opener: &'a Opener,
    deposits: Deposits,
    done: Done,
}

impl<'a> Import<'a> {
    /// Of a bag, with the keys that open it, to where deposits go; `done` remembers how far it came.
    pub(crate) fn new(
        bag: &'a Received,
        opener: &'a Opener,
        deposits: Deposits,
        done: Done,
    ) -> Self {
        Self {
            bag,
            opener,
            deposits,
            done,
        }
    }

    /// Deposits everything that stands, versions in their order, and tells how much it was.
    ///
    /// # Errors
    /// What the bag lacks or what was changed in it; what the gateway refuses.
    pub(crate) async fn run(mut self) -> Result<Value> {
        let mut fold = Fold::new(self.opener);
        self.bag.each_act(|act| fold.take(act))?;
        let fold = fold.end(&self.bag.checkpoint()?)?;
        for bucket in fold.buckets.values() {
            let ours = self.done.has_bucket(&bucket.name);
            self.deposits.make_bucket(&bucket.name, ours).await?;
            self.done.bucket(&bucket.name)?;
        }
        let mut versioning = BTreeMap::new();
        let mut progress = Progress::new("objects");
        let (mut objects, mut bytes, total) = (0, 0, fold.standing.len() as u64);
        let mut older: HashMap<Place, u64> = HashMap::new();
        let mut opened = Opened::new(self.opener);
        for act in self.bag.acts()? {
            let act = act?;
            let Some(made) = opened.take(&act)?.and_then(|act| act.made()) else {
                continue;
            };
            if !fold.standing.contains_key(&act.index) {
                continue;
            }
            progress.at(objects, total, "objects");
            let older = older.entry(made.place.clone()).or_default();
            self.version(act.index, &made, *older, &fold, &mut versioning)
                .await
                .with_context(|| format!("{}/{}", made.place.bucket, made.place.key))?;
            *older += 1;
            objects += 1;
            bytes += made.size_bytes();
        }
        for bucket in fold.buckets.values() {
            self.keep_versions(&bucket.name, bucket.versioning, &mut versioning)
                .await?;
        }
        Ok(json!({
            "acts": fold.size,
            "buckets": fold.buckets.len(),
            "versions": objects,
            "bytes": bytes,
        }))
    }

    /// One version, unless an earlier run deposited it. Its key has `older` versions there already.
    async fn version(
        &mut self,
        index: u64,
        made: &Made,
        older: u64,
        fold: &fold::Folded,
        versioning: &mut BTreeMap<String, Versioning>,
    ) -> Result<()> {
        if self.done.has(index) {
            return Ok(());
        }
        let place = &made.place;
        // The earlier run may have ended between a deposit and its note.
        if self.done.has_begun(index)
            && self.deposits.versions_of(&place.bucket, &place.key).await? > older
        {
            return self.done.end(index);
        }
        let wanted = fold.versioning_for(made);
        self.keep_versions(&place.bucket, wanted, versioning)
            .await?;
        self.done.begin(index)?;
        match &made.object {
            None => self.deposits.delete(&place.bucket, &place.key).await?,
            Some(object) => {
                let tags = fold.tags.get(&index).unwrap_or(&object.attrs.tags);
                let content =
                    |extent| content::open(self.bag, self.opener, fold, index, object, extent);
                self.deposits
                    .put(&place.bucket, &place.key, object, tags, &content)
                    .await?;
            }
        }
        self.done.end(index)
    }

    /// Has the bucket keep versions, or not, as the next deposit needs it.
    async fn keep_versions(
        &mut self,
        bucket: &str,
        wanted: Versioning,
        now: &mut BTreeMap<String, Versioning>,
    ) -> Result<()> {
        let found = match now.get(bucket) {
            Some(found) => *found,
            None => self.deposits.versioning(bucket).await?,
        };
        // Once enabled, versioning is suspended and never undone: a null version is made in either state.
        let same = found == wanted
            || (wanted == Versioning::Unversioned && found == Versioning::Suspended);
        if !same {
            self.deposits.set_versioning(bucket, wanted).await?;
        }
        now.insert(bucket.to_owned(), if same { found } else { wanted });
        Ok(())
    }
}
