"""The interface for programs, tried by schemathesis with whatever its own document allows and doesn't: as nobody, and as each who
signs in."""

import http.cookies
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request

import pytest

from centre import Centre
from test_sign_in import PASSWORD, invite, totp

CHECKS = "not_a_server_error,content_type_conformance,response_schema_conformance"
EXAMPLES = 12
SEED = 20_261_122
SETTINGS = """
# A bucket and a key that are there, wherever the document doesn't say which to name.
[parameters]
bucket = "files"
key = "a"

# Nobody's: the asker's own would end the session that all else is tried with.
[[operations]]
include-operation-id = ["endSession", "endStaff"]
parameters = { number = 4711 }
"""


@pytest.fixture(scope="module")
def centre(tmp_path_factory):
    centre = Centre(tmp_path_factory.mktemp("api") / "data").start(RUST_LOG="amana=warn")
    client = centre.institution("finances").client()
    client.create_bucket(Bucket="files")
    client.put_object(Bucket="files", Key="a", Body=b"x")
    yield centre
    centre.stop()


def ask(url, fields=None, cookies=()):
    """A page, and the cookies that came with it. Redirections are not followed."""
    request = urllib.request.Request(url, urllib.parse.urlencode(fields).encode() if fields else None)
    request.add_header("cookie", "; ".join(cookies))

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    try:
        answer = urllib.request.build_opener(Stay).open(request)
    except urllib.error.HTTPError as error:
        assert error.code in (302, 303), (url, error.code, error.read())
        answer = error
    set_cookies = [http.cookies.SimpleCookie(value) for value in answer.headers.get_all("set-cookie") or []]
    set_cookies = {name: f"{name}={one.value}" for jar in set_cookies for name, one in jar.items()}
    return answer.read().decode(), set_cookies


def sign_in(centre, institution, role):
    """Somebody who signs in with a password: the headers of their session."""
    link = urllib.parse.urlsplit(invite(centre, institution, f"The {role}", None if institution == "operator" else role))
    url = centre.web_url
    page, flow = ask(f"{url}{link.path}?{link.query}")
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    seed = re.search(r'id="seed">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")
    fields = hidden | {"password": PASSWORD, "code": totp(seed, int(time.time() // 30))}
    _, session = ask(f"{url}/account/enrol/password", fields, flow.values())
    cookie = session["amana-session"]
    told = json.loads(ask(f"{url}/api/v1/session", cookies=[cookie])[0])
    return {"cookie": cookie, "x-amana-token": told["token"]}


@pytest.mark.parametrize("institution, role", [(None, "nobody"), ("finances", "focal-point"), ("operator", "operator")])
def test_it_keeps_what_its_document_says(centre, tmp_path, institution, role):
    headers = sign_in(centre, institution, role) if institution else {}
    (tmp_path / "schemathesis.toml").write_text(SETTINGS)
    program = pathlib.Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            *(program, "run", f"{centre.web_url}/api/v1/openapi.json"),
            *("--checks", CHECKS, "--max-examples", str(EXAMPLES), "--seed", str(SEED), "--no-color"),
            # It would end the session that all else is tried with.
            *("--exclude-operation-id", "signOut"),
            *(word for header in headers.items() for word in ("-H", ": ".join(header))),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    selected, tried = (int(re.search(rf"{word}: +(\d+)", done.stdout).group(1)) for word in ("Selected", "Tested"))
    assert tried == selected > 90, done.stdout[-2000:]
    # The session is one still.
    assert institution is None or json.loads(ask(f"{centre.web_url}/api/v1/session", cookies=[headers["cookie"]])[0])
    centre.run("check", "--data", centre.data)
