"""The operator puts an old folder back, runs two of them, and tells each visitor another story: gateways and witnesses of
true binaries, against true servers on folders that fit in themselves."""

import shutil

import pytest
from centre import wait_until
from expect import refused

from country import OBJECTS, QUICK, Gateway, Witness, copy_data, run
from lies import filler
from line import Line, plain
from operator_keys import History, read_rows


def test_an_old_database_is_put_back(elsewhere):
    """Gateway, witnesses, and the data centre's own binary: each says so."""
    country = elsewhere()
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    backup = country.folder / "backup"
    copy_data(country.data, backup)
    country.witnessed(gateway.put("after the backup", b"deposited"))
    gateway.settled(country.size())
    country.centre.stop()
    shutil.rmtree(country.data)
    shutil.copytree(backup, country.data)
    country.centre.start(**QUICK)
    gateway.line.port = country.centre.web_port

    _, evidence = gateway.notices("rollback")
    _, verdict, said = country.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("rollback", "testimony"), said
    # What it has is served still; nothing is added to a history that lost its end.
    assert gateway.client().list_objects_v2(Bucket="dossiers", Prefix="after")["KeyCount"] == 1
    with refused("ServiceUnavailable", 503):
        gateway.put("on top of it", b"refused")
    visit = country.witnesses[0].visit(country.centre.web_url, country.policy, code=1)
    assert "ALARM" in visit.stderr
    # Told by its witness, the honest binary takes nothing more from anybody.
    with refused("ServiceUnavailable", 503):
        country.hosted().create_bucket(Bucket="open-one")


def deaf_line(country):
    """What witnesses would show the data centre is dropped on the line: its binary is honest, and would take nothing more."""
    line = Line(country.centre.web_port)
    line.lie = lambda request, ask: plain(b'{"anomaly":null}') if "evidence" in request.path else ask(request)
    return line


@pytest.fixture
def forked(elsewhere):
    """Two servers on two copies of one folder, with the same keys; a gateway of the ministry at each."""
    one, two = elsewhere(), elsewhere()
    for country in (one, two):
        country.centre.start(**QUICK)
    yield one, two, one.gateway().start(), two.gateway().start()


def test_two_gateways_are_told_two_histories(forked, tmp_path):
    """Neither can know, until one hears what the other was told. Then the operator's own two signatures convict it."""
    one, two, first, second = forked
    # Of each history, one entry more than of the other: so that it isn't the size that tells.
    first.put("told to the first", b"yes")
    second.put("told to the second", b"yes")
    second.put("told to the second", b"again")
    for country, gateway in ((one, first), (two, second)):
        gateway.settled(country.size())
    assert not first.alarms() and not second.alarms()

    # A witness visits both, as one that is lent to both does: the second is refused, by the first's checkpoint.
    one.witnessed("finances/vault/%d" % (one.size() - 1))
    visit = one.witnesses[0].visit(two.centre.web_url, one.policy, code=1)
    assert "ALARM" in visit.stderr and one.witnesses[0].evidence()

    # The first gateway's line leads to the second data centre: a roaming machine, a friend, a journalist.
    first.line.port = two.centre.web_port
    _, evidence = first.notices("fork")
    _, verdict, said = one.judge(evidence)
    assert (verdict["claim"], verdict["finding"]) == ("fork", "proven"), said
    # And the second, at the first, which has fewer entries.
    second.line.port = one.centre.web_port
    second.notices("rollback", "fork")
    # Once people have decided which one is true, its gateway goes on there.
    second.line.port = two.centre.web_port
    second.people_saw_to_it()
    second.start()
    assert second.read("told to the second") == b"again" and not second.alarms()


def national_size(country):
    ((size,),) = read_rows(country.data, "SELECT size FROM ledgers WHERE name = 'national'")
    return size


def test_a_gateway_stops_for_what_its_witness_refuses(elsewhere):
    """The national log is forked, and the ministry's own ledger is the same in both: the follower alone would see nothing."""
    one = elsewhere()
    one.centre.start(**QUICK)
    gateway = one.gateway()
    gateway.given = {"AMANA_WITNESS_EVERY_S": "0.5"}
    key = gateway.start().status()["witness"]
    run("policy", "witness", "add", "ministry", key, "--data", one.data)
    gateway.settled(one.size())
    two = elsewhere(of=one)
    begin = national_size(two)
    one.centre.institution("justice")

    def cosigned():
        """The gateway's witness cosigned what only the first has. The others move what is asked for on."""
        one.visits()
        sql = "SELECT 1 FROM cosignatures WHERE ledger = 0 AND size > ? AND line LIKE ?"
        return read_rows(one.data, sql, begin, f"— {key.split('+')[0]} %")

    wait_until(cosigned, "the gateway's witness cosigns")
    one.centre.stop()
    two.centre.start(**QUICK)
    for number in range(national_size(one) - begin + 1):
        two.centre.institution(f"office-{number}")
        wait_until(lambda: national_size(two) > begin + number, "an epoch closes")

    gateway.line.port = two.centre.web_port
    for again in (False, True):
        alarm, evidence = gateway.notices("fork")
        assert "national" in evidence.name and "witness" in alarm["why"]
        assert begin_of(evidence, "the checkpoint that it signed before") and begin_of(evidence, "the request")
        assert [told["code"] for told in gateway.status()["alarms"]] == ["fork"], "the ministry's own ledger fits"
        assert not gateway.is_ready() and gateway.status()["vouched_age_s"] is None
        with refused("ServiceUnavailable", 503):
            gateway.put("on a forked log", b"refused")
        assert gateway.read("note-a") == OBJECTS["note-a"]
        if not again:
            # A restart doesn't undo it: its witness remembers.
            gateway.stop()
            gateway.start(healthy=False)


def begin_of(evidence, title):
    """Whether a witness's file has that section, and something in it."""
    _, _, section = evidence.read_text().partition(f"--- {title}")
    return section.partition("\n")[2].strip()


def test_a_forked_operator_with_witnesses_of_its_own(forked, tmp_path):
    """The second centre names its own machines as witnesses in its own policy. Under the published one, they are nobody."""
    _, two, _, second = forked
    made = [Witness(tmp_path / name, name) for name in ("friend", "cousin")]
    for witness in made:
        run("policy", "witness", "add", witness.name, witness.make(), "--data", two.data)
    own_policy = shutil.copy(two.centre.policy, tmp_path / "own-policy")
    receipt = second.put("k", b"v")
    for _ in range(2):
        for witness in made:
            witness.visit(two.centre.web_url, own_policy)
    run("receipt", "get", receipt, "--data", two.data, "--out", tmp_path / "receipt")
    code, verdict, said = two.judge(tmp_path / "receipt")
    assert code == 1 and verdict["state"] == "recorded", said
    second.settled(two.size())
    assert second.status()["vouched_age_s"] is None or second.status()["witnessed"] < second.status()["followed"]


def test_a_fork_stands_in_its_slot_for_one_epoch(elsewhere, tmp_path):
    """The national log is one and true. In one epoch the ministry's slot holds a forked head, to fool one reader; in the next
    the true one again. Witnesses of the ledger refuse the fork, so that no receipt of it is ever more than *recorded*."""
    country = elsewhere()
    truth = History.of(country.data)
    forged = truth.but(truth.sealed("object.put")[0], filler()).and_then(filler())
    forged.store(country.data)
    country.centre.start(**QUICK)
    gateway = country.gateway()
    gateway.start(healthy=False)
    _, evidence = gateway.notices("fork")
    assert country.judge(evidence)[1]["finding"] == "proven"
    receipt = f"finances/vault/{len(forged.entries) - 1}"

    country.centre.institution("justice")  # something happens, so that an epoch closes
    country.commits(forged)
    deaf = deaf_line(country)
    for witness in country.witnesses:
        visit = witness.visit(deaf.url, country.policy, code=1)
        assert "ALARM" in visit.stderr
    deaf.close()
    run("receipt", "get", receipt, "--data", country.data, "--out", tmp_path / "forged")
    code, verdict, said = country.judge(tmp_path / "forged")
    assert code == 1 and verdict["state"] == "recorded", said

    # Taken back.
    country.centre.stop()
    truth.store(country.data)
    country.centre.start(**QUICK)
    code, verdict, said = country.judge(tmp_path / "forged")
    assert code == 1, "the receipt of the fork gains nothing by it"
    for witness in country.witnesses:
        assert witness.evidence(), "what was refused once stays in evidence"
    gateway.line.port = country.centre.web_port
    assert "fork" in gateway.alarms(), "and the alarm stands until people saw to it"


def test_a_witness_is_rolled_back(elsewhere, tmp_path):
    """The folder of one witness is put back with the data centre's: it cosigns another history. One is no quorum, and its two
    cosignatures convict."""
    country = elsewhere()
    country.centre.start(**QUICK)
    gateway = country.gateway().start()
    backup, old_witness = country.folder / "backup", country.folder / "old-witness"
    copy_data(country.data, backup)
    shutil.copytree(country.witnesses[0].folder, old_witness)
    country.witnessed(gateway.put("witnessed", b"by all"))
    gateway.settled(country.size())

    country.centre.stop()
    for kept, folder in ((backup, country.data), (old_witness, country.witnesses[0].folder)):
        shutil.rmtree(folder)
        shutil.copytree(kept, folder)
    country.centre.start(**QUICK)
    twin = tmp_path / "twin"
    shutil.copytree(gateway.folder, twin, ignore=shutil.ignore_patterns("amana.sock", "lock", "index*", "evidence"))
    (tmp_path / "passphrase").write_bytes((country.folder / "passphrase").read_bytes())
    (tmp_path / "passphrase").chmod(0o600)
    other = Gateway(twin, country.centre.web_port)
    country.gateways.append(other)
    other.start()
    receipt = other.put("another history", b"with one witness")
    # Until an epoch commits it, witnesses are asked for what was before, of which there is one history.
    country.commits(History.of(country.data))
    country.visits([country.witnesses[0]])
    # The others are told of it by nobody: whoever sits on their line drops what they would show the data centre.
    deaf = deaf_line(country)
    for witness in country.witnesses[1:]:
        visit = witness.visit(deaf.url, country.policy, code=1)
        assert "ALARM" in visit.stderr
    deaf.close()
    country.visits([country.witnesses[0]])
    run("receipt", "get", receipt, "--data", country.data, "--out", tmp_path / "receipt")
    code, verdict, said = country.judge(tmp_path / "receipt")
    assert code == 1 and verdict["state"] == "recorded" and "ledger-quorum-not-met" in said, said
    gateway.line.port = country.centre.web_port
    gateway.notices("rollback", "fork")
