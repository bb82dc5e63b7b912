//! `/alerts`: what is wrong, and what was: since when, what it means, what to do.

use std::collections::BTreeSet;
use std::sync::Arc;

use amana_store::{EntryId, LedgerInfo, Reader, entries};
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::line::{BucketNames, Line};
use super::names::Names;
use super::overview::WAITED_S;
use super::site_alerts;
use super::space::Space;
use super::standing::Standing;
use super::tally::Tally;
use super::usage::Limited;
use crate::frame::Frame;
use crate::public::proof::{Anomaly, Proof};
use crate::{Console, Error, Language, Page, Result};

/// Past alerts on the page, the newest.
const MAX_PAST: usize = 100;
/// From so much of the quota on it is said.
const NEARLY_FULL_PERCENT: u64 = 80;
/// Wrong passwords within an hour that are more than a person's mistakes.
const BURST: u64 = 5;
const HOUR_S: u64 = 60 * 60;
/// A burst is of now for a day.
const BURST_NOW_S: u64 = 24 * HOUR_S;

/// What an alert is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// Somebody showed another past, or more of it, than is here.
    Forked,
    /// No deposits are taken.
    ReadOnly,
    /// Content is damaged, and no copy heals it.
    Damaged,
    /// A site, or an application behind it, isn't what was signed.
    Site,
    /// Witnesses are silent or late.
    Witnesses,
    /// The quota is nearly used up.
    Quota,
    /// Many wrong passwords.
    SignIns,
    /// The operator's staff was let in, or came in.
    Support,
    /// The institution was suspended, or resumed.
    Suspended,
    /// Damaged content was found, and healed.
    Healed,
    /// Keys of software were made or revoked.
    Keys,
    /// Officials, or who acts for the institution, changed.
    People,
    /// Who must witness the ledger changed.
    Quorum,
    /// Bodies of acts were erased, or a retention ended.
    Ended,
}

impl Code {
    /// All of them, the worst first.
    pub const ALL: [Self; 14] = [
        Self::Forked,
        Self::ReadOnly,
        Self::Damaged,
        Self::Site,
        Self::Witnesses,
        Self::Quota,
        Self::SignIns,
        Self::Support,
        Self::Suspended,
        Self::Healed,
        Self::Keys,
        Self::People,
        Self::Quorum,
        Self::Ended,
    ];

    fn of_anomaly(anomaly: &Anomaly) -> Self {
        match anomaly {
            Anomaly::Forked { .. } | Anomaly::Behind { .. } => Self::Forked,
            Anomaly::ReadOnly { .. } => Self::ReadOnly,
            _ => Self::Witnesses,
        }
    }

    /// Of an entry; nothing for what no alert is about.
    fn of_line(line: &Line) -> Option<Self> {
        let (noun, verb) = line.kind.split_once('.').unwrap_or((&line.kind, ""));
        Some(match (noun, verb) {
            ("scrub", _) if line.facts.count.unwrap_or_default() > 0 => Self::Damaged,
            ("scrub", _) | ("content", "heal") => Self::Healed,
            ("support", _) => Self::Support,
            ("institution", "suspend" | "resume") => Self::Suspended,
            ("access-key", _) => Self::Keys,
            ("official", "add" | "remove") | ("proposal", "approve") | ("keyring", _) => {
                Self::People
            }
            ("ledger", "quorum") => Self::Quorum,
            ("institution", "quota") => Self::Quota,
            ("body", "erase") | ("object", "release") => Self::Ended,
            _ => return None,
        })
    }

    /// Whether it is wrong, and not only worth knowing.
    #[must_use]
    pub fn is_bad(self) -> bool {
        matches!(
            self,
            Self::Forked | Self::ReadOnly | Self::Damaged | Self::Site
        )
    }
}

/// What there is to say of one alert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "from", rename_all = "kebab-case")]
pub enum Told {
    /// The state of the proof, which everybody sees.
    Proof {
        /// What stands against it.
        anomaly: Anomaly,
    },
    /// Entries that wait for witnesses for long.
    Late {
        /// How many.
        entries: u64,
    },
    /// How much of the quota is used.
    Quota {
        /// In percent.
        percent: u64,
    },
    /// Wrong passwords within an hour.
    Tries {
        /// For which official.
        official: u64,
        /// How many.
        count: u64,
    },
    /// The operator's staff may come in.
    LetIn {
        /// Until when, in seconds since 1970.
        until_s: u64,
    },
    /// The public ledger of sites says it.
    Site {
        /// The site.
        host: String,
        /// The deploy that it is about.
        number: u64,
        /// The application whose programs it is about; nothing where it is about content.
        application: Option<String>,
        /// The entry's index in the institution's ledger of sites.
        entry: u64,
        /// What was found, in the words of the act.
        why: Option<String>,
    },
    /// An entry says it.
    Entry {
        /// Its line.
        line: Box<Line>,
    },
}

/// An alert.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Alert {
    /// What it is about.
    pub code: Code,
    /// Since when, in seconds since 1970; nothing where nobody knows.
    pub since_s: Option<u64>,
    /// What there is to say.
    pub told: Told,
}

/// The alerts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Alerts {
    /// What is wrong now, the worst first.
    pub now: Vec<Alert>,
    /// What was, the newest first, a hundred at most.
    pub past: Vec<Alert>,
    /// From when on the past is told, in seconds since 1970; 0 is the ledger's beginning.
    pub since_s: u64,
}

fn seconds(time_ms: i64) -> u64 {
    u64::try_from(time_ms / 1000).unwrap_or_default()
}

pub(super) async fn read(console: &Arc<Console>, space: &Space) -> Result<Alerts> {
    let tally = space.tally(console).await?;
    let institution = space.institution.clone();
    let support = console
        .ask(move |access| Ok(access.support(&institution)?))
        .await?;
    let (sites_now, sites_past) = site_alerts::read(console, space).await?;
    let ledger = space.ledger();
    let let_in = support.map(|support| Alert {
        code: Code::Support,
        since_s: Some(seconds(support.since_ms)),
        told: Told::LetIn {
            until_s: seconds(support.until_ms),
        },
    });
    console
        .read(move |console, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            let mut alerts = now(console, rows, &info, &tally)?;
            alerts.extend(let_in);
            alerts.extend(sites_now);
            alerts.sort_by_key(|alert| alert.code);
            let mut past = past(rows, &info, &tally, console.store.now_ms())?;
            past.extend(sites_past);
            past.sort_by_key(|alert| std::cmp::Reverse(alert.since_s));
            past.truncate(MAX_PAST);
            Ok(Alerts {
                now: alerts,
                past,
                since_s: seconds(tally.since_ms()),
            })
        })
        .await
}

fn now(
    console: &Console,
    rows: &Reader<'_>,
    info: &LedgerInfo,
    tally: &Tally,
) -> Result<Vec<Alert>> {
    let now_s = seconds(console.store.now_ms());
    let proof = Proof::of(console, rows)?;
    let mut alerts: Vec<_> = proof
        .anomalies
        .into_iter()
        .map(|anomaly| Alert {
            code: Code::of_anomaly(&anomaly),
            since_s: None,
            told: Told::Proof { anomaly },
        })
        .collect();
    let standing = Standing::of(console, rows, info)?;
    let late = standing.waiting_since_s;
    if let Some(since_s) = late.filter(|since_s| now_s.saturating_sub(*since_s) > WAITED_S) {
        let entries = standing.recorded - standing.witnessed.unwrap_or_default();
        alerts.push(Alert {
            code: Code::Witnesses,
            since_s: Some(since_s),
            told: Told::Late { entries },
        });
    }
    // What the last pass left damaged is so until another pass says otherwise.
    if let Some((index, _)) = tally.newest("scrub.pass")
        && let Some(alert) = of_entry(rows, info, index, &mut BucketNames::default())?
        && alert.code == Code::Damaged
    {
        alerts.push(alert);
    }
    let quota = Limited::of(rows, info.id)?;
    if let Some(quota) = quota.filter(|quota| quota.percent >= NEARLY_FULL_PERCENT) {
        let percent = quota.percent;
        alerts.push(Alert {
            code: Code::Quota,
            since_s: None,
            told: Told::Quota { percent },
        });
    }
    let fresh = |alert: &Alert| {
        alert
            .since_s
            .is_some_and(|since_s| now_s.saturating_sub(since_s) < BURST_NOW_S)
    };
    alerts.extend(bursts(tally).into_iter().filter(fresh));
    Ok(alerts)
}

/// Hours in which more passwords were tried than sessions opened, by far.
fn bursts(tally: &Tally) -> Vec<Alert> {
    let wrong = tally
        .tries
        .iter()
        .filter_map(|((official, hour), (tried, opened))| {
            let count = tried.saturating_sub(*opened);
            let since_s = hour.unsigned_abs() * HOUR_S;
            (count >= BURST).then_some(Alert {
                code: Code::SignIns,
                since_s: Some(since_s),
                told: Told::Tries {
                    official: *official,
                    count,
                },
            })
        });
    wrong.collect()
}

fn of_entry(
    rows: &Reader<'_>,
    info: &LedgerInfo,
    index: u64,
    buckets: &mut BucketNames,
) -> Result<Option<Alert>> {
    let id = EntryId::new(info.id, index).ok_or(Error::NotFound)?;
    let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
    let line = Line::of(rows, &entry, buckets)?;
    Ok(Code::of_line(&line).map(|code| Alert {
        code,
        since_s: Some(line.at_s()),
        told: Told::Entry {
            line: Box::new(line),
        },
    }))
}

fn past(rows: &Reader<'_>, info: &LedgerInfo, tally: &Tally, now_ms: i64) -> Result<Vec<Alert>> {
    let (mut alerts, mut buckets) = (Vec::new(), BucketNames::default());
    for index in tally.notes.keys().rev() {
        alerts.extend(of_entry(rows, info, *index, &mut buckets)?);
        if alerts.len() == MAX_PAST {
            break;
        }
    }
    let now_s = seconds(now_ms);
    let over = |alert: &Alert| {
        alert
            .since_s
            .is_some_and(|since_s| now_s.saturating_sub(since_s) >= BURST_NOW_S)
    };
    alerts.extend(bursts(tally).into_iter().filter(over));
    Ok(alerts)
}

#[derive(Template)]
#[template(path = "books/alerts.html")]
struct AlertsPage {
    frame: Frame,
    space: Space,
    alerts: Alerts,
    names: Names,
}

impl AlertsPage {
    fn what(&self, alert: &Alert) -> String {
        let texts = self.frame.texts;
        let words = &texts.alerts;
        match &alert.told {
            Told::Proof { anomaly } => anomaly.told(texts),
            Told::Late { entries } => (words.late)(&texts.number(entries)),
            Told::Tries { official, count } => {
                (words.tries)(&self.names.person(*official), &texts.number(count))
            }
            Told::Quota { percent } => (words.quota)(*percent),
            Told::LetIn { until_s } => (words.let_in)(&texts.moment(until_s)),
            Told::Site {
                host,
                number,
                application,
                ..
            } => (words.site)(host, &texts.number(number), application.as_deref()),
            Told::Entry { line } => {
                let (who, did) = (self.names.who(texts, &line.by), self.names.did(texts, line));
                format!("{who} {did}")
            }
        }
    }

    /// The entry that says so, for who may read it.
    fn entry(&self, alert: &Alert) -> Option<u64> {
        let Told::Entry { line } = &alert.told else {
            return None;
        };
        let reads = self.space.may(amana_access::Operation::ReadJournal);
        reads.then_some(line.index)
    }

    /// The site that it is about, for who may read its page.
    fn site<'a>(&self, alert: &'a Alert) -> Option<&'a str> {
        let Told::Site { host, .. } = &alert.told else {
            return None;
        };
        let reads = self.space.may(amana_access::Operation::ReadSites);
        reads.then_some(host)
    }

    /// What a program found, in its words.
    fn why<'a>(&self, alert: &'a Alert) -> Option<&'a str> {
        match &alert.told {
            Told::Site { why, .. } => why.as_deref(),
            _ => None,
        }
    }

    fn title(&self, code: &Code) -> &'static str {
        (self.frame.texts.alerts.about)(*code)[0]
    }

    fn means(&self, code: &Code) -> &'static str {
        (self.frame.texts.alerts.about)(*code)[1]
    }

    fn to_do(&self, code: &Code) -> &'static str {
        (self.frame.texts.alerts.about)(*code)[2]
    }

    /// The same for one alert: where no witness is asked for, none is absent.
    fn to_do_now(&self, alert: &Alert) -> &'static str {
        match &alert.told {
            Told::Proof {
                anomaly: Anomaly::NoQuorum,
            } => self.frame.texts.alerts.name_witnesses,
            _ => self.to_do(&alert.code),
        }
    }

    /// What the past alerts of this page are about, the worst first.
    fn codes(&self) -> Vec<Code> {
        let codes: BTreeSet<_> = self.alerts.past.iter().map(|alert| alert.code).collect();
        codes.into_iter().collect()
    }

    /// From when on the past is told, unless from the beginning.
    fn since(&self) -> Option<String> {
        let since_s = self.alerts.since_s;
        (since_s > 0).then(|| self.frame.texts.moment(&since_s))
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Page> {
    let alerts = read(&console, &space).await?;
    let names = space.names(&console).await?;
    let texts = language.texts();
    Page::of(&AlertsPage {
        frame: space.frame(texts, "/alerts", texts.alerts.title),
        space,
        alerts,
        names,
    })
}

/// The same for programs.
pub(super) async fn api(State(console): State<Arc<Console>>, space: Space) -> Result<Json<Alerts>> {
    read(&console, &space).await.map(Json)
}
