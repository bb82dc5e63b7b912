"""The clock jumps, forwards and back, while the data centre serves: time is a claim in an act, and orders nothing.

`libfaketime` lies to the server alone, by a file that is changed while it runs; the monotonic clock stays true.
"""

import pathlib

import pytest

from centre import Centre, receipt_of

LIBRARIES = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
JUMPS = ("+0", "+600", "-600", "+31622400", "-31622400", "+0")
# Clients sign with their own clock, and a quarter of an hour is let pass.
MOST_SKEW_S = 900


@pytest.fixture
def clock(tmp_path):
    """A centre whose clock is what is written to this file."""
    assert LIBRARIES, "libfaketime is not installed"
    file = tmp_path / "clock"
    file.write_text("+0\n")
    lies = {"LD_PRELOAD": str(LIBRARIES[0]), "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1"}
    lies |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "AMANA_EPOCH_BUSY_S": "0.1"}
    centre = Centre(tmp_path / "centre").start(**lies)
    centre.lies, centre.clock = lies, file
    yield centre
    centre.kill()


def test_jumps_both_ways(clock, tmp_path):
    finances = clock.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    kept, receipts, times = [], [], []
    for number, jump in enumerate(JUMPS):
        clock.clock.write_text(f"{jump}\n")
        # By the socket of administration, which no signature's age keeps out.
        clock.institution(f"ministry-{number}")
        if abs(int(jump)) < MOST_SKEW_S:
            for size in (100, 200_000):
                key = f"{number}/{size}"
                receipts.append(receipt_of(client.put_object(Bucket="kept", Key=key, Body=bytes(size))))
                kept.append(key)
            times.append(client.head_object(Bucket="kept", Key=kept[-1])["LastModified"])
    assert times[1] > times[0] > times[2], "the server sees the clock that it is shown"
    listed = [one["Key"] for one in client.list_objects_v2(Bucket="kept")["Contents"]]
    assert listed == sorted(kept)
    for number, receipt in enumerate(receipts):
        file = clock.receipt(receipt, tmp_path / f"receipt-{number}")
        clock.run("receipt", "verify", file, "--policy", clock.policy, "--allow-recorded")
    clock.check()

    # Started again with a clock of a year ago, it goes on from where it was.
    clock.stop()
    clock.clock.write_text("-31622400\n")
    clock.start(**clock.lies)
    clock.institution("ministry-of-yesterday")
    clock.clock.write_text("+0\n")
    assert client.get_object(Bucket="kept", Key=kept[0])["Body"].read() == bytes(100)
    client.put_object(Bucket="kept", Key="after", Body=b"after")
    clock.check()
