//! What an intruder left in an application's files, and what mustn't come along.
//!
//! Finding nothing proves nothing.

use std::fs;
use std::path::{Path, PathBuf};

use amana_crawl::scan;

use crate::find::{beginning, is_dump};
use crate::{Error, Result};

/// Of a file, what is looked through.
const LOOKED_THROUGH_BYTES: u64 = 4 << 20;
/// Folders that visitors' and editors' files go to: no program belongs there.
pub const UPLOADS: [&str; 3] = ["wp-content/uploads", "images", "media"];
/// What says nothing but a comment has at most so many.
const SILENCE_BYTES: usize = 1024;
const PROGRAMS: [&str; 8] = [
    "php", "php3", "php4", "php5", "php7", "phtml", "phar", "phps",
];
/// What a program says, without blanks and in small letters, that runs what visitors send or what can't be read.
const MARKS: [&str; 22] = [
    "eval($_post",
    "eval($_get",
    "eval($_request",
    "eval($_cookie",
    "eval($_server",
    "eval(base64_decode(",
    "eval(gzinflate(",
    "eval(gzuncompress(",
    "eval(gzdecode(",
    "eval(str_rot13(",
    "eval(strrev(",
    "eval(hex2bin(",
    "assert($_post",
    "assert($_get",
    "assert($_request",
    "system($_",
    "passthru($_",
    "shell_exec($_",
    "exec($_",
    "popen($_",
    "create_function('',$_",
    "include(base64_decode(",
];

/// Something that was found in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Finding {
    /// A stable name of its kind.
    pub code: &'static str,
    /// What gave it away.
    pub what: String,
    /// The file, below the application's folder.
    pub file: String,
}

/// What is known elsewhere of what intruders leave: the mark that a content shows, in words.
pub type Marks<'a> = &'a dyn Fn(&[u8]) -> Option<&'static str>;

/// What a look gave: findings, and files that stay behind.
#[derive(Clone, Default, Debug)]
pub struct Looked {
    /// For a person to judge.
    pub findings: Vec<Finding>,
    /// Files and folders that aren't set up, below the application's folder, each with the reason's stable name.
    pub stay_behind: Vec<(PathBuf, &'static str)>,
    /// Files that were looked through.
    pub files: usize,
}

/// Looks through an application's files.
///
/// # Errors
/// When a file can't be read.
pub fn look(root: &Path, marks: Marks<'_>, told: &mut dyn FnMut(usize)) -> Result<Looked> {
    let mut looked = Looked::default();
    folder(root, Path::new(""), marks, told, &mut looked)?;
    Ok(looked)
}

fn folder(
    root: &Path,
    below: &Path,
    marks: Marks<'_>,
    told: &mut dyn FnMut(usize),
    looked: &mut Looked,
) -> Result<()> {
    let here = root.join(below);
    let mut entries = fs::read_dir(&here)
        .and_then(Iterator::collect::<std::io::Result<Vec<_>>>)
        .map_err(Error::file(&here))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let place = below.join(entry.file_name());
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Some(why) = stays_behind(&place) {
            looked.stay_behind.push((place, why));
        } else if is_folder {
            folder(root, &place, marks, told, looked)?;
        } else {
            let content = beginning(&root.join(&place), LOOKED_THROUGH_BYTES)?;
            looked.files += 1;
            told(looked.files);
            file(&place, &content, marks, looked);
        }
    }
    Ok(())
}

fn file(place: &Path, content: &[u8], marks: Marks<'_>, looked: &mut Looked) {
    let shown = place.display().to_string();
    let mut found = |code, what: &str| {
        looked.findings.push(Finding {
            code,
            what: what.to_owned(),
            file: shown.clone(),
        });
    };
    let is_program = is_program(place);
    // A program is named as one, or looks like one: a picture that begins as a program is no picture.
    let is_hidden_program = !is_program && content.trim_ascii_start().starts_with(b"<?php");
    if is_program || is_hidden_program {
        if let Some(mark) = mark(content).or_else(|| marks(content)) {
            found("web-shell", mark);
        } else if is_hidden_program && ending(place) != "inc" && ending(place) != "dist" {
            found("hidden-program", "<?php");
        }
    } else if matches!(&*ending(place), "js" | "mjs") {
        if let Some(script) = scan::script(content) {
            found("hidden-script", &script.what);
        }
    } else if matches!(&*ending(place), "html" | "htm" | "svg")
        && let Some(what) = marks(content)
    {
        found("hidden-script", what);
    }
    let is_uploaded = UPLOADS.iter().any(|folder| place.starts_with(folder));
    if is_uploaded && is_program && !is_silence(content) {
        found("program-in-uploads", "");
        looked
            .stay_behind
            .push((place.to_owned(), "program-in-uploads"));
    }
}

fn ending(place: &Path) -> String {
    let ending = place.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

/// Whether a server might run it.
#[must_use]
pub fn is_program(place: &Path) -> bool {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    // Some servers also run what has the ending within: photo.php.jpg.
    name.to_ascii_lowercase()
        .split('.')
        .skip(1)
        .any(|part| PROGRAMS.contains(&part))
}

/// `<?php // Silence is golden.`, by which WordPress keeps folders from being listed. PHP ends such a comment with the line, and also
/// with `?>`, behind which another program may begin.
fn is_silence(content: &[u8]) -> bool {
    let text = String::from_utf8_lossy(content);
    let rest = text.trim().strip_prefix("<?php").unwrap_or("x");
    let rest = rest.strip_suffix("?>").unwrap_or(rest);
    let mut lines = rest.split(['\n', '\r']).map(str::trim);
    content.len() <= SILENCE_BYTES
        && !rest.contains("?>")
        && lines.all(|line| line.is_empty() || line.starts_with("//"))
}

fn mark(content: &[u8]) -> Option<&'static str> {
    let mut plain: Vec<u8> = Vec::with_capacity(content.len());
    let mut is_apart = false;
    for byte in content.iter().map(u8::to_ascii_lowercase) {
        if byte.is_ascii_whitespace() || byte == b'@' {
            is_apart = true;
            continue;
        }
        // Of what stands between two words, one blank stays.
        if is_apart && is_word(byte) && plain.last().is_some_and(|last| is_word(*last)) {
            plain.push(b' ');
        }
        is_apart = false;
        plain.push(byte);
    }
    MARKS
        .iter()
        .copied()
        .find(|mark| contains(&plain, mark.as_bytes()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A mark, unless letters stand before it that make it another function's name: `curl_exec($_`.
fn contains(plain: &[u8], mark: &[u8]) -> bool {
    let mut from = 0;
    while let Some(rest) = plain.get(from..) {
        let Some(at) = rest.windows(mark.len()).position(|window| window == mark) else {
            return false;
        };
        let before = (from + at).checked_sub(1).map(|before| plain[before]);
        if !before.is_some_and(|byte| is_word(byte) || byte == b'>') {
            return true;
        }
        from += at + 1;
    }
    false
}

/// What isn't set up: secrets, old copies, settings by which a file changes how PHP runs, and what only the old server heeded.
fn stays_behind(place: &Path) -> Option<&'static str> {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_ascii_lowercase();
    let is_top = place.components().count() == 1;
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    match &*name {
        ".user.ini" | "php.ini" | ".htaccess" | "web.config" | ".htpasswd" => {
            Some("server-settings")
        }
        ".git" | ".svn" | ".hg" | ".env" | ".ssh" | ".well-known" | ".trash" => Some("hidden"),
        "wp-config.php" | "configuration.php" if is_top => Some("old-settings"),
        // Programs of caches that run before WordPress, with paths of the old server in them.
        "advanced-cache.php" | "object-cache.php" if place.starts_with("wp-content") => {
            Some("drop-in")
        }
        "error_log" | "debug.log" => Some("log"),
        _ if is_dump(&name) => Some("copy"),
        _ if is_top && name.starts_with("wp-config") && name != "wp-config-sample.php" => {
            Some("old-settings")
        }
        _ if ends(&[
            ".php.bak",
            ".php.old",
            ".php~",
            ".php.save",
            ".php.orig",
            ".wpress",
            ".jpa",
        ]) =>
        {
            Some("copy")
        }
        _ if is_top && ends(&[".zip", ".tar", ".tar.gz", ".tgz", ".rar", ".7z"]) => Some("copy"),
        _ => None,
    }
}
