"""Receipts: every write has one, anybody verifies it offline, and none can be bent."""

import json
import shutil
import subprocess
import sys

import pytest

from centre import ROOT, http_get, receipt_of

MAX_RECEIPT_BYTES = 5 * 1024


def is_receipt(text):
    ledger, index = text.rsplit("/", 1)
    return ledger == "finances/vault" and index.isdigit()


def test_every_write_answers_with_its_receipt(s3, name):
    given = {"Bucket": name, "Key": "k"}
    answers = {"create bucket": s3.create_bucket(Bucket=name)}
    enabled = {"Status": "Enabled"}
    answers["versioning"] = s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)
    answers["put"] = s3.put_object(**given, Body=b"small")
    answers["put large"] = s3.put_object(**given, Body=bytes(100_000))
    answers["copy"] = s3.copy_object(Bucket=name, Key="copy", CopySource=given)
    answers["tag"] = s3.put_object_tagging(**given, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    answers["untag"] = s3.delete_object_tagging(**given)
    answers["start upload"] = upload = s3.create_multipart_upload(**given)
    upload = given | {"UploadId": upload["UploadId"]}
    answers["part"] = part = s3.upload_part(PartNumber=1, Body=b"part", **upload)
    parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
    answers["complete"] = s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    second = s3.create_multipart_upload(**given)["UploadId"]
    answers["abort"] = s3.abort_multipart_upload(**given, UploadId=second)
    answers["delete"] = marker = s3.delete_object(**given)
    answers["delete version"] = s3.delete_object(**given, VersionId=marker["VersionId"])
    versions = s3.list_object_versions(Bucket=name)["Versions"]
    objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in versions]
    answers["delete many"] = s3.delete_objects(Bucket=name, Delete={"Objects": objects})
    answers["delete bucket"] = s3.delete_bucket(Bucket=name)
    without = [what for what, answer in answers.items() if "x-amana-receipt" not in answer["ResponseMetadata"]["HTTPHeaders"]]
    assert not without, f"writes without a receipt: {without}"
    # One request that deletes many is many acts.
    named = [receipt for answer in answers.values() for receipt in receipt_of(answer).split(", ")]
    assert all(map(is_receipt, named)), named


def test_a_read_has_none(s3, bucket):
    assert "x-amana-receipt" not in s3.list_objects_v2(Bucket=bucket)["ResponseMetadata"]["HTTPHeaders"]


@pytest.fixture
def receipt(centre, s3, bucket, tmp_path):
    name = receipt_of(s3.put_object(Bucket=bucket, Key="a contract.pdf", Body=b"signed"))
    return centre.receipt(name, tmp_path / "receipt")


def verify(centre, file, *words, code):
    return centre.run("receipt", "verify", file, "--policy", centre.policy, *words, code=code)


def test_a_receipt_is_small_text_and_verifies(centre, receipt):
    text = receipt.read_text()
    assert len(text) < MAX_RECEIPT_BYTES + 1024
    verify(centre, receipt, "--allow-recorded", code=0)


def test_recorded_is_not_witnessed(centre, receipt):
    # This centre has no witnesses: nothing may call its receipts witnessed.
    said = verify(centre, receipt, code=1)
    assert "recorded" in (said.stdout + said.stderr).lower()
    assert json.loads(verify(centre, receipt, "--allow-recorded", "--json", code=0).stdout)["state"] == "recorded"


def test_a_receipt_outlives_the_centre(new_centre, tmp_path):
    centre = new_centre()
    client = centre.institution("finances").client()
    client.create_bucket(Bucket="kept")
    file = centre.receipt(receipt_of(client.put_object(Bucket="kept", Key="k", Body=b"x")), tmp_path / "receipt")
    policy = shutil.copy(centre.policy, tmp_path / "policy")
    centre.stop()
    shutil.rmtree(centre.data)
    centre.run("receipt", "verify", file, "--policy", policy, "--allow-recorded")


def test_the_policy_is_published(centre):
    assert http_get(f"{centre.web_url}/policy")[2] == centre.policy.read_bytes()


def test_a_receipt_of_another_centre_is_refused(centre, new_centre, receipt):
    other = new_centre()
    centre.run("receipt", "verify", receipt, "--policy", other.policy, "--allow-recorded", code=1)


def bent(text):
    """The receipt with one thing changed, many times over: a letter here and there, each line gone, each line twice."""
    step = max(1, len(text) // 97)
    for position in range(0, len(text), step):
        if text[position] != "\n":
            other = "B" if text[position] == "A" else "A"
            yield text[:position] + other + text[position + 1 :]
    lines = text.splitlines(keepends=True)
    for number in range(len(lines)):
        yield "".join(lines[:number] + lines[number + 1 :])
        # A note says nothing else when one of its signatures stands there twice.
        if not lines[number].startswith("— "):
            yield "".join(lines[: number + 1] + lines[number:])
    yield text + "\n"
    yield text[:-1]
    yield ""


def second_verifier(file, policy):
    return subprocess.run(
        [sys.executable, ROOT / "tools" / "verify-receipt.py", file, "--policy", policy, "--allow-recorded", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_bent_receipt_is_refused_by_both_verifiers(centre, receipt, tmp_path):
    text = receipt.read_text()
    accepted = []
    for number, changed in enumerate(bent(text)):
        file = tmp_path / f"bent-{number}"
        file.write_text(changed)
        ours = verify(centre, file, "--allow-recorded", "--json", code=None)
        assert ours.returncode in (0, 1), f"{file} made the verifier end with {ours.returncode}"
        if ours.returncode == 0:
            accepted.append(changed)
        if number % 10 == 0:
            theirs = second_verifier(file, centre.policy)
            assert theirs.returncode == ours.returncode, changed
            assert json.loads(theirs.stdout)["state"] == json.loads(ours.stdout)["state"], changed
    assert not accepted, f"{len(accepted)} bent receipts were accepted, the first:\n{accepted[0]}"


def test_the_second_verifier_agrees(centre, receipt):
    done = second_verifier(receipt, centre.policy)
    assert done.returncode == 0, done.stdout + done.stderr


def test_receipts_that_were_never_given(centre, finances, tmp_path):
    for name in ("finances/vault/999999999", "finances/absent/0", "nonsense", "finances/vault/-1"):
        done = centre.run("receipt", "get", name, "--data", centre.data, "--out", tmp_path / "none", code=None)
        assert done.returncode in (1, 2) and done.stderr.strip()
        assert not (tmp_path / "none").exists()
