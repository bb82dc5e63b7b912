//! A code for an ID token (OpenID Connect Core §3.1.3), and the token for who somebody is.

use amana_access::{Errand, Flow, IdToken, Identity, TokenFault};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{Provider, encode, fields};
use crate::{Error, Result};

/// The answer of the token endpoint. Access tokens are for others' APIs, and aren't looked at.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// What a browser brought back from a provider.
pub(crate) struct Fetched<'a> {
    /// The code.
    pub(crate) code: &'a str,
    /// Which provider it was, if that said so.
    pub(crate) issuer: Option<&'a str>,
    /// Where the browser came back to.
    pub(crate) back: &'a str,
}

impl Provider {
    /// Who somebody is, by what a browser brought back from its errand.
    ///
    /// # Errors
    /// [`Error::Provider`], [`amana_access::Error::Identity`], [`amana_access::Error::Busy`].
    pub(crate) async fn identity(
        &self,
        flow: &Flow,
        errand: Errand,
        fetched: &Fetched<'_>,
        now_ms: i64,
    ) -> Result<Identity> {
        let Ok(_turn) = self.exchanges.try_acquire() else {
            return Err(amana_access::Error::Busy.into());
        };
        let metadata = self.metadata(now_ms).await?;
        // A code of another provider is shown to none (RFC 9207 §2.4).
        let named = match fetched.issuer {
            Some(issuer) => issuer == self.issued.issuer,
            None => !metadata.authorization_response_iss_parameter_supported,
        };
        if !named {
            return Err(amana_access::Error::Identity(TokenFault::Issuer).into());
        }
        let request = self.request(&metadata.token_endpoint, flow, errand, fetched)?;
        let tokens: Tokens =
            serde_json::from_slice(&self.asked(request).await?).map_err(|_| Error::Provider {
                why: "its answer to a code has no ID token".to_owned(),
            })?;
        let token = IdToken::parse(&tokens.id_token).map_err(amana_access::Error::Identity)?;
        let keys = self.keys(false, now_ms).await?;
        let judged = match token.verify(&keys, &self.issued, flow, errand, now_ms) {
            Err(TokenFault::UnknownKey) => {
                let keys = self.keys(true, now_ms).await?;
                token.verify(&keys, &self.issued, flow, errand, now_ms)
            }
            judged => judged,
        };
        Ok(judged.map_err(amana_access::Error::Identity)?)
    }

    fn request(
        &self,
        endpoint: &str,
        flow: &Flow,
        errand: Errand,
        fetched: &Fetched<'_>,
    ) -> Result<Request<Bytes>> {
        let verifier = flow.code_verifier(errand);
        let mut asked = vec![
            ("grant_type", "authorization_code"),
            ("code", fetched.code),
            ("redirect_uri", fetched.back),
            ("code_verifier", &verifier),
        ];
        let basic = self.basic();
        if basic.is_none() {
            asked.push(("client_id", &self.issued.client_id));
        }
        let form = fields(&asked);
        let request = Request::post(endpoint)
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form));
        let mut request = request.map_err(|error| Error::Provider {
            why: format!("{endpoint}: {error}"),
        })?;
        if let Some(basic) = basic {
            request.headers_mut().insert(header::AUTHORIZATION, basic);
        }
        Ok(request)
    }

    /// `client_secret_basic`: both halves are encoded as in a form before they stand side by side (RFC 6749 §2.3.1).
    fn basic(&self) -> Option<HeaderValue> {
        let secret = self.client_secret.as_ref()?;
        let mut pair = Zeroizing::new(String::new());
        encode(&mut pair, &self.issued.client_id);
        pair.push(':');
        encode(&mut pair, secret);
        let basic = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        let mut basic = HeaderValue::from_str(&basic).ok()?;
        basic.set_sensitive(true);
        Some(basic)
    }
}
