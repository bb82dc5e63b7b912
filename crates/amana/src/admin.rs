//! Administration: HTTP and JSON on the socket in the data folder, for the commands.
//!
//! Whoever can open the socket is the operator. Each act that touches an institution is an entry in that institution's
//! own ledger, under the name that the system has for the peer.

mod access_keys;
pub(crate) mod answer;
mod backup;
pub(crate) mod buckets;
mod enrolments;
pub(crate) mod erasures;
mod give_back;
pub(crate) mod health;
mod institutions;
mod ledgers;
mod officials;
mod policy;
mod releases;
mod scrub;
mod sites;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};
use tokio::net::unix::UCred;

use crate::centre::Centre;
use crate::{requests, web};

/// The longest request body, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;

/// The routes of the socket.
pub(crate) fn router(centre: Arc<Centre>) -> Router {
    let institution = "/v1/institutions/{name}";
    Router::new()
        .route(
            "/v1/institutions",
            get(institutions::list).post(institutions::add),
        )
        .route(institution, get(institutions::show))
        .route(
            &format!("{institution}/suspend"),
            post(institutions::suspend),
        )
        .route(&format!("{institution}/resume"), post(institutions::resume))
        .route(&format!("{institution}/quota"), post(institutions::quota))
        .route(
            &format!("{institution}/officials"),
            get(officials::list).post(officials::add),
        )
        .route(
            &format!("{institution}/officials/invite"),
            post(officials::invite),
        )
        .route(
            &format!("{institution}/officials/{{number}}"),
            delete(officials::remove),
        )
        .route(
            &format!("{institution}/proposals/{{number}}/approve"),
            post(officials::countersign),
        )
        .route(
            &format!("{institution}/access-keys"),
            get(access_keys::list).post(access_keys::create),
        )
        .route("/v1/access-keys/{id}", delete(access_keys::revoke))
        .route(
            &format!("{institution}/buckets"),
            get(buckets::list).post(buckets::create),
        )
        .route("/v1/enrolments", get(enrolments::list))
        .route(
            &format!("{institution}/enrolments"),
            post(enrolments::issue),
        )
        .route(
            &format!("{institution}/enrolments/confirm"),
            post(enrolments::confirm),
        )
        .route(
            &format!("{institution}/enrolments/refuse"),
            post(enrolments::refuse),
        )
        .route("/v1/scrub", get(scrub::show).post(scrub::begin))
        .route("/v1/give-back", post(give_back::take))
        .route("/v1/ledgers", get(ledgers::list))
        .route(
            "/v1/erasures/{owner}/{ledger}/{index}",
            get(erasures::request).post(erasures::erase),
        )
        .route("/v1/releases", get(releases::list).post(releases::record))
        .route("/v1/sites", get(sites::list).post(sites::add))
        .route("/v1/sites/{host}/remove", post(sites::remove))
        .route("/v1/backup", post(backup::make))
        .route("/v1/health", get(health::show))
        .route("/v1/policy", get(policy::show))
        .route("/v1/policy/witnesses", post(policy::add_witness))
        .route(
            "/v1/policy/witnesses/{name}",
            delete(policy::remove_witness),
        )
        .route("/v1/policy/quorum", post(policy::set_quorum))
        .route(
            "/receipts/{owner}/{name}/{index}",
            get(web::receipts::to_operator),
        )
        .route(
            "/contents/{owner}/{name}/{index}",
            get(web::contents::to_operator),
        )
        .route(
            "/ledgers/{owner}/{name}/{*path}",
            get(web::ledgers::to_operator),
        )
        .route("/national/{*path}", get(web::ledgers::national))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(requests::on_socket))
        .with_state(centre)
}

/// Who asks, as it stands in acts: `operator:<user>`.
#[derive(Clone)]
pub(crate) struct Asker(Arc<str>);

impl Asker {
    /// The user at the other end of the socket, by name where the system's own list has one.
    pub(crate) fn of(peer: &UCred) -> Self {
        let uid = peer.uid();
        let user = user_name(uid).unwrap_or_else(|| uid.to_string());
        Self(format!("operator:{user}").into())
    }

    /// The user alone.
    pub(crate) fn user(&self) -> &str {
        self.0.strip_prefix("operator:").unwrap_or(&self.0)
    }

    /// As it stands in acts.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// From `/etc/passwd` alone: what a network directory says of a user must not decide what an act says.
fn user_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let of_line = |line: &str| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    };
    users.lines().find_map(of_line)
}
