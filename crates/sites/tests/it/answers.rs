//! What addresses answer.

use std::collections::BTreeMap;

use amana_ledger::Hash;
use amana_sites::{Address, Answer, File, HeaderRule, Host, Manifest, Redirect};

fn host() -> Host {
    "www.finances.gov".parse().unwrap()
}

fn rule(from: &str, query: &[(&str, &str)], to: &str, status: u16, force: bool) -> Redirect {
    let query = query
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    Redirect {
        force,
        from: from.into(),
        query,
        status,
        to: to.into(),
    }
}

fn manifest(addresses: &[&str], redirects: Vec<Redirect>) -> Manifest {
    let file = |_| File {
        sha256: Hash::from([1; 32]),
        size: 3,
        media_type: "text/html".into(),
    };
    let files: BTreeMap<_, _> = addresses
        .iter()
        .map(|address| (address.to_string(), file(())))
        .collect();
    Manifest::new(host(), files, Vec::new(), redirects).unwrap()
}

/// `200 /address` or `301 -> to`.
fn told(manifest: &Manifest, asked: &str) -> String {
    match manifest.answer(&Address::parse(asked).unwrap()) {
        Answer::File {
            status, address, ..
        } => format!("{status} {address}"),
        Answer::Redirect { status, to } => format!("{status} -> {to}"),
        Answer::Missing => "404".into(),
    }
}

#[test]
fn folders_endings_and_slashes() {
    let site = manifest(
        &[
            "/index.html",
            "/about.html",
            "/news/index.html",
            "/a.css",
            "/404.html",
            "/both.html",
            "/both/index.html",
        ],
        vec![],
    );
    for (asked, answer) in [
        ("/", "200 /index.html"),
        ("/?utm=x", "200 /index.html"),
        ("/index.html", "200 /index.html"),
        ("/about", "200 /about.html"),
        ("/about.html", "200 /about.html"),
        ("/about/", "301 -> /about"),
        ("/about/?a=b", "301 -> /about?a=b"),
        ("/news", "301 -> /news/"),
        ("/news?a=b", "301 -> /news/?a=b"),
        ("/news/", "200 /news/index.html"),
        ("/both", "200 /both.html"),
        ("/both/", "200 /both/index.html"),
        ("/a.css?ver=2", "200 /a.css"),
        ("/nothing", "404 /404.html"),
        ("/News/", "404 /404.html"),
    ] {
        assert_eq!(told(&site, asked), answer, "{asked}");
    }
    assert_eq!(told(&manifest(&["/a"], vec![]), "/b"), "404");
}

#[test]
fn an_address_with_its_query_comes_first() {
    let site = manifest(
        &["/index.html", "/?p=12", "/feed/", "/feed/?paged=2"],
        vec![
            rule("/", &[("p", "13")], "/hello/", 301, false),
            rule("/", &[("p", "14")], "/hello/", 301, true),
        ],
    );
    for (asked, answer) in [
        ("/?p=12", "200 /?p=12"),
        // A rule without force comes after the file of the path.
        ("/?p=13", "200 /index.html"),
        ("/?p=14", "301 -> /hello/"),
        ("/feed/", "200 /feed/"),
        ("/feed/?paged=2", "200 /feed/?paged=2"),
    ] {
        assert_eq!(told(&site, asked), answer, "{asked}");
    }
}

#[test]
fn rules_in_order_with_placeholders() {
    let site = manifest(
        &["/index.html", "/app.html", "/gone.html"],
        vec![
            rule("/old", &[], "/new", 302, false),
            rule("/old", &[], "/never", 301, false),
            rule("/blog/:year/:slug", &[], "/news/:year-:slug", 301, false),
            rule(
                "/shop",
                &[("id", ":id"), ("lang", "fr")],
                "/boutique/:id",
                301,
                false,
            ),
            rule("/docs/*", &[], "https://docs.example/:splat", 308, false),
            rule("/app/*", &[], "/app.html", 200, false),
            rule("/closed/*", &[], "/gone.html", 410, false),
            rule("/slash", &[], "/slash/", 301, false),
        ],
    );
    for (asked, answer) in [
        ("/old", "302 -> /new"),
        ("/old/", "302 -> /new"),
        ("/old?x=1", "302 -> /new?x=1"),
        ("/blog/2024/hello", "301 -> /news/2024-hello"),
        ("/blog/2024", "404"),
        ("/shop?lang=fr&id=7", "301 -> /boutique/7"),
        ("/shop?id=7", "404"),
        ("/shop?lang=fr&id=7&x=1", "404"),
        ("/docs/a/b?q=1", "308 -> https://docs.example/a/b?q=1"),
        ("/docs", "308 -> https://docs.example/"),
        ("/app/deep/link", "200 /app.html"),
        ("/closed/x", "410 /gone.html"),
        ("/slash", "301 -> /slash/"),
        // It would lead to where the visitor is.
        ("/slash/", "404"),
    ] {
        assert_eq!(told(&site, asked), answer, "{asked}");
    }
}

#[test]
fn headers_of_all_rules_that_fit() {
    let rule = |path: &str, set: &[(&str, &str)]| HeaderRule {
        path: path.into(),
        set: set
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    };
    let rules = vec![
        rule("/*", &[("x-frame-options", "DENY"), ("link", "<a>")]),
        rule("/a/*", &[("link", "<b>")]),
        rule("/", &[("x-root", "1")]),
    ];
    let site = Manifest::new(host(), BTreeMap::new(), rules, vec![]).unwrap();
    assert_eq!(
        site.headers("/a/b"),
        [
            ("x-frame-options", "DENY".into()),
            ("link", "<a>, <b>".into())
        ]
    );
    assert_eq!(site.headers("/").len(), 3);
}

#[test]
fn a_manifest_has_one_spelling() {
    let site = manifest(
        &["/", "/?p=12", "/a%20b"],
        vec![rule("/x", &[("a", "b")], "/", 301, true)],
    );
    let bytes = site.to_bytes();
    assert_eq!(Manifest::parse(&bytes).unwrap(), site);
    let text = String::from_utf8(bytes).unwrap();
    for (old, new) in [
        ("{\"files\"", "{ \"files\""),
        ("\"/a%20b\"", "\"/a b\""),
        ("amana/site/v1", "amana/site/v2"),
        ("\"status\":301", "\"status\":418"),
        ("\"host\"", "\"more\":1,\"host\""),
        ("text/html", "text"),
        ("www.finances.gov", "WWW.finances.gov"),
        ("\"size\":3", "\"size\":3.0"),
    ] {
        let bent = text.replacen(old, new, 1);
        assert_ne!(bent, text, "{old}");
        assert!(Manifest::parse(bent.as_bytes()).is_err(), "{new}");
    }
}
