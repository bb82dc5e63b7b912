//! The messages of SFTP, version 3 (draft-ietf-secsh-filexfer-02), which is the one that programs speak: parsed once, so that
//! a session sees nothing malformed.
//!
//! A message is `length (4) ‖ kind (1) ‖ id (4) ‖ fields`, integers big-endian, strings `length (4) ‖ bytes`.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

/// The longest message that is taken, without its length: 256 KiB, as OpenSSH's.
pub(super) const MAX_MESSAGE_BYTES: u32 = 256 * 1024;
/// The most bytes that one READ gives.
pub(super) const MAX_READ_BYTES: u32 = 128 * 1024;

/// What a message that can't be understood is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Malformed;

/// Why a request was refused, by the protocol's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Code {
    Ok = 0,
    Eof = 1,
    NoSuchFile = 2,
    PermissionDenied = 3,
    Failure = 4,
    BadMessage = 5,
    Unsupported = 8,
}

/// How a file is opened (§6.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flags(u32);

impl Flags {
    pub(super) fn writes(self) -> bool {
        self.0 & 0x02 != 0
    }

    pub(super) fn appends(self) -> bool {
        self.0 & 0x04 != 0
    }

    pub(super) fn creates(self) -> bool {
        self.0 & 0x08 != 0
    }

    pub(super) fn truncates(self) -> bool {
        self.0 & 0x10 != 0
    }

    pub(super) fn excludes(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// What is known of a file, or asked of it (§5).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Attributes {
    pub(super) size_bytes: Option<u64>,
    pub(super) permissions: Option<u32>,
    pub(super) modified_s: Option<u32>,
    /// Whether owners or anything else is there, none of which is kept.
    pub(super) others: bool,
}

/// What is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Request {
    Init,
    Open(String, Flags),
    Close(u32),
    Read(u32, u64, u32),
    Write(u32, u64, Bytes),
    Stat(String),
    StatOpen(u32),
    Set(String, Attributes),
    SetOpen(u32, Attributes),
    OpenFolder(String),
    ReadFolder(u32),
    Remove(String),
    MakeFolder(String),
    RemoveFolder(String),
    RealPath(String),
    /// In place of what is there, if so said.
    Rename(String, String, bool),
    /// A name that isn't UTF-8, or a handle that isn't ours.
    Nameless,
    /// Links, and extensions that weren't offered.
    Unknown,
}

/// Parses a message without its length: what is asked, and the id that its answer carries.
///
/// # Errors
/// [`Malformed`] for what breaks off or isn't a request.
pub(super) fn parse(mut message: Bytes) -> Result<(u32, Request), Malformed> {
    let kind = message.try_get_u8().map_err(|_| Malformed)?;
    let id = integer(&mut message)?;
    let from = &mut message;
    let request = match kind {
        // Of the version that the client speaks nothing depends.
        1 => Request::Init,
        3 => {
            let path = string(from)?;
            let flags = Flags(integer(from)?);
            attributes(from)?;
            named(path, |path| Request::Open(path, flags))
        }
        4 => held(from, Request::Close)?,
        5 => {
            let handle = handle(from)?;
            let (offset, length) = (long(from)?, integer(from)?);
            handle.map_or(Request::Nameless, |handle| {
                Request::Read(handle, offset, length)
            })
        }
        6 => {
            let handle = handle(from)?;
            let (offset, bytes) = (long(from)?, string(from)?);
            handle.map_or(Request::Nameless, |handle| {
                Request::Write(handle, offset, bytes)
            })
        }
        7 | 17 => named(string(from)?, Request::Stat),
        8 => held(from, Request::StatOpen)?,
        9 => {
            let (path, wanted) = (string(from)?, attributes(from)?);
            named(path, |path| Request::Set(path, wanted))
        }
        10 => {
            let (handle, wanted) = (handle(from)?, attributes(from)?);
            handle.map_or(Request::Nameless, |handle| Request::SetOpen(handle, wanted))
        }
        11 => named(string(from)?, Request::OpenFolder),
        12 => held(from, Request::ReadFolder)?,
        13 => named(string(from)?, Request::Remove),
        14 => named(string(from)?, Request::MakeFolder),
        15 => named(string(from)?, Request::RemoveFolder),
        16 => named(string(from)?, Request::RealPath),
        18 => renaming(from, false)?,
        19 | 20 => Request::Unknown,
        200 => match &*string(from)? {
            b"posix-rename@openssh.com" => renaming(from, true)?,
            _ => Request::Unknown,
        },
        _ => return Err(Malformed),
    };
    Ok((id, request))
}

fn renaming(from: &mut Bytes, replaces: bool) -> Result<Request, Malformed> {
    let (old, new) = (string(from)?, string(from)?);
    Ok(named(old, |old| {
        named(new, |new| Request::Rename(old, new, replaces))
    }))
}

fn named(bytes: Bytes, request: impl FnOnce(String) -> Request) -> Request {
    match String::from_utf8(bytes.into()) {
        Ok(name) => request(name),
        Err(_) => Request::Nameless,
    }
}

fn held(from: &mut Bytes, request: impl FnOnce(u32) -> Request) -> Result<Request, Malformed> {
    Ok(handle(from)?.map_or(Request::Nameless, request))
}

/// Our handles are four bytes.
fn handle(from: &mut Bytes) -> Result<Option<u32>, Malformed> {
    let bytes = string(from)?;
    Ok(<[u8; 4]>::try_from(&*bytes).ok().map(u32::from_be_bytes))
}

fn attributes(from: &mut Bytes) -> Result<Attributes, Malformed> {
    let flags = integer(from)?;
    let mut wanted = Attributes {
        others: flags & !0x0d != 0,
        ..Attributes::default()
    };
    if flags & 0x01 != 0 {
        wanted.size_bytes = Some(long(from)?);
    }
    if flags & 0x02 != 0 {
        // Owner and group.
        long(from)?;
    }
    if flags & 0x04 != 0 {
        wanted.permissions = Some(integer(from)?);
    }
    if flags & 0x08 != 0 {
        integer(from)?;
        wanted.modified_s = Some(integer(from)?);
    }
    // Extended pairs come last, and nothing after them is read.
    Ok(wanted)
}

fn integer(from: &mut Bytes) -> Result<u32, Malformed> {
    from.try_get_u32().map_err(|_| Malformed)
}

fn long(from: &mut Bytes) -> Result<u64, Malformed> {
    from.try_get_u64().map_err(|_| Malformed)
}

fn string(from: &mut Bytes) -> Result<Bytes, Malformed> {
    let length = usize::try_from(integer(from)?).map_err(|_| Malformed)?;
    if length > from.remaining() {
        return Err(Malformed);
    }
    Ok(from.split_to(length))
}

/// Something in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Named {
    pub(super) name: String,
    /// The line that `ls -l` shows.
    pub(super) line: String,
    pub(super) attributes: Attributes,
}

/// What is answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Version,
    Status(Code, String),
    Handle(u32),
    Data(Bytes),
    Names(Vec<Named>),
    Attributes(Attributes),
}

impl Answer {
    /// That it was done.
    pub(super) fn done() -> Self {
        Self::Status(Code::Ok, String::new())
    }

    /// The message, with its length.
    pub(super) fn message(&self, id: u32) -> Bytes {
        let mut to = BytesMut::new();
        to.put_u32(0);
        match self {
            Self::Version => {
                to.put_u8(2);
                to.put_u32(3);
                put(&mut to, b"posix-rename@openssh.com");
                put(&mut to, b"1");
            }
            Self::Status(code, text) => {
                to.put_u8(101);
                to.put_u32(id);
                to.put_u32(*code as u32);
                put(&mut to, text.as_bytes());
                put(&mut to, b"en");
            }
            Self::Handle(handle) => {
                to.put_u8(102);
                to.put_u32(id);
                put(&mut to, &handle.to_be_bytes());
            }
            Self::Data(bytes) => {
                to.put_u8(103);
                to.put_u32(id);
                put(&mut to, bytes);
            }
            Self::Names(names) => {
                to.put_u8(104);
                to.put_u32(id);
                to.put_u32(length(names.len()));
                for one in names {
                    put(&mut to, one.name.as_bytes());
                    put(&mut to, one.line.as_bytes());
                    put_attributes(&mut to, &one.attributes);
                }
            }
            Self::Attributes(attributes) => {
                to.put_u8(105);
                to.put_u32(id);
                put_attributes(&mut to, attributes);
            }
        }
        let size = length(to.len() - 4);
        to[..4].copy_from_slice(&size.to_be_bytes());
        to.freeze()
    }
}

fn put(to: &mut BytesMut, bytes: &[u8]) {
    to.put_u32(length(bytes.len()));
    to.put_slice(bytes);
}

fn put_attributes(to: &mut BytesMut, attributes: &Attributes) {
    let size = u32::from(attributes.size_bytes.is_some());
    let permissions = u32::from(attributes.permissions.is_some()) << 2;
    let times = u32::from(attributes.modified_s.is_some()) << 3;
    to.put_u32(size | permissions | times);
    if let Some(size_bytes) = attributes.size_bytes {
        to.put_u64(size_bytes);
    }
    if let Some(permissions) = attributes.permissions {
        to.put_u32(permissions);
    }
    if let Some(modified_s) = attributes.modified_s {
        // When it was last read nobody keeps.
        to.put_u32(modified_s);
        to.put_u32(modified_s);
    }
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("answers are made of bounded pieces")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Vec<u8> {
        let mut to = BytesMut::new();
        put(&mut to, bytes);
        to.to_vec()
    }

    fn message(kind: u8, fields: &[&[u8]]) -> Bytes {
        let mut all = vec![kind, 0, 0, 0, 7];
        fields.iter().for_each(|field| all.extend_from_slice(field));
        all.into()
    }

    #[test]
    fn requests_are_read() {
        let (path, handle) = (text("/bureau/été".as_bytes()), text(&[0, 0, 0, 9]));
        let path_read = || "/bureau/été".to_owned();
        let times: &[u8] = &[0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2];
        let wanted = Attributes {
            modified_s: Some(2),
            ..Attributes::default()
        };
        for (sent, read) in [
            (
                message(3, &[&path, &[0, 0, 0, 0x1a], &[0; 4]]),
                Request::Open(path_read(), Flags(0x1a)),
            ),
            (message(4, &[&handle]), Request::Close(9)),
            (
                message(4, &[&text(b"long")[..7], b"x"]),
                Request::Close(u32::from_be_bytes(*b"lonx")),
            ),
            (message(4, &[&text(b"other")]), Request::Nameless),
            (
                message(6, &[&handle, &[0, 0, 0, 0, 0, 0, 1, 0], &text(b"abc")]),
                Request::Write(9, 256, Bytes::from_static(b"abc")),
            ),
            (
                message(9, &[&path, times]),
                Request::Set(path_read(), wanted),
            ),
            (message(17, &[&text(b"\xff")]), Request::Nameless),
            (
                message(200, &[&text(b"posix-rename@openssh.com"), &path, &path]),
                Request::Rename(path_read(), path_read(), true),
            ),
            (
                message(200, &[&text(b"statvfs@openssh.com"), &path]),
                Request::Unknown,
            ),
        ] {
            assert_eq!(parse(sent), Ok((7, read)));
        }
    }

    #[test]
    fn what_breaks_off_is_malformed() {
        let whole = message(6, &[&text(&[0, 0, 0, 9]), &[0; 8], &text(b"abc")]);
        for end in 0..whole.len() {
            assert_eq!(parse(whole.slice(..end)), Err(Malformed), "at {end}");
        }
        assert_eq!(parse(message(99, &[])), Err(Malformed));
        assert_eq!(parse(message(17, &[&[0xff; 4], b"short"])), Err(Malformed));
    }

    #[test]
    fn answers_say_their_length() {
        let one = Named {
            name: "a".into(),
            line: "- a".into(),
            attributes: Attributes {
                size_bytes: Some(5),
                permissions: Some(0o100_600),
                modified_s: Some(1),
                others: false,
            },
        };
        for answer in [
            Answer::Version,
            Answer::done(),
            Answer::Handle(3),
            Answer::Data(Bytes::from_static(b"abc")),
            Answer::Names(vec![one.clone(), one.clone()]),
            Answer::Attributes(one.attributes),
        ] {
            let message = answer.message(7);
            let size = u32::from_be_bytes(message[..4].try_into().expect("four bytes"));
            assert_eq!(size as usize, message.len() - 4, "{answer:?}");
        }
    }
}
