"""Trezor's shamir-mnemonic rebuilds what we share, and we rebuild what it shares."""

import itertools
import os
import pathlib

import pytest
import shamir_mnemonic
from shamir_mnemonic import MnemonicError

from centre import binary
from programs import octets
from sealing import pipe

SECRETS = (octets(16, "short"), octets(32, "root"))


def ours(*words, given):
    """Runs `shares`, which cargo builds beside the tests."""
    default = pathlib.Path(binary()).parent / "examples" / "shares"
    return pipe([os.environ.get("AMANA_SHARES", default), *words], given.encode()).decode()


def split(plan, secret):
    return ours("split", plan, given=secret.hex()).splitlines()


def combine(mnemonics, *passphrase):
    return bytes.fromhex(ours("combine", *passphrase, given="\n".join(mnemonics)))


@pytest.mark.parametrize("secret", SECRETS)
def test_trezor_rebuilds_what_we_share(secret):
    mnemonics = split("3-of-5", secret)
    for some in itertools.combinations(mnemonics, 3):
        assert shamir_mnemonic.combine_mnemonics(some) == secret
    with pytest.raises(MnemonicError):
        shamir_mnemonic.combine_mnemonics(mnemonics[:2])


@pytest.mark.parametrize("secret", SECRETS)
def test_trezor_rebuilds_what_we_share_among_groups(secret):
    mnemonics = split("2(cabinet:2-of-3,ict:1-of-1,court:3-of-5)", secret)
    cabinet, ict, court = mnemonics[:3], mnemonics[3:4], mnemonics[4:]
    for some in (cabinet[1:] + ict, ict + court[:3], cabinet[:2] + court[2:]):
        assert shamir_mnemonic.combine_mnemonics(some) == secret


@pytest.mark.parametrize("extendable", (True, False))
@pytest.mark.parametrize("passphrase", ("", "of our own"))
@pytest.mark.parametrize("secret", SECRETS)
def test_we_rebuild_what_trezor_shares(secret, passphrase, extendable):
    groups = shamir_mnemonic.generate_mnemonics(
        2, [(2, 3), (1, 1), (3, 5)], secret, passphrase.encode(), extendable=extendable, iteration_exponent=0
    )
    cabinet, ict, court = groups
    given = [passphrase] if passphrase else []
    for some in (cabinet[1:] + ict, ict + court[:3], cabinet[:2] + court[2:]):
        assert combine(some, *given) == secret


def test_a_page_is_read_by_trezor(tmp_path):
    secret = SECRETS[1]
    ours("pages", "2-of-3", tmp_path, given=secret.hex())
    pages = sorted(tmp_path.glob("*.txt"))
    assert [page.stem for page in pages] == ["part-2-1-1", "part-2-1-2", "part-2-1-3"]
    mnemonics = [words_of(page.read_text(encoding="utf-8")) for page in pages]
    assert shamir_mnemonic.combine_mnemonics(mnemonics[1:]) == secret


def words_of(page):
    """The words of a page, in the order of their positions."""
    words = {}
    for line in page.splitlines():
        fields = line.split()
        if line.startswith("  ") and len(fields) == 9:
            for position, word, _number in zip(*[iter(fields)] * 3):
                words[int(position.rstrip("."))] = word
    return " ".join(words[position] for position in sorted(words))
