//! Checksums of objects put whole.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

use super::centre::Centre;
use super::client::{Call, Payload};

const CONTENT: &[u8] = b"the estimates of the year";

pub(crate) fn all(data: &[u8]) -> [(&'static str, String); 5] {
    let mut hasher = ChecksumHasher {
        crc32: Some(Crc32::new()),
        crc32c: Some(Crc32c::new()),
        sha1: Some(Sha1::new()),
        sha256: Some(Sha256::new()),
        crc64nvme: Some(Crc64Nvme::new()),
    };
    hasher.update(data);
    let found = hasher.finalize();
    [
        ("crc32", found.checksum_crc32.unwrap()),
        ("crc32c", found.checksum_crc32c.unwrap()),
        ("sha1", found.checksum_sha1.unwrap()),
        ("sha256", found.checksum_sha256.unwrap()),
        ("crc64nvme", found.checksum_crc64nvme.unwrap()),
    ]
}

#[tokio::test]
async fn each_algorithm_in_a_header_and_in_a_trailer() {
    let centre = Centre::with_bucket().await;
    let wrong = all(b"something else");
    for ((name, value), (_, wrong)) in all(CONTENT).into_iter().zip(wrong) {
        let header = format!("x-amz-checksum-{name}");
        let put = Call::new("PUT", "/files/a")
            .header("x-amz-sdk-checksum-algorithm", &name.to_uppercase())
            .body(CONTENT);
        let answer = centre.send(put.clone().header(&header, &value)).await.ok();
        assert_eq!(answer.header(&header), Some(&*value));
        assert_eq!(answer.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
        let answer = centre.send(put.clone().header(&header, &wrong)).await;
        assert_eq!(answer.refusal(), (400, "BadDigest".into()), "{name}");
        let answer = centre.send(put.clone().header(&header, "AAAA")).await;
        assert_eq!(answer.refusal(), (400, "InvalidRequest".into()), "{name}");
        for signed in [true, false] {
            let payload = |value: &str| Payload::Chunked {
                signed,
                chunk_bytes: 10,
                trailer: Some((header.clone(), value.to_owned())),
            };
            let answer = centre.send(put.clone().payload(payload(&value))).await.ok();
            assert_eq!(answer.header(&header), Some(&*value));
            let answer = centre.send(put.clone().payload(payload(&wrong))).await;
            assert_eq!(answer.refusal(), (400, "BadDigest".into()), "{name}");
        }
        let get = Call::new("GET", "/files/a").header("x-amz-checksum-mode", "ENABLED");
        assert_eq!(
            centre.send(get.clone()).await.ok().header(&header),
            Some(&*value)
        );
        assert_eq!(centre.get("/files/a").await.ok().header(&header), None);
        let part = centre.send(get.header("range", "bytes=0-1")).await.ok();
        assert_eq!(part.header(&header), None);
    }
}

#[tokio::test]
async fn without_one_there_is_crc64nvme() {
    let centre = Centre::with_bucket().await;
    let put = centre.put("/files/a", CONTENT).await;
    assert_eq!(
        put.header("x-amz-checksum-crc64nvme"),
        Some(&*all(CONTENT)[4].1)
    );
    let call = Call::new("HEAD", "/files/a").header("x-amz-checksum-mode", "ENABLED");
    let head = centre.send(call).await.ok();
    assert_eq!(
        head.header("x-amz-checksum-crc64nvme"),
        Some(&*all(CONTENT)[4].1)
    );
}

#[tokio::test]
async fn declarations_must_agree() {
    let centre = Centre::with_bucket().await;
    let sums = all(CONTENT);
    let put = Call::new("PUT", "/files/a").body(CONTENT);
    let two = put
        .clone()
        .header("x-amz-checksum-crc32", &sums[0].1)
        .header("x-amz-checksum-sha1", &sums[2].1);
    let none = put.clone().header("x-amz-sdk-checksum-algorithm", "CRC32");
    let other = put
        .clone()
        .header("x-amz-sdk-checksum-algorithm", "SHA256")
        .header("x-amz-checksum-crc32", &sums[0].1);
    let unknown = put.header("x-amz-sdk-checksum-algorithm", "CRC33");
    for call in [two, none, other, unknown] {
        assert_eq!(
            centre.send(call).await.refusal(),
            (400, "InvalidRequest".into())
        );
    }
}

#[tokio::test]
async fn attributes_are_told() {
    let centre = Centre::with_bucket().await;
    let sha256 = STANDARD.encode(Sha256::checksum(CONTENT));
    let put = Call::new("PUT", "/files/a")
        .header("x-amz-checksum-sha256", &sha256)
        .body(CONTENT);
    let put = centre.send(put).await.ok();
    let ask = Call::new("GET", "/files/a").query("attributes", "");
    let all = ask.clone().header(
        "x-amz-object-attributes",
        "ETag,Checksum,ObjectSize,StorageClass,ObjectParts",
    );
    let answer = centre.send(all).await.ok();
    assert_eq!(
        answer.one("ETag"),
        put.header("etag").unwrap().trim_matches('"')
    );
    assert_eq!(answer.one("ChecksumSHA256"), sha256);
    assert_eq!(answer.one("ChecksumType"), "FULL_OBJECT");
    assert_eq!(answer.one("ObjectSize"), CONTENT.len().to_string());
    assert_eq!(answer.one("StorageClass"), "STANDARD");
    assert!(answer.header("last-modified").is_some());
    let one = centre
        .send(ask.clone().header("x-amz-object-attributes", "ObjectSize"))
        .await
        .ok();
    assert!(one.all("ETag").is_empty());
    let unknown = centre
        .send(ask.clone().header("x-amz-object-attributes", "Colour"))
        .await;
    assert_eq!(unknown.refusal(), (400, "InvalidArgument".into()));
    assert_eq!(centre.send(ask).await.status, 400);
}
