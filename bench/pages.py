#!/usr/bin/env python3
"""How long pages take at 10,000 institutions and a million objects, as whoever waits for them sees it: one connection, one page
after another, nothing remembered by the browser.

    cargo build --release -p amana -p bench-scale
    bench/pages.py [--institutions N] [--objects N] [--rounds N]

AMANA_BIN and AMANA_BENCH_SCALE name the binaries; by default those in target/release."""

import argparse
import http.client
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
RELEASE = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
os.environ.setdefault("AMANA_BIN", str(RELEASE / "amana"))

from centre import Centre  # noqa: E402
from test_api import sign_in  # noqa: E402

# The limit that the pages are held to.
LIMIT_MS = 20
KEY = "year/05000/file-0500000.pdf"
PAGES = {
    None: ["/", "/proof", "/verify", "/help", "/directory", "/notices", "/indicators", "/sites"],
    "focal-point": [
        "/overview",
        "/buckets",
        "/buckets/finances/objects",
        "/buckets/finances/objects?prefix=year/",
        "/buckets/finances/objects?prefix=year/05000/",
        f"/buckets/finances/object?key={KEY}",
        "/journal",
        "/usage",
        "/alerts",
        "/keys",
        "/custodians",
        "/publishing",
    ],
    "operator": [
        "/operator",
        "/operator/institutions",
        "/operator/institutions?q=institution-0700",
        "/operator/institutions/finances",
        "/operator/capacity",
        "/operator/health",
        "/operator/indicators",
    ],
}


def timed(line, path, headers):
    begun = time.perf_counter()
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    size = len(answer.read())
    return answer.status, size, (time.perf_counter() - begun) * 1000


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--institutions", type=int, default=10_000)
    words.add_argument("--objects", type=int, default=1_000_000)
    words.add_argument("--rounds", type=int, default=30)
    asked = words.parse_args()
    maker = os.environ.get("AMANA_BENCH_SCALE", str(RELEASE / "bench-scale"))
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        data = pathlib.Path(folder) / "data"
        begun = time.monotonic()
        subprocess.run([maker, "state", data, str(asked.institutions), str(asked.objects)], check=True, cwd=folder)
        (data / "amana.toml").write_text('centre = "centre.test"\npublic_indicators = true\n')
        print(f"{asked.institutions} institutions and {asked.objects} objects, made in {time.monotonic() - begun:.0f} s", flush=True)
        centre = Centre(data).start()
        try:
            slow = measure(centre, asked.rounds)
        finally:
            centre.stop()
    print(f"slower than {LIMIT_MS} ms: {', '.join(slow) or 'none'}")


def measure(centre, rounds):
    """Prints a line a page; the pages whose median is over the limit."""
    place = urllib.parse.urlsplit(centre.web_url)
    slow = []
    print(f"{'page':44} {'status':>6} {'bytes':>8} {'first':>8} {'median':>8} {'p95':>8}  ms")
    for role, pages in PAGES.items():
        institution = {None: None, "operator": "operator"}.get(role, "finances")
        headers = sign_in(centre, institution, role) if role else {}
        for page in pages:
            line = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
            took = [timed(line, page, headers) for _ in range(rounds)]
            times = sorted(ms for _, _, ms in took)
            median, late = statistics.median(times), times[int(len(times) * 0.95)]
            status, size, first = took[0]
            print(f"{page:44} {status:6} {size:8} {first:8.1f} {median:8.1f} {late:8.1f}", flush=True)
            if median > LIMIT_MS or status != 200:
                slow.append(page)
    return slow


if __name__ == "__main__":
    main()
