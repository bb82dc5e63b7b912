//! Enrolment over HTTP: a gateway introduces itself with the code that it was given.
//!
//! Nobody is known yet, so nothing is believed: the code says for which institution somebody asks, and the six words, over
//! the telephone, whether what came is what was sent.

use std::sync::Arc;

use amana_access::{Enrolment, EnrolmentCode, EnrolmentState, KeyringBundle};
use amana_ledger::VerifierKey;
use amana_seal::keyring::Kind;
use amana_seal::member::MemberId;
use amana_seal::words::Nonce;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::keyrings::MAX_BUNDLE_BYTES;
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};
use crate::enrolments::{Session, Stopped, transcript};

/// The routes of enrolment.
pub(super) fn routes() -> Router<Arc<Centre>> {
    let room = DefaultBodyLimit::max;
    Router::new()
        .route("/api/v1/enrolments", post(begin).layer(room(16 * 1024)))
        .route("/api/v1/enrolments/{id}", get(state))
        .route(
            "/api/v1/enrolments/{id}/reveal",
            post(reveal).layer(room(MAX_BUNDLE_BYTES)),
        )
}

impl From<Stopped> for Refusal {
    fn from(why: Stopped) -> Self {
        match why {
            Stopped::Unknown => Self::absent(),
            Stopped::CodeUsed => Self::new(
                StatusCode::CONFLICT,
                "code-used",
                "somebody began with that code before; ask the operator for another",
            ),
            Stopped::NotCommitted => Self::wrong(
                "not-committed",
                "what is revealed is not what was committed to",
            ),
            Stopped::Store(error) => error.into(),
        }
    }
}

/// A code, and the commitment that goes with it. Without one the answer only says whose code it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begin {
    code: String,
    commitment: Option<String>,
}

async fn begin(
    State(centre): State<Arc<Centre>>,
    Json(begin): Json<Begin>,
) -> Result<Json<Value>, Refusal> {
    let now_ms = centre.store.now_ms();
    let looking = centre.clone();
    if !blocking(move || looking.enrolments.may_guess(now_ms)).await? {
        return Err(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-codes",
            "too many wrong codes came; try again in a minute",
        ));
    }
    let enrolment = match known(&centre, &begin.code).await {
        Ok(enrolment) => enrolment,
        Err(refused) => {
            blocking(move || centre.enrolments.guessed(now_ms)).await?;
            return Err(refused);
        }
    };
    let institution = enrolment.institution.clone();
    let names = json!({
        "institution": institution,
        "centre": centre.name,
        "ledger": centre.store.keys().origin(&format!("{institution}/vault")),
    });
    let Some(commitment) = begin.commitment else {
        return Ok(Json(names));
    };
    let commitment = commitment.parse().map_err(wrong)?;
    let nonce = Nonce::generate().map_err(failed)?;
    let id = hex::encode(random_id()?);
    let name = institution.parse()?;
    let begun = blocking(move || {
        let fresh = (id, nonce);
        centre
            .enrolments
            .begin(&enrolment, name, commitment, fresh, now_ms)
    });
    let (id, nonce) = begun.await?;
    let mut answer = names;
    answer["id"] = id.into();
    answer["nonce"] = nonce.to_string().into();
    Ok(Json(answer))
}

async fn known(centre: &Arc<Centre>, code: &str) -> Result<Enrolment, Refusal> {
    let code: EnrolmentCode = code.parse()?;
    let centre = centre.clone();
    Ok(blocking(move || centre.access.enrolment_of(&code)).await?)
}

async fn session(centre: &Arc<Centre>, id: &str) -> Result<Session, Refusal> {
    let (centre, id) = (centre.clone(), id.to_owned());
    Ok(blocking(move || centre.enrolments.find(&id)).await?)
}

fn random_id() -> Result<[u8; 16], Refusal> {
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(failed)?;
    Ok(id)
}

fn wrong(error: amana_seal::Error) -> Refusal {
    Refusal::wrong("invalid", error.to_string())
}

fn failed(error: impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "an enrolment could not go on");
    Refusal::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "failed",
        "the data centre failed; its log says why",
    )
}

/// What the gateway had committed to: its nonce, its keyring, which of its members it is, and its own witness.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reveal {
    nonce: String,
    bundle: KeyringBundle,
    member: Option<String>,
    witness: Option<String>,
}

async fn reveal(
    State(centre): State<Arc<Centre>>,
    Path(id): Path<String>,
    Json(reveal): Json<Reveal>,
) -> Result<Json<Value>, Refusal> {
    let session = session(&centre, &id).await?;
    let nonce: Nonce = reveal.nonce.parse().map_err(wrong)?;
    let witness: Option<VerifierKey> = reveal
        .witness
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(|error: amana_ledger::Error| Refusal::wrong("invalid", error.to_string()))?;
    let parsed = reveal.bundle.parse()?;
    let member: MemberId = match &reveal.member {
        Some(member) => member.parse().map_err(wrong)?,
        None => only_gateway(parsed.keyring())?,
    };
    if parsed.keyring().member(member).is_none() {
        return Err(Refusal::wrong(
            "invalid",
            "the gateway that enrols does not stand in its own keyring",
        ));
    }
    // Judged now, so that the gateway hears of it and not the operator.
    let (judge, name, bundle) = (
        centre.clone(),
        session.institution.clone(),
        reveal.bundle.clone(),
    );
    blocking(move || judge.access.would_follow(&name, &bundle)).await?;
    let said = transcript(
        &centre.name,
        session.institution.as_str(),
        &parsed.signed().digest(),
        member,
        witness.as_ref(),
    );
    let revealed = move || {
        let (bundle, witness) = (reveal.bundle, witness.as_ref());
        centre
            .enrolments
            .reveal(&id, &nonce, &said, bundle, member, witness)
    };
    blocking(revealed).await?;
    Ok(Json(json!({ "state": "waiting" })))
}

fn only_gateway(keyring: &amana_seal::keyring::Keyring) -> Result<MemberId, Refusal> {
    let mut gateways = keyring
        .members
        .iter()
        .filter(|(_, member)| member.kind == Kind::Gateway);
    match (gateways.next(), gateways.next()) {
        (Some((id, _)), None) => Ok(*id),
        _ => Err(Refusal::wrong(
            "invalid",
            "the keyring has not one gateway: say which member enrols",
        )),
    }
}

/// What an enrolment is at. Whoever knows its id is the gateway that began it.
async fn state(
    State(centre): State<Arc<Centre>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let session = session(&centre, &id).await?;
    let (name, number) = (session.institution.clone(), session.number);
    let (enrolment, has_keyring) = blocking(move || {
        let enrolment = centre.access.enrolment(&name, number)?;
        let keyring = centre.access.keyring(&name)?;
        Ok::<_, amana_access::Error>((enrolment, keyring.is_some()))
    })
    .await?;
    let state = match enrolment.state {
        EnrolmentState::Confirmed if has_keyring => "confirmed",
        // Pinned, and its keyring not yet published: the operator confirms once more.
        EnrolmentState::Confirmed => "waiting",
        EnrolmentState::Refused => "refused",
        EnrolmentState::Expired => "expired",
        EnrolmentState::Issued if session.revealed.is_some() => "waiting",
        EnrolmentState::Issued => "begun",
    };
    Ok(Json(
        json!({ "state": state, "institution": enrolment.institution }),
    ))
}
