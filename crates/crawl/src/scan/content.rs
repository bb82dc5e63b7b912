//! A content, looked through from its beginning to its end, and what is packed in it.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read, Seek, SeekFrom};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use flate2::read::{DeflateDecoder, MultiGzDecoder};

use super::Suspicion::{Program, Unread, WebShell};
use super::marks::{Place, marks, source};
use super::page::{page, picture, script};
use super::secrets::{Statements, binary, keys, settings};
use super::{Found, Suspicion, archive, found, names};
use crate::html::tags;

/// What is looked at at once, and how much of it again with what follows, so that a cut hides nothing. Both are even, for UTF-16.
const WINDOW_BYTES: usize = 4 << 20;
const OVERLAP_BYTES: usize = 64 << 10;
/// Of all that is packed in a file, unpacked; and how many files.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;
const MAX_MEMBERS: usize = 20_000;
/// Archives in archives in …
const MAX_DEPTH: usize = 4;
/// A zip archive within another one, which is held whole.
const MAX_NESTED_BYTES: u64 = 64 << 20;
const TOO_LARGE: &str = "an archive too large to be looked through whole";
/// Of a text, where its language shows.
const HEAD_BYTES: usize = 1024;

/// What can be read from any place.
pub(super) trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// What is in a content that no site publishes; `name` is its file's. `is_own` says which hosts are the site's.
///
/// # Errors
/// When it can't be read. A broken archive is none.
pub fn look(
    content: &mut (impl Read + Seek),
    name: &str,
    is_own: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<Found>> {
    let mut looking = Looking {
        is_own,
        found: BTreeSet::new(),
        left_bytes: MAX_UNPACKED_BYTES,
        left_members: MAX_MEMBERS,
    };
    let first = window(content, Vec::new())?;
    if archive::is_zip(&first) {
        // What can't be read as an archive is still looked through as bytes.
        looking.zip(content, "", 0).ok();
        content.seek(SeekFrom::Start(first.len() as u64))?;
    } else if looking.unpack(&first, content, name, "", 0) {
        content.seek(SeekFrom::Start(first.len() as u64))?;
    }
    looking.stream(first, content, name, "")?;
    Ok(looking.found.into_iter().collect())
}

pub(super) struct Looking<'a> {
    is_own: &'a dyn Fn(&str) -> bool,
    found: BTreeSet<Found>,
    left_bytes: u64,
    left_members: usize,
}

impl Looking<'_> {
    /// Opens a packed file or a tape archive; says whether it was one.
    fn unpack(
        &mut self,
        first: &[u8],
        rest: &mut dyn Read,
        name: &str,
        inside: &str,
        depth: usize,
    ) -> bool {
        if first.starts_with(&[0x1f, 0x8b]) {
            let plain = name.trim_end_matches(".gz").replace(".tgz", ".tar");
            let mut unpacker = MultiGzDecoder::new(first.chain(rest));
            let within = format!("{inside}{}: ", plain.rsplit('/').next().unwrap_or_default());
            // What follows a fault isn't read; what came before it counts.
            self.member(&mut unpacker, &plain, &within, depth).ok();
            return true;
        }
        let is_tar = archive::is_tar(first);
        if is_tar {
            let mut whole = first.chain(rest);
            archive::tar(&mut whole, &mut |name, content| {
                self.named(name, content, inside, depth)
            })
            .ok();
        }
        is_tar
    }

    fn zip(&mut self, content: &mut dyn Source, inside: &str, depth: usize) -> io::Result<()> {
        for entry in archive::zip_entries(content)? {
            let start = archive::zip_start(content, &entry)?;
            content.seek(SeekFrom::Start(start))?;
            let mut packed = (&mut *content).take(entry.packed_bytes);
            let mut nothing = io::empty();
            let said = match (entry.is_encrypted, entry.method) {
                (false, 0) => self.named(&entry.name, &mut packed, inside, depth),
                (false, 8) => {
                    let mut unpacker = DeflateDecoder::new(packed);
                    self.named(&entry.name, &mut unpacker, inside, depth)
                }
                _ => self.named(&entry.name, &mut nothing, inside, depth),
            };
            // A broken entry says nothing of the next; a bound reached ends it all.
            if said.is_err() && (self.left_bytes == 0 || self.left_members == 0) {
                return said;
            }
        }
        Ok(())
    }

    /// A file of an archive.
    fn named(
        &mut self,
        name: &str,
        content: &mut dyn Read,
        inside: &str,
        depth: usize,
    ) -> io::Result<()> {
        if let Some((suspicion, why)) = names::member(name) {
            self.tell(inside, found(suspicion, name, why, true));
        }
        self.member(content, name, &format!("{inside}{name}: "), depth)
    }

    fn member(
        &mut self,
        content: &mut dyn Read,
        name: &str,
        inside: &str,
        depth: usize,
    ) -> io::Result<()> {
        if self.left_members == 0 || self.left_bytes == 0 || depth == MAX_DEPTH {
            self.tell(inside, found(Unread, name, TOO_LARGE, false));
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.left_members -= 1;
        let limit = self.left_bytes;
        let mut counted = content.take(limit);
        let first = window(&mut counted, Vec::new())?;
        let said = if archive::is_zip(&first) {
            let mut whole = first;
            counted
                .by_ref()
                .take(MAX_NESTED_BYTES)
                .read_to_end(&mut whole)?;
            self.zip(&mut Cursor::new(whole), inside, depth + 1)
        } else if self.unpack(&first, &mut counted, name, inside, depth + 1) {
            Ok(())
        } else {
            self.stream(first, &mut counted, name, inside)
        };
        let read = limit - counted.limit();
        if counted.limit() == 0 {
            self.tell(inside, found(Unread, name, TOO_LARGE, false));
        }
        self.left_bytes = self.left_bytes.saturating_sub(read);
        said
    }

    fn tell(&mut self, inside: &str, mut found: Found) {
        // Programs are handed on in archives; nobody runs them there.
        if found.suspicion == Program && !inside.is_empty() {
            return;
        }
        let shown = format!("{inside}{}", found.what);
        found.what = shown.chars().take(200).collect();
        self.found.insert(found);
    }

    /// Looks through a content, window by window.
    fn stream(
        &mut self,
        first: Vec<u8>,
        rest: &mut dyn Read,
        name: &str,
        inside: &str,
    ) -> io::Result<()> {
        let is_whole = first.len() < WINDOW_BYTES;
        if let Some(found) = binary(&first, is_whole) {
            self.tell(inside, found);
        }
        let wide = wide(&first);
        let mut reading = None;
        let mut statements = Statements::default();
        let mut bytes = first;
        loop {
            let decoded = wide.map(|encoding| encoding.decode_without_bom_handling(&bytes).0);
            let text = decoded
                .as_ref()
                .map_or(bytes.as_slice(), |text| text.as_bytes());
            let is_first = reading.is_none();
            let reading = *reading.get_or_insert_with(|| Reading::of(name, text));
            for found in self.window(text, reading, is_first, &mut statements) {
                self.tell(inside, found);
            }
            if bytes.len() < WINDOW_BYTES {
                return Ok(());
            }
            let again = bytes.split_off(bytes.len() - OVERLAP_BYTES);
            bytes = window(rest, again)?;
            if bytes.len() == OVERLAP_BYTES {
                return Ok(());
            }
        }
    }

    fn window(
        &self,
        text: &[u8],
        reading: Reading,
        is_first: bool,
        statements: &mut Statements,
    ) -> Vec<Found> {
        let mut all: Vec<Found> = keys(text).into_iter().collect();
        all.extend(marks(text, &[Place::Any]));
        match reading {
            Reading::Binary => return all,
            Reading::Page => {
                all.extend(page(text, &tags(text), self.is_own));
                // A script that begins before the window has no tag in it.
                all.extend((!is_first).then(|| script(text)).flatten());
            }
            Reading::Picture => {
                let tags = tags(text);
                all.extend(page(text, &tags, self.is_own));
                all.extend(picture(&tags));
            }
            Reading::Script => {
                all.extend(script(text));
                all.extend(marks(text, &[Place::Text]));
            }
            Reading::Prose => all.extend(marks(text, &[Place::Text])),
            Reading::Plain => {
                all.extend(marks(text, &[Place::Text]));
                all.extend(is_first.then(|| settings(text)).flatten());
                all.extend(statements.see(text));
            }
        }
        all.extend(program(text, reading, is_first));
        all
    }
}

/// A program's source. Manuals and libraries say `<?php` too: there it counts where the file begins with it.
fn program(text: &[u8], reading: Reading, is_first: bool) -> Vec<Found> {
    const SHOWN: &str = "the source of a program, which would be shown and not run";
    let what = match reading {
        Reading::Script | Reading::Prose => {
            let begin = text
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(text)
                .trim_ascii_start();
            let begin = &begin[..begin.len().min(HEAD_BYTES)];
            source(begin).filter(|_| is_first && begin.starts_with(b"<?"))
        }
        _ => source(text),
    };
    let Some(what) = what else {
        return Vec::new();
    };
    let shells = marks(text, &[Place::Source]);
    match shells.is_empty() {
        true => vec![found(Program, what, SHOWN, true)],
        false => shells,
    }
}

/// Reads on until the window is full, or all was read.
fn window(content: &mut (impl Read + ?Sized), mut begin: Vec<u8>) -> io::Result<Vec<u8>> {
    let wanted = (WINDOW_BYTES - begin.len()) as u64;
    content.take(wanted).read_to_end(&mut begin)?;
    Ok(begin)
}

/// UTF-16, by its mark or by every other byte.
fn wide(first: &[u8]) -> Option<&'static Encoding> {
    let head = &first[..first.len().min(HEAD_BYTES) & !1];
    let zeros = |odd: usize| {
        head.iter()
            .skip(odd)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd, half) = (zeros(0), zeros(1), head.len() / 2);
    let is_mostly = |zeros: usize| half >= 8 && zeros * 10 >= half * 7;
    match head {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ if is_mostly(odd) && even == 0 => Some(UTF_16LE),
        _ if is_mostly(even) && odd == 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// What a content is read as.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reading {
    Page,
    Picture,
    Script,
    /// Texts that may speak of programs: manuals, data, feeds, styles.
    Prose,
    Plain,
    Binary,
}

impl Reading {
    fn of(name: &str, text: &[u8]) -> Self {
        let head = &text[..text.len().min(HEAD_BYTES)];
        if head.contains(&0) {
            return Self::Binary;
        }
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let begin = head.to_ascii_lowercase();
        let says = |word: &[u8]| crate::css::find(&begin, word).is_some();
        match &*ending.to_ascii_lowercase() {
            "html" | "htm" | "xhtml" | "shtml" => Self::Page,
            "svg" => Self::Picture,
            "js" | "mjs" | "cjs" => Self::Script,
            "xml" if says(b"<html") => Self::Page,
            "css" | "json" | "xml" | "rss" | "atom" | "md" | "rst" | "map" | "webmanifest" => {
                Self::Prose
            }
            _ if says(b"<svg") && !says(b"<html") => Self::Picture,
            _ if says(b"<html") || says(b"<!doctype html") || says(b"<script") => Self::Page,
            _ => Self::Plain,
        }
    }
}

/// Whether what a file begins with is a program's, a key's or a dump's.
#[must_use]
pub fn says_too_much(first: &[u8]) -> bool {
    let is_text = !first[..first.len().min(HEAD_BYTES)].contains(&0);
    keys(first).is_some()
        || binary(first, true).is_some()
        || !marks(first, &[Place::Any]).is_empty()
        || (is_text && source(first).is_some())
}

/// What intruders leave, in programs' sources too: what a content shows, in words.
#[must_use]
pub fn intruders_mark(content: &[u8]) -> Option<&'static str> {
    let all = marks(content, &[Place::Text, Place::Script, Place::Source]);
    let is_left = |found: &&Found| {
        found.is_sure && matches!(found.suspicion, WebShell | Suspicion::HiddenScript)
    };
    all.iter().find(is_left).map(|found| found.why)
}
