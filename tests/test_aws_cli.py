"""aws-cli, unmodified."""

import hashlib
import json

import pytest

from centre import http_get
from programs import a_folder, octets, run, same

pytestmark = pytest.mark.both_fronts


@pytest.fixture
def aws(finances, tmp_path):
    environment = finances.environment(tmp_path)

    def call(*words, code=0):
        return run(["aws", *words], environment, code)

    return call


def test_a_bucket_from_birth_to_death(aws, name):
    assert f"make_bucket: {name}" in aws("s3", "mb", f"s3://{name}")
    assert name in aws("s3", "ls")
    aws("s3", "rb", f"s3://{name}")
    assert name not in aws("s3", "ls")


def test_files_go_in_and_out(aws, bucket, tmp_path):
    small, large = tmp_path / "small", tmp_path / "large"
    small.write_bytes(b"amana")
    large.write_bytes(octets(20 << 20, "aws"))
    aws("s3", "cp", small, f"s3://{bucket}/small")
    aws("s3", "cp", large, f"s3://{bucket}/dir/large")
    assert "PRE dir/" in aws("s3", "ls", f"s3://{bucket}/")
    listed = aws("s3", "ls", f"s3://{bucket}", "--recursive", "--summarize")
    assert "dir/large" in listed and "Total Objects: 2" in listed
    aws("s3", "cp", f"s3://{bucket}/dir/large", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    assert aws("s3", "cp", f"s3://{bucket}/small", "-") == "amana"
    aws("s3", "mv", f"s3://{bucket}/small", f"s3://{bucket}/moved")
    aws("s3", "cp", f"s3://{bucket}/dir/large", f"s3://{bucket}/copied")
    aws("s3", "cp", f"s3://{bucket}/copied", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == large.read_bytes()
    aws("s3", "rm", f"s3://{bucket}/moved")
    assert "moved" not in aws("s3", "ls", f"s3://{bucket}")
    aws("s3", "rb", f"s3://{bucket}", "--force")


def test_folders_are_synchronised(aws, bucket, tmp_path):
    here = a_folder(tmp_path / "here")
    aws("s3", "sync", here, f"s3://{bucket}/backup")
    assert aws("s3", "sync", here, f"s3://{bucket}/backup") == ""
    aws("s3", "sync", f"s3://{bucket}/backup", tmp_path / "there")
    assert same(here, tmp_path / "there")
    (here / "read me.txt").unlink()
    assert "delete" in aws("s3", "sync", "--delete", here, f"s3://{bucket}/backup")
    assert "read me.txt" not in aws("s3", "ls", f"s3://{bucket}/backup/")


def test_calls_of_the_api(aws, bucket, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(octets(6 << 20, "api"))
    given = ["--bucket", bucket, "--key", "k"]
    put = json.loads(aws("s3api", "put-object", *given, "--body", body, "--metadata", "a=1", "--content-type", "text/plain"))
    assert put["ETag"] == f'"{hashlib.md5(body.read_bytes()).hexdigest()}"'
    head = json.loads(aws("s3api", "head-object", *given))
    assert head["ContentLength"] == 6 << 20 and head["Metadata"] == {"a": "1"} and head["ContentType"] == "text/plain"
    aws("s3api", "get-object", *given, "--range", "bytes=10-19", tmp_path / "range")
    assert (tmp_path / "range").read_bytes() == body.read_bytes()[10:20]
    aws("s3api", "put-object-tagging", *given, "--tagging", "TagSet=[{Key=a,Value=1}]")
    assert json.loads(aws("s3api", "get-object-tagging", *given))["TagSet"] == [{"Key": "a", "Value": "1"}]
    attributes = json.loads(aws("s3api", "get-object-attributes", *given, "--object-attributes", "ETag", "ObjectSize"))
    assert attributes["ObjectSize"] == 6 << 20
    aws("s3api", "put-bucket-versioning", "--bucket", bucket, "--versioning-configuration", "Status=Enabled")
    aws("s3api", "delete-object", *given)
    versions = json.loads(aws("s3api", "list-object-versions", "--bucket", bucket))
    assert len(versions["Versions"]) == 1 and len(versions["DeleteMarkers"]) == 1
    aws("s3api", "head-object", *given, code=255)
    aws("s3api", "get-object", *given, "--version-id", versions["Versions"][0]["VersionId"], tmp_path / "old")
    assert (tmp_path / "old").read_bytes() == body.read_bytes()


def test_parts_by_hand(aws, bucket, tmp_path):
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(octets(5 << 20, "1"))
    second.write_bytes(b"the end")
    given = ["--bucket", bucket, "--key", "k"]
    upload = json.loads(aws("s3api", "create-multipart-upload", *given, "--checksum-algorithm", "SHA256"))["UploadId"]
    parts = []
    for number, file in ((1, first), (2, second)):
        words = ["--part-number", str(number), "--upload-id", upload, "--body", file, "--checksum-algorithm", "SHA256"]
        sent = json.loads(aws("s3api", "upload-part", *given, *words))
        parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]})
    listed = json.loads(aws("s3api", "list-parts", *given, "--upload-id", upload))
    assert [part["ETag"] for part in listed["Parts"]] == [part["ETag"] for part in parts]
    words = ["--upload-id", upload, "--multipart-upload", json.dumps({"Parts": parts})]
    done = json.loads(aws("s3api", "complete-multipart-upload", *given, *words))
    assert done["ETag"].endswith('-2"') and done["ChecksumSHA256"].endswith("-2")
    aws("s3", "cp", f"s3://{bucket}/k", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == first.read_bytes() + second.read_bytes()


def test_a_presigned_url_opens_without_keys(aws, bucket, tmp_path):
    (tmp_path / "f").write_bytes(b"presigned")
    aws("s3", "cp", tmp_path / "f", f"s3://{bucket}/a b")
    # For us-east-1 this version of aws-cli presigns with the signature of 2006, which is refused.
    url = aws("s3", "presign", f"s3://{bucket}/a b", "--region", "af-south-1").strip()
    assert http_get(url)[2] == b"presigned"
    assert run(["curl", "-sf", url], {"PATH": "/usr/bin:/bin"}) == "presigned"


def test_a_refusal_is_said(aws, name):
    aws("s3", "ls", f"s3://{name}-absent", code=255)
