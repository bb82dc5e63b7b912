//! Listings, against a model that filters and sorts everything.

use std::collections::{BTreeMap, BTreeSet};

use amana_vault::{ListQuery, VersionRef, Versioning, VersionsQuery};
use proptest::prelude::*;

use super::house::{FILES, House, deletion};

/// What stands under each key: whether each version is a delete marker, oldest first.
type Model = BTreeMap<String, Vec<bool>>;

fn group<'k>(key: &'k str, prefix: &str, delimiter: Option<&str>) -> Option<&'k str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let place = key.strip_prefix(prefix)?.find(delimiter)?;
    Some(&key[..prefix.len() + place + delimiter.len()])
}

/// What a listing of the latest versions gives after `after`, in one page.
fn expected(model: &Model, query: &ListQuery) -> Vec<String> {
    let delimiter = query.delimiter.as_deref();
    let passed = query
        .after
        .as_deref()
        .filter(|after| group(after, &query.prefix, delimiter) == Some(after));
    let mut items = BTreeSet::new();
    for (key, versions) in model {
        let listed = versions.last() == Some(&false)
            && key.starts_with(&query.prefix)
            && query.after.as_ref().is_none_or(|after| key > after)
            && passed.is_none_or(|passed| !key.starts_with(passed));
        if listed {
            items.insert(
                group(key, &query.prefix, delimiter)
                    .unwrap_or(key)
                    .to_owned(),
            );
        }
    }
    items.into_iter().collect()
}

/// All pages of a listing, joined; each has as many items as it may, and no more.
async fn listed(house: &House, query: &ListQuery) -> Vec<String> {
    let mut query = query.clone();
    let mut items = Vec::new();
    loop {
        let page = house
            .vault
            .list_objects(&house.finances, FILES, query.clone())
            .await
            .unwrap();
        let mut now: Vec<String> = page.objects.into_iter().map(|object| object.key).collect();
        now.extend(page.prefixes);
        now.sort();
        assert!(page.next.is_none() || now.len() == query.max);
        assert!(now.len() <= query.max);
        items.extend(now);
        match page.next {
            Some(next) => query.after = Some(next),
            None => return items,
        }
    }
}

/// All pages of versions, joined: `key#place`, counted from the oldest, `!` for a marker, `*` for the latest.
async fn listed_versions(house: &House, mut query: VersionsQuery) -> Vec<String> {
    let mut items = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        let page = house
            .vault
            .list_versions(&house.finances, FILES, query.clone())
            .await
            .unwrap();
        assert!(page.versions.len() + page.prefixes.len() <= query.max);
        for version in page.versions {
            let place = seen.entry(version.key.clone()).or_default();
            let marks = [("!", version.delete_marker), ("*", version.is_latest)];
            let marks = marks.iter().filter(|(_, set)| *set).map(|(mark, _)| *mark);
            items.push(format!(
                "{}#{place}{}",
                version.key,
                marks.collect::<String>()
            ));
            *place += 1;
        }
        items.extend(page.prefixes);
        match page.next {
            Some((key, version)) => {
                query.key_marker = Some(key);
                query.version_marker = version;
            }
            None => return items,
        }
    }
}

fn expected_versions(model: &Model, prefix: &str, delimiter: Option<&str>) -> Vec<String> {
    let mut items = BTreeSet::new();
    for (key, versions) in model.iter().filter(|(key, _)| key.starts_with(prefix)) {
        if let Some(group) = group(key, prefix, delimiter) {
            items.insert(group.to_owned());
            continue;
        }
        for (place, marker) in versions.iter().rev().enumerate() {
            let marker = if *marker { "!" } else { "" };
            let latest = if place == 0 { "*" } else { "" };
            items.insert(format!("{key}#{place}{marker}{latest}"));
        }
    }
    items.into_iter().collect()
}

fn keys() -> impl Strategy<Value = String> {
    "[ab/é]{1,5}"
}

fn queries() -> impl Strategy<Value = ListQuery> {
    (
        "[ab/]{0,2}",
        proptest::option::of(prop_oneof![Just("/"), Just(""), Just("b/"), Just("é")]),
        proptest::option::of("[ab/é]{0,4}"),
        1..5_usize,
    )
        .prop_map(|(prefix, delimiter, after, max)| ListQuery {
            prefix,
            delimiter: delimiter.map(str::to_owned),
            after,
            max,
        })
}

async fn fill(house: &House, acts: &[(String, bool)]) -> Model {
    let mut model = Model::new();
    for (key, marker) in acts {
        if *marker {
            house.delete(FILES, key).await;
        } else {
            house.put(FILES, key, b"").await;
        }
        model.entry(key.clone()).or_default().push(*marker);
    }
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pages_are_those_of_the_model(
        acts in proptest::collection::vec((keys(), proptest::bool::weighted(0.2)), 0..60),
        queries in proptest::collection::vec(queries(), 40),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async {
            let house = House::new().await;
            house.versioning(FILES, Versioning::Enabled).await;
            let model = fill(&house, &acts).await;
            for query in queries {
                assert_eq!(listed(&house, &query).await, expected(&model, &query), "{query:?}");
                let versions = VersionsQuery {
                    prefix: query.prefix.clone(),
                    delimiter: query.delimiter.clone(),
                    max: query.max,
                    ..VersionsQuery::default()
                };
                let mut found = listed_versions(&house, versions).await;
                found.sort();
                let wanted = expected_versions(&model, &query.prefix, query.delimiter.as_deref());
                assert_eq!(found, wanted, "{query:?}");
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_many_versions_is_one_step() {
    let house = House::new().await;
    house.versioning(FILES, Versioning::Enabled).await;
    for _ in 0..40 {
        house.put(FILES, "a", b"").await;
    }
    house.put(FILES, "b", b"").await;
    let query = ListQuery {
        max: 1,
        ..ListQuery::default()
    };
    assert_eq!(listed(&house, &query).await, ["a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_go_on_where_the_marker_stood_even_when_it_is_gone() {
    let house = House::new().await;
    house.put(FILES, "a", b"").await;
    house.versioning(FILES, Versioning::Enabled).await;
    house.put(FILES, "a", b"").await;
    house.versioning(FILES, Versioning::Suspended).await;
    house.put(FILES, "a", b"").await;
    let mut query = VersionsQuery {
        max: 1,
        ..VersionsQuery::default()
    };
    let list = async |query| {
        house
            .vault
            .list_versions(&house.finances, FILES, query)
            .await
            .unwrap()
    };
    let page = list(query.clone()).await;
    assert_eq!(page.versions[0].version, None);
    let mut null = deletion("a");
    null.version = VersionRef::Null;
    house
        .vault
        .delete_object(&house.finances, FILES, null)
        .await
        .unwrap();
    let (key, version) = page.next.unwrap();
    query.key_marker = Some(key);
    query.version_marker = version;
    let page = list(query).await;
    assert!(page.versions[0].version.is_some() && page.versions[0].is_latest);
    assert!(page.next.is_none());
}
