"""A small country whose data centre lies: one centre, three witnesses, one ministry behind its gateway.

The institution and the witnesses run the real binary and nothing else. The operator has everything that is its own: the
process, the folder, the keys, and the line (`line.py`, `operator_keys.py`).
"""

import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess

import boto3
import botocore.config
from centre import REGION, Centre, binary, die_with_parent, free_port, http_get, receipt_of, surroundings, wait_until
from deposits import body_of

from line import Line
from operator_keys import History, read_rows

BUCKET = "dossiers"
WITNESSES = ("court", "university", "customs")
PASSPHRASE = "the gateway's own passphrase of these tests"
# Epochs close at once, so that no test waits for one.
QUICK = {"AMANA_EPOCH_BUSY_S": "0.1"}
NOTICED_WITHIN_S = 30

# Large enough for several chunks of 64 KiB: the first is given out before the others are verified.
LARGE_BYTES = 150_001
SMALL_BYTES = 1_237
OBJECTS = {
    "cabinet/remaniement ministériel.odt": b"the minister of Finance leaves on Friday " * 30,
    "note-a": body_of("note-a", LARGE_BYTES),
    "note-b": body_of("note-b", LARGE_BYTES),
    "small-a": body_of("small-a", SMALL_BYTES),
    "small-b": body_of("small-b", SMALL_BYTES),
}
METADATA = {"classification": "tres-secret-defense", "author": "colonel-abdallah"}
TAGS = "chemise=mutinerie-1997&bureau=renseignement-militaire"
VERSIONS = [f"the contract, version {number}, for {number}00 million francs".encode() for number in range(3)]
LATE = {"late/first": b"deposited late", "late/second": body_of("late/second", 70_000)}


class Unix(http.client.HTTPConnection):
    """HTTP on a socket in the file system."""

    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def run(*words, code=0, **environment):
    """One command of the binary."""
    done = subprocess.run(
        [binary(), *map(str, words)],
        env=surroundings() | {name: str(value) for name, value in environment.items()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        start_new_session=True,
    )
    said = f"amana {' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert code is None or done.returncode == code, said
    return done


class Gateway:
    """One `amana gateway run`, with a line of its own to the data centre."""

    def __init__(self, folder, port):
        self.folder = pathlib.Path(folder)
        self.line = Line(port)
        self.process = None
        self.log_path = self.folder.parent / f"{self.folder.name}.log"
        self.key = None
        self.given = {}

    @property
    def environment(self):
        own = {"AMANA_PASSPHRASE_FILE": self.folder.parent / "passphrase", "AMANA_CENTRE": self.line.url}
        return own | self.given

    def start(self, healthy=True):
        """Starts it, and waits until it answers; `healthy` until it has followed the ledger and takes requests."""
        for _ in range(3):
            self.web_port, self.s3_port = free_port(), free_port()
            listen = {"AMANA_LISTEN_WEB": self.web_port, "AMANA_LISTEN_S3": self.s3_port}
            environment = {name: f"127.0.0.1:{port}" for name, port in listen.items()} | self.environment
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(
                    [binary(), "gateway", "run", "--data", str(self.folder)],
                    env=surroundings() | {name: str(value) for name, value in environment.items()},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=die_with_parent,
                )
            wait_until(lambda: self.answers() or self.process.poll() is not None, f"the gateway runs:\n{self.log()}")
            if self.process.poll() is None:
                return self.settled() if healthy else self
            if "in use" not in self.log():
                break
        raise AssertionError(f"the gateway ended with {self.process.returncode}:\n{self.log()}")

    def answers(self):
        try:
            return http_get(f"http://127.0.0.1:{self.web_port}/healthz")[0] == 200
        except OSError:
            return False

    def is_ready(self):
        return http_get(f"http://127.0.0.1:{self.web_port}/readyz")[0] == 200

    def settled(self, size=1):
        """Waits until it serves, and has followed all that it knows of, and at least so many entries."""

        def followed():
            status = self.status()
            return self.is_ready() and status["followed"] == status["known"] >= size

        self._waits(followed, f"the gateway is ready with {size} entries")
        return self

    def status(self):
        asked = Unix(self.folder / "amana.sock")
        asked.request("GET", "/v1/status")
        status = json.loads(asked.getresponse().read())
        asked.close()
        return status

    def alarms(self):
        return {alarm["code"]: alarm for alarm in self.status()["alarms"]}

    def notices(self, *codes):
        """Waits for an alarm of one of these names, and gives the file of its evidence."""

        def noticed():
            return next((alarm for code, alarm in self.alarms().items() if code in codes), None)

        alarm = self._waits(noticed, f"the gateway notices {codes}")
        return alarm, pathlib.Path(alarm["evidence"])

    def _waits(self, condition, what):
        """Waits as long as anything about a ledger may take, and shows what the gateway says of itself if it is in vain."""
        try:
            return wait_until(condition, what, NOTICED_WITHIN_S)
        except AssertionError as error:
            raise AssertionError(f"{error}; it says {self.status()}\n{self.log()[-2000:]}") from None

    def people_saw_to_it(self):
        """What a correspondent does once the operator was convicted or excused: the evidence is taken away."""
        if self.process.poll() is None:
            self.stop()
        kept = self.folder.parent / f"{self.folder.name}-evidence"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.move(self.folder / "evidence", kept)
        return kept

    def forget_index(self):
        """As if the machine was new: it follows the ledger from its beginning."""
        for file in self.folder.glob("index*"):
            file.unlink()
        self.key = None

    def client(self, **config):
        if self.key is None:
            words = ("access-key", "create", "--institution", "finances", "--data", self.folder, "--json")
            self.key = json.loads(run(*words).stdout)
        settings = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}, "read_timeout": 120}
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.s3_port}",
            region_name=REGION,
            aws_access_key_id=self.key["access_key_id"],
            aws_secret_access_key=self.key["secret_access_key"],
            config=botocore.config.Config(**(settings | {"signature_version": "s3v4"} | config)),
        )

    def put(self, key, body, **given):
        """Deposits, and gives the name of the receipt."""
        return receipt_of(self.client().put_object(Bucket=BUCKET, Key=key, Body=body, **given))

    def read(self, key, **given):
        return self.client().get_object(Bucket=BUCKET, Key=key, **given)["Body"].read()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self):
        os.kill(self.process.pid, signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log()

    def die(self):
        """As a power cut ends it; its line stays."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(30)

    def kill(self):
        self.die()
        self.line.close()


class Witness:
    """A witness in a folder of its own, that visits when it is told to."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name

    def make(self):
        words = ("witness", "key", "--data", self.folder, "--name", f"{self.name}.example/witness", "--json")
        return json.loads(run(*words).stdout)["vkey"]

    def visit(self, url, policy, code=0):
        """One visit, until nothing is left to cosign."""
        where = ("--data", self.folder, "--centre", url, "--policy", policy, "--listen", "127.0.0.1:0")
        return run("witness", "--once", *where, code=code)

    def evidence(self):
        return "\n".join(file.read_text() for file in (self.folder / "evidence").glob("*.txt"))


class Country:
    """A folder with `data`, `gateway`, `witnesses`, the published policy `gazette`, and what was deposited."""

    def __init__(self, folder):
        self.folder = folder
        self.centre = Centre(folder / "data")
        self.policy = folder / "gazette"
        self.witnesses = [Witness(folder / name, name) for name in WITNESSES]
        self.gateways = []

    @property
    def data(self):
        return self.centre.data

    def size(self):
        """How many entries the ministry's ledger has."""
        return len(History.of(self.data).entries)

    def commits(self, history):
        """Waits until an epoch committed the head of that history: only then are witnesses asked to cosign it."""

        def committed():
            size = len(history.entries)
            return (history.root(),) in read_rows(self.data, "SELECT root FROM epoch_heads WHERE size = ?", size)

        wait_until(committed, f"an epoch commits {len(history.entries)} entries")

    def found(self):
        """Makes centre, witnesses, policy and institution."""
        self.centre.start(**QUICK)
        for witness in self.witnesses:
            run("policy", "witness", "add", witness.name, witness.make(), "--data", self.data)
        run("policy", "quorum", "2", "--data", self.data)
        shutil.copy(self.centre.policy, self.policy)
        self.account = self.centre.institution("finances")
        (self.folder / "passphrase").write_text(PASSPHRASE + "\n")
        (self.folder / "passphrase").chmod(0o600)
        return self

    def enrol(self):
        """The ministry's first gateway, through a line that the operator reads."""
        gateway = self.gateway()
        code = json.loads(run("enrolment", "issue", "finances", "--data", self.data, "--json").stdout)["code"]
        sha256 = hashlib.sha256(self.policy.read_bytes()).hexdigest()
        words = ("gateway", "init", "--data", gateway.folder, "--centre", gateway.line.url, "--json")
        given = ("--code", code, "--policy", self.policy, "--policy-sha256", sha256, "--pages", self.folder / "pages")
        correspondent = subprocess.Popen(
            [binary(), *map(str, words + given)],
            env=surroundings() | {name: str(value) for name, value in gateway.environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        shown = json.loads(correspondent.stdout.readline())
        run("enrolment", "confirm", "finances", "--words", " ".join(shown["words"]), "--data", self.data)
        correspondent.communicate(timeout=60)
        assert correspondent.returncode == 0
        return gateway

    def gateway(self, name="gateway"):
        self.gateways.append(Gateway(self.folder / name, self.centre.web_port))
        return self.gateways[-1]

    def visits(self, witnesses=None):
        for witness in self.witnesses if witnesses is None else witnesses:
            witness.visit(self.centre.web_url, self.policy)

    def witnessed(self, receipt):
        """Has all witnesses visit until that act is witnessed; gives its receipt."""
        file = self.folder / "receipt"

        def judged():
            self.visits()
            run("receipt", "get", receipt, "--data", self.data, "--out", file)
            return self.judge(file)[0] == 0

        wait_until(judged, f"{receipt} is witnessed")
        # A quorum suffices for that; the others see it now.
        self.visits()
        return file

    def judge(self, evidence, *words):
        """What `amana receipt verify` says of a receipt, or of evidence, with the published policy alone."""
        done = run("receipt", "verify", evidence, "--policy", self.policy, "--json", *words, code=None)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout.strip() else {}, done.stdout + done.stderr

    def copy(self, folder, gateway="gateway"):
        """Another country, alike in all, of which nothing runs yet."""
        folder.mkdir()
        copy_data(self.data, folder / "data")
        for name in (*WITNESSES, "passphrase", "gazette"):
            of = shutil.copytree if (self.folder / name).is_dir() else shutil.copy
            of(self.folder / name, folder / name)
        copy_gateway(self.folder / gateway, folder / "gateway")
        other = Country(folder)
        other.account = self.account
        return other

    def hosted(self):
        """A client with the institution's key at the data centre itself, past the gateway."""
        return self.account.client(endpoint=self.centre.s3_url)

    def end(self):
        for gateway in self.gateways:
            gateway.kill()
        self.centre.kill()


def copy_data(source, target):
    """A data centre's folder, whether its server runs or not."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("amana.db*", "amana.sock", "tmp", "lock"))
    (target / "blobs" / "tmp").mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(source / "amana.db") as of, sqlite3.connect(target / "amana.db") as to:
        of.backup(to)
    of.close()
    to.close()


def copy_gateway(source, target):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("amana.sock", "lock"))


def deposit_early(gateway):
    """What the ministry deposits first."""
    client = gateway.client()
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key, body in OBJECTS.items():
        gateway.put(key, body, Metadata=METADATA, Tagging=TAGS)
    for body in VERSIONS:
        gateway.put("contract", body)
    upload = {"Bucket": BUCKET, "Key": "archive in parts"}
    upload["UploadId"] = client.create_multipart_upload(**upload, Metadata=METADATA)["UploadId"]
    parts = []
    for number, size in enumerate((5 * 1024 * 1024, 77_777), 1):
        etag = client.upload_part(PartNumber=number, Body=body_of(f"part {number}", size), **upload)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    client.complete_multipart_upload(MultipartUpload={"Parts": parts}, **upload)


def deposit_late(gateway):
    """What it deposits while another gateway of its own isn't there."""
    for key, body in LATE.items():
        gateway.put(key, body)
    gateway.put("small-a", b"small-a, rewritten")
    gateway.put("late/first", b"deposited late, rewritten")
