//! `/operator/health`: what a doctor finds, mirrors, the scrub, witnesses, what is under way, and whether writes are taken.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::account::guard::Signed;
use crate::frame::Frame;
use crate::machine::{Finding, Level, MirrorState, Restoring, ScrubState};
use crate::public::proof::{Proof, Witness};
use crate::{Console, Language, Page, Result, blocking, menu};

/// How a data centre is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Health {
    /// Why no deposits are taken, in the program's words; nothing while they are.
    pub(crate) read_only: Option<String>,
    /// What was looked at, the worst first.
    pub(crate) findings: Vec<Finding>,
    /// Where there are copies.
    pub(crate) mirrors: Vec<MirrorState>,
    /// Whether what is kept can be read.
    pub(crate) scrub: ScrubState,
    /// What is still fetched after a restore.
    pub(crate) restoring: Option<Restoring>,
    /// Who witnesses, and which epoch each saw last.
    pub(crate) witnesses: Vec<Witness>,
    /// Acts that wait for their answer.
    pub(crate) queued: u64,
}

impl Health {
    pub(crate) async fn read(console: &Arc<Console>, language: Language) -> Result<Self> {
        let proof = console.read(Proof::of).await?;
        let asked = console.clone();
        Ok(blocking(move || {
            let machine = &asked.machine;
            Self {
                read_only: asked.store.read_only(),
                findings: machine.findings(language),
                mirrors: machine.mirrors(),
                scrub: machine.scrub(),
                restoring: machine.restoring(),
                witnesses: proof.witnesses,
                queued: asked.store.figures().waiting(),
            }
        })
        .await)
    }

    /// How many findings are of that level.
    pub(crate) fn count(&self, level: Level) -> u64 {
        let found = self.findings.iter().filter(|one| one.level == level);
        found.count() as u64
    }
}

#[derive(Template)]
#[template(path = "operators/health.html")]
struct HealthPage {
    frame: Frame,
    health: Health,
}

impl HealthPage {
    /// What needs nobody is listed apart, in few words.
    fn good(&self) -> Vec<&Finding> {
        let all = self.health.findings.iter();
        all.filter(|one| one.level == Level::Good).collect()
    }

    fn other(&self) -> Vec<&Finding> {
        let all = self.health.findings.iter();
        all.filter(|one| one.level > Level::Good).collect()
    }

    fn mirror(&self, mirror: &MirrorState) -> String {
        let texts = self.frame.texts;
        match (&mirror.error, mirror.lag_entries) {
            (Some(why), _) => why.clone(),
            (None, Some(0)) if mirror.lacking == 0 => texts.health.mirror_whole.to_owned(),
            (None, Some(lag)) => (texts.health.mirror_lags)(lag, mirror.lacking),
            (None, None) => texts.health.mirror_elsewhere.to_owned(),
        }
    }

    fn mirror_class(&self, mirror: &MirrorState) -> &'static str {
        match (mirror.is_failing(), mirror.lag_entries) {
            (true, _) => "bad",
            (false, Some(_)) => "good",
            (false, None) => "warn",
        }
    }

    fn queued(&self) -> String {
        let texts = self.frame.texts;
        (texts.health.queued)(&texts.number(&self.health.queued))
    }

    fn mirroring(&self) -> String {
        (self.frame.texts.health.mirroring)(self.health.mirrors.len())
    }

    fn scrub_under_way(&self) -> Option<String> {
        let (texts, scrub) = (self.frame.texts, &self.health.scrub);
        (scrub.entries > 0).then(|| {
            let percent = scrub.entries_done.min(scrub.entries) * 100 / scrub.entries;
            (texts.health.scrub_at)(percent, scrub.entries, &texts.number(&scrub.entries))
        })
    }

    fn scrub_last(&self) -> Option<String> {
        let texts = self.frame.texts;
        let last = self.health.scrub.last.as_ref()?;
        let (contents, bytes) = (texts.number(&last.contents), texts.size(&last.bytes));
        Some((texts.health.scrub_told)(
            &texts.moment(&last.ended_s),
            &contents,
            &bytes,
            last.healed,
            last.damaged,
        ))
    }

    fn restoring(&self, restoring: &Restoring) -> String {
        let texts = self.frame.texts;
        let bytes = texts.size(&restoring.at_most_bytes);
        (texts.health.restoring_told)(&texts.number(&restoring.blobs), &bytes, &restoring.from)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let health = Health::read(&console, language).await?;
    let texts = language.texts();
    Page::of(&HealthPage {
        frame: menu::frame(texts, &session, "/operator/health", texts.health.title),
        health,
    })
}

/// The same for programs; what is found is told in the asker's language.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    language: Language,
) -> Result<Json<Health>> {
    Health::read(&console, language).await.map(Json)
}
