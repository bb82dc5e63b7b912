"""The power goes, and what was not synced goes with it: what was acknowledged is there, and nothing is there by half.

`AMANA_SEED` draws other cuts; tests/endure/run makes thousands.
"""

import os
import sqlite3
import subprocess
import sys

import pytest

from blackouts import CentreUnderLoad
from blackouts_at_home import GatewayUnderLoad, WitnessUnderLoad
from centre import Centre
from disks import Disk

SEED = int(os.environ.get("AMANA_SEED", "1"))
WRITER = """
import os, sqlite3, sys
rows = sqlite3.connect(sys.argv[1])
rows.execute("PRAGMA journal_mode = WAL")
rows.execute("PRAGMA synchronous = " + sys.argv[2])
rows.execute("CREATE TABLE t (n)")
for number in range(20):
    rows.execute("INSERT INTO t VALUES (1)")
    rows.commit()
os._exit(0)
"""


def test_the_disk_bites(tmp_path):
    """A program that does not sync loses what it was told is kept, and one that does loses nothing; otherwise nothing
    that these tests show would mean anything."""

    def rows(database):
        try:
            return sqlite3.connect(database).execute("SELECT count(*) FROM t").fetchone()[0]
        except sqlite3.DatabaseError:
            return 0

    lost = {}
    for mode in ("OFF", "FULL"):
        place = Centre(tmp_path / mode)
        disk = Disk(place, SEED)
        subprocess.run([*place.prefix, sys.executable, "-c", WRITER, place.data / "rows.db", mode], check=True)
        images = [disk.photograph(seed, tmp_path / f"{mode}-{seed}") for seed in range(12)]
        lost[mode] = sum(rows(image / "rows.db") != 20 for image in images)
        disk.close()
    assert lost["FULL"] == 0 and lost["OFF"] > 0, lost


@pytest.fixture
def under(tmp_path):
    """Makes one of those that lose power."""
    made = []

    def make(kind):
        made.append(kind(tmp_path, SEED))
        return made[-1]

    yield make
    for load in made:
        load.close()


def test_a_data_centre_under_load(under):
    load = under(CentreUnderLoad)
    for _ in range(3):
        load.photograph(5)
        load.cut(acts=10)
    load.centre.stop()
    load.centre.check()


def test_a_disk_that_lies_is_found_out(under):
    """Syncs that are answered and not done lose acknowledged acts, and this is seen: the judge can say no."""
    load = under(CentreUnderLoad)
    load.disk.say("lie")
    with pytest.raises(AssertionError):
        for _ in range(4):
            load.photograph(4)


def test_a_gateway_under_load(under):
    load = under(GatewayUnderLoad)
    load.cut(acts=12)
    load.cut_offline(acts=12)
    load.photograph_offline(3)
    load.cut(acts=5)


def test_a_witness_never_forgets(under):
    load = under(WitnessUnderLoad)
    load.photograph(5)
    load.cut()
    load.photograph(2)
