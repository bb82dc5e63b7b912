//! Tags of a file, as officials set them: those that are given take the place of all before.

use std::collections::BTreeMap;
use std::sync::Arc;

use amana_access::Session;
use amana_vault::{Error as VaultError, MAX_TAG_KEY_CHARS, MAX_TAGS, ObjectKey, Tags, VersionRef};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::links::link;
use super::object::{Asked, version_ref};
use super::{Official, Receipt, index};
use crate::account::form::{Fields, Posted};
use crate::api::Call;
use crate::fault::Fault;
use crate::query::Query;
use crate::{Console, Error, Result};

/// Empty rows that the form has beside those of the tags that there are.
const SPARE: usize = 3;

/// A row of the form.
#[derive(Default)]
pub(super) struct Row {
    /// Its place, in the names of its fields.
    pub(super) place: usize,
    pub(super) name: String,
    pub(super) value: String,
}

/// The rows of the form: the tags that there are, and some to be filled in.
pub(super) fn rows(tags: &BTreeMap<String, String>) -> Vec<Row> {
    let count = MAX_TAGS.min(tags.len() + SPARE);
    let pairs = tags
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()));
    let spare = std::iter::repeat_with(Default::default);
    let numbered = pairs.chain(spare).take(count).zip(1..);
    numbered
        .map(|((name, value), place)| Row { place, name, value })
        .collect()
}

/// A row that is empty is no tag.
fn filled(fields: &Fields) -> Vec<(String, String)> {
    let row = |place: usize| {
        let text = |field: &str| fields.text(&format!("{field}-{place}")).trim().to_owned();
        (text("name"), text("value"))
    };
    let is_filled = |(name, value): &(String, String)| !name.is_empty() || !value.is_empty();
    (1..=MAX_TAGS).map(row).filter(is_filled).collect()
}

/// A tag that breaks a rule, in the last row that has it: of two that are alike it is the second one.
fn in_row(error: Error, fields: &Fields) -> Error {
    let Error::Vault(VaultError::InvalidTag { key, .. }) = &error else {
        return error;
    };
    let name = |place: usize| format!("name-{place}");
    let is_of = |place: &usize| {
        let text = fields.text(&name(*place)).trim();
        let is_row = !text.is_empty() || !fields.text(&format!("value-{place}")).trim().is_empty();
        is_row && text.chars().take(MAX_TAG_KEY_CHARS).eq(key.chars())
    };
    match (1..=MAX_TAGS).rev().find(is_of) {
        Some(place) => Error::typed(name(place), Fault::Tag),
        None => error,
    }
}

async fn replaced(
    console: &Arc<Console>,
    session: &Arc<Session>,
    bucket: &str,
    (key, version): (&ObjectKey, VersionRef),
    tags: Vec<(String, String)>,
) -> Result<String> {
    let caller = Official::of(console, session).await?.caller;
    let tags = Tags::parse(tags)?;
    let set = console.vault.set_tags(&caller, bucket, key, version, tags);
    Ok(set.await?.receipt)
}

/// Replaces a version's tags by those of the form.
pub(super) async fn change(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Redirect> {
    let fields = &posted.fields;
    let key = ObjectKey::parse(fields.text("key"))?;
    let given = fields.filled("version");
    let meant = (&key, version_ref(given)?);
    let replaced = replaced(&console, &posted.session, &name, meant, filled(fields)).await;
    let receipt = replaced.map_err(|error| in_row(error, fields))?;
    let pairs = [
        ("key", Some(key.as_str())),
        ("version", given),
        ("receipt", Some(index(&receipt))),
    ];
    Ok(Redirect::to(&link(
        &format!("/buckets/{name}/object"),
        &pairs,
    )))
}

/// Tags, each a name with its value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tagging {
    tags: BTreeMap<String, String>,
}

/// `PUT /api/v1/buckets/{bucket}/object/tags`
pub(super) async fn call(
    State(console): State<Arc<Console>>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
    call: Call<Tagging>,
) -> Result<Json<Receipt>> {
    let key = ObjectKey::parse(asked.key.as_str())?;
    let meant = (&key, version_ref(asked.version.as_deref())?);
    let tags = call.body.tags.into_iter().collect();
    let receipt = replaced(&console, &call.session, &name, meant, tags).await?;
    Ok(Json(Receipt::of(receipt)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_more_tags_until_there_are_ten() {
        let tags = |count: usize| {
            (0..count)
                .map(|n| (format!("n{n}"), n.to_string()))
                .collect()
        };
        let places = |count| rows(&tags(count)).len();
        assert_eq!(
            [places(0), places(2), places(9), places(10)],
            [3, 5, 10, 10]
        );
        let two = rows(&tags(2));
        assert_eq!((two[1].place, two[1].name.as_str()), (2, "n1"));
        assert_eq!((two[2].name.as_str(), two[2].value.as_str()), ("", ""));
    }
}
