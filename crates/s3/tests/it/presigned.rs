//! Presigned URLs.

use super::centre::Centre;
use super::client::{Answer, Call};

async fn follow(centre: &Centre, call: &Call, expires: &str) -> Answer {
    let url = call.presigned(&centre.key, &centre.address, expires);
    centre.send_bytes(&call.bare(&url, &centre.address)).await
}

#[tokio::test]
async fn each_method_can_be_presigned() {
    let centre = Centre::with_bucket().await;
    let put = Call::new("PUT", "/files/a b/ü").body("shared");
    assert!(
        follow(&centre, &put, "60")
            .await
            .ok()
            .header("x-amana-receipt")
            .is_some()
    );
    let get =
        Call::new("GET", "/files/a b/ü").query("response-content-type", "text/plain; a=\"b\"");
    let answer = follow(&centre, &get, "604800").await.ok();
    assert_eq!(answer.body, b"shared");
    assert_eq!(answer.header("content-type"), Some("text/plain; a=\"b\""));
    follow(&centre, &Call::new("HEAD", "/files/a b/ü"), "60")
        .await
        .ok();
    assert_eq!(
        follow(&centre, &Call::new("DELETE", "/files/a b/ü"), "60")
            .await
            .status,
        204
    );
    assert_eq!(centre.get("/files/a b/ü").await.status, 404);
}

#[tokio::test]
async fn lifetimes_have_bounds() {
    let centre = Centre::with_bucket().await;
    let get = Call::new("GET", "/files");
    for expires in ["604801", "-1", "soon", "99999999999999999999"] {
        let answer = follow(&centre, &get, expires).await;
        assert_eq!(
            answer.refusal(),
            (400, "AuthorizationQueryParametersError".into()),
            "{expires}"
        );
    }
    let mut old = get.clone();
    old.skew_s = -120;
    assert_eq!(
        follow(&centre, &old, "60").await.refusal(),
        (403, "AccessDenied".into())
    );
    let mut early = get.clone();
    early.skew_s = 1000;
    let answer = follow(&centre, &early, "3600").await;
    assert_eq!(answer.refusal(), (403, "RequestTimeTooSkewed".into()));
}

#[tokio::test]
async fn a_changed_url_is_refused() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    let call = Call::new("GET", "/files/a");
    let url = call.presigned(&centre.key, &centre.address, "60");
    for changed in [
        url.replace("/files/a?", "/files/b?"),
        url.replace("Expires=60", "Expires=61"),
        format!("{url}&versionId=null"),
    ] {
        let answer = centre
            .send_bytes(&call.bare(&changed, &centre.address))
            .await;
        assert_eq!(
            answer.refusal(),
            (403, "SignatureDoesNotMatch".into()),
            "{changed}"
        );
    }
    for name in ["X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Date"] {
        let without: Vec<&str> = url.split('&').filter(|pair| !pair.contains(name)).collect();
        let without = without.join("&").replacen("/a&", "/a?", 1);
        let answer = centre
            .send_bytes(&call.bare(&without, &centre.address))
            .await;
        assert_eq!(
            answer.refusal(),
            (400, "AuthorizationQueryParametersError".into()),
            "{name}"
        );
    }
    let both = Call::new("GET", "/files/a").unsigned("authorization", "AWS4-HMAC-SHA256 x");
    let answer = centre.send_bytes(&both.bare(&url, &centre.address)).await;
    assert_eq!(answer.refusal(), (400, "InvalidArgument".into()));
}

#[tokio::test]
async fn headers_may_stand_in_the_query() {
    let centre = Centre::with_bucket().await;
    let put = Call::new("PUT", "/files/a")
        .query("x-amz-meta-note", "carried")
        .query("X-Amz-Tagging", "k=v")
        .body("x");
    let answer = follow(&centre, &put, "60").await.ok();
    assert!(answer.header("x-amana-receipt").is_some());
    let head = centre.send(Call::new("HEAD", "/files/a")).await.ok();
    assert_eq!(head.header("x-amz-meta-note"), Some("carried"));
    let sealed = Call::new("PUT", "/files/a").query("x-amz-server-side-encryption", "AES256");
    assert_eq!(
        follow(&centre, &sealed, "60").await.refusal(),
        (501, "NotImplemented".into())
    );
    // They are signed like the rest of the query.
    let url = put.presigned(&centre.key, &centre.address, "60");
    let changed = url.replace("carried", "changed");
    let answer = centre
        .send_bytes(&put.bare(&changed, &centre.address))
        .await;
    assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch".into()));
}

#[tokio::test]
async fn a_signed_payload_hash_is_verified() {
    let centre = Centre::with_bucket().await;
    let wrong = "0".repeat(64);
    let put = Call::new("PUT", "/files/a")
        .header("x-amz-content-sha256", &wrong)
        .body("x");
    let answer = follow(&centre, &put, "60").await;
    assert_eq!(answer.refusal(), (400, "XAmzContentSHA256Mismatch".into()));
}
