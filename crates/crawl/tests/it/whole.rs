//! Nothing of a site is lost without a word.

use std::sync::PoisonError;

use amana_crawl::charset::Charset;
use amana_crawl::crawl::{Bounds, Wanted};
use amana_crawl::policy::{LeftOut, left_out};
use amana_crawl::report::{Became, Report};
use amana_crawl::site::Target;
use url::Url;

use crate::living::{Asked, html, import, serve, wanted};

fn asked(asked: &Asked) -> Vec<String> {
    asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

async fn imported(wanted: &Wanted<'_>) -> Report {
    let place = tempfile::tempdir().expect("a folder");
    import(wanted, &place.path().join("site")).await.1
}

fn became(report: &Report, address: &str) -> Option<Became> {
    let row = report.addresses.iter().find(|row| row.address == address)?;
    Some(row.became)
}

fn counted(report: &Report, code: &str) -> usize {
    report.decisions_of(code).map(|found| found.count).sum()
}

#[tokio::test]
async fn pages_that_a_parameter_names_are_asked_for() {
    const PAGES: [&str; 5] = [
        "/index.php?action=news&id=1",
        "/page.php?sid=4",
        "/?nb=2",
        "/?print=1",
        "/?share=x",
    ];
    let (start, _) = serve(|path| match path {
        "/" => html(
            "<a href='/index.php?action=news&amp;id=1'>1</a><a href='/page.php?sid=4'>2</a><a href='/?nb=2'>3</a>\
             <a href='/?print=1'>4</a><a href='/?share=x'>5</a><a href='/?replytocom=7'>6</a>",
        ),
        "/?utm_source=letter" | "/?replytocom=8" => html("listed"),
        path if PAGES.contains(&path) => html(path),
        _ => None,
    })
    .await;
    let mut wanted = wanted(&start, &start);
    let report = imported(&wanted).await;
    for page in PAGES {
        assert_eq!(became(&report, page), Some(Became::File), "{page}");
    }
    assert_eq!(became(&report, "/?replytocom=7"), Some(Became::LeftOut));
    let found: Vec<_> = report.decisions_of("left-out").collect();
    assert_eq!(
        (found[0].what.as_str(), &*found[0].at),
        ("?replytocom=", &["/?replytocom=7".to_owned()][..])
    );
    // What somebody lists is asked for, whatever it looks like, even if a page linked to it first.
    wanted.seeds = ["/?utm_source=letter", "/?replytocom=8", "/?replytocom=7"]
        .map(str::to_owned)
        .to_vec();
    let report = imported(&wanted).await;
    assert_eq!(became(&report, "/?utm_source=letter"), Some(Became::File));
    assert_eq!(became(&report, "/?replytocom=8"), Some(Became::File));
    assert_eq!(counted(&report, "left-out"), 0);
}

#[test]
fn what_changes_nothing_for_visitors_is_known() {
    let judged = |path: &str| left_out(&Target::own(path), false);
    assert_eq!(judged("/?sid=4"), None);
    assert_eq!(
        judged("/?sid=0123456789abcdef0123456789abcdef"),
        Some(LeftOut::Noise)
    );
    assert_eq!(judged("/a?b=1&UTM_source=x"), Some(LeftOut::Noise));
    assert_eq!(judged("/wp-login.php"), Some(LeftOut::ForEditors));
    assert_eq!(left_out(&Target::own("/a?utm_source=x"), true), None);
    assert_eq!(
        left_out(&Target::own("/wp-login.php"), true),
        Some(LeftOut::ForEditors)
    );
}

/// As browsers do: the path in UTF-8, the query in the page's own encoding (WHATWG URL).
#[tokio::test]
async fn old_pages_are_read_in_their_own_encoding() {
    let wide = |text: &str| -> Vec<u8> {
        let mark = [0xff, 0xfe];
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.into_iter().chain(units).collect()
    };
    let (start, asked_for) = serve(move |path| {
        let of = |kind: &str, body: &[u8]| Some((200, kind.to_owned(), body.to_vec()));
        match path {
            "/" => of(
                "text/html; charset=windows-1252",
                b"<title>Minist\xe8re</title><a href=\"/caf\xe9\">1</a><a href='/p?v=\xe9t\xe9'>2</a><a href='/n&eacute;e'>3</a>\
                  <a href=/latin>4</a><a href=/meta>5</a><a href=/wide>6</a><a href=/none>7</a><img srcset='/\x80.png 1x'>",
            ),
            "/latin" => of("text/html; charset=ISO-8859-1", b"<a href='/l\xe0?q=\xe0'>x</a>"),
            "/meta" => of("text/html", b"<meta charset=iso-8859-15><a href='/m\xa4'>x</a>"),
            "/none" => of("text/html", b"<a href='/d\xe9j\xe0'>x</a>"),
            "/wide" => of("text/html; charset=utf-16", &wide("<a href='/\u{153}uvre?q=\u{e9}'>x</a>")),
            _ if path.starts_with("/%") || path.contains("%C3") || path.contains('?') => of("text/html", path.as_bytes()),
            "/m%E2%82%AC" => of("text/html", b"euro"),
            _ => None,
        }
    })
    .await;
    let report = imported(&wanted(&start, &start)).await;
    for page in [
        "/caf%C3%A9",
        "/p?v=%E9t%E9",
        "/n%C3%A9e",
        "/%E2%82%AC.png",
        "/l%C3%A0?q=%E0",
        "/m%E2%82%AC",
        "/d%C3%A9j%C3%A0",
        "/%C5%93uvre?q=%C3%A9",
    ] {
        assert_eq!(became(&report, page), Some(Became::File), "{page}");
    }
    let wrong: Vec<String> = asked(&asked_for)
        .into_iter()
        .filter(|path| path.contains("%EF%BF%BD"))
        .collect();
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn an_encoding_is_found_as_browsers_find_it() {
    let text = |kind: &str, bytes: &[u8]| Charset::of(kind, bytes).text(bytes).into_owned();
    assert_eq!(text("text/html; charset=\"latin1\"", b"\xe9\x80"), "é€");
    assert_eq!(text("text/html", "é".as_bytes()), "é");
    assert_eq!(
        text("text/html; charset=iso-8859-1", b"\xef\xbb\xbf\xc3\xa9"),
        "é"
    );
    assert_eq!(
        text("text/css", b"@charset \"windows-1251\"; \xe9"),
        "@charset \"windows-1251\"; й"
    );
    let declared = b"<?xml version='1.0' encoding='koi8-r'?>\xc1";
    assert!(text("application/xml", declared).ends_with('а'));
    let meta = b"<meta http-equiv=content-type content='text/html; charset=windows-1250'>\xf9";
    assert!(text("text/html", meta).ends_with('ů'));
    // A page that could be read so far isn't UTF-16, whatever it says.
    assert!(text("text/html", b"<meta charset=utf-16>a").ends_with('a'));
    let start = Url::parse("https://x.example/").expect("it is an address");
    let joined = Charset::of("text/html; charset=big5", b"").join(&start, "/中?a=中");
    assert_eq!(
        joined.map(String::from).as_deref(),
        Some("https://x.example/%E4%B8%AD?a=%A4%A4")
    );
}

#[tokio::test]
async fn an_import_that_stops_says_so_first() {
    let (start, _) = serve(|path| {
        let page: u32 = path.strip_prefix("/p").unwrap_or("0").parse().ok()?;
        let links: String = (1..9)
            .map(|next| format!("<a href=/p{next}>x</a>"))
            .collect();
        (page < 9).then(|| html(&links))?
    })
    .await;
    let mut wanted = Wanted {
        bounds: Bounds {
            addresses: 15,
            ..Bounds::default()
        },
        ..wanted(&start, &start)
    };
    let report = imported(&wanted).await;
    assert!(!report.complete);
    assert_eq!(report.decisions[0].code, "bound");
    assert_eq!(counted(&report, "bound"), 4);
    wanted.bounds.addresses = 100;
    let report = imported(&wanted).await;
    assert!(report.complete);
    assert_eq!(counted(&report, "bound"), 0);
}

/// A folder says what its files and redirects can't, where a rule can.
#[tokio::test]
async fn what_headers_said_is_kept_or_told() {
    let (start, _) = serve(|path| {
        let of = |head: &str, body: &str| Some((200, head.to_owned(), body.to_owned()));
        match path {
            "/" => of(
                "text/html\r\nContent-Language: fr\r\nLink: </late.css>; rel=preload, </next>; rel=next\r\nRefresh: 9; url=/soon",
                "<a href=/gone>1</a><a href=/gone-too?x=1>2</a><a href=/report.pdf>3</a><a href='/get?id=1'>4</a><a href='/get?id=2'>5</a>\
                 <a href=/api/a>6</a><a href=/api/b>7</a><div data-bg='url(/bg.png)'></div>",
            ),
            "/gone" | "/gone-too?x=1" => Some((410, "text/html".to_owned(), "gone".to_owned())),
            "/report.pdf" => of("application/pdf\r\nContent-Disposition: attachment; filename=report.pdf", "%PDF"),
            "/get?id=1" => of("text/plain\r\nContent-Disposition: attachment; filename=one.txt", "one"),
            "/get?id=2" => of("text/plain\r\nContent-Disposition: attachment; filename=two.txt", "two"),
            "/api/a" | "/api/b" => of("application/json\r\nX-Robots-Tag: noindex", path),
            "/late.css" => of("text/css", "p{}"),
            "/next" | "/soon" => of("text/html\r\nContent-Language: fr", path),
            "/bg.png" => of("image/png", "PNG"),
            _ => None,
        }
    })
    .await;
    let place = tempfile::tempdir().expect("a folder");
    let out = place.path().join("site");
    let (_, report) = import(&wanted(&start, &start), &out).await;
    for page in ["/late.css", "/next", "/soon", "/bg.png"] {
        assert_eq!(became(&report, page), Some(Became::File), "{page}");
    }
    assert_eq!(became(&report, "/url(/bg.png)"), None);
    let text = |name: &str| std::fs::read_to_string(out.join(name)).expect(name);
    let redirects = text("_redirects");
    assert_eq!(
        redirects,
        "/gone-too x=1 /404.html 410!\n/gone /404.html 410!\n"
    );
    let headers = text("_headers");
    let (_, kept) = headers
        .split_once("nosniff\n")
        .expect("it begins with the policy");
    let wanted = "/\n  refresh: 9; url=/soon\n/*\n  content-language: fr\n/api/*\n  x-robots-tag: noindex\n\
        /report.pdf\n  content-disposition: attachment; filename=report.pdf\n";
    assert_eq!(kept, wanted);
    assert_eq!(counted(&report, "header-not-kept"), 2);
    // By the rules of the server.
    let host = "new.example".parse().expect("it is a host");
    let folder =
        amana_sites::read_folder(&out, &host, &Default::default()).expect("a deploy takes it");
    let gone = amana_sites::Address::parse("/gone").expect("it is an address");
    assert!(matches!(
        folder.manifest.answer(&gone),
        amana_sites::Answer::File { status: 410, .. }
    ));
}
