"""The Python recovery on the golden vectors: what it derives, accepts and refuses is what the Rust does.

The whole way, from a real data centre's disk, is in `tests/test_without_us.py`.
"""

import base64
import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).with_name("recover-sealed.py")
VECTORS = TOOL.parent.parent / "vectors"

spec = importlib.util.spec_from_file_location("recover_sealed", TOOL)
recover_sealed = importlib.util.module_from_spec(spec)
# Registered first: dataclasses look their own module up by name.
sys.modules["recover_sealed"] = recover_sealed
spec.loader.exec_module(recover_sealed)

ROOT = recover_sealed.Root(bytes([0x51]) * 32)


def read(path):
    return (VECTORS / path).read_bytes()


def test_the_root_s_keys():
    known = json.loads(read("keys/keys.json"))["root"]
    assert base64.b64encode(ROOT.public).decode() == known["signing_key"]
    assert ROOT.identity.startswith("AGE-SECRET-KEY-PQ-1")


def test_bech32_is_that_of_bip_173():
    # BIP 173's own examples of valid strings.
    assert recover_sealed.bech32("a", b"") == "A12UEL5L"
    known = "abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"
    data = int("".join(f"{value:05b}" for value in range(32)), 2).to_bytes(20, "big")
    assert recover_sealed.bech32("abcdef", data) == known.upper()


def test_hchacha20_is_that_of_the_draft():
    # draft-irtf-cfrg-xchacha-03 §2.2.1.
    nonce = bytes.fromhex("000000090000004a0000000031415927")
    wanted = "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc"
    assert recover_sealed.hchacha20(bytes(range(32)), nonce).hex() == wanted


@pytest.mark.parametrize("file", sorted((VECTORS / "envelopes").iterdir()), ids=lambda file: file.name)
def test_envelopes(file):
    def opened():
        return recover_sealed.open_envelope(bytes([5]) * 32, b"amana.sealed/v1\n", file.read_bytes())

    if file.name.startswith("malformed"):
        with pytest.raises(recover_sealed.Wrong):
            opened()
    else:
        assert json.loads(opened())["kind"]


def test_classes_of_padding():
    sizes = [recover_sealed.padded_size(size) for size in (1, 256, 257, 4096, 4097, 4608, 4609, 8192, 8193, 9217)]
    assert sizes == [256, 256, 512, 4096, 4608, 4608, 5120, 8192, 9216, 10240]


def keyring(text):
    return recover_sealed.parse_keyring(text)


def test_a_keyring_follows_the_one_before():
    first, second = (keyring(read(f"keyrings/{name}.keyring").decode()) for name in ("first", "second"))
    recover_sealed.accept_keyring(first, None, ROOT)
    recover_sealed.accept_keyring(second, first, ROOT)
    assert second.number == 2 and set(second.epochs) == {1, 2}
    for wrong, before in ((second, None), (first, first), (first, second), (second, second)):
        with pytest.raises(recover_sealed.Wrong):
            recover_sealed.accept_keyring(wrong, before, ROOT)
    with pytest.raises(recover_sealed.Wrong):
        recover_sealed.accept_keyring(first, None, recover_sealed.Root(bytes(32)))


@pytest.mark.parametrize("case", json.loads(read("keyrings/refused.json")), ids=lambda case: case["rule"][:60])
def test_keyrings_that_may_not_follow(case):
    first = keyring(read("keyrings/first.keyring").decode())
    with pytest.raises(recover_sealed.Wrong):
        recover_sealed.accept_keyring(keyring(case["text"]), first, ROOT)


def test_shares_of_the_standard():
    judged = 0
    for case in json.loads(read("slip39/official.json")):
        name, shares, secret = case[:3]
        if secret:
            judged += 1
            assert recover_sealed.combine_mnemonics(shares, b"TREZOR").hex() == secret, name
    assert judged > 10


def test_a_page_is_read_whatever_stands_around_its_words():
    words = [word for word in recover_sealed.WORD_INDEX_MAP][100:133]
    number = recover_sealed.WORD_INDEX_MAP
    cells = [f"{place:>4}. {word:<10}{number[word] + 1:>5}" for place, word in enumerate(words, 1)]
    columns = "\n".join("   ".join(cells[row::11]) for row in range(11))
    page = f"3 of 5 shares\n1. academic advice 5\n4. Without Amana, any program\n\n{columns}\n\n33. wine and water\n"
    assert list(recover_sealed.mnemonics(page)) == [" ".join(words)]
    assert list(recover_sealed.mnemonics(" ".join(words) + "\n")) == [" ".join(words)]
    assert list(recover_sealed.mnemonics("a letter, and no words\n")) == []


KEYS = ["a", "a/b", "a//b", "a/", "/a", "..", "a/../b", "a=", "a=3D", "a%", "x:y", "été", "a/=", "a\0", "a\x85", "é" * 300]


def test_every_key_has_a_file_of_its_own_that_stays_in_the_folder():
    bucket = recover_sealed.Bucket("bucket", sealed=True)
    versions = [recover_sealed.Version(0, None, bucket, key, "", {}) for key in KEYS]
    folders = {parent for key in KEYS for parent in recover_sealed.parents("bucket", key)}
    files = [recover_sealed.safe_name(version, True, folders) for version in versions]
    files += [recover_sealed.safe_name(version, False, folders) for version in versions]
    assert len(set(files)) == 2 * len(KEYS)
    for file in files:
        assert file.startswith("objects/bucket/")
        assert all(part and part not in (".", "..") and len(part.encode()) < 255 for part in file.split("/"))
        assert not re.search(r'[\x00-\x1f\x7f-\x9f"%*:<>?\\|]', file)


def test_a_tree_has_the_root_of_the_standard():
    tree = recover_sealed.Tree()
    assert tree.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for leaf in json.loads(read("leaves/leaves.json")):
        entry = recover_sealed.Entry(0, leaf["core"].encode(), base64.b64decode(leaf["body_hash"]), None, None)
        assert base64.b64encode(recover_sealed.sha256(b"\0", entry.leaf())).decode() == leaf["leaf_hash"]
    # RFC 6962's tree of seven leaves, the bytes 0 to 6: vectors/frontiers.
    for number in range(7):
        tree.push(bytes([number]))
    frontier = read("frontiers/seven.frontier")
    assert frontier == (7).to_bytes(8, "big") + b"".join(tree.roots)
