"""A copy of a running data centre: whole as of one instant, and a data centre of its own."""

import concurrent.futures
import os

import pytest

from centre import Centre


@pytest.fixture
def busy(new_centre):
    """A data centre with small and large content, some of it replaced."""
    centre = new_centre()
    account = centre.institution("finances")
    s3 = account.client()
    s3.create_bucket(Bucket="archives")
    for number in range(8):
        s3.put_object(Bucket="archives", Key=f"small/{number}", Body=os.urandom(500))
        s3.put_object(Bucket="archives", Key=f"large/{number}", Body=os.urandom(200_000))
    return centre, account


def blobs(folder):
    return {path.name: path.stat() for path in (folder / "blobs").glob("[0-9a-f][0-9a-f]/*")}


def test_a_backup_is_a_data_centre_of_its_own(busy, tmp_path):
    centre, account = busy
    told = centre.run("backup", "--data", centre.data, "--to", tmp_path / "copy", "--with-keys").stdout
    assert "Its keys are in it" in told
    copy = Centre(tmp_path / "copy")
    copy.check()
    assert (copy.data / "keys" / "operator.seed").stat().st_mode & 0o777 == 0o600
    ours, theirs = blobs(centre.data), blobs(copy.data)
    assert len(theirs) == 8
    assert all(theirs[name].st_ino == ours[name].st_ino for name in theirs), "on one disk they are links"
    kept = account.client().get_object(Bucket="archives", Key="large/3")["Body"].read()
    account.client().put_object(Bucket="archives", Key="large/3", Body=b"later")
    centre.stop()
    copy.start()
    try:
        account.centre = copy
        assert account.client().get_object(Bucket="archives", Key="large/3")["Body"].read() == kept
        copy.stop()
    finally:
        copy.kill()


def test_a_backup_under_load_is_whole(busy, tmp_path):
    """Content is replaced while the copy is made: what the copy names stays until it is linked."""
    centre, account = busy

    def replace(number):
        s3 = account.client()
        for _ in range(25):
            s3.put_object(Bucket="archives", Key=f"large/{number}", Body=os.urandom(100_000))

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        replacing = [pool.submit(replace, number) for number in range(4)]
        for number in range(4):
            to = tmp_path / f"copy-{number}"
            centre.run("backup", "--data", centre.data, "--to", to, "--with-keys")
        for one in replacing:
            one.result()
    for number in range(4):
        Centre(tmp_path / f"copy-{number}").check()
    # What was replaced meanwhile is gone here once nobody holds it: eight objects, eight blobs.
    assert len(blobs(centre.data)) == 8
    centre.check()


def test_keys_are_taken_only_when_asked_for(busy, tmp_path):
    centre, _ = busy
    told = centre.run("backup", "--data", centre.data, "--to", tmp_path / "copy", "--copy").stdout
    assert "Its keys are not in it" in told
    assert not (tmp_path / "copy" / "keys").exists()
    ours, theirs = blobs(centre.data), blobs(tmp_path / "copy")
    assert all(theirs[name].st_ino != ours[name].st_ino for name in theirs), "--copy links nothing"
    # With the keys beside it again it is whole.
    (tmp_path / "copy" / "keys").mkdir()
    seed = (centre.data / "keys" / "operator.seed").read_bytes()
    (tmp_path / "copy" / "keys" / "operator.seed").write_bytes(seed)
    Centre(tmp_path / "copy").check()


def test_a_backup_replaces_nothing(busy, tmp_path):
    centre, _ = busy
    (tmp_path / "there").mkdir()
    refused = centre.run("backup", "--data", centre.data, "--to", tmp_path / "there", code=1)
    assert "is there already" in refused.stderr
    refused = centre.run("backup", "--data", centre.data, "--to", tmp_path / "no" / "where", code=1)
    assert "no/where" in refused.stderr
    assert not (tmp_path / "no").exists()
