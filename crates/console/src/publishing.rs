//! An institution's sites, for who is signed in with a role of it: what is published and who signed it, folders that come in,
//! changes that go out to be signed and come back.
//!
//! # Invariants
//! - **No publisher's key comes here.** A folder is looked through and kept, and becomes a *change*: five lines that name its
//!   manifest. Who holds a key signs them, at home with `amana site sign`, or in a browser; only a signed change publishes.
//! - Between the pages nothing is remembered: a change is its manifest's digest and the site's next number.

mod change;
mod deploy;
mod difference;
mod folder;
mod hand_in;
mod publishers;
mod seats;
mod site;
mod spool;

use std::sync::Arc;

use amana_access::Operation;
use amana_ledger::{Hash, parse_digits};
use amana_sites::{Host, Manifest, Place, Says, Site, Statement};
use axum::routing::{get, post};
use http::Method;
use serde::Deserialize;

use crate::account::Guarded;
use crate::{Console, Error, Result, blocking};

pub(crate) use site::{list, one};
pub(crate) use spool::Spool;

/// The routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{ManageSites, ReadSites};
    Guarded::new()
        .route("/publishing", ReadSites, get(site::list))
        .route("/publishing/{host}", ReadSites, get(site::one))
        .route(
            "/publishing/{host}/deploys/{number}",
            ReadSites,
            get(deploy::page),
        )
        .route("/publishing/{host}/folder", ManageSites, post(folder::page))
        .route(
            "/publishing/{host}/changes/{manifest}",
            ManageSites,
            get(change::page),
        )
        .route(
            "/publishing/{host}/changes/{manifest}/file",
            ManageSites,
            get(change::file),
        )
        .route(
            "/publishing/{host}/publishers",
            ManageSites,
            post(publishers::page),
        )
        .route(
            "/publishing/{host}/signed",
            ManageSites,
            post(hand_in::take),
        )
        .route("/api/v1/publishing", ReadSites, get(site::list_call))
        .route("/api/v1/publishing/{host}", ReadSites, get(site::one_call))
        .route(
            "/api/v1/publishing/{host}/deploys/{number}",
            ReadSites,
            get(deploy::call),
        )
        .verbs(
            "/api/v1/publishing/{host}/folder",
            [(Method::POST, ManageSites)],
            post(folder::call),
        )
        .route(
            "/api/v1/publishing/{host}/changes/{manifest}",
            ManageSites,
            get(change::call),
        )
        .verbs(
            "/api/v1/publishing/{host}/publishers",
            [(Method::POST, ManageSites)],
            post(publishers::call),
        )
        .verbs(
            "/api/v1/publishing/{host}/signed",
            [(Method::POST, ManageSites)],
            post(hand_in::call),
        )
}

/// The site that a path names.
#[derive(Deserialize)]
pub(crate) struct Named {
    host: String,
}

/// The site of that name, if it is that institution's: another's answers as one that isn't there. Blocking.
fn site_of(console: &Console, institution: &str, host: &str) -> Result<Site> {
    let host: Host = host.parse().map_err(|_| Error::NotFound)?;
    let site = console.sites.site(&host)?;
    match site.place.institution == institution {
        true => Ok(site),
        false => Err(Error::NotFound),
    }
}

/// The same, for who may wait.
async fn found(console: &Arc<Console>, institution: &str, host: &str) -> Result<Site> {
    let (console, institution, host) = (console.clone(), institution.to_owned(), host.to_owned());
    blocking(move || site_of(&console, &institution, &host)).await
}

/// The site's next change, if it says that: what publishers sign.
fn statement(console: &Console, site: &Site, says: Says) -> Statement {
    Statement {
        ledger: console.sites.origin(&site.place),
        host: site.place.host.clone(),
        number: site.number + 1,
        says,
    }
}

/// A manifest that is kept.
async fn manifest(console: &Console, place: &Place, sha256: &Hash) -> Result<Manifest> {
    let bytes = console.sites.manifest(place, sha256).await?;
    Ok(blocking(move || Manifest::parse(&bytes)).await?)
}

/// A digest in a path.
fn digest(text: &str) -> Result<Hash> {
    parse_digits(text).map_err(|_| Error::NotFound)
}
