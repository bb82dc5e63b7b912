//! The HTML that our own templates write, read tag by tag and mended in places: attributes are quoted, text and values are
//! escaped, and `<` begins nothing but a tag.

use std::ops::Range;

/// A tag, opening or closing, and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Tag<'h> {
    /// Its name, with the `/` of one that closes.
    pub(super) name: &'h str,
    pub(super) at: Range<usize>,
    /// As they stand, values escaped.
    attributes: Vec<(&'h str, Option<&'h str>)>,
}

impl<'h> Tag<'h> {
    /// An attribute's value, read; empty for one that has none.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(one, _)| *one == name)?;
        Some(unescaped(found.1.unwrap_or_default()))
    }

    /// Whether that attribute has that value.
    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name).as_deref() == Some(value)
    }

    /// The tag with these attributes, in place of what it had by their names; nothing takes one away.
    pub(super) fn with(&self, set: &[(&str, Option<&str>)]) -> String {
        let mut text = format!("<{}", self.name);
        let kept = |(name, _): &&(&str, Option<&str>)| set.iter().all(|(one, _)| one != name);
        for (name, value) in self.attributes.iter().filter(kept) {
            text.push(' ');
            text.push_str(name);
            if let Some(value) = value {
                text.push_str(&format!("=\"{value}\""));
            }
        }
        for (name, value) in set {
            match value {
                // An attribute that says all by being there.
                Some("") if matches!(*name, "checked" | "selected" | "open") => {
                    text.push_str(&format!(" {name}"));
                }
                Some(value) => text.push_str(&format!(" {name}=\"{}\"", escaped(value))),
                None => {}
            }
        }
        text.push('>');
        text
    }
}

/// Every tag, in order.
pub(super) fn tags(html: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(begin) = html[from..].find('<').map(|at| from + at) {
        let Some(end) = end_of(html, begin) else {
            break;
        };
        let inside = &html[begin + 1..end - 1];
        let name = inside.split_ascii_whitespace().next().unwrap_or_default();
        found.push(Tag {
            name,
            at: begin..end,
            attributes: attributes(&inside[name.len()..]),
        });
        from = end;
    }
    found
}

/// One past the `>` of the tag that begins there: one in a quoted value ends nothing.
fn end_of(html: &str, begin: usize) -> Option<usize> {
    let mut quoted = false;
    for (at, byte) in html.bytes().enumerate().skip(begin) {
        match byte {
            b'"' => quoted = !quoted,
            b'>' if !quoted => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn attributes(mut rest: &str) -> Vec<(&str, Option<&str>)> {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start();
        let end = rest.find(|letter: char| letter == '=' || letter.is_ascii_whitespace());
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        if name.is_empty() {
            return found;
        }
        let quoted = after
            .strip_prefix("=\"")
            .and_then(|after| after.split_once('"'));
        found.push((name, quoted.map(|(value, _)| value)));
        rest = quoted.map_or(after, |(_, after)| after);
    }
}

/// Replaces parts of a page, given in any order, none within another.
pub(super) fn mended(html: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    // What is put in at one place stays in the order in which it was given.
    edits.sort_by_key(|(at, _)| at.start);
    let mut text = String::with_capacity(html.len() + 1024);
    let mut from = 0;
    for (at, new) in edits {
        text.push_str(&html[from..at.start]);
        text.push_str(&new);
        from = at.end;
    }
    text.push_str(&html[from..]);
    text
}

/// Text as it stands in HTML, within a value too.
pub(super) fn escaped(text: &str) -> String {
    let mut to = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => to.push_str("&#38;"),
            '<' => to.push_str("&#60;"),
            '>' => to.push_str("&#62;"),
            '"' => to.push_str("&#34;"),
            '\'' => to.push_str("&#39;"),
            other => to.push(other),
        }
    }
    to
}

/// The other way round, for what templates write.
pub(super) fn unescaped(text: &str) -> String {
    let pairs = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        // Last: what it gives begins nothing.
        ("&#38;", "&"),
        ("&amp;", "&"),
    ];
    let text = text.to_owned();
    pairs
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_and_written_as_templates_write_them() {
        let html = "<p class=\"a > b\">x</p><input name=\"n\" required value=\"&#60;&#38;lt;\">";
        let tags = tags(html);
        let names: Vec<_> = tags.iter().map(|tag| tag.name).collect();
        assert_eq!(names, ["p", "/p", "input"]);
        assert!(tags[0].is("class", "a > b"));
        assert_eq!(tags[2].value("value").as_deref(), Some("<&lt;"));
        assert_eq!(tags[2].value("required").as_deref(), Some(""));
        assert_eq!(tags[2].value("checked"), None);
        let set = [
            ("value", Some("a\"b")),
            ("required", None),
            ("checked", Some("")),
        ];
        assert_eq!(
            tags[2].with(&set),
            "<input name=\"n\" value=\"a&#34;b\" checked>"
        );
        let edits = vec![(tags[1].at.clone(), "!".to_owned()), (0..0, "?".to_owned())];
        assert!(mended(html, edits).starts_with("?<p class=\"a > b\">x!<input"));
    }

    #[test]
    fn what_is_no_whole_tag_ends_the_reading() {
        for cut in ["", "<", "a<b", "<p class=\"", "<p class=\"x"] {
            assert!(tags(cut).is_empty(), "{cut}");
        }
        for hostile in ["<>", "< a>", "<a =\"\">", "<a b=>", "<a b=c d=\"e\">"] {
            assert_eq!(tags(hostile).len(), 1, "{hostile}");
        }
    }
}
