"""Ledgers over HTTP: read by a client of a few lines that knows only RFC 6962 and C2SP tlog-tiles."""

import base64
import hashlib

import pytest

from centre import http_get, receipt_of

TILE = 256


def leaf_hash(leaf):
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_of(hashes):
    """RFC 6962 section 2.1."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << (len(hashes) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(hashes[:split]) + root_of(hashes[split:])).digest()


def index_path(index):
    """Groups of three digits, `x` before all but the last."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


class Log:
    """A ledger as its readers see it."""

    def __init__(self, url, headers=None):
        self.url, self.headers = url, headers

    def get(self, path):
        code, _, body = http_get(f"{self.url}/{path}", self.headers)
        assert code == 200, f"{path}: {code}"
        return body

    def checkpoint(self):
        """Origin, size, root, and the signed text with its signature lines."""
        text, signatures = self.get("checkpoint").decode().split("\n\n")
        origin, size, root = text.split("\n")[:3]
        assert all(line.startswith("— ") for line in signatures.splitlines())
        return origin, int(size), base64.b64decode(root)

    def tiles(self, level, size):
        """The bytes of every tile of a level of the tree of that size, the last one partial."""
        for index in range(0, (size + TILE - 1) // TILE):
            width = min(TILE, size - index * TILE)
            partial = "" if width == TILE else f".p/{width}"
            yield self.get(f"tile/{level}/{index_path(index)}{partial}")

    def hashes(self, size):
        joined = b"".join(self.tiles("0", size))
        return [joined[first : first + 32] for first in range(0, len(joined), 32)]

    def leaves(self, size):
        found = []
        for bundle in self.tiles("entries", size):
            while bundle:
                length = int.from_bytes(bundle[:2], "big")
                found.append(bundle[2 : 2 + length])
                bundle = bundle[2 + length :]
        return found


def assert_whole(log):
    """The tree of the checkpoint is the tree of its tiles, and its tiles are the hashes of its entries."""
    _, size, root = log.checkpoint()
    hashes = log.hashes(size)
    assert len(hashes) == size and root_of(hashes) == root
    assert [leaf_hash(leaf) for leaf in log.leaves(size)] == hashes
    return size


def basic(account):
    pair = f"{account.access_key_id}:{account.secret_access_key}".encode()
    return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}


@pytest.fixture
def own(finances):
    return Log(f"{finances.centre.web_url}/ledgers/finances/vault", basic(finances))


def test_the_national_log_is_everybodys(centre, finances):
    national = Log(f"{centre.web_url}/national")
    assert assert_whole(national) >= 1


def test_a_private_ledger_is_whole_and_grows(own, s3, bucket):
    before = assert_whole(own)
    receipt = receipt_of(s3.put_object(Bucket=bucket, Key="k", Body=b"x"))
    after = assert_whole(own)
    assert before <= int(receipt.rsplit("/", 1)[1]) < after
    # What a reader kept of the smaller tree is a part of the larger one.
    assert own.hashes(after)[:before] == own.hashes(before)


def test_full_tiles(own, s3, bucket):
    for number in range(2 * TILE):
        s3.put_object(Bucket=bucket, Key=f"{number}", Body=b"")
    size = assert_whole(own)
    assert size > 2 * TILE
    above = b"".join(own.tiles("1", size // TILE))
    hashes = own.hashes(size)
    assert above[:32] == root_of(hashes[:TILE]) and above[32:64] == root_of(hashes[TILE : 2 * TILE])


def test_a_private_ledger_is_nobody_elses(centre, own, justice):
    paths = ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1")
    for headers in (None, basic(justice)):
        unknown = Log(f"{centre.web_url}/ledgers/absent/vault", headers)
        for path in paths:
            forbidden = http_get(f"{own.url}/{path}", headers)
            absent = http_get(f"{unknown.url}/{path}", headers)
            # An unknown institution and a forbidden one answer alike.
            assert forbidden[0] == absent[0] and forbidden[0] in (401, 403, 404) and forbidden[2] == absent[2]


def test_a_tile_beyond_the_tree_is_not_there(own):
    _, size, _ = own.checkpoint()
    for path in (f"tile/0/{index_path(size // TILE + 1)}", f"tile/0/{index_path(size // TILE)}", "tile/64/000", "tile/0/0", "tile/0/../x"):
        assert http_get(f"{own.url}/{path}", own.headers)[0] in (400, 404), path


def test_the_verifying_command(centre, finances, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    centre.run("ledger", "verify", "finances/vault", "--data", centre.data)
    shown = centre.run("ledger", "show", "finances/vault", "--data", centre.data).stdout
    assert "finances/vault" in shown
    centre.run("ledger", "verify", "absent/vault", "--data", centre.data, code=1)
