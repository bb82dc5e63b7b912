//! The page of a gateway: how the institution's own side is. Made from facts alone, so that the console knows no gateway.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::middleware::from_fn;
use axum::routing::get;
use serde::Serialize;

use crate::frame::Frame;
use crate::{Language, Page, Result, assets, dress};

/// How a gateway is. It names no object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GatewayState {
    /// Whose it is.
    pub institution: String,
    /// The data centre's URL.
    pub centre: String,
    /// Whether it answered when it was last asked.
    pub connected: bool,
    /// The fault, in the words of the log: that is what is searched for, and told to the operator.
    pub trouble: Option<String>,
    /// Age of the quorum's word that stands behind what is served, in seconds; nothing when none does.
    pub vouched_age_s: Option<u64>,
    /// When a quorum last stood behind it, in seconds since 1970, if that is too long ago.
    pub last_vouched_s: Option<u64>,
    /// Origin of the ledger that it follows.
    pub ledger: String,
    /// Entries followed.
    pub followed: u64,
    /// Entries of the newest signed checkpoint.
    pub known: u64,
    /// Entries that the quorum stands behind.
    pub witnessed: Option<u64>,
    /// Acts that wait for their answer.
    pub queued: u64,
    /// Deposits kept here until the data centre has them.
    pub spooled: u64,
    /// Their size.
    pub spooled_bytes: u64,
    /// Number of the keyring in force.
    pub keyring: Option<u64>,
    /// Who holds the root: `3-of-5 1`.
    pub custodians: Option<String>,
    /// Whether one page alone is the institution's root.
    pub root_alone: bool,
    /// Where pages of shares still lie on this disk.
    pub pages: Option<String>,
    /// What didn't fit.
    pub alarms: Vec<GatewayAlarm>,
}

/// Something that didn't fit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct GatewayAlarm {
    /// What, in the program's words.
    pub what: String,
    /// The file that proves it.
    pub evidence: Option<String>,
}

/// Asks a gateway how it is.
pub type Ask = Arc<dyn Fn() -> GatewayState + Send + Sync>;

/// The page at `/`, with what it needs.
pub fn router<S: Clone + Send + Sync + 'static>(ask: Ask) -> Router<S> {
    Router::new()
        .route("/", get(page))
        .with_state(ask)
        .merge(assets::routes())
        .layer(from_fn(dress::dress))
}

#[derive(Template)]
#[template(path = "gateway.html")]
struct GatewayPage {
    frame: Frame,
    gateway: GatewayState,
}

impl GatewayPage {
    /// What stands behind what it serves.
    fn freshness(&self) -> String {
        let texts = self.frame.texts;
        match self.gateway.vouched_age_s {
            Some(age_s) => (texts.gateway.vouches)(&texts.ago(&age_s)),
            None => texts.gateway.cannot_vouch.to_owned(),
        }
    }

    fn spool(&self) -> String {
        let (texts, gateway) = (self.frame.texts, &self.gateway);
        let (acts, bytes) = (
            texts.number(&gateway.spooled),
            texts.number(&gateway.spooled_bytes),
        );
        (texts.gateway.spooled)(&acts, &bytes)
    }

    fn followed(&self) -> String {
        let (texts, gateway) = (self.frame.texts, &self.gateway);
        let (followed, known) = (
            texts.number(&gateway.followed),
            texts.number(&gateway.known),
        );
        (texts.gateway.followed_of)(&followed, &known)
    }

    /// Whether there is nothing to see to.
    fn is_sound(&self) -> bool {
        let gateway = &self.gateway;
        gateway.connected && gateway.vouched_age_s.is_some() && gateway.alarms.is_empty()
    }
}

async fn page(State(ask): State<Ask>, language: Language) -> Result<Page> {
    let gateway = ask();
    let texts = language.texts();
    let frame = Frame::gateway(texts, &gateway.institution);
    Page::of(&GatewayPage { frame, gateway })
}
