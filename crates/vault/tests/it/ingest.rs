//! Taking content in: digests, bounds, and leaving nothing behind.

use amana_vault::{ChecksumAlgorithm, Error, IngestOptions};
use bytes::Bytes;

use super::house::{FILES, House, noise};

const ALL: [ChecksumAlgorithm; 5] = [
    ChecksumAlgorithm::Crc32,
    ChecksumAlgorithm::Crc32c,
    ChecksumAlgorithm::Crc64Nvme,
    ChecksumAlgorithm::Sha1,
    ChecksumAlgorithm::Sha256,
];

#[tokio::test(flavor = "multi_thread")]
async fn digests_are_those_that_everybody_computes() {
    let house = House::new().await;
    let content = house.take_in(b"123456789", &ALL).await;
    let hex = |algorithm| hex::encode(&content.checksums[&algorithm]);
    // Check values of the CRC catalogue, and of the digests of "123456789".
    assert_eq!(hex(ChecksumAlgorithm::Crc32), "cbf43926");
    assert_eq!(hex(ChecksumAlgorithm::Crc32c), "e3069283");
    assert_eq!(hex(ChecksumAlgorithm::Crc64Nvme), "ae8b14860a799888");
    assert_eq!(
        hex(ChecksumAlgorithm::Sha1),
        "f7c3bc1d808e04732adf679965ccc34ca7ae3441"
    );
    let sha256 = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
    assert_eq!(hex(ChecksumAlgorithm::Sha256), sha256);
    assert_eq!(hex::encode(content.sha256), sha256);
    assert_eq!(hex::encode(content.md5), "25f9e794323b453885f5181f1b624d0b");
    assert_eq!(content.size_bytes, 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn digests_do_not_depend_on_where_the_content_goes_or_how_it_comes() {
    let house = House::new().await;
    let bytes = noise(1, 2_500_000);
    let whole = house.take_in(&bytes, &ALL).await;
    for piece in [1_000_000, 65_536, 999] {
        let mut ingest = house
            .vault
            .ingest(
                FILES,
                IngestOptions {
                    algorithms: ALL.to_vec(),
                    max_bytes: bytes.len() as u64,
                },
            )
            .unwrap();
        for piece in bytes.chunks(piece) {
            ingest.write(Bytes::copy_from_slice(piece)).await.unwrap();
        }
        let again = ingest.finish().await.unwrap();
        assert_eq!(again.md5, whole.md5);
        assert_eq!(again.sha256, whole.sha256);
        assert_eq!(again.checksums, whole.checksums);
    }
    let asked_for_none = house.take_in(&bytes, &[]).await;
    assert!(asked_for_none.checksums.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_committed_leaves_nothing() {
    let house = House::new().await;
    let content = house.take_in(&noise(1, 100_000), &[]).await;
    assert_eq!(house.blob_files(), 1);
    drop(content);
    assert_eq!(house.blob_files(), 0);

    let mut ingest = house
        .vault
        .ingest(
            FILES,
            IngestOptions {
                algorithms: Vec::new(),
                max_bytes: 3_000_000,
            },
        )
        .unwrap();
    ingest.write(noise(1, 2_900_000)).await.unwrap();
    let beyond = ingest.write(noise(2, 200_000)).await;
    assert!(matches!(beyond, Err(Error::EntityTooLarge { .. })));
    drop(ingest);
    // What is on a thread still is dropped when the thread is done with it; the reopened store waits for nobody.
    let house = house.reopened();
    assert_eq!(house.blob_files(), 0);
    house.check_everything();
}
