"""An institution's content in Chromium: buckets, files with and without scripts, a deposit that goes on after a cut line, what
comes back, receipts, access keys; and each page under axe-core, in both languages, on a telephone and on a desk."""

import contextlib
import random
import re

import pytest

import browser
import gateway
from centre import Account
from test_sign_in import Person, invite

OPEN = "open-data"
SEALED = "plans"
# Three parts of 5 MiB, the last one short.
LARGE = random.Random(6).randbytes(11 * 1024 * 1024)
SMALL = "Budget 2027 : 1 250 000 €\n".encode()
PAGES = {
    "buckets": "/buckets",
    "bucket": f"/buckets/{OPEN}",
    "sealed": f"/buckets/{SEALED}",
    "pieces": f"/buckets/{SEALED}/objects",
    "objects": f"/buckets/{OPEN}/objects",
    "folder": f"/buckets/{OPEN}/objects?prefix=notes%2F&deleted=1",
    "search": f"/buckets/{OPEN}/objects?q=budget",
    "object": f"/buckets/{OPEN}/object?key=notes%2Fbudget.txt",
    "deleted": f"/buckets/{OPEN}/object?key=notes%2Fgone.txt",
    "upload": f"/buckets/{OPEN}/upload?prefix=notes%2F",
    "keys": "/keys",
}


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A data centre, an institution's gateway with a sealed object, and the focal point's browser, signed in."""
    with gateway.country(tmp_path_factory.mktemp("content")) as (centre, _, account), browser.chromium() as chromium:
        sealed = account.client()
        sealed.create_bucket(Bucket=SEALED)
        sealed.put_object(Bucket=SEALED, Key="plans/secret-name.txt", Body=b"sealed at home" * 9000)
        with signed_in(centre, chromium, "Fatima", "focal-point") as fatima:
            make_bucket(fatima, OPEN)
            yield centre, chromium, fatima
        centre.stop()
        centre.check()


@contextlib.contextmanager
def signed_in(centre, chromium, name, role, **how):
    somebody = Person(centre, chromium, **how)
    somebody.follow(invite(centre, "finances", name, role))
    yield somebody
    somebody.context.close()


@contextlib.contextmanager
def without_scripts(centre, chromium, person):
    """The same person at a browser that runs no scripts."""
    somebody = Person(centre, chromium, scripts=False)
    somebody.context.add_cookies(person.context.cookies())
    yield somebody
    somebody.context.close()


def make_bucket(person, name):
    person.page.goto(f"{person.base}/buckets")
    person.page.fill("#name", name)
    person.page.fill("#reason", "données publiques")
    person.press('form[action="/buckets"]')
    assert person.page.url.startswith(f"{person.base}/buckets/{name}?receipt=")


def file(name, content, folder):
    """A file on the person's disk."""
    path = folder / name
    path.write_bytes(content)
    return path


def content(person, key):
    """What the page's own link downloads."""
    person.page.goto(f"{person.base}/buckets/{OPEN}/object?key={key}")
    with person.page.expect_download() as download:
        person.page.click("a.button[href*='/content?']")
    return download.value.suggested_filename, download.value.path().read_bytes()


def verified(centre, person, folder):
    """The receipt that the page names, as the command judges it."""
    with person.page.expect_download() as download:
        person.page.click("#recorded a[href^='/receipt/']")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    centre.run("receipt", "verify", path, "--policy", centre.policy, "--allow-recorded")
    return path.read_text()


def test_a_deposit_goes_on_where_a_cut_and_a_reload_left_it(country, tmp_path):
    centre, _, fatima = country
    page, film = fatima.page, file("film.bin", LARGE, tmp_path)
    parts, fail = [], []

    def pass_on(route):
        number = int(re.search(r"/parts/(\d+)", route.request.url)[1])
        if number in fail:
            route.abort("connectionreset")
        else:
            parts.append(number)
            route.continue_()

    page.route("**/parts/*", pass_on)
    page.goto(f"{fatima.base}/buckets/{OPEN}/upload")
    page.set_input_files("#file", film)
    fail.append(2)
    page.click("form[data-bucket] button")
    page.locator("[data-said]", has_text="coupée").wait_for()
    assert parts == [1] and page.locator("progress").evaluate("bar => bar.value") > 0.4
    browser.screenshot(page, "upload-cut-fr")
    page.reload()
    assert page.locator("#under-way tbody tr").count() == 1
    fail.clear()
    page.set_input_files("#file", film)
    page.click("form[data-bucket] button")
    page.wait_for_url("**/object?key=film.bin&receipt=*")
    assert parts == [1, 2, 3], "what was there is not sent again"
    page.unroute("**/parts/*")
    assert '"kind":"upload.complete"' in verified(centre, fatima, tmp_path)
    assert content(fatima, "film.bin") == ("film.bin", LARGE)


def test_a_line_that_comes_back_is_enough(country, tmp_path):
    _, _, fatima = country
    page, film = fatima.page, file("short.bin", LARGE[: 6 * 1024 * 1024], tmp_path)
    tools = fatima.context.new_cdp_session(page)
    tools.send("Network.enable")
    cut = []

    def drop_once(route):
        if not cut:
            cut.append(route.request.url)
            tools.send("Network.emulateNetworkConditions", line(offline=True))
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/parts/2*", drop_once)
    page.goto(f"{fatima.base}/buckets/{OPEN}/upload")
    page.set_input_files("#file", film)
    page.click("form[data-bucket] button")
    page.locator("[data-said]", has_text="coupée").wait_for()
    tools.send("Network.emulateNetworkConditions", line(offline=False))
    page.wait_for_url("**/object?key=short.bin&receipt=*")
    page.unroute("**/parts/2*")
    assert content(fatima, "short.bin")[1] == film.read_bytes()


def line(offline):
    return {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


def deposit(person, path, replace=False):
    person.page.goto(f"{person.base}/buckets/{OPEN}/upload?prefix=notes%2F")
    if replace:
        person.page.check("#replace")
    person.page.set_input_files("#file", path)
    person.press("form[enctype]")


def test_a_day_without_scripts(country, tmp_path):
    centre, chromium, fatima = country
    with without_scripts(centre, chromium, fatima) as zahra:
        page = zahra.page
        deposit(zahra, file("gone.txt", SMALL, tmp_path))
        deposit(zahra, file("budget.txt", LARGE[:300_000], tmp_path))
        assert '"kind":"object.put"' in verified(centre, zahra, tmp_path)
        file("budget.txt", SMALL, tmp_path)
        deposit(zahra, tmp_path / "budget.txt")
        assert "Remplacer" in page.inner_text("main"), "it is there already"
        deposit(zahra, tmp_path / "budget.txt", replace=True)
        assert page.locator("#versions tbody tr").count() == 2
        assert content(zahra, "notes/budget.txt") == ("budget.txt", SMALL)
        page.click("#versions tbody tr:nth-child(2) th a")
        with page.expect_download() as download:
            page.click("a.button[href*='/content?']")
        assert download.value.path().read_bytes() == LARGE[:300_000]

        for act in ("delete", "restore", "delete"):
            page.goto(f"{zahra.base}/buckets/{OPEN}/object?key=notes/gone.txt")
            page.click(f"button[value={act}]")
            assert page.locator("#recorded").is_visible()
        page.goto(f"{zahra.base}/buckets/{OPEN}/objects?prefix=notes%2F")
        assert page.locator("#objects tbody tr").count() == 1
        page.fill("#q", "UDGE")
        zahra.press("form[role=search]")
        assert page.locator("#objects tbody tr").count() == 1
        page.click("a[href*='deleted=1']")


def test_tags_are_written_on_the_page(country, tmp_path):
    centre, chromium, fatima = country
    with without_scripts(centre, chromium, fatima) as ali:
        page = ali.page
        page.goto(f"{ali.base}/buckets/{OPEN}/upload")
        page.set_input_files("#file", file("étiqueté.txt", SMALL, tmp_path))
        page.click("form[enctype] button")
        page.goto(f"{ali.base}/buckets/{OPEN}/object?key=étiqueté.txt")
        page.click("details:has(#set-tags) summary")
        page.fill("#name-1", "année")
        page.fill("#value-1", "2027")
        ali.press("#set-tags")
        assert "object.tags" in verified(centre, ali, tmp_path)
        assert page.inner_text("#tags").split() == ["année", "2027"]
        page.click("details:has(#set-tags) summary")
        page.fill("#name-1", "")
        page.fill("#value-1", "")
        ali.press("#set-tags")
        assert page.locator("#tags").count() == 0


def test_a_key_is_shown_once_and_works(country):
    centre, _, fatima = country
    page = fatima.page
    page.goto(f"{fatima.base}/keys")
    page.select_option("#right", "read")
    page.check(f"#bucket-{OPEN}")
    fatima.press('form[action="/keys"]')
    browser.screenshot(page, "key-fr")
    key, secret, endpoint = (page.inner_text(f"#{name}") for name in ("key-id", "key-secret", "endpoint"))
    writer = centre.access_key("finances")
    writer = Account(centre, "finances", None, writer["access_key_id"], writer["secret_access_key"])
    writer.client(endpoint=endpoint).put_object(Bucket=OPEN, Key="notes/for-the-key.txt", Body=b"read")
    client = Account(centre, "finances", None, key, secret).client(endpoint=endpoint)
    assert client.get_object(Bucket=OPEN, Key="notes/for-the-key.txt")["Body"].read() == b"read"
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        client.put_object(Bucket=OPEN, Key="no", Body=b"")
    page.goto(f"{fatima.base}/keys")
    assert key in page.inner_text("#keys") and secret not in page.content()
    row = page.locator(f"tr:has-text('{key}')")
    row.locator("summary").click()
    row.locator("input[type=checkbox]").check()
    row.locator("button").click()
    with pytest.raises(client.exceptions.ClientError, match="InvalidAccessKeyId"):
        client.list_objects_v2(Bucket=OPEN)


def test_what_is_sealed_shows_numbers_alone(country):
    _, _, fatima = country
    page = fatima.page
    page.goto(f"{fatima.base}/buckets/{SEALED}/objects")
    assert page.locator("#pieces tbody tr").count() >= 1
    assert "secret-name" not in page.content() and "passerelle" in page.inner_text("main")
    assert page.goto(f"{fatima.base}/buckets/{SEALED}/content?key=plans/secret-name.txt").status == 400


def test_an_auditor_sees_names_and_no_content(country):
    centre, chromium, fatima = country
    fatima.page.goto(f"{fatima.base}/account/officials")
    fatima.page.fill("#auditor", "Omar")
    fatima.press('form[action="/account/officials/name"]')
    link = fatima.link()
    omar = Person(centre, chromium)
    omar.follow(link)
    page = omar.page
    page.goto(f"{omar.base}/buckets/{OPEN}/objects?prefix=notes%2F")
    assert "budget.txt" in page.inner_text("#objects")
    page.goto(f"{omar.base}/buckets/{OPEN}/object?key=notes/budget.txt")
    assert page.locator("a[href*='/content?'], form").count() == 0
    for path in ("content?key=notes/budget.txt", "upload"):
        assert page.goto(f"{omar.base}/buckets/{OPEN}/{path}").status == 403
    omar.context.close()


@pytest.mark.parametrize("width", browser.WIDTHS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_page_is_accessible_and_fits(country, language, width):
    _, chromium, fatima = country
    context = chromium.new_context(
        viewport={"width": browser.WIDTHS[width], "height": browser.HEIGHT}, locale=language, bypass_csp=True
    )
    context.add_cookies(fatima.context.cookies())
    page = context.new_page()
    for name, path in PAGES.items():
        assert page.goto(fatima.base + path, wait_until="networkidle").ok, path
        assert page.get_attribute("html", "lang") == language
        # What is folded away is for everybody as well.
        page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
        browser.screenshot(page, f"content-{name}-{language}-{width}")
        assert browser.overflow_px(page) == 0, path
        assert browser.violations(page) == [], path
    context.close()
