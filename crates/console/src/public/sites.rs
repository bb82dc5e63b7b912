//! `/sites`: the sites hosted here and their state, to everybody.

use std::sync::Arc;

use amana_sites::Site;
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::account::me::seconds;
use crate::frame::{Frame, Place};
use crate::query::Query;
use crate::texts::Texts;
use crate::{Console, Language, Page, Result, blocking};

/// Sites on a page.
const PAGE: u32 = 100;

/// The name after which a page begins.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct After {
    after: String,
}

/// What visitors of a site get, beside what its publishers signed last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Serving {
    /// Nothing was published yet.
    Unpublished,
    /// The newest deploy.
    Newest,
    /// An older one: the newest was found damaged, or is just being loaded.
    Older,
    /// Nothing: no deploy that is kept is right.
    Nothing,
}

impl Serving {
    fn of(newest: Option<u64>, served: Option<u64>) -> Self {
        match (newest, served) {
            (None, _) => Self::Unpublished,
            (Some(newest), Some(served)) if newest == served => Self::Newest,
            (Some(_), Some(_)) => Self::Older,
            (Some(_), None) => Self::Nothing,
        }
    }

    /// Its class in the stylesheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Newest => "good",
            Self::Unpublished | Self::Older => "warn",
            Self::Nothing => "bad",
        }
    }
}

/// The deploy that a site's publishers signed last.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Deployed {
    pub(crate) number: u64,
    /// Since when, in seconds since 1970.
    pub(crate) since_s: u64,
    /// SHA-256 of its manifest.
    pub(crate) manifest: String,
    /// `<ledger>/<index>` of its act.
    pub(crate) receipt: String,
}

/// A site, as everybody may know it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Hosted {
    pub(crate) host: String,
    pub(crate) institution: String,
    /// What is to be served; nothing before the first deploy.
    pub(crate) deploy: Option<Deployed>,
    /// The number of the deploy that visitors get now.
    pub(crate) served: Option<u64>,
    pub(crate) serving: Serving,
}

impl Hosted {
    pub(crate) fn of(console: &Console, site: &Site) -> Self {
        let host = site.place.host.as_str();
        let served = console.machine.served(host);
        let deploy = site.live.as_ref().map(|live| Deployed {
            number: live.number,
            since_s: seconds(live.since_ms),
            manifest: amana_ledger::digits(&live.manifest),
            receipt: live.receipt(),
        });
        Self {
            host: host.to_owned(),
            institution: site.place.institution.clone(),
            serving: Serving::of(deploy.as_ref().map(|deploy| deploy.number), served),
            deploy,
            served,
        }
    }

    /// What visitors get, in a sentence.
    pub(crate) fn told(&self, texts: &Texts) -> String {
        let words = &texts.publishing;
        match (self.serving, self.served) {
            (Serving::Older, Some(served)) => (words.older)(&texts.number(&served)),
            (Serving::Unpublished, _) => words.unpublished.to_owned(),
            (Serving::Newest, _) => words.newest.to_owned(),
            _ => words.nothing.to_owned(),
        }
    }
}

/// A page of them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Listed {
    /// In the order of names.
    sites: Vec<Hosted>,
    /// The name after which the next page begins, if there is one.
    next: Option<String>,
}

impl Listed {
    async fn read(console: &Arc<Console>, after: After) -> Result<Self> {
        let console = console.clone();
        blocking(move || {
            let mut found = console.sites.page(&after.after, PAGE + 1)?;
            let more = found.len() > PAGE as usize;
            found.truncate(PAGE as usize);
            let sites: Vec<_> = found
                .iter()
                .map(|site| Hosted::of(&console, site))
                .collect();
            let last = sites.last().map(|site| site.host.clone());
            Ok(Self {
                sites,
                next: last.filter(|_| more),
            })
        })
        .await
    }
}

#[derive(Template)]
#[template(path = "public/sites.html")]
struct SitesPage {
    frame: Frame,
    listed: Listed,
}

impl SitesPage {
    fn told(&self, site: &Hosted) -> String {
        site.told(self.frame.texts)
    }
}

/// The page.
pub(crate) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Query(after): Query<After>,
) -> Result<Page> {
    let listed = Listed::read(&console, after).await?;
    let texts = language.texts();
    let title = texts.publishing.hosted;
    let frame = Frame::public(texts, title, &console.centre, Place::Sites);
    Page::of(&SitesPage { frame, listed })
}

/// The same for programs.
pub(crate) async fn api(
    State(console): State<Arc<Console>>,
    Query(after): Query<After>,
) -> Result<Json<Listed>> {
    Listed::read(&console, after).await.map(Json)
}

#[cfg(test)]
mod tests {
    use super::Serving;

    #[test]
    fn what_is_served_is_held_against_what_was_signed_last() {
        assert_eq!(Serving::of(None, None), Serving::Unpublished);
        assert_eq!(Serving::of(Some(2), Some(2)), Serving::Newest);
        assert_eq!(Serving::of(Some(2), Some(1)), Serving::Older);
        assert_eq!(Serving::of(Some(2), None), Serving::Nothing);
    }
}
