//! A provider of the State in memory, for what a real one never does: `tests/test_provider.py` has a real one.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use amana_console::provider::Line;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Request, Response, StatusCode, header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) const ISSUER: &str = "https://id.example";
pub(crate) const CLIENT: &str = "amana";
pub(crate) const SECRET: &str = "a secret / of ours";

/// What a test bends a token with, before it is signed: header and claims.
pub(crate) type Bend = fn(&mut Value, &mut Value);

/// The provider.
pub(crate) struct State {
    key: EcdsaKeyPair,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// What waits under each code.
    codes: BTreeMap<String, Waiting>,
    /// How many codes were given.
    given: usize,
    /// How often each path was asked.
    asked: BTreeMap<String, usize>,
    bend: Option<Bend>,
    /// Answers in place of its own.
    instead: BTreeMap<String, (StatusCode, Vec<u8>)>,
}

struct Waiting {
    subject: String,
    nonce: String,
    challenge: String,
    back: String,
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The pairs of a query or a form.
pub(crate) fn pairs(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            let digits = str::from_utf8(&digits).unwrap();
            bytes.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

impl State {
    pub(crate) fn new() -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            inner: Mutex::default(),
        }
    }

    fn inner(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bends every token from now on.
    pub(crate) fn bends(&self, bend: Bend) {
        self.inner().bend = Some(bend);
    }

    /// Answers that from now on, at that path.
    pub(crate) fn answers(&self, path: &str, status: StatusCode, body: Vec<u8>) {
        self.inner().instead.insert(path.to_owned(), (status, body));
    }

    /// How often that path was asked.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.inner().asked.get(path).copied().unwrap_or_default()
    }

    /// Somebody came with that address, and is sent back; where to.
    pub(crate) fn recognises(&self, address: &str, subject: &str) -> String {
        let (endpoint, query) = address.split_once('?').unwrap();
        assert_eq!(endpoint, format!("{ISSUER}/authorize"));
        let asked = pairs(query);
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        let mut inner = self.inner();
        let code = format!("code-{}", inner.given);
        inner.given += 1;
        let waiting = Waiting {
            subject: subject.to_owned(),
            nonce: asked["nonce"].clone(),
            challenge: asked["code_challenge"].clone(),
            back: asked["redirect_uri"].clone(),
        };
        inner.codes.insert(code.clone(), waiting);
        let back = asked["redirect_uri"].strip_prefix("http://localhost:7400");
        let state = &asked["state"];
        format!("{}?code={code}&state={state}", back.unwrap())
    }

    fn metadata() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": format!("{ISSUER}/authorize"),
            "token_endpoint": format!("{ISSUER}/token"),
            "jwks_uri": format!("{ISSUER}/keys"),
        })
    }

    fn keys(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let (x, y) = (encoded(&point[1..33]), encoded(&point[33..]));
        json!({"keys": [{"kty": "EC", "crv": "P-256", "kid": "a", "x": x, "y": y}]})
    }

    /// A token for a code, once; for who has the secret and the verifier.
    fn token(&self, request: &Request<Bytes>) -> Option<Value> {
        let basic = STANDARD.encode(format!("{CLIENT}:a%20secret%20%2F%20of%20ours"));
        let brought = request.headers().get(header::AUTHORIZATION)?;
        let form = pairs(str::from_utf8(request.body()).ok()?);
        let mut inner = self.inner();
        let waiting = inner.codes.remove(form.get("code")?)?;
        let challenge = encoded(Sha256::digest(form.get("code_verifier")?));
        let genuine = brought.as_bytes() == format!("Basic {basic}").as_bytes()
            && challenge == waiting.challenge
            && *form.get("redirect_uri")? == waiting.back;
        if !genuine {
            return None;
        }
        let now_s = amana_store::clock::system_ms() / 1000;
        let mut header = json!({"alg": "ES256", "kid": "a"});
        let mut claims = json!({
            "iss": ISSUER, "sub": waiting.subject, "aud": CLIENT, "exp": now_s + 600,
            "iat": now_s, "nonce": waiting.nonce,
        });
        if let Some(bend) = inner.bend {
            bend(&mut header, &mut claims);
        }
        let signed = [header, claims].map(|part| encoded(part.to_string()));
        let signed = signed.join(".");
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let token = format!("{signed}.{}", encoded(signature.unwrap()));
        Some(json!({"id_token": token, "access_token": "x", "token_type": "Bearer"}))
    }

    fn answer(&self, request: &Request<Bytes>) -> Response<Bytes> {
        let path = request.uri().path().to_owned();
        *self.inner().asked.entry(path.clone()).or_default() += 1;
        assert_eq!(request.uri().host(), Some("id.example"));
        let instead = self.inner().instead.get(&path).cloned();
        let answer = |status, body: Vec<u8>| {
            let mut answer = Response::new(body.into());
            *answer.status_mut() = status;
            answer
        };
        if let Some((status, body)) = instead {
            return answer(status, body);
        }
        let json = match path.as_str() {
            "/.well-known/openid-configuration" => Some(Self::metadata()),
            "/keys" => Some(self.keys()),
            "/token" => self.token(request),
            _ => None,
        };
        match json {
            Some(json) => answer(StatusCode::OK, json.to_string().into_bytes()),
            None => answer(StatusCode::BAD_REQUEST, Vec::new()),
        }
    }
}

impl Line for State {
    fn ask(&self, request: Request<Bytes>) -> BoxFuture<'_, io::Result<Response<Bytes>>> {
        Box::pin(async move { Ok(self.answer(&request)) })
    }
}
