//! The institution's content, for who is signed in with a role of it: buckets, objects, deposits, access keys.
//!
//! Each change is an act of the vault or of access that the official asks for; the page that answers names its receipt.
//! Content is hostile: it is only ever given out as a file to keep, and names are text.

mod buckets;
mod download;
mod keys;
pub(crate) mod links;
mod locks;
pub(crate) mod multipart;
mod object;
mod objects;
mod receipts;
mod tags;
mod upload;
mod uploads;

use std::sync::Arc;

use amana_access::{Caller, Operation, Session};
use axum::extract::FromRequestParts;
use axum::routing::{get, post, put};
use http::Method;
use http::request::Parts;
use serde::Serialize;

use crate::account::Guarded;
use crate::account::guard::Signed;
use crate::{Console, Error, Result};

/// The routes of the pages and of the calls, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{
        DeleteObjects, Deposit, ListBuckets, ListObjects, ManageAccessKeys, ManageBuckets,
        ReadAccessKeys, ReadObjects, ReadReceipts,
    };
    let pages = Guarded::new()
        .verbs(
            "/buckets",
            [(Method::GET, ListBuckets), (Method::POST, ManageBuckets)],
            get(buckets::page).post(buckets::make),
        )
        .verbs(
            "/buckets/{bucket}",
            [(Method::GET, ListBuckets), (Method::POST, ManageBuckets)],
            get(buckets::one).post(buckets::change),
        )
        .route(
            "/buckets/{bucket}/lock",
            ManageBuckets,
            post(locks::set_default),
        )
        .route(
            "/buckets/{bucket}/object/lock",
            ManageBuckets,
            post(locks::change),
        )
        .route("/buckets/{bucket}/object/tags", Deposit, post(tags::change))
        .route("/buckets/{bucket}/objects", ListObjects, get(objects::page))
        .verbs(
            "/buckets/{bucket}/object",
            [(Method::GET, ListObjects), (Method::POST, DeleteObjects)],
            get(object::page).post(object::change),
        )
        .route(
            "/buckets/{bucket}/content",
            ReadObjects,
            get(download::content),
        )
        .route(
            "/buckets/{bucket}/upload",
            Deposit,
            get(upload::page).post(upload::by_form),
        )
        .route("/buckets/{bucket}/upload/end", Deposit, post(upload::end))
        .verbs(
            "/keys",
            [
                (Method::GET, ReadAccessKeys),
                (Method::POST, ManageAccessKeys),
            ],
            get(keys::page).post(keys::make),
        )
        .route("/keys/revoke", ManageAccessKeys, post(keys::revoke))
        .route("/receipt/{index}", ReadReceipts, get(receipts::file));
    pages.merge(calls())
}

/// The same for programs.
fn calls() -> Guarded {
    use Operation::{
        DeleteObjects, Deposit, ListBuckets, ListObjects, ManageAccessKeys, ManageBuckets,
        ReadAccessKeys, ReadObjects, ReadReceipts,
    };
    Guarded::new()
        .verbs(
            "/api/v1/buckets",
            [(Method::GET, ListBuckets), (Method::POST, ManageBuckets)],
            get(buckets::list_call).post(buckets::make_call),
        )
        .verbs(
            "/api/v1/buckets/{bucket}",
            [
                (Method::GET, ListBuckets),
                (Method::PUT, ManageBuckets),
                (Method::DELETE, ManageBuckets),
            ],
            get(buckets::one_call)
                .put(buckets::change_call)
                .delete(buckets::delete_call),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/lock",
            [(Method::PUT, ManageBuckets)],
            put(locks::default_call),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/object/lock",
            [(Method::PUT, ManageBuckets), (Method::POST, ManageBuckets)],
            put(locks::change_call).post(locks::end_call),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/object/tags",
            [(Method::PUT, Deposit)],
            put(tags::call),
        )
        .route(
            "/api/v1/buckets/{bucket}/objects",
            ListObjects,
            get(objects::call),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/object",
            [
                (Method::GET, ListObjects),
                (Method::POST, DeleteObjects),
                (Method::DELETE, DeleteObjects),
            ],
            get(object::call)
                .post(object::return_call)
                .delete(object::delete_call),
        )
        .route(
            "/api/v1/buckets/{bucket}/content",
            ReadObjects,
            get(download::content),
        )
        .route(
            "/api/v1/buckets/{bucket}/uploads",
            Deposit,
            get(uploads::list).post(uploads::begin),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/uploads/{upload}",
            [
                (Method::GET, Deposit),
                (Method::POST, Deposit),
                (Method::DELETE, Deposit),
            ],
            get(uploads::parts)
                .post(uploads::complete)
                .delete(uploads::abort),
        )
        .verbs(
            "/api/v1/buckets/{bucket}/uploads/{upload}/parts/{number}",
            [(Method::PUT, Deposit)],
            put(uploads::part),
        )
        .verbs(
            "/api/v1/keys",
            [
                (Method::GET, ReadAccessKeys),
                (Method::POST, ManageAccessKeys),
            ],
            get(keys::list_call).post(keys::make_call),
        )
        .verbs(
            "/api/v1/keys/{key}",
            [(Method::DELETE, ManageAccessKeys)],
            axum::routing::delete(keys::revoke_call),
        )
        .route(
            "/api/v1/receipts/{index}",
            ReadReceipts,
            get(receipts::file),
        )
}

/// An official who is signed in, as the vault knows who asks.
pub(crate) struct Official {
    pub(crate) session: Arc<Session>,
    pub(crate) caller: Caller,
}

impl Official {
    /// Of a session.
    pub(crate) async fn of(console: &Arc<Console>, session: &Arc<Session>) -> Result<Self> {
        let asker = session.clone();
        let caller = console
            .ask(move |access| Ok(access.as_official(&asker)?))
            .await?;
        Ok(Self {
            session: session.clone(),
            caller,
        })
    }
}

impl FromRequestParts<Arc<Console>> for Official {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self> {
        let Signed(session) = Signed::from_request_parts(parts, console).await?;
        Self::of(console, &session).await
    }
}

/// What a call that changed something answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Receipt {
    /// `<ledger>/<index>` of the act; nothing when there was nothing to change.
    pub(crate) receipt: Option<String>,
}

impl Receipt {
    pub(crate) fn of(receipt: impl Into<Option<String>>) -> Self {
        Self {
            receipt: receipt.into(),
        }
    }
}

/// What is shown above a page that a change led to: the act's index in the institution's ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Recorded(u64);

impl Recorded {
    /// Of `?receipt=`.
    pub(crate) fn of(index: Option<u64>) -> Option<Self> {
        index.map(Self)
    }

    pub(crate) fn index(self) -> u64 {
        self.0
    }
}

/// The index in a receipt's name, for the address of the page that shows it.
pub(crate) fn index(receipt: &str) -> &str {
    receipt.rsplit('/').next().unwrap_or_default()
}
