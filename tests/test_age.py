"""Debian's age opens what we seal, and we open what it seals."""

import pytest

from programs import octets
from sealing import SIZES, identity, ours, pipe


@pytest.mark.parametrize("size", SIZES)
def test_age_opens_what_we_seal(tmp_path, size):
    key, recipient = identity(tmp_path, "x25519")
    plain = octets(size, "ours")
    assert pipe(["age", "-d", "-i", key], ours("seal", recipient, given=plain)) == plain


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_age_seals(tmp_path, size):
    key, recipient = identity(tmp_path, "x25519")
    plain = octets(size, "theirs")
    assert ours("open", key, given=pipe(["age", "-r", recipient], plain)) == plain


def test_one_file_for_several(tmp_path):
    keys = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        keys.append(identity(tmp_path / name, "x25519"))
    sealed = ours("seal", *(recipient for _, recipient in keys), given=b"to two")
    for key, _ in keys:
        assert pipe(["age", "-d", "-i", key], sealed) == b"to two"
