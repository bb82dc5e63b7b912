"""An institution leaves with everything: a bag that an independent program validates, and that holds what was deposited."""

import base64
import hashlib
import json

import bagit
import pytest

from test_sites import Publishers

KEYS = ["a", "a/b", "a//b", "dossiers/été 2026.txt", "..", "percent%20sign", "q?uestion", "line\u2028end", "é" * 200]


@pytest.fixture
def left(new_centre, tmp_path):
    """A data centre with versions, a deleted object, a multipart upload and difficult names, and the bag of it."""
    centre = new_centre()
    account = centre.institution("finances")
    s3 = account.client()
    kept = {}

    def put(bucket, key, body):
        s3.put_object(Bucket=bucket, Key=key, Body=body)
        kept[bucket, key] = body

    s3.create_bucket(Bucket="plain")
    for number, key in enumerate(KEYS):
        put("plain", key, f"{number} {key}".encode())
    put("plain", "empty", b"")
    put("plain", "large", bytes(range(256)) * 2048)
    s3.copy_object(Bucket="plain", Key="copy", CopySource={"Bucket": "plain", "Key": "large"})
    kept["plain", "copy"] = kept["plain", "large"]
    s3.put_object(Bucket="plain", Key="deleted", Body=b"deleted and gone")
    s3.delete_object(Bucket="plain", Key="deleted")
    s3.create_bucket(Bucket="versioned")
    s3.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    for word in ("first", "second", "third"):
        put("versioned", "draft", word.encode())
    s3.put_object(Bucket="versioned", Key="hidden", Body=b"under a delete marker")
    s3.delete_object(Bucket="versioned", Key="hidden")
    upload = {"Bucket": "versioned", "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    bodies = {1: b"1" * (5 << 20), 2: b"2" * 1000}
    parts = [{"PartNumber": n, "ETag": s3.upload_part(PartNumber=n, Body=bodies[n], **upload)["ETag"]} for n in (2, 1)]
    s3.complete_multipart_upload(MultipartUpload={"Parts": sorted(parts, key=lambda part: part["PartNumber"])}, **upload)
    kept["versioned", "parts"] = bodies[1] + bodies[2]
    return centre, kept, tmp_path / "bag"


def export(centre, bag, *words, code=0):
    return centre.run("export", "--institution", "finances", "--data", centre.data, "--out", bag, *words, code=code)


def lines(file):
    """JSON lines; a key may hold what Python's splitlines() takes for the end of a line."""
    return [json.loads(line) for line in file.read_text().split("\n") if line]


def open_files(bag):
    return lines(bag / "data" / "open.jsonl")


def test_the_bag_is_valid_and_whole(left):
    centre, kept, bag = left
    told = json.loads(export(centre, bag, "--json").stdout)
    assert told["institution"] == "finances"
    opened = bagit.Bag(str(bag))
    opened.validate()
    assert opened.info["Source-Organization"] == "finances"
    newest = {(one["bucket"], one["key"]): one["file"] for one in open_files(bag) if one["is_latest"]}
    assert {place: (bag / "data" / file).read_bytes() for place, file in newest.items()} == kept
    assert newest["plain", "dossiers/été 2026.txt"] == "open/plain/dossiers/été 2026.txt"
    old = sorted((bag / "data" / one["file"]).read_bytes() for one in open_files(bag) if not one["is_latest"])
    assert old == [b"first", b"second", b"under a delete marker"]


def test_the_bag_s_acts_have_the_signed_root(left):
    centre, _, bag = left
    told = json.loads(export(centre, bag, "--receipts", "all", "--json").stdout)
    acts = lines(bag / "data/ledger/acts.jsonl")
    assert [act["index"] for act in acts] == list(range(told["acts"]))
    origin, size, root = (bag / "data/ledger/checkpoint").read_text().splitlines()[:3]
    assert origin.endswith("/ledgers/finances/vault") and int(size) == told["acts"] and root == told["root"]
    for act in acts:
        receipt = bag / f"data/receipts/{act['index']}.receipt"
        centre.run("receipt", "verify", receipt, "--policy", bag / "data/ledger/policy", "--allow-recorded")
        body = act["body"]
        if body:
            salted = b"amana/act-body/v1\0" + bytes.fromhex(body["salt"]) + body["text"].encode()
            assert hashlib.sha256(salted).digest() == base64.b64decode(act["body_hash"])


def test_an_interrupted_export_goes_on(left):
    centre, kept, bag = left
    export(centre, bag)
    # As a crash before the end leaves it: no declaration, one file half written, one missing, one of another content.
    (bag / "bagit.txt").unlink()
    files = {one["key"]: bag / "data" / one["file"] for one in open_files(bag) if one["is_latest"]}
    files["a"].rename(f"{files['a']}.part")
    files["large"].unlink()
    files["copy"].write_bytes(b"damaged")
    export(centre, bag)
    bagit.Bag(str(bag)).validate()
    newest = {(one["bucket"], one["key"]): one["file"] for one in open_files(bag) if one["is_latest"]}
    assert {place: (bag / "data" / file).read_bytes() for place, file in newest.items()} == kept


def test_an_institution_takes_its_own_with_its_key(left, tmp_path):
    centre, kept, bag = left
    key = centre.access_key("finances")
    secret = tmp_path / "secret"
    secret.write_text(key["secret_access_key"])
    own = ("--centre", centre.web_url, "--access-key", key["access_key_id"], "--secret-file", secret)
    words = ("export", "--out", bag, "--policy", centre.policy, *own, "--institution")
    centre.institution("justice")
    centre.run(*words, "justice", code=1)
    centre.run(*words, "finances")
    bagit.Bag(str(bag)).validate()


def test_a_finished_bag_and_another_folder_are_left_alone(left, tmp_path):
    centre, _, bag = left
    export(centre, bag)
    export(centre, bag, code=1)
    full = tmp_path / "full"
    full.mkdir()
    (full / "letter.txt").write_text("mine")
    assert "not empty" in export(centre, full, code=1).stderr


def test_damage_is_named_and_no_bag_is_finished(left):
    centre, _, bag = left
    blob = next(file for file in (centre.data / "blobs").glob("[0-9a-f][0-9a-f]/*"))
    blob.write_bytes(bytes(blob.stat().st_size))
    assert "the content of act" in export(centre, bag, code=1).stderr
    assert not (bag / "bagit.txt").exists()


def test_the_ledger_of_sites_leaves_too(new_centre, tmp_path):
    """What was published, and who signed it, is in the bag: the receipt, the signed note, the content it names."""
    centre, bag = new_centre(), tmp_path / "bag"
    centre.institution("finances")
    site = Publishers(centre, tmp_path)
    site.write(index="<p>published")
    published = site.deploy()
    told = json.loads(export(centre, bag, "--receipts", "all", "--json").stdout)
    bagit.Bag(str(bag)).validate()
    acts = lines(bag / "data/sites/acts.jsonl")
    assert [json.loads(act["core"])["kind"] for act in acts] == ["site.add", "site.deploy"]
    assert told["sites"]["acts"] == 2
    origin, size, root = (bag / "data/sites/checkpoint").read_text().splitlines()[:3]
    assert origin.endswith("/ledgers/finances/sites") and int(size) == 2 and root == told["sites"]["root"]
    deployed = acts[1]
    assert json.loads(deployed["core"])["links"]["manifest"] == published["manifest"]
    assert f"manifest {published['manifest']}" in json.loads(deployed["body"]["text"])["note"]
    for act in acts:
        receipt = bag / f"data/sites/receipts/{act['index']}.receipt"
        centre.run("receipt", "verify", receipt, "--policy", bag / "data/ledger/policy", "--allow-recorded")
    kept = {one["key"]: bag / "data" / one["file"] for one in open_files(bag) if one["bucket"] == site.host}
    manifest = kept[published["manifest"]].read_bytes()
    assert hashlib.sha256(manifest).hexdigest() == published["manifest"]
    page = json.loads(manifest)["files"]["/index.html"]["sha256"]
    assert kept[page].read_bytes() == b"<p>published"
