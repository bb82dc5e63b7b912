"""What older releases left on disks is read, checked and gone on with; what a newer one left is refused untouched.

`vectors/releases/` holds the folders of each release, made by `tests/release_fixture.py`. With AMANA_RELEASED naming a folder
of released binaries, `<version>/amana`, what this version wrote is given back to the one that the folders are of.
"""

import hashlib
import json
import os
import pathlib
import shutil
import sqlite3
import tarfile

import pytest

from centre import ROOT, Account, Centre, binary, receipt_of, wait_until
from gateway import Gateway
from release_fixture import FAST

RELEASES = sorted(path for path in (ROOT / "vectors" / "releases").iterdir() if path.is_dir())


def released(version):
    """The binary of that release: a kept one, or the one under test when it is of the same version."""
    kept = pathlib.Path(os.environ.get("AMANA_RELEASED", "/nonexistent")) / version / "amana"
    return str(kept) if kept.exists() else binary()


class Old:
    """A copy of a release's folders."""

    def __init__(self, release, folder):
        self.version = release.name
        self.expected = json.loads((release / "expected.json").read_text())
        self.folder = folder / release.name
        with tarfile.open(release / "folders.tar.xz") as archive:
            archive.extractall(self.folder, filter="data")
        for path in self.folder.rglob("*"):
            # What the filter makes readable for all, the gateway refuses.
            path.chmod(0o700 if path.is_dir() else 0o600)
        self.centre = Centre(self.folder / "centre")
        self.gateway = None

    def start(self):
        self.centre.start(**FAST)
        if self.gateway is None:
            self.gateway = Gateway(self.centre, "finances", self.folder / "gateway")
        self.gateway.start(AMANA_CENTRE=self.centre.web_url)

    def stop(self):
        self.gateway.stop()
        self.centre.stop()

    def account(self, server, which):
        key = self.expected[which]
        return Account(server, "finances", None, key["id"], key["secret"]).client()

    def holds(self, also=()):
        """Everything that was deposited comes back, in the open and through the gateway."""
        for server, which, bucket in ((self.centre, "access_key", "archives"), (self.gateway, "gateway_key", "sealed")):
            s3 = self.account(server, which)
            expected = self.expected["open" if bucket == "archives" else "sealed"] | dict(also)
            listed = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]}
            assert listed == set(expected)
            for name, digest in expected.items():
                body = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
                assert hashlib.sha256(body).hexdigest() == digest, name

    def deposit(self, name):
        body = f"by {name}".encode()
        receipts = []
        for server, which, bucket in ((self.centre, "access_key", "archives"), (self.gateway, "gateway_key", "sealed")):
            receipts.append(receipt_of(self.account(server, which).put_object(Bucket=bucket, Key=name, Body=body)))
        return name, hashlib.sha256(body).hexdigest(), receipts[0]


@pytest.fixture(params=RELEASES, ids=lambda path: path.name)
def old(request, tmp_path):
    old = Old(request.param, tmp_path)
    yield old
    for server in (old.gateway, old.centre):
        if server:
            server.kill()


def visit(old):
    """The old witness goes on from what it remembers."""
    words = ("witness", "--once", "--data", old.folder / "witness", "--centre", old.centre.web_url, "--listen", "127.0.0.1:0")
    old.centre.run(*words, "--policy", old.folder / "gazette")


def test_what_an_older_release_left_goes_on(old, monkeypatch):
    policy, first = old.folder / "gazette", old.folder / "first.receipt"
    old.centre.check()
    old.centre.run("receipt", "verify", first, "--policy", policy)
    old.start()
    old.holds()
    name, digest, receipt = old.deposit("the new version")

    def witnessed():
        visit(old)
        old.centre.receipt(receipt, old.folder / "second.receipt")
        return old.centre.run("receipt", "verify", old.folder / "second.receipt", "--policy", policy, code=None).returncode == 0

    wait_until(witnessed, "what the new version took is witnessed by the old witness")
    old.stop()
    old.centre.check()

    # And back: the version that made the folders takes them again, with what was added.
    monkeypatch.setenv("AMANA_BIN", released(old.version))
    old.centre.check()
    old.start()
    old.holds([(name, digest)])
    again = old.deposit("the old version again")
    visit(old)
    old.stop()
    monkeypatch.undo()
    old.start()
    old.holds([(name, digest), again[:2]])


def digests(folder):
    """Of every file; what the engine makes beside its rows while it looks, and leaves empty, says nothing."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in ("lock", "amana.db-shm"))
    files = [path for path in files if path.stat().st_size or path.name != "amana.db-wal"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_folder_of_a_newer_version_is_refused_untouched(old):
    data = old.centre.data
    rows = sqlite3.connect(data / "amana.db", isolation_level=None)
    rows.execute("UPDATE meta SET value = '2' WHERE key = 'schema'")
    rows.execute("DROP TABLE releases") if rows.execute("SELECT 1 FROM sqlite_schema WHERE name = 'releases'").fetchone() else None
    rows.close()
    before = digests(data)
    refused = old.centre.run("serve", "--data", data, code=1)
    assert "its tables are of version 2" in refused.stderr and "Nothing was changed" in refused.stderr
    assert digests(data) == before
    old.centre.run("check", "--data", data, code=1)
    assert digests(data) == before


def test_each_release_keeps_its_folders_small():
    assert RELEASES, "there is a fixture"
    for release in RELEASES:
        assert sum(file.stat().st_size for file in release.iterdir()) < 1024 * 1024
