//! `/operator/notices`: tell everybody of an incident or of maintenance, and that it is over.

use std::sync::Arc;

use amana_access::{MAX_NOTICE_CHARS, NewNotice, Notice, Session, Severity};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;
use time::{Date, Month, PrimitiveDateTime, Time};

use crate::account::form::Fields;
use crate::account::guard::Signed;
use crate::api::{Asked, Asks, Numbered};
use crate::content::Receipt;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::public::notices::{said, when};
use crate::{Console, Error, Language, Page, Result, menu};

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

/// What is told, in both languages, and from when until when.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Telling {
    severity: Severity,
    /// In seconds since 1970; now without one.
    from_s: Option<u32>,
    /// Nothing for what lasts until it is ended.
    until_s: Option<u32>,
    fr: String,
    en: String,
}

impl Asks for Telling {
    fn of_form(fields: &Fields) -> Result<Self> {
        let severity = Severity::of_text(fields.text("severity"));
        Ok(Self {
            severity: severity.ok_or_else(|| Error::typed("severity", Fault::Unchosen))?,
            from_s: moment(fields, "from")?,
            until_s: moment(fields, "until")?,
            fr: fields.text("fr").to_owned(),
            en: fields.text("en").to_owned(),
        })
    }
}

/// Publishes one.
pub(super) async fn publish(
    State(console): State<Arc<Console>>,
    asked: Asked<Telling>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let ms = |time_s: u32| i64::from(time_s) * 1000;
    let notice = NewNotice {
        severity: body.severity,
        from_ms: body.from_s.map_or_else(|| console.store.now_ms(), ms),
        until_ms: body.until_s.map(ms),
        french: &body.fr,
        english: &body.en,
    };
    let published = console.access.publish_notice(&session, &notice).await?;
    let published = Numbered::from(published);
    Ok(way.answer(published, Redirect::to("/operator/notices")))
}

/// Ends one.
pub(super) async fn end(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<()>,
) -> Result<Response> {
    let Asked { session, way, .. } = asked;
    let receipt = console.access.end_notice(&session, number).await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/operator/notices")))
}

/// A field of date and time, which may be left empty.
fn moment(fields: &Fields, name: &'static str) -> Result<Option<u32>> {
    let typed = fields.filled(name).map(typed_s);
    let wrong = || Error::typed(name, Fault::Moment);
    typed.map(|at| at.ok_or_else(wrong)).transpose()
}

/// What a browser's field of date and time gives, `2026-11-22T14:30`, in UTC.
fn typed_s(text: &str) -> Option<u32> {
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
    parsed().and_then(|at| at.assume_utc().unix_timestamp().try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_time_is_read_in_utc() {
        assert_eq!(typed_s("1970-01-02T00:01"), Some(86_460));
        assert_eq!(typed_s("1970-01-02T00:01:30"), Some(86_460));
        for wrong in [
            "",
            "1970-01-02",
            "1970-13-02T00:01",
            "1970-01-32T00:01",
            "aT:",
        ] {
            assert!(typed_s(wrong).is_none(), "{wrong}");
        }
    }
}
