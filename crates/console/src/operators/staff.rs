//! `/operator/staff`: who of the operator's staff signs in; one more, and one less.

use std::sync::Arc;

use amana_access::{AccountName, Operation, Owner, Person, Session};
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;

use super::institution::link_page;
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
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
    posted: Posted,
) -> Result<Page> {
    let (session, owner) = (&posted.session, Owner::Operator);
    let (name, actor) = (posted.fields.text("name").parse()?, session.actor());
    let named = console
        .access
        .name_official(&owner, &name, session.role, &actor);
    let official = named.await?.0;
    let account = AccountName { owner, official };
    let link = console.access.invite(&account, &actor).await?;
    link_page(&console, language, session, &link)
}

/// Gives somebody another first link.
pub(super) async fn invite(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Page> {
    let session = &posted.session;
    let account = AccountName {
        owner: Owner::Operator,
        official,
    };
    let link = console.access.invite(&account, &session.actor()).await?;
    link_page(&console, language, session, &link)
}

/// Ends somebody's access, at once and everywhere.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(official): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    let by = posted.session.actor().to_string();
    console
        .access
        .end_role(&Owner::Operator, official, &by)
        .await?;
    Ok(Redirect::to("/operator/staff"))
}

/// The same for programs.
pub(super) async fn api(State(console): State<Arc<Console>>) -> Result<Json<Vec<Person>>> {
    let people = console.ask(|access| Ok(access.people(&Owner::Operator)?));
    people.await.map(Json)
}
