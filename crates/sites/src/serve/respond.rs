//! A request's way: which site, which address, which bytes of it in which coding.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
    ETAG, HOST, LOCATION, RANGE, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, Version};

use super::applications::{Rest, Way, only_read};
use super::body::Body;
use super::coding::{Coding, Wishes};
use super::conditions::{self, Verdict};
use super::content::Trouble;
use super::live::{self, FileAnswer, Live, Ready};
use super::ranges::{self, Asked};
use super::{Server, access_log, pages};
use crate::Host;

/// Where authorities ask whether a name is ours (RFC 8555 §8.3).
const CHALLENGES: &str = "/.well-known/acme-challenge/";
/// Facts about the site.
const ABOUT: &str = "/.well-known/amana/";
const FACTS: &str = "/.well-known/amana/site.json";
/// How often a request is answered anew, from an earlier deploy each time.
const MAX_FALLS: usize = 2;

/// The connection that a request came by.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Who calls.
    pub address: IpAddr,
    /// Whether it is under TLS.
    pub is_secure: bool,
    /// The port of the plain listener.
    pub http_port: u16,
    /// The port of the one under TLS, if there is one.
    pub https_port: Option<u16>,
}

impl Server {
    /// Answers one request, and logs it. What follows its head is an application's matter.
    pub async fn answer(self: &Arc<Self>, head: &Parts, rest: Rest, line: &Line) -> Response<Body> {
        let name = host_of(head);
        let mut answer = match name {
            Some(name) => self.of_name(head, rest, name, line).await,
            None => pages::refusal(StatusCode::BAD_REQUEST),
        };
        if head.method == Method::HEAD {
            *answer.body_mut() = Body::empty();
        }
        self.log(head, name, line, &answer);
        answer
    }

    /// What somebody who asks too often is told.
    pub(super) fn refuse_for_now(&self, head: &Parts, line: &Line) -> Response<Body> {
        let mut answer = pages::refusal(StatusCode::TOO_MANY_REQUESTS);
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("1"));
        self.log(head, host_of(head), line, &answer);
        answer
    }

    async fn of_name(
        self: &Arc<Self>,
        head: &Parts,
        rest: Rest,
        name: &str,
        line: &Line,
    ) -> Response<Body> {
        let path = head.uri.path();
        let is_read = matches!(head.method, Method::GET | Method::HEAD);
        if let Some(token) = path.strip_prefix(CHALLENGES).filter(|_| is_read)
            && let Some(proof) = self.certificates.http_proof(token)
        {
            return pages::text(proof);
        }
        let shown = match self.table.shown(name) {
            None => Box::pin(self.preview(name)).await,
            shown => shown,
        };
        let Some(live) = shown else {
            return pages::refusal(StatusCode::MISDIRECTED_REQUEST);
        };
        let way = match path {
            FACTS | ABOUT => Way::Signed,
            _ => self.way(head, &live, line),
        };
        if matches!(way, Way::Signed) && !is_read {
            return only_read();
        }
        let is_certified = self.certificates.is_believed_for(live.host().as_str());
        if !line.is_secure
            && is_certified
            && !live.is_preview()
            && let Some(answer) = to_https(head, name, &live, line)
        {
            return answer;
        }
        let mut answer = match (way, path) {
            (Way::Application { address, upstream }, _) => {
                let whose = (address, upstream);
                // What is asked seldom is kept apart, so that what is asked always is small.
                Box::pin(self.of_application(head, rest, live, whose, (name, line))).await
            }
            (Way::Signed, FACTS) => Box::pin(self.facts(&live)).await,
            (Way::Signed, ABOUT) => pages::about(&live, &self.code_states(&live)),
            (Way::Signed, _) => self.of_site(head, live).await,
        };
        if line.is_secure && is_certified && self.settings.hsts_s > 0 {
            let value = HeaderValue::try_from(format!("max-age={}", self.settings.hsts_s));
            if let Ok(value) = value {
                answer
                    .headers_mut()
                    .entry(STRICT_TRANSPORT_SECURITY)
                    .or_insert(value);
            }
        }
        answer
    }

    /// The deploy that a name means which is a preview's.
    async fn preview(&self, name: &str) -> Option<Arc<Live>> {
        let (number, host) = Host::of_preview(name)?;
        self.table.site(&host)?;
        if let Some(live) = self.table.preview(number, &host) {
            return Some(live);
        }
        match self.source.deploy(&host, number).await {
            Ok(live) => {
                let live = Arc::new(live?.as_preview());
                self.table.keep_preview(live.clone());
                Some(live)
            }
            Err(error) => {
                tracing::warn!(%host, number, %error, "a preview can't be read");
                None
            }
        }
    }

    async fn facts(&self, live: &Live) -> Response<Body> {
        match self.source.facts(live, self.code_states(live)).await {
            Ok(facts) => pages::json(facts),
            Err(error) => {
                tracing::warn!(site = %live.host(), %error, "the facts about a site can't be read");
                pages::refusal(StatusCode::SERVICE_UNAVAILABLE)
            }
        }
    }

    /// Answers from that deploy, or from an earlier one when a file isn't what was signed.
    pub(super) async fn of_site(
        self: &Arc<Self>,
        head: &Parts,
        mut live: Arc<Live>,
    ) -> Response<Body> {
        let target = head
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str());
        for _ in 0..=MAX_FALLS {
            let ready = live.answer(target);
            let file = match &*ready {
                Ready::File(file) => file,
                Ready::Redirect(status, headers) => {
                    return shown(with(*status, headers.clone(), Body::empty()), &live);
                }
                Ready::Missing => return pages::refusal(StatusCode::NOT_FOUND),
                Ready::Wrong => return pages::refusal(StatusCode::BAD_REQUEST),
            };
            match self.file(head, &live, &ready, file).await {
                Ok(answer) => return shown(answer, &live),
                Err(Trouble::Unavailable(error)) => {
                    tracing::error!(site = %live.host(), %error, "content can't be read");
                    break;
                }
                Err(Trouble::Damaged) => match Box::pin(self.fall_back(&live, file)).await {
                    Some(other) => live = other,
                    None => break,
                },
            }
        }
        let mut answer = pages::refusal(StatusCode::SERVICE_UNAVAILABLE);
        answer
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from_static("60"));
        answer
    }

    async fn file(
        &self,
        head: &Parts,
        live: &Arc<Live>,
        ready: &Arc<Ready>,
        answer: &FileAnswer,
    ) -> Result<Response<Body>, Trouble> {
        let range = head
            .headers
            .get(RANGE)
            // Of a GET alone (RFC 9110 §14.2).
            .filter(|_| answer.status == StatusCode::OK && head.method == Method::GET);
        if answer.is_compressible && range.is_none() {
            let wishes = head
                .headers
                .get(ACCEPT_ENCODING)
                .map_or(Wishes::NONE, Wishes::parse);
            for coding in wishes.in_order() {
                let bytes = match self.verified.coded_at_hand(&answer.file, coding) {
                    None => Box::pin(self.verified.coded(live.host(), &answer.file, coding)).await,
                    Some(known) => known,
                };
                if let Some(bytes) = bytes {
                    return Ok(coded(&head.headers, answer, coding, bytes));
                }
            }
        }
        let headers = &answer.plain;
        let etag = etag_of(headers);
        match conditions::judge(&head.headers, etag) {
            _ if answer.status != StatusCode::OK => {}
            Verdict::Send => {}
            Verdict::Unchanged => return Ok(unchanged(headers.clone())),
            Verdict::Other => return Ok(pages::refusal(StatusCode::PRECONDITION_FAILED)),
        }
        let size = answer.file.size;
        let asked = match range {
            Some(range) if conditions::allows_part(&head.headers, etag) => {
                ranges::asked(range, size)
            }
            _ => Asked::Whole,
        };
        let (status, bytes, headers) = match asked {
            Asked::Whole => (answer.status, 0..size, headers.clone()),
            Asked::Part { first, last } => {
                let mut headers = headers.clone();
                let place = format!("bytes {first}-{last}/{size}");
                if let Ok(place) = HeaderValue::try_from(place) {
                    headers.insert(CONTENT_RANGE, place);
                }
                headers.insert(CONTENT_LENGTH, HeaderValue::from(last + 1 - first));
                (StatusCode::PARTIAL_CONTENT, first..last + 1, headers)
            }
            Asked::Nothing => return Ok(no_such_part(size)),
        };
        if head.method == Method::HEAD || bytes.is_empty() {
            return Ok(with(status, headers, Body::empty()));
        }
        // Before the head is sent, so that what isn't right can still be answered from an earlier deploy.
        let (number, place) = answer.file.piece_at(bytes.start);
        let first = match self.verified.at_hand(&answer.file, number) {
            None => Box::pin(self.verified.piece(live.host(), &answer.file, number)).await?,
            Some(first) => first,
        };
        let body = if bytes.end <= place.end {
            let within = |offset: u64| usize::try_from(offset - place.start).unwrap_or(usize::MAX);
            Body::whole(first.slice(within(bytes.start)..within(bytes.end)))
        } else {
            Body::pieces(self.verified.clone(), live.clone(), ready.clone(), bytes)
        };
        Ok(with(status, headers, body))
    }

    fn log(&self, head: &Parts, host: Option<&str>, line: &Line, answer: &Response<Body>) {
        let Some(log) = &self.log else { return };
        log.add(&access_log::Line {
            address: line.address,
            at_s: (self.now_s)(),
            method: head.method.as_str(),
            scheme: if line.is_secure { "https" } else { "http" },
            host: host.unwrap_or("-"),
            target: head
                .uri
                .path_and_query()
                .map_or("/", |target| target.as_str()),
            version: match head.version {
                Version::HTTP_2 => "HTTP/2.0",
                Version::HTTP_10 => "HTTP/1.0",
                _ => "HTTP/1.1",
            },
            status: answer.status().as_u16(),
            body_bytes: answer.body().left_bytes(),
        });
    }
}

fn shown(mut answer: Response<Body>, live: &Live) -> Response<Body> {
    answer.body_mut().is_of_deploy(live.number());
    answer
}

/// The host that is asked for: an absolute target's (and HTTP/2's) before the header (RFC 9112 §3.2.2); none when there are two.
fn host_of(head: &Parts) -> Option<&str> {
    if let Some(authority) = head.uri.authority() {
        return Some(authority.as_str());
    }
    let mut given = head.headers.get_all(HOST).iter();
    let host = given.next()?.to_str().ok()?;
    given.next().is_none().then_some(host)
}

/// The same address under TLS. Whoever came by our own port is sent to our other one; whoever came by the usual port, through
/// whatever forwards it, to the usual one.
fn to_https(head: &Parts, name: &str, live: &Live, line: &Line) -> Option<Response<Body>> {
    let port = line.https_port?;
    let came_by_ours = name
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse() == Ok(line.http_port) && line.http_port != 80);
    let port = match came_by_ours && port != 443 {
        true => format!(":{port}"),
        false => String::new(),
    };
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let to = HeaderValue::try_from(format!("https://{}{port}{target}", live.host())).ok()?;
    let headers = HeaderMap::from_iter([(LOCATION, to), (CONTENT_LENGTH, HeaderValue::from(0))]);
    // What is sent to an application is to be sent again as it is.
    let status = match head.method {
        Method::GET | Method::HEAD => StatusCode::MOVED_PERMANENTLY,
        _ => StatusCode::PERMANENT_REDIRECT,
    };
    Some(with(status, headers, Body::empty()))
}

fn coded(asked: &HeaderMap, answer: &FileAnswer, coding: Coding, bytes: Bytes) -> Response<Body> {
    let mut headers = answer.base.clone();
    let etag = live::etag(&answer.file, Some(coding));
    let verdict = match answer.status {
        StatusCode::OK => conditions::judge(asked, etag.to_str().unwrap_or_default()),
        _ => Verdict::Send,
    };
    headers.insert(ETAG, etag);
    match verdict {
        Verdict::Send => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
            headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            with(answer.status, headers, Body::whole(bytes))
        }
        Verdict::Unchanged => unchanged(headers),
        Verdict::Other => pages::refusal(StatusCode::PRECONDITION_FAILED),
    }
}

fn unchanged(mut headers: HeaderMap) -> Response<Body> {
    for name in [CONTENT_LENGTH, CONTENT_TYPE, ACCEPT_RANGES] {
        headers.remove(name);
    }
    with(StatusCode::NOT_MODIFIED, headers, Body::empty())
}

fn no_such_part(size: u64) -> Response<Body> {
    let mut answer = pages::refusal(StatusCode::RANGE_NOT_SATISFIABLE);
    if let Ok(whole) = HeaderValue::try_from(format!("bytes */{size}")) {
        answer.headers_mut().insert(CONTENT_RANGE, whole);
    }
    answer
}

fn etag_of(headers: &HeaderMap) -> &str {
    headers
        .get(ETAG)
        .and_then(|etag| etag.to_str().ok())
        .unwrap_or_default()
}

fn with(status: StatusCode, headers: HeaderMap, body: Body) -> Response<Body> {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    answer
}
