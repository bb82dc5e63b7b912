//! What pages refer to.

use amana_crawl::charset::Charset;
use amana_crawl::html::tags;
use amana_crawl::references::{Kind, base, of_link_header, of_page, refresh_target};
use amana_crawl::text::mentions;
use amana_crawl::{css, rest, seeds, srcset};
use proptest::prelude::*;

const PAGE: &str = r#"<!DOCTYPE html><html><head><base href='/b/'><meta http-equiv=refresh content="3; URL='next.html'">
<link rel="stylesheet" href="a.css?ver=1&amp;x=2"><link rel=preconnect href="https://fonts.example">
<style>body { background: url( "bg.png" ) } @import 'more.css';</style></head><body>
<a HREF=plain.html>x</a> <a href='q.html?a=1&#038;b=2'>y</a>
<img src="i.png" srcset="i1.png 1x, i2.png 2x" data-src="lazy.png" data-srcset="l1.png 300w,l2.png 600w">
<video poster="p.jpg"><source src="v.mp4"></video><div style="background:url(d.png)" data-settings='{"image":"\/up\/s.jpg"}'>
<noscript><img src="n.png"></noscript><script>var a = "<a href='no.html'>";</script>
<script type="application/json">{"img": "/data/j.png", "text": "/no file"}</script>
<!-- <a href="comment.html"> --></body></html>"#;

fn referred(page: &str) -> Vec<(String, Kind)> {
    let found = of_page(page.as_bytes(), &tags(page.as_bytes()));
    found.into_iter().map(|one| (one.value, one.kind)).collect()
}

#[test]
fn a_page_refers_to_what_a_browser_would_load() {
    let found = referred(PAGE);
    let links: Vec<&str> = of(&found, Kind::Link);
    assert_eq!(
        links,
        ["/b/", "next.html", "plain.html", "q.html?a=1&b=2"][1..]
    );
    let assets = of(&found, Kind::Asset);
    let wanted = [
        "a.css?ver=1&x=2",
        "bg.png",
        "more.css",
        "i.png",
        "i1.png",
        "i2.png",
        "l1.png",
        "l2.png",
        "p.jpg",
        "v.mp4",
        "d.png",
        "n.png",
    ];
    assert_eq!(assets, wanted);
    assert_eq!(
        of(&found, Kind::Guess),
        ["lazy.png", "/up/s.jpg", "/data/j.png"]
    );
    assert_eq!(base(&tags(PAGE.as_bytes())), Some("/b/"));
}

fn of(found: &[(String, Kind)], wanted: Kind) -> Vec<&str> {
    let kinds = found.iter().filter(|(_, kind)| *kind == wanted);
    kinds.map(|(value, _)| value.as_str()).collect()
}

#[test]
fn values_stand_where_they_are_said_to() {
    let pages = [
        PAGE.to_owned(),
        PAGE.replace('\n', "\r\n"),
        "<a b='x&amp;y' c=z&lt;w d>é</a><p title=\"&eacute;\" id=k>".to_owned(),
    ];
    for page in &pages {
        for tag in tags(page.as_bytes()) {
            assert!(
                page[tag.range.clone()].starts_with('<') && page[tag.range.clone()].ends_with('>'),
                "{tag:?}"
            );
            for attribute in &tag.attributes {
                let raw = &page[attribute.range.clone()];
                let is_plain = !raw.contains(['&', '\r']);
                assert!(!is_plain || raw == attribute.value, "{raw:?} {attribute:?}");
                assert!(!raw.contains(['"', '>']) || raw.contains('{'), "{raw:?}");
            }
        }
    }
    let latin = b"<p title=caf\xe9>\xe9<a href='x\xe9y'>";
    let found = tags(latin);
    assert_eq!(&latin[found[1].attributes[0].range.clone()], b"x\xe9y");
}

#[test]
fn scripts_and_styles_are_text() {
    let page = b"<script>if (a < b) { document.write('<img src=x>'); }</script><style>p::after { content: '</p>' }</style>";
    let found = tags(page);
    let names: Vec<(&str, bool)> = found
        .iter()
        .map(|tag| (tag.name.as_str(), tag.is_end))
        .collect();
    assert_eq!(
        names,
        [
            ("script", false),
            ("script", true),
            ("style", false),
            ("style", true)
        ]
    );
    let inside = found[0].content.clone().expect("a script has a content");
    assert!(page[inside].ends_with(b"}"));
}

#[test]
fn sheets_refer_by_url_and_import() {
    let sheet = r#"@import "a.css"; @import url(b.css) screen; /* url(no.png) */ a { content: "url(no2.png)"; background: URL( 'c d.png' ),
        url(e\29 .png) } @font-face { src: url("f.woff2") format("woff2") }"#;
    let found: Vec<String> = css::references(sheet.as_bytes())
        .into_iter()
        .map(|one| one.value)
        .collect();
    assert_eq!(found, ["a.css", "b.css", "c d.png", "e).png", "f.woff2"]);
}

#[test]
fn candidates_are_parted_as_browsers_do() {
    let text = "a.png, b,c.png 2x,d.png 100w ,  e.png?x=(1,2) 3x";
    let found: Vec<&str> = srcset::addresses(text)
        .into_iter()
        .map(|range| &text[range])
        .collect();
    assert_eq!(found, ["a.png", "b,c.png", "d.png", "e.png?x=(1,2)"]);
}

#[test]
fn absolute_addresses_are_found_however_they_are_written() {
    let hosts = ["old.example:81".to_owned(), "old.example".to_owned()];
    let text = r#"https://old.example/a?b=1&amp;c=2" "http:\/\/old.example\/b\/" //OLD.example/c' u=https%3A%2F%2Fold.example%2Fd%2F&x
        http://old.example:81/e) https://notold.example/f https://old.example.org/g mail@old.example ftp://old.example/h
        (see https://old.example/i). https:\u002F\u002Fold.example\u002Fj" https%3A%2F%2Fold.example%3A81%2Fk"#;
    let found: Vec<(usize, String)> = mentions(text.as_bytes(), &hosts)
        .iter()
        .map(|mention| {
            (
                mention.authority,
                mention.path(text.as_bytes(), Charset::UTF_8),
            )
        })
        .collect();
    let wanted = [
        (1, "/a?b=1&c=2"),
        (1, "/b/"),
        (1, "/c"),
        (1, "/d/"),
        (0, "/e"),
        (1, "/i"),
        (1, "/j"),
        (0, "/k"),
    ];
    assert_eq!(found, wanted.map(|(host, path)| (host, path.to_owned())));
}

#[test]
fn seeds_are_read_from_lists_logs_sitemaps_and_the_rest_interface() {
    assert_eq!(
        seeds::list("# all\n/a\n\n https://x.example/b \n"),
        ["/a", "https://x.example/b"]
    );
    let log = r#"1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /?p=12 HTTP/1.1" 301 0
1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"
1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /a HTTP/1.1" 200 5
1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "GET /gone HTTP/1.1" 404 5
1.2.3.4 - - [01/Jan/2026:00:00:00 +0000] "POST /b HTTP/1.1" 200 5
broken "line"#;
    assert_eq!(seeds::access_log(log), ["/?p=12", "/a"]);
    let sitemap = "<urlset><url><loc>\n https://x.example/?a=1&amp;b=2 </loc></url><url><loc><![CDATA[https://x.example/c]]></loc></url></urlset>";
    assert!(seeds::is_sitemap(sitemap));
    assert_eq!(
        seeds::sitemap(sitemap),
        ["https://x.example/?a=1&b=2", "https://x.example/c"]
    );
    assert!(rest::is_index(r#"{"namespaces":["oembed/1.0","wp/v2"]}"#) && !rest::is_index("[]"));
    let list =
        r#"[{"link":"https://x.example/hello/","guid":{"rendered":"https://x.example/?p=1"}}]"#;
    let (addresses, count) = rest::entries(list);
    assert_eq!((addresses.len(), count), (2, 1));
}

proptest! {
    #[test]
    fn no_page_is_too_broken(page in proptest::collection::vec(any::<u8>(), 0..400)) {
        let found = tags(&page);
        for tag in &found {
            prop_assert!(tag.range.end <= page.len());
            for attribute in &tag.attributes {
                prop_assert!(attribute.range.end <= page.len());
            }
        }
        let _ = of_page(&page, &found);
        let _ = css::references(&page);
        let _ = mentions(&page, &["a".to_owned()]);
    }

    #[test]
    fn no_markup_is_too_broken(page in r#"(<[a-z]{1,6}|</script>|<script>|<noscript>|[ ="'>&;/\r\n]|href|url\(|//a|\\){0,60}"#) {
        let found = tags(page.as_bytes());
        for tag in &found {
            for attribute in &tag.attributes {
                prop_assert!(page.get(attribute.range.clone()).is_some());
            }
        }
        let _ = of_page(page.as_bytes(), &found);
        let _ = css::references(page.as_bytes());
        for range in srcset::addresses(&page) {
            prop_assert!(!page[range].is_empty());
        }
        for mention in mentions(page.as_bytes(), &["a".to_owned()]) {
            let _ = mention.path(page.as_bytes(), Charset::UTF_8);
        }
    }
}

#[test]
fn headers_refer_as_tags_do() {
    let header = "</a.css>; rel=preload; as=style, <https://x.example/b?c=1,2>; rel=\"next\", <//cdn.example>; rel=preconnect, <broken";
    let found: Vec<(String, Kind)> = of_link_header(header)
        .into_iter()
        .map(|one| (one.value, one.kind))
        .collect();
    let wanted = [
        ("/a.css", Kind::Asset),
        ("https://x.example/b?c=1,2", Kind::Link),
    ];
    assert_eq!(found, wanted.map(|(value, kind)| (value.to_owned(), kind)));
    assert_eq!(refresh_target("3; URL='/next'"), Some("/next"));
    assert_eq!(refresh_target("3"), None);
}

#[test]
fn a_late_background_is_written_as_a_style() {
    let found = referred("<div data-bg=\"url('/bg.png')\" data-bg-two=url(/two.png)>");
    assert_eq!(of(&found, Kind::Guess), ["/bg.png", "/two.png"]);
}
