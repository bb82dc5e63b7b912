//! Listings of objects.

use super::centre::Centre;
use super::client::{Answer, Call};

async fn with_keys(keys: &[&str]) -> Centre {
    let centre = Centre::with_bucket().await;
    for key in keys {
        centre.put(&format!("/files/{key}"), key.as_bytes()).await;
    }
    centre
}

async fn list(centre: &Centre, query: &[(&str, &str)]) -> Answer {
    let mut call = Call::new("GET", "/files");
    for (name, value) in query {
        call = call.query(name, value);
    }
    centre.send(call).await
}

/// The texts of `<CommonPrefixes><Prefix>`.
fn prefixes(answer: &Answer) -> Vec<String> {
    answer
        .all("CommonPrefixes")
        .iter()
        .map(|inner| inner.replace("<Prefix>", "").replace("</Prefix>", ""))
        .collect()
}

#[tokio::test]
async fn version_1_pages_by_marker() {
    let centre = with_keys(&["a", "b/1", "b/2", "c", "d"]).await;
    let all = list(&centre, &[]).await.ok();
    assert_eq!(all.all("Key"), ["a", "b/1", "b/2", "c", "d"]);
    assert_eq!(all.one("Name"), "files");
    assert_eq!(all.one("MaxKeys"), "1000");
    assert_eq!(all.one("IsTruncated"), "false");
    assert!(all.text().contains("<Marker></Marker>") && all.text().contains("<Prefix></Prefix>"));
    assert_eq!(all.all("ID").len(), 5);
    assert_eq!(all.all("Size"), ["1", "3", "3", "1", "1"]);
    let page = list(&centre, &[("max-keys", "2")]).await.ok();
    assert_eq!(page.all("Key"), ["a", "b/1"]);
    assert_eq!(page.one("IsTruncated"), "true");
    // Only with a delimiter is the next marker told; otherwise it is the last key.
    assert!(page.all("NextMarker").is_empty());
    let page = list(&centre, &[("max-keys", "2"), ("marker", "b/1")])
        .await
        .ok();
    assert_eq!(page.all("Key"), ["b/2", "c"]);
    let page = list(&centre, &[("max-keys", "2"), ("delimiter", "/")])
        .await
        .ok();
    assert_eq!(
        (page.all("Key"), prefixes(&page)),
        (vec!["a".into()], vec!["b/".into()])
    );
    let marker = page.one("NextMarker");
    assert_eq!(marker, "b/");
    let page = list(&centre, &[("marker", &marker), ("delimiter", "/")])
        .await
        .ok();
    assert_eq!(
        (page.all("Key"), prefixes(&page).len()),
        (vec!["c".into(), "d".into()], 0)
    );
}

#[tokio::test]
async fn version_2_pages_by_token() {
    let centre = with_keys(&["a", "b/1", "b/2", "c", "d"]).await;
    let v2 = ("list-type", "2");
    let page = list(&centre, &[v2, ("max-keys", "2"), ("delimiter", "/")])
        .await
        .ok();
    assert_eq!(
        (page.all("Key"), prefixes(&page)),
        (vec!["a".into()], vec!["b/".into()])
    );
    assert_eq!(page.one("KeyCount"), "2");
    assert!(page.all("Owner").is_empty());
    let token = page.one("NextContinuationToken");
    let next = [
        v2,
        ("delimiter", "/"),
        ("continuation-token", &*token),
        ("start-after", "zzz"),
    ];
    let page = list(&centre, &next).await.ok();
    assert_eq!(page.all("Key"), ["c", "d"]);
    assert_eq!(page.one("ContinuationToken"), token);
    assert_eq!(page.one("IsTruncated"), "false");
    let after = list(
        &centre,
        &[v2, ("start-after", "b/1"), ("fetch-owner", "true")],
    )
    .await
    .ok();
    assert_eq!(after.all("Key"), ["b/2", "c", "d"]);
    assert_eq!(after.one("StartAfter"), "b/1");
    assert_eq!(
        after.all("DisplayName"),
        ["finances", "finances", "finances"]
    );
    let wrong = list(&centre, &[v2, ("continuation-token", "***")]).await;
    assert_eq!(wrong.refusal(), (400, "InvalidArgument".into()));
    let empty = list(&centre, &[v2, ("continuation-token", "")]).await.ok();
    assert_eq!(empty.all("Key").len(), 5);
}

#[tokio::test]
async fn prefixes_and_delimiters() {
    let centre = with_keys(&["bar", "baz", "cab", "foo", "q/a", "q/b/c", "q/b/d"]).await;
    for (prefix, delimiter, keys, common) in [
        (
            "",
            "a",
            &["foo", "q/b/c", "q/b/d"][..],
            &["ba", "ca", "q/a"][..],
        ),
        ("q/", "/", &["q/a"], &["q/b/"]),
        ("q", "/", &[], &["q/"]),
        ("ba", "", &["bar", "baz"], &[]),
        ("ba", "r", &["baz"], &["bar"]),
        ("nothing", "/", &[], &[]),
        (
            "",
            "zzz",
            &["bar", "baz", "cab", "foo", "q/a", "q/b/c", "q/b/d"],
            &[],
        ),
    ] {
        let found = list(&centre, &[("prefix", prefix), ("delimiter", delimiter)])
            .await
            .ok();
        assert_eq!(found.all("Key"), keys, "{prefix} {delimiter}");
        assert_eq!(prefixes(&found), common, "{prefix} {delimiter}");
        assert_eq!(found.all("Delimiter").is_empty(), delimiter.is_empty());
    }
}

#[tokio::test]
async fn names_are_url_encoded_on_request() {
    let centre = with_keys(&["asdf+b", "foo+1/bar", "foo/bar/xyzzy", "quux ab/thud", "é"]).await;
    for kind in ["1", "2"] {
        let query = [
            ("delimiter", "/"),
            ("encoding-type", "url"),
            ("list-type", kind),
            ("prefix", ""),
        ];
        let found = list(&centre, &query).await.ok();
        assert_eq!(found.one("EncodingType"), "url");
        assert_eq!(found.one("Delimiter"), "/");
        assert_eq!(found.all("Key"), ["asdf%2Bb", "%C3%A9"]);
        assert_eq!(prefixes(&found), ["foo%2B1/", "foo/", "quux%20ab/"]);
    }
    let plain = list(&centre, &[]).await.ok();
    assert!(plain.all("Key").contains(&"é".to_owned()));
    let unknown = list(&centre, &[("encoding-type", "base64")]).await;
    assert_eq!(unknown.refusal(), (400, "InvalidArgument".into()));
}

#[tokio::test]
async fn page_sizes() {
    let centre = with_keys(&["a", "b"]).await;
    for kind in ["1", "2"] {
        let of = |max| [("list-type", kind), ("max-keys", max)];
        let none = list(&centre, &of("0")).await.ok();
        assert_eq!(
            (none.all("Key").len(), none.one("IsTruncated")),
            (0, "false".into())
        );
        assert_eq!(list(&centre, &of("5000")).await.ok().one("MaxKeys"), "1000");
        for wrong in ["-1", "many"] {
            assert_eq!(
                list(&centre, &of(wrong)).await.refusal(),
                (400, "InvalidArgument".into()),
                "{wrong}"
            );
        }
    }
}

#[tokio::test]
async fn order_is_that_of_bytes() {
    let mut keys = [
        "Z",
        "a",
        "a!",
        "a/",
        "a0",
        "é",
        "日",
        "\u{10000}",
        "\u{ffee}",
    ];
    let centre = with_keys(&keys).await;
    keys.sort_unstable();
    assert_eq!(list(&centre, &[]).await.ok().all("Key"), keys);
}
