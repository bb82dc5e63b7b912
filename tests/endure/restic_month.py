"""A month of restic backups into a sealed bucket, with a power cut every second night: all of it must be there.

    AMANA_BIN=target/release/amana tests/endure/run month [--nights 30] [--seed 1] [--folder DIR]
"""

import argparse
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from gateway import country  # noqa: E402
from nights import Office  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where everything is kept (default: a temporary folder)")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="amana-endure-", dir=given.folder) as folder:
        folder = pathlib.Path(folder)
        with country(folder) as (centre, gateway, account):
            office = Office(centre, gateway, account, folder / "office", given.seed)
            office.live(given.nights)
            office.judge()
    nights = f"{given.nights} nights, {office.interrupted} backups interrupted and run again, {len(office.held)} snapshots"
    print(f"{nights}: check --read-data passes and every restore is equal, in {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
