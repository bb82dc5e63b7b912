//! Questions to a name server and its answers (RFC 1035 §4), as far as an inventory of a zone needs them.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long an answer may take, and how often a question is asked.
const PATIENCE: Duration = Duration::from_secs(4);
const TRIES: u32 = 3;
/// An answer over UDP at most; what doesn't fit is asked for over TCP.
const MAX_UDP_BYTES: usize = 4096;
/// Pointers in one name at most: a name that leads in circles is none.
const MAX_POINTERS: usize = 16;
const HEADER_BYTES: usize = 12;

/// A type of record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// Start of a zone.
    Soa,
    /// A name server.
    Ns,
    /// An IPv4 address.
    A,
    /// An IPv6 address.
    Aaaa,
    /// Another name.
    Cname,
    /// Who takes mail.
    Mx,
    /// Text, such as who may send mail.
    Txt,
    /// Which authorities may sign certificates.
    Caa,
}

impl Kind {
    const ALL: [(Self, u16, &'static str); 8] = [
        (Self::Soa, 6, "SOA"),
        (Self::Ns, 2, "NS"),
        (Self::A, 1, "A"),
        (Self::Aaaa, 28, "AAAA"),
        (Self::Cname, 5, "CNAME"),
        (Self::Mx, 15, "MX"),
        (Self::Txt, 16, "TXT"),
        (Self::Caa, 257, "CAA"),
    ];

    fn code(self) -> u16 {
        Self::ALL[self as usize].1
    }

    /// Its name in a zone file.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].2
    }

    fn of(code: u16) -> Option<Self> {
        let known = Self::ALL.iter().find(|(_, own, _)| *own == code)?;
        Some(known.0)
    }
}

/// A record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Record {
    /// Whose it is, in lower case, without the last dot.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// What it says, as a zone file writes it.
    pub data: String,
    /// For how many seconds it may be remembered.
    pub ttl_s: u32,
}

/// The bytes of a question; nothing for what is no name.
#[must_use]
pub fn question(id: u16, name: &str, kind: Kind) -> Option<Vec<u8>> {
    let mut bytes = id.to_be_bytes().to_vec();
    // One question, recursion desired.
    bytes.extend([1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..64).contains(length))?;
        bytes.push(length);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend(kind.code().to_be_bytes());
    bytes.extend(1_u16.to_be_bytes());
    (bytes.len() < 512).then_some(bytes)
}

/// What a name server said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// These records; none where there is none.
    Records(Vec<Record>),
    /// Too much for UDP.
    Truncated,
}

/// Reads an answer to the question of that id; nothing for what is none.
#[must_use]
pub fn answer(bytes: &[u8], id: u16) -> Option<Said> {
    let head = bytes.get(..HEADER_BYTES)?;
    let number = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let is_answer = number(0) == id && head[2] & 0x80 != 0;
    // No error, or no such name.
    if !is_answer || !matches!(head[3] & 0x0f, 0 | 3) {
        return None;
    }
    if head[2] & 0x02 != 0 {
        return Some(Said::Truncated);
    }
    let mut at = HEADER_BYTES;
    for _ in 0..number(4) {
        at = name_at(bytes, at)?.1 + 4;
    }
    let mut records = Vec::new();
    for _ in 0..number(6) {
        let (name, fixed) = name_at(bytes, at)?;
        let fields = bytes.get(fixed..fixed + 10)?;
        let code = u16::from_be_bytes([fields[0], fields[1]]);
        let ttl_s = u32::from_be_bytes([fields[4], fields[5], fields[6], fields[7]]);
        let length = usize::from(u16::from_be_bytes([fields[8], fields[9]]));
        let start = fixed + 10;
        at = start + length;
        bytes.get(start..at)?;
        if let Some(kind) = Kind::of(code) {
            let data = data(bytes, start, at, kind)?;
            records.push(Record {
                name,
                kind,
                data,
                ttl_s,
            });
        }
    }
    Some(Said::Records(records))
}

/// A record's data, as a zone file writes it.
fn data(bytes: &[u8], start: usize, end: usize, kind: Kind) -> Option<String> {
    let own = bytes.get(start..end)?;
    Some(match kind {
        Kind::A => Ipv4Addr::from(<[u8; 4]>::try_from(own).ok()?).to_string(),
        Kind::Aaaa => Ipv6Addr::from(<[u8; 16]>::try_from(own).ok()?).to_string(),
        Kind::Ns | Kind::Cname => format!("{}.", name_at(bytes, start)?.0),
        Kind::Mx => {
            let preference = u16::from_be_bytes([*own.first()?, *own.get(1)?]);
            format!("{preference} {}.", name_at(bytes, start + 2)?.0)
        }
        Kind::Soa => {
            let (server, next) = name_at(bytes, start)?;
            let (person, next) = name_at(bytes, next)?;
            let mut text = format!("{server}. {person}.");
            for number in bytes.get(next..next + 20)?.chunks_exact(4) {
                let number = u32::from_be_bytes(<[u8; 4]>::try_from(number).ok()?);
                // Writing to a string can't fail.
                let _ = write!(text, " {number}");
            }
            text
        }
        Kind::Txt => {
            let mut parts = Vec::new();
            let mut rest = own;
            while let Some((length, after)) = rest.split_first() {
                let length = usize::from(*length);
                parts.push(quoted(after.get(..length)?));
                rest = &after[length..];
            }
            parts.join(" ")
        }
        Kind::Caa => {
            let length = usize::from(*own.get(1)?);
            let tag = String::from_utf8_lossy(own.get(2..2 + length)?).into_owned();
            format!("{} {tag} {}", own[0], quoted(&own[2 + length..]))
        }
    })
}

/// A character string as a zone file writes it (RFC 1035 §5.1).
fn quoted(bytes: &[u8]) -> String {
    let mut text = "\"".to_owned();
    for byte in bytes {
        match byte {
            b'"' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            other => {
                // Writing to a string can't fail.
                let _ = write!(text, "\\{other:03}");
            }
        }
    }
    text.push('"');
    text
}

/// The name that begins there, and where what follows it begins.
fn name_at(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut after = None;
    let mut pointers = 0;
    loop {
        let length = usize::from(*bytes.get(at)?);
        match length {
            0 => {
                let name = labels.join(".").to_ascii_lowercase();
                return Some((name, after.unwrap_or(at + 1)));
            }
            1..=63 => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                at += 1 + length;
            }
            192.. => {
                after.get_or_insert(at + 2);
                at = (length & 0x3f) << 8 | usize::from(*bytes.get(at + 1)?);
                pointers += 1;
                if pointers > MAX_POINTERS {
                    return None;
                }
            }
            _ => return None,
        }
    }
}

/// Asks a name server; nothing where it doesn't answer, or refuses.
pub async fn ask(server: SocketAddr, id: u16, name: &str, kind: Kind) -> Option<Vec<Record>> {
    let question = question(id, name, kind)?;
    for _ in 0..TRIES {
        let said = timeout(PATIENCE, over_udp(server, &question, id))
            .await
            .ok()
            .flatten();
        match said {
            Some(Said::Records(records)) => return Some(records),
            Some(Said::Truncated) => {
                let said = timeout(PATIENCE, over_tcp(server, &question, id))
                    .await
                    .ok()
                    .flatten();
                if let Some(Said::Records(records)) = said {
                    return Some(records);
                }
            }
            None => {}
        }
    }
    None
}

async fn over_udp(server: SocketAddr, question: &[u8], id: u16) -> Option<Said> {
    let any = match server.ip() {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let socket = UdpSocket::bind((any, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(question).await.ok()?;
    let mut bytes = [0; MAX_UDP_BYTES];
    let length = socket.recv(&mut bytes).await.ok()?;
    answer(&bytes[..length], id)
}

async fn over_tcp(server: SocketAddr, question: &[u8], id: u16) -> Option<Said> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let length = u16::try_from(question.len()).ok()?;
    stream.write_all(&length.to_be_bytes()).await.ok()?;
    stream.write_all(question).await.ok()?;
    let length = stream.read_u16().await.ok()?;
    let mut bytes = vec![0; usize::from(length)];
    stream.read_exact(&mut bytes).await.ok()?;
    answer(&bytes, id)
}
