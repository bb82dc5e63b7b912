//! An act as its envelope says it.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Act, Error, Result};

/// What an envelope holds: an act in plain JSON, `{"kind":…,"by":…,"links":…,"body":…}`, links and body as the act itself
/// writes them. Serialized again, links and body are the same bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlainAct {
    /// `service.verb`.
    pub kind: String,
    /// Who asked, in the institution's own words: `key:<access key id>`.
    #[serde(default)]
    pub by: String,
    /// Ids and numbers.
    pub links: Box<RawValue>,
    /// What the act says; `None` when it has no body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Box<RawValue>>,
}

impl PlainAct {
    /// What a checked act says.
    ///
    /// # Errors
    /// [`Error::Decode`] when it can't be written as JSON.
    pub fn of<A: Act>(act: &A) -> Result<Self> {
        let encode = |source| Error::Decode {
            what: format!("an act {}", A::KIND),
            source,
        };
        Ok(Self {
            kind: A::KIND.to_owned(),
            by: act.actor().to_owned(),
            links: to_raw_value(act.links()).map_err(encode)?,
            body: act.body().map(to_raw_value).transpose().map_err(encode)?,
        })
    }
}
