"""Buckets, as boto3 sees them."""

import datetime

import pytest

from expect import headers, refused, status

pytestmark = pytest.mark.both_fronts


def test_a_bucket_is_made_found_and_deleted(s3, name):
    made = s3.create_bucket(Bucket=name)
    assert made["Location"] == f"/{name}"
    assert status(s3.head_bucket(Bucket=name)) == 200
    assert name in [one["Name"] for one in s3.list_buckets()["Buckets"]]
    assert status(s3.delete_bucket(Bucket=name)) == 204
    with refused("404", 404):
        s3.head_bucket(Bucket=name)
    with refused("NoSuchBucket", 404):
        s3.delete_bucket(Bucket=name)


def test_the_list_names_the_owner_and_the_dates(s3, finances, bucket):
    listed = s3.list_buckets()
    assert listed["Owner"]["ID"] == finances.canonical_id
    made = next(one for one in listed["Buckets"] if one["Name"] == bucket)["CreationDate"]
    age = datetime.datetime.now(datetime.timezone.utc) - made
    assert abs(age) < datetime.timedelta(minutes=10)
    names = [one["Name"] for one in listed["Buckets"]]
    assert names == sorted(names)


def test_a_name_is_taken_once(s3, justice, bucket):
    # In us-east-1 S3 answers 200 to the owner, everywhere else 409; programs know both.
    try:
        s3.create_bucket(Bucket=bucket)
    except s3.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"
        assert status(error.response) == 409
    with refused("BucketAlreadyExists", 409):
        justice.client().create_bucket(Bucket=bucket)


@pytest.mark.parametrize("bad", ["ab", "Upper", "under_score", "a..b", "-dash", "dash-", "192.168.1.1", "x" * 64, "xn--a"])
def test_a_bad_name_is_refused(s3, bad):
    with refused("InvalidBucketName", 400):
        s3.create_bucket(Bucket=bad)


@pytest.mark.parametrize("good", ["abc", "a.b-c", "0-9", "x" * 63])
def test_a_good_name_is_taken(s3, good):
    s3.create_bucket(Bucket=good)
    s3.delete_bucket(Bucket=good)


def test_a_full_bucket_is_not_deleted(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=bucket)
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_bucket(Bucket=bucket)


def test_a_bucket_of_old_versions_is_not_empty(s3, versioned):
    s3.put_object(Bucket=versioned, Key="a", Body=b"a")
    s3.delete_object(Bucket=versioned, Key="a")
    with refused("BucketNotEmpty", 409):
        s3.delete_bucket(Bucket=versioned)


def test_location(s3, finances, bucket, name):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    with refused("NoSuchBucket", 404):
        s3.get_bucket_location(Bucket=f"{name}-absent")


def test_any_region_is_accepted(finances, bucket):
    for region in ("eu-west-3", "af-south-1", "garage"):
        finances.client(region=region).put_object(Bucket=bucket, Key=region, Body=b"x")


def test_versioning_is_off_then_on_then_suspended(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    for wanted in ("Enabled", "Suspended", "Enabled"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": wanted})
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == wanted


def test_nothing_is_found_in_an_absent_bucket(s3, name):
    absent = f"{name}-absent"
    for call in (
        lambda: s3.get_object(Bucket=absent, Key="a"),
        lambda: s3.put_object(Bucket=absent, Key="a", Body=b"a"),
        lambda: s3.delete_object(Bucket=absent, Key="a"),
        lambda: s3.list_objects_v2(Bucket=absent),
        lambda: s3.list_object_versions(Bucket=absent),
        lambda: s3.create_multipart_upload(Bucket=absent, Key="a"),
        lambda: s3.list_multipart_uploads(Bucket=absent),
        lambda: s3.get_bucket_versioning(Bucket=absent),
    ):
        with refused("NoSuchBucket", 404):
            call()


def test_every_answer_has_a_request_id(s3, bucket):
    assert headers(s3.list_objects_v2(Bucket=bucket))["x-amz-request-id"]
    with refused("NoSuchKey", 404) as caught:
        s3.get_object(Bucket=bucket, Key="absent")
    assert caught.value.response["Error"]["Key"] == "absent"
    assert caught.value.response["Error"].get("Resource") or headers(caught.value.response)["x-amz-request-id"]
