//! Who sees what.

use amana_access::{Grant, Right};

use super::centre::Centre;
use super::client::Call;
use super::signature::Key;

#[tokio::test]
async fn two_institutions_see_nothing_of_each_other() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/secret", b"x").await;
    let listed = centre
        .send_as(&centre.other, Call::new("GET", "/"))
        .await
        .ok();
    assert!(listed.all("Name").is_empty());
    for call in [
        Call::new("GET", "/files"),
        Call::new("GET", "/files/secret"),
        Call::new("GET", "/files/nothing"),
        Call::new("PUT", "/files/a").body("x"),
        Call::new("DELETE", "/files/secret"),
        Call::new("DELETE", "/files"),
        Call::new("GET", "/files").query("versions", ""),
        Call::new("GET", "/files").query("acl", ""),
        Call::new("GET", "/files").query("policy", ""),
        Call::new("POST", "/files/a").query("uploads", ""),
        Call::new("GET", "/files/secret").query("tagging", ""),
        Call::new("GET", "/files").query("uploads", ""),
    ] {
        let answer = centre.send_as(&centre.other, call.clone()).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied".into()), "{call:?}");
    }
    let head = centre
        .send_as(&centre.other, Call::new("HEAD", "/files"))
        .await;
    assert_eq!(head.status, 403);
    // Not as the source of a copy either.
    centre
        .send_as(&centre.other, Call::new("PUT", "/theirs"))
        .await
        .ok();
    let copy = Call::new("PUT", "/theirs/a").header("x-amz-copy-source", "/files/secret");
    let answer = centre.send_as(&centre.other, copy).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied".into()));
    // Names are one namespace.
    let answer = centre
        .send_as(&centre.other, Call::new("PUT", "/files"))
        .await;
    assert_eq!(answer.refusal(), (409, "BucketAlreadyExists".into()));
}

#[tokio::test]
async fn a_key_does_what_it_was_granted() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    let reader = grant(&centre, Right::Read).await;
    let writer = grant(&centre, Right::Write).await;
    centre
        .send_as(&reader, Call::new("GET", "/files/a"))
        .await
        .ok();
    let put = Call::new("PUT", "/files/a").body("y");
    assert_eq!(
        centre.send_as(&reader, put.clone()).await.refusal(),
        (403, "AccessDenied".into())
    );
    centre.send_as(&writer, put).await.ok();
    let versioning = Call::new("PUT", "/files")
        .query("versioning", "")
        .body("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
    let answer = centre.send_as(&writer, versioning).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied".into()));
}

async fn grant(centre: &Centre, right: Right) -> Key {
    let grant = Grant {
        buckets: Some(vec!["files".into()]),
        right,
    };
    centre.ground.grant(grant).await
}

#[tokio::test]
async fn a_revoked_key_is_as_unknown_as_one_that_never_was() {
    let centre = Centre::with_bucket().await;
    let reader = grant(&centre, Right::Read).await;
    centre
        .send_as(&reader, Call::new("GET", "/files"))
        .await
        .ok();
    centre.ground.suspend().await;
    for key in [&reader, &centre.key] {
        let answer = centre.send_as(key, Call::new("GET", "/files")).await;
        assert_eq!(answer.refusal(), (403, "InvalidAccessKeyId".into()));
    }
}

#[tokio::test]
async fn the_expected_owner_is_checked() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    for (owner, status) in [("finances", 200), ("123456789012", 403)] {
        for (method, path) in [("GET", "/files/a"), ("HEAD", "/files"), ("GET", "/files")] {
            let call = Call::new(method, path).header("x-amz-expected-bucket-owner", owner);
            assert_eq!(
                centre.send(call).await.status,
                status,
                "{method} {path} {owner}"
            );
        }
    }
}
