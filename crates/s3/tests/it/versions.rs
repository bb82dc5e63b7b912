//! Versions and delete markers.

use super::centre::Centre;
use super::client::{Answer, Call};

async fn versioned() -> Centre {
    let centre = Centre::with_bucket().await;
    set(&centre, "Enabled").await;
    centre
}

async fn set(centre: &Centre, status: &str) {
    let body =
        format!("<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>");
    let call = Call::new("PUT", "/files")
        .query("versioning", "")
        .body(body);
    centre.send(call).await.ok();
}

async fn put(centre: &Centre, key: &str, body: &str) -> String {
    let answer = centre.put(&format!("/files/{key}"), body.as_bytes()).await;
    answer.header("x-amz-version-id").unwrap().to_owned()
}

async fn versions(centre: &Centre, query: &[(&str, &str)]) -> Answer {
    let mut call = Call::new("GET", "/files").query("versions", "");
    for (name, value) in query {
        call = call.query(name, value);
    }
    centre.send(call).await
}

#[tokio::test]
async fn each_put_makes_one() {
    let centre = versioned().await;
    let first = put(&centre, "a", "1").await;
    let second = put(&centre, "a", "2").await;
    assert_ne!(first, second);
    let of = |version: &str| Call::new("GET", "/files/a").query("versionId", version);
    assert_eq!(centre.send(of(&first)).await.ok().body, b"1");
    let latest = centre.get("/files/a").await.ok();
    assert_eq!(
        (latest.body.as_slice(), latest.header("x-amz-version-id")),
        (&b"2"[..], Some(&*second))
    );
    let listed = versions(&centre, &[]).await.ok();
    assert_eq!(listed.all("VersionId"), [second.clone(), first.clone()]);
    assert_eq!(listed.all("IsLatest"), ["true", "false"]);
    let other = second.replace(|c: char| c.is_ascii_digit(), "0");
    let unknown = centre.send(of(&other)).await;
    assert_eq!(unknown.refusal(), (404, "NoSuchVersion".into()));
    assert_eq!(
        centre.send(of("nonsense")).await.refusal(),
        (400, "InvalidArgument".into())
    );
}

#[tokio::test]
async fn a_delete_makes_a_marker() {
    let centre = versioned().await;
    let first = put(&centre, "a", "1").await;
    let deleted = centre.send(Call::new("DELETE", "/files/a")).await;
    assert_eq!(
        (deleted.status, deleted.header("x-amz-delete-marker")),
        (204, Some("true"))
    );
    let marker = deleted.header("x-amz-version-id").unwrap().to_owned();
    for method in ["GET", "HEAD"] {
        let gone = centre.send(Call::new(method, "/files/a")).await;
        assert_eq!(
            (gone.status, gone.header("x-amz-delete-marker")),
            (404, Some("true"))
        );
        let on_marker = Call::new(method, "/files/a").query("versionId", &marker);
        let refused = centre.send(on_marker).await;
        assert_eq!(
            (refused.status, refused.header("allow")),
            (405, Some("DELETE"))
        );
        assert_eq!(refused.header("x-amz-delete-marker"), Some("true"));
    }
    assert!(centre.get("/files").await.ok().all("Key").is_empty());
    let listed = versions(&centre, &[]).await.ok();
    assert_eq!(
        (
            listed.all("DeleteMarker").len(),
            listed.all("Version").len()
        ),
        (1, 1)
    );
    // Without the marker the object is there again.
    let undo = Call::new("DELETE", "/files/a").query("versionId", &marker);
    let undone = centre.send(undo).await;
    assert_eq!(undone.header("x-amz-delete-marker"), Some("true"));
    assert_eq!(undone.header("x-amz-version-id"), Some(&*marker));
    assert_eq!(centre.get("/files/a").await.ok().body, b"1");
    let last = Call::new("DELETE", "/files/a").query("versionId", &first);
    let last = centre.send(last).await;
    assert_eq!(
        (last.status, last.header("x-amz-delete-marker")),
        (204, None)
    );
    centre.send(Call::new("DELETE", "/files")).await.ok();
}

#[tokio::test]
async fn suspended_buckets_have_a_null_version() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"before").await;
    assert_eq!(
        centre.get("/files/a").await.header("x-amz-version-id"),
        None
    );
    set(&centre, "Enabled").await;
    let kept = put(&centre, "a", "kept").await;
    let null = || Call::new("GET", "/files/a").query("versionId", "null");
    assert_eq!(centre.send(null()).await.ok().body, b"before");
    set(&centre, "Suspended").await;
    assert_eq!(put(&centre, "a", "after").await, "null");
    let read = centre.send(null()).await.ok();
    assert_eq!(
        (read.body.as_slice(), read.header("x-amz-version-id")),
        (&b"after"[..], Some("null"))
    );
    let listed = versions(&centre, &[]).await.ok();
    assert_eq!(listed.all("VersionId"), ["null".to_owned(), kept]);
    let deleted = centre.send(Call::new("DELETE", "/files/a")).await;
    assert_eq!(deleted.header("x-amz-version-id"), Some("null"));
    assert_eq!(deleted.header("x-amz-delete-marker"), Some("true"));
}

#[tokio::test]
async fn versions_are_listed_in_pages() {
    let centre = versioned().await;
    let mut made = Vec::new();
    for key in ["a", "a", "a", "b/1", "b/2", "c"] {
        made.push(put(&centre, key, "x").await);
    }
    let mut found = Vec::new();
    let (mut key, mut version) = (String::new(), String::new());
    loop {
        let query = [
            ("max-keys", "2"),
            ("key-marker", &*key),
            ("version-id-marker", &*version),
        ];
        let query = if key.is_empty() {
            &query[..1]
        } else {
            &query[..]
        };
        let page = versions(&centre, query).await.ok();
        found.extend(page.all("VersionId"));
        if page.one("IsTruncated") == "false" {
            break;
        }
        key = page.one("NextKeyMarker");
        version = page.one("NextVersionIdMarker");
    }
    let expected = [&made[2], &made[1], &made[0], &made[3], &made[4], &made[5]];
    assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    let rolled = versions(&centre, &[("delimiter", "/")]).await.ok();
    assert_eq!(rolled.all("Version").len(), 4);
    assert_eq!(rolled.all("CommonPrefixes").len(), 1);
    let without_key = versions(&centre, &[("version-id-marker", &made[0])]).await;
    assert_eq!(without_key.refusal(), (400, "InvalidArgument".into()));
}

#[tokio::test]
async fn many_versions_are_deleted_at_once() {
    let centre = versioned().await;
    let version = put(&centre, "a", "1").await;
    put(&centre, "b", "1").await;
    let document = format!(
        "<Delete><Object><Key>a</Key><VersionId>{version}</VersionId></Object><Object><Key>b</Key></Object></Delete>"
    );
    let call = Call::new("POST", "/files")
        .query("delete", "")
        .body(document);
    let answer = centre.send(call).await.ok();
    assert_eq!(answer.all("VersionId"), [version]);
    assert_eq!(answer.all("DeleteMarker"), ["true"]);
    assert_eq!(answer.all("DeleteMarkerVersionId").len(), 1);
}

#[tokio::test]
async fn versions_have_tags_and_copies_of_their_own() {
    let centre = versioned().await;
    let first = put(&centre, "a", "1").await;
    put(&centre, "a", "2").await;
    let document = "<Tagging><TagSet><Tag><Key>old</Key><Value>1</Value></Tag></TagSet></Tagging>";
    let set = Call::new("PUT", "/files/a")
        .query("tagging", "")
        .query("versionId", &first)
        .body(document);
    assert_eq!(
        centre.send(set).await.ok().header("x-amz-version-id"),
        Some(&*first)
    );
    let now = Call::new("GET", "/files/a").query("tagging", "");
    assert!(centre.send(now).await.ok().all("Key").is_empty());
    let source = format!("/files/a?versionId={first}");
    let copy = Call::new("PUT", "/files/b").header("x-amz-copy-source", &source);
    let copied = centre.send(copy).await.ok();
    assert_eq!(copied.header("x-amz-copy-source-version-id"), Some(&*first));
    assert!(copied.header("x-amz-version-id").is_some());
    let answer = centre.get("/files/b").await.ok();
    assert_eq!(
        (answer.body.as_slice(), answer.header("x-amz-tagging-count")),
        (&b"1"[..], Some("1"))
    );
    // An old version is restored by copying it onto itself.
    let copy = Call::new("PUT", "/files/a").header("x-amz-copy-source", &source);
    centre.send(copy).await.ok();
    assert_eq!(centre.get("/files/a").await.ok().body, b"1");
}
