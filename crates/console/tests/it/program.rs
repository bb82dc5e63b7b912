//! A program that changes something, by calls alone.

use amana_access::Role;
use http::StatusCode;
use serde_json::Value;

use crate::account::signed_in;
use crate::house::House;

/// A program that an official let in: it knows no page.
pub(crate) struct Program<'h> {
    house: &'h House,
    cookie: String,
    pub(crate) token: String,
    pub(crate) account: String,
}

impl<'h> Program<'h> {
    pub(crate) async fn of(house: &'h House, role: Role) -> Self {
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        let told = house.ask("/api/v1/session", &[("cookie", &cookie)]).await;
        let told: Value = serde_json::from_slice(&told.body).unwrap();
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            house,
            cookie,
            token: text("token"),
            account: text("account"),
        }
    }

    /// Its official's number.
    pub(crate) fn number(&self) -> u64 {
        let number = self.account.rsplit('/').next().unwrap();
        number.parse().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1/{path}");
        let answer = self.house.ask(&path, &[("cookie", &self.cookie)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    async fn asked(&self, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let path = format!("/api/v1/{path}");
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/json"),
            ("x-amana-token", self.token.as_str()),
        ];
        let body = match body.is_null() {
            true => String::new(),
            false => body.to_string(),
        };
        let answer = self.house.send(method, &path, &headers, body).await;
        let told = serde_json::from_slice(&answer.body).unwrap_or_default();
        (answer.status, told)
    }

    /// A change that is taken: what is answered, whose receipt there is.
    pub(crate) async fn does(&self, method: &str, path: &str, body: Value) -> Value {
        let (status, told) = self.asked(method, path, &body).await;
        assert_eq!(status, StatusCode::OK, "{method} {path}: {told}");
        let (ledger, index) = told["receipt"].as_str().unwrap().rsplit_once('/').unwrap();
        let index = index.parse().unwrap();
        let receipt = self.house.store.receipt(ledger, index);
        assert!(receipt.is_ok(), "{path}: {}", told["receipt"]);
        told
    }

    /// One that isn't: the code, and no act.
    pub(crate) async fn is_refused(&self, method: &str, path: &str, body: Value, code: &str) {
        let before = self.house.acts();
        let (status, told) = self.asked(method, path, &body).await;
        assert!(status.is_client_error(), "{method} {path}: {status} {told}");
        assert_eq!(told["code"], code, "{method} {path}: {told}");
        assert_eq!(self.house.acts(), before, "{method} {path}");
    }
}
