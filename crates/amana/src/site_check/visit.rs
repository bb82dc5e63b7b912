//! One request to a site as a visitor would make it, and what came.

use std::fmt;
use std::net::SocketAddr;

use amana_ledger::Hash;
use amana_sites::Address;
use amana_tls::Place;
use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, ACCEPT_LANGUAGE, HOST, REFERER, USER_AGENT};
use http::{HeaderMap, Request, StatusCode, Version};
use http_body_util::Empty;
use serde::Serialize;

/// How a visitor looks to the server.
pub(crate) struct Face {
    /// For the report.
    pub(crate) name: &'static str,
    /// Whether it speaks HTTP/2 where TLS is.
    pub(crate) speaks_h2: bool,
    agent: &'static str,
    encoding: &'static str,
    language: &'static str,
    referer: Option<&'static str>,
    /// What a browser says besides of where it goes.
    more: &'static [(&'static str, &'static str)],
}

const ACCEPT_PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// Intruders show their work to some visitors: to those of search engines, to those who come from one, to telephones.
pub(crate) const FACES: [Face; 4] = [
    Face {
        name: "a desk, uncompressed",
        speaks_h2: false,
        agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        encoding: "identity",
        language: "fr",
        referer: None,
        more: &[
            ("accept", ACCEPT_PAGES),
            ("upgrade-insecure-requests", "1"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-user", "?1"),
        ],
    },
    Face {
        name: "a telephone, gzip",
        speaks_h2: true,
        agent: "Mozilla/5.0 (Linux; Android 13; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
        encoding: "gzip",
        language: "en",
        referer: None,
        more: &[
            ("accept", "*/*"),
            ("sec-fetch-dest", "script"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-fetch-site", "same-origin"),
            ("dnt", "1"),
        ],
    },
    Face {
        name: "a search engine, brotli",
        speaks_h2: false,
        agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        encoding: "br",
        language: "",
        referer: None,
        more: &[
            ("accept", ACCEPT_PAGES),
            ("from", "googlebot(at)googlebot.com"),
        ],
    },
    Face {
        name: "somebody from a search engine, zstd",
        speaks_h2: true,
        agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0 Safari/537.36",
        encoding: "zstd",
        language: "fr-FR,fr;q=0.9",
        referer: Some("https://www.google.com/"),
        more: &[
            ("accept", ACCEPT_PAGES),
            ("upgrade-insecure-requests", "1"),
            ("sec-ch-ua-mobile", "?0"),
            ("sec-ch-ua-platform", "\"Windows\""),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-user", "?1"),
            ("cache-control", "max-age=0"),
        ],
    },
];

/// An address, asked for by one kind of visitor at one machine.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) address: Address,
    pub(crate) face: &'static Face,
    pub(crate) at: SocketAddr,
}

impl fmt::Display for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}, at {}", self.address, self.face.name, self.at)
    }
}

impl Visit {
    /// The request, in the form of that version of HTTP.
    pub(crate) fn request(&self, place: &Place, version: Version) -> Result<Request<Empty<Bytes>>> {
        let host = match (place.is_tls, place.port) {
            (true, 443) | (false, 80) => place.host.clone(),
            _ => place.authority(),
        };
        let Face {
            agent,
            encoding,
            language,
            referer,
            more,
            ..
        } = self.face;
        let mut request = Request::builder()
            .header(USER_AGENT, *agent)
            .header(ACCEPT_ENCODING, *encoding);
        request = match version {
            Version::HTTP_2 => request.uri(format!("https://{host}{}", self.address)),
            _ => request.uri(self.address.as_str()).header(HOST, host),
        };
        if !language.is_empty() {
            request = request.header(ACCEPT_LANGUAGE, *language);
        }
        if let Some(referer) = referer {
            request = request.header(REFERER, *referer);
        }
        for (name, value) in *more {
            request = request.header(*name, *value);
        }
        Ok(request.version(version).body(Empty::new())?)
    }
}

/// What came.
pub(crate) struct Answered {
    pub(crate) asked: HeaderMap,
    pub(crate) version: Version,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Of the unpacked body; nothing when it was longer than it may be, or couldn't be unpacked.
    pub(crate) sha256: Option<Hash>,
    /// As it came over the line, its beginning at least.
    pub(crate) body: Bytes,
}

/// A request and its answer, kept as evidence.
#[derive(Serialize)]
pub(crate) struct Kept {
    address: String,
    seen_as: &'static str,
    /// The machine that answered.
    at: String,
    version: String,
    request_headers: Vec<(String, String)>,
    status: u16,
    headers: Vec<(String, String)>,
    /// The first mebibyte, in base64, as it came over the line.
    body: String,
}

impl Answered {
    /// As evidence.
    pub(crate) fn kept(&self, visit: &Visit) -> Kept {
        Kept {
            address: visit.address.to_string(),
            seen_as: visit.face.name,
            at: visit.at.to_string(),
            version: format!("{:?}", self.version),
            request_headers: listed(&self.asked),
            status: self.status.as_u16(),
            headers: listed(&self.headers),
            body: STANDARD.encode(&self.body),
        }
    }
}

fn listed(headers: &HeaderMap) -> Vec<(String, String)> {
    let said = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.to_string(), said(value)))
        .collect()
}
