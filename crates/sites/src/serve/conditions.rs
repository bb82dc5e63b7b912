//! Conditions of a request: which ETags a client has, or wants (RFC 9110 §13).

use http::HeaderMap;
use http::header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE};

/// How the conditions hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// The file is to be sent.
    Send,
    /// The client has it already: 304.
    Unchanged,
    /// The client wants another one: 412.
    Other,
}

/// Judges by the ETag of what would be sent. Dates are no conditions here: a deploy has none that a file could change at.
pub(super) fn judge(headers: &HeaderMap, etag: &str) -> Verdict {
    if headers.contains_key(IF_MATCH) && !names(headers, &IF_MATCH, etag, false) {
        return Verdict::Other;
    }
    if headers.contains_key(IF_NONE_MATCH) && names(headers, &IF_NONE_MATCH, etag, true) {
        return Verdict::Unchanged;
    }
    Verdict::Send
}

/// Whether a part may be sent: no `If-Range`, or one that names this very ETag. A date names nothing.
pub(super) fn allows_part(headers: &HeaderMap, etag: &str) -> bool {
    headers
        .get(IF_RANGE)
        .is_none_or(|given| given.as_bytes() == etag.as_bytes())
}

/// Whether a list of ETags has this one, by the weak comparison or by the strong one (RFC 9110 §8.8.3.2).
fn names(headers: &HeaderMap, header: &http::HeaderName, etag: &str, weakly: bool) -> bool {
    let given = headers.get_all(header).into_iter();
    given.filter_map(|value| value.to_str().ok()).any(|list| {
        // An ETag of ours has no comma, so that one with a comma is another's, in however many pieces.
        list.split(',').map(str::trim).any(|one| {
            let one = match one.strip_prefix("W/") {
                Some(opaque) if weakly => opaque,
                _ => one,
            };
            one == etag || one == "*"
        })
    })
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn judged(name: HeaderName, value: &'static str) -> Verdict {
        let headers = HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        judge(&headers, "\"a\"")
    }

    #[test]
    fn who_has_it_is_sent_nothing() {
        for value in ["\"a\"", "W/\"a\"", "*", "\"x,y\", \"a\""] {
            assert_eq!(judged(IF_NONE_MATCH, value), Verdict::Unchanged, "{value}");
        }
        assert_eq!(judged(IF_NONE_MATCH, "\"b\", a"), Verdict::Send);
    }

    #[test]
    fn who_wants_another_is_refused() {
        assert_eq!(judged(IF_MATCH, "\"b\""), Verdict::Other);
        assert_eq!(judged(IF_MATCH, "W/\"a\""), Verdict::Other);
        assert_eq!(judged(IF_MATCH, "\"b\", \"a\""), Verdict::Send);
        assert_eq!(judged(IF_MATCH, "*"), Verdict::Send);
    }
}
