"""Every checksum that S3 knows: computed, kept, given back, and refused when it is wrong."""

import base64
import hashlib
import zlib

import awscrt.checksums
import pytest

from expect import headers, refused

pytestmark = pytest.mark.both_fronts

BODY = b"A thing entrusted to somebody's keeping." * 1000


def base64_of(number, size):
    return base64.b64encode(number.to_bytes(size, "big")).decode()


DIGESTS = {
    "CRC32": lambda body: base64_of(zlib.crc32(body), 4),
    "CRC32C": lambda body: base64_of(awscrt.checksums.crc32c(body), 4),
    "CRC64NVME": lambda body: base64_of(awscrt.checksums.crc64nvme(body), 8),
    "SHA1": lambda body: base64.b64encode(hashlib.sha1(body).digest()).decode(),
    "SHA256": lambda body: base64.b64encode(hashlib.sha256(body).digest()).decode(),
}
every = pytest.mark.parametrize("algorithm", DIGESTS)


@every
def test_a_checksum_computed_by_the_client_is_kept(s3, bucket, algorithm):
    field = f"Checksum{algorithm}"
    put = s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm=algorithm)
    assert put[field] == DIGESTS[algorithm](BODY)
    assert put["ChecksumType"] == "FULL_OBJECT"
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[field] == DIGESTS[algorithm](BODY)
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got[field] == DIGESTS[algorithm](BODY) and got["Body"].read() == BODY
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum"])
    assert attributes["Checksum"] == {field: DIGESTS[algorithm](BODY), "ChecksumType": "FULL_OBJECT"}
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert listed["ChecksumAlgorithm"] == [algorithm]


@every
def test_a_checksum_given_is_checked(s3, bucket, algorithm):
    field = f"Checksum{algorithm}"
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, **{field: DIGESTS[algorithm](BODY)})
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY + b"x", **{field: DIGESTS[algorithm](BODY)})
    with refused("InvalidRequest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY, **{field: "not a checksum"})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == BODY


def test_content_md5(s3, bucket):
    right = base64.b64encode(hashlib.md5(BODY).digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, ContentMD5=right)
    with refused("BadDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY + b"x", ContentMD5=right)
    with refused("InvalidDigest", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=BODY, ContentMD5="nonsense")


def test_checksums_are_silent_unless_asked(finances, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")
    quiet = finances.client(response_checksum_validation="when_required")
    assert not [name for name in headers(quiet.head_object(Bucket=bucket, Key="k")) if name.startswith("x-amz-checksum-")]
    part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=0-9", ChecksumMode="ENABLED")
    assert part["Body"].read() == BODY[:10]


def test_without_a_checksum_s3_adds_one(finances, bucket):
    # Since December 2024 an object that came without a checksum has a CRC64NVME.
    plain = finances.client(request_checksum_calculation="when_required")
    plain.put_object(Bucket=bucket, Key="k", Body=BODY)
    head = plain.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == DIGESTS["CRC64NVME"](BODY)


@every
def test_a_copy_keeps_or_changes_the_checksum(s3, bucket, algorithm):
    s3.put_object(Bucket=bucket, Key="k", Body=BODY, ChecksumAlgorithm="SHA256")
    source = {"Bucket": bucket, "Key": "k"}
    kept = s3.copy_object(Bucket=bucket, Key="kept", CopySource=source)["CopyObjectResult"]
    assert kept["ChecksumSHA256"] == DIGESTS["SHA256"](BODY)
    changed = s3.copy_object(Bucket=bucket, Key="changed", CopySource=source, ChecksumAlgorithm=algorithm)
    assert changed["CopyObjectResult"][f"Checksum{algorithm}"] == DIGESTS[algorithm](BODY)


PARTS = [hashlib.shake_256(b"one").digest(5 << 20), b"the end"]


def composite(algorithm):
    """The digest of the digests of the parts, with their number."""
    inner = b"".join(base64.b64decode(DIGESTS[algorithm](part)) for part in PARTS)
    return f"{DIGESTS[algorithm](inner)}-{len(PARTS)}"


@pytest.mark.parametrize(
    "algorithm, kind",
    [
        ("CRC32", "COMPOSITE"),
        ("CRC32C", "COMPOSITE"),
        ("SHA1", "COMPOSITE"),
        ("SHA256", "COMPOSITE"),
        ("CRC32", "FULL_OBJECT"),
        ("CRC32C", "FULL_OBJECT"),
        ("CRC64NVME", "FULL_OBJECT"),
    ],
)
def test_checksums_of_multipart_objects(s3, bucket, algorithm, kind):
    field = f"Checksum{algorithm}"
    expected = composite(algorithm) if kind == "COMPOSITE" else DIGESTS[algorithm](b"".join(PARTS))
    made = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=kind)
    assert made["ChecksumAlgorithm"] == algorithm and made["ChecksumType"] == kind
    upload = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    sent = []
    for number, body in enumerate(PARTS, 1):
        part = s3.upload_part(PartNumber=number, Body=body, ChecksumAlgorithm=algorithm, **upload)
        assert part[field] == DIGESTS[algorithm](body)
        sent.append({"PartNumber": number, "ETag": part["ETag"], field: part[field]})
    listed = s3.list_parts(**upload)
    assert [part[field] for part in listed["Parts"]] == [part[field] for part in sent]
    assert listed["ChecksumAlgorithm"] == algorithm and listed["ChecksumType"] == kind
    wrong = [sent[0] | {field: sent[1][field]}, sent[1]]
    with refused({"InvalidPart", "BadDigest"}, 400):
        s3.complete_multipart_upload(MultipartUpload={"Parts": wrong}, **upload)
    done = s3.complete_multipart_upload(MultipartUpload={"Parts": sent}, ChecksumType=kind, **upload)
    assert done[field] == expected and done["ChecksumType"] == kind
    head = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert head[field] == expected and head["ChecksumType"] == kind
    asked = ["Checksum", "ObjectParts"]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=asked)
    assert attributes["Checksum"][field].split("-")[0] == expected.split("-")[0]


def test_a_full_checksum_is_checked_at_completion(s3, bucket):
    made = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT")
    upload = {"Bucket": bucket, "Key": "k", "UploadId": made["UploadId"]}
    part = s3.upload_part(PartNumber=1, Body=BODY, ChecksumAlgorithm="CRC64NVME", **upload)
    sent = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC64NVME": part["ChecksumCRC64NVME"]}]}
    with refused("BadDigest", 400):
        s3.complete_multipart_upload(MultipartUpload=sent, ChecksumCRC64NVME=DIGESTS["CRC64NVME"](b"other"), **upload)
    s3.complete_multipart_upload(MultipartUpload=sent, ChecksumCRC64NVME=DIGESTS["CRC64NVME"](BODY), **upload)


@pytest.mark.parametrize("algorithm, kind", [("SHA256", "FULL_OBJECT"), ("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")])
def test_kinds_that_do_not_exist(s3, bucket, algorithm, kind):
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm, ChecksumType=kind)
