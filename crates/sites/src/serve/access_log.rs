//! Who asked for what, in the Common Log Format, written off the way of those who answer.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use time::OffsetDateTime;

/// Lines wait for the disk up to this; beyond, they are lost and counted.
const MAX_WAITING_BYTES: usize = 8 * 1024 * 1024;
/// Once so much waits, it is written; and in any case after [`PAUSE`].
const ENOUGH_BYTES: usize = 64 * 1024;
const PAUSE: Duration = Duration::from_secs(1);
/// The longest target that a line has.
const MAX_TARGET_BYTES: usize = 1024;

/// One answered request.
pub(super) struct Line<'a> {
    pub(super) address: IpAddr,
    pub(super) at_s: i64,
    pub(super) method: &'a str,
    /// The whole URL: the format has no other place for the site.
    pub(super) scheme: &'a str,
    pub(super) host: &'a str,
    pub(super) target: &'a str,
    pub(super) version: &'a str,
    pub(super) status: u16,
    pub(super) body_bytes: u64,
}

/// The log.
pub(super) struct AccessLog {
    truncated: bool,
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    enough: Condvar,
    lost: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    text: String,
    /// The time of the last line, and how it is written.
    second: (i64, String),
    is_closed: bool,
}

impl AccessLog {
    /// Appends to that file; with addresses truncated, unless `truncated` is false.
    pub(super) fn open(path: &Path, truncated: bool) -> io::Result<Self> {
        let mut file = open(path)?;
        let shared = Arc::new(Shared::default());
        let writing = shared.clone();
        let path = path.to_owned();
        let writer = std::thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || writing.write(&mut file, &path))?;
        Ok(Self {
            truncated,
            shared,
            writer: Mutex::new(Some(writer)),
        })
    }

    /// Takes a line. It waits for nobody.
    pub(super) fn add(&self, line: &Line<'_>) {
        let mut waiting = self
            .shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.text.len() > MAX_WAITING_BYTES {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let address = if self.truncated {
            truncated(line.address)
        } else {
            line.address
        };
        let Waiting { text, second, .. } = &mut *waiting;
        if second.0 != line.at_s || second.1.is_empty() {
            *second = (line.at_s, moment(line.at_s));
        }
        push_address(text, address);
        for part in [
            " - - [",
            &second.1,
            "] \"",
            line.method,
            " ",
            line.scheme,
            "://",
        ] {
            text.push_str(part);
        }
        push_plain(text, line.host);
        push_plain(text, line.target);
        for part in [" ", line.version, "\" "] {
            text.push_str(part);
        }
        let mut number = itoa::Buffer::new();
        text.push_str(number.format(line.status));
        text.push(' ');
        text.push_str(number.format(line.body_bytes));
        text.push('\n');
        if text.len() >= ENOUGH_BYTES {
            self.shared.enough.notify_one();
        }
    }

    /// Writes what waits, and ends.
    pub(super) fn close(&self) {
        let mut waiting = self
            .shared
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.is_closed = true;
        drop(waiting);
        self.shared.enough.notify_one();
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(writer) = writer {
            // A writer that panicked has said so.
            let _ = writer.join();
        }
    }
}

impl Shared {
    fn write(&self, file: &mut File, path: &Path) {
        let mut text = String::new();
        loop {
            let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let (mut waiting, _) = self
                .enough
                .wait_timeout_while(waiting, PAUSE, |waiting| {
                    waiting.text.len() < ENOUGH_BYTES && !waiting.is_closed
                })
                .unwrap_or_else(PoisonError::into_inner);
            text.clear();
            std::mem::swap(&mut waiting.text, &mut text);
            let is_last = waiting.is_closed;
            drop(waiting);
            if let Err(error) = follow(file, path).and_then(|()| file.write_all(text.as_bytes())) {
                tracing::warn!(%error, path = %path.display(), "the access log can't be written");
            }
            match self.lost.swap(0, Ordering::Relaxed) {
                0 => {}
                lost => tracing::warn!(lost, "the access log was too slow, lines are lost"),
            }
            if is_last {
                return;
            }
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// A file that was renamed away is left to whoever did that, and another one is begun.
fn follow(file: &mut File, path: &Path) -> io::Result<()> {
    let is_there = match std::fs::metadata(path) {
        Ok(there) => there.ino() == file.metadata()?.ino(),
        Err(_) => false,
    };
    if !is_there {
        *file = open(path)?;
    }
    Ok(())
}

/// Without what tells a person apart: the last byte of IPv4, all but the first 48 bits of IPv6.
fn truncated(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4((address.to_bits() & !0xff).into()),
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !(u128::MAX >> 48)).into()),
    }
}

/// `10/Oct/2000:13:55:36 +0000`.
fn moment(at_s: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at_s).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let month = at.month().to_string();
    let (hour, minute, second) = at.to_hms();
    format!(
        "{:02}/{}/{}:{hour:02}:{minute:02}:{second:02} +0000",
        at.day(),
        &month[..3],
        at.year()
    )
}

/// Written for each request, and formatting in general takes longer.
fn push_address(text: &mut String, address: IpAddr) {
    let IpAddr::V4(address) = address else {
        // Writing to a string can't fail.
        let _ = write!(text, "{address}");
        return;
    };
    let mut number = itoa::Buffer::new();
    for (place, octet) in address.octets().into_iter().enumerate() {
        if place > 0 {
            text.push('.');
        }
        text.push_str(number.format(octet));
    }
}

/// What a client sent must not look like another field, nor another line.
fn push_plain(text: &mut String, sent: &str) {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
    if sent.len() <= MAX_TARGET_BYTES && sent.bytes().all(is_plain) {
        return text.push_str(sent);
    }
    for char in sent.chars().take(MAX_TARGET_BYTES) {
        match char {
            '!'..='~' if char != '"' && char != '\\' => text.push(char),
            _ => {
                for byte in char.encode_utf8(&mut [0; 4]).bytes() {
                    // Writing to a string can't fail.
                    let _ = write!(text, "\\x{byte:02x}");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(address: &str, target: &'a str) -> Line<'a> {
        Line {
            address: address.parse().unwrap(),
            at_s: 971_211_336,
            method: "GET",
            scheme: "http",
            host: "a.example",
            target,
            version: "HTTP/1.1",
            status: 200,
            body_bytes: 2326,
        }
    }

    #[test]
    fn lines_are_common_and_say_no_more_of_who_asked_than_they_must() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let log = AccessLog::open(&path, true).unwrap();
        log.add(&line("192.0.2.77", "/a?b=c"));
        log.add(&line("2001:db8:1:2::3", "/\" 200 1\n"));
        log.close();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "192.0.2.0 - - [10/Oct/2000:20:55:36 +0000] \"GET http://a.example/a?b=c HTTP/1.1\" 200 2326\n\
             2001:db8:1:: - - [10/Oct/2000:20:55:36 +0000] \"GET http://a.example/\\x22\\x20200\\x201\\x0a HTTP/1.1\" 200 2326\n"
        );
    }

    #[test]
    fn a_log_that_was_renamed_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let log = AccessLog::open(&path, false).unwrap();
        std::fs::rename(&path, folder.path().join("access.log.1")).unwrap();
        log.add(&line("192.0.2.77", "/"));
        log.close();
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .starts_with("192.0.2.77 ")
        );
    }
}
