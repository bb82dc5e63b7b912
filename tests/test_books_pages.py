"""An institution's books in Chromium: a director, an auditor without scripts, a custodian; both languages, telephone and desk; and
what the pack of evidence holds, judged without the data centre."""

import csv
import io
import json
import subprocess
import sys
import zipfile

import pytest

import browser
from centre import Account, Centre
from gateway import Gateway
from test_sign_in import Person, invite

PAGES = {
    "overview": "/overview",
    "alerts": "/alerts",
    "journal": "/journal",
    "entry": "/journal/1",
    "usage": "/usage",
    "evidence": "/evidence",
    "custodians": "/custodians",
}
HEADINGS = {
    "fr": ["Vue d’ensemble", "Alertes", "Journal", "Inscription du registre 1", "Usage", "Dossier de preuve", "Dépositaires"],
    "en": ["Overview", "Alerts", "Journal", "Entry of the ledger 1", "Usage", "Evidence", "Custodians"],
}
DEPOSITS = 60


@pytest.fixture(scope="module")
def ministry(tmp_path_factory):
    """A ministry with deposits, and three of its people signed in: a director, an auditor who has no scripts, a custodian."""
    centre = Centre(tmp_path_factory.mktemp("books") / "data").start()
    s3 = centre.institution("finances").client()
    s3.create_bucket(Bucket="archives")
    for number in range(DEPOSITS):
        s3.put_object(Bucket="archives", Key=f"2026/arrêté {number}.pdf", Body=bytes(1000 * number))
    s3.delete_object(Bucket="archives", Key="2026/arrêté 7.pdf")
    roles = {"Ali Saïd": "director", "Zahra": "auditor", "Omar": "custodian"}
    links = [invite(centre, "finances", name, role) for name, role in roles.items()]
    with browser.chromium() as chromium:
        people = [Person(centre, chromium, language=language) for language in ("fr", "en", "fr")]
        for person, link in zip(people, links):
            person.follow(link)
        yield centre, chromium, people
        for person in people:
            person.context.close()
    centre.kill()
    centre.check()


def visit(chromium, person, path, width="desk", language="fr", **how):
    """Another window of the same person."""
    size = {"width": browser.WIDTHS[width], "height": browser.HEIGHT}
    context = chromium.new_context(viewport=size, locale=language, **how)
    context.add_cookies([cookie for cookie in person.context.cookies() if cookie["name"] != "lang"])
    page = context.new_page()
    assert page.goto(f"{person.base}{path}").ok, path
    return context, page


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", list(browser.WIDTHS))
def test_every_page_is_for_everybody(ministry, language, width):
    _, chromium, (ali, _, _) = ministry
    for (name, path), heading in zip(PAGES.items(), HEADINGS[language]):
        scheme = "dark" if width == "phone" else "light"
        context, page = visit(chromium, ali, path, width, language, bypass_csp=True, color_scheme=scheme)
        assert page.inner_text("h1") == heading
        assert browser.overflow_px(page) <= 0, path
        browser.screenshot(page, f"books-{name}-{width}-{language}")
        assert browser.violations(page) == [], path
        context.close()


def test_signing_in_leads_to_the_overview(ministry):
    _, _, (ali, _, _) = ministry
    ali.context.clear_cookies()
    ali.sign_in()
    ali.page.wait_for_url("**/overview")
    held = ali.page.inner_text("#holdings")
    assert "archives" in held and str(DEPOSITS - 1) in held
    assert "témoin" in ali.page.inner_text("#needs")


def test_an_auditor_reads_and_takes_along_without_scripts(ministry, tmp_path):
    centre, chromium, (_, zahra, _) = ministry
    context, page = visit(chromium, zahra, "/journal", "phone", "en", java_script_enabled=False)
    page.click("main summary")
    page.select_option("#group", "deposits")
    page.fill("#bucket", "archives")
    page.fill("#text", "arrêté")
    page.click("#filter button")
    first = page.locator("#journal tbody th").all_inner_texts()
    page.click("a[rel=next]")
    second = page.locator("#journal tbody th").all_inner_texts()
    found = [int(number) for number in first + second]
    assert len(found) == DEPOSITS + 1 and found == sorted(set(found), reverse=True)
    assert "put “2026/arrêté" in page.inner_text("#journal")
    with page.expect_download() as taken:
        page.click("a[href^='/journal.csv']")
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text(encoding="utf-8-sig"))))
    assert len(rows) == DEPOSITS + 1 and {row["bucket"] for row in rows} == {"archives"}
    with page.expect_download() as taken:
        page.click("a[href^='/journal.jsonl']")
    acts = [json.loads(line) for line in taken.value.path().read_text().splitlines()]
    assert [f"finances/vault/{row['number']}" for row in rows] == [act["receipt"] for act in acts]

    page.goto(f"{zahra.base}/journal/{found[0]}")
    with page.expect_download() as taken:
        page.click("a[href^='/receipt/']")
    centre.run("receipt", "verify", taken.value.path(), "--policy", centre.policy, "--allow-recorded")

    page.goto(f"{zahra.base}/evidence")
    page.fill("#entries", f"{found[0]}, {found[-1]}")
    page.click("#choose button")
    with page.expect_download() as taken:
        page.click("a[href^='/evidence.zip']")
    with zipfile.ZipFile(taken.value.path()) as pack:
        assert pack.testzip() is None
        pack.extractall(tmp_path)
    receipts = sorted(int(path.stem) for path in (tmp_path / "receipts").iterdir())
    assert receipts == sorted([found[0], found[-1]])
    for receipt in (tmp_path / "receipts").iterdir():
        words = [sys.executable, tmp_path / "verify-receipt.py", receipt, "--policy", tmp_path / "policy", "--allow-recorded"]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    used = list(csv.DictReader(io.StringIO((tmp_path / "usage.csv").read_text())))
    assert sum(int(day["deposits"]) for day in used) == DEPOSITS
    assert sum(int(day["removals"]) for day in used) == 1
    assert sum(int(day["removed_bytes"]) for day in used) == 7000
    page.goto((tmp_path / "index.html").as_uri())
    browser.screenshot(page, "books-pack")
    assert "finances" in page.inner_text("#statement")
    context.close()
    assert "/sign-in" not in zahra.page.goto(f"{zahra.base}/account/officials").url


def test_a_custodian_records_a_drill_and_sees_no_journal(ministry):
    centre, chromium, (ali, _, omar) = ministry
    page = omar.page
    page.goto(f"{omar.base}/custodians")
    assert page.locator("#drill").count() == 0 and "Installer une passerelle" in page.inner_text("#no-keys")
    Gateway(centre, "finances", centre.data.parent / "gateway", custodians="3-of-5").enrol()
    page.goto(f"{omar.base}/custodians")
    assert page.inner_text("#plan") == "3 pages sur 5"
    page.fill("#custodians", "1, 2 et 5")
    page.fill("#note", "la page 3 est illisible")
    omar.press("#drill")
    page.wait_for_selector("#drills")
    told = page.inner_text("#drills")
    assert "1, 2, 5" in told and "illisible" in told and "Omar (finances/3)" in told
    assert page.goto(f"{omar.base}/journal").status == 403
    context, page = visit(chromium, ali, "/journal?group=custody")
    assert "a inscrit un exercice des dépositaires réussi" in page.inner_text("#journal")
    context.close()


def test_a_telephone_folds_the_menu(ministry):
    _, chromium, (ali, _, _) = ministry
    for width, folded in ((360, True), (1280, False)):
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="fr", java_script_enabled=False)
        context.add_cookies([cookie for cookie in ali.context.cookies() if cookie["name"] != "lang"])
        page = context.new_page()
        page.goto(f"{ali.base}/overview")
        summary, journal = page.locator(".menu > summary"), page.locator(".menu a[href='/journal']")
        browser.screenshot(page, f"menu-{width}-closed")
        assert summary.is_visible() == folded and journal.is_visible() != folded
        if folded:
            summary.focus()
            page.keyboard.press("Enter")
            browser.screenshot(page, f"menu-{width}-open")
        assert journal.is_visible()
        journal.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/journal")
        context.close()


def test_what_is_long_fits_a_telephone_and_words_stay_whole(ministry):
    centre, chromium, (ali, _, _) = ministry
    key = centre.access_key("finances", "--label", "sauvegarde de la comptabilité générale")
    s3 = Account(centre, "finances", None, key["access_key_id"], key["secret_access_key"]).client()
    name = "Rapport_annuel_2026_ministere_des_finances_version_finale_signee.pdf"
    s3.put_object(Bucket="archives", Key=f"{name}/{'x' * 300}", Body=b"x")
    for path in ("/journal", "/alerts", "/overview"):
        for width in (320, 360, 700, 1024, 1280):
            context = chromium.new_context(viewport={"width": width, "height": 800}, locale="fr")
            context.add_cookies([cookie for cookie in ali.context.cookies() if cookie["name"] != "lang"])
            page = context.new_page()
            page.goto(f"{ali.base}{path}")
            browser.screenshot(page, f"long{path.replace('/', '-')}-{width}")
            assert browser.overflow_px(page) <= 0, (path, width)
            if path == "/overview":
                # "Scellé chez vous", and what it means: two lines of their own, or three, never letters under letters.
                height = page.evaluate("document.querySelector('#custody th[scope=row]').getBoundingClientRect().height")
                assert height < 110, (width, height)
            context.close()
    context, page = visit(chromium, ali, "/journal")
    assert "sauvegarde de la comptabilité générale" in page.inner_text("#journal")
    context.close()


def test_what_is_copied_is_copied_by_a_button(ministry):
    _, chromium, (ali, _, _) = ministry
    context, page = visit(chromium, ali, "/overview", bypass_csp=True)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    button = page.locator("button.copy")
    assert button.inner_text() == "Copier"
    button.click()
    page.locator("button.copy", has_text="Copié").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#standing .digest")
    assert browser.violations(page) == []
    context.close()
    context, page = visit(chromium, ali, "/overview", java_script_enabled=False)
    assert page.locator("button.copy").count() == 0
    context.close()
