//! The ledgers, and how far each is witnessed.

use std::sync::Arc;

use amana_store::{LedgerInfo, Visibility};
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::answer::Answer;
use crate::centre::{Centre, blocking};

pub(crate) async fn list(State(centre): State<Arc<Centre>>) -> Answer<Json<Vec<Value>>> {
    let listed = blocking(move || -> amana_store::Result<_> {
        centre.store.read(|rows| {
            let shown = LedgerInfo::all(rows)?.into_iter().map(|info| {
                let witnessed = centre.store.witnessed_size(rows, info.id)?;
                Ok(shown(&info, witnessed))
            });
            shown.collect()
        })
    });
    Ok(Json(listed.await?))
}

fn shown(info: &LedgerInfo, witnessed_size: Option<u64>) -> Value {
    let visibility = match info.visibility {
        Visibility::Private => "private",
        Visibility::Public => "public",
    };
    json!({
        "name": info.name,
        "visibility": visibility,
        "size": info.size,
        "witnessed_size": witnessed_size,
        "root": info.root.to_string(),
    })
}
