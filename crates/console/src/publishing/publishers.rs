//! `/publishing/{host}/publishers`: who signs from the next change on: a change like any other, signed by those before.

use std::sync::Arc;

use amana_access::{InstitutionName, Session};
use amana_sites::{Publishers, Says, Site};
use askama::Template;
use axum::Json;
use axum::extract::{Path, Request, State};
use serde::{Deserialize, Serialize};

use super::hand_in;
use super::{Named, found, statement};
use crate::account::guard::Signed;
use crate::api::Call;
use crate::assets::Asset;
use crate::content::multipart::Multipart;
use crate::frame::Frame;
use crate::messages::institution_of;
use crate::{Console, Error, Language, Page, Result, menu};

/// New publishers that wait for the signatures of those before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Replacement {
    host: String,
    /// The number that the change has, unless another comes first.
    number: u64,
    /// What those who publish now sign.
    statement: String,
    /// How many of those must, at least.
    needed: u64,
    /// The file that was given.
    publishers: String,
}

async fn read(
    console: &Arc<Console>,
    session: &Session,
    host: &str,
    text: &str,
) -> Result<Replacement> {
    let institution: InstitutionName = institution_of(session)?;
    let site: Site = found(console, institution.as_str(), host).await?;
    let new = Publishers::parse(text.as_bytes())?;
    let says = Says::Publishers {
        publishers: new.digest(),
    };
    let statement = statement(console, &site, says);
    Ok(Replacement {
        host: host.to_owned(),
        number: statement.number,
        statement: statement.to_string(),
        needed: Publishers::parse(site.publishers.as_bytes())?.needed() as u64,
        publishers: new.text().to_owned(),
    })
}

#[derive(Template)]
#[template(path = "publishing/publishers.html")]
struct PublishersPage {
    frame: Frame,
    session: Arc<Session>,
    script: &'static str,
    change: Replacement,
}

impl PublishersPage {
    fn file(&self) -> String {
        format!("{}-{}.change", self.change.host, self.change.number)
    }

    fn more_must(&self) -> Option<String> {
        let texts = self.frame.texts;
        let needed = self.change.needed;
        (needed > 1).then(|| (texts.publishing.more_must)(&texts.number(&needed)))
    }
}

/// The page of such a change.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(Named { host }): Path<Named>,
    Signed(session): Signed,
    request: Request,
) -> Result<Page> {
    let (head, body) = request.into_parts();
    let form = Multipart::of(&head.headers, body.into_data_stream())?;
    let fields = hand_in::read(form).await?;
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    if !session.is_form(field("token")) {
        return Err(Error::Form);
    }
    let text = format!("{}\n", field("publishers").trim_end());
    let change = read(&console, &session, &host, &text).await?;
    let texts = language.texts();
    let number = texts.number(&change.number);
    let title = (texts.publishing.change_title)(&number, &change.host);
    Page::of(&PublishersPage {
        frame: menu::frame(texts, &session, "/publishing", title),
        session,
        script: Asset::Sign.path(),
        change,
    })
}

/// Whose keys they are to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct New {
    publishers: String,
}

/// `POST /api/v1/publishing/{host}/publishers`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Path(Named { host }): Path<Named>,
    call: Call<New>,
) -> Result<Json<Replacement>> {
    let text = &call.body.publishers;
    read(&console, &call.session, &host, text).await.map(Json)
}
