//! Enrolments: codes handed out, and the six words that decide.

use std::sync::Arc;

use amana_access::{Enrolled, EnrolmentState, InstitutionName};
use amana_seal::words::SixWords;
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asker;
use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking};
use crate::enrolments::{MAX_WRONG_WORDS, Revealed};
use crate::gateway::given_code::GivenCode;
use crate::own_quorums;

/// Hands out a code, shown in this answer and never again.
pub(crate) async fn issue(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
) -> Answer {
    let name = institution.parse()?;
    let issued = centre.access.issue_enrolment(&name, by.as_str()).await?;
    let authority = centre.tls.authority(centre.config.listen_web);
    let code = GivenCode::shown(&issued.code.reveal(), authority);
    Ok(Json(json!({
        "institution": institution,
        "number": issued.number,
        "code": code,
        "expires_ms": issued.expires_ms,
        "receipt": issued.receipt,
    })))
}

pub(crate) async fn list(State(centre): State<Arc<Centre>>) -> Answer<Json<Vec<Value>>> {
    let reader = centre.clone();
    let all = blocking(move || reader.access.enrolments()).await?;
    let under_way = blocking(move || centre.enrolments.all()).await?;
    let shown = all.iter().map(|enrolment| {
        let session = under_way.iter().map(|(_, session)| session);
        let session = session
            .filter(|session| session.institution.as_str() == enrolment.institution)
            .find(|session| session.number == enrolment.number);
        let revealed = session.and_then(|session| session.revealed.as_ref());
        let state = match (enrolment.state, session) {
            (EnrolmentState::Issued, Some(_)) if revealed.is_some() => "waiting".to_owned(),
            (EnrolmentState::Issued, Some(_)) => "begun".to_owned(),
            (state, _) => state.to_string(),
        };
        json!({
            "institution": enrolment.institution,
            "number": enrolment.number,
            "state": state,
            "member": revealed.map(|revealed| revealed.member.to_string()),
            "issued_ms": enrolment.issued_ms,
            "expires_ms": enrolment.expires_ms,
        })
    });
    Ok(Json(shown.collect()))
}

/// The six words, as they were heard.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Heard {
    words: String,
}

/// Confirms the enrolment that waits, if the words are its words.
pub(crate) async fn confirm(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(heard): Json<Heard>,
) -> Answer {
    let name: InstitutionName = institution.parse()?;
    let heard: SixWords = heard
        .words
        .parse()
        .map_err(|error: amana_seal::Error| Refusal::wrong("words", error.to_string()))?;
    let (asked, of) = (centre.clone(), name.clone());
    let waiting = blocking(move || asked.enrolments.waiting(&of)).await?;
    let Some((id, session)) = waiting else {
        return Err(Refusal::wrong(
            "not-waiting",
            format!("no gateway of {institution} waits for its words"),
        ));
    };
    let revealed = session.revealed.as_ref();
    let Some(revealed) = revealed.filter(|revealed| revealed.is_vouched_by(&heard)) else {
        let counted = centre.clone();
        let wrong = blocking(move || counted.enrolments.wrong_words(&id)).await?;
        return Err(wrong_words(&centre, &name, session.number, wrong, &by).await?);
    };
    let receipts = enrol(&centre, &name, session.number, revealed, &by).await?;
    Ok(Json(json!({
        "institution": institution,
        "number": session.number,
        "member": revealed.member.to_string(),
        "receipts": receipts,
    })))
}

/// Pins the root, publishes its keyring, and lets its witness count where the policy lists it.
async fn enrol(
    centre: &Arc<Centre>,
    name: &InstitutionName,
    number: u64,
    revealed: &Revealed,
    by: &Asker,
) -> Result<Vec<String>, Refusal> {
    let keyring = revealed.bundle.parse()?;
    let enrolled = Enrolled {
        root: keyring.keyring().root,
        member: revealed.member,
        witness: revealed.witness()?,
    };
    let confirmed = centre
        .access
        .confirm_enrolment(name, number, enrolled, by.as_str())
        .await;
    // Confirmed before, when the second of the two acts failed: the keyring has to begin under the root pinned then.
    let confirmed = match confirmed {
        Err(amana_access::Error::EnrolmentOver { .. })
            if is_half_done(centre, name, number).await? =>
        {
            None
        }
        confirmed => Some(confirmed?),
    };
    let bundle = revealed.bundle.clone();
    let (_, published) = centre
        .access
        .publish_keyring(name, bundle, by.as_str())
        .await?;
    own_quorums::settle(centre, by.as_str()).await?;
    Ok(confirmed.into_iter().chain([published]).collect())
}

/// Whether it is confirmed, and its keyring not published.
async fn is_half_done(
    centre: &Arc<Centre>,
    name: &InstitutionName,
    number: u64,
) -> Result<bool, Refusal> {
    let (centre, name) = (centre.clone(), name.clone());
    let (enrolment, keyring) = blocking(move || {
        let enrolment = centre.access.enrolment(&name, number)?;
        Ok::<_, amana_access::Error>((enrolment, centre.access.keyring(&name)?))
    })
    .await?;
    Ok(enrolment.state == EnrolmentState::Confirmed && keyring.is_none())
}

/// The answer to wrong words; after the last attempt the enrolment is refused.
async fn wrong_words(
    centre: &Arc<Centre>,
    name: &InstitutionName,
    number: u64,
    wrong: u32,
    by: &Asker,
) -> Result<Refusal, Refusal> {
    let warning = "these are not the words of this enrolment; if they were read out right, somebody stands between the \
                   gateway and this data centre";
    if wrong < MAX_WRONG_WORDS {
        let left = MAX_WRONG_WORDS - wrong;
        return Ok(Refusal::wrong(
            "wrong-words",
            format!("{warning}: refuse it and issue another code. {left} more attempts"),
        ));
    }
    let reason = Some("wrong words");
    centre
        .access
        .refuse_enrolment(name, number, reason, by.as_str())
        .await?;
    Ok(Refusal::wrong(
        "wrong-words",
        format!("{warning}. The enrolment is refused; issue another code"),
    ))
}

/// Which enrolment, and why it is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Why {
    number: Option<u64>,
    reason: Option<String>,
}

/// Refuses the enrolment of that number, or the newest that is open.
pub(crate) async fn refuse(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(why): Json<Why>,
) -> Answer {
    let name: InstitutionName = institution.parse()?;
    let number = match why.number {
        Some(number) => number,
        None => newest_open(&centre, &institution).await?,
    };
    let refused = centre
        .access
        .refuse_enrolment(&name, number, why.reason.as_deref(), by.as_str());
    let receipt = refused.await?;
    Ok(Json(
        json!({ "institution": institution, "number": number, "receipt": receipt }),
    ))
}

async fn newest_open(centre: &Arc<Centre>, institution: &str) -> Result<u64, Refusal> {
    let reader = centre.clone();
    let all = blocking(move || reader.access.enrolments()).await?;
    let open = all.iter().find(|enrolment| {
        enrolment.institution == institution && enrolment.state == EnrolmentState::Issued
    });
    open.map(|enrolment| enrolment.number).ok_or_else(|| {
        Refusal::wrong(
            "not-waiting",
            format!("no enrolment of {institution} is open"),
        )
    })
}
