//! What mustn't be published: secrets, copies of databases, programs' sources, and what intruders leave.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use amana_crawl::scan::name;

/// Of a large file, what is looked through.
const MAX_LOOKED_THROUGH_BYTES: usize = 4 << 20;

/// What content tells, and why. In small letters, as content is compared in small letters.
const MARKS: [(&str, &str); 28] = [
    ("-----begin private key-----", "a private key"),
    ("-----begin rsa private key-----", "a private key"),
    ("-----begin ec private key-----", "a private key"),
    ("-----begin dsa private key-----", "a private key"),
    ("-----begin encrypted private key-----", "a private key"),
    ("-----begin openssh private key-----", "a private key"),
    ("-----begin pgp private key block-----", "a private key"),
    ("age-secret-key-1", "a private key"),
    ("private+key+", "a private key"),
    ("-- mysql dump ", "a copy of a database"),
    ("-- mariadb dump ", "a copy of a database"),
    ("-- phpmyadmin sql dump", "a copy of a database"),
    ("-- postgresql database dump", "a copy of a database"),
    ("sqlite format 3\0", "a database"),
    (
        "<?php",
        "the source of a program, which would be shown and not run",
    ),
    ("eval(base64_decode(", "a web shell: code hidden in base64"),
    ("eval(gzinflate(", "a web shell: hidden code"),
    ("eval(str_rot13(", "a web shell: hidden code"),
    ("filesman", "a web shell known as FilesMan"),
    ("c99shell", "a web shell known as c99"),
    ("r57shell", "a web shell known as r57"),
    ("b374k", "a web shell known as b374k"),
    ("weevely", "a web shell known as Weevely"),
    ("eval(atob(", "an injected script: code hidden in base64"),
    ("eval(unescape(", "an injected script: hidden code"),
    (
        "document.write(unescape('%3c",
        "an injected script: a hidden element",
    ),
    (
        "string.fromcharcode(60,115,99,114,105,112,116",
        "an injected script: a hidden element",
    ),
    ("coinhive", "an injected script that mines coins"),
];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(MARKS.map(|(mark, _)| mark))
        .expect("the marks are few")
});

/// What intruders leave, in programs' sources too: what a content shows, in words.
#[must_use]
pub fn intruders_mark(content: &[u8]) -> Option<&'static str> {
    SEARCH
        .find_iter(content)
        .map(|found| MARKS[found.pattern().as_usize()].1)
        .find(|why| why.starts_with("a web shell") || why.starts_with("an injected"))
}

/// Why a file of this content isn't published.
pub(super) fn content(content: &[u8]) -> Option<&'static str> {
    let looked_through = &content[..content.len().min(MAX_LOOKED_THROUGH_BYTES)];
    let found = SEARCH.find(looked_through)?;
    Some(MARKS[found.pattern().as_usize()].1)
}

/// Whether what a file begins with is a program's, a key's or a dump's.
pub(crate) fn says_too_much(content: &[u8]) -> bool {
    self::content(content).is_some()
}

/// Whether a file of this name, in an application's folder, is for the application alone: its programs, its passwords, copies.
pub(crate) fn is_kept_back(file: &str) -> bool {
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    name(file).is_some() || ending.to_ascii_lowercase().starts_with("ph")
}
