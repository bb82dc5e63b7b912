"""The school in Chromium, from the click that opens a sandbox to the printed certificate: in both languages, on a telephone and at a
desk, with scripts (receipts are verified by the page) and without (by the command)."""

import contextlib
import json
import re
import subprocess
import time

import pytest

from browser import HEIGHT, WIDTHS, chromium, overflow_px, screenshot, violations, visit
from centre import Centre, binary
from test_sign_in import PASSWORD, invite, totp

FILES = "abcd"
JOURNEYS = (
    ("fr", "phone", True, "focal-point"),
    ("en", "desk", True, "custodian"),
    ("fr", "desk", False, "auditor"),
    ("en", "phone", False, None),
)


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    data = tmp_path_factory.mktemp("school") / "data"
    centre = Centre(data).start(AMANA_EPOCH_BUSY_S="0.1", AMANA_PUBLIC_INDICATORS="true")
    with chromium() as browser:
        yield centre, browser
    centre.kill()
    centre.check()


@contextlib.contextmanager
def pupil(country, language, width, scripts, role, name):
    """Somebody at the school; of the operator's staff without a role."""
    centre, browser = country
    # Each has an institution: one with two who approve is no longer the operator's to add to.
    owner = f"ministry-{language}-{width}" if role else "operator"
    if role:
        centre.institution(owner)
    link = invite(centre, owner, name, role)
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
    yield School(centre, page, f"{language}-{width}", scripts)
    context.close()


class School:
    """A person's way through it, each page looked at on the way."""

    def __init__(self, centre, page, name, scripts):
        self.centre, self.page, self.name, self.scripts = centre, page, name, scripts
        self.base = f"http://localhost:{centre.web_port}"

    def look(self, what):
        screenshot(self.page, f"school-{what}-{self.name}")
        assert self.page.locator("h1").count() == 1, what
        if self.scripts:
            assert overflow_px(self.page) <= 0, what
            assert violations(self.page) == [], what

    def goto(self, path):
        assert self.page.goto(f"{self.base}{path}", wait_until="networkidle").ok, path

    def passed(self, what):
        assert self.page.locator("#passed").count() == 1, self.page.inner_text("main")
        assert self.page.locator("#missed").count() == 0
        self.look(what)

    def missed(self):
        assert self.page.locator("#missed").count() == 1, self.page.inner_text("main")
        assert self.page.locator("#passed").count() == 0

    def download(self, selector):
        with self.page.expect_download() as download:
            self.page.click(selector)
        return download.value.path()

    def open(self):
        self.goto("/school")
        self.look("before")
        self.page.click("#open button")
        self.look("open")
        return self.page.inner_text("#name")

    def deposit(self, file):
        self.page.click("#next")
        self.look("deposit")
        if file:
            self.page.set_input_files("#file", file)
        self.page.click("main form button")
        self.passed("deposited")

    def lose(self, how):
        self.page.click("#next")
        self.look("lose")
        self.page.click(f"#{how}")
        self.passed("lost")

    def restore(self, how):
        self.page.click("#next")
        self.look("restore")
        if how == "overwrite":
            self.page.click("#versions tbody tr:nth-child(1) button")
            self.missed()
            self.look("restore-missed")
            self.page.click("#versions tbody tr:nth-child(3) button")
        else:
            self.page.click("#versions tbody tr:nth-child(2) button")
        self.passed("restored")

    def judged_by_page(self, files):
        """Whether each receipt is genuine, by the page on which people verify."""
        other = self.page.context.new_page()
        other.goto(f"{self.base}/verify", wait_until="networkidle")
        verdicts = []
        for file in files:
            other.set_input_files("#receipt", file)
            other.click("#verify button")
            other.wait_for_selector("#verdict:not([hidden]) h2")
            verdicts.append("bad" not in other.get_attribute("#verdict", "class"))
            other.reload(wait_until="networkidle")
        other.close()
        return verdicts

    def judged_by_command(self, files):
        policy = self.centre.policy
        command = [binary(), "receipt", "verify"]
        return [
            subprocess.run([*command, file, "--policy", policy, "--allow-recorded"], capture_output=True).returncode == 0
            for file in files
        ]

    def verify(self):
        self.page.click("#next")
        self.look("verify")
        files = [self.download(f'#files a[href$="/{file}"]') for file in FILES]
        genuine = self.judged_by_command(files)
        if self.scripts:
            assert self.judged_by_page(files) == genuine
        assert any(genuine) and not all(genuine)
        for wrong in (True, False):
            for file, is_genuine in zip(FILES, genuine):
                self.page.select_option(f"#file-{file}", "genuine" if is_genuine != wrong else "false")
            self.page.click("#answer button")
            if wrong:
                self.missed()
                self.look("verify-missed")
        self.passed("verified")

    def recover(self):
        self.page.click("#next")
        self.look("recover")
        self.page.click("#make button")
        self.goto("/school/shares")
        self.look("shares")
        shares = [words_of(text) for text in self.page.locator(".sheet pre").all_inner_texts()]
        assert len(shares) == 5
        self.goto("/school/recover")
        for number, share in enumerate(shares[:2], 1):
            self.page.fill(f"#share-{number}", share)
        self.page.click("#shares button")
        self.missed()
        assert self.page.locator("#letter").count() == 0
        self.look("recover-two")
        for number, share in enumerate((shares[4], shares[0], shares[2]), 1):
            self.page.fill(f"#share-{number}", share)
        self.page.click("#shares button")
        self.passed("recovered")
        assert self.page.locator("#letter li").count() == 3

    def notice(self):
        self.page.click("#next")
        self.look("notice")
        kept, now = self.page.inner_text("#kept").split("\n"), self.page.inner_text("#now").split("\n")
        assert kept[:2] == now[:2] and kept[2] != now[2]
        count = self.page.locator("#entries tbody tr").count()
        broken = []
        for number in range(count):
            self.page.click(f"#entry-{number} a")
            if self.page.locator(f"#entry-{number} .state.bad").count():
                broken.append(number)
        assert len(broken) == 1
        self.page.fill("#entry", str((broken[0] + 1) % count))
        self.page.check("#fork")
        self.page.click("#answer button")
        self.missed()
        self.page.fill("#entry", str(broken[0]))
        self.page.check("#fork")
        self.page.click("#answer button")
        self.passed("noticed")

    def certify(self, name):
        self.page.click("#next")
        self.look("certify")
        self.page.check("#everybody")
        self.page.click("#certify button")
        assert self.page.inner_text("#bearer") == name
        self.look("certificate")
        receipt = self.download("#receipt")
        words = ("receipt", "verify", receipt, "--policy", self.centre.policy, "--allow-recorded", "--json")
        said = json.loads(self.centre.run(*words).stdout)
        assert said["state"] in ("recorded", "witnessed") and name in receipt.read_text()
        return self.page.get_attribute("#shown a", "href")


def words_of(text):
    """The words of a share, from a custodian's page: beside each stands its place, in three columns."""
    found = {}
    for place, word in re.findall(r" (\d{1,2})\. ([a-z]{4,8}) +\d", text):
        found.setdefault(int(place), word)
    return " ".join(found[place] for place in range(1, 34))


@pytest.mark.parametrize("language, width, scripts, role", JOURNEYS)
def test_the_whole_school(country, tmp_path, language, width, scripts, role):
    centre, browser = country
    name = f"Zahra {language} {width}"
    how = "delete" if width == "phone" else "overwrite"
    file = tmp_path / "procès-verbal.txt"
    file.write_text("Séance du 3 mars.\n")
    with pupil(country, language, width, scripts, role, name) as school:
        sandbox = school.open()
        assert sandbox.startswith("school-")
        school.deposit(file if scripts else None)
        school.lose(how)
        school.restore(how)
        school.verify()
        school.recover()
        school.notice()
        shown = school.certify(name)
        school.goto("/school")
        assert school.page.locator("#lessons .state.good").count() == 6
        school.look("done")
        with visit(browser, f"{school.base}{shown}", width, language, for_axe=True) as anybody:
            assert name in anybody.inner_text("#certificate")
            assert overflow_px(anybody) <= 0 and violations(anybody) == []
            anybody.emulate_media(media="print")
            screenshot(anybody, f"school-printed-{language}-{width}")
        school.page.click("#close button")
        assert school.page.locator("#closed").count() == 1
        school.look("closed")
    acts = centre.run("ledger", "show", f"{sandbox}/vault", "--data", centre.data).stdout
    assert acts.count("school.lesson") == 6 and "school.close" in acts


def test_it_trains_and_counts_no_institution(country):
    centre, browser = country
    with pupil(country, "en", "phone", False, "director", "Ali") as school:
        school.open()
        with visit(browser, f"{school.base}/indicators", "desk", "en") as page:
            rows = page.locator("#indicators tbody tr").all_inner_texts()
    figures = {row.split("\t")[0]: row.split("\t")[1] for row in rows}
    listed = json.loads(centre.run("institution", "list", "--data", centre.data, "--json").stdout)
    names = [one["name"] for one in listed]
    sandboxes = [name for name in names if name.startswith("school-")]
    assert sandboxes and figures["Institutions hosted"] == str(len(names) - len(sandboxes)), figures
    assert int(figures["People certified by the school"]) <= len(JOURNEYS)
