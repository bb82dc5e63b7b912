"""The operator wants to be let in: by a keyring of its own making, by an official that it appoints, by an old keyring."""

import base64
import os

import pytest
from centre import wait_until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from expect import refused

from country import NOTICED_WITHIN_S, OBJECTS, QUICK, run
from institution import Custodians, as_body, bundled, member_id, next_lines, signed
from lies import KEYRING, ledger_of
from line import plain
from operator_keys import Entry, History, Operator, b64, key_id, public_of


@pytest.fixture(scope="session")
def bundle(history):
    return history.entries[history.index_of("keyring.publish")].json()


@pytest.fixture(scope="session")
def intruder():
    return Ed25519PrivateKey.generate()


def entry_of(bundle, number):
    return Entry.made("keyring.publish", {"number": number}).with_body(as_body(bundle))


def with_intruder(bundle, intruder, role="member", kind="official"):
    """The operator's own member, with the recipient and the file of the root: nobody looks into them before the signature."""
    recipient, file = bundle["recipients"]["root"], base64.b64decode(bundle["files"]["root"])
    member = (member_id(intruder), role, kind, "director", intruder, recipient, file)
    beside = {"recipients": {member[0]: recipient}, "files": {member[0]: bundle["files"]["root"]}}
    return member, beside


def own_member(bundle, intruder):
    """Signed by the member that it takes in."""
    member, beside = with_intruder(bundle, intruder, "admin")
    return bundled(bundle, signed(next_lines(bundle, [member]), {member[0]: intruder}), **beside)


def own_root(bundle, intruder):
    """Under a root of the operator's."""
    member, beside = with_intruder(bundle, intruder)
    root = next(line for line in bundle["keyring"].split("\n") if line.startswith("root ")).split(" ")
    lines = next_lines(bundle, [member], root=f"{b64(public_of(intruder))} {root[2]}")
    return bundled(bundle, signed(lines, {"root": intruder}), **beside)


def roots_old_signature(bundle, intruder):
    """With the root's signature of the keyring before."""
    member, beside = with_intruder(bundle, intruder)
    old = next(line for line in bundle["keyring"].split("\n") if line.startswith("\u2014 root "))
    text = "\n".join(next_lines(bundle, [member])) + "\n\n" + old + "\n"
    return bundled(bundle, text, **beside)


def without_a_member(bundle, intruder):
    """The ministry's own gateway is put out."""
    out = [word for word in bundle["recipients"] if word != "root"]
    return bundled(bundle, signed(next_lines(bundle, without=out), {"root": intruder}), without=out)


def other_recipient(bundle, intruder):
    """The text is the true one; beside it stands the operator's own recipient, for the next rotation to seal to."""
    member = next(word for word in bundle["recipients"] if word != "root")
    return bundle | {"recipients": bundle["recipients"] | {member: bundle["recipients"]["root"]}}


FORGERIES = [own_member, own_root, roots_old_signature, without_a_member, other_recipient]


@pytest.mark.parametrize("forge", FORGERIES)
def test_a_forged_keyring(forge, bundle, intruder, country, history, operator, ministry):
    forged = history.and_then(entry_of(forge(bundle, intruder), 2))
    gateway = ministry("gateway", ledger_of(forged, operator))
    _, evidence = gateway.notices("forged-keyring")
    assert country.judge(evidence)[1]["claim"] == "forged-keyring"
    assert gateway.status()["keyring"] == 1
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the forgery")


def test_an_official_whom_the_operator_appoints_before_a_rotation(elsewhere, intruder):
    """He stands in the operator's books, and in no keyring: what he signs is nothing to a gateway."""
    country = elsewhere()
    country.centre.start(**QUICK)
    vkey = vkey_of(intruder, "finances.example/director")
    run(
        "official",
        "add",
        "--role",
        "director",
        "--institution",
        "finances",
        "--key",
        vkey,
        "director",
        "--data",
        country.data,
    )
    gateway = country.gateway().start()
    assert gateway.read("note-a") == OBJECTS["note-a"] and not gateway.alarms()
    history, operator = History.of(country.data), Operator(country.data)
    gateway.line.lie = ledger_of(history.and_then(act_signed_by(intruder, history)), operator)
    _, evidence = gateway.notices("unknown-member")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("unknown-member", "proven"), said


def vkey_of(key, name):
    public = public_of(key)
    return f"{name}+{key_id(name, 1, public).hex()}+{b64(bytes([1]) + public)}"


def act_signed_by(key, history, keyring=1):
    """The newest deposit again, in the name of another member."""
    old = history.entries[history.sealed("object.put")[-1]]
    member = member_id(key)
    changed = {"member": member, "keyring": str(keyring), "act": os.urandom(8).hex()}
    lines = old.json()["statement"].partition("\n\n")[0].split("\n")
    lines = [f"{word} {changed[word]}" if (word := line.split(" ")[0]) in changed else line for line in lines]
    text = "\n".join(lines) + "\n\n"
    statement = f"{text}\u2014 {member} {b64(key.sign(text.encode()))}\n"
    return old.with_core(by=f"member:{member}").with_json(statement=statement)


# --- A revocation, and the keyring from before it ----------------------------------------------------------------------


@pytest.fixture(scope="session")
def revoked(country, bundle, tmp_path_factory):
    """Keyrings 2 and 3 of the ministry's custodians: 2 takes a second machine in, 3 puts it out. With that machine's key."""
    custodians = Custodians(country.folder / "pages", tmp_path_factory.mktemp("root"))
    thief = Ed25519PrivateKey.generate()
    second = custodians.next(bundle, member=thief)
    third = custodians.next(second, without=[member_id(thief)])
    return second, third, thief


def test_a_keyring_from_before_a_revocation(revoked, country, history, operator, ministry):
    """Brought back in the ledger, it is out of its order; and what the revoked machine signs after it counts for nothing."""
    second, third, thief = revoked
    after = history.and_then(entry_of(second, 2), entry_of(third, 3))
    gateway = ministry("gateway", ledger_of(after, operator), healthy=False)
    wait_until(lambda: gateway.status()["keyring"] == 3, "the genuine keyrings are taken", NOTICED_WITHIN_S)
    assert not gateway.alarms() and gateway.read("note-a") == OBJECTS["note-a"]

    gateway.line.lie = ledger_of(after.and_then(entry_of(second, 2)), operator)
    _, evidence = gateway.notices("forged-keyring")
    assert country.judge(evidence)[1]["claim"] == "forged-keyring" and gateway.status()["keyring"] == 3


@pytest.mark.parametrize("number", [2, 3])
def test_an_act_of_a_revoked_machine(number, revoked, country, history, operator, ministry):
    second, third, thief = revoked
    after = history.and_then(entry_of(second, 2), entry_of(third, 3))
    gateway = ministry("gateway", ledger_of(after.and_then(act_signed_by(thief, after, number)), operator))
    _, evidence = gateway.notices("unknown-member")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("unknown-member", "proven"), said


def test_an_old_keyring_where_the_newest_is_asked_for(revoked, bundle, history, operator, ministry):
    """The newest keyring is that of the followed ledger, whatever this answer says."""
    second, third, _ = revoked
    ledger = ledger_of(history.and_then(entry_of(second, 2), entry_of(third, 3)), operator)
    gateway = ministry("gateway", lambda r, ask: plain(as_body(bundle).encode()) if r.path == KEYRING else ledger(r, ask))
    wait_until(lambda: gateway.status()["keyring"] == 3, "the newest keyring is in force", NOTICED_WITHIN_S)
    assert not gateway.alarms()


@pytest.mark.parametrize("forge", [own_member, own_root, roots_old_signature])
def test_a_rotation_does_not_seal_to_whom_the_operator_took_in(forge, bundle, intruder, ministry):
    """A rotation builds on the newest keyring, and asks the data centre for it. A forged one is refused, and nothing is sent."""
    gateway = ministry("gateway")
    gateway.stop()
    forged = as_body(forge(bundle, intruder)).encode()
    gateway.line.lie = lambda request, ask: plain(forged) if request.path == KEYRING else ask(request)
    run("keys", "rotate", "--data", gateway.folder, code=1, **gateway.environment)
    assert gateway.line.asked("GET", KEYRING) and not gateway.line.asked("POST", KEYRING)
