"""Multipart uploads, whole."""

import hashlib

import pytest

from expect import refused, status

pytestmark = pytest.mark.both_fronts

PART = 5 << 20


def octets(size, seed):
    return hashlib.shake_256(seed.encode()).digest(size)


@pytest.fixture(scope="module")
def parts():
    return [octets(PART, "one"), octets(PART + 3, "two"), octets(11, "three")]


def upload(s3, bucket, key, bodies, **given):
    """Starts an upload and sends its parts; returns its id and what completes it."""
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key=key, **given)["UploadId"]
    sent = []
    for number, body in enumerate(bodies, 1):
        part = s3.upload_part(Bucket=bucket, Key=key, UploadId=upload_id, PartNumber=number, Body=body)
        sent.append(completes(number, part))
    return upload_id, sent


def completes(number, part):
    """What names a part at completion: its number, its tag, and the checksum that the client chose for it."""
    kept = {field: value for field, value in part.items() if field.startswith("Checksum") and field != "ChecksumType"}
    return {"PartNumber": number, "ETag": part["ETag"]} | kept


def complete(s3, bucket, key, upload_id, sent, **given):
    return s3.complete_multipart_upload(
        Bucket=bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": sent}, **given
    )


def etag_of(bodies):
    digest = hashlib.md5(b"".join(hashlib.md5(body).digest() for body in bodies)).hexdigest()
    return f'"{digest}-{len(bodies)}"'


def test_parts_become_an_object(s3, bucket, parts):
    given = {"ContentType": "text/plain", "Metadata": {"a": "1"}, "Tagging": "t=1"}
    upload_id, sent = upload(s3, bucket, "k", parts, **given)
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")
    done = complete(s3, bucket, "k", upload_id, sent)
    assert done["ETag"] == etag_of(parts) and done["Bucket"] == bucket and done["Key"] == "k" and done["Location"]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(parts)
    assert got["ETag"] == etag_of(parts) and got["ContentType"] == "text/plain" and got["Metadata"] == {"a": "1"}
    assert got["TagCount"] == 1
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [(one["Key"], one["Size"], one["ETag"]) for one in listed] == [("k", sum(map(len, parts)), etag_of(parts))]


def test_parts_and_ranges_are_read_alone(s3, bucket, parts):
    upload_id, sent = upload(s3, bucket, "k", parts)
    complete(s3, bucket, "k", upload_id, sent)
    whole = b"".join(parts)
    first = 0
    for number, part in enumerate(parts, 1):
        got = s3.get_object(Bucket=bucket, Key="k", PartNumber=number)
        assert status(got) == 206 and got["PartsCount"] == 3
        assert got["ContentRange"] == f"bytes {first}-{first + len(part) - 1}/{len(whole)}"
        assert got["Body"].read() == part
        assert s3.head_object(Bucket=bucket, Key="k", PartNumber=number)["ContentLength"] == len(part)
        first += len(part)
    with refused({"InvalidPartNumber", "InvalidRange"}, 416):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=4)
    across = f"bytes={PART - 10}-{PART + 9}"
    assert s3.get_object(Bucket=bucket, Key="k", Range=across)["Body"].read() == whole[PART - 10 : PART + 10]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "ObjectSize"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 3 and attributes["ObjectSize"] == len(whole)


def test_parts_are_chosen_and_sent_again(s3, bucket, parts):
    upload_id, sent = upload(s3, bucket, "k", parts)
    again = octets(PART, "again")
    part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=again)
    with refused("InvalidPart", 400):
        complete(s3, bucket, "k", upload_id, sent)
    chosen = [completes(1, part), sent[2]]
    assert complete(s3, bucket, "k", upload_id, chosen)["ETag"] == etag_of([again, parts[2]])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == again + parts[2]


def test_part_numbers_may_have_gaps(s3, bucket, parts):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    sent = []
    for number, body in ((10000, parts[2]), (7, parts[0])):
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=body)
        sent.insert(0, completes(number, part))
    complete(s3, bucket, "k", upload_id, sent)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == parts[0] + parts[2]


def test_completion_is_refused_when_it_is_wrong(s3, bucket, parts):
    upload_id, sent = upload(s3, bucket, "k", parts)
    with refused("InvalidPartOrder", 400):
        complete(s3, bucket, "k", upload_id, list(reversed(sent)))
    with refused("InvalidPart", 400):
        complete(s3, bucket, "k", upload_id, [sent[0], sent[1] | {"PartNumber": 4}])
    with refused("InvalidPart", 400):
        complete(s3, bucket, "k", upload_id, [sent[0] | {"ETag": '"0123456789abcdef0123456789abcdef"'}])
    with refused("MalformedXML", 400):
        complete(s3, bucket, "k", upload_id, [])
    last = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=9, Body=b"nine")
    with refused("EntityTooSmall", 400):
        complete(s3, bucket, "k", upload_id, [sent[2], completes(9, last)])
    complete(s3, bucket, "k", upload_id, sent)


def test_completion_may_be_repeated(s3, bucket, parts):
    # A client whose line dropped before the answer asks again; S3 answers as the first time.
    upload_id, sent = upload(s3, bucket, "k", parts[2:])
    first = complete(s3, bucket, "k", upload_id, sent)
    assert complete(s3, bucket, "k", upload_id, sent)["ETag"] == first["ETag"]


@pytest.mark.parametrize("number", [0, -1, 10001])
def test_a_bad_part_number_is_refused(s3, bucket, number):
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    with refused("InvalidArgument", 400):
        s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=number, Body=b"x")


def test_an_upload_that_is_not_there(s3, bucket, parts):
    upload_id, sent = upload(s3, bucket, "k", parts[2:])
    s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId=upload_id)
    for call in (
        lambda: s3.upload_part(Bucket=bucket, Key="k", UploadId=upload_id, PartNumber=1, Body=b"x"),
        lambda: s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id),
        lambda: complete(s3, bucket, "k", upload_id, sent),
        lambda: s3.abort_multipart_upload(Bucket=bucket, Key="k", UploadId="absent"),
    ):
        with refused("NoSuchUpload", 404):
            call()
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="k")


def test_an_upload_belongs_to_its_key(s3, bucket, parts):
    upload_id, _ = upload(s3, bucket, "k", parts[2:])
    with refused("NoSuchUpload", 404):
        s3.upload_part(Bucket=bucket, Key="other", UploadId=upload_id, PartNumber=1, Body=b"x")


def test_parts_are_listed_in_pages(s3, bucket):
    bodies = [b"1", b"22", b"333", b"4444", b"55555"]
    upload_id, sent = upload(s3, bucket, "k", bodies)
    found, position = [], {}
    while True:
        page = s3.list_parts(Bucket=bucket, Key="k", UploadId=upload_id, MaxParts=2, **position)
        found += [(one["PartNumber"], one["ETag"], one["Size"]) for one in page["Parts"]]
        if not page["IsTruncated"]:
            break
        position = {"PartNumberMarker": page["NextPartNumberMarker"]}
    assert found == [(one["PartNumber"], one["ETag"], len(body)) for one, body in zip(sent, bodies)]
    assert page["Bucket"] == bucket and page["Key"] == "k" and page["UploadId"] == upload_id and page["Initiator"]


def test_uploads_are_listed(s3, bucket):
    made = {(key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]) for key in ("a", "a", "b/1", "b/2")}
    assert len(made) == 4
    listed = s3.list_multipart_uploads(Bucket=bucket)
    assert {(one["Key"], one["UploadId"]) for one in listed["Uploads"]} == made
    assert [one["Key"] for one in listed["Uploads"]] == ["a", "a", "b/1", "b/2"]
    folded = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["b/"] and len(folded["Uploads"]) == 2
    found, position = set(), {}
    while True:
        page = s3.list_multipart_uploads(Bucket=bucket, MaxUploads=1, **position)
        found |= {(one["Key"], one["UploadId"]) for one in page["Uploads"]}
        if not page["IsTruncated"]:
            break
        position = {"KeyMarker": page["NextKeyMarker"], "UploadIdMarker": page["NextUploadIdMarker"]}
    assert found == made
    for key, upload_id in made:
        s3.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_parts_are_copied(s3, bucket, parts):
    s3.put_object(Bucket=bucket, Key="from", Body=parts[1])
    source = {"Bucket": bucket, "Key": "from"}
    upload_id = s3.create_multipart_upload(Bucket=bucket, Key="to")["UploadId"]
    target = {"Bucket": bucket, "Key": "to", "UploadId": upload_id, "CopySource": source}
    one = s3.upload_part_copy(PartNumber=1, **target)["CopyPartResult"]
    two = s3.upload_part_copy(PartNumber=2, CopySourceRange="bytes=10-19", **target)["CopyPartResult"]
    with refused({"InvalidArgument", "InvalidRange"}, {400, 416}):
        s3.upload_part_copy(PartNumber=3, CopySourceRange=f"bytes=0-{len(parts[1])}", **target)
    sent = [completes(1, one), completes(2, two)]
    complete(s3, bucket, "to", upload_id, sent)
    assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == parts[1] + parts[1][10:20]


def test_conditions_of_completion(s3, bucket, parts):
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    upload_id, sent = upload(s3, bucket, "k", parts[2:])
    with refused("PreconditionFailed", 412):
        complete(s3, bucket, "k", upload_id, sent, IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_a_version_is_made_at_completion(s3, versioned, parts):
    s3.put_object(Bucket=versioned, Key="k", Body=b"first")
    upload_id, sent = upload(s3, versioned, "k", parts[2:])
    done = complete(s3, versioned, "k", upload_id, sent)
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == done["VersionId"]
    assert len(s3.list_object_versions(Bucket=versioned)["Versions"]) == 2
