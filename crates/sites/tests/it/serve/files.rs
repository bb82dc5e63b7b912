//! Files as browsers ask for them.

use std::sync::Arc;

use amana_sites::HeaderRule;
use amana_sites::serve::{Coding, Settings};

use super::ground::{Ground, asked, get};

const HOST: &str = "www.finances.gov";
const PAGE: &[u8] = b"<!doctype html><title>Budget</title><p>What we spend.";

/// More than what is kept whole, and different everywhere.
fn large() -> Vec<u8> {
    (0..900_000_u32).flat_map(u32::to_le_bytes).collect()
}

#[tokio::test]
async fn a_page_comes_with_its_type_its_etag_and_its_length() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    server.put(ground.deploy_of(
        HOST,
        1,
        &[("/index.html", PAGE), ("/a.3f9a2c71.css", b"a{}")],
    ));
    let got = get(&server, HOST, "/").await;
    assert_eq!((got.status.as_u16(), &*got.body), (200, PAGE));
    assert_eq!(got.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(got.header("content-length"), PAGE.len().to_string());
    assert_eq!(got.header("cache-control"), "no-cache");
    assert_eq!(got.header("x-content-type-options"), "nosniff");
    assert!(got.header("etag").starts_with('"'), "strong");

    let etag = got.header("etag").to_owned();
    let got = asked(&server, "GET", HOST, "/", &[("if-none-match", &etag)]).await;
    assert_eq!((got.status.as_u16(), got.body.len()), (304, 0));
    assert_eq!(got.header("etag"), etag);
    let got = asked(&server, "GET", HOST, "/", &[("if-match", "\"other\"")]).await;
    assert_eq!(got.status, 412);
    let got = asked(&server, "HEAD", HOST, "/", &[]).await;
    assert_eq!((got.status.as_u16(), got.body.len()), (200, 0));
    assert_eq!(got.header("content-length"), PAGE.len().to_string());

    let got = get(&server, HOST, "/a.3f9a2c71.css").await;
    assert_eq!(
        got.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
}

#[tokio::test]
async fn what_a_site_says_of_its_headers_counts() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    let rule = |path: &str, name: &str, value: &str| HeaderRule {
        path: path.to_owned(),
        set: vec![(name.to_owned(), value.to_owned())],
    };
    let rules = vec![
        rule("/*", "x-frame-options", "DENY"),
        rule("/news/*", "cache-control", "public, max-age=60"),
    ];
    let files: [(&str, &[u8]); 2] = [("/index.html", PAGE), ("/news/a.html", PAGE)];
    server.put(ground.ruled(HOST, 1, &files, rules, Vec::new()));
    let got = get(&server, HOST, "/news/a").await;
    assert_eq!(got.header("cache-control"), "public, max-age=60");
    assert_eq!(got.header("x-frame-options"), "DENY");
    assert_eq!(
        get(&server, HOST, "/").await.header("cache-control"),
        "no-cache"
    );
}

#[tokio::test]
async fn nothing_is_written_and_nothing_is_found_that_is_not_there() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    server.put(ground.deploy_of(HOST, 1, &[("/index.html", PAGE), ("/empty.bin", b"")]));
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let got = asked(&server, method, HOST, "/", &[]).await;
        assert_eq!(got.status, 405, "{method}");
        assert_eq!(got.header("allow"), "GET, HEAD");
    }
    for target in ["/nothing", "/index.html/", "/.git/config", "//"] {
        assert_eq!(get(&server, HOST, target).await.status, 404, "{target}");
    }
    for target in ["/../etc/passwd", "/%2e%2e/x", "/%00"] {
        assert_eq!(get(&server, HOST, target).await.status, 400, "{target}");
    }
    let got = get(&server, HOST, "/empty.bin").await;
    assert_eq!(
        (got.status.as_u16(), got.header("content-length")),
        (200, "0")
    );
}

#[tokio::test]
async fn parts_are_sent_of_small_and_of_large_files() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings {
        cache_bytes: 2_000_000,
        ..Settings::default()
    });
    let large = large();
    server.put(ground.deploy_of(
        HOST,
        1,
        &[("/small.bin", b"0123456789"), ("/large.bin", &large)],
    ));
    let part = async |target, range| asked(&server, "GET", HOST, target, &[("range", range)]).await;
    let got = part("/small.bin", "bytes=2-4").await;
    assert_eq!((got.status.as_u16(), &*got.body), (206, &b"234"[..]));
    assert_eq!(got.header("content-range"), "bytes 2-4/10");
    assert_eq!(got.header("content-length"), "3");
    let got = part("/small.bin", "bytes=10-").await;
    assert_eq!(
        (got.status.as_u16(), got.header("content-range")),
        (416, "bytes */10")
    );
    let got = part("/small.bin", "bytes=0-1,3-4").await;
    assert_eq!((got.status.as_u16(), got.body.len()), (200, 10));

    for (first, last) in [
        (0, 0),
        (262_143, 262_144),
        (1_000_000, 3_599_999),
        (3_500_000, 3_599_999),
    ] {
        let range = format!("bytes={first}-{last}");
        let got = asked(&server, "GET", HOST, "/large.bin", &[("range", &range)]).await;
        assert_eq!(got.status, 206);
        assert!(got.body == large[first..=last], "{first}-{last}");
    }
    let got = get(&server, HOST, "/large.bin").await;
    assert!(got.is_whole && got.body == large);

    let etag = got.header("etag").to_owned();
    let conditional = [("range", "bytes=0-0"), ("if-range", &etag)];
    assert_eq!(
        asked(&server, "GET", HOST, "/large.bin", &conditional)
            .await
            .status,
        206
    );
    let other = [("range", "bytes=0-0"), ("if-range", "\"other\"")];
    assert_eq!(
        asked(&server, "GET", HOST, "/small.bin", &other)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn text_is_compressed_once_and_sent_as_the_client_likes() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    let text = b"body { color: red }\n".repeat(200);
    server.put(ground.deploy_of(HOST, 1, &[("/a.css", &text), ("/b.bin", &text)]));
    let wanting = async |coding| {
        asked(
            &server,
            "GET",
            HOST,
            "/a.css",
            &[("accept-encoding", coding)],
        )
        .await
    };
    let got = wanting("br").await;
    assert_eq!(
        (got.header("content-encoding"), got.header("vary")),
        ("", "accept-encoding")
    );
    let plain = got.header("etag").to_owned();

    let host = HOST.parse().unwrap();
    assert_eq!(server.compress_newest(&host).await, 3);
    assert_eq!(server.compress_newest(&host).await, 0, "they are there");
    let mut etags = vec![plain];
    for (wish, coding) in [
        ("gzip, br, zstd", "br"),
        ("gzip, zstd;q=0.9", "gzip"),
        ("zstd", "zstd"),
    ] {
        let got = wanting(wish).await;
        assert_eq!(got.header("content-encoding"), coding);
        assert_eq!(got.header("vary"), "accept-encoding");
        assert!(got.body.len() < text.len() / 4);
        let etag = got.header("etag").to_owned();
        let had = [("accept-encoding", wish), ("if-none-match", &*etag)];
        assert_eq!(
            asked(&server, "GET", HOST, "/a.css", &had).await.status,
            304
        );
        etags.push(etag);
    }
    etags.sort();
    etags.dedup();
    assert_eq!(etags.len(), 4, "each has its own");
    let got = asked(&server, "GET", HOST, "/b.bin", &[("accept-encoding", "br")]).await;
    assert_eq!(
        (got.header("content-encoding"), got.header("vary")),
        ("", "")
    );

    // A changed variant is left out: the file itself is sent.
    for coding in Coding::ALL {
        ground.damage_variant(&text, coding.ending());
    }
    let fresh = ground.server(Settings::default());
    fresh.put(ground.deploy_of(HOST, 1, &[("/a.css", &text)]));
    let got = asked(
        &fresh,
        "GET",
        HOST,
        "/a.css",
        &[("accept-encoding", "br, zstd, gzip")],
    )
    .await;
    assert_eq!(got.header("content-encoding"), "");
    assert!(got.body == text);
}

#[tokio::test]
async fn a_thousand_who_ask_for_one_cold_file_read_it_once() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    server.put(ground.deploy_of(HOST, 1, &[("/index.html", PAGE)]));
    let all = (0..1000).map(|_| get(&server, HOST, "/"));
    for got in futures::future::join_all(all).await {
        assert_eq!(got.body, PAGE);
    }
    assert_eq!(ground.reads.lock().unwrap().len(), 1);
}
