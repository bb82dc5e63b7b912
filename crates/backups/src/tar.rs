//! Archives as POSIX 1003.1 (ustar, pax) and GNU tar write them, member by member, from a stream.
//!
//! Only reading, and only what a backup holds. Nothing of a name is believed here: it is bytes, and `unpack` judges them.

use std::io::{self, Read};

const BLOCK: usize = 512;
/// A long name, or a member's pax records.
const MAX_EXTENSION_BYTES: u64 = 1 << 20;

/// What a member is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file, whose content is read from the archive.
    File,
    /// A folder.
    Folder,
    /// Another name of a file that stands earlier in the archive.
    Link(Vec<u8>),
    /// A symbolic link, with where it leads.
    Symlink(Vec<u8>),
    /// A device, or a pipe.
    Device,
}

/// A member of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its path, as it stands there.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of its content.
    pub size: u64,
}

/// The members of an archive. As a reader it gives the content of the one that came last.
pub struct Members<R> {
    from: R,
    /// Of the current member's content.
    left: u64,
    padding: u64,
    has_begun: bool,
}

/// What the members before say of the next one.
#[derive(Default)]
struct Extension {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<R: Read> Members<R> {
    /// The members that a stream holds.
    pub fn new(from: R) -> Self {
        Self {
            from,
            left: 0,
            padding: 0,
            has_begun: false,
        }
    }

    /// The next member; nothing at the archive's end. What wasn't read of the last one is passed over.
    ///
    /// # Errors
    /// When the archive is damaged, cut off, or holds what isn't read here.
    pub fn next_member(&mut self) -> io::Result<Option<Member>> {
        let mut extension = Extension::default();
        loop {
            self.pass_over()?;
            let mut header = [0; BLOCK];
            self.block(&mut header)?;
            if header == [0; BLOCK] {
                return Ok(None);
            }
            self.check(&header)?;
            self.has_begun = true;
            let size = number(&header[124..136])?;
            self.expect(size);
            match header[156] {
                b'L' => extension.path = Some(ended(self.extension()?)),
                b'K' => extension.link = Some(ended(self.extension()?)),
                b'x' => extension.read(&self.extension()?)?,
                // What holds for all members that follow: times and charsets, which nobody needs here.
                b'g' | b'V' => {}
                kind => return self.member(&header, kind, extension).map(Some),
            }
        }
    }

    fn member(&mut self, header: &[u8; BLOCK], kind: u8, said: Extension) -> io::Result<Member> {
        if let Some(size) = said.size {
            self.expect(size);
        }
        let link = said
            .link
            .unwrap_or_else(|| text(&header[157..257]).to_vec());
        let path = said.path.unwrap_or_else(|| short_path(header));
        let kind = match kind {
            b'0' | b'7' | 0 if path.ends_with(b"/") => Kind::Folder,
            b'0' | b'7' | 0 => Kind::File,
            b'1' => Kind::Link(link),
            b'2' => Kind::Symlink(link),
            b'3' | b'4' | b'6' => Kind::Device,
            b'5' => Kind::Folder,
            b'S' => return Err(damaged("it was packed with --sparse; pack it without")),
            other => {
                let other = char::from(other).escape_default();
                return Err(damaged(&format!(
                    "a member of a kind ({other}) that isn't known"
                )));
            }
        };
        // A link's size tells of its file; no content follows.
        if matches!(
            kind,
            Kind::Link(_) | Kind::Symlink(_) | Kind::Folder | Kind::Device
        ) {
            self.expect(0);
        }
        Ok(Member {
            path,
            kind,
            size: self.left,
        })
    }

    fn expect(&mut self, size: u64) {
        self.left = size;
        let block = BLOCK as u64;
        self.padding = (block - size % block) % block;
    }

    fn pass_over(&mut self) -> io::Result<()> {
        let rest = self.left.saturating_add(self.padding);
        let passed = io::copy(&mut (&mut self.from).take(rest), &mut io::sink())?;
        if passed < rest {
            return Err(cut_off());
        }
        self.expect(0);
        Ok(())
    }

    fn block(&mut self, block: &mut [u8; BLOCK]) -> io::Result<()> {
        match self.from.read_exact(block) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(cut_off()),
            done => done,
        }
    }

    fn extension(&mut self) -> io::Result<Vec<u8>> {
        if self.left > MAX_EXTENSION_BYTES {
            return Err(damaged("a name that is too long"));
        }
        let mut said = Vec::new();
        self.read_to_end(&mut said)?;
        Ok(said)
    }

    fn check(&self, header: &[u8; BLOCK]) -> io::Result<()> {
        let blank = |(at, byte): (usize, &u8)| match at {
            148..156 => u64::from(b' '),
            _ => u64::from(*byte),
        };
        let sum: u64 = header.iter().enumerate().map(blank).sum();
        let is_right = number(&header[148..156]).is_ok_and(|said| said == sum);
        match (is_right, self.has_begun) {
            (true, _) => Ok(()),
            (false, true) => Err(damaged("it is damaged: a member's checksum is wrong")),
            (false, false) => Err(damaged("it is no tar archive")),
        }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.from.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(cut_off());
        }
        self.left -= read as u64;
        Ok(read)
    }
}

impl Extension {
    /// Records of `length key=value\n`, the length counting itself.
    fn read(&mut self, mut records: &[u8]) -> io::Result<()> {
        let wrong = || damaged("a member's pax records are damaged");
        while !records.is_empty() {
            let blank = records.iter().position(|byte| *byte == b' ');
            let blank = blank.ok_or_else(wrong)?;
            let length = std::str::from_utf8(&records[..blank]).ok();
            let length: usize = length
                .and_then(|text| text.parse().ok())
                .ok_or_else(wrong)?;
            let record = records.get(blank + 1..length).ok_or_else(wrong)?;
            let record = record.strip_suffix(b"\n").ok_or_else(wrong)?;
            let equals = record.iter().position(|byte| *byte == b'=');
            let (key, value) = record.split_at(equals.ok_or_else(wrong)?);
            let value = &value[1..];
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"linkpath" => self.link = Some(value.to_vec()),
                b"size" => {
                    let size = std::str::from_utf8(value).ok();
                    let size = size.and_then(|text| text.parse().ok());
                    self.size = Some(size.ok_or_else(wrong)?);
                }
                _ if key.starts_with(b"GNU.sparse.") => {
                    return Err(damaged("it was packed with --sparse; pack it without"));
                }
                _ => {}
            }
            records = &records[length..];
        }
        Ok(())
    }
}

/// The name in the header, behind the prefix that ustar has; GNU's own format keeps times there.
fn short_path(header: &[u8; BLOCK]) -> Vec<u8> {
    let name = text(&header[..100]);
    let prefix = text(&header[345..500]);
    if prefix.is_empty() || &header[257..263] != b"ustar\0" {
        return name.to_vec();
    }
    [prefix, b"/", name].concat()
}

/// Up to the first NUL.
fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0);
    &field[..end.unwrap_or(field.len())]
}

fn ended(mut name: Vec<u8>) -> Vec<u8> {
    name.truncate(text(&name).len());
    name
}

/// Octal digits, or GNU's binary number, whose first bit is set.
fn number(field: &[u8]) -> io::Result<u64> {
    let wrong = || damaged("it is damaged: a number isn't one");
    if field[0] & 0x80 != 0 {
        let first = u64::from(field[0] & 0x7f);
        let number = field[1..].iter().try_fold(first, |number, byte| {
            number.checked_mul(256)?.checked_add(u64::from(*byte))
        });
        return number.ok_or_else(wrong);
    }
    let digits = text(field).trim_ascii();
    let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
    match digits {
        "" => Ok(0),
        _ => u64::from_str_radix(digits, 8).map_err(|_| wrong()),
    }
}

fn damaged(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

fn cut_off() -> io::Error {
    let why = "it is cut off: its end is missing";
    io::Error::new(io::ErrorKind::UnexpectedEof, why)
}
