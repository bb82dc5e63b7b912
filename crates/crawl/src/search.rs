//! A search without a server: an index in small files, of which a browser loads those that its words need.
//!
//! `_search/pages.json` holds the pages, `[address, title, beginning]`; `_search/words-<xx>.json` the words that begin with two
//! letters, each with the numbers of its pages, those that name it in their titles first.

use std::collections::{BTreeMap, BTreeSet};

use html5gum::{Token, Tokenizer};
use serde_json::json;

/// Where all of it stands.
pub const FOLDER: &str = "_search";
/// Words of a page at most, pages of a word, and letters of a word.
const MAX_WORDS: usize = 5000;
const MAX_PAGES: usize = 500;
const MAX_LETTERS: usize = 24;
/// Shorter words find everything.
const MIN_LETTERS: usize = 2;
/// Letters of the beginning that a result shows.
const BEGINNING: usize = 180;
/// What stands on every page says nothing of one.
const ASIDE: [&str; 9] = [
    "script", "style", "noscript", "nav", "header", "footer", "form", "aside", "template",
];

const PAGE: &str = include_str!("../assets/search.html");
const SCRIPT: &str = include_str!("../assets/search.js");

/// What a page says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// Its title.
    pub title: String,
    /// Its text, without what stands on every page.
    pub text: String,
}

/// The title and the text of a page.
#[must_use]
pub fn said(page: &[u8]) -> Said {
    let mut said = Said {
        title: String::new(),
        text: String::new(),
    };
    let mut in_title = false;
    let mut aside: Vec<Vec<u8>> = Vec::new();
    let mut emitter = html5gum::DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for token in Tokenizer::new_with_emitter(page, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) => {
                in_title |= *tag.name == b"title" && said.title.is_empty();
                let is_aside = ASIDE.iter().any(|name| *tag.name == name.as_bytes());
                if is_aside && !tag.self_closing {
                    aside.push(tag.name.0);
                }
            }
            Token::EndTag(tag) => {
                in_title = false;
                if let Some(at) = aside.iter().rposition(|open| *open == *tag.name) {
                    aside.truncate(at);
                }
                said.text.push(' ');
            }
            Token::String(text) if in_title => said.title.push_str(&String::from_utf8_lossy(&text)),
            Token::String(text) if aside.is_empty() => {
                said.text.push_str(&String::from_utf8_lossy(&text))
            }
            _ => {}
        }
    }
    said.title = spaced(&said.title);
    said.text = spaced(&said.text);
    said
}

fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An index that grows.
#[derive(Default)]
pub struct Index {
    pages: Vec<[String; 3]>,
    words: BTreeMap<String, Vec<usize>>,
    titled: BTreeMap<String, BTreeSet<usize>>,
}

impl Index {
    /// Adds a page.
    pub fn add(&mut self, address: &str, said: &Said) {
        let number = self.pages.len();
        let beginning = said.text.chars().take(BEGINNING).collect();
        self.pages
            .push([address.to_owned(), said.title.clone(), beginning]);
        let in_title: BTreeSet<String> = words(&said.title).collect();
        let in_text: BTreeSet<String> = words(&said.text).take(MAX_WORDS).collect();
        for word in in_title.union(&in_text) {
            self.words.entry(word.clone()).or_default().push(number);
        }
        for word in in_title {
            self.titled.entry(word).or_default().insert(number);
        }
    }

    /// The files, by their paths in the folder.
    #[must_use]
    pub fn files(&self) -> Vec<(String, String)> {
        let mut shards: BTreeMap<String, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for (word, pages) in &self.words {
            let titled = self.titled.get(word);
            let is_titled = |page: &&usize| titled.is_some_and(|titled| titled.contains(*page));
            let first = pages.iter().filter(is_titled);
            let rest = pages.iter().filter(|page| !is_titled(page));
            let pages = first.chain(rest).take(MAX_PAGES).copied().collect();
            shards.entry(shard(word)).or_default().insert(word, pages);
        }
        let mut files = vec![
            (format!("{FOLDER}/index.html"), PAGE.to_owned()),
            (format!("{FOLDER}/search.js"), SCRIPT.to_owned()),
            (
                format!("{FOLDER}/pages.json"),
                json!(self.pages).to_string(),
            ),
        ];
        files.extend(shards.iter().map(|(shard, words)| {
            (
                format!("{FOLDER}/words-{shard}.json"),
                json!(words).to_string(),
            )
        }));
        files
    }
}

/// The two letters that a word's file is named by; the script beside the page does the same.
fn shard(word: &str) -> String {
    let plain = |letter: char| {
        if letter.is_ascii_alphanumeric() {
            letter
        } else {
            '_'
        }
    };
    word.chars().take(MIN_LETTERS).map(plain).collect()
}

/// Words in lower case, without the marks of Latin letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    let folded: String = text.to_lowercase().chars().map(plain).collect::<String>();
    let folded = folded.replace('œ', "oe").replace('æ', "ae");
    let words: Vec<String> = folded
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| word.chars().count() >= MIN_LETTERS)
        .map(|word| word.chars().take(MAX_LETTERS).collect())
        .collect();
    words.into_iter()
}

fn plain(letter: char) -> char {
    match letter {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' => 'a',
        'ç' => 'c',
        'è' | 'é' | 'ê' | 'ë' | 'ē' => 'e',
        'ì' | 'í' | 'î' | 'ï' | 'ī' => 'i',
        'ñ' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ō' => 'o',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        letter => letter,
    }
}
