//! The index of a search without a server.

use amana_crawl::search::{Index, said};

#[test]
fn a_page_says_its_text_and_not_what_stands_on_every_page() {
    let page = "<title>D\u{e9}cret &amp; loi</title><nav>menu</nav><main><h1>Le d\u{e9}cret</h1><p>du <b>tr\u{e9}sor</b></p>\
        <script>no()</script></main><footer>pied</footer>";
    let said = said(page.as_bytes());
    assert_eq!(said.title, "D\u{e9}cret & loi");
    assert_eq!(said.text, "Le d\u{e9}cret du tr\u{e9}sor");
}

#[test]
fn words_lead_to_pages_those_that_name_them_in_titles_first() {
    let mut index = Index::default();
    index.add(
        "/a/",
        &said("<title>x</title>Le tr\u{e9}sor des \u{ee}les".as_bytes()),
    );
    index.add("/b/", &said("<title>Tr\u{e9}sor</title>y".as_bytes()));
    let files = index.files();
    let text = |name: &str| {
        let found = files.iter().find(|(file, _)| file == name);
        found.map(|(_, text)| text.as_str())
    };
    assert_eq!(text("_search/words-tr.json"), Some("{\"tresor\":[1,0]}"));
    assert_eq!(text("_search/words-il.json"), Some("{\"iles\":[0]}"));
    let pages = text("_search/pages.json").expect("it lists the pages");
    assert!(
        pages.starts_with("[[\"/a/\",\"x\",\"Le tr\u{e9}sor"),
        "{pages}"
    );
}
