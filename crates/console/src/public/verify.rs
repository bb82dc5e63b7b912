//! `/verify`: a receipt is verified in the browser, and nothing is sent; with how to do it without us.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;

use super::formats;
use crate::frame::{Frame, Place};
use crate::{Asset, Console, Language, Page, Result};

/// What a receipt, or a policy, can be refused for or fall short of (`docs/formats/receipt.md`).
pub const CODES: [&str; 33] = [
    "body-mismatch",
    "row-signature",
    "name-mismatch",
    "origin-mismatch",
    "ledger-signature",
    "leaf-not-included",
    "genesis-mismatch",
    "ledger-cosignature",
    "row-not-registered",
    "slot-mismatch",
    "national-origin-mismatch",
    "national-signature",
    "epoch-not-included",
    "national-genesis-mismatch",
    "national-cosignature",
    "policy-without-quorum",
    "row-without-quorum",
    "row-witness-unlisted",
    "ledger-quorum-not-met",
    "no-epoch",
    "national-quorum-not-met",
    "malformed-receipt",
    "malformed-policy",
    "malformed-note",
    "malformed-vkey",
    "malformed-hash",
    "malformed-checkpoint",
    "malformed-cosignature",
    "malformed-tlog-proof",
    "malformed-registry-row",
    "malformed-epoch",
    "too-large",
    "unreachable",
];

#[derive(Template)]
#[template(path = "public/verify.html")]
struct VerifyPage {
    frame: Frame,
}

impl VerifyPage {
    fn script(&self) -> &'static str {
        Asset::Verify.path()
    }

    fn verifier(&self) -> &'static str {
        Asset::Receipt.path()
    }

    fn formats(&self) -> impl Iterator<Item = &'static str> {
        formats::NAMES.iter().copied()
    }

    /// Every code with its sentence.
    fn codes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let texts = self.frame.texts;
        CODES
            .iter()
            .filter_map(|code| Some((*code, (texts.refusal)(code)?)))
    }
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let texts = language.texts();
    let frame = Frame::public(texts, texts.verify.title, &console.centre, Place::Verify);
    Page::of(&VerifyPage { frame })
}
