"""The pages in a real browser: both languages, telephone and desk, light and dark, with and without scripts."""

import base64
import hashlib
import itertools
import json
import re
import shutil

import pytest

import browser
from centre import ROOT, Centre, http_get, receipt_of, wait_until
from test_witnesses import WITNESSES, Witness

PAGES = {"centre": "/", "proof": "/proof", "verify": "/verify", "help": "/help"}
LANGUAGES = {"fr": "Français", "en": "English"}
VECTORS = ROOT / "vectors"
# Parsers of receipt.js by the formats of vectors/malformed; `text` is what it gets of the file.
PARSERS = {
    "receipt": "it.parseReceipt(bytes)",
    "policy": "it.parsePolicy(bytes)",
    "vkey": "it.parseKey(text)",
    "note": "it.parseNote(text)",
    "tlog-proof": "it.parseProof(text)",
    "registry-row": "it.parseRow(text)",
    "epoch": "it.parseEpoch(text)",
    "checkpoint": "it.parseCheckpoint(it.parseNote(text).text)",
}


@pytest.fixture(scope="module")
def chromium():
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory):
    """A centre whose three witnesses came just now, and the witnessed receipt of a deposit."""
    folder = tmp_path_factory.mktemp("console")
    centre = Centre(folder / "data").start(AMANA_EPOCH_BUSY_S="0.1")
    witnesses = [Witness(centre, folder, name) for name in WITNESSES]
    for witness in witnesses:
        centre.run("policy", "witness", "add", witness.name, witness.key, "--data", centre.data)
    centre.run("policy", "quorum", "2", "--data", centre.data)
    policy = shutil.copy(centre.policy, folder / "gazette")
    s3 = centre.institution("finances").client()
    s3.create_bucket(Bucket="kept")
    name = receipt_of(s3.put_object(Bucket="kept", Key="budget", Body=b"2027"))

    def receipt():
        for witness in witnesses:
            witness.visit(policy)
        file = centre.receipt(name, folder / "receipt")
        said = centre.run("receipt", "verify", file, "--policy", policy, "--allow-recorded", "--json")
        return json.loads(said.stdout)["state"] == "witnessed" and file

    yield centre, wait_until(receipt, "the deposit is witnessed")
    centre.kill()


def b64(path):
    return base64.b64encode(path.read_bytes()).decode()


# Colours are the same at every width, so that dark is tried at one.
@pytest.mark.parametrize("width, scheme", (("phone", "light"), ("phone", "dark"), ("desk", "light")))
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_accessible_and_fits(chromium, witnessed, name, language, width, scheme):
    url = witnessed[0].web_url + PAGES[name]
    with browser.visit(chromium, url, width, language, scheme, for_axe=True) as page:
        assert page.locator("html").get_attribute("lang") == language
        assert browser.overflow_px(page) == 0
        browser.screenshot(page, f"{name}-{language}-{width}-{scheme}")
        assert browser.violations(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_its_piece_without_scripts(chromium, witnessed, name, language):
    url = witnessed[0].web_url + PAGES[name]
    with browser.visit(chromium, url, "phone", language, scripts=False) as page:
        assert page.locator("h1").is_visible()
        browser.screenshot(page, f"{name}-{language}-phone-no-script")
        if name == "verify":
            assert page.locator("#unable").is_visible()
            assert not page.locator("form").is_visible()
            assert page.get_by_text("amana receipt verify").is_visible()


def test_a_language_is_chosen_by_a_link_and_kept(chromium, witnessed):
    with browser.visit(chromium, witnessed[0].web_url + "/proof", scripts=False) as page:
        page.get_by_role("link", name="English").click()
        assert page.locator("h1").inner_text() == "Live proof"
        page.get_by_role("link", name="This centre").click()
        assert page.locator("html").get_attribute("lang") == "en"
        page.get_by_role("link", name="Français").click()
        assert page.locator("html").get_attribute("lang") == "fr"


def test_the_keyboard_reaches_everything_in_order(chromium, witnessed):
    with browser.visit(chromium, witnessed[0].web_url + "/verify") as page:
        reached = []
        for _ in range(40):
            page.keyboard.press("Tab")
            where = page.evaluate(
                """(() => { const a = document.activeElement, r = a.getBoundingClientRect();
                    return a === document.body ? null : [a.id || a.getAttribute('href') || a.tagName,
                        getComputedStyle(a).outlineStyle !== 'none', r.width > 0 && r.height > 0]; })()"""
            )
            if where is None:
                break
            reached.append(where)
    names = [name for name, _, _ in reached]
    assert names[0] == "#content"
    # The last button copies the command.
    fields = ["receipt", "pasted", "policy", "digest", "BUTTON", "BUTTON"]
    assert [name for name in names if name in fields] == fields
    assert all(outlined and there for _, outlined, there in reached), reached


def test_the_first_page_is_small_on_the_line(chromium, witnessed):
    context = chromium.new_context(locale="fr")
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    received = []
    line.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(witnessed[0].web_url, wait_until="networkidle")
    context.close()
    # The mark is in the page and in the tab, and travels once.
    travelled = [size for size in received if size > 0]
    assert 0 < len(travelled) <= 3, received
    assert sum(received) <= 30 * 1024, received


def test_the_live_proof_shows_who_came(chromium, witnessed):
    with browser.visit(chromium, witnessed[0].web_url + "/proof", language="en") as page:
        assert page.locator(".card.good h2").inner_text().endswith("Cosigned, no anomaly")
        for name in WITNESSES:
            assert page.get_by_role("row", name=name).get_by_text("present").is_visible()


def test_a_receipt_is_verified_and_nothing_is_sent(chromium, witnessed):
    centre, receipt = witnessed
    digest = hashlib.sha256(centre.policy.read_bytes()).hexdigest()
    with browser.visit(chromium, centre.web_url + "/verify") as page:
        asked = []
        page.on("request", lambda request: asked.append((request.method, request.url.removeprefix(centre.web_url))))
        assert not page.locator("#unable").is_visible()
        verdict = page.locator("#verdict")
        page.locator("#receipt").set_input_files(receipt)
        page.get_by_role("button", name="Vérifier").click()
        verdict.get_by_role("heading", name="Attesté").wait_for()
        assert verdict.get_by_text("finances/vault").is_visible()
        assert verdict.get_by_text(digest).is_visible()
        assert verdict.get_by_text("court").is_visible()
        browser.screenshot(page, "verified-fr-desk")
        # A digest from elsewhere agrees, or not, however it is written.
        for given, said in ((f" {digest.upper()} ", "a bien l’empreinte"), ("0" * 64, "ne vous fiez pas")):
            page.locator("#digest").fill(given)
            page.get_by_role("button", name="Vérifier").click()
            verdict.get_by_text(said).wait_for()
        assert set(asked) == {("GET", "/policy")}


def test_a_pasted_receipt_is_judged_by_one_s_own_policy(chromium, witnessed):
    centre, _ = witnessed
    folder = VECTORS / "receipts"
    with browser.visit(chromium, centre.web_url + "/verify", language="en") as page:
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.locator("#policy").set_input_files(VECTORS / "policies" / "two-of-three.policy")
        for file, heading in (
            ("witnessed.receipt", "Recorded and witnessed"),
            ("recorded.receipt", "Recorded, not yet witnessed"),
            ("refused-06-leaf-not-included.receipt", "Refused"),
        ):
            # As it comes out of a message: without its last newline.
            page.locator("#pasted").fill((folder / file).read_text().rstrip("\n"))
            page.get_by_role("button", name="Verify").click()
            page.locator("#verdict").get_by_role("heading", name=heading, exact=True).wait_for()
        assert page.locator("#verdict").get_by_text("leaf-not-included").is_visible()
        assert asked == []


def test_the_page_judges_every_vector_as_the_binary_does(chromium, witnessed):
    judged = json.loads((VECTORS / "receipts" / "index.json").read_text())
    cases = [
        {
            "file": case["file"],
            "receipt": b64(VECTORS / "receipts" / case["file"]),
            "policy": b64(VECTORS / "policies" / case["policy"]),
            "expected": [case["outcome"], case["reason"]],
        }
        for case in judged
    ]
    malformed = json.loads((VECTORS / "malformed" / "index.json").read_text())
    malformed = [case for case in malformed if case["format"] in PARSERS]
    assert len(cases) > 35 and len(malformed) > 20
    with browser.visit(chromium, witnessed[0].web_url + "/verify") as page:
        said = page.evaluate(
            """async (cases) => {
                const it = await import(document.getElementById('verify').dataset.verifier);
                const bytes = (b64) => Uint8Array.from(atob(b64), (octet) => octet.charCodeAt(0));
                const said = [];
                for (const { receipt, policy } of cases) {
                    try {
                        const verdict = await it.verify(bytes(receipt), bytes(policy));
                        said.push([verdict.state, verdict.reason]);
                    } catch (error) {
                        said.push(['refused', error.code ?? String(error)]);
                    }
                }
                return said;
            }""",
            cases,
        )
        assert [(c["file"], c["expected"]) for c in cases] == [(c["file"], s) for c, s in zip(cases, said)]
        for case in malformed:
            code = page.evaluate(
                f"""async (b64) => {{
                    const it = await import(document.getElementById('verify').dataset.verifier);
                    const bytes = Uint8Array.from(atob(b64), (octet) => octet.charCodeAt(0));
                    const text = new TextDecoder().decode(bytes);
                    try {{ await {PARSERS[case["format"]]}; return 'accepted'; }}
                    catch (error) {{ return error.code ?? String(error); }}
                }}""",
                b64(VECTORS / "malformed" / case["file"]),
            )
            assert code == case["code"], case["file"]


def test_damage_never_makes_another_act(chromium, witnessed):
    good = b64(VECTORS / "receipts" / "witnessed.receipt")
    policy = b64(VECTORS / "policies" / "two-of-three.policy")
    with browser.visit(chromium, witnessed[0].web_url + "/verify") as page:
        other = page.evaluate(
            """async ([good, policy]) => {
                const it = await import(document.getElementById('verify').dataset.verifier);
                const bytes = (b64) => Uint8Array.from(atob(b64), (octet) => octet.charCodeAt(0));
                const act = ({ ledger, index, core, body, epoch }) => [ledger, index, core, body, epoch].join('|');
                const expected = act(await it.verify(bytes(good), bytes(policy)));
                const other = [];
                const length = bytes(good).length;
                for (let at = 0; at < length; at += 7) {
                    const damaged = bytes(good);
                    damaged[at] ^= 1 << (at % 8);
                    try {
                        const said = act(await it.verify(damaged, bytes(policy)));
                        if (said !== expected) other.push([at, said]);
                    } catch (error) {
                        if (!(error instanceof it.Refused)) other.push([at, String(error)]);
                    }
                }
                return other;
            }""",
            [good, policy],
        )
        assert other == []


def test_an_absent_page_is_a_page(chromium, witnessed):
    with browser.visit(chromium, witnessed[0].web_url, language="en") as page:
        answer = page.request.get(witnessed[0].web_url + "/assets/absent", headers={"accept-language": "en"})
        assert answer.status == 404
        page.set_content(answer.text())
        assert page.locator("h1").inner_text() == "There is no such page"


@pytest.mark.parametrize("language", ("fr", "en"))
def test_help_names_commands_that_there_are(witnessed, language):
    centre = witnessed[0]
    page = http_get(f"{centre.web_url}/help?lang={language}")[2].decode()
    lines = [line for block in re.findall(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL) for line in block.splitlines()]
    commands = [line.split() for line in lines if line.startswith("amana ")]
    assert len(commands) >= 9
    for _, *words in commands:
        verb = list(itertools.takewhile(lambda word: re.fullmatch("[a-z-]+", word) and not word.startswith("-"), words))
        told = centre.run(*verb, "--help").stdout
        for option in (word for word in words if word.startswith("--") and word != "--help"):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", told), (words, option)
