"""A gateway keeps everything of its institution on a disk of its own, and can feed a new data centre by itself.

The disk is a folder; it is pulled by renaming it, and filled by the gateway of the real binary.
"""

import json
import os
import shutil
import stat
import subprocess

import botocore.exceptions
import pytest

from centre import http_get, receipt_of, wait_until
from gateway import Gateway
from test_import import assert_same, describe, fill
from test_without_us import recover

LARGE = os.urandom(3 << 20)


@pytest.fixture
def home(new_centre, tmp_path):
    """A data centre, a gateway with a mirror, and an account at it."""
    centre = new_centre(AMANA_EPOCH_BUSY_S="0.1")
    centre.institution("finances")
    gateway = mirrored(centre, tmp_path / "home", custodians="2-of-3")
    yield centre, gateway, gateway.account().client()
    gateway.kill()


def mirrored(centre, folder, custodians="1-of-1", disk=None):
    gateway = Gateway(centre, "finances", folder, custodians=custodians).enrol()
    gateway.disk = disk or folder.with_name(folder.name + "-usb")
    gateway.disk.mkdir(exist_ok=True)
    gateway.environment |= {"AMANA_MIRROR": str(gateway.disk), "AMANA_FOLLOW_EVERY_S": "0.1", "AMANA_WITNESS_EVERY_S": "0.2"}
    return gateway.start()


def status(gateway):
    return json.loads(gateway.run("gateway", "status", "--data", gateway.data, "--json").stdout)


def wait_mirrored(gateway, receipt=None):
    index = int(receipt.rsplit("/", 1)[1]) if receipt else 0

    def nothing_lacks():
        mirror = status(gateway)["mirror"]
        return mirror["trouble"] is None and mirror["lag"] == 0 and mirror["entries"] > index

    wait_until(nothing_lacks, f"the mirror is whole: {gateway.log()}")


def put(client, key, body):
    return receipt_of(client.put_object(Bucket="dossiers", Key=key, Body=body))


def verified(gateway, *words, code=0):
    return gateway.run("check", "--mirror", gateway.disk, "--data", gateway.data, "--json", *words, code=code)


def test_everything_is_there_and_nothing_can_be_read(home):
    centre, gateway, client = home
    fill(client)
    client.create_bucket(Bucket="dossiers")
    last = put(client, "large", LARGE)
    wait_mirrored(gateway, last)
    told = json.loads(verified(gateway).stdout)
    assert told["faults"] == [] and told["bytes"] > len(LARGE)
    found = b"".join(file.read_bytes() for file in gateway.disk.rglob("*") if file.is_file())
    for word in (b"before versions", b"no-store", b"dossiers", b"finances", b"object.put", b"sealed.act", LARGE[:64]):
        assert word not in found, word
    # The custodians open it as well, under a policy that comes from elsewhere.
    pages = [word for page in gateway.shares(2) for word in ("--share-file", page)]
    centre.run("check", "--mirror", gateway.disk, "--policy", centre.policy, *pages)
    assert "has no mirror" not in gateway.run("gateway", "status", "--data", gateway.data).stdout
    metrics = http_get(f"{gateway.web_url}/metrics")[2].decode()
    assert "amana_gateway_mirror_lag_entries 0" in metrics


def test_damage_on_the_disk_is_named(home):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    wait_mirrored(gateway, put(client, "large", LARGE))
    blob = next((gateway.disk / "blobs").glob("*/*"))
    whole = blob.read_bytes()
    blob.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "not what its act says" in verified(gateway, code=1).stdout
    blob.unlink()
    assert "isn't in the mirror" in verified(gateway, code=1).stdout


def test_killed_in_the_middle_it_goes_on(home):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    kept = {}
    for turn in range(4):
        for number in range(12):
            key = f"{turn}/{number}"
            kept[key] = os.urandom(1 << 20) if number % 4 == 0 else key.encode() * 9
            put(client, key, kept[key])
        # Its mirroring is somewhere in all that.
        gateway.kill()
        gateway.start()
    wait_mirrored(gateway, put(client, "last", b"x"))
    assert json.loads(verified(gateway).stdout)["contents"] == len(kept) + 1


def test_the_disk_is_pulled_and_put_back(home):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    wait_mirrored(gateway, put(client, "before", LARGE))
    away = gateway.disk.rename(gateway.disk.with_name("away"))
    put(client, "while it was away", b"x" * 100_000)
    wait_until(lambda: "is no such folder" in (status(gateway)["mirror"]["trouble"] or ""), "it says that the disk is away")
    # The empty mount point is no new disk.
    gateway.disk.mkdir()
    wait_until(lambda: "mount its disk" in (status(gateway)["mirror"]["trouble"] or ""), "it isn't taken for an empty one")
    assert not list(gateway.disk.iterdir())
    gateway.disk.rmdir()
    assert status(gateway)["mirror"]["lag"] > 0
    text = gateway.run("gateway", "status", "--data", gateway.data).stdout
    assert "WARNING       mirror: " in text
    away.rename(gateway.disk)
    wait_mirrored(gateway, put(client, "after", b"after"))
    assert json.loads(verified(gateway).stdout)["contents"] == 3
    assert gateway.log().count("the mirror isn't kept up") <= 4


def test_a_disk_that_takes_nothing_is_told_and_then_gone_on_with(home):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    wait_mirrored(gateway, put(client, "before", LARGE))
    # A file where a folder must be: no right of root's writes through that.
    shutil.rmtree(gateway.disk / "tmp")
    (gateway.disk / "tmp").write_bytes(b"")
    put(client, "more", b"y" * 100_000)
    wait_until(lambda: status(gateway)["mirror"]["trouble"], "it says so")
    (gateway.disk / "tmp").unlink()
    wait_mirrored(gateway, put(client, "after", b"after"))
    verified(gateway)


def test_what_is_erased_leaves_the_disk(home):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    first = put(client, "secret", b"a" * 50_000)
    wait_mirrored(gateway, first)
    client.delete_object(Bucket="dossiers", Key="secret")
    gateway.run("gateway", "erase", first, "--reason", "a person asked", "--data", gateway.data)
    wait_mirrored(gateway, put(client, "on", b"on"))

    def has_left():
        told = json.loads(verified(gateway).stdout)
        return told["contents"] == 1

    wait_until(has_left, "what stands is one object")
    wait_until(lambda: "the mirror let go" in gateway.log(), "the body leaves")


def test_a_new_data_centre_is_fed_from_the_disk_alone(home, new_centre, tmp_path):
    old, gateway, client = home
    fill(client)
    receipt = receipt_of(client.put_object(Bucket="plain", Key="large", Body=LARGE))
    wait_mirrored(gateway, receipt)
    before = {bucket: describe(client, bucket) for bucket in ("plain", "versions")}
    pages = [word for page in gateway.shares(2) for word in ("--share-file", page)]
    policy = shutil.copy(old.policy, tmp_path / "gazette")
    gateway.kill()
    old.kill()
    shutil.rmtree(old.data)
    shutil.rmtree(gateway.data)

    new = new_centre()
    new.institution("finances")
    other = mirrored(new, tmp_path / "other")
    arriving = other.account()
    secret = tmp_path / "secret"
    secret.write_text(arriving.secret_access_key)
    words = ("import", gateway.disk, "--to", other.s3_url, "--access-key", arriving.access_key_id, "--secret-file", secret)
    # Killed somewhere in the middle, twice, it goes on and doubles nothing.
    for _ in range(2):
        feeding = subprocess.Popen([os.environ["AMANA_BIN"], *map(str, words), *map(str, pages)], stderr=subprocess.DEVNULL)
        notes = gateway.disk.with_name(gateway.disk.name + ".imported")
        seen = notes.read_text().count("ended") if notes.exists() else 0
        wait_until(lambda: notes.exists() and notes.read_text().count("ended") > seen + 1, "it has begun")
        feeding.kill()
        feeding.wait()
    new.run(*words, *pages)
    after = arriving.client()
    for bucket, said in before.items():
        said["versions"].pop("large", None)
        found = describe(after, bucket)
        if bucket == "plain":
            assert found["versions"].pop("large")[0]["body"] == LARGE
        assert found == said
    # The new gateway keeps a mirror of its own; the old one stays as it was, and proves the past.
    wait_mirrored(other)
    verified(other)
    old_papers = ("--policy", policy, *pages)
    new.run("check", "--mirror", gateway.disk, *old_papers)
    other.kill()
    # And another data centre's ledger isn't written over it.
    other.environment["AMANA_MIRROR"] = str(gateway.disk)
    other.start()
    trouble = lambda: status(other)["mirror"]["trouble"] or ""
    wait_until(lambda: "mirror" in trouble() or "open" in trouble(), "it is left alone")
    new.run("check", "--mirror", gateway.disk, *old_papers)
    other.kill()


def test_the_disk_is_opened_without_us(home, tmp_path):
    _, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    put(client, "a/letter.txt", b"a letter")
    wait_mirrored(gateway, put(client, "large", LARGE))
    out = tmp_path / "out"
    recover(gateway.disk, gateway.shares(2), "--out", out)
    assert (out / "objects/dossiers/large").read_bytes() == LARGE
    assert (out / "objects/dossiers/a/letter.txt").read_bytes() == b"a letter"


def test_a_restored_data_centre_gets_back_what_it_lost(home, tmp_path):
    centre, gateway, client = home
    client.create_bucket(Bucket="dossiers")
    put(client, "old", b"before the backup")
    centre.stop()
    backup = shutil.copytree(centre.data, tmp_path / "backup", ignore=shutil.ignore_patterns("*.sock"))
    centre.start(AMANA_EPOCH_BUSY_S="0.1")
    put(client, "small", b"after the backup")
    last = put(client, "large", LARGE)
    wait_mirrored(gateway, last)
    gateway.kill()
    centre.kill()
    shutil.rmtree(centre.data)
    shutil.copytree(backup, centre.data)
    centre.start(AMANA_EPOCH_BUSY_S="0.1")
    # By itself, killed on the way.
    gateway.resume()
    gateway.kill()
    gateway.resume()
    wait_until(lambda: status(gateway)["mirror"]["lag"] == 0, "it is up")
    wait_until(lambda: int(last.rsplit("/", 1)[1]) < entries(centre), f"the entries are back: {gateway.log()}")
    wait_until(lambda: not (gateway.data / "mirror" / "giving-back").exists(), f"the content is back: {gateway.log()}")
    assert len([blob for blob in (centre.data / "blobs").glob("[0-9a-f][0-9a-f]/*")]) == 1
    # A person has looked at the alarm, which an honest restore raises as well, and takes its evidence away.
    shown = status(gateway)
    gateway.kill()
    shutil.rmtree(gateway.data / "evidence", ignore_errors=True)
    gateway.resume()
    assert client.get_object(Bucket="dossiers", Key="large")["Body"].read() == LARGE, shown
    assert client.get_object(Bucket="dossiers", Key="small")["Body"].read() == b"after the backup"
    centre.check(code=None)


def entries(centre):
    ledgers = centre.run("ledger", "list", "--data", centre.data, "--json").stdout
    return next(ledger["size"] for ledger in json.loads(ledgers) if ledger["name"] == "finances/vault")
