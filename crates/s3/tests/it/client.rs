//! A client that signs as it should, and sends what it is told to.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::signature::{
    Covered, Key, encode, query_string, scope, sha256, sign_chunk, sign_request, sign_trailer,
    signed_names, stamp,
};

/// How the payload stands in the signature.
#[derive(Clone, Debug)]
pub(crate) enum Payload {
    /// Its hash.
    Hashed,
    /// Whatever this says.
    Said(String),
    /// `aws-chunked`, in chunks of so many bytes, perhaps with a trailer.
    Chunked {
        signed: bool,
        chunk_bytes: usize,
        trailer: Option<(String, String)>,
    },
}

/// A request to be.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) host: Option<String>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Vec<(String, String)>,
    /// Headers put on after the signature.
    pub(crate) unsigned: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) payload: Payload,
    pub(crate) skew_s: i64,
    /// Changes the bytes of the body after all is signed.
    pub(crate) tamper: Option<fn(&mut Vec<u8>)>,
    pub(crate) with_length: bool,
}

impl Call {
    /// `path` is not encoded yet.
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.into(),
            path: path.into(),
            host: None,
            query: Vec::new(),
            headers: Vec::new(),
            unsigned: Vec::new(),
            body: Vec::new(),
            payload: Payload::Hashed,
            skew_s: 0,
            tamper: None,
            with_length: true,
        }
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn unsigned(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.into(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self.payload = payload;
        self
    }

    /// The request's head and body, signed in its headers.
    pub(crate) fn signed(&self, key: &Key, address: &str) -> Vec<u8> {
        let stamp = stamp(self.skew_s);
        let path = encode(&self.path, true);
        let mut headers = self.headers.clone();
        headers.push(("host".into(), self.host(address)));
        headers.push(("x-amz-date".into(), stamp.clone()));
        let payload = match &self.payload {
            Payload::Hashed => sha256(&self.body),
            Payload::Said(said) => said.clone(),
            Payload::Chunked {
                signed, trailer, ..
            } => {
                let length = self.body.len().to_string();
                headers.push(("x-amz-decoded-content-length".into(), length));
                if let Some((name, _)) = trailer {
                    headers.push(("x-amz-trailer".into(), name.clone()));
                }
                match (signed, trailer) {
                    (true, None) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                    (true, Some(_)) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
                    (false, _) => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
                }
                .into()
            }
        };
        headers.push(("x-amz-content-sha256".into(), payload.clone()));
        let signature = sign_request(
            key,
            &stamp,
            &Covered {
                method: &self.method,
                path: &path,
                query: &self.query,
                headers: &headers,
                payload: &payload,
            },
        );
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={signature}",
            key.id,
            scope(&stamp),
            signed_names(&headers)
        );
        headers.push(("authorization".into(), authorization));
        let body = self.framed(key, &stamp, &signature);
        self.written(&path, &query_string(&self.query), &headers, body)
    }

    /// The URL's path and query, presigned for so many seconds.
    pub(crate) fn presigned(&self, key: &Key, address: &str, expires: &str) -> String {
        let stamp = stamp(self.skew_s);
        let path = encode(&self.path, true);
        let mut headers = self.headers.clone();
        headers.push(("host".into(), self.host(address)));
        let mut query = self.query.clone();
        for (name, value) in [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
            ("X-Amz-Credential", format!("{}/{}", key.id, scope(&stamp))),
            ("X-Amz-Date", stamp.clone()),
            ("X-Amz-Expires", expires.to_owned()),
            ("X-Amz-SignedHeaders", signed_names(&headers)),
        ] {
            query.push((name.into(), value));
        }
        let signature = sign_request(
            key,
            &stamp,
            &Covered {
                method: &self.method,
                path: &path,
                query: &query,
                headers: &headers,
                payload: "UNSIGNED-PAYLOAD",
            },
        );
        format!(
            "{path}?{}&X-Amz-Signature={signature}",
            query_string(&query)
        )
    }

    /// A request that carries its signature in `path_and_query`, or none.
    pub(crate) fn bare(&self, path_and_query: &str, address: &str) -> Vec<u8> {
        let mut headers = self.headers.clone();
        headers.push(("host".into(), self.host(address)));
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        self.written(path, query, &headers, self.body.clone())
    }

    fn host(&self, address: &str) -> String {
        self.host.clone().unwrap_or_else(|| address.to_owned())
    }

    fn written(
        &self,
        path: &str,
        query: &str,
        headers: &[(String, String)],
        mut body: Vec<u8>,
    ) -> Vec<u8> {
        if let Some(tamper) = self.tamper {
            tamper(&mut body);
        }
        let question = if query.is_empty() { "" } else { "?" };
        let mut request = format!("{} {path}{question}{query} HTTP/1.1\r\n", self.method);
        for (name, value) in headers.iter().chain(&self.unsigned) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.with_length && (!body.is_empty() || matches!(&*self.method, "PUT" | "POST")) {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        request.push_str("connection: close\r\n\r\n");
        [request.into_bytes(), body].concat()
    }

    fn framed(&self, key: &Key, stamp: &str, seed: &str) -> Vec<u8> {
        let Payload::Chunked {
            signed,
            chunk_bytes,
            trailer,
        } = &self.payload
        else {
            return self.body.clone();
        };
        let mut before = seed.to_owned();
        let mut framed = Vec::new();
        for chunk in self.body.chunks(*chunk_bytes).chain([&[][..]]) {
            framed.extend_from_slice(format!("{:x}", chunk.len()).as_bytes());
            if *signed {
                before = sign_chunk(key, stamp, &before, chunk);
                framed.extend_from_slice(format!(";chunk-signature={before}").as_bytes());
            }
            framed.extend_from_slice(b"\r\n");
            if !chunk.is_empty() {
                framed.extend_from_slice(chunk);
                framed.extend_from_slice(b"\r\n");
            }
        }
        if let Some((name, value)) = trailer {
            framed.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            if *signed {
                let signature = sign_trailer(key, stamp, &before, &format!("{name}:{value}\n"));
                framed.extend_from_slice(
                    format!("x-amz-trailer-signature:{signature}\r\n").as_bytes(),
                );
            }
        }
        framed.extend_from_slice(b"\r\n");
        framed
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The texts of all elements of that name.
    pub(crate) fn all(&self, element: &str) -> Vec<String> {
        self.text()
            .split(&format!("<{element}>"))
            .skip(1)
            .filter_map(|rest| Some(rest.split_once(&format!("</{element}>"))?.0.to_owned()))
            .collect()
    }

    pub(crate) fn one(&self, element: &str) -> String {
        self.all(element).into_iter().next().unwrap_or_default()
    }

    /// Status and code, of an error.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status, self.one("Code"))
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.text()
        );
        self
    }
}

/// So many bytes, none of which repeats too soon.
pub(crate) fn pattern(size: usize) -> Vec<u8> {
    (0..=250).cycle().take(size).collect()
}

/// Sends bytes, and reads until the other side ends.
pub(crate) async fn exchange(address: &str, request: &[u8]) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let request = request.to_vec();
    // A refusal may come, and the connection end, before all is written.
    let writing = tokio::spawn(async move {
        let _ = to.write_all(&request).await;
        to
    });
    let mut answer = Vec::new();
    let _ = from.read_to_end(&mut answer).await;
    let _ = writing.await;
    parse(&answer)
}

fn parse(answer: &[u8]) -> Answer {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("an answer has a head");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().unwrap()[9..12].parse().unwrap();
    if status == 100 {
        return parse(&answer[end + 4..]);
    }
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    let rest = &answer[end + 4..];
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let body = if chunked {
        unchunked(rest)
    } else {
        rest.to_vec()
    };
    Answer {
        status,
        headers,
        body,
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 4 + size..];
    }
    body
}
