"""Amana beside Garage under one load generator: `wrk` with presigned URLs, which serves all alike.

Each figure is the median of the repeats. The server and the load share the machine's cores.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from servers import Amana, Garage, OnPostgres  # noqa: E402
from signing import presigner  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
SMALL_BYTES, LARGE_BYTES = 4096, 64 << 20
LARGE_OBJECTS = 8
EXPIRES_S = 24 * 3600
FILL_THREADS = 8


def wrk(server, method, targets, connections, seconds, body_bytes=0):
    """One run of wrk over these request targets; what it measured, with megabytes a second of content."""
    threads = min(2, connections)
    with tempfile.NamedTemporaryFile("w", suffix=".targets") as file:
        file.writelines(f"{target}\n" for target in targets)
        file.flush()
        done = subprocess.run(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "60s", "-s", HERE / "load.lua", server.s3_url],
            env=os.environ
            | {"METHOD": method, "TARGETS": file.name, "BODY_BYTES": str(body_bytes), "THREADS": str(threads)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
    measured = json.loads(done.stdout.strip().splitlines()[-1])
    if measured["refused"] or measured["broken"]:
        print(f"{server.name}: {measured['refused']} refused, {measured['broken']} broken", file=sys.stderr)
    measured["per_second"] = (measured["requests"] - measured["refused"]) / measured["seconds"]
    return measured


def fill(server, keys, body=b"x"):
    """Puts each of `keys` once."""
    sign = presigner(server.account, EXPIRES_S)

    def work(share):
        connection = http.client.HTTPConnection("127.0.0.1", server.s3_port, timeout=120)
        for key in share:
            connection.request("PUT", sign("PUT", f"/{server.bucket}/{key}"), body=body)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
        connection.close()

    workers = [threading.Thread(target=work, args=(keys[one::FILL_THREADS],)) for one in range(FILL_THREADS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def small(server, repeat, seconds, urls):
    """PUT and GET of 4 KiB with 16 and 64 connections."""
    sign = presigner(server.account, EXPIRES_S)
    for connections in (16, 64):
        targets = [sign("PUT", f"/{server.bucket}/small/{repeat}/{connections}/{number:08}") for number in range(urls)]
        put = wrk(server, "PUT", targets, connections, seconds, SMALL_BYTES)
        yield f"4 KiB PUT, {connections} connections", "per s", put["per_second"]
        yield f"4 KiB PUT, {connections} connections, p99", "ms", put["p99_ms"]
        # wrk has sent its targets in order, so the first half of what it put is certainly there.
        there = max(100, min(urls, put["requests"]) // 2)
        targets = [sign("GET", f"/{server.bucket}/small/{repeat}/{connections}/{number:08}") for number in range(there)]
        random.Random(repeat).shuffle(targets)
        got = wrk(server, "GET", targets, connections, seconds)
        yield f"4 KiB GET, {connections} connections", "per s", got["per_second"]
        yield f"4 KiB GET, {connections} connections, p99", "ms", got["p99_ms"]


def large(server, repeat, seconds, _):
    """PUT and GET of 64 MiB, two at a time."""
    sign = presigner(server.account, EXPIRES_S)
    targets = [sign("PUT", f"/{server.bucket}/large/{number}") for number in range(LARGE_OBJECTS)]
    put = wrk(server, "PUT", targets, 2, seconds, LARGE_BYTES)
    yield "64 MiB PUT, 2 connections", "MB/s", put["per_second"] * LARGE_BYTES / 1e6
    # How many of them the run reached depends on its speed; every one must be there to be read.
    body = bytes(LARGE_BYTES)
    for target in targets:
        connection = http.client.HTTPConnection("127.0.0.1", server.s3_port)
        connection.request("PUT", target, body=body)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        connection.close()
    targets = [sign("GET", f"/{server.bucket}/large/{number}") for number in range(LARGE_OBJECTS)]
    got = wrk(server, "GET", targets, 2, seconds)
    yield "64 MiB GET, 2 connections", "MB/s", got["per_second"] * LARGE_BYTES / 1e6


def listing(server, keys, seconds, repeats):
    """Pages of 1,000 keys from random places among `keys`, one reader at a time."""
    names = [f"list/{number:08}" for number in range(keys)]
    fill(server, names)
    sign = presigner(server.account, EXPIRES_S)
    chance = random.Random(1)
    for _ in range(repeats):
        starts = [names[chance.randrange(keys - 1000)] for _ in range(2000)]
        asked = [{"list-type": "2", "max-keys": "1000", "prefix": "list/", "start-after": start} for start in starts]
        pages = wrk(server, "GET", [sign("GET", f"/{server.bucket}", query) for query in asked], 1, seconds)
        yield f"page of 1,000 among {keys:,} keys, median", "ms", pages["p50_ms"]
        yield f"page of 1,000 among {keys:,} keys, p99", "ms", pages["p99_ms"]


def make_bucket(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.s3_port, timeout=60)
    connection.request("PUT", presigner(server.account, EXPIRES_S)("PUT", f"/{server.bucket}"))
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()


@contextlib.contextmanager
def running(make, folder):
    server = make(folder)
    try:
        make_bucket(server)
        yield server
    finally:
        server.end()


def table(figures, names, ours="amana"):
    """Markdown: a row a figure, a column a server, and how many times ours is each other's."""
    others = [name for name in names if name != ours]
    yield "| | unit | " + " | ".join(names) + "".join(f" | {ours} / {name}" for name in others) + " |"
    yield "|---|---|" + "---:|" * (len(names) + len(others))
    for (what, unit), values in figures.items():
        medians = {name: statistics.median(values[name]) for name in names if name in values}
        cells = [f"{medians[name]:,.1f}" if name in medians else "" for name in names]
        ratios = [
            f"{medians[ours] / medians[name]:.2f}" if medians.get(name) and ours in medians else "" for name in others
        ]
        yield f"| {what} | {unit} | " + " | ".join(cells + ratios) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="where the servers keep their data (default: a temporary folder)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--urls", type=int, default=200_000, help="keys of a PUT run before they repeat")
    parser.add_argument("--keys", type=int, nargs="*", default=[100_000], help="sizes of the listed bucket")
    parser.add_argument("--postgres", action="store_true", help="also with rows in PostgreSQL")
    parser.add_argument("--only", choices=["small", "large", "listing"])
    given = parser.parse_args()

    makers = [Amana]
    if given.postgres:
        makers.append(OnPostgres)
    if os.environ.get("GARAGE"):
        makers += [lambda folder: Garage(folder, synced=False), lambda folder: Garage(folder, synced=True)]
    figures, names = {}, []

    def note(server, measured):
        for what, unit, value in measured:
            figures.setdefault((what, unit), {}).setdefault(server.name, []).append(value)
            print(f"{server.name}: {what}: {value:,.1f} {unit}", file=sys.stderr)

    with tempfile.TemporaryDirectory(prefix="amana-bench-", dir=given.folder) as folder:
        for number, make in enumerate(makers):
            with running(make, pathlib.Path(folder) / str(number)) as server:
                names.append(server.name)
                for repeat in range(given.repeats):
                    for part in (small, large):
                        if given.only in (None, part.__name__):
                            note(server, part(server, repeat, given.seconds, given.urls))
            for keys in given.keys if given.only in (None, "listing") else []:
                with running(make, pathlib.Path(folder) / f"{number}-{keys}") as server:
                    note(server, listing(server, keys, given.seconds, given.repeats))
    print("\n".join(table(figures, names)))


if __name__ == "__main__":
    main()
