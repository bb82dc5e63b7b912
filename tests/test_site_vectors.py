"""The vectors of sites, read by what was written a second time from the page of their formats."""

import hashlib
import importlib.util
import json
import sys

import pytest

import site_formats
from centre import ROOT

SITES = ROOT / "vectors" / "sites"
TOOL = ROOT / "tools" / "verify-receipt.py"

spec = importlib.util.spec_from_file_location("verify_receipt_of_sites", TOOL)
verify_receipt = importlib.util.module_from_spec(spec)
# Registered first: dataclasses look their own module up by name.
sys.modules[spec.name] = verify_receipt
spec.loader.exec_module(verify_receipt)


def read(name):
    return json.loads((SITES / name).read_text(encoding="utf-8"))


def test_manifests_are_canonical_and_cut_into_pieces():
    cut = read("pieces.json")
    assert len(cut) == 3 and max(len(one["pieces"]) for one in cut) > 2
    for one in cut:
        manifest = (SITES / one["manifest"]).read_bytes()
        assert site_formats.canonical(json.loads(manifest)).encode() == manifest
        assert hashlib.sha256(manifest).hexdigest() == one["sha256"]
        begin, expected = 0, []
        for end in site_formats.pieces(manifest):
            expected.append({"end": end, "sha256": hashlib.sha256(manifest[begin:end]).hexdigest()})
            begin = end
        assert one["pieces"] == expected


def test_a_folder_s_files_stand_in_its_manifest():
    files = read("folder.json")
    manifest = json.loads((SITES / "folder.manifest").read_bytes())
    for name in ("index.html", "404.html", "a b/é.txt"):
        entry = manifest["files"]["/" + name.replace(" ", "%20").replace("é", "%C3%A9")]
        content = files[name].encode()
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert manifest["code"] == {"wordpress": "5a" * 32}


def test_programs_have_the_digest_that_is_signed():
    cases = read("code.json")
    assert len(cases) == 4
    for case in cases:
        entry = lambda leaf: ("to" in leaf, leaf.get("to", leaf.get("content")).encode())
        tree = {leaf["path"].encode(): entry(leaf) for leaf in case["tree"]}
        text = site_formats.code_text(tree, [folder.encode() for folder in case["without"]])
        assert text == case["text"] and hashlib.sha256(text.encode()).hexdigest() == case["sha256"]
        assert site_formats.is_code(text)


def test_statements_are_judged_by_their_publishers():
    lines = (SITES / "two.publishers").read_text().splitlines()
    keys = {name: verify_receipt.parse_key(key) for name, key in (line.split(" ")[1:] for line in lines if line.startswith("witness "))}
    verdicts = []
    for case in read("statements.json"):
        note = verify_receipt.parse_note(case["note"])
        assert site_formats.is_statement(note.text)
        signed, bad = [], False
        for name, key in keys.items():
            try:
                note.check(key)
                signed.append(name)
            except verify_receipt.Unsigned:
                pass
            except verify_receipt.BadSignature:
                bad = True
        verdict = {"refused": "bad-signature"} if bad else {"signed": signed, "enough": len(signed) == len(keys)}
        assert verdict == case["verdict"], case
        verdicts.append(verdict)
    assert {verdict.get("enough") for verdict in verdicts} == {True, False, None}


@pytest.mark.parametrize("wanted", ["statement", "code"])
def test_malformed_ones_are_refused(wanted):
    cases = [case for case in read("malformed.json") if case["format"] == wanted]
    assert len(cases) > 5
    accepts = {"statement": site_formats.is_statement, "code": site_formats.is_code}[wanted]
    for case in cases:
        assert not accepts(case["text"]), case
