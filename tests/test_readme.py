"""What README.md tells people to type can be typed."""

import hashlib
import json
import os
import pathlib
import re

import pytest

from centre import ROOT, binary
from gateway import Gateway
from programs import run

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
PAGES = [README, *(page.read_text() for page in sorted((ROOT / "docs").rglob("*.md")))]
STICK = [(ROOT / "packaging" / "stick" / page).read_text() for page in ("README.txt", "LISEZMOI.txt")]


def typed(page):
    """The commands of ours in a page's blocks, whoever they are run as."""
    for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
        yield from re.findall(r"^(?:runuser [^\n]*-- |sudo [^\n]*)?(?:amana|cargo run --release --) [^\n]*", block.replace("\\\n", " "), re.M)


COMMANDS = sorted(
    {
        re.sub(r"^.*?(?:\bamana|cargo run --release --) (?=[a-z])", "amana ", line.split("#")[0]).strip()
        for page in [*PAGES, *(f"```sh\n{re.sub('(?m)^ +', '', text)}```" for text in STICK)]
        for line in typed(page)
    }
)
TWO_WORDS = ("authority", "institution", "access-key", "receipt", "ledger", "bucket", "keys", "gateway", "enrolment", "official", "operator-key", "release", "site")
THREE_WORDS = ("policy witness",)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_exists_with_its_options(command):
    words = command.split()[1:]
    words = [word for word in words if not word.startswith("-")]
    verbs = words[: 3 if " ".join(words[:2]) in THREE_WORDS else 2 if words[0] in TWO_WORDS else 1]
    # A gateway's options stand behind it when no verb does.
    verbs = verbs[:1] if verbs[0] == "gateway" and verbs[1:] and "/" in verbs[1] else verbs
    said = run([binary(), *verbs, "--help"], dict(os.environ))
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", command):
        assert option in said, f"`amana {' '.join(verbs)}` has no {option}"


def test_links_lead_somewhere():
    for page in (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")):
        text = page.read_text()
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (page.parent / target).exists(), f"{page} links to {target}"
        for named in re.findall(r"`((?:crates|docs|tools|vectors|bench|tests)/[\w./-]*)`", text):
            assert (ROOT / named).exists(), f"{page} names {named}"


def test_the_first_deposit_is_made_as_told(new_centre, tmp_path):
    """Types the README's blocks, with this test's ports and keys, and the receipt that the server names."""
    centre = new_centre()
    data = tmp_path / "data"
    data.symlink_to(centre.data)
    (tmp_path / "contract.pdf").write_bytes(b"%PDF-")
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    environment = {"HOME": str(tmp_path), "LANG": "C.UTF-8"}
    environment["PATH"] = f"{pathlib.Path(binary()).parent}:{os.environ['PATH']}"
    making, depositing, proving = [block for block in BLOCKS if "systemctl" not in block and ("institution add" in block or "aws " in block)]
    printed = run(["bash", "-euo", "pipefail", "-c", making], environment, folder=tmp_path)
    key = centre.access_key("finances")
    for half in ("access_key_id", "secret_access_key"):
        depositing = re.sub(rf"AWS_{half.upper()}=…", f"AWS_{half.upper()}={key[half]}", depositing)
    assert re.search(r"\b[A-Z0-9]{16,}\b", printed), "the key is printed for people too"
    depositing = depositing.replace("127.0.0.1:7401", f"127.0.0.1:{centre.s3_port}")
    listed = run(["bash", "-euo", "pipefail", "-c", depositing], environment, folder=tmp_path)
    assert "2026/contract.pdf" in listed
    copying, *rest = proving.splitlines()
    setting = "\n".join(line for line in depositing.splitlines() if line.startswith("export"))
    named = run(["bash", "-euo", "pipefail", "-c", f"{setting}\n{copying}"], environment, folder=tmp_path)
    receipt = re.search(r"finances/vault/\d+", named).group()
    rest = "\n".join(rest).replace("finances/vault/3", receipt)
    run(["bash", "-euo", "pipefail", "-c", rest], environment, folder=tmp_path)


def test_an_institution_seals_at_home_as_told(new_centre, tmp_path):
    """Types what README.md says under "Sealed at home", on a machine beside a new data centre."""
    centre = new_centre()
    centre.run("institution", "add", "finances", "--data", centre.data, "--json")
    issued = centre.run("enrolment", "issue", "finances", "--data", centre.data, "--json")
    gateway = Gateway(centre, "finances", tmp_path / "amana-gateway")
    environment = {"HOME": str(tmp_path), "LANG": "C.UTF-8", **gateway.environment}
    environment["PATH"] = f"{pathlib.Path(binary()).parent}:{os.environ['PATH']}"
    making = next(block for block in BLOCKS if "amana keys init" in block)
    run(["bash", "-euo", "pipefail", "-c", making], environment, folder=tmp_path)
    assert len(list((tmp_path / "pages").glob("*.html"))) == 5
    enrolling = next(block for block in BLOCKS if "amana gateway init" in block).strip()
    enrolling = enrolling.replace("http://127.0.0.1:7400", centre.web_url).replace("CODE", json.loads(issued.stdout)["code"])
    enrolling = enrolling.replace("DIGEST", hashlib.sha256(centre.policy.read_bytes()).hexdigest())
    shown = json.loads(run(["bash", "-euc", f"{enrolling} --no-wait --json"], environment, folder=tmp_path))
    centre.run("enrolment", "confirm", "finances", "--words", " ".join(shown["words"]), "--data", centre.data)
    run(["bash", "-euc", enrolling], environment, folder=tmp_path)
    gateway.start()
    try:
        key = run([binary(), "access-key", "create", "--data", "amana-gateway"], environment, folder=tmp_path)
        assert re.search(r"\b[A-Z0-9]{16,}\b", key)
    finally:
        gateway.kill()
