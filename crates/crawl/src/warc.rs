//! The archive of what was fetched: WARC 1.1, each record packed by itself (ISO 28500, Annex D).
//!
//! It is the import's state at once: what stands in it isn't fetched again. A record that a cut left unfinished is taken away
//! when the file is opened.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::fetch::Answer;
use crate::{Error, Result};

/// A record's headers at most, and an answer's.
const MAX_HEAD_BYTES: u64 = 1 << 20;

/// An open archive.
pub struct Archive {
    path: PathBuf,
    file: File,
    end: u64,
}

/// Where an answer stands in the archive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place(u64);

/// An answer that the archive held when it was opened.
pub struct Held {
    /// What was asked for.
    pub url: String,
    /// Where the answer stands.
    pub place: Place,
    /// Bytes of its body.
    pub size: u64,
}

impl Archive {
    /// Opens an archive, or makes it, and lists what it holds.
    ///
    /// # Errors
    /// When the file can't be read or written.
    pub fn open(path: &Path, software: &str, date: &str) -> Result<(Self, Vec<Held>)> {
        let failed = Error::file(path);
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path);
        let file = opened.map_err(failed)?;
        let (held, end) = list(&file).map_err(Error::file(path))?;
        file.set_len(end).map_err(Error::file(path))?;
        let mut archive = Self {
            path: path.to_owned(),
            file,
            end,
        };
        if end == 0 {
            let fields = format!("software: {software}\r\nformat: WARC File Format 1.1\r\n");
            let head = [
                ("WARC-Type", "warcinfo"),
                ("WARC-Date", date),
                ("Content-Type", "application/warc-fields"),
            ];
            archive.append(&head, fields.as_bytes())?;
        }
        Ok((archive, held))
    }

    /// Adds an answer, and before it the head of the request for it, if it was asked by HTTP: of a request alone nothing is known. On
    /// return both are in the file, not yet on the disk.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn add(
        &mut self,
        url: &str,
        asked: Option<&str>,
        answer: &Answer,
        date: &str,
    ) -> Result<Place> {
        let mut request = None;
        if let Some(asked) = asked {
            let head = [
                ("WARC-Type", "request"),
                ("WARC-Target-URI", url),
                ("WARC-Date", date),
                ("Content-Type", "application/http;msgtype=request"),
            ];
            request = Some(self.append(&head, asked.as_bytes())?);
        }
        let place = Place(self.end);
        let payload = format!("sha256:{}", hex::encode(Sha256::digest(&answer.body)));
        let mut head = vec![
            ("WARC-Type", "response"),
            ("WARC-Target-URI", url),
            ("WARC-Date", date),
            ("WARC-Payload-Digest", payload.as_str()),
            ("Content-Type", "application/http;msgtype=response"),
        ];
        head.extend(request.as_deref().map(|id| ("WARC-Concurrent-To", id)));
        self.append(&head, &answer.wire())?;
        Ok(place)
    }

    /// Gives the record's name.
    fn append(&mut self, head: &[(&str, &str)], block: &[u8]) -> Result<String> {
        let mut text = "WARC/1.1\r\n".to_owned();
        for (name, value) in head {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        let id = format!("<urn:uuid:{}>", name(&text, block));
        text.push_str(&format!("WARC-Record-ID: {id}\r\n"));
        text.push_str(&format!("Content-Length: {}\r\n\r\n", block.len()));
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        let packed = packer
            .write_all(text.as_bytes())
            .and_then(|()| packer.write_all(block))
            .and_then(|()| packer.write_all(b"\r\n\r\n"))
            .and_then(|()| packer.finish());
        let packed = packed.map_err(Error::file(&self.path))?;
        let written = self
            .file
            .seek(SeekFrom::Start(self.end))
            .and_then(|_| self.file.write_all(&packed));
        written.map_err(Error::file(&self.path))?;
        self.end += packed.len() as u64;
        Ok(id)
    }

    /// An answer that it holds.
    ///
    /// # Errors
    /// When the file can't be read, or isn't what was written.
    pub fn read(&self, place: Place) -> Result<Answer> {
        let failed = || Error::file(&self.path);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place.0)).map_err(failed())?;
        let mut record = Vec::new();
        let mut unpacker = GzDecoder::new(BufReader::new(file));
        unpacker.read_to_end(&mut record).map_err(failed())?;
        let (_, block) = parted(&record).ok_or_else(broken).map_err(failed())?;
        let block = block.strip_suffix(b"\r\n\r\n").unwrap_or(block);
        Answer::from_wire(block)
            .ok_or_else(broken)
            .map_err(failed())
    }

    /// On return, everything added is on the disk.
    ///
    /// # Errors
    /// When the system says that it isn't.
    pub fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(Error::file(&self.path))
    }
}

fn broken() -> std::io::Error {
    std::io::Error::other("a record isn't what was written")
}

/// Every answer in the file, and where the last whole record ends.
fn list(file: &File) -> std::io::Result<(Vec<Held>, u64)> {
    let mut held = Vec::new();
    let mut reader = BufReader::new(file);
    reader.seek(SeekFrom::Start(0))?;
    let mut end = 0;
    while !reader.fill_buf()?.is_empty() {
        let mut unpacker = GzDecoder::new(&mut reader);
        let mut head = Vec::new();
        if unpacker
            .by_ref()
            .take(MAX_HEAD_BYTES)
            .read_to_end(&mut head)
            .is_err()
        {
            break;
        }
        let Ok(rest) = std::io::copy(&mut unpacker, &mut std::io::sink()) else {
            break;
        };
        let Some((text, block)) = parted(&head) else {
            break;
        };
        let is_answer = field(text, "WARC-Type").is_some_and(|kind| kind == "response");
        if let Some(url) = field(text, "WARC-Target-URI").filter(|_| is_answer) {
            held.push(Held {
                url,
                place: Place(end),
                size: block.len() as u64 + rest,
            });
        }
        end = reader.stream_position()?;
    }
    Ok((held, end))
}

/// What stands before the first empty line, and what behind.
pub(crate) fn parted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = crate::css::find(text, b"\r\n\r\n")?;
    Some((&text[..at], &text[at + 4..]))
}

fn field(head: &[u8], name: &str) -> Option<String> {
    String::from_utf8_lossy(head).lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name)
            .then(|| value.trim().to_owned())
    })
}

/// A UUID made of what it names (RFC 9562 §5.8).
fn name(head: &str, block: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(head)
        .chain_update(block)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let parts = [
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..],
    ];
    parts.join("-")
}

/// A digest as a Content-Security-Policy writes it.
pub(crate) fn csp_digest(text: &[u8]) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
