"""Keys of every shape, and the lists that name them."""

import concurrent.futures

import pytest

from expect import refused

pytestmark = pytest.mark.both_fronts

WEIRD = [
    "a",
    "a/b",
    "a/",
    "/a",
    "//",
    "a//b",
    ".",
    "..",
    "./a",
    "../a",
    "a/../b",
    "a b",
    " a ",
    "a+b",
    "a%2Fb",
    "a%",
    "a?b=c&d",
    "a#b",
    "a\\b",
    "a:b;c,d@e!$'()*[]{}|^`~\"<>",
    "été/日本/🐢",
    "e\u0301",
    "\u00e9",
    "مصلحة",
    "tab\tin",
    "new\nline",
    "x" * 1024,
    "é" * 512,
]


@pytest.mark.parametrize("key", WEIRD, ids=lambda key: ascii(key)[:24])
def test_a_weird_key_is_a_key(s3, bucket, key):
    body = key.encode()
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": key})
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}, {"Key": "copy"}]})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_all_live_together_in_the_order_of_their_bytes(s3, bucket):
    for key in WEIRD:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    listed = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(WEIRD, key=str.encode)


@pytest.mark.parametrize("key", ["x" * 1025, "é" * 513])
def test_a_key_too_long_is_refused(s3, bucket, key):
    with refused("KeyTooLongError", 400):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")


@pytest.fixture(scope="module")
def tree(s3, front):
    bucket = f"tree-of-keys-{front}"
    s3.create_bucket(Bucket=bucket)
    for key in TREE:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


TREE = sorted(["a", "a/1", "a/2", "a/deep/3", "b/1", "b/2", "c", "d/", "e+f/1", "z"])


def keys(answer):
    return [one["Key"] for one in answer.get("Contents", [])]


def prefixes(answer):
    return [one["Prefix"] for one in answer.get("CommonPrefixes", [])]


def test_delimiter_and_prefix(s3, tree):
    top = s3.list_objects_v2(Bucket=tree, Delimiter="/")
    assert keys(top) == ["a", "c", "z"] and prefixes(top) == ["a/", "b/", "d/", "e+f/"]
    assert top["KeyCount"] == 7 and top["IsTruncated"] is False
    below = s3.list_objects_v2(Bucket=tree, Delimiter="/", Prefix="a/")
    assert keys(below) == ["a/1", "a/2"] and prefixes(below) == ["a/deep/"]
    other = s3.list_objects_v2(Bucket=tree, Delimiter="eep", Prefix="a/")
    assert keys(other) == ["a/1", "a/2"] and prefixes(other) == ["a/deep"]
    assert keys(s3.list_objects_v2(Bucket=tree, Prefix="a")) == ["a", "a/1", "a/2", "a/deep/3"]
    assert s3.list_objects_v2(Bucket=tree, Prefix="absent")["KeyCount"] == 0


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_join_without_gap_or_echo(s3, tree, size, delimiter):
    given = {"Bucket": tree, "Delimiter": delimiter} if delimiter else {"Bucket": tree}
    whole = s3.list_objects_v2(**given)
    found, groups, token = [], [], {}
    while True:
        page = s3.list_objects_v2(MaxKeys=size, **given, **token)
        assert len(keys(page)) + len(prefixes(page)) == page["KeyCount"] <= size
        found += keys(page)
        groups += prefixes(page)
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == keys(whole) and groups == prefixes(whole)


def test_start_after_and_bounds(s3, tree):
    assert keys(s3.list_objects_v2(Bucket=tree, StartAfter="b/1"))[0] == "b/2"
    assert keys(s3.list_objects_v2(Bucket=tree, StartAfter="b"))[0] == "b/1"
    none = s3.list_objects_v2(Bucket=tree, MaxKeys=0)
    assert none["KeyCount"] == 0 and none["IsTruncated"] is False
    many = s3.list_objects_v2(Bucket=tree, MaxKeys=5000)
    assert many["MaxKeys"] == 1000 and keys(many) == TREE
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=tree, MaxKeys=-1)
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=tree, ContinuationToken="not-a-token-of-ours")


def test_the_owner_when_asked(s3, tree, finances):
    assert "Owner" not in s3.list_objects_v2(Bucket=tree)["Contents"][0]
    asked = s3.list_objects_v2(Bucket=tree, FetchOwner=True)
    assert asked["Contents"][0]["Owner"]["ID"] == finances.canonical_id


def test_the_first_version_of_lists(s3, tree):
    found, marker = [], {}
    while True:
        page = s3.list_objects(Bucket=tree, MaxKeys=3, Delimiter="/", **marker)
        found += keys(page) + prefixes(page)
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert sorted(found) == ["a", "a/", "b/", "c", "d/", "e+f/", "z"]
    assert keys(s3.list_objects(Bucket=tree, Marker="c")) == ["d/", "e+f/1", "z"]
    assert s3.list_objects(Bucket=tree)["Contents"][0]["Owner"]["ID"]


def test_names_are_encoded_when_asked(s3, bucket):
    s3.put_object(Bucket=bucket, Key="a b+é/1", Body=b"")
    asked = s3.list_objects_v2(Bucket=bucket, EncodingType="url", Delimiter="/", Prefix="a ")
    assert asked["EncodingType"] == "url"
    assert prefixes(asked) == ["a+b%2B%C3%A9/"] or prefixes(asked) == ["a%20b%2B%C3%A9/"]
    assert asked["Prefix"] in ("a+", "a%20")
    with refused("InvalidArgument", 400):
        s3.list_objects_v2(Bucket=bucket, EncodingType="base64")


def test_many_pages(hosted, name):
    # At the data centre alone: both fronts cut pages by the same code, and so many sealed deposits take long.
    s3 = hosted.client()
    s3.create_bucket(Bucket=name)
    expected = [f"{number:05}" for number in range(1203)]
    with concurrent.futures.ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda key: s3.put_object(Bucket=name, Key=key, Body=b""), expected))
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name)
    sizes = []
    found = []
    for page in pages:
        sizes.append(page["KeyCount"])
        found += keys(page)
    assert found == expected and sizes == [1000, 203]
