//! The least of a gateway: it enrols, signs requests and statements, and sends bytes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use amana_seal::keyring::{Bundle, Custodians, Draft, Kind, NewMember, Role, Signer};
use amana_seal::member::MemberKey;
use amana_seal::root::Root;
use amana_seal::statement::{BucketAt, EnvelopeDigest, Statement};
use amana_seal::words::{Commitment, Nonce, SixWords, Transcript};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::binary::Centre;

pub(crate) struct Gateway<'c> {
    pub(crate) centre: &'c Centre,
    pub(crate) key: MemberKey,
    pub(crate) bundle: Bundle,
}

/// An answer: its status, its head, its body.
pub(crate) type Answer = (u16, String, Vec<u8>);

impl<'c> Gateway<'c> {
    /// Keys of finances, made at home.
    pub(crate) fn new(centre: &'c Centre) -> Self {
        let (root, key) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
        let custodians = Custodians {
            plan: "1-of-1".parse().unwrap(),
            set: 1,
        };
        let mut draft = Draft::first("finances", &root, custodians).unwrap();
        let itself = NewMember {
            role: Role::Admin,
            kind: Kind::Gateway,
            name: "gateway".to_owned(),
            key: key.verifying_key(),
            recipient: key.identity().recipient(),
        };
        draft.add(itself).unwrap();
        let (bundle, _) = draft.sign(&[Signer::Root(&root)]).unwrap();
        Self {
            centre,
            key,
            bundle,
        }
    }

    pub(crate) fn transcript(&self, centre: &str) -> Transcript {
        Transcript::of(&[
            b"amana.enrolment/v1",
            centre.as_bytes(),
            b"finances",
            &self.bundle.signed().digest(),
            self.key.id().as_bytes(),
            b"",
        ])
    }

    /// Begins, reveals, and gives the enrolment's id and its words.
    pub(crate) fn introduce(&self, code: &str) -> (String, SixWords) {
        let (status, named) = self.post("/api/v1/enrolments", &json!({ "code": code }));
        assert_eq!(status, 200, "{named}");
        let transcript = self.transcript(named["centre"].as_str().unwrap());
        let nonce = Nonce::generate().unwrap();
        let commitment = Commitment::of(&nonce, &transcript).to_string();
        let begin = json!({ "code": code, "commitment": commitment });
        let (status, begun) = self.post("/api/v1/enrolments", &begin);
        assert_eq!(status, 200, "{begun}");
        let id = begun["id"].as_str().unwrap().to_owned();
        let bundle: Value = serde_json::from_str(&self.bundle.to_json()).unwrap();
        let other = Nonce::generate().unwrap().to_string();
        let reveal = |nonce: &str| {
            let reveal = json!({ "nonce": nonce, "bundle": bundle });
            self.post(&format!("/api/v1/enrolments/{id}/reveal"), &reveal)
        };
        assert_eq!(reveal(&other).1["error"], "not-committed");
        assert_eq!(reveal(&nonce.to_string()).0, 200);
        let theirs = begun["nonce"].as_str().unwrap().parse().unwrap();
        (id, SixWords::of(&nonce, &theirs, &transcript))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer) = self.centre.post(path, &body.to_string());
        (status, serde_json::from_str(&answer).unwrap())
    }

    /// A request signed as that long ago.
    pub(crate) fn signed(
        &self,
        ago_s: u64,
        method: &str,
        path: &str,
        more: &str,
        body: &[u8],
    ) -> Answer {
        let now_ms = amana_store::clock::system_ms().cast_unsigned();
        let time = now_ms / 1000 - ago_s;
        let text = format!("amana.request/v1\n{method}\n{path}\n{time}\n");
        let signature = STANDARD.encode(self.key.sign(text.as_bytes()));
        let id = self.key.id();
        let head =
            format!("Authorization: Amana-Member finances {id} {time} {signature}\r\n{more}");
        ask(&self.centre.web, method, path, &head, body)
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &[u8]) -> Answer {
        self.signed(0, method, path, "", body)
    }

    /// Hands in a batch; gives what came of it.
    pub(crate) fn batch(&self, acts: &[(Statement, &[u8])]) -> Value {
        let mut body = Vec::new();
        for (statement, content) in acts {
            let statement = statement.sign(&self.key).unwrap();
            for run in [statement.bytes(), ENVELOPE, content] {
                body.extend(u32::try_from(run.len()).unwrap().to_be_bytes());
                body.extend(run);
            }
        }
        let (status, _, answer) = self.ask("POST", "/api/v1/sealed/finances/acts", &body);
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    }

    /// A statement of that verb, the `number`th of this gateway.
    pub(crate) fn statement(
        &self,
        ledger: &str,
        number: u8,
        verb: &str,
        bucket: (&str, Option<u64>),
    ) -> Statement {
        Statement {
            ledger: ledger.to_owned(),
            member: self.key.id(),
            keyring: 1,
            epoch: self.bundle.keyring().epoch().number,
            act: [number; 8],
            verb: verb.parse().unwrap(),
            bucket: BucketAt {
                name: bucket.0.to_owned(),
                created: bucket.1,
                settings: bucket.1,
            },
            touches: Vec::new(),
            retires: Vec::new(),
            piece: None,
            releases: Vec::new(),
            envelope: EnvelopeDigest::of(ENVELOPE),
        }
    }
}

const ENVELOPE: &[u8] = b"an envelope that nobody here opens";

fn ask(address: &str, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, answer[end + 4..].to_vec())
}
