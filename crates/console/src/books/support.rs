//! `/support`: the operator's staff in an institution's space, by its leave. Each page that is shown is first an entry
//! `support.use` in that institution's ledger.

use std::sync::Arc;

use amana_access::{InstitutionName, Operation, Session};
use askama::Template;
use axum::RequestPartsExt as _;
use axum::extract::{MatchedPath, Path, State};
use axum::routing::get;
use http::request::Parts;
use serde::Deserialize;

use super::{alerts, custodians, entry, journal, overview, usage};
use crate::account::Guarded;
use crate::account::guard::Signed;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result, menu, publishing};

/// Where this part begins.
pub(super) const BASE: &str = "/support/{institution}";
/// Institutions on the page.
const MAX_LISTED: usize = 1000;

/// Pages that staff may be let in to, each with what it is in the institution's space.
const PAGES: [(&str, Operation); 8] = [
    ("/support/{institution}/overview", Operation::ReadOverview),
    ("/support/{institution}/alerts", Operation::ReadAlerts),
    ("/support/{institution}/journal", Operation::ReadJournal),
    (
        "/support/{institution}/journal/{number}",
        Operation::ReadJournal,
    ),
    ("/support/{institution}/usage", Operation::ReadUsage),
    (
        "/support/{institution}/custodians",
        Operation::ReadCustodians,
    ),
    ("/support/{institution}/publishing", Operation::ReadSites),
    (
        "/support/{institution}/publishing/{host}",
        Operation::ReadSites,
    ),
];

/// The routes. That it is staff who asks is the guard's to see; that the institution consents, and that it learns of it,
/// [`come_in`]'s.
pub(super) fn guarded() -> Guarded {
    use Operation::ListInstitutions as Staff;
    let [
        overview,
        alerts,
        journal,
        entry,
        usage,
        custodians,
        sites,
        site,
    ] = PAGES.map(|(path, _)| path);
    Guarded::new()
        .route("/support", Staff, get(page))
        .route(overview, Staff, get(overview::page))
        .route(alerts, Staff, get(alerts::page))
        .route(journal, Staff, get(journal::page))
        .route(entry, Staff, get(entry::page))
        .route(usage, Staff, get(usage::page))
        .route(custodians, Staff, get(custodians::page))
        .route(sites, Staff, get(publishing::list))
        .route(site, Staff, get(publishing::one))
}

#[derive(Deserialize)]
struct Named {
    institution: String,
}

/// The institution whose space one of the staff comes into with this request, once that is recorded.
pub(super) async fn come_in(
    console: &Arc<Console>,
    session: &Session,
    parts: &mut Parts,
) -> Result<InstitutionName> {
    let path = parts.extensions.get::<MatchedPath>().cloned();
    let known = PAGES
        .iter()
        .find(|(page, _)| path.as_ref().is_some_and(|path| path.as_str() == *page));
    let operation = known.ok_or(Error::NotFound)?.1;
    let Path(Named { institution }) = parts.extract().await.map_err(|_| Error::NotFound)?;
    let institution: InstitutionName = institution.parse()?;
    console
        .access
        .use_support(session, &institution, operation)
        .await?;
    Ok(institution)
}

/// An institution that lets staff in.
struct Open {
    institution: String,
    until: String,
}

#[derive(Template)]
#[template(path = "books/support.html")]
struct SupportPage {
    frame: Frame,
    open: Vec<Open>,
}

impl SupportPage {
    /// The pages of an institution: where, and their names.
    fn pages(&self, open: &Open) -> Vec<(String, &'static str)> {
        let texts = self.frame.texts;
        let base = BASE.replace("{institution}", &open.institution);
        [
            ("overview", texts.books.overview),
            ("alerts", texts.alerts.title),
            ("journal", texts.journal.title),
            ("usage", texts.usage.title),
            ("custodians", texts.custodians.title),
            ("publishing", texts.publishing.title),
        ]
        .map(|(page, label)| (format!("{base}/{page}"), label))
        .into()
    }
}

/// The institutions that let staff in now.
async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let texts = language.texts();
    let open = console
        .ask(move |access| {
            let mut open = Vec::new();
            for institution in access.institutions()?.into_iter().take(MAX_LISTED) {
                let name: InstitutionName = institution.name.parse()?;
                if name.is_sandbox() {
                    continue;
                }
                if let Some(support) = access.support(&name)? {
                    let until_s = u64::try_from(support.until_ms / 1000).unwrap_or_default();
                    open.push(Open {
                        institution: institution.name,
                        until: texts.moment(&until_s),
                    });
                }
            }
            Ok(open)
        })
        .await?;
    Page::of(&SupportPage {
        frame: menu::frame(texts, &session, "/support", texts.support.title),
        open,
    })
}
