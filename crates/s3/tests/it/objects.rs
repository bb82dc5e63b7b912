//! Objects, put whole and read back.

use super::centre::Centre;
use super::client::{Call, pattern};

#[tokio::test]
async fn an_object_comes_back_as_it_was_put() {
    let centre = Centre::with_bucket().await;
    for size in [0, 1, 4096, 32 * 1024, 32 * 1024 + 1, 300_000, 2_000_000] {
        let content = pattern(size);
        let put = centre.put("/files/a", &content).await;
        assert!(put.header("x-amana-receipt").is_some());
        let got = centre.get("/files/a").await.ok();
        assert!(got.body == content, "{size}");
        assert_eq!(got.header("etag"), put.header("etag"));
        assert_eq!(got.header("content-length"), Some(&*size.to_string()));
        assert_eq!(got.header("accept-ranges"), Some("bytes"));
        assert_eq!(got.header("content-type"), Some("binary/octet-stream"));
        let head = centre.send(Call::new("HEAD", "/files/a")).await.ok();
        assert_eq!(head.header("content-length"), Some(&*size.to_string()));
        assert!(head.body.is_empty());
    }
}

#[tokio::test]
async fn headers_come_back() {
    let centre = Centre::with_bucket().await;
    let given = [
        ("content-type", "text/csv; charset=utf-8"),
        ("content-encoding", "gzip"),
        ("content-language", "fr, ar"),
        ("content-disposition", "attachment; filename=\"a.csv\""),
        ("cache-control", "max-age=60"),
        ("expires", "Thu, 01 Dec 1994 16:00:00 GMT"),
        ("x-amz-storage-class", "STANDARD_IA"),
        ("x-amz-website-redirect-location", "/elsewhere"),
        ("x-amz-meta-plain", "text"),
        ("x-amz-meta-encoded", "=?UTF-8?Q?Minist=C3=A8re?="),
    ];
    let mut put = Call::new("PUT", "/files/a").body("x");
    for (name, value) in given {
        put = put.header(name, value);
    }
    centre
        .send(put.header("x-amz-tagging", "a=1&b=%C3%A9"))
        .await
        .ok();
    for method in ["GET", "HEAD"] {
        let answer = centre.send(Call::new(method, "/files/a")).await.ok();
        for (name, value) in &given[..9] {
            assert_eq!(answer.header(name), Some(*value), "{method} {name}");
        }
        assert!(
            answer
                .header("x-amz-meta-encoded")
                .unwrap()
                .starts_with("=?UTF-8?")
        );
    }
    let get = centre.get("/files/a").await;
    assert_eq!(get.header("x-amz-tagging-count"), Some("2"));
    let overriding = Call::new("GET", "/files/a")
        .query("response-content-type", "image/png")
        .query("response-cache-control", "no-store")
        .query("response-expires", "Fri, 02 Dec 1994 16:00:00 GMT");
    let answer = centre.send(overriding).await.ok();
    assert_eq!(answer.header("content-type"), Some("image/png"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.header("expires"),
        Some("Fri, 02 Dec 1994 16:00:00 GMT")
    );
}

#[tokio::test]
async fn metadata_in_utf_8_is_kept() {
    let centre = Centre::with_bucket().await;
    let put = Call::new("PUT", "/files/a")
        .header("x-amz-meta-who", "Ministère")
        .body("x");
    centre.send(put).await.ok();
    let answer = centre.get("/files/a").await.ok();
    assert!(
        answer
            .header("x-amz-meta-who")
            .unwrap()
            .starts_with("=?UTF-8?")
    );
    let large = Call::new("PUT", "/files/a")
        .header("x-amz-meta-a", &"x".repeat(2100))
        .body("x");
    assert_eq!(
        centre.send(large).await.refusal(),
        (400, "MetadataTooLarge".into())
    );
}

#[tokio::test]
async fn keys_are_any_text() {
    let centre = Centre::with_bucket().await;
    let long = "é".repeat(512);
    let keys = [
        "a",
        "a/b",
        "a/",
        "a//b",
        "/a",
        "//",
        ".",
        "..",
        "../../etc/passwd",
        "a/./b",
        "a+b c",
        "100%",
        "%41",
        "ü/ö/日本語/🏝",
        "q?x=1",
        "h#ash",
        "semi;colon",
        "&amp;<tag>\"'",
        "\t",
        "~*!()'",
        long.as_str(),
    ];
    for key in keys {
        centre.put(&format!("/files/{key}"), key.as_bytes()).await;
    }
    for key in keys {
        let answer = centre.get(&format!("/files/{key}")).await.ok();
        assert_eq!(answer.body, key.as_bytes(), "{key}");
    }
    let call = Call::new("GET", "/files")
        .query("list-type", "2")
        .query("encoding-type", "url");
    let listed = centre.send(call).await.ok();
    assert_eq!(listed.all("Key").len(), keys.len());
    for key in keys {
        assert_eq!(
            centre
                .send(Call::new("DELETE", &format!("/files/{key}")))
                .await
                .status,
            204
        );
    }
    centre.send(Call::new("DELETE", "/files")).await.ok();
}

#[tokio::test]
async fn ranges() {
    let centre = Centre::with_bucket().await;
    for size in [1000, 600_000] {
        let content = pattern(size);
        centre.put("/files/a", &content).await;
        for (range, from, until) in [
            ("bytes=0-0", 0, 1),
            ("bytes=10-19", 10, 20),
            ("bytes=990-", 990, size),
            ("bytes=-7", size - 7, size),
            ("bytes=5-99999999", 5, size),
            ("bytes=-99999999", 0, size),
        ] {
            let answer = centre
                .send(Call::new("GET", "/files/a").header("range", range))
                .await;
            assert_eq!(answer.status, 206, "{range}");
            assert!(answer.body == content[from..until], "{range}");
            let said = format!("bytes {from}-{}/{size}", until - 1);
            assert_eq!(answer.header("content-range"), Some(&*said));
            let head = centre
                .send(Call::new("HEAD", "/files/a").header("range", range))
                .await;
            assert_eq!(head.status, 206);
            assert_eq!(
                head.header("content-length"),
                Some(&*(until - from).to_string())
            );
        }
        for range in ["bytes=9999999-", "bytes=-0"] {
            let answer = centre
                .send(Call::new("GET", "/files/a").header("range", range))
                .await;
            assert_eq!(answer.refusal(), (416, "InvalidRange".into()), "{range}");
            assert_eq!(
                answer.header("content-range"),
                Some(&*format!("bytes */{size}"))
            );
        }
        // What can't be read, or is more than one, is ignored.
        for range in [
            "bytes=0-1,3-4",
            "lines=1-2",
            "bytes=b-a",
            "bytes=5-2",
            "bytes=",
        ] {
            let answer = centre
                .send(Call::new("GET", "/files/a").header("range", range))
                .await;
            assert_eq!((answer.status, answer.body.len()), (200, size), "{range}");
        }
    }
    centre.put("/files/empty", b"").await;
    let answer = centre
        .send(Call::new("GET", "/files/empty").header("range", "bytes=0-1"))
        .await;
    assert_eq!(answer.refusal(), (416, "InvalidRange".into()));
}

#[tokio::test]
async fn if_range_asks_for_the_same_object() {
    let centre = Centre::with_bucket().await;
    let put = centre.put("/files/a", b"0123456789").await;
    let etag = put.header("etag").unwrap();
    for (condition, status) in [
        (etag, 206),
        ("\"other\"", 200),
        ("Thu, 01 Dec 1994 16:00:00 GMT", 200),
    ] {
        let call = Call::new("GET", "/files/a")
            .header("range", "bytes=1-2")
            .header("if-range", condition);
        assert_eq!(centre.send(call).await.status, status, "{condition}");
    }
}

#[tokio::test]
async fn content_md5_is_verified() {
    let centre = Centre::with_bucket().await;
    let put = |md5: &str| {
        Call::new("PUT", "/files/a")
            .header("content-md5", md5)
            .body("hello")
    };
    centre.send(put("XUFAKrxLKna5cZ2REBfFkg==")).await.ok();
    assert_eq!(
        centre.send(put("XUFAKrxLKna5cZ2REBfFkA==")).await.refusal(),
        (400, "BadDigest".into())
    );
    for invalid in ["XUFAKrxLKna5", "not base64"] {
        assert_eq!(
            centre.send(put(invalid)).await.refusal(),
            (400, "InvalidDigest".into())
        );
    }
}

#[tokio::test]
async fn deletes_say_what_they_did() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    let deleted = centre.send(Call::new("DELETE", "/files/a")).await;
    assert_eq!(deleted.status, 204);
    assert!(deleted.header("x-amana-receipt").is_some());
    let again = centre.send(Call::new("DELETE", "/files/a")).await;
    assert_eq!(again.status, 204);
    assert_eq!(again.header("x-amana-receipt"), None);
    assert_eq!(
        centre.get("/files/a").await.refusal(),
        (404, "NoSuchKey".into())
    );
    let nowhere = centre.send(Call::new("DELETE", "/nowhere/a")).await;
    assert_eq!(nowhere.refusal(), (404, "NoSuchBucket".into()));
}

#[tokio::test]
async fn many_are_deleted_at_once() {
    let centre = Centre::with_bucket().await;
    for key in ["a", "b<&>", "c"] {
        centre.put(&format!("/files/{key}"), b"x").await;
    }
    let document = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a</Key></Object>\
                    <Object><Key>b&lt;&amp;&gt;</Key></Object><Object><Key>never</Key></Object></Delete>";
    let call = Call::new("POST", "/files")
        .query("delete", "")
        .body(document);
    let answer = centre.send(call).await.ok();
    assert_eq!(answer.all("Key"), ["a", "b&lt;&amp;&gt;", "never"]);
    let receipts = answer.header("x-amana-receipts").unwrap();
    let (_, last) = receipts.split_once(", ").unwrap();
    assert_eq!(answer.header("x-amana-receipt"), Some(last));
    let quiet = "<Delete><Quiet>true</Quiet><Object><Key>c</Key></Object>\
                 <Object><Key>c</Key><VersionId>nonsense</VersionId></Object></Delete>";
    let call = Call::new("POST", "/files").query("delete", "").body(quiet);
    let answer = centre.send(call).await.ok();
    assert!(answer.all("Deleted").is_empty());
    assert_eq!(answer.all("Code"), ["InvalidArgument"]);
    assert!(centre.get("/files").await.ok().all("Key").is_empty());
    let wrong = Call::new("POST", "/files")
        .query("delete", "")
        .header("content-md5", "XUFAKrxLKna5cZ2REBfFkg==")
        .body(document);
    assert_eq!(
        centre.send(wrong).await.refusal(),
        (400, "BadDigest".into())
    );
    let malformed = Call::new("POST", "/files")
        .query("delete", "")
        .body("<Delete><Object>");
    assert_eq!(
        centre.send(malformed).await.refusal(),
        (400, "MalformedXML".into())
    );
}

#[tokio::test]
async fn tags() {
    let centre = Centre::with_bucket().await;
    let put = centre.send(
        Call::new("PUT", "/files/a")
            .header("x-amz-tagging", "k=v&x=")
            .body("x"),
    );
    put.await.ok();
    let ask = || Call::new("GET", "/files/a").query("tagging", "");
    let tags = centre.send(ask()).await.ok();
    assert_eq!(
        (tags.all("Key"), tags.all("Value")),
        (
            vec!["k".into(), "x".into()],
            vec!["v".into(), String::new()]
        )
    );
    let document =
        "<Tagging><TagSet><Tag><Key>new</Key><Value>1 2</Value></Tag></TagSet></Tagging>";
    let set = Call::new("PUT", "/files/a")
        .query("tagging", "")
        .body(document);
    assert!(
        centre
            .send(set)
            .await
            .ok()
            .header("x-amana-receipt")
            .is_some()
    );
    assert_eq!(centre.send(ask()).await.ok().all("Key"), ["new"]);
    assert_eq!(
        centre.get("/files/a").await.header("x-amz-tagging-count"),
        Some("1")
    );
    let delete = Call::new("DELETE", "/files/a").query("tagging", "");
    assert_eq!(centre.send(delete).await.status, 204);
    assert!(centre.send(ask()).await.ok().all("Key").is_empty());
    for (tagging, code) in [
        ("a=1&a=2", "InvalidArgument"),
        ("a=1&b=1&c=1&d=1&e=1&f=1&g=1&h=1&i=1&j=1&k=1", "BadRequest"),
        ("aws:a=1", "InvalidTag"),
    ] {
        let put = Call::new("PUT", "/files/b")
            .header("x-amz-tagging", tagging)
            .body("x");
        assert_eq!(
            centre.send(put).await.refusal(),
            (400, code.into()),
            "{tagging}"
        );
    }
    let nothing = Call::new("GET", "/files/nothing").query("tagging", "");
    assert_eq!(
        centre.send(nothing).await.refusal(),
        (404, "NoSuchKey".into())
    );
}
