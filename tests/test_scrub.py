"""The scrub finds damage, mends it from parity, and tells the institution; the operator's seed comes back from paper."""

import json
import sqlite3
import threading

import pytest

from centre import wait_until
from deposits import body_of

LARGE_BYTES = 3_000_000


@pytest.fixture
def kept(new_centre):
    """A centre that keeps parity, with an institution's large and small content."""
    centre = new_centre(AMANA_PARITY="10%", AMANA_SCRUB_DAYS="0")
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="large", Body=body_of("large", LARGE_BYTES))
    client.put_object(Bucket="kept", Key="small", Body=b"small")
    return centre, finances


def scrub(centre, *words, code=0):
    return json.loads(centre.run("scrub", "--data", centre.data, "--json", *words, code=code).stdout)["last"]


def blob_of(centre):
    (blob,) = (file for file in (centre.data / "blobs").glob("[0-9a-f][0-9a-f]/*") if file.is_file())
    return blob


def harm(file, *places):
    whole = bytearray(file.read_bytes())
    for place in places:
        whole[place] ^= 1
    file.write_bytes(whole)


def acts(centre):
    shown = centre.run("ledger", "show", "finances/vault", "--data", centre.data).stdout
    return shown


def test_damage_is_found_mended_from_parity_and_told(kept):
    centre, finances = kept
    assert scrub(centre)["damaged"] == 0
    blob = blob_of(centre)
    whole = blob.read_bytes()
    harm(blob, 5)
    last = scrub(centre, "--now")
    assert (last["healed"], last["damaged"]) == (1, 0)
    assert blob.read_bytes() == whole
    assert "scrub.pass" in acts(centre)
    centre.stop()
    centre.check()
    # Without a server too, and more than parity mends is named.
    harm(blob, *range(5, LARGE_BYTES, 262_144))
    done = centre.run("scrub", "--data", centre.data, code=1, environment={"AMANA_PARITY": "10%"})
    assert "kept/large" in done.stdout and "1 things stay damaged" in done.stderr
    blob.write_bytes(whole)
    centre.check()


def test_a_repair_is_an_act_of_the_institution(kept):
    centre, finances = kept
    scrub(centre)
    harm(blob_of(centre), LARGE_BYTES // 2)
    read = finances.client().get_object(Bucket="kept", Key="large")["Body"].read()
    assert read == body_of("large", LARGE_BYTES)
    wait_until(lambda: "content.heal" in acts(centre), "the repair is recorded")


def test_small_content_without_a_copy_is_named(kept):
    centre, _ = kept
    centre.stop()
    with sqlite3.connect(centre.data / "amana.db") as rows:
        rows.execute("UPDATE contents SET data = x'00'")
    rows.close()
    done = centre.run("scrub", "--data", centre.data, code=1)
    assert "kept/small" in done.stdout


def test_what_will_not_open_or_read_is_named_and_gone_past(kept):
    centre, _ = kept
    blob = blob_of(centre)
    blob.unlink()
    blob.symlink_to(blob)
    last = scrub(centre, "--now", code=1)
    assert (last["damaged"], last["contents"]) == (1, 2), "the pass ends, and has read the rest"
    assert "kept/large" in last["named"][0]
    centre.stop()
    with sqlite3.connect(centre.data / "amana.db") as rows:
        rows.execute("UPDATE contents SET data = 7")
    rows.close()
    last = scrub(centre, code=1)
    assert (last["damaged"], last["contents"]) == (2, 2)
    assert any("kept/small" in named for named in last["named"])


def test_a_steady_load_does_not_starve_a_pass_that_is_late(new_centre):
    """It gives way before each of 120 chunks, for seconds, while anything is asked: until it is behind its pace."""
    centre = new_centre(AMANA_SCRUB_DAYS="0.0001")
    client = centre.institution("finances").client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="large", Body=body_of("large", 120 * 262_144))
    ended = threading.Event()

    def ask():
        while not ended.is_set():
            client.list_objects_v2(Bucket="kept")

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        read = lambda: (json.loads(centre.run("scrub", "--status", "--data", centre.data, "--json").stdout)["last"] or {})
        wait_until(lambda: read().get("bytes", 0) >= 120 * 262_144, "a pass ended under load", 60)
    finally:
        ended.set()
        for asker in askers:
            asker.join()


def test_the_seed_comes_back_from_paper(kept, tmp_path):
    centre, _ = kept
    pages, out = tmp_path / "pages", tmp_path / "seed"
    words = ("operator-key", "backup", "--data", centre.data, "--custodians", "2-of-3", "--pages", pages)
    centre.run(*words)
    note = json.loads((centre.data / "keys/operator-backup.json").read_text())
    assert note["custodians"].startswith("2") and "/national+" in note["fingerprint"]
    seed = (centre.data / "keys/operator.seed").read_text().strip()
    assert seed not in (centre.data / "keys/operator-backup.json").read_text()
    files = sorted(pages.glob("*.txt"))
    assert len(files) == 3 and "amana operator-key recover" in files[0].read_text()
    shares = [word for file in files[1:] for word in ("--share-file", file)]
    recover = ("operator-key", "recover", "--out", out, "--policy", centre.policy)
    centre.run(*recover, "--share-file", files[0], code=1)
    assert not out.exists()
    centre.run(*recover, *shares)
    assert out.read_text().strip() == seed and out.stat().st_mode & 0o777 == 0o600
    centre.run(*recover, *shares, code=1)
