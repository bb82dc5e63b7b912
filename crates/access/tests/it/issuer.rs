//! A provider of the State made by hand: a key in memory, and tokens as a real one gives them, each of which a test can bend.

use amana_access::{Access, Errand, Flow, IdToken, Identity, KeySet, Provider, TokenFault};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const CLIENT: &str = "amana";

pub(crate) enum Key {
    Es256(Box<EcdsaKeyPair>),
    Rs256(Box<RsaKeyPair>),
}

impl Key {
    pub(crate) fn es256() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self::Es256(Box::new(key))
    }

    pub(crate) fn rs256() -> Self {
        Self::Rs256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    pub(crate) fn jwk(&self, kid: &str) -> Value {
        match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
                json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": x, "y": y})
            }
            Self::Rs256(key) => {
                // RFC 8017's RSAPublicKey in DER: the modulus of 256 bytes begins after nine.
                let modulus = &key.public_key().as_ref()[9..265];
                let (n, e) = (encoded(modulus), encoded(&[1, 0, 1]));
                json!({"kty": "RSA", "kid": kid, "alg": "RS256", "n": n, "e": e})
            }
        }
    }
}

pub(crate) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The provider, and one key that it publishes as `a`.
pub(crate) struct Issuer {
    pub(crate) key: Key,
}

impl Issuer {
    pub(crate) fn new(key: Key) -> Self {
        Self { key }
    }

    pub(crate) fn keys(&self) -> KeySet {
        let set = json!({"keys": [{"kty": "oct", "k": "AAAA", "kid": "a"}, self.key.jwk("a")]});
        KeySet::parse(set.to_string().as_bytes()).unwrap()
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.key.name(), "kid": "a", "typ": "JWT"})
    }

    /// A token's text.
    pub(crate) fn signed(&self, header: &Value, claims: &Value) -> String {
        let signed = [header, claims].map(|part| encoded(part.to_string().as_bytes()));
        let signed = signed.join(".");
        let signature = encoded(&self.key.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Who that subject is, for a flow.
    pub(crate) fn identity(
        &self,
        access: &Access,
        flow: &Flow,
        errand: Errand,
        subject: &str,
    ) -> Identity {
        let now_ms = flow.until_ms() - amana_access::FLOW_MS;
        let claims = claims(flow, errand, subject, now_ms);
        let token = self.signed(&self.header(), &claims);
        assert!(access.flow(&flow.cookie()).is_some());
        judged(&token, &self.keys(), flow, errand, now_ms).unwrap()
    }
}

pub(crate) fn provider() -> Provider {
    Provider {
        issuer: ISSUER.to_owned(),
        client_id: CLIENT.to_owned(),
    }
}

pub(crate) fn claims(flow: &Flow, errand: Errand, subject: &str, now_ms: i64) -> Value {
    let now_s = now_ms / 1000;
    json!({
        "iss": ISSUER, "sub": subject, "aud": CLIENT, "exp": now_s + 3600, "iat": now_s,
        "nonce": encoded(&flow.nonce(errand)), "preferred_username": format!("{subject}.said"),
    })
}

pub(crate) fn judged(
    token: &str,
    keys: &KeySet,
    flow: &Flow,
    errand: Errand,
    now_ms: i64,
) -> Result<Identity, TokenFault> {
    IdToken::parse(token)?.verify(keys, &provider(), flow, errand, now_ms)
}
