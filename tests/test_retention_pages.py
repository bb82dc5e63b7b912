"""Retention, legal hold and quotas in Chromium: a deed is kept, held, and let go of by two; the pages under axe-core, in both
languages, on a telephone and on a desk."""

import pytest

import browser
from centre import Centre
from expect import refused
from test_sign_in import Person, invite

BUCKET = "deeds"
DEED = f"/buckets/{BUCKET}/object?key=titre-12.pdf"


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A data centre, an institution's S3 account, and two of its officials at their browsers."""
    centre = Centre(tmp_path_factory.mktemp("retention") / "data").start()
    account = centre.institution("finances")
    with browser.chromium() as chromium:
        people = []
        for name, role in (("Fatima", "focal-point"), ("Ali", "director")):
            people.append(Person(centre, chromium))
            people[-1].follow(invite(centre, "finances", name, role))
        yield centre, chromium, account.client(), people
    centre.stop()
    centre.check()


def make(person):
    person.page.goto(f"{person.base}/buckets")
    person.page.fill("#name", BUCKET)
    person.page.fill("#reason", "titres fonciers")
    person.page.check("#locks")
    person.press('form[action="/buckets"]')
    person.page.select_option("#mode", "governance")
    person.page.fill("#count", "10")
    person.page.select_option("#unit", "years")
    person.press(f'form[action="/buckets/{BUCKET}/lock"]')
    assert "10 ans" in person.page.inner_text("#lock")


def do(person, act):
    """Presses one of the buttons of the object's page."""
    person.page.goto(person.base + DEED)
    button = person.page.locator(f"button[value='{act}']")
    if act == "end":
        person.page.locator("details:has(button[value='end']) summary").click()
        person.page.fill("#reason", "dossier clos")
    button.click()
    person.page.wait_for_load_state()


def test_a_deed_is_kept_held_and_let_go_by_two(country):
    centre, chromium, s3, (fatima, ali) = country
    make(fatima)
    made = s3.put_object(Bucket=BUCKET, Key="titre-12.pdf", Body=b"un titre")
    of = {"Bucket": BUCKET, "Key": "titre-12.pdf", "VersionId": made["VersionId"]}
    fatima.page.goto(fatima.base + DEED)
    assert "gouvernance" in fatima.page.inner_text("#retention")
    assert fatima.page.locator("button[value='destroy']").count() == 0
    do(fatima, "hold")
    assert s3.get_object_legal_hold(**of)["LegalHold"]["Status"] == "ON"
    centre.run("institution", "quota", "finances", "--bytes", "10", "--data", centre.data)
    with refused("QuotaExceeded", 403):
        s3.put_object(Bucket=BUCKET, Key="titre-13.pdf", Body=b"un autre titre")
    for language in ("fr", "en"):
        for width in browser.WIDTHS:
            look(chromium, fatima, language, width)
    do(fatima, "lift")
    do(fatima, "end")
    assert "titre-12.pdf" in fatima.page.inner_text("#proposals")
    with refused("AccessDenied", 403):
        s3.delete_object(**of)
    ali.act("form[action$='/approve']")
    ali.page.wait_for_load_state()
    ali.page.goto(ali.base + DEED)
    assert ali.page.locator("#retention").count() == 0
    s3.delete_object(**of)


def look(chromium, fatima, language, width):
    context = chromium.new_context(
        viewport={"width": browser.WIDTHS[width], "height": browser.HEIGHT}, locale=language, bypass_csp=True
    )
    context.add_cookies(fatima.context.cookies())
    page = context.new_page()
    paths = {"buckets": "/buckets", "bucket": f"/buckets/{BUCKET}", "object": DEED, "usage": "/usage", "alerts": "/alerts"}
    for name, path in paths.items():
        assert page.goto(fatima.base + path, wait_until="networkidle").ok, path
        browser.screenshot(page, f"retention-{name}-{language}-{width}")
        assert browser.overflow_px(page) == 0, path
        assert browser.violations(page) == [], path
    context.close()
