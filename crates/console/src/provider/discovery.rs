//! What a provider says of itself (OpenID Connect Discovery 1.0), and the keys that it publishes: both kept for an hour.

use std::sync::Arc;

use amana_access::{Errand, Flow, KeySet};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Uri};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Known, Provider, fields};
use crate::{Error, Language, Result};

/// How long what was found out is believed.
const KEPT_MS: i64 = 60 * 60 * 1000;
/// How long a provider that failed isn't asked again, from when it was asked: longer than it is waited for.
const REST_MS: i64 = 30 * 1000;
/// How long keys aren't fetched again for a token whose key isn't among them.
const KEYS_REST_MS: i64 = 60 * 1000;

/// A provider's metadata, as far as they matter here.
#[derive(Deserialize)]
pub(super) struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    pub(super) token_endpoint: String,
    jwks_uri: String,
    /// Whether it names itself when it sends a browser back (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// Whether a time isn't that long ago; nor in the future, where a clock that was set back leaves it.
fn within(since_ms: i64, now_ms: i64, span_ms: i64) -> bool {
    (0..span_ms).contains(&(now_ms - since_ms))
}

impl Provider {
    /// Where a browser goes on that errand.
    ///
    /// # Errors
    /// [`Error::Provider`].
    pub(crate) async fn leaving(
        &self,
        flow: &Flow,
        errand: Errand,
        bound_to: &str,
        language: Language,
        back: &str,
        now_ms: i64,
    ) -> Result<String> {
        let metadata = self.metadata(now_ms).await?;
        let verifier = flow.code_verifier(errand);
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        let asked = fields(&[
            ("response_type", "code"),
            ("client_id", &self.issued.client_id),
            ("redirect_uri", back),
            ("scope", "openid profile"),
            ("state", &flow.state(errand, bound_to)),
            ("nonce", &URL_SAFE_NO_PAD.encode(flow.nonce(errand))),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("ui_locales", language.texts().tag),
        ]);
        let endpoint = &metadata.authorization_endpoint;
        let before = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{before}{asked}"))
    }

    /// What the provider says of itself.
    pub(super) async fn metadata(&self, now_ms: i64) -> Result<Arc<Metadata>> {
        let mut known = self.known.lock().await;
        self.metadata_in(&mut known, now_ms).await
    }

    async fn metadata_in(&self, known: &mut Known, now_ms: i64) -> Result<Arc<Metadata>> {
        if let Some((metadata, since_ms)) = &known.metadata
            && within(*since_ms, now_ms, KEPT_MS)
        {
            return Ok(metadata.clone());
        }
        let base = self.issued.issuer.trim_end_matches('/');
        let url = format!("{base}/.well-known/openid-configuration");
        let json = self.fetched(known, &url, now_ms).await?;
        let metadata = serde_json::from_slice(&json).map_err(|error| Error::Provider {
            why: format!("its metadata: {error}"),
        });
        let metadata = metadata.and_then(|metadata| self.checked(metadata));
        known.failed_ms = metadata.is_err().then_some(now_ms);
        let metadata = Arc::new(metadata?);
        known.metadata = Some((metadata.clone(), now_ms));
        Ok(metadata)
    }

    /// Metadata of another issuer are none of this one's (§4.3), and nobody is sent where the line is plain.
    fn checked(&self, metadata: Metadata) -> Result<Metadata> {
        let issuer = &self.issued.issuer;
        let refused = |why: String| Err(Error::Provider { why });
        if metadata.issuer != *issuer {
            return refused(format!("its metadata are of {}", metadata.issuer));
        }
        for endpoint in [
            &metadata.authorization_endpoint,
            &metadata.token_endpoint,
            &metadata.jwks_uri,
        ] {
            let is_host = authority(endpoint).is_some();
            let same_host = is_host && authority(endpoint) == authority(issuer);
            let allowed = endpoint.starts_with("https://") && is_host
                || issuer.starts_with("http://") && same_host;
            if !allowed || endpoint.contains('#') {
                return refused(format!("its metadata lead to {endpoint}"));
            }
        }
        Ok(metadata)
    }

    /// Its keys; `newer` ones when a token's key isn't among those that were fetched, at most once a minute.
    pub(super) async fn keys(&self, newer: bool, now_ms: i64) -> Result<Arc<KeySet>> {
        let mut known = self.known.lock().await;
        let rest_ms = if newer { KEYS_REST_MS } else { KEPT_MS };
        if let Some((keys, since_ms)) = &known.keys
            && within(*since_ms, now_ms, rest_ms)
        {
            return Ok(keys.clone());
        }
        let metadata = self.metadata_in(&mut known, now_ms).await?;
        let json = self.fetched(&mut known, &metadata.jwks_uri, now_ms).await?;
        let keys = KeySet::parse(&json).map_err(amana_access::Error::Identity);
        known.failed_ms = keys.is_err().then_some(now_ms);
        let keys = Arc::new(keys?);
        known.keys = Some((keys.clone(), now_ms));
        Ok(keys)
    }

    /// Whoever fails is left alone for a while: otherwise everybody who waits would ask in turn, and wait as long again.
    async fn fetched(&self, known: &mut Known, url: &str, now_ms: i64) -> Result<Bytes> {
        if known
            .failed_ms
            .is_some_and(|failed_ms| within(failed_ms, now_ms, REST_MS))
        {
            let why = "it failed a moment ago".to_owned();
            return Err(Error::Provider { why });
        }
        let request = Request::get(url).header(http::header::ACCEPT, "application/json");
        let request = request
            .body(Bytes::new())
            .map_err(|error| Error::Provider {
                why: format!("{url}: {error}"),
            })?;
        let answer = self.asked(request).await;
        known.failed_ms = answer.is_err().then_some(now_ms);
        answer
    }
}

fn authority(url: &str) -> Option<String> {
    let url: Uri = url.parse().ok()?;
    Some(url.authority()?.as_str().to_ascii_lowercase())
}
