"""A real WordPress comes home: every address of it answers from the folder as it did, and nothing refers to the old host."""

import contextlib
import gzip
import http.client
import http.server
import json
import re
import signal
import subprocess
import threading
import urllib.parse

import pytest

from browser import chromium
from centre import binary, die_with_parent, surroundings, wait_until
from site_folder import Server, SiteFolder
from test_sites import Publishers
from wordpress import WordPress

POSTS = 40
HOST = "www.finances.gov"


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory):
    running = WordPress(tmp_path_factory.mktemp("wordpress") / "w", POSTS).start()
    yield running
    running.stop()


def imported(wordpress, out, *words, code=0):
    command = [binary(), "site", "import", wordpress.url, "--out", out, "--host", HOST, "--own-site", "--rate", "500/s", "--json", *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=surroundings(), preexec_fn=die_with_parent)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def home(wordpress, tmp_path_factory):
    """The folder of an import that was killed on the way, and went on."""
    out = tmp_path_factory.mktemp("home") / "site"
    archive = out.with_name("site.import") / "archive.warc.gz"
    words = [binary(), "site", "import", wordpress.url, "--out", out, "--host", HOST, "--own-site", "--rate", "500/s"]
    cut = subprocess.Popen(list(map(str, words)), env=surroundings(), preexec_fn=die_with_parent)
    wait_until(lambda: archive.exists() and archive.stat().st_size > 500_000, "a part of the site is fetched")
    cut.send_signal(signal.SIGKILL)
    cut.wait()
    before = archive.read_bytes()
    # What nothing links to any more, but visitors still ask for.
    log = out.with_name("access.log")
    asked = ("/ancienne-circulaire/", "/2026/03/")
    log.write_text("".join(f'192.0.2.1 - - [01/Oct/2026:10:00:00 +0000] "GET {path} HTTP/1.1" 200 0\n' for path in asked))
    said = imported(wordpress, out, "--log", log)
    after = archive.read_bytes()
    # What was cut in the middle is taken away; what was whole is kept as it was.
    kept = next((at for at, (one, other) in enumerate(zip(before, after)) if one != other), len(before))
    assert kept > len(before) - 200_000
    return out, said


def fetched(url, path):
    """What the living site answers: status, type, place, body."""
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=120)
    try:
        connection.request("GET", path, headers={"Host": place.netloc})
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type", ""), answer.getheader("Location"), answer.read()
    finally:
        connection.close()


def without_host(body, old):
    """A body without what says its host: what an import may change."""
    port = old.rsplit(":", 1)[1]
    hosts = [re.escape(f"127.0.0.1:{port}"), re.escape(f"127.0.0.1%3A{port}"), re.escape(HOST)]
    slash = rb"(?:/|\\/|%2F|%2f)"
    pattern = rb"(?:https?(?::|%3A))?" + slash + slash + rb"(?:" + "|".join(hosts).encode() + rb")"
    stripped = re.sub(pattern, b"", body)
    # WordPress draws these by lot for each answer.
    stripped = re.sub(rb"secret=(\\*[\"']|&quot;)?\w{10}", b"", stripped)
    stripped = re.sub(rb"(wp-embed-share-[a-z]+-[a-z]+-\d+-)\d+", rb"\1", stripped)
    # A bare host becomes the path of the first page.
    return re.sub(rb"=(['\"]?)/\1", rb"=\1\1", stripped)


def same(site, url, path):
    """What is wrong with the folder's answer to an address, if anything."""
    status, kind, place, body = fetched(url, path)
    own_status, said, own_body = site.answer(path)
    if status != own_status:
        return f"{path}: {status} became {own_status}"
    if place is not None:
        to = place.removeprefix(url) or "/"
        return None if said == to else f"{path}: led to {to}, and leads to {said}"
    if kind.replace(" ", "").lower() != said.replace(" ", "").lower():
        return f"{path}: {kind} became {said}"
    if without_host(body, url) != without_host(own_body, url):
        return f"{path}: other bytes"
    return None


def known_to_wordpress(wordpress):
    """Addresses as WordPress's own database has them, whatever the import found."""
    paths = ["/", "/feed/", "/comments/feed/", "/wp-sitemap.xml", "/robots.txt", "/page/2/", "/nothing/here/", "/ancienne-circulaire/"]
    paths += [f"/circulaire-{number}/" for number in range(1, POSTS + 1)]
    paths += [f"/circulaire-{number}" for number in range(1, POSTS + 1, 10)]
    paths += ["/cabinet/", "/direction-3/", "/category/budget/", "/category/budget/page/2/", "/category/budget/feed/", "/author/editor/"]
    paths += ["/tag/etiquette-3/", "/2026/03/", "/wp-content/uploads/2026/01/photo-1.png", "/wp-content/uploads/2026/01/photo-1-300x210.png"]
    listed, page = [], 1
    while True:
        status, _, _, body = fetched(wordpress.url, f"/wp-json/wp/v2/posts?per_page=100&page={page}&_fields=id")
        if status != 200:
            break
        listed += [f"/?p={entry['id']}" for entry in json.loads(body)]
        page += 1
    assert len(listed) >= POSTS
    return paths + listed


def test_every_address_answers_as_before(wordpress, home):
    out, said = home
    report = json.loads((out.with_name("site.import") / "report.json").read_text())
    found = [row["address"] for row in report["addresses"] if row["became"] in ("file", "redirect", "same-as-path")]
    paths = list(dict.fromkeys(known_to_wordpress(wordpress) + [path for path in found if HOST not in path]))
    assert len(paths) > 400
    site = SiteFolder(out)
    wrong = [fault for path in paths if (fault := same(site, wordpress.url, path))]
    assert len(wrong) <= len(paths) // 100, wrong
    assert not [fault for fault in wrong if " led to " in fault or ": 30" in fault], wrong
    assert said["addresses"] + said["redirects"] > 400


def test_nothing_refers_to_the_old_host(wordpress, home):
    out, _ = home
    authority = wordpress.url.removeprefix("http://")
    naming = []
    for path in out.rglob("*"):
        if path.is_file() and path.name not in ("_addresses",):
            body = path.read_bytes()
            if authority.encode() in body or authority.replace(":", "%3A").encode() in body:
                naming.append(path.relative_to(out).as_posix())
    assert naming == []


def test_assets_with_versions_are_stored_once(home):
    out, _ = home
    assert not [path for path in out.rglob("*") if "ver=" in path.name]
    lines = (out / "_addresses").read_text()
    # A type that the file's ending doesn't give stands there; the content is the file that the path names.
    assert not [line for line in lines.splitlines() if "?ver=" in line and "\t_addresses.d/" in line]
    assert "\tapplication/rss+xml; charset=UTF-8\n" in lines


def test_a_deploy_takes_the_folder_as_it_is(centre, hosted, home, tmp_path):
    out, _ = home
    site = Publishers(centre, tmp_path, HOST)
    site.folder = out
    assert site.deploy()["number"] == 1
    manifest = site.published()
    lines = {name: (out / name).read_text().splitlines() for name in ("_addresses", "_redirects")}
    assert {line.split("\t")[0] for line in lines["_addresses"]} <= set(manifest["files"])
    assert len(manifest["redirects"]) == len(lines["_redirects"])


def test_pages_look_and_run_as_before(wordpress, home):
    """Page by page in a browser, all of them: same text, same pictures, same height, no script refused, and nobody else asked."""
    out, _ = home
    report = json.loads((out.with_name("site.import") / "report.json").read_text())
    files = [row["address"] for row in report["addresses"] if row["became"] == "file"]
    server = Server(out)
    pages = [path for path in files if fetched(server.url, path)[1].startswith("text/html")]
    assert len(pages) > 150
    different = []
    try:
        with chromium() as browser:
            tab = {url: Tab(browser, url) for url in (wordpress.url, server.url)}
            for path in pages:
                before, after = (tab[url].seen(path) for url in (wordpress.url, server.url))
                differs = {name: (look, after["looks"][name]) for name, look in before["looks"].items() if after["looks"][name] != look}
                if differs or after["faults"]:
                    different.append((path, differs, after["faults"]))
                assert all(url.startswith(server.url) for url in after["asked"]), after["asked"]
    finally:
        server.stop()
    assert different == []


class Tab:
    """A tab of a browser at one site."""

    def __init__(self, browser, url):
        self.url, self.page = url, browser.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)

    def seen(self, path):
        self.asked, self.faults = [], []
        self.page.goto(self.url + path, wait_until="load")
        looks = self.page.evaluate("""async () => {
            const pictures = [...document.images];
            // Those that wait until somebody scrolls to them.
            pictures.forEach(one => { one.loading = 'eager'; });
            await Promise.allSettled(pictures.map(one => one.decode()));
            return {
                text: document.body.innerText,
                pictures: pictures.map(one => [one.alt, one.naturalWidth > 0, one.width]),
                height: document.documentElement.scrollHeight,
            };
        }""")
        looks["text"] = looks["text"].replace(self.url, "")
        asked = [one for one in self.asked if one.startswith("http")]
        return {"looks": looks, "asked": asked, "faults": self.faults}


def test_the_report_is_for_people_in_both_languages(home):
    out, said = home
    state = out.with_name("site.import")
    english, french = (state / "report.html").read_text(), (state / "rapport.html").read_text()
    assert "Comment forms" in english and "Formulaires de commentaires" in french
    assert said["report"] == str(state / "report.html")


def test_the_archive_is_a_warc_that_others_read(wordpress, home):
    out, _ = home
    records = gzip.decompress((out.with_name("site.import") / "archive.warc.gz").read_bytes())
    first, _, rest = records.partition(b"\r\n\r\n")
    assert first.startswith(b"WARC/1.1\r\nWARC-Type: warcinfo")
    assert f"WARC-Target-URI: {wordpress.url}/circulaire-1/\r\n".encode() in rest
    while records:
        head, _, rest = records.partition(b"\r\n\r\n")
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        assert head.startswith(b"WARC/1.1\r\n") and rest[length : length + 4] == b"\r\n\r\n"
        records = rest[length + 4 :]


def test_a_site_with_plain_addresses_keeps_them(wordpress, home, tmp_path):
    """Last, since it changes the site: `/?p=12` answers with the page itself, `/?cat=3` with a list."""
    script = wordpress.folder / "plain.php"
    script.write_text(
        "<?php $_SERVER['HTTP_HOST'] = 'x'; require $argv[1] . '/wp-load.php'; global $wp_rewrite;"
        "$wp_rewrite->set_permalink_structure(''); flush_rewrite_rules(false);"
    )
    wordpress.php(script, wordpress.root)
    seeds = tmp_path / "access.log"
    asked = [f"/?p={number}" for number in (20, 31, 42)] + ["/?cat=2", "/?feed=rss2", "/?m=202603"]
    seeds.write_text("".join(f'192.0.2.1 - - [01/Oct/2026:10:00:00 +0000] "GET {path} HTTP/1.1" 200 1\n' for path in asked))
    out = tmp_path / "plain"
    assert imported(wordpress, out, "--log", seeds, "--max-addresses", "160", code=1)["complete"] is False
    site = SiteFolder(out)
    assert [fault for path in asked if (fault := same(site, wordpress.url, path))] == []
    assert site.answer("/?p=20")[2] != site.answer("/?p=31")[2]


@contextlib.contextmanager
def living(pages):
    """A small site: paths, each with status, headers and body; anything else is 404. Gives its address."""

    class Answers(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, headers, body = pages.get(self.path, (404, {}, b"nothing here"))
            self.send_response(status)
            for name, value in {"Content-Type": "text/html; charset=utf-8", **headers, "Content-Length": len(body)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def take(url, out, *words, code=0):
    """Imports a small site: what is printed, the report, and the error output."""
    command = [binary(), "site", "import", url, "--out", out, "--rate", "500/s", "--json", *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, env=surroundings(), preexec_fn=die_with_parent)
    assert done.returncode == code, done.stderr
    report = json.loads((out.with_name(f"{out.name}.import") / "report.json").read_text())
    return json.loads(done.stdout), report, done.stderr


def decided(report):
    return {decision["code"]: decision for decision in report["decisions"]}


def page(body, **headers):
    return 200, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode()


def test_pages_that_a_parameter_names_come_along(tmp_path):
    named = ("/index.php?action=news&id=1", "/page.php?sid=4", "/?nb=2", "/?print=1", "/?share=mail")
    links = "".join(f"<a href='{path.replace('&', '&amp;')}'>x</a>" for path in named)
    pages = {"/": page(f"{links}<a href='/?replytocom=3'>answer</a>")} | {path: page(path) for path in named}
    listed = "/news.php?utm_source=letter"
    with living(pages | {listed: page("listed")}) as url:
        seeds = tmp_path / "seeds"
        seeds.write_text(f"{listed}\n")
        said, report, _ = take(url, tmp_path / "site", "--seeds", seeds)
    site = SiteFolder(tmp_path / "site")
    for path in (*named, listed):
        assert site.answer(path)[2] == pages.get(path, page("listed"))[2], path
    # What isn't asked for is something to decide.
    assert decided(report)["left-out"]["at"] == ["/?replytocom=3"]
    assert said["decisions"] == 1 and said["complete"] is True


def test_an_import_that_is_cut_short_is_no_success(tmp_path):
    links = "".join(f"<a href=/p{number}>x</a>" for number in range(40))
    pages = {"/": page(links)} | {f"/p{number}": page(str(number)) for number in range(40)}
    out = tmp_path / "site"
    with living(pages) as url:
        said, report, errors = take(url, out, "--max-addresses", "20", code=1)
        assert "stopped at its bound: 31 addresses" in errors and said["complete"] is False
        first = report["decisions"][0]
        assert (first["code"], first["count"], report["complete"]) == ("bound", 31, False)
        assert "The import stopped at its bound" in (tmp_path / "site.import" / "report.html").read_text()
        assert "arrêtée à sa limite" in (tmp_path / "site.import" / "rapport.html").read_text()
        # Given again with a higher one, it goes on.
        said, report, errors = take(url, out)
        assert said["complete"] is True and said["addresses"] == 41 and errors == ""


def test_what_robots_and_traps_keep_back_is_said(tmp_path):
    months = {f"/cal/{month}": page(f"<a href=/cal/{month + 1}>next</a>") for month in range(30)}
    pages = {"/": page("<a href=/cal/0>c</a><a href=/closed/a>a</a>"), "/closed/a": page("a"), **months}
    pages["/robots.txt"] = (200, {"Content-Type": "text/plain"}, b"User-agent: *\nDisallow: /closed/\n")
    with living(pages) as url:
        said, report, errors = take(url, tmp_path / "site", "--max-alike", "5")
        assert "1 addresses go on without an end" in errors and "1 addresses are kept back by robots.txt" in errors
        found = decided(report)
        assert found["trap"]["what"] == "/cal/#" and found["robots"]["at"] == ["/closed/a"]
        assert said["complete"] is False
        said, _, errors = take(url, tmp_path / "own", "--own-site")
        assert said["complete"] is True and errors == ""


def test_old_pages_are_read_in_their_own_encoding(tmp_path):
    """As browsers do: the path of a link in UTF-8, its query in the encoding of the page that has it."""
    latin = {"Content-Type": "text/html; charset=windows-1252"}
    pages = {
        "/": (200, latin, "<title>Ministère</title><a href='/café'>1</a><a href='/p?v=été'>2</a><a href='/n&eacute;e'>3</a>".encode("cp1252")),
        "/caf%C3%A9": page("café"),
        "/p?v=%E9t%E9": page("été"),
        "/n%C3%A9e": page("née"),
    }
    with living(pages) as url:
        _, report, _ = take(url, tmp_path / "site")
    site = SiteFolder(tmp_path / "site")
    assert report["decisions"] == []
    assert site.answer("/caf%C3%A9")[2].decode() == "café"
    assert site.answer("/p?v=%E9t%E9")[2].decode() == "été"
    assert site.answer("/n%C3%A9e")[2].decode() == "née"
    # The page itself stays as it was, byte for byte.
    assert site.answer("/")[1:] == (latin["Content-Type"], pages["/"][2])


def test_what_headers_said_stays(tmp_path):
    pages = {
        "/": page("<a href=/gone>1</a><a href='/get?id=1'>2</a><a href=/report.pdf>3</a>", Link="</late.css>; rel=preload", Refresh="9; url=/soon"),
        "/gone": (410, {}, b"gone"),
        "/late.css": (200, {"Content-Type": "text/css"}, b"p{}"),
        "/soon": page("soon", X_Robots_Tag="noindex"),
        "/report.pdf": (200, {"Content-Type": "application/pdf", "Content-Disposition": "attachment; filename=r.pdf"}, b"%PDF"),
        "/get?id=1": (200, {"Content-Type": "text/plain", "Content-Disposition": "inline"}, b"one"),
        "/get": (200, {"Content-Type": "text/plain"}, b"none"),
    }
    with living(pages) as url:
        seeds = tmp_path / "seeds"
        seeds.write_text("/get\n")
        _, report, _ = take(url, tmp_path / "site", "--seeds", seeds)
    out = tmp_path / "site"
    site = SiteFolder(out)
    assert site.answer("/gone")[0] == 410 and site.answer("/late.css")[2] == b"p{}"
    _, _, kept = (out / "_headers").read_text().partition("nosniff\n")
    disposed = "/report.pdf\n  content-disposition: attachment; filename=r.pdf\n"
    assert kept == f"/\n  refresh: 9; url=/soon\n{disposed}/soon\n  x-robots-tag: noindex\n"
    lost = decided(report)["header-not-kept"]
    assert (lost["what"], lost["at"]) == ("content-disposition: inline", ["/get?id=1"])
    # The archive has each request before its answer, as programs that read archives want it.
    records = gzip.decompress((tmp_path / "site.import" / "archive.warc.gz").read_bytes()).decode()
    assert "\r\n\r\nGET /late.css HTTP/1.1\r\nhost: " in records and "\r\n\r\nHTTP/1.1 410 Gone\r\n" in records
    assert records.count("WARC-Type: request") == records.count("WARC-Type: response") == records.count("WARC-Concurrent-To: <urn:uuid:")


def test_no_zone_is_no_silence(tmp_path):
    with living({"/": page("hello")}) as url:
        # A name without a zone: no name server tells of it.
        _, report, errors = take(url.replace("127.0.0.1", "localhost"), tmp_path / "site")
        assert "no name server told of the zone of localhost" in errors
        assert report["decisions"][0]["code"] == "no-zone"
        assert "rien dit de sa zone" in (tmp_path / "site.import" / "rapport.html").read_text()
        assert not (tmp_path / "site.import" / "zone.db").exists()
