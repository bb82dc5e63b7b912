//! A request as an application gets it, and an answer as a visitor gets it: without what belongs to one connection alone, and
//! without what visitors may not say of themselves.

use std::net::IpAddr;

use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, EXPECT, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::upload::{Upgrade, Upload};

/// What belongs to one connection (RFC 9110 §7.6.1), beside what the header `connection` names.
const OF_THE_CONNECTION: [HeaderName; 5] = [CONNECTION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];
const ALSO_OF_THE_CONNECTION: [&str; 4] = [
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
];
/// What only we say; paths in place of the one that the rules were judged by (CVE-2018-14773); and `proxy`, which programs would
/// take for a setting of theirs (CVE-2016-5385).
const NOT_BY_VISITORS: [&str; 13] = [
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "proxy",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-host",
    "x-original-host",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
];
/// `-for`, `-host`, `-proto` and their kin.
const ALSO_NOT_BY_VISITORS: &str = "x-forwarded-";
/// What applications say to the server before them, and no visitor needs to know.
const NOT_TO_VISITORS: [&str; 4] = [
    "server",
    "x-lighttpd-send-file",
    "x-powered-by",
    "x-sendfile",
];
/// `-redirect`, `-expires` and their kin.
const ALSO_NOT_TO_VISITORS: &str = "x-accel-";
/// What only we say of an answer.
pub(super) const SNAPSHOT: HeaderName = HeaderName::from_static("amana-snapshot");

/// A request for an application.
pub(super) struct Asked {
    pub(super) method: Method,
    /// The path, in the one spelling of addresses: what the rules were judged by is what is asked.
    pub(super) path: String,
    /// The query, as it came.
    pub(super) query: Option<String>,
    /// The site, as the visitor wrote it.
    pub(super) name: String,
    pub(super) headers: HeaderMap,
    pub(super) visitor: IpAddr,
    pub(super) is_secure: bool,
    pub(super) upload: Upload,
    /// The visitor's connection, where it asks for a websocket.
    pub(super) upgrade: Option<Upgrade>,
}

impl Asked {
    /// Path and query.
    pub(super) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// `http` or `https`.
    pub(super) fn scheme(&self) -> &'static str {
        if self.is_secure { "https" } else { "http" }
    }
}

/// Whether a websocket is asked for (RFC 6455 §4.1).
pub(super) fn is_websocket(headers: &HeaderMap) -> bool {
    let says = |name: HeaderName, word: &str| {
        let values = headers.get_all(name).into_iter();
        let mut words = values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','));
        words.any(|said| said.trim().eq_ignore_ascii_case(word))
    };
    says(CONNECTION, "upgrade") && says(UPGRADE, "websocket")
}

/// The headers of a request, each name once.
pub(super) fn request_headers(came: &HeaderMap) -> HeaderMap {
    let named = named_by_connection(came);
    let mut headers = HeaderMap::new();
    for name in came.keys() {
        let is_ours = NOT_BY_VISITORS.contains(&name.as_str())
            || name.as_str().starts_with(ALSO_NOT_BY_VISITORS)
            || [HOST, CONTENT_LENGTH, EXPECT].contains(name);
        // `x_forwarded_for` is, as a variable of CGI, the same as `x-forwarded-for`.
        let is_plain = name
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if is_ours || !is_plain || is_of_the_connection(name, &named) {
            continue;
        }
        if let Some(value) = joined(came, name) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The headers of an answer.
pub(super) fn answer_headers(mut headers: HeaderMap) -> HeaderMap {
    let named = named_by_connection(&headers);
    let gone: Vec<HeaderName> = headers
        .keys()
        .filter(|name| {
            is_of_the_connection(name, &named)
                || **name == SNAPSHOT
                || NOT_TO_VISITORS.contains(&name.as_str())
                || name.as_str().starts_with(ALSO_NOT_TO_VISITORS)
        })
        .cloned()
        .collect();
    for name in gone {
        headers.remove(name);
    }
    headers
}

/// Cookies come apart in HTTP/2, and are one header elsewhere (RFC 9113 §8.2.3).
fn joined(came: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let mut values = came.get_all(name).iter();
    let first = values.next()?;
    let between: &[u8] = if name == COOKIE { b"; " } else { b", " };
    let mut all = first.as_bytes().to_vec();
    for value in values {
        all.extend_from_slice(between);
        all.extend_from_slice(value.as_bytes());
    }
    HeaderValue::from_bytes(&all).ok()
}

fn is_of_the_connection(name: &HeaderName, named: &[String]) -> bool {
    OF_THE_CONNECTION.contains(name)
        || ALSO_OF_THE_CONNECTION.contains(&name.as_str())
        || named.iter().any(|word| word == name.as_str())
}

fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONNECTION).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        };
        let mut headers = HeaderMap::new();
        for (name, value) in pairs.iter().map(pair) {
            headers.append(name, value);
        }
        headers
    }

    #[test]
    fn visitors_say_nothing_that_is_ours_to_say() {
        let came = of(&[
            ("host", "other.example"),
            ("connection", "close, x-secret"),
            ("x-secret", "of the connection"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy", "http://evil.example"),
            ("forwarded", "for=1.2.3.4"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x_forwarded_for", "1.2.3.4"),
            ("x-real-ip", "1.2.3.4"),
            ("x-forwarded-prefix", "/admin"),
            ("x-original-url", "/admin"),
            ("x-rewrite-url", "/admin"),
            ("x-client-ip", "1.2.3.4"),
            ("expect", "100-continue"),
            ("content-length", "3"),
            ("cookie", "a=1"),
            ("cookie", "b=2"),
            ("accept", "text/html"),
            ("accept", "*/*"),
        ]);
        let expected = of(&[("cookie", "a=1; b=2"), ("accept", "text/html, */*")]);
        assert_eq!(request_headers(&came), expected);
    }

    #[test]
    fn an_application_says_nothing_of_our_connection_nor_that_it_is_a_snapshot() {
        let came = of(&[
            ("connection", "x-internal"),
            ("x-internal", "1"),
            ("transfer-encoding", "chunked"),
            ("amana-snapshot", "deploy 3"),
            ("x-accel-redirect", "/private/dump.sql"),
            ("server", "Apache/2.4.1"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
        ]);
        assert_eq!(
            answer_headers(came),
            of(&[("set-cookie", "a=1"), ("set-cookie", "b=2")])
        );
    }

    #[test]
    fn websockets_are_told_from_other_protocols() {
        let is = |connection, upgrade| {
            is_websocket(&of(&[("connection", connection), ("upgrade", upgrade)]))
        };
        assert!(is("keep-alive, Upgrade", "websocket"));
        assert!(is("upgrade", "WebSocket"));
        assert!(!is("upgrade", "h2c"));
        assert!(!is("keep-alive", "websocket"));
    }
}
