//! Sites: what everybody sees of them; folders that come in; changes that go out to be signed, and come back.

use amana_access::Role;
use amana_ledger::digits;
use http::StatusCode;
use serde_json::Value;

use crate::account::signed_in;
use crate::house::{Answer, House};
use crate::shelf::{self, SITE, publishers, signed};

/// What a form of files looks like on its way.
const BOUNDARY: &str = "----xYz";

/// A focal point at a browser.
struct Person {
    house: House,
    cookie: String,
    token: String,
}

impl Person {
    async fn in_house(house: House) -> Self {
        let now_ms = house.store.now_ms();
        let cookie = signed_in(&house.access, now_ms, Role::FocalPoint).await;
        let page = house.page_as("/account", "fr", &cookie).await;
        let token = page.split("name=\"token\" value=\"").nth(1).unwrap();
        let token = token.split('"').next().unwrap().to_owned();
        Self {
            house,
            cookie,
            token,
        }
    }

    async fn page(&self, path: &str) -> String {
        self.house.page_as(path, "en", &self.cookie).await
    }

    /// Posts fields, each with a file's name or without, after the token.
    async fn post(&self, path: &str, fields: &[(&str, Option<&str>, &str)]) -> Answer {
        let token = ("token", None, self.token.as_str());
        let mut body = String::new();
        for (name, file, content) in [token].iter().chain(fields) {
            let file = file.map_or_else(String::new, |file| format!("; filename=\"{file}\""));
            body.push_str(&format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n"
            ));
        }
        body.push_str(&format!("--{BOUNDARY}--\r\n"));
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        let headers = [
            ("cookie", self.cookie.as_str()),
            ("x-amana-token", self.token.as_str()),
            ("accept-language", "fr"),
            ("content-type", kind.as_str()),
        ];
        self.house.send("POST", path, &headers, body).await
    }

    async fn folder(&self, files: &[(&str, &str)]) -> Answer {
        let path = format!("/publishing/{SITE}/folder");
        let files: Vec<_> = files
            .iter()
            .map(|(file, content)| ("files", Some(*file), *content))
            .collect();
        self.post(&path, &files).await
    }

    /// The change at that page, as the file to be signed has it.
    async fn statement(&self, page: &str) -> String {
        self.page(&format!("{page}/file")).await
    }

    /// Hands in a text, with the line ends that browsers send.
    async fn hand_in(&self, text: &str) -> Answer {
        let path = format!("/publishing/{SITE}/signed");
        let text = text.replace('\n', "\r\n");
        self.post(&path, &[("note", None, &text)]).await
    }

    fn live(&self) -> u64 {
        let live = self.house.sites.live(&shelf::host(SITE)).unwrap();
        live.map_or(0, |live| live.number)
    }

    /// Folders that wait on the disk.
    fn waiting(&self) -> usize {
        let place = self.house.store.folder().join("sites/incoming");
        std::fs::read_dir(place).map_or(0, Iterator::count)
    }
}

async fn furnished() -> Person {
    Person::in_house(House::furnished().await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_sites_page_by_page() {
    let house = House::furnished().await;
    let any = publishers(&[1], "any");
    for number in 0..101 {
        let name = format!("a{number:03}.example");
        shelf::add(&house.sites, "finances", &name, &any).await;
    }
    let gone = shelf::host("a007.example");
    let removed = house.sites.remove(&gone, None, "operator:test");
    removed.await.unwrap();
    let first = house.page("/sites", "en").await;
    assert!(first.contains("a000.example") && !first.contains("a007.example"));
    assert!(!first.contains(SITE) && first.contains("Nothing is published yet"));
    assert!(
        first.contains("href=\"/sites?after=a100.example\""),
        "{first}"
    );
    let second = house.page("/sites?after=a100.example", "en").await;
    assert!(second.contains(SITE) && second.contains("An older deploy, number 1"));
    assert!(
        second.contains("href=\"/receipts/finances/sites/2\"") && !second.contains("rel=\"next\"")
    );
    let told = house.ask("/api/v1/sites?after=a100.example", &[]).await;
    let told: Value = serde_json::from_slice(&told.body).unwrap();
    assert_eq!(told["sites"].as_array().unwrap().len(), 1);
    assert_eq!(told["sites"][0]["serving"], "older");
    assert_eq!(
        (&told["sites"][0]["deploy"]["number"], &told["next"]),
        (&2.into(), &Value::Null)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_waits_until_it_is_signed() {
    let person = furnished().await;
    let files = [
        ("public/index.html", "<p>trois"),
        ("public/style.css", "p { color: navy }"),
        ("public/notes/\u{e9}t\u{e9}.html", "<p>\u{e9}t\u{e9}"),
        ("public/_redirects", "/old /index.html 301\n"),
    ];
    let came = person.folder(&files).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.text());
    let change = came.header("location").to_owned();
    assert_eq!((person.live(), person.waiting()), (2, 0));
    let page = person.page(&change).await;
    for told in [
        "Added: 1",
        "Changed: 1",
        "/notes/%C3%A9t%C3%A9.html",
        "Redirects, headers or applications differ",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let statement = person.statement(&change).await;
    assert!(
        statement
            .starts_with("amana/site-deploy/v1\nledger centre.example/ledgers/finances/sites\n")
    );
    // What nobody signed, a stranger did, or is no change, is refused with what to do.
    for (text, code) in [
        (statement.clone(), "unsigned-change"),
        (signed(&statement, &[9]).to_string(), "not-a-publisher"),
        ("PRIVATE+KEY+".to_owned(), "no-change"),
        (
            signed(&statement.replace("number 3", "number 4"), &[1]).to_string(),
            "wrong-number",
        ),
    ] {
        let refused = person.hand_in(&text).await;
        assert!(
            refused.says(&format!("<code>{code}</code>")),
            "{code}: {}",
            refused.text()
        );
        assert!(refused.status.is_client_error() && person.live() == 2);
    }
    let taken = person
        .hand_in(signed(&statement, &[2]).to_string().trim_end())
        .await;
    assert_eq!(
        taken.header("location"),
        format!("/publishing/{SITE}?done=3"),
        "{}",
        taken.text()
    );
    assert_eq!(person.live(), 3);
    let site = person.page(taken.header("location")).await;
    assert!(site.contains("Change 3 holds") && site.contains(&format!("https://3--{SITE}/")));
    let page = person.page(&change).await;
    assert!(page.contains("id=\"live\""));
    // The same folder again needs no further file, and is the same change.
    let again = person.folder(&files).await;
    assert_eq!(again.header("location"), change);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_be_published_is_named_and_nothing_is_kept() {
    let person = furnished().await;
    let files = [
        ("public/index.html", "<p>quatre"),
        ("public/.env", "PASSWORD=x"),
        ("public/dump.sql", "-- MySQL dump 10"),
        ("public/_redirects", "nonsense\n"),
    ];
    let refused = person.folder(&files).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for told in [
        ".env",
        "des r\u{e9}glages avec des mots de passe",
        "dump.sql",
        "_redirects:1",
    ] {
        assert!(refused.says(told), "{told}: {}", refused.text());
    }
    let place = person.house.sites.site(&shelf::host(SITE)).unwrap().place;
    let names = person.house.sites.shelf().names(&place).await.unwrap();
    assert_eq!(
        (names.len(), person.waiting()),
        (6, 0),
        "two deploys, four files"
    );
    let path = format!("/publishing/{SITE}/folder");
    let allowed = [
        ("allow", None, "dump.sql\r\n"),
        ("files", Some("public/dump.sql"), "-- MySQL dump 10"),
    ];
    let came = person.post(&path, &allowed).await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.text());
    for file in ["index.html", "public/../index.html", ""] {
        let refused = person.folder(&[(file, "<p>")]).await;
        assert!(
            refused.says("<code>no-folder</code>"),
            "{file:?}: {}",
            refused.text()
        );
    }
    let twice = [("public/a", "1"), ("public/a", "2")];
    assert!(person.folder(&twice).await.says("<code>no-folder</code>"));
    let both = [("public/a", "1"), ("public/a/b/c", "2")];
    assert!(person.folder(&both).await.says("<code>no-folder</code>"));
    assert_eq!(person.waiting(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_is_a_change_too() {
    let person = furnished().await;
    let first = person.house.sites.deploy(&shelf::host(SITE), 1).unwrap();
    let site = person.page(&format!("/publishing/{SITE}")).await;
    let change = format!("/publishing/{SITE}/changes/{}", digits(&first.manifest));
    assert!(site.contains(&format!("href=\"{change}\"")), "{site}");
    let statement = person.statement(&change).await;
    let taken = person.hand_in(&signed(&statement, &[1]).to_string()).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let live = person
        .house
        .sites
        .live(&shelf::host(SITE))
        .unwrap()
        .unwrap();
    assert_eq!((live.number, live.manifest), (3, first.manifest));
    let deploy = person.page(&format!("/publishing/{SITE}/deploys/3")).await;
    for told in [
        "Added: 1",
        "Changed: 1",
        "Removed: 1",
        "/old.html",
        "/style.css",
        "p1",
    ] {
        assert!(deploy.contains(told), "{told}: {deploy}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_must_sign_where_the_new_publishers_say_so() {
    let person = furnished().await;
    let new = publishers(&[3, 4], "all");
    let path = format!("/publishing/{SITE}/publishers");
    let crlf = new.replace('\n', "\r\n");
    let page = person.post(&path, &[("publishers", None, &crlf)]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let page = page.text();
    let statement = page.split("id=\"statement\">").nth(1).unwrap();
    let statement = statement.split("</pre>").next().unwrap().to_owned();
    assert!(
        statement.starts_with("amana/site-publishers/v1\n"),
        "{statement}"
    );
    let path = format!("/publishing/{SITE}/signed");
    let note = signed(&statement, &[1]).to_string();
    let alone = person.hand_in(&note).await;
    assert!(alone.says("<code>no-publishers</code>"), "{}", alone.text());
    let both = [
        ("file", Some("x.change"), note.as_str()),
        ("publishers", None, &crlf),
    ];
    let taken = person.post(&path, &both).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text());
    let site = person.page(&format!("/publishing/{SITE}")).await;
    assert!(
        site.contains("2 signatures of 2 publish, at least."),
        "{site}"
    );
    let came = person.folder(&[("public/index.html", "<p>cinq")]).await;
    let change = came.header("location").to_owned();
    assert!(person.page(&change).await.contains("at least 2 signatures"));
    let statement = person.statement(&change).await;
    let few = person.hand_in(&signed(&statement, &[4]).to_string()).await;
    assert!(
        few.says("<code>too-few-publishers</code>"),
        "{}",
        few.text()
    );
    let taken = person
        .hand_in(&signed(&statement, &[4, 3]).to_string())
        .await;
    assert_eq!((taken.status, person.live()), (StatusCode::SEE_OTHER, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_bring_folders_too() {
    let person = furnished().await;
    let path = format!("/api/v1/publishing/{SITE}/folder");
    let came = person
        .post(&path, &[("files", Some("x/index.html"), "<p>six")])
        .await;
    assert_eq!(came.status, StatusCode::OK, "{}", came.text());
    let change: Value = serde_json::from_slice(&came.body).unwrap();
    assert_eq!(
        (&change["number"], &change["needed"], &change["files"]),
        (&3.into(), &1.into(), &1.into())
    );
    assert_eq!(
        change["difference"]["removed"]["first"],
        serde_json::json!(["/style.css"])
    );
    let refused = person
        .post(&path, &[("files", Some("x/.env"), "A=1")])
        .await;
    assert!(refused.says("not-publishable"), "{}", refused.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_of_another_institution_is_nowhere() {
    let house = House::furnished().await;
    let justice = "justice".parse().unwrap();
    house
        .access
        .add_institution(&justice, "operator:test")
        .await
        .unwrap();
    let any = publishers(&[1], "any");
    shelf::add(&house.sites, "justice", "www.justice.example", &any).await;
    let person = Person::in_house(house).await;
    let cookie = [("cookie", person.cookie.as_str())];
    let own = person.page("/publishing").await;
    assert!(own.contains(SITE) && !own.contains("www.justice.example"));
    for host in ["www.justice.example", "www.nobody.example", "x", "..%2F"] {
        let change = format!("/changes/{}", "0".repeat(64));
        for path in ["", "/deploys/1", change.as_str()] {
            let path = format!("/publishing/{host}{path}");
            let answer = person.house.ask(&path, &cookie).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
        let files = [("files", Some("x/index.html"), "<p>")];
        let answer = person
            .post(&format!("/publishing/{host}/folder"), &files)
            .await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{host}");
    }
    let statement = format!("/publishing/{SITE}/changes/{}", "0".repeat(64));
    let answer = person.house.ask(&statement, &cookie).await;
    assert!(answer.says("<code>no-manifest</code>"), "{}", answer.text());
}

/// The machine of these tests serves deploy 1 of the site, whose newest is 2, and asks no application of the name `wordpress`.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_site_needs_somebody_until_it_is_right() {
    let Person { house, cookie, .. } = furnished().await;
    let read = async |path: &str| -> Value {
        let answer = house.ask(path, &[("cookie", &cookie)]).await;
        serde_json::from_slice(&answer.body).unwrap()
    };
    let site = |told: &Value| {
        let member = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        (member("host"), member("application"))
    };
    let overview = read("/api/v1/overview").await;
    let needs = overview["needs"].as_array().unwrap().iter();
    let needs: Vec<_> = needs
        .filter(|need| need["code"] == "site")
        .map(site)
        .collect();
    let both = ["wordpress", ""].map(|application| (SITE.to_owned(), application.to_owned()));
    assert_eq!(needs, both);
    let alerts = read("/api/v1/alerts").await;
    let of_sites = |which: &str| -> Vec<Value> {
        let alerts = alerts[which].as_array().unwrap().iter();
        let of_sites = alerts.filter(|alert| alert["code"] == "site");
        of_sites.map(|alert| alert["told"].clone()).collect()
    };
    let now = of_sites("now");
    assert_eq!(now.iter().map(site).collect::<Vec<_>>(), both);
    assert_eq!(
        (&now[0]["number"], &now[0]["from"]),
        (&2.into(), &"site".into())
    );
    assert!(of_sites("past").is_empty());
    for (path, language, words) in [
        (
            "/overview",
            "fr",
            "Les programmes de wordpress, derrière www.finances.example",
        ),
        (
            "/overview",
            "en",
            "The programs of wordpress, behind www.finances.example",
        ),
        (
            "/alerts",
            "fr",
            "ne sont pas ceux signés avec la publication 2",
        ),
        (
            "/alerts",
            "en",
            "aren&#39;t those that were signed with deploy 2",
        ),
        ("/alerts", "en", "changed /index.php"),
        ("/publishing/www.finances.example", "fr", "Non interrogé"),
        ("/publishing/www.finances.example", "en", "id=\"stopped\""),
    ] {
        let page = house.page_as(path, language, &cookie).await;
        assert!(page.contains(words), "{path}: {page}");
        let is_list = path != "/publishing/www.finances.example";
        assert_eq!(
            page.contains("href=\"/publishing/www.finances.example\""),
            is_list
        );
    }
    // Another deploy: what was wrong with the one before it is past.
    shelf::publish(&house.sites, SITE, &[("/index.html", "<p>trois")]).await;
    let overview = read("/api/v1/overview").await;
    let needs = overview["needs"].as_array().unwrap();
    assert!(!needs.iter().any(|need| need["code"] == "site"));
    let alerts = read("/api/v1/alerts").await;
    let past = alerts["past"].as_array().unwrap().iter();
    assert_eq!(past.filter(|alert| alert["code"] == "site").count(), 2);
}
