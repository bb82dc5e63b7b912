//! `/`: what this data centre is, in one page, with what it can't promise.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use serde::Serialize;

use super::proof::{Proof, Quorum};
use crate::frame::{Frame, Place};
use crate::{Console, Language, Page, Result};

/// What this data centre says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Centre {
    /// Its name, the first part of every origin.
    pub name: String,
    /// Version of the program that runs it.
    pub version: &'static str,
    /// Ledgers beside the national log.
    pub ledgers: u64,
    /// Acts in those ledgers.
    pub acts: u64,
    /// How many witnesses it takes; nothing under a policy that asks for none.
    pub quorum: Option<Quorum>,
    /// When the quorum last stood, by the witnesses' clocks, in seconds since 1970.
    pub witnessed_s: Option<u64>,
    /// Whether a quorum vouches for it and nothing stands against it.
    pub sound: bool,
    /// SHA-256 of the trust policy that is served, in hexadecimal.
    pub policy_sha256: String,
}

impl From<&Proof> for Centre {
    fn from(proof: &Proof) -> Self {
        Self {
            name: proof.centre.clone(),
            version: env!("CARGO_PKG_VERSION"),
            ledgers: proof.ledgers,
            acts: proof.acts,
            quorum: proof.quorum.clone(),
            witnessed_s: proof.witnessed.as_ref().map(|witnessed| witnessed.stood_s),
            sound: proof.is_sound(),
            policy_sha256: proof.policy_sha256.clone(),
        }
    }
}

#[derive(Template)]
#[template(path = "public/centre.html")]
struct CentrePage {
    frame: Frame,
    centre: Centre,
    now_s: u64,
}

impl CentrePage {
    fn state(&self) -> String {
        let (texts, centre) = (self.frame.texts, &self.centre);
        match (&centre.quorum, centre.witnessed_s) {
            (Some(quorum), Some(stood_s)) if centre.sound => {
                let ago = texts.ago(&self.now_s.saturating_sub(stood_s));
                let (needed, of) = (texts.number(&quorum.needed), texts.number(&quorum.of));
                (texts.centre.witnessed)(&needed, &of, &ago)
            }
            (Some(_), Some(_)) => texts.centre.troubled.to_owned(),
            _ => texts.centre.unwitnessed.to_owned(),
        }
    }

    fn holds(&self) -> String {
        let (texts, centre) = (self.frame.texts, &self.centre);
        let (ledgers, acts) = (texts.number(&centre.ledgers), texts.number(&centre.acts));
        (texts.centre.holds)(centre.ledgers, &ledgers, &acts)
    }
}

/// The page.
pub(crate) async fn page(State(console): State<Arc<Console>>, language: Language) -> Result<Page> {
    let proof = console.read(Proof::of).await?;
    let (texts, centre) = (language.texts(), Centre::from(&proof));
    let frame = Frame::public(texts, texts.centre.title, &centre.name, Place::Centre);
    let now_s = proof.now_s;
    Page::of(&CentrePage {
        frame,
        centre,
        now_s,
    })
}
