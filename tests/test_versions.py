"""Versions: nothing is lost by overwriting or deleting, and each is named."""

import pytest

from expect import headers, refused, status

pytestmark = pytest.mark.both_fronts

ABSENT_VERSION = "00000000000000000000000000000000"


def put(s3, bucket, key, body):
    return s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]


def test_each_put_is_a_version(s3, versioned):
    first, second = put(s3, versioned, "k", b"1"), put(s3, versioned, "k", b"2")
    assert first != second
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"2"
    got = s3.get_object(Bucket=versioned, Key="k", VersionId=first)
    assert got["Body"].read() == b"1" and got["VersionId"] == first
    assert s3.head_object(Bucket=versioned, Key="k")["VersionId"] == second


def test_a_delete_marks_and_its_removal_restores(s3, versioned):
    version = put(s3, versioned, "k", b"1")
    deleted = s3.delete_object(Bucket=versioned, Key="k")
    assert deleted["DeleteMarker"] is True
    marker = deleted["VersionId"]
    with refused("NoSuchKey", 404) as caught:
        s3.get_object(Bucket=versioned, Key="k")
    assert headers(caught.value.response)["x-amz-delete-marker"] == "true"
    with refused({"MethodNotAllowed", "405"}, 405):
        s3.get_object(Bucket=versioned, Key="k", VersionId=marker)
    assert s3.get_object(Bucket=versioned, Key="k", VersionId=version)["Body"].read() == b"1"
    assert "Contents" not in s3.list_objects_v2(Bucket=versioned)
    removed = s3.delete_object(Bucket=versioned, Key="k", VersionId=marker)
    assert removed["DeleteMarker"] is True and removed["VersionId"] == marker
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"


def test_a_version_deleted_is_gone_and_the_one_before_is_current(s3, versioned):
    first, second = put(s3, versioned, "k", b"1"), put(s3, versioned, "k", b"2")
    gone = s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert gone["VersionId"] == second and "DeleteMarker" not in gone
    assert s3.get_object(Bucket=versioned, Key="k")["VersionId"] == first
    with refused("NoSuchVersion", 404):
        s3.get_object(Bucket=versioned, Key="k", VersionId=second)
    assert status(s3.delete_object(Bucket=versioned, Key="k", VersionId=second)) == 204


def test_versions_that_never_were(s3, versioned):
    put(s3, versioned, "k", b"1")
    with refused({"NoSuchVersion", "InvalidArgument"}, {400, 404}):
        s3.get_object(Bucket=versioned, Key="k", VersionId=ABSENT_VERSION)
    with refused("InvalidArgument", 400):
        s3.get_object(Bucket=versioned, Key="k", VersionId="not a version")


def test_what_was_there_before_is_the_null_version(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = put(s3, bucket, "k", b"1")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"0"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"2")
    assert s3.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"2"
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() == b"1"
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True and marker["VersionId"] == "null"
    listed = s3.list_object_versions(Bucket=bucket)
    assert [one["VersionId"] for one in listed["Versions"]] == [version]
    assert [one["VersionId"] for one in listed["DeleteMarkers"]] == ["null"]


def test_the_list_of_versions(s3, versioned):
    made = {}
    for key in ("a", "b/1", "b/2"):
        made[key] = [put(s3, versioned, key, str(number).encode()) for number in range(3)]
    marker = s3.delete_object(Bucket=versioned, Key="a")["VersionId"]
    listed = s3.list_object_versions(Bucket=versioned)
    assert [(one["Key"], one["VersionId"]) for one in listed["Versions"]] == [
        (key, version) for key in made for version in reversed(made[key])
    ]
    assert [one["IsLatest"] for one in listed["Versions"]] == [False] * 3 + [True, False, False] * 2
    assert [(one["Key"], one["VersionId"], one["IsLatest"]) for one in listed["DeleteMarkers"]] == [("a", marker, True)]
    assert all(one["Size"] == 1 and one["ETag"] and one["Owner"]["ID"] for one in listed["Versions"])
    folded = s3.list_object_versions(Bucket=versioned, Delimiter="/")
    assert [one["Prefix"] for one in folded["CommonPrefixes"]] == ["b/"]


def test_pages_of_versions_join(s3, versioned):
    for number in range(7):
        put(s3, versioned, f"k{number % 2}", str(number).encode())
    s3.delete_object(Bucket=versioned, Key="k0")
    whole = s3.list_object_versions(Bucket=versioned)
    expected = [(one["Key"], one["VersionId"]) for one in whole["Versions"]]
    for size in (1, 2, 3):
        found, markers, position = [], [], {}
        while True:
            page = s3.list_object_versions(Bucket=versioned, MaxKeys=size, **position)
            found += [(one["Key"], one["VersionId"]) for one in page.get("Versions", [])]
            markers += page.get("DeleteMarkers", [])
            if not page["IsTruncated"]:
                break
            position = {"KeyMarker": page["NextKeyMarker"]}
            if "NextVersionIdMarker" in page:
                position["VersionIdMarker"] = page["NextVersionIdMarker"]
        assert found == expected and len(markers) == 1


def test_many_versions_are_deleted_at_once(s3, versioned):
    versions = [put(s3, versioned, "k", str(number).encode()) for number in range(3)]
    answer = s3.delete_objects(
        Bucket=versioned,
        Delete={"Objects": [{"Key": "k", "VersionId": versions[0]}, {"Key": "k"}, {"Key": "k", "VersionId": versions[2]}]},
    )
    assert len(answer["Deleted"]) == 3
    marked = [one for one in answer["Deleted"] if "DeleteMarkerVersionId" in one]
    assert len(marked) == 1 and marked[0]["DeleteMarker"] is True
    listed = s3.list_object_versions(Bucket=versioned)
    assert [one["VersionId"] for one in listed["Versions"]] == [versions[1]]


def test_a_copy_of_an_old_version_brings_it_back(s3, versioned):
    first = put(s3, versioned, "k", b"1")
    put(s3, versioned, "k", b"2")
    source = {"Bucket": versioned, "Key": "k", "VersionId": first}
    copied = s3.copy_object(Bucket=versioned, Key="k", CopySource=source)
    assert copied["CopySourceVersionId"] == first and copied["VersionId"] != first
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"1"


def test_tags_belong_to_a_version(s3, versioned):
    first, second = put(s3, versioned, "k", b"1"), put(s3, versioned, "k", b"2")
    s3.put_object_tagging(Bucket=versioned, Key="k", VersionId=first, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    assert s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=first)["TagSet"] == [{"Key": "a", "Value": "1"}]
    assert s3.get_object_tagging(Bucket=versioned, Key="k", VersionId=second)["TagSet"] == []
