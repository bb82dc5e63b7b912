"""The servers compared, each in a folder of its own on free ports, with one account that owns one bucket."""

import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from centre import Account, Centre, die_with_parent, free_port, wait_until  # noqa: E402
from gateway import enrolled  # noqa: E402
from postgres import Cluster  # noqa: E402


class Amana(Centre):
    """Amana as it is shipped: durable and ledgered before it answers."""

    name = "amana"
    bucket = "bench"

    def __init__(self, folder):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        super().__init__(pathlib.Path(folder) / "data")
        self.start()
        self.account = self.institution("bench")

    def end(self):
        self.stop()


class OnPostgres(Amana):
    """The same with its rows in a PostgreSQL on this machine, which syncs each commit."""

    name = "amana on PostgreSQL"

    def __init__(self, folder):
        self.cluster = Cluster(pathlib.Path(folder) / "postgres").make().start(shared_buffers="512MB")
        self.address = self.cluster.database("bench")
        super().__init__(folder)

    def start(self, **environment):
        return super().start(AMANA_DATABASE=self.address, **environment)

    def run(self, *words, environment=None, **more):
        return super().run(*words, environment={"AMANA_DATABASE": self.address} | (environment or {}), **more)

    def end(self):
        super().end()
        self.cluster.remove()

    def second(self):
        """Another node on the same rows, whose account is another institution's."""
        return SecondNode(self)


class SecondNode(Amana):
    """A further node of a data centre on PostgreSQL, with the seed and the name of the first."""

    name = "second node"

    def __init__(self, first):
        self.address = first.address
        data = first.data.parent / "second"
        (data / "keys").mkdir(parents=True, mode=0o700)
        shutil.copy(first.data / "keys" / "operator.seed", data / "keys" / "operator.seed")
        shutil.copy(first.data / "amana.toml", data / "amana.toml")
        Centre.__init__(self, data)
        self.start(AMANA_DATABASE=self.address)
        self.environment = self.environment | {"AMANA_DATABASE": self.address}
        self.bucket = "bench-2"
        self.account = self.institution("bench-2")


class Sealing:
    """The gateway of an institution of that data centre, on the same machine; its bucket is sealed."""

    name = "gateway"
    bucket = "sealed"

    def __init__(self, centre, folder):
        self.server, self.account = enrolled(centre, "sealing", pathlib.Path(folder) / "data")
        self.s3_port, self.s3_url = self.server.s3_port, self.server.s3_url

    def end(self):
        self.server.stop()


class Garage:
    """One node of Garage; `synced` asks it to sync metadata and data, which it does not do by default."""

    bucket = "bench"

    def __init__(self, folder, synced):
        self.name = "garage, synced" if synced else "garage"
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.s3_port, rpc_port, self.admin_port = free_port(), free_port(), free_port()
        self.configuration = self.folder / "garage.toml"
        self.configuration.write_text(
            f"""metadata_dir = "{self.folder}/meta"
data_dir = "{self.folder}/data"
db_engine = "lmdb"
metadata_fsync = {str(synced).lower()}
data_fsync = {str(synced).lower()}
replication_factor = 1
rpc_bind_addr = "127.0.0.1:{rpc_port}"
rpc_public_addr = "127.0.0.1:{rpc_port}"
rpc_secret = "{secrets.token_hex(32)}"

[s3_api]
s3_region = "us-east-1"
api_bind_addr = "127.0.0.1:{self.s3_port}"

[admin]
api_bind_addr = "127.0.0.1:{self.admin_port}"
"""
        )
        with open(self.folder / "garage.log", "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["GARAGE"], "-c", self.configuration, "server"],
                env=os.environ | {"RUST_LOG": "garage=warn"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        node = wait_until(lambda: self.ask("node", "id", "-q", code=None).strip(), "garage has a node")
        wait_until(lambda: "HEALTHY" in self.ask("status", code=None), "garage answers")
        self.ask("layout", "assign", "-z", "here", "-c", "100G", node.split("@")[0])
        self.ask("layout", "apply", "--version", "1")
        made = self.ask("key", "create", "bench")
        key = re.search(r"Key ID:\s*(\S+)", made).group(1)
        secret = re.search(r"Secret key:\s*(\S+)", made).group(1)
        self.account = Account(self, "bench", "", key, secret)
        self.ask("key", "allow", "--create-bucket", key)

    @property
    def s3_url(self):
        return f"http://127.0.0.1:{self.s3_port}"

    def ask(self, *words, code=0):
        done = subprocess.run(
            [os.environ["GARAGE"], "-c", self.configuration, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert code is None or done.returncode == code, done.stdout + done.stderr
        return done.stdout if done.returncode == 0 else ""

    def end(self):
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.wait(60)
