"""Each file call may fail: nothing acknowledged is lost, what failed is named, and the process stops where it must.

`AMANA_SEED` draws other cases; tests/endure/run takes each in turn.
"""

import os

import pytest

from failing import Failing

SEED = int(os.environ.get("AMANA_SEED", "1"))
CASES = 22


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    return Failing(tmp_path_factory.mktemp("failing"))


def test_a_sample_of_all_calls(failing):
    outcomes = {failing.run(*case, seed=SEED) for case in failing.cases(SEED, CASES)}
    assert outcomes == {"lived", "died", "refused"}, "the sample shows too little"


def test_a_failed_sync_ends_it(failing):
    failing.run("fsync", failing.counted()["fsync"] - 1, "eio", "live")
