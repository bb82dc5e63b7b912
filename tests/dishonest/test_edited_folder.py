"""The operator edits rows and files behind its own server's back."""

import botocore.exceptions
import pytest
from centre import Centre

from country import LARGE_BYTES, OBJECTS, QUICK, copy_data
from operator_keys import INDEX_BITS, History, read_rows, rows


@pytest.fixture
def edited(country, tmp_path):
    """A stopped data centre, to be edited."""
    copy_data(country.data, tmp_path / "data")
    centre = Centre(tmp_path / "data")
    yield centre
    centre.kill()


EDITS = {
    "a slot forgotten": ("sealed_slots", "DELETE FROM {} WHERE entry = (SELECT max(entry) FROM {})"),
    "a slot's head moved": ("sealed_slots", "UPDATE {} SET entry = entry - 1 WHERE entry = (SELECT max(entry) FROM {})"),
    "a piece left out": ("sealed_pieces", "DELETE FROM {} WHERE entry = (SELECT min(entry) FROM {})"),
    "pieces swapped": ("sealed_pieces", "UPDATE {} SET blob = (SELECT max(blob) FROM {}) WHERE blob IS NOT NULL"),
    "a member's rights": ("members", "UPDATE {} SET admin = 1 - admin"),
    "a bucket's settings": ("sealed_buckets", "UPDATE {} SET settings = settings + 1"),
}


@pytest.mark.parametrize("what", EDITS)
def test_check_names_the_view_with(what, edited):
    view, statement = EDITS[what]
    assert rows(edited.data, statement.replace("{}", view)) >= 1
    said = edited.check(code=1)
    assert view in said.stdout + said.stderr


def entry_of(data, index):
    """The row of an entry of the ministry's ledger."""
    ((ledger,),) = read_rows(data, "SELECT id FROM ledgers WHERE name = 'finances/vault'")
    return ledger << INDEX_BITS | index


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET body = NULL, salt = NULL WHERE id = ?",
        "UPDATE entries SET body = CAST(replace(body, 'envelope', 'envelopE') AS BLOB) WHERE id = ?",
        "DELETE FROM entries WHERE id = ?",
    ],
    ids=["a body erased", "a body changed", "an entry removed"],
)
def test_check_names_the_entry_with(change, edited):
    index = History.of(edited.data).sealed("object.put")[2]
    assert rows(edited.data, change, entry_of(edited.data, index)) == 1
    assert f"entry {index} of finances/vault" in edited.check(code=1).stdout


def test_check_names_the_epochs_entries_with_a_core_changed(edited):
    """Nothing else commits to a core: of the entries that came in one epoch, however many those were, one was changed."""
    index = History.of(edited.data).sealed("object.put")[2]
    change = "UPDATE entries SET core = CAST(replace(core, 'member:', 'membeR:') AS BLOB) WHERE id = ?"
    assert rows(edited.data, change, entry_of(edited.data, index)) == 1
    heads = "SELECT h.size FROM epoch_heads AS h JOIN ledgers ON id = ledger WHERE name = 'finances/vault'"
    sizes = [size for (size,) in read_rows(edited.data, heads)]
    first = max((size for size in sizes if size <= index), default=0)
    last = min(size for size in sizes if size > index) - 1
    assert f"one of {first} to {last} changed" in edited.check(code=1).stdout


def test_a_sealed_bucket_is_made_open_in_the_rows(elsewhere):
    """The honest binary then takes an unsigned act on it; the gateway sees that, and proves it."""
    country = elsewhere()
    assert rows(country.data, "UPDATE buckets SET mode = ? WHERE name = 'dossiers'", "open") == 1
    rows(country.data, "DELETE FROM sealed_buckets")
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    country.hosted().put_object(Bucket="dossiers", Key="planted", Body=b"by the operator")
    _, evidence = gateway.notices("unsigned-act")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("unsigned-act", "proven"), said
    assert gateway.client().list_objects_v2(Bucket="dossiers", Prefix="planted")["KeyCount"] == 0


def test_the_honest_binary_refuses_plain_acts_on_a_sealed_bucket(country):
    client = country.hosted()
    for ask in (
        lambda: client.put_object(Bucket="dossiers", Key="k", Body=b"x"),
        lambda: client.get_object(Bucket="dossiers", Key="note-a"),
        lambda: client.list_objects_v2(Bucket="dossiers"),
        lambda: client.delete_object(Bucket="dossiers", Key="note-a"),
    ):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            ask()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_ciphertext_is_edited_on_the_disk(elsewhere):
    """The honest server doesn't give it out, `amana check` names it, and the gateway tells which piece is missing."""
    country = elsewhere()
    blobs = [file for file in (country.data / "blobs").rglob("*") if file.is_file()]
    large = [file for file in blobs if LARGE_BYTES < file.stat().st_size < LARGE_BYTES + 1000]
    contents = [file.read_bytes() for file in large]
    # Two objects of one size change places.
    large[0].write_bytes(contents[1])
    large[1].write_bytes(contents[0])
    said = country.centre.check(code=1)
    assert large[0].name in said.stdout + said.stderr
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    for key in ("note-a", "note-b"):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            gateway.read(key)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    large[0].write_bytes(contents[0])
    large[1].write_bytes(contents[1])
    assert gateway.read("note-a") == OBJECTS["note-a"] and gateway.read("note-b") == OBJECTS["note-b"]
