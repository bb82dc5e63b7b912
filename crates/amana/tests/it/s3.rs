//! The least of S3: two verbs, signed by AWS Signature Version 4 over an unsigned payload.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use amana_store::clock;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// A program of an institution.
pub(crate) struct S3 {
    host: String,
    id: String,
    secret: String,
}

impl S3 {
    pub(crate) fn new(host: &str, id: &str, secret: &str) -> Self {
        let [host, id, secret] = [host, id, secret].map(str::to_owned);
        Self { host, id, secret }
    }

    /// Status, and the name of the receipt.
    pub(crate) fn put(&self, path: &str, body: &[u8]) -> (u16, String) {
        let (status, head, _) = self.ask("PUT", path, body);
        let receipt = head
            .lines()
            .find_map(|line| line.strip_prefix("x-amana-receipt: "));
        (status, receipt.unwrap_or_default().to_owned())
    }

    /// Status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, Vec<u8>) {
        let (status, _, body) = self.ask("GET", path, b"");
        (status, body)
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n{}\r\n",
            self.host,
            body.len(),
            self.signature(method, path)
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, answer[end + 4..].to_vec())
    }

    fn signature(&self, method: &str, path: &str) -> String {
        let now = clock::rfc3339(clock::system_ms());
        let time = now.split('.').next().unwrap().replace(['-', ':'], "") + "Z";
        let day = &time[..8];
        let canonical = format!(
            "{method}\n{path}\n\nhost:{}\nx-amz-content-sha256:UNSIGNED-PAYLOAD\nx-amz-date:{time}\n\n\
             host;x-amz-content-sha256;x-amz-date\nUNSIGNED-PAYLOAD",
            self.host
        );
        let scope = format!("{day}/us-east-1/s3/aws4_request");
        let hashed = hex::encode(Sha256::digest(canonical.as_bytes()));
        let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashed}");
        let mut key = format!("AWS4{}", self.secret).into_bytes();
        for part in [day, "us-east-1", "s3", "aws4_request", &text] {
            let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
            mac.update(part.as_bytes());
            key = mac.finalize().into_bytes().to_vec();
        }
        format!(
            "x-amz-date: {time}\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={}\r\n",
            self.id,
            hex::encode(key)
        )
    }
}
