//! Buckets.

use super::centre::Centre;
use super::client::Call;

#[tokio::test]
async fn a_bucket_is_made_found_listed_and_deleted() {
    let centre = Centre::open().await;
    let made = centre.send(Call::new("PUT", "/one")).await.ok();
    assert_eq!(made.header("location"), Some("/one"));
    assert!(
        made.header("x-amana-receipt")
            .unwrap()
            .starts_with("finances/vault/")
    );
    let again = centre.send(Call::new("PUT", "/one")).await;
    assert_eq!(again.refusal(), (409, "BucketAlreadyOwnedByYou".into()));
    let head = centre.send(Call::new("HEAD", "/one")).await.ok();
    assert_eq!(head.header("x-amz-bucket-region"), Some("us-east-1"));
    centre.send(Call::new("PUT", "/two")).await.ok();
    let listed = centre.get("/").await.ok();
    assert_eq!(listed.all("Name"), ["one", "two"]);
    assert_eq!(listed.one("DisplayName"), "finances");
    assert_eq!(listed.all("CreationDate").len(), 2);
    centre.put("/one/a", b"x").await;
    let full = centre.send(Call::new("DELETE", "/one")).await;
    assert_eq!(full.refusal(), (409, "BucketNotEmpty".into()));
    centre.send(Call::new("DELETE", "/one/a")).await.ok();
    let deleted = centre.send(Call::new("DELETE", "/one")).await;
    assert_eq!(deleted.status, 204);
    assert!(deleted.header("x-amana-receipt").is_some());
    assert_eq!(centre.send(Call::new("HEAD", "/one")).await.status, 404);
    assert_eq!(
        centre.get("/one").await.refusal(),
        (404, "NoSuchBucket".into())
    );
}

#[tokio::test]
async fn buckets_are_listed_in_pages() {
    let centre = Centre::open().await;
    for name in ["aa-1", "aa-2", "aa-3", "bb-1"] {
        centre
            .send(Call::new("PUT", &format!("/{name}")))
            .await
            .ok();
    }
    let page = Call::new("GET", "/")
        .query("prefix", "aa")
        .query("max-buckets", "2");
    let first = centre.send(page.clone()).await.ok();
    assert_eq!(first.all("Name"), ["aa-1", "aa-2"]);
    let token = first.one("ContinuationToken");
    let second = centre
        .send(page.query("continuation-token", &token))
        .await
        .ok();
    assert_eq!(second.all("Name"), ["aa-3"]);
    assert_eq!(second.one("ContinuationToken"), "");
    let none = Call::new("GET", "/").query("max-buckets", "0");
    assert_eq!(
        centre.send(none).await.refusal(),
        (400, "InvalidArgument".into())
    );
}

#[tokio::test]
async fn names_keep_the_rules() {
    let centre = Centre::open().await;
    for name in [
        "ab",
        "UPPER",
        "under_score",
        "192.168.1.1",
        "-dash",
        "dot..dot",
        "xn--a",
    ] {
        let answer = centre.send(Call::new("PUT", &format!("/{name}"))).await;
        assert_eq!(
            answer.refusal(),
            (400, "InvalidBucketName".into()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_location_is_kept() {
    let centre = Centre::open().await;
    let configuration = "<CreateBucketConfiguration><LocationConstraint>km-moroni-1</LocationConstraint>\
                         </CreateBucketConfiguration>";
    centre
        .send(Call::new("PUT", "/one").body(configuration))
        .await
        .ok();
    let location = centre
        .send(Call::new("GET", "/one").query("location", ""))
        .await
        .ok();
    assert!(
        location
            .text()
            .contains(">km-moroni-1</LocationConstraint>")
    );
    centre.send(Call::new("PUT", "/two")).await.ok();
    let location = centre
        .send(Call::new("GET", "/two").query("location", ""))
        .await
        .ok();
    assert!(location.text().contains("LocationConstraint"));
    assert!(!location.text().contains("us-east-1"));
}

#[tokio::test]
async fn versioning_is_enabled_and_suspended() {
    let centre = Centre::with_bucket().await;
    let ask = || Call::new("GET", "/files").query("versioning", "");
    assert_eq!(centre.send(ask()).await.ok().all("Status").len(), 0);
    for status in ["Enabled", "Suspended"] {
        let body = format!(
            "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>{status}</Status>\
             </VersioningConfiguration>"
        );
        let call = Call::new("PUT", "/files")
            .query("versioning", "")
            .body(body);
        assert!(
            centre
                .send(call)
                .await
                .ok()
                .header("x-amana-receipt")
                .is_some()
        );
        assert_eq!(centre.send(ask()).await.ok().one("Status"), status);
    }
    let call = Call::new("PUT", "/files")
        .query("versioning", "")
        .body("<Versioning");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "MalformedXML".into())
    );
}

#[tokio::test]
async fn what_programs_probe_has_an_answer() {
    let centre = Centre::with_bucket().await;
    for (subresource, status, code) in [
        ("policy", 404, "NoSuchBucketPolicy"),
        ("policyStatus", 404, "NoSuchBucketPolicy"),
        ("tagging", 404, "NoSuchTagSet"),
        ("lifecycle", 404, "NoSuchLifecycleConfiguration"),
        ("cors", 404, "NoSuchCORSConfiguration"),
        ("website", 404, "NoSuchWebsiteConfiguration"),
        (
            "encryption",
            404,
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        ("replication", 404, "ReplicationConfigurationNotFoundError"),
        ("object-lock", 404, "ObjectLockConfigurationNotFoundError"),
        (
            "publicAccessBlock",
            404,
            "NoSuchPublicAccessBlockConfiguration",
        ),
        ("inventory", 501, "NotImplemented"),
        ("logging", 200, ""),
        ("notification", 200, ""),
        ("requestPayment", 200, ""),
        ("ownershipControls", 200, ""),
        ("acl", 200, ""),
    ] {
        let answer = centre
            .send(Call::new("GET", "/files").query(subresource, ""))
            .await;
        assert_eq!(answer.refusal(), (status, code.into()), "{subresource}");
        let nowhere = centre
            .send(Call::new("GET", "/nowhere").query(subresource, ""))
            .await;
        let expected = if status == 501 {
            "NotImplemented"
        } else {
            "NoSuchBucket"
        };
        assert_eq!(nowhere.one("Code"), expected, "{subresource}");
    }
    let acl = centre
        .send(Call::new("GET", "/files").query("acl", ""))
        .await
        .ok();
    assert_eq!(acl.one("Permission"), "FULL_CONTROL");
    assert!(acl.text().contains("xsi:type=\"CanonicalUser\""));
    let put = Call::new("PUT", "/files")
        .query("acl", "")
        .header("x-amz-acl", "private");
    centre.send(put).await.ok();
    let policy = Call::new("PUT", "/files").query("policy", "").body("{}");
    assert_eq!(
        centre.send(policy).await.refusal(),
        (501, "NotImplemented".into())
    );
}

#[tokio::test]
async fn buckets_are_hosts_too() {
    let centre = Centre::with_bucket().await;
    let hosted = |method: &str, path: &str| {
        let mut call = Call::new(method, path);
        call.host = Some("files.localhost:7401".into());
        call
    };
    centre.send(hosted("PUT", "/a/b").body("x")).await.ok();
    assert_eq!(centre.get("/files/a/b").await.ok().body, b"x");
    let listed = centre.send(hosted("GET", "/")).await.ok();
    assert_eq!(listed.all("Key"), ["a/b"]);
    let mut plain = Call::new("GET", "/files/a/b");
    plain.host = Some("localhost".into());
    centre.send(plain).await.ok();
    let mut elsewhere = Call::new("GET", "/files/a/b");
    elsewhere.host = Some("s3.gouv.km".into());
    centre.send(elsewhere).await.ok();
}
