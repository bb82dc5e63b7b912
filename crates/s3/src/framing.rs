//! The frames of `aws-chunked` bodies, watched on their way to `s3s`.
//!
//! `s3s` 0.14.1 holds a whole chunk in memory, up to 4 GiB, takes a body without its last chunk for whole, and
//! compares no sum with `x-amz-decoded-content-length`. Here a signed chunk has a bound (it can only be verified
//! whole), an unsigned one of any size is cut into frames as it arrives, and a body must end where it said.

use std::collections::VecDeque;

use bytes::{Buf, Bytes};

use crate::refusal::Refusal;

/// Largest signed chunk. AWS names no bound; SDKs send 64 KiB to 1 MiB.
pub(crate) const MAX_SIGNED_CHUNK_BYTES: u64 = 16 * 1024 * 1024;
/// An unsigned chunk above this is cut into what arrives.
const MAX_WHOLE_CHUNK_BYTES: u64 = 64 * 1024;
/// `<hex size>;chunk-signature=<64>\r\n` has 100 bytes at most.
const MAX_LINE_BYTES: usize = 256;
const MAX_TRAILER_BYTES: usize = 16 * 1024;

/// Where in the framing the next byte is.
#[derive(Debug)]
enum State {
    /// In the line before a chunk.
    Line,
    /// In a chunk, of which so much is to come.
    Chunk { left: u64, cut: bool },
    /// In the line end after a chunk, of which so many bytes were seen.
    ChunkEnd { seen: usize, cut: bool },
    /// After the last chunk.
    Trailers { seen: usize },
}

/// A scan of one framed body.
#[derive(Debug)]
pub(crate) struct Framing {
    signed: bool,
    declared: u64,
    decoded: u64,
    line: Vec<u8>,
    state: State,
}

impl Framing {
    /// A body that decodes to `declared` bytes.
    pub(crate) fn new(signed: bool, declared: u64) -> Self {
        Self {
            signed,
            declared,
            decoded: 0,
            line: Vec::new(),
            state: State::Line,
        }
    }

    /// Takes what arrived, and gives the frames to hand on.
    pub(crate) fn take(
        &mut self,
        mut data: Bytes,
        out: &mut VecDeque<Bytes>,
    ) -> Result<(), Refusal> {
        while !data.is_empty() {
            match &mut self.state {
                State::Line => self.take_line(&mut data, out)?,
                State::Chunk { left, cut } => {
                    let length = usize::try_from(*left).unwrap_or(usize::MAX).min(data.len());
                    let piece = data.split_to(length);
                    *left -= length as u64;
                    let cut = *cut;
                    if *left == 0 {
                        self.state = State::ChunkEnd { seen: 0, cut };
                    }
                    if cut {
                        out.push_back(Bytes::from(format!("{:x}\r\n", piece.len())));
                        out.push_back(piece);
                        out.push_back(Bytes::from_static(b"\r\n"));
                    } else {
                        out.push_back(piece);
                    }
                }
                State::ChunkEnd { seen, cut } => {
                    if data[0] != b"\r\n"[*seen] {
                        return Err(malformed());
                    }
                    data.advance(1);
                    *seen += 1;
                    if *seen == 2 {
                        if !*cut {
                            out.push_back(Bytes::from_static(b"\r\n"));
                        }
                        self.state = State::Line;
                    }
                }
                State::Trailers { seen } => {
                    *seen += data.len();
                    if *seen > MAX_TRAILER_BYTES {
                        return Err(Refusal::bad(
                            "MalformedTrailerError",
                            format!("The trailers are larger than {MAX_TRAILER_BYTES} bytes"),
                        ));
                    }
                    out.push_back(data);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The body ended here.
    pub(crate) fn end(&self) -> Result<(), Refusal> {
        match self.state {
            State::Trailers { .. } => Ok(()),
            _ => Err(Refusal::bad(
                "IncompleteBody",
                "The request body terminated unexpectedly: its last chunk did not arrive",
            )),
        }
    }

    fn take_line(&mut self, data: &mut Bytes, out: &mut VecDeque<Bytes>) -> Result<(), Refusal> {
        let end = data.iter().position(|&byte| byte == b'\n');
        let length = end.map_or(data.len(), |at| at + 1);
        if self.line.len() + length > MAX_LINE_BYTES {
            return Err(malformed());
        }
        self.line.extend_from_slice(&data[..length]);
        data.advance(length);
        if end.is_none() {
            return Ok(());
        }
        let line = std::mem::take(&mut self.line);
        let size = chunk_size(&line).ok_or_else(malformed)?;
        let has_signature = line.contains(&b';');
        if (self.signed || has_signature) && size > MAX_SIGNED_CHUNK_BYTES {
            return Err(Refusal::bad(
                "EntityTooLarge",
                format!(
                    "A signed chunk has {size} bytes; at most {MAX_SIGNED_CHUNK_BYTES} are taken in one chunk"
                ),
            ));
        }
        self.decoded = self.decoded.saturating_add(size);
        if self.decoded > self.declared || (size == 0 && self.decoded != self.declared) {
            return Err(Refusal::bad(
                "IncompleteBody",
                format!(
                    "You did not provide the number of bytes specified by the x-amz-decoded-content-length header, {}",
                    self.declared
                ),
            ));
        }
        let cut = !has_signature && size > MAX_WHOLE_CHUNK_BYTES;
        self.state = match size {
            0 => State::Trailers { seen: 0 },
            left => State::Chunk { left, cut },
        };
        if !cut {
            out.push_back(Bytes::from(line));
        }
        Ok(())
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line
        .split(|byte| matches!(byte, b';' | b'\r' | b'\n'))
        .next()?;
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn malformed() -> Refusal {
    Refusal::request("The body is not well-formed aws-chunked")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `body` in pieces of `step` bytes.
    fn scan(signed: bool, declared: u64, body: &[u8], step: usize) -> Result<Vec<u8>, Refusal> {
        let mut framing = Framing::new(signed, declared);
        let mut out = VecDeque::new();
        for piece in body.chunks(step) {
            framing.take(Bytes::copy_from_slice(piece), &mut out)?;
        }
        framing.end()?;
        Ok(out.into_iter().flatten().collect())
    }

    #[test]
    fn small_bodies_pass_as_they_are() {
        let body = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:abc\r\n\r\n";
        for step in 1..body.len() {
            assert_eq!(scan(false, 5, body, step).unwrap(), body);
        }
    }

    #[test]
    fn a_large_unsigned_chunk_is_cut() {
        let data = vec![7; 200_000];
        let body = [b"30d40\r\n", data.as_slice(), b"\r\n0\r\n\r\n"].concat();
        let cut = scan(false, 200_000, &body, 65_536).unwrap();
        assert!(cut.starts_with(b"fff9\r\n"));
        let again = scan(false, 200_000, &cut, 1_000).unwrap();
        assert_eq!(again, cut);
    }

    #[test]
    fn what_lies_about_its_size_is_refused() {
        let code =
            |signed, declared, body: &[u8]| scan(signed, declared, body, 10).unwrap_err().code;
        assert_eq!(code(false, 4, b"5\r\nhello\r\n0\r\n\r\n"), "IncompleteBody");
        assert_eq!(code(false, 6, b"5\r\nhello\r\n0\r\n\r\n"), "IncompleteBody");
        assert_eq!(code(false, 5, b"5\r\nhello\r\n"), "IncompleteBody");
        assert_eq!(
            code(true, u64::MAX, b"ffffffff;chunk-signature=ab\r\n"),
            "EntityTooLarge"
        );
        assert_eq!(
            code(false, u64::MAX, b"fffffffffffffffffff\r\n"),
            "InvalidRequest"
        );
        assert_eq!(code(false, 5, b"5\r\nhelloX\r\n"), "InvalidRequest");
    }

    proptest! {
        #[test]
        fn no_input_panics(body: Vec<u8>, step in 1usize..40, signed: bool, declared: u64) {
            let _ = scan(signed, declared, &body, step);
        }
    }
}
