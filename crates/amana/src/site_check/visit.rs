//! Asks for pages as different visitors would.

use std::io::Read as _;
use std::time::Duration;

use amana_ledger::Hash;
use amana_sites::Address;
use amana_tls::{Connector, Stream};
use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, HOST, REFERER, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest compressed answer that is unpacked.
const MAX_PACKED_BYTES: u64 = 32 << 20;

/// The longest answer that is kept as evidence.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// How a visitor looks to the server.
pub(crate) struct Face {
    /// For the report.
    pub(crate) name: &'static str,
    agent: &'static str,
    encoding: &'static str,
    language: &'static str,
    referer: Option<&'static str>,
}

/// Intruders show their work to some visitors: to those of search engines, to those who come from one, to telephones.
pub(crate) const FACES: [Face; 4] = [
    Face {
        name: "a desk, uncompressed",
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        encoding: "identity",
        language: "fr",
        referer: None,
    },
    Face {
        name: "a telephone, gzip",
        agent: "Mozilla/5.0 (Linux; Android 13; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
        encoding: "gzip",
        language: "en",
        referer: None,
    },
    Face {
        name: "a search engine, brotli",
        agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        encoding: "br",
        language: "",
        referer: None,
    },
    Face {
        name: "somebody from a search engine, zstd",
        agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36",
        encoding: "zstd",
        language: "fr-FR,fr;q=0.9",
        referer: Some("https://www.google.com/"),
    },
];

/// What came.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Of the unpacked body; nothing when it was longer than it may be, or couldn't be unpacked.
    pub(crate) sha256: Option<Hash>,
}

/// An answer, kept as evidence.
#[derive(Serialize)]
pub(crate) struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    /// In base64, as it came over the line; nothing when it is longer than a mebibyte.
    body: Option<String>,
}

/// Speaks to one site, over one connection at a time.
pub(crate) struct Visitor {
    connector: Connector,
    open: Option<SendRequest<Empty<Bytes>>>,
}

impl Visitor {
    pub(crate) fn new(connector: Connector) -> Self {
        Self {
            connector,
            open: None,
        }
    }

    /// Asks for an address. Of the body at most `max_bytes` are taken.
    ///
    /// # Errors
    /// When nobody answers, twice.
    pub(crate) async fn ask(
        &mut self,
        address: &Address,
        face: &Face,
        max_bytes: u64,
    ) -> Result<Answered> {
        let place = self.connector.place().clone();
        let told = || format!("{place} does not answer {address}");
        let first = tokio::time::timeout(PATIENCE, self.once(address, face, max_bytes)).await;
        if let Ok(Ok(answered)) = first {
            return Ok(answered);
        }
        // A connection that was kept may have been closed meanwhile.
        self.open = None;
        let second = tokio::time::timeout(PATIENCE, self.once(address, face, max_bytes)).await;
        second.with_context(told)?.with_context(told)
    }

    /// Asks once more for what differed, and keeps the answer as it came.
    ///
    /// # Errors
    /// When nobody answers.
    pub(crate) async fn keep(&mut self, address: &str, seen_as: &str) -> Result<Kept> {
        let face = FACES
            .iter()
            .find(|face| face.name == seen_as)
            .unwrap_or(&FACES[0]);
        let mut sender = self.dial().await?;
        let request = self.request(&Address::parse(address)?, face)?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, MAX_KEPT_BYTES).collect().await;
        let headers = parts.headers.iter();
        let said =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        Ok(Kept {
            status: parts.status.as_u16(),
            headers: headers
                .map(|(name, value)| (name.to_string(), said(value)))
                .collect(),
            body: body.ok().map(|body| STANDARD.encode(body.to_bytes())),
        })
    }

    async fn once(&mut self, address: &Address, face: &Face, max_bytes: u64) -> Result<Answered> {
        let mut sender = match self.open.take() {
            Some(open) => open,
            None => self.dial().await?,
        };
        sender.ready().await?;
        let request = self.request(address, face)?;
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let coding = parts
            .headers
            .get("content-encoding")
            .map(|coding| coding.as_bytes().to_vec());
        let (sha256, whole) = match coding {
            None => hashed(body, max_bytes).await?,
            Some(coding) => unpacked(body, &coding, max_bytes).await?,
        };
        if whole {
            self.open = Some(sender);
        }
        Ok(Answered {
            status: parts.status,
            headers: parts.headers,
            sha256,
        })
    }

    fn request(&self, address: &Address, face: &Face) -> Result<Request<Empty<Bytes>>> {
        let place = self.connector.place();
        let host = match (place.is_tls, place.port) {
            (true, 443) | (false, 80) => place.host.clone(),
            _ => place.authority(),
        };
        let mut request = Request::builder()
            .uri(address.as_str())
            .header(HOST, host)
            .header(USER_AGENT, face.agent)
            .header(ACCEPT_ENCODING, face.encoding);
        if !face.language.is_empty() {
            request = request.header(ACCEPT_LANGUAGE, face.language);
        }
        if let Some(referer) = face.referer {
            request = request.header(REFERER, referer);
        }
        Ok(request.body(Empty::new())?)
    }

    async fn dial(&self) -> Result<SendRequest<Empty<Bytes>>> {
        let stream: Stream = self.connector.connect().await?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with its last answer; how it ends adds nothing to that.
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// The digest of a body that isn't packed; whether it was read to its end.
async fn hashed(mut body: Incoming, max_bytes: u64) -> Result<(Option<Hash>, bool)> {
    let (mut hasher, mut came) = (Sha256::new(), 0);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        came += data.len() as u64;
        if came > max_bytes {
            return Ok((None, false));
        }
        hasher.update(&data);
    }
    Ok((Some(Hash::from(<[u8; 32]>::from(hasher.finalize()))), true))
}

async fn unpacked(
    mut body: Incoming,
    coding: &[u8],
    max_bytes: u64,
) -> Result<(Option<Hash>, bool)> {
    let mut packed = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        packed.extend_from_slice(&data);
        if packed.len() as u64 > MAX_PACKED_BYTES {
            bail!("a compressed answer of more than {MAX_PACKED_BYTES} bytes");
        }
    }
    let reader: Box<dyn std::io::Read> = match coding {
        b"gzip" => Box::new(flate2::read::GzDecoder::new(&packed[..])),
        b"br" => Box::new(brotli::Decompressor::new(&packed[..], 4096)),
        b"zstd" => Box::new(zstd::Decoder::new(&packed[..])?),
        _ => return Ok((None, true)),
    };
    let mut plain = Vec::new();
    // One byte more than it may have: then it isn't the one that was signed.
    if reader.take(max_bytes + 1).read_to_end(&mut plain).is_err() || plain.len() as u64 > max_bytes
    {
        return Ok((None, true));
    }
    Ok((
        Some(Hash::from(<[u8; 32]>::from(Sha256::digest(&plain)))),
        true,
    ))
}
