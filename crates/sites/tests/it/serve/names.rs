//! Names: hosts, previews, and the addresses that every site has.

use std::sync::Arc;

use amana_sites::serve::Settings;
use amana_sites::{Redirect, serve::Server};

use super::ground::{Ground, asked, get};

const HOST: &str = "www.finances.gov";

fn served() -> (Arc<Ground>, Arc<Server>) {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    ground.deploy_of(HOST, 1, &[("/index.html", b"one")]);
    server.put(ground.deploy_of(HOST, 2, &[("/index.html", b"two")]));
    (ground, server)
}

#[tokio::test]
async fn a_name_is_known_however_it_is_written_and_no_other_is() {
    let (_, server) = served();
    for name in [
        HOST,
        "WWW.Finances.GOV",
        "www.finances.gov:7480",
        "www.finances.gov.",
        "www.finances.gov.:80",
    ] {
        assert_eq!(get(&server, name, "/").await.body, b"two", "{name}");
    }
    for name in [
        "finances.gov",
        "other.gov",
        "127.0.0.1:7480",
        "[::1]",
        "",
        "a b",
        "x@www.finances.gov",
    ] {
        let got = get(&server, name, "/").await;
        assert_eq!(got.status, 421, "{name}");
        let page = String::from_utf8(got.body).unwrap();
        assert!(
            !page.contains("finances") && page.contains("Aucun site"),
            "{page}"
        );
    }
    let two = [("host", "other.gov")];
    assert_eq!(asked(&server, "GET", HOST, "/", &two).await.status, 400);
    // An absolute target's host counts.
    let got = get(&server, "other.gov", "http://www.finances.gov/").await;
    assert_eq!(got.body, b"two");
}

#[tokio::test]
async fn each_deploy_that_is_kept_can_be_looked_at() {
    let (_, server) = served();
    let got = get(&server, "1--www.finances.gov", "/").await;
    assert_eq!(
        (&*got.body, got.header("x-robots-tag")),
        (&b"one"[..], "noindex")
    );
    for name in [
        "3--www.finances.gov",
        "01--www.finances.gov",
        "1--other.gov",
        "--www.finances.gov",
    ] {
        assert_eq!(get(&server, name, "/").await.status, 421, "{name}");
    }
    server.remove(&HOST.parse().unwrap());
    for name in [HOST, "1--www.finances.gov"] {
        assert_eq!(get(&server, name, "/").await.status, 421, "{name}");
    }
}

#[tokio::test]
async fn redirects_and_facts_are_answered() {
    let (ground, server) = served();
    let rule = Redirect {
        from: "/old/*".to_owned(),
        query: Vec::new(),
        to: "/new/:splat".to_owned(),
        status: 308,
        force: false,
    };
    let files: [(&str, &[u8]); 2] = [("/new/index.html", b"new"), ("/404.html", b"not here")];
    server.put(ground.ruled(HOST, 3, &files, Vec::new(), vec![rule]));
    let got = get(&server, HOST, "/old/a").await;
    assert_eq!(
        (got.status.as_u16(), got.header("location")),
        (308, "/new/a")
    );
    let got = get(&server, HOST, "/new").await;
    assert_eq!(
        (got.status.as_u16(), got.header("location")),
        (301, "/new/")
    );
    let got = asked(
        &server,
        "GET",
        HOST,
        "/nowhere",
        &[("if-none-match", "*"), ("range", "bytes=0-0")],
    )
    .await;
    assert_eq!((got.status.as_u16(), &*got.body), (404, &b"not here"[..]));
    let got = get(&server, HOST, "/.well-known/amana/site.json").await;
    assert_eq!(
        (got.header("content-type"), &*got.body),
        ("application/json", &b"{\"number\":3}"[..])
    );
    let got = get(&server, HOST, "/.well-known/amana/").await;
    let page = String::from_utf8(got.body).unwrap();
    for said in ["Ce site est signé", "This site is signed", HOST] {
        assert!(page.contains(said), "{said}");
    }
}

#[tokio::test]
async fn ten_thousand_sites_are_each_its_own() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    for number in 0..10_000_u32 {
        let host = format!("site-{number}.gov");
        server.put(ground.deploy_of(&host, 1, &[("/index.html", host.as_bytes())]));
    }
    for number in (0..10_000_u32).step_by(97) {
        let host = format!("site-{number}.gov");
        assert_eq!(get(&server, &host, "/").await.body, host.as_bytes());
    }
}
