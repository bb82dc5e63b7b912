//! The little of HTML that our own templates write: tags with quoted attributes, text between them.

use std::collections::BTreeMap;

/// A tag that opens an element.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// The text from here to the next tag, opening or closing.
    pub(crate) text: String,
}

impl Tag {
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// Every tag that opens an element, in order.
pub(crate) fn tags(page: &str) -> Vec<Tag> {
    page.split('<')
        .skip(1)
        .filter(|part| part.starts_with(|letter: char| letter.is_ascii_alphabetic()))
        .map(|part| {
            let (inside, text) = part.split_once('>').expect("a tag ends");
            let (name, rest) = inside
                .split_once(char::is_whitespace)
                .unwrap_or((inside, ""));
            Tag {
                name: name.to_owned(),
                attributes: attributes(rest),
                text: text.trim().to_owned(),
            }
        })
        .collect()
}

fn attributes(mut rest: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        if end == 0 {
            return found;
        }
        let (name, after) = rest.split_at(end);
        let value = match after.strip_prefix("=\"") {
            Some(quoted) => {
                let (value, after) = quoted.split_once('"').expect("an attribute is quoted");
                rest = after;
                value
            }
            None => {
                assert!(!after.starts_with('='), "an attribute is quoted: {rest}");
                rest = after;
                ""
            }
        };
        found.insert(name.to_owned(), value.to_owned());
    }
}

#[test]
fn tags_are_read() {
    let found = tags("<a href=\"/x\" hidden>To <b>x</b></a><!-- <i> -->");
    let names: Vec<_> = found.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["a", "b", "i"]);
    assert_eq!(found[0].attribute("href"), Some("/x"));
    assert_eq!(found[0].attribute("hidden"), Some(""));
    assert_eq!(found[0].text, "To");
}
