//! Each form of the pages: its route has a page, and the page has the form.

use std::collections::BTreeSet;
use std::path::Path;

use amana_access::{Role, may};
use amana_console::{forms, operations};
use http::{Method, StatusCode};

use crate::account::{paths, signed_in};
use crate::home;
use crate::house::House;
use crate::markup::tags;

/// Forms whose way out is written by what the page knows: the page itself is asked for below.
const COMPUTED: [&str; 12] = [
    "/account/enrol/passkey",
    "/account/enrol/password",
    "/account/enrol/provider",
    "/account/credentials/passkey",
    "/account/credentials/password",
    "/account/credentials/provider",
    "/buckets/{bucket}/object",
    "/buckets/{bucket}/object/lock",
    "/buckets/{bucket}/object/tags",
    "/messages/{number}/answer",
    "/messages/{number}/close",
    "/operator/messages/{institution}/{number}/answer",
];

fn listed() -> BTreeSet<&'static str> {
    forms().iter().map(|(route, _)| *route).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_s_route_has_a_page() {
    let mut taken = BTreeSet::new();
    for role in Role::ALL {
        let house = House::new().await;
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        for (guard, (method, path, operation)) in operations().into_iter().zip(paths()) {
            if method != Method::POST || path.starts_with("/api/") || !may(role, operation) {
                continue;
            }
            let answer = house.send("POST", &path, &[("cookie", &*cookie)], "").await;
            if answer.status != StatusCode::METHOD_NOT_ALLOWED {
                taken.insert(guard.path);
            }
        }
    }
    let house = House::new().await;
    for route in listed() {
        if route.starts_with("/account/sign-in/") || route.starts_with("/account/enrol/") {
            let answer = house.send("POST", route, &[], "").await;
            let missing = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
            assert!(!missing.contains(&answer.status), "{route}");
            taken.insert(route);
        }
    }
    assert!(taken.len() > 50, "{taken:?}");
    assert_eq!(taken, listed());
}

/// What a template writes where a form goes, with `*` for what it fills in.
fn actions() -> Vec<String> {
    let mut places = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    let mut found = Vec::new();
    while let Some(place) = places.pop() {
        for entry in std::fs::read_dir(place).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                places.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for form in text.split("<form ").skip(1) {
                let Some((_, action)) = form.split_once("action=\"") else {
                    continue;
                };
                found.push(pattern(action));
            }
        }
    }
    found
}

/// The value that begins there, up to its quote.
fn pattern(text: &str) -> String {
    let (mut pattern, mut rest) = (String::new(), text);
    loop {
        let Some(at) = rest.find(['"', '{']) else {
            return pattern;
        };
        pattern.push_str(&rest[..at]);
        let close = match rest[at..].get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            _ => return pattern,
        };
        pattern.push('*');
        let end = rest[at..]
            .find(close)
            .expect("a template closes what it opens");
        rest = &rest[at + end + 2..];
    }
}

/// Whether a route is of that pattern: of as many parts, and where the pattern fills nothing in, the same.
fn is_of(pattern: &str, route: &str) -> bool {
    let parts = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
    let (pattern, route) = (parts(pattern), parts(route));
    let same = |(wanted, part): (&String, &String)| match wanted.contains('*') {
        // `{% if %}suspend{% else %}resume{% endif %}` is one of the words between.
        true => part.starts_with('{') || wanted.split('*').any(|word| word == part),
        false => wanted == part,
    };
    pattern.len() == route.len() && pattern.iter().zip(&route).all(same)
}

#[test]
fn every_form_stands_in_a_template_and_goes_to_a_route() {
    let actions = actions();
    assert!(actions.len() > 70, "{actions:?}");
    let computed = BTreeSet::from(COMPUTED);
    for route in listed() {
        let stands = actions.iter().any(|action| is_of(action, route));
        let is_computed = computed.contains(route) || route.ends_with("/{number}/close");
        assert!(stands || is_computed, "no template has a form to {route}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_stands_still_has_its_form() {
    let house = House::furnished().await;
    // A drill is recorded where there are keys.
    home::enrol(&house, "3-of-5").await;
    // Those who approve come last: two of them name the others themselves.
    let mut cookies = Vec::new();
    for role in [Role::Operator, Role::FocalPoint, Role::Director] {
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        cookies.push((role, cookie));
    }
    let thread = house.thread(&cookies[2].1).await.to_string();
    let mut seen = 0;
    for (role, route, page) in [
        (Role::FocalPoint, "/buckets", "/buckets"),
        (Role::FocalPoint, "/buckets/archive", "/buckets/archive"),
        (
            Role::FocalPoint,
            "/buckets/archive/lock",
            "/buckets/archive",
        ),
        (
            Role::FocalPoint,
            "/buckets/archive/object",
            "/buckets/archive/object?key=notes/juillet.txt",
        ),
        (
            Role::FocalPoint,
            "/buckets/archive/object/tags",
            "/buckets/archive/object?key=notes/juillet.txt",
        ),
        (
            Role::FocalPoint,
            "/buckets/archive/upload",
            "/buckets/archive/upload",
        ),
        (
            Role::FocalPoint,
            "/buckets/archive/upload/end",
            "/buckets/archive/upload",
        ),
        (Role::FocalPoint, "/keys", "/keys"),
        (Role::FocalPoint, "/keys/revoke", "/keys"),
        (Role::Director, "/account/sign-out", "/account"),
        (
            Role::Director,
            "/account/credentials/password",
            "/account/credentials",
        ),
        (
            Role::Director,
            "/account/credentials/passkey",
            "/account/credentials",
        ),
        (
            Role::Director,
            "/account/credentials/provider",
            "/account/credentials",
        ),
        (
            Role::Director,
            "/account/officials/appoint",
            "/account/officials",
        ),
        (
            Role::Director,
            "/account/officials/name",
            "/account/officials",
        ),
        (
            Role::Director,
            "/account/officials/leave",
            "/account/officials",
        ),
        (
            Role::Director,
            "/account/officials/custodians",
            "/account/officials",
        ),
        (Role::Director, "/account/support", "/account/officials"),
        (Role::Director, "/custodians", "/custodians"),
        (Role::Director, "/contact", "/contact"),
        (Role::Director, "/messages/open", "/messages"),
        (
            Role::Director,
            "/messages/{thread}/answer",
            "/messages/{thread}",
        ),
        (
            Role::Director,
            "/messages/{thread}/close",
            "/messages/{thread}",
        ),
        (Role::Director, "/school", "/school"),
        (
            Role::FocalPoint,
            "/publishing/ministere.example/folder",
            "/publishing/ministere.example",
        ),
        (
            Role::Operator,
            "/operator/messages/open",
            "/operator/messages",
        ),
        (
            Role::Operator,
            "/operator/messages/finances/{thread}/answer",
            "/operator/messages/finances/{thread}",
        ),
        (
            Role::Operator,
            "/operator/messages/finances/{thread}/close",
            "/operator/messages/finances/{thread}",
        ),
        (
            Role::Operator,
            "/operator/institutions/add",
            "/operator/institutions",
        ),
        (
            Role::Operator,
            "/operator/institutions/finances/suspend",
            "/operator/institutions/finances",
        ),
        (
            Role::Operator,
            "/operator/institutions/finances/quota",
            "/operator/institutions/finances",
        ),
        (Role::Operator, "/operator/staff/name", "/operator/staff"),
        (
            Role::Operator,
            "/operator/notices/publish",
            "/operator/notices",
        ),
        (
            Role::Operator,
            "/operator/indicators/record",
            "/operator/indicators",
        ),
        (
            Role::Operator,
            "/operator/agreements/finances/propose",
            "/operator/agreements/finances",
        ),
    ] {
        let (_, cookie) = cookies.iter().find(|(one, _)| *one == role).unwrap();
        let [route, page] = [route, page].map(|path| path.replace("{thread}", &thread));
        let page = page.replace("ministere.example", crate::shelf::SITE);
        let route = route.replace("ministere.example", crate::shelf::SITE);
        let html = house.page_as(&page, "en", cookie).await;
        let found = tags(&html)
            .into_iter()
            .any(|tag| tag.name == "form" && tag.attribute("action") == Some(&route));
        assert!(found, "{page} has no form to {route}");
        seen += 1;
    }
    assert!(seen > 30);
}
