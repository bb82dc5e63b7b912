//! The tags of an HTML page, each with where it stands: tokenised as the WHATWG standard says, whatever the page's faults.
//!
//! Positions are bytes of the page as it came, so that a reference is changed in its place and nothing beside it. Any
//! encoding that holds ASCII as it is (UTF-8, windows-125x, ISO 8859) can be read so.

use std::convert::Infallible;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// What is between these and their ends is text, not tags.
const RAW: [&str; 9] = [
    "script", "style", "noscript", "textarea", "title", "iframe", "xmp", "noembed", "noframe",
];
/// `noscript` within `noscript` within … is nobody's page.
const MAX_DEPTH: usize = 3;

/// A start or an end tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tag {
    /// In lower case.
    pub name: String,
    /// Of a start tag, in the page's order.
    pub attributes: Vec<Attribute>,
    /// Whether it ends an element.
    pub is_end: bool,
    /// From its `<` to behind its `>`.
    pub range: Range<usize>,
    /// What is between a start tag and its end, where that is text: of `script`, `style` and the like.
    pub content: Option<Range<usize>>,
}

/// An attribute of a start tag.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// In lower case.
    pub name: String,
    /// Its value, character references resolved.
    pub value: String,
    /// The value as it stands in the page, without its quotes.
    pub range: Range<usize>,
}

impl Tag {
    /// The value of the attribute of that name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map(|attribute| attribute.value.as_str())
    }

    /// Whether `rel` has that word.
    #[must_use]
    pub fn has_rel(&self, word: &str) -> bool {
        self.value("rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|one| one.eq_ignore_ascii_case(word))
        })
    }
}

/// Every tag of a page, those inside `noscript` included.
#[must_use]
pub fn tags(page: &[u8]) -> Vec<Tag> {
    // The tokenizer makes one character of CR LF, which would shift every position behind it; to HTML both are blanks.
    let page: Vec<u8> = page
        .iter()
        .map(|byte| if *byte == b'\r' { b' ' } else { *byte })
        .collect();
    let mut all = Vec::new();
    tags_of(&page, 0, MAX_DEPTH, &mut all);
    all
}

fn tags_of(page: &[u8], offset: usize, depth: usize, all: &mut Vec<Tag>) {
    let mut tags = flat(page);
    contents(&mut tags, page.len());
    for mut tag in tags {
        let inside = tag
            .content
            .clone()
            .filter(|_| tag.name == "noscript" && depth > 0);
        tag.shift(offset);
        all.push(tag);
        if let Some(inside) = inside {
            let text = &page[inside.clone()];
            tags_of(text, offset + inside.start, depth - 1, all);
        }
    }
}

/// The tags as the tokenizer gives them.
fn flat(page: &[u8]) -> Vec<Tag> {
    let mut open: Option<Tag> = None;
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        match event {
            CallbackEvent::OpenStartTag { name } => open = Some(Tag::named(name, span.start)),
            CallbackEvent::AttributeName { name } => {
                if let Some(tag) = &mut open {
                    tag.attributes.push(Attribute {
                        name: text(name),
                        value: String::new(),
                        range: span.end..span.end,
                    });
                }
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some(attribute) = open.as_mut().and_then(|tag| tag.attributes.last_mut()) {
                    attribute.value = text(value);
                    attribute.range = value_at(page, span.start);
                }
            }
            CallbackEvent::CloseStartTag { .. } => {
                if let Some(mut tag) = open.take() {
                    tag.range.end = span.end;
                    return Some(tag);
                }
            }
            CallbackEvent::EndTag { name } => {
                let mut tag = Tag::named(name, span.start);
                tag.is_end = true;
                tag.range.end = span.end;
                return Some(tag);
            }
            _ => {}
        }
        None
    });
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(page, emitter)
        .map(|tag: Result<Tag, Infallible>| {
            let Ok(tag) = tag;
            tag
        })
        .collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A value as it stands: up to its closing quote, or to a blank or `>` where it has none (WHATWG HTML §13.2.5.37).
fn value_at(page: &[u8], start: usize) -> Range<usize> {
    let quote = start
        .checked_sub(1)
        .and_then(|before| page.get(before).copied())
        .filter(|byte| matches!(byte, b'"' | b'\''));
    let ends = |byte: &u8| match quote {
        Some(quote) => *byte == quote,
        None => byte.is_ascii_whitespace() || *byte == b'>',
    };
    let rest = page.get(start..).unwrap_or_default();
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    start..start + length
}

/// Gives the tags of raw elements what is between them and their ends.
fn contents(tags: &mut [Tag], end: usize) {
    for at in 0..tags.len() {
        if tags[at].is_end || !RAW.contains(&tags[at].name.as_str()) {
            continue;
        }
        // Between the two there is no tag: the tokenizer read it as text.
        let close = tags
            .get(at + 1)
            .map_or(end, |next| next.range.start)
            .max(tags[at].range.end);
        tags[at].content = Some(tags[at].range.end..close);
    }
}

impl Tag {
    fn named(name: &[u8], start: usize) -> Self {
        Self {
            name: text(name),
            attributes: Vec::new(),
            is_end: false,
            range: start..start,
            content: None,
        }
    }

    fn shift(&mut self, by: usize) {
        let moved = |range: &Range<usize>| range.start + by..range.end + by;
        self.range = moved(&self.range);
        self.content = self.content.as_ref().map(moved);
        for attribute in &mut self.attributes {
            attribute.range = moved(&attribute.range);
        }
    }
}
