"""The operator answers without end, acknowledges what it doesn't record, and keeps one gateway in the past."""

import json
import time

import botocore.exceptions
import pytest
from centre import http_get, wait_until
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from expect import refused

from country import NOTICED_WITHIN_S, OBJECTS, WITNESSES, Gateway, copy_gateway
from lies import ACTS, PIECES, UNDER, acknowledged_only, endless, filler, handed_in, ledger_of
from line import plain
from operator_keys import History, Operator, b64, key_id, public_of

HEAD = b"HTTP/1.1 200 OK\r\n"
MAX_GROWTH_BYTES = 64 * 1024 * 1024

BOMBS = {
    "a header line without end": lambda: endless(HEAD, b"x-bomb: "),
    "headers without end": lambda: endless(HEAD, then=b"x-bomb: boom\r\n" * 300),
    "a status line without end": lambda: endless(b"HTTP/1.1 200 "),
    "many headers": lambda: iter([HEAD, b"x-bomb: boom\r\n" * 200, b"content-length: 0\r\n\r\n"]),
    "a body without end": lambda: endless(HEAD, b"\r\n"),
    "chunks without end": lambda: endless(
        HEAD, b"transfer-encoding: chunked\r\n\r\n", then=b"1000\r\n" + b"x" * 4096 + b"\r\n"
    ),
    "chunk sizes without end": lambda: endless(HEAD, b"transfer-encoding: chunked\r\n\r\n", then=b"1" * 4096),
    "a body of any length": lambda: endless(HEAD, b"content-length: 18446744073709551615\r\n\r\n"),
    "two lengths": lambda: iter([HEAD, b"content-length: 5\r\ncontent-length: 6\r\n\r\nhello!"]),
    "no HTTP at all": lambda: iter([b"\x00\xff" * 1000]),
    "nothing": lambda: iter([]),
    "nested JSON": lambda: iter([HEAD, b"content-length: 60000\r\n\r\n" + b"[" * 60_000]),
}


@pytest.fixture(scope="module")
def gateway(country):
    """One gateway for all bombs: none of them may leave anything behind."""
    folder = country.folder / "bombed"
    copy_gateway(country.folder / "gateway", folder)
    gateway = Gateway(folder, country.centre.web_port)
    gateway.key = country.key
    yield gateway.start()
    gateway.kill()


def rss_bytes(gateway):
    with open(f"/proc/{gateway.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


@pytest.mark.parametrize("what", BOMBS)
def test_a_bomb_instead_of_content(what, gateway):
    before = rss_bytes(gateway)
    gateway.line.lie = lambda request, ask: BOMBS[what]() if request.path.startswith(PIECES) else ask(request)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        gateway.read("note-a", Range=f"bytes=0-{1000 + len(what)}")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert rss_bytes(gateway) - before < MAX_GROWTH_BYTES
    gateway.line.lie = None
    assert gateway.read("note-a") == OBJECTS["note-a"]


@pytest.mark.parametrize("what", ["headers without end", "a body without end", "nested JSON"])
def test_a_bomb_instead_of_the_ledger(what, gateway):
    before = rss_bytes(gateway)
    gateway.line.lie = lambda request, ask: BOMBS[what]() if request.path.startswith(UNDER) else ask(request)
    trouble = wait_until(lambda: gateway.status()["trouble"], "the gateway says what is wrong", NOTICED_WITHIN_S)
    assert "/ledgers/finances/vault/checkpoint" in trouble or "ledger" in trouble
    assert not gateway.is_ready() and rss_bytes(gateway) - before < MAX_GROWTH_BYTES
    assert not gateway.alarms(), "who answers nonsense is no forger"
    gateway.line.lie = None
    gateway.settled()


def test_a_bomb_for_a_page_of_acts(country, operator, ministry):
    """Under a genuine checkpoint of a longer ledger, a page of acts that is larger than any. What was signed binds: the
    gateway goes on with the same ledger, and would take a shorter one for a rollback."""
    gateway = ministry("gateway")
    longer = History.of(country.data).and_then(filler())

    def bomb():
        return endless(HEAD, b"\r\n" + b'{"acts":[', then=b" " * 65536)

    lie = ledger_of(longer, operator)
    before = rss_bytes(gateway)
    gateway.line.lie = lambda request, ask: bomb() if request.path.startswith(f"{UNDER}acts/") else lie(request, ask)
    trouble = wait_until(lambda: gateway.status()["trouble"], "the gateway says what is wrong", NOTICED_WITHIN_S)
    assert "/acts/" in trouble and not gateway.is_ready()
    assert rss_bytes(gateway) - before < MAX_GROWTH_BYTES
    assert not gateway.alarms(), "who answers nonsense is no forger"
    gateway.line.lie = lie
    gateway.settled(len(longer.entries))
    assert not gateway.alarms()


def test_a_head_that_was_shown_binds_after_a_crash(country, operator, ministry):
    """The gateway dies between seeing a longer ledger and following it. The shorter one that it is shown then is less than
    what was signed."""
    gateway = ministry("gateway")
    lie = ledger_of(History.of(country.data).and_then(filler()), operator)
    nothing = plain(b"", status=503)
    before = len(gateway.line.asked("GET", f"{UNDER}acts/"))
    gateway.line.lie = lambda request, ask: nothing if request.path.startswith(f"{UNDER}acts/") else lie(request, ask)
    wait_until(
        lambda: len(gateway.line.asked("GET", f"{UNDER}acts/")) > before, "it begins to follow", NOTICED_WITHIN_S
    )
    gateway.die()
    gateway.line.lie = None
    gateway.start(healthy=False)
    _, evidence = gateway.notices("rollback")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("rollback", "testimony"), said


# --- Acknowledgements --------------------------------------------------------------------------------------------------


def test_it_acknowledges_and_then_denies(elsewhere):
    """The ledger has another act where the acknowledged one should stand: the signature on the acknowledgement convicts."""
    country = elsewhere()
    country.centre.start(AMANA_EPOCH_BUSY_S="0.1")
    gateway = country.gateway().start()
    before, operator = History.of(country.data), Operator(country.data)
    gateway.line.lie = ledger_of(before, operator)
    gateway.put("denied", b"the deposit that was acknowledged")
    gateway.line.lie = ledger_of(before.and_then(filler()), operator)
    _, evidence = gateway.notices("denied-ack")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("denied-ack", "proven"), said
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the denial")


def test_it_acknowledges_and_records_nothing(country, operator, ministry):
    """The acknowledgement names an entry that the next checkpoint doesn't reach."""
    gateway = ministry("gateway")
    truth = History.of(country.data)
    gateway.line.lie = acknowledged_only(truth, operator)
    gateway.put("never recorded", b"acknowledged, and nothing else")
    assert handed_in(gateway.line)
    _, evidence = gateway.notices("denied-ack", "rollback")
    _, verdict, said = country.judge(evidence)
    assert verdict["finding"] in ("proven", "testimony"), said
    with refused("ServiceUnavailable", 503):
        gateway.put("after", b"the denial")


def test_it_acknowledges_with_a_signature_that_is_not_its_own(gateway, country, operator):
    """Such an answer is none: the act is handed in again until the ledger tells what became of it."""
    lie = acknowledged_only(History.of(country.data), operator)
    told = []

    def unsigned(request, ask):
        if request.method == "POST" and request.path == ACTS and not told:
            told.append(request)
            answer = lie(request, ask)
            return answer.with_body(answer.body.replace(b"amana.ack/v1", b"amana.acK/v1"))
        return ask(request)

    gateway.line.lie = unsigned
    gateway.put("handed in twice", b"once recorded")
    gateway.line.lie = None
    assert told and gateway.read("handed in twice") == b"once recorded"
    assert len(gateway.client().list_object_versions(Bucket="dossiers", Prefix="handed in twice")["Versions"]) == 1


# --- Time --------------------------------------------------------------------------------------------------------------


def cosigned(country, operator, history, at_s):
    """What the country's own witnesses say of a head, at a time: they are honest, and their clocks are ours to set."""
    lines = []
    for name in WITNESSES:
        folder = country.folder / name / "keys"
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex((folder / "witness.seed").read_text().strip()))
        named = (folder / "witness.vkey").read_text().strip().split("+")[0]
        lines.append(cosignature(key, named, operator, history, at_s))
    return lines


def cosignature(key, name, operator, history, at_s):
    """docs/formats/witness.md, "Cosignature": a line, as `cosignatures` gives it."""
    size = len(history.entries)
    body = f"{operator.origin()}\n{size}\n{b64(history.root())}\n"
    signature = key.sign(f"cosignature/v1\ntime {at_s}\n{body}".encode())
    line = key_id(name, 4, public_of(key)) + at_s.to_bytes(8, "big") + signature
    return {"size": size, "line": f"\u2014 {name} {b64(line)}"}


def frozen(country, operator, history, at_s):
    """The ledger as it was, with the witnesses' word of then."""
    past = ledger_of(history, operator)
    lines = json.dumps(cosigned(country, operator, history, at_s)).encode()
    return lambda request, ask: plain(lines) if request.path == f"{UNDER}cosignatures" else past(request, ask)


def test_a_gateway_kept_in_the_past_can_not_vouch(country, history, operator, ministry):
    """For three minutes it can't know; then it says so. The witnesses' word is dated so that they are nearly over."""
    gateway = ministry("early", frozen(country, operator, history, int(time.time()) - 170), healthy=True)
    vouched = wait_until(lambda: gateway.status()["vouched_age_s"], "it vouches for what witnesses saw", NOTICED_WITHIN_S)
    assert 165 < vouched < 180
    wait_until(lambda: gateway.status()["vouched_age_s"] is None, "it can't vouch any more", 30)
    assert gateway.status()["last_vouched_s"] and not gateway.alarms()
    # It still serves, and says that it can't vouch; as soon as the truth comes, it vouches again.
    assert gateway.read("note-a") == OBJECTS["note-a"]
    country.visits()
    gateway.line.lie = None
    wait_until(lambda: gateway.status()["vouched_age_s"] is not None, "it vouches again", 30)


def test_witnesses_of_the_operators_own_making_vouch_for_nothing(country, operator, ministry):
    """They cosign at once whatever they are shown. The published policy doesn't name them."""
    longer = History.of(country.data).and_then(filler())
    names = [f"{name}.example/witness" for name in WITNESSES] + ["finances.example/gateway", "un.example"]
    made = [(Ed25519PrivateKey.generate(), name) for name in names]
    lines = [cosignature(key, name, operator, longer, int(time.time())) for key, name in made]
    past = ledger_of(longer, operator)
    asked = []

    def lie(request, ask):
        if request.path == f"{UNDER}cosignatures":
            asked.append(request)
            return plain(json.dumps(lines).encode())
        return past(request, ask)

    gateway = ministry("gateway", lie, healthy=True)
    wait_until(lambda: asked, "their word is taken", 30)
    gateway.settled(len(longer.entries))
    assert gateway.status()["vouched_age_s"] is None and gateway.status()["witnessed"] is None


def test_the_age_of_what_is_vouched_for_is_told_to_programs(ministry):
    """Each S3 answer says how old the witnesses' word is, or `no`."""
    gateway = ministry("gateway", lambda r, ask: plain(b"[]") if r.path.endswith("/cosignatures") else ask(r), healthy=True)
    answer = gateway.client().head_object(Bucket="dossiers", Key="note-a")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amana-vouched"]


# --- Another data centre altogether ------------------------------------------------------------------------------------


def test_another_centre_in_its_place(new_centre, ministry):
    """With keys of its own, a policy of its own and witnesses of its own: it has no row that the pinned national log signed."""
    other = new_centre()
    other.institution("finances")
    gateway = ministry("gateway", port=other.web_port, healthy=False)
    wait_until(lambda: gateway.status()["trouble"], "it says that something is wrong", NOTICED_WITHIN_S)
    assert not gateway.is_ready()
    with pytest.raises(botocore.exceptions.ClientError):
        gateway.put("to another", b"data centre")
    assert http_get(f"http://127.0.0.1:{gateway.web_port}/healthz")[0] == 200
