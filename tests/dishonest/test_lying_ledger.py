"""The operator rewrites the ledger, recomputes the tree, and signs it: everything fits but the institution's signatures, the
chain of each object's acts, and what was seen before."""

import pytest
from centre import wait_until
from expect import refused

from country import BUCKET, LATE, NOTICED_WITHIN_S, OBJECTS
from lies import acts_alone, filler, ledger_of
from operator_keys import Entry


def changed_statement(entry, change):
    return entry.with_json(statement=change(entry.json()["statement"]))


def other_digit(text, position):
    """One letter of hexadecimal or base64 becomes another one."""
    return text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]


def of_statement(entry):
    """A bit of the signed text: of the act's own number."""
    at = entry.json()["statement"].index("\nact ") + 5
    digit = entry.json()["statement"][at]
    return changed_statement(entry, lambda text: text[:at] + ("0" if digit != "0" else "1") + text[at + 1 :])


def of_signature(entry):
    return changed_statement(entry, lambda text: other_digit(text, len(text) - 30))


def of_envelope(entry):
    return entry.with_json(envelope=other_digit(entry.json()["envelope"], 100))


def of_envelopes_nonce(entry):
    return entry.with_json(envelope=other_digit(entry.json()["envelope"], 3))


def of_actor(entry):
    return entry.with_core(by="member:0123456789abcdef")


def unsigned(kind):
    """An act that nobody signed, on the sealed bucket."""

    def forged(history, late):
        bucket = history.sealed("bucket.create")[0]
        return history.and_then(Entry.made(kind, {"bucket": bucket}, {"bucket": BUCKET, "key": "note-a"}))

    return forged


def called_open(history, late):
    body = {"name": BUCKET, "mode": "open", "reason": "the operator says so", "region": None}
    return history.and_then(Entry.made("bucket.create", {}, body))


# What is done to the true history and to the entries `late` of it that the gateway doesn't know yet; the alarm; whether the
# evidence proves it to anybody, or is the gateway's testimony.
LIES = {
    "a bit of a statement": (lambda h, late: h.but(late[1], of_statement(h.entries[late[1]])), "bad-signature", "proven"),
    "a bit of a signature": (lambda h, late: h.but(late[1], of_signature(h.entries[late[1]])), "bad-signature", "proven"),
    "a bit of an envelope": (lambda h, late: h.but(late[1], of_envelope(h.entries[late[1]])), "bad-envelope", "testimony"),
    "a bit of its nonce": (
        lambda h, late: h.but(late[1], of_envelopes_nonce(h.entries[late[1]])),
        "bad-envelope",
        "testimony",
    ),
    "another actor": (lambda h, late: h.but(late[1], of_actor(h.entries[late[1]])), "bad-signature", "proven"),
    "a body erased": (lambda h, late: h.but(late[1], h.entries[late[1]].erased()), "unsigned-erasure", "testimony"),
    "an act doubled": (lambda h, late: h.and_then(h.entries[late[1]]), "broken-chain", "testimony"),
    "acts swapped": (
        lambda h, late: h.but(late[0], h.entries[late[1]]).but(late[1], h.entries[late[0]]),
        "broken-chain",
        "testimony",
    ),
    "an act left out": (lambda h, late: h.but(late[0]), "broken-chain", "testimony"),
    "an act left out, its place filled": (lambda h, late: h.but(late[0], filler()), "broken-chain", "testimony"),
    "envelopes swapped": (
        lambda h, late: h.but(late[1], h.entries[late[1]].with_json(envelope=h.entries[late[0]].json()["envelope"])),
        "bad-envelope",
        "testimony",
    ),
    "an unsigned deposit": (unsigned("object.put"), "unsigned-act", "proven"),
    "an unsigned deletion": (unsigned("object.delete"), "unsigned-act", "proven"),
    "a sealed bucket called open": (called_open, "called-open", "testimony"),
}


def late_of(country, history):
    """The entries that `early` has not followed."""
    return [index for index in history.sealed("object.put") if index >= country.early_size]


@pytest.mark.parametrize("what", LIES)
def test_it_is_noticed_that_there_is(what, country, history, operator, ministry):
    lie, code, finding = LIES[what]
    forged = lie(history, late_of(country, history))
    gateway = ministry("early", ledger_of(forged, operator))
    alarm, evidence = gateway.notices(code)
    _, verdict, said = country.judge(evidence)
    assert verdict["claim"] == code and finding in (None, verdict["finding"]), said
    # Nothing more is taken, and nothing that came with the lie is served.
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the alarm")
    assert gateway.status()["vouched_age_s"] is None


def test_texts_that_are_not_those_of_the_tree(country, history, operator, ministry):
    """Core or body differ from what was hashed: no key is needed to see it."""
    at = late_of(country, history)[1]

    def other_core(act):
        return act | {"core": act["core"].replace("sealed.act", "sealed.acT")} if act["index"] == at else act

    def other_body(act):
        if act["index"] != at:
            return act
        return act | {"body": act["body"] | {"text": act["body"]["text"] + " "}}

    for told in (other_core, other_body):
        gateway = ministry("early", acts_alone(history, operator, told))
        _, evidence = gateway.notices("changed-entry")
        assert country.judge(evidence)[1]["claim"] == "changed-entry"


def test_it_stays_stopped_until_people_saw_to_it_and_then_goes_on(country, history, operator, ministry):
    forged = unsigned("object.delete")(history, None)
    gateway = ministry("early", ledger_of(forged, operator))
    gateway.notices("unsigned-act")
    # What was verified before can be read all the same.
    assert gateway.read("note-a") == OBJECTS["note-a"]
    gateway.line.lie = None
    gateway.stop()
    # Telling the truth again doesn't undo what was shown.
    gateway.start(healthy=False)
    assert "unsigned-act" in gateway.alarms() and not gateway.is_ready()
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the alarm")
    kept = gateway.people_saw_to_it()
    gateway.start()
    assert not gateway.alarms()
    for key in ("late/second", "note-a"):
        assert gateway.read(key) == (OBJECTS | LATE)[key]
    assert country.judge(next(kept.glob("*.txt")))[1]["finding"] == "proven"


# --- A gateway that knows the ledger -----------------------------------------------------------------------------------

SEEN = {
    # An old version is the newest again, or an object is hidden: the acts of since are gone.
    "fewer entries": (lambda h: h.until(len(h.entries) - 2), "rollback", "testimony"),
    "the last entry is another one": (lambda h: h.but(len(h.entries) - 1, filler()), "fork", "proven"),
    "an object hidden, and more after it": (
        lambda h: h.but(h.sealed("object.put")[0], filler()).and_then(filler()),
        "fork",
        "proven",
    ),
    "two acts in another order": (
        lambda h: (
            h.but(h.sealed("object.put")[1], h.entries[h.sealed("object.put")[2]])
            .but(h.sealed("object.put")[2], h.entries[h.sealed("object.put")[1]])
            .and_then(filler(), filler())
        ),
        "fork",
        "proven",
    ),
}


@pytest.mark.parametrize("what", SEEN)
def test_who_knows_the_ledger_notices_that(what, country, history, operator, ministry):
    change, code, finding = SEEN[what]
    gateway = ministry("gateway", ledger_of(change(history), operator))
    _, evidence = gateway.notices(code)
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == (code, finding), said
    # It serves what it knows: neither the old version, nor a listing without the object.
    assert gateway.read("small-a") == b"small-a, rewritten"
    listed = {one["Key"] for one in gateway.client().list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert listed >= OBJECTS.keys() | LATE.keys()


# --- A new machine, which has nothing but the keys and the policy ------------------------------------------------------


def spoken_of(history):
    """The entries that a later deposit names as its predecessor."""
    acts = [history.entries[index].statement() for index in history.sealed("object.put")]
    return {head for act in acts for _, head in act["touch"]}


def test_a_new_machine_serves_the_truth(ministry):
    gateway = ministry("gateway", fresh=True)
    listed = {one["Key"] for one in gateway.client().list_objects_v2(Bucket=BUCKET)["Contents"]}
    assert listed >= OBJECTS.keys() | LATE.keys()
    assert gateway.read("small-a") == b"small-a, rewritten"


def test_a_new_machine_notices_what_a_later_act_speaks_of(country, history, operator, ministry):
    """The first version of an object is left out; the second names it."""
    first = next(index for index in history.sealed("object.put") if str(index) in spoken_of(history))
    gateway = ministry("gateway", ledger_of(history.but(first, filler()), operator), fresh=True)
    _, evidence = gateway.notices("broken-chain")
    assert country.judge(evidence)[1]["claim"] == "broken-chain"


def test_a_new_machine_can_not_vouch_for_a_history_that_no_witness_saw(country, history, operator, ministry):
    """An object that no later act speaks of is left out, and nothing else: no chain breaks. But the witnesses' word is of
    another root, and without it nothing is vouched for."""
    hidden = next(index for index in reversed(history.sealed("object.put")) if str(index) not in spoken_of(history))
    forged = history.but(hidden, filler())
    gateway = ministry("gateway", ledger_of(forged, operator), fresh=True, healthy=False)
    wait_until(lambda: gateway.status()["followed"] == len(forged.entries), "it is followed", NOTICED_WITHIN_S)
    status = gateway.status()
    assert status["vouched_age_s"] is None and status["witnessed"] is None
    # As soon as the truth is shown beside it, the operator is convicted: by its own two signatures.
    gateway.line.lie = None
    _, evidence = gateway.notices("fork")
    assert country.judge(evidence)[1]["finding"] == "proven"
