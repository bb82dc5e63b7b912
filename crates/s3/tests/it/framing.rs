//! `aws-chunked` bodies, as SDKs send them and as they shouldn't.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::Crc32;

use super::centre::Centre;
use super::client::{Call, Payload, pattern};

fn crc32(data: &[u8]) -> String {
    STANDARD.encode(Crc32::checksum_u32(data).to_be_bytes())
}

fn chunked(signed: bool, trailer: Option<&str>) -> Payload {
    Payload::Chunked {
        signed,
        chunk_bytes: 64 * 1024,
        trailer: trailer.map(|value| ("x-amz-checksum-crc32".into(), value.into())),
    }
}

#[tokio::test]
async fn each_kind_of_framing_is_taken() {
    let centre = Centre::with_bucket().await;
    let content = pattern(300_000);
    let crc = crc32(&content);
    for (signed, trailer) in [(true, None), (true, Some(&*crc)), (false, Some(&*crc))] {
        let call = Call::new("PUT", "/files/a")
            .header("content-encoding", "aws-chunked,gzip")
            .body(content.clone())
            .payload(chunked(signed, trailer));
        centre.send(call).await.ok();
        let call = Call::new("GET", "/files/a").header("x-amz-checksum-mode", "ENABLED");
        let answer = centre.send(call).await.ok();
        assert!(answer.body == content);
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        if trailer.is_some() {
            assert_eq!(answer.header("x-amz-checksum-crc32"), Some(&*crc));
        }
    }
}

#[tokio::test]
async fn an_unsigned_chunk_may_be_the_whole_object() {
    let centre = Centre::with_bucket().await;
    let content = vec![b'x'; 3 * 1024 * 1024];
    let payload = Payload::Chunked {
        signed: false,
        chunk_bytes: usize::MAX,
        trailer: Some(("x-amz-checksum-crc32".into(), crc32(&content))),
    };
    let call = Call::new("PUT", "/files/a")
        .body(content.clone())
        .payload(payload);
    centre.send(call).await.ok();
    assert!(centre.get("/files/a").await.ok().body == content);
}

#[tokio::test]
async fn empty_objects_come_in_frames_too() {
    let centre = Centre::with_bucket().await;
    for (signed, trailer) in [
        (true, None),
        (true, Some("AAAAAA==")),
        (false, Some("AAAAAA==")),
    ] {
        let call = Call::new("PUT", "/files/a").payload(chunked(signed, trailer));
        centre.send(call).await.ok();
        assert!(centre.get("/files/a").await.ok().body.is_empty());
    }
}

/// Whether it is signed, its trailer, what is done to it, and the answer.
type Tampering<'t> = (bool, Option<&'t str>, fn(&mut Vec<u8>), (u16, &'t str));

#[tokio::test]
async fn tampered_frames_store_nothing() {
    let centre = Centre::with_bucket().await;
    let content = pattern(300_000);
    let crc = crc32(&content);
    let cases: [Tampering<'_>; 8] = [
        // A byte of the second chunk.
        (
            true,
            None,
            |body| body[70_000] ^= 1,
            (403, "SignatureDoesNotMatch"),
        ),
        // The last chunk is gone.
        (
            true,
            None,
            |body| body.truncate(body.len() - 90),
            (400, "IncompleteBody"),
        ),
        (
            true,
            None,
            |body| body.truncate(100_000),
            (400, "IncompleteBody"),
        ),
        // The trailer says something else.
        (
            true,
            Some(&crc),
            |body| replace(body, b"crc32:", b"crc32:A"),
            (403, "SignatureDoesNotMatch"),
        ),
        // The trailer's signature is gone.
        (
            true,
            Some(&crc),
            |body| cut(body, b"x-amz-trailer-signature"),
            (400, "InvalidRequest"),
        ),
        // The trailer is gone.
        (
            false,
            Some(&crc),
            |body| cut(body, b"x-amz-checksum-crc32"),
            (400, "MalformedTrailerError"),
        ),
        (
            false,
            Some(&crc),
            |body| body[70_000] ^= 1,
            (400, "BadDigest"),
        ),
        // No chunk's size.
        (
            false,
            Some(&crc),
            |body| body[0] = b'z',
            (400, "InvalidRequest"),
        ),
    ];
    for (n, (signed, trailer, tamper, refusal)) in cases.into_iter().enumerate() {
        let mut call = Call::new("PUT", "/files/a")
            .body(content.clone())
            .payload(chunked(signed, trailer));
        call.tamper = Some(tamper);
        let answer = centre.send(call).await;
        assert_eq!(
            answer.refusal(),
            (refusal.0, refusal.1.into()),
            "case {n}: {}",
            answer.text()
        );
        assert_eq!(centre.get("/files/a").await.status, 404, "case {n}");
    }
}

fn replace(body: &mut Vec<u8>, what: &[u8], with: &[u8]) {
    let at = body
        .windows(what.len())
        .rposition(|window| window == what)
        .unwrap();
    body.splice(at..at + what.len(), with.iter().copied());
}

fn cut(body: &mut Vec<u8>, from: &[u8]) {
    let at = body
        .windows(from.len())
        .rposition(|window| window == from)
        .unwrap();
    body.truncate(at);
    body.extend_from_slice(b"\r\n");
}

#[tokio::test]
async fn the_declared_length_is_the_real_one() {
    let centre = Centre::with_bucket().await;
    let mut call = Call::new("PUT", "/files/a")
        .body("0123456789")
        .payload(chunked(false, Some("pWxP4Q==")));
    call.tamper = Some(|body| {
        // The client declared 10 bytes, and frames 5 of them.
        let end = b"0\r\nx-amz-checksum-crc32:pWxP4Q==\r\n\r\n";
        *body = [b"5\r\n01234\r\n".as_slice(), end].concat();
    });
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "IncompleteBody".into())
    );
    let call = Call::new("PUT", "/files/a")
        .header("x-amz-decoded-content-length", "99999999999")
        .payload(Payload::Said("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()))
        .body("0");
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "EntityTooLarge".into())
    );
    let call = Call::new("PUT", "/files/a")
        .payload(Payload::Said("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()))
        .body("0");
    assert_eq!(
        centre.send(call).await.refusal(),
        (411, "MissingContentLength".into())
    );
}

#[tokio::test]
async fn a_huge_signed_chunk_is_refused_from_its_first_line() {
    let centre = Centre::with_bucket().await;
    let call = Call::new("PUT", "/files/a")
        .header("x-amz-decoded-content-length", "1073741824")
        .payload(Payload::Said("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".into()))
        .body(format!("40000000;chunk-signature={}\r\n", "0".repeat(64)));
    assert_eq!(
        centre.send(call).await.refusal(),
        (400, "EntityTooLarge".into())
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_stores_nothing() {
    let centre = Centre::with_bucket().await;
    let mut call = Call::new("PUT", "/files/a")
        .body("abc")
        .payload(Payload::Said("UNSIGNED-PAYLOAD".into()))
        .unsigned("content-length", "10");
    call.with_length = false;
    let request = call.signed(&centre.key, &centre.address);
    let mut stream = tokio::net::TcpStream::connect(&centre.address)
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, &request)
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::shutdown(&mut stream)
        .await
        .unwrap();
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
    assert_eq!(centre.get("/files/a").await.status, 404);
}
