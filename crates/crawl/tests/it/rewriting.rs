//! References change, and nothing else does.

use std::collections::HashSet;

use amana_crawl::charset::Charset;
use amana_crawl::rewrite::{Language, Rewriter};
use amana_crawl::site::{Origin, Site, Target};

fn site(new_host: Option<&str>) -> Site {
    Site {
        home: Origin::parse("http://old.example").expect("it is a host"),
        aliases: vec!["www.old.example".to_owned()],
        new_host: new_host.map(str::to_owned),
        assets: vec![Origin::parse("cdn.example").expect("it is a host")],
    }
}

fn brought() -> HashSet<Target> {
    let one = Target {
        asset_host: Some(0),
        path: "/a.css".to_owned(),
    };
    HashSet::from([one])
}

fn rewritten(text: &str, language: Language, new_host: Option<&str>) -> String {
    let site = site(new_host);
    let body = Rewriter::new(&site, brought()).body(
        text.as_bytes(),
        language,
        Charset::UTF_8,
        &Target::own("/"),
    );
    String::from_utf8(body).expect("it was UTF-8")
}

#[test]
fn a_page_gets_paths_where_browsers_resolve_and_the_new_host_elsewhere() {
    let page = r#"<link rel=canonical href="http://old.example/a/"><link rel='stylesheet' href='//cdn.example/a.css'><a
 href=http://www.old.example>home</a><a href="https://old.example?p=1&#038;q=2">q</a>
<img srcset="http://old.example/1.png 1x, http://old.example/2.png 2x" src="https://cdn.example/not-brought.png">
<p style="background:url(http://old.example/b.png)">See http://old.example/a/, or write to me@old.example.</p>
<script>var u = "http:\/\/old.example\/wp-json\/", home = 'http://old.example';</script>
<a href="https://share.example/?u=http%3A%2F%2Fold.example%2Fa%2F&t=1">s</a>"#;
    let wanted = r#"<link rel=canonical href="https://new.example/a/"><link rel='stylesheet' href='/_assets/cdn.example/a.css'><a
 href=/>home</a><a href="/?p=1&#038;q=2">q</a>
<img srcset="/1.png 1x, /2.png 2x" src="https://cdn.example/not-brought.png">
<p style="background:url(/b.png)">See https://new.example/a/, or write to me@old.example.</p>
<script>var u = "\/wp-json\/", home = 'https://new.example';</script>
<a href="https://share.example/?u=https%3A%2F%2Fnew.example%2Fa%2F&t=1">s</a>"#;
    assert_eq!(rewritten(page, Language::Html, Some("new.example")), wanted);
}

#[test]
fn a_site_that_keeps_its_name_keeps_what_says_it() {
    let feed =
        "<rss><link>http://old.example/a/</link><link>http://www.old.example/b/</link></rss>";
    let wanted = "<rss><link>http://old.example/a/</link><link>http://old.example/b/</link></rss>";
    assert_eq!(rewritten(feed, Language::Text, None), wanted);
    let renamed =
        "<rss><link>https://new.example/a/</link><link>https://new.example/b/</link></rss>";
    assert_eq!(
        rewritten(feed, Language::Text, Some("new.example")),
        renamed
    );
}

#[test]
fn sheets_of_other_hosts_begin_at_their_own_root() {
    let site = site(None);
    let from = Target {
        asset_host: Some(0),
        path: "/a.css".to_owned(),
    };
    let sheet = b"a { background: url('/i.png') } b { background: url(j.png) }";
    let body = Rewriter::new(&site, brought()).body(sheet, Language::Css, Charset::UTF_8, &from);
    let wanted: &[u8] =
        b"a { background: url('/_assets/cdn.example/i.png') } b { background: url(j.png) }";
    assert_eq!(body, wanted);
}

#[test]
fn what_names_no_host_stays_to_the_byte() {
    let page = "<a href=/x?a=1&amp;b >caf\u{e9}</A ><p title='\"'>\r\n<script>1<2</script>";
    assert_eq!(rewritten(page, Language::Html, Some("new.example")), page);
    let site = site(Some("new.example"));
    let picture = b"\x89PNG http://old.example/ \xff\x00";
    let body = Rewriter::new(&site, brought()).body(
        picture,
        Language::Other,
        Charset::UTF_8,
        &Target::own("/p.png"),
    );
    assert_eq!(body, picture);
}

#[test]
fn types_say_how_a_body_is_read() {
    assert_eq!(Language::of("text/html; charset=UTF-8"), Language::Html);
    assert_eq!(
        Language::of("application/rss+xml; charset=UTF-8"),
        Language::Text
    );
    assert_eq!(Language::of("application/json"), Language::Script);
    assert_eq!(Language::of("text/html; charset=UTF-16"), Language::Other);
    assert_eq!(
        Language::spoken("text/html; charset=UTF-16"),
        Language::Html
    );
    assert_eq!(Language::of("image/png"), Language::Other);
}
