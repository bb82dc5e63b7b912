"""Applications behind sites: a real server of HTTP and a real WordPress under PHP-FPM, asked, failing, and replaced by what was signed."""

import base64
import contextlib
import hashlib
import http.client
import http.cookies
import json
import os
import socket
import subprocess
import urllib.parse

import pytest

from centre import Centre, free_port, wait_until
from test_sites import Publishers
from upstream import Upstream
from wordpress import FpmWordPress

HOST = "www.finances.example"
EDITOR = "127.0.0.2"
SNAPSHOT = "amana-snapshot"


def ask(centre, path, method="GET", body=None, source="127.0.0.1", host=HOST, **headers):
    """Status, headers and body. Of a body without a length, each part is a chunk."""
    line = http.client.HTTPConnection("127.0.0.1", centre.sites_port, timeout=60, source_address=(source, 0))
    with contextlib.closing(line):
        headers = {"Host": host} | {name.replace("__", "-"): value for name, value in headers.items()}
        line.request(method, path, body, headers, encode_chunked=not isinstance(body, (bytes, str, type(None))))
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


def served_by(tmp_path, applications, pages, describe):
    """A data centre that serves a site with those applications."""
    centre = Centre(tmp_path / "data")
    centre.start()
    centre.institution("finances")
    site = Publishers(centre, tmp_path, HOST)
    for name in pages:
        (site.folder / name).parent.mkdir(exist_ok=True)
    site.write(**pages)
    (site.folder / "_applications").write_text(applications)
    site.deploy()
    centre.stop()
    with (centre.data / "amana.toml").open("a") as config:
        for fields in describe:
            config.write("\n[[sites.application]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items()))
    centre.start()
    wait_until(lambda: ask(centre, "/")[0] != 421, "the site is served")
    return centre, site


APPLICATIONS = """# path, name
/api/stream api
/api/* api
/dead/* dead
/nowhere/* nowhere
/ill/* ill
/for-editors/* closed editors
/mixed/* api missing
"""


@pytest.fixture(scope="module")
def upstream():
    upstream = Upstream()
    yield upstream
    upstream.stop()


@pytest.fixture(scope="module")
def own(tmp_path_factory, upstream):
    tmp_path = tmp_path_factory.mktemp("applications")
    folders = ("api", "dead", "nowhere", "ill", "for-editors", "mixed")
    pages = {"index": "signed"} | {f"{folder}/hang": f"signed {folder}" for folder in folders}
    short = {"host": HOST, "connect_s": 1, "timeout_s": 2, "idle_s": 30, "wait_s": 0.2, "connections": 2, "body_mib": 1}
    api = {"name": "api", "http": f"http://{upstream.place}"} | short
    centre, _ = served_by(
        tmp_path, APPLICATIONS, pages,
        [
            api,
            api | {"name": "dead", "http": f"http://127.0.0.1:{free_port()}"},
            api | {"name": "ill", "health": "/health", "health_every_s": 0.1},
            api | {"name": "closed", "from": [EDITOR]},
        ],
    )
    yield centre
    centre.kill()


@pytest.fixture(autouse=True)
def fresh(request):
    if "upstream" in request.fixturenames:
        upstream = request.getfixturevalue("upstream")
        upstream.go.clear()
        upstream.asked.clear()
        upstream.came.clear()
        yield
        upstream.go.set()
    else:
        yield


def test_an_application_is_told_who_asks_and_nothing_that_visitors_make_up(own, upstream):
    made_up = {"X__Forwarded__For": "6.6.6.6", "X_Forwarded_For": "6.6.6.6", "Proxy": "http://evil.example", "TE": "trailers"}
    made_up |= {"X__Original__URL": "/admin", "X__Rewrite__URL": "/admin", "X__Forwarded__Prefix": "/admin", "Client__IP": "6.6.6.6"}
    status, headers, body = ask(own, "/api/caf%c3%a9?x=[1]&y", "POST", b"a=b", Cookie="c=1", **made_up)
    said = json.loads(body)
    assert (status, said["method"], said["target"], said["body"]) == (200, "POST", "/api/caf%C3%A9?x=[1]&y", "a=b")
    came = {name.lower(): value for name, value in said["headers"]}
    assert (came["x-forwarded-for"], came["x-forwarded-proto"], came["x-forwarded-host"]) == ("127.0.0.1", "http", HOST)
    assert came["host"] == HOST and came["cookie"] == "c=1"
    assert not {"proxy", "te", "x_forwarded_for", "x-original-url", "x-rewrite-url", "x-forwarded-prefix", "client-ip"} & set(came)
    # Other programs end a name at ;, and a query that no deploy could have is still the application's.
    assert ask(own, "/api/;x/y", "POST", b"")[0] == 404
    assert ask(own, "/api/x%3Bz/y", "POST", b"")[0] == 404
    assert json.loads(ask(own, "/api/find?words=a%0D%0Ab")[2])["target"] == "/api/find?words=a%0D%0Ab"
    # The application's cookies, and nothing that only the server says.
    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert headers[SNAPSHOT] is None and headers["Keep-Alive"] is None
    # What isn't an application's is read, and nothing else.
    assert ask(own, "/", "POST", b"x")[0] == 405
    assert ask(own, "/api//x")[0] == 404 and ask(own, "/api/..%2Fx")[0] == 404
    status, headers, body = ask(own, "/api/echo", "HEAD")
    assert (status, body) == (200, b"")


def test_bodies_stream_both_ways(own, upstream):
    line = http.client.HTTPConnection("127.0.0.1", own.sites_port, timeout=60)
    with contextlib.closing(line):
        line.request("GET", "/api/stream", headers={"Host": HOST})
        answer = line.getresponse()
        assert answer.read(3) == b"one"
        upstream.go.set()
        assert answer.read() == b"two"

    def parts():
        yield b"first"
        wait_until(lambda: upstream.came == [b"first"], "the application has the first part")
        yield b"second"

    status, _, body = ask(own, "/api/echo", "PUT", parts(), Transfer__Encoding="chunked")
    assert (status, json.loads(body)["body"]) == (200, "firstsecond")


def test_a_websocket_goes_through(own, upstream):
    key = base64.b64encode(os.urandom(16))
    with socket.create_connection(("127.0.0.1", own.sites_port), timeout=60) as line:
        line.sendall(
            b"GET /api/socket HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(1)
        accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
        assert head.startswith(b"HTTP/1.1 101 ") and b"sec-websocket-accept: " + accept in head.lower().replace(accept.lower(), accept)
        for message in (b"\x81\x85\0\0\0\0hello", os.urandom(100_000)):
            line.sendall(message)
            echoed = b""
            while len(echoed) < len(message):
                echoed += line.recv(65536)
            assert echoed == message


def test_visitors_by_http_2_are_served_too(own, upstream):
    port = own.sites_tls_port
    words = ["curl", "-sS", "--http2", "--max-time", "30", "--resolve", f"{HOST}:{port}:127.0.0.1", "--insecure"]
    words += ["--data", "a=b", "-b", "c=1", "-b", "d=2", "-w", "\n%{http_version}"]
    done = subprocess.run([*words, f"https://{HOST}:{port}/api/echo"], capture_output=True, text=True)
    said, version = done.stdout.rsplit("\n", 1)
    assert done.returncode == 0 and version == "2", done
    said = json.loads(said)
    came = {name.lower(): value for name, value in said["headers"]}
    assert (version, said["body"], came["x-forwarded-proto"]) == ("2", "a=b", "https")
    assert came["host"] == f"{HOST}:{port}"


def test_what_was_signed_stands_in_for_an_application_that_fails(own, upstream):
    for folder in ("api", "dead", "nowhere"):
        status, headers, body = ask(own, f"/{folder}/hang")
        assert (status, body) == (200, f"signed {folder}".encode()), folder
        assert (headers[SNAPSHOT], headers["Cache-Control"]) == ("deploy 1", "no-store")
        status, headers, body = ask(own, f"/{folder}/hang", "POST", b"x")
        assert (status, headers["Retry-After"], headers[SNAPSHOT]) == (503, "10", None), folder
    # What was sent may have been done: it is sent once.
    assert upstream.asked == ["GET /api/hang", "POST /api/hang"]
    upstream.asked.clear()
    for path in ("/api/die", "/dead/absent", "/nowhere/absent"):
        status, headers, _ = ask(own, path)
        assert (status, headers[SNAPSHOT]) == (503, None), path
    assert upstream.asked == ["GET /api/die"]
    # An application's own words are better than none.
    assert ask(own, "/api/sick")[::2] == (503, b"maintenance")
    with pytest.raises(http.client.IncompleteRead):
        ask(own, "/api/half")
    # A preview is what was signed, and asks nobody.
    assert ask(own, "/api/hang", host=f"1--{HOST}")[2] == b"signed api"
    assert ask(own, "/api/hang", "POST", b"x", host=f"1--{HOST}")[0] == 405


def test_an_application_has_bounds(own, upstream):
    assert ask(own, "/api/echo", "POST", b"x" * (1 << 20))[0] == 200
    assert ask(own, "/api/echo", "POST", b"x" * ((1 << 20) + 1))[0] == 413
    status, _, _ = ask(own, "/api/echo", "PUT", iter([b"x" * (1 << 20), b"y"]), Transfer__Encoding="chunked")
    assert status == 413
    # Two are being answered: there is no place for a third, until one of them has gone.
    lines = [http.client.HTTPConnection("127.0.0.1", own.sites_port, timeout=60) for _ in range(2)]
    for line in lines:
        line.request("GET", "/api/stream", headers={"Host": HOST})
        assert line.getresponse().read(3) == b"one"
    status, headers, _ = ask(own, "/api/echo")
    assert (status, headers["Retry-After"]) == (503, "1")
    for line in lines:
        line.close()
    wait_until(lambda: ask(own, "/api/echo")[0] == 200, "their places are free")


def test_an_application_that_is_not_well_is_not_asked(own, upstream):
    assert ask(own, "/ill/echo")[0] == 200
    upstream.is_sick = True
    wait_until(lambda: ask(own, "/ill/echo")[0] == 503, "it is known to be ill")
    upstream.asked.clear()
    assert ask(own, "/ill/hang")[2] == b"signed ill"
    assert "GET /ill/hang" not in upstream.asked
    upstream.is_sick = False
    wait_until(lambda: ask(own, "/ill/echo")[0] == 200, "it is well again")


def test_who_is_no_editor_sees_what_was_signed(own, upstream):
    status, headers, body = ask(own, "/for-editors/hang")
    assert (status, headers[SNAPSHOT], body) == (200, None, b"signed for-editors")
    assert ask(own, "/for-editors/echo")[0] == 404
    assert ask(own, "/for-editors/echo", "POST", b"x")[0] == 405
    for capitals in ("/For-Editors/echo", "/FOR-EDITORS/", "/for-editors%2Fecho"):
        assert ask(own, capitals)[0] == 404 and not any("editors" in one.lower() for one in upstream.asked), capitals
    assert upstream.asked == []
    assert json.loads(ask(own, "/for-editors/echo", source=EDITOR)[2])["target"] == "/for-editors/echo"
    # Where something was signed, the application isn't asked for it.
    assert ask(own, "/mixed/hang")[2] == b"signed mixed"
    assert json.loads(ask(own, "/mixed/echo")[2])["target"] == "/mixed/echo"
    about = ask(own, "/.well-known/amana/")[2].decode()
    assert "<code>/dead/*</code> dead" in about and "for its editors alone" in about and "ses rédacteurs" in about
    facts = json.loads(ask(own, "/.well-known/amana/site.json")[2])
    assert {"path": "/mixed/*", "name": "api", "missing": True, "editors": False} in facts["applications"]
    verified = verify(own)
    assert verified["as_published"] and verified["not_compared"] > 0 and verified["applications"] == facts["applications"]


def verify(centre):
    words = ("site", "verify", f"http://{HOST}", "--at", f"127.0.0.1:{centre.sites_port}", "--policy", centre.policy)
    done = centre.run(*words, "--centre", centre.web_url, "--allow-recorded", "--json")
    return json.loads(done.stdout)


class Editor:
    """Somebody at the ministry, who signs in and writes."""

    def __init__(self, centre):
        self.centre, self.cookies = centre, http.cookies.SimpleCookie()

    def ask(self, path, method="GET", fields=None, **headers):
        body = urllib.parse.urlencode(fields).encode() if fields else None
        if body:
            headers["Content__Type"] = "application/x-www-form-urlencoded"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={cookie.value}" for name, cookie in self.cookies.items())
        status, headers, body = ask(self.centre, path, method, body, source=EDITOR, **headers)
        for cookie in headers.get_all("Set-Cookie", []):
            self.cookies.load(cookie)
        return status, headers, body.decode()

    def sign_in(self):
        assert "user_login" in self.ask("/wp-login.php")[2]
        said = {"log": "editor", "pwd": "a password of the tests", "testcookie": "1", "redirect_to": f"http://{HOST}/wp-admin/"}
        status, headers, _ = self.ask("/wp-login.php", "POST", said)
        assert (status, headers["Location"]) == (302, f"http://{HOST}/wp-admin/")

    def publish(self, title):
        """As WordPress's own editor does it."""
        nonce = self.ask("/wp-admin/admin-ajax.php?action=rest-nonce")[2]
        said = {"title": title, "content": "Le budget est voté.", "status": "publish"}
        status, _, post = self.ask("/?rest_route=/wp/v2/posts", "POST", said, X__WP__Nonce=nonce)
        assert status == 201, post
        return urllib.parse.urlsplit(json.loads(post)["link"])


def test_wordpress_runs_as_it_is_behind_its_signed_snapshot(tmp_path):
    wordpress = FpmWordPress(tmp_path / "wordpress", posts=3, url=f"http://{HOST}").start()
    centre, _ = served_by(
        tmp_path, "/* wordpress editors\n", {"index": "the signed front page"},
        [{
            "host": HOST, "name": "wordpress", "fastcgi": f"unix:{wordpress.listen}", "root": str(wordpress.root),
            "from": [f"{EDITOR}/32"], "connect_s": 1,
        }],
    )
    try:
        editor = Editor(centre)
        editor.sign_in()
        status, _, page = editor.ask("/wp-admin/")
        assert status == 200 and "wp-admin-bar-my-account" in page
        status, headers, _ = editor.ask("/wp-admin/css/login.min.css")
        assert (status, headers["Content-Type"]) == (200, "text/css; charset=utf-8")
        assert editor.ask("/wp-admin/css/login.min.css", If__None__Match=headers["ETag"])[0] == 304
        status, headers, _ = editor.ask("/wp-admin")
        assert (status, headers["Location"]) == (301, "/wp-admin/")
        link = editor.publish("Budget 2027")
        post = f"{link.path}?{link.query}" if link.query else link.path
        assert "Budget 2027" in editor.ask(post)[2]
        # What somebody put where pictures are is not run, and what WordPress knows alone is not shown.
        (wordpress.root / "wp-content" / "uploads" / "shell.php").write_text("<?php touch(__DIR__ . '/was-run');")
        for path in ("/wp-content/uploads/shell.php", "/wp-content/uploads/shell.php/x.jpg", "/wp-config.php.bak"):
            assert "<?php" not in editor.ask(path)[2]
        assert editor.ask("/wp-content/uploads/shell.php")[0] == 404
        for copy in ("wp-config.php.1", "wp-config.txt", "settings.inc.2026"):
            (wordpress.root / copy).write_text("<?php define('DB_PASSWORD', 'x');")
            assert editor.ask(f"/{copy}")[0] == 404, copy
        assert not (wordpress.root / "wp-content" / "uploads" / "was-run").exists()
        # The public is shown what was signed, whatever WordPress has by now.
        assert ask(centre, "/")[2] == b"the signed front page"
        assert ask(centre, "/wp-login.php")[0] == 404 and ask(centre, "/wp-login.php", "POST", b"log=x")[0] == 405
        if link.path != "/":
            assert ask(centre, link.path)[0] == 404
        assert verify(centre)["as_published"]

        wordpress.stop_fpm()
        status, headers, page = editor.ask("/")
        assert (status, headers[SNAPSHOT], page) == (200, "deploy 1", "the signed front page")
        assert editor.ask("/wp-login.php", "POST", {"log": "x"})[0] == 503
        assert verify(centre)["as_published"]
        wordpress.start_fpm()
        status, headers, page = editor.ask(post)
        assert status == 200 and headers[SNAPSHOT] is None and "Budget 2027" in page
    finally:
        centre.kill()
        wordpress.stop()
