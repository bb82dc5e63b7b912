"""Forms in Chromium: what is refused comes back filled in, what is sent twice acts once, and who signs in comes back to the page
that was asked for: with and without scripts, in both languages, on a telephone and at a desk."""

import time

import pytest

from browser import HEIGHT, WIDTHS, chromium, overflow_px, screenshot, violations
from centre import Centre
from test_sign_in import PASSWORD, Person, invite, totp

REASON = {"fr": "Dites pourquoi", "en": "Say why"}
DONE = {"fr": "Déjà fait", "en": "Done already"}
OVER = {"fr": "Votre session a pris fin.", "en": "Your session has ended."}
LETTER = "Une longue lettre,\nde deux lignes & <plus>."


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    centre = Centre(tmp_path_factory.mktemp("forms") / "data").start()
    with chromium() as browser:
        yield centre, browser
    centre.kill()
    centre.check()


def at(centre, path):
    return f"http://localhost:{centre.web_port}{path}"


class Official:
    """Somebody who has a password, at a browser of some width that runs scripts or not."""

    def __init__(self, country, institution, language, width, scripts):
        self.centre, browser = country
        self.centre.institution(institution)
        viewport = {"width": WIDTHS[width], "height": HEIGHT}
        how = {"java_script_enabled": scripts, "bypass_csp": scripts}
        self.context = browser.new_context(locale=language, viewport=viewport, **how)
        self.page = self.context.new_page()
        self.page.goto(invite(self.centre, institution, "Fatima", "focal-point"))
        self.account = self.page.get_attribute('input[name="account"]', "value")
        self.seed = self.page.inner_text("#seed").replace(" ", "")
        self.step = int(time.time() // 30)
        self.password(self.step)
        assert self.page.url.endswith("/account"), self.page.inner_text("main")

    def password(self, step):
        self.page.fill("#password", PASSWORD)
        self.page.fill("#code", totp(self.seed, step))
        self.page.click('form[action$="/password"] button:not(.copy)')

    def sign_in(self):
        """A code is used once: the next one is taken a little early too."""
        self.page.fill("#account", self.account)
        self.step += 1
        self.password(self.step)

    def goto(self, path):
        self.page.goto(at(self.centre, path))


@pytest.mark.parametrize(("language", "width", "scripts"), [("fr", "phone", False), ("en", "desk", True)])
def test_what_is_refused_comes_back_and_what_is_repeated_is_not_done_again(country, language, width, scripts):
    fatima = Official(country, f"finances-{language}", language, width, scripts)
    page = fatima.page

    fatima.goto("/buckets")
    page.fill("#name", f"lettres-{language}")
    page.fill("#reason", " ")
    page.uncheck("#versions")
    page.click('form[action="/buckets"] button')
    alert = page.locator('[role="alert"]')
    assert alert.count() == 1 and REASON[language] in alert.inner_text()
    assert page.input_value("#name") == f"lettres-{language}" and not page.is_checked("#versions")
    assert page.get_attribute("#reason", "aria-invalid") == "true"
    assert REASON[language] in page.inner_text("#refused-why")
    assert overflow_px(page) == 0
    screenshot(page, f"form-refused-{language}-{width}")
    if scripts:
        assert violations(page) == []
    alert.locator("a").click()
    assert page.url.endswith("#reason")
    page.fill("#reason", "des lettres")
    page.click('form[action="/buckets"] button')
    assert f"/buckets/lettres-{language}" in page.url

    fatima.goto("/keys")
    page.check("#all")
    page.click('form[action="/keys"] button')
    key = page.inner_text("#key-id")
    page.reload()
    assert DONE[language] in page.inner_text("h1") and page.locator('main a[href="/keys"]').count() == 1
    screenshot(page, f"form-repeated-{language}-{width}")
    page.click('main a[href="/keys"]')
    assert page.inner_text("#keys").count("AMAN") == page.locator("#keys tbody tr").count()
    page.locator("#keys tr", has_text=key).locator("summary").click()
    revoke = page.locator("#keys tr", has_text=key).locator("form")
    revoke.locator("button").click()
    assert page.url.endswith("/keys"), "the box was not ticked"
    revoke.locator("input[type=checkbox]").check()
    revoke.locator("button").click()
    assert "receipt=" in page.url
    fatima.context.close()


@pytest.mark.parametrize(("language", "scripts"), [("fr", False), ("en", True)])
def test_one_comes_back_to_the_page_that_was_asked_for(country, language, scripts):
    fatima = Official(country, f"justice-{language}", language, "phone", scripts)
    page = fatima.page
    fatima.goto("/messages")
    page.fill("#subject", "Quota")
    page.fill("#text", LETTER)
    fatima.context.clear_cookies()
    page.click('form[action="/messages/open"] button')
    assert OVER[language] in page.inner_text('[role="alert"]')
    assert [box.input_value() for box in page.locator("textarea").all()] == ["Quota", LETTER]
    assert overflow_px(page) == 0
    screenshot(page, f"form-over-{language}")
    page.click('main a[href^="/account/sign-in"]')
    screenshot(page, f"sign-in-{language}")
    fatima.sign_in()
    assert page.url.endswith("/messages"), page.inner_text("main")
    fatima.context.close()


def test_a_deep_link_is_reached_by_a_passkey(country):
    centre, browser = country
    centre.institution("sante")
    ali = Person(centre, browser)
    ali.follow(invite(centre, "sante", "Ali", "auditor"))
    for path in ("/journal?kind=bucket.create", "/usage"):
        ali.context.clear_cookies()
        ali.page.goto(at(centre, path))
        assert "/account/sign-in?next=" in ali.page.url
        ali.press("form[data-passkey]")
        ali.page.wait_for_url(at(centre, path))
    ali.context.clear_cookies()
    ali.page.goto(at(centre, "/account/sign-in?next=//evil.example/"))
    ali.press("form[data-passkey]")
    ali.page.wait_for_url(at(centre, "/overview"))
    ali.context.close()
