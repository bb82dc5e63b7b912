"""A power cut at any instant: what was acknowledged is there, the rest is there whole or not at all."""

import re

import pytest

from centre import ROOT, receipt_of
from deposits import LARGE, LOST, Deposits, body_of
from kills import kill_again

POINTS = re.findall(
    r'^\s*"([a-z]+\.[a-z]+)"',
    (ROOT / "crates/store/src/crash.rs").read_text().split("POINTS", 1)[1].split("];", 1)[0],
    re.MULTILINE,
)
# A move's points are passed by `amana migrate` alone: tests/test_migrate.py kills it at each.
SERVED = [point for point in POINTS if not point.startswith("move.")]


def test_killed_again_and_again_amid_deposits(new_centre, tmp_path):
    centre = new_centre()
    finances = centre.institution("finances")
    finances.client().create_bucket(Bucket="kept")
    rounds = []
    for number in range(4):
        deposits = Deposits(finances, "kept", seed=number, enough=40 + 60 * number)
        deposits.until_enough(then=centre.kill)
        rounds.append(deposits)
        centre.start()
        for deposits in rounds:
            deposits.assert_kept(finances.client())
        centre.check()
    key, receipt = max(rounds[-1].acknowledged.items())
    file = centre.receipt(receipt, tmp_path / "receipt")
    centre.run("receipt", "verify", file, "--policy", centre.policy, "--allow-recorded")
    centre.stop()
    centre.check()
    assert not list((centre.data / "blobs" / "tmp").iterdir())


def test_killed_at_any_instant(tmp_path):
    kill_again(tmp_path, seed=1, kills=50)


def test_crash_points_are_known():
    assert len(SERVED) >= 8 and "group.committed" in SERVED


@pytest.mark.parametrize("point", SERVED)
def test_a_crash_leaves_the_old_or_the_new(new_centre, point):
    centre = new_centre()
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    old, new = b"the old content" * 5000, body_of("new", LARGE)
    client.put_object(Bucket="kept", Key="k", Body=old)
    centre.stop()

    centre.start(wait=False, AMANA_CRASH_AT=point)
    acknowledged = False
    # An idle server may pass the point before the first deposit does; then nothing was acknowledged.
    while centre.process.poll() is None and not acknowledged:
        try:
            finances.client().put_object(Bucket="kept", Key="k", Body=new)
            acknowledged = True
        except LOST:
            pass
    try:
        # A point after the acknowledgement is passed by the next deposit at the latest.
        for number in range(3):
            finances.client().put_object(Bucket="kept", Key=f"after-{number}", Body=new)
    except LOST:
        pass
    assert centre.died() != 0, f"{point} was never passed"

    centre.check()
    centre.start()
    found = finances.client().get_object(Bucket="kept", Key="k")["Body"].read()
    assert found == new or (found == old and not acknowledged)
    centre.check()
    answer = finances.client().put_object(Bucket="kept", Key="k", Body=b"life goes on")
    assert receipt_of(answer).startswith("finances/vault/")
    assert finances.client().get_object(Bucket="kept", Key="k")["Body"].read() == b"life goes on"
    centre.stop()
    assert not list((centre.data / "blobs" / "tmp").iterdir())


def test_uploads_under_way_survive(new_centre):
    centre = new_centre()
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    upload = {"Bucket": "kept", "Key": "k"}
    upload["UploadId"] = client.create_multipart_upload(**upload)["UploadId"]
    one = client.upload_part(PartNumber=1, Body=body_of("one", 5 << 20), **upload)
    centre.kill()
    centre.start()
    client = finances.client()
    assert [part["ETag"] for part in client.list_parts(**upload)["Parts"]] == [one["ETag"]]
    two = client.upload_part(PartNumber=2, Body=b"two", **upload)
    parts = [
        {"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}
        for number, part in ((1, one), (2, two))
    ]
    client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)
    centre.kill()
    centre.start()
    assert finances.client().get_object(Bucket="kept", Key="k")["Body"].read() == body_of("one", 5 << 20) + b"two"
    centre.check()
