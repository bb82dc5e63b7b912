"""Object Lock, as boto3 and aws-cli see it: what is retained or held can't be deleted."""

import datetime
import hashlib
import json

import pytest

from expect import refused, status
from programs import run

pytestmark = pytest.mark.both_fronts

NEVER = datetime.datetime(2090, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture
def locked(s3, name):
    """A bucket whose versions can be locked."""
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    return name


def days(count):
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=count)
    return soon.replace(microsecond=0)


def retention(mode, until):
    return {"Mode": mode, "RetainUntilDate": until}


def enabled(**default):
    configuration = {"ObjectLockEnabled": "Enabled"}
    if default:
        configuration["Rule"] = {"DefaultRetention": default}
    return configuration


def test_a_bucket_with_locks_keeps_versions(s3, locked):
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == enabled()
    with refused("InvalidBucketState", 409):
        s3.put_bucket_versioning(Bucket=locked, VersioningConfiguration={"Status": "Suspended"})


@pytest.mark.parametrize("default", [{"Mode": "GOVERNANCE", "Days": 1}, {"Mode": "COMPLIANCE", "Years": 2}])
def test_what_a_bucket_gives_new_versions(s3, locked, default):
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=enabled(**default))
    assert s3.get_object_lock_configuration(Bucket=locked)["ObjectLockConfiguration"] == enabled(**default)
    made = s3.put_object(Bucket=locked, Key="a", Body=b"a")
    head = s3.head_object(Bucket=locked, Key="a")
    assert head["ObjectLockMode"] == default["Mode"]
    length = datetime.timedelta(days=default.get("Days", 0) + 365 * default.get("Years", 0))
    assert abs(head["ObjectLockRetainUntilDate"] - days(0) - length) < datetime.timedelta(minutes=10)
    with refused("AccessDenied", 403):
        s3.delete_object(Bucket=locked, Key="a", VersionId=made["VersionId"])
    s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=enabled())
    s3.put_object(Bucket=locked, Key="free", Body=b"a")
    assert "ObjectLockMode" not in s3.head_object(Bucket=locked, Key="free")


@pytest.mark.parametrize(
    "default, code",
    [
        ({"Mode": "GOVERNANCE", "Days": 0}, "InvalidRetentionPeriod"),
        ({"Mode": "GOVERNANCE", "Years": -1}, "InvalidRetentionPeriod"),
        ({"Mode": "GOVERNANCE", "Years": 101}, "InvalidRetentionPeriod"),
        ({"Mode": "GOVERNANCE", "Days": 1, "Years": 1}, "MalformedXML"),
        ({"Mode": "GOVERNANCE"}, "MalformedXML"),
        ({"Mode": "governance", "Days": 1}, "MalformedXML"),
        ({"Mode": "abc", "Days": 1}, "MalformedXML"),
    ],
)
def test_a_bad_default_is_refused(s3, locked, default, code):
    with refused(code, 400):
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=enabled(**default))


def test_locks_are_never_taken_off(s3, locked):
    disabled = {"ObjectLockEnabled": "Disabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
    with refused("MalformedXML", 400):
        s3.put_object_lock_configuration(Bucket=locked, ObjectLockConfiguration=disabled)


def test_a_bucket_that_keeps_versions_gets_locks_later(s3, bucket):
    configuration = enabled(Mode="GOVERNANCE", Days=1)
    with refused("ObjectLockConfigurationNotFoundError", 404):
        s3.get_object_lock_configuration(Bucket=bucket)
    with refused("InvalidBucketState", 409):
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    for state in ("Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": state})
        if state == "Suspended":
            with refused("InvalidBucketState", 409):
                s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=configuration)
    assert s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"] == configuration


def test_a_bucket_without_locks_has_none(s3, versioned):
    s3.put_object(Bucket=versioned, Key="a", Body=b"a")
    of = {"Bucket": versioned, "Key": "a"}
    with refused("InvalidRequest", 400):
        s3.put_object_retention(**of, Retention=retention("GOVERNANCE", NEVER))
    with refused("InvalidRequest", 400):
        s3.get_object_retention(**of)
    with refused("InvalidRequest", 400):
        s3.put_object_legal_hold(**of, LegalHold={"Status": "ON"})
    with refused("InvalidRequest", 400):
        s3.get_object_legal_hold(**of)
    with refused("InvalidRequest", 400):
        s3.put_object(**of, Body=b"a", ObjectLockLegalHoldStatus="ON")
    with refused("InvalidRequest", 400):
        s3.create_multipart_upload(**of, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=NEVER)


def test_retention_comes_with_a_deposit(s3, locked):
    until = days(3)
    made = s3.put_object(
        Bucket=locked, Key="a", Body=b"a", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until, ObjectLockLegalHoldStatus="ON"
    )
    for found in (s3.head_object(Bucket=locked, Key="a"), s3.get_object(Bucket=locked, Key="a")):
        assert found["ObjectLockMode"] == "GOVERNANCE"
        assert found["ObjectLockRetainUntilDate"] == until
        assert found["ObjectLockLegalHoldStatus"] == "ON"
    assert s3.get_object_retention(Bucket=locked, Key="a")["Retention"] == retention("GOVERNANCE", until)
    of = {"Bucket": locked, "Key": "a", "VersionId": made["VersionId"]}
    with refused("AccessDenied", 403):
        s3.delete_object(**of)
    s3.put_object_legal_hold(**of, LegalHold={"Status": "OFF"})
    # The header alone gives nobody the right.
    with refused("AccessDenied", 403):
        s3.delete_object(**of, BypassGovernanceRetention=True)
    # What hides it isn't it.
    marker = s3.delete_object(Bucket=locked, Key="a")
    assert marker["DeleteMarker"]
    s3.delete_object(Bucket=locked, Key="a", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=locked, Key="a")["Body"].read() == b"a"


def test_headers_that_do_not_go_together_are_refused(s3, locked):
    of = {"Bucket": locked, "Key": "a", "Body": b"a"}
    for given in (
        {"ObjectLockMode": "GOVERNANCE"},
        {"ObjectLockRetainUntilDate": NEVER},
        {"ObjectLockMode": "abc", "ObjectLockRetainUntilDate": NEVER},
        {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": days(-1)},
        {"ObjectLockLegalHoldStatus": "MAYBE"},
    ):
        with refused("InvalidArgument", 400):
            s3.put_object(**of, **given)


def test_retention_is_prolonged_by_anybody_and_shortened_by_nobody(s3, locked):
    s3.put_object(Bucket=locked, Key="a", Body=b"a")
    of = {"Bucket": locked, "Key": "a"}
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_retention(**of)
    for mode, longest in (("GOVERNANCE", 20), ("COMPLIANCE", 30)):
        with refused("MalformedXML", 400):
            s3.put_object_retention(**of, Retention=retention(mode.lower(), NEVER))
        with refused("InvalidArgument", 400):
            s3.put_object_retention(**of, Retention=retention(mode, days(-1)))
        if mode == "COMPLIANCE":
            s3.put_object(Bucket=locked, Key="a", Body=b"another version")
        s3.put_object_retention(**of, Retention=retention(mode, days(10)))
        until = days(longest)
        s3.put_object_retention(**of, Retention=retention(mode, until))
        assert s3.get_object_retention(**of)["Retention"] == retention(mode, until)
        other = "COMPLIANCE" if mode == "GOVERNANCE" else "GOVERNANCE"
        for less in (retention(mode, days(5)), retention(other, until), {}):
            with refused("AccessDenied", 403):
                s3.put_object_retention(**of, Retention=less, BypassGovernanceRetention=True)


def test_a_version_is_held_by_its_name(s3, locked):
    old = s3.put_object(Bucket=locked, Key="a", Body=b"1")["VersionId"]
    new = s3.put_object(Bucket=locked, Key="a", Body=b"2")["VersionId"]
    of = {"Bucket": locked, "Key": "a", "VersionId": old}
    with refused("NoSuchObjectLockConfiguration", 404):
        s3.get_object_legal_hold(**of)
    with refused("MalformedXML", 400):
        s3.put_object_legal_hold(**of, LegalHold={"Status": "abc"})
    assert status(s3.put_object_legal_hold(**of, LegalHold={"Status": "ON"})) == 200
    assert s3.get_object_legal_hold(**of)["LegalHold"] == {"Status": "ON"}
    deleted = s3.delete_objects(
        Bucket=locked, Delete={"Objects": [{"Key": "a", "VersionId": old}, {"Key": "a", "VersionId": new}]}
    )
    assert [one["VersionId"] for one in deleted["Deleted"]] == [new]
    assert [(one["VersionId"], one["Code"]) for one in deleted["Errors"]] == [(old, "AccessDenied")]
    s3.put_object_legal_hold(**of, LegalHold={"Status": "OFF"})
    assert s3.get_object_legal_hold(**of)["LegalHold"] == {"Status": "OFF"}
    s3.delete_object(**of)
    s3.delete_bucket(Bucket=locked)


def test_uploads_and_copies_are_locked_by_their_own_words(s3, locked):
    until = days(3)
    of = {"Bucket": locked, "Key": "parts"}
    upload = s3.create_multipart_upload(**of, ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["UploadId"]
    part = s3.upload_part(**of, UploadId=upload, PartNumber=1, Body=b"x" * 70_000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    made = s3.complete_multipart_upload(**of, UploadId=upload, MultipartUpload=parts)
    assert s3.get_object_retention(**of)["Retention"] == retention("GOVERNANCE", until)
    with refused("AccessDenied", 403):
        s3.delete_object(**of, VersionId=made["VersionId"])
    s3.copy_object(Bucket=locked, Key="copy", CopySource=of)
    assert "ObjectLockMode" not in s3.head_object(Bucket=locked, Key="copy")
    s3.copy_object(Bucket=locked, Key="held", CopySource=of, ObjectLockLegalHoldStatus="ON")
    head = s3.head_object(Bucket=locked, Key="held")
    assert head["ObjectLockLegalHoldStatus"] == "ON" and "ObjectLockMode" not in head


def test_aws_cli(finances, locked, tmp_path):
    environment = finances.environment(tmp_path)
    (tmp_path / "a").write_bytes(b"amana")

    def aws(*words, code=0):
        return run(["aws", "s3api", *words], environment, code)

    of = ["--bucket", locked, "--key", "a"]
    made = json.loads(aws("put-object", *of, "--body", tmp_path / "a"))
    aws("put-object-retention", *of, "--retention", "Mode=COMPLIANCE,RetainUntilDate=2090-01-01T00:00:00Z")
    found = json.loads(aws("get-object-retention", *of))["Retention"]
    assert found["Mode"] == "COMPLIANCE" and found["RetainUntilDate"].startswith("2090-01-01T00:00:00")
    aws("put-object-legal-hold", *of, "--legal-hold", "Status=ON")
    assert json.loads(aws("get-object-legal-hold", *of)) == {"LegalHold": {"Status": "ON"}}
    assert json.loads(aws("get-object-lock-configuration", "--bucket", locked))
    aws("delete-object", *of, "--version-id", made["VersionId"], code=255)
    aws("get-object", *of, tmp_path / "back")
    assert hashlib.sha256((tmp_path / "back").read_bytes()).digest() == hashlib.sha256(b"amana").digest()
