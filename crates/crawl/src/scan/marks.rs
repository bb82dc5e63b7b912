//! What content says that no site publishes, word by word: between words any blanks and comments may stand, since intruders put
//! them there.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Suspicion::{self, Database, HiddenScript, WebShell};
use super::{Found, found};

/// Between two words of a mark at most.
const MAX_GAP_BYTES: usize = 4096;
/// Through these, a script's own functions are called as well.
const OWNERS: [&str; 6] = ["window", "self", "globalthis", "this", "top", "parent"];

/// What visitors send, in PHP: `$_POST`.
const SENT: [&str; 6] = ["post", "get", "request", "cookie", "server", "files"];

const UNPACKS: &str = "an injected script: hidden code";
const SHELL: &str = "a web shell";
const RUNS: &str = "a web shell: it runs what visitors send, or hidden code";
const DUMP: &str = "a copy of a database";
const NOISE: &str = "a packed script, as intruders and old libraries have them";

/// Where a mark counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// In any content: what stands there is looked for as it is.
    Any,
    /// In any text.
    Text,
    /// Where a browser would run it.
    Script,
    /// Where a server would.
    Source,
}
use Place::{Any, Script, Source, Text};

/// Where it counts, its words, what it is, why it isn't published, and whether that is sure: what isn't is only told.
const MARKS: [(Place, &str, Suspicion, &str, bool); 56] = [
    (Any, "-- mysql dump ", Database, DUMP, true),
    (Any, "-- mariadb dump ", Database, DUMP, true),
    (Any, "-- phpmyadmin sql dump", Database, DUMP, true),
    (Any, "-- postgresql database dump", Database, DUMP, true),
    (Any, "-- adminer ", Database, DUMP, false),
    (Script, "eval ( atob (", HiddenScript, UNPACKS, true),
    (Script, "eval ) ( atob (", HiddenScript, UNPACKS, true),
    (Script, "eval ( unescape (", HiddenScript, UNPACKS, true),
    (
        Script,
        "eval ( decodeuricomponent (",
        HiddenScript,
        UNPACKS,
        true,
    ),
    (Script, "eval ( decodeuri (", HiddenScript, UNPACKS, true),
    (
        Script,
        "eval ( string . fromcharcode (",
        HiddenScript,
        UNPACKS,
        true,
    ),
    (
        Script,
        "eval ( base64_decode (",
        HiddenScript,
        UNPACKS,
        true,
    ),
    (Script, "eval ( gzinflate (", HiddenScript, UNPACKS, true),
    (
        Script,
        "eval ( function ( p , a , c , k , e",
        HiddenScript,
        NOISE,
        false,
    ),
    (Script, "function ( atob (", HiddenScript, UNPACKS, true),
    (Script, "settimeout ( atob (", HiddenScript, UNPACKS, true),
    (Script, "setinterval ( atob (", HiddenScript, UNPACKS, true),
    (
        Script,
        "document . write ( atob (",
        HiddenScript,
        UNPACKS,
        true,
    ),
    (
        Script,
        "document . write ( unescape ( '%3c",
        HiddenScript,
        UNPACKS,
        true,
    ),
    // Measuring tools of old load themselves so.
    (
        Script,
        "document . write ( unescape (",
        HiddenScript,
        NOISE,
        false,
    ),
    (
        Script,
        "string . fromcharcode ( 60 , 115 , 99 , 114 , 105 , 112 , 116",
        HiddenScript,
        UNPACKS,
        true,
    ),
    (
        Script,
        "coinhive",
        HiddenScript,
        "an injected script that mines coins",
        true,
    ),
    (Text, "filesman", WebShell, SHELL, true),
    (Text, "c99shell", WebShell, SHELL, true),
    (Text, "r57shell", WebShell, SHELL, true),
    (Text, "b374k", WebShell, SHELL, true),
    (Text, "weevely", WebShell, SHELL, true),
    (Text, "wso shell", WebShell, SHELL, true),
    (Text, "web shell by orb", WebShell, SHELL, true),
    (Text, "indoxploit", WebShell, SHELL, true),
    (Text, "alfa team shell", WebShell, SHELL, true),
    (Text, "mini shell", WebShell, SHELL, false),
    (Text, "safe_mode bypass", WebShell, SHELL, false),
    (Text, "uname -a :", WebShell, SHELL, false),
    (Text, "<% eval (", WebShell, RUNS, true),
    (Text, "<% eval request", WebShell, RUNS, true),
    (Text, "<% execute (", WebShell, RUNS, true),
    (Text, "<% execute request", WebShell, RUNS, true),
    (Source, "eval ( base64_decode (", WebShell, RUNS, true),
    (Source, "eval ( gzinflate (", WebShell, RUNS, true),
    (Source, "eval ( gzuncompress (", WebShell, RUNS, true),
    (Source, "eval ( gzdecode (", WebShell, RUNS, true),
    (Source, "eval ( str_rot13 (", WebShell, RUNS, true),
    (Source, "eval ( strrev (", WebShell, RUNS, true),
    (Source, "eval ( hex2bin (", WebShell, RUNS, true),
    (Source, "eval ( $_", WebShell, RUNS, true),
    (Source, "assert ( $_", WebShell, RUNS, true),
    (Source, "system ( $_", WebShell, RUNS, true),
    (Source, "passthru ( $_", WebShell, RUNS, true),
    (Source, "shell_exec ( $_", WebShell, RUNS, true),
    (Source, "exec ( $_", WebShell, RUNS, true),
    (Source, "popen ( $_", WebShell, RUNS, true),
    (Source, "` $_", WebShell, RUNS, true),
    (Source, "create_function ( '' , $_", WebShell, RUNS, true),
    (Source, "include ( base64_decode (", WebShell, RUNS, true),
    (Source, "eval ( atob (", WebShell, RUNS, true),
];

/// What a program's source begins with, behind `<?` or `<?=`.
const SOURCES: [&str; 12] = [
    "$",
    "`",
    "system (",
    "exec (",
    "passthru (",
    "shell_exec (",
    "eval (",
    "assert (",
    "echo ",
    "include",
    "require",
    "if (",
];

/// The words of a mark; of one that counts anywhere, the whole.
fn words(mark: usize) -> impl Iterator<Item = &'static str> + Clone {
    let (place, text, ..) = MARKS[mark];
    let is_whole = place == Any;
    let whole = is_whole.then_some(text).into_iter();
    let split = text.split(' ').filter(move |_| !is_whole);
    whole.chain(split)
}

/// The first words, each once, and the marks that begin with each.
static BEGINNINGS: LazyLock<(AhoCorasick, Vec<Vec<usize>>)> = LazyLock::new(|| {
    let mut firsts: Vec<&str> = Vec::new();
    let mut marks: Vec<Vec<usize>> = Vec::new();
    for mark in 0..MARKS.len() {
        let first = words(mark).next().unwrap_or_default();
        match firsts.iter().position(|known| *known == first) {
            Some(at) => marks[at].push(mark),
            None => {
                firsts.push(first);
                marks.push(vec![mark]);
            }
        }
    }
    let search = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(firsts)
        .expect("the marks are few");
    (search, marks)
});

/// Each mark that counts in one of `places`, once.
pub(super) fn marks(text: &[u8], places: &[Place]) -> Vec<Found> {
    let (search, marks) = &*BEGINNINGS;
    let mut seen = [false; MARKS.len()];
    for begin in search.find_overlapping_iter(text) {
        for &mark in &marks[begin.pattern().as_usize()] {
            let is_wanted = places.contains(&MARKS[mark].0) && !seen[mark];
            if is_wanted && stands(text, begin.start(), begin.end(), mark) {
                seen[mark] = true;
            }
        }
    }
    let all = MARKS.iter().zip(seen).filter(|(_, seen)| *seen);
    all.map(|((_, words, suspicion, why, is_sure), _)| {
        found(*suspicion, &compact(words), why, *is_sure)
    })
    .collect()
}

/// A mark as people write it: `eval(atob(`.
fn compact(words: &str) -> String {
    let is_code = words.contains(['(', '%', '`']);
    match is_code {
        true => words.replace(' ', ""),
        false => words.trim().to_owned(),
    }
}

/// Whether the mark whose first word is at that place stands there whole, and by itself.
fn stands(text: &[u8], start: usize, mut end: usize, mark: usize) -> bool {
    let place = MARKS[mark].0;
    if place == Any {
        return true;
    }
    let before = start.checked_sub(1).map_or(b' ', |at| text[at]);
    // A method of the program's own has the same name, perhaps: $this->exec(…).
    let is_own = place == Source && before == b'>';
    if is_own || (is_word(text[start]) && is_word(before)) {
        return false;
    }
    for word in words(mark).skip(1) {
        end = match behind(text, end, word) {
            Some(end) => end,
            None => return false,
        };
    }
    if text[..end].ends_with(b"$_") {
        return SENT.iter().any(|name| begins(text, end, name));
    }
    let goes_on = text.get(end).copied().is_some_and(is_word);
    !(goes_on && is_word(text[end - 1]))
}

/// Where the word ends that stands at that place, or behind blanks and comments.
fn behind(text: &[u8], from: usize, word: &str) -> Option<usize> {
    let limit = text.len().min(from + MAX_GAP_BYTES);
    let mut at = blank(text, from, limit);
    while !begins(text, at, word) {
        // window.atob(…), @eval(…), \eval(…)
        let owner = OWNERS.iter().find(|owner| begins(text, at, owner));
        at = match (owner, text.get(at)) {
            (Some(owner), _) => {
                let dot = blank(text, at + owner.len(), limit);
                if text.get(dot) != Some(&b'.') {
                    return None;
                }
                blank(text, dot + 1, limit)
            }
            (None, Some(b'@' | b'\\')) => blank(text, at + 1, limit),
            _ => return None,
        };
        if at >= limit {
            return None;
        }
    }
    Some(at + word.len())
}

fn begins(text: &[u8], at: usize, word: &str) -> bool {
    text.get(at..at + word.len())
        .is_some_and(|own| own.eq_ignore_ascii_case(word.as_bytes()))
}

/// Behind blanks and comments: `/* … */`, and `// …` up to the line's end.
fn blank(text: &[u8], mut at: usize, limit: usize) -> usize {
    while at < limit {
        let rest = &text[at..limit];
        at += if rest[0].is_ascii_whitespace() {
            1
        } else if rest.starts_with(b"/*") {
            crate::css::find(&rest[2..], b"*/").map_or(rest.len(), |end| end + 4)
        } else if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            end.unwrap_or(rest.len())
        } else {
            break;
        };
    }
    at
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')
}

/// Where a program's source begins in a text: `<?php`, or `<?` and `<?=` with what only a program has behind them.
pub(super) fn source(text: &[u8]) -> Option<&'static str> {
    let mut from = 0;
    while let Some(at) = text
        .get(from..)
        .and_then(|rest| crate::css::find(rest, b"<?"))
    {
        let begin = from + at + 2;
        if begins(text, begin, "php") {
            return Some("<?php");
        }
        let is_shown = text.get(begin) == Some(&b'=');
        let is_apart = text.get(begin).is_some_and(u8::is_ascii_whitespace);
        let next = begin + usize::from(is_shown);
        let is_source = |source: &&&str| {
            let mut words = source.split(' ').filter(|word| !word.is_empty());
            let end = words.try_fold(next, |at, word| behind(text, at, word));
            end.is_some()
        };
        if (is_shown || is_apart) && SOURCES.iter().any(|source| is_source(&source)) {
            return Some("<?");
        }
        from = begin;
    }
    None
}
