"""Large content in object stores that are real, and on this machine."""

import json
import pathlib
import subprocess
import time

import botocore.exceptions
import pytest

from centre import Centre, binary, surroundings, wait_until
from deposits import LOST, Deposits, body_of
from object_stores import STORES, BadLine, blobs_of, blobs_text, centre_on

MIB = 1024 * 1024
LARGE_BYTES = 20 * MIB + 1
# Small enough for the rows.
SMALL = b"a small thing"


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    store = STORES[request.param](tmp_path)
    yield store
    store.close()


@pytest.fixture
def centre(store, tmp_path):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    more = f'scrub_days = 0\n[[mirror]]\nname = "disk"\nplace = "{mirror}"\noperator = true\n'
    centre = centre_on(store, tmp_path, more).start()
    yield centre
    centre.kill()


@pytest.fixture
def s3(centre):
    s3 = centre.institution("finances").client()
    s3.create_bucket(Bucket="kept")
    return s3


def read(s3, key, **how):
    return s3.get_object(Bucket="kept", Key=key, **how)["Body"].read()


def only(store):
    (name,) = blobs_of(store)
    return name


def flip(store, name, place):
    body = bytearray(store.get(name))
    body[place] ^= 1
    store.put(name, bytes(body))


def cache_files(centre):
    return [file for file in (centre.data / "blobs/cache").glob("*/*") if file.is_file()]


def empty_cache(centre):
    """By a restart, since a running server knows what it has."""
    centre.stop()
    for file in cache_files(centre):
        file.unlink()
    centre.start()


def test_content_goes_there_comes_back_and_goes(store, centre, s3):
    large = body_of("large", LARGE_BYTES)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    s3.put_object(Bucket="kept", Key="small", Body=SMALL)
    assert store.get(only(store)) == large
    assert [file.name for file in sorted((centre.data / "blobs").iterdir())] == ["cache", "place", "tmp"]
    assert read(s3, "large") == large and read(s3, "small") == SMALL
    for begin, end in [(0, 0), (8 * MIB - 1, 8 * MIB), (5, 17 * MIB), (LARGE_BYTES - 3, LARGE_BYTES - 1)]:
        assert read(s3, "large", Range=f"bytes={begin}-{end}") == large[begin : end + 1]
    upload = {"Bucket": "kept", "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [body_of("first", 9 * MIB), body_of("second", 1000)]
    sent = [s3.upload_part(PartNumber=number, Body=part, **upload) for number, part in enumerate(parts, 1)]
    listed = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(sent, 1)]
    s3.complete_multipart_upload(MultipartUpload={"Parts": listed}, **upload)
    assert read(s3, "parts") == b"".join(parts)
    s3.copy_object(Bucket="kept", Key="copy", CopySource="kept/large")
    assert read(s3, "copy") == large
    centre.check()
    for key in ("large", "parts", "copy"):
        s3.delete_object(Bucket="kept", Key=key)
    wait_until(lambda: not blobs_of(store), "what was freed goes")
    assert cache_files(centre) == [] and store.uploads() == []
    centre.check()


def test_damage_there_is_named_and_healed_from_a_mirror(store, centre, s3):
    large = body_of("large", LARGE_BYTES)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    name = only(store)
    centre.run("mirror", "--once", "--data", centre.data, code=None)
    copied = pathlib.Path(centre.data.parent / "mirror")
    wait_until(lambda: any(file.stat().st_size == LARGE_BYTES for file in copied.rglob("*") if file.is_file()), "a copy")
    flip(store, name, 11 * MIB)
    said = centre.check(code=1).stdout
    assert "kept/large" in said and "digest" in said and store.url in said
    assert read(s3, "large") == large
    wait_until(lambda: store.get(name) == large, "the whole bytes are there again")
    centre.check()
    shown = lambda: centre.run("ledger", "show", "finances/vault", "--data", centre.data).stdout
    wait_until(lambda: "content.heal" in shown(), "the repair is recorded")
    # By the scrub as well, which reads the store itself and not the cache.
    assert cache_files(centre) != []
    flip(store, name, 5)
    last = json.loads(centre.run("scrub", "--now", "--data", centre.data, "--json").stdout)["last"]
    assert (last["healed"], last["damaged"]) == (1, 0) and store.get(name) == large


def test_the_cache_is_bounded_and_believed_for_nothing(store, centre, s3):
    bodies = {f"thing {number}": body_of(f"thing {number}", 5 * MIB) for number in range(3)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kept", Key=key, Body=body)
        assert read(s3, key) == body
    assert 5 * MIB < sum(file.stat().st_size for file in cache_files(centre)) <= 8 * MIB
    for file in cache_files(centre):
        chunk = bytearray(file.read_bytes())
        chunk[100] ^= 1
        file.write_bytes(chunk)
    # The newest first: it is what is still there.
    for key, body in reversed(bodies.items()):
        assert read(s3, key) == body
    assert "a chunk in the read cache is damaged" in centre.log()


def test_large_content_streams_in_constant_memory(store, centre, s3):
    body = body_of("stretch", MIB) * 160
    before = centre.rss_bytes()
    s3.put_object(Bucket="kept", Key="long", Body=body)
    assert read(s3, "long") == body
    assert centre.peak_rss_bytes() - before < 100 * MIB


def test_a_store_that_is_away_refuses_large_content_soon(store, centre, s3):
    large = body_of("large", MIB)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    store.away()
    for _ in range(2):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            s3.put_object(Bucket="kept", Key="more", Body=large)
        assert refused.value.response["Error"]["Code"] == "SlowDown"
    begun = time.monotonic()
    for ask in (lambda: read(s3, "large"), lambda: s3.put_object(Bucket="kept", Key="more", Body=large)):
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            ask()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    # Once it is known to be away nobody waits for it; a request that looks whether it is back may take a moment.
    assert time.monotonic() - begun < 20
    s3.put_object(Bucket="kept", Key="small", Body=SMALL)
    assert read(s3, "small") == SMALL
    store.back()

    def taken():
        try:
            return s3.put_object(Bucket="kept", Key="more", Body=large)
        except botocore.exceptions.ClientError:
            return None

    wait_until(taken, "large content is taken again")
    assert read(s3, "large") == large and read(s3, "more") == large
    centre.check()


def test_a_line_that_breaks_all_the_time_loses_nothing(store, tmp_path):
    line = BadLine(store.endpoint, seed=3)
    store.endpoint = line.endpoint
    centre = centre_on(store, tmp_path).start()
    s3 = centre.institution("finances").client()
    s3.create_bucket(Bucket="kept")
    bodies = {f"thing {number}": body_of(f"thing {number}", (number + 1) * 3 * MIB) for number in range(4)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kept", Key=key, Body=body)
    for key, body in bodies.items():
        assert read(s3, key) == body
    assert line.broken > 0, "otherwise nothing was tried"
    s3.delete_object(Bucket="kept", Key="thing 3")
    line.is_bad = False
    wait_until(lambda: len(blobs_of(store)) == 3, "what was freed goes")
    centre.check()
    centre.kill()
    line.close()


def test_a_power_cut_under_load_loses_nothing(store, centre):
    account = centre.institution("finances")
    account.client().create_bucket(Bucket="kept")
    deposits = Deposits(account, "kept", 7, 40)
    deposits.until_enough(centre.kill)
    centre.start()
    centre.check()
    s3 = account.client()
    deposits.assert_kept(s3)
    # A large one that was under way: its upload is given up at the next start.
    centre.stop()
    centre.start(AMANA_CRASH_AT="blob.written")
    with pytest.raises(LOST):
        s3.put_object(Bucket="kept", Key="cut off", Body=body_of("cut off", LARGE_BYTES))
    centre.died()
    centre.start()
    wait_until(lambda: not store.uploads(), "the unfinished upload is given up")
    centre.check()


def test_a_backup_names_the_store_and_a_restore_reads_from_it(store, centre, s3, tmp_path):
    large = body_of("large", MIB)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    copy = tmp_path / "backup"
    said = centre.run("backup", "--to", copy, "--with-keys", "--data", centre.data).stdout
    assert store.url in said
    centre.run("check", "--data", copy)
    out = tmp_path / "bag"
    centre.run("export", "--institution", "finances", "--out", out, "--data", centre.data)
    assert any(file.read_bytes() == large for file in out.rglob("*") if file.is_file() and file.stat().st_size == MIB)


def test_a_mirror_is_restored_into_the_store(store, centre, s3, tmp_path):
    large = body_of("large", LARGE_BYTES)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    s3.put_object(Bucket="kept", Key="small", Body=SMALL)
    lag = lambda: json.loads(centre.run("mirror", "status", "--data", centre.data, "--json").stdout)[0]["entries"]  # noqa: E731
    wait_until(lambda: lag() == 0, "the mirror is kept up")
    seed = tmp_path / "seed"
    seed.write_text((centre.data / "keys/operator.seed").read_text())
    centre.kill()
    # Another prefix: what lies under the first one counts as lost.
    config = tmp_path / "config.toml"
    config.write_text('centre = "centre.test"\n' + blobs_text(store, tmp_path, url=f"{store.url}/again"))
    back = Centre(tmp_path / "back")
    where = ("--from", tmp_path / "mirror", "--operator", "--seed-file", seed, "--config", config)
    centre.run("restore", *where, "--without-witnesses", "--all", "--data", back.data)
    (again,) = [name for name in blobs_of(store) if "/again/" in name]
    assert store.get(again) == large
    back.web_port, back.s3_port = centre.web_port, centre.s3_port
    back.start()
    try:
        assert read(s3, "large") == large and read(s3, "small") == SMALL
        s3.put_object(Bucket="kept", Key="more", Body=large)
        back.check()
    finally:
        back.kill()


def test_a_wrong_configuration_says_what_is_wrong(tmp_path, new_centre):
    centre = new_centre()
    centre.stop()
    own = centre.data / "amana.toml"
    text = own.read_text()
    key = tmp_path / "key"
    key.touch(mode=0o644)
    for blobs, words in [
        ('url = "ftp://content"\nkey_file = "key"', "blobs.url must be s3://"),
        ('url = "s3://content"\nkey_file = "key"\nendpoint = "http://store.example"', "isn't TLS"),
        (f'url = "s3://content"\nkey_file = "{key}"', "others may read this key"),
        ('url = "s3://content"', "key_file"),
    ]:
        own.write_text(f"{text}\n[blobs]\n{blobs}\n")
        done = subprocess.run(
            ["timeout", "20", binary(), "serve", "--data", str(centre.data)],
            env=surroundings(),
            capture_output=True,
            text=True,
        )
        assert done.returncode not in (0, 124) and words in done.stderr, done.stderr
    own.write_text(text)

