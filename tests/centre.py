"""A data centre of one test: the real binary on free ports, in a folder of its own.

Every process is ended by the id under which it was started, and dies with the test runner if that is killed.
"""

import ctypes
import json
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
REGION = "us-east-1"
READY_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 300
PR_SET_PDEATHSIG = 1


def binary():
    """The binary under test."""
    return os.environ.get("AMANA_BIN", str(ROOT / "target" / "debug" / "amana"))


def free_port():
    """A port that was free a moment ago; whoever binds it retries with another when it no longer is. It is below those
    that connections get, so that none of them takes it while a server is down; and of those that other workers don't take."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    while True:
        port = random.randrange(10_000 + worker, 32_000, workers)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def surroundings():
    """The environment of whoever runs the tests, without what would configure a server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AMANA_")}


def postgres_database(cluster):
    """A new database at that server; its address."""
    name = f"centre_{random.randrange(1 << 48):x}"
    subprocess.run(["psql", "-X", "-q", "-d", f"{cluster}/postgres", "-c", f"CREATE DATABASE {name}"], check=True)
    return f"{cluster}/{name}"


def die_with_parent():
    """Runs in the child: the kernel kills it when the test runner ends, however that happens."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def wait_until(condition, what, timeout_s=READY_TIMEOUT_S):
    """Asks again until `condition` gives something true, and returns it. The one place where these tests wait by the clock."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s} s: {what}")
        time.sleep(0.02)


class Account:
    """An institution with one access key: what S3 programs call an account. `centre` is the server that takes the key: the
    data centre, or the institution's gateway."""

    def __init__(self, centre, name, canonical_id, access_key_id, secret_access_key):
        self.centre = centre
        self.name = name
        self.canonical_id = canonical_id
        self.access_key_id = access_key_id
        self.secret_access_key = secret_access_key

    def client(self, region=REGION, endpoint=None, **config):
        """A boto3 client that never retries, so that a test sees each answer."""
        # Imported here: bench/ starts centres from this module where boto3 is not installed.
        import boto3
        import botocore.config

        settings = {"retries": {"total_max_attempts": 1}, "s3": {"addressing_style": "path"}, "read_timeout": 120}
        # Otherwise boto3 presigns for us-east-1 with the signature of 2006, which is refused.
        settings["signature_version"] = "s3v4"
        return boto3.client(
            "s3",
            endpoint_url=endpoint or self.centre.s3_url,
            region_name=region,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            verify=self.centre and self.centre.authority,
            config=botocore.config.Config(**(settings | config)),
        )

    def environment(self, home):
        """For programs: the keys, the endpoint, and no configuration of whoever runs the tests."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.centre.s3_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }


class Server:
    """One long-running `amana` on two ports, which it keeps when it is started again. `data` is its folder."""

    # The command that serves, and what each command on the folder finds in its environment.
    words = ()
    environment = {}
    scheme = "http"

    def __init__(self, data):
        self.data = pathlib.Path(data)
        self.process = None
        self.web_port = self.s3_port = self.sites_port = self.sites_tls_port = None
        self.log_path = self.data.parent / f"{self.data.name}.log"
        # Words before each command: what enters the namespace where the data is.
        self.prefix = []

    def start(self, wait=True, **environment):
        """Starts the server and waits until it is ready. Keyword arguments become environment variables."""
        self.scheme = "https" if environment.get("AMANA_TLS") == "always" else "http"
        for _ in range(3):
            if self.sites_port is None:
                self.sites_port, self.sites_tls_port = free_port(), free_port()
            if self.web_port is None:
                self.web_port, self.s3_port = free_port(), free_port()
            with open(self.log_path, "ab") as log:
                self.process = subprocess.Popen(
                    [*self.prefix, binary(), *self.words, "--data", str(self.data)],
                    env=surroundings()
                    | {"AMANA_LISTEN_WEB": f"127.0.0.1:{self.web_port}", "AMANA_LISTEN_S3": f"127.0.0.1:{self.s3_port}"}
                    | self.sites_listen
                    | self.environment
                    | {name: str(value) for name, value in environment.items()},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    preexec_fn=die_with_parent,
                )
            if not wait:
                return self
            wait_until(lambda: self.is_ready() or self.process.poll() is not None, f"{self.data} serves:\n{self.log()}")
            if self.process.poll() is None:
                return self
            if "in use" not in self.log():
                break
            self.web_port = self.sites_port = None
        raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.log()}")

    @property
    def sites_listen(self):
        """Only a data centre serves sites."""
        return {}

    @property
    def s3_url(self):
        return f"{self.scheme}://127.0.0.1:{self.s3_port}"

    @property
    def web_url(self):
        return f"{self.scheme}://127.0.0.1:{self.web_port}"

    @property
    def authority(self):
        """The file that clients are given to believe the server; none without TLS."""
        return str(self.data / "keys" / "authority.crt") if self.scheme == "https" else None

    def is_ready(self):
        return self.answers("/readyz")

    def answers(self, path):
        """Whether the web listener says yes to `path`."""
        try:
            believed = ssl.create_default_context(cafile=self.authority) if self.authority else None
            with urllib.request.urlopen(f"{self.web_url}{path}", timeout=5, context=believed) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def kill(self):
        """As a power cut ends it."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait(30)

    def stop(self):
        """As an operator ends it, and with exit code 0."""
        os.kill(self.process.pid, signal.SIGTERM)
        assert self.process.wait(30) == 0, self.log()

    def died(self, timeout_s=30):
        """Waits for the server to end by itself, and returns its code."""
        return self.process.wait(timeout_s)

    def rss_bytes(self):
        """What the server holds in memory now."""
        return self._status("VmRSS")

    def peak_rss_bytes(self):
        """The most that it has held."""
        return self._status("VmHWM")

    def _status(self, field):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(f"{field}:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field}")

    def run(self, *words, code=0, environment=None):
        """Runs one `amana` command, checks its exit code (None: any), and returns what it did."""
        done = subprocess.run(
            [*self.prefix, binary(), *map(str, words)],
            env=surroundings() | self.environment | (environment or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
        )
        if code is not None:
            said = f"amana {' '.join(map(str, words))} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
            assert done.returncode == code, said
        return done

    def access_key(self, name, *grant):
        """One more key of an institution; of everything, if nothing else is said."""
        made = self.run("access-key", "create", "--institution", name, *grant, "--data", self.data, "--json")
        return json.loads(made.stdout)


class Centre(Server):
    """One `amana serve` on the folder `data`."""

    words = ("serve",)

    @property
    def sites_listen(self):
        ports = {"HTTP": self.sites_port, "HTTPS": self.sites_tls_port}
        return {f"AMANA_LISTEN_SITES_{name}": f"127.0.0.1:{port}" for name, port in ports.items()}

    def __init__(self, data):
        super().__init__(data)
        # `test_postgres.py` runs tests once more on the other engine.
        cluster = os.environ.get("AMANA_TEST_CLUSTER")
        if cluster:
            self.environment = {"AMANA_DATABASE": postgres_database(cluster)}

    def institution(self, name):
        """Adds an institution with one access key."""
        added = json.loads(self.run("institution", "add", name, "--data", self.data, "--json").stdout)
        assert added["name"] == name
        key = self.access_key(name)
        return Account(self, name, added["canonical_id"], key["access_key_id"], key["secret_access_key"])

    def check(self, code=0):
        """`amana check`: the judge of every fault test."""
        return self.run("check", "--data", self.data, code=code)

    def receipt(self, name, out):
        """Fetches the receipt that `x-amana-receipt` names, as `<ledger>/<index>`."""
        self.run("receipt", "get", name, "--data", self.data, "--out", out)
        return pathlib.Path(out)

    @property
    def policy(self):
        return self.data / "policy"


def receipt_of(answer):
    """The name of the receipt in a boto3 answer."""
    return answer["ResponseMetadata"]["HTTPHeaders"]["x-amana-receipt"]


def http_get(url, headers=None):
    """Status, headers and body of a plain GET, whatever the status."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()
