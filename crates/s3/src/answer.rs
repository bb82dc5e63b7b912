//! The last hand on every answer: request ids, whole error documents, no body where HTTP has none.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, HeaderName, HeaderValue, SERVER,
};
use http::{Method, Response, StatusCode};
use s3s::Body;

use crate::hosts::Hosts;
use crate::query::{Query, percent_decode};
use crate::refusal::Refusal;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");
const ID_2: HeaderName = HeaderName::from_static("x-amz-id-2");

/// In an answer's extensions: its tag is written without quotes, as GetObjectAttributes has it.
#[derive(Clone, Copy)]
pub(crate) struct UnquotedTag;

/// What an answer needs to know of its request.
pub(crate) struct Asked {
    is_head: bool,
    uri: http::Uri,
    /// The bucket, where the host names it.
    bucket: Option<String>,
    region: Arc<str>,
    request_id: String,
}

impl Asked {
    pub(crate) fn of<B>(
        request: &http::Request<B>,
        hosts: &Hosts,
        region: Arc<str>,
        request_id: String,
    ) -> Self {
        let host = request.headers().get(HOST);
        let host = host.and_then(|host| host.to_str().ok());
        Self {
            is_head: request.method() == Method::HEAD,
            uri: request.uri().clone(),
            bucket: host.and_then(|host| hosts.label(host)),
            region,
            request_id,
        }
    }

    /// The guard's own answer.
    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response<Body> {
        let mut response = Response::new(Body::from(self.document(refusal.code, &refusal.message)));
        *response.status_mut() = refusal.status;
        *response.headers_mut() = refusal.headers();
        self.finish(response)
    }

    /// Completes an answer of `s3s`, whose errors have no resource, no request id, and often no message.
    pub(crate) fn complete(&self, mut response: Response<Body>) -> Response<Body> {
        let status = response.status();
        if status.is_client_error() || status.is_server_error() {
            let document = response.body().bytes().unwrap_or_default();
            let document = String::from_utf8_lossy(&document);
            let code = element(&document, "Code").unwrap_or("InternalError");
            let message = element(&document, "Message").map(unescape);
            let message = message.as_deref().unwrap_or_else(|| default_message(code));
            *response.body_mut() = Body::from(self.document(code, message));
        } else if response.extensions().get::<UnquotedTag>().is_some() {
            unquote_tag(&mut response);
        }
        self.finish(response)
    }

    fn document(&self, code: &str, message: &str) -> Bytes {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>{}\
             <Resource>{}</Resource><RequestId>{id}</RequestId><HostId>{id}</HostId></Error>",
            escape(code),
            escape(message),
            self.named(code),
            escape(self.uri.path()),
            id = self.request_id,
        )
        .into()
    }

    /// The element that names what isn't there, or where to go instead.
    fn named(&self, code: &str) -> String {
        let path = percent_decode(self.uri.path());
        let path = String::from_utf8_lossy(&path);
        let path = path.strip_prefix('/').unwrap_or(&path);
        let (bucket, key) = match &self.bucket {
            Some(bucket) => (bucket.as_str(), path),
            None => path.split_once('/').unwrap_or((path, "")),
        };
        let query = Query::parse(self.uri.query());
        let (element, name) = match code {
            "NoSuchBucket" => ("BucketName", bucket),
            "NoSuchKey" | "NoSuchVersion" => ("Key", key),
            "AuthorizationHeaderMalformed" => ("Region", &*self.region),
            "NoSuchUpload" => ("UploadId", query.only("uploadId").unwrap_or_default()),
            _ => return String::new(),
        };
        format!("<{element}>{}</{element}>", escape(name))
    }

    fn finish(&self, mut response: Response<Body>) -> Response<Body> {
        // `s3s` has no other status than 200 for HEAD.
        if response.status() == StatusCode::OK && response.headers().contains_key(CONTENT_RANGE) {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let is_bodiless = status == StatusCode::NOT_MODIFIED || status == StatusCode::NO_CONTENT;
        if is_bodiless || (self.is_head && is_error) {
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().remove(CONTENT_LENGTH);
        } else if is_error {
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        }
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("Amana"));
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(ID_2, id.clone());
            headers.insert(REQUEST_ID, id);
        }
        response
    }
}

/// The text of an element of a document that `s3s` wrote: flat, and escaped.
fn element<'d>(document: &'d str, name: &str) -> Option<&'d str> {
    let (_, rest) = document.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, letter| {
            match letter {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                // Control characters have no place in XML 1.0.
                control if control.is_control() => out.push('\u{fffd}'),
                letter => out.push(letter),
            }
            out
        })
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}

fn unquote_tag(response: &mut Response<Body>) {
    let document = response.body().bytes().unwrap_or_default();
    let document = String::from_utf8_lossy(&document)
        .replace("<ETag>\"", "<ETag>")
        .replace("<ETag>&quot;", "<ETag>")
        .replace("\"</ETag>", "</ETag>")
        .replace("&quot;</ETag>", "</ETag>");
    *response.body_mut() = Body::from(document);
}

/// AWS's sentence for a code to which `s3s` gives none.
fn default_message(code: &str) -> &'static str {
    match code {
        "AccessDenied" => "Access Denied",
        "IncompleteBody" => {
            "You did not provide the number of bytes specified by the Content-Length HTTP header"
        }
        "InvalidBucketName" => "The specified bucket is not valid.",
        "InvalidRange" => "The requested range is not satisfiable",
        "InvalidURI" => "Couldn't parse the specified URI.",
        "KeyTooLongError" => "Your key is too long",
        "MalformedXML" => {
            "The XML you provided was not well-formed or did not validate against our published schema"
        }
        "MaxMessageLengthExceeded" => "Your request was too big.",
        "MethodNotAllowed" => "The specified method is not allowed against this resource.",
        "MissingContentLength" => "You must provide the Content-Length HTTP header.",
        "MissingRequestBodyError" => "Request body is empty.",
        "NotImplemented" => "A header you provided implies functionality that is not implemented",
        "SignatureDoesNotMatch" => {
            "The request signature we calculated does not match the signature you provided. Check your key and signing \
             method."
        }
        _ => "The request could not be served.",
    }
}
