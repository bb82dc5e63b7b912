//! What mustn't be published: secrets, copies of databases, programs' sources, and what intruders leave.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Of a large file, what is looked through.
const MAX_LOOKED_THROUGH_BYTES: usize = 4 << 20;

/// Names that no site publishes, and why: whole names of a file or a folder, in small letters.
const NAMES: [(&str, &str); 21] = [
    (".env", "settings with passwords"),
    (".git", "the site's whole history"),
    (".svn", "the site's whole history"),
    (".hg", "the site's whole history"),
    (
        ".htaccess",
        "settings of another server, which would not be heeded here: use _redirects and _headers",
    ),
    (".htpasswd", "passwords"),
    (".npmrc", "settings with passwords"),
    (".netrc", "passwords"),
    (".pgpass", "passwords"),
    (".my.cnf", "passwords"),
    (".ssh", "private keys"),
    (".aws", "private keys"),
    (".gnupg", "private keys"),
    (".bash_history", "what somebody typed"),
    (".user.ini", "settings of PHP"),
    ("wp-config.php", "passwords of the database"),
    ("configuration.php", "passwords of the database"),
    ("id_rsa", "a private key"),
    ("id_ed25519", "a private key"),
    ("id_ecdsa", "a private key"),
    ("credentials.json", "passwords"),
];

/// Endings, in small letters, and why.
const ENDINGS: [(&str, &str); 35] = [
    (".sql", "a copy of a database"),
    (".sql.gz", "a copy of a database"),
    (".sql.zip", "a copy of a database"),
    (".sql.bz2", "a copy of a database"),
    (".sql.xz", "a copy of a database"),
    (".dump", "a copy of a database"),
    (".sqlite", "a database"),
    (".sqlite3", "a database"),
    (".mdb", "a database"),
    (".bak", "an old copy"),
    (".old", "an old copy"),
    (".orig", "an old copy"),
    (".save", "an old copy"),
    (".swp", "an editor's copy"),
    ("~", "an editor's copy"),
    (".wpress", "a backup of a whole site"),
    (".jpa", "a backup of a whole site"),
    (
        ".php",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".php5",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".php7",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".phtml",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".phar",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".inc",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".asp",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".aspx",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".jsp",
        "the source of a program, which would be shown and not run",
    ),
    (
        ".cgi",
        "the source of a program, which would be shown and not run",
    ),
    (".pem", "a certificate or a private key"),
    (".key", "a private key"),
    (".p12", "a private key"),
    (".pfx", "a private key"),
    (".jks", "private keys"),
    (".kdbx", "passwords"),
    (".ppk", "a private key"),
    (".log", "a log, with addresses of visitors"),
];

/// Archives whose name says that they are copies of the site.
const ARCHIVES: [&str; 7] = [".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".7z", ".rar"];
const COPIES: [&str; 10] = [
    "backup",
    "sauvegarde",
    "bak",
    "dump",
    "www",
    "public_html",
    "htdocs",
    "wp-content",
    "wordpress",
    "joomla",
];

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

/// Files that systems leave in folders; passed over without a word.
const LITTER: [&str; 4] = [".ds_store", "thumbs.db", "desktop.ini", "__macosx"];

static SEARCH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(MARKS.map(|(mark, _)| mark))
        .expect("the marks are few")
});

/// Whether a file or folder of this name is passed over.
pub(super) fn is_litter(name: &str) -> bool {
    LITTER.contains(&&*name.to_ascii_lowercase())
}

/// Why a file or folder of this name isn't published.
pub(super) fn name(name: &str) -> Option<&'static str> {
    let small = name.to_ascii_lowercase();
    let named = NAMES
        .iter()
        .find(|(known, _)| *known == small || (*known == ".env" && small.starts_with(".env.")));
    let ended = || ENDINGS.iter().find(|(ending, _)| small.ends_with(ending));
    if let Some((_, why)) = named.or_else(ended) {
        return Some(why);
    }
    if ARCHIVES.iter().any(|ending| small.ends_with(ending))
        && COPIES.iter().any(|copy| small.contains(copy))
    {
        return Some("an archive whose name says that it is a copy of the site");
    }
    (small.starts_with('.') && small != ".well-known").then_some("a hidden file")
}

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
