"""Objects, as boto3 sees them: what is put is got, by whole, by range and on conditions."""

import datetime
import hashlib
import threading

import botocore.exceptions
import pytest

from expect import headers, refused, status

pytestmark = pytest.mark.both_fronts

SMALL = b"Amana"
ETAG = f'"{hashlib.md5(SMALL).hexdigest()}"'


@pytest.mark.parametrize("size", [0, 1, 32 * 1024, 32 * 1024 + 1, 1 << 20, (5 << 20) + 7])
def test_what_is_put_is_got(s3, bucket, size):
    body = bytes(hashlib.shake_256(str(size).encode()).digest(size))
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["ContentLength"] == size
    assert got["ETag"] == put["ETag"]
    assert got["Body"].read() == body
    assert headers(got)["accept-ranges"] == "bytes"
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == size


def test_headers_and_metadata_come_back(s3, bucket):
    expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    given = {
        "ContentType": "application/pdf",
        "ContentDisposition": 'attachment; filename="a.pdf"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "fr",
        "CacheControl": "max-age=60",
    }
    metadata = {"ministry": "finances", "year": "2026", "dash-ed": "a, b; c=d"}
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL, Metadata=metadata, Expires=expires, **given)
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert {field: answer[field] for field in given} == given
        assert answer["Metadata"] == metadata
        assert answer["ExpiresString"].startswith("Wed, 02 Jan 2030 03:04:05")
        age = datetime.datetime.now(datetime.timezone.utc) - answer["LastModified"]
        assert abs(age) < datetime.timedelta(minutes=5)


def test_the_default_type_is_octets(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    assert s3.head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


def test_a_query_overrides_headers(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain", ResponseCacheControl="no-store")
    assert got["ContentType"] == "text/plain" and got["CacheControl"] == "no-store"


def test_too_much_metadata_is_refused(s3, bucket):
    with refused("MetadataTooLarge", 400):
        s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 2049})


@pytest.mark.parametrize(
    "asked, first, last",
    [
        ("bytes=0-0", 0, 0),
        ("bytes=2-5", 2, 5),
        ("bytes=95-", 95, 99),
        ("bytes=-3", 97, 99),
        ("bytes=-1000", 0, 99),
        ("bytes=50-1000", 50, 99),
    ],
)
@pytest.mark.parametrize("scale", [1, 1000])
def test_ranges(s3, bucket, asked, first, last, scale):
    body = bytes(range(100)) * scale
    last = last if last < 99 else len(body) - 1
    first = {95: 95, 97: len(body) - 3}.get(first, first)
    if asked == "bytes=-1000":
        first = max(0, len(body) - 1000)
    if asked == "bytes=50-1000":
        last = min(1000, len(body) - 1)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
    assert status(got) == 206
    assert got["ContentRange"] == f"bytes {first}-{last}/{len(body)}"
    assert got["Body"].read() == body[first : last + 1]


def test_a_range_outside_is_refused_and_nonsense_ignored(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    for asked in ("bytes=5-", "bytes=100-200", "bytes=-0"):
        with refused("InvalidRange", 416):
            s3.get_object(Bucket=bucket, Key="k", Range=asked)
    for asked in ("bytes=3-1", "lines=1-2", "bytes=a-b"):
        got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert status(got) == 200 and got["Body"].read() == SMALL


def test_conditions_of_reads(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    before, after = modified - datetime.timedelta(hours=1), modified + datetime.timedelta(seconds=1)
    for read in (s3.get_object, s3.head_object):
        unchanged, failed = ("304", 304), ({"PreconditionFailed", "412"}, 412)
        for condition, outcome in [
            ({"IfMatch": ETAG}, None),
            ({"IfMatch": "*"}, None),
            ({"IfMatch": '"other"'}, failed),
            ({"IfNoneMatch": ETAG}, unchanged),
            ({"IfNoneMatch": '"other"'}, None),
            ({"IfModifiedSince": before}, None),
            ({"IfModifiedSince": modified}, unchanged),
            ({"IfUnmodifiedSince": after}, None),
            ({"IfUnmodifiedSince": before}, failed),
            # RFC 9110 section 13.2.2: the entity tag decides, the date beside it does not.
            ({"IfMatch": ETAG, "IfUnmodifiedSince": before}, None),
            ({"IfNoneMatch": ETAG, "IfModifiedSince": before}, unchanged),
            ({"IfNoneMatch": '"other"', "IfModifiedSince": modified}, None),
        ]:
            if outcome is None:
                assert status(read(Bucket=bucket, Key="k", **condition)) == 200, condition
            else:
                with refused(*outcome):
                    read(Bucket=bucket, Key="k", **condition)


def test_conditions_of_writes(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="k", Body=b"1", IfMatch=ETAG)
    first = s3.put_object(Bucket=bucket, Key="k", Body=SMALL, IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"2", IfNoneMatch="*")
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch='"0123456789abcdef0123456789abcdef"')
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == SMALL
    s3.put_object(Bucket=bucket, Key="k", Body=b"4", IfMatch=first["ETag"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"4"
    s3.delete_object(Bucket=bucket, Key="k")
    s3.put_object(Bucket=bucket, Key="k", Body=b"5", IfNoneMatch="*")


def test_of_rivals_one_wins(finances, s3, bucket):
    answers = []

    def claim(number):
        try:
            finances.client().put_object(Bucket=bucket, Key="k", Body=str(number).encode(), IfNoneMatch="*")
            answers.append((200, number))
        except botocore.exceptions.ClientError as error:
            answers.append((status(error.response), number))

    rivals = [threading.Thread(target=claim, args=(number,)) for number in range(12)]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join()
    won = [number for code, number in answers if code == 200]
    assert len(won) == 1 and {code for code, _ in answers} <= {200, 409, 412}
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == str(won[0]).encode()


def test_absent_objects(s3, bucket):
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="absent")
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="absent")
    assert status(s3.delete_object(Bucket=bucket, Key="absent")) == 204


def test_many_are_deleted_at_once(s3, bucket):
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"k{number}", Body=b"x")
    keys = [{"Key": f"k{number}"} for number in range(4)] + [{"Key": "absent"}]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
    assert sorted(one["Key"] for one in answer["Deleted"]) == ["absent", "k0", "k1", "k2", "k3"]
    assert "Errors" not in answer
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k4"]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "k4"}], "Quiet": True})
    assert "Deleted" not in quiet and "Errors" not in quiet
    with refused("MalformedXML", 400):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": f"{number}"} for number in range(1001)]})


def test_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=SMALL, ContentType="text/plain", Metadata={"a": "1"}, Tagging="t=1")
    source = {"Bucket": bucket, "Key": "from"}
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource=source)
    assert copied["CopyObjectResult"]["ETag"] == ETAG
    got = s3.get_object(Bucket=bucket, Key="to")
    assert got["Body"].read() == SMALL and got["ContentType"] == "text/plain" and got["Metadata"] == {"a": "1"}
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "t", "Value": "1"}]

    changed = {"MetadataDirective": "REPLACE", "Metadata": {"b": "2"}, "ContentType": "text/html"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, TaggingDirective="REPLACE", Tagging="u=2", **changed)
    got = s3.head_object(Bucket=bucket, Key="to")
    assert got["ContentType"] == "text/html" and got["Metadata"] == {"b": "2"}
    assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "u", "Value": "2"}]

    with refused("InvalidRequest", 400):
        s3.copy_object(Bucket=bucket, Key="from", CopySource=source)
    s3.copy_object(Bucket=bucket, Key="from", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "3"})
    assert s3.head_object(Bucket=bucket, Key="from")["Metadata"] == {"c": "3"}
    with refused("NoSuchKey", 404):
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "absent"})
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": f"{bucket}-absent", "Key": "from"})


def test_conditions_of_copies(s3, bucket):
    s3.put_object(Bucket=bucket, Key="from", Body=SMALL)
    source = {"Bucket": bucket, "Key": "from"}
    s3.copy_object(Bucket=bucket, Key="to", CopySource=source, CopySourceIfMatch=ETAG)
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=source, CopySourceIfMatch='"other"')
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="to", CopySource=source, CopySourceIfNoneMatch=ETAG)


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL, Tagging="year=2026&kind=tax%20roll")
    tags = [{"Key": "kind", "Value": "tax roll"}, {"Key": "year", "Value": "2026"}]
    assert sorted(s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"], key=lambda tag: tag["Key"]) == tags
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags[:1]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags[:1]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == SMALL
    assert status(s3.delete_object_tagging(Bucket=bucket, Key="k")) == 204
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    with refused("NoSuchKey", 404):
        s3.get_object_tagging(Bucket=bucket, Key="absent")


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": str(number), "Value": ""} for number in range(11)],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "k" * 129, "Value": ""}],
        [{"Key": "a", "Value": "v" * 257}],
    ],
    ids=["eleven", "twice", "long-key", "long-value"],
)
def test_bad_tags_are_refused(s3, bucket, tags):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    with refused({"InvalidTag", "BadRequest"}, 400):
        s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})


def test_attributes(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL, ChecksumAlgorithm="SHA256")
    wanted = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
    answer = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=wanted)
    assert answer["ETag"] == ETAG.strip('"')
    assert answer["ObjectSize"] == len(SMALL)
    assert answer["StorageClass"] == "STANDARD"
    assert answer["Checksum"]["ChecksumSHA256"]
    assert "ObjectParts" not in answer
    only = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectSize"])
    assert "ETag" not in only and only["ObjectSize"] == len(SMALL)
    with refused("NoSuchKey", 404):
        s3.get_object_attributes(Bucket=bucket, Key="absent", ObjectAttributes=["ETag"])


def test_a_part_number_of_a_simple_object(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=SMALL)
    got = s3.get_object(Bucket=bucket, Key="k", PartNumber=1)
    assert status(got) in (200, 206) and got["Body"].read() == SMALL
    with refused({"InvalidPartNumber", "InvalidRange"}, 416):
        s3.get_object(Bucket=bucket, Key="k", PartNumber=2)
