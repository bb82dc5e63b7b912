"""The npm package age-encryption: the second implementation of the post-quantum recipients."""

import os
import pathlib

import pytest

from programs import octets
from sealing import KINDS, SIZES, identity, ours, pipe

SCRIPT = pathlib.Path(__file__).parent / "node" / "age.js"


def theirs(*words, given):
    return pipe(["node", SCRIPT, os.environ["AMANA_NODE"], *words], given)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_npm_opens_what_we_seal(tmp_path, kind, size):
    key, recipient = identity(tmp_path, kind)
    plain = octets(size, "ours")
    assert theirs("open", key, given=ours("seal", recipient, given=plain)) == plain


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_npm_seals(tmp_path, kind, size):
    key, recipient = identity(tmp_path, kind)
    plain = octets(size, "theirs")
    assert ours("open", key, given=theirs("seal", recipient, given=plain)) == plain
