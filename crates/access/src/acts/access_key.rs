//! Access keys: handed out, with what they are for, and ended.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Applied, Checked};
use crate::model::{Grant, KeyLabel, Right, Secret};
use crate::{Error, views};

/// Hands out an access key.
pub(crate) struct CreateAccessKey {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: AccessKeyLinks,
    pub(crate) body: AccessKeyBody,
    pub(crate) secret: Secret,
}

/// What a key may do, and what it is for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccessKeyBody {
    pub(crate) buckets: Option<Vec<String>>,
    pub(crate) right: Right,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
}

impl AccessKeyBody {
    pub(crate) fn new(grant: Grant, label: Option<&KeyLabel>) -> Self {
        Self {
            buckets: grant.buckets,
            right: grant.right,
            label: label.map(|label| label.as_str().to_owned()),
        }
    }

    fn grant(&self) -> Grant {
        Grant {
            buckets: self.buckets.clone(),
            right: self.right,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AccessKeyLinks {
    pub(crate) access_key_id: String,
}

impl Act for CreateAccessKey {
    const KIND: &'static str = "access-key.create";
    type Links = AccessKeyLinks;
    type Body = AccessKeyBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// Ids are one namespace for all institutions: a request names nothing else.
    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let id = &self.links.access_key_id;
        match views::access_key(views, id)? {
            Some(_) => Err(Denied::Refused(Error::AccessKeyExists { id: id.clone() })),
            None => Ok(()),
        }
    }

    fn links(&self) -> &AccessKeyLinks {
        &self.links
    }

    fn body(&self) -> Option<&AccessKeyBody> {
        Some(&self.body)
    }

    fn apply(
        links: &AccessKeyLinks,
        body: Option<&AccessKeyBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        // Rights that nobody can read any more are no rights.
        let grant = body.map_or_else(Grant::nothing, AccessKeyBody::grant);
        let label = body.and_then(|body| body.label.as_deref());
        let id = &links.access_key_id;
        views::insert_access_key(rows, at, id, label, &grant)
    }

    fn secrets(&self) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let secret = Zeroizing::new(self.secret.reveal().as_bytes().to_vec());
        vec![(views::secret_name(&self.links.access_key_id), secret)]
    }
}

/// Ends an access key.
pub(crate) struct RevokeAccessKey {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: AccessKeyLinks,
}

impl Act for RevokeAccessKey {
    const KIND: &'static str = "access-key.revoke";
    type Links = AccessKeyLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _now_ms: i64) -> Checked {
        let id = &self.links.access_key_id;
        match views::access_key(views, id)? {
            Some((ledger, key)) if ledger == self.ledger && key.revoked_ms.is_none() => Ok(()),
            _ => Err(Denied::Refused(Error::UnknownAccessKey { id: id.clone() })),
        }
    }

    fn links(&self) -> &AccessKeyLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &AccessKeyLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        views::revoke_access_key(rows, &links.access_key_id, at.time_ms)
    }

    /// A full disk must not keep a stolen key alive.
    fn frees(&self) -> bool {
        true
    }
}
