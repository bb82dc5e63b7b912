//! Asks for one address after another, politely: over one connection, at a pace, as `Retry-After` says.

use std::collections::HashMap;
use std::io::Read as _;
use std::time::Duration;

use amana_tls::{Connector, Trust};
use bytes::Bytes;
use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http::{HeaderName, HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use crate::local::Local;
use crate::site::{Origin, Site, Target};
use crate::warc::parted;
use crate::{Error, Result};

/// From a request to the end of its answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Tries of one address.
const TRIES: u32 = 4;
/// A server's wish to wait is heeded up to this.
const MAX_WAIT: Duration = Duration::from_secs(300);
/// An answer's body at most, unpacked.
const MAX_BODY_BYTES: usize = 512 << 20;

/// What a server answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Names in lower case, in the server's order.
    pub headers: Vec<(String, String)>,
    /// As it came, perhaps packed.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// Its content type, or what is meant by none.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.header("content-type")
            .unwrap_or("application/octet-stream")
    }

    /// Where it sends the visitor, if it does.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        let redirects = matches!(self.status, 301 | 302 | 303 | 307 | 308);
        self.header("location").filter(|_| redirects)
    }

    /// The body without its packing; as it came if the packing is broken or unknown.
    #[must_use]
    pub fn content(&self) -> Vec<u8> {
        let mut plain = Vec::new();
        let limit = MAX_BODY_BYTES as u64;
        let body = self.body.as_slice();
        let read = match self.header("content-encoding") {
            Some("gzip" | "x-gzip") => GzDecoder::new(body).take(limit).read_to_end(&mut plain),
            Some("deflate") if body.first() == Some(&0x78) => {
                ZlibDecoder::new(body).take(limit).read_to_end(&mut plain)
            }
            Some("deflate") => DeflateDecoder::new(body)
                .take(limit)
                .read_to_end(&mut plain),
            _ => return self.body.clone(),
        };
        match read {
            Ok(_) => plain,
            Err(_) => self.body.clone(),
        }
    }

    /// As it stands in the archive.
    pub(crate) fn wire(&self) -> Vec<u8> {
        // The blank belongs there even where no reason follows it (RFC 9112 §4).
        let reason = StatusCode::from_u16(self.status).ok();
        let reason = reason.and_then(|status| status.canonical_reason());
        let mut text = format!(
            "HTTP/1.1 {} {}\r\n",
            self.status,
            reason.unwrap_or_default()
        );
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        let mut wire = text.into_bytes();
        wire.extend_from_slice(&self.body);
        wire
    }

    pub(crate) fn from_wire(wire: &[u8]) -> Option<Self> {
        let (head, body) = parted(wire)?;
        let head = String::from_utf8_lossy(head);
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Some(Self {
            status,
            headers,
            body: body.to_vec(),
        })
    }
}

/// Asks servers.
pub struct Fetcher {
    agent: HeaderValue,
    trust: Trust,
    /// Between the beginnings of two requests.
    pace: Duration,
    next: Instant,
    connectors: HashMap<String, Connector>,
    /// Answers for the site itself, in place of who has its name on the network.
    local: Option<Local>,
    /// The connection that is open, and to whom.
    open: Option<(String, SendRequest<Empty<Bytes>>)>,
}

impl Fetcher {
    /// That says who it is by `agent`, and asks at most `rate` times a second; `local` answers for the site itself.
    ///
    /// # Errors
    /// When `agent` can't stand in a header.
    pub fn new(agent: &str, trust: Trust, rate: f64, local: Option<Local>) -> Result<Self> {
        let value = HeaderValue::from_str(agent).map_err(|error| Error::Url {
            text: agent.to_owned(),
            why: error.to_string(),
        })?;
        Ok(Self {
            agent: value,
            trust,
            pace: Duration::from_secs_f64(1.0 / rate.clamp(0.01, 10_000.0)),
            next: Instant::now(),
            connectors: HashMap::new(),
            local,
            open: None,
        })
    }

    /// Asks no faster than that from now on.
    pub fn at_most_every(&mut self, pace: Duration) {
        self.pace = self.pace.max(pace.min(MAX_WAIT));
    }

    /// Asks for a target, again where trying again may help.
    ///
    /// # Errors
    /// In words, when it isn't to be had.
    pub async fn get(&mut self, site: &Site, target: &Target) -> Result<Answer, String> {
        let origin = match target.asset_host {
            Some(host) => &site.assets[host],
            None => &site.home,
        };
        let mut tries = 0;
        loop {
            tries += 1;
            sleep_until(self.next).await;
            self.next = Instant::now() + self.pace;
            let asked = match &self.local {
                Some(local) if target.asset_host.is_none() => {
                    timeout(PATIENCE, local.get(origin, &target.path)).await
                }
                _ => timeout(PATIENCE, self.once(origin, &target.path)).await,
            };
            let asked = asked.unwrap_or_else(|_| Err("no whole answer came in time".to_owned()));
            if asked.is_err() {
                self.open = None;
            }
            let wait = match &asked {
                Ok(answer) if !matches!(answer.status, 429 | 502 | 503 | 504) => return asked,
                Ok(answer) => answer
                    .header("retry-after")
                    .and_then(|seconds| seconds.trim().parse().ok())
                    .map(Duration::from_secs),
                Err(_) => None,
            };
            if tries == TRIES {
                return asked;
            }
            let own = self.pace * 2_u32.pow(tries) + Duration::from_millis(250);
            sleep(wait.unwrap_or(own).min(MAX_WAIT)).await;
        }
    }

    /// The head of the request for a target, as it is sent; nothing where it isn't sent by HTTP.
    #[must_use]
    pub fn head(&self, site: &Site, target: &Target) -> Option<String> {
        if self.local.is_some() && target.asset_host.is_none() {
            return None;
        }
        let origin = match target.asset_host {
            Some(host) => &site.assets[host],
            None => &site.home,
        };
        let request = self.request(origin, &target.path).ok()?;
        let mut text = format!("GET {} HTTP/1.1\r\n", target.path);
        for (name, value) in request.headers() {
            text.push_str(&format!(
                "{name}: {}\r\n",
                String::from_utf8_lossy(value.as_bytes())
            ));
        }
        text.push_str("\r\n");
        Some(text)
    }

    fn request(&self, origin: &Origin, path: &str) -> Result<Request<Empty<Bytes>>, String> {
        Request::get(path)
            .header(header::HOST, &origin.authority)
            .header(header::USER_AGENT, self.agent.clone())
            .header(header::ACCEPT, "*/*")
            .header(header::ACCEPT_ENCODING, "gzip")
            .body(Empty::new())
            .map_err(|error| error.to_string())
    }

    async fn once(&mut self, origin: &Origin, path: &str) -> Result<Answer, String> {
        let mut sender = self.connected(origin).await?;
        let request = self.request(origin, path)?;
        let answer = sender.send_request(request).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await;
        let body = body.map_err(|error| error.to_string())?.to_bytes().to_vec();
        self.open = Some((origin.url(), sender));
        let headers = parts.headers.iter().filter_map(kept).collect();
        Ok(Answer {
            status: parts.status.as_u16(),
            headers,
            body,
        })
    }

    async fn connected(&mut self, origin: &Origin) -> Result<SendRequest<Empty<Bytes>>, String> {
        let url = origin.url();
        if let Some((open, mut sender)) = self.open.take()
            && open == url
            && sender.ready().await.is_ok()
        {
            return Ok(sender);
        }
        let connector = match self.connectors.get(&url) {
            Some(connector) => connector.clone(),
            None => {
                let place = url
                    .parse()
                    .map_err(|error: amana_tls::Error| error.to_string())?;
                let connector = Connector::new(place, self.trust.clone());
                let connector = connector.map_err(|error| error.to_string())?;
                self.connectors.insert(url, connector.clone());
                connector
            }
        };
        let stream = connector
            .connect()
            .await
            .map_err(|error| error.to_string())?;
        let shaken = handshake(TokioIo::new(stream)).await;
        let (sender, connection) = shaken.map_err(|error| error.to_string())?;
        // Its end is told to whoever waits for an answer on it.
        tokio::spawn(async move { connection.await.ok() });
        Ok(sender)
    }
}

/// A header as it is kept: not those of the connection, which the archive's bytes would belie.
fn kept((name, value): (&HeaderName, &HeaderValue)) -> Option<(String, String)> {
    let of_connection = [
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
    ];
    // What isn't UTF-8 was ISO-8859-1 in headers, and in places that servers redirect to.
    let value = match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().iter().copied().map(char::from).collect(),
    };
    (!of_connection.contains(name)).then(|| (name.as_str().to_owned(), value))
}
