//! The hosting agreement: proposed by the operator to one institution, read and signed by its officials, printed with its
//! receipts.

use std::sync::Arc;

use amana_access::{
    Agreement, InstitutionName, MAX_AGREEMENT_CHARS, Operation, Session, Signature,
};
use askama::Template;
use axum::Json;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::{Redirect, Response};
use axum::routing::{get, post};
use http::Method;
use serde::Deserialize;

use crate::account::form::Fields;
use crate::account::guard::{Guarded, Signed};
use crate::account::me::seconds;
use crate::api::{Asked, Asks, Numbered, Text};
use crate::content::Receipt;
use crate::frame::Frame;
use crate::messages::{institution_of, receipt_file};
use crate::{Console, Error, Language, Page, Result, menu};

/// The longest form of an agreement: its characters, each of up to four bytes that are escaped in three.
const MAX_FORM_BYTES: usize = 12 * MAX_AGREEMENT_CHARS + 4096;

fn longest() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_FORM_BYTES)
}

/// The routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{Approve, ManageInstitutions, ReadOfficials};
    Guarded::new()
        .route("/agreement", ReadOfficials, get(own))
        .route("/agreement/{number}/sign", Approve, post(sign))
        .route("/api/v1/agreements", ReadOfficials, get(own_api))
        .verbs(
            "/api/v1/agreements/{number}/sign",
            [(Method::POST, Approve)],
            post(sign),
        )
        .verbs(
            "/api/v1/operator/agreements/{institution}",
            [
                (Method::GET, ManageInstitutions),
                (Method::POST, ManageInstitutions),
            ],
            get(operators_api).post(propose).layer(longest()),
        )
        .route(
            "/operator/agreements/{institution}",
            ManageInstitutions,
            get(operators),
        )
        .route(
            "/operator/agreements/{institution}/propose",
            ManageInstitutions,
            post(propose).layer(longest()),
        )
        .route(
            "/operator/agreements/{institution}/receipts/{index}",
            ManageInstitutions,
            get(receipt),
        )
}

#[derive(Template)]
#[template(path = "agreements/agreement.html")]
struct AgreementPage {
    frame: Frame,
    session: Arc<Session>,
    institution: String,
    agreements: Vec<Agreement>,
    /// Before a receipt's number, where it is had.
    receipts: String,
    longest: usize,
}

impl AgreementPage {
    fn moment(&self, time_ms: &i64) -> String {
        self.frame.texts.moment(&seconds(*time_ms))
    }

    fn state(&self, agreement: &Agreement) -> &'static str {
        (self.frame.texts.agreements.state)(agreement.state)
    }

    fn state_class(&self, agreement: &Agreement) -> &'static str {
        match agreement.state {
            "in-force" => "good",
            _ => "warn",
        }
    }

    fn signer(&self, signature: &Signature) -> String {
        let role = (self.frame.texts.account.role)(signature.role);
        format!("{role} ({}/{})", self.institution, signature.official)
    }

    /// Where a receipt is: its number is the end of its name.
    fn receipt(&self, name: &str) -> String {
        let number = name.rsplit('/').next().unwrap_or_default();
        format!("{}{number}", self.receipts)
    }

    /// The newest one may be signed, once by each, until two have.
    fn may_sign(&self, agreement: &Agreement) -> bool {
        let open = matches!(agreement.state, "proposed" | "signed-once");
        let me = self.session.account.official;
        let signed = agreement.signatures.iter().any(|one| one.official == me);
        open && !signed && self.session.may(Operation::Approve)
    }

    fn may_propose(&self) -> bool {
        self.session.may(Operation::ManageInstitutions)
    }
}

async fn read(console: &Arc<Console>, institution: InstitutionName) -> Result<Vec<Agreement>> {
    console
        .ask(move |access| Ok(access.agreements(&institution)?))
        .await
}

async fn own(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
) -> Result<Page> {
    let institution = institution_of(&session)?;
    let agreements = read(&console, institution.clone()).await?;
    let texts = language.texts();
    Page::of(&AgreementPage {
        frame: menu::frame(texts, &session, "/agreement", texts.agreements.title),
        session,
        institution: institution.to_string(),
        agreements,
        receipts: "/receipt/".to_owned(),
        longest: MAX_AGREEMENT_CHARS,
    })
}

async fn own_api(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Vec<Agreement>>> {
    read(&console, institution_of(&session)?).await.map(Json)
}

/// The digest of the text that is signed: it is this text that one read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signing {
    sha256: String,
}

impl Asks for Signing {
    fn of_form(fields: &Fields) -> Result<Self> {
        fields.must_be_sure()?;
        let sha256 = fields.text("sha256").to_owned();
        Ok(Self { sha256 })
    }
}

async fn sign(
    State(console): State<Arc<Console>>,
    Path(number): Path<u64>,
    asked: Asked<Signing>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let signed = console
        .access
        .sign_agreement(&session, number, &body.sha256);
    let receipt = signed.await?;
    Ok(way.answer(Receipt::of(receipt), Redirect::to("/agreement")))
}

async fn operators(
    State(console): State<Arc<Console>>,
    language: Language,
    Signed(session): Signed,
    Path(institution): Path<String>,
) -> Result<Page> {
    let institution: InstitutionName = institution.parse()?;
    let agreements = read(&console, institution.clone()).await?;
    let texts = language.texts();
    let title = (texts.agreements.with)(institution.as_str());
    Page::of(&AgreementPage {
        frame: menu::frame(texts, &session, "/operator/institutions", title),
        session,
        receipts: format!("/operator/agreements/{institution}/receipts/"),
        institution: institution.to_string(),
        agreements,
        longest: MAX_AGREEMENT_CHARS,
    })
}

async fn operators_api(
    State(console): State<Arc<Console>>,
    Path(institution): Path<String>,
) -> Result<Json<Vec<Agreement>>> {
    read(&console, institution.parse()?).await.map(Json)
}

async fn propose(
    State(console): State<Arc<Console>>,
    Path(institution): Path<String>,
    asked: Asked<Text>,
) -> Result<Response> {
    let Asked { session, body, way } = asked;
    let institution: InstitutionName = institution.parse()?;
    let proposed = console
        .access
        .propose_agreement(&session, &institution, &body.text);
    let proposed = Numbered::from(proposed.await?);
    let to = format!("/operator/agreements/{institution}");
    Ok(way.answer(proposed, Redirect::to(&to)))
}

/// The receipt of a proposal or of a signature, and of nothing else in the institution's ledger.
async fn receipt(
    State(console): State<Arc<Console>>,
    Path((institution, index)): Path<(String, u64)>,
) -> Result<Response> {
    let agreements = read(&console, institution.parse()?).await?;
    let end = format!("/{index}");
    let names = agreements.iter().flat_map(|agreement| {
        let signed = agreement.signatures.iter().map(|one| &one.receipt);
        signed.chain([&agreement.receipt])
    });
    let found = names.into_iter().find(|name| name.ends_with(&end));
    receipt_file(&console, found.ok_or(Error::NotFound)?).await
}
