//! One answer of a site beside what its manifest says.

use amana_sites::{Address, Answer, Manifest};
use http::header::{CONTENT_SECURITY_POLICY, LOCATION};

use super::visit::Answered;

/// Of a page of the server's own, at most this much is read.
const MAX_OWN_PAGE_BYTES: u64 = 1 << 20;

/// What a server says by itself, whatever the site is.
const OF_THE_SERVER: [&str; 19] = [
    "accept-ranges",
    "age",
    "allow",
    "alt-svc",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "keep-alive",
    "last-modified",
    "location",
    "server",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "x-content-type-options",
];

/// How many bytes an answer may have.
pub(crate) fn most_bytes(expected: &Answer<'_>) -> u64 {
    match expected {
        Answer::File { file, .. } => file.size,
        Answer::Redirect { .. } | Answer::Missing => MAX_OWN_PAGE_BYTES,
    }
}

/// How an answer differs; nothing when it is as signed.
pub(crate) fn differences(
    manifest: &Manifest,
    asked: &Address,
    expected: &Answer<'_>,
    answered: &Answered,
) -> Vec<String> {
    let mut found = Vec::new();
    let status = match expected {
        Answer::File { status, .. } | Answer::Redirect { status, .. } => *status,
        Answer::Missing => 404,
    };
    if answered.status.as_u16() != status {
        found.push(format!(
            "its status is {}, not {status}",
            answered.status.as_u16()
        ));
    }
    let told = |name: &str| {
        answered
            .headers
            .get(name)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    match expected {
        Answer::File { file, .. } => {
            match answered.sha256 {
                Some(sha256) if sha256 == file.sha256 => {}
                Some(_) => found.push("its content isn't the one that was signed".to_owned()),
                None => found.push(format!("its content is longer than the {} bytes that were signed, or can't be unpacked", file.size)),
            }
            let media_type = told("content-type").unwrap_or_default();
            if media_type != file.media_type {
                found.push(format!(
                    "its type is {media_type:?}, not {:?}",
                    file.media_type
                ));
            }
        }
        Answer::Redirect { to, .. } => {
            let location = told(LOCATION.as_str()).unwrap_or_default();
            let own = location
                .split_once("://")
                .map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
            let same_site = to.starts_with('/')
                && own == Some(to.as_str())
                && of_host(&location, manifest.host().as_str());
            if location != *to && !same_site {
                found.push(format!("it leads to {location:?}, not to {to:?}"));
            }
        }
        Answer::Missing => {}
    }
    found.extend(of_headers(manifest, asked, expected, answered));
    found
}

fn of_headers(
    manifest: &Manifest,
    asked: &Address,
    expected: &Answer<'_>,
    answered: &Answered,
) -> Vec<String> {
    let mut found = Vec::new();
    let signed = manifest.headers(asked.path());
    for (name, value) in &signed {
        let said = answered.headers.get_all(*name).iter();
        let said: Vec<_> = said
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        if said.join(", ") != *value {
            found.push(format!(
                "its header {name} is {:?}, not {value:?}",
                said.join(", ")
            ));
        }
    }
    // A cookie, a refresh or a policy that nobody signed changes what a visitor gets.
    for name in answered.headers.keys() {
        // Its own page, where nothing was signed, says that nothing is to be run.
        let of_own_page = matches!(expected, Answer::Missing) && name == CONTENT_SECURITY_POLICY;
        if !OF_THE_SERVER.contains(&name.as_str())
            && !of_own_page
            && !signed.iter().any(|(known, _)| known == name)
        {
            found.push(format!("it has a header that wasn't signed: {name}"));
        }
    }
    found
}

fn of_host(location: &str, host: &str) -> bool {
    let named = location
        .split_once("://")
        .map_or("", |(_, rest)| rest.split(['/', ':']).next().unwrap_or(""));
    named.eq_ignore_ascii_case(host)
}
