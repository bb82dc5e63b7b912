//! Buckets, objects, deposits and keys, by the pages and by the calls: what is done stands in the ledger under the official's
//! number, and nothing of another institution is told.

use amana_access::Role;
use http::StatusCode;
use serde_json::{Value, json};

use crate::account::signed_in;
use crate::house::{Answer, HOSTILE, House};
use crate::markup::{Tag, tags};

/// A house, and somebody in it.
pub(crate) struct Desk {
    pub(crate) house: House,
    cookie: String,
    token: String,
}

impl Desk {
    pub(crate) async fn of(role: Role) -> Self {
        let house = House::furnished().await;
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

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let own = [("cookie", self.cookie.as_str())];
        let headers: Vec<_> = own.iter().chain(headers).copied().collect();
        self.house.ask(path, &headers).await
    }

    /// A form, with its token.
    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = format!("token={}&{fields}", self.token);
        self.house.send("POST", path, &headers, body).await
    }

    /// A call, with its token.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        body: impl Into<axum::body::Body>,
    ) -> Answer {
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("x-amana-token", self.token.as_str()),
            ("content-type", "application/json"),
        ];
        self.house.send(method, path, &headers, body).await
    }

    pub(crate) async fn told(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.call(method, path, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// A file by the form of the upload page.
    async fn deposit(&self, replace: bool, token: &str, content: &[u8]) -> Answer {
        let field = |name: &str, value: &str| {
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let mut body = field("token", token) + &field("prefix", "notes/");
        if replace {
            body += &field("replace", "1");
        }
        body += "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"août.txt\"\r\n\
                 Content-Type: text/plain\r\n\r\n";
        let mut body = body.into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("content-type", "multipart/form-data; boundary=b"),
        ];
        self.house
            .send("POST", "/buckets/archive/upload", &headers, body)
            .await
    }

    /// The core of the act whose receipt an answer leads to.
    async fn core(&self, answer: &Answer) -> String {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
        let to = answer.header("location");
        let index = to.split("receipt=").nth(1).unwrap();
        let receipt = self.get(&format!("/receipt/{index}"), &[]).await;
        assert_eq!(receipt.status, StatusCode::OK);
        assert!(
            receipt
                .header("content-disposition")
                .starts_with("attachment; ")
        );
        receipt.text()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_official_does_stands_in_the_ledger_under_the_own_number() {
    let desk = Desk::of(Role::FocalPoint).await;
    let made = desk
        .post("/buckets", "name=open-data&reason=public&versions=1")
        .await;
    assert!(desk.core(&made).await.contains("\"by\":\"official:"));
    let reasonless = desk.post("/buckets", "name=other&reason=+").await;
    assert_eq!(reasonless.status, StatusCode::BAD_REQUEST);
    let page = desk.get("/buckets/open-data", &[]).await.text();
    assert!(page.contains("value=\"delete\""), "{page}");
    let suspended = desk.post("/buckets/open-data", "act=suspend").await;
    assert!(desk.core(&suspended).await.contains("bucket.versioning"));
    let full = desk.post("/buckets/archive", "act=delete").await;
    assert_eq!(full.status, StatusCode::BAD_REQUEST);
    assert!(full.says("bucket-not-empty"));
    let deleted = desk.post("/buckets/open-data", "act=delete").await;
    assert!(desk.core(&deleted).await.contains("bucket.delete"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_deposited_by_a_form_and_read_as_it_was() {
    let desk = Desk::of(Role::FocalPoint).await;
    let content: Vec<u8> = (0..200_000_u32)
        .map(|n| n.to_le_bytes()[n as usize % 3])
        .collect();
    let before = desk.house.acts();
    let foreign = desk.deposit(false, "AAAA", &content).await;
    assert!(foreign.says("<code>form</code>"));
    assert_eq!(desk.house.acts(), before);
    let put = desk.deposit(false, &desk.token, &content).await;
    assert!(desk.core(&put).await.contains("object.put"));
    let again = desk.deposit(false, &desk.token, b"other").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.says("file-exists"));

    let path = "/buckets/archive/content?key=notes%2Fao%C3%BBt.txt";
    let read = desk.get(path, &[("accept-encoding", "gzip")]).await;
    assert_eq!(read.body, content);
    assert_eq!(read.header("content-type"), "application/octet-stream");
    assert!(read.header("content-security-policy").contains("sandbox"));
    assert_eq!(read.header("cache-control"), "no-store");
    let named = "attachment; filename=\"ao_t.txt\"; filename*=UTF-8''ao%C3%BBt.txt";
    assert_eq!(read.header("content-disposition"), named);
    let part = desk.get(path, &[("range", "bytes=70000-70009")]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.body, content[70_000..70_010]);
    assert_eq!(part.header("content-range"), "bytes 70000-70009/200000");
    let beyond = desk.get(path, &[("range", "bytes=200000-")]).await;
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);

    let replaced = desk.deposit(true, &desk.token, b"shorter").await;
    assert_eq!(replaced.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.get(path, &[]).await.body, "shorter");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_comes_back_until_it_is_deleted_for_good() {
    let desk = Desk::of(Role::FocalPoint).await;
    let object = "/buckets/archive/object";
    let page = "/buckets/archive/object?key=notes%2Fjuillet.txt";
    let deleted = desk
        .post(object, "key=notes%2Fjuillet.txt&act=delete")
        .await;
    assert!(desk.core(&deleted).await.contains("object.delete"));
    let listing = desk
        .get("/buckets/archive/objects?prefix=notes%2F", &[])
        .await;
    assert!(!listing.says("juillet"));
    let listing = "/buckets/archive/objects?prefix=notes%2F&deleted=1";
    assert!(desk.get(listing, &[]).await.says("juillet.txt"));
    let found = desk
        .told("GET", &page.replace("/b", "/api/v1/b"), Value::Null)
        .await;
    assert_eq!(found["shown"], Value::Null);
    let versions = found["versions"].as_array().unwrap().clone();
    assert_eq!(versions.len(), 3);
    let id = |place: usize| versions[place]["version"].as_str().unwrap().to_owned();

    // The way back takes away markers alone.
    let form = format!("key=notes%2Fjuillet.txt&act=restore&version={}", id(1));
    assert_eq!(desk.post(object, &form).await.status, StatusCode::NOT_FOUND);
    let form = format!("key=notes%2Fjuillet.txt&act=restore&version={}", id(0));
    assert_eq!(desk.post(object, &form).await.status, StatusCode::SEE_OTHER);
    let content = "/buckets/archive/content?key=notes%2Fjuillet.txt";
    assert_eq!(desk.get(content, &[]).await.body, "two");
    let older = format!("{content}&version={}", id(2));
    assert_eq!(desk.get(&older, &[]).await.body, "one");

    let form = format!("key=notes%2Fjuillet.txt&act=return&version={}", id(2));
    let returned = desk.post(object, &form).await;
    assert!(desk.core(&returned).await.contains("object.put"));
    assert_eq!(desk.get(content, &[]).await.body, "one");

    let form = format!("key=notes%2Fjuillet.txt&act=destroy&version={}", id(2));
    let unsure = desk.post(object, &form).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
    assert!(unsure.says("<details open>") && unsure.says("role=\"alert\""));
    let sure = desk.post(object, &format!("{form}&sure=1")).await;
    assert_eq!(sure.status, StatusCode::SEE_OTHER);
    assert_eq!(desk.get(&older, &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_institution_s_bucket_answers_as_one_that_is_not_there() {
    let desk = Desk::of(Role::FocalPoint).await;
    let customs = "customs".parse().unwrap();
    let access = &desk.house.access;
    access
        .add_institution(&customs, "operator:test")
        .await
        .unwrap();
    let caller = access.on_behalf(&customs, "operator:test").unwrap();
    let name = amana_vault::BucketName::parse("foreign").unwrap();
    let made = desk
        .house
        .vault
        .create_bucket(&caller, name, Default::default());
    made.await.unwrap();
    let object = ["", "/objects", "/object?key=a", "/content?key=a", "/upload"];
    for page in ["/buckets", "/api/v1/buckets"] {
        for rest in object.iter().chain(&["/uploads", "/uploads/00?key=a"]) {
            let theirs = desk.get(&format!("{page}/foreign{rest}"), &[]).await;
            let nobodys = desk.get(&format!("{page}/nowhere{rest}"), &[]).await;
            assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{page} {rest}");
            assert_eq!(theirs.status, nobodys.status, "{page} {rest}");
            assert_eq!(theirs.text(), nobodys.text(), "{page} {rest}");
        }
    }
    for (rest, fields) in [
        ("", "act=suspend"),
        ("", "act=delete"),
        ("/object", "key=a&act=delete"),
    ] {
        let theirs = desk.post(&format!("/buckets/foreign{rest}"), fields).await;
        let nobodys = desk.post(&format!("/buckets/nowhere{rest}"), fields).await;
        assert_eq!(theirs.status, StatusCode::NOT_FOUND, "{rest} {fields}");
        assert_eq!(theirs.text(), nobodys.text(), "{rest} {fields}");
    }
    let put = desk
        .call("POST", "/api/v1/buckets/foreign/uploads", NEW.to_owned())
        .await;
    assert_eq!(put.status, StatusCode::NOT_FOUND, "{}", put.text());
}

const NEW: &str = r#"{"key":"a","size_bytes":1,"modified_ms":1,"content_type":null}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_means_harm_is_text() {
    let desk = Desk::of(Role::Auditor).await;
    for path in [
        "/buckets/archive/objects",
        "/buckets/archive/objects?q=alert",
    ] {
        let page = desk.get(path, &[]).await.text();
        assert!(page.contains("alert(1)"), "{page}");
        assert!(tags(&page).iter().all(|tag| tag.name != "script"), "{page}");
        let links = tags(&page);
        let link = links.iter().find(|tag| {
            tag.attribute("href")
                .is_some_and(|to| to.contains("script"))
        });
        let object = link
            .unwrap()
            .attribute("href")
            .unwrap()
            .replace("&#38;", "&");
        let page = desk.get(&object, &[]).await;
        assert_eq!(page.status, StatusCode::OK);
        let all = tags(&page.text());
        let mut scripts = all.iter().filter(|tag| tag.name == "script");
        let own = |tag: &Tag| {
            tag.attribute("src")
                .is_some_and(|src| src.starts_with("/assets/"))
        };
        assert!(scripts.all(own), "{}", page.text());
        assert!(!page.says(HOSTILE));
        let content = desk
            .get(&object.replace("/object?", "/content?"), &[])
            .await;
        assert_eq!(
            content.status,
            StatusCode::FORBIDDEN,
            "an auditor reads no content"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_goes_on_where_it_stopped() {
    let desk = Desk::of(Role::FocalPoint).await;
    let uploads = "/api/v1/buckets/archive/uploads";
    let size = 5 * 1024 * 1024 + 10;
    let content: Vec<u8> = (0..size).map(|n: usize| n.to_le_bytes()[n % 3]).collect();
    let new = json!({"key": "film.bin", "size_bytes": size, "modified_ms": 1_700_000_000_007_i64, "content_type": "x/y"});
    let begun = desk.told("POST", uploads, new.clone()).await;
    let part_bytes = usize::try_from(begun["part_bytes"].as_u64().unwrap()).unwrap();
    assert!(part_bytes < size);
    let place = format!("{uploads}/{}", begun["upload"].as_str().unwrap());
    let query = "?key=film.bin";
    let part = |number: usize| format!("{place}/parts/{number}{query}");
    let end = json!({"key": "film.bin"}).to_string();

    let headers = [("cookie", desk.cookie.as_str())];
    let untold = desk
        .house
        .send("PUT", &part(1), &headers, content.clone())
        .await;
    assert_eq!(untold.status, StatusCode::FORBIDDEN, "without its token");
    let first = desk
        .call("PUT", &part(1), content[..part_bytes].to_vec())
        .await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.text());
    let early = desk.call("POST", &place, end.clone()).await;
    assert!(early.status.is_client_error(), "{}", early.text());
    // The line is cut in the middle of the second: nothing of it is left.
    let half = futures::stream::iter([
        Ok(bytes::Bytes::from_static(b"half")),
        Err(std::io::Error::other("cut")),
    ]);
    let cut = desk
        .call("PUT", &part(2), axum::body::Body::from_stream(half))
        .await;
    assert!(cut.says("\"code\":\"cut\""), "{}", cut.text());

    let again = desk.told("POST", uploads, new.clone()).await;
    assert_eq!(again["upload"], begun["upload"]);
    assert_eq!(
        again["parts"],
        json!([{"number": 1, "size_bytes": part_bytes}])
    );
    let mut other = new.clone();
    other["modified_ms"] = json!(8);
    let other = desk.told("POST", uploads, other).await;
    assert_ne!(other["upload"], begun["upload"], "the file was changed");
    let second = desk
        .call("PUT", &part(2), content[part_bytes..].to_vec())
        .await;
    assert_eq!(second.status, StatusCode::OK);
    let done = desk.told("POST", &place, json!({"key": "film.bin"})).await;
    let receipt = done["receipt"].as_str().unwrap();
    assert!(receipt.starts_with("finances/vault/"));
    let again = desk.told("POST", &place, json!({"key": "film.bin"})).await;
    assert_eq!(again, done, "the answer was lost");
    let read = desk.get("/buckets/archive/content?key=film.bin", &[]).await;
    assert_eq!(read.body, content);
    let object = desk
        .told(
            "GET",
            "/api/v1/buckets/archive/object?key=film.bin",
            Value::Null,
        )
        .await;
    assert_eq!(object["shown"]["metadata"]["mtime"], "1700000000.007000000");
    assert_eq!(object["shown"]["receipt"], receipt);
    let taken = desk.call("POST", uploads, new.to_string()).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_shown_once_and_ends() {
    let desk = Desk::of(Role::FocalPoint).await;
    for wrong in ["right=own", "right=own&for=these", "right=all&for=all"] {
        let refused = desk.post("/keys", wrong).await;
        assert!(refused.status.is_client_error(), "{wrong}");
    }
    let made = desk
        .post("/keys", "right=read&for=these&bucket-archive=1")
        .await;
    assert_eq!(made.status, StatusCode::OK);
    assert_eq!(made.header("cache-control"), "no-store");
    let page = made.text();
    let shown = |id: &str| {
        let from = page.split(&format!("id=\"{id}\">")).nth(1).unwrap();
        from.split('<').next().unwrap().to_owned()
    };
    let (id, secret) = (shown("key-id"), shown("key-secret"));
    let known = desk.house.access.caller(&id).unwrap().unwrap();
    assert_eq!(known.0.grant.buckets, Some(vec!["archive".to_owned()]));
    let list = desk.get("/keys", &[]).await.text();
    assert!(list.contains(&id) && !list.contains(&secret));
    let revoked = desk.post("/keys/revoke", &format!("key={id}&sure=1")).await;
    assert!(desk.core(&revoked).await.contains("official:"));
    assert!(desk.house.access.caller(&id).unwrap().is_none());
    let made = desk
        .told(
            "POST",
            "/api/v1/keys",
            json!({"buckets": null, "right": "write"}),
        )
        .await;
    let id = made["access_key_id"].as_str().unwrap();
    desk.told("DELETE", &format!("/api/v1/keys/{id}"), Value::Null)
        .await;
    assert!(desk.house.access.caller(id).unwrap().is_none());
}

/// Every key that pages of a listing give, following each to the next.
async fn followed(desk: &Desk, query: &str) -> (Vec<String>, usize) {
    let (mut keys, mut pages, mut after) = (Vec::new(), 0, None::<String>);
    loop {
        let begin = after.map_or_else(String::new, |after| format!("&after={after}"));
        let path = format!("/api/v1/buckets/archive/objects?{query}{begin}");
        let page = desk.told("GET", &path, Value::Null).await;
        let objects = page["objects"].as_array().unwrap();
        keys.extend(
            objects
                .iter()
                .map(|one| one["key"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        match page["next"].as_str() {
            Some(next) => after = Some(next.replace('/', "%2F")),
            None => return (keys, pages),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_and_searches_lose_nothing_between_pages() {
    let desk = Desk::of(Role::Auditor).await;
    let mut expected = Vec::new();
    for number in 0..230 {
        let key = format!("many/{number:03}-Été.txt");
        desk.house.deposit(&key, "x").await;
        expected.push(key);
    }
    let (keys, pages) = followed(&desk, "prefix=many%2F").await;
    assert_eq!((keys, pages), (expected.clone(), 3));
    let (keys, pages) = followed(&desk, "q=%C3%A9t%C3%A9").await;
    assert_eq!((keys, pages), (expected.clone(), 3), "capitals are nothing");
    let (keys, _) = followed(&desk, "q=01").await;
    assert!(
        keys.len() == 13 && keys.iter().all(|key| key.contains("01")),
        "{keys:?}"
    );
    let (keys, pages) = followed(&desk, "q=nowhere-at-all").await;
    assert!(keys.is_empty() && pages == 1);
    let (keys, _) = followed(&desk, "prefix=many%2F&deleted=1").await;
    assert_eq!(keys, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_changed_by_a_form_that_shows_those_that_there_are() {
    let desk = Desk::of(Role::FocalPoint).await;
    let at = "/buckets/archive/object";
    let fields = "key=notes/juillet.txt&version=&name-1=ann%C3%A9e&value-1=2026&name-2=+&value-2=&name-10=a=b&value-10=";
    let changed = desk.post(&format!("{at}/tags"), fields).await;
    assert!(desk.core(&changed).await.contains("object.tags"));
    let page = desk.get(changed.header("location"), &[]).await.text();
    for shown in [
        "<dt>année</dt><dd>2026</dd>",
        "name=\"name-2\" value=\"année\"",
        "name=\"name-1\" value=\"a=b\"",
        "name=\"name-5\" value=\"\"",
    ] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("name=\"name-6\""));
    let nameless = desk
        .post(&format!("{at}/tags"), "key=notes/juillet.txt&value-1=2026")
        .await;
    assert_eq!(nameless.status, StatusCode::BAD_REQUEST);
    assert!(nameless.says("name=\"name-1\""), "{}", nameless.text());
    assert!(nameless.says("aria-invalid") && nameless.says("value=\"2026\""));
    let none = desk
        .post(&format!("{at}/tags"), "key=notes/juillet.txt")
        .await;
    let page = desk.get(none.header("location"), &[]).await.text();
    assert!(!page.contains("id=\"tags\"") && page.contains("id=\"set-tags\""));
    let reader = Desk::of(Role::Auditor).await;
    let page = reader
        .get(&format!("{at}?key=notes/juillet.txt"), &[])
        .await
        .text();
    assert!(!page.contains("id=\"set-tags\""), "{page}");
}
