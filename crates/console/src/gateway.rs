//! The page of a gateway: how the institution's own side is. Made from facts alone, so that the console knows no gateway.

use std::sync::Arc;

use amana_seal::keyring::Custodians;
use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use serde::Serialize;

use crate::files::Peer;
use crate::frame::{Frame, GatewayPlace};
use crate::public::help::HelpPage;
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

/// The page at `/`, help, and the answer for what isn't there.
pub fn router<S: Clone + Send + Sync + 'static>(ask: Ask) -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/help", get(help))
        .fallback(nowhere)
        .with_state(ask)
        .merge(assets::routes())
        .layer(from_fn(dress::dress))
}

#[derive(Template)]
#[template(path = "gateway.html")]
struct GatewayPage {
    frame: Frame,
    gateway: GatewayState,
    /// Whether the asker sits at the machine itself, where what concerns the custodians is told.
    at_home: bool,
}

impl GatewayPage {
    /// Who holds the root, in words.
    fn custodians(&self) -> String {
        let texts = self.frame.texts;
        let custodians = self.gateway.custodians.as_deref().unwrap_or_default();
        match custodians.parse::<Custodians>() {
            Ok(custodians) => (texts.custodians.set_told)(
                &texts.custodians.of_plan(&custodians.plan),
                custodians.set,
            ),
            // Nothing yet.
            Err(_) => "–".to_owned(),
        }
    }

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
            texts.size(&gateway.spooled_bytes),
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

/// Whether a request comes from this machine, and nobody passed it on: one who reads the page of a gateway from elsewhere
/// isn't told that one person holds every key, nor where the pages of shares lie.
fn is_at_home(request: &Request) -> bool {
    let peer = request.extensions().get::<Peer>();
    let passed_on = [header::FORWARDED.as_str(), "x-forwarded-for", "x-real-ip"]
        .into_iter()
        .any(|name| request.headers().contains_key(name));
    peer.is_some_and(|peer| peer.0.to_canonical().is_loopback()) && !passed_on
}

async fn page(State(ask): State<Ask>, language: Language, request: Request) -> Result<Page> {
    let at_home = is_at_home(&request);
    let gateway = ask();
    let texts = language.texts();
    let frame = Frame::gateway(
        texts,
        texts.gateway.title,
        &gateway.institution,
        GatewayPlace::Gateway,
    );
    Page::of(&GatewayPage {
        frame,
        gateway,
        at_home,
    })
}

async fn help(State(ask): State<Ask>, language: Language) -> Result<Page> {
    let gateway = ask();
    let texts = language.texts();
    let frame = Frame::gateway(
        texts,
        texts.help.title,
        &gateway.institution,
        GatewayPlace::Help,
    );
    Page::of(&HelpPage {
        frame,
        centre: Some(gateway.centre),
    })
}

#[derive(Template)]
#[template(path = "gateway_nowhere.html")]
struct NowherePage {
    frame: Frame,
}

/// A page for people, a line for programs.
async fn nowhere(State(ask): State<Ask>, language: Language, request: Request) -> Result<Response> {
    let accepts = request.headers().get(header::ACCEPT);
    let accepts = accepts.and_then(|accepts| accepts.to_str().ok());
    if !accepts.is_some_and(|kinds| kinds.contains("text/html")) {
        return Ok((StatusCode::NOT_FOUND, "not found\n").into_response());
    }
    let texts = language.texts();
    let institution = ask().institution;
    let frame = Frame::gateway(
        texts,
        texts.frame.not_found,
        &institution,
        GatewayPlace::Nowhere,
    );
    let page = Page::of(&NowherePage { frame })?;
    Ok((StatusCode::NOT_FOUND, page).into_response())
}
