"""Witnesses of other machines: what they cosigned is witnessed, and what goes back on it is caught."""

import json
import shutil

import botocore.exceptions
import pytest

from centre import http_get, receipt_of, wait_until
from test_receipts import second_verifier

WITNESSES = ("court", "university", "finances-witness")


class Witness:
    """One witness in a folder of its own, that visits when it is told to."""

    def __init__(self, centre, folder, name):
        self.centre, self.folder, self.name = centre, folder / name, name
        words = ("witness", "key", "--data", self.folder, "--name", f"{name}.example/witness", "--json")
        self.key = json.loads(centre.run(*words).stdout)["vkey"]

    def visit(self, policy, code=0):
        """One visit, until nothing is left to cosign."""
        where = ("--data", self.folder, "--centre", self.centre.web_url, "--policy", policy, "--listen", "127.0.0.1:0")
        return self.centre.run("witness", "--once", *where, code=code)


@pytest.fixture
def witnessed(new_centre, tmp_path):
    """A centre with three witnesses of which two suffice, and an institution with a bucket."""
    centre = new_centre(AMANA_EPOCH_BUSY_S="0.1")
    witnesses = [Witness(centre, tmp_path, name) for name in WITNESSES]
    for witness in witnesses:
        centre.run("policy", "witness", "add", witness.name, witness.key, "--data", centre.data)
    centre.run("policy", "quorum", "2", "--data", centre.data)
    # Each witness has the policy from somewhere that is not the operator: here, a copy.
    policy = shutil.copy(centre.policy, tmp_path / "gazette")
    finances = centre.institution("finances")
    finances.client().create_bucket(Bucket="kept")
    return centre, finances, witnesses, policy


def is_witnessed(centre, receipt, file, policy):
    """Fetches the receipt anew and judges it without the operator's word."""
    centre.receipt(receipt, file)
    return centre.run("receipt", "verify", file, "--policy", policy, code=None).returncode == 0


def test_two_of_three_make_it_witnessed(witnessed, tmp_path):
    centre, finances, witnesses, policy = witnessed
    receipt = receipt_of(finances.client().put_object(Bucket="kept", Key="k", Body=b"x"))
    file = tmp_path / "receipt"

    def after(visitors):
        for witness in visitors:
            witness.visit(policy)
        return is_witnessed(centre, receipt, file, policy)

    assert not is_witnessed(centre, receipt, file, policy)
    assert not after(witnesses[:1])
    wait_until(lambda: after(witnesses[:2]), "two witnesses cosign the deposit")
    said = json.loads(centre.run("receipt", "verify", file, "--policy", policy, "--json").stdout)
    assert said["state"] == "witnessed"
    assert second_verifier(file, policy).returncode == 0
    centre.check()


def test_a_centre_rolled_back_is_caught(witnessed, tmp_path):
    centre, finances, witnesses, policy = witnessed
    centre.stop()
    shutil.copytree(centre.data, tmp_path / "backup", ignore=shutil.ignore_patterns("amana.sock"))
    centre.start(AMANA_EPOCH_BUSY_S="0.1")
    receipt = receipt_of(finances.client().put_object(Bucket="kept", Key="lost", Body=b"x"))

    def both():
        for witness in witnesses[:2]:
            witness.visit(policy)
        return is_witnessed(centre, receipt, tmp_path / "receipt", policy)

    wait_until(both, "the deposit is witnessed")
    centre.stop()
    shutil.rmtree(centre.data)
    shutil.copytree(tmp_path / "backup", centre.data)
    centre.start(AMANA_EPOCH_BUSY_S="0.1")

    witnesses[0].visit(policy, code=1)
    # The centre learns it from its witness: it stays read-only, and says how to go on.
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        finances.client().put_object(Bucket="kept", Key="new history", Body=b"y")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert finances.client().list_objects_v2(Bucket="kept")["KeyCount"] == 0
    assert http_get(f"{centre.web_url}/healthz")[0] == 200
    # What was witnessed is provable all the same, without the centre.
    centre.run("receipt", "verify", tmp_path / "receipt", "--policy", policy)
