//! A request for an address that may be an application's: whether it is, for this visitor; and the signed snapshot in its stead
//! when the application fails.

use std::sync::Arc;

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Method, Response, StatusCode, Version};

use super::Backend;
use super::asked::{Asked, SNAPSHOT, is_websocket, request_headers};
use super::upload::{Rest, Upgrade, Upload};
use super::upstream::{Failure, Upstream};
use crate::Address;
use crate::serve::live::Live;
use crate::serve::respond::Line;
use crate::serve::{Body, Server, pages};

/// How soon whoever found no place may come back, and whoever found nobody.
const RETRY_BUSY: HeaderValue = HeaderValue::from_static("1");
const RETRY_FAILED: HeaderValue = HeaderValue::from_static("10");

/// By whom an address is answered, to one visitor.
pub(in crate::serve) enum Way {
    /// By the deploy.
    Signed,
    /// By an application.
    Application {
        address: Address,
        /// None when the operator knows no such application.
        upstream: Option<Arc<Upstream>>,
    },
}

impl Server {
    /// By whom a request is answered. Whoever an application isn't for is shown the site as if there were none. Previews show
    /// what was signed, and nothing else.
    pub(in crate::serve) fn way(&self, head: &Parts, live: &Live, line: &Line) -> Way {
        if live.is_preview() || live.manifest().applications().next().is_none() {
            return Way::Signed;
        }
        let target = target(head);
        // Rules go by the path; what a program makes of its query is its own matter.
        let address = Address::parse(target).or_else(|_| Address::parse(head.uri.path()));
        let Ok(address) = address else {
            return Way::Signed;
        };
        let Some(rule) = live.manifest().application(&address) else {
            return Way::Signed;
        };
        match self.upstreams.find(live.host(), &rule.name) {
            None if rule.editors => Way::Signed,
            None => Way::Application {
                address,
                upstream: None,
            },
            Some(upstream) if upstream.lets(rule, line.address) => Way::Application {
                address,
                upstream: Some(upstream.clone()),
            },
            Some(_) => Way::Signed,
        }
    }

    /// What the application answers; when it fails, what was signed of the same address, marked as such.
    pub(in crate::serve) async fn of_application(
        self: &Arc<Self>,
        head: &Parts,
        rest: Rest,
        live: Arc<Live>,
        (address, upstream): (Address, Option<Arc<Upstream>>),
        (name, line): (&str, &Line),
    ) -> Response<Body> {
        let answer = match upstream {
            None => Err(Failure::Unwell),
            Some(upstream) if !self.is_as_signed(&upstream) => Err(Failure::Altered),
            Some(upstream) => {
                let may_ask = |path: &str| may_ask(&live, &upstream, path, line);
                match asked(head, rest, &upstream, &address, (name, line)) {
                    Ok(asked) => upstream.ask(asked, &may_ask).await,
                    Err(status) => Err(Failure::Refused(status)),
                }
            }
        };
        let failure = match answer {
            Ok(answer) if !has_failed(answer.status()) => return answer,
            Err(Failure::Refused(status)) => return pages::refusal(status),
            other => other,
        };
        let is_read = matches!(head.method, Method::GET | Method::HEAD);
        let is_whole = Address::parse(target(head)).is_ok();
        if is_read && is_whole && live.manifest().is_there(&address) {
            return self.snapshot(head, live).await;
        }
        match failure {
            // What it says of its failure is the best that there is.
            Ok(answer) => answer,
            Err(failure) => {
                let mut answer = match failure {
                    Failure::Altered => pages::altered(),
                    _ => pages::no_answer(),
                };
                let retry = match failure {
                    Failure::Busy => RETRY_BUSY,
                    _ => RETRY_FAILED,
                };
                answer.headers_mut().insert(RETRY_AFTER, retry);
                answer
            }
        }
    }

    async fn snapshot(self: &Arc<Self>, head: &Parts, live: Arc<Live>) -> Response<Body> {
        let mut answer = self.of_site(head, live).await;
        // What it was really answered from, which may be an earlier one by now, or none.
        let shown = answer.body().deploy();
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(number) = shown
            && let Ok(deploy) = HeaderValue::try_from(format!("deploy {number}"))
        {
            headers.insert(SNAPSHOT, deploy);
        }
        answer
    }
}

/// Whether that answer says that the application can't: then what was signed is better.
fn has_failed(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// Whether a path is this visitor's to ask that application for; nothing where no rule names the path. A longer path to a script,
/// or that of its folder, opens nothing that its own doesn't.
fn may_ask(live: &Live, upstream: &Upstream, path: &str, line: &Line) -> Option<bool> {
    let Ok(address) = Address::parse(path) else {
        return Some(false);
    };
    let rule = live.manifest().application(&address)?;
    Some(rule.name == upstream.settings.name && upstream.lets(rule, line.address))
}

fn asked(
    head: &Parts,
    rest: Rest,
    upstream: &Upstream,
    address: &Address,
    (name, line): (&str, &Line),
) -> Result<Asked, StatusCode> {
    if [Method::CONNECT, Method::TRACE].contains(&head.method) {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    // Programs read these as other paths than the rules were judged by.
    let path = address.path();
    let with_parameters = matches!(upstream.settings.backend, Backend::Http(_))
        && (path.contains(';') || path.contains("%3B"));
    if path.contains("//") || path.contains("%2F") || path.contains("%5C") || with_parameters {
        return Err(StatusCode::NOT_FOUND);
    }
    let by_websocket = head.version == Version::HTTP_11
        && head.method == Method::GET
        && is_websocket(&head.headers);
    let upgrade = match (rest.upgrade, by_websocket) {
        (Some(on), true) => Some(Upgrade {
            on,
            place: rest.place,
        }),
        _ => None,
    };
    let query = target(head).split_once('?').map(|(_, query)| query);
    Ok(Asked {
        method: head.method.clone(),
        path: path.to_owned(),
        query: query.filter(|query| !query.is_empty()).map(str::to_owned),
        name: name.to_owned(),
        headers: request_headers(&head.headers),
        visitor: line.address,
        is_secure: line.is_secure,
        upload: Upload::new(rest.body, upstream.settings.limits.body_bytes),
        upgrade,
    })
}

fn target(head: &Parts) -> &str {
    let target = head.uri.path_and_query();
    target.map_or("/", |target| target.as_str())
}
