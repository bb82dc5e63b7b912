//! Multipart uploads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::{Checksum as _, Sha256};

use super::centre::Centre;
use super::checksums;
use super::client::{Answer, Call, pattern};

const PART: usize = 5 * 1024 * 1024;

async fn begin(centre: &Centre, headers: &[(&str, &str)]) -> String {
    let mut call = Call::new("POST", "/files/big").query("uploads", "");
    for (name, value) in headers {
        call = call.header(name, value);
    }
    let answer = centre.send(call).await.ok();
    assert!(answer.header("x-amana-receipt").is_some());
    answer.one("UploadId")
}

fn part(upload: &str, number: usize) -> Call {
    Call::new("PUT", "/files/big")
        .query("partNumber", &number.to_string())
        .query("uploadId", upload)
}

async fn put_part(centre: &Centre, upload: &str, number: usize, body: &[u8]) -> Answer {
    centre.send(part(upload, number).body(body)).await.ok()
}

fn complete(upload: &str, parts: &[(usize, &str)]) -> Call {
    let parts: String = parts
        .iter()
        .map(|(number, etag)| {
            format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
        })
        .collect();
    Call::new("POST", "/files/big")
        .query("uploadId", upload)
        .body(format!(
            "<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>"
        ))
}

fn contents() -> [Vec<u8>; 2] {
    [pattern(PART), b"the end".to_vec()]
}

#[tokio::test]
async fn an_upload_becomes_an_object() {
    let centre = Centre::with_bucket().await;
    let upload = begin(
        &centre,
        &[("content-type", "text/plain"), ("x-amz-meta-who", "us")],
    )
    .await;
    let [first, last] = contents();
    let one = put_part(&centre, &upload, 1, &first).await;
    let two = put_part(&centre, &upload, 7, &last).await;
    assert!(one.header("x-amana-receipt").is_some());
    let tags = [one.header("etag").unwrap(), two.header("etag").unwrap()];
    assert_eq!(centre.get("/files/big").await.status, 404);
    let uploads = centre
        .send(Call::new("GET", "/files").query("uploads", ""))
        .await
        .ok();
    assert_eq!(
        (uploads.one("Key"), uploads.one("UploadId")),
        ("big".into(), upload.clone())
    );
    let listed = centre
        .send(Call::new("GET", "/files/big").query("uploadId", &upload))
        .await
        .ok();
    assert_eq!(listed.all("PartNumber"), ["1", "7"]);
    assert_eq!(listed.all("Size"), [PART.to_string(), "7".into()]);
    let done = centre
        .send(complete(&upload, &[(1, tags[0]), (7, tags[1])]))
        .await
        .ok();
    assert!(done.one("ETag").contains("-2"), "{}", done.text());
    assert!(done.one("Location").ends_with("/files/big"));
    assert!(done.header("x-amana-receipt").is_some());
    let whole = [first.clone(), last.clone()].concat();
    assert_eq!(done.one("ChecksumCRC64NVME"), checksums::all(&whole)[4].1);
    assert_eq!(done.one("ChecksumType"), "FULL_OBJECT");
    let got = centre.get("/files/big").await.ok();
    assert!(got.body == whole);
    assert_eq!(got.header("content-type"), Some("text/plain"));
    assert_eq!(got.header("x-amz-meta-who"), Some("us"));
    let middle = format!("bytes={}-{}", PART - 2, PART + 1);
    let over = centre
        .send(Call::new("GET", "/files/big").header("range", &middle))
        .await
        .ok();
    assert_eq!(over.body, [&first[PART - 2..], &last[..2]].concat());
    by_part(&centre, &last).await;
    // Asked again, it answers the same.
    let again = centre
        .send(complete(&upload, &[(1, tags[0]), (7, tags[1])]))
        .await
        .ok();
    assert_eq!(again.one("ETag"), done.one("ETag"));
    assert!(
        centre
            .send(Call::new("GET", "/files").query("uploads", ""))
            .await
            .ok()
            .all("UploadId")
            .is_empty()
    );
}

async fn by_part(centre: &Centre, last: &[u8]) {
    let of =
        |method: &str, number: &str| Call::new(method, "/files/big").query("partNumber", number);
    let answer = centre.send(of("GET", "7")).await;
    assert_eq!((answer.status, answer.body.as_slice()), (206, last));
    assert_eq!(answer.header("x-amz-mp-parts-count"), Some("2"));
    let head = centre.send(of("HEAD", "1")).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (206, Some("5242880"))
    );
    assert_eq!(
        centre.send(of("GET", "2")).await.refusal(),
        (416, "InvalidPartNumber".into())
    );
    assert_eq!(
        centre.send(of("GET", "0")).await.refusal(),
        (400, "InvalidArgument".into())
    );
    let both = of("GET", "1").header("range", "bytes=0-1");
    assert_eq!(
        centre.send(both).await.refusal(),
        (400, "InvalidRequest".into())
    );
    centre.put("/files/whole", b"x").await;
    let whole = |number| Call::new("GET", "/files/whole").query("partNumber", number);
    assert_eq!(centre.send(whole("1")).await.ok().body, b"x");
    assert_eq!(centre.send(whole("2")).await.status, 416);
}

#[tokio::test]
async fn what_is_wrong_with_the_parts_is_told() {
    let centre = Centre::with_bucket().await;
    let upload = begin(&centre, &[]).await;
    let one = put_part(&centre, &upload, 1, b"small").await;
    let two = put_part(&centre, &upload, 2, b"small too").await;
    let tags = [one.header("etag").unwrap(), two.header("etag").unwrap()];
    let other = "\"00000000000000000000000000000000\"";
    for (parts, code) in [
        (&[(1, tags[0]), (2, tags[1])][..], "EntityTooSmall"),
        (&[(2, tags[1]), (1, tags[0])], "InvalidPartOrder"),
        (&[(1, other)], "InvalidPart"),
        (&[(3, tags[0])], "InvalidPart"),
        (&[], "MalformedXML"),
    ] {
        let answer = centre.send(complete(&upload, parts)).await;
        assert_eq!(answer.refusal(), (400, code.into()), "{parts:?}");
    }
    for number in ["0", "10001", "x"] {
        let call = Call::new("PUT", "/files/big")
            .query("partNumber", number)
            .query("uploadId", &upload);
        assert_eq!(
            centre.send(call.body("x")).await.refusal(),
            (400, "InvalidArgument".into())
        );
    }
    let unknown = centre.send(part("nonsense", 1).body("x")).await;
    assert_eq!(unknown.refusal(), (404, "NoSuchUpload".into()));
    // A part put again replaces the first.
    let again = put_part(&centre, &upload, 1, b"instead").await;
    let stale = centre.send(complete(&upload, &[(1, tags[0])])).await;
    assert_eq!(stale.refusal(), (400, "InvalidPart".into()));
    centre
        .send(complete(&upload, &[(1, again.header("etag").unwrap())]))
        .await
        .ok();
    assert_eq!(centre.get("/files/big").await.ok().body, b"instead");
}

#[tokio::test]
async fn an_upload_can_be_aborted() {
    let centre = Centre::with_bucket().await;
    let upload = begin(&centre, &[]).await;
    put_part(&centre, &upload, 1, b"x").await;
    let abort = || Call::new("DELETE", "/files/big").query("uploadId", &upload);
    let aborted = centre.send(abort()).await;
    assert_eq!(aborted.status, 204);
    assert!(aborted.header("x-amana-receipt").is_some());
    assert_eq!(
        centre.send(abort()).await.refusal(),
        (404, "NoSuchUpload".into())
    );
    let late = centre.send(part(&upload, 2).body("x")).await;
    assert_eq!(late.refusal(), (404, "NoSuchUpload".into()));
}

#[tokio::test]
async fn parts_are_copied_from_objects() {
    let centre = Centre::with_bucket().await;
    let [first, _] = contents();
    centre.put("/files/source", &first).await;
    let upload = begin(&centre, &[]).await;
    let whole = part(&upload, 1).header("x-amz-copy-source", "/files/source");
    let one = centre.send(whole).await.ok();
    let some = part(&upload, 2)
        .header("x-amz-copy-source", "/files/source")
        .header("x-amz-copy-source-range", "bytes=10-19");
    let two = centre.send(some).await.ok();
    assert!(two.header("x-amana-receipt").is_some());
    let tags = [
        one.one("ETag").replace("&quot;", "\""),
        two.one("ETag").replace("&quot;", "\""),
    ];
    centre
        .send(complete(&upload, &[(1, &tags[0]), (2, &tags[1])]))
        .await
        .ok();
    let got = centre.get("/files/big").await.ok();
    assert!(got.body == [first.as_slice(), &first[10..20]].concat());
    let upload = begin(&centre, &[]).await;
    for (range, refusal) in [
        ("bytes=0-", (400, "InvalidArgument")),
        ("bytes=-5", (400, "InvalidArgument")),
        ("0-5", (400, "InvalidArgument")),
        ("bytes=5-2", (400, "InvalidArgument")),
        ("bytes=0-99999999", (416, "InvalidRange")),
    ] {
        let call = part(&upload, 1)
            .header("x-amz-copy-source", "/files/source")
            .header("x-amz-copy-source-range", range);
        let answer = centre.send(call).await;
        assert_eq!(answer.refusal(), (refusal.0, refusal.1.into()), "{range}");
    }
}

#[tokio::test]
async fn composite_checksums() {
    let centre = Centre::with_bucket().await;
    let upload = begin(&centre, &[("x-amz-checksum-algorithm", "SHA256")]).await;
    let [first, last] = contents();
    let sums = [Sha256::checksum(&first), Sha256::checksum(&last)];
    let mut tags = Vec::new();
    for (number, (body, sum)) in [&first, &last].into_iter().zip(sums).enumerate() {
        let call = part(&upload, number + 1)
            .header("x-amz-checksum-sha256", &STANDARD.encode(sum))
            .body(body.clone());
        let answer = centre.send(call).await.ok();
        assert_eq!(
            answer.header("x-amz-checksum-sha256"),
            Some(&*STANDARD.encode(sum))
        );
        tags.push(answer.header("etag").unwrap().to_owned());
    }
    let other = part(&upload, 3)
        .header("x-amz-checksum-crc32", "AAAAAA==")
        .body("");
    assert_eq!(
        centre.send(other).await.refusal(),
        (400, "InvalidRequest".into())
    );
    let done = centre
        .send(complete(&upload, &[(1, &tags[0]), (2, &tags[1])]))
        .await
        .ok();
    let composed = format!("{}-2", STANDARD.encode(Sha256::checksum(&sums.concat())));
    assert_eq!(done.one("ChecksumSHA256"), composed);
    assert_eq!(done.one("ChecksumType"), "COMPOSITE");
    let head = Call::new("HEAD", "/files/big").header("x-amz-checksum-mode", "ENABLED");
    let head = centre.send(head).await.ok();
    assert_eq!(head.header("x-amz-checksum-sha256"), Some(&*composed));
    let ask = Call::new("GET", "/files/big")
        .query("attributes", "")
        .header("x-amz-object-attributes", "ObjectParts")
        .header("x-amz-max-parts", "1");
    let attributes = centre.send(ask).await.ok();
    assert_eq!(attributes.one("PartsCount"), "2");
    assert_eq!(attributes.all("PartNumber"), ["1"]);
    assert_eq!(attributes.one("NextPartNumberMarker"), "1");
    assert_eq!(attributes.one("ChecksumSHA256"), STANDARD.encode(sums[0]));
}

#[tokio::test]
async fn full_object_checksums() {
    let centre = Centre::with_bucket().await;
    let [first, last] = contents();
    let whole = [first.clone(), last.clone()].concat();
    for (index, algorithm) in [(0, "CRC32"), (1, "CRC32C"), (4, "CRC64NVME")] {
        let headers = [
            ("x-amz-checksum-algorithm", algorithm),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ];
        let upload = begin(&centre, &headers).await;
        let one = put_part(&centre, &upload, 1, &first).await;
        let two = put_part(&centre, &upload, 2, &last).await;
        let tags = [one.header("etag").unwrap(), two.header("etag").unwrap()];
        let name = format!("x-amz-checksum-{}", algorithm.to_lowercase());
        let wrong = complete(&upload, &[(1, tags[0]), (2, tags[1])])
            .header(&name, &checksums::all(b"other")[index].1);
        assert_eq!(
            centre.send(wrong).await.refusal(),
            (400, "BadDigest".into()),
            "{algorithm}"
        );
        let right = complete(&upload, &[(1, tags[0]), (2, tags[1])])
            .header(&name, &checksums::all(&whole)[index].1);
        let done = centre.send(right).await.ok();
        assert_eq!(
            done.one(&format!("Checksum{algorithm}")),
            checksums::all(&whole)[index].1
        );
    }
    let call = Call::new("POST", "/files/big")
        .query("uploads", "")
        .header("x-amz-checksum-algorithm", "SHA1")
        .header("x-amz-checksum-type", "FULL_OBJECT");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "InvalidRequest".into())
    );
}

#[tokio::test]
async fn completion_may_be_conditional() {
    let centre = Centre::with_bucket().await;
    let upload = begin(&centre, &[]).await;
    let one = put_part(&centre, &upload, 1, b"x").await;
    let etag = one.header("etag").unwrap();
    centre.put("/files/big", b"there already").await;
    let call = complete(&upload, &[(1, etag)]).header("if-none-match", "*");
    assert_eq!(
        centre.send(call).await.refusal(),
        (412, "PreconditionFailed".into())
    );
    centre.send(Call::new("DELETE", "/files/big")).await.ok();
    let call = complete(&upload, &[(1, etag)]).header("if-none-match", "*");
    centre.send(call).await.ok();
}

#[tokio::test]
async fn parts_and_uploads_are_listed_in_pages() {
    let centre = Centre::with_bucket().await;
    let upload = begin(&centre, &[("x-amz-storage-class", "GLACIER")]).await;
    for number in 1..=3 {
        put_part(&centre, &upload, number, b"x").await;
    }
    let page = Call::new("GET", "/files/big")
        .query("uploadId", &upload)
        .query("max-parts", "2");
    let first = centre.send(page.clone()).await.ok();
    assert_eq!(
        (first.all("PartNumber"), first.one("IsTruncated")),
        (vec!["1".into(), "2".into()], "true".into())
    );
    assert_eq!(first.one("NextPartNumberMarker"), "2");
    assert_eq!(first.one("StorageClass"), "GLACIER");
    let second = centre
        .send(page.query("part-number-marker", "2"))
        .await
        .ok();
    assert_eq!(
        (second.all("PartNumber"), second.one("IsTruncated")),
        (vec!["3".into()], "false".into())
    );
    let also = begin(&centre, &[]).await;
    let page = Call::new("GET", "/files")
        .query("uploads", "")
        .query("max-uploads", "1");
    let first = centre.send(page.clone()).await.ok();
    assert_eq!(first.one("UploadId"), upload);
    let next = page
        .query("key-marker", &first.one("NextKeyMarker"))
        .query("upload-id-marker", &first.one("NextUploadIdMarker"));
    let second = centre.send(next).await.ok();
    assert_eq!(
        (second.all("UploadId"), second.one("IsTruncated")),
        (vec![also], "false".into())
    );
}
