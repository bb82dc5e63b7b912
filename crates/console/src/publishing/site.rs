//! `/publishing`: an institution's sites; and one of them: its deploys, who signs, its alerts, what needs somebody.

use std::sync::Arc;

use amana_access::Operation;
use amana_ledger::digits;
use amana_sites::{Deploy, History, Publishers, Site};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use super::{Named, site_of};
use crate::account::me::seconds;
use crate::books::space::Space;
use crate::frame::Frame;
use crate::public::proof::Quorum;
use crate::public::sites::{Hosted, Serving};
use crate::query::Query;
use crate::{Console, Language, Page, Result, blocking};

/// Deploys on a page.
const PAGE: u32 = 25;
/// Alerts on a page; all of them stand in the ledger.
const MAX_ALERTS: u32 = 20;

/// The institution's sites.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Own {
    sites: Vec<Hosted>,
}

async fn own(console: &Arc<Console>, space: &Space) -> Result<Own> {
    let (console, institution) = (console.clone(), space.institution.to_string());
    blocking(move || {
        let sites = console.sites.of_institution(&institution)?;
        let hosted = sites.iter().map(|site| Hosted::of(&console, site));
        Ok(Own {
            sites: hosted.collect(),
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "publishing/list.html")]
struct ListPage {
    frame: Frame,
    space: Space,
    own: Own,
}

impl ListPage {
    fn told(&self, site: &Hosted) -> String {
        site.told(self.frame.texts)
    }
}

/// The list.
pub(crate) async fn list(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Page> {
    let own = own(&console, &space).await?;
    let texts = language.texts();
    Page::of(&ListPage {
        frame: space.frame(texts, "/publishing", texts.publishing.title),
        space,
        own,
    })
}

/// `GET /api/v1/publishing`
pub(super) async fn list_call(
    State(console): State<Arc<Console>>,
    space: Space,
) -> Result<Json<Own>> {
    own(&console, &space).await.map(Json)
}

/// A key that publishes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Publisher {
    /// Its name in the file of publishers.
    name: String,
    /// Its public half.
    key: String,
}

/// A deploy, as it was recorded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Line {
    number: u64,
    /// In seconds since 1970.
    since_s: u64,
    manifest: String,
    receipt: String,
    /// Names in the file of publishers, as far as the ledger is believed.
    signers: Vec<String>,
    /// Whether it is the one to be served.
    newest: bool,
    /// The name at which it is shown while it is kept.
    preview: String,
}

/// Content that wasn't what was signed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct AlertLine {
    /// The deploy.
    number: u64,
    /// In seconds since 1970.
    since_s: u64,
    receipt: String,
    /// What was found, in the words of the act.
    why: Option<String>,
    /// The application, where it is about one's programs.
    application: Option<String>,
}

/// A site, as its institution sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Whole {
    #[serde(flatten)]
    hosted: Hosted,
    /// The origin of its ledger, which statements name.
    ledger: String,
    /// The number that the next signed change has.
    next_number: u64,
    publishers: Vec<Publisher>,
    /// How many of them must sign, at least.
    quorum: Quorum,
    /// The newest first.
    deploys: Vec<Line>,
    /// The number before which the next page begins, if there is one.
    next: Option<u64>,
    /// The newest first.
    alerts: Vec<AlertLine>,
    /// Applications that aren't asked, since their programs aren't those that were signed.
    stopped: Vec<String>,
}

/// The number before which a page of deploys begins, and the change that was just taken.
#[derive(Deserialize, Default)]
pub(crate) struct Before {
    before: Option<u64>,
    done: Option<u64>,
}

async fn whole(
    console: &Arc<Console>,
    space: &Space,
    host: String,
    before: Option<u64>,
) -> Result<Whole> {
    let (console, institution) = (console.clone(), space.institution.to_string());
    blocking(move || {
        let site = site_of(&console, &institution, &host)?;
        let host = &site.place.host;
        let before = before.unwrap_or(u64::MAX);
        let mut deploys = console.sites.deploys_before(host, before, PAGE + 1)?;
        let more = deploys.len() > PAGE as usize;
        deploys.truncate(PAGE as usize);
        let next = deploys.last().map(|deploy| deploy.number);
        let (history, _) = console.sites.history(&site.place)?;
        let alerts = console.sites.alerts(host, MAX_ALERTS)?;
        let publishers = Publishers::parse(site.publishers.as_bytes())?;
        let ledger = site.place.ledger();
        Ok(Whole {
            hosted: Hosted::of(&console, &site),
            ledger: console.sites.origin(&site.place),
            next_number: site.number + 1,
            quorum: Quorum {
                needed: publishers.needed() as u64,
                of: publishers.all().len() as u64,
            },
            publishers: keys(&publishers),
            deploys: deploys
                .iter()
                .map(|deploy| line(&site, &history, deploy))
                .collect(),
            next: next.filter(|_| more),
            alerts: alerts
                .into_iter()
                .map(|alert| AlertLine {
                    number: alert.number,
                    since_s: seconds(alert.since_ms),
                    receipt: format!("{ledger}/{}", alert.index),
                    why: alert.why,
                    application: alert.application,
                })
                .collect(),
            stopped: console.machine.stopped(site.place.host.as_str()),
        })
    })
    .await
}

fn keys(publishers: &Publishers) -> Vec<Publisher> {
    let all = publishers.all().iter();
    all.map(|one| Publisher {
        name: String::from_utf8_lossy(&one.name).into_owned(),
        key: one.key.to_string(),
    })
    .collect()
}

fn line(site: &Site, history: &History, deploy: &Deploy) -> Line {
    let newest = site.live.as_ref();
    Line {
        number: deploy.number,
        since_s: seconds(deploy.since_ms),
        manifest: digits(&deploy.manifest),
        receipt: deploy.receipt(),
        signers: history.signers(deploy.number).to_vec(),
        newest: newest.is_some_and(|newest| newest.number == deploy.number),
        preview: format!("{}--{}", deploy.number, site.place.host),
    }
}

#[derive(Template)]
#[template(path = "publishing/site.html")]
struct SitePage {
    frame: Frame,
    space: Space,
    site: Whole,
    done: Option<u64>,
}

impl SitePage {
    fn may_manage(&self) -> bool {
        self.space.may(Operation::ManageSites)
    }

    fn told(&self) -> String {
        self.site.hosted.told(self.frame.texts)
    }

    fn needs(&self) -> Option<&'static str> {
        let words = &self.frame.texts.publishing;
        match self.site.hosted.serving {
            Serving::Newest => None,
            Serving::Unpublished => Some(words.needs_first),
            Serving::Older | Serving::Nothing => Some(words.needs_content),
        }
    }

    fn stopped(&self) -> Option<String> {
        let stopped = &self.site.stopped;
        let words = &self.frame.texts.publishing;
        (!stopped.is_empty()).then(|| (words.stopped)(&stopped.join(", ")))
    }

    fn quorum(&self) -> String {
        let texts = self.frame.texts;
        let Quorum { needed, of } = &self.site.quorum;
        (texts.publishing.must_sign)(*needed, &texts.number(needed), &texts.number(of))
    }

    fn done(&self) -> Option<String> {
        let texts = self.frame.texts;
        Some((texts.publishing.done)(&texts.number(&self.done?)))
    }

    /// The act of the change that was just taken, where it is on this page.
    fn done_receipt(&self) -> Option<&str> {
        let mut deploys = self.site.deploys.iter();
        let taken = deploys.find(|deploy| Some(deploy.number) == self.done)?;
        Some(&taken.receipt)
    }
}

/// One site.
pub(crate) async fn one(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
    Path(Named { host }): Path<Named>,
    Query(asked): Query<Before>,
) -> Result<Page> {
    let site = whole(&console, &space, host, asked.before).await?;
    let texts = language.texts();
    let mut frame = space.frame(texts, "/publishing", texts.publishing.title);
    frame.title = site.hosted.host.clone().into();
    Page::of(&SitePage {
        frame,
        space,
        site,
        done: asked.done,
    })
}

/// `GET /api/v1/publishing/{host}`
pub(super) async fn one_call(
    State(console): State<Arc<Console>>,
    space: Space,
    Path(Named { host }): Path<Named>,
    Query(asked): Query<Before>,
) -> Result<Json<Whole>> {
    let site = whole(&console, &space, host, asked.before);
    site.await.map(Json)
}
