"""What left one data centre arrives in another: names, bytes, metadata, tags, versions and their order."""

import json

import pytest

from gateway import Gateway


def describe(s3, bucket):
    """Everything that S3 shows of a bucket, but for ids and times, which are the new ledger's."""
    listed = s3.list_object_versions(Bucket=bucket)
    found = []
    for one in listed.get("Versions", []):
        given = {"Bucket": bucket, "Key": one["Key"], "VersionId": one["VersionId"]}
        got = s3.get_object(**given, ChecksumMode="ENABLED")
        head = got["ResponseMetadata"]["HTTPHeaders"]
        said = ["content-type", "content-language", "content-disposition", "cache-control", "expires", "etag"]
        found.append(
            {
                "key": one["Key"],
                "null": one["VersionId"] == "null",
                "latest": one["IsLatest"],
                "body": got["Body"].read(),
                "headers": {name: head.get(name) for name in said},
                "checksums": {name: value for name, value in head.items() if name.startswith("x-amz-checksum")},
                "metadata": got["Metadata"],
                "tags": s3.get_object_tagging(**given)["TagSet"],
            }
        )
    for one in listed.get("DeleteMarkers", []):
        found.append({"key": one["Key"], "null": one["VersionId"] == "null", "latest": one["IsLatest"], "marker": True})
    order = {}
    for one in found:
        order.setdefault(one["key"], []).append(one)
    return {"status": s3.get_bucket_versioning(Bucket=bucket).get("Status"), "versions": order}


def fill(s3):
    """Every kind of object that an import must make again."""
    s3.create_bucket(Bucket="plain")
    for key in ("a", "a/b", "dossiers/été 2026.txt", "with spaces & signs+=?%", "x" * 300):
        s3.put_object(Bucket="plain", Key=key, Body=key.encode())
    s3.put_object(Bucket="plain", Key="empty", Body=b"")
    said = {"ContentType": "text/plain", "ContentLanguage": "fr", "CacheControl": "no-store", "Metadata": {"who": "registry"}}
    s3.put_object(Bucket="plain", Key="said", Body=b"described", ContentDisposition="inline", Tagging="a=1&b=2", **said)
    s3.put_object_tagging(Bucket="plain", Key="said", Tagging={"TagSet": [{"Key": "a", "Value": "é 3"}]})
    s3.put_object(Bucket="plain", Key="sum", Body=b"summed" * 20000, ChecksumAlgorithm="SHA256")
    s3.create_bucket(Bucket="versions")
    s3.put_object(Bucket="versions", Key="k", Body=b"before versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="versions", Key="k", Body=b"first", Tagging="n=1")
    s3.put_object(Bucket="versions", Key="k", Body=b"second")
    gone = s3.put_object(Bucket="versions", Key="k", Body=b"gone")["VersionId"]
    s3.delete_object(Bucket="versions", Key="k", VersionId=gone)
    s3.delete_object(Bucket="versions", Key="k")
    s3.put_object(Bucket="versions", Key="k", Body=b"third")
    s3.put_object(Bucket="versions", Key="hidden", Body=b"hidden")
    s3.delete_object(Bucket="versions", Key="hidden")
    given = {"Bucket": "versions", "Key": "parts"}
    upload = given | {"UploadId": s3.create_multipart_upload(**given, ContentType="video/mp4")["UploadId"]}
    bodies = {2: b"2" * (5 << 20), 7: b"7" * 1000}
    sent = {n: s3.upload_part(PartNumber=n, Body=body, **upload) for n, body in bodies.items()}
    parts = [{"PartNumber": n, "ETag": one["ETag"], "ChecksumCRC32": one["ChecksumCRC32"]} for n, one in sent.items()]
    s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket="versions", Key="late", Body=b"null again")
    s3.delete_object(Bucket="versions", Key="marked null")


@pytest.fixture
def moved(new_centre, tmp_path):
    """A bag of one data centre, another data centre, and the words of `amana import` between them."""
    old, new = new_centre(), new_centre()
    leaving = old.institution("finances")
    fill(leaving.client())
    bag = tmp_path / "bag"
    old.run("export", "--institution", "finances", "--data", old.data, "--out", bag)
    arriving = new.institution("finances")
    secret = tmp_path / "secret"
    secret.write_text(arriving.secret_access_key)

    def run(code=0):
        words = ("--access-key", arriving.access_key_id, "--secret-file", secret, "--json")
        return new.run("import", bag, "--to", new.s3_url, *words, code=code)

    return leaving.client(), arriving.client(), run, bag


def assert_same(before, after):
    for bucket in ("plain", "versions"):
        assert describe(after, bucket) == describe(before, bucket)


def test_everything_arrives(moved):
    before, after, run, _ = moved
    told = json.loads(run().stdout)
    assert told["buckets"] == 2
    assert_same(before, after)


def test_an_interrupted_import_goes_on_and_doubles_nothing(moved):
    before, after, run, bag = moved
    run()
    notes = bag.with_name("bag.imported")
    lines = notes.read_text().splitlines(keepends=True)
    # As if it had ended after a deposit and before its note; and as if the note was half written.
    last = max(number for number, line in enumerate(lines) if line.startswith("begun"))
    notes.write_text("".join(lines[: last + 1]) + "end")
    run()
    assert_same(before, after)
    notes.write_text("".join(lines[: last + 1]))
    run()
    assert_same(before, after)


def test_what_is_there_already_is_not_mixed_with_it(moved):
    _, after, run, _ = moved
    after.create_bucket(Bucket="plain")
    after.put_object(Bucket="plain", Key="mine", Body=b"mine")
    assert "mixed" in run(code=1).stderr
    assert [one["Key"] for one in after.list_objects_v2(Bucket="plain")["Contents"]] == ["mine"]


@pytest.mark.parametrize("file", ["data/ledger/acts.jsonl", "data/ledger/checkpoint", "manifest-sha256.txt", "data/open.jsonl"])
def test_a_changed_bag_is_refused(moved, file):
    _, after, run, bag = moved
    first, *rest = (bag / file).read_bytes()
    (bag / file).write_bytes(bytes([first ^ 1, *rest]))
    assert file in run(code=1).stderr
    assert not after.list_buckets()["Buckets"]


@pytest.fixture
def at_home(new_centre, tmp_path):
    """The same, from sealed buckets to sealed buckets: a gateway at each data centre, each with keys of its own."""
    gateways = []

    def gateway(custodians):
        centre = new_centre()
        centre.institution("finances")
        folder = tmp_path / f"home-{len(gateways)}"
        gateways.append(Gateway(centre, "finances", folder, custodians=custodians).enrol().start())
        return gateways[-1]

    old, new = gateway("2-of-3"), gateway("1-of-1")
    leaving, arriving = old.account().client(), new.account()
    fill(leaving)
    bag = tmp_path / "bag"
    # Through the gateway: the institution asks in its own name, and nobody at the data centre is asked for anything.
    old.run("export", "--institution", "finances", "--data", old.data, "--out", bag)
    secret = tmp_path / "secret"
    secret.write_text(arriving.secret_access_key)

    def run(*keys, code=0):
        words = ("--access-key", arriving.access_key_id, "--secret-file", secret, "--json", *keys)
        return old.run("import", bag, "--to", new.s3_url, *words, code=code)

    yield old, new, leaving, arriving.client(), run
    for one in gateways:
        one.kill()


def test_sealed_buckets_move_with_custodians(at_home):
    old, new, before, after, run = at_home
    pages = [word for page in old.shares(2) for word in ("--share-file", page)]
    assert "enough" in run(*pages[:2], code=1).stderr
    run(*pages)
    assert_same(before, after)
    # What arrived is sealed there as well: its disk has none of it.
    new.centre.kill()
    found = b"".join(file.read_bytes() for file in new.centre.data.rglob("*") if file.is_file())
    for word in (b"before versions", b"no-store", b"video/mp4", "dossiers/été".encode(), b"2" * 64):
        assert word not in found, word


def test_sealed_buckets_move_with_the_gateway_s_own_key(at_home):
    old, new, before, after, run = at_home
    assert "another root" in run("--data", new.data, code=1).stderr
    run("--data", old.data)
    assert_same(before, after)
