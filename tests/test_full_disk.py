"""A full disk refuses deposits, clearly, and harms nothing else."""

import contextlib
import os
import pathlib
import signal
import subprocess

import botocore.exceptions
import pytest

from centre import Centre, die_with_parent, wait_until
from deposits import LOST, body_of
from disks import Disk

DISK_BYTES = 96 << 20
OBJECT_BYTES = 3 << 20


@pytest.fixture
def centre(tmp_path):
    with on_a_disk(tmp_path, f"size={DISK_BYTES}") as centre:
        yield centre


@contextlib.contextmanager
def on_a_disk(tmp_path, options):
    """A centre on a small disk, which nobody needs to be root for: a tmpfs in a user and mount namespace of its own, kept
    by a process that sleeps, and entered by the server and by each command."""
    mount = tmp_path / "disk"
    mount.mkdir()
    script = f"mount -t tmpfs -o {options} tmpfs {mount} && echo ready && exec sleep infinity"
    keeper = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    assert keeper.stdout.readline() == b"ready\n", "this machine lets nobody mount a tmpfs in a namespace"
    centre = Centre(mount / "data")
    centre.log_path = tmp_path / "log"
    centre.prefix = ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", str(keeper.pid)]
    centre.disk = pathlib.Path(f"/proc/{keeper.pid}/root{mount}")
    centre.start()
    try:
        yield centre
    finally:
        centre.kill()
        os.kill(keeper.pid, signal.SIGKILL)
        keeper.wait()
        keeper.stdout.close()


def deposit_until_full(client):
    """Puts objects until one is refused; returns the keys acknowledged and the refusal."""
    kept = []
    for number in range(2 * DISK_BYTES // OBJECT_BYTES):
        key = f"k{number}"
        try:
            client.put_object(Bucket="kept", Key=key, Body=body_of(key, OBJECT_BYTES))
        except botocore.exceptions.ClientError as error:
            return kept, error.response
        kept.append(key)
    raise AssertionError("the disk never filled")


def assert_said_clearly(refusal):
    error = refusal["Error"]
    assert refusal["ResponseMetadata"]["HTTPStatusCode"] in (503, 507), error
    assert error["Code"] != "InternalError", error
    assert any(word in error["Message"].lower() for word in ("disk", "space", "full")), error


def assert_all_there(client, keys):
    for key in keys:
        assert client.get_object(Bucket="kept", Key=key)["Body"].read() == body_of(key, OBJECT_BYTES), key


def test_deposits_are_refused_and_nothing_is_harmed(centre):
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    kept, refusal = deposit_until_full(client)
    assert_said_clearly(refusal)
    assert len(kept) >= 5
    assert_all_there(client, kept)
    centre.check()

    centre.stop()
    centre.start()
    client = finances.client()
    assert_all_there(client, kept)

    for key in kept[:4]:
        client.delete_object(Bucket="kept", Key=key)
    client.put_object(Bucket="kept", Key="k-again", Body=body_of("k-again", OBJECT_BYTES))
    assert_all_there(client, [*kept[4:], "k-again"])
    centre.check()


def test_a_disk_filled_by_others_to_the_last_byte(centre):
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="k0", Body=body_of("k0", OBJECT_BYTES))
    client.put_object(Bucket="kept", Key="small", Body=b"small")
    filler = centre.disk / "filler"
    with open(filler, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue
    for size in (100, OBJECT_BYTES):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            client.put_object(Bucket="kept", Key="refused", Body=bytes(size))
        assert_said_clearly(caught.value.response)
    assert_all_there(client, ["k0"])
    assert client.get_object(Bucket="kept", Key="small")["Body"].read() == b"small"

    filler.unlink()
    client.put_object(Bucket="kept", Key="k1", Body=body_of("k1", OBJECT_BYTES))
    assert_all_there(client, ["k0", "k1"])
    centre.stop()
    centre.check()


def test_no_inodes_left(tmp_path):
    # As many as the folder needs, and a few more: there is room, and no name for another file.
    with on_a_disk(tmp_path, f"size={DISK_BYTES * 4},nr_inodes=310") as centre:
        finances = centre.institution("finances")
        client = finances.client()
        client.create_bucket(Bucket="kept")
        kept, refusal = deposit_until_full(client)
        assert_said_clearly(refusal)
        assert_all_there(client, kept)
        # A small content needs no file of its own.
        client.put_object(Bucket="kept", Key="small", Body=b"small")
        centre.stop()
        centre.start()
        client = finances.client()
        client.delete_object(Bucket="kept", Key=kept[0])
        client.put_object(Bucket="kept", Key="k-again", Body=body_of("k-again", OBJECT_BYTES))
        assert_all_there(client, [*kept[1:], "k-again"])
        centre.check()


def test_a_disk_that_turns_read_only(tmp_path):
    centre = Centre(tmp_path / "data")
    disk = Disk(centre, 1)
    try:
        centre.start()
        finances = centre.institution("finances")
        client = finances.client()
        client.create_bucket(Bucket="kept")
        client.put_object(Bucket="kept", Key="k0", Body=body_of("k0", OBJECT_BYTES))
        disk.say("readonly")
        for body in (b"small", bytes(OBJECT_BYTES)):
            with pytest.raises(LOST):
                client.put_object(Bucket="kept", Key="refused", Body=body)

        def reads_on_or_has_ended():
            try:
                assert_all_there(client, ["k0"])
            except LOST:
                return centre.process.poll() is not None
            return True

        # It may go on reading, or end, which takes it a moment, and say why.
        wait_until(reads_on_or_has_ended, "it reads on, or has ended")
        assert "disk I/O error" in centre.log() or "os error 30" in centre.log()
        disk.say("writable")
        centre.kill()
        centre.start()
        client = finances.client()
        assert_all_there(client, ["k0"])
        client.put_object(Bucket="kept", Key="k1", Body=body_of("k1", OBJECT_BYTES))
        assert [one["Key"] for one in client.list_objects_v2(Bucket="kept")["Contents"]] == ["k0", "k1"]
        centre.check()
    finally:
        disk.close()


def test_a_restore_leaves_the_reserve_alone(tmp_path, new_centre):
    lost = new_centre()
    client = lost.institution("finances").client()
    client.create_bucket(Bucket="kept")
    for number in range(8):
        client.put_object(Bucket="kept", Key=f"k{number}", Body=body_of(f"k{number}", OBJECT_BYTES))
    place = tmp_path / "place"
    place.mkdir()
    lost.run("mirror", "--once", "--name", place, "--data", lost.data)
    lost.stop()
    with on_a_disk(tmp_path, f"size={DISK_BYTES}") as centre:
        centre.stop()
        filler = centre.disk / "filler"
        room = os.statvfs(centre.disk)
        filler.write_bytes(bytes(room.f_bavail * room.f_frsize - 5 * OBJECT_BYTES))
        back = centre.data.parent / "back"
        seed = lost.data / "keys" / "operator.seed"
        words = ("restore", "--from", place, "--seed-file", seed, "--without-witnesses", "--all", "--data", back)
        told = centre.run(*words, code=1)
        assert "reserve" in told.stderr or "full" in told.stderr, told.stderr
        room = os.statvfs(centre.disk)
        # What is under way when it comes near the reserve may take of it, and no more.
        assert room.f_bavail * room.f_frsize > DISK_BYTES / 20 - OBJECT_BYTES - (1 << 20)
        # The rest comes once there is room, and the check says how much that is until then.
        assert "are on their way" in centre.run("check", "--data", back, code=1).stdout
        filler.unlink()
        centre.data = back
        centre.start()
        wait_until(lambda: not (centre.disk / "back" / "restoring.json").exists(), "the rest comes")
        centre.stop()
        centre.check()
