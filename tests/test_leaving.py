"""What takes two officials of an institution, the whole way: leaving, and other custodians. Proposed and approved in Chromium,
felt by software with keys, by the gateway, and at the gateway's command line."""

import json
import pathlib

import pytest

import browser
from centre import Centre, http_get
from expect import refused
from gateway import Gateway
from test_sign_in import Person, invite

OFFICIALS = "/account/officials"


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    """A data centre, an institution with a gateway, an S3 account at each, and two officials at their browsers."""
    folder = tmp_path_factory.mktemp("leaving")
    centre = Centre(folder / "data").start()
    account = centre.institution("finances")
    gateway = Gateway(centre, "finances", folder / "gateway").enrol().start()
    with browser.chromium() as chromium:
        people = []
        for name, role in (("Fatima", "focal-point"), ("Ali", "director")):
            people.append(Person(centre, chromium))
            people[-1].follow(invite(centre, "finances", name, role))
        yield centre, gateway, account, people, chromium
    gateway.stop()
    centre.stop()
    centre.check()


def decide(fatima, ali, form, **fields):
    """Fatima proposes with that form, Ali approves."""
    fatima.page.goto(fatima.base + OFFICIALS)
    for field, text in fields.items():
        fatima.page.fill(f"#{field}", text)
    if form == "leave" and fatima.page.locator("#leave-sure").count():
        fatima.page.check("#leave-sure")
    fatima.press(f'form[action="{OFFICIALS}/{form}"]')
    fatima.page.wait_for_load_state()
    ali.act("form[action$='/approve']")
    ali.page.wait_for_load_state()


def shown(centre):
    return json.loads(centre.run("institution", "show", "finances", "--data", centre.data, "--json").stdout)


def test_the_door_is_closed_and_opened_by_two(country, tmp_path):
    centre, gateway, account, (fatima, ali), chromium = country
    s3, home = account.client(), gateway.account().client()
    s3.create_bucket(Bucket="open-register")
    s3.put_object(Bucket="open-register", Key="a", Body=b"a")
    home.create_bucket(Bucket="sealed-register")
    home.put_object(Bucket="sealed-register", Key="a", Body=b"a")
    begun = s3.create_multipart_upload(Bucket="open-register", Key="parts")["UploadId"]
    assert shown(centre)["leaving_ms"] is None

    decide(fatima, ali, "leave", **{"leave-reason": "un autre centre"})
    assert shown(centre)["leaving_ms"] > 0
    parts = {"Bucket": "open-register", "Key": "parts", "UploadId": begun}
    with refused("AccessDenied", 403) as caught:
        s3.put_object(Bucket="open-register", Key="b", Body=b"b")
    assert "decided that it leaves" in caught.value.response["Error"]["Message"]
    with refused("AccessDenied", 403):
        s3.create_bucket(Bucket="another")
    with refused("AccessDenied", 403):
        s3.create_multipart_upload(Bucket="open-register", Key="more")
    with refused("AccessDenied", 403):
        s3.upload_part(**parts, PartNumber=1, Body=b"part")
    with refused("AccessDenied", 403):
        home.put_object(Bucket="sealed-register", Key="b", Body=b"b")
    with refused("AccessDenied", 403):
        home.create_bucket(Bucket="another-sealed")

    assert s3.get_object(Bucket="open-register", Key="a")["Body"].read() == b"a"
    assert home.get_object(Bucket="sealed-register", Key="a")["Body"].read() == b"a"
    s3.abort_multipart_upload(**parts)
    s3.delete_object(Bucket="open-register", Key="a")
    home.delete_object(Bucket="sealed-register", Key="a")
    centre.run("export", "--institution", "finances", "--data", centre.data, "--out", tmp_path / "finances.bag")
    fatima.page.goto(fatima.base + "/overview")
    assert "amana export" in fatima.page.inner_text("main")
    for width in browser.WIDTHS:
        look(chromium, fatima, width)

    decide(fatima, ali, "leave")
    assert shown(centre)["leaving_ms"] is None
    s3.put_object(Bucket="open-register", Key="b", Body=b"b")
    home.put_object(Bucket="sealed-register", Key="b", Body=b"b")


def look(chromium, fatima, width):
    """The page of colleagues, under axe-core, with what is proposed there."""
    viewport = {"width": browser.WIDTHS[width], "height": browser.HEIGHT}
    context = chromium.new_context(viewport=viewport, locale="fr", bypass_csp=True)
    context.add_cookies(fatima.context.cookies())
    page = context.new_page()
    assert page.goto(fatima.base + OFFICIALS, wait_until="networkidle").ok
    browser.screenshot(page, f"leaving-{width}")
    assert browser.overflow_px(page) == 0
    assert browser.violations(page) == []
    context.close()


def test_custodians_change_after_two_said_so(country, tmp_path):
    centre, gateway, _, (fatima, ali), _ = country
    pages = tmp_path / "pages"
    share = gateway.shares(1)[0]
    words = ("keys", "reshare", "--data", gateway.data, "--share-file", share, "--pages", pages)
    keyring = json.loads(gateway.run("keys", "show", "--data", gateway.data, "--json").stdout)["keyring"]
    refusal = gateway.run(*words, "--custodians", "2-of-3", code=1).stderr
    assert "two of its officials decide" in refusal and "2-of-3" in refusal
    assert not pathlib.Path(pages).exists(), "a refusal leaves no pages"

    decide(fatima, ali, "custodians", plan="2-of-3")
    gateway.run(*words, "--custodians", "3-of-5", code=1)
    assert not pathlib.Path(pages).exists(), "two approved other custodians"
    done = json.loads(gateway.run(*words, "--custodians", "2-of-3", "--json").stdout)
    assert done["keyring"] == keyring + 1
    assert len(list(pages.glob("*.txt"))) == 3
    fatima.page.goto(fatima.base + OFFICIALS)
    assert "faite" in fatima.page.inner_text("#proposals tbody tr:first-child")
    # What two said is used up; and a new epoch, or a member less, is nobody's word but the gateway's.
    shares = [word for page in sorted(pages.glob("*.txt"))[:2] for word in ("--share-file", page)]
    again = ("keys", "reshare", "--data", gateway.data, *shares, "--pages", tmp_path / "again", "--custodians", "2-of-3")
    gateway.run(*again, code=1)
    assert not (tmp_path / "again").exists()
    gateway.run("keys", "rotate", "--data", gateway.data, "--json")
    assert http_get(f"{centre.web_url}/healthz")[0] == 200
