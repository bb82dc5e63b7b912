//! Somebody at the school, as its tests need one.

use amana_access::Role;
use amana_ledger::{Hash, Policy, Receipt, act_leaf, leaf_hash, verify_inclusion};
use http::StatusCode;
use serde_json::{Value, json};

use crate::account::signed_in;
use crate::house::{Answer, House};

/// What whoever trusts this data centre's national log judges by.
pub(crate) fn policy(house: &House) -> Policy {
    let log = house.store.keys().national_key().verifier();
    Policy::parse(format!("log {log}\nquorum none\n").as_bytes()).unwrap()
}

/// Somebody at the school.
pub(crate) struct Pupil<'h> {
    pub(crate) house: &'h House,
    pub(crate) cookie: String,
    token: String,
}

impl<'h> Pupil<'h> {
    pub(crate) async fn of(house: &'h House, role: Role) -> Self {
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        let session = house.ask("/api/v1/session", &[("cookie", &cookie)]).await;
        let session: Value = serde_json::from_slice(&session.body).unwrap();
        let token = session["token"].as_str().unwrap().to_owned();
        Self {
            house,
            cookie,
            token,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let headers = [("cookie", self.cookie.as_str())];
        self.house.ask(path, &headers).await
    }

    pub(crate) async fn facts(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("token={}&{fields}", self.token);
        self.house.send("POST", path, &headers, body).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("x-amana-token", self.token.as_str()),
            ("content-type", "application/json"),
        ];
        self.house
            .send(method, path, &headers, body.to_string())
            .await
    }

    /// What became of a try: nothing if it passed, or why it didn't.
    pub(crate) async fn tried(&self, lesson: &str, body: &Value) -> Option<String> {
        let path = format!("/api/v1/school/{lesson}");
        let answer = self.call("POST", &path, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(told["passed"], told["miss"].is_null());
        told["miss"].as_str().map(str::to_owned)
    }

    /// A file by the form, or none.
    pub(crate) async fn deposit(&self, file: Option<(&str, &str)>) -> Answer {
        let (name, content) = file.unwrap_or_default();
        let body = format!(
            "--b\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\n{}\r\n--b\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain\r\n\r\n{content}\r\n--b--\r\n",
            self.token
        );
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        self.house
            .send("POST", "/school/deposit", &headers, body)
            .await
    }

    pub(crate) async fn opened(&self) {
        let answer = self.post("/school", "act=open").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    }

    /// Deposits, loses and restores.
    pub(crate) async fn restored(&self) {
        self.opened().await;
        assert_eq!(
            self.tried("deposit", &json!({"name": "a", "text": "x"}))
                .await,
            None
        );
        assert_eq!(self.tried("lose", &json!({"how": "delete"})).await, None);
        let versions = self.facts("/api/v1/school/restore").await;
        let version = &versions["versions"][1]["version"];
        assert_eq!(
            self.tried("restore", &json!({"version": version})).await,
            None
        );
    }

    /// Which of the four receipts stand, as a verification tells.
    pub(crate) async fn genuine(&self) -> Vec<&'static str> {
        let policy = policy(self.house);
        let mut genuine = Vec::new();
        for file in ["a", "b", "c", "d"] {
            let answer = self.get(&format!("/school/files/{file}")).await;
            let receipt = Receipt::parse(&answer.body).unwrap();
            if receipt.verify(&policy).is_ok() {
                genuine.push(file);
            }
        }
        genuine
    }

    /// The entry whose kept proof doesn't lead to the kept head.
    pub(crate) async fn rewritten(&self) -> u64 {
        let fork = self.facts("/api/v1/school/notice").await["fork"].take();
        let kept = fork["kept"].as_str().unwrap();
        let mut lines = kept.lines().skip(1);
        let size: u64 = lines.next().unwrap().parse().unwrap();
        let root: Hash = lines.next().unwrap().parse().unwrap();
        let entries = fork["entries"].as_array().unwrap();
        let broken = entries.iter().filter(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            let body: [u8; 32] = hex::decode(text("body_hash")).unwrap().try_into().unwrap();
            let leaf = act_leaf(text("core").as_bytes(), &Hash::from_bytes(body));
            let proof = entry["proof"].as_array().unwrap().iter();
            let proof: Vec<Hash> = proof
                .map(|one| one.as_str().unwrap().parse().unwrap())
                .collect();
            let index = entry["index"].as_u64().unwrap();
            verify_inclusion(&leaf_hash(&leaf), index, size, &proof, &root).is_err()
        });
        let broken: Vec<_> = broken
            .map(|entry| entry["index"].as_u64().unwrap())
            .collect();
        assert_eq!(broken.len(), 1, "{fork:#}");
        broken[0]
    }
}
