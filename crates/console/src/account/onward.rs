//! Where one goes on once signed in: the page that was asked for first, if it is one of ours.

use crate::content::links::link;

const SIGN_IN: &str = "/account/sign-in";
/// The longest address that is remembered.
const MAX_BYTES: usize = 2000;

/// The way in, which leads to that page afterwards.
pub(crate) fn to_sign_in(page: &str) -> String {
    // One's own account is where one goes without having asked for anything.
    let onward = local(page).filter(|page| *page != "/account");
    link(SIGN_IN, &[("next", onward)])
}

/// An address of these pages, and nobody else's. Browsers read `//` and `/\` as the beginning of another host, and leave out what
/// they can't show (WHATWG URL §4.4), so that nothing but visible ASCII is one; and the way in leads nowhere but in.
pub(crate) fn local(page: &str) -> Option<&str> {
    let rest = page.strip_prefix('/')?;
    let is_ours = !rest.starts_with('/')
        && page.len() <= MAX_BYTES
        && page
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !page.starts_with(SIGN_IN)
        && !page.starts_with("/api/");
    is_ours.then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_on_to_pages_of_ours_alone() {
        for ours in ["/", "/journal/20", "/buckets/a/object?key=b%2Fc&version=1"] {
            assert_eq!(local(ours), Some(ours));
        }
        let long = format!("/{}", "a".repeat(MAX_BYTES));
        for other in [
            "",
            "journal",
            "//evil.example",
            "/\\evil.example",
            "/a\\..\\b",
            "/\t/evil.example",
            "/\r\nlocation: x",
            "https://evil.example/",
            "javascript:alert(1)",
            "/é",
            "/account/sign-in?next=/",
            "/api/v1/session",
            &long,
        ] {
            assert_eq!(local(other), None, "{other:?}");
        }
        assert_eq!(
            to_sign_in("/journal/20?a=b"),
            "/account/sign-in?next=%2Fjournal%2F20%3Fa%3Db"
        );
        assert_eq!(to_sign_in("/account"), "/account/sign-in");
        assert_eq!(to_sign_in("//evil.example"), "/account/sign-in");
    }
}
