//! Visits one site, and reads what comes.

use std::collections::HashMap;
use std::io::Read as _;
use std::net::SocketAddr;
use std::time::Duration;

use amana_ledger::Hash;
use amana_tls::{Connector, HTTP_2};
use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sha2::{Digest as _, Sha256};

use super::visit::{Answered, Visit};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// So often, and so long each time, a visitor waits who asks too much.
const MAX_WAITS: usize = 8;
const MAX_WAIT: Duration = Duration::from_secs(30);
/// The longest compressed answer that is unpacked.
const MAX_PACKED_BYTES: u64 = 32 << 20;
/// Of an answer, so much is at hand as evidence.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// Asks one request after another, over one connection for each machine and protocol.
pub(crate) struct Visitor {
    connector: Connector,
    /// The same, offering HTTP/2.
    newer: Connector,
    open: HashMap<(SocketAddr, bool), Line>,
}

/// An open connection.
enum Line {
    Http1(http1::SendRequest<Empty<Bytes>>),
    Http2(http2::SendRequest<Empty<Bytes>>),
}

impl Visitor {
    /// To a site; `newer` is the same way, as [`offering_h2`] makes it.
    pub(crate) fn new(connector: Connector, newer: Connector) -> Self {
        Self {
            connector,
            newer,
            open: HashMap::new(),
        }
    }

    /// Makes a visit, and makes it again when it is told to wait. Of the body at most `max_bytes` are taken.
    ///
    /// # Errors
    /// When nobody answers, twice.
    pub(crate) async fn ask(&mut self, visit: &Visit, max_bytes: u64) -> Result<Answered> {
        for _ in 0..MAX_WAITS {
            let answered = self.ask_now(visit, max_bytes).await?;
            let Some(wait) = wait_of(&answered) else {
                return Ok(answered);
            };
            tokio::time::sleep(wait).await;
        }
        self.ask_now(visit, max_bytes).await
    }

    async fn ask_now(&mut self, visit: &Visit, max_bytes: u64) -> Result<Answered> {
        let place = self.connector.place().clone();
        let told = || format!("{place} does not answer {visit}");
        // A connection that was kept may have been closed meanwhile; the second try takes a new one.
        let first = tokio::time::timeout(PATIENCE, self.once(visit, max_bytes)).await;
        if let Ok(Ok(answered)) = first {
            return Ok(answered);
        }
        let second = tokio::time::timeout(PATIENCE, self.once(visit, max_bytes)).await;
        second.with_context(told)?.with_context(told)
    }

    async fn once(&mut self, visit: &Visit, max_bytes: u64) -> Result<Answered> {
        let wants_h2 = visit.face.speaks_h2 && self.connector.place().is_tls;
        let mut line = match self.open.remove(&(visit.at, wants_h2)) {
            Some(open) => open,
            None => self.dial(visit.at, wants_h2).await?,
        };
        let request = visit.request(self.connector.place(), line.version())?;
        let asked = request.headers().clone();
        let (parts, body) = line.send(request).await?.into_parts();
        let coding = parts
            .headers
            .get("content-encoding")
            .map(|coding| coding.as_bytes().to_vec());
        let read = match coding {
            None => hashed(body, max_bytes).await?,
            Some(coding) => unpacked(body, &coding, max_bytes).await?,
        };
        if read.whole {
            self.open.insert((visit.at, wants_h2), line);
        }
        Ok(Answered {
            asked,
            version: parts.version,
            status: parts.status,
            headers: parts.headers,
            sha256: read.sha256,
            body: read.body,
        })
    }

    async fn dial(&self, at: SocketAddr, wants_h2: bool) -> Result<Line> {
        let connector = match wants_h2 {
            true => &self.newer,
            false => &self.connector,
        };
        let stream = connector.clone().at(at).connect().await?;
        if stream.protocol() != Some(HTTP_2) {
            let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
            // It ends with its last answer; how it ends adds nothing to that.
            tokio::spawn(connection);
            return Ok(Line::Http1(sender));
        }
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Line::Http2(sender))
    }
}

/// How long a server that is asked too much wants its visitor to wait (RFC 9110 §10.2.3).
fn wait_of(answered: &Answered) -> Option<Duration> {
    if answered.status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let wanted = answered.headers.get(RETRY_AFTER)?.to_str().ok()?;
    let wanted = Duration::from_secs(wanted.parse().ok()?);
    (wanted <= MAX_WAIT).then_some(wanted)
}

/// The same way, for visitors who speak HTTP/2 where TLS is.
///
/// # Errors
/// When there is no authority to believe.
pub(crate) fn offering_h2(connector: &Connector) -> Result<Connector> {
    Ok(connector.clone().speaking(&[HTTP_2, b"http/1.1"])?)
}

impl Line {
    fn version(&self) -> Version {
        match self {
            Self::Http1(_) => Version::HTTP_11,
            Self::Http2(_) => Version::HTTP_2,
        }
    }

    async fn send(&mut self, request: Request<Empty<Bytes>>) -> Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
            Self::Http2(sender) => {
                sender.ready().await?;
                Ok(sender.send_request(request).await?)
            }
        }
    }
}

/// A body that was read.
struct Read {
    sha256: Option<Hash>,
    /// Its beginning, as it came.
    body: Bytes,
    /// Whether it was read to its end.
    whole: bool,
}

/// The digest of a body that isn't packed.
async fn hashed(mut body: Incoming, max_bytes: u64) -> Result<Read> {
    let (mut hasher, mut came, mut kept) = (Sha256::new(), 0, Vec::new());
    let mut whole = true;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = MAX_KEPT_BYTES - kept.len();
        kept.extend_from_slice(&data[..data.len().min(room)]);
        came += data.len() as u64;
        if came > max_bytes {
            whole = false;
            break;
        }
        hasher.update(&data);
    }
    Ok(Read {
        sha256: whole.then(|| Hash::from(<[u8; 32]>::from(hasher.finalize()))),
        body: kept.into(),
        whole,
    })
}

async fn unpacked(mut body: Incoming, coding: &[u8], max_bytes: u64) -> Result<Read> {
    let mut packed = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        packed.extend_from_slice(&data);
        ensure!(
            packed.len() as u64 <= MAX_PACKED_BYTES,
            "a compressed answer of more than {MAX_PACKED_BYTES} bytes"
        );
    }
    let sha256 = plain(&packed, coding, max_bytes)?
        .map(|plain| Hash::from(<[u8; 32]>::from(Sha256::digest(&plain))));
    packed.truncate(MAX_KEPT_BYTES);
    Ok(Read {
        sha256,
        body: packed.into(),
        whole: true,
    })
}

/// What is in a packed body; nothing when it is more than it may be, can't be unpacked, or is followed by something else, which some
/// browsers would unpack as well.
fn plain(packed: &[u8], coding: &[u8], max_bytes: u64) -> Result<Option<Vec<u8>>> {
    let read = |reader: &mut dyn std::io::Read| {
        let mut plain = Vec::new();
        // One byte more than it may have: then it isn't the one that was signed.
        let read = reader.take(max_bytes + 1).read_to_end(&mut plain);
        (read.is_ok() && plain.len() as u64 <= max_bytes).then_some(plain)
    };
    let brotli = |packed| read(&mut brotli::Decompressor::new(packed, 4096));
    Ok(match coding {
        b"gzip" => read(&mut flate2::read::MultiGzDecoder::new(packed)),
        b"zstd" => read(&mut zstd::Decoder::new(packed)?),
        // Its reader stops at the stream's end: one that is whole without its last byte has something behind it.
        b"br" => match packed.split_last() {
            Some((_, shorter)) if brotli(shorter).is_none() => brotli(packed),
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(coding: &[u8], text: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        match coding {
            b"gzip" => {
                let mut gzip =
                    flate2::write::GzEncoder::new(&mut packed, flate2::Compression::default());
                gzip.write_all(text).expect("written to memory");
                gzip.finish().expect("written to memory");
            }
            b"zstd" => packed = zstd::encode_all(text, 3).expect("written to memory"),
            _ => {
                let mut brotli = brotli::CompressorWriter::new(&mut packed, 4096, 5, 20);
                brotli.write_all(text).expect("written to memory");
            }
        }
        packed
    }

    #[test]
    fn what_follows_a_packed_body_is_noticed() {
        let text = b"<h1>Budget</h1>".repeat(20);
        for coding in [&b"gzip"[..], b"br", b"zstd"] {
            let whole = packed(coding, &text);
            let unpacked = |bytes: &[u8]| plain(bytes, coding, text.len() as u64).unwrap();
            assert_eq!(unpacked(&whole), Some(text.clone()));
            assert_eq!(unpacked(&whole[..whole.len() - 1]), None);
            assert_eq!(unpacked(&[&whole[..], b"<script>"].concat()), None);
            assert_eq!(unpacked(&whole.repeat(2)), None);
        }
        assert_eq!(plain(b"", b"br", 1).unwrap(), None);
        assert_eq!(plain(&text, b"compress", 1000).unwrap(), None);
    }
}
