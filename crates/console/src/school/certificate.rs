//! The certificate: a page to print, whose receipt proves it, and which everybody may see if its person wants.

use std::sync::Arc;

use amana_access::{Certificate, Lesson, PassedLesson, Session};
use amana_ledger::leaf_hash;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use http::header;
use serde::{Deserialize, Serialize};

use super::exercise::outside;
use super::trainee::Trainee;
use crate::account::form::Posted;
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::api::Call;
use crate::frame::{Frame, Place};
use crate::{Console, Error, Language, Result, menu};

#[derive(Template)]
#[template(path = "school/certificate.html")]
struct CertificatePage {
    frame: Frame,
    /// Its person; nobody on the public page.
    session: Option<Arc<Session>>,
    certificate: Option<Certificate>,
    /// SHA-256 of the certificate's leaf, hexadecimal.
    digest: String,
    centre: String,
    origin: String,
}

impl CertificatePage {
    fn name(&self, lesson: &PassedLesson) -> &'static str {
        (self.frame.texts.school.lesson)(lesson.lesson)
    }

    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn day(&self, time_ms: &i64) -> String {
        self.frame.texts.day(&seconds(*time_ms))
    }

    fn person(&self) -> &str {
        self.session
            .as_ref()
            .and_then(|session| session.name.as_deref())
            .unwrap_or_default()
    }

    /// Whose word it is: an institution's, or the operator's.
    fn owner<'c>(&self, certificate: &'c Certificate) -> &'c str {
        let owner = certificate.account.split('/').next();
        owner.unwrap_or_default()
    }

    fn receipt(&self, certificate: &Certificate) -> String {
        match self.session {
            Some(_) => "/school/certificate/receipt".to_owned(),
            None => format!("/certificates/{}/receipt", certificate.code),
        }
    }
}

async fn shown(
    console: &Arc<Console>,
    frame: Frame,
    session: Option<Arc<Session>>,
    certificate: Option<Certificate>,
) -> Result<Response> {
    let digest = match &certificate {
        Some(certificate) => {
            let receipt = receipt_of(console, certificate).await?;
            let leaf = leaf_hash(&receipt.act.entry());
            hex::encode(leaf.as_bytes())
        }
        None => String::new(),
    };
    let page = CertificatePage {
        frame,
        session,
        certificate,
        digest,
        centre: console.centre.clone(),
        origin: console.origin.origin().to_owned(),
    };
    Ok(crate::Page::of(&page)?.into_response())
}

async fn receipt_of(
    console: &Arc<Console>,
    certificate: &Certificate,
) -> Result<amana_ledger::Receipt> {
    let (console, number) = (console.clone(), certificate.number);
    let ledger = certificate.receipt.rsplit_once('/');
    let ledger = ledger.ok_or(Error::NotFound)?.0.to_owned();
    Ok(crate::blocking(move || console.store.receipt(&ledger, number)).await?)
}

/// The page of its person: the certificate, or what it takes.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Response> {
    let asker = session.clone();
    let (school, certificate) = console
        .ask(move |access| Ok((access.school(&asker)?, access.certificate(&asker)?)))
        .await?;
    if certificate.is_none() && !school.is_some_and(|school| school.is_done()) {
        return Ok(outside());
    }
    let texts = language.texts();
    let frame = menu::frame(texts, &session, "/school", texts.school.certificate);
    shown(&console, frame, Some(session), certificate).await
}

/// Gives the certificate, shows it to everybody, or no longer, as the form's `act` says.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Response> {
    let fields = &posted.fields;
    match fields.text("act") {
        "certify" => {
            let shown = fields.filled("shown").is_some();
            certify(&console, &posted.session, shown).await?;
        }
        "show" | "hide" => {
            let shown = fields.text("act") == "show";
            let access = &console.access;
            access.show_certificate(&posted.session, shown).await?;
        }
        _ => return Err(Error::Form),
    }
    Ok(Redirect::to("/school/certificate").into_response())
}

/// What programs ask for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    shown: bool,
}

/// What they are answered.
#[derive(Serialize)]
pub(super) struct Certified {
    certificate: Option<Certificate>,
}

/// `POST /api/v1/school/certificate`: gives it, or, once it is there, shows it to everybody or no longer.
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    call: Call<Wanted>,
) -> Result<Json<Certified>> {
    let Call { session, body } = call;
    let asker = session.clone();
    let held = console
        .ask(move |access| Ok(access.certificate(&asker)?))
        .await?;
    match held {
        Some(held) if held.shown == body.shown => {}
        Some(_) => {
            let access = &console.access;
            access.show_certificate(&session, body.shown).await?;
        }
        None => certify(&console, &session, body.shown).await?,
    }
    let certificate = console
        .ask(move |access| Ok(access.certificate(&session)?))
        .await?;
    Ok(Json(Certified { certificate }))
}

async fn certify(console: &Arc<Console>, session: &Arc<Session>, shown: bool) -> Result<()> {
    let trainee = Trainee::of(console, session).await?;
    let missing = Lesson::ALL
        .into_iter()
        .any(|lesson| trainee.school.passed(lesson).is_none());
    if missing {
        return Err(amana_access::Error::LessonsMissing.into());
    }
    let access = &console.access;
    access.certify(session, &trainee.school, shown).await?;
    Ok(())
}

/// The receipt of one's own.
pub(super) async fn receipt(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Response> {
    let certificate = console
        .ask(move |access| Ok(access.certificate(&session)?))
        .await?;
    let certificate = certificate.ok_or(Error::NotFound)?;
    as_file(&console, &certificate).await
}

async fn as_file(console: &Arc<Console>, certificate: &Certificate) -> Result<Response> {
    let receipt = receipt_of(console, certificate).await?;
    let name = format!("certificate-{}.receipt", certificate.code);
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, receipt.to_string()).into_response())
}

/// The certificate that its person lets everybody see; of any other there is no such page.
async fn found(console: &Arc<Console>, code: String) -> Result<Certificate> {
    let found = console
        .ask(move |access| Ok(access.shown_certificate(&code)?))
        .await?;
    found.ok_or(Error::NotFound)
}

/// `/certificates/{code}`
pub(super) async fn public(
    State(console): State<Arc<Console>>,
    language: Language,
    Path(code): Path<String>,
) -> Result<Response> {
    let certificate = found(&console, code).await?;
    let texts = language.texts();
    let title = texts.school.certificate;
    let frame = Frame::public(texts, title, &console.centre, Place::Nowhere);
    shown(&console, frame, None, Some(certificate)).await
}

/// `/certificates/{code}/receipt`
pub(super) async fn public_receipt(
    State(console): State<Arc<Console>>,
    Path(code): Path<String>,
) -> Result<Response> {
    let certificate = found(&console, code).await?;
    as_file(&console, &certificate).await
}
