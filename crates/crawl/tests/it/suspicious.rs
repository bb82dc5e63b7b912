//! What an infected site would bring home.

use amana_crawl::forms::{Purpose, forms};
use amana_crawl::html::tags;
use amana_crawl::scan::{self, Suspicion};

fn found(page: &str) -> Vec<Suspicion> {
    let is_own = |host: &str| host == "own.example";
    let found = scan::page(page.as_bytes(), &tags(page.as_bytes()), &is_own);
    found.into_iter().map(|one| one.suspicion).collect()
}

#[test]
fn what_intruders_leave_is_found() {
    assert_eq!(
        found("<script>eval( atob('YQ==') )</script>"),
        [Suspicion::HiddenScript]
    );
    let codes = vec!["0x41"; 60].join(", ");
    assert_eq!(
        found(&format!("<script>x(String.fromCharCode({codes}))</script>")),
        [Suspicion::HiddenScript]
    );
    assert_eq!(
        found("<iframe width=1 height=1 src=//bad.example/>"),
        [Suspicion::HiddenFrame]
    );
    let spam = "<div style='position:absolute; left: -9999px'><div><a href='https://pills.example/'>x</a></div></div>";
    assert_eq!(found(spam), [Suspicion::HiddenLinks]);
    assert_eq!(
        found("<meta http-equiv=refresh content='0;url=https://bad.example/'>"),
        [Suspicion::SendsAway]
    );
    assert_eq!(
        found("<a href='x' onclick='eval(atob(1))'>"),
        [Suspicion::HiddenScript]
    );
    assert_eq!(found("<title>FilesMan</title>"), [Suspicion::WebShell]);
}

#[test]
fn what_ordinary_pages_have_is_not() {
    let page = "<div style='display:none'><a href='/own'>x</a><a href='https://own.example/'>y</a></div>\
        <div style='display:none'><img src=x></div><a href='https://elsewhere.example/'>z</a>\
        <iframe width=560 height=315 src='https://video.example/'></iframe><script>String.fromCharCode(55356,56806)</script>\
        <meta http-equiv=refresh content='0;url=/next'><script type='application/ld+json'>{\"a\":\"eval(atob(\"}</script>";
    assert_eq!(found(page), []);
}

#[test]
fn forms_are_told_apart() {
    let page = "<form role=search action=/><input type=search name=s></form><form method=post action=/wp-comments-post.php>\
        <textarea name=comment></textarea></form><form method=POST action=/contact><input name=mail></form>\
        <form method=post><input type=password name=pwd></form>";
    let purposes: Vec<Purpose> = forms(&tags(page.as_bytes()))
        .into_iter()
        .map(|form| form.purpose)
        .collect();
    assert_eq!(
        purposes,
        [
            Purpose::Search,
            Purpose::Comment,
            Purpose::Message,
            Purpose::SignIn
        ]
    );
}

#[test]
fn a_search_is_led_to_our_own() {
    use amana_crawl::redirects::search;
    use amana_crawl::site::{Origin, Site};
    let site = Site {
        home: Origin::parse("own.example").expect("it is a host"),
        aliases: Vec::new(),
        new_host: None,
        assets: Vec::new(),
    };
    let rule = |page: &str| search(&site, &forms(&tags(page.as_bytes()))[0]);
    let page =
        "<form action=/><input type=search name=s><input type=hidden name=lang value=fr></form>";
    assert_eq!(
        rule(page).as_deref(),
        Some("/ s=:query lang=:other0 /_search/?q=:query 302!")
    );
    assert_eq!(
        rule("<form action=https://else.example/><input type=search name=q></form>"),
        None
    );
}

#[test]
fn names_that_no_site_publishes_are_found_in_addresses() {
    for bad in [
        "/.env",
        "/%2Eenv",
        "/a/.git/config?x",
        "/dump.sql",
        "/prod.env",
        "/Web.config",
        "/wp-config.php.bak",
    ] {
        assert!(scan::exposed(bad).is_some(), "{bad}");
    }
    for good in [
        "/",
        "/index.php?option=com_content",
        "/article.php",
        "/.well-known/security.txt",
        "/a?file=dump.sql",
        "/page.aspx",
    ] {
        assert_eq!(scan::exposed(good), None, "{good}");
    }
}
