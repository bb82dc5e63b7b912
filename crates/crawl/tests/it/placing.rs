//! Where answers are kept, and what `_redirects` says.

use std::collections::{HashMap, HashSet};

use amana_crawl::layout::{Item, Placed, lay_out};
use amana_crawl::policy::{LeftOut, left_out, pattern};
use amana_crawl::redirects::{self, Redirect};
use amana_crawl::site::{Origin, Target, normalised};

fn type_of(name: &str, is_utf8: bool) -> String {
    let known = match name.rsplit('.').next() {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("png") => return "image/png".to_owned(),
        Some("xml") => return "application/xml".to_owned(),
        _ => return "application/octet-stream".to_owned(),
    };
    match is_utf8 {
        true => format!("{known}; charset=utf-8"),
        false => known.to_owned(),
    }
}

fn item(address: &str, content_type: &str, content: u8) -> Item {
    Item {
        address: address.to_owned(),
        content_type: content_type.to_owned(),
        digest: [content; 32],
        is_utf8: true,
    }
}

const HTML: &str = "text/html; charset=UTF-8";

fn placed(items: &[Item]) -> HashMap<String, Placed> {
    let places = lay_out(items, &type_of);
    items
        .iter()
        .map(|item| item.address.clone())
        .zip(places)
        .collect()
}

fn file(path: &str) -> Placed {
    Placed::File(path.to_owned())
}

#[test]
fn paths_name_files_where_they_can() {
    let found = placed(&[
        item("/", HTML, 1),
        item("/hello/", HTML, 2),
        item("/about", HTML, 3),
        item("/a%20b.html", HTML, 4),
        item("/feed/", "application/rss+xml; charset=UTF-8", 5),
        item("/i.png", "image/png", 6),
        item("/latin/", "text/html; charset=iso-8859-1", 7),
        item("/shell.php", HTML, 8),
        item("/x/download.php", "application/pdf", 9),
        item("/404.html", HTML, 10),
        item("/_redirects", "text/plain", 11),
    ]);
    assert_eq!(found["/"], file("index.html"));
    assert_eq!(found["/hello/"], file("hello/index.html"));
    assert_eq!(found["/about"], file("about.html"));
    assert_eq!(found["/a%20b.html"], file("a b.html"));
    assert_eq!(found["/feed/"], Placed::Line("feed/index.xml".to_owned()));
    assert_eq!(found["/i.png"], file("i.png"));
    assert_eq!(
        found["/latin/"],
        Placed::Line("latin/index.html".to_owned())
    );
    assert_eq!(found["/shell.php"], file("shell.php.html"));
    for hidden in ["/x/download.php", "/404.html", "/_redirects"] {
        let place = &found[hidden];
        assert!(
            matches!(place, Placed::Line(file) if file.starts_with("_addresses.d/")),
            "{place:?}"
        );
    }
}

#[test]
fn queries_are_kept_and_contents_stored_once() {
    let found = placed(&[
        item("/?p=12", HTML, 2),
        item("/", HTML, 1),
        item("/?utm=1", HTML, 1),
        item("/?page_id=2", HTML, 2),
        item("/s.css?ver=2", "text/css", 3),
        item("/s.css?ver=1", "text/css", 4),
        item("/t.css?ver=3", "text/css", 4),
    ]);
    assert_eq!(found["/?utm=1"], Placed::SameAsPath);
    assert_eq!(found["/?p=12"], found["/?page_id=2"]);
    assert!(matches!(&found["/?p=12"], Placed::Line(file) if file.starts_with("_addresses.d/")));
    assert_eq!(found["/s.css?ver=2"].file(), Some("s.css"));
    assert_eq!(found["/t.css?ver=3"].file(), Some("t.css"));
    assert!(matches!(&found["/s.css?ver=1"], Placed::Line(_)));
}

#[test]
fn a_file_and_a_folder_of_one_name_both_answer() {
    let found = placed(&[
        item("/i.png", "image/png", 1),
        item("/i.png/x.png", "image/png", 2),
        item("/twice", HTML, 3),
        item("/twice.html", HTML, 4),
    ]);
    assert_eq!(found["/i.png"], file("i.png"));
    assert!(matches!(&found["/i.png/x.png"], Placed::Line(_)));
    assert_eq!(found["/twice"], file("twice.html"));
    assert!(matches!(&found["/twice.html"], Placed::Line(_)));
}

#[test]
fn redirects_are_written_as_they_were() {
    let line = |from: &str, to: &str, status, pages: &[&str]| {
        let redirect = Redirect {
            from: from.to_owned(),
            to: to.to_owned(),
            status,
        };
        let pages: HashSet<String> = pages.iter().map(|page| (*page).to_owned()).collect();
        redirects::line(&redirect, &pages)
    };
    assert_eq!(
        line("/?p=12", "/hello/", 301, &["/"]).as_deref(),
        Some("/ p=12 /hello/ 301!")
    );
    assert_eq!(
        line("/old", "https://x.example/", 302, &[]).as_deref(),
        Some("/old https://x.example/ 302!")
    );
    assert_eq!(
        line("/hello", "/hello/", 301, &["/hello/"]).as_deref(),
        Some("/hello /hello/ 301!")
    );
    assert_eq!(
        line("/a", "/b", 301, &["/a/"]),
        None,
        "a rule for /a would catch /a/ as well"
    );
    assert_eq!(line("/a*", "/b", 301, &[]), None);
    let lines = [
        ("/a /b 301!".to_owned(), false),
        ("/a x=1 /c 301!".to_owned(), true),
    ];
    assert_eq!(redirects::file(&lines), "/a x=1 /c 301!\n/a /b 301!\n");
}

#[test]
fn addresses_have_one_spelling() {
    assert_eq!(
        normalised("/%7ea/%c3%a9?x=[1]&y=%2f"),
        "/~a/%C3%A9?x=%5B1%5D&y=%2F"
    );
    assert_eq!(normalised("/100%"), "/100%25");
}

#[test]
fn names_have_twins_and_addresses_none() {
    let twin = |text: &str| Origin::parse(text).expect("it is a host").twin();
    assert_eq!(twin("www.gouv.example").as_deref(), Some("gouv.example"));
    assert_eq!(
        twin("gouv.example:8080").as_deref(),
        Some("www.gouv.example:8080")
    );
    assert_eq!(twin("http://127.0.0.1:81"), None);
    assert_eq!(twin("http://[::1]"), None);
}

#[test]
fn parts_for_editors_and_traps_are_left_out() {
    let why = |path: &str| left_out(&Target::own(path), false);
    assert_eq!(why("/wp-admin/post.php"), Some(LeftOut::ForEditors));
    assert_eq!(why("/wp-admin/css/forms.css?ver=1"), None);
    assert_eq!(why("/hello/?replytocom=3"), Some(LeftOut::Noise));
    assert_eq!(why("/a/b/a/b/a/b/a/b"), Some(LeftOut::Shape));
    assert_eq!(why("/?p=12"), None);
    assert_eq!(
        pattern(&Target::own("/cal/2026/11/?m=3&y=4")),
        "/cal/#/#/&m&y"
    );
}
