//! Administration of a gateway: the same words on the socket in its folder as at the data centre, for the institution's
//! own access keys and buckets, which the data centre doesn't know.

use std::sync::Arc;

use amana_access::{Grant, KeyLabel};
use amana_vault::{BucketName, BucketOptions};
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::middleware::from_fn;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Extension, Json, Router};
use bytes::Bytes;
use http::{Uri, header};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::running::Running;
use crate::admin::Asker;
use crate::admin::answer::{Answer, Refusal};
use crate::admin::buckets::shown;
use crate::centre::blocking;
use crate::client::segment;
use crate::requests;

/// The longest request body, in bytes.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// The longest answer of the data centre that is handed on, in bytes.
const MAX_ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// The longest answer to the making of a bucket, in bytes.
const MAX_MADE_BYTES: usize = 64 * 1024;
/// A page of the institution's buckets.
const PAGE: usize = 1000;

/// The routes of the socket.
pub(crate) fn router(running: Arc<Running>) -> Router {
    let institution = "/v1/institutions/{name}";
    Router::new()
        .route("/v1/health", get(health))
        .route("/v1/status", get(status))
        .route("/v1/status.txt", get(status_text))
        .route(
            &format!("{institution}/access-keys"),
            get(list_keys).post(create_key),
        )
        .route("/v1/access-keys/{id}", delete(revoke_key))
        .route("/v1/access-keys/{id}/public-keys", post(authorize_key))
        .route(
            &format!("{institution}/buckets"),
            get(list_buckets).post(create_bucket),
        )
        .route("/v1/give-back", post(give_back))
        .route("/v1/erasures/{owner}/{name}/{index}", post(erase))
        .route("/receipts/{owner}/{name}/{index}", get(hand_on))
        .route("/ledgers/{owner}/{name}/{*path}", get(hand_on))
        .route("/national/{*path}", get(hand_on))
        .route("/contents/{owner}/{name}/{index}", get(hand_on_content))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn(requests::on_socket))
        .with_state(running)
}

/// Has the mirror give back what the data centre lost, whether it says so or not.
async fn give_back(State(running): State<Arc<Running>>) -> Answer {
    blocking(move || running.gateway.give_back()).await?;
    Ok(Json(json!({ "asked": true })))
}

async fn status(State(running): State<Arc<Running>>) -> impl IntoResponse {
    Json(running.status())
}

async fn status_text(State(running): State<Arc<Running>>) -> String {
    running.status().text()
}

/// Receipts and ledgers live at the data centre, and are asked for in this gateway's name. Whoever gets them verifies them.
async fn hand_on(State(running): State<Arc<Running>>, uri: Uri) -> Result<Bytes, Refusal> {
    Ok(running
        .gateway
        .centre()
        .get(uri.path(), MAX_ANSWER_BYTES)
        .await?)
}

/// Content too, however long: as it lies at the data centre, which is sealed.
async fn hand_on_content(
    State(running): State<Arc<Running>>,
    uri: Uri,
) -> Result<Response, Refusal> {
    let answer = running.gateway.centre().stream(uri.path()).await?;
    let length = answer.headers().get(header::CONTENT_LENGTH).cloned();
    let chunks = futures::stream::try_unfold(answer, |mut answer| async move {
        let chunk = answer.chunk().await?;
        Ok::<_, amana_gateway::Error>(chunk.map(|chunk| (chunk, answer)))
    });
    let mut response = Response::new(Body::from_stream(chunks));
    // With its length, so that an answer that ends early is seen to.
    length.map(|length| {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length)
    });
    Ok(response)
}

/// A new key; id and secret together, or neither.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewKey {
    #[serde(default = "Grant::everything")]
    grant: Grant,
    given: Option<GivenKey>,
    /// What it is for.
    label: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenKey {
    access_key_id: String,
    secret_access_key: String,
}

async fn create_key(
    State(running): State<Arc<Running>>,
    Path(institution): Path<String>,
    Json(new): Json<NewKey>,
) -> Answer {
    running.own(&institution)?;
    let label: Option<KeyLabel> = new.label.as_deref().map(str::parse).transpose()?;
    let made = blocking(move || -> Result<_, Refusal> {
        match new.given {
            None => Ok(running.gateway.callers().create(new.grant, label)?),
            Some(given) => {
                let secret = Zeroizing::new(given.secret_access_key);
                let (id, secret) = (given.access_key_id.parse()?, secret.parse()?);
                running
                    .gateway
                    .callers()
                    .take_in(&id, &secret, new.grant, label)?;
                Ok((id, secret))
            }
        }
    });
    let (id, secret) = made.await?;
    Ok(Json(json!({
        "access_key_id": id.as_str(),
        "secret_access_key": secret.reveal(),
    })))
}

async fn list_keys(
    State(running): State<Arc<Running>>,
    Path(institution): Path<String>,
) -> Answer<Json<Vec<amana_gateway::LocalKey>>> {
    running.own(&institution)?;
    Ok(Json(
        blocking(move || running.gateway.callers().list()).await?,
    ))
}

async fn revoke_key(State(running): State<Arc<Running>>, Path(id): Path<String>) -> Answer {
    let key = id.clone();
    if !blocking(move || running.gateway.callers().revoke(&key)).await? {
        return Err(Refusal::wrong(
            "unknown-access-key",
            format!("this gateway has no access key {id}"),
        ));
    }
    Ok(Json(json!({ "access_key_id": id })))
}

/// A public key that SFTP lets in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPublicKey {
    public_key: String,
}

async fn authorize_key(
    State(running): State<Arc<Running>>,
    Path(id): Path<String>,
    Json(new): Json<NewPublicKey>,
) -> Answer {
    let (key, fingerprint) = amana_folders::public_key(&new.public_key).ok_or_else(|| {
        Refusal::wrong(
            "public-key",
            "that is no public key of OpenSSH's".to_owned(),
        )
    })?;
    let of = id.clone();
    blocking(move || running.gateway.callers().authorize(&of, &key)).await?;
    Ok(Json(
        json!({ "access_key_id": id, "fingerprint": fingerprint }),
    ))
}

/// A new bucket.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBucket {
    name: String,
    open: bool,
    reason: Option<String>,
}

async fn create_bucket(
    State(running): State<Arc<Running>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(new): Json<NewBucket>,
) -> Answer {
    running.own(&institution)?;
    let name = BucketName::parse(&new.name)?;
    if new.open {
        return create_open(&running, &new).await;
    }
    let caller = running.gateway.callers().own(by.user());
    let options = BucketOptions {
        open_reason: None,
        region: None,
        object_lock: false,
    };
    let made = running
        .gateway
        .vault()
        .create_bucket(&caller, name, options)
        .await?;
    Ok(Json(
        json!({ "name": new.name, "mode": "sealed", "receipt": made.receipt }),
    ))
}

/// An open bucket is the data centre's to make, on this gateway's signed request, and its entry carries the reason.
async fn create_open(running: &Running, new: &NewBucket) -> Answer {
    let Some(reason) = &new.reason else {
        return Err(Refusal::wrong(
            "no-reason",
            "an open bucket is one that the data centre can read: give the --reason, which its entry carries".to_owned(),
        ));
    };
    let path = format!(
        "/api/v1/institutions/{}/open-buckets?name={}&reason={}",
        running.institution.name,
        segment(&new.name),
        segment(reason)
    );
    let centre = running.gateway.centre();
    let made = centre.post(&path, "application/json", Bytes::new(), MAX_MADE_BYTES);
    let made = serde_json::from_slice(&made.await?).map_err(|error| {
        Refusal::wrong(
            "malformed-answer",
            format!("the data centre's answer: {error}"),
        )
    })?;
    Ok(Json(made))
}

/// Why a body is erased.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    reason: String,
}

/// Signs that the body of an act goes, and hands that in.
async fn erase(
    State(running): State<Arc<Running>>,
    Path((owner, name, index)): Path<(String, String, u64)>,
    Json(erasure): Json<Erasure>,
) -> Answer {
    running.own(&owner)?;
    let entry = format!("{owner}/{name}/{index}");
    if name != "vault" {
        let why = format!("{entry}: an institution's acts stand in {owner}/vault");
        return Err(Refusal::wrong("invalid", why));
    }
    let reason = segment(&erasure.reason);
    let receipt = running.gateway.erase(index, &reason).await?;
    Ok(Json(json!({ "erased": entry, "receipt": receipt })))
}

async fn list_buckets(
    State(running): State<Arc<Running>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    running.own(&institution)?;
    let caller = running.gateway.callers().own(by.user());
    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let (page, more) = running
            .gateway
            .vault()
            .list_buckets(&caller, "", after.as_deref(), PAGE)
            .await?;
        listed.extend(page.iter().map(shown));
        after = page.last().map(|last| last.name.clone());
        if !more || after.is_none() {
            return Ok(Json(listed));
        }
    }
}

/// What `amana doctor` asks.
async fn health(State(running): State<Arc<Running>>) -> Json<Value> {
    let status = running.status();
    let mut shown = crate::health::of_process(&running.tls);
    shown["vouched"] = status.gateway.vouched_age_s.is_some().into();
    shown["alarms"] = status.alarms().len().into();
    shown["mirror"] = json!(status.gateway.mirror);
    Json(shown)
}
