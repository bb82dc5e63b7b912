"""restic, unmodified: the backup that an office makes every night."""

import json

import pytest

from programs import a_folder, octets, run, same

pytestmark = pytest.mark.both_fronts


@pytest.fixture
def restic(finances, name, tmp_path):
    environment = finances.environment(tmp_path) | {
        "RESTIC_REPOSITORY": f"s3:{finances.centre.s3_url}/{name}",
        "RESTIC_PASSWORD": "of this test alone",
        "RESTIC_CACHE_DIR": str(tmp_path / "cache"),
    }

    def call(*words, code=0):
        return run(["restic", *words], environment, code, folder=tmp_path)

    return call


def test_a_backup_is_made_checked_and_restored(restic, tmp_path):
    here = a_folder(tmp_path / "here")
    restic("init")
    restic("backup", "here")
    restic("check", "--read-data")
    (here / "read me.txt").write_bytes(b"changed")
    (here / "new.bin").write_bytes(octets(9 << 20, "new"))
    restic("backup", "here")
    first, second = [one["id"] for one in json.loads(restic("snapshots", "--json"))]
    difference = restic("diff", first, second)
    assert "new.bin" in difference and "read me.txt" in difference and "large.bin" not in difference
    restic("restore", "latest", "--target", "there")
    assert same(here, tmp_path / "there" / "here")
    restic("restore", first, "--target", "before")
    assert (tmp_path / "before" / "here" / "read me.txt").read_bytes() == b"Amana"
    restic("forget", "--keep-last", "1", "--prune")
    restic("check", "--read-data")
    restic("unlock")
