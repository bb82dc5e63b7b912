"""A data centre restored from an older copy than its witnesses saw takes its history back from whoever followed it.

The segments are written here from the mirror's format alone: a second implementation of it.
"""

import base64
import hashlib
import json
import shutil
import sqlite3
import struct

import botocore.exceptions
import pytest

from centre import http_get, receipt_of, wait_until
from test_witnesses import WITNESSES, Witness, is_witnessed

MAGIC = b"amana/mirror-segment/v1\n"
INDEX_BITS = 40


def record(kind, payload):
    return kind + struct.pack(">I", len(payload)) + payload


def segment(database, ledger, since, checkpoint):
    """The entries of a ledger from `since` to the checkpoint's size, verbatim, with the small content that they brought."""
    until = int(checkpoint.split(b"\n")[1])
    rows = sqlite3.connect(database)
    text = MAGIC
    base = ledger << INDEX_BITS
    scope = (base + since, base + until)
    sql = "SELECT id, core, body_hash, salt, body FROM entries WHERE id >= ? AND id < ? ORDER BY id"
    for number, core, body_hash, salt, body in rows.execute(sql, scope):
        payload = struct.pack(">Q", number - base) + body_hash + struct.pack(">I", len(core)) + core
        text += record(b"E", payload + (salt + body if body is not None else b""))
    for number, data in rows.execute("SELECT id, data FROM contents WHERE id >= ? AND id < ? ORDER BY id", scope):
        text += record(b"C", struct.pack(">Q", number - base) + data)
    rows.close()
    text += record(b"H", checkpoint)
    return f"{since}-{until}", text + record(b"Z", hashlib.sha256(text).digest())


def checkpoints(centre, account):
    pair = base64.b64encode(f"{account.access_key_id}:{account.secret_access_key}".encode()).decode()
    national = http_get(f"{centre.web_url}/national/checkpoint")[2]
    vault = http_get(f"{centre.web_url}/ledgers/finances/vault/checkpoint", {"Authorization": f"Basic {pair}"})[2]
    return {0: national, 1: vault}


def size_of(database, ledger):
    rows = sqlite3.connect(database)
    (size,) = rows.execute("SELECT size FROM ledgers WHERE id = ?", (ledger,)).fetchone()
    rows.close()
    return size


def test_what_witnesses_saw_and_the_backup_lacks_comes_back(new_centre, tmp_path):
    centre = new_centre(AMANA_EPOCH_BUSY_S="0.1")
    witnesses = [Witness(centre, tmp_path, name) for name in WITNESSES]
    for witness in witnesses:
        centre.run("policy", "witness", "add", witness.name, witness.key, "--data", centre.data)
    centre.run("policy", "quorum", "2", "--data", centre.data)
    policy = shutil.copy(centre.policy, tmp_path / "gazette")
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    first = receipt_of(client.put_object(Bucket="kept", Key="a", Body=b"before"))

    def witnessed(receipt):
        def seen():
            for witness in witnesses:
                witness.visit(policy)
            return is_witnessed(centre, receipt, tmp_path / "receipt", policy)

        wait_until(seen, "it is witnessed")

    witnessed(first)
    centre.stop()
    backup = shutil.copytree(centre.data, tmp_path / "backup", ignore=shutil.ignore_patterns("*.sock"))
    centre.start(AMANA_EPOCH_BUSY_S="0.1")
    client.put_object(Bucket="kept", Key="b", Body=b"after the backup")
    last = receipt_of(client.put_object(Bucket="kept", Key="c", Body=b"the last one"))
    witnessed(last)
    signed = checkpoints(centre, finances)
    centre.kill()
    newer = centre.data.rename(tmp_path / "burnt")
    shutil.copytree(backup, centre.data)

    centre.start(AMANA_EPOCH_BUSY_S="0.1")
    shown = [witness.visit(policy, code=None).stderr for witness in witnesses]
    assert not centre.is_ready(), shown
    with pytest.raises(botocore.exceptions.ClientError):
        client.put_object(Bucket="kept", Key="d", Body=b"x")
    # A restart does not forget what was shown.
    centre.kill()
    centre.start(wait=False, AMANA_EPOCH_BUSY_S="0.1")
    wait_until(lambda: centre.answers("/healthz"), "it serves")
    assert not centre.is_ready()

    files = {}
    for ledger, checkpoint in signed.items():
        since = size_of(centre.data / "amana.db", ledger)
        name, text = segment(newer / "amana.db", ledger, since, checkpoint)
        files[ledger] = tmp_path / "ledgers" / str(ledger) / name
        files[ledger].parent.mkdir(parents=True)
        files[ledger].write_bytes(text)
    give = ("ledger", "give-back", "--data", centre.data, "--json")
    # Damage on the way is no history.
    bent = tmp_path / "bent" / "ledgers" / "1" / files[1].name
    bent.parent.mkdir(parents=True)
    bent.write_bytes(files[1].read_bytes().replace(b"after the backup", b"never said, ever"))
    centre.run(*give, bent, code=1)
    given = json.loads(centre.run(*give, files[0], code=None).stdout)
    assert given["ledgers"][0][1]["entries"] > 0 and not centre.is_ready()
    centre.run(*give, files[1])
    assert centre.is_ready()

    assert client.get_object(Bucket="kept", Key="b")["Body"].read() == b"after the backup"
    centre.receipt(last, tmp_path / "again")
    going_on = receipt_of(client.put_object(Bucket="kept", Key="d", Body=b"and on"))
    witnessed(going_on)
    centre.check()
