"""The embedded engine beside PostgreSQL on the same disk, and one node on it beside two, in one run.

The servers take turns, so that what else the machine does falls on all of them alike. Each figure is the median of the
repeats; the load and PostgreSQL share the machine's cores with the nodes. Needs wrk and PostgreSQL; AMANA_BIN is the binary.
"""

import argparse
import concurrent.futures
import pathlib
import random
import statistics
import sys
import tempfile

from s3 import EXPIRES_S, SMALL_BYTES, make_bucket, running, table, wrk
from servers import Account, Amana, OnPostgres
from signing import presigner

EMBEDDED, ONE, TWO, SHARED = "embedded", "PostgreSQL", "two nodes", "two nodes, one ledger"


class Asked:
    """A bucket as it is reached by one node."""

    def __init__(self, server, bucket, account):
        self.server, self.bucket = server, bucket
        self.sign = presigner(account, EXPIRES_S)
        self.name, self.s3_url = server.name, server.s3_url

    def targets(self, method, names):
        return [self.sign(method, f"/{self.bucket}/{name}") for name in names]


def put_and_get(asked, mark, connections, seconds, urls):
    """What the nodes take and give together, each with its share of the connections; two figures a second."""
    share = max(1, connections // len(asked))
    names = [[f"{mark}/{node}/{number:07}" for number in range(urls // len(asked))] for node, _ in enumerate(asked)]

    def together(work):
        with concurrent.futures.ThreadPoolExecutor(len(asked)) as threads:
            return list(threads.map(work, asked, names))

    put = together(lambda one, own: wrk(one, "PUT", one.targets("PUT", own), share, seconds, SMALL_BYTES))

    def get(one, own):
        # wrk has sent its targets in order, so the first half of what it put is certainly there.
        there = own[: max(100, min(len(own), put[asked.index(one)]["requests"]) // 2)]
        random.Random(mark).shuffle(there)
        return wrk(one, "GET", one.targets("GET", there), share, seconds)

    got = together(get)
    yield "PUT", sum(one["per_second"] for one in put)
    yield "GET", sum(one["per_second"] for one in got)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="where the servers keep their data (default: a temporary folder)")
    parser.add_argument("--seconds", type=int, default=8, help="of each run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--urls", type=int, default=100_000, help="keys of a PUT run before they repeat")
    parser.add_argument("--connections", type=int, nargs="*", default=[1, 16, 64])
    parser.add_argument("--one-node", action="store_true", help="without a second node")
    given = parser.parse_args()

    figures = {}
    with (
        tempfile.TemporaryDirectory(prefix="amana-bench-", dir=given.folder) as folder,
        running(Amana, pathlib.Path(folder) / "embedded") as embedded,
        running(OnPostgres, pathlib.Path(folder) / "postgres") as first,
    ):
        turns = {EMBEDDED: [Asked(embedded, embedded.bucket, embedded.account)]}
        turns[ONE] = [Asked(first, first.bucket, first.account)]
        second = None
        try:
            if not given.one_node:
                second = first.second()
                make_bucket(second)
                turns[TWO] = [*turns[ONE], Asked(second, second.bucket, second.account)]
                same = first.account
                same = Account(second, same.name, same.canonical_id, same.access_key_id, same.secret_access_key)
                turns[SHARED] = [*turns[ONE], Asked(second, first.bucket, same)]
            for repeat in range(given.repeats):
                for connections in given.connections:
                    for name, asked in turns.items():
                        if len(asked) > connections:
                            continue
                        mark = f"{repeat}/{connections}/{name}".replace(" ", "-").replace(",", "")
                        measured = put_and_get(asked, mark, connections, given.seconds, given.urls)
                        for verb, value in measured:
                            many = "connection" if connections == 1 else "connections"
                            what = f"4 KiB {verb}, {connections} {many}"
                            figures.setdefault((what, "per s"), {}).setdefault(name, []).append(value)
                            print(f"{name}: {what}: {value:,.0f} per s", file=sys.stderr)
        finally:
            if second:
                second.end()
    print("\n".join(table(figures, list(turns), ours=EMBEDDED)))
    for (what, _), values in figures.items():
        one = statistics.median(values[ONE]) / statistics.median(values[EMBEDDED])
        print(f"{what}: PostgreSQL has {one:.0%} of the embedded engine's rate")


if __name__ == "__main__":
    main()
