//! `/keys`: which access keys the institution's software has, never their secrets; new ones, and their end.

use std::sync::Arc;

use amana_access::{
    AccessKey, AccessKeyId, Grant, KeyLabel, NewAccessKey, Operation, Right, Session,
};
use amana_vault::Mode;
use askama::Template;
use axum::Json;
use axum::extract::{Path, State};
use axum::response::Redirect;
use serde::{Deserialize, Serialize};

use super::links::link;
use super::{Official, Receipt, Recorded, index};
use crate::account::form::{Posted, Tokened};
use crate::account::guard::Signed;
use crate::account::me::seconds;
use crate::api::Call;
use crate::fault::Fault;
use crate::frame::Frame;
use crate::query::Query;
use crate::{Console, Error, Language, Page, Result, menu};

/// Buckets that the form offers; a grant names as many at most.
const MAX_OFFERED: usize = 100;
/// What the names of the fields that choose buckets begin with.
const CHOSEN: &str = "bucket-";

/// An access key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Key {
    /// Its id.
    access_key_id: String,
    /// What it is for, if that was said.
    label: Option<String>,
    /// What it may do.
    right: Right,
    /// With which buckets; nothing means all of the institution's, those to come included.
    buckets: Option<Vec<String>>,
    /// When it was made, in seconds since 1970.
    since_s: u64,
    /// When it was revoked, if so.
    revoked_s: Option<u64>,
}

impl From<AccessKey> for Key {
    fn from(key: AccessKey) -> Self {
        Self {
            access_key_id: key.access_key_id,
            label: key.label,
            right: key.grant.right,
            buckets: key.grant.buckets,
            since_s: seconds(key.since_ms),
            revoked_s: key.revoked_ms.map(seconds),
        }
    }
}

/// The keys of an institution, revoked ones included.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Keys {
    /// Those in force first, each part as it was made.
    keys: Vec<Key>,
}

async fn listed(console: &Arc<Console>, session: &Session) -> Result<Keys> {
    let institution = session.account.owner.institution().cloned();
    let institution = institution.ok_or(Error::NotFound)?;
    let keys = console
        .ask(move |access| Ok(access.access_keys(&institution)?))
        .await?;
    let mut keys: Vec<Key> = keys.into_iter().map(Key::from).collect();
    keys.sort_by_key(|key| key.revoked_s.is_some());
    Ok(Keys { keys })
}

#[derive(Template)]
#[template(path = "content/keys.html")]
struct KeysPage {
    frame: Frame,
    session: Arc<Session>,
    recorded: Option<Recorded>,
    keys: Vec<Key>,
    buckets: Vec<String>,
    /// Whether the institution could seal: a gateway of its own is enrolled.
    seals: bool,
}

impl KeysPage {
    fn may(&self, operation: Operation) -> bool {
        self.session.may(operation)
    }

    fn grant(&self, key: &Key) -> String {
        let words = &self.frame.texts.keys;
        let buckets = match &key.buckets {
            None => words.all_buckets.to_owned(),
            Some(buckets) => buckets.join(", "),
        };
        format!("{} ({buckets})", (words.right)(key.right))
    }

    fn revoked(&self, at_s: &u64) -> String {
        let texts = self.frame.texts;
        (texts.keys.revoked)(&texts.moment(at_s))
    }

    fn rights(&self) -> [(&'static str, &'static str); 3] {
        [Right::Read, Right::Write, Right::Own]
            .map(|right| (right.as_str(), (self.frame.texts.keys.right)(right)))
    }
}

/// What was just done.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    receipt: Option<u64>,
}

/// The list.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    official: Official,
    Query(asked): Query<Asked>,
) -> Result<Page> {
    let Official { session, caller } = official;
    let keys = listed(&console, &session).await?.keys;
    let buckets = console.vault.list_buckets(&caller, "", None, MAX_OFFERED);
    let buckets = buckets.await?.0;
    let seals = seals(&console, &session).await?;
    let texts = language.texts();
    Page::of(&KeysPage {
        frame: menu::frame(texts, &session, "/keys", texts.keys.title),
        session,
        recorded: Recorded::of(asked.receipt),
        keys,
        // A sealed one is opened by keys of its gateway alone.
        buckets: buckets
            .into_iter()
            .filter(|bucket| bucket.mode == Mode::Open)
            .map(|bucket| bucket.name)
            .collect(),
        seals,
    })
}

/// Whether the institution has keys of its own: then a key of the data centre is easily taken for one of its gateway.
async fn seals(console: &Arc<Console>, session: &Session) -> Result<bool> {
    let institution = session.account.owner.institution().cloned();
    let institution = institution.ok_or(Error::NotFound)?;
    console
        .ask(move |access| Ok(access.keyring(&institution)?.is_some()))
        .await
}

async fn made(
    console: &Console,
    session: &Session,
    grant: Grant,
    label: Option<&str>,
) -> Result<NewAccessKey> {
    let institution = session.account.owner.institution();
    let institution = institution.ok_or(Error::NotFound)?;
    // What takes two officials isn't handed to a program by one.
    if grant.right == Right::Bypass {
        return Err(Error::Access(amana_access::Error::Invalid {
            what: "the right",
            why: "must be read, write or own; ending retention takes two officials",
        }));
    }
    let label: Option<KeyLabel> = label.map(str::parse).transpose()?;
    let by = session.actor().to_string();
    let made = console
        .access
        .create_access_key(institution, None, grant, label.as_ref(), &by);
    Ok(made.await?)
}

#[derive(Template)]
#[template(path = "content/key.html")]
struct KeyPage {
    frame: Frame,
    recorded: Option<Recorded>,
    session: Arc<Session>,
    id: String,
    label: Option<String>,
    /// Shown this once; the answer is kept out of every cache.
    secret: zeroize::Zeroizing<String>,
    endpoint: String,
    remote: String,
    seals: bool,
}

impl KeyPage {
    fn secret(&self) -> &str {
        &self.secret
    }
}

/// Hands out a key.
pub(super) async fn make(
    State(console): State<Arc<Console>>,
    language: Language,
    posted: Posted,
) -> Result<Page> {
    let Posted {
        session, fields, ..
    } = posted;
    let buckets = match fields.text("for") {
        "all" => None,
        "these" => Some(fields.marked(CHOSEN)),
        _ => return Err(Error::typed("for", Fault::Buckets)),
    };
    if buckets.as_ref().is_some_and(Vec::is_empty) {
        return Err(Error::typed("for", Fault::Buckets));
    }
    let grant = Grant {
        buckets,
        right: fields.text("right").parse()?,
    };
    let seals = seals(&console, &session).await?;
    let key = made(&console, &session, grant, fields.filled("label")).await?;
    let texts = language.texts();
    Page::of(&KeyPage {
        frame: menu::frame(texts, &session, "/keys", texts.keys.new),
        recorded: Recorded::of(index(&key.receipt).parse().ok()),
        id: key.id.as_str().to_owned(),
        label: fields.filled("label").map(str::to_owned),
        secret: key.secret.reveal().to_owned().into(),
        endpoint: console.s3.clone(),
        remote: session.account.owner.to_string(),
        seals,
        session,
    })
}

async fn revoked(console: &Console, session: &Session, id: &str) -> Result<String> {
    let institution = session.account.owner.institution();
    let institution = institution.ok_or(Error::NotFound)?;
    let (id, by): (AccessKeyId, _) = (id.parse()?, session.actor().to_string());
    let revoked = console
        .access
        .revoke_access_key(Some(institution), &id, &by);
    Ok(revoked.await?)
}

/// Ends a key.
pub(super) async fn revoke(
    State(console): State<Arc<Console>>,
    posted: Posted,
) -> Result<Redirect> {
    posted.fields.must_be_sure()?;
    let receipt = revoked(&console, &posted.session, posted.fields.text("key")).await?;
    let to = link("/keys", &[("receipt", Some(index(&receipt)))]);
    Ok(Redirect::to(&to))
}

/// `GET /api/v1/keys`
pub(super) async fn list_call(
    State(console): State<Arc<Console>>,
    Signed(session): Signed,
) -> Result<Json<Keys>> {
    listed(&console, &session).await.map(Json)
}

/// A key just made.
#[derive(Serialize)]
pub(super) struct NewKey {
    /// Its id.
    access_key_id: String,
    /// Its secret, which is given this once.
    secret_access_key: String,
    /// `<ledger>/<index>` of the act.
    receipt: String,
}

/// The key that a program asks for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    buckets: Option<Vec<String>>,
    right: Right,
    label: Option<String>,
}

/// `POST /api/v1/keys`
pub(super) async fn make_call(
    State(console): State<Arc<Console>>,
    call: Call<Wanted>,
) -> Result<Json<NewKey>> {
    let Wanted {
        buckets,
        right,
        label,
    } = call.body;
    let grant = Grant { buckets, right };
    let key = made(&console, &call.session, grant, label.as_deref()).await?;
    Ok(Json(NewKey {
        access_key_id: key.id.as_str().to_owned(),
        secret_access_key: key.secret.reveal().to_owned(),
        receipt: key.receipt,
    }))
}

/// `DELETE /api/v1/keys/{key}`
pub(super) async fn revoke_call(
    State(console): State<Arc<Console>>,
    Path(key): Path<String>,
    tokened: Tokened,
) -> Result<Json<Receipt>> {
    let receipt = revoked(&console, &tokened.session, &key).await?;
    Ok(Json(Receipt::of(receipt)))
}
