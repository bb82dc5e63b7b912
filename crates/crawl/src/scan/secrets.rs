//! Keys, passwords and databases, by how they look whatever their names are.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::Suspicion::{Database, Secret};
use super::{Found, found};

/// Behind a key's first line, where its letters begin.
const NEAR_BYTES: usize = 600;
/// A key's letters in a row at least: manuals and libraries name the first line alone.
const MIN_RUN: usize = 32;
/// Settings are looked for in texts of at most this size.
const MAX_SETTINGS_BYTES: usize = 256 << 10;

const KEY: &str = "a private key";

/// How keys in texts begin. In small letters.
const KEYS: [&str; 8] = [
    "private key-----",
    "private key block-----",
    "encrypted private key ----",
    "putty-user-key-file-",
    "age-secret-key-1",
    "private+key+",
    "akia",
    "asia",
];

/// What files of databases and keys begin with.
const BEGINNINGS: [(&[u8], super::Suspicion, &str); 9] = [
    (b"SQLite format 3\0", Database, "a database"),
    (b"REDIS00", Database, "a database"),
    (b"PGDMP", Database, "a copy of a database"),
    (b"\0\x01\0\0Standard Jet DB", Database, "a database"),
    (b"\0\x01\0\0Standard ACE DB", Database, "a database"),
    (b"\xfe\xed\xfe\xed\0\0\0", Secret, "private keys"),
    (b"\xce\xce\xce\xce\0\0\0", Secret, "private keys"),
    (b"\x03\xd9\xa2\x9a", Secret, "passwords"),
    (b"openssh-key-v1\0", Secret, KEY),
];

/// Words in the names of settings that nobody is to know.
const PASSWORDS: [&str; 8] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APP_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(KEYS)
        .expect("they are few")
});

/// Keys anywhere in a content.
pub(super) fn keys(content: &[u8]) -> Option<Found> {
    let mut all = SEARCH.find_overlapping_iter(content);
    all.find_map(|begin| {
        let what = KEYS[begin.pattern().as_usize()];
        let rest = &content[begin.end()..content.len().min(begin.end() + NEAR_BYTES)];
        let is_key = match what {
            "akia" | "asia" => is_access_key(content, begin.start()),
            "age-secret-key-1" => run(rest, u8::is_ascii_alphanumeric) >= 50,
            "private+key+" => is_note_key(rest),
            "putty-user-key-file-" => has_run(rest),
            _ => {
                let before = &content[begin.start().saturating_sub(40)..begin.start()];
                let before = before.to_ascii_lowercase();
                crate::css::find(&before, b"begin").is_some() && has_run(rest)
            }
        };
        let shown = what.trim_matches(['-', ' ', '+']);
        is_key.then(|| found(Secret, shown, KEY, true))
    })
}

fn run(bytes: &[u8], is_own: impl Fn(&u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_own(byte)).count()
}

fn has_run(rest: &[u8]) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    rest.split(|byte| !is_letter(byte))
        .any(|letters| letters.len() >= MIN_RUN)
}

/// An access key's name of AWS by itself, except in addresses that were signed with it, and in manuals.
fn is_access_key(content: &[u8], at: usize) -> bool {
    let Some(key) = content.get(at..at + 20) else {
        return false;
    };
    let is_own = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_apart = |byte: Option<&u8>| !byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = &content[at.saturating_sub(24)..at];
    let is_signed = [&b"redential="[..], b"AccessKeyId=", b"redential%3D"]
        .iter()
        .any(|end| before.ends_with(end));
    key.iter().all(is_own)
        && !key.ends_with(b"EXAMPLE")
        && is_apart(before.last())
        && is_apart(content.get(at + 20))
        && !is_signed
}

/// A key as Go's `note` writes it: `PRIVATE+KEY+name+id+letters`.
fn is_note_key(rest: &[u8]) -> bool {
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<'));
    let mut parts = rest[..end.unwrap_or(rest.len())].rsplitn(3, |byte| *byte == b'+');
    let letters = parts.next().map_or(0, <[u8]>::len);
    letters >= MIN_RUN && parts.next().is_some_and(|id| id.len() == 8)
}

/// What a file begins with, or is as a whole.
pub(super) fn binary(first: &[u8], is_whole: bool) -> Option<Found> {
    let known = BEGINNINGS
        .iter()
        .find(|(begin, ..)| first.starts_with(begin));
    if let Some((begin, suspicion, why)) = known {
        let what: String = String::from_utf8_lossy(begin)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        return Some(found(*suspicion, &what, why, true));
    }
    let what = der_key(first).filter(|_| is_whole)?;
    Some(found(Secret, what, KEY, true))
}

/// The kind of a private key that is all of a file, in ASN.1's DER (RFC 5958, RFC 8017, RFC 5915, RFC 7292).
fn der_key(file: &[u8]) -> Option<&'static str> {
    const INTEGER: u8 = 2;
    const OCTETS: u8 = 4;
    const OBJECT: u8 = 6;
    const SEQUENCE: u8 = 0x30;
    let (SEQUENCE, inside, []) = element(file)? else {
        return None;
    };
    let (first, value, rest) = element(inside)?;
    let (second, begin, behind) = element(rest)?;
    let inner = || element(begin).map(|(tag, value, _)| (tag, value));
    match (first, value, second) {
        (INTEGER, [0], INTEGER) => (begin.len() >= 64).then_some("PKCS#1"),
        (INTEGER, [1], OCTETS) => (begin.len() >= 16).then_some("SEC 1"),
        (INTEGER, [0 | 1], SEQUENCE) if inner()?.0 == OBJECT => {
            (element(behind)?.0 == OCTETS).then_some("PKCS#8")
        }
        (INTEGER, [3], SEQUENCE) => {
            // 1.2.840.113549.1.7, the types of content of PKCS#7
            let (tag, object) = inner()?;
            let is_content = object.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07");
            (tag == OBJECT && is_content).then_some("PKCS#12")
        }
        // 1.2.840.113549.1.5 and 1.12.1, ways of encrypting with a password
        (SEQUENCE, _, OCTETS) => {
            let (tag, object, _) = element(value)?;
            let is_password = object.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x05")
                || object.starts_with(b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01");
            (tag == OBJECT && is_password && behind.is_empty()).then_some("PKCS#8")
        }
        _ => None,
    }
}

/// The tag, the value and what is behind.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (length, rest) = match short {
        0..=0x7f => (usize::from(short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7f))?;
            let length = digits
                .iter()
                .fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((tag, value, rest))
}

/// Settings with passwords: lines `NAME=value`, hardly anything else, and a name that says it.
pub(super) fn settings(text: &[u8]) -> Option<Found> {
    let text = std::str::from_utf8(text.get(..text.len().min(MAX_SETTINGS_BYTES))?).ok()?;
    let (mut settings, mut others) = (0_usize, 0_usize);
    let mut told = None;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';', '[']) {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        let is_name = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if name.is_empty() || !line.contains('=') || !name.trim_end().bytes().all(is_name) {
            others += 1;
            continue;
        }
        settings += 1;
        let says = PASSWORDS.iter().any(|word| name.contains(word));
        let value = value.trim().trim_matches(['"', '\'']);
        if says && !value.is_empty() && told.is_none() {
            told = Some(name.trim_end());
        }
    }
    let name = told.filter(|_| settings > others)?;
    Some(found(Secret, name, "settings with passwords", true))
}

/// The statements of a database's copy: tables are made, and filled. What was seen of them so far.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Statements {
    makes: bool,
    fills: bool,
}

impl Statements {
    pub(super) fn see(&mut self, text: &[u8]) -> Option<Found> {
        for line in text.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let begin = line.trim_ascii_start();
            let says = |words: &[u8]| {
                begin
                    .get(..words.len())
                    .is_some_and(|own| own.eq_ignore_ascii_case(words))
            };
            self.makes |= says(b"create table");
            self.fills |=
                says(b"insert into") || (says(b"copy ") && line.ends_with(b"FROM stdin;"));
        }
        (self.makes && self.fills)
            .then(|| found(Database, "CREATE TABLE", "a copy of a database", true))
    }
}
