//! Names that no site publishes, and why.

use super::Suspicion::{self, Copy, Database, Program, Secret};

const SOURCE: &str = "the source of a program, which would be shown and not run";
const SETTINGS: &str =
    "settings of another server, which would not be heeded here: use _redirects and _headers";

/// Whole names of a file or a folder, in small letters.
const NAMES: [(&str, Suspicion, &str); 24] = [
    (".env", Secret, "settings with passwords"),
    (".git", Secret, "the site's whole history"),
    (".svn", Secret, "the site's whole history"),
    (".hg", Secret, "the site's whole history"),
    (".htaccess", Secret, SETTINGS),
    ("web.config", Secret, SETTINGS),
    (".htpasswd", Secret, "passwords"),
    (".npmrc", Secret, "settings with passwords"),
    (".netrc", Secret, "passwords"),
    (".pgpass", Secret, "passwords"),
    (".my.cnf", Secret, "passwords"),
    (".ssh", Secret, "private keys"),
    (".aws", Secret, "private keys"),
    (".gnupg", Secret, "private keys"),
    (".bash_history", Secret, "what somebody typed"),
    (".user.ini", Secret, "settings of PHP"),
    ("wp-config.php", Secret, "passwords of the database"),
    ("configuration.php", Secret, "passwords of the database"),
    ("id_rsa", Secret, "a private key"),
    ("id_ed25519", Secret, "a private key"),
    ("id_ecdsa", Secret, "a private key"),
    ("id_dsa", Secret, "a private key"),
    ("credentials.json", Secret, "passwords"),
    ("ibdata1", Database, "a database"),
];

/// Endings, in small letters.
const ENDINGS: [(&str, Suspicion, &str); 46] = [
    (".env", Secret, "settings with passwords"),
    (".sql", Database, "a copy of a database"),
    (".sql.gz", Database, "a copy of a database"),
    (".sql.zip", Database, "a copy of a database"),
    (".sql.bz2", Database, "a copy of a database"),
    (".sql.xz", Database, "a copy of a database"),
    (".sql.zst", Database, "a copy of a database"),
    (".dump", Database, "a copy of a database"),
    (".sqlite", Database, "a database"),
    (".sqlite3", Database, "a database"),
    (".mdb", Database, "a database"),
    (".accdb", Database, "a database"),
    (".rdb", Database, "a database"),
    (".ibd", Database, "a database"),
    (".frm", Database, "a database"),
    (".myd", Database, "a database"),
    (".myi", Database, "a database"),
    (".bson", Database, "a copy of a database"),
    (".bak", Copy, "an old copy"),
    (".old", Copy, "an old copy"),
    (".orig", Copy, "an old copy"),
    (".save", Copy, "an old copy"),
    (".swp", Copy, "an editor's copy"),
    ("~", Copy, "an editor's copy"),
    (".wpress", Copy, "a backup of a whole site"),
    (".jpa", Copy, "a backup of a whole site"),
    (".php", Program, SOURCE),
    (".php5", Program, SOURCE),
    (".php7", Program, SOURCE),
    (".php8", Program, SOURCE),
    (".phtml", Program, SOURCE),
    (".phar", Program, SOURCE),
    (".inc", Program, SOURCE),
    (".asp", Program, SOURCE),
    (".aspx", Program, SOURCE),
    (".ashx", Program, SOURCE),
    (".jsp", Program, SOURCE),
    (".cgi", Program, SOURCE),
    (".pem", Secret, "a certificate or a private key"),
    (".key", Secret, "a private key"),
    (".p12", Secret, "a private key"),
    (".pfx", Secret, "a private key"),
    (".jks", Secret, "private keys"),
    (".kdbx", Secret, "passwords"),
    (".ppk", Secret, "a private key"),
    (".log", Secret, "a log, with addresses of visitors"),
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

/// Files that systems leave in folders; passed over without a word.
const LITTER: [&str; 4] = [".ds_store", "thumbs.db", "desktop.ini", "__macosx"];

/// Whether a file or folder of this name is passed over.
#[must_use]
pub fn is_litter(name: &str) -> bool {
    LITTER.contains(&&*name.to_ascii_lowercase())
}

/// What a file or folder of this name is, and why it isn't published.
#[must_use]
pub fn name(name: &str) -> Option<(Suspicion, &'static str)> {
    let small = name.to_ascii_lowercase();
    let ended = || ENDINGS.iter().find(|(ending, ..)| small.ends_with(ending));
    if let Some((_, suspicion, why)) = known(&small).or_else(ended) {
        return Some((*suspicion, why));
    }
    if ARCHIVES.iter().any(|ending| small.ends_with(ending))
        && COPIES.iter().any(|copy| small.contains(copy))
    {
        let why = "an archive whose name says that it is a copy of the site";
        return Some((Copy, why));
    }
    let is_hidden = small.starts_with('.') && small != ".well-known";
    is_hidden.then_some((Secret, "a hidden file"))
}

fn known(small: &str) -> Option<&'static (&'static str, Suspicion, &'static str)> {
    let is_env = small.starts_with(".env.");
    let mut names = NAMES.iter();
    names.find(|(name, ..)| *name == small || (is_env && *name == ".env"))
}

/// What a file within an archive is by its name, and why no archive with it is published: what a program or an old copy is at an
/// address, it isn't in an archive that people download. Keys are judged by what they say.
pub(super) fn member(path: &str) -> Option<(Suspicion, &'static str)> {
    let mut judged = path.split('/').filter_map(|segment| {
        let small = segment.to_ascii_lowercase();
        let named = known(&small).filter(|(_, _, why)| *why != SETTINGS);
        let ended = || ENDINGS.iter().find(|(ending, ..)| small.ends_with(ending));
        let (_, suspicion, why) = named.or_else(|| ended().filter(|one| one.1 == Database))?;
        Some((*suspicion, *why))
    });
    judged.next()
}

/// The part of an address that isn't published, what it is, and why: by the names between its slashes, percent-encoding resolved.
/// That a page was a program's, as at `/index.php?p=12`, says nothing of what it answers.
#[must_use]
pub fn address(address: &str) -> Option<(String, Suspicion, &'static str)> {
    let path = address.split('?').next().unwrap_or_default();
    let segments = path.split('/').map(crate::text::percent_decoded);
    let mut judged = segments.filter_map(|segment| {
        let (suspicion, why) = name(&segment)?;
        Some((segment, suspicion, why))
    });
    judged.find(|(_, suspicion, _)| *suspicion != Program)
}
