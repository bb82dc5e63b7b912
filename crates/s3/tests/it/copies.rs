//! Copies of objects and of parts.

use super::centre::Centre;
use super::checksums;
use super::client::Call;

fn copy(to: &str, from: &str) -> Call {
    Call::new("PUT", to).header("x-amz-copy-source", from)
}

#[tokio::test]
async fn attributes_are_copied_or_replaced() {
    let centre = Centre::with_bucket().await;
    let put = Call::new("PUT", "/files/a b")
        .header("content-type", "text/plain")
        .header("x-amz-meta-who", "finances")
        .header("x-amz-tagging", "k=v")
        .body("content");
    let etag = centre
        .send(put)
        .await
        .ok()
        .header("etag")
        .unwrap()
        .to_owned();
    let copied = centre.send(copy("/files/b", "/files/a%20b")).await.ok();
    assert_eq!(copied.one("ETag"), etag);
    assert!(copied.header("x-amana-receipt").is_some());
    let answer = centre.get("/files/b").await.ok();
    assert_eq!(answer.body, b"content");
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("x-amz-meta-who"), Some("finances"));
    assert_eq!(answer.header("x-amz-tagging-count"), Some("1"));
    let replaced = copy("/files/c", "files/a%20b")
        .header("x-amz-metadata-directive", "REPLACE")
        .header("x-amz-meta-new", "yes")
        .header("x-amz-tagging-directive", "REPLACE");
    centre.send(replaced).await.ok();
    let answer = centre.get("/files/c").await.ok();
    assert_eq!(answer.header("content-type"), Some("binary/octet-stream"));
    assert_eq!(answer.header("x-amz-meta-who"), None);
    assert_eq!(answer.header("x-amz-meta-new"), Some("yes"));
    assert_eq!(answer.header("x-amz-tagging-count"), None);
    // The source may go.
    centre.send(Call::new("DELETE", "/files/a b")).await.ok();
    assert_eq!(centre.get("/files/b").await.ok().body, b"content");
}

#[tokio::test]
async fn a_copy_onto_itself_changes_something() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    let answer = centre.send(copy("/files/a", "/files/a")).await;
    assert_eq!(answer.refusal(), (400, "InvalidRequest".into()));
    let replace = copy("/files/a", "/files/a").header("x-amz-metadata-directive", "REPLACE");
    centre
        .send(replace.header("x-amz-meta-new", "yes"))
        .await
        .ok();
    let answer = centre.get("/files/a").await.ok();
    assert_eq!(answer.header("x-amz-meta-new"), Some("yes"));
    assert_eq!(answer.body, b"x");
}

#[tokio::test]
async fn conditions_on_the_source() {
    let centre = Centre::with_bucket().await;
    let etag = centre
        .put("/files/a", b"x")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    for (name, value, status) in [
        ("if-match", &*etag, 200),
        ("if-match", "\"other\"", 412),
        ("if-none-match", &*etag, 412),
        ("if-none-match", "\"other\"", 200),
        ("if-modified-since", "Thu, 01 Dec 1994 16:00:00 GMT", 200),
        ("if-unmodified-since", "Thu, 01 Dec 1994 16:00:00 GMT", 412),
    ] {
        let call = copy("/files/b", "/files/a").header(&format!("x-amz-copy-source-{name}"), value);
        assert_eq!(centre.send(call).await.status, status, "{name} {value}");
    }
    let call = copy("/files/b", "/files/a").header("if-none-match", "*");
    assert_eq!(
        centre.send(call).await.refusal(),
        (412, "PreconditionFailed".into())
    );
}

#[tokio::test]
async fn a_source_that_is_not_there() {
    let centre = Centre::with_bucket().await;
    for (from, refusal) in [
        ("/files/nothing", (404, "NoSuchKey")),
        ("/nowhere/a", (404, "NoSuchBucket")),
        ("files", (400, "InvalidArgument")),
    ] {
        let answer = centre.send(copy("/files/b", from)).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.into()), "{from}");
    }
}

#[tokio::test]
async fn another_checksum_is_computed() {
    let centre = Centre::with_bucket().await;
    let content = vec![b'x'; 100_000];
    centre.put("/files/a", &content).await;
    let call = copy("/files/b", "/files/a").header("x-amz-checksum-algorithm", "SHA256");
    let answer = centre.send(call).await.ok();
    assert_eq!(answer.one("ChecksumSHA256"), checksums::all(&content)[3].1);
    let kept = centre.send(copy("/files/c", "/files/a")).await.ok();
    assert_eq!(kept.one("ChecksumCRC64NVME"), checksums::all(&content)[4].1);
}
