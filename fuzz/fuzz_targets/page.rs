//! A page of a site that is imported: HTML, and the CSS and the addresses in it.
#![no_main]

use amana_crawl::{css, html, references, search, srcset, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|page: &[u8]| {
    let tags = html::tags(page);
    for attribute in tags.iter().flat_map(|tag| &tag.attributes) {
        assert!(attribute.range.end <= page.len());
        let _ = srcset::addresses(&attribute.value);
    }
    let _ = references::of_page(page, &tags);
    let _ = references::places(&tags);
    let _ = css::references(page);
    let _ = search::said(page);
    for mention in text::mentions(page, &["a".to_owned()]) {
        let _ = mention.path(page);
    }
});
