"""The operator at its pages, an institution's thread with it, and what everybody sees of a notice: in Chromium, on a
telephone and at a desk, with and without scripts, in both languages."""

import contextlib
import json
import re
import time

import pytest

from browser import HEIGHT, WIDTHS, chromium, overflow_px, screenshot, violations, visit
from centre import Centre
from test_sign_in import PASSWORD, invite, totp

OPERATOR = (
    "",
    "/institutions",
    "/institutions/finances",
    "/messages",
    "/notices",
    "/agreements/finances",
    "/indicators",
    "/capacity",
    "/health",
    "/staff",
)
# A week of samples, a gigabyte a day.
WEEK = [{"at_s": 1_800_000_000 + day * 86_400, "used_bytes": (40 + day) * 10**9} for day in range(8)]


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    data = tmp_path_factory.mktemp("operator") / "data"
    centre = Centre(data).start()
    centre.institution("finances")
    with chromium() as browser:
        yield centre, browser
    centre.kill()
    centre.check()


@contextlib.contextmanager
def somebody(country, link, language="fr", width="desk", scripts=False):
    """Whoever a link was handed to, signed in by a password and a code, which takes no script."""
    centre, browser = country
    context = browser.new_context(
        locale=language,
        viewport={"width": WIDTHS[width], "height": HEIGHT},
        java_script_enabled=scripts,
        bypass_csp=scripts,
    )
    page = context.new_page()
    page.goto(link)
    seed = page.inner_text("#seed").replace(" ", "")
    page.fill("#password", PASSWORD)
    page.fill("#code", totp(seed, int(time.time() // 30)))
    page.click('form[action$="/password"] button:not(.copy)')
    assert page.url.endswith("/account"), page.inner_text("main")
    yield page, f"http://localhost:{centre.web_port}"
    context.close()


def sara(country, **how):
    return somebody(country, invite(country[0], "operator", "Sara"), **how)


@pytest.mark.parametrize("language, width", (("fr", "phone"), ("en", "phone"), ("fr", "desk"), ("en", "desk")))
def test_each_page_is_accessible_and_fits(country, language, width):
    (country[0].data / "capacity.json").write_text(json.dumps(WEEK))
    with sara(country, language=language, width=width, scripts=True) as (page, base):
        for path in OPERATOR:
            page.goto(f"{base}/operator{path}", wait_until="networkidle")
            assert page.get_attribute("html", "lang") == language
            assert overflow_px(page) == 0, path
            name = path.replace("/", "-")
            screenshot(page, f"operator{name}-{language}-{width}")
            assert violations(page) == [], path
        page.goto(f"{base}/operator/capacity")
        assert page.locator("svg.plot polyline").count() == 1
        assert page.locator("#samples tbody tr").count() == len(WEEK)


def test_the_operators_day(country):
    centre, _ = country
    with sara(country) as (page, base):
        page.goto(f"{base}/operator/institutions")
        page.fill("#name", "justice")
        page.click('form[action$="/add"] button')
        assert page.url.endswith("/operator/institutions/justice")
        page.fill("#name", "Ali Saïd")
        page.select_option("#role", "director")
        page.click('form[action$="/name"] button')
        link = page.inner_text("#link")
        with somebody(country, link) as (ali, _):
            assert "Ali Saïd" in ali.inner_text("main")
            page.goto(f"{base}/operator/institutions/justice")
            page.fill("#reason", "Décret 12")
            page.click('form[action$="/suspend"] button')
            assert "suspendue" in page.inner_text(".facts")
            page.click('form[action$="/resume"] button')
            assert "suspendue" not in page.inner_text(".facts")
        page.goto(f"{base}/operator/institutions?q=just")
        assert page.locator("#institutions tbody tr").count() == 1
        page.goto(f"{base}/operator/staff")
        page.fill("#name", "Omar")
        page.click('form[action$="/name"] button')
        with somebody(country, page.inner_text("#link")) as (omar, _):
            omar.goto(f"{base}/operator/health")
            assert omar.locator("#findings li").count() > 0
            page.goto(f"{base}/operator/staff")
            page.click("tr:has-text('Omar') form[action$='/end'] button")
            omar.goto(f"{base}/operator")
            assert "/account/sign-in" in omar.url, "the access ended at once"
    acts = centre.run("ledger", "show", "justice/vault", "--data", centre.data).stdout
    assert re.search(r"institution\.suspend", acts)


def test_a_thread(country):
    centre, _ = country
    link = invite(centre, "finances", "Fatima", "focal-point")
    with sara(country) as (page, base), somebody(country, link, language="en") as (fatima, _):
        fatima.goto(f"{base}/messages")
        fatima.fill("#subject", "Our quota")
        fatima.fill("#text", "It is full.\nWhat shall we do?")
        fatima.click('form[action$="/open"] button')
        assert "waits for the other side" in fatima.inner_text("#state")
        page.goto(f"{base}/operator")
        page.click("#needs >> text=Une institution attend")
        page.click("text=Our quota")
        assert "What shall we do?" in page.inner_text("main")
        page.fill("#text", "Il sera doublé demain.")
        page.click('form[action$="/answer"] button')
        fatima.reload()
        assert "doublé" in fatima.inner_text("main")
        assert "waits for your answer" in fatima.inner_text("#state")
        screenshot(fatima, "thread-en")
        with fatima.expect_download() as download:
            fatima.click("article >> nth=1 >> a")
        receipt = download.value.path()
        said = centre.run("receipt", "verify", receipt, "--policy", centre.policy, "--allow-recorded", "--json")
        assert json.loads(said.stdout)["state"] in ("recorded", "witnessed")
        fatima.click('form[action$="/close"] button')
        page.goto(f"{base}/operator/messages?state=closed")
        assert "Our quota" in page.inner_text("#threads")


def test_a_notice_is_seen_by_everybody(country):
    centre, browser = country
    link = invite(centre, "finances", "Zahra", "auditor")
    with sara(country) as (page, base), somebody(country, link, language="en", width="phone", scripts=True) as (zahra, _):
        page.goto(f"{base}/operator/notices")
        page.select_option("#severity", "incident")
        page.fill("#fr", "La ligne de Mohéli est coupée.")
        page.fill("#en", "The line to Mohéli is cut.")
        page.click('form[action$="/publish"] button')
        zahra.goto(f"{base}/journal", wait_until="networkidle")
        assert "The line to Mohéli is cut." in zahra.inner_text("aside.notice")
        assert overflow_px(zahra) == 0 and violations(zahra) == []
        screenshot(zahra, "notice-above-en-phone")
        for language, text in (("fr", "La ligne de Mohéli est coupée."), ("en", "The line to Mohéli is cut.")):
            with visit(browser, f"{base}/notices", "phone", language, for_axe=True) as anybody:
                assert text in anybody.inner_text("main")
                assert overflow_px(anybody) == 0 and violations(anybody) == []
                screenshot(anybody, f"notices-{language}-phone")
        receipt = page.request.get(f"{base}/receipts/operator/notices/0")
        assert receipt.ok and "notice.publish" in receipt.text()
        page.goto(f"{base}/operator/notices")
        page.click('form[action$="/end"] button')
        zahra.reload()
        assert zahra.locator("aside.notice").count() == 0
