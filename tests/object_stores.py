"""Object stores that run on this machine, as places for a data centre's large content: a second Amana, Azurite, and Garage
where its binary is at hand.

Each says what stands in [blobs], and lets a test look at what lies there, and change it, behind the data centre's back.
"""

import base64
import contextlib
import datetime
import hashlib
import hmac
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

from centre import REGION, Account, Centre, die_with_parent, free_port, surroundings, wait_until

PREFIX = "the/centre"


class S3Store:
    """A bucket `content` that a boto3 client reaches."""

    url = f"s3://content/{PREFIX}"

    def names(self):
        listed = self.client.list_objects_v2(Bucket="content", Prefix=f"{PREFIX}/")
        return [found["Key"] for found in listed.get("Contents", [])]

    def get(self, name):
        return self.client.get_object(Bucket="content", Key=name)["Body"].read()

    def put(self, name, body):
        self.client.put_object(Bucket="content", Key=name, Body=body)

    def uploads(self):
        return self.client.list_multipart_uploads(Bucket="content").get("Uploads", [])


class SecondAmana(S3Store):
    """A bucket of another data centre."""

    def __init__(self, folder):
        self.centre = Centre(folder / "storing").start()
        account = self.centre.institution("storage")
        self.client = account.client()
        self.client.create_bucket(Bucket="content")
        self.key = {"access_key_id": account.access_key_id, "secret_access_key": account.secret_access_key}
        self.endpoint = self.centre.s3_url

    def away(self):
        self.centre.kill()

    def back(self):
        self.centre.start()

    def close(self):
        self.centre.kill()


class Garage(S3Store):
    """Three nodes of Garage, each with every object."""

    NODES = 3

    def __init__(self, folder):
        self.folder, self.processes, self.nodes = folder, [], []
        secret = os.urandom(32).hex()
        self.s3_ports = [free_port() for _ in range(self.NODES)]
        for number, port in enumerate(self.s3_ports):
            rpc = free_port()
            self._file(number).write_text(
                f'metadata_dir = "{folder}/garage-{number}/meta"\ndata_dir = "{folder}/garage-{number}/data"\n'
                f'db_engine = "sqlite"\nreplication_factor = {self.NODES}\nrpc_secret = "{secret}"\n'
                f'rpc_bind_addr = "127.0.0.1:{rpc}"\nrpc_public_addr = "127.0.0.1:{rpc}"\n'
                f'[s3_api]\ns3_region = "{REGION}"\napi_bind_addr = "127.0.0.1:{port}"\n'
            )
        self.back()
        self.nodes = [self._ask("node", "id", "-q", number=number).strip() for number in range(self.NODES)]
        self._join()
        for node in self.nodes:
            self._ask("layout", "assign", "-z", "here", "-c", "1G", node.split("@")[0])
        self._ask("layout", "apply", "--version", "1")
        said = self._ask("key", "create", "amana")
        key_id, secret = (re.search(rf"{word}:\s*(\S+)", said)[1] for word in ("Key ID", "Secret key"))
        self._ask("bucket", "create", "content")
        self._ask("bucket", "allow", "--read", "--write", "--owner", "content", "--key", key_id)
        self.key = {"access_key_id": key_id, "secret_access_key": secret}
        self.endpoint = f"http://127.0.0.1:{self.s3_ports[0]}"
        self.client = Account(None, "storage", None, key_id, secret).client(endpoint=self.endpoint)

    def _file(self, number):
        return self.folder / f"garage-{number}.toml"

    def _ask(self, *words, number=0):
        command = ["garage", "-c", str(self._file(number)), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    def away(self):
        for process in self.processes:
            os.kill(process.pid, signal.SIGTERM)
            process.wait(30)
        self.processes = []

    def back(self):
        with open(self.folder / "garage.log", "ab") as log:
            for number in range(self.NODES):
                self.processes.append(
                    subprocess.Popen(
                        ["garage", "-c", str(self._file(number)), "server"],
                        env=surroundings(),
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        preexec_fn=die_with_parent,
                    )
                )
        for port in self.s3_ports:
            wait_until(lambda: answers(f"http://127.0.0.1:{port}"), "Garage answers")
        self._join()

    def _join(self):
        """Otherwise nodes that were away look for one another once a minute."""
        for node in self.nodes[1:]:
            self._ask("node", "connect", node)

    def close(self):
        self.away()


class Azurite:
    """A container of Azurite, Microsoft's own emulator, at the version that the lock file pins."""

    ACCOUNT = "devstoreaccount1"
    # Azurite's published key, the same everywhere.
    KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self, folder):
        self.folder, self.port, self.process = folder / "azurite", free_port(), None
        self.folder.mkdir()
        self.key = {"account": self.ACCOUNT, "access_key": self.KEY}
        self.url = f"az://content/{PREFIX}"
        self.endpoint = f"http://127.0.0.1:{self.port}/{self.ACCOUNT}"
        self.back()
        self._ask("PUT", "/content", {"restype": "container"})

    def _ask(self, method, path, query=None, body=b"", **headers):
        """A request under the account's shared key."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"x-ms-date": now, "x-ms-version": "2021-12-02"}
        named = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        resource = f"/{self.ACCOUNT}/{self.ACCOUNT}{path}"
        resource += "".join(f"\n{name}:{value}" for name, value in sorted((query or {}).items()))
        length = str(len(body)) if body else ""
        kind = "application/octet-stream" if body else ""
        text = f"{method}\n\n\n{length}\n\n{kind}\n\n\n\n\n\n\n{named}{resource}"
        signed = hmac.new(base64.b64decode(self.KEY), text.encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {self.ACCOUNT}:{base64.b64encode(signed).decode()}"
        if body:
            headers["Content-Type"] = kind
        url = f"{self.endpoint}{path}?{urllib.parse.urlencode(query or {})}"
        request = urllib.request.Request(url, data=body or None, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def names(self):
        query = {"comp": "list", "prefix": f"{PREFIX}/", "restype": "container"}
        listed = self._ask("GET", "/content", query).decode()
        return re.findall(r"<Name>([^<]*)</Name>", listed)

    def get(self, name):
        return self._ask("GET", f"/content/{name}")

    def put(self, name, body):
        self._ask("PUT", f"/content/{name}", body=body, x_ms_blob_type="BlockBlob")

    def uploads(self):
        # Blocks that no blob lists are Azure's own to remove, after a week.
        return []

    def away(self):
        # Killed, it forgets what it was told in its last seconds, which isn't what is tested here.
        os.kill(self.process.pid, signal.SIGTERM)
        self.process.wait(30)

    def back(self):
        script = os.path.join(os.environ["AMANA_NODE"], "node_modules/azurite/dist/src/blob/main.js")
        words = ["node", script, "--blobPort", str(self.port), "--location", str(self.folder), "--silent"]
        with open(self.folder.parent / "azurite.log", "ab") as log:
            self.process = subprocess.Popen(
                [*words, "--skipApiVersionCheck"],
                env=surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_until(lambda: answers(self.endpoint), "Azurite answers")

    def close(self):
        self.away()


class BadLine:
    """A way to a store on which, while `is_bad`, every second connection breaks: at once, or amid what goes over it."""

    def __init__(self, endpoint, seed):
        place = urllib.parse.urlsplit(endpoint)
        self.to, self.random, self.is_bad = (place.hostname, place.port), random.Random(seed), True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.broken = 0
        self.endpoint = place._replace(netloc=f"127.0.0.1:{self.listener.getsockname()[1]}").geturl()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            bad = self.is_bad and self.random.random() < 0.5
            left = [self.random.choice([0, 1000, 300_000, 4_000_000])] if bad else [None]
            far = socket.create_connection(self.to)
            for ends in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(*ends, left), daemon=True).start()

    def _carry(self, source, sink, left):
        try:
            while data := source.recv(65_536):
                if left[0] is not None:
                    left[0] -= len(data)
                    if left[0] < 0:
                        self.broken += 1
                        break
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.listener.close()


class FailingStore(BadLine):
    """A way to a store that fails half of its requests, while `is_bad`: refused, cut off at once, or amid their bodies."""

    METHODS = (b"GET ", b"PUT ", b"POST ", b"DELETE ", b"HEAD ")
    BUSY = b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def __init__(self, endpoint, seed):
        self.asked = 0
        super().__init__(endpoint, seed)

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(self.to)
            threading.Thread(target=self._both, args=(near, far), daemon=True).start()

    def _both(self, near, far):
        back = threading.Thread(target=self._carry, args=(far, near, [None]), daemon=True)
        back.start()
        self._ask(near, far)
        back.join()
        # Whoever still sends is told so.
        near.close()
        far.close()

    def _ask(self, near, far):
        left = None
        try:
            while data := near.recv(65_536):
                # Whoever asks waits for the answer before: a request begins where a read does.
                if data.startswith(self.METHODS):
                    self.asked += 1
                    left = None
                    if self.is_bad and self.random.random() < 0.5:
                        self.broken += 1
                        left = self.random.choice(["refused", 0, len(data), 500_000])
                if left == "refused":
                    near.sendall(self.BUSY)
                    break
                if left is not None:
                    left -= len(data)
                    if left < 0:
                        break
                far.sendall(data)
        except OSError:
            pass
        for end in (near, far):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def answers(url):
    """Whether anybody answers there, whatever they say."""
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


STORES = {"amana": SecondAmana, "azurite": Azurite}
if shutil.which("garage"):
    # `tests/endure/run stores` sees that it is there.
    STORES["garage"] = Garage


def blobs_text(store, folder, url=None, endpoint=None):
    """What a configuration says of that store, with a key file as it wants it."""
    key = folder / "content.key"
    key.touch(mode=0o600)
    key.write_text(json.dumps(store.key))
    where = f'url = "{url or store.url}"\nendpoint = "{endpoint or store.endpoint}"\n'
    return f'[blobs]\n{where}key_file = "{key}"\ncache_mib = 8\n'


def centre_on(store, folder, more=""):
    """A data centre whose large content is in that store; not started."""
    centre = Centre(folder / "data")
    centre.data.mkdir()
    blobs = blobs_text(store, folder)
    (centre.data / "amana.toml").write_text(f'centre = "centre.test"\n{more}\n{blobs}')
    return centre


def blobs_of(store):
    """Names of the blobs there."""
    return [name for name in store.names() if not name.endswith("/amana-centre")]
