//! Addresses to begin with: lists, access logs, sitemaps.

use std::io::Read as _;

use flate2::read::GzDecoder;

use crate::text::references_resolved;

/// A list, a log or a sitemap is no longer than this, unpacked.
const MAX_BYTES: u64 = 512 * 1024 * 1024;

/// The text of a file that may be packed with gzip.
#[must_use]
pub fn unpacked(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    // What follows a fault isn't read; what came before it counts.
    let _ = match bytes.starts_with(&[0x1f, 0x8b]) {
        true => GzDecoder::new(bytes).take(MAX_BYTES).read_to_end(&mut text),
        false => bytes.take(MAX_BYTES).read_to_end(&mut text),
    };
    String::from_utf8_lossy(&text).into_owned()
}

/// Addresses or paths, one a line; `#` begins a remark.
#[must_use]
pub fn list(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// What visitors asked for with success, in an access log in the common or combined format: each once, as paths.
#[must_use]
pub fn access_log(text: &str) -> Vec<String> {
    let mut paths: Vec<String> = text.lines().filter_map(asked).collect();
    paths.sort();
    paths.dedup();
    paths
}

/// `… "GET /path HTTP/1.1" 200 …`
fn asked(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('"')?;
    let (request, answer) = rest.split_once("\" ")?;
    let mut words = request.split(' ');
    let method = words.next()?;
    let path = words.next()?;
    let status: u16 = answer.split(' ').next()?.parse().ok()?;
    let answered = (200..400).contains(&status);
    (matches!(method, "GET" | "HEAD") && answered && path.starts_with('/')).then(|| path.to_owned())
}

/// What a sitemap, or an index of sitemaps, names in its `loc` elements (sitemaps.org 0.9).
#[must_use]
pub fn sitemap(text: &str) -> Vec<String> {
    let text = text.replace("<![CDATA[", "").replace("]]>", "");
    let mut found = Vec::new();
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once("loc>") {
        let Some((inside, behind)) = after.split_once('<') else {
            break;
        };
        let address = inside.trim();
        // An end tag is followed by markup or blanks.
        if !address.is_empty() {
            found.push(references_resolved(address));
        }
        rest = behind;
    }
    found
}

/// Whether the text is a sitemap, or an index of some.
#[must_use]
pub fn is_sitemap(text: &str) -> bool {
    let head: String = text.chars().take(2048).collect();
    head.contains("<urlset") || head.contains("<sitemapindex")
}
