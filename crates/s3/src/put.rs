//! PutObject.

use amana_vault::{Checksum, ChecksumType};
use futures::future::join;
use s3s::dto::{PutObjectInput, PutObjectOutput};
use s3s::{S3Request, S3Response, S3Result};

use crate::content::{self, Declarations};
use crate::error::refused;
use crate::service::{Service, with_receipt};
use crate::{attrs, checksums, conditions, etags, gate};

pub(crate) async fn object(
    service: &Service,
    mut request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let caller = gate::claimed(&request)?;
    let wanted = &request.input;
    let bucket = service.writable(&caller, &wanted.bucket, &wanted.expected_bucket_owner);
    let (stands, bucket) = join(gate::stands(&request), bucket).await;
    stands?;
    let bucket = bucket?;
    let input = &mut request.input;
    let key = service.key(std::mem::take(&mut input.key))?;
    let mut attrs = attrs::given(&request.headers, input.metadata.take())?;
    let conditions = conditions::write(input.if_match.take(), input.if_none_match.take())?;
    let declarations = Declarations::read(&request.headers)?;
    let algorithm = declarations.algorithm();
    let content = content::take(
        &service.vault,
        &bucket.name,
        input.body.take(),
        &declarations,
        vec![algorithm],
        request.trailing_headers.as_ref(),
    )
    .await?;
    attrs.checksum = content.checksums.get(&algorithm).map(|value| Checksum {
        algorithm,
        kind: ChecksumType::FullObject,
        value: value.clone(),
        parts: None,
    });
    let shown = checksums::shown(attrs.checksum.as_ref());
    let done = service
        .vault
        .put_object(&caller, &bucket.name, &key, content, attrs, conditions)
        .await
        .map_err(refused)?;
    let output = PutObjectOutput {
        e_tag: Some(etags::quoted(done.value.etag)),
        version_id: etags::made(done.value.version, bucket.versioning),
        checksum_crc32: shown.checksum_crc32,
        checksum_crc32c: shown.checksum_crc32c,
        checksum_crc64nvme: shown.checksum_crc64nvme,
        checksum_sha1: shown.checksum_sha1,
        checksum_sha256: shown.checksum_sha256,
        checksum_type: shown.checksum_type,
        ..PutObjectOutput::default()
    };
    Ok(with_receipt(output, &done.receipt))
}
