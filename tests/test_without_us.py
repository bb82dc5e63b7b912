"""The operator burned down and Amana is gone: raw disks, k printed pages, and a script written from the page alone.

Nothing of ours runs in the recovery: `shamir-mnemonic`, `cryptography`, `age`, and the npm package `age-encryption`.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys

import bagit
import pytest

from centre import ROOT
from gateway import Gateway

SCRIPT = ROOT / "tools" / "recover-sealed.py"
PART = 5 << 20


def bytes_of(name, size):
    """Bytes that no two names share."""
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


class Deposits:
    """What was deposited: for each bucket and key its newest content, and what every version was."""

    def __init__(self, s3):
        self.s3 = s3
        self.newest = {}
        self.versions = []

    def put(self, bucket, key, body, **said):
        answer = self.s3.put_object(Bucket=bucket, Key=key, Body=body, **said)
        self.note(bucket, key, body, answer)
        return answer

    def note(self, bucket, key, body, answer):
        self.newest[bucket, key] = body
        self.versions.append((bucket, key, answer.get("VersionId", "null"), body))

    def multipart(self, bucket, key):
        """Parts out of order, one of them sent three times, the middle time with other bytes."""
        given = {"Bucket": bucket, "Key": key}
        given["UploadId"] = self.s3.create_multipart_upload(**given)["UploadId"]
        bodies = {number: bytes_of(f"{key} {number}", PART + number) for number in (1, 2)} | {3: b"the last part"}
        etags = {}
        for number, body in ((3, None), (1, None), (2, b"an attempt that is replaced"), (2, None), (1, None)):
            sent = self.s3.upload_part(PartNumber=number, Body=body or bodies[number], **given)
            etags[number] = {"PartNumber": number, "ETag": sent["ETag"], "ChecksumCRC32": sent["ChecksumCRC32"]}
        parts = [etags[number] for number in sorted(etags)]
        answer = self.s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **given)
        self.note(bucket, key, b"".join(bodies.values()), answer)

    def copy(self, bucket, source, key):
        answer = self.s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source})
        self.note(bucket, key, self.newest[bucket, source], answer)

    def delete(self, bucket, key):
        self.s3.delete_object(Bucket=bucket, Key=key)
        del self.newest[bucket, key]
        self.versions = [one for one in self.versions if one[:2] != (bucket, key)]


def fill(s3):
    deposits = Deposits(s3)
    s3.create_bucket(Bucket="dossiers")
    deposits.put("dossiers", "small.txt", b"a small object", ContentType="text/plain", Metadata={"who": "registry"})
    deposits.put("dossiers", "folder/été/عربي 漢字.txt", "unicode".encode())
    deposits.put("dossiers", "folder", b"beside a folder of its name")
    deposits.put("dossiers", "../../etc/passwd", b"a name that climbs")
    deposits.put("dossiers", "empty", b"")
    deposits.put("dossiers", "tagged", b"tagged", Tagging="first=1")
    s3.put_object_tagging(Bucket="dossiers", Key="tagged", Tagging={"TagSet": [{"Key": "state", "Value": "closed"}]})
    deposits.put("dossiers", "large.bin", bytes_of("large", PART + 12345))
    deposits.put("dossiers", "middling.bin", bytes_of("middling", 100_000))
    deposits.put("dossiers", "replaced", b"as it was first")
    deposits.put("dossiers", "replaced", b"as it is now")
    deposits.versions = [one for one in deposits.versions if one[3] != b"as it was first"]
    deposits.put("dossiers", "deleted", b"deleted, and not to come back")
    deposits.delete("dossiers", "deleted")
    deposits.copy("dossiers", "large.bin", "copy of large.bin")
    deposits.copy("dossiers", "small.txt", "copy of small.txt")
    deposits.multipart("dossiers", "in parts.bin")
    s3.create_bucket(Bucket="registry")
    s3.put_bucket_versioning(Bucket="registry", VersioningConfiguration={"Status": "Enabled"})
    for word in ("first", "second", "third"):
        deposits.put("registry", "act", f"the {word} version".encode())
    deposits.put("registry", "hidden", b"under a delete marker")
    s3.delete_object(Bucket="registry", Key="hidden")
    del deposits.newest["registry", "hidden"]
    return deposits


def after_rotation(deposits):
    """What is sealed under the next epoch's key, and what still lies under the first one's."""
    deposits.put("dossiers", "of the second epoch", bytes_of("second epoch", 100_001))
    deposits.copy("dossiers", "large.bin", "copied in the second epoch")
    deposits.put("registry", "act", b"the fourth version")


@pytest.fixture(scope="module")
def burned(tmp_path_factory):
    """What was deposited, the raw disk, an export, and five custodians' pages; every process is killed."""
    from centre import Centre

    folder = tmp_path_factory.mktemp("burned")
    centre = Centre(folder / "centre").start()
    try:
        centre.institution("finances")
        centre.institution("justice")
        gateway = Gateway(centre, "finances", folder / "home", custodians="3-of-5").enrol().start()
        try:
            deposits = fill(gateway.account().client())
            gateway.run("keys", "rotate", "--data", gateway.data)
            after_rotation(deposits)
            bag = folder / "bag"
            centre.run("export", "--institution", "finances", "--data", centre.data, "--receipts", "all", "--out", bag)
            bagit.Bag(str(bag)).validate()
            pages = gateway.shares(5)
        finally:
            gateway.kill()
    finally:
        centre.kill()
    shutil.rmtree(gateway.data)
    shutil.rmtree(centre.data / "keys")
    (centre.data / "policy").unlink()
    return deposits, centre.data, bag, pages


def recover(source, pages, *words, code=0):
    command = [sys.executable, SCRIPT, source, *words, "--node-modules", os.environ["AMANA_NODE"]]
    for page in pages:
        command += ["--share-file", page]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def manifest(out):
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().split("\n") if line]


@pytest.mark.parametrize("source", ["disk", "bag"])
def test_everything_comes_back(burned, source, tmp_path):
    deposits, disk, bag, pages = burned
    out = tmp_path / "out"
    recover({"disk": disk, "bag": bag}[source], [pages[0], pages[2], pages[4]], "--out", out)
    found = {(one["bucket"], one["key"]): (out / one["file"]).read_bytes() for one in manifest(out) if "file" in one}
    assert found == deposits.newest
    subprocess.run(["sha256sum", "--check", "--quiet", "sha256sums.txt"], cwd=out, check=True)
    said = {(one["bucket"], one["key"]): one for one in manifest(out) if one["is_latest"]}
    assert said["dossiers", "tagged"]["tags"] == [["state", "closed"]]
    assert said["dossiers", "small.txt"]["attributes"]["metadata"] == {"who": "registry"}
    assert said["dossiers", "small.txt"]["attributes"]["content_type"] == "text/plain"
    assert said["dossiers", "in parts.bin"]["etag"].endswith("-3")
    assert said["registry", "hidden"]["delete_marker"]
    assert ("dossiers", "deleted") not in said
    assert (out / "objects/dossiers/folder/été/عربي 漢字.txt").read_bytes() == b"unicode"
    assert not any(file.is_symlink() or ".." in file.parts for file in out.rglob("*"))


def test_all_versions_come_back(burned, tmp_path):
    deposits, disk, _, pages = burned
    out = tmp_path / "out"
    recover(disk, pages[:3], "--out", out, "--all-versions")
    found = [
        (one["bucket"], one["key"], one["version_id"], (out / one["file"]).read_bytes())
        for one in manifest(out)
        if "file" in one
    ]
    assert sorted(found) == sorted(deposits.versions)


def test_too_few_shares_open_nothing(burned, tmp_path):
    _, disk, _, pages = burned
    done = recover(disk, pages[:2], "--out", tmp_path / "out", code=1)
    assert "don't make the root" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_same_share_twice_is_one(burned, tmp_path):
    _, disk, _, pages = burned
    recover(disk, [pages[0], pages[0], pages[1]], "--out", tmp_path / "out", code=1)


def test_one_object_by_hand(burned, tmp_path):
    """No script at all: the buckets' identities, one file of the export, and `age -d`."""
    deposits, disk, bag, pages = burned
    identities = tmp_path / "identities"
    recover(disk, pages[:3], "--identities", identities)
    assert identities.stat().st_mode & 0o077 == 0
    assert "# bucket dossiers, epoch 2" in identities.read_text()
    wanted = deposits.newest["dossiers", "large.bin"]
    files = [file for file in (bag / "data/pieces").rglob("*.age") if file.stat().st_size > PART]
    opened = [subprocess.run(["age", "-d", "-i", identities, file], capture_output=True, check=True).stdout for file in files]
    assert wanted in opened
    raw = [file for file in (disk / "blobs").glob("[0-9a-f][0-9a-f]/*") if file.stat().st_size > PART]
    assert sorted(map(bytes.fromhex, map(digest, raw))) == sorted(map(bytes.fromhex, map(digest, files)))


def digest(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_damaged_piece_is_named_and_the_rest_comes_back(burned, tmp_path):
    deposits, disk, _, pages = burned
    copy = shutil.copytree(disk, tmp_path / "disk", ignore=shutil.ignore_patterns("*.sock"))
    wanted = deposits.newest["dossiers", "middling.bin"]
    blob = min((file for file in (copy / "blobs").glob("[0-9a-f][0-9a-f]/*")), key=lambda file: file.stat().st_size)
    damaged = bytearray(blob.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    blob.write_bytes(damaged)
    out = tmp_path / "out"
    done = recover(copy, pages[:3], "--out", out, code=1)
    missing = [one for one in manifest(out) if "missing" in one]
    assert missing and all(one["key"] in done.stderr for one in missing)
    found = {(one["bucket"], one["key"]): (out / one["file"]).read_bytes() for one in manifest(out) if "file" in one}
    lost = {(one["bucket"], one["key"]) for one in missing}
    assert found == {place: body for place, body in deposits.newest.items() if place not in lost}
    assert len(lost) < len(deposits.newest) and wanted is not None


def test_an_act_taken_away_is_noticed(burned, tmp_path):
    _, _, bag, pages = burned
    copy = shutil.copytree(bag, tmp_path / "bag")
    acts = copy / "data/ledger/acts.jsonl"
    lines = acts.read_text().split("\n")
    sealed = [number for number, line in enumerate(lines) if "sealed.act" in line]
    acts.write_text("\n".join(line for number, line in enumerate(lines) if number != sealed[-2]))
    done = recover(copy, pages[:3], "--out", tmp_path / "out", code=1)
    assert "missing" in done.stderr or "root" in done.stderr
