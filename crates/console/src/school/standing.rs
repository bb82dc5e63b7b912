//! `/school`: how far one is, what the sandbox's ledger says of it, and the way in and out.

use std::sync::Arc;

use amana_access::{Certificate, Error as AccessError, Lesson, PassedLesson, School, Session};
use amana_store::{LedgerInfo, Reader, entries};
use askama::Template;
use axum::Json;
use axum::extract::State;
use axum::response::Redirect;
use serde::Serialize;

use super::files;
use super::trainee::Trainee;
use crate::account::form::{Posted, Tokened};
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::books::line::{BucketNames, Line};
use crate::books::names::Names;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result, menu};

/// Lines of the sandbox's journal that the page shows.
const MAX_LINES: usize = 12;
/// Sandboxes of which the time is over that whoever opens one closes.
const MAX_SWEPT: u32 = 3;

/// A sandbox.
#[derive(Serialize)]
pub(super) struct Shown {
    /// Its name, and its bucket's.
    name: String,
    /// Its ledger.
    ledger: String,
    /// Whether it is open.
    open: bool,
    /// When it was opened, in seconds since 1970.
    opened_s: u64,
    /// Until when it is open.
    until_s: u64,
    /// What was passed, in the order of the exercises.
    passed: Vec<PassedLesson>,
    /// The newest lines of its ledger.
    journal: Vec<Line>,
}

/// How far one is.
#[derive(Serialize)]
pub(super) struct Standing {
    /// The sandbox; nothing before the first one.
    school: Option<Shown>,
    /// The exercises, in their order.
    lessons: [Lesson; 6],
    /// The certificate, once there is one.
    certificate: Option<Certificate>,
}

impl Standing {
    async fn read(console: &Arc<Console>, session: &Arc<Session>) -> Result<Self> {
        let asker = session.clone();
        let (school, certificate) = console
            .ask(move |access| Ok((access.school(&asker)?, access.certificate(&asker)?)))
            .await?;
        let school = match school {
            Some(school) => Some(console.read(move |_, rows| shown(rows, school)).await?),
            None => None,
        };
        Ok(Self {
            school,
            lessons: Lesson::ALL,
            certificate,
        })
    }
}

fn shown(rows: &Reader<'_>, school: School) -> Result<Shown> {
    let ledger = school.name.vault_ledger();
    let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
    let (mut journal, mut buckets) = (Vec::new(), BucketNames::default());
    let newest = (0..info.size).rev().take(MAX_LINES);
    for index in newest {
        let id = amana_store::EntryId::new(info.id, index).ok_or(Error::NotFound)?;
        let entry = entries::entry(rows, id)?.ok_or(Error::NotFound)?;
        journal.push(Line::of(rows, &entry, &mut buckets)?);
    }
    let mut passed = school.passed;
    passed.sort_by_key(|one| one.lesson);
    Ok(Shown {
        name: school.name.to_string(),
        ledger,
        open: school.open,
        opened_s: seconds(school.opened_ms),
        until_s: seconds(school.until_ms),
        passed,
        journal,
    })
}

#[derive(Template)]
#[template(path = "school/school.html")]
struct SchoolPage {
    frame: Frame,
    session: Arc<Session>,
    standing: Standing,
    names: Names,
}

impl SchoolPage {
    fn passed(&self, lesson: &Lesson) -> Option<&PassedLesson> {
        let school = self.standing.school.as_ref()?;
        school.passed.iter().find(|one| one.lesson == *lesson)
    }

    /// The first exercise that wasn't passed.
    fn is_next(&self, lesson: &Lesson) -> bool {
        let next = Lesson::ALL.iter().find(|one| self.passed(one).is_none());
        next == Some(lesson)
    }

    fn is_done(&self) -> bool {
        Lesson::ALL.iter().all(|one| self.passed(one).is_some())
    }

    fn open(&self) -> Option<&Shown> {
        self.standing.school.as_ref().filter(|school| school.open)
    }

    fn name(&self, lesson: &Lesson) -> &'static str {
        (self.frame.texts.school.lesson)(*lesson)
    }

    fn about(&self, lesson: &Lesson) -> &'static str {
        (self.frame.texts.school.about)(*lesson)
    }

    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn when(&self, line: &Line) -> String {
        self.frame.texts.moment(&line.at_s())
    }

    fn who(&self, line: &Line) -> String {
        self.names.who(self.frame.texts, &line.by)
    }

    fn did(&self, line: &Line) -> String {
        self.names.did(self.frame.texts, line)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let standing = Standing::read(&console, &session).await?;
    let texts = language.texts();
    Page::of(&SchoolPage {
        frame: menu::frame(texts, &session, "/school", texts.school.title),
        session,
        standing,
        names: Names::default(),
    })
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Standing>> {
    Standing::read(&console, &session).await.map(Json)
}

/// Opens a sandbox, or closes it, as the form's `act` says.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    match posted.fields.text("act") {
        "open" => open(&console, &posted.session).await?,
        "close" => close(&console, &posted.session).await?,
        _ => return Err(Error::Form),
    }
    Ok(Redirect::to("/school"))
}

/// `POST /api/v1/school`
pub(super) async fn open_call(
    State(console): State<Arc<Console>>,
    Tokened { session }: Tokened,
) -> Result<Json<Standing>> {
    open(&console, &session).await?;
    Standing::read(&console, &session).await.map(Json)
}

/// `DELETE /api/v1/school`
pub(super) async fn close_call(
    State(console): State<Arc<Console>>,
    Tokened { session }: Tokened,
) -> Result<Json<Standing>> {
    close(&console, &session).await?;
    Standing::read(&console, &session).await.map(Json)
}

/// Whoever opens one closes a few whose time is over: nothing has to watch for them, and each is closed but once.
async fn open(console: &Arc<Console>, session: &Arc<Session>) -> Result<()> {
    let expired = console
        .ask(|access| Ok(access.expired_schools(MAX_SWEPT)?))
        .await?;
    for (school, caller) in expired {
        files::free(console, &caller, school.name.as_str()).await?;
        match console.access.close_school(&school).await {
            // Another node was first.
            Ok(_) | Err(AccessError::NoSchool) => {}
            Err(other) => return Err(other.into()),
        }
    }
    console.access.open_school(session).await?;
    Trainee::of(console, session).await?.furnish(console).await
}

/// What was deposited goes first: cut off in between, it is closed the next time.
async fn close(console: &Arc<Console>, session: &Arc<Session>) -> Result<()> {
    let trainee = Trainee::of(console, session).await?;
    files::free(console, &trainee.caller, trainee.bucket()).await?;
    console.access.close_school(&trainee.school).await?;
    Ok(())
}
