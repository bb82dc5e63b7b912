//! `/operator`: what needs the operator now, and where it stands.

use std::sync::Arc;

use amana_access::{Counted, Side};
use amana_store::LedgerInfo;
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::capacity::Disk;
use super::health::Health;
use crate::account::guard::Signed;
use crate::frame::Frame;
use crate::machine::Level;
use crate::texts::Texts;
use crate::{Console, Language, Page, Result, menu};

/// A disk that is full within so long is to be seen to.
const DAYS_AHEAD: u64 = 60;
const DAY_S: u64 = 86_400;

/// Something that waits for somebody of the operator's.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(crate) enum Need {
    /// No deposits are taken.
    ReadOnly {
        /// Why, in the program's words.
        why: String,
    },
    /// Little room is left.
    Disk {
        /// When it is full, as far as that can be told.
        full_s: Option<u64>,
    },
    /// What a scrub found and no copy could heal.
    Damaged {
        /// So much of it.
        count: u64,
    },
    /// A mirror isn't kept up, or lacks content.
    Mirror {
        /// Its name.
        name: String,
    },
    /// There is no mirror.
    NoMirror,
    /// Witnesses stopped coming.
    Witnesses {
        /// So many.
        count: u64,
    },
    /// A look at the machine found something.
    Findings {
        /// So many that are bad.
        bad: u64,
        /// And so many to be seen to.
        notices: u64,
    },
    /// Institutions wait for an answer.
    Messages {
        /// So many threads.
        count: u64,
    },
}

impl Need {
    fn told(&self, texts: &Texts) -> String {
        let words = &texts.operator;
        match self {
            Self::ReadOnly { why } => (words.need_read_only)(why),
            Self::Disk { full_s: None } => words.need_disk.to_owned(),
            Self::Disk {
                full_s: Some(full_s),
            } => (words.need_disk_by)(&texts.day(full_s)),
            Self::Damaged { count } => (words.need_damaged)(*count),
            Self::Mirror { name } => (words.need_mirror)(name),
            Self::NoMirror => words.need_no_mirror.to_owned(),
            Self::Witnesses { count } => (words.need_witnesses)(*count),
            Self::Findings { bad, notices } => (words.need_findings)(*bad, *notices),
            Self::Messages { count } => (words.need_messages)(*count),
        }
    }

    fn href(&self) -> &'static str {
        match self {
            Self::Disk { .. } => "/operator/capacity",
            Self::Messages { .. } => "/operator/messages",
            _ => "/operator/health",
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::ReadOnly { .. } | Self::Damaged { .. } | Self::Mirror { .. } => "bad",
            Self::Findings { bad: 1.., .. } => "bad",
            _ => "warn",
        }
    }
}

/// Where the data centre stands, to its operator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Overview {
    /// Institutions.
    #[serde(flatten)]
    pub(crate) counted: Counted,
    /// Acts in all ledgers but the national log.
    pub(crate) acts: u64,
    /// Room on the disk, in bytes.
    pub(crate) free_bytes: u64,
    /// Size of the disk.
    pub(crate) size_bytes: u64,
    /// Threads that wait for an answer.
    pub(crate) awaiting: u64,
    /// What waits for somebody, the worst first.
    pub(crate) needs: Vec<Need>,
}

impl Overview {
    pub(crate) async fn read(console: &Arc<Console>, language: Language) -> Result<Self> {
        let health = Health::read(console, language).await?;
        let disk = Disk::read(console).await;
        let (_, acts) = console
            .read(|_, rows| Ok(LedgerInfo::totals(rows)?))
            .await?;
        let (counted, awaiting) = console
            .ask(|access| {
                let awaiting = access.awaiting(None, Side::Operator)?;
                Ok((access.count_institutions()?, awaiting))
            })
            .await?;
        let now_s = console.store.now_ms().cast_unsigned() / 1000;
        Ok(Self {
            counted,
            acts,
            free_bytes: disk.capacity.free_bytes,
            size_bytes: disk.capacity.size_bytes,
            awaiting,
            needs: needs(&health, &disk, awaiting, now_s),
        })
    }
}

fn needs(health: &Health, disk: &Disk, awaiting: u64, now_s: u64) -> Vec<Need> {
    let mut needs = Vec::new();
    if let Some(why) = &health.read_only {
        needs.push(Need::ReadOnly { why: why.clone() });
    }
    let damaged = health.scrub.last.as_ref().map_or(0, |last| last.damaged);
    if damaged > 0 {
        needs.push(Need::Damaged { count: damaged });
    }
    let failing = health.mirrors.iter().filter(|mirror| mirror.is_failing());
    needs.extend(failing.map(|mirror| Need::Mirror {
        name: mirror.name.clone(),
    }));
    let full_s = disk.forecast.as_ref().and_then(|found| found.full_s);
    let soon = full_s.is_some_and(|full_s| full_s < now_s + DAYS_AHEAD * DAY_S);
    if disk.level > Level::Good || soon {
        needs.push(Need::Disk { full_s });
    }
    let silent = health.witnesses.iter().filter(|one| !one.present);
    match silent.count() as u64 {
        0 => {}
        count => needs.push(Need::Witnesses { count }),
    }
    let (bad, notices) = (health.count(Level::Bad), health.count(Level::Notice));
    if bad + notices > 0 {
        needs.push(Need::Findings { bad, notices });
    }
    if health.mirrors.is_empty() {
        needs.push(Need::NoMirror);
    }
    if awaiting > 0 {
        needs.push(Need::Messages { count: awaiting });
    }
    needs
}

#[derive(Template)]
#[template(path = "operators/overview.html")]
struct OverviewPage {
    frame: Frame,
    overview: Overview,
}

impl OverviewPage {
    fn institutions(&self) -> String {
        let counted = &self.overview.counted;
        let told = self.frame.texts.number(&counted.institutions);
        (self.frame.texts.operator.institutions_told)(&told, counted.suspended)
    }

    fn free(&self) -> String {
        let (texts, overview) = (self.frame.texts, &self.overview);
        let percent = overview.free_bytes.saturating_mul(100) / overview.size_bytes.max(1);
        let (free, size) = (
            texts.size(&overview.free_bytes),
            texts.size(&overview.size_bytes),
        );
        (texts.capacity.free_of)(&free, &size, percent)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let overview = Overview::read(&console, language).await?;
    let texts = language.texts();
    Page::of(&OverviewPage {
        frame: menu::frame(texts, &session, "/operator", texts.operator.overview),
        overview,
    })
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    language: Language,
) -> Result<Json<Overview>> {
    Overview::read(&console, language).await.map(Json)
}
