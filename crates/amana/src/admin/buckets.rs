//! Buckets of an institution, made and listed by the operator: each act says so in the institution's ledger.

use std::sync::Arc;

use amana_vault::{BucketInfo, BucketName, BucketOptions};
use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Asker;
use super::answer::{Answer, Refusal};
use crate::centre::{Centre, blocking};

/// A page of the institution's buckets.
const PAGE: usize = 1000;

/// A new bucket.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct New {
    name: String,
    open: bool,
    reason: Option<String>,
}

pub(crate) async fn create(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
    Json(new): Json<New>,
) -> Answer {
    let (true, Some(reason)) = (new.open, new.reason) else {
        return Err(Refusal::wrong(
            "sealed",
            "only open buckets can be made here, with --open and a --reason: a sealed bucket's keys never come to the \
             data centre"
                .to_owned(),
        ));
    };
    let caller = on_behalf(&centre, &institution, &by).await?;
    let options = BucketOptions {
        open_reason: Some(reason),
        region: None,
        object_lock: false,
    };
    let made = centre
        .vault
        .create_bucket(&caller, BucketName::parse(&new.name)?, options)
        .await?;
    Ok(Json(
        json!({ "name": new.name, "mode": "open", "receipt": made.receipt }),
    ))
}

pub(crate) async fn list(
    State(centre): State<Arc<Centre>>,
    Extension(by): Extension<Asker>,
    Path(institution): Path<String>,
) -> Answer<Json<Vec<Value>>> {
    let caller = on_behalf(&centre, &institution, &by).await?;
    let mut listed = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let (page, more) = centre
            .vault
            .list_buckets(&caller, "", after.as_deref(), PAGE)
            .await?;
        listed.extend(page.iter().map(shown));
        after = page.last().map(|last| last.name.clone());
        if !more || after.is_none() {
            return Ok(Json(listed));
        }
    }
}

async fn on_behalf(
    centre: &Arc<Centre>,
    institution: &str,
    by: &Asker,
) -> Answer<amana_access::Caller> {
    let name = institution.parse()?;
    let (centre, by) = (centre.clone(), by.clone());
    Ok(blocking(move || centre.access.on_behalf(&name, by.as_str())).await?)
}

/// A bucket, for the command line.
pub(crate) fn shown(bucket: &BucketInfo) -> Value {
    json!({
        "name": bucket.name,
        "mode": format!("{:?}", bucket.mode).to_lowercase(),
        "versioning": format!("{:?}", bucket.versioning).to_lowercase(),
        "since_ms": bucket.created_ms,
    })
}
