//! Each gap of `s3s` that the guard closes, with the request that went through it.

use super::centre::Centre;
use super::client::{Call, Payload};
use super::signature::{encode, stamp};

#[tokio::test]
async fn unsigned_headers_are_refused() {
    let centre = Centre::with_bucket().await;
    for (name, value) in [
        ("x-amz-meta-note", "added on the way"),
        ("x-amz-acl", "private"),
        ("x-amz-copy-source", "/files/other"),
        ("x-amz-tagging", "a=b"),
    ] {
        let call = Call::new("PUT", "/files/a").body("x").unsigned(name, value);
        let answer = centre.send(call).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied".into()), "{name}");
        assert!(answer.one("Message").contains(name));
    }
    let call = Call::new("GET", "/files/a");
    let url = call.presigned(&centre.key, &centre.address, "60");
    let late = call.clone().unsigned("x-amz-meta-note", "late");
    let answer = centre.send_bytes(&late.bare(&url, &centre.address)).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied".into()));
}

#[tokio::test]
async fn the_host_is_signed() {
    let centre = Centre::with_bucket().await;
    let request = Call::new("GET", "/files").signed(&centre.key, &centre.address);
    let request = String::from_utf8(request)
        .unwrap()
        .replace("SignedHeaders=host;", "SignedHeaders=");
    let answer = centre.send_bytes(request.as_bytes()).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied".into()));
}

#[tokio::test]
async fn a_signed_header_that_is_missing_is_noticed() {
    let centre = Centre::with_bucket().await;
    let call = Call::new("GET", "/files").header("x-amz-meta-note", "taken away");
    let request = String::from_utf8(call.signed(&centre.key, &centre.address)).unwrap();
    let request = request.replace("x-amz-meta-note: taken away\r\n", "");
    let answer = centre.send_bytes(request.as_bytes()).await;
    assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch".into()));
}

#[tokio::test]
async fn signature_version_2_is_refused() {
    let centre = Centre::with_bucket().await;
    let header = Call::new("GET", "/files")
        .unsigned("authorization", "AWS AKFINANCES:c2lnbmF0dXJl")
        .unsigned("date", "Sun, 22 Nov 2026 00:00:00 GMT");
    let answer = centre
        .send_bytes(&header.bare("/files", &centre.address))
        .await;
    assert_eq!(answer.refusal(), (400, "InvalidRequest".into()));
    let query = "/files?AWSAccessKeyId=AKFINANCES&Expires=4000000000&Signature=c2ln";
    let call = Call::new("GET", "/files");
    let answer = centre.send_bytes(&call.bare(query, &centre.address)).await;
    assert_eq!(answer.refusal(), (400, "InvalidRequest".into()));
    // The name may be encoded; `s3s` decodes it.
    let query = "/files?AWSAccessKeyId=AKFINANCES&Expires=4000000000&%53ignature=c2ln";
    let answer = centre.send_bytes(&call.bare(query, &centre.address)).await;
    assert_eq!(answer.refusal(), (400, "InvalidRequest".into()));
}

#[tokio::test]
async fn other_algorithms_and_services_are_refused() {
    let centre = Centre::with_bucket().await;
    let request = Call::new("GET", "/files").signed(&centre.key, &centre.address);
    let request = String::from_utf8(request).unwrap();
    for (from, to, refusal) in [
        (
            "AWS4-HMAC-SHA256 ",
            "AWS4-HMAC-SHA1 ",
            (501, "NotImplemented"),
        ),
        ("AWS4-HMAC-SHA256 ", "Bearer ", (400, "InvalidArgument")),
        (
            "/s3/aws4_request",
            "/sts/aws4_request",
            (400, "AuthorizationHeaderMalformed"),
        ),
        ("/us-east-1/", "/US/", (400, "AuthorizationHeaderMalformed")),
        (
            "/s3/aws4_request",
            "/s3/aws5_request",
            (400, "AuthorizationHeaderMalformed"),
        ),
    ] {
        let answer = centre
            .send_bytes(request.replace(from, to).as_bytes())
            .await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.into()), "{to}");
        // s3cmd goes on with this one.
        let named = answer.one("Region") == "us-east-1";
        assert_eq!(named, refusal.1 == "AuthorizationHeaderMalformed");
    }
}

#[tokio::test]
async fn anonymous_requests_are_refused() {
    let centre = Centre::with_bucket().await;
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/files"),
        ("PUT", "/files/a"),
        ("DELETE", "/files"),
        ("POST", "/files?delete"),
    ] {
        let answer = centre
            .send_bytes(&Call::new(method, path).bare(path, &centre.address))
            .await;
        assert_eq!(
            answer.refusal(),
            (403, "AccessDenied".into()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn a_clock_too_far_off_is_refused() {
    let centre = Centre::with_bucket().await;
    for skew_s in [-1000, 1000] {
        let mut call = Call::new("GET", "/files");
        call.skew_s = skew_s;
        let answer = centre.send(call).await;
        assert_eq!(answer.refusal(), (403, "RequestTimeTooSkewed".into()));
    }
    let mut call = Call::new("GET", "/files");
    call.skew_s = -600;
    centre.send(call).await.ok();
}

#[tokio::test]
async fn bodies_have_bounds() {
    let centre = Centre::with_bucket().await;
    // What is declared is refused before any of it is sent.
    let put = Call::new("PUT", "/files/big").unsigned("content-length", "5368709121");
    let mut put = put;
    put.with_length = false;
    let answer = centre.send(put).await;
    assert_eq!(answer.refusal(), (400, "EntityTooLarge".into()));
    let mut document = Call::new("POST", "/files").query("delete", "");
    document = document.unsigned("content-length", "2097153");
    document.with_length = false;
    let answer = centre.send(document).await;
    assert_eq!(answer.refusal(), (400, "MaxMessageLengthExceeded".into()));
    let mut without = Call::new("PUT", "/files/a").body("x");
    without.payload = Payload::Said("UNSIGNED-PAYLOAD".into());
    without.with_length = false;
    let answer = centre.send(without).await;
    assert_eq!(answer.refusal(), (411, "MissingContentLength".into()));
}

#[tokio::test]
async fn a_delete_of_more_than_a_thousand_is_refused() {
    let centre = Centre::with_bucket().await;
    let keys: String = (0..1001)
        .map(|n| format!("<Object><Key>{n}</Key></Object>"))
        .collect();
    let call = Call::new("POST", "/files")
        .query("delete", "")
        .body(format!("<Delete>{keys}</Delete>"));
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "MalformedXML".into())
    );
}

#[tokio::test]
async fn repeated_headers_and_parameters_are_refused() {
    let centre = Centre::with_bucket().await;
    let call = Call::new("PUT", "/files/a")
        .body("x")
        .header("x-amz-meta-a", "1")
        .unsigned("x-amz-meta-a", "2");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "InvalidArgument".into())
    );
    let call = Call::new("GET", "/files")
        .query("prefix", "a")
        .query("prefix", "b");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "InvalidArgument".into())
    );
    let request = Call::new("GET", "/files").signed(&centre.key, &centre.address);
    let request = String::from_utf8(request).unwrap();
    let twice = request.replace("\r\nhost: ", "\r\nhost: evil.test\r\nhost: ");
    let answer = centre.send_bytes(twice.as_bytes()).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn subresources_that_are_not_served_change_nothing() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"kept").await;
    for (method, path, parameter) in [
        ("DELETE", "/files", "inventory-of-something"),
        ("DELETE", "/files", "versioning"),
        ("DELETE", "/files/a", "acl"),
        ("DELETE", "/files/a", "retention"),
        ("PUT", "/files/a", "renameObject"),
        ("PUT", "/files/a", "uploads"),
        ("PUT", "/files/b", "location"),
        ("POST", "/files/a", "append"),
    ] {
        let call = Call::new(method, path).query(parameter, "").body("new");
        let answer = centre.send(call).await;
        assert_eq!(
            answer.refusal(),
            (501, "NotImplemented".into()),
            "{method} {path}?{parameter}"
        );
    }
    for (name, value) in [
        ("uploadId", "x"),
        ("partNumber", "1"),
        ("versionId", "null"),
    ] {
        let call = Call::new("PUT", "/files/a").query(name, value).body("new");
        assert_eq!(
            centre.send(call).await.refusal(),
            (400, "InvalidArgument".into()),
            "{name}"
        );
    }
    assert_eq!(centre.get("/files/a").await.ok().body, b"kept");
}

#[tokio::test]
async fn forms_preflights_and_website_hosts_are_answered_by_the_guard() {
    let centre = Centre::with_bucket().await;
    let form = Call::new("POST", "/files")
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x--");
    assert_eq!(
        centre.send(form).await.refusal(),
        (501, "NotImplemented".into())
    );
    let preflight = Call::new("OPTIONS", "/files/a");
    let bare = preflight.bare("/files/a", &centre.address);
    assert_eq!(
        centre.send_bytes(&bare).await.refusal(),
        (400, "BadRequest".into())
    );
    let preflight = preflight
        .unsigned("origin", "https://elsewhere.test")
        .unsigned("access-control-request-method", "PUT");
    let bare = preflight.bare("/files/a", &centre.address);
    assert_eq!(
        centre.send_bytes(&bare).await.refusal(),
        (403, "AccessForbidden".into())
    );
    let mut website = Call::new("GET", "/");
    website.host = Some("files.s3-website.localhost".into());
    let bare = website.bare("/", &centre.address);
    assert_eq!(
        centre.send_bytes(&bare).await.refusal(),
        (404, "NoSuchWebsiteConfiguration".into())
    );
}

#[tokio::test]
async fn promises_that_are_not_kept_are_refused() {
    let centre = Centre::with_bucket().await;
    for (name, value, refusal) in [
        (
            "x-amz-server-side-encryption",
            "AES256",
            (501, "NotImplemented"),
        ),
        (
            "x-amz-object-lock-mode",
            "GOVERNANCE",
            (400, "InvalidArgument"),
        ),
        (
            "x-amz-object-lock-legal-hold",
            "ON",
            (400, "InvalidRequest"),
        ),
        (
            "x-amz-acl",
            "public-read",
            (400, "AccessControlListNotSupported"),
        ),
        (
            "x-amz-grant-read",
            "id=1",
            (400, "AccessControlListNotSupported"),
        ),
        (
            "x-amz-storage-class",
            "SHOEBOX",
            (400, "InvalidStorageClass"),
        ),
        ("x-amz-security-token", "token", (400, "InvalidToken")),
    ] {
        let call = Call::new("PUT", "/files/a").body("x").header(name, value);
        let answer = centre.send(call).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.into()), "{name}");
    }
}

#[tokio::test]
async fn a_wrong_payload_hash_stores_nothing() {
    let centre = Centre::with_bucket().await;
    let mut call = Call::new("PUT", "/files/a").body("what was signed");
    call.tamper = Some(|body| body[0] = b'W');
    let answer = centre.send(call).await;
    assert_eq!(answer.refusal(), (400, "XAmzContentSHA256Mismatch".into()));
    assert_eq!(
        centre.get("/files/a").await.refusal(),
        (404, "NoSuchKey".into())
    );
    let mut call = Call::new("POST", "/files")
        .query("delete", "")
        .body("<Delete><Object><Key>a</Key></Object></Delete>");
    call.tamper = Some(|body| body[21] = b'b');
    let answer = centre.send(call).await;
    assert_eq!(answer.refusal(), (400, "XAmzContentSHA256Mismatch".into()));
    let call = Call::new("PUT", "/files/a").payload(Payload::Said("nonsense".into()));
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "InvalidArgument".into())
    );
}

#[tokio::test]
async fn wrong_signatures_and_unknown_keys_are_told_apart() {
    let centre = Centre::with_bucket().await;
    let mut key = centre.key.clone();
    key.secret.push('x');
    let answer = centre.send_as(&key, Call::new("GET", "/files")).await;
    assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch".into()));
    key.id = "AKNOBODY".into();
    let answer = centre.send_as(&key, Call::new("GET", "/files")).await;
    assert_eq!(answer.refusal(), (403, "InvalidAccessKeyId".into()));
}

#[tokio::test]
async fn odd_queries_are_signed_as_they_are() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a b+c&d=e/ü", b"x").await;
    for prefix in ["a b", "a b+c&d=e/", "a b+c&d=e/ü", "%41", "~-_.!*'()"] {
        let call = Call::new("GET", "/files")
            .query("prefix", prefix)
            .query("list-type", "2")
            .query("a-cache-buster", "1 2");
        let answer = centre.send(call).await.ok();
        let found = !answer.all("Key").is_empty();
        assert_eq!(found, "a b+c&d=e/ü".starts_with(prefix), "{prefix}");
    }
    // Parameters out of order, and lower-case hexadecimal digits: the signature is over their canonical form.
    let call = Call::new("GET", "/files")
        .query("prefix", "a b")
        .query("delimiter", "/");
    let request = String::from_utf8(call.signed(&centre.key, &centre.address)).unwrap();
    let request = request.replace("delimiter=%2F&prefix=a%20b", "prefix=a%20b&delimiter=%2f");
    centre.send_bytes(request.as_bytes()).await.ok();
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let centre = Centre::with_bucket().await;
    for answer in [
        centre.get("/").await,
        centre.get("/files/nothing").await,
        centre
            .send_bytes(&Call::new("GET", "/").bare("/", &centre.address))
            .await,
        centre.send(Call::new("HEAD", "/files/nothing")).await,
    ] {
        assert_eq!(answer.header("x-amz-request-id").unwrap().len(), 16);
    }
    let answer = centre.get("/files/nothing").await;
    assert_eq!(answer.one("Resource"), "/files/nothing");
    assert_eq!(
        answer.one("RequestId"),
        answer.header("x-amz-request-id").unwrap()
    );
    assert_eq!(answer.header("content-type"), Some("application/xml"));
    let head = centre.send(Call::new("HEAD", "/files/nothing")).await;
    assert_eq!((head.status, head.body.len()), (404, 0));
}

#[tokio::test]
async fn a_path_that_can_not_be_read_is_an_error() {
    let centre = Centre::with_bucket().await;
    let key = "k".repeat(1025);
    let call = Call::new("PUT", &format!("/files/{key}")).body("x");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "KeyTooLongError".into())
    );
    assert!(stamp(0).ends_with('Z') && encode("/", false) == "%2F");
    for path in ["/files/%ff%fe", "//a"] {
        let bare = Call::new("GET", path).signed(&centre.key, &centre.address);
        let bare = String::from_utf8(bare).unwrap().replace("%25", "%");
        assert_eq!(
            centre.send_bytes(bare.as_bytes()).await.status,
            400,
            "{path}"
        );
    }
}

#[tokio::test]
async fn an_early_refusal_leaves_the_connection_in_order() {
    let centre = Centre::with_bucket().await;
    let signed = |call: &Call| {
        let request = call.signed(&centre.key, &centre.address);
        let request = String::from_utf8(request).unwrap();
        request.replace("connection: close\r\n", "")
    };
    // Refused from its head alone, refused by the vault, and served: three requests on one connection.
    let anonymous = format!(
        "PUT /files/a HTTP/1.1\r\nhost: {}\r\ncontent-length: 200000\r\n\r\n{}",
        centre.address,
        "x".repeat(200_000)
    );
    let nowhere = signed(&Call::new("PUT", "/nowhere/a").body("x".repeat(200_000)));
    let last = Call::new("GET", "/files").signed(&centre.key, &centre.address);
    let requests = [anonymous.as_bytes(), nowhere.as_bytes(), &last].concat();
    let mut stream = tokio::net::TcpStream::connect(&centre.address)
        .await
        .unwrap();
    let (mut from, mut to) = stream.split();
    let mut answers = Vec::new();
    let (read, written) = tokio::join!(
        tokio::io::AsyncReadExt::read_to_end(&mut from, &mut answers),
        tokio::io::AsyncWriteExt::write_all(&mut to, &requests),
    );
    read.unwrap();
    written.unwrap();
    let answers = String::from_utf8(answers).unwrap();
    let statuses: Vec<&str> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    assert_eq!(statuses, ["403", "404", "200"]);
}

#[tokio::test]
async fn a_client_that_waits_is_not_told_to_continue_in_vain() {
    let centre = Centre::with_bucket().await;
    let request = format!(
        "PUT /files/a HTTP/1.1\r\nhost: {}\r\ncontent-length: 200000\r\nexpect: 100-continue\r\n\r\n",
        centre.address
    );
    let answer = centre.send_bytes(request.as_bytes()).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied".into()));
    assert_eq!(answer.header("connection"), Some("close"));
    // An empty object needs no telling, and an answer without it ends the connection: botocore can't go on with it.
    let empty = Call::new("PUT", "/files/empty").unsigned("expect", "100-continue");
    let request = empty.signed(&centre.key, &centre.address);
    let request = String::from_utf8(request).unwrap();
    let request = request.replace("connection: close\r\n", "");
    let answer = centre.send_bytes(request.as_bytes()).await.ok();
    assert_eq!(answer.header("connection"), Some("close"));
}
