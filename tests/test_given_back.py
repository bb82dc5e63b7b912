"""What members hand in over HTTP of what a restored data centre has lost: `/api/v1/given-back`.

Entries are taken only when they lead to a checkpoint that the data centre signed, content only when it is what they say.
"""

import hashlib
import json
import os
import shutil

import pytest

from centre import receipt_of, wait_until
from gateway import enrolled
from member import Member
from test_give_back import record, segment, size_of
from test_witnesses import WITNESSES, Witness, is_witnessed

LARGE = os.urandom(700_000)
VAULT = 1
FAST = {"AMANA_EPOCH_BUSY_S": "0.1"}


@pytest.fixture
def restored(new_centre, tmp_path):
    """A data centre restored from an older copy, what it had before, two members, and the checkpoints of then."""
    centre = new_centre()
    gateways = [enrolled(centre, name, tmp_path / name) for name in ("finances", "justice")]
    members = [Member(gateway) for gateway, _ in gateways]
    client = gateways[0][1].client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="a", Body=b"before")
    centre.stop()
    backup = shutil.copytree(centre.data, tmp_path / "backup", ignore=shutil.ignore_patterns("*.sock"))
    centre.start()
    small = receipt_of(client.put_object(Bucket="kept", Key="small", Body=b"after"))
    large = receipt_of(client.put_object(Bucket="kept", Key="large", Body=LARGE))
    checkpoint = members[0].ask("GET", "/ledgers/finances/vault/checkpoint")[1]
    national = members[0].ask("GET", "/national/checkpoint")[1]
    for gateway, _ in gateways:
        gateway.kill()
    centre.kill()
    newer = centre.data.rename(tmp_path / "burnt")
    shutil.copytree(backup, centre.data)
    centre.start()
    indexes = [int(receipt.rsplit("/", 1)[1]) for receipt in (small, large)]
    yield centre, newer, members, {VAULT: checkpoint, 0: national}, indexes


def of_vault(centre, newer, checkpoint):
    since = size_of(centre.data / "amana.db", VAULT)
    name, text = segment(newer / "amana.db", VAULT, since, checkpoint)
    since, until = name.split("-")
    return f"/api/v1/given-back/vault?from={since}&until={until}", text


def without_bodies(text):
    """The same segment, as somebody has it who was never shown what is kept beside epochs."""
    magic, at, bare = b"amana/mirror-segment/v1\n", 24, b"amana/mirror-segment/v1\n"
    assert text.startswith(magic)
    while text[at : at + 1] != b"Z":
        end = at + 5 + int.from_bytes(text[at + 1 : at + 5], "big")
        kind, payload = text[at : at + 1], text[at + 5 : end]
        if kind == b"E":
            payload = payload[: 44 + int.from_bytes(payload[40:44], "big")]
        bare += record(kind, payload)
        at = end
    return bare + record(b"Z", hashlib.sha256(bare).digest())


def test_entries_come_back_from_a_member(restored):
    centre, newer, (member, _), signed, _ = restored
    path, text = of_vault(centre, newer, signed[VAULT])
    before = size_of(centre.data / "amana.db", VAULT)
    status, answer = member.ask("POST", path, text)
    assert status == 200, answer
    told = json.loads(answer)
    assert told["entries"] == told["size"] - before > 0
    # Once more, as after an answer that was lost.
    status, answer = member.ask("POST", path, text)
    assert (status, json.loads(answer)["entries"]) == (200, 0)


def test_nobody_else_gives_and_nothing_false_is_taken(restored):
    centre, newer, (member, stranger), signed, _ = restored
    path, text = of_vault(centre, newer, signed[VAULT])
    before = size_of(centre.data / "amana.db", VAULT)
    assert member.ask("POST", path, text, signed_path="/elsewhere")[0] == 401
    # Into its own ledger, which these entries don't continue.
    assert stranger.ask("POST", path, text)[0] == 400
    bent = text.replace(b'"sealed.act"', b'"sealed.acT"', 1)
    assert bent != text
    assert member.ask("POST", path, bent)[0] == 400
    # Whole as a segment, and with another act in it.
    whole = bent[:-37]
    forged = whole + b"Z\0\0\0\x20" + hashlib.sha256(whole).digest()
    status, answer = member.ask("POST", path, forged)
    assert (status, json.loads(answer)["error"]) == (400, "not-taken-back")
    # Epochs without what is kept beside them nobody can take back.
    since = size_of(centre.data / "amana.db", 0)
    name, epochs = segment(newer / "amana.db", 0, since, signed[0])
    since, until = name.split("-")
    if since != until:
        bare = without_bodies(epochs)
        status, answer = member.ask("POST", f"/api/v1/given-back/national?from={since}&until={until}", bare)
        assert (status, b"beside" in answer) == (400, True), answer
    assert size_of(centre.data / "amana.db", VAULT) == before


def test_content_comes_back_act_by_act(restored):
    centre, newer, (member, stranger), signed, (small, large) = restored
    path, text = of_vault(centre, newer, signed[VAULT])
    assert member.ask("POST", path, text)[0] == 200
    status, answer = member.ask("GET", "/api/v1/given-back/missing?from=0")
    # Small content came with its entry.
    assert json.loads(answer) == {"contents": [large], "next": None}
    blob = next(file for file in (newer / "blobs").glob("[0-9a-f][0-9a-f]/*"))
    piece = blob.read_bytes()
    place = f"/api/v1/given-back/contents/{large}"
    for wrong in (piece[:-1] + bytes([piece[-1] ^ 1]), piece[:-1], b""):
        status, answer = member.ask("PUT", place, wrong)
        assert (status, json.loads(answer)["error"]) == (400, "not-taken-back")
    assert stranger.ask("PUT", place, piece)[0] == 404
    assert member.ask("PUT", f"/api/v1/given-back/contents/{large + 1000}", piece)[0] == 404
    assert json.loads(member.ask("GET", "/api/v1/given-back/missing")[1])["contents"] == [large]
    assert member.ask("PUT", place, piece) == (200, b'{"taken":true}')
    assert member.ask("PUT", place, piece) == (200, b'{"taken":false}')
    assert json.loads(member.ask("GET", "/api/v1/given-back/missing")[1])["contents"] == []
    assert member.ask("GET", f"/contents/finances/vault/{large}")[1] == piece
    assert member.ask("GET", f"/contents/finances/vault/{small}")[0] == 200


def test_a_whole_mirror_gives_back_what_an_older_copy_lacks(new_centre, tmp_path):
    centre = new_centre(**FAST)
    place = tmp_path / "usb"
    place.mkdir()
    with open(centre.data / "amana.toml", "a", encoding="utf-8") as config:
        config.write(f'\n[[mirror]]\nname = "usb"\nplace = "{place}"\n')
    witnesses = [Witness(centre, tmp_path, name) for name in WITNESSES]
    for witness in witnesses:
        centre.run("policy", "witness", "add", witness.name, witness.key, "--data", centre.data)
    centre.run("policy", "quorum", "2", "--data", centre.data)
    policy = shutil.copy(centre.policy, tmp_path / "gazette")
    client = centre.institution("finances").client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="a", Body=b"before")
    centre.stop()
    backup = shutil.copytree(centre.data, tmp_path / "backup", ignore=shutil.ignore_patterns("*.sock"))
    centre.start(**FAST)
    # A ledger that the copy has never heard of, beside entries of one that it has.
    justice = centre.institution("justice")
    later = justice.client()
    later.create_bucket(Bucket="pleas")
    later.put_object(Bucket="pleas", Key="p", Body=b"a plea")
    client.put_object(Bucket="kept", Key="small", Body=b"after")
    last = receipt_of(client.put_object(Bucket="kept", Key="large", Body=LARGE))

    def witnessed(receipt):
        def seen():
            for witness in witnesses:
                witness.visit(policy)
            return is_witnessed(centre, receipt, tmp_path / "receipt", policy)

        wait_until(seen, "it is witnessed")

    witnessed(last)

    def mirrored():
        status = json.loads(centre.run("mirror", "status", "--data", centre.data, "--json").stdout)
        return all(mirror["entries"] == 0 for mirror in status)

    wait_until(mirrored, "the mirror has every entry")
    centre.kill()
    shutil.rmtree(centre.data)
    shutil.copytree(backup, centre.data)
    centre.start(wait=False, **FAST)
    wait_until(lambda: centre.answers("/healthz"), "it serves")
    for witness in witnesses:
        witness.visit(policy, code=None)
    assert not centre.is_ready()
    told = json.loads(centre.run("ledger", "give-back", place, "--data", centre.data, "--json").stdout)
    assert told["left_out"] == [] and told["read_only"] is None, told
    assert centre.is_ready()
    assert client.get_object(Bucket="kept", Key="small")["Body"].read() == b"after"
    # Large content is healed from the mirror when it is read.
    assert client.get_object(Bucket="kept", Key="large")["Body"].read() == LARGE
    centre.receipt(last, tmp_path / "again")
    witnessed(receipt_of(client.put_object(Bucket="kept", Key="on", Body=b"and on")))
    # Secrets are in no ledger: a key of the lost time is made anew.
    assert "the secret of access key" in centre.check(code=1).stdout
    centre.run("access-key", "revoke", justice.access_key_id, "--data", centre.data)
    centre.check()
