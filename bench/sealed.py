"""A gateway and its data centre on one machine, beside that data centre alone, `age`, and `rclone crypt`, in one run.

S3 is driven by `wrk` with presigned URLs. The programs work on the same files: `age` from disk to disk, `rclone` into an
open bucket, through the gateway into a sealed one, and through its own `crypt` into an open one. Each figure is the median
of the repeats, which take turns. The servers and the load share the machine's cores.
"""

import argparse
import http.client
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from s3 import EXPIRES_S, fill, large, make_bucket, table, wrk  # noqa: E402
from servers import Amana, Sealing  # noqa: E402
from signing import presigner  # noqa: E402
from streaming import receive, send  # noqa: E402

SMALL_BYTES, LARGE_BYTES = 1024, 64 << 20
STREAMED_BYTES = 5 << 30
FILES = {"4 files of 64 MiB": (4, LARGE_BYTES), "1,000 files of 1 KiB": (1000, SMALL_BYTES)}
RCLONE = ["rclone", "--config", "/dev/null", "--transfers", "8", "--checkers", "8", "--s3-no-check-bucket", "--no-traverse"]


def small(server, repeat, seconds, urls):
    """PUT of 1 KiB with 16 and 64 connections."""
    sign = presigner(server.account, EXPIRES_S)
    for connections in (16, 64):
        path = f"/{server.bucket}/small/{repeat}/{connections}"
        put = wrk(server, "PUT", [sign("PUT", f"{path}/{number:08}") for number in range(urls)], connections, seconds, SMALL_BYTES)
        yield f"1 KiB PUT, {connections} connections", "per s", put["per_second"]
        yield f"1 KiB PUT, {connections} connections, p99", "ms", put["p99_ms"]


def first_byte(server, repeat, *_):
    """From the request to the first byte of the content, one reader."""
    sign = presigner(server.account, EXPIRES_S)
    for what, size, times in (("1 KiB", SMALL_BYTES, 300), ("64 MiB", LARGE_BYTES, 15)):
        path = f"/{server.bucket}/first/{size}"
        if repeat == 0:
            fill(server, [f"first/{size}"], bytes(size))
        target, passed = sign("GET", path), []
        connection = http.client.HTTPConnection("127.0.0.1", server.s3_port, timeout=60)
        connection.connect()
        for _ in range(times):
            begun = time.perf_counter()
            connection.request("GET", target)
            answer = connection.getresponse()
            assert len(answer.read(1)) == 1
            passed.append(time.perf_counter() - begun)
            # To its end, so that what is left of one answer doesn't slow the next.
            while answer.read(1 << 20):
                pass
        connection.close()
        yield f"first byte of a GET of {what}", "ms", statistics.median(passed) * 1e3


def timed(words, environment, size):
    """Runs a program, and returns the bytes or files a second that it made of `size`."""
    begun = time.perf_counter()
    subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return size / (time.perf_counter() - begun)


def by_rclone(server, files, folder, repeat, crypt=False):
    """The files into the server's bucket and back, by rclone, which seals them itself if it is told to."""
    remote = f"plain:{server.bucket}/rclone/{repeat}/{'crypt' if crypt else 'plain'}"
    environment = server.account.environment(folder) | {
        "RCLONE_CONFIG_PLAIN_TYPE": "s3",
        "RCLONE_CONFIG_PLAIN_PROVIDER": "Other",
        "RCLONE_CONFIG_PLAIN_ENV_AUTH": "true",
        "RCLONE_CONFIG_PLAIN_ENDPOINT": server.s3_url,
        "RCLONE_CONFIG_PLAIN_REGION": "us-east-1",
        "RCLONE_CONFIG_CRYPT_TYPE": "crypt",
        "RCLONE_CONFIG_CRYPT_REMOTE": remote,
    }
    if crypt:
        hidden = subprocess.run(["rclone", "obscure", "of this run"], capture_output=True, text=True, check=True)
        environment["RCLONE_CONFIG_CRYPT_PASSWORD"] = hidden.stdout.strip()
        remote = "crypt:"
    for what, (count, size) in FILES.items():
        unit, whole = ("MB/s", count * size / 1e6) if size == LARGE_BYTES else ("per s", count)
        there = remote + what.replace(" ", "-") if crypt else f"{remote}/{what.replace(' ', '-')}"
        yield f"{what}, in", unit, timed([*RCLONE, "copy", files / what, there], environment, whole)
        with tempfile.TemporaryDirectory(dir=folder) as back:
            yield f"{what}, out", unit, timed([*RCLONE, "copy", there, back], environment, whole)
            assert len(list(pathlib.Path(back).iterdir())) == count


def by_age(files, folder):
    """The large files from disk to disk, one after the other, by `age`."""
    environment = {"PATH": os.environ["PATH"]}
    key = folder / "age.key"
    if not key.exists():
        subprocess.run(["age-keygen", "-o", key], capture_output=True, check=True)
    recipient = re.search(r"age1\w+", key.read_text()).group()
    what, (count, size) = next(iter(FILES.items()))
    sealing = f'for f in "$1"/*; do age -r {recipient} -o "$2/${{f##*/}}" "$f"; done'
    opening = f'for f in "$2"/*; do age -d -i {key} -o "$f.opened" "$f"; done'
    with tempfile.TemporaryDirectory(dir=folder) as sealed:
        for way, script in (("in", sealing), ("out", opening)):
            words = ["bash", "-euc", script, "bash", files / what, sealed]
            yield f"{what}, {way}", "MB/s", timed(words, environment, count * size / 1e6)


def memory(folder):
    """The most that a gateway, and the data centre behind it, hold while 5 GiB go in and out through both."""
    centre = Amana(folder / "memory")
    sealing = Sealing(centre, folder / "memory-gateway")
    make_bucket(sealing)
    # Opening the gateway's key takes 256 MiB once (scrypt), which is no part of what passes through.
    pathlib.Path(f"/proc/{sealing.server.process.pid}/clear_refs").write_text("5")
    path = f"/{sealing.bucket}/large"
    sent = send(sealing.account, path, STREAMED_BYTES)
    assert receive(sealing.account, path) == sent
    for server, process in ((sealing, sealing.server), (centre, centre)):
        yield server, "most memory while 5 GiB go in and out", "MiB", process.peak_rss_bytes() / 2**20
    sealing.end()
    centre.end()


def make_files(folder):
    for what, (count, size) in FILES.items():
        (folder / what).mkdir(parents=True)
        for number in range(count):
            (folder / what / f"{number:04}").write_bytes(os.urandom(size))
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="where everything is kept (default: a temporary folder)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run of wrk")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--urls", type=int, default=200_000, help="keys of a PUT run before they repeat")
    parser.add_argument("--only", choices=["small", "large", "first_byte", "programs", "memory"])
    given = parser.parse_args()
    figures = {}

    def note(name, what, unit, value):
        figures.setdefault((what, unit), {}).setdefault(name, []).append(value)
        print(f"{name}: {what}: {value:,.1f} {unit}", file=sys.stderr)

    def wanted(part):
        return given.only in (None, part)

    with tempfile.TemporaryDirectory(prefix="amana-bench-", dir=given.folder) as folder:
        folder = pathlib.Path(folder)
        centre = Amana(folder / "centre")
        centre.name = "centre alone"
        servers = [centre, Sealing(centre, folder / "gateway")]
        files = make_files(folder / "files")
        for server in servers:
            make_bucket(server)
        for repeat in range(given.repeats):
            for part in (large, small, first_byte):
                for server in servers if wanted(part.__name__) else []:
                    for measured in part(server, repeat, given.seconds, given.urls):
                        note(server.name, *measured)
            if wanted("programs"):
                for server in servers:
                    for measured in by_rclone(server, files, folder, repeat):
                        note(server.name, *measured)
                for measured in by_rclone(centre, files, folder, repeat, crypt=True):
                    note("rclone crypt", *measured)
                for measured in by_age(files, folder):
                    note("age", *measured)
        for server in reversed(servers):
            server.end()
        for server, *measured in memory(folder) if wanted("memory") else []:
            note("centre alone" if server.name == "amana" else server.name, *measured)
    print("\n".join(table(figures, ["gateway", "centre alone", "rclone crypt", "age"], ours="gateway")))


if __name__ == "__main__":
    main()
