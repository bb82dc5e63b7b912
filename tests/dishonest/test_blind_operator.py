"""The operator reads all that it has: its disk, its logs, its keys, its memory of the line. It finds no secret."""

import hashlib
import subprocess

import pytest
from deposits import body_of

from country import BUCKET, LARGE_BYTES, LATE, METADATA, OBJECTS, SMALL_BYTES, TAGS, VERSIONS
from institution import bech32
from operator_keys import everything_in, findings

PART_BYTES = (5 * 1024 * 1024, 77_777)
# Runs of letters that are in no program's own messages.
NAMES = [*OBJECTS, "cabinet/", "contract", "archive in parts", *LATE]
NAMES = [name for name in NAMES if len(name) >= 6]
WORDS = [*METADATA.values(), "classification", *(word for tag in TAGS.split("&") for word in tag.split("=")), TAGS]
TEXTS = ["the minister of Finance", "million francs", "deposited late", *(text.decode() for text in VERSIONS)]
BODIES = [*OBJECTS.values(), *(body_of(f"part {n}", size) for n, size in enumerate(PART_BYTES, 1))]


def digests(body):
    """What is told of a content by everybody who knows it: MD5 is its ETag."""
    return [hashlib.new(name, body).digest() for name in ("md5", "sha1", "sha256")]


@pytest.fixture(scope="session")
def all_that_it_has(country):
    places = list(everything_in(country.data))
    places += [("the log", country.centre.log_path.read_bytes())]
    places += [("the line", bytes(gateway.line.bytes_seen)) for gateway in country.gateways]
    assert sum(len(content) for _, content in places) > sum(PART_BYTES), "the operator has the ciphertext"
    return places


def test_it_reads_what_it_may_know(all_that_it_has):
    """The same search finds what is not hidden, so that finding nothing means something."""
    for visible in (BUCKET, "finances/vault", "object.put"):
        assert len(findings([visible], all_that_it_has)) > 1, visible


@pytest.mark.parametrize("kind", ["names", "metadata and tags", "texts", "content", "digests"])
def test_it_finds_no(kind, all_that_it_has):
    secrets = {
        "names": NAMES,
        "metadata and tags": WORDS,
        "texts": TEXTS,
        "content": [body[start : start + 24] for body in BODIES for start in (0, len(body) // 2, len(body) - 24)],
        "digests": [digest for body in [*BODIES, *VERSIONS] for digest in digests(body)],
    }
    assert not findings(secrets[kind], all_that_it_has)


def test_no_size_of_a_content_is_written_down(all_that_it_has):
    """Its length follows from that of its ciphertext, and is no secret (README says so); but nothing tells it."""
    sizes = [str(size) for size in (LARGE_BYTES, SMALL_BYTES, PART_BYTES[1])]
    written = {f"{before}{size}{after}" for size in sizes for before in ('":', ": ", " ") for after in (",", "}", " ", "\n")}
    assert not findings(written, [(where, content) for where, content in all_that_it_has if "blobs" not in where])


def test_the_gateways_own_disk_has_nothing_in_clear(country):
    """Whoever steals the ministry's machine finds no more, without its passphrase."""
    places = list(everything_in(country.folder / "gateway"))
    places += [("the log", (country.folder / "gateway.log").read_bytes())]
    assert not findings([*NAMES, *WORDS, *TEXTS, *(body[:24] for body in BODIES)], places)


def test_the_operators_own_keys_open_nothing(country, operator, tmp_path):
    """All that its seed yields is tried on a piece as the key of its file: age refuses each."""
    blob = next(file for file in sorted((country.data / "blobs").rglob("*")) if file.is_file())
    identity = tmp_path / "identity"
    for secret in (operator.seed, hashlib.sha256(operator.seed).digest()):
        identity.write_text(bech32("age-secret-key-", secret).upper() + "\n")
        opened = subprocess.run(["age", "-d", "-i", identity, blob], capture_output=True)
        assert opened.returncode == 1 and b"no identity matched" in opened.stderr
