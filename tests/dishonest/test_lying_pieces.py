"""The operator gives other ciphertext than what was sealed. The gateway gives out nothing of it, names the object's piece,
keeps evidence, and goes on with everything else. What it gave out before is true, and the client sees that there is no more."""

import botocore.exceptions
import pytest
from deposits import body_of
from expect import refused

from country import BUCKET, LARGE_BYTES, OBJECTS, VERSIONS, Gateway, copy_gateway
from lies import another_piece, body_changed, ciphertext_of, flipped, last_piece, pieces_of
from line import plain

# Of an age file for one recipient: header, nonce, then chunks of 64 KiB with a tag of 16 bytes each.
CHUNK = 65_536
CHUNKS = -(-LARGE_BYTES // CHUNK)


@pytest.fixture(scope="module")
def gateway(country):
    """One gateway for all: what is damaged stops itself alone."""
    folder = country.folder / "pieces"
    copy_gateway(country.folder / "gateway", folder)
    gateway = Gateway(folder, country.centre.web_port)
    gateway.key = country.key
    yield gateway.start()
    gateway.kill()


@pytest.fixture
def deposited(gateway, request):
    """Deposits under fresh names, and gives each one's piece."""
    gateway.line.lie = None

    def deposit(name, body):
        gateway.put(f"{request.node.name}/{name}", body)
        return f"{request.node.name}/{name}", last_piece(gateway.line)

    yield deposit
    gateway.line.lie = None


def assert_refused(gateway, key, **given):
    """Not one byte is given out."""
    with refused("InternalError", 500):
        gateway.read(key, **given)


def assert_broken_off(gateway, key, body):
    """The object is promised whole, chunks that are true come, and then the connection breaks."""
    answer = gateway.client().get_object(Bucket=BUCKET, Key=key)
    assert answer["ContentLength"] == len(body)
    arrived = bytearray()
    with pytest.raises((botocore.exceptions.IncompleteReadError, botocore.exceptions.ResponseStreamingError)):
        for some in answer["Body"].iter_chunks(1024):
            arrived += some
    assert len(arrived) < len(body) and body.startswith(arrived)


def assert_named(gateway, country, key, piece, late=None, **given):
    """The reading is refused, or broken off when the damage comes `late` in that body; the piece is named, evidence is kept;
    the rest is served, and this object again with the truth."""
    if late is None:
        assert_refused(gateway, key, **given)
    else:
        assert_broken_off(gateway, key, late)
    named = [alarm for alarm in gateway.status()["alarms"] if piece in alarm["why"]]
    assert [alarm["code"] for alarm in named] == ["damaged-piece"]
    _, verdict, said = country.judge(named[0]["evidence"])
    assert verdict["claim"] == "damaged-piece" and verdict["finding"] == "testimony", said
    gateway.line.lie = None
    assert gateway.read("note-a") == OBJECTS["note-a"]
    gateway.put(f"{key}/after", b"it still takes deposits")
    return gateway.read(key, **given)


# What comes with the first chunk is judged before the first byte is given out; the rest, on its way.
FIRST = ("the header", "the header's stanza", "the nonce", "the first chunk")
PLACES = {
    "the header": 0,
    "the header's stanza": 60,
    "the nonce": -CHUNKS * 16 - LARGE_BYTES - 1,
    "the first chunk": -CHUNKS * 16 - LARGE_BYTES,
    "the second chunk": -LARGE_BYTES - CHUNKS * 16 + CHUNK + 16 + 999,
    "the tag of the second chunk": -LARGE_BYTES - CHUNKS * 16 + 2 * CHUNK + 16 + 5,
    "the last byte": -1,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_bit_is_flipped_in(place, gateway, country, deposited):
    body = body_of(place, LARGE_BYTES)
    key, piece = deposited("large", body)
    gateway.line.lie = body_changed(lambda piece: flipped(piece, PLACES[place]))
    assert assert_named(gateway, country, key, piece, late=None if place in FIRST else body) == body


@pytest.mark.parametrize("position", [0, 100, -1])
def test_a_bit_of_a_small_object_is_flipped(position, gateway, country, deposited):
    key, piece = deposited("small", b"small enough for its act")
    gateway.line.lie = body_changed(lambda piece: flipped(piece, position))
    assert assert_named(gateway, country, key, piece) == b"small enough for its act"


@pytest.mark.parametrize("left", [0, 50, 184, -2 * CHUNK, -CHUNK, -1])
def test_a_piece_is_cut_short(left, gateway, country, deposited):
    body = body_of("cut short", LARGE_BYTES)
    key, piece = deposited("large", body)
    gateway.line.lie = body_changed(lambda piece: piece[:left])
    has_first = left in (-CHUNK, -1)
    assert assert_named(gateway, country, key, piece, late=body if has_first else None) == body


def test_two_objects_are_swapped(gateway, country, deposited):
    """Of one size, so that no length tells."""
    one, two = body_of("one", LARGE_BYTES), body_of("two", LARGE_BYTES)
    key, piece = deposited("one", one)
    _, other = deposited("two", two)
    gateway.line.lie = another_piece(ciphertext_of(gateway.line, other))
    assert assert_named(gateway, country, key, piece) == one


def test_an_old_version_is_given_for_the_new(gateway, country, deposited):
    _, old = deposited("contract", VERSIONS[0])
    key, new = deposited("contract", VERSIONS[1])
    assert old != new
    gateway.line.lie = another_piece(ciphertext_of(gateway.line, old))
    assert assert_named(gateway, country, key, new) == VERSIONS[1]


def test_chunks_of_two_objects_are_mixed_under_a_range(gateway, country, deposited):
    """Header and nonce are the true ones; the chunk, which is authentic at the same place of another object, is not."""
    one, two = body_of("one", LARGE_BYTES), body_of("two", LARGE_BYTES)
    key, piece = deposited("one", one)
    _, other = deposited("two", two)
    gateway.line.lie = another_piece(ciphertext_of(gateway.line, other), from_byte=CHUNK)
    range_ = f"bytes={CHUNK + 1000}-{CHUNK + 2000}"
    assert assert_named(gateway, country, key, piece, Range=range_) == one[CHUNK + 1000 : CHUNK + 2001]


def test_chunks_of_one_object_are_reordered_under_a_range(gateway, country, deposited):
    body = body_of("body", LARGE_BYTES)
    key, piece = deposited("body", body)
    header = LARGE_BYTES + CHUNKS * 16

    def second_for_first(sealed):
        head, rest = sealed[: len(sealed) - header], sealed[len(sealed) - header :]
        step = CHUNK + 16
        return head + rest[step : 2 * step] + rest[:step] + rest[2 * step :]

    gateway.line.lie = body_changed(second_for_first)
    assert assert_named(gateway, country, key, piece) == body


def test_a_header_bomb_in_a_piece(gateway, country, deposited):
    """A header of a million stanzas never reaches what reads headers: it is not the one that the ledger names."""
    body = body_of("body", LARGE_BYTES)
    key, piece = deposited("body", body)
    bomb = b"age-encryption.org/v1\n" + b"-> X25519 " + b"A" * 43 + b"\n" + b"-> x\n\n" * 1_000_000
    gateway.line.lie = body_changed(lambda piece: bomb[: len(piece)])
    assert assert_named(gateway, country, key, piece) == body


def test_a_piece_is_said_to_be_gone(gateway, country, deposited):
    """Refusing to give is no forgery, and not to be told from a loss: it is an error that names the piece."""
    body = body_of("body", LARGE_BYTES)
    key, piece = deposited("body", body)
    gateway.line.lie = pieces_of(lambda request, ask: plain(b'{"error":"no-such-piece","message":"gone"}', status=404))
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        gateway.read(key)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
    assert piece in gateway.log()
    gateway.line.lie = None
    assert gateway.read(key) == body
