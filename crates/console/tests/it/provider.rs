//! Signing in by a provider of the State, over HTTP: what it brings, what others bring in its place, and what its sessions may
//! not.

use std::collections::BTreeMap;

use amana_access::{AccountName, Actor, Owner, Role};
use amana_console::operations;
use http::{Method, StatusCode};
use serde_json::json;

use crate::account::{paths, signed_in};
use crate::house::{Answer, House};
use crate::state::encoded;

const SIGN_IN: &str = "/account/sign-in";
const KEYS: &str = "/keys";
const METADATA: &str = "/.well-known/openid-configuration";

/// A browser: its cookies, and the page that it is at.
struct Browser<'h> {
    house: &'h House,
    cookies: BTreeMap<String, String>,
    page: String,
}

impl<'h> Browser<'h> {
    fn new(house: &'h House) -> Self {
        Self {
            house,
            cookies: BTreeMap::new(),
            page: String::new(),
        }
    }

    /// Signed in with a password already.
    fn with(house: &'h House, cookie: &str) -> Self {
        let mut browser = Self::new(house);
        let (name, value) = cookie.split_once('=').unwrap();
        browser.cookies.insert(name.to_owned(), value.to_owned());
        browser
    }

    fn took(&mut self, answer: &Answer) {
        for set in answer.headers.get_all("set-cookie") {
            let (name, rest) = set.to_str().unwrap().split_once('=').unwrap();
            let (value, rest) = rest.split_once(';').unwrap();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.page = answer.text();
    }

    async fn send(&mut self, method: &str, path: &str, body: String) -> Answer {
        let pairs = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let headers = [
            ("cookie", cookies.as_str()),
            ("accept-language", "en"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = self.house.send(method, path, &headers, body).await;
        self.took(&answer);
        answer
    }

    async fn open(&mut self, path: &str) -> Answer {
        self.send("GET", path, String::new()).await
    }

    fn between(&self, before: &str, after: char) -> String {
        let rest = self.page.split(before).nth(1);
        let found = rest.and_then(|rest| rest.split(after).next());
        found
            .unwrap_or_else(|| panic!("{before} in {}", self.page))
            .replace("&#38;", "&")
    }

    /// Presses the button of the provider on the page at `path`; the address that it is led to.
    async fn leave(&mut self, path: &str, form: &str, link: &str) -> String {
        self.open(path).await;
        let token = self.between("name=\"token\" value=\"", '"');
        let left = self
            .send("POST", form, format!("token={token}&link={link}"))
            .await;
        assert_eq!(left.status, StatusCode::OK, "{}", self.page);
        assert_eq!(left.header("cache-control"), "no-store");
        self.between("content=\"0;url=", '"')
    }

    /// What the provider's page leads back to; gone on from there as a browser does by itself.
    async fn come_back(&mut self, to: &str) -> Answer {
        // From another site: no cookie of ours travels.
        let answer = self.house.ask(to, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{to}");
        assert_eq!(answer.header("set-cookie"), "", "nothing is held");
        self.page = answer.text();
        let on = self.between("content=\"0;url=", '"');
        assert!(on.starts_with("/account/provider/arrived?"), "{on}");
        self.open(&on).await
    }

    async fn sign_in(&mut self, subject: &str) -> Answer {
        let address = self.leave(SIGN_IN, "/account/sign-in/provider", "").await;
        let to = self.house.state.recognises(&address, subject);
        self.come_back(&to).await
    }

    async fn bind(&mut self, subject: &str) -> Answer {
        let form = "/account/credentials/provider";
        let address = self.leave("/account/credentials", form, "").await;
        let to = self.house.state.recognises(&address, subject);
        self.come_back(&to).await
    }

    async fn is_in(&mut self) -> bool {
        self.open("/account").await.status == StatusCode::OK
    }
}

async fn official(house: &House, role: Role) -> String {
    signed_in(&house.access, house.store.now_ms(), role).await
}

/// A house in which a director is bound to the provider's `ali`.
async fn bound() -> House {
    let house = House::new().await;
    let cookie = official(&house, Role::Director).await;
    let mut ali = Browser::with(&house, &cookie);
    let done = ali.bind("ali").await;
    assert_eq!(done.header("location"), "/account", "{}", ali.page);
    ali.open("/account").await;
    assert!(ali.page.contains("Identity ali (id.example)") && ali.page.contains("id=\"means\""));
    house
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_bound_comes_in_and_who_is_not_is_told() {
    let house = bound().await;
    let mut ali = Browser::new(&house);
    let done = ali.sign_in("ali").await;
    assert_eq!(done.header("location"), "/overview", "{}", ali.page);
    assert!(ali.is_in().await && ali.page.contains("id=\"lent\""));
    let mut eve = Browser::new(&house);
    let before = house.acts();
    let done = eve.sign_in("eve").await;
    assert_eq!(done.status, StatusCode::UNAUTHORIZED);
    assert!(eve.page.contains("linked to no account") && !eve.page.contains("finances/1"));
    assert!(!eve.is_in().await);
    assert_eq!(house.acts(), before);
    assert_eq!(house.state.asked(METADATA), 1, "kept");
    assert_eq!(house.state.asked(KEYS), 1, "kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_leads_to_an_identity() {
    let house = House::new().await;
    let by = Actor::of_socket("operator:test");
    let owner = Owner::Institution("finances".parse().unwrap());
    let name = "Ali".parse().unwrap();
    let named = house
        .access
        .name_official(&owner, &name, Role::Director, &by);
    let official = named.await.unwrap().0;
    let account = AccountName { owner, official };
    let link = house.access.invite(&account, &by).await.unwrap();
    let code = link.code.reveal().to_string();
    let path = format!("/account/enrol?code={code}");
    let form = "/account/enrol/provider";

    let mut ali = Browser::new(&house);
    let address = ali.leave(&path, form, &code).await;
    assert!(
        !address.contains(&code),
        "the link is nothing for the provider"
    );
    let to = house.state.recognises(&address, "ali");
    // Another link in the same browser is not what the errand was for.
    let kept = ali
        .cookies
        .insert("amana-link".to_owned(), "AAAA-AAAA".to_owned());
    let done = ali.come_back(&to).await;
    assert!(done.status.is_client_error(), "{}", done.status);
    ali.cookies.insert("amana-link".to_owned(), kept.unwrap());
    let done = ali.come_back(&to).await;
    assert_eq!(
        done.header("location"),
        "/account/credentials",
        "{}",
        ali.page
    );
    assert!(!ali.cookies.contains_key("amana-link") && ali.is_in().await);
    let again = Browser::new(&house).open(&path).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "a link is used once");
}

/// An address that an attacker was sent back to, opened by somebody else, lets nobody in; and the provider isn't asked.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_browser_fetched_is_not_taken() {
    let house = bound().await;
    let exchanged = house.state.asked("/token");
    let mut eve = Browser::new(&house);
    let address = eve.leave(SIGN_IN, "/account/sign-in/provider", "").await;
    let to = house.state.recognises(&address, "ali");
    let mut victim = Browser::new(&house);
    for has_flow in [false, true] {
        if has_flow {
            victim.open(SIGN_IN).await;
        }
        let done = victim.come_back(&to).await;
        assert!(!done.status.is_success(), "{}", done.status);
        assert!(!victim.cookies.contains_key("amana-session"));
    }
    assert_eq!(house.state.asked("/token"), exchanged);

    // Nor is what was fetched to sign in taken to bind, or the reverse, or in another session.
    let cookie = official(&house, Role::FocalPoint).await;
    let mut fatima = Browser::with(&house, &cookie);
    let form = "/account/credentials/provider";
    let address = fatima.leave("/account/credentials", form, "").await;
    let to = house.state.recognises(&address, "fatima");
    for (ours, theirs) in [
        ("state=bind.", "state=sign-in."),
        ("state=bind.", "state=enrol."),
    ] {
        let done = fatima.come_back(&to.replace(ours, theirs)).await;
        assert!(done.status.is_client_error(), "{}", done.status);
    }
    let other = official(&house, Role::Operator).await;
    let mine = fatima.cookies.insert(
        "amana-session".to_owned(),
        other["amana-session=".len()..].to_owned(),
    );
    assert!(fatima.come_back(&to).await.status.is_client_error());
    assert_eq!(house.state.asked("/token"), exchanged);
    fatima
        .cookies
        .insert("amana-session".to_owned(), mine.unwrap());
    assert_eq!(fatima.come_back(&to).await.header("location"), "/account");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_fetched_is_taken_once() {
    let house = bound().await;
    let mut ali = Browser::new(&house);
    let address = ali.leave(SIGN_IN, "/account/sign-in/provider", "").await;
    let flow = ali.cookies["amana-flow"].clone();
    let to = house.state.recognises(&address, "ali");
    let done = ali.come_back(&to).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let again = ali.come_back(&to).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "the flow is over");
    // Even where the browser kept the flow, and the provider gives a second code for it.
    let second = house.state.recognises(&address, "ali");
    for to in [to, second] {
        let mut copy = Browser::new(&house);
        copy.cookies.insert("amana-flow".to_owned(), flow.clone());
        let done = copy.come_back(&to).await;
        assert!(done.status.is_client_error() || done.status == StatusCode::BAD_GATEWAY);
        assert!(!copy.cookies.contains_key("amana-session"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_answer_lets_nobody_in() {
    let bends: [crate::state::Bend; 7] = [
        |header, _| header["alg"] = json!("none"),
        |header, _| header["alg"] = json!("HS256"),
        |header, _| header["kid"] = json!("b"),
        |_, it| it["iss"] = json!("https://evil.example"),
        |_, it| it["aud"] = json!("another"),
        |_, it| it["nonce"] = json!(encoded([7; 32])),
        |_, it| it["exp"] = json!(1),
    ];
    let house = bound().await;
    let before = house.acts();
    for (place, bend) in bends.into_iter().enumerate() {
        house.state.bends(bend);
        let mut ali = Browser::new(&house);
        let done = ali.sign_in("ali").await;
        assert_eq!(done.status, StatusCode::UNAUTHORIZED, "{place}");
        assert!(
            ali.page.contains("is not accepted") && !ali.is_in().await,
            "{place}"
        );
    }
    house.state.bends(|_, _| {});
    for body in ["", "{}", "{\"id_token\": 7}", "{\"id_token\": \"a.b\"}"] {
        house.state.answers("/token", StatusCode::OK, body.into());
        let done = Browser::new(&house).sign_in("ali").await;
        assert!(
            !done.status.is_success() && !done.status.is_redirection(),
            "{body}"
        );
    }
    let to = "/account/provider/back?code=x&state=sign-in.AAAA";
    for wrong in [
        to.to_owned(),
        to.replace("sign-in.", ""),
        "/account/provider/back".to_owned(),
    ] {
        let mut eve = Browser::new(&house);
        eve.open(SIGN_IN).await;
        assert_eq!(eve.come_back(&wrong).await.status, StatusCode::FORBIDDEN);
    }
    let long = format!("{to}&iss={}", "x".repeat(600));
    assert_eq!(house.ask(&long, &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(house.acts(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_no_and_who_names_another_is_told() {
    let house = bound().await;
    let mut ali = Browser::new(&house);
    let address = ali.leave(SIGN_IN, "/account/sign-in/provider", "").await;
    let to = house.state.recognises(&address, "ali");
    let exchanged = house.state.asked("/token");
    let denied = to.replace("code=code-1", "error=access_denied");
    assert_ne!(denied, to);
    assert_eq!(
        ali.come_back(&denied).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert!(ali.page.contains("did not let you in"));
    let other = format!("{to}&iss=https%3A%2F%2Fevil.example");
    assert_eq!(ali.come_back(&other).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(house.state.asked("/token"), exchanged);
    let named = format!("{to}&iss=https%3A%2F%2Fid.example");
    assert_eq!(ali.come_back(&named).await.status, StatusCode::SEE_OTHER);
}

/// Neither tokens with keys that nobody knows, nor a provider that fails, make us ask without end.
#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_left_alone() {
    let house = bound().await;
    house.state.bends(|header, _| header["kid"] = json!("b"));
    for _ in 0..5 {
        Browser::new(&house).sign_in("ali").await;
    }
    assert!(house.state.asked(KEYS) <= 2, "{}", house.state.asked(KEYS));

    let house = House::new().await;
    let large = format!("{{\"pad\":\"{}\"}}", "x".repeat(200_000)).into_bytes();
    house.state.answers(METADATA, StatusCode::OK, large);
    for _ in 0..5 {
        let mut ali = Browser::new(&house);
        ali.open(SIGN_IN).await;
        let token = ali.between("name=\"token\" value=\"", '"');
        let path = "/account/sign-in/provider";
        let told = ali.send("POST", path, format!("token={token}")).await;
        assert_eq!(told.status, StatusCode::BAD_GATEWAY);
        assert!(ali.page.contains("does not answer as it should"));
    }
    assert_eq!(house.state.asked(METADATA), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_lead_nowhere_else() {
    let good = json!({
        "issuer": "https://id.example", "authorization_endpoint": "https://id.example/authorize",
        "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
    });
    for (member, value) in [
        ("issuer", "https://evil.example"),
        ("authorization_endpoint", "http://id.example/authorize"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "https://id.example/authorize#x"),
        ("token_endpoint", "http://127.0.0.1/token"),
        ("jwks_uri", "file:///etc/passwd"),
    ] {
        let house = House::new().await;
        let mut bent = good.clone();
        bent[member] = json!(value);
        house
            .state
            .answers(METADATA, StatusCode::OK, bent.to_string().into_bytes());
        let mut ali = Browser::new(&house);
        ali.open(SIGN_IN).await;
        let token = ali.between("name=\"token\" value=\"", '"');
        let path = "/account/sign-in/provider";
        let told = ali.send("POST", path, format!("token={token}")).await;
        assert_eq!(told.status, StatusCode::BAD_GATEWAY, "{member}: {value}");
    }
}

/// Every role on every route, by the provider's word alone: who comes in is nothing that such a session decides.
#[tokio::test(flavor = "multi_thread")]
async fn a_lent_session_on_every_route() {
    assert!(operations().iter().any(|guard| guard.operation.admits()));
    for role in Role::ALL {
        let house = House::new().await;
        let cookie = official(&house, role).await;
        Browser::with(&house, &cookie).bind("ali").await;
        let mut ali = Browser::new(&house);
        ali.sign_in("ali").await;
        let cookie = format!("amana-session={}", ali.cookies["amana-session"]);
        for (method, path, operation) in paths() {
            let cookies = [("cookie", cookie.as_str())];
            let answer = house.send(method.as_str(), &path, &cookies, "").await;
            let what = format!("{role:?} {method} {path}: {}", answer.status);
            let needs_own = answer.says("<code>needs-own</code>") || answer.says("\"needs-own\"");
            let own = path == "/account/credentials" && method == Method::GET;
            let expected = own || operation.admits() && amana_access::may(role, operation);
            assert_eq!(needs_own, expected, "{what}");
            assert!(
                !needs_own || answer.status == StatusCode::FORBIDDEN,
                "{what}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_provider_there_is_no_such_way() {
    let house = House::without_provider().await;
    let mut ali = Browser::new(&house);
    ali.open(SIGN_IN).await;
    assert!(!ali.page.contains("/account/sign-in/provider"));
    let token = ali.between("name=\"token\" value=\"", '"');
    let path = "/account/sign-in/provider";
    let told = ali.send("POST", path, format!("token={token}")).await;
    assert_eq!(told.status, StatusCode::NOT_FOUND);
    assert_eq!(
        ali.open("/account/provider/back?code=x").await.status,
        StatusCode::NOT_FOUND
    );
}
