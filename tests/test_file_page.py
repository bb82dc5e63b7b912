"""The file page of a gateway in a real browser: telephone and desk, both languages, with and without scripts, and what foreign
content may do there."""

import contextlib
import http.client
import pathlib
import urllib.parse

import pytest

import browser
from gateway import country
from programs import octets

LANGUAGES = ("fr", "en")
HOSTILE = b"<!doctype html><script>document.title = 'taken over'</script>"


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def ministry(tmp_path_factory):
    with country(tmp_path_factory.mktemp("file-page")) as (centre, gateway, account):
        s3 = account.client()
        s3.create_bucket(Bucket="office")
        s3.put_object(Bucket="office", Key="budget/prévisions 2027.ods", Body=octets(70_000, "ods"))
        s3.put_object(Bucket="office", Key="budget/note.html", Body=HOSTILE, ContentType="text/html")
        s3.put_object(Bucket="office", Key="lettre.txt", Body=b"Monsieur le Ministre")
        yield centre, gateway, account


@contextlib.contextmanager
def signed_in(chromium, ministry, path="/folders", account=None, **how):
    """A page of somebody who has a key."""
    _, gateway, own = ministry
    account = account or own
    with browser.visit(chromium, gateway.web_url + "/folders", **how) as page:
        page.locator("#id").fill(account.access_key_id)
        page.locator("#secret").fill(account.secret_access_key)
        page.locator("main form button").click()
        page.wait_for_url(gateway.web_url + "/folders")
        if path != "/folders":
            page.goto(gateway.web_url + path, wait_until="networkidle")
        yield page


PAGES = {
    "top": "/folders",
    "folder": "/folders/browse/office",
    "search": "/folders/search?q=pr%C3%89v",
    "file": "/folders/file/office/lettre.txt",
    "shares": "/folders/shares",
}


@pytest.mark.parametrize("width", ("phone", "desk"))
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_accessible_and_fits(chromium, ministry, language, width):
    _, gateway, _ = ministry
    with browser.visit(chromium, gateway.web_url + "/folders", width, language, for_axe=True) as page:
        browser.screenshot(page, f"files-sign-in-{language}-{width}")
        assert browser.overflow_px(page) == 0 and browser.violations(page) == []
    with signed_in(chromium, ministry, width=width, language=language, for_axe=True) as page:
        page.goto(gateway.web_url + "/folders/file/office/lettre.txt")
        page.locator("form[action='/folders/share'] button").click()
        page.wait_for_url("**/folders/shares")
        link = page.locator("#shares a.link").first.get_attribute("href")
        for name, path in {**PAGES, "shared": link.removeprefix(gateway.web_url)}.items():
            page.goto(gateway.web_url + path)
            assert page.locator("html").get_attribute("lang") == language
            browser.screenshot(page, f"files-{name}-{language}-{width}")
            assert browser.overflow_px(page) == 0, name
            assert browser.violations(page) == [], name


@pytest.mark.parametrize("scripts", (True, False))
def test_a_day_with_files(chromium, ministry, tmp_path, scripts):
    centre, gateway, account = ministry
    folder = f"dossier {'avec' if scripts else 'sans'} script"
    body = octets(3 << 20, f"page-{scripts}")
    file = tmp_path / "pièce n° 1.bin"
    file.write_bytes(body)
    (tmp_path / "other.txt").write_text("autre")
    with signed_in(chromium, ministry, "/folders/browse/office", scripts=scripts) as page:
        page.locator("#name").fill(folder)
        page.locator("form[action='/folders/make'] button").click()
        page.get_by_role("link", name=folder).click()
        assert page.locator("#empty").is_visible()
        page.locator("#file").set_input_files([file, tmp_path / "other.txt"])
        page.locator("form[data-upload] button").click()
        page.locator("#entries").wait_for()
        assert page.locator("#entries tbody tr").count() == 2
        page.get_by_role("link", name="pièce n° 1.bin", exact=True).click()
        assert page.locator("h1").inner_text() == "pièce n° 1.bin"
        assert downloaded(page, "a.button:not(.second)").read_bytes() == body
        # The receipt proves the deposit, offline.
        receipt = downloaded(page, "a.button.second")
        centre.run("receipt", "verify", receipt, "--policy", centre.policy, "--allow-recorded")
        page.locator("main summary").click()
        page.locator("form[action='/folders/delete'] button").click()
        page.get_by_role("link", name="other.txt", exact=True).wait_for()
        assert page.locator("#entries tbody tr").count() == 1
        page.goto(gateway.web_url + "/folders/search?q=" + urllib.parse.quote(f"{folder}/OTHER"))
        assert page.locator("#entries tbody tr").count() == 1
        page.goto(gateway.web_url + "/folders")
        page.get_by_role("button", name="Quitter").click()
        page.goto(gateway.web_url + "/folders/browse/office")
        assert page.url.endswith("/folders/sign-in")
    assert account.client().get_object(Bucket="office", Key=f"{folder}/other.txt")["Body"].read() == b"autre"
    # The data centre has neither the name nor the content.
    held = b"".join(path.read_bytes() for path in centre.data.rglob("*") if path.is_file())
    assert folder.encode() not in held and body[4096:4160] not in held


def downloaded(page, link):
    with page.expect_download() as waiting:
        page.locator(link).first.click()
    return pathlib.Path(waiting.value.path())


def test_what_was_replaced_and_deleted_comes_back(chromium, ministry):
    _, gateway, account = ministry
    s3 = account.client()
    s3.create_bucket(Bucket="archives")
    s3.put_object(Bucket="archives", Key="acte.txt", Body=b"premier")
    with signed_in(chromium, ministry, "/folders/browse/archives", scripts=False) as page:
        page.locator("form[action='/folders/keep'] button").click()
        s3.put_object(Bucket="archives", Key="acte.txt", Body=b"second")
        page.get_by_role("link", name="acte.txt", exact=True).click()
        assert page.locator("#versions tbody tr").count() == 2
        page.locator("#versions form button").click()
        assert s3.get_object(Bucket="archives", Key="acte.txt")["Body"].read() == b"premier"
        assert page.locator("#versions tbody tr").count() == 3
        page.locator("main summary").click()
        page.locator("form[action='/folders/delete'] button").click()
        page.locator("#removed form button").click()
        assert page.locator("h1").inner_text() == "acte.txt"
    assert s3.get_object(Bucket="archives", Key="acte.txt")["Body"].read() == b"premier"


def test_a_folder_at_the_top_keeps_what_was(chromium, ministry):
    _, gateway, account = ministry
    with signed_in(chromium, ministry, scripts=False) as page:
        page.locator("#name").fill("dossiers-rh")
        page.locator("form[action='/folders/make'] button").click()
        page.get_by_role("link", name="dossiers-rh/").click()
        assert page.locator("form[action='/folders/keep']").count() == 0
    assert account.client().get_bucket_versioning(Bucket="dossiers-rh")["Status"] == "Enabled"
    cookie, token = session_of(gateway, account)
    form = urllib.parse.urlencode({"token": token, "path": "", "name": "Mes Dossiers RH"})
    kind = "application/x-www-form-urlencoded"
    refused = ask(gateway, "/folders/make", "POST", form, Content_Type=kind, Cookie=cookie, Accept_Language="fr")
    assert refused.status == 400 and "par exemple dossiers-rh" in refused.body.decode()


def test_help_is_there_and_so_is_a_page_for_what_is_not(chromium, ministry):
    _, gateway, _ = ministry
    with browser.visit(chromium, gateway.web_url + "/help", for_axe=True) as page:
        assert page.locator("#gateway").is_visible()
        assert browser.violations(page) == []
    missing = ask(gateway, "/nowhere", Accept="text/html", Accept_Language="fr")
    assert missing.status == 404 and "Cette page n’existe pas" in missing.body.decode()


def test_a_colleague_opens_a_link_until_it_is_taken_back(chromium, ministry):
    _, gateway, account = ministry
    with signed_in(chromium, ministry, "/folders/file/office/lettre.txt", language="en") as page:
        page.locator("#hours").select_option("1")
        page.get_by_role("button", name="Make the link").click()
        link = page.locator("#shares a.link").first.get_attribute("href")
        # Somebody who is not signed in.
        with browser.visit(chromium, link, scripts=False) as other:
            assert downloaded(other, "main a.button").read_bytes() == b"Monsieur le Ministre"
        bent = link[:-2] + ("AA" if link[-2:] != "AA" else "BB")
        assert ask(gateway, urllib.parse.urlsplit(bent).path).status == 404
        page.reload()
        assert page.locator("#shares tbody tr").first.locator("td").nth(1).inner_text().startswith("1")
        page.get_by_role("button", name="Take back").first.click()
        assert ask(gateway, urllib.parse.urlsplit(link).path + "/file").status == 404
    assert "a file was shared" in gateway.log() and "a shared file was fetched" in gateway.log()
    # Shares survive a restart, sealed; sessions don't.
    assert b"lettre" not in (gateway.data / "shares").read_bytes()


def ask(gateway, path, method="GET", body=b"", **headers):
    line = http.client.HTTPConnection("127.0.0.1", gateway.web_port, timeout=30)
    line.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = line.getresponse()
    answer.body = answer.read()
    line.close()
    return answer


def session_of(gateway, account):
    """The cookie of a new session, and its form token."""
    form = urllib.parse.urlencode({"id": account.access_key_id, "secret": account.secret_access_key})
    kind = "application/x-www-form-urlencoded"
    answer = ask(gateway, "/folders/sign-in", "POST", form, Content_Type=kind)
    assert answer.status == 303, answer.body
    cookie = answer.getheader("Set-Cookie")
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    cookie = cookie.split(";")[0]
    page = ask(gateway, "/folders/browse/office", Cookie=cookie).body.decode()
    return cookie, page.split('name="token" value="')[1].split('"')[0]


def test_content_is_only_ever_a_file_to_keep(ministry):
    _, gateway, account = ministry
    cookie, _ = session_of(gateway, account)
    answer = ask(gateway, "/folders/download/office/budget/note.html", Cookie=cookie)
    assert answer.body == HOSTILE
    assert answer.getheader("Content-Type") == "application/octet-stream"
    assert answer.getheader("Content-Disposition").startswith("attachment;")
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Content-Security-Policy").startswith("sandbox;")
    # A download that broke off goes on.
    part = ask(gateway, "/folders/download/office/budget/note.html", Cookie=cookie, Range="bytes=9-", If_Range=answer.getheader("ETag"))
    assert (part.status, part.body) == (206, HOSTILE[9:])
    name = urllib.parse.quote("office/<img src=x onerror=alert(1)>.txt")
    account.client().put_object(Bucket="office", Key="<img src=x onerror=alert(1)>.txt", Body=b"x")
    for path in ("/folders/browse/office", f"/folders/file/{name}", "/folders/search?q=onerror"):
        assert b"<img src=x" not in ask(gateway, path, Cookie=cookie).body
    account.client().delete_object(Bucket="office", Key="<img src=x onerror=alert(1)>.txt")


def test_nothing_is_changed_without_key_and_token(ministry):
    _, gateway, account = ministry
    cookie, token = session_of(gateway, account)
    kind = "application/x-www-form-urlencoded"
    for verb in ("make", "delete", "restore", "keep", "share", "take-back", "sign-out"):
        form = {"path": "office/lettre.txt", "name": "x", "hours": "1", "version": "null", "id": "x"}
        body = urllib.parse.urlencode(form)
        assert ask(gateway, f"/folders/{verb}", "POST", body, Content_Type=kind).status == 401, verb
        wrong = urllib.parse.urlencode(form | {"token": token[:-1] + "0"})
        for one in (body, wrong if wrong != urllib.parse.urlencode(form | {"token": token}) else body):
            assert ask(gateway, f"/folders/{verb}", "POST", one, Content_Type=kind, Cookie=cookie).status == 403, verb
    multipart = "multipart/form-data; boundary=b"
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="x.txt"\r\n\r\nx\r\n'
    first = f'--b\r\nContent-Disposition: form-data; name="token"\r\n\r\n{token}\r\n'
    upload = "/folders/upload/office"
    assert ask(gateway, upload, "POST", file + "--b--\r\n", Content_Type=multipart, Cookie=cookie).status == 403
    assert ask(gateway, upload, "POST", file + first + "--b--\r\n", Content_Type=multipart, Cookie=cookie).status == 403
    # What breaks off is not taken.
    assert ask(gateway, upload, "POST", first + file, Content_Type=multipart, Cookie=cookie).status == 403
    keys = {one["Key"] for one in account.client().list_objects_v2(Bucket="office")["Contents"]}
    assert "lettre.txt" in keys and "x.txt" not in keys
    assert ask(gateway, upload, "POST", first + file + "--b--\r\n", Content_Type=multipart, Cookie=cookie).status == 303
    assert account.client().get_object(Bucket="office", Key="x.txt")["Body"].read() == b"x"
    # Other sites sign nobody in.
    form = urllib.parse.urlencode({"id": account.access_key_id, "secret": account.secret_access_key})
    crossed = ask(gateway, "/folders/sign-in", "POST", form, Content_Type=kind, Sec_Fetch_Site="cross-site")
    assert crossed.status == 403


def test_rights_are_the_keys_own_and_end_with_it(ministry):
    _, gateway, account = ministry
    account.client().create_bucket(Bucket="minutes")
    key = gateway.access_key("finances", "--bucket", "office", "--right", "read")
    clerk = type(account)(gateway, "finances", None, key["access_key_id"], key["secret_access_key"])
    kind = "application/x-www-form-urlencoded"
    form = urllib.parse.urlencode({"id": clerk.access_key_id, "secret": clerk.secret_access_key})
    cookie = ask(gateway, "/folders/sign-in", "POST", form, Content_Type=kind).getheader("Set-Cookie").split(";")[0]
    top = ask(gateway, "/folders", Cookie=cookie).body
    assert b">office/<" in top and b"minutes" not in top
    assert ask(gateway, "/folders/browse/minutes", Cookie=cookie).status == 403
    page = ask(gateway, "/folders/browse/office", Cookie=cookie).body.decode()
    assert "data-upload" not in page
    token = page.split('name="token" value="')[1].split('"')[0]
    body = urllib.parse.urlencode({"token": token, "path": "office/lettre.txt"})
    assert ask(gateway, "/folders/delete", "POST", body, Content_Type=kind, Cookie=cookie).status == 403
    gateway.run("access-key", "revoke", clerk.access_key_id, "--data", gateway.data)
    assert ask(gateway, "/folders", Cookie=cookie).status == 303


def test_wrong_secrets_wait(ministry):
    _, gateway, account = ministry
    key = gateway.access_key("finances")
    kind = "application/x-www-form-urlencoded"

    def enter(secret):
        form = urllib.parse.urlencode({"id": key["access_key_id"], "secret": secret})
        return ask(gateway, "/folders/sign-in", "POST", form, Content_Type=kind, Accept_Language="en")

    said = [enter("wrong").body for _ in range(10)]
    assert b"not right" in said[0] and b"Too many tries" in said[-1]
    assert enter(key["secret_access_key"]).status == 401
    session_of(gateway, account)
