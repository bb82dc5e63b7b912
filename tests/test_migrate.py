"""A data centre moves to PostgreSQL and back: read meanwhile, killed on the way, and the same history afterwards."""

import json
import os
import random
import shutil
import subprocess
import threading

import botocore.exceptions
import pytest

from centre import Centre, binary, die_with_parent, http_get, receipt_of, surroundings, wait_until
from gateway import enrolled
from object_stores import SecondAmana, blobs_of, blobs_text
from postgres import Cluster
from test_import import describe, fill
from test_witnesses import WITNESSES, Witness, is_witnessed

QUICK = {"AMANA_EPOCH_BUSY_S": "0.1"}
# Where a move may be killed, and how often it passes there before: see crates/store/src/crash.rs.
POINTS = ("move.chunk:2", "move.blobs", "move.frozen", "move.copied", "move.left")
FROZEN = ("move.frozen", "move.copied", "move.left")
LARGE = os.urandom(700_000)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster") / "one").make().start()
    yield made
    made.remove()


@pytest.fixture
def started():
    """Data centres that a test starts in folders that a move made."""
    running = []
    yield running
    for one in running:
        one.kill()


def place(old, folder, database=None, blobs=""):
    """The new folder of a move: the old configuration, and where rows and large content go."""
    folder.mkdir()
    name = next(line for line in (old.data / "amana.toml").read_text().splitlines() if line.startswith("centre"))
    rows = [f'database = "{database}"'] if database else []
    (folder / "amana.toml").write_text("\n".join([name, *rows, blobs]) + "\n")
    return folder / "amana.toml"


def migrate(old, to, code=0, **environment):
    words = ("migrate", "--data", old.data, "--to", to, "--json")
    return old.run(*words, code=code, environment={name: str(value) for name, value in environment.items()})


def follow(old, folder, started):
    """Stops the old server, and starts the new one where clients know it."""
    old.stop()
    new = Centre(folder)
    new.web_port, new.s3_port = old.web_port, old.s3_port
    started.append(new.start(**QUICK))
    return new


def refuses(old, why):
    """It doesn't start any more, and says why."""
    done = old.run("serve", "--data", old.data, code=1, environment={"AMANA_LISTEN_WEB": "127.0.0.1:0", "AMANA_LISTEN_S3": "127.0.0.1:0"})
    assert why in done.stderr, done.stderr


class Readers:
    """Somebody who reads all the time, and is never refused."""

    def __init__(self, account, key, body):
        self.over, self.reads, self.failure = threading.Event(), 0, None
        self.thread = threading.Thread(target=self._read, args=(account.client(), key, body))
        self.thread.start()

    def _read(self, s3, key, body):
        while not self.over.is_set():
            try:
                assert s3.get_object(Bucket="plain", Key=key)["Body"].read() == body
                self.reads += 1
            except Exception as failure:  # noqa: BLE001 - whatever it is, it is the test's verdict
                self.failure = failure
                return

    def end(self):
        self.over.set()
        self.thread.join(60)
        assert self.failure is None, self.failure
        assert self.reads > 0


class Writer:
    """Somebody who deposits until the data centre takes nothing more."""

    def __init__(self, account):
        self.kept, self.said = {}, None
        self.thread = threading.Thread(target=self._write, args=(account.client(),))
        self.thread.start()

    def _write(self, s3):
        for number in range(100_000):
            key, body = f"meanwhile/{number}", os.urandom(random.choice([100, 100, 100_000]))
            try:
                s3.put_object(Bucket="plain", Key=key, Body=body)
                self.kept[key] = body
                if number % 3 == 2:
                    s3.delete_object(Bucket="plain", Key=f"meanwhile/{number - 1}")
                    del self.kept[f"meanwhile/{number - 1}"]
            except botocore.exceptions.ClientError as refusal:
                self.said = refusal.response["Error"]
                return

    def end(self):
        self.thread.join(60)
        assert not self.thread.is_alive()
        assert self.said["Code"] == "ServiceUnavailable" and "being moved" in self.said["Message"], self.said


def killed_anywhere(old, to):
    """A move that is killed at drawn instants, again and again, until one try comes through."""
    for number in range(40):
        words = [binary(), "migrate", "--data", str(old.data), "--to", str(to)]
        trial = subprocess.Popen(words, env=surroundings(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        try:
            trial.wait(random.uniform(0.05, 0.1 + number / 4))
        except subprocess.TimeoutExpired:
            trial.kill()
            trial.communicate()
            continue
        said = trial.communicate()[1].decode()
        assert trial.returncode == 0, said
        return number
    raise AssertionError("no try came through")


def test_there_and_back_with_everything(new_centre, cluster, tmp_path, started):
    old = new_centre(**QUICK)
    witnesses = [Witness(old, tmp_path, name) for name in WITNESSES]
    for witness in witnesses:
        old.run("policy", "witness", "add", witness.name, witness.key, "--data", old.data)
    old.run("policy", "quorum", "2", "--data", old.data)
    policy = shutil.copy(old.policy, tmp_path / "gazette")
    account = old.institution("finances")
    s3 = account.client()
    fill(s3)
    receipt = receipt_of(s3.put_object(Bucket="plain", Key="large", Body=LARGE))
    half = {"Bucket": "plain", "Key": "half"}
    half["UploadId"] = s3.create_multipart_upload(**half)["UploadId"]
    part = s3.upload_part(PartNumber=1, Body=b"1" * (5 << 20), **half)

    ministry, sealed_account = enrolled(old, "treasury", tmp_path / "gateway")
    try:
        sealed = sealed_account.client()
        sealed.create_bucket(Bucket="dossiers")
        secret = receipt_of(sealed.put_object(Bucket="dossiers", Key="secret", Body=b"a" * 50_000))
        sealed.put_object(Bucket="dossiers", Key="kept", Body=LARGE)
        sealed.delete_object(Bucket="dossiers", Key="secret")
        for witness in witnesses:
            witness.visit(policy)
        wait_until(lambda: is_witnessed(old, receipt, tmp_path / "receipt", policy), "it is witnessed")
        before = {bucket: describe(s3, bucket) for bucket in ("plain", "versions")}

        for number, database in enumerate([cluster.database("there"), None]):
            folder = tmp_path / f"place-{number}"
            to = place(old, folder, database)
            readers, writer = Readers(account, "large", LARGE), Writer(account)
            assert migrate(old, to, code=None, AMANA_CRASH_AT="move.blobs").returncode < 0
            if database:
                # Its body was copied already.
                ministry.run("gateway", "erase", secret, "--reason", "a person asked", "--data", ministry.data)
            killed_anywhere(old, to)
            writer.end()
            readers.end()
            wait_until(lambda old=old: b"was moved to" in http_get(f"{old.web_url}/readyz")[2], "the old place says where it is")
            new = follow(old, folder, started)
            refuses(old, f"it was moved to {folder}")
            if database:
                erased = "SELECT COUNT(*), COUNT(body), COUNT(salt) FROM entries WHERE id IN (SELECT entry FROM erasures)"
                assert cluster.query(erased, "there") == ["1|0|0"]
            new.check()
            account.centre = ministry.centre = new
            s3 = account.client()
            for key, body in writer.kept.items():
                assert s3.get_object(Bucket="plain", Key=key)["Body"].read() == body
                s3.delete_object(Bucket="plain", Key=key)
            after = {bucket: describe(s3, bucket) for bucket in ("plain", "versions")}
            assert after == before
            assert sealed.get_object(Bucket="dossiers", Key="kept")["Body"].read() == LARGE
            assert wait_until(lambda: sealed.put_object(Bucket="dossiers", Key=f"new-{number}", Body=b"n"), "the gateway writes")
            # One history: what witnesses saw stands, and what they see now follows from it.
            new.run("receipt", "verify", tmp_path / "receipt", "--policy", policy)
            for witness in witnesses:
                witness.centre = new
                witness.visit(policy)
            fresh = receipt_of(s3.put_object(Bucket="versions", Key="k", Body=b"written there"))
            before = {bucket: describe(s3, bucket) for bucket in ("plain", "versions")}

            def seen(fresh=fresh, new=new):
                for witness in witnesses:
                    witness.visit(policy)
                return is_witnessed(new, fresh, tmp_path / "fresh", policy)

            wait_until(seen, "what is deposited in the new place is witnessed")
            old = new
        parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
        s3.complete_multipart_upload(MultipartUpload={"Parts": parts}, **half)
        assert s3.get_object(Bucket="plain", Key="half")["Body"].read() == b"1" * (5 << 20)
        old.check()
        assert "ALARM" not in ministry.log()
    finally:
        ministry.kill()


def kept(old):
    """An institution's account with content of each kind."""
    account = old.institution("finances")
    s3 = account.client()
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="large", Body=LARGE)
    s3.put_object(Bucket="plain", Key="small", Body=b"small")
    return account


def assert_kept(account, new):
    account.centre = new
    s3 = account.client()
    assert s3.get_object(Bucket="plain", Key="large")["Body"].read() == LARGE
    assert s3.get_object(Bucket="plain", Key="small")["Body"].read() == b"small"
    s3.put_object(Bucket="plain", Key="written there", Body=LARGE[::-1])
    new.check()


def test_content_moves_into_an_object_store_and_back(new_centre, tmp_path, started):
    old = new_centre(**QUICK)
    account = kept(old)
    store = SecondAmana(tmp_path)
    started.append(store.centre)
    blobs = blobs_text(store, tmp_path)
    for number, text in enumerate([blobs, ""]):
        folder = tmp_path / f"place-{number}"
        to = place(old, folder, blobs=text)
        readers = Readers(account, "large", LARGE)
        killed_anywhere(old, to)
        readers.end()
        new = follow(old, folder, started)
        refuses(old, f"it was moved to {folder}")
        assert_kept(account, new)
        files = [file for file in (folder / "blobs").glob("[0-9a-f][0-9a-f]/*") if file.is_file()]
        # The old place keeps its content until its operator removes it; one more was written in each.
        assert (len(blobs_of(store)), len(files)) == ((2, 0) if text else (2, 2))
        old = new


def test_from_one_database_to_another(new_centre, cluster, tmp_path, started):
    old = new_centre(**QUICK)
    account = kept(old)
    for number, name in enumerate(["first", "second"]):
        folder = tmp_path / f"place-{number}"
        migrate(old, place(old, folder, cluster.database(name)))
        new = follow(old, folder, started)
        refuses(old, f"it was moved to {folder}")
        assert_kept(account, new)
        old = new
    assert cluster.query("SELECT COUNT(*) FROM ledgers", "first") == cluster.query("SELECT COUNT(*) FROM ledgers", "second")


def test_a_kill_at_each_point_leaves_one_data_centre(new_centre, cluster, tmp_path, started):
    old = new_centre(**QUICK)
    account = old.institution("finances")
    s3 = account.client()
    fill(s3)
    s3.put_object(Bucket="plain", Key="large", Body=LARGE)
    to = place(old, tmp_path / "new", cluster.database("points"))
    for number, point in enumerate(POINTS):
        assert migrate(old, to, code=None, AMANA_CRASH_AT=point).returncode < 0, point
        assert s3.get_object(Bucket="plain", Key="large")["Body"].read() == LARGE
        refuses(Centre(tmp_path / "new"), "amana migrate again")
        if point in FROZEN:
            with pytest.raises(botocore.exceptions.ClientError) as refused:
                s3.put_object(Bucket="plain", Key="more", Body=b"x")
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            wait_until(lambda: http_get(f"{old.web_url}/readyz")[0] == 503, "it says that it takes nothing")
        else:
            s3.put_object(Bucket="plain", Key=f"more-{number}", Body=os.urandom(50_000))
        if point == "move.frozen":
            # Over a restart as well.
            old.stop()
            old.start(wait=False, **QUICK)
            wait_until(lambda: b"being moved" in http_get(f"{old.web_url}/readyz")[2] if old.answers("/healthz") else False, "it says so")
            assert s3.get_object(Bucket="plain", Key="large")["Body"].read() == LARGE
    old.stop()
    refuses(old, "it was moved to")
    assert json.loads(migrate(old, to).stdout)["moved"] is None
    new = Centre(tmp_path / "new").start(**QUICK)
    started.append(new)
    new.check()
    account.centre = new
    assert account.client().get_object(Bucket="plain", Key="more-1")["Body"].read()
    account.client().put_object(Bucket="plain", Key="more", Body=b"x")


def test_a_move_that_is_given_up(new_centre, tmp_path):
    old = new_centre(**QUICK)
    account = old.institution("finances")
    s3 = account.client()
    s3.create_bucket(Bucket="plain")
    to = place(old, tmp_path / "new")
    assert migrate(old, to, code=None, AMANA_CRASH_AT="move.copied").returncode < 0
    old.run("migrate", "--abandon", "--data", old.data)

    def takes():
        try:
            return s3.put_object(Bucket="plain", Key="on", Body=b"on")
        except botocore.exceptions.ClientError:
            return None

    wait_until(takes, "it takes writes again")
    refuses(Centre(tmp_path / "new"), "amana migrate again")
    moved = json.loads(migrate(old, to).stdout)["moved"]
    assert moved["ledgers"] >= 2 and moved["entries"] > 3
    refused = old.run("migrate", "--abandon", "--data", old.data, code=1)
    assert "was moved to" in refused.stderr
    Centre(tmp_path / "new").check()


def test_what_is_damaged_is_not_moved(new_centre, tmp_path):
    """The old place goes on, and says what to mend."""
    old = new_centre(**QUICK)
    account = old.institution("finances")
    s3 = account.client()
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="large", Body=LARGE)
    blob = next((old.data / "blobs").glob("[0-9a-f][0-9a-f]/*"))
    blob.write_bytes(LARGE[:-1] + bytes([LARGE[-1] ^ 1]))
    refused = migrate(old, place(old, tmp_path / "new"), code=1)
    assert blob.name in refused.stderr and "amana scrub" in refused.stderr
    s3.put_object(Bucket="plain", Key="on", Body=b"on")
    blob.write_bytes(LARGE)
    migrate(old, tmp_path / "new" / "amana.toml")


def test_a_place_that_is_taken_is_refused(new_centre, cluster, tmp_path):
    old, other = new_centre(**QUICK), new_centre(**QUICK)
    assert "must say centre" in migrate(old, other.data / "amana.toml", code=1).stderr
    assert "must say centre" in migrate(old, place(other, tmp_path / "named"), code=1).stderr
    assert "choose another" in migrate(old, old.data / "amana.toml", code=1).stderr
    database = cluster.database("taken")
    migrate(old, place(old, tmp_path / "first", database))
    old.stop()
    assert "it was moved to" in migrate(old, place(old, tmp_path / "second"), code=1).stderr
    third = Centre(tmp_path / "first")
    assert "there is a data centre already" in migrate(third, place(third, tmp_path / "third", database), code=1).stderr
