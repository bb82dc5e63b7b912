"""Sites as visitors get them: from the real server, with curl, while publishers and disks do what they do."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request

import pytest

from centre import Centre, http_get, wait_until
from test_sites import Publishers

# Beyond what stays in a row, so that it is a file that a test can change; and of a type that nothing is made of beforehand.
LARGE = 100_000


def fetch(centre, host, path="/", **headers):
    """Status, headers and body, by HTTP."""
    request = urllib.request.Request(f"http://127.0.0.1:{centre.sites_port}{path}", headers={"Host": host} | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


def served(centre, host, path="/"):
    return fetch(centre, host, path)[2]


def published(site, centre, **pages):
    """Deploys the pages, and waits until visitors get them."""
    site.write(**pages)
    number = site.deploy()["number"]
    facts = "/.well-known/amana/site.json"

    def is_served():
        status, _, body = fetch(centre, site.host, facts)
        return status == 200 and json.loads(body)["number"] == number

    wait_until(is_served, f"deploy {number} is served")
    return number


@pytest.fixture
def own(tmp_path):
    """A data centre of the test's own."""
    centre = Centre(tmp_path / "data")
    centre.start()
    centre.institution("finances")
    yield centre
    centre.kill()


@pytest.fixture
def site(own, tmp_path):
    return Publishers(own, tmp_path, "www.finances.example")


def test_a_swap_under_load_mixes_nothing(own, site):
    published(site, own, index="version 1", other="version 1")
    wrong, seen, is_over = [], set(), threading.Event()

    def visit():
        while not is_over.wait(0.01):
            status, _, body = fetch(own, site.host)
            seen.add(body)
            if status != 200 or not re.fullmatch(rb"version \d", body):
                wrong.append((status, body))

    visitors = [threading.Thread(target=visit) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for version in (2, 3, 4):
        text = f"version {version}"
        published(site, own, index=text, other=text)
        # From here on nobody gets an older one, of any page.
        assert served(own, site.host) == served(own, site.host, "/other") == text.encode()
    is_over.set()
    for visitor in visitors:
        visitor.join()
    assert wrong == [] and {b"version 1", b"version 4"} <= seen
    assert served(own, f"2--{site.host}") == b"version 2"
    assert fetch(own, "elsewhere.example")[0] == 421
    # After a power cut, what was published is what is served.
    own.kill()
    own.start()
    wait_until(lambda: served(own, site.host) == b"version 4", "the site is served again")


def test_what_was_altered_on_disk_is_not_served(own, site):
    before, after = os.urandom(LARGE), os.urandom(LARGE)
    (site.folder / "table.bin").write_bytes(before)
    published(site, own, index="one")
    (site.folder / "table.bin").write_bytes(after)
    published(site, own, index="two")

    def blob(content):
        found = [path for path in (own.data / "blobs").rglob("*") if path.is_file() and path.read_bytes() == content]
        assert len(found) == 1, found
        return found[0]

    file = blob(after)
    with file.open("r+b") as altered:
        altered.seek(LARGE // 2)
        altered.write(bytes([after[LARGE // 2] ^ 1]))
    assert served(own, site.host, "/table.bin") == before
    assert served(own, site.host) == b"one", "the deploy as a whole"
    assert json.loads(fetch(own, site.host, "/.well-known/amana/site.json")[2])["number"] == 1
    wait_until(lambda: b"site.alert" in entries(own), "the alert is an entry")
    # A new deploy that is right is served as such.
    (site.folder / "table.bin").write_bytes(os.urandom(LARGE))
    published(site, own, index="three")
    assert served(own, site.host) == b"three"


# What somebody does to the rows, and whether an alert can still be recorded about the site then.
EDITS = {
    "another manifest": ("UPDATE site_deploys SET manifest = (SELECT manifest FROM site_deploys WHERE number = 1) WHERE number = 2", True),
    "nothing is live": ("UPDATE sites SET live = NULL", True),
    "no newest deploy": ("DELETE FROM site_deploys WHERE number = 2", True),
    "no site": ("DELETE FROM sites", False),
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_publishes_nothing_and_takes_nothing_down(own, site, edit):
    published(site, own, index="one")
    published(site, own, index="two")
    own.stop()
    # Of the engine that the data centre runs on by itself.
    assert "AMANA_DATABASE" not in own.environment
    with contextlib.closing(sqlite3.connect(own.data / "amana.db")) as rows:
        sql, is_told = EDITS[edit]
        rows.execute(sql)
        rows.commit()
    own.start()
    wait_until(lambda: served(own, site.host) == b"two", "what was signed last is served")
    assert served(own, f"1--{site.host}") == b"one" or not is_told
    wait_until(lambda: b"site.alert" in entries(own) or not is_told, "the alert is an entry")


def test_nobody_signs_what_a_row_says_that_an_older_deploy_was(own, site):
    published(site, own, index="one")
    published(site, own, index="two")
    published(site, own, index="three")
    own.stop()
    with contextlib.closing(sqlite3.connect(own.data / "amana.db")) as rows:
        rows.execute("UPDATE site_deploys SET manifest = (SELECT manifest FROM site_deploys WHERE number = 2) WHERE number = 1")
        rows.commit()
    own.start()
    words = ("site", "rollback", site.host, 1, "--key", site.key("webmaster"), "--centre", own.web_url)
    assert "did not sign deploy 1" in own.run(*words, code=1).stderr
    assert "is not what the data centre says" in own.run(*words, "--policy", own.policy, code=1).stderr
    words = ("site", "rollback", site.host, 2, *words[4:], "--policy", own.policy)
    own.run(*words)
    wait_until(lambda: served(own, site.host) == b"two", "the honest one is published again")


def entries(centre):
    """All acts of the ledger of sites, as anybody reads them."""
    status, _, acts = http_get(f"{centre.web_url}/ledgers/finances/sites/acts/0")
    assert status == 200
    return acts


def curl(centre, host, *words):
    port = centre.sites_tls_port
    resolved = ("--resolve", f"{host}:{port}:127.0.0.1", "--cacert", centre.data / "keys" / "authority.crt")
    words = ["curl", "-sS", "--max-time", "30", *map(str, resolved), *words, f"https://{host}:{port}/"]
    return subprocess.run(words, capture_output=True, text=True)


def test_by_https_with_either_version_of_http(own, site):
    published(site, own, index="<p>hello" * 200)
    # The authority is made when somebody first asks for TLS, who can't know it yet.
    assert curl(own, site.host, "--insecure", "--cacert", "/dev/null").returncode in (0, 77)
    wait_until((own.data / "keys" / "authority.crt").exists, "there is an authority")
    for version in ("--http1.1", "--http2"):
        done = curl(own, site.host, version, "-w", "%{http_version}", "-o", os.devnull)
        assert (done.returncode, done.stdout) == (0, version.removeprefix("--http")), done.stderr
    assert curl(own, "elsewhere.example").returncode != 0

    def is_compressed():
        _, headers, body = fetch(own, site.host, "/", **{"Accept-Encoding": "br"})
        return headers["Content-Encoding"] == "br" and len(body) < 100

    wait_until(is_compressed, "the page is compressed")
    done = curl(own, site.host, "--compressed")
    assert done.stdout == "<p>hello" * 200


def test_the_log_is_common_and_truncates_addresses(own, site, tmp_path):
    own.stop()
    log = tmp_path / "access.log"
    with (own.data / "amana.toml").open("a") as config:
        config.write(f'\n[sites]\naccess_log = "{log}"\n')
    own.start()
    published(site, own, index="hello")
    fetch(own, site.host, "/?a=b")
    own.stop()
    lines = [line for line in log.read_text().splitlines() if "/?a=b" in line]
    assert len(lines) == 1 and re.fullmatch(r'127\.0\.0\.0 - - \[[^]]+ \+0000\] "GET http://\S+/\?a=b HTTP/1\.1" 200 5', lines[0]), lines
