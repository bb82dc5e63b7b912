"""What technicians install: the package, its units, the folder for a stick, and what an image would hold."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from centre import ROOT, Account, Centre, binary, die_with_parent, free_port, surroundings, wait_until
from gateway import PASSPHRASE, Gateway
from test_releases import REBUILDERS, Country

UNITS = sorted((ROOT / "packaging" / "systemd").glob("*.service"))
MAX_EXPOSURE = 2.0
UID = 64_321
AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env"]
QUICKLY = os.environ | {"LEVEL": "0"}
SCRIPTS = {"preinst", "postinst", "prerm", "postrm"}
USERS = ("amana", "amana-gateway", "amana-witness")


def run(*words, code=0, **options):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300, **options)
    assert code is None or done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def digest(file):
    return run("sha256sum", file).stdout.split()[0]


@pytest.fixture(scope="module")
def small_binary(tmp_path_factory):
    """The binary under test, without what debuggers read."""
    file = tmp_path_factory.mktemp("binary") / "amana"
    run("strip", "-o", file, binary())
    return file


@pytest.fixture(scope="module")
def sbom(tmp_path_factory):
    file = tmp_path_factory.mktemp("sbom") / "sbom.cdx.json"
    file.write_text(run(ROOT / "packaging" / "sbom").stdout)
    return file


@pytest.fixture(scope="module")
def package(small_binary, sbom, tmp_path_factory):
    made = run(ROOT / "packaging" / "deb", small_binary, sbom, tmp_path_factory.mktemp("package"), env=QUICKLY)
    return pathlib.Path(made.stdout.strip())


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_confined(unit):
    # A user's name that this machine doesn't have is no fault of the unit.
    said = run("systemd-analyze", "security", "--offline=true", unit).stdout
    exposure = float(re.search(r"Overall exposure level for .*: ([0-9.]+)", said).group(1))
    assert exposure <= MAX_EXPOSURE, said


class Confined:
    """Mixed into a server: it runs as its unit confines it."""

    unit = None
    credentials = ()

    def start_confined(self, **environment):
        self.data.mkdir(mode=0o700, exist_ok=True)
        run(*AS_ROOT, "chown", "-R", f"{UID}:{UID}", self.data)
        self.web_port, self.s3_port = free_port(), free_port()
        self.sites_port, self.sites_tls_port = free_port(), free_port()
        ports = self.sites_listen | {"AMANA_LISTEN_WEB": f"127.0.0.1:{self.web_port}", "AMANA_LISTEN_S3": f"127.0.0.1:{self.s3_port}"}
        words = [sys.executable, ROOT / "tests" / "sandbox.py", ROOT / "packaging" / "systemd" / self.unit, binary(), self.data]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*AS_ROOT, *map(str, words), *self.credentials],
                env=surroundings() | ports | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_until(lambda: self.is_ready() or self.process.poll() is not None, "it serves")
        assert self.process.poll() is None, self.log()
        return self


class ConfinedCentre(Confined, Centre):
    unit = "amana.service"


class ConfinedGateway(Confined, Gateway):
    unit = "amana-gateway.service"


def test_the_units_sandbox_leaves_what_the_program_needs(tmp_path):
    """Rows, large content, the sockets, keys under scrypt, and the index that the gateway encrypts."""
    centre = ConfinedCentre(tmp_path / "centre").start_confined()
    gateway = None
    try:
        # Root reaches the socket, as it does beside the service.
        centre.run("institution", "add", "finances", "--data", centre.data, "--json")
        gateway = ConfinedGateway(centre, "finances", tmp_path / "gateway").enrol()
        passphrase = tmp_path / "passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(PASSPHRASE)
        gateway.credentials = (f"amana-passphrase={passphrase}",)
        gateway.start_confined()
        status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status and f"Uid:\t{UID}" in status
        key = gateway.access_key("finances")
        s3 = Account(gateway, "finances", None, key["access_key_id"], key["secret_access_key"]).client()
        s3.create_bucket(Bucket="sealed")
        body = os.urandom(3 * 1024 * 1024)
        for name in ("small", "large"):
            s3.put_object(Bucket="sealed", Key=name, Body=body if name == "large" else b"x")
        assert s3.get_object(Bucket="sealed", Key="large")["Body"].read() == body
        gateway.stop()
        centre.stop()
        # Neither wrote anywhere but at home, or it would have failed.
        assert (centre.data / "amana.db").stat().st_uid == UID
    finally:
        for server in (gateway, centre):
            if server:
                server.kill()


def test_the_sandbox_does_refuse(tmp_path):
    """Otherwise the test above shows nothing."""
    evil = tmp_path / "evil"
    evil.write_text(
        "#!/usr/bin/python3 -B\n"
        "import ctypes, mmap, os, socket\n"
        "def refused(what, *a):\n"
        "    try: what(*a)\n"
        "    except OSError: return\n"
        "    raise SystemExit(f'{what} {a} was let')\n"
        "refused(open, '/etc/amana-was-here', 'w')\n"
        "refused(open, '/var/lib/amana-was-here', 'w')\n"
        "refused(os.listdir, '/root')\n"
        "refused(socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)\n"
        "refused(mmap.mmap, -1, 4096, mmap.MAP_PRIVATE, mmap.PROT_WRITE | mmap.PROT_EXEC)\n"
        "refused(os.sched_setscheduler, 0, os.SCHED_IDLE, os.sched_param(0))\n"
        "refused(os.chroot, '/')\n"
        "assert ctypes.CDLL(None).unshare(0x10000000) == -1\n"
        "open('/var/lib/amana/written', 'w').close()\n"
        "print('confined')\n"
    )
    evil.chmod(0o755)
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    run(*AS_ROOT, "chown", f"{UID}:{UID}", state)
    said = run(*AS_ROOT, sys.executable, ROOT / "tests" / "sandbox.py", ROOT / "packaging/systemd/amana.service", evil, state)
    assert said.stdout == "confined\n" and (state / "written").exists()


def test_a_package_is_the_same_twice_and_holds_what_it_should(package, small_binary, sbom, tmp_path):
    again = run(ROOT / "packaging" / "deb", small_binary, sbom, tmp_path, env=QUICKLY | {"TZ": "Indian/Comoro", "HOME": "/"})
    assert digest(again.stdout.strip()) == digest(package)
    listed = {line.split()[-1] for line in run("dpkg-deb", "--contents", package).stdout.splitlines()}
    for path in ("usr/bin/amana", "usr/lib/sysusers.d/amana.conf", "usr/share/doc/amana/sbom.cdx.json", "usr/share/man/man1/amana.1.gz"):
        assert f"./{path}" in listed
    for unit in UNITS:
        assert f"./usr/lib/systemd/system/{unit.name}" in listed
    assert "libc6 (>=" in run("dpkg-deb", "--field", package, "Depends").stdout
    run("dpkg-deb", "--control", package, tmp_path / "control")
    for script in SCRIPTS:
        run("sh", "-n", tmp_path / "control" / script)
    assert digest(small_binary) in (tmp_path / "control" / "preinst").read_text()
    if shutil.which("lintian"):
        run("lintian", "--fail-on", "error", package)


def a_root(folder):
    """The least of a Debian: its list of packages, with the two that ours needs, and its users."""
    for path in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "etc", "usr/bin"):
        (folder / path).mkdir(parents=True)
    known = (run("dpkg-query", "--status", name).stdout for name in ("libc6", "libgcc-s1"))
    entries = [re.sub(r"^(Depends|Recommends|Conffiles|Pre-Depends):.*\n(?: .*\n)*", "", text, flags=re.M) for text in known]
    (folder / "var/lib/dpkg/status").write_text("\n".join(entries) + "\n")
    (folder / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (folder / "etc/group").write_text("root:x:0:\n")
    return folder


def offline(*words, **options):
    return run(*AS_ROOT, "unshare", "--net", *words, **options)


def test_a_stick_installs_without_a_network_and_removal_keeps_data(package, tmp_path):
    stick, root = tmp_path / "stick", a_root(tmp_path / "root")
    (tmp_path / "release.receipt").write_text("a receipt, beside\n")
    printed = run(ROOT / "packaging" / "usb", stick, package, tmp_path / "release.receipt").stdout
    assert printed.split()[0] == digest(stick / "SHA256SUMS")
    assert {"README.txt", "LISEZMOI.txt", "install", "SHA256SUMS", "release.receipt", package.name} == {one.name for one in stick.iterdir()}

    said = offline("sh", stick / "install", root)
    assert "Amana is installed" in said.stdout
    assert run(root / "usr/bin/amana", "version", "--json").returncode == 0
    passwd = (root / "etc/passwd").read_text()
    for user in USERS:
        folder = root / "var/lib" / user
        uid = int(re.search(rf"^{user}:[^:]*:(\d+):", passwd, re.M).group(1))
        assert folder.stat().st_uid == uid and folder.stat().st_mode & 0o777 == 0o700

    # Used, upgraded by itself, removed, purged: what is in it stays.
    (root / "var/lib/amana/amana.db").write_text("rows")
    offline("sh", stick / "install", root)
    dpkg = ("dpkg", f"--root={root}", "--force-script-chrootless")
    offline(*dpkg, "--remove", "amana")
    assert not (root / "usr/bin/amana").exists()
    said = offline(*dpkg, "--purge", "amana")
    assert "is kept" in said.stderr
    assert (root / "var/lib/amana/amana.db").read_text() == "rows"
    assert not (root / "var/lib/amana-witness").exists(), "what was never used leaves nothing"

    # A file that changed on the way is not installed.
    with open(stick / package.name, "ab") as file:
        file.write(b"\0")
    assert "FAILED" in offline("sh", stick / "install", root, code=1).stdout


def test_a_gateway_refuses_a_package_that_is_no_release(package, small_binary, tmp_path):
    """The package's own script asks the binary that is installed, which pins rebuilders, before anything is unpacked."""
    root = a_root(tmp_path / "root")
    dpkg = ("dpkg", f"--root={root}", "--force-script-chrootless", "--install")
    offline(*dpkg, package)
    key = run(small_binary, "release", "key", "--name", "r.example", "--key", tmp_path / "key").stdout.strip()
    home = root / "var/lib/amana-gateway"
    (home / "rebuilders").write_text(f"witness r {key}\nquorum r\n")
    (home / "release.json").write_text(json.dumps({"binary": digest(small_binary)}))
    other = tmp_path / "amana"
    other.write_bytes(small_binary.read_bytes() + b"another")
    other.chmod(0o755)
    (tmp_path / "sbom").write_text("{}")
    bad = run(ROOT / "packaging" / "deb", other, tmp_path / "sbom", tmp_path / "bad", env=QUICKLY).stdout.strip()
    refused = offline(*dpkg, bad, code=1)
    assert "does not accept this package" in refused.stderr
    assert digest(root / "usr/bin/amana") == digest(small_binary)
    # The same package again holds the pinned binary, which is let.
    offline(*dpkg, package)
    assert json.loads((home / "release.json").read_text()) == {"binary": digest(small_binary)}


def test_a_gateway_installs_a_package_that_rebuilders_signed(package, small_binary, sbom, tmp_path):
    root = a_root(tmp_path / "root")
    dpkg = ("dpkg", f"--root={root}", "--force-script-chrootless")
    offline(*dpkg, "--install", package)
    # The gateway calls the system's dpkg; here that of the root.
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "dpkg").write_text("#!/bin/sh\nexec " + " ".join([*AS_ROOT, "/usr/bin/env", *dpkg]).replace("dpkg ", "/usr/bin/dpkg ", 1) + ' "$@"\n')
    (tmp_path / "tools" / "dpkg").chmod(0o755)
    path = {"PATH": f"{tmp_path / 'tools'}:{os.environ['PATH']}"}
    country = Country(tmp_path, root / "usr/bin/amana", root / "var/lib/amana-gateway")
    try:
        new = country.built("new", b"new")
        deb = run(ROOT / "packaging" / "deb", new, sbom, tmp_path / "new-package", env=QUICKLY).stdout.strip()
        country.witnessed(country.released(new, REBUILDERS[:2], package=deb))
        country.upgrade(deb, environment=path)
        assert digest(country.installed) == digest(new)
        pins = json.loads((root / "var/lib/amana-gateway/release.json").read_text())
        assert pins == {"binary": digest(new), "previous": digest(small_binary)}
        assert country.starts() is True
        # The same, from outside: dpkg asks the binary, and this time it knows the package.
        run(*AS_ROOT, *dpkg, "--install", deb)
        country.upgrade("--back", environment=path)
        assert digest(country.installed) == digest(small_binary) and country.starts() is True
    finally:
        country.gateway.kill()
        country.centre.kill()


def test_an_image_holds_what_the_binary_loads(small_binary, tmp_path):
    root = tmp_path / "root"
    run(ROOT / "packaging" / "docker-root", small_binary, root)
    # A root with nothing else: what is missing there is missing in the image.
    said = run(*AS_ROOT, "chroot", "--userspec=10001:10001", root, "/usr/bin/amana", "--version")
    assert said.stdout.startswith("amana ")
    loaded = {pathlib.Path(path).name for path in re.findall(r"/\S+", run("ldd", small_binary).stdout)}
    brought = {path.name for path in root.rglob("*") if path.is_file()}
    assert loaded <= brought and len(brought) == len(loaded) + 3, brought
    dockerfile = (ROOT / "packaging" / "Dockerfile").read_text()
    assert "FROM scratch" in dockerfile and re.findall(r"^COPY (\S+) ", dockerfile, re.M) == ["root/"]
    entry = json.loads(re.search(r"^ENTRYPOINT (.*)$", dockerfile, re.M).group(1))
    assert (root / entry[0].lstrip("/")).exists()


def test_the_sbom_has_what_the_standard_asks_for(sbom):
    bill = json.loads(sbom.read_text())
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.5", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", bill["serialNumber"])
    parts = [bill["metadata"]["component"], *bill["components"]]
    references = [part["bom-ref"] for part in parts]
    assert len(set(references)) == len(references)
    for part in parts:
        assert part["type"] in ("application", "library") and part["name"] and part["version"]
        assert part["purl"] == f"pkg:cargo/{part['name']}@{part['version']}"
        assert all(re.fullmatch("[0-9a-f]{64}", one["content"]) for one in part.get("hashes", []))
        assert part["licenses"][0]["expression"]
        assert ("hashes" in part) != part["name"].startswith("amana"), part["name"]
    assert {one["ref"] for one in bill["dependencies"]} == set(references)
    assert all(set(one["dependsOn"]) <= set(references) for one in bill["dependencies"])
    names = {part["name"] for part in parts}
    assert {"aws-lc-sys", "libsqlite3-sys", "tokio", "cc"} <= names and "proptest" not in names
    assert sbom.read_text() == run(ROOT / "packaging" / "sbom").stdout
