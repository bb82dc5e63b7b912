//! The textual header of an age file, read and written (C2SP age, "Header").
//!
//! Strict on both sides: what this reader accepts has one spelling. It takes time linear in the header, whose size is
//! bounded before anything else is looked at.

use aws_lc_rs::{hkdf, hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::{MAX_HEADER_BYTES, NONCE_BYTES};
use crate::{Error, Format, Result};

const VERSION_LINE: &[u8] = b"age-encryption.org/v1\n";
const MAC_MARK: &[u8] = b"---";
const LINE_CHARS: usize = 64;
/// How many bytes a full line of base64 carries.
const LINE_BYTES: usize = 48;
const MAC_BYTES: usize = 32;
const FILE_KEY_BYTES: usize = 16;
/// A file key with its tag: the body of every stanza that this crate knows.
pub(super) const WRAPPED_KEY_BYTES: usize = FILE_KEY_BYTES + 16;

/// The key of one file, from which those of its header and payload are derived.
pub(super) struct FileKey(pub(super) Zeroizing<[u8; FILE_KEY_BYTES]>);

impl FileKey {
    /// The key that authenticates the header.
    fn header_key(&self) -> hmac::Key {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(self.0.as_slice());
        let okm = prk.expand(&[b"header"], hmac::HMAC_SHA256);
        okm.expect("32 bytes are within HKDF's bounds").into()
    }
}

/// One recipient's stanza: the file key, wrapped.
pub(super) struct Stanza<'a> {
    /// Its first argument.
    pub(super) kind: &'a str,
    arguments: Option<&'a str>,
    pub(super) body: Vec<u8>,
}

impl Stanza<'_> {
    /// The arguments after the first.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.arguments.into_iter().flat_map(|all| all.split(' '))
    }

    /// The only argument after the first, decoded, of exactly `N` bytes, and the body as a wrapped file key.
    pub(super) fn share<const N: usize>(&self) -> Result<([u8; N], [u8; WRAPPED_KEY_BYTES])> {
        let mut arguments = self.arguments();
        let (Some(share), None) = (arguments.next(), arguments.next()) else {
            return Err(Format::AgeHeader.malformed("a stanza has the wrong number of arguments"));
        };
        Ok((decode_exactly(share)?, self.wrapped_key()?))
    }

    /// The body as a wrapped file key.
    pub(super) fn wrapped_key(&self) -> Result<[u8; WRAPPED_KEY_BYTES]> {
        <[u8; WRAPPED_KEY_BYTES]>::try_from(self.body.as_slice())
            .map_err(|_| Format::AgeHeader.malformed("a wrapped file key is of the wrong size"))
    }
}

/// A header, parsed and not yet authenticated.
pub(super) struct Header<'a> {
    pub(super) stanzas: Vec<Stanza<'a>>,
    authenticated: &'a [u8],
    mac: [u8; MAC_BYTES],
    size: usize,
}

impl<'a> Header<'a> {
    /// Parses the header at the start of `bytes`; what follows it isn't looked at.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut lines = Lines::new(bytes)?;
        let mut stanzas = Vec::new();
        loop {
            let begin = lines.taken;
            let line = lines.take()?;
            if let Some(arguments) = line.strip_prefix(b"-> ") {
                let (kind, arguments) = parse_arguments(arguments)?;
                let body = parse_body(&mut lines)?;
                stanzas.push(Stanza {
                    kind,
                    arguments,
                    body,
                });
            } else if let Some(mac) = line.strip_prefix(b"--- ") {
                check_stanzas(&stanzas)?;
                return Ok(Self {
                    stanzas,
                    authenticated: &bytes[..begin + MAC_MARK.len()],
                    mac: decode_exactly(mac)?,
                    size: lines.taken,
                });
            } else {
                return Err(Format::AgeHeader.malformed("a line is neither stanza nor MAC"));
            }
        }
    }

    /// Its length in bytes, with its last line feed.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// Checks the header's MAC.
    pub(super) fn verify(&self, key: &FileKey) -> Result<()> {
        hmac::verify(&key.header_key(), self.authenticated, &self.mac).map_err(|_| Error::Altered {
            format: Format::AgeHeader,
        })
    }
}

/// A passphrase's stanza stands alone: a file that also opens otherwise could come from anybody.
fn check_stanzas(stanzas: &[Stanza<'_>]) -> Result<()> {
    if stanzas.is_empty() {
        return Err(Format::AgeHeader.malformed("there is no stanza"));
    }
    if stanzas.len() > 1 && stanzas.iter().any(|stanza| stanza.kind == "scrypt") {
        return Err(Format::AgeHeader.malformed("a passphrase's stanza is not alone"));
    }
    Ok(())
}

/// The lines of a header, as far as a header may go.
struct Lines<'a> {
    bytes: &'a [u8],
    taken: usize,
}

impl<'a> Lines<'a> {
    /// Takes the version line.
    fn new(bytes: &'a [u8]) -> Result<Self> {
        if !bytes.starts_with(VERSION_LINE) {
            return Err(not_age());
        }
        let taken = VERSION_LINE.len();
        Ok(Self { bytes, taken })
    }

    /// Takes the next line, and gives it without its line feed.
    fn take(&mut self) -> Result<&'a [u8]> {
        let bound = self.bytes.len().min(MAX_HEADER_BYTES);
        let rest = &self.bytes[self.taken..bound];
        match rest.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                self.taken += end + 1;
                Ok(&rest[..end])
            }
            None if bound < self.bytes.len() => Err(too_large()),
            None => Err(Format::AgeHeader.malformed("it is cut short")),
        }
    }
}

fn not_age() -> Error {
    Format::AgeHeader.malformed("the first line is not that of age v1")
}

fn too_large() -> Error {
    Error::TooLarge {
        format: Format::AgeHeader,
        max: MAX_HEADER_BYTES,
    }
}

/// Splits a stanza's first argument from the others.
fn parse_arguments(line: &[u8]) -> Result<(&str, Option<&str>)> {
    let visible =
        |argument: &[u8]| !argument.is_empty() && argument.iter().all(u8::is_ascii_graphic);
    if !line.split(|byte| *byte == b' ').all(visible) {
        return Err(Format::AgeHeader.malformed("an argument is empty or has invisible characters"));
    }
    let line = std::str::from_utf8(line).expect("visible ASCII is UTF-8");
    Ok(match line.split_once(' ') {
        Some((kind, others)) => (kind, Some(others)),
        None => (line, None),
    })
}

/// Takes a stanza's body: full lines, then one that is shorter, perhaps empty.
fn parse_body(lines: &mut Lines<'_>) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = lines.take()?;
        if line.len() > LINE_CHARS {
            return Err(
                Format::AgeHeader.malformed("a line of a stanza is longer than 64 characters")
            );
        }
        STANDARD_NO_PAD
            .decode_vec(line, &mut body)
            .map_err(|_| Format::AgeHeader.malformed("a stanza is not in canonical base64"))?;
        if line.len() < LINE_CHARS {
            return Ok(body);
        }
    }
}

/// Decodes canonical base64 of exactly `N` bytes.
pub(super) fn decode_exactly<const N: usize>(text: impl AsRef<[u8]>) -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match STANDARD_NO_PAD.decode_slice(text, &mut bytes) {
        Ok(size) if size == N => Ok(bytes),
        _ => Err(Format::AgeHeader.malformed("a field is not canonical base64 of its size")),
    }
}

/// How long the prologue (header ‖ nonce) of the file that begins with `bytes` is; `None`: give more bytes.
///
/// The answer may be larger than `bytes`: the nonce may not have come yet. This finds the end only;
/// [`super::Opener::new`] judges the header.
///
/// # Errors
/// [`Error::Malformed`] as soon as this can't be an age file, [`Error::TooLarge`] if the header doesn't end in time.
pub fn prologue_size(bytes: &[u8]) -> Result<Option<usize>> {
    let compared = bytes.len().min(VERSION_LINE.len());
    if bytes[..compared] != VERSION_LINE[..compared] {
        return Err(not_age());
    }
    let bounded = &bytes[..bytes.len().min(MAX_HEADER_BYTES)];
    // Neither a stanza's first line nor base64 begins with a dash twice, so that the first such line is the last one.
    let end = bounded
        .windows(MAC_MARK.len() + 1)
        .position(|window| window[0] == b'\n' && window[1..] == *MAC_MARK)
        .and_then(|mark| {
            let line = mark + 1;
            let feed = bounded[line..].iter().position(|byte| *byte == b'\n')?;
            Some(line + feed + 1)
        });
    match end {
        Some(end) => Ok(Some(end + NONCE_BYTES)),
        None if bytes.len() >= MAX_HEADER_BYTES => Err(too_large()),
        None => Ok(None),
    }
}

/// A header being written.
pub(super) struct Draft(String);

impl Draft {
    pub(super) fn new() -> Self {
        // Room for one X25519 recipient, by far the most common.
        let mut text = String::with_capacity(256);
        text.push_str("age-encryption.org/v1\n");
        Self(text)
    }

    /// Adds a stanza; `arguments` are visible ASCII.
    pub(super) fn stanza(&mut self, arguments: &[&str], body: &[u8]) {
        self.0.push_str("->");
        for argument in arguments {
            self.0.push(' ');
            self.0.push_str(argument);
        }
        self.0.push('\n');
        for line in body.chunks(LINE_BYTES) {
            STANDARD_NO_PAD.encode_string(line, &mut self.0);
            self.0.push('\n');
        }
        if body.len().is_multiple_of(LINE_BYTES) {
            self.0.push('\n');
        }
    }

    /// Closes the header with its MAC, and appends the payload's nonce.
    pub(super) fn close(mut self, key: &FileKey, nonce: &[u8; NONCE_BYTES]) -> Result<Vec<u8>> {
        self.0.push_str("---");
        let mac = hmac::sign(&key.header_key(), self.0.as_bytes());
        self.0.push(' ');
        STANDARD_NO_PAD.encode_string(mac, &mut self.0);
        self.0.push('\n');
        if self.0.len() > MAX_HEADER_BYTES {
            return Err(Error::Recipients {
                why: "they are too many for one header",
            });
        }
        let mut prologue = self.0.into_bytes();
        prologue.extend_from_slice(nonce);
        Ok(prologue)
    }
}
