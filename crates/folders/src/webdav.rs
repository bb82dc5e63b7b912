//! WebDAV (RFC 4918, classes 1 and 2) with the `dav-server` library: the wire is the library's, the files are ours.

mod answers;
mod files;
mod locks;
mod properties;

use std::error::Error as StdError;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use amana_access::Caller;
use amana_vault::Vault;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Buf;
use dav_server::DavHandler;
use dav_server::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::{Callers, Patience, Tree};
use answers::Answers;
use files::Files;
use locks::Locks;

/// Longest `Authorization` that is read, in bytes.
const MAX_AUTHORIZATION_BYTES: usize = 1024;

/// Folders over HTTP. Cheap to clone; locks are shared by clones, and forgotten at a restart.
#[derive(Clone)]
pub struct WebDav {
    vault: Arc<Vault>,
    callers: Callers,
    patience: Arc<Patience>,
    locks: Locks,
    prefix: String,
}

/// Why nobody is let in.
enum Unknown {
    /// No access key and its secret came.
    Nobody,
    /// Too many wrong ones came: nothing is looked at for so long.
    Waits(Duration),
}

impl WebDav {
    /// On that vault, for those whose keys `callers` knows, below the path `prefix`.
    #[must_use]
    pub fn new(vault: Arc<Vault>, callers: Callers, patience: Arc<Patience>, prefix: &str) -> Self {
        Self {
            vault,
            callers,
            patience,
            locks: Locks::default(),
            prefix: prefix.to_owned(),
        }
    }

    /// Answers one request, from that address. HTTP's Basic authentication names an access key and its secret (RFC 7617); whoever
    /// has none gets 401, whatever was asked, and 429 after too many wrong ones. What was written is told in `x-amana-receipt`,
    /// once for each act.
    pub async fn serve<B, D, E>(
        &self,
        request: Request<B>,
        address: Option<IpAddr>,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = D, Error = E>,
        D: Buf + Send + 'static,
        E: StdError + Send + Sync + 'static,
    {
        let caller = match self.caller(request.headers(), address, Instant::now()) {
            Ok(caller) => caller,
            Err(unknown) => return refused(&unknown),
        };
        if asks_for_everything(&request) {
            // RFC 4918 §9.1 allows to refuse it: a bucket has millions.
            let mut answer = told(
                StatusCode::FORBIDDEN,
                "<?xml version=\"1.0\"?><error xmlns=\"DAV:\"><propfind-finite-depth/></error>\n",
            );
            let xml = HeaderValue::from_static("application/xml; charset=utf-8");
            answer.headers_mut().insert(CONTENT_TYPE, xml);
            return answer;
        }
        let principal = caller.access_key_id.to_string();
        let tree = Arc::new(Tree::new(self.vault.clone(), caller));
        let answers = Arc::new(Answers::default());
        let files = Files::new(tree.clone(), answers.clone());
        let dav = DavHandler::builder()
            .filesystem(Box::new(files))
            .locksystem(Box::new(self.locks.clone()))
            .principal(principal)
            .strip_prefix(self.prefix.clone())
            .build_handler();
        let mut answer = dav.handle(request).await;
        answers.complete(&mut answer);
        for receipt in tree.receipts() {
            if let Ok(receipt) = HeaderValue::try_from(receipt) {
                answer.headers_mut().append("x-amana-receipt", receipt);
            }
        }
        answer
    }

    fn caller(
        &self,
        headers: &HeaderMap,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<Arc<Caller>, Unknown> {
        let pair = basic(headers).ok_or(Unknown::Nobody)?;
        let pair = std::str::from_utf8(&pair).ok();
        let (id, secret) = pair
            .and_then(|pair| pair.split_once(':'))
            .ok_or(Unknown::Nobody)?;
        if let Some(wait) = self.patience.wait(address, id, now) {
            return Err(Unknown::Waits(wait));
        }
        let found = (self.callers)(id);
        let found = found.filter(|(_, known)| known.as_bytes().ct_eq(secret.as_bytes()).into());
        match found {
            Some((caller, _)) => {
                self.patience.right(address, id);
                Ok(caller)
            }
            None => {
                self.patience.wrong(address, id, now);
                Err(Unknown::Nobody)
            }
        }
    }
}

/// What stands in a header of Basic authentication.
fn basic(headers: &HeaderMap) -> Option<Zeroizing<Vec<u8>>> {
    let given = headers.get(AUTHORIZATION)?.to_str().ok()?;
    if given.len() > MAX_AUTHORIZATION_BYTES {
        return None;
    }
    let (scheme, encoded) = given.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = BASE64_STANDARD.decode(encoded.trim()).ok()?;
    Some(Zeroizing::new(pair))
}

fn refused(unknown: &Unknown) -> Response<Body> {
    match unknown {
        Unknown::Nobody => {
            let mut answer = told(
                StatusCode::UNAUTHORIZED,
                "an access key and its secret, please: as user name and password\n",
            );
            let realm = HeaderValue::from_static("Basic realm=\"Amana\", charset=\"UTF-8\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, realm);
            answer
        }
        Unknown::Waits(wait) => {
            let wait_s = wait.as_secs() + 1;
            let mut answer = told(
                StatusCode::TOO_MANY_REQUESTS,
                format!("too many wrong secrets for this access key: try again in {wait_s} s\n"),
            );
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(wait_s));
            answer
        }
    }
}

/// Whether a request asks for all that is in a folder, at any depth.
fn asks_for_everything<B>(request: &Request<B>) -> bool {
    let depth = request.headers().get("depth").map(HeaderValue::as_bytes);
    request.method().as_str() == "PROPFIND"
        && depth.is_some_and(|depth| depth.eq_ignore_ascii_case(b"infinity"))
}

fn told(status: StatusCode, text: impl Into<String>) -> Response<Body> {
    let mut answer = Response::new(Body::from(text.into()));
    *answer.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, plain);
    answer
}
