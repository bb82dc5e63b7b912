"""The institution has the body of an act erased, under an admin's signature; the operator tries it without."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from expect import refused

from country import BUCKET, LATE, OBJECTS, QUICK, run
from lies import UNDER, ledger_of
from line import plain
from operator_keys import LEDGER, Entry, History, b64, note

NAME = "personnel/licenciement du directeur.odt"


def erase(gateway, receipt, code=0):
    words = ("gateway", "erase", receipt, "--reason", "judgement 12 of 2026", "--data", gateway.folder, "--json")
    return run(*words, code=code)


def listed(gateway):
    """All versions and markers that a client sees."""
    found = gateway.client().list_object_versions(Bucket=BUCKET)
    told = found.get("Versions", []) + found.get("DeleteMarkers", [])
    return sorted((one["Key"], one["VersionId"], one["IsLatest"], one.get("ETag", "")) for one in told)


def version_of(gateway, key):
    return gateway.client().head_object(Bucket=BUCKET, Key=key)["VersionId"]


def test_the_act_of_a_deleted_version_is_erased(elsewhere):
    """Its name goes for good; an object whose later versions stand, and all else, is there on a machine that never saw it."""
    country = elsewhere()
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    erased = []
    for key, later in ((NAME, None), ("note-c", b"the second version")):
        receipt = gateway.put(key, b"the first version")
        first = version_of(gateway, key)
        if later:
            gateway.put(key, later)
        # What stands isn't erased: the data centre can't see that, and the gateway can.
        assert "still stands" in erase(gateway, receipt, code=1).stderr
        gateway.client().delete_object(Bucket=BUCKET, Key=key, VersionId=first)
        told = json.loads(erase(gateway, receipt).stdout)
        assert told["erased"] == receipt
        erased.append((int(receipt.rsplit("/", 1)[1]), int(told["receipt"].rsplit("/", 1)[1])))
        assert "no body any more" in erase(gateway, receipt, code=1).stderr
    # A bucket that is gone, with all that was in it: of its making, nothing is left to be told.
    client = gateway.client()
    client.create_bucket(Bucket="dissolved-office")
    client.put_object(Bucket="dissolved-office", Key="k", Body=b"v")
    client.delete_object(Bucket="dissolved-office", Key="k")
    making = History.of(country.data).sealed("bucket.create")[-1]
    assert "still stands" in erase(gateway, f"{LEDGER}/{making}", code=1).stderr
    client.delete_bucket(Bucket="dissolved-office")
    told = json.loads(erase(gateway, f"{LEDGER}/{making}").stdout)
    erased.append((making, int(told["receipt"].rsplit("/", 1)[1])))

    entries = History.of(country.data).entries
    for index, by in erased:
        assert entries[index].body is None and entries[by].kind == "body.erase"
        assert json.loads(entries[by].core)["by"].startswith("member:")
    country.centre.check()
    before = listed(gateway)
    assert not gateway.alarms() and NAME not in {key for key, *_ in before}

    gateway.stop()
    gateway.forget_index()
    gateway.start().settled(country.size())
    assert not gateway.alarms() and listed(gateway) == before
    assert gateway.read("note-c") == b"the second version"
    for key in ("note-a", "late/second"):
        assert gateway.read(key) == (OBJECTS | LATE)[key]
    # It works on with those objects, and erases what came after the erased act.
    gateway.put(NAME, b"another matter")
    second = version_of(gateway, "note-c")
    gateway.put("note-c", b"the third version")
    gateway.client().delete_object(Bucket=BUCKET, Key="note-c", VersionId=second)
    (third,) = [version for key, version, *_ in listed(gateway) if key == "note-c"]
    assert gateway.read("note-c", VersionId=third) == b"the third version"
    country.centre.check()


def forged_request(history, index):
    """A note as an admin signs it, by a key that stands in no keyring."""
    entry = history.entries[index]
    origin = next(json.loads(e.body)["statement"] for e in history.entries if e.kind == "sealed.act").split("\n")[1]
    text = f"amana/erase/v1\n{origin.split(' ')[1]}\n{index}\n{b64(entry.body_hash)}\n"
    return note(text, "0123456789abcdef", Ed25519PrivateKey.generate())


def erasure(history, index):
    body = {"request": forged_request(history, index), "reason": "tidying up"}
    return Entry.made("body.erase", {"erases": index}, body)


@pytest.mark.parametrize("of", ["early", "gateway"])
def test_the_operator_erases_on_its_own_word(of, country, history, operator, ministry):
    """With an act that says so, whose request no admin signed. Also for a gateway that has seen what was erased."""
    index = history.sealed("object.put")[-1]
    forged = history.but(index, history.entries[index].erased()).and_then(erasure(history, index))
    gateway = ministry(of, ledger_of(forged, operator))
    _, evidence = gateway.notices("unsigned-erasure")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("unsigned-erasure", "testimony"), said
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the alarm")


def test_an_erasure_is_announced_and_never_recorded(country, history, operator, ministry):
    """The body is gone, and the act that is said to erase it stands beyond the signed head, for ever."""
    index = history.sealed("object.put")[-1]
    forged = history.but(index, history.entries[index].erased())
    announced, honest = forged.and_then(erasure(history, index)), ledger_of(forged, operator)

    def lie(request, ask):
        path = request.path.removeprefix(UNDER)
        if request.method == "GET" and path.startswith("acts/") and path != request.path:
            return plain(announced.get(path, operator))
        return honest(request, ask)

    gateway = ministry("early", lie)
    _, evidence = gateway.notices("unsigned-erasure")
    assert country.judge(evidence)[1]["finding"] == "testimony"
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the alarm")


def test_a_ledger_is_named(elsewhere):
    country = elsewhere()
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    named = {f"{LEDGER}/0": "no act of a sealed bucket", "justice/vault/3": "gateway of finances", "3": "LEDGER/INDEX"}
    for wrong, why in named.items():
        assert why in erase(gateway, wrong, code=1).stderr
