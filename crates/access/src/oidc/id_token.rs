//! An ID token: `header.claims.signature`, each in base64url (RFC 7515 §7.1).

use amana_ledger::Hash;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::key_set::Algorithm;
use super::{Identity, KeySet, Provider, TokenFault};
use crate::errands::Errand;
use crate::flow::Flow;

/// The longest token, in bytes.
const MAX_BYTES: usize = 16 * 1024;
/// The longest subject, in bytes (OpenID Connect Core §2).
const MAX_SUBJECT_BYTES: usize = 255;
/// The longest name that is shown of an identity, in characters.
const MAX_NAME_CHARS: usize = 60;
/// By how much the provider's clock may be off, in seconds.
const SKEW_S: f64 = 60.0;

/// A token, decoded and not yet judged.
pub struct IdToken {
    algorithm: Algorithm,
    kid: Option<String>,
    claims: Claims,
    /// Header and claims as they came, which is what was signed.
    signed: String,
    signature: Vec<u8>,
}

/// Members beyond these are only hints: keys that a token brings itself are never looked at.
#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    // What a provider writes here is shown if it is text, and is of no other account.
    preferred_username: Option<Value>,
    email: Option<Value>,
    name: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl IdToken {
    /// Of the token endpoint's word.
    ///
    /// # Errors
    /// [`TokenFault::Malformed`], [`TokenFault::Algorithm`].
    pub fn parse(text: &str) -> Result<Self, TokenFault> {
        if text.len() > MAX_BYTES {
            return Err(TokenFault::Malformed);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenFault::Malformed)?;
        let header: Header = json(header)?;
        let algorithm = Algorithm::named(&header.alg).ok_or(TokenFault::Algorithm)?;
        // Other tokens of the same provider name their type (RFC 8725 §3.11); what `crit` asks for isn't understood here.
        let is_jwt = |typ: &str| typ.eq_ignore_ascii_case("JWT");
        if header.crit.is_some() || !header.typ.as_deref().is_none_or(is_jwt) {
            return Err(TokenFault::Malformed);
        }
        let signature = URL_SAFE_NO_PAD.decode(signature);
        Ok(Self {
            algorithm,
            kid: header.kid,
            claims: json(claims)?,
            signed: signed.to_owned(),
            signature: signature.map_err(|_| TokenFault::Malformed)?,
        })
    }

    /// Who it is about, if the provider signed it, for us alone, in answer to this flow's errand, and it is in force.
    ///
    /// # Errors
    /// A [`TokenFault`]; [`TokenFault::UnknownKey`] asks for a newer set of keys.
    pub fn verify(
        &self,
        keys: &KeySet,
        provider: &Provider,
        flow: &Flow,
        errand: Errand,
        now_ms: i64,
    ) -> Result<Identity, TokenFault> {
        let (kid, message) = (self.kid.as_deref(), self.signed.as_bytes());
        keys.verify(self.algorithm, kid, message, &self.signature)?;
        let nonce = flow.nonce(errand);
        self.claims.judge(provider, &nonce, now_ms)?;
        Ok(Identity {
            digest: digest(&self.claims.iss, &self.claims.sub),
            label: self.claims.label(),
            nonce,
            until_ms: flow.until_ms(),
        })
    }
}

fn json<T: DeserializeOwned>(part: &str) -> Result<T, TokenFault> {
    let bytes = URL_SAFE_NO_PAD.decode(part);
    let bytes = bytes.map_err(|_| TokenFault::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenFault::Malformed)
}

/// The issuer's length stands before it, so that no two pairs are one text.
fn digest(issuer: &str, subject: &str) -> Hash {
    let length = (issuer.len() as u64).to_be_bytes();
    let domain = b"amana/identity/v1\0".as_slice();
    Hash::of(&[domain, &length, issuer.as_bytes(), subject.as_bytes()])
}

impl Claims {
    fn judge(&self, provider: &Provider, nonce: &[u8; 32], now_ms: i64) -> Result<(), TokenFault> {
        if self.iss != provider.issuer {
            return Err(TokenFault::Issuer);
        }
        // We trust no other audience, so a token that names one as well isn't for us (§3.1.3.7, step 3).
        let alone = match &self.aud {
            Audience::One(one) => *one == provider.client_id,
            Audience::Many(all) => all.len() == 1 && all[0] == provider.client_id,
        };
        let azp = self.azp.as_ref();
        if !alone || azp.is_some_and(|party| *party != provider.client_id) {
            return Err(TokenFault::Audience);
        }
        if self.sub.is_empty() || self.sub.len() > MAX_SUBJECT_BYTES {
            return Err(TokenFault::Malformed);
        }
        // Seconds since 1970 fit a double for as long as anybody counts them so.
        let now_s = now_ms as f64 / 1000.0;
        if self.exp <= now_s - SKEW_S {
            return Err(TokenFault::Expired);
        }
        let begins = self.nbf.map_or(self.iat, |nbf| nbf.max(self.iat));
        if begins > now_s + SKEW_S {
            return Err(TokenFault::Early);
        }
        if self.nonce.as_deref() != Some(URL_SAFE_NO_PAD.encode(nonce).as_str()) {
            return Err(TokenFault::Nonce);
        }
        Ok(())
    }

    /// The first of what people know themselves by, and the provider's place.
    fn label(&self) -> String {
        let said = [&self.preferred_username, &self.email, &self.name];
        let mut said = said.iter().filter_map(|claim| claim.as_ref()?.as_str());
        let name = said.find(|name| !name.trim().is_empty());
        let name = name.unwrap_or(&self.sub).trim().chars();
        let name: String = name
            .filter(|letter| !letter.is_control())
            .take(MAX_NAME_CHARS)
            .collect();
        let place = self
            .iss
            .split_once("://")
            .map_or(&*self.iss, |(_, place)| place);
        format!("{name} ({place})")
    }
}
