//! Putting, looking up, reading, deleting, in a bucket without versions.

use std::collections::BTreeMap;

use amana_vault::{
    ETagMatch, Error, Metadata, ObjectAttrs, Tags, VersionRef, VersionsQuery, WriteConditions,
};
use bytes::Bytes;
use futures::TryStreamExt as _;
use futures::future::join_all;

use super::ground::SMALL_IN_ROWS;
use super::house::{FILES, House, deletion, if_absent, if_match, key, noise};

const KIB: usize = 1024;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_is_got_whatever_its_size() {
    let house = House::new().await;
    for len in [
        0,
        1,
        32 * KIB,
        32 * KIB + 1,
        256 * KIB,
        256 * KIB + 1,
        1024 * KIB,
        3 * 1024 * KIB + 7,
    ] {
        let bytes = noise(len as u64, len);
        let done = house.put(FILES, "a/é", &bytes).await;
        let object = house.look(FILES, "a/é", VersionRef::Latest).await.unwrap();
        assert_eq!(object.size_bytes, len as u64);
        assert_eq!(object.etag, done.value.etag);
        assert_eq!(
            (object.version, object.is_latest, object.parts()),
            (None, true, Vec::new())
        );
        assert_eq!(house.read(&object).await.unwrap(), bytes, "{len} bytes");
        let opened = house
            .vault
            .ask_open(&house.finances, FILES, &key("a/é"), VersionRef::Latest)
            .await
            .unwrap();
        let small = house.vault.read_small(&opened).await.unwrap();
        let in_rows = SMALL_IN_ROWS && len <= 32 * KIB;
        assert_eq!(small, in_rows.then_some(bytes), "{len} bytes");
        house.check_everything();
    }
    assert_eq!(house.blob_files(), 1, "what was replaced is freed");
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_are_exact_across_chunks() {
    let house = House::new().await;
    let len = 600 * KIB;
    let bytes = noise(7, len);
    for (name, len) in [("small", 20 * KIB), ("large", len)] {
        house.put(FILES, name, &bytes[..len]).await;
        let object = house.look(FILES, name, VersionRef::Latest).await.unwrap();
        let edge = 256 * KIB;
        for (from, until) in [
            (0, 0),
            (0, 1),
            (5, 19 * KIB),
            (edge - 1, edge),
            (edge, edge + 1),
            (edge - 1, 2 * edge + 1),
            (len - 1, len),
            (len, len),
            (0, len),
        ] {
            if until > len || from > len {
                continue;
            }
            let range = from as u64..until as u64;
            let stream = house.vault.read(&object, range).await.unwrap();
            let chunks: Vec<_> = stream.try_collect().await.unwrap();
            assert_eq!(
                chunks.concat(),
                bytes[from..until],
                "{name} {from}..{until}"
            );
        }
        let beyond = house.vault.read(&object, 0..len as u64 + 1).await;
        assert!(matches!(beyond, Err(Error::InvalidRange { .. })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_are_judged_on_what_stands() {
    let house = House::new().await;
    let etag = house.put(FILES, "a", b"1").await.value.etag.to_string();
    let any = WriteConditions {
        if_match: Some(ETagMatch::Any),
        if_none_match_any: false,
    };
    let outcome = async |name: &str, conditions: &WriteConditions| match house
        .put_if(FILES, name, b"1", conditions.clone())
        .await
    {
        Ok(_) => "done",
        Err(Error::PreconditionFailed { .. }) => "failed",
        Err(Error::NoSuchKey) => "no such key",
        Err(other) => panic!("{other}"),
    };
    for (name, conditions, expected) in [
        ("a", if_absent(), "failed"),
        ("b", if_absent(), "done"),
        ("a", if_match(&etag), "done"),
        ("a", if_match(&format!("\"{etag}\"")), "done"),
        ("a", if_match("00000000000000000000000000000000"), "failed"),
        ("c", if_match(&etag), "no such key"),
        ("a", any.clone(), "done"),
        ("c", any, "no such key"),
    ] {
        assert_eq!(
            outcome(name, &conditions).await,
            expected,
            "{name} {conditions:?}"
        );
    }
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rivals_one_wins() {
    let house = House::new().await;
    let bytes = noise(1, 40 * KIB);
    let rivals = (0..32).map(|_| house.put_if(FILES, "a", &bytes, if_absent()));
    let outcomes = futures::future::join_all(rivals).await;
    let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!(won, 1);
    assert_eq!(house.blob_files(), 1, "the losers' blobs are gone");
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_frees_and_deleting_nothing_is_no_act() {
    let house = House::new().await;
    for len in [10, 100 * KIB] {
        house.put(FILES, "a", &noise(1, len)).await;
        let delete = async || {
            house
                .vault
                .delete_object(&house.finances, FILES, deletion("a"))
                .await
                .unwrap()
        };
        let (deleted, receipt) = delete().await;
        assert!(deleted.existed && !deleted.marker && receipt.is_some());
        let gone = house.look(FILES, "a", VersionRef::Latest).await;
        assert!(matches!(gone, Err(Error::NoSuchKey)));
        let (deleted, receipt) = delete().await;
        assert!(!deleted.existed && receipt.is_none());
        assert_eq!(house.blob_files(), 0);
        house.check_everything();
    }
    let mut conditional = deletion("a");
    conditional.if_match = Some(ETagMatch::Any);
    let missing = house
        .vault
        .delete_object(&house.finances, FILES, conditional)
        .await;
    assert!(matches!(missing, Err(Error::NoSuchKey)));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_deleted_at_once_each_by_an_act_of_its_own() {
    let house = House::new().await;
    for number in 0..20 {
        house.put(FILES, &format!("k{number}"), b"1").await;
    }
    let asked = (0..25).map(|number| deletion(&format!("k{number}")));
    let done = house
        .vault
        .delete_objects(&house.finances, FILES, asked.collect())
        .await
        .unwrap();
    let existed: Vec<bool> = done
        .iter()
        .map(|one| one.as_ref().unwrap().0.existed)
        .collect();
    assert_eq!(existed, [vec![true; 20], vec![false; 5]].concat());
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_and_tags_stay_with_the_object() {
    let house = House::new().await;
    let tags = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string()));
        Tags::parse(pairs.collect()).unwrap()
    };
    let attrs = ObjectAttrs {
        content_type: Some("text/plain; charset=utf-8".into()),
        cache_control: Some("no-store".into()),
        metadata: Metadata::parse(BTreeMap::from([("nom".into(), "Saïd".into())])).unwrap(),
        tags: tags(&[("kind", "decree")]),
        ..ObjectAttrs::default()
    };
    let content = house.take_in(b"x", &[]).await;
    house
        .vault
        .put_object(
            &house.finances,
            FILES,
            &key("a"),
            content,
            attrs.clone(),
            WriteConditions::default(),
        )
        .await
        .unwrap();
    let found = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    assert_eq!((&*found.attrs, found.tag_count), (&attrs, 1));

    let now = || {
        house
            .vault
            .tags(&house.finances, FILES, &key("a"), VersionRef::Latest)
            .unwrap()
            .0
    };
    assert_eq!(now(), attrs.tags);
    for set in [tags(&[("a", "1"), ("b", "")]), Tags::default()] {
        house
            .vault
            .set_tags(
                &house.finances,
                FILES,
                &key("a"),
                VersionRef::Latest,
                set.clone(),
            )
            .await
            .unwrap();
        assert_eq!(now(), set);
        let found = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
        assert_eq!(found.tag_count, set.pairs().len());
    }
    house.put(FILES, "a", b"y").await;
    assert_eq!(now(), Tags::default(), "tags are of a version");
    let missing = house
        .vault
        .tags(&house.finances, FILES, &key("b"), VersionRef::Latest);
    assert!(matches!(missing, Err(Error::NoSuchKey)));
    house.check_everything();
}

#[test]
fn tags_and_metadata_have_bounds() {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    for good in [
        vec![],
        vec![pair("a", "")],
        vec![pair(&"é".repeat(128), &"é".repeat(256))],
        (0..10).map(|i| pair(&i.to_string(), "x")).collect(),
    ] {
        assert!(Tags::parse(good).is_ok());
    }
    for bad in [
        vec![pair("", "x")],
        vec![pair(&"a".repeat(129), "")],
        vec![pair("a", &"a".repeat(257))],
        vec![pair("a", "1"), pair("a", "2")],
        vec![pair("aws:a", "1")],
        vec![pair("a<", "1")],
        (0..11).map(|i| pair(&i.to_string(), "x")).collect(),
    ] {
        assert!(Tags::parse(bad).is_err());
    }
    let of = |len| Metadata::parse(BTreeMap::from([pair("a", &"x".repeat(len))]));
    assert!(of(2047).is_ok() && of(2048).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_outlives_a_rival_overwrite_or_says_so() {
    let house = House::new().await;
    let bytes = noise(3, 900 * KIB);
    house.put(FILES, "a", &bytes).await;
    let object = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    let stream = house
        .vault
        .read(&object, 0..object.size_bytes)
        .await
        .unwrap();
    house.put(FILES, "a", b"new").await;
    let chunks: Vec<_> = stream.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), bytes, "the file was open already");
    let late = house.vault.read(&object, 0..1).await;
    assert!(matches!(late, Err(Error::ConditionalConflict)));

    let small = house.look(FILES, "a", VersionRef::Latest).await.unwrap();
    let opened = house
        .vault
        .ask_open(&house.finances, FILES, &key("a"), VersionRef::Latest)
        .await
        .unwrap();
    house.delete(FILES, "a").await;
    let late = house.vault.read(&small, 0..1).await;
    assert!(matches!(late, Err(Error::ConditionalConflict)));
    let kept = house.vault.read_small(&opened).await.unwrap();
    assert_eq!(kept, SMALL_IN_ROWS.then_some(b"new".as_slice().into()));
}

/// Where rows are far away, those who ask at once share a question, and acts that wait share a transaction.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_each_get_their_own() {
    let house = House::new().await;
    let name = |number: usize| format!("many/{number:03}");
    let content = |number: usize| noise(number as u64 + 1, 100 + number);
    let put = async |number: usize| {
        // Every second one replaces the one before it, in whatever order they come.
        let (name, content) = (name(number / 2), content(number));
        house.put(FILES, &name, &content).await;
    };
    join_all((0..200).map(put)).await;
    let query = VersionsQuery {
        prefix: "many/".into(),
        max: 1000,
        ..VersionsQuery::default()
    };
    let listed = house.vault.list_versions(&house.finances, FILES, query);
    let listed = listed.await.unwrap().versions;
    assert_eq!(listed.len(), 100, "what was replaced is gone");
    let open = async |number: usize| {
        // A zero byte is in no name, and PostgreSQL refuses it: that question alone.
        let bucket = if number % 17 == 3 { "fi\0les" } else { FILES };
        let key = key(&name(number));
        let opened = house
            .vault
            .ask_open(&house.finances, bucket, &key, VersionRef::Latest);
        (number, bucket, opened.await)
    };
    for (number, bucket, found) in join_all((0..120).map(open)).await {
        let Ok(found) = found else {
            assert!(bucket != FILES || number >= 100, "{number}");
            continue;
        };
        assert!(bucket == FILES && number < 100, "{number}");
        let read = Bytes::from(house.read(&found).await.unwrap());
        let either = [content(2 * number), content(2 * number + 1)];
        assert!(either.contains(&read), "{number}");
    }
    house.check_everything();
}
