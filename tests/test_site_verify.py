"""Whether a site is what its institution published: asked from outside, of honest servers and of others."""

import base64
import contextlib
import http.client
import http.server
import json
import shutil
import subprocess
import threading

import pytest

from centre import Centre, binary, die_with_parent, free_port, surroundings, wait_until
from test_witnesses import WITNESSES, Witness

HOST = "www.finances.test"
PAGES = {
    "index.html": "<h1>Ministère des finances</h1>" + "<p>budget</p>" * 500,
    "budget/index.html": "<h1>Budget 2027</h1>",
    "page.html": "<h1>Une page</h1>",
    "app.js": "document.title += ' !'",
    "style.css": "h1 { color: green }",
    "404.html": "<h1>Rien ici</h1>",
    "_redirects": "/ancien /budget/ 301\n",
    "_headers": "/*\n  X-Frame-Options: DENY\n",
}


class Site:
    """A site in a data centre whose ledgers two of three witnesses cosign."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        self.centre = Centre(folder / "data").start(
            AMANA_EPOCH_BUSY_S="0.1",
            AMANA_LISTEN_SITES_HTTP=f"127.0.0.1:{self.port}",
            AMANA_LISTEN_SITES_HTTPS=f"127.0.0.1:{free_port()}",
        )
        self.witnesses = [Witness(self.centre, folder, name) for name in WITNESSES]
        for witness in self.witnesses:
            self.centre.run("policy", "witness", "add", witness.name, witness.key, "--data", self.centre.data)
        self.centre.run("policy", "quorum", "2", "--data", self.centre.data)
        self.policy = shutil.copy(self.centre.policy, folder / "gazette")
        self.centre.institution("finances")
        self.key = folder / "webmaster.key"
        public = self.centre.run("site", "key", "finances.test/webmaster", "--out", self.key).stdout.split()[-1]
        self.publishers = folder / "publishers"
        self.publishers.write_text(f"witness webmaster {public}\nquorum webmaster\n")
        self.centre.run(
            *("site", "add", HOST, "--institution", "finances", "--publishers", self.publishers, "--data", self.centre.data)
        )

    def deploy(self, pages):
        folder = self.folder / "public"
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in pages.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self.centre.run("site", "deploy", HOST, folder, "--key", self.key, "--centre", self.centre.web_url)

    def verify(self, *words, port=None, verb="verify", code=0):
        """What a stranger is told: JSON, or the refusal."""
        where = ("--centre", self.centre.web_url, "--policy", self.policy, "--at", f"127.0.0.1:{port or self.port}", "--json")
        done = self.centre.run("site", verb, f"http://{HOST}", *where, *words, code=code)
        return json.loads(done.stdout.splitlines()[0]) if done.stdout else done.stderr

    def witnessed(self):
        """Waits until what is published is witnessed."""

        def seen():
            for witness in self.witnesses:
                witness.visit(self.policy)
            told = self.centre.run(
                *("site", "verify", f"http://{HOST}", "--at", f"127.0.0.1:{self.port}", "--policy", self.policy),
                *("--centre", self.centre.web_url),
                code=None,
            )
            return "haven't seen it yet" not in told.stderr

        wait_until(seen, "the deploy is witnessed")
        return self


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("verify"))
    site.deploy(PAGES | {"budget/index.html": "<h1>Budget 2026</h1>"})
    site.deploy(PAGES)
    yield site.witnessed()
    site.centre.stop()


@contextlib.contextmanager
def in_between(port, change):
    """A server before the site, that changes answers: `change(path, headers asked, status, headers, body)` gives the new ones."""

    class Between(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            asked = {name: value for name, value in self.headers.items() if name.lower() != "accept-encoding"}
            line.request("GET", self.path, headers=asked | {"Accept-Encoding": "identity"})
            answer = line.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders() if name.lower() not in ("content-length", "connection")}
            status, headers, body = change(self.path, self.headers, answer.status, headers, answer.read())
            self.send_response_only(status)
            for name, value in (headers | {"content-length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Between)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_an_honest_site_is_as_published(site):
    told = site.verify("--publishers", site.publishers, "--institution", "finances")
    assert told["as_published"] and told["witnessed"] and told["differences"] == []
    assert (told["institution"], told["number"], told["signers"]) == ("finances", 2, ["webmaster"])
    # Every file, the folder's page, the rule, and what isn't there.
    assert told["asked"] >= len(PAGES) + 3
    assert told["receipt"].startswith("finances/sites/") and len(told["named_by_operator"]) == 1


def defaced(path, asked, status, headers, body):
    return status, headers, body.replace(b"Budget 2027", b"Hacked by X") if path == "/budget/" else body


def for_search_engines(path, asked, status, headers, body):
    return status, headers, body + b"<a href='//pills'>" if "Googlebot" in asked["User-Agent"] else body


def with_a_cookie(path, asked, status, headers, body):
    return status, headers | {"set-cookie": "tracked=1"}, body


def led_away(path, asked, status, headers, body):
    return (302, {"location": "https://elsewhere.test/"}, b"") if path == "/" else (status, headers, body)


def without_its_header(path, asked, status, headers, body):
    return status, {name: value for name, value in headers.items() if name != "x-frame-options"}, body


def with_a_page_more(path, asked, status, headers, body):
    return (200, headers, b"<form>") if path == "/wp-login.php" else (status, headers, body)


def as_before(path, asked, status, headers, body):
    return status, headers, body.replace(b"Budget 2027", b"Budget 2026")


def led_to_another_host(path, asked, status, headers, body):
    to = f"https://{HOST}:x@evil.test/budget/"
    return (status, headers | {"location": to}, body) if path == "/ancien" else (status, headers, body)


def over_another_line(path, asked, status, headers, body):
    return status, headers | {"alt-svc": 'h2="evil.test:443"'}, body


def kept_for_a_year(path, asked, status, headers, body):
    return status, headers | {"cache-control": "public, max-age=31536000, immutable"}, body


def altered_script(path, asked, status, headers, body):
    is_chrome = "Chrome/" in asked["User-Agent"]
    return status, headers, body + b"//x" if path == "/app.js" and is_chrome else body


def for_browsers_that_navigate(path, asked, status, headers, body):
    return status, headers, b"defaced" if path == "/" and "Sec-Fetch-User" in asked else body


def at_its_short_address(path, asked, status, headers, body):
    return status, headers, b"defaced" if path == "/page" else body


def with_a_query(path, asked, status, headers, body):
    return status, headers, b"defaced" if path.startswith("/?") else body


def under_a_name_of_nobody(path, asked, status, headers, body):
    return status, headers, body + b"<script>" if status == 404 and path not in ("/.env", "/wp-login.php") else body


def another_type(path, asked, status, headers, body):
    return status, headers | {"content-type": "text/plain"} if path == "/style.css" else headers, body


DISHONEST = {
    defaced: ("/budget/", "content"),
    for_search_engines: ("/", "content"),
    with_a_cookie: ("/", "set-cookie"),
    led_away: ("/", "status"),
    without_its_header: ("/", "x-frame-options"),
    with_a_page_more: ("/wp-login.php", "status"),
    as_before: ("/budget/", "content"),
    another_type: ("/style.css", "content-type"),
    led_to_another_host: ("/ancien", "location"),
    over_another_line: ("/", "alt-svc"),
    kept_for_a_year: ("/", "cache-control"),
    altered_script: ("/app.js", "content"),
    for_browsers_that_navigate: ("/", "content"),
    at_its_short_address: ("/page", "content"),
    with_a_query: ("/?", "content"),
    under_a_name_of_nobody: ("/x", "content"),
}


@pytest.mark.parametrize("change", DISHONEST, ids=lambda change: change.__name__)
def test_a_dishonest_server_is_found_out(site, change):
    address, word = DISHONEST[change]
    with in_between(site.port, change) as port:
        told = site.verify(port=port, code=1)
    assert not told["as_published"]
    is_there = str.__eq__ if address not in ("/?", "/x") else str.startswith
    assert any(is_there(one["address"], address) and word in one["what"] for one in told["differences"]), json.dumps(told["differences"])


def test_the_server_of_sites_is_as_published_whatever_the_folder_says(site):
    """Without a page of its own for what isn't there, with rules for everything, and more visits than one visitor is let at once."""
    pages = {name: text for name, text in PAGES.items() if name != "404.html"} | {
        "_headers": "/*\n  Content-Security-Policy: default-src 'self'\n/style.css\n  Content-Type: text/plain\n  Cache-Control: max-age=60\n",
        "_redirects": "/vieux/* /:splat 301\n/an/:an/:mois /budget/?an=:an 302\n/api/* /page.html 200\n",
    }
    many = {f"page-{number}.html": f"<p>{number}" for number in range(700)}
    site.deploy(pages | many)
    site.witnessed()
    told = site.verify()
    assert told["as_published"] and told["asked"] > 4 * len(many) + 2000, told
    where = http.client.HTTPConnection("127.0.0.1", site.port)
    for address in ("/vieux//evil.test/x", "/vieux/%5Cevil.test/", "/vieux/\\evil.test/"):
        where.request("GET", address, headers={"Host": HOST})
        answer = where.getresponse()
        answer.read()
        location = answer.getheader("Location") or "/"
        assert location.startswith("/") and not location.startswith(("//", "/\\")), location
    site.deploy(PAGES)
    site.witnessed()


def test_a_site_that_was_added_again_is_not_believed(site):
    again = ("site", "add", "encore.finances.test", "--institution", "finances", "--data", site.centre.data)
    remove = ("site", "remove", "encore.finances.test", "--data", site.centre.data)
    words = ("site", "verify", "http://encore.finances.test", "--at", f"127.0.0.1:{site.port}", "--policy", site.policy)
    words = (*words, "--centre", site.centre.web_url, "--allow-recorded")
    folder = site.folder / "encore"
    folder.mkdir()
    (folder / "index.html").write_text("<p>encore")
    for is_again in (False, True):
        site.centre.run(*again, "--publishers", site.publishers)
        site.centre.run("site", "deploy", "encore.finances.test", folder, "--key", site.key, "--centre", site.centre.web_url)
        done = wait_until(
            lambda: (done := site.centre.run(*words, code=None)) and "answers differ" not in done.stderr and done, "it is served"
        )
        assert (done.returncode, "removed and added again" in done.stderr) == ((3, True) if is_again else (0, False)), done.stderr
        assert "as published" in site.centre.run(*words, "--publishers", site.publishers).stdout
        site.centre.run(*remove)


def test_other_publishers_and_other_institutions_are_refused(site, tmp_path):
    other = site.centre.run("site", "key", "finances.test/other", "--out", tmp_path / "other.key").stdout.split()[-1]
    named = tmp_path / "publishers"
    named.write_text(f"witness other {other}\nquorum other\n")
    assert "publishers" in site.verify("--publishers", named, code=3)
    assert "justice/sites" in site.verify("--institution", "justice", code=3)


def test_what_no_witness_has_seen_is_told_apart(site, tmp_path):
    site.deploy(PAGES | {"new.html": "new"})
    assert "haven't seen it yet" in site.verify(code=3)
    told = site.verify("--allow-recorded")
    assert told["as_published"] and not told["witnessed"]
    site.witnessed()


def test_a_watch_keeps_evidence(site, tmp_path):
    words = ("--once", "--evidence", tmp_path / "evidence")
    assert site.verify(*words, verb="watch")["state"] == "as published"
    with in_between(site.port, defaced) as port:
        told = site.verify(*words, verb="watch", port=port, code=1)
    assert "not as published" in told["state"]
    evidence = json.loads(open(told["evidence"], encoding="utf-8").read())
    assert evidence["published"]["entry"].startswith("finances/sites/")
    answer = next(one for one in evidence["answers"] if one["address"] == "/budget/")
    assert answer["status"] == 200 and answer["body"]


def differences(evidence):
    return {one["address"] for one in evidence["differences"]}


def test_evidence_proves_what_was_signed(site, tmp_path):
    program = tmp_path / "told"
    program.write_text(f'#!/bin/sh\nprintf "%s %s %s\\n" "$1" "$2" "$3" >> {tmp_path}/calls\n')
    program.chmod(0o755)
    words = ("--once", "--evidence", tmp_path / "evidence", "--run", program)
    with in_between(site.port, for_search_engines) as port:
        told = site.verify(*words, verb="watch", port=port, code=1)
    host, word, file = (tmp_path / "calls").read_text().split()
    assert (host, word, file) == (HOST, "not-as-published", told["evidence"])
    evidence = json.loads(open(file, encoding="utf-8").read())
    assert {"/", "/budget/"} <= differences(evidence)
    for answer in evidence["answers"]:
        # The very answers in which the second look found it, with how they were asked for.
        assert "search engine, brotli" in answer["seen_as"] and b"//pills" in base64.b64decode(answer["body"])
        assert any(name == "user-agent" and "Googlebot" in value for name, value in answer["request_headers"])
    receipt = tmp_path / "receipt"
    receipt.write_text(evidence["published"]["receipt"])
    judged = json.loads(site.centre.run("receipt", "verify", receipt, "--policy", site.policy, "--json").stdout)
    assert judged["state"] == "witnessed" and evidence["published"]["manifest"] in json.dumps(judged)


def test_all_listed_sites_are_watched_together(site, tmp_path):
    site.centre.run(
        *("site", "add", "vide.finances.test", "--institution", "finances", "--publishers", site.publishers),
        *("--data", site.centre.data),
    )
    try:
        done = site.centre.run(
            *("site", "watch", "--all", "--plain-http", "--once", "--json", "--evidence", tmp_path / "evidence"),
            *("--policy", site.policy, "--centre", site.centre.web_url, "--at", f"127.0.0.1:{site.port}"),
            code=1,
        )
        told = {line["host"]: line["state"] for line in map(json.loads, done.stdout.splitlines())}
        assert told[HOST] == "as published" and "nothing is published" in told["vide.finances.test"]
    finally:
        site.centre.run("site", "remove", "vide.finances.test", "--data", site.centre.data)


class Backwards:
    """Gives, once it is told to, the answers that it gave first: yesterday's ledger, or yesterday's site."""

    def __init__(self, with_queries=True):
        self.first, self.goes_back, self.asked, self.with_queries = {}, False, [], with_queries

    def __call__(self, path, asked, status, headers, body):
        self.asked.append(path)
        path = path if self.with_queries else path.split("?")[0]
        first = self.first.setdefault(path, (status, headers, body))
        return first if self.goes_back and first[0] == 200 else (status, headers, body)


def test_an_old_ledger_with_an_old_site_is_told_by_its_age(site):
    ledger, pages = Backwards(), Backwards(with_queries=False)
    with in_between(site.port, pages) as port, in_between(int(site.centre.web_url.rsplit(":", 1)[1]), ledger) as between:
        old = ("--centre", f"http://127.0.0.1:{between}")

        def verified(*words, code=0):
            where = ("--policy", site.policy, "--at", f"127.0.0.1:{port}", "--json", *old, *words)
            done = site.centre.run("site", "verify", f"http://{HOST}", *where, code=code)
            return json.loads(done.stdout) if done.stdout else done.stderr

        site.witnessed()
        before = verified()
        assert before["witnessed"] and before["seen_at"]
        ledger.goes_back = pages.goes_back = True
        site.deploy(PAGES | {"budget/index.html": "<h1>Budget 2028</h1>"})
        # It all fits together: signed, cosigned, and shown. What no operator can make is a young cosignature.
        assert verified() | {"asked": 0} == before | {"asked": 0}

        def is_old():
            done = site.centre.run(
                *("site", "verify", f"http://{HOST}", "--policy", site.policy, "--at", f"127.0.0.1:{port}", *old, "--max-age", "15"),
                code=None,
            )
            return "it may be an old ledger with an old site" in done.stderr

        wait_until(is_old, "the old ledger is too old")
        site.witnessed()
        # The honest way to the same data centre, with the same patience.
        assert site.verify("--max-age", "15")["number"] == before["number"] + 1


def test_a_watch_remembers_what_it_has_seen(site, tmp_path):
    ledger = Backwards()
    with in_between(int(site.centre.web_url.rsplit(":", 1)[1]), ledger) as between:
        words = ("site", "watch", f"http://{HOST}", "--seconds", "1", "--json", "--policy", site.policy)
        where = ("--evidence", tmp_path / "evidence", "--centre", f"http://127.0.0.1:{between}", "--at", f"127.0.0.1:{site.port}")
        site.witnessed()
        told = tmp_path / "told"
        with open(told, "wb") as out:
            watch = subprocess.Popen(
                [binary(), *map(str, words), *map(str, where)], stdout=out, env=surroundings(), preexec_fn=die_with_parent
            )
        try:
            wait_until(lambda: told.read_text().count("\n") == 1, "the first look")
            site.deploy(PAGES | {"budget/index.html": "<h1>Budget 2029</h1>"})
            site.witnessed()
            seen = len(ledger.asked)
            wait_until(lambda: "/ledgers/finances/sites/acts/" in "".join(ledger.asked[seen:]), "the watch reads the new entry")
            wait_until(lambda: ledger.asked[-1].endswith("?newest") and len(ledger.asked) > seen + 4, "another look begins")
            ledger.goes_back = True
            line = wait_until(lambda: told.read_text().splitlines()[1:], "the watch says what it saw")[0]
        finally:
            watch.kill()
            watch.wait()
    assert "entries were taken away" in json.loads(line)["state"]
