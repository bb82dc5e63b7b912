"""Folders over SFTP at a gateway: by OpenSSH's `sftp` and by rclone, and what a cut line, a kill and a thief find there."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

import pytest

from centre import die_with_parent, free_port, wait_until
from gateway import country
from programs import octets

LARGE_BYTES = 100 << 20
# Beside what it held before: what a large file may take is a matter of pieces and windows, not of its size.
MEMORY_BYTES = 64 << 20


class Ssh:
    """OpenSSH's programs, as one person of the institution, who has seen the gateway's key before."""

    def __init__(self, gateway, account, folder, port):
        self.gateway, self.folder, self.port = gateway, pathlib.Path(folder), port
        self.known = self.folder / "known_hosts"
        self.user, self.secret = account.access_key_id, account.secret_access_key
        asking = self.folder / "asking"
        asking.write_text('#!/bin/sh\nprintf "%s\\n" "$AMANA_TEST_SECRET"\n')
        asking.chmod(0o700)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "DISPLAY": ":none",
            "SSH_ASKPASS": str(asking), "SSH_ASKPASS_REQUIRE": "force", "AMANA_TEST_SECRET": self.secret,
        }

    def words(self, program, *more, user=None):
        options = {"UserKnownHostsFile": self.known, "StrictHostKeyChecking": "accept-new", "NumberOfPasswordPrompts": 1}
        words = [program, "-F", "/dev/null", "-P" if program == "sftp" else "-p", str(self.port)]
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        return [*words, *map(str, more), f"{user or self.user}@127.0.0.1"]

    def batch(self, text, code=0, **others):
        """Runs a batch of `sftp`, which stops at the first line that fails, and returns what it said."""
        file = self.folder / "batch"
        file.write_text(text)
        more = others.pop("more", ("-o", "PreferredAuthentications=password"))
        user = others.pop("user", None)
        # -b forbids passwords, unless it is told otherwise after it.
        words = self.words("sftp", *more, "-o", "BatchMode=no", "-b", file, user=user)
        done = subprocess.run(
            words, env=self.environment | others, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
        )
        said = done.stdout + done.stderr
        assert code is None or done.returncode == code, said
        return said


@pytest.fixture(scope="module")
def ministry(tmp_path_factory):
    """A data centre, and a gateway that listens for SSH as well."""
    folder = tmp_path_factory.mktemp("sftp")
    with country(folder) as (centre, gateway, account):
        account.client().create_bucket(Bucket="office")
        gateway.stop()
        port = free_port()
        gateway.environment["AMANA_LISTEN_SFTP"] = f"127.0.0.1:{port}"
        gateway.start()
        yield centre, gateway, account, port


@pytest.fixture
def ssh(ministry, tmp_path):
    _, gateway, account, port = ministry
    return Ssh(gateway, account, tmp_path, port)


def keys_of(account, bucket="office"):
    listed = account.client().list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"]: one["Size"] for one in listed}


def body_of(account, key):
    return account.client().get_object(Bucket="office", Key=key)["Body"].read()


def test_a_day_at_the_office(ministry, ssh, tmp_path):
    centre, gateway, account, _ = ministry
    (tmp_path / "décret.txt").write_text("Il est décrété.")
    (tmp_path / "bilan.bin").write_bytes(octets(3_000_000, "bilan"))
    said = ssh.batch(
        f"""cd office
        mkdir "été 2026"
        mkdir projets
        put "{tmp_path}/décret.txt" projets/décret.txt
        put {tmp_path}/bilan.bin projets/bilan.bin
        ls -l projets
        rename projets/bilan.bin projets/bilan-2026.bin
        get projets/bilan-2026.bin {tmp_path}/back.bin
        """
    )
    assert re.search(r"-rw------- .* 3000000 .* bilan.bin", said), said
    assert (tmp_path / "back.bin").read_bytes() == octets(3_000_000, "bilan")
    assert body_of(account, "projets/décret.txt").decode() == "Il est décrété."
    # Each write has its receipt, which the log tells.
    receipt = re.findall(r"receipts=\"?(finances/vault/\d+)", gateway.log())[-1]
    file = tmp_path / "receipt"
    centre.run("receipt", "get", receipt, "--data", centre.data, "--out", file)
    centre.run("receipt", "verify", file, "--policy", centre.policy, "--allow-recorded")
    # The data centre has neither names nor content.
    for path in centre.data.rglob("*"):
        assert "décret" not in path.name
        assert not path.is_file() or octets(3_000_000, "bilan")[1000:1064] not in path.read_bytes()
    # A folder with something in it stays; links and the like there are none.
    assert "Failure" in ssh.batch("rmdir office/projets", code=1)
    assert "nsupported" in ssh.batch("chmod 600 office/projets/décret.txt", code=1)
    assert "nsupported" in ssh.batch("symlink office/projets office/other", code=1)
    ssh.batch("rm office/projets/*\nrmdir office/projets\nrmdir \"office/été 2026\"")
    assert "projets/" not in keys_of(account)
    assert "not found" in ssh.batch("ls office/projets", code=1)


def test_a_name_that_is_taken_is_kept_from_those_who_ask_so(ministry, ssh, tmp_path):
    account = ministry[2]
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    ssh.batch(f"put {tmp_path}/one office/one\nput {tmp_path}/two office/two")
    # -l asks for the old way, which refuses; without it programs ask for the one that replaces.
    assert "Failure" in ssh.batch("rename -l office/one office/two", code=1)
    assert body_of(account, "two") == b"two"
    ssh.batch("rename office/one office/two")
    assert body_of(account, "two") == b"one" and "one" not in keys_of(account)
    ssh.batch("rm office/two")


def test_what_is_there_already_is_gone_on_from(ministry, ssh, tmp_path):
    whole = octets(2_500_000, "resumed")
    file = tmp_path / "resumed.bin"
    file.write_bytes(whole[:1_000_001])
    ssh.batch(f"put {file} office/resumed.bin")
    file.write_bytes(whole)
    ssh.batch(f"put -a {file} office/resumed.bin")
    assert body_of(ministry[2], "resumed.bin") == whole
    (tmp_path / "back.bin").write_bytes(whole[:7])
    ssh.batch(f"get -a office/resumed.bin {tmp_path}/back.bin\nrm office/resumed.bin")
    assert (tmp_path / "back.bin").read_bytes() == whole


def test_a_long_folder_is_shown_whole(ministry, ssh):
    s3 = ministry[2].client()
    names = [f"{number:03}.txt" for number in range(230)]
    for name in names:
        s3.put_object(Bucket="office", Key=f"many/{name}", Body=b"")
    shown = [line for line in ssh.batch("ls -1 office/many").split("\n") if line.startswith("office/")]
    assert shown == [f"office/many/{name}" for name in names]


def test_only_who_has_a_key_comes_in(ministry, ssh, tmp_path):
    centre, gateway, account, port = ministry
    assert "ermission denied" in ssh.batch("ls", code=255, AMANA_TEST_SECRET="wrong")
    assert "ermission denied" in ssh.batch("ls", code=255, user="AKIANOBODY")
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    by_key = ("-o", "PreferredAuthentications=publickey", "-o", "IdentitiesOnly=yes", "-i", key)
    assert "ermission denied" in ssh.batch("ls", code=255, more=by_key)
    gateway.run("access-key", "authorize", account.access_key_id, f"{key}.pub", "--data", gateway.data)
    assert "office" in ssh.batch("ls", more=by_key)
    # For that access key, and no other.
    assert "ermission denied" in ssh.batch("ls", code=255, more=by_key, user="AKIANOBODY")
    # Nothing but SFTP.
    done = subprocess.run(
        [*ssh.words("ssh", *by_key), "id"], env=ssh.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode != 0 and "uid" not in done.stdout
    # Its rights are the key's own, and end with it.
    clerk = gateway.access_key("finances", "--bucket", "office", "--right", "read")
    clerk = Ssh(gateway, type(account)(gateway, "finances", None, clerk["access_key_id"], clerk["secret_access_key"]), tmp_path, port)
    account.client().create_bucket(Bucket="minutes")
    assert clerk.batch("ls").split()[-1] == "office"
    assert "ermission denied" in clerk.batch(f"put {key} office/key", code=1)
    gateway.run("access-key", "revoke", clerk.user, "--data", gateway.data)
    assert "ermission denied" in clerk.batch("ls", code=255)


def test_wrong_passwords_wait(ministry, ssh):
    gateway, account = ministry[1], ministry[2]
    key = gateway.access_key("finances")
    person = type(account)(gateway, "finances", None, key["access_key_id"], key["secret_access_key"])
    person = Ssh(gateway, person, ssh.folder, ssh.port)
    for _ in range(7):
        person.batch("ls", code=255, AMANA_TEST_SECRET="wrong")
    # The right one isn't looked at now, and nobody else waits.
    assert "ermission denied" in person.batch("ls", code=255)
    assert "office" in ssh.batch("ls")


def test_the_host_key_is_the_one_that_was_told(ministry, ssh):
    gateway = ministry[1]
    ssh.batch("ls")
    told = re.search(r"sftp listens on \S+, host key (SHA256:\S+)", gateway.log()).group(1)
    seen = subprocess.run(["ssh-keygen", "-lf", ssh.known], capture_output=True, text=True, check=True).stdout
    assert told in seen
    assert told in gateway.run("gateway", "status", "--data", gateway.data).stdout
    assert (gateway.data / "sftp-host-key").stat().st_mode & 0o777 == 0o600
    gateway.stop()
    gateway.start()
    ssh.batch("ls")


def test_rclone_syncs_a_folder(ministry, ssh, tmp_path):
    account = ministry[2]
    here = tmp_path / "here"
    (here / "sub folder" / "été").mkdir(parents=True)
    (here / "sub folder" / "été" / "liste.csv").write_text("nom;montant\n" * 1000)
    (here / "large.bin").write_bytes(octets(9 << 20, "rclone-sftp"))
    (here / "empty").write_bytes(b"")
    hidden = subprocess.run(["rclone", "obscure", ssh.secret], capture_output=True, text=True, check=True).stdout.strip()
    remote = {
        "TYPE": "sftp", "HOST": "127.0.0.1", "PORT": str(ssh.port), "USER": ssh.user, "PASS": hidden,
        "SHELL_TYPE": "none", "SET_MODTIME": "false", "DISABLE_HASHCHECK": "true",
    }
    environment = ssh.environment | {f"RCLONE_CONFIG_GW_{name}": value for name, value in remote.items()}
    environment["RCLONE_CONFIG"] = "/dev/null"

    def rclone(*words):
        done = subprocess.run(["rclone", *map(str, words)], env=environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout

    rclone("sync", here, "gw:office/backup")
    rclone("check", "--download", here, "gw:office/backup")
    written = keys_of(account)
    rclone("sync", here, "gw:office/backup")
    assert keys_of(account) == written
    (here / "large.bin").unlink()
    (here / "empty").write_bytes(b"no more")
    rclone("sync", here, "gw:office/backup")
    rclone("copy", "gw:office/backup", tmp_path / "there")
    assert not subprocess.run(["diff", "-r", here, tmp_path / "there"]).returncode
    rclone("moveto", "gw:office/backup/empty", "gw:office/backup/full")
    rclone("purge", "gw:office/backup")
    assert not any(key.startswith("backup") for key in keys_of(account))


def test_two_at_once_and_a_large_file_in_bounded_memory(ministry, ssh, tmp_path):
    gateway, account = ministry[1], ministry[2]
    large = tmp_path / "large.bin"
    large.write_bytes(octets(LARGE_BYTES, "large-sftp"))
    ssh.batch("ls office")
    before = gateway.rss_bytes()
    # The key's passphrase took much at the start: the peak is counted from here on.
    pathlib.Path(f"/proc/{gateway.process.pid}/clear_refs").write_text("5")
    with writing(ssh, large, "office/large-1.bin") as one, writing(ssh, large, "office/large-2.bin") as two:
        assert one.wait(300) == 0 and two.wait(300) == 0
    ssh.batch(f"get office/large-2.bin {tmp_path}/back.bin")
    assert gateway.peak_rss_bytes() < before + MEMORY_BYTES
    assert (tmp_path / "back.bin").read_bytes() == large.read_bytes()
    assert keys_of(account)["large-1.bin"] == LARGE_BYTES
    ssh.batch("rm office/large-1.bin\nrm office/large-2.bin")


@contextlib.contextmanager
def writing(ssh, file, to, *limit):
    """`sftp` while it puts a file, at so many kbit/s if that is said."""
    batch = ssh.folder / f"put-{pathlib.Path(to).name}"
    batch.write_text(f"put {file} {to}\n")
    more = ("-o", "PreferredAuthentications=password", *limit, "-o", "BatchMode=no", "-b", batch)
    process = subprocess.Popen(
        ssh.words("sftp", *more), env=ssh.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, preexec_fn=die_with_parent, start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(30)


def under_way(centre):
    """Some of a file has come as far as the data centre, and not all of it."""
    folder = centre.data / "blobs" / "tmp"
    wait_until(lambda: any(1 << 20 < file.stat().st_size for file in folder.glob("*")), "some of it has come")


def test_a_cut_line_leaves_the_old_file(ministry, ssh, tmp_path):
    centre, _, account, _ = ministry
    (tmp_path / "old").write_text("old")
    ssh.batch(f"put {tmp_path}/old office/kept.bin")
    (tmp_path / "new").write_bytes(octets(8 << 20, "new"))
    with writing(ssh, tmp_path / "new", "office/kept.bin", "-l", "16000") as process:
        under_way(centre)
        assert process.poll() is None
    ssh.batch(f"get office/kept.bin {tmp_path}/got")
    assert (tmp_path / "got").read_text() == "old"
    assert keys_of(account)["kept.bin"] == 3


def test_a_killed_gateway_leaves_the_old_file(ministry, ssh, tmp_path):
    centre, gateway, account, _ = ministry
    (tmp_path / "old").write_text("old")
    ssh.batch(f"put {tmp_path}/old office/killed.bin")
    (tmp_path / "new").write_bytes(octets(8 << 20, "killed"))
    with writing(ssh, tmp_path / "new", "office/killed.bin", "-l", "16000"):
        under_way(centre)
        gateway.kill()
    gateway.start()
    assert body_of(account, "killed.bin") == b"old"
    assert "killed.bin" in keys_of(account)
    # What was sealed under way is in nobody's way.
    ssh.batch(f"put {tmp_path}/new office/killed.bin")
    assert body_of(account, "killed.bin") == octets(8 << 20, "killed")
