//! `/account/enrol`: a link, and the first passkey or password.

use std::borrow::Cow;
use std::sync::Arc;

use amana_access::{
    AccountName, EnrolmentCode, Error as AccessError, Flow, Leave, NewCredential, Purpose,
    Registration, seed_in_base32,
};
use amana_seal::Qr;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::form::{Answered, Fields, browser};
use super::frame;
use super::sign_in::{Ask, fresh_flow, let_in, named_provider, with_flow};
use crate::fault::Fault;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result};

/// What a new passkey or password is made with, as `templates/account/new.html` reads it.
pub(super) struct New {
    /// Where its forms go: `/account/enrol` or `/account/credentials`.
    pub(super) action: &'static str,
    pub(super) ask: Ask,
    /// What the provider of the State is called, if there is one.
    pub(super) provider: Option<String>,
    pub(super) token: String,
    /// The code of the link, if one led here.
    pub(super) code: String,
    pub(super) account: String,
    pub(super) user_handle: String,
    pub(super) person: String,
    /// The passkeys that there are, so that no authenticator makes a second one.
    pub(super) known: String,
    /// The seed, in groups, and for a telephone that is the browser itself.
    pub(super) seed: String,
    pub(super) otpauth: String,
    /// The same for a telephone beside the browser.
    pub(super) qr: Option<Qr>,
}

impl New {
    pub(super) fn of(
        console: &Console,
        language: Language,
        flow: &Flow,
        account: &AccountName,
        person: Option<String>,
    ) -> Result<Self> {
        let ids = console.access.passkey_ids(account)?;
        let known: Vec<String> = ids.iter().map(|id| URL_SAFE_NO_PAD.encode(id)).collect();
        let seed = seed_in_base32(&flow.totp_seed());
        let digits: Vec<char> = seed.chars().collect();
        let groups: Vec<String> = digits.chunks(4).map(|four| four.iter().collect()).collect();
        let name = account.to_string();
        let label = name.replace('/', "%2F");
        let otpauth = format!("otpauth://totp/Amana:{label}?secret={}&issuer=Amana", *seed);
        Ok(Self {
            action: "/account/enrol",
            ask: Ask::of(console, flow, Purpose::Register),
            provider: named_provider(console, language),
            token: flow.form_token(),
            code: String::new(),
            user_handle: URL_SAFE_NO_PAD.encode(account.user_handle()),
            person: person.unwrap_or_else(|| name.clone()),
            known: known.join(" "),
            qr: Qr::of(&otpauth),
            otpauth,
            seed: groups.join(" "),
            account: name,
        })
    }
}

#[derive(Template)]
#[template(path = "account/enrol.html")]
struct EnrolPage {
    frame: Frame,
    told: Option<Cow<'static, str>>,
    new: Option<New>,
    role: &'static str,
    /// The code as it was typed, where it leads nowhere.
    typed: String,
}

/// The link's code.
#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    code: String,
}

/// The page: it asks for the code, or shows whose account it leads to.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    Query(link): Query<Link>,
    headers: HeaderMap,
) -> Result<Response> {
    if link.code.trim().is_empty() {
        return asking(&console, language, "", None);
    }
    shown(&console, language, &headers, &link.code, None).await
}

fn asking(
    console: &Console,
    language: Language,
    typed: &str,
    error: Option<&Error>,
) -> Result<Response> {
    let texts = language.texts();
    let page = Page::of(&EnrolPage {
        frame: frame(texts, texts.account.enrol, &console.centre),
        told: error.map(|error| error.told(texts)),
        new: None,
        role: "",
        typed: typed.to_owned(),
    })?;
    Ok((error.map_or(StatusCode::OK, Error::status), page).into_response())
}

/// The page of a link, with what went wrong.
pub(super) async fn shown(
    console: &Arc<Console>,
    language: Language,
    headers: &HeaderMap,
    code: &str,
    error: Option<&Error>,
) -> Result<Response> {
    let typed = code.to_owned();
    let found = console
        .ask(move |access| Ok(access.invited(&typed.parse()?)?))
        .await;
    let invited = match found {
        Ok(invited) => invited,
        Err(error) => return asking(console, language, code, Some(&error)),
    };
    let texts = language.texts();
    let flow = fresh_flow(console, headers)?;
    let new = New {
        code: code.to_owned(),
        ..New::of(console, language, &flow, &invited.account, invited.name)?
    };
    let page = Page::of(&EnrolPage {
        frame: frame(
            texts,
            texts.account.enrol,
            &invited.account.owner.to_string(),
        ),
        told: error.map(|error| error.told(texts)),
        new: Some(new),
        role: (texts.account.role)(invited.role),
        typed: String::new(),
    })?;
    let status = error.map_or(StatusCode::OK, Error::status);
    Ok((status, with_flow(console, &flow, page.into_response())).into_response())
}

/// A passkey of these fields.
pub(super) async fn passkey(
    console: &Console,
    leave: &Leave<'_>,
    flow: &Flow,
    fields: &Fields,
) -> Result<NewCredential> {
    let made = Registration::parse(fields.text("client-data"), fields.text("attestation"))?;
    let label = fields.filled("label").unwrap_or("Amana");
    let added = console
        .access
        .add_passkey(leave, flow, &console.origin, &made, label);
    Ok(added.await?)
}

/// A password of these fields. Who sets one is known, so that a wrong code is told as that.
pub(super) async fn password(
    console: &Console,
    leave: &Leave<'_>,
    flow: &Flow,
    fields: &Fields,
) -> Result<NewCredential> {
    let password = fields.text("password").parse()?;
    let added = console
        .access
        .set_password(leave, flow, password, fields.text("code"));
    match added.await {
        Err(AccessError::SignInRefused) => Err(Error::typed("code", Fault::Totp)),
        added => Ok(added?),
    }
}

/// The first passkey, and in.
pub(super) async fn by_passkey(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered { flow, fields, .. } = &answered;
    let code: EnrolmentCode = fields.text("link").parse()?;
    let added = passkey(&console, &Leave::Code(&code), flow, fields).await;
    enter(&console, language, &answered, added).await
}

/// The first password, and in.
pub(super) async fn by_password(
    State(console): State<Arc<Console>>,
    language: Language,
    answered: Answered,
) -> Result<Response> {
    let Answered { flow, fields, .. } = &answered;
    let code: EnrolmentCode = fields.text("link").parse()?;
    let added = password(&console, &Leave::Code(&code), flow, fields).await;
    enter(&console, language, &answered, added).await
}

async fn enter(
    console: &Arc<Console>,
    language: Language,
    answered: &Answered,
    added: Result<NewCredential>,
) -> Result<Response> {
    let Answered {
        fields, headers, ..
    } = answered;
    match added {
        Ok(added) => {
            let signed_in = console
                .access
                .sign_in_after(&added, &browser(headers))
                .await?;
            // A second passkey is what a new account needs first.
            Ok(let_in(console, &signed_in, "/account"))
        }
        Err(error) if error.status().is_server_error() => Err(error),
        Err(error) => {
            shown(
                console,
                language,
                headers,
                fields.text("link"),
                Some(&error),
            )
            .await
        }
    }
}
