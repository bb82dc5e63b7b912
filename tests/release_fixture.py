"""Makes the folders that a release leaves on disks: `vectors/releases/<version>/folders.tar.xz`, and what is in them.

    AMANA_BIN=… python3 tests/release_fixture.py vectors/releases/0.1.0

A data centre with an institution, an access key, small and large content, versions, a sealed bucket, and two witnesses; one
of the witnesses' folders, and the gateway's. Keys and times are new each time, so the fixture is made once a release and
kept. The script says the same things in the same order, and the test reads them back from `expected.json`.
"""

import hashlib
import io
import json
import pathlib
import shutil
import sys
import tarfile
import tempfile

from centre import Centre, receipt_of, wait_until
from gateway import PASSPHRASE, Gateway

FAST = {"AMANA_EPOCH_BUSY_S": "0.1"}
# Larger than what goes into rows, and easy to pack.
LARGE = bytes(range(256)) * 300
OPEN = {"first": b"first", "empty": b"", "large": LARGE, "a name é": b"accents"}
SEALED = {"decree.txt": b"sealed at home", "annex.bin": LARGE[::-1]}


def witness(centre, folder):
    words = ("witness", "key", "--data", folder, "--name", "court.example/witness", "--json")
    key = json.loads(centre.run(*words).stdout)["vkey"]
    centre.run("policy", "witness", "add", "court", key, "--data", centre.data)
    centre.run("policy", "quorum", "1", "--data", centre.data)
    return ("witness", "--once", "--data", folder, "--centre", centre.web_url, "--listen", "127.0.0.1:0")


def make(folder):
    """The three folders under `folder`, and what they should give back."""
    centre = Centre(folder / "centre").start(**FAST)
    court = folder / "witness"
    visit = witness(centre, court)
    policy = shutil.copy(centre.policy, folder / "gazette")
    finances = centre.institution("finances")
    s3 = finances.client()
    s3.create_bucket(Bucket="archives")
    s3.put_bucket_versioning(Bucket="archives", VersioningConfiguration={"Status": "Enabled"})
    receipts = [receipt_of(s3.put_object(Bucket="archives", Key=key, Body=body)) for key, body in OPEN.items()]
    s3.put_object(Bucket="archives", Key="first", Body=b"second version")
    centre.run("official", "add", "A. Person", "--institution", "finances", "--role", "auditor", "--data", centre.data)

    gateway = Gateway(centre, "finances", folder / "gateway").enrol().start()
    key = gateway.access_key("finances")
    account = finances.__class__(gateway, "finances", None, key["access_key_id"], key["secret_access_key"])
    home = account.client()
    home.create_bucket(Bucket="sealed")
    for name, body in SEALED.items():
        home.put_object(Bucket="sealed", Key=name, Body=body)

    receipt = folder / "first.receipt"

    def witnessed():
        centre.run(*visit, "--policy", policy)
        centre.receipt(receipts[0], receipt)
        return centre.run("receipt", "verify", receipt, "--policy", policy, code=None).returncode == 0

    wait_until(witnessed, "the first deposit is witnessed")
    gateway.stop()
    centre.stop()
    shown = {
        "access_key": {"id": finances.access_key_id, "secret": finances.secret_access_key},
        "gateway_key": {"id": key["access_key_id"], "secret": key["secret_access_key"]},
        "passphrase": PASSPHRASE,
        "witnessed": receipts[0],
        "open": {name: hashlib.sha256(body).hexdigest() for name, body in OPEN.items()} | {"first": hashlib.sha256(b"second version").hexdigest()},
        "sealed": {name: hashlib.sha256(body).hexdigest() for name, body in SEALED.items()},
    }
    return shown


def pack(folder, names, out):
    """One archive of the folders, the same bytes for the same files."""
    with tarfile.open(out, "w:xz", preset=9) as archive:
        for name in names:
            for path in sorted([folder / name, *(folder / name).rglob("*")]):
                if path.is_socket() or path.name.endswith((".log", "-shm")) or path.name == "lock":
                    continue
                info = archive.gettarinfo(path, str(path.relative_to(folder)))
                info.uid = info.gid = info.mtime = 0
                info.uname = info.gname = ""
                data = io.BytesIO(path.read_bytes()) if path.is_file() else None
                archive.addfile(info, data)


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        shown = make(folder)
        names = ("centre", "gateway", "witness", "gazette", "first.receipt")
        # A release's folders are made once: what is there is not replaced.
        out.mkdir(parents=True)
        pack(folder, names, out / "folders.tar.xz")
    (out / "expected.json").write_text(json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
