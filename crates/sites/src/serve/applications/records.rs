//! FastCGI's records (FastCGI 1.0 §3.3): what is sent to an application, and what it may send.

use bytes::{Buf as _, Bytes, BytesMut};

use super::cgi_head::Gathering;

const VERSION: u8 = 1;
const BEGIN_REQUEST: u8 = 1;
const END_REQUEST: u8 = 3;
const PARAMS: u8 = 4;
const STDIN: u8 = 5;
const STDOUT: u8 = 6;
const STDERR: u8 = 7;
/// The role of a web server's application.
const RESPONDER: u16 = 1;
/// One request a connection.
const ID: u16 = 1;
const HEAD_BYTES: usize = 8;
/// A record's content, at most: a multiple of 8, so that nothing is padded.
const MAX_CONTENT_BYTES: usize = 65_528;

/// What an application sends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Record {
    /// A part of its answer.
    Stdout(Bytes),
    /// What it has to say to those who keep it.
    Stderr(Bytes),
    /// The end, and whether the request was taken at all.
    End {
        /// Nothing but 0 is an answer.
        protocol_status: u8,
    },
}

/// Bytes that came, cut into records. It holds at most one record that isn't whole.
#[derive(Default)]
pub(super) struct Records(BytesMut);

impl Records {
    /// Takes bytes as they came.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The next record that is whole.
    ///
    /// # Errors
    /// For what no application may send to us.
    pub(super) fn next(&mut self) -> Result<Option<Record>, &'static str> {
        let Some(
            &[
                version,
                kind,
                id_high,
                id_low,
                length_high,
                length_low,
                padding,
                _,
            ],
        ) = self.0.first_chunk::<HEAD_BYTES>()
        else {
            return Ok(None);
        };
        if version != VERSION {
            return Err("it doesn't speak FastCGI 1");
        }
        if u16::from_be_bytes([id_high, id_low]) != ID {
            return Err("it sent a record of a request that nobody made");
        }
        if ![STDOUT, STDERR, END_REQUEST].contains(&kind) {
            return Err("it sent a record of a kind that applications don't send");
        }
        let length = usize::from(u16::from_be_bytes([length_high, length_low]));
        let whole = HEAD_BYTES + length + usize::from(padding);
        if self.0.len() < whole {
            return Ok(None);
        }
        let mut record = self.0.split_to(whole).freeze();
        record.advance(HEAD_BYTES);
        record.truncate(length);
        Ok(Some(match kind {
            STDOUT => Record::Stdout(record),
            STDERR => Record::Stderr(record),
            _ => match record.get(4) {
                Some(&protocol_status) if length == 8 => Record::End { protocol_status },
                _ => return Err("the record that ends its answer has another length"),
            },
        }))
    }
}

/// The records that begin a request with those parameters.
pub(super) fn opening(params: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(params.len() + 64);
    head(BEGIN_REQUEST, 8, &mut bytes);
    bytes.extend_from_slice(&RESPONDER.to_be_bytes());
    // No flags: the application closes the connection once it has answered.
    bytes.extend_from_slice(&[0; 6]);
    for part in params.chunks(MAX_CONTENT_BYTES) {
        head(PARAMS, part.len(), &mut bytes);
        bytes.extend_from_slice(part);
    }
    head(PARAMS, 0, &mut bytes);
    bytes
}

/// The records of a part of a request's body; of nothing, the one that ends it.
pub(super) fn stdin(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + HEAD_BYTES);
    if data.is_empty() {
        head(STDIN, 0, &mut bytes);
    }
    for part in data.chunks(MAX_CONTENT_BYTES) {
        head(STDIN, part.len(), &mut bytes);
        bytes.extend_from_slice(part);
    }
    bytes
}

fn head(kind: u8, length: usize, into: &mut Vec<u8>) {
    let length = u16::try_from(length).expect("parts have at most 65,528 bytes");
    let [id_high, id_low] = ID.to_be_bytes();
    let [length_high, length_low] = length.to_be_bytes();
    into.extend_from_slice(&[
        VERSION,
        kind,
        id_high,
        id_low,
        length_high,
        length_low,
        0,
        0,
    ]);
}

/// A name and a value, as PARAMS holds them (§3.4).
pub(super) fn push_pair(name: &str, value: &[u8], into: &mut Vec<u8>) {
    for length in [name.len(), value.len()] {
        match u8::try_from(length) {
            Ok(short) if short < 0x80 => into.push(short),
            _ => {
                let long = u32::try_from(length).expect("heads of requests are short");
                into.extend_from_slice(&(long | 0x8000_0000).to_be_bytes());
            }
        }
    }
    into.extend_from_slice(name.as_bytes());
    into.extend_from_slice(value);
}

/// Whether those bytes are a whole answer of an application, or begin one. For whoever tries the parser with any bytes.
#[must_use]
pub fn is_fastcgi_answer(bytes: &[u8]) -> bool {
    let (mut records, mut gathering) = (Records::default(), Some(Gathering::default()));
    records.push(bytes);
    loop {
        match records.next() {
            Err(_) => return false,
            Ok(None) => return true,
            Ok(Some(Record::Stdout(part))) => {
                let Some(head) = &mut gathering else { continue };
                match head.take(&part) {
                    Err(_) => return false,
                    Ok(Some(_)) => gathering = None,
                    Ok(None) => {}
                }
            }
            Ok(Some(Record::Stderr(_))) => {}
            Ok(Some(Record::End { protocol_status })) => {
                return protocol_status == 0 && gathering.is_none();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record as an application writes it, padded.
    fn record(kind: u8, content: &[u8], padding: u8) -> Vec<u8> {
        let mut bytes = Vec::new();
        head(kind, content.len(), &mut bytes);
        bytes[6] = padding;
        bytes.extend_from_slice(content);
        bytes.extend(std::iter::repeat_n(0, padding.into()));
        bytes
    }

    fn answer() -> Vec<u8> {
        let mut bytes = record(STDERR, b"PHP Notice", 6);
        bytes.extend(record(
            STDOUT,
            b"Status: 404 Not Found\r\nContent-Type: text",
            0,
        ));
        bytes.extend(record(STDOUT, b"/html\r\n\r\n<p>no", 3));
        bytes.extend(record(STDOUT, b"", 0));
        bytes.extend(record(END_REQUEST, &[0; 8], 0));
        bytes
    }

    fn all(pieces: &[&[u8]]) -> Result<Vec<Record>, &'static str> {
        let (mut records, mut found) = (Records::default(), Vec::new());
        for piece in pieces {
            records.push(piece);
            while let Some(record) = records.next()? {
                found.push(record);
            }
        }
        Ok(found)
    }

    #[test]
    fn records_are_the_same_however_they_are_cut() {
        let bytes = answer();
        let whole = all(&[&bytes]).unwrap();
        assert_eq!(whole.len(), 5);
        assert_eq!(whole[4], Record::End { protocol_status: 0 });
        for at in 0..=bytes.len() {
            let (one, other) = bytes.split_at(at);
            assert_eq!(all(&[one, other]).unwrap(), whole, "cut at {at}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(all(&single).unwrap(), whole);
    }

    #[test]
    fn a_cut_answer_begins_one_and_damage_is_an_error_or_another_record() {
        let bytes = answer();
        for end in 0..=bytes.len() {
            assert!(is_fastcgi_answer(&bytes[..end]), "{end} bytes");
        }
        // The first byte says the version, the second a kind, the two after it the request.
        for (place, byte) in [(0, 2), (1, STDIN), (1, 99), (2, 1), (3, 2)] {
            let mut wrong = bytes.clone();
            wrong[place] = byte;
            assert!(all(&[&wrong]).is_err(), "byte {place} is {byte}");
        }
        for length in [0, 7, 9] {
            assert!(all(&[&record(END_REQUEST, &[0; 9][..length], 0)]).is_err());
        }
        assert!(
            !is_fastcgi_answer(&record(END_REQUEST, &[0; 8], 0)),
            "no head"
        );
        assert!(!is_fastcgi_answer(&record(STDOUT, b"no head\n\n", 0)));
    }

    #[test]
    fn what_is_sent_is_as_the_specification_draws_it() {
        let mut params = Vec::new();
        push_pair("A", b"bc", &mut params);
        push_pair("LONG", &[b'x'; 200], &mut params);
        assert_eq!(&params[..9], b"\x01\x02Abc\x04\x80\x00\x00");
        assert_eq!(&params[9..14], b"\xc8LONG");
        let bytes = opening(&params);
        let begun = [1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        assert_eq!(bytes[..16], begun);
        assert_eq!(bytes[16..24], [1, PARAMS, 0, 1, 0, 214, 0, 0]);
        assert_eq!(bytes[24 + 214 - 1], b'x');
        assert_eq!(bytes[24 + 214..], [1, PARAMS, 0, 1, 0, 0, 0, 0]);
        assert_eq!(stdin(b""), [1, STDIN, 0, 1, 0, 0, 0, 0]);
        let long = stdin(&[7; 70_000]);
        assert_eq!(long.len(), 70_000 + 2 * HEAD_BYTES);
        assert_eq!(long[..6], [1, STDIN, 0, 1, 0xff, 0xf8]);
    }
}
