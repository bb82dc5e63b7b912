//! What stands in zip archives (APPNOTE.TXT 6.3.10) and tape archives (POSIX.1-2017, pax), as far as looking for what mustn't be published
//! needs it: names, and contents.

use std::io::{self, Read, SeekFrom};

use super::content::Source;

const BLOCK_BYTES: usize = 512;
/// The end of a zip archive, with the longest remark.
const MAX_END_BYTES: u64 = 22 + 65_535;
/// A zip archive's list of its files at most, and a tape archive's long name.
const MAX_LIST_BYTES: u64 = 64 << 20;
const MAX_NAME_BYTES: u64 = 64 << 10;

/// A file of a zip archive.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) method: u16,
    pub(super) is_encrypted: bool,
    pub(super) packed_bytes: u64,
    header: u64,
}

pub(super) fn is_zip(first: &[u8]) -> bool {
    first.starts_with(b"PK\x03\x04")
}

pub(super) fn is_tar(first: &[u8]) -> bool {
    first.len() >= BLOCK_BYTES && first[257..].starts_with(b"ustar")
}

fn broken() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn number(bytes: &[u8], at: usize, length: usize) -> io::Result<u64> {
    let digits = bytes.get(at..at + length).ok_or_else(broken)?;
    let add = |number: u64, digit: &u8| number << 8 | u64::from(*digit);
    Ok(digits.iter().rev().fold(0, add))
}

/// What a zip archive lists at its end.
pub(super) fn zip_entries(content: &mut dyn Source) -> io::Result<Vec<Entry>> {
    let size = content.seek(SeekFrom::End(0))?;
    let start = size.saturating_sub(MAX_END_BYTES);
    content.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    (&mut *content).take(MAX_END_BYTES).read_to_end(&mut end)?;
    let at = end
        .windows(4)
        .rposition(|four| four == b"PK\x05\x06")
        .ok_or_else(broken)?;
    let length = number(&end, at + 12, 4)?.min(MAX_LIST_BYTES);
    content.seek(SeekFrom::Start(number(&end, at + 16, 4)?))?;
    let mut list = Vec::new();
    (&mut *content).take(length).read_to_end(&mut list)?;
    let mut entries = Vec::new();
    let mut at = 0;
    while list
        .get(at..)
        .is_some_and(|rest| rest.starts_with(b"PK\x01\x02"))
    {
        let field = |place: usize, length: usize| number(&list, at + place, length);
        let name_length = usize::try_from(field(28, 2)?).map_err(|_| broken())?;
        let more = usize::try_from(field(30, 2)? + field(32, 2)?).map_err(|_| broken())?;
        let name = list
            .get(at + 46..at + 46 + name_length)
            .ok_or_else(broken)?;
        entries.push(Entry {
            name: String::from_utf8_lossy(name).into_owned(),
            method: u16::try_from(field(10, 2)?).map_err(|_| broken())?,
            is_encrypted: field(8, 2)? & 1 == 1,
            packed_bytes: field(20, 4)?,
            header: field(42, 4)?,
        });
        at += 46 + name_length + more;
    }
    Ok(entries)
}

/// Where the content of an entry begins: its own header may have other lengths than the list.
pub(super) fn zip_start(content: &mut dyn Source, entry: &Entry) -> io::Result<u64> {
    content.seek(SeekFrom::Start(entry.header))?;
    let mut header = [0; 30];
    content.read_exact(&mut header)?;
    if !is_zip(&header) {
        return Err(broken());
    }
    Ok(entry.header + 30 + number(&header, 26, 2)? + number(&header, 28, 2)?)
}

/// Each file of a tape archive, in its order.
pub(super) fn tar(
    content: &mut dyn Read,
    told: &mut dyn FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let mut long = None;
    loop {
        let mut head = [0; BLOCK_BYTES];
        content.read_exact(&mut head)?;
        if head.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let size = octal(&head[124..136])?;
        let padding = size.next_multiple_of(BLOCK_BYTES as u64) - size;
        let mut body = (&mut *content).take(size);
        match head[156] {
            // A name too long for the header, as GNU and as pax write it.
            kind @ (b'L' | b'x') => {
                let mut text = Vec::new();
                body.by_ref().take(MAX_NAME_BYTES).read_to_end(&mut text)?;
                let text = String::from_utf8_lossy(&text).into_owned();
                let path = || text.lines().find_map(|line| line.split_once(" path="));
                long = match kind {
                    b'L' => Some(text.trim_end_matches('\0').to_owned()),
                    _ => path().map(|(_, path)| path.to_owned()).or(long),
                };
            }
            b'0' | 0 | b'7' => {
                let name = long.take().unwrap_or_else(|| name(&head));
                told(&name, &mut body)?;
            }
            _ => long = None,
        }
        io::copy(&mut body, &mut io::sink())?;
        io::copy(&mut (&mut *content).take(padding), &mut io::sink())?;
    }
}

fn octal(field: &[u8]) -> io::Result<u64> {
    let text = String::from_utf8_lossy(field).into_owned();
    let digits = text.trim_matches(['\0', ' ']);
    // Sizes beyond 8 GiB are written in another way; no site publishes such a file.
    u64::from_str_radix(digits, 8).map_err(|_| broken())
}

fn name(head: &[u8]) -> String {
    let text = |field: &[u8]| {
        let end = field.iter().position(|byte| *byte == 0);
        String::from_utf8_lossy(&field[..end.unwrap_or(field.len())]).into_owned()
    };
    let (prefix, own) = (text(&head[345..500]), text(&head[..100]));
    match prefix.is_empty() {
        true => own,
        false => format!("{prefix}/{own}"),
    }
}
