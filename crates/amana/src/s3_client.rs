//! A few lines of S3: enough to deposit and read back, each request signed by AWS Signature Version 4 over its headers
//! and the SHA-256 of its body.

use std::net::SocketAddr;

use amana_store::clock;
use anyhow::{Context as _, Result, anyhow, bail};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use crate::client::segment;

/// The longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// Signed, as every region is taken.
const REGION: &str = "us-east-1";
const SIGNED_HEADERS: &str = "host;x-amz-content-sha256;x-amz-date";

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
    host: String,
    sender: SendRequest<Full<Bytes>>,
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
    pub(crate) async fn connect(address: SocketAddr, key: AccessKey) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("no data centre answers at {address}"))?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped; how it ends adds nothing to the answers' own outcomes.
        tokio::spawn(connection);
        Ok(Self {
            key,
            host: address.to_string(),
            sender,
        })
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
        let stamp: String = clock::rfc3339(clock::system_ms())
            .split('.')
            .next()
            .unwrap_or_default()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        let stamp = format!("{stamp}Z");
        let digest = hex::encode(Sha256::digest(&body));
        let request = Request::builder()
            .method(&method)
            .uri(path)
            .header(header::HOST, &self.host)
            // S3 wants the length of an empty body as well.
            .header(header::CONTENT_LENGTH, body.len())
            .header("x-amz-date", &stamp)
            .header("x-amz-content-sha256", &digest)
            .header(
                header::AUTHORIZATION,
                self.authorization(&method, path, &stamp, &digest),
            )
            .body(Full::new(body))?;
        self.sender.ready().await?;
        let (parts, body) = self.sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await;
        let body = body.map_err(|error| anyhow!(error))?.to_bytes();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }

    /// The header that signs a request without a query.
    fn authorization(&self, method: &Method, path: &str, stamp: &str, digest: &str) -> String {
        let (day, _) = stamp.split_at(8);
        let host = &self.host;
        let canonical = format!(
            "{method}\n{path}\n\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n\n{SIGNED_HEADERS}\n{digest}"
        );
        let scope = format!("{day}/{REGION}/s3/aws4_request");
        let canonical = hex::encode(Sha256::digest(canonical));
        let text = format!("AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{canonical}");
        let start = Zeroizing::new(format!("AWS4{}", self.key.secret.as_str()).into_bytes());
        let key = [day, REGION, "s3", "aws4_request"]
            .iter()
            .fold(start, |key, part| Zeroizing::new(mac(&key, part)));
        format!(
            "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={SIGNED_HEADERS}, Signature={}",
            self.key.id,
            hex::encode(mac(&key, &text))
        )
    }
}

impl Answer {
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

    fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!("{} {}", self.status.as_u16(), self.error_code())
    }
}

fn path(bucket: &str, key: &str) -> String {
    let key: Vec<String> = key.split('/').map(segment).collect();
    format!("/{}/{}", segment(bucket), key.join("/"))
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
