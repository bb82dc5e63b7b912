"""Signing in by a provider of the State: the npm package oidc-provider, in Chromium, in both languages and with both kinds of
keys. It is another site than the console, so that cookies travel as they do in a ministry."""

import os
import pathlib
import subprocess

import pytest

from browser import WIDTHS, chromium, overflow_px, screenshot, violations, visit
from centre import ROOT, Centre, die_with_parent, free_port, surroundings, wait_until
from test_sign_in import invite, person

SECRET = "un secret d'essai, assez long / et avec des signes"
NAMES = {"fr": "l’identité des îles", "en": "the islands' identity"}
UNBOUND = {"fr": "liée à aucun compte", "en": "linked to no account"}
LENT = {"fr": "par le fournisseur d’identité", "en": "by the State's identity provider"}
BACK = "/account/provider/back"


class State:
    """The provider's process."""

    def __init__(self, folder, port, back, signed_by):
        self.port, self.log_path = port, folder / "provider.log"
        node = pathlib.Path(os.environ["AMANA_NODE"])
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["node", ROOT / "tests" / "node" / "provider.js", node, str(port), back],
                env=surroundings() | {"SIGNED_BY": signed_by},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_until(lambda: "ready" in self.log_path.read_text() or self.process.poll() is not None, "the provider answers")
        assert self.process.poll() is None, self.log_path.read_text()

    def kill(self):
        self.process.kill()
        self.process.wait(30)


@pytest.fixture(scope="module", params=[("fr", "RS256"), ("en", "ES256")], ids=["fr", "en"])
def country(request, tmp_path_factory):
    """A data centre with a provider, a browser, and the language of everybody."""
    language, signed_by = request.param
    folder = tmp_path_factory.mktemp("provider")
    centre = Centre(folder / "data")
    centre.web_port, centre.s3_port, port = free_port(), free_port(), free_port()
    centre.data.mkdir()
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    (centre.data / "amana.toml").write_text(
        f'centre = "centre.test"\n[oidc]\nissuer = "http://127.0.0.1:{port}"\nclient_id = "amana"\n'
        f'client_secret_file = "{secret}"\nname_fr = "{NAMES["fr"]}"\nname_en = "{NAMES["en"]}"\n'
    )
    state = State(folder, port, f"http://localhost:{centre.web_port}{BACK}", signed_by)
    centre.start()
    with chromium() as browser:
        yield centre, browser, language, state
    centre.kill()
    state.kill()
    centre.check()


def go(somebody, form, who):
    """Presses the provider's button, says there who it is, and comes back. The provider has forgotten who was there before."""
    somebody.context.clear_cookies(domain="127.0.0.1")
    somebody.press(f'form[action="{form}"]')
    somebody.page.wait_for_url("**/interaction/*")
    somebody.page.click(f"#{who}")


def sign_in(somebody, who):
    somebody.page.goto(f"{somebody.base}/account/sign-in")
    go(somebody, "/account/sign-in/provider", who)


def test_an_identity_is_linked_signs_in_and_is_taken_away(country):
    centre, browser, language, _ = country
    centre.institution("finances")
    with person(centre, browser, language=language) as ali:
        ali.follow(invite(centre, "finances", "Ali Saïd", "director"))
        sign_in(ali, "ali")
        ali.page.wait_for_selector("[role=alert]")
        assert UNBOUND[language] in ali.page.inner_text("[role=alert]")
        screenshot(ali.page, f"provider-unbound-{language}")

        ali.page.goto(f"{ali.base}/account/credentials")
        screenshot(ali.page, f"provider-link-{language}")
        go(ali, "/account/credentials/provider", "ali")
        ali.page.wait_for_url("**/account")
        assert "ali@etat.example" in ali.page.inner_text("#credentials")
        assert NAMES[language] in ali.page.inner_text("#means")
        screenshot(ali.page, f"provider-linked-{language}")

        ali.press('form[action="/account/sign-out"]')
        ali.page.wait_for_url("**/sign-in")
        ali.context.clear_cookies()
        sign_in(ali, "ali")
        ali.page.wait_for_url("**/overview")
        assert ali.page.get_attribute("html", "lang") == language
        ali.page.goto(f"{ali.base}/account")
        assert LENT[language] in ali.page.inner_text("#lent")
        assert ali.page.locator("#credentials form").count() == 0, "by the provider's word nobody changes what lets one in"
        screenshot(ali.page, f"provider-lent-{language}")
        assert ali.page.goto(f"{ali.base}/account/credentials").status == 403
        ali.page.goto(f"{ali.base}/account/officials")
        assert ali.page.locator('form[action="/account/officials/appoint"]').count() == 0

        # With the passkey again, the identity goes, and with it what it opened.
        lent = ali.context.cookies()
        ali.context.clear_cookies()
        ali.page.goto(f"{ali.base}/account/sign-in")
        ali.press("form[data-passkey]")
        ali.page.wait_for_url("**/overview")
        ali.page.goto(f"{ali.base}/account")
        ali.press('#credentials tr:has-text("ali@etat.example")')
        ali.page.wait_for_url("**/account")
        assert "ali@etat.example" not in ali.page.inner_text("main")
        ali.context.clear_cookies()
        ali.context.add_cookies(lent)
        assert not ali.is_in()


def test_a_link_leads_to_an_identity_without_scripts(country):
    centre, browser, language, _ = country
    centre.institution("customs")
    link = invite(centre, "customs", "Fatima", "auditor")
    with person(centre, browser, language=language, scripts=False) as fatima:
        fatima.page.goto(link)
        go(fatima, "/account/enrol/provider", "fatima")
        fatima.page.wait_for_url("**/account/credentials")
        fatima.page.goto(f"{fatima.base}/account")
        assert "fatima@etat.example" in fatima.page.inner_text("#credentials")
        fatima.press('form[action="/account/sign-out"]')
        fatima.context.clear_cookies()
        sign_in(fatima, "fatima")
        fatima.page.wait_for_url("**/overview")
        fatima.page.goto(link)
        assert fatima.page.locator("[role=alert]").count() == 1, "a link is used once"


def test_who_says_no_is_told_and_what_another_fetched_lets_nobody_in(country):
    centre, browser, language, _ = country
    with person(centre, browser, language=language) as eve, person(centre, browser, language=language) as victim:
        sign_in(eve, "nobody")
        eve.page.wait_for_selector("[role=alert]")
        fetched = []
        eve.page.on("request", lambda asked: fetched.append(asked.url) if BACK in asked.url else None)
        # Eve keeps to herself what the provider sends back, and has somebody else open it.
        eve.context.route(f"**{BACK}*", lambda route: route.abort())
        sign_in(eve, "fatima")
        wait_until(lambda: fetched or eve.page.wait_for_timeout(50), "the provider sends Eve back")
        victim.page.goto(f"{victim.base}/account/sign-in")
        victim.page.goto(fetched[0])
        victim.page.wait_for_url("**/account/provider/arrived*")
        assert not victim.is_in()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/account/sign-in", f"{BACK}?code=x&state=y"])
def test_its_pages_are_for_everybody(country, path, width):
    centre, browser, language, _ = country
    url = f"http://localhost:{centre.web_port}{path}"
    if path.startswith(BACK):
        # It goes on by itself: what it looks like meanwhile is looked at where it can't.
        context = browser.new_context(locale=language, viewport={"width": WIDTHS[width], "height": 800}, bypass_csp=True)
        page = context.new_page()
        page.route("**/account/provider/arrived*", lambda route: route.fulfill(status=204))
        page.goto(url, wait_until="commit")
        page.wait_for_selector("#on")
        assert violations(page) == [] and overflow_px(page) <= 0
        screenshot(page, f"provider-back-{language}-{width}")
        context.close()
        return
    with visit(browser, url, width=width, language=language, for_axe=True) as page:
        assert violations(page) == [] and overflow_px(page) <= 0
        screenshot(page, f"provider-sign-in-{language}-{width}")


def test_a_provider_that_is_away_is_told(country):
    centre, browser, language, state = country
    state.kill()
    # What it said of itself is remembered for a while; a data centre that starts anew has to ask.
    centre.stop()
    centre.start()
    with person(centre, browser, language=language) as ali:
        ali.page.goto(f"{ali.base}/account/sign-in")
        ali.press('form[action="/account/sign-in/provider"]')
        ali.page.wait_for_selector("[role=alert]")
        screenshot(ali.page, f"provider-away-{language}")
