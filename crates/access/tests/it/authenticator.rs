//! An authenticator made by hand: keys in memory, and answers as a browser gives them, each of which a test can bend.

use amana_access::{Assertion, Registration};
use amana_ledger::Hash;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where the tests' console is.
pub(crate) const ORIGIN: &str = "https://console.example";

pub(crate) const PRESENT: u8 = 1;
pub(crate) const VERIFIED: u8 = 4;

/// A key of one of the three kinds.
pub(crate) enum Key {
    Es256(Box<EcdsaKeyPair>),
    EdDsa(Box<Ed25519KeyPair>),
    Rs256(Box<RsaKeyPair>),
}

/// One passkey, and what it answers with.
pub(crate) struct Authenticator {
    pub(crate) key: Key,
    pub(crate) id: Vec<u8>,
    pub(crate) counter: u32,
    pub(crate) flags: u8,
    pub(crate) origin: String,
    pub(crate) party: String,
    pub(crate) ceremony: Option<&'static str>,
    pub(crate) cross_origin: bool,
}

impl Authenticator {
    pub(crate) fn new(key: Key) -> Self {
        let id: [u8; 16] = rand();
        Self {
            key,
            id: id.to_vec(),
            counter: 0,
            flags: PRESENT | VERIFIED,
            origin: ORIGIN.to_owned(),
            party: "console.example".to_owned(),
            ceremony: None,
            cross_origin: false,
        }
    }

    pub(crate) fn es256() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self::new(Key::Es256(Box::new(key)))
    }

    pub(crate) fn eddsa() -> Self {
        Self::new(Key::EdDsa(Box::new(Ed25519KeyPair::generate().unwrap())))
    }

    pub(crate) fn rs256() -> Self {
        let key = RsaKeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
        Self::new(Key::Rs256(Box::new(key)))
    }

    fn client_data(&self, ceremony: &str, challenge: &[u8]) -> Vec<u8> {
        let data = serde_json::json!({
            "type": self.ceremony.unwrap_or(ceremony),
            "challenge": URL_SAFE_NO_PAD.encode(challenge),
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
        });
        data.to_string().into_bytes()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = Hash::of(&[self.party.as_bytes()]).as_bytes().to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// The bytes of the attestation object.
    pub(crate) fn attestation(&self) -> Vec<u8> {
        let mut data = self.data(self.flags | 0x40);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose());
        let mut object = vec![0xa3];
        object.extend([text("fmt"), text("none"), text("attStmt"), vec![0xa0]].concat());
        object.extend([text("authData"), bytes(&data)].concat());
        object
    }

    pub(crate) fn register(&self, challenge: &[u8]) -> Registration {
        registration(
            &self.client_data("webauthn.create", challenge),
            &self.attestation(),
        )
    }

    pub(crate) fn client_data_of_registration(&self, challenge: &[u8]) -> Vec<u8> {
        self.client_data("webauthn.create", challenge)
    }

    pub(crate) fn sign(&mut self, challenge: &[u8]) -> Assertion {
        let client = self.client_data("webauthn.get", challenge);
        let data = self.data(self.flags);
        let message = [&data[..], Hash::of(&[&client]).as_bytes()].concat();
        let signature = match &self.key {
            Key::Es256(key) => key
                .sign(&SystemRandom::new(), &message)
                .unwrap()
                .as_ref()
                .to_vec(),
            Key::EdDsa(key) => key.sign(&message).as_ref().to_vec(),
            Key::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    &message,
                    &mut signature,
                )
                .unwrap();
                signature
            }
        };
        assertion(&self.id, &client, &data, &signature)
    }

    pub(crate) fn cose(&self) -> Vec<u8> {
        match &self.key {
            Key::Es256(key) => {
                let point = key.public_key().as_ref();
                // {1: 2, 3: -7, -1: 1, -2: x, -3: y}
                let head = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21];
                [
                    &head[..],
                    &bytes(&point[1..33]),
                    &[0x22],
                    &bytes(&point[33..]),
                ]
                .concat()
            }
            Key::EdDsa(key) => {
                // {1: 1, 3: -8, -1: 6, -2: x}
                let head = [0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21];
                [&head[..], &bytes(key.public_key().as_ref())].concat()
            }
            Key::Rs256(key) => {
                // RFC 8017's RSAPublicKey in DER: the modulus of 256 bytes begins after nine.
                let modulus = &key.public_key().as_ref()[9..265];
                // {1: 3, 3: -257, -1: n, -2: e}
                let head = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20];
                [&head[..], &bytes(modulus), &[0x21], &bytes(&[1, 0, 1])].concat()
            }
        }
    }
}

pub(crate) fn rand<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

pub(crate) fn registration(client: &[u8], attestation: &[u8]) -> Registration {
    let [client, attestation] = [client, attestation].map(|part| URL_SAFE_NO_PAD.encode(part));
    Registration::parse(&client, &attestation).unwrap()
}

pub(crate) fn assertion(id: &[u8], client: &[u8], data: &[u8], signature: &[u8]) -> Assertion {
    let [id, client, data, signature] =
        [id, client, data, signature].map(|part| URL_SAFE_NO_PAD.encode(part));
    Assertion::parse(&id, &client, &data, &signature).unwrap()
}

/// A text in CBOR.
pub(crate) fn text(text: &str) -> Vec<u8> {
    [&[0x60 | u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

/// Bytes in CBOR.
pub(crate) fn bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0x59], &length[..], bytes].concat()
}
