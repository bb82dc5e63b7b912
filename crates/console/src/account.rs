//! Signing in, and what officials do with accounts: their own passkeys and sessions, their colleagues, what takes two.
//!
//! Every route for who is signed in stands in [`Guarded`] beside the [`Operation`](amana_access::Operation) that it is, so
//! that no page forgets to ask. Forms carry a token that only their page knew; cookies don't travel with what another site
//! asks. Who isn't signed in is led to the way in, and from there to the page that was asked for ([`onward`]).

mod cookies;
mod enrol;
pub(crate) mod form;
pub(crate) mod guard;
pub(crate) mod link;
pub(crate) mod me;
mod officials;
pub(crate) mod onward;
pub(crate) mod proposals;
mod provider;
mod sign_in;

use std::sync::Arc;

use amana_access::Operation;
use axum::Router;
use axum::routing::{delete, get, post, put};
use http::Method;

use crate::Console;
use crate::frame::{Frame, MenuItem};
use crate::texts::Texts;

pub use guard::Guard;
pub(crate) use guard::{Guarded, known};

/// The longest form, in bytes: an attestation is the longest field.
pub(crate) const MAX_FORM_BYTES: usize = 64 * 1024;

/// The routes for who isn't signed in yet.
pub(crate) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route("/account/sign-in", get(sign_in::page))
        .route("/account/sign-in/passkey", post(sign_in::by_passkey))
        .route("/account/sign-in/password", post(sign_in::by_password))
        .route("/account/sign-in/provider", post(provider::to_sign_in))
        .route("/account/provider/back", get(provider::back))
        .route("/account/provider/arrived", get(provider::arrived))
        .route("/account/enrol", get(enrol::page))
        .route("/account/enrol/provider", post(provider::to_enrol))
        .route("/account/enrol/passkey", post(enrol::by_passkey))
        .route("/account/enrol/password", post(enrol::by_password))
}

/// The routes for who is signed in, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{AllowSupport, Approve, InviteOfficials, OwnAccount, Propose, ReadOfficials};
    Guarded::new()
        .route("/account", OwnAccount, get(me::page))
        .verbs(
            "/api/v1/session",
            [(Method::GET, OwnAccount), (Method::DELETE, OwnAccount)],
            get(me::session).delete(me::end_this),
        )
        .route("/account/sign-out", OwnAccount, post(me::sign_out))
        .route(
            "/account/sessions/{number}/end",
            OwnAccount,
            post(me::end_session),
        )
        .route("/account/credentials", OwnAccount, get(me::adding))
        .route(
            "/account/credentials/passkey",
            OwnAccount,
            post(me::add_passkey),
        )
        .route(
            "/account/credentials/password",
            OwnAccount,
            post(me::set_password),
        )
        .route(
            "/account/credentials/provider",
            OwnAccount,
            post(provider::to_bind),
        )
        .route(
            "/account/credentials/{number}/remove",
            OwnAccount,
            post(me::remove),
        )
        .route("/account/officials", ReadOfficials, get(officials::page))
        .route(
            "/account/officials/name",
            InviteOfficials,
            post(officials::name),
        )
        .route(
            "/account/officials/{number}/invite",
            InviteOfficials,
            post(officials::invite),
        )
        .route(
            "/account/officials/appoint",
            Propose,
            post(proposals::appoint),
        )
        .route(
            "/account/officials/{number}/recover",
            Propose,
            post(proposals::recover),
        )
        .route(
            "/account/officials/{number}/remove",
            Propose,
            post(proposals::remove),
        )
        .route("/account/officials/leave", Propose, post(proposals::leave))
        .route(
            "/account/officials/custodians",
            Propose,
            post(proposals::custodians),
        )
        .route(
            "/account/proposals/{number}/approve",
            Approve,
            post(proposals::approve),
        )
        .route(
            "/account/proposals/{number}/end",
            Approve,
            post(proposals::end),
        )
        .route("/account/support", AllowSupport, post(officials::support))
        .merge(calls())
}

/// The same for programs. What adds a passkey or a password is a ceremony between a page, a person and a device, and is on pages alone.
fn calls() -> Guarded {
    use Operation::{
        AllowSupport, Approve, InviteOfficials, OwnAccount, Propose, ReadOfficials, ReadProposals,
    };
    Guarded::new()
        .verbs("/api/v1/account", [(Method::GET, OwnAccount)], get(me::api))
        .verbs(
            "/api/v1/account/sessions/{number}",
            [(Method::DELETE, OwnAccount)],
            delete(me::end_session),
        )
        .verbs(
            "/api/v1/account/credentials/{number}",
            [(Method::DELETE, OwnAccount)],
            delete(me::remove),
        )
        .verbs(
            "/api/v1/officials",
            [
                (Method::GET, ReadOfficials),
                (Method::POST, InviteOfficials),
            ],
            get(officials::api).post(officials::name),
        )
        .verbs(
            "/api/v1/officials/{number}/invite",
            [(Method::POST, InviteOfficials)],
            post(officials::invite),
        )
        .verbs(
            "/api/v1/proposals",
            [(Method::GET, ReadProposals), (Method::POST, Propose)],
            get(proposals::list).post(proposals::call),
        )
        .verbs(
            "/api/v1/proposals/{number}/approve",
            [(Method::POST, Approve)],
            post(proposals::approve),
        )
        .verbs(
            "/api/v1/proposals/{number}/end",
            [(Method::POST, Approve)],
            post(proposals::end),
        )
        .verbs(
            "/api/v1/support",
            [(Method::PUT, AllowSupport)],
            put(officials::support),
        )
}

/// The frame of a page for who isn't signed in yet.
fn frame(texts: &'static Texts, title: &'static str, owner: &str) -> Frame {
    let words = &texts.account;
    let item = |href, label| MenuItem {
        href,
        label,
        current: label == title,
    };
    Frame {
        texts,
        title: title.into(),
        owner: owner.to_owned(),
        menu: vec![
            item("/", texts.frame.centre),
            item("/account/sign-in", words.sign_in),
        ],
        foot: Vec::new(),
        note: None,
    }
}
