//! The provider of the State by which officials may sign in: OpenID Connect Core 1.0, the authorization code flow with PKCE.
//!
//! What it promises: nothing of a browser's errand is remembered here (`state`, `nonce` and verifier derive from its flow); what
//! the provider says is believed only as a token that `amana-access` verified; and what is asked of the provider has bounds, so
//! that neither it nor strangers at our door make us ask without end. What is kept, its metadata and its keys, is public, and is
//! found out again by any node.

mod discovery;
mod exchange;

use std::io;
use std::sync::Arc;

use amana_access::{KeySet, Provider as Issued};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response};
use tokio::sync::{Mutex, Semaphore};
use zeroize::Zeroizing;

use crate::content::links::encode;
use crate::{Error, Language, Result};

use discovery::Metadata;
pub(crate) use exchange::Fetched;

/// The longest answer of a provider that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 128 * 1024;
/// Codes that are exchanged at a time.
const MAX_EXCHANGES: usize = 16;

/// How a provider is reached. The program around the pages makes the connections, since it knows whom to believe on them.
pub trait Line: Send + Sync {
    /// Asks the host of the request's URL, and reads the answer to its end: within some seconds, and no longer than
    /// [`MAX_ANSWER_BYTES`]. Nobody is followed elsewhere.
    fn ask(&self, request: Request<Bytes>) -> BoxFuture<'_, io::Result<Response<Bytes>>>;
}

/// What the configuration says of a provider.
pub struct Settings {
    /// Its issuer, as its tokens say it: `https://…`, or `http://…` on this machine.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// By what it knows us; nothing for a client that has no secret.
    pub client_secret: Option<Zeroizing<String>>,
    /// What people call it, in French.
    pub name_fr: String,
    /// What people call it, in English.
    pub name_en: String,
}

/// A provider.
pub struct Provider {
    issued: Issued,
    client_secret: Option<Zeroizing<String>>,
    names: [String; 2],
    line: Arc<dyn Line>,
    known: Mutex<Known>,
    exchanges: Semaphore,
}

/// What was found out, with when, milliseconds since 1970.
#[derive(Default)]
struct Known {
    metadata: Option<(Arc<Metadata>, i64)>,
    keys: Option<(Arc<KeySet>, i64)>,
    failed_ms: Option<i64>,
}

impl Provider {
    /// A provider that wasn't asked yet.
    #[must_use]
    pub fn new(settings: Settings, line: Arc<dyn Line>) -> Self {
        Self {
            issued: Issued {
                issuer: settings.issuer,
                client_id: settings.client_id,
            },
            client_secret: settings.client_secret,
            names: [settings.name_fr, settings.name_en],
            line,
            known: Mutex::default(),
            exchanges: Semaphore::new(MAX_EXCHANGES),
        }
    }

    /// What people call it.
    pub(crate) fn name(&self, language: Language) -> &str {
        match language {
            Language::French => &self.names[0],
            Language::English => &self.names[1],
        }
    }

    /// The answer to a request, if it is 200 and no longer than it may be.
    async fn asked(&self, request: Request<Bytes>) -> Result<Bytes> {
        let what = request.uri().path().to_owned();
        let answer = self.line.ask(request).await.map_err(|error| {
            let why = format!("{what}: {error}");
            Error::Provider { why }
        })?;
        let length = answer.body().len();
        let why = match answer.status() {
            http::StatusCode::OK if length <= MAX_ANSWER_BYTES => return Ok(answer.into_body()),
            http::StatusCode::OK => format!("{what}: an answer of {length} bytes"),
            status => format!("{what}: status {status}"),
        };
        Err(Error::Provider { why })
    }
}

/// Fields as a form and a query have them (RFC 6749 appendix B).
pub(crate) fn fields(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        encode(&mut text, value);
    }
    text
}
