//! WordPress's REST interface, as far as it tells of addresses: what was published, with every address it answers at.

use serde_json::Value;

/// Kinds of content whose lists are read.
pub const LISTS: [&str; 5] = ["posts", "pages", "categories", "tags", "media"];
/// Entries a page of a list (the interface's own maximum).
pub const PER_PAGE: usize = 100;

/// Whether an answer is the interface's index, and it offers content.
#[must_use]
pub fn is_index(text: &str) -> bool {
    let index: Option<Value> = serde_json::from_str(text).ok();
    index.is_some_and(|index| {
        let names = index["namespaces"].as_array();
        names.is_some_and(|names| names.iter().any(|name| name == "wp/v2"))
    })
}

/// Addresses that a page of a list names, and how many entries it has.
#[must_use]
pub fn entries(text: &str) -> (Vec<String>, usize) {
    let list: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    let named = |entry: &Value| {
        [
            &entry["link"],
            &entry["guid"]["rendered"],
            &entry["source_url"],
        ]
        .into_iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect::<Vec<_>>()
    };
    (list.iter().flat_map(named).collect(), list.len())
}
