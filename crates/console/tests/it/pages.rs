//! What every page has, in every language: what WCAG 2.2 asks of the markup, and what thin lines allow.

use std::collections::BTreeSet;

use amana_access::{Operation, Role};
use amana_console::Language;
use http::StatusCode;

use crate::account::signed_in;
use crate::gateway;
use crate::home;
use crate::house::House;
use crate::markup::{Tag, tags};

/// Every page without parameters.
pub(crate) const PAGES: [&str; 10] = [
    "/",
    "/proof",
    "/verify",
    "/help",
    "/account/sign-in",
    "/account/enrol",
    "/notices",
    "/directory",
    "/sites",
    "/indicators",
];
/// Every page of an institution for who is signed in, in a furnished house.
const SIGNED: [&str; 19] = [
    "/account",
    "/account/officials",
    "/account/credentials",
    "/buckets",
    "/buckets/archive",
    "/buckets/archive/objects",
    "/buckets/archive/objects?prefix=notes%2F",
    "/buckets/archive/objects?q=JUIL&receipt=3",
    "/buckets/archive/objects?deleted=1",
    "/buckets/archive/object?key=notes%2Fjuillet.txt",
    "/buckets/archive/object?key=gone.txt",
    "/buckets/archive/upload?prefix=notes%2F",
    "/keys",
    "/publishing",
    "/publishing/www.finances.example",
    "/publishing/www.finances.example/deploys/1",
    "/publishing/www.finances.example/deploys/2",
    "/publishing/www.finances.example/changes/8679dc715dde65ee6140ad3a261afd7503a3ba3a9b01fb9fc97b5c8f3bbb216f",
    "/publishing/www.finances.example/changes/bf811c23698866d7777f86c0218be68535376e3ff4335fa0f12b615486cb9f89",
];
/// What pages link to and the data centre itself serves.
const ELSEWHERE: [&str; 2] = ["/policy", "/national/checkpoint"];
/// On a line of 64 kbit/s a first page of this size is there in four seconds.
const MAX_FIRST_PAGE_BYTES: usize = 30 * 1024;
const MAX_FIRST_PAGE_REQUESTS: usize = 3;

/// Help names pages as the menus name them.
#[tokio::test(flavor = "multi_thread")]
async fn help_names_pages_that_there_are() {
    let house = House::new().await;
    for (language, before, after) in [
        (Language::French, "age « ", " »"),
        (Language::English, "page “", "”"),
    ] {
        let texts = language.texts();
        let page = house.page("/help", texts.tag).await;
        let named: BTreeSet<_> = page
            .split(before)
            .skip(1)
            .map(|rest| rest.split(after).next().unwrap())
            .collect();
        let titles = [
            texts.account.account,
            texts.account.officials,
            texts.content.buckets,
            texts.custodians.title,
            texts.journal.title,
            texts.publishing.title,
            texts.school.title,
            texts.frame.verify,
        ];
        assert_eq!(named, BTreeSet::from(titles));
    }
}

async fn each_page(mut look: impl FnMut(&str, &str, &str)) {
    let house = House::new().await;
    for path in PAGES {
        for language in Language::ALL {
            let tag = language.texts().tag;
            let page = house.page(path, tag).await;
            look(&format!("{path} in {tag}"), tag, &page);
        }
    }
    let (house, cookie) = furnished().await;
    for path in SIGNED {
        for language in Language::ALL {
            let tag = language.texts().tag;
            let page = house.page_as(path, tag, &cookie).await;
            look(&format!("{path} in {tag}"), tag, &page);
        }
    }
    for (name, state) in gateway::states() {
        for language in Language::ALL {
            let tag = language.texts().tag;
            let page = gateway::page(state.clone(), tag).await;
            look(&format!("a gateway {name} in {tag}"), tag, &page);
        }
    }
}

/// A furnished house, and the cookie of who may do most in it.
async fn furnished() -> (House, String) {
    let house = House::furnished().await;
    let now_ms = house.store.now_ms();
    let cookie = signed_in(&house.access, now_ms, Role::FocalPoint).await;
    (house, cookie)
}

fn named<'t>(tags: &'t [Tag], name: &str) -> Vec<&'t Tag> {
    tags.iter().filter(|tag| tag.name == name).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_says_its_language_and_what_it_is() {
    each_page(|page, language, html| {
        let tags = tags(html);
        assert!(html.starts_with("<!doctype html>"), "{page}");
        assert_eq!(
            named(&tags, "html")[0].attribute("lang"),
            Some(language),
            "{page}"
        );
        assert_eq!(
            named(&tags, "html")[0].attribute("dir"),
            Some("ltr"),
            "{page}"
        );
        assert!(!named(&tags, "title")[0].text.is_empty(), "{page}");
        assert_eq!(named(&tags, "main").len(), 1, "{page}");
        assert_eq!(named(&tags, "h1").len(), 1, "{page}: exactly one h1");
        let mut above = 0;
        for level in tags
            .iter()
            .filter_map(|tag| tag.name.strip_prefix('h')?.parse::<u8>().ok())
        {
            assert!(level <= above + 1, "{page}: h{level} after h{above}");
            above = level;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    each_page(|page, _, html| {
        for tag in tags(html) {
            assert!(
                tag.attribute("style").is_none() && tag.name != "style",
                "{page}: {tag:?}"
            );
            let handles = tag.attributes.keys().any(|name| name.starts_with("on"));
            assert!(!handles, "{page}: {tag:?}");
            assert!(
                tag.name != "script" || tag.attribute("src").is_some(),
                "{page}: {tag:?}"
            );
            for name in ["src", "href", "action"] {
                let target = tag.attribute(name).unwrap_or("/");
                // The telephone's own program for codes.
                let own = ["/", "?", "#", "otpauth://"];
                let own = own.iter().any(|own| target.starts_with(own));
                // A hosted site is elsewhere by its nature, and a link says so.
                let external = name == "href" && tag.attribute("rel") == Some("external");
                let own = own || (external && target.starts_with("https://"));
                assert!(own && !target.starts_with("//"), "{page}: {target}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_has_its_label_and_every_image_its_words() {
    let mut fields = 0;
    each_page(|page, _, html| {
        let tags = tags(html);
        let ids: BTreeSet<_> = tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        let with_id = tags
            .iter()
            .filter(|tag| tag.attribute("id").is_some())
            .count();
        assert_eq!(ids.len(), with_id, "{page}: an id stands once");
        for tag in &tags {
            let shown = tag.attribute("type") != Some("hidden");
            if shown && ["input", "select", "textarea"].contains(&tag.name.as_str()) {
                let id = tag.attribute("id").expect("a field has an id");
                let labels = tags
                    .iter()
                    .filter(|label| label.attribute("for") == Some(id));
                assert_eq!(
                    labels.filter(|label| !label.text.is_empty()).count(),
                    1,
                    "{page}: {id}"
                );
                fields += 1;
            }
            for name in ["aria-labelledby", "aria-describedby"] {
                let named = tag.attribute(name).is_none_or(|id| ids.contains(id));
                assert!(named, "{page}: {tag:?}");
            }
            assert!(
                tag.name != "img" || tag.attribute("alt").is_some(),
                "{page}: {tag:?}"
            );
            assert!(
                tag.name != "th" || tag.attribute("scope").is_some(),
                "{page}: {tag:?}"
            );
        }
    })
    .await;
    assert!(fields > 0, "a rule that looks at no field holds nothing");
}

/// Who sees a page without its form is told whose work that is; who has the form isn't.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_its_form_says_whose_work_it_is() {
    let roles = [
        Role::Director,
        Role::FocalPoint,
        Role::Custodian,
        Role::Auditor,
    ];
    let mut told = 0;
    for role in roles {
        let house = House::furnished().await;
        home::enrol(&house, "2-of-3").await;
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        for (path, operation, whose) in [
            (
                "/keys",
                Operation::ManageAccessKeys,
                &["ICT correspondent"] as &[_],
            ),
            ("/buckets", Operation::ManageBuckets, &["ICT correspondent"]),
            (
                "/buckets/archive",
                Operation::ManageBuckets,
                &["ICT correspondent"],
            ),
            (
                "/buckets/archive/objects",
                Operation::Deposit,
                &["ICT correspondent"],
            ),
            (
                "/buckets/archive/object?key=gone.txt",
                Operation::DeleteObjects,
                &["ICT correspondent"],
            ),
            (
                "/publishing/www.finances.example",
                Operation::ManageSites,
                &["ICT correspondent"],
            ),
            (
                "/messages",
                Operation::WriteMessages,
                &["director", "ICT correspondent"],
            ),
            (
                "/custodians",
                Operation::RecordDrill,
                &["director", "custodian"],
            ),
            (
                "/account/officials",
                Operation::Propose,
                &["director", "ICT correspondent", "custodian"],
            ),
        ] {
            let answer = house
                .ask(path, &[("cookie", &cookie), ("accept-language", "en")])
                .await;
            if answer.status != StatusCode::OK {
                continue;
            }
            let page = answer.text();
            let sentence = tags(&page)
                .into_iter()
                .find(|tag| tag.attribute("id") == Some("who-may"));
            assert_eq!(
                sentence.is_none(),
                amana_access::may(role, operation),
                "{path} for {role:?}"
            );
            let Some(sentence) = sentence else { continue };
            for (one, word) in roles
                .into_iter()
                .zip(["director", "ICT correspondent", "custodian"])
            {
                let named = whose.contains(&word);
                assert_eq!(named, amana_access::may(one, operation), "{path}: {word}");
                assert_eq!(
                    named,
                    sentence.text.contains(word),
                    "{path}: {}",
                    sentence.text
                );
            }
            told += 1;
        }
    }
    assert!(told >= 15, "{told}");
}

/// Two buttons of one name do different things: each says, to who can't see where it stands, about what.
#[tokio::test(flavor = "multi_thread")]
async fn buttons_of_one_name_say_about_what() {
    let mut repeated = 0;
    let mut look = |page: &str, html: &str| {
        let tags = tags(html);
        let mut seen = BTreeSet::new();
        let names: Vec<_> = named(&tags, "button")
            .into_iter()
            .map(|tag| tag.attribute("aria-label").unwrap_or(&tag.text))
            .collect();
        for tag in named(&tags, "button") {
            let name = tag.attribute("aria-label").unwrap_or(&tag.text);
            if names.iter().filter(|other| **other == name).count() == 1 {
                continue;
            }
            let about = tag.attribute("aria-describedby");
            assert!(about.is_some(), "{page}: {tag:?}");
            assert!(seen.insert((name, about)), "{page}: {tag:?}");
            repeated += 1;
        }
    };
    each_page(|page, _, html| look(page, html)).await;
    let (house, cookie) = furnished().await;
    let finances = "finances".parse().unwrap();
    for name in ["Ali", "Zahra"] {
        let name = name.parse().unwrap();
        let added =
            house
                .access
                .add_official(&finances, &name, Role::Auditor, None, "operator:test");
        added.await.unwrap();
        let grant = amana_access::Grant::everything();
        let key = house
            .access
            .create_access_key(&finances, None, grant, None, "operator:test");
        key.await.unwrap();
    }
    for path in ["/account/officials", "/keys"] {
        look(path, &house.page_as(path, "fr", &cookie).await);
    }
    assert!(repeated > 6, "there are such buttons");
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_differ_in_words_alone() {
    let (house, cookie) = furnished().await;
    for path in PAGES.into_iter().chain(SIGNED) {
        let (french, english) = (
            house.page_as(path, "fr", &cookie).await,
            house.page_as(path, "en", &cookie).await,
        );
        let shape = |page: &str| {
            tags(page)
                .iter()
                .map(|tag| tag.name.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(&french), shape(&english), "{path}");
        let words = |page: &str| {
            let long = tags(page)
                .into_iter()
                // What an act says in English is marked as such.
                .filter(|tag| tag.name == "html" || tag.attribute("lang").is_none())
                .filter(|tag| tag.text.split(' ').count() > 4);
            long.map(|tag| tag.text).collect::<BTreeSet<_>>()
        };
        let same: Vec<_> = words(&french)
            .intersection(&words(&english))
            .cloned()
            .collect();
        // A command is the same in every language.
        assert!(
            // So is what is signed.
            same.iter().all(|text| {
                let same = ["amana ", "aws ", "amana/site-"];
                same.iter().any(|begin| text.starts_with(begin))
            }),
            "{path}: {same:?}"
        );
    }
}

/// French sets a space before high punctuation, at which no line breaks.
#[tokio::test(flavor = "multi_thread")]
async fn no_french_line_begins_with_a_semicolon() {
    each_page(|page, language, html| {
        for tag in tags(html) {
            for mark in [" ;", " :", " ?", " !", " »", "« "] {
                let breaks = language == "fr" && tag.text.contains(mark);
                assert!(!breaks, "{page}: {}", tag.text);
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_link_leads_somewhere() {
    let (house, cookie) = furnished().await;
    let mut targets = BTreeSet::new();
    for path in PAGES.into_iter().chain(SIGNED) {
        let page = house.page_as(path, "fr", &cookie).await;
        let tags = tags(&page);
        let ids: BTreeSet<_> = tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        for tag in &tags {
            for name in ["href", "src", "data-verifier"] {
                match tag.attribute(name) {
                    Some(target) if target.starts_with('#') => {
                        assert!(ids.contains(&target[1..]), "{path}: {target}");
                    }
                    Some(target) if target.starts_with('/') => {
                        targets.insert(target.replace("&#38;", "&"));
                    }
                    _ => {}
                }
            }
        }
    }
    for target in targets {
        let is_ours = !target.starts_with("/receipts/");
        if is_ours && !ELSEWHERE.contains(&target.as_str()) {
            // What is for who is signed in leads to the way in.
            let nobody = house.ask(&target, &[]).await.status;
            let there = [StatusCode::OK, StatusCode::SEE_OTHER].contains(&nobody);
            assert!(there, "{target}: {nobody}");
            let signed = house.ask(&target, &[("cookie", &cookie)]).await.status;
            assert_eq!(signed, StatusCode::OK, "{target}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_page_is_small() {
    let house = House::new().await;
    let gzip = [("accept-encoding", "gzip, br"), ("accept-language", "fr")];
    let plain = house.page("/", "fr").await;
    let asked: BTreeSet<_> = tags(&plain)
        .iter()
        .filter(|tag| ["link", "img", "script"].contains(&tag.name.as_str()))
        .filter_map(|tag| {
            tag.attribute("href")
                .or(tag.attribute("src"))
                .map(str::to_owned)
        })
        .chain(["/".to_owned()])
        .collect();
    assert!(asked.len() <= MAX_FIRST_PAGE_REQUESTS, "{asked:?}");
    let mut bytes = 0;
    for path in &asked {
        let answer = house.ask(path, &gzip).await;
        assert_eq!(answer.header("content-encoding"), "gzip", "{path}");
        bytes += answer.body.len();
    }
    assert!(bytes <= MAX_FIRST_PAGE_BYTES, "{bytes} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_to_keep_to_it() {
    let house = House::new().await;
    for path in PAGES
        .into_iter()
        .chain(["/nowhere-at-all", "/api/v1/proof"])
    {
        let answer = house.ask(path, &[]).await;
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'self';"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}
