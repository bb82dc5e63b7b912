"""Sites in the console, in Chromium: a folder is dropped, signed in the browser or at home, seen by visitors, and gone back from;
with scripts and without, in both languages, on a telephone and on a desk."""

import contextlib
import os

import pytest

import browser
from centre import Centre, wait_until
from test_content_pages import without_scripts
from test_sign_in import Person, invite
from test_site_serving import served
from test_sites import Publishers

HOST = "www.finances.example"
PAIR = "deux.finances.example"


class Webmaster(Person):
    """A focal point who publishes."""

    def open(self, path=""):
        self.page.goto(f"{self.base}/publishing/{path}")

    def send_folder(self, folder, host=HOST):
        """Chooses a folder, as the browser's own dialogue does, and sends it; where that leads."""
        self.open(host)
        self.page.set_input_files("#folder", folder)
        self.press("#folder-form")
        return self.page.url

    def drop_folder(self, folder, host=HOST):
        """Drags a folder from the desk onto the page."""
        self.open(host)
        self.page.locator("#folder").scroll_into_view_if_needed()
        box = self.page.locator("#folder").bounding_box()
        tools = self.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "data": data}
        for kind in ("dragEnter", "dragOver", "drop"):
            tools.send("Input.dispatchDragEvent", {"type": kind} | at)
        wait_until(lambda: self.page.evaluate("document.querySelector('#folder').files.length"), "the files are chosen")
        self.press("#folder-form")
        return self.page.url

    def sign(self, key):
        self.page.set_input_files("#key", key)
        self.press("#sign")

    def publish(self):
        self.press("#signed")


@pytest.fixture(scope="module")
def ministry(tmp_path_factory):
    """A ministry with two sites, one of which two publish together; and its focal point, signed in."""
    home = tmp_path_factory.mktemp("sites")
    centre = Centre(home / "data").start()
    centre.institution("finances")
    site = Publishers(centre, home / "www", HOST, ("webmaster", "director"))
    pair = Publishers(centre, home / "deux", PAIR, ("editor", "director"), "all")
    with browser.chromium() as chromium:
        fatima = Webmaster(centre, chromium)
        fatima.follow(invite(centre, "finances", "Fatima", "focal-point"))
        yield centre, chromium, fatima, site, pair
        fatima.context.close()
    centre.kill()
    centre.check()


def shown(centre, host, content, path="/"):
    wait_until(lambda: served(centre, host, path) == content, f"{host} shows {content}")


def begun(centre, site):
    """Its first deploy, from the command line, unless an earlier test made one."""
    if site.state()["live"] is None:
        site.write(index="<p>premier")
        site.deploy(by="webmaster")
        shown(centre, site.host, b"<p>premier")


def test_a_dropped_folder_signed_in_the_browser_is_what_visitors_see(ministry):
    centre, _, fatima, site, _ = ministry
    begun(centre, site)
    site.write(index="<p>depuis la page", autre="<p>nouvelle")
    (site.folder / "images").mkdir()
    (site.folder / "images" / "été.svg").write_text("<svg/>")
    sent = []
    fatima.page.on("request", lambda request: sent.append(request.post_data_buffer or b""))
    change = fatima.drop_folder(site.folder)
    assert "/changes/" in change and site.state()["number"] == 1
    assert "/images/%C3%A9t%C3%A9.svg" in fatima.page.inner_text("main")
    # What isn't signed isn't taken; what is no key signs nothing.
    fatima.sign(site.list)
    fatima.page.locator("[data-refused]", has_text="pas une clé").wait_for()
    # The page compares with the folder at home, if it is told to.
    site.write(index="<p>autre chose")
    fatima.page.set_input_files("#own", site.folder)
    fatima.sign(site.key("webmaster"))
    fatima.page.locator("[data-refused]", has_text="rien n’est signé").wait_for()
    site.write(index="<p>depuis la page")
    fatima.page.set_input_files("#own", site.folder)
    fatima.sign(site.key("webmaster"))
    fatima.page.locator("[data-said]", has_text="Signé").wait_for()
    browser.screenshot(fatima.page, "sites-signed-fr")
    fatima.publish()
    assert fatima.page.url.endswith(f"{HOST}?done=2")
    assert "Le changement 2 tient" in fatima.page.inner_text("#done")
    shown(centre, HOST, b"<p>depuis la page")
    shown(centre, f"1--{HOST}", b"<p>premier")
    assert served(centre, HOST, "/images/%C3%A9t%C3%A9.svg") == b"<svg/>"
    # Base64 has + of its own.
    secret = site.key("webmaster").read_text().strip().split("+", 4)[4].encode()
    assert len(sent) > 3 and not any(secret in body or b"PRIVATE" in body for body in sent)
    # At home the same folder is the same change: the page published what it was given.
    assert site.deploy()["number"] == 2


def test_without_scripts_it_is_signed_at_home(ministry, tmp_path):
    centre, chromium, fatima, site, _ = ministry
    begun(centre, site)
    number = site.state()["number"] + 1
    with without_scripts(centre, chromium, fatima) as ali:
        ali.__class__ = Webmaster
        site.write(index="<p>signé chez soi")
        ali.send_folder(site.folder)
        assert not ali.page.locator("#in-browser").is_visible()
        with ali.page.expect_download() as download:
            ali.page.click("#change")
        change = tmp_path / download.value.suggested_filename
        download.value.save_as(change)
        assert change.name == f"{HOST}-{number}.change"
        browser.screenshot(ali.page, "sites-unsigned-no-scripts")
        ali.publish()
        assert "unsigned-change" in ali.page.inner_text("main")
        words = ("site", "sign", change, "--key", site.key("director"), "--folder", site.folder)
        site.write(index="<p>autre chose")
        assert "is not what this change publishes" in site.run(*words, code=1).stderr
        site.write(index="<p>signé chez soi")
        site.run(*words)
        ali.page.go_back()
        ali.page.set_input_files("#file", change)
        ali.publish()
        assert "id=\"done\"" in ali.page.content()
    shown(centre, HOST, "<p>signé chez soi".encode())
    assert site.state()["deploys"][0]["note"].count("\u2014") == 1


def test_the_way_back(ministry):
    centre, _, fatima, site, _ = ministry
    begun(centre, site)
    if site.state()["number"] == 1:
        site.write(index="<p>deuxième")
        site.deploy()
    before = site.state()["number"]
    fatima.open(HOST)
    fatima.page.click("#deploys a[aria-label='Publier de nouveau 1']")
    assert "/index.html" in fatima.page.inner_text("main")
    fatima.sign(site.key("director"))
    fatima.page.locator("[data-said]", has_text="Signé").wait_for()
    fatima.publish()
    shown(centre, HOST, b"<p>premier")
    assert site.state()["number"] == before + 1
    fatima.page.click("#deploys tbody th a")
    assert fatima.page.inner_text("h1") == f"Publication {before + 1} de {HOST}"


def test_two_sign_one_after_the_other(ministry):
    centre, _, fatima, _, pair = ministry
    pair.write(index="<p>à deux")
    fatima.send_folder(pair.folder, PAIR)
    fatima.sign(pair.key("editor"))
    fatima.page.locator("[data-said]", has_text="Signé").wait_for()
    fatima.publish()
    assert "too-few-publishers" in fatima.page.inner_text("main")
    fatima.page.go_back()
    for name in ("editor", "director", "editor"):
        fatima.sign(pair.key(name))
        last = f"\u2014 {name}.example/site "
        wait_until(lambda: fatima.page.input_value("#note").splitlines()[-1].startswith(last), f"{name} signed")
    fatima.publish()
    shown(centre, PAIR, "<p>à deux".encode())
    assert pair.state()["live"]["note"].count("\u2014") == 2


def test_other_publishers_are_signed_by_those_before(ministry, tmp_path):
    centre, _, fatima, _, _ = ministry
    host = "trois.finances.example"
    site = Publishers(centre, tmp_path, host, ("webmaster",))
    key = site.make_key("editor")
    for signer in ("editor", "webmaster"):
        # The page is a form's answer, and isn't gone back to: it is asked for again.
        fatima.open(host)
        fatima.page.fill("#publishers-file", f"witness editor {key}\nquorum editor\n")
        fatima.press(f"form[action='/publishing/{host}/publishers']")
        assert key in fatima.page.inner_text("main") and "\npublishers " in fatima.page.inner_text("#statement")
        fatima.sign(site.key(signer))
        fatima.page.locator("[data-said]", has_text="Signé").wait_for()
        fatima.publish()
        taken = fatima.page.url.endswith(f"{host}?done=1")
        assert taken == (signer == "webmaster")
        assert taken or "not-a-publisher" in fatima.page.inner_text("main")
    assert fatima.page.inner_text("#publishers tbody").split() == ["editor", key]


@pytest.mark.parametrize("language, told", [("fr", "des réglages avec des mots de passe"), ("en", "settings with passwords")])
def test_what_must_not_be_published_is_named(ministry, tmp_path, language, told):
    _, _, fatima, site, _ = ministry
    folder = tmp_path / "public"
    folder.mkdir()
    (folder / "index.html").write_text("<p>bonjour")
    (folder / ".env").write_text("PASSWORD=secret")
    fatima.page.goto(f"{fatima.base}/publishing/{HOST}?lang={language}")
    fatima.page.set_input_files("#folder", folder)
    fatima.press("#folder-form")
    assert ".env" in fatima.page.inner_text("#wrong") and told in fatima.page.inner_text("#wrong")
    browser.screenshot(fatima.page, f"sites-refused-{language}")
    fatima.page.goto(f"{fatima.base}/publishing?lang=fr")


@contextlib.contextmanager
def visit(chromium, person, path, width, language):
    """Another window of the same person."""
    size = {"width": browser.WIDTHS[width], "height": browser.HEIGHT}
    scheme = "dark" if width == "phone" else "light"
    context = chromium.new_context(viewport=size, locale=language, bypass_csp=True, color_scheme=scheme)
    context.add_cookies([cookie for cookie in person.context.cookies() if cookie["name"] != "lang"])
    page = context.new_page()
    assert page.goto(f"{person.base}{path}").ok, path
    yield page
    context.close()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", list(browser.WIDTHS))
def test_every_page_is_for_everybody(ministry, language, width):
    centre, chromium, fatima, site, _ = ministry
    begun(centre, site)
    state = site.state()
    live = state["live"]
    older = next((one for one in state["deploys"] if one["manifest"] != live["manifest"]), None)
    if older is None:
        site.write(index="<p>une autre")
        live, older = site.deploy(), live
    pages = {
        "hosted": "/sites",
        "own": "/publishing",
        "site": f"/publishing/{HOST}",
        "deploy": f"/publishing/{HOST}/deploys/{live['number']}",
        "change": f"/publishing/{HOST}/changes/{older['manifest']}",
    }
    for name, path in pages.items():
        with visit(chromium, fatima, path, width, language) as page:
            assert page.get_attribute("html", "lang") == language
            assert browser.overflow_px(page) <= 0, path
            browser.screenshot(page, f"sites-{name}-{width}-{language}")
            assert browser.violations(page) == [], path
    # What the form for other publishers answers: a page that has no address of its own.
    with visit(chromium, fatima, pages["site"], width, language) as page:
        page.fill("#publishers-file", site.list.read_text())
        page.click(f"form[action='/publishing/{HOST}/publishers'] button")
        assert page.get_attribute("html", "lang") == language and page.locator("#signed").count() == 1
        assert browser.overflow_px(page) <= 0
        browser.screenshot(page, f"sites-publishers-{width}-{language}")
        assert browser.violations(page) == []


def test_everybody_sees_that_an_older_deploy_is_served(ministry, new_centre, tmp_path):
    """Content is altered on the disk; visitors get the deploy before, and the public page says so."""
    chromium, centre = ministry[1], new_centre()
    centre.institution("finances")
    site = Publishers(centre, tmp_path)
    site.write(index="<p>premier")
    site.deploy()
    # Beyond what stays in a row, so that it is a file.
    table = os.urandom(100_000)
    (site.folder / "table.bin").write_bytes(table)
    site.deploy()
    shown(centre, site.host, table, "/table.bin")
    centre.stop()
    blob = next(file for file in (centre.data / "blobs").rglob("*") if file.is_file() and file.read_bytes() == table)
    blob.write_bytes(bytes([table[0] ^ 1]) + table[1:])
    centre.start()
    wait_until(lambda: served(centre, site.host, "/table.bin") != table and served(centre, site.host) == b"<p>premier", "deploy 1")
    with browser.visit(chromium, f"{centre.web_url}/sites", "phone", "fr") as page:
        assert "Une publication antérieure (n° 1)" in page.inner_text("#sites")
        browser.screenshot(page, "sites-hosted-older-fr")
