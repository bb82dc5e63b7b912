//! On which page each form stands.

use crate::account::form::Fields;
use crate::content::links::link;

/// A form's route, as the router has it, and its page: the same names in braces are the same parts of the path, and a word after
/// `?` is a field of the form that the page's query has, if it was filled in. A test finds each route here, and each form on its
/// page.
pub(super) const PAGES: &[(&str, &str)] = &[
    ("/account/sign-in/passkey", "/account/sign-in?next"),
    ("/account/sign-in/password", "/account/sign-in?next"),
    ("/account/sign-in/provider", "/account/sign-in?next"),
    ("/account/enrol/passkey", "/account/enrol?code=link"),
    ("/account/enrol/password", "/account/enrol?code=link"),
    ("/account/enrol/provider", "/account/enrol?code=link"),
    ("/account/sign-out", "/account"),
    ("/account/sessions/{number}/end", "/account"),
    ("/account/credentials/passkey", "/account/credentials"),
    ("/account/credentials/password", "/account/credentials"),
    ("/account/credentials/provider", "/account/credentials"),
    ("/account/credentials/{number}/remove", "/account"),
    ("/account/officials/name", "/account/officials"),
    ("/account/officials/{number}/invite", "/account/officials"),
    ("/account/officials/appoint", "/account/officials"),
    ("/account/officials/{number}/recover", "/account/officials"),
    ("/account/officials/{number}/remove", "/account/officials"),
    ("/account/officials/leave", "/account/officials"),
    ("/account/officials/custodians", "/account/officials"),
    ("/account/proposals/{number}/approve", "/account/officials"),
    ("/account/proposals/{number}/end", "/account/officials"),
    ("/account/support", "/account/officials"),
    ("/buckets", "/buckets"),
    ("/buckets/{bucket}", "/buckets/{bucket}"),
    ("/buckets/{bucket}/lock", "/buckets/{bucket}"),
    (
        "/buckets/{bucket}/object",
        "/buckets/{bucket}/object?key&version",
    ),
    (
        "/buckets/{bucket}/object/lock",
        "/buckets/{bucket}/object?key&version",
    ),
    (
        "/buckets/{bucket}/object/tags",
        "/buckets/{bucket}/object?key&version",
    ),
    (
        "/buckets/{bucket}/upload",
        "/buckets/{bucket}/upload?prefix",
    ),
    (
        "/buckets/{bucket}/upload/end",
        "/buckets/{bucket}/upload?prefix",
    ),
    ("/keys", "/keys"),
    ("/keys/revoke", "/keys"),
    ("/custodians", "/custodians"),
    ("/agreement/{number}/sign", "/agreement"),
    (
        "/operator/agreements/{institution}/propose",
        "/operator/agreements/{institution}",
    ),
    ("/operator/indicators/record", "/operator/indicators"),
    ("/messages/open", "/messages"),
    ("/messages/{number}/answer", "/messages/{number}"),
    ("/messages/{number}/close", "/messages/{number}"),
    ("/operator/messages/open", "/operator/messages"),
    (
        "/operator/messages/{institution}/{number}/answer",
        "/operator/messages/{institution}/{number}",
    ),
    (
        "/operator/messages/{institution}/{number}/close",
        "/operator/messages/{institution}/{number}",
    ),
    ("/contact", "/contact"),
    ("/publishing/{host}/folder", "/publishing/{host}"),
    ("/publishing/{host}/publishers", "/publishing/{host}"),
    ("/publishing/{host}/signed", "/publishing/{host}"),
    ("/operator/institutions/add", "/operator/institutions"),
    (
        "/operator/institutions/{institution}/suspend",
        "/operator/institutions/{institution}",
    ),
    (
        "/operator/institutions/{institution}/resume",
        "/operator/institutions/{institution}",
    ),
    (
        "/operator/institutions/{institution}/quota",
        "/operator/institutions/{institution}",
    ),
    (
        "/operator/institutions/{institution}/name",
        "/operator/institutions/{institution}",
    ),
    (
        "/operator/institutions/{institution}/officials/{number}/invite",
        "/operator/institutions/{institution}",
    ),
    ("/operator/staff/name", "/operator/staff"),
    ("/operator/staff/{number}/invite", "/operator/staff"),
    ("/operator/staff/{number}/end", "/operator/staff"),
    ("/operator/notices/publish", "/operator/notices"),
    ("/operator/notices/{number}/end", "/operator/notices"),
    ("/school", "/school"),
    ("/school/deposit", "/school/deposit"),
    ("/school/lose", "/school/lose"),
    ("/school/restore", "/school/restore"),
    ("/school/verify", "/school/verify"),
    ("/school/recover", "/school/recover"),
    ("/school/notice", "/school/notice"),
    ("/school/certificate", "/school/certificate"),
];

/// The page of the form that came to that path by that route.
pub(super) fn page_of(route: &str, path: &str, typed: Option<&Fields>) -> Option<String> {
    let (_, page) = PAGES.iter().find(|(form, _)| *form == route)?;
    let (page, query) = page.split_once('?').unwrap_or((page, ""));
    let part = |name: &str| {
        let place = route.split('/').position(|part| part == name);
        path.split('/').nth(place.unwrap_or(usize::MAX))
    };
    let parts = page.split('/').map(|name| match name.starts_with('{') {
        true => part(name),
        false => Some(name),
    });
    let page = parts.collect::<Option<Vec<_>>>()?.join("/");
    let pairs = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, field) = pair.split_once('=').unwrap_or((pair, pair));
            (name, typed.and_then(|typed| typed.filled(field)))
        });
    Some(link(&page, &pairs.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_named_by_its_form_s_path_and_fields() {
        let typed = [("key", "a b"), ("version", "")];
        let typed = Fields::of(typed.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let page = |route, path| page_of(route, path, Some(&typed));
        assert_eq!(
            page(
                "/buckets/{bucket}/object/tags",
                "/buckets/x%20y/object/tags"
            )
            .as_deref(),
            Some("/buckets/x%20y/object?key=a%20b")
        );
        let route = "/operator/messages/{institution}/{number}/answer";
        assert_eq!(
            page_of(route, "/operator/messages/eau/3/answer", None).as_deref(),
            Some("/operator/messages/eau/3")
        );
        assert_eq!(page_of("/overview", "/overview", None), None);
    }

    #[test]
    fn each_part_of_a_page_is_a_part_of_its_form_s_path() {
        for (route, page) in PAGES {
            let path = page.split('?').next().unwrap_or_default();
            for part in path.split('/').filter(|part| part.starts_with('{')) {
                assert!(route.split('/').any(|one| one == part), "{route}: {part}");
            }
        }
    }
}
