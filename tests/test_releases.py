"""Who supplies the gateway's binary: what rebuilders signed and witnesses saw, and nothing else."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest

from centre import Centre, binary, die_with_parent, surroundings, wait_until
from gateway import Gateway
from test_witnesses import Witness

REBUILDERS = ("university", "order-of-engineers", "neighbour")
FAST = {"AMANA_EPOCH_BUSY_S": "0.1"}


class Country:
    """A data centre with two witnesses, a gateway on a binary of its own, and three rebuilders of whom two suffice."""

    def __init__(self, folder, installed=None, home=None):
        self.folder = folder
        self.centre = Centre(folder / "centre").start(**FAST)
        self.witnesses = [Witness(self.centre, folder, name) for name in ("court", "finances-witness")]
        for witness in self.witnesses:
            self.centre.run("policy", "witness", "add", witness.name, witness.key, "--data", self.centre.data)
        self.centre.run("policy", "quorum", "2", "--data", self.centre.data)
        self.policy = shutil.copy(self.centre.policy, folder / "gazette")
        self.installed = installed or folder / "bin" / "amana"
        if installed is None:
            self.installed.parent.mkdir()
            # Without what debuggers read, so that the copies of this test are small.
            subprocess.run(["strip", "-o", self.installed, binary()], check=True)
        self.old = self.installed.read_bytes()
        self.rebuilders = self._make_rebuilders()
        self.centre.run("institution", "add", "finances", "--data", self.centre.data, "--json")
        self.gateway = Gateway(self.centre, "finances", home or folder / "gateway").enrol()
        self.run("gateway", "init", "--data", self.gateway.data, "--centre", self.centre.web_url, "--rebuilders", self.rebuilders)

    def _make_rebuilders(self):
        lines = []
        for name in REBUILDERS:
            key = self.run("release", "key", "--name", f"{name}.example/rebuilds", "--key", self.folder / name).stdout.strip()
            lines.append(f"witness {name} {key}")
        lines += [f"group all-of-them 2 {' '.join(REBUILDERS)}", "quorum all-of-them"]
        file = self.folder / "rebuilders"
        file.write_text("\n".join(lines) + "\n")
        return file

    def run(self, *words, code=0, by=None, environment=None):
        """A command by the installed binary, or by another one."""
        done = subprocess.run(
            [str(by or self.installed), *map(str, words)],
            env=surroundings() | (self.gateway.environment if hasattr(self, "gateway") else {}) | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert code is None or done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def built(self, name, extra):
        """Another binary: the same program with bytes after its end, which no system minds."""
        file = self.folder / name
        file.write_bytes(self.old + extra)
        file.chmod(0o755)
        return file

    def released(self, file, signers, centre=None, version="0.1.0", package=None):
        """A release of the file, signed by those and recorded. Gives the name of its receipt."""
        for extra in ("source", "sbom"):
            (self.folder / extra).write_text(extra)
        inputs = ("--source", self.folder / "source", "--sbom", self.folder / "sbom", "--version", version)
        inputs += ("--package", package) if package else ()
        signed = self.folder / "release.note"
        signed.write_text(self.run("release", "text", "--binary", file, *inputs).stdout)
        for name in signers:
            self.run("release", "sign", signed, "--key", self.folder / name, "--out", signed)
        words = ("release", "record", signed, "--data", (centre or self.centre).data, "--json")
        return json.loads(self.run(*words).stdout)["receipt"]

    def witnessed(self, receipt):
        """Has the witnesses visit until the act is witnessed, and gives the receipt's file."""
        file = self.folder / "release.receipt"

        def seen():
            for witness in self.witnesses:
                witness.visit(self.policy)
            self.centre.receipt(receipt, file)
            return self.run("receipt", "verify", file, "--policy", self.policy, code=None).returncode == 0

        wait_until(seen, f"{receipt} is witnessed")
        return file

    def upgrade(self, *words, code=0, environment=None):
        return self.run("gateway", "upgrade", *words, "--data", self.gateway.data, code=code, environment=environment)

    def starts(self):
        """Whether the gateway runs on the installed binary; otherwise what it says."""
        self.gateway.prefix = []
        os.environ["AMANA_BIN"], before = str(self.installed), binary()
        try:
            self.gateway.start(wait=False)
            wait_until(lambda: self.gateway.answers("/healthz") or self.gateway.process.poll() is not None, "it starts or ends")
        finally:
            os.environ["AMANA_BIN"] = before
        if self.gateway.process.poll() is None:
            self.gateway.stop()
            return True
        return self.gateway.log()


@pytest.fixture
def country(tmp_path):
    country = Country(tmp_path)
    yield country
    country.gateway.kill()
    country.centre.kill()


def test_an_upgrade_is_a_witnessed_release_of_enough_rebuilders(country):
    new = country.built("new", b"new")
    said = country.upgrade(new, code=1)
    assert "no release of a file" in said.stderr

    # One rebuilder, though witnessed, is too few.
    country.witnessed(country.released(new, REBUILDERS[:1]))
    assert "too few rebuilders" in country.upgrade(new, code=1).stderr

    # Two are enough, but what nobody has seen yet could have been made for this gateway alone.
    receipt = country.released(new, REBUILDERS[1:])
    assert "recorded, not witnessed" in country.upgrade(new, code=1).stderr
    assert country.installed.read_bytes() == country.old and country.starts() is True

    country.witnessed(receipt)
    said = json.loads(country.upgrade(new, "--json").stdout)
    assert said["rebuilders"] == list(REBUILDERS[1:]) and said["receipt"] == receipt
    assert country.installed.read_bytes() == new.read_bytes() and country.starts() is True

    # Back once, and not twice.
    country.upgrade("--back")
    assert country.installed.read_bytes() == country.old and country.starts() is True
    assert "one way back" in country.upgrade("--back", code=1).stderr
    assert not list(country.installed.parent.glob("*new*")), "nothing is left beside the binary"


def test_a_binary_that_was_swapped_does_not_run(country):
    tampered = country.built("tampered", b"tampered")
    country.witnessed(country.released(country.built("new", b"new"), REBUILDERS[:2]))
    said = country.upgrade(tampered, "--receipt", country.folder / "release.receipt", code=1)
    assert "another file" in said.stderr
    assert country.installed.read_bytes() == country.old
    os.replace(tampered, country.installed)
    assert "not the binary that was pinned" in country.starts()
    # It is not asked to judge others either.
    assert "not the binary that was pinned" in country.upgrade(country.folder / "new", code=1).stderr


def test_an_installer_asks_the_old_binary_first(country):
    new = country.built("new", b"new")
    digest = json.loads(country.run("version", "--json", "--binary", new).stdout)["sha256"]
    country.upgrade("--admit", digest, code=1)
    country.witnessed(country.released(new, REBUILDERS[:2]))
    country.upgrade("--admit", digest)
    # Until the installer is done, the old one may start again; afterwards only the new one.
    assert country.starts() is True
    os.replace(new, country.installed)
    assert country.starts() is True
    country.installed.write_bytes(country.old)
    assert "not the binary that was pinned" in country.starts()


def test_an_older_release_is_no_upgrade(country):
    old = country.built("older", b"older")
    country.witnessed(country.released(old, REBUILDERS, version="0.0.9"))
    assert "older than this binary" in country.upgrade(old, code=1).stderr


def test_anybody_verifies_a_binary_offline(country):
    new = country.built("new", b"new")
    receipt = country.witnessed(country.released(new, REBUILDERS[:2]))
    country.centre.kill()
    files = ("--receipt", receipt, "--policy", country.policy, "--rebuilders", country.rebuilders)
    said = json.loads(country.run("version", "--verify", *files, "--binary", new, "--json").stdout)
    assert said["rebuilders"] == list(REBUILDERS[:2])
    assert country.run("version", "--verify", *files, by=new).returncode == 0
    assert "another file" in country.run("version", "--verify", *files, code=1).stderr
    all_three = country.folder / "all-three"
    all_three.write_text(country.rebuilders.read_text().replace("all-of-them 2", "all-of-them all"))
    stricter = (*files[:4], "--rebuilders", all_three)
    assert "too few" in country.run("version", "--verify", *stricter, "--binary", new, code=1).stderr
    nobody = country.folder / "nobody"
    nobody.write_text("quorum none\n")
    assert "quorum" in country.run("version", "--verify", *files[:4], "--rebuilders", nobody, code=1).stderr
    # The act of another kind proves nothing about a binary.
    bent = pathlib.Path(country.folder / "bent")
    bent.write_bytes(receipt.read_bytes().replace(b"release.record", b"release.recorD"))
    bad = ("--receipt", bent, *files[2:])
    assert "proves nothing" in country.run("version", "--verify", *bad, "--binary", new, code=1).stderr


def test_a_release_on_a_fork_is_never_witnessed(country):
    """The operator shows one gateway a history of its own, with a release that the true one doesn't have."""
    country.centre.stop()
    shutil.copytree(country.centre.data, country.folder / "fork", ignore=shutil.ignore_patterns("amana.sock"))
    country.centre.start(**FAST)
    new, evil = country.built("new", b"new"), country.built("evil", b"evil")
    country.witnessed(country.released(new, REBUILDERS[:2]))
    fork = Centre(country.folder / "fork").start(**FAST)
    try:
        # Two rebuilders are the operator's friends: only witnesses are left.
        receipt = country.released(evil, REBUILDERS[:2], centre=fork)
        for witness in country.witnesses:
            honest, witness.centre = witness.centre, fork
            witness.visit(country.policy, code=1)
            witness.centre = honest
        shown = fork.receipt(receipt, country.folder / "forked.receipt")
        assert "not witnessed" in country.upgrade(evil, "--receipt", shown, code=1).stderr
    finally:
        fork.kill()
    assert country.installed.read_bytes() == country.old
    country.upgrade(new)


def test_no_institution_is_named_after_the_ledger(new_centre):
    assert "reserved" in new_centre().run("institution", "add", "operator", "--data", new_centre().data, code=1).stderr
