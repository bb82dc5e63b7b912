//! Who sees what.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use amana_access::{Grant, Right};
use amana_s3::{Callers, CallersError, Known};

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

/// How long an answer takes from far away: what could go on meanwhile does.
const TURNS: usize = 1000;

/// Where rows are far away: it takes a while to say whether a key stands, and what is remembered of it stays.
struct FarAway {
    keys: Arc<dyn Callers>,
    stand: Arc<AtomicBool>,
}

#[async_trait::async_trait]
impl Callers for FarAway {
    fn recall(&self, access_key_id: &str) -> Result<Option<Known>, CallersError> {
        self.keys.recall(access_key_id)
    }

    async fn stands(&self, _: &str) -> Result<bool, CallersError> {
        for _ in 0..TURNS {
            tokio::task::yield_now().await;
        }
        Ok(self.stand.load(Ordering::Relaxed))
    }
}

#[tokio::test]
async fn a_key_revoked_elsewhere_learns_and_changes_nothing() {
    let stand = Arc::new(AtomicBool::new(true));
    let told = stand.clone();
    let centre = Centre::open_for(|keys| Arc::new(FarAway { keys, stand: told })).await;
    centre.send(Call::new("PUT", "/files")).await.ok();
    centre.put("/files/a", b"x").await;
    stand.store(false, Ordering::Relaxed);
    for call in [
        Call::new("GET", "/files/a"),
        Call::new("GET", "/files/nothing"),
        Call::new("GET", "/nowhere/a"),
        Call::new("GET", "/files"),
        Call::new("PUT", "/files/a").body("y"),
        Call::new("PUT", "/files/b").body("y"),
        Call::new("PUT", "/nowhere/b").body("y"),
        Call::new("PUT", "/others"),
        Call::new("PUT", "/files/c").header("x-amz-copy-source", "/files/a"),
        Call::new("DELETE", "/files/a"),
        Call::new("POST", "/files/a").query("uploads", ""),
        // It goes to the inner service, as what `s3s` would misread does.
        Call::new("GET", "/files/a").header("range", "none"),
    ] {
        let answer = centre.send(call.clone()).await;
        let refusal = (403, "InvalidAccessKeyId".into());
        assert_eq!(answer.refusal(), refusal, "{call:?}");
    }
    assert_eq!(centre.send(Call::new("HEAD", "/files/a")).await.status, 403);
    stand.store(true, Ordering::Relaxed);
    assert_eq!(centre.get("/files/a").await.ok().body, b"x");
    assert_eq!(centre.get("/files").await.ok().all("Key"), ["a"]);
    assert_eq!(centre.get("/").await.ok().all("Name"), ["files"]);
}
