//! One answer of a site beside what its manifest says.

use amana_ledger::Hash;
use amana_sites::{Answer, Manifest, lasting, serve};
use http::HeaderMap;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};

use super::visit::{Answered, Visit};

/// Of a page of the server's own, at most this much is read.
const MAX_OWN_PAGE_BYTES: u64 = 1 << 20;

/// What a server says by itself, whatever the site is, and what changes nothing for whoever reads it.
const OF_THE_SERVER: [&str; 12] = [
    "accept-ranges",
    "age",
    "connection",
    "content-encoding",
    "content-length",
    "date",
    "etag",
    "keep-alive",
    "last-modified",
    "server",
    "transfer-encoding",
    "vary",
];
/// What an answer has once: of two, some browsers take the first and some the last.
const ONCE: [&str; 4] = [
    "content-type",
    "content-encoding",
    "content-length",
    "location",
];

/// How many bytes an answer may have.
pub(crate) fn most_bytes(expected: &Answer<'_>) -> u64 {
    match expected {
        Answer::File { file, .. } => file.size,
        Answer::Redirect { .. } | Answer::Missing => MAX_OWN_PAGE_BYTES,
    }
}

/// How an answer differs; nothing when it is as signed. `base` is the site's URL, without a path.
pub(crate) fn differences(
    manifest: &Manifest,
    base: &str,
    visit: &Visit,
    expected: &Answer<'_>,
    answered: &Answered,
) -> Vec<String> {
    let mut found = Vec::new();
    let status = match expected {
        Answer::File { status, .. } | Answer::Redirect { status, .. } => *status,
        Answer::Missing => 404,
    };
    if answered.status.as_u16() != status {
        let seen = answered.status.as_u16();
        found.push(format!("its status is {seen}, not {status}"));
    }
    let mut headers = Headers {
        answered: &answered.headers,
        expected: Vec::new(),
        found: Vec::new(),
    };
    headers.expect(X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff");
    match expected {
        Answer::File { address, file, .. } => {
            if let Some(other) = other_content(answered, &file.sha256, file.size) {
                found.push(other);
            }
            headers.expect(CONTENT_TYPE.as_str(), &file.media_type);
            headers.expect(CACHE_CONTROL.as_str(), lasting(status, address));
            headers.signed(manifest, visit);
        }
        Answer::Redirect { to, .. } => {
            headers.expected.clear();
            headers.signed(manifest, visit);
            let to = match headers.said(LOCATION.as_str()) == format!("{base}{to}") {
                // The same place, said in full.
                true => format!("{base}{to}"),
                false => to.clone(),
            };
            headers.expect(LOCATION.as_str(), &to);
        }
        Answer::Missing => {
            let (page, media_type, policy) = serve::missing_page();
            let sha256 = Hash::of(&[page.as_bytes()]);
            if let Some(other) = other_content(answered, &sha256, page.len() as u64) {
                found.push(other);
            }
            headers.expect(CONTENT_TYPE.as_str(), media_type);
            headers.expect(CONTENT_SECURITY_POLICY.as_str(), policy);
            headers.expect(CACHE_CONTROL.as_str(), "no-cache");
        }
    }
    found.extend(headers.compared());
    found
}

fn other_content(answered: &Answered, sha256: &Hash, size: u64) -> Option<String> {
    match answered.sha256 {
        Some(found) if found == *sha256 => None,
        Some(_) => Some("its content isn't the one that was signed".to_owned()),
        None => Some(format!(
            "its content is longer than the {size} bytes that were signed, or can't be unpacked"
        )),
    }
}

/// The headers of an answer, and those that it should have.
struct Headers<'a> {
    answered: &'a HeaderMap,
    expected: Vec<(String, String)>,
    found: Vec<String>,
}

impl Headers<'_> {
    /// It should have that one; of several values, the last that is said here counts.
    fn expect(&mut self, name: &str, value: &str) {
        self.expected.retain(|(known, _)| known != name);
        self.expected.push((name.to_owned(), value.to_owned()));
    }

    /// It should have those that were signed for the address.
    fn signed(&mut self, manifest: &Manifest, visit: &Visit) {
        for (name, value) in manifest.headers(visit.address.path()) {
            self.expect(name, &value);
        }
    }

    fn said(&self, name: &str) -> String {
        let said = self.answered.get_all(name).iter();
        let said: Vec<_> = said
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        said.join(", ")
    }

    fn compared(mut self) -> Vec<String> {
        for (name, value) in &self.expected {
            let said = self.said(name);
            if said != *value {
                let what = format!("its header {name} is {said:?}, not {value:?}");
                self.found.push(what);
            }
        }
        for name in ONCE {
            if self.answered.get_all(name).iter().count() > 1 {
                self.found.push(format!("it has the header {name} twice"));
            }
        }
        // A cookie, a refresh or a policy that nobody signed changes what a visitor gets.
        for name in self.answered.keys() {
            let name = name.as_str();
            let is_expected = self.expected.iter().any(|(known, _)| known == name);
            let is_known = OF_THE_SERVER.contains(&name)
                || (name == STRICT_TRANSPORT_SECURITY.as_str() && self.keeps_to_https());
            if !is_expected && !is_known {
                let what = format!("it has a header that wasn't signed: {name}");
                self.found.push(what);
            }
        }
        self.found
    }

    /// A time of 0 makes browsers forget that the site is under TLS.
    fn keeps_to_https(&self) -> bool {
        let said = self.said(STRICT_TRANSPORT_SECURITY.as_str());
        let max_age = said
            .split(';')
            .find_map(|part| part.trim().strip_prefix("max-age="));
        max_age.is_some_and(|age| {
            age.trim_matches('"')
                .parse::<u64>()
                .is_ok_and(|age| age > 0)
        })
    }
}
