"""Damage on the disk is an error that names what is damaged, never wrong bytes."""

import http.client
import sqlite3

import botocore.exceptions
import pytest
import urllib3.exceptions

from centre import receipt_of
from damaged import Damaged
from deposits import body_of

BROKEN = (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, http.client.HTTPException)
BROKEN += (urllib3.exceptions.HTTPError, OSError)
LARGE_BYTES = 1_000_000
# The number of an entry is its ledger's, shifted by this, and its index.
INDEX_BITS = 40


@pytest.fixture
def finances(new_centre):
    """An institution with one small and one large object, and its centre stopped."""
    centre = new_centre()
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    finances.small = receipt_of(client.put_object(Bucket="kept", Key="small one", Body=b"small content"))
    finances.large = receipt_of(client.put_object(Bucket="kept", Key="large one", Body=body_of("large", LARGE_BYTES)))
    client.put_object(Bucket="kept", Key="whole", Body=b"whole")
    centre.stop()
    centre.check()
    return finances


def the_blob(centre):
    (blob,) = [file for file in (centre.data / "blobs").rglob("*") if file.is_file()]
    return blob


def flip(file, position):
    with open(file, "r+b") as bytes_:
        bytes_.seek(position)
        byte = bytes_.read(1)[0]
        bytes_.seek(position)
        bytes_.write(bytes([byte ^ 1]))


def rows(centre, *statement):
    """Changes rows behind the server's back."""
    with sqlite3.connect(centre.data / "amana.db") as connection:
        changed = connection.execute(*statement).rowcount
    connection.close()
    assert changed == 1, f"{changed} rows changed by {statement}"


def read(account, key, **given):
    return account.client().get_object(Bucket="kept", Key=key, **given)["Body"].read()


def assert_named(centre, *names):
    """`amana check` fails and names each of these."""
    said = centre.check(code=1)
    text = said.stdout + said.stderr
    for name in names:
        assert name in text, f"{name} is not named in:\n{text}"


@pytest.mark.parametrize("position", [0, 262_144, LARGE_BYTES - 1])
def test_a_bit_of_a_blob(finances, position):
    centre = finances.centre
    blob = the_blob(centre)
    flip(blob, position)
    assert_named(centre, blob.name, "large one")
    centre.start()
    with pytest.raises(BROKEN):
        read(finances, "large one")
    assert "large one" in centre.log() or blob.name in centre.log()
    assert read(finances, "whole") == b"whole"
    # Chunks that are whole are still read.
    first, last = (600_000, 700_000) if position < 600_000 else (0, 100_000)
    expected = body_of("large", LARGE_BYTES)[first : last + 1]
    assert read(finances, "large one", Range=f"bytes={first}-{last}") == expected
    # Brought back, it is read again: nothing was thrown away.
    flip(blob, position)
    assert read(finances, "large one") == body_of("large", LARGE_BYTES)
    centre.check()


def test_a_blob_cut_short_lengthened_or_gone(finances):
    centre = finances.centre
    blob = the_blob(centre)
    whole = blob.read_bytes()
    centre.start()
    for damaged in (whole[:-1], whole + b"x", None):
        blob.write_bytes(damaged) if damaged is not None else blob.unlink()
        with pytest.raises(BROKEN):
            read(finances, "large one")
        assert_named(centre, blob.name, "large one")
    blob.write_bytes(whole)
    assert read(finances, "large one") == whole
    centre.check()


def test_a_small_content_changed(finances):
    centre = finances.centre
    rows(centre, "UPDATE contents SET data = ? WHERE data = ?", (b"forged content", b"small content"))
    assert_named(centre, "small one")
    centre.start()
    with pytest.raises(BROKEN):
        read(finances, "small one")
    assert read(finances, "whole") == b"whole"


def test_a_small_content_removed(finances):
    rows(finances.centre, "DELETE FROM contents WHERE data = ?", (b"small content",))
    assert_named(finances.centre, "small one")
    finances.centre.start()
    with pytest.raises(BROKEN):
        read(finances, "small one")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET core = CAST(replace(core, 'by', 'bY') AS BLOB) WHERE id = ?",
        "UPDATE entries SET body_hash = zeroblob(32) WHERE id = ?",
        "UPDATE entries SET body = CAST('{}' AS BLOB) WHERE id = ?",
        "UPDATE entries SET body = NULL, salt = NULL WHERE id = ?",
        "DELETE FROM entries WHERE id = ?",
    ],
    ids=["core", "body hash", "body", "body erased by nobody", "entry removed"],
)
def test_an_entry_changed(finances, change):
    centre = finances.centre
    index = int(finances.small.rsplit("/", 1)[1])
    with sqlite3.connect(centre.data / "amana.db") as connection:
        (ledger,) = connection.execute("SELECT id FROM ledgers WHERE name = 'finances/vault'").fetchone()
    connection.close()
    rows(centre, change, (ledger << INDEX_BITS | index,))
    assert_named(centre, f"entry {index} of finances/vault")


def test_pages_anywhere(tmp_path):
    outcomes = Damaged(tmp_path).run(seed=1, cases=15)
    assert outcomes["named"] + outcomes["refused"] >= 8, f"most damage is seen: {outcomes}"


def test_a_view_that_says_otherwise(finances):
    centre = finances.centre
    with sqlite3.connect(centre.data / "amana.db") as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")] for name in names}
    connection.close()
    (table,) = [name for name in names if "key" in columns[name] and "size" in columns[name]]
    rows(centre, f"UPDATE {table} SET size = size + 1 WHERE key IN ('whole', CAST('whole' AS BLOB))")
    said = centre.run("check", "--rebuild", "--data", centre.data, code=1)
    assert "whole" in said.stdout + said.stderr
