//! `/operator/notices`: tell everybody of an incident or of maintenance, and that it is over.

use std::sync::Arc;

use amana_access::{MAX_NOTICE_CHARS, NewNotice, Notice, Session, Severity};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::frame::Frame;
use crate::public::notices::{said, when};
use crate::{Console, Language, Page, Result, menu};

#[derive(Template)]
#[template(path = "notices/operators.html")]
struct NoticesPage {
    frame: Frame,
    session: Arc<Session>,
    notices: Vec<Notice>,
    longest: usize,
    severities: Vec<(&'static str, &'static str)>,
}

impl NoticesPage {
    fn said<'n>(&self, notice: &'n Notice) -> &'n str {
        said(self.frame.texts, notice)
    }

    fn when(&self, notice: &Notice) -> String {
        when(self.frame.texts, notice)
    }

    fn severity(&self, notice: &Notice) -> &'static str {
        (self.frame.texts.notices.severity)(notice.severity)
    }

    fn state(&self, notice: &Notice) -> &'static str {
        (self.frame.texts.notices.state)(notice.state)
    }

    fn is_over(&self, notice: &Notice) -> bool {
        notice.state == "over"
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let notices = console.ask(|access| Ok(access.notices()?)).await?;
    let texts = language.texts();
    let named = |one: Severity| (one.as_str(), (texts.notices.severity)(one));
    Page::of(&NoticesPage {
        frame: menu::frame(texts, &session, "/operator/notices", texts.notices.title),
        session,
        notices,
        longest: MAX_NOTICE_CHARS,
        severities: Severity::ALL.into_iter().map(named).collect(),
    })
}

/// Publishes one.
pub(super) async fn publish(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    let fields = &posted.fields;
    let severity = Severity::of_text(fields.text("severity"));
    let from_ms = match fields.filled("from") {
        Some(from) => typed_ms(from)?,
        None => console.store.now_ms(),
    };
    let notice = NewNotice {
        severity: severity.ok_or(invalid("the severity", "must be one of the list"))?,
        from_ms,
        until_ms: fields.filled("until").map(typed_ms).transpose()?,
        french: fields.text("fr"),
        english: fields.text("en"),
    };
    console
        .access
        .publish_notice(&posted.session, &notice)
        .await?;
    Ok(Redirect::to("/operator/notices"))
}

/// Ends one.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    posted: Posted,
) -> Result<Redirect> {
    console.access.end_notice(&posted.session, number).await?;
    Ok(Redirect::to("/operator/notices"))
}

fn invalid(what: &'static str, why: &'static str) -> amana_access::Error {
    amana_access::Error::Invalid { what, why }
}

/// What a browser's field of date and time gives, `2026-11-22T14:30`, in UTC.
fn typed_ms(text: &str) -> Result<i64> {
    let parsed = || -> Option<PrimitiveDateTime> {
        let (date, time) = text.split_once('T')?;
        let mut date = date.splitn(3, '-');
        let (year, month) = (date.next()?.parse().ok()?, date.next()?.parse::<u8>().ok()?);
        let day = date.next()?.parse().ok()?;
        let (hour, minute) = time.split_once(':')?;
        // Some browsers send seconds.
        let minute = minute.split(':').next()?;
        let time = Time::from_hms(hour.parse().ok()?, minute.parse().ok()?, 0).ok()?;
        let month = Month::try_from(month).ok()?;
        let date = Date::from_calendar_date(year, month, day).ok()?;
        Some(PrimitiveDateTime::new(date, time))
    };
    let at = parsed().ok_or(invalid("the time", "must be a date and a time"))?;
    Ok(at.assume_utc().unix_timestamp() * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_time_is_read_in_utc() {
        assert_eq!(typed_ms("1970-01-02T00:01").ok(), Some(86_460_000));
        assert_eq!(typed_ms("1970-01-02T00:01:30").ok(), Some(86_460_000));
        for wrong in [
            "",
            "1970-01-02",
            "1970-13-02T00:01",
            "1970-01-32T00:01",
            "aT:",
        ] {
            assert!(typed_ms(wrong).is_err(), "{wrong}");
        }
    }
}
