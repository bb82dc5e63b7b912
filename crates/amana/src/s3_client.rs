//! A few lines of S3: enough to deposit and read back, each request signed by AWS Signature Version 4 over its headers
//! and the SHA-256 of its body.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use amana_store::clock;
use amana_tls::{Connector, Place, Trust};
use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::client::segment;
use crate::patience::{Moves, Patience, Silent, Watched};

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Signed unless another is named: our own front takes every region.
const REGION: &str = "us-east-1";

/// Who asks: an institution's access key.
#[derive(Clone)]
pub(crate) struct AccessKey {
    /// Its public half.
    pub(crate) id: String,
    /// What requests are signed with.
    pub(crate) secret: Zeroizing<String>,
}

/// One connection, on which requests follow one another.
pub(crate) struct S3Client {
    key: AccessKey,
    connector: Connector,
    host: String,
    region: String,
    patience: Patience,
    /// None before the first request, and after one that failed: what is under way on that connection is nobody's.
    line: Option<Line>,
}

/// A connection that stands.
struct Line {
    sender: SendRequest<Body>,
    moves: Moves,
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request, before it is signed.
pub(crate) struct Call {
    method: Method,
    path: String,
    /// Percent-encoded, in the order in which they are signed.
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    content: Content,
}

/// What a request carries. Its digest is signed, so that content that turns out to be another is refused.
pub(crate) struct Content {
    /// Its length.
    pub(crate) size_bytes: u64,
    /// SHA-256 of it.
    pub(crate) sha256: [u8; 32],
    /// The bytes.
    pub(crate) body: Body,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl S3Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens there.
    pub(crate) async fn connect(
        connector: Connector,
        key: AccessKey,
        patience: Patience,
    ) -> Result<Self> {
        Ok(Self {
            key,
            host: connector.place().authority(),
            region: REGION.to_owned(),
            line: Some(dial(&connector, patience).await?),
            connector,
            patience,
        })
    }

    /// Connects to that address, without TLS.
    ///
    /// # Errors
    /// As [`S3Client::connect`].
    pub(crate) async fn plain(address: SocketAddr, key: AccessKey) -> Result<Self> {
        let place: Place = format!("http://{address}").parse()?;
        let connector = Connector::new(place, Trust::System)?;
        Self::connect(connector, key, Patience::default()).await
    }

    /// Signs for another region.
    pub(crate) fn in_region(mut self, region: &str) -> Self {
        region.clone_into(&mut self.region);
        self
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// When it is refused, or no answer came.
    pub(crate) async fn make_bucket(&mut self, bucket: &str) -> Result<Answer> {
        let path = format!("/{}", segment(bucket));
        self.ask(Method::PUT, &path, Bytes::new()).await?.accepted()
    }

    /// Deposits an object.
    ///
    /// # Errors
    /// When it is refused, or no answer came: then nothing is known of it.
    pub(crate) async fn put(&mut self, bucket: &str, key: &str, body: Bytes) -> Result<Answer> {
        self.ask(Method::PUT, &path(bucket, key), body)
            .await?
            .accepted()
    }

    /// Reads an object; whatever the answer is, it is given.
    ///
    /// # Errors
    /// When no answer came.
    pub(crate) async fn get(&mut self, bucket: &str, key: &str) -> Result<Answer> {
        self.ask(Method::GET, &path(bucket, key), Bytes::new())
            .await
    }

    async fn ask(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer> {
        let call = Call::new(method, path.to_owned()).body(body);
        self.call(call).await
    }

    /// Sends a call, on a new connection if the last one ended; whatever the answer is, it is given.
    ///
    /// # Errors
    /// When no answer came, or the content that was to be sent failed; [`Silent`] when nothing moved for too long.
    pub(crate) async fn call(&mut self, call: Call) -> Result<Answer> {
        // Taken, so that a call that is cut off takes its connection along.
        let mut line = self.line.take();
        if let Some(Line { sender, .. }) = &mut line
            && sender.ready().await.is_err()
        {
            line = None;
        }
        let mut line = match line {
            Some(line) => line,
            None => dial(&self.connector, self.patience).await?,
        };
        let silence = match call.content.size_bytes {
            0 => self.patience.asked,
            _ => self.patience.deposited,
        };
        let request = self.signed(call)?;
        let moves = line.moves.clone();
        let answer = tokio::select! {
            answer = exchange(&mut line.sender, request) => answer?,
            () = moves.stand_still(silence) => bail!(Silent {
                place: self.connector.place().to_string(),
                what: "not a byte moved",
                within: silence.unwrap_or_default(),
            }),
        };
        self.line = Some(line);
        Ok(answer)
    }

    fn signed(&self, call: Call) -> Result<Request<Body>> {
        let stamp: String = clock::rfc3339(clock::system_ms())
            .split('.')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let stamp = format!("{stamp}Z");
        let digest = hex::encode(call.content.sha256);
        let query = call.canonical_query();
        let uri = match query.as_str() {
            "" => call.path.clone(),
            query => format!("{}?{query}", call.path),
        };
        let mut signed = call.headers.clone();
        signed.insert("host".to_owned(), self.host.clone());
        signed.insert("x-amz-content-sha256".to_owned(), digest.clone());
        signed.insert("x-amz-date".to_owned(), stamp.clone());
        let mut request = Request::builder()
            .method(&call.method)
            .uri(uri)
            // S3 wants the length of an empty body as well.
            .header(header::CONTENT_LENGTH, call.content.size_bytes)
            .header(
                header::AUTHORIZATION,
                self.authorization(&call.method, &call.path, &query, &signed, &stamp, &digest),
            );
        for (name, value) in &signed {
            request = request.header(name, value);
        }
        Ok(request.body(call.content.body)?)
    }

    /// The header that signs a request, by all of `signed`.
    fn authorization(
        &self,
        method: &Method,
        path: &str,
        query: &str,
        signed: &BTreeMap<String, String>,
        stamp: &str,
        digest: &str,
    ) -> String {
        let (day, _) = stamp.split_at(8);
        let headers: String = signed
            .iter()
            .map(|(name, value)| format!("{name}:{}\n", value.trim()))
            .collect();
        let names: Vec<&str> = signed.keys().map(String::as_str).collect();
        let names = names.join(";");
        let canonical = format!("{method}\n{path}\n{query}\n{headers}\n{names}\n{digest}");
        let region = &self.region;
        let scope = format!("{day}/{region}/s3/aws4_request");
        let canonical = hex::encode(Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let start = Zeroizing::new(format!("AWS4{}", self.key.secret.as_str()).into_bytes());
        let key = [day, region, "s3", "aws4_request"]
            .iter()
            .fold(start, |key, part| Zeroizing::new(mac(&key, part)));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
            self.key.id,
            hex::encode(mac(&key, &text))
        )
    }
}

impl Call {
    /// Without a query, further headers, or content.
    pub(crate) fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            content: Content::of(Bytes::new()),
        }
    }

    /// With a parameter.
    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.insert(segment(name), segment(value));
        self
    }

    /// With a header, by its name in small letters.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a body in memory.
    pub(crate) fn body(self, body: impl Into<Bytes>) -> Self {
        self.content(Content::of(body.into()))
    }

    /// With content that streams.
    pub(crate) fn content(mut self, content: Content) -> Self {
        self.content = content;
        self
    }

    fn canonical_query(&self) -> String {
        let pairs: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&")
    }
}

impl Content {
    fn of(bytes: Bytes) -> Self {
        Self {
            size_bytes: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            body: Full::new(bytes)
                .map_err(|never| match never {})
                .boxed_unsync(),
        }
    }
}

impl Answer {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The name of the receipt of what was done.
    pub(crate) fn receipt(&self) -> Option<&str> {
        self.headers.get("x-amana-receipt")?.to_str().ok()
    }

    /// The code of an S3 error.
    pub(crate) fn error_code(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let code = text
            .split_once("<Code>")
            .and_then(|(_, rest)| rest.split_once("</Code>"));
        code.map_or_else(String::new, |(code, _)| code.to_owned())
    }

    /// Why something was not done.
    pub(crate) fn said(&self) -> String {
        format!("{} {}", self.status.as_u16(), self.error_code())
    }

    fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!("{}", self.said())
    }
}

async fn dial(connector: &Connector, patience: Patience) -> Result<Line> {
    let place = || connector.place().to_string();
    let dialled = async {
        let stream = connector.connect().await;
        let stream = stream.with_context(|| format!("nobody answers at {}", place()))?;
        let moves = Moves::default();
        let stream = TokioIo::new(Watched::new(stream, moves.clone()));
        let (sender, connection) = handshake(stream).await?;
        // It ends when the sender is dropped; how it ends adds nothing to the answers' own outcomes.
        tokio::spawn(connection);
        anyhow::Ok(Line { sender, moves })
    };
    let Some(within) = patience.connect else {
        return dialled.await;
    };
    let dialled = tokio::time::timeout(within, dialled).await;
    dialled.map_err(|_| Silent {
        place: place(),
        what: "no connection came about",
        within,
    })?
}

async fn exchange(sender: &mut SendRequest<Body>, request: Request<Body>) -> Result<Answer> {
    let (parts, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
    let body = body.map_err(|error| anyhow!(error))?.to_bytes();
    Ok(Answer {
        status: parts.status,
        headers: parts.headers,
        body,
    })
}

/// The path of an object, each part of it encoded.
pub(crate) fn path(bucket: &str, key: &str) -> String {
    let key: Vec<String> = key.split('/').map(segment).collect();
    format!("/{}/{}", segment(bucket), key.join("/"))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
