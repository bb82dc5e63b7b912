//! Institutions, officials and keys, over a real store in a temporary folder.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, which is what it is for"
)]

mod accounts;
mod agreements;
mod authenticator;
mod drills;
mod enrolments;
mod id_tokens;
mod identities;
mod issuer;
mod keys;
mod leaving;
mod model;
mod nodes;
mod notices;
mod passkeys;
mod passwords;
mod people;
mod proposals;
mod rights;
mod schools;
mod support;
mod threads;

use std::path::Path;
use std::sync::Arc;

use amana_access::{Access, Grant, InstitutionName};
use amana_store::check::{Depth, Outside, check};
use amana_store::{Catalog, Options, Store};
use tempfile::TempDir;

/// The name of every test's data centre.
const CENTRE: &str = "centre.example";
/// Who acts in every test.
const BY: &str = "operator:test";

fn catalog() -> Catalog {
    Catalog::new([Access::service()]).with_erasable(Access::erasable)
}

/// A store in a folder of its own.
struct House {
    access: Access,
    store: Arc<Store>,
    folder: TempDir,
}

impl House {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (store, access) = open(&folder);
        Self {
            access,
            store,
            folder,
        }
    }

    /// Closes the store and opens it again.
    fn restarted(self) -> Self {
        let Self {
            access,
            store,
            folder,
        } = self;
        drop((access, store));
        let (store, access) = open(&folder);
        Self {
            access,
            store,
            folder,
        }
    }

    async fn institution(&self, name: &str) -> InstitutionName {
        let name: InstitutionName = name.parse().unwrap();
        self.access.add_institution(&name, BY).await.unwrap();
        name
    }

    /// A key for everything; its id and secret.
    async fn key(&self, institution: &InstitutionName) -> (String, String) {
        let made = self
            .access
            .create_access_key(institution, None, Grant::everything(), None, BY);
        let key = made.await.unwrap();
        (key.id.as_str().to_owned(), key.secret.reveal().to_owned())
    }

    /// Rows, entries and views agree, and replay gives the same views.
    fn check_everything(&self) {
        let depth = Depth {
            replay: true,
            content: true,
        };
        let report = check(
            self.folder.path(),
            &catalog(),
            options(self.folder.path()),
            &depth,
            &Outside::default(),
            &|_, _| Ok(()),
        );
        assert_eq!(report.unwrap().faults, []);
    }

    /// Every core and body in every ledger, one after the other.
    fn everything_recorded(&self) -> String {
        let mut text = String::new();
        self.store
            .read(|rows| {
                for info in amana_store::LedgerInfo::all(rows)? {
                    amana_store::entries::each_entry(rows, info.id, 0..info.size, |entry| {
                        text += &String::from_utf8_lossy(&entry.text);
                        let body = entry.body.map(|(_, body)| body).unwrap_or_default();
                        text += &String::from_utf8_lossy(&body);
                        Ok(())
                    })?;
                }
                Ok::<_, amana_store::Error>(())
            })
            .unwrap();
        text
    }
}

fn options(folder: &Path) -> Options {
    Options {
        database: amana_test_engine::database(folder),
        ..Options::new(CENTRE)
    }
}

fn open(folder: &TempDir) -> (Arc<Store>, Access) {
    let store = Store::open(folder.path(), catalog(), options(folder.path())).unwrap();
    let store = Arc::new(store);
    (store.clone(), Access::new(store))
}
