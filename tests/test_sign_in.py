"""Signing in, in Chromium with its virtual authenticator: a link, a passkey, sessions; recovery by two; a password and a code
without scripts; in both languages."""

import base64
import contextlib
import hashlib
import hmac
import json
import struct
import subprocess
import time

import pytest

from browser import chromium, screenshot
from centre import Centre

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
PASSWORD = "une phrase de passe"
IN = {"fr": "Mon compte", "en": "My account"}


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    centre = Centre(tmp_path_factory.mktemp("accounts") / "data").start()
    with chromium() as browser:
        yield centre, browser
    centre.kill()
    centre.check()


class Person:
    """Somebody at a browser with an authenticator of their own."""

    def __init__(self, centre, browser, language="fr", scripts=True):
        self.base = f"http://localhost:{centre.web_port}"
        self.context = browser.new_context(locale=language, java_script_enabled=scripts)
        self.page = self.context.new_page()
        if scripts:
            tools = self.context.new_cdp_session(self.page)
            tools.send("WebAuthn.enable", {"enableUI": False})
            tools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def follow(self, link):
        """Follows a link, and makes the first passkey."""
        assert link.startswith(self.base)
        self.page.goto(link)
        self.page.fill("#label", "telephone")
        self.press("form[data-passkey]")
        self.page.wait_for_url("**/account")

    def sign_in(self):
        self.page.goto(f"{self.base}/account/sign-in")
        self.press("form[data-passkey]")

    def press(self, form):
        """The button of a form."""
        self.page.click(f"{form} button")

    def is_in(self):
        self.page.goto(f"{self.base}/account")
        return self.page.url.endswith("/account")

    def act(self, form):
        """Presses the button of a form on the page of colleagues."""
        self.page.goto(f"{self.base}/account/officials")
        self.press(form)

    def link(self):
        """The link that the page shows this once."""
        return self.page.inner_text("#link")


@contextlib.contextmanager
def person(centre, browser, **how):
    somebody = Person(centre, browser, **how)
    yield somebody
    somebody.context.close()


def invite(centre, institution, name, role=None, code=0):
    words = ["official", "invite", name, "--institution", institution, "--data", centre.data, "--json"]
    done = centre.run(*words, *(["--role", role] if role else []), code=code)
    return json.loads(done.stdout)["link"] if code == 0 else done.stderr


def totp(seed, step):
    mac = hmac.digest(base64.b32decode(seed), struct.pack(">q", step), hashlib.sha1)
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_link_a_passkey_and_sessions(country, language):
    centre, browser = country
    centre.institution(f"finances-{language}")
    with person(centre, browser, language=language) as ali:
        link = invite(centre, f"finances-{language}", "Ali Saïd", "director")
        ali.follow(link)
        assert ali.page.get_attribute("html", "lang") == language
        assert ali.page.inner_text("h1") == IN[language]
        assert "Ali Saïd" in ali.page.inner_text("main") and "telephone" in ali.page.inner_text("#credentials")
        screenshot(ali.page, f"account-{language}")
        ali.page.goto(link)
        assert ali.page.locator("[role=alert]").count() == 1, "a link is used once"

        # Another browser, as far as the data centre knows: the first one's cookies are put aside.
        first = ali.context.cookies()
        ali.context.clear_cookies()
        assert not ali.is_in()
        ali.sign_in()
        ali.page.wait_for_url("**/overview")
        ali.page.goto(f"{ali.base}/account")
        assert ali.page.locator("#sessions tbody tr").count() == 2
        ali.press("#sessions")
        ali.page.wait_for_url("**/account")
        assert ali.page.locator("#sessions tbody tr").count() == 1
        ali.press('form[action="/account/sign-out"]')
        ali.page.wait_for_url("**/sign-in")
        ali.context.clear_cookies()
        ali.context.add_cookies(first)
        assert not ali.is_in(), "that session was ended from the other one"


def test_two_let_a_third_in_again_and_the_operator_cannot(country):
    centre, browser = country
    centre.institution("justice")
    with contextlib.ExitStack() as room:
        ali, fatima, omar, again = (room.enter_context(person(centre, browser)) for _ in range(4))
        ali.follow(invite(centre, "justice", "Ali", "director"))
        fatima.follow(invite(centre, "justice", "Fatima", "focal-point"))
        assert "own matter" in invite(centre, "justice", "Eve", "director", code=1)

        ali.page.goto(f"{ali.base}/account/officials")
        ali.page.fill("#name", "Omar")
        ali.page.select_option("#role", "custodian")
        ali.press('form[action="/account/officials/appoint"]')
        assert ali.page.locator('#proposals form[action$="/approve"]').count() == 0, "not by who proposed it"
        fatima.act('#proposals form[action$="/approve"]')
        omar.follow(fatima.link())

        assert fatima.is_in()
        ali.act('#people form[action="/account/officials/2/recover"]')
        assert fatima.page.goto(f"{fatima.base}/account/officials").ok
        assert fatima.page.locator('#proposals form[action$="/approve"]').count() == 0, "not by whom it is about"
        omar.act('#proposals form[action$="/approve"]')
        link = omar.link()
        assert not fatima.is_in(), "what was lost lets nobody in"
        fatima.sign_in()
        fatima.page.wait_for_selector("p[role=alert]:visible")
        again.follow(link)
        assert "justice/2" in again.page.inner_text("main")
        screenshot(again.page, "account-recovered")


def test_a_password_and_a_code_without_scripts(country, tmp_path):
    centre, browser = country
    centre.institution("customs")
    with person(centre, browser, scripts=False) as zahra:
        page = zahra.page
        page.goto(invite(centre, "customs", "Zahra", "auditor"))
        assert page.locator("form[data-passkey]:visible").count() == 0
        seed = page.inner_text("#seed").replace(" ", "")
        picture = tmp_path / "qr.png"
        page.locator("svg.qr").screenshot(path=picture)
        seen = subprocess.run(["zbarimg", "-q", "--raw", picture], check=True, capture_output=True, text=True).stdout
        assert seen.strip() == f"otpauth://totp/Amana:customs%2F1?secret={seed}&issuer=Amana"
        step = int(time.time() // 30)
        page.fill("#password", PASSWORD)
        page.fill("#code", totp(seed, step))
        zahra.press('form[action$="/password"]')
        assert page.inner_text("h1") == IN["fr"]
        zahra.press('form[action="/account/sign-out"]')

        def sign_in(password, code):
            page.goto(f"{zahra.base}/account/sign-in")
            page.fill("#account", "customs/1")
            page.fill("#password", password)
            page.fill("#code", code)
            zahra.press('form[action$="/password"]')
            return page.url.endswith("/overview")

        assert not sign_in(PASSWORD, totp(seed, step)), "that code was used"
        assert sign_in(PASSWORD, totp(seed, step + 1))
        page.goto(f"{zahra.base}/account")
        zahra.press('form[action="/account/sign-out"]')
        # From here on the browser is one that was let in; strangers are counted apart, and told to wait.
        zahra.context.clear_cookies()
        told = set()
        for _ in range(7):
            assert not sign_in("not that one at all", "123456")
            told.add(page.inner_text("[role=alert]"))
        assert len(told) == 2, told
        screenshot(page, "sign-in-waits")


def test_the_operators_staff_is_let_in_for_a_time(country):
    centre, browser = country
    centre.institution("health")
    with person(centre, browser) as fatima, person(centre, browser) as sara:
        fatima.follow(invite(centre, "health", "Fatima", "focal-point"))
        fatima.page.goto(f"{fatima.base}/account/officials")
        before = fatima.page.inner_text("#support")
        fatima.page.fill("#hours", "2")
        fatima.press('form[action="/account/support"]:has(#hours)')
        assert fatima.page.inner_text("#support") != before
        fatima.press('form[action="/account/support"]:not(:has(#hours))')
        assert fatima.page.inner_text("#support") == before
        sara.follow(invite(centre, "operator", "Sara"))
        assert "operator/1" in sara.page.inner_text("main")
        answer = sara.page.goto(f"{sara.base}/account/officials")
        assert answer.status == 403
