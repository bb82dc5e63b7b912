//! `/operator/staff`: who of the operator's staff signs in; one more, and one less.

use std::sync::Arc;

use amana_access::{AccountName, Operation, Owner, Person, Session};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};

use crate::account::guard::Signed;
use crate::account::link::Link;
use crate::account::me::seconds;
use crate::api::{Asked, Named};
use crate::content::Receipt;
use crate::frame::Frame;
use crate::{Console, Language, Page, Result, menu};

#[derive(Template)]
#[template(path = "operators/staff.html")]
struct StaffPage {
    frame: Frame,
    session: Arc<Session>,
    people: Vec<Person>,
}

impl StaffPage {
    fn may_manage(&self) -> bool {
        self.session.may(Operation::ManageStaff)
    }

    fn is_me(&self, person: &Person) -> bool {
        person.official.number == self.session.account.official
    }

    fn has_none(&self, person: &Person) -> bool {
        person.has_none()
    }

    fn holds(&self, person: &Person) -> String {
        (self.frame.texts.account.holds)(person.passkeys, person.password, person.identities)
    }

    fn since(&self, person: &Person) -> String {
        self.frame.texts.day(&seconds(person.official.since_ms))
    }

    fn invited(&self, until_ms: &i64) -> String {
        let until = self.frame.texts.moment(&seconds(*until_ms));
        (self.frame.texts.account.invited)(&until)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let people = console
        .ask(|access| Ok(access.people(&Owner::Operator)?))
        .await?;
    let texts = language.texts();
    Page::of(&StaffPage {
        frame: menu::frame(texts, &session, "/operator/staff", texts.operator.staff),
        session,
        people,
    })
}

/// Names somebody, and shows the link.
pub(super) async fn name(
    State(console): State<Arc<Console>>,
    language: Language,
    asked: Asked<Named>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let (role, actor) = (session.role, session.actor());
    let link = Link::naming(&console, Owner::Operator, &body.name, role, &actor).await?;
    link.told(way, language, &session)
}

/// Gives somebody another first link.
pub(super) async fn invite(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(official): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let account = AccountName {
        owner: Owner::Operator,
        official,
    };
    let link = Link::again(&console, &account, &session.actor()).await?;
    link.told(way, language, &session)
}

/// Ends somebody's access, at once and everywhere.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let by = session.actor().to_string();
    let ended = console.access.end_role(&Owner::Operator, official, &by);
    let receipt = ended.await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/operator/staff")))
}

/// The same for programs.
pub(super) async fn api(State(console): State<Arc<Console>>) -> Result<Json<Vec<Person>>> {
    let people = console.ask(|access| Ok(access.people(&Owner::Operator)?));
    people.await.map(Json)
}
