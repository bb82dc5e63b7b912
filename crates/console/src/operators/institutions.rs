//! `/operator/institutions`: which there are, looked for by name and cut into pages, and one more.

use std::sync::Arc;

use amana_access::{Counted, Listed, Operation, Session};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::{Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::account::guard::Signed;
use crate::api::{Asked, Named};
use crate::frame::Frame;
use crate::query::{Denied, Query, Unfit, Why, repeated};
use crate::{Console, Language, Page, Result, menu};

/// Institutions on a page.
const PAGE: u32 = 50;

/// What is looked for, and where the page begins.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Looked {
    q: String,
    after: String,
}

/// A page of institutions.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Institutions {
    /// How many there are in all.
    #[serde(flatten)]
    pub(crate) counted: Counted,
    /// Those of this page.
    pub(crate) listed: Vec<Listed>,
    /// The name after which the next page begins, if there is one.
    pub(crate) next: Option<String>,
}

impl Looked {
    /// What is looked for. What no name holds isn't dropped from it, which would find others.
    fn letters(&self) -> Result<String, Unfit> {
        let q = self.q.trim().to_lowercase();
        match q.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            true => Ok(q),
            false => Err(Unfit::new("q", Why::Letters(repeated(&self.q)))),
        }
    }
}

impl Institutions {
    async fn find(console: &Arc<Console>, looked: &Looked) -> Result<Self, Denied> {
        let (q, after) = (looked.letters()?, looked.after.clone());
        let found = console
            .ask(move |access| {
                // One more than is shown tells whether there is another page.
                let mut listed = access.find_institutions(&q, &after, PAGE + 1)?;
                let more = listed.len() > PAGE as usize;
                listed.truncate(PAGE as usize);
                let last = listed.last().map(|one| one.name.clone());
                Ok(Self {
                    counted: access.count_institutions()?,
                    listed,
                    next: last.filter(|_| more),
                })
            })
            .await?;
        Ok(found)
    }
}

#[derive(Template)]
#[template(path = "operators/institutions.html")]
struct InstitutionsPage {
    frame: Frame,
    session: Arc<Session>,
    looked: Looked,
    found: Institutions,
}

impl InstitutionsPage {
    fn told(&self) -> String {
        let (texts, counted) = (self.frame.texts, &self.found.counted);
        (texts.operator.institutions_told)(&texts.number(&counted.institutions), counted.suspended)
    }

    fn may_manage(&self) -> bool {
        self.session.may(Operation::ManageInstitutions)
    }

    /// What was looked for is letters, digits and dashes.
    fn next(&self, after: &str) -> String {
        let q = self.looked.q.trim();
        format!("/operator/institutions?q={q}&after={after}")
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Query(looked): Query<Looked>,
) -> Result<Page, Denied> {
    let found = Institutions::find(&console, &looked).await?;
    let texts = language.texts();
    let page = InstitutionsPage {
        frame: menu::frame(
            texts,
            &session,
            "/operator/institutions",
            texts.operator.institutions,
        ),
        session,
        looked,
        found,
    };
    Ok(Page::of(&page)?)
}

/// Adds one.
pub(super) async fn add(
    State(console): State<Arc<Console>>,
    asked: Asked<Named>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let name = body.name.trim().parse()?;
    let by = super::staff_of(&session)?.to_string();
    let added = console.access.add_institution(&name, &by).await?;
    let added = Added {
        // Its ledger begins with it.
        receipt: format!("{}/0", added.ledger),
        name: added.name,
        canonical_id: added.canonical_id,
        ledger: added.ledger,
    };
    let to = format!("/operator/institutions/{name}");
    Ok(way.answer(added, Redirect::to(&to)))
}

/// An institution that was just added.
#[derive(Serialize)]
struct Added {
    name: String,
    /// Its S3 canonical id.
    canonical_id: String,
    /// Name of its ledger.
    ledger: String,
    /// `<ledger>/<index>` of the act.
    receipt: String,
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Query(looked): Query<Looked>,
) -> Result<Json<Institutions>, Denied> {
    Institutions::find(&console, &looked).await.map(Json)
}
