#!/usr/bin/env python3
"""Brings an institution's data back without Amana: written from docs/formats/sealed.md alone.

    recover-sealed.py SOURCE --share-file FILE… --out FOLDER [--all-versions] [--identities FILE] [--node-modules FOLDER]

SOURCE is a data centre's folder (a copy of its disk: amana.db, blobs/), a BagIt export of an institution, or the folder of a
gateway's mirror. Each --share-file is a custodian's page as text, or a file with its words. FOLDER gets objects/, manifest.jsonl (names, metadata, tags, digests)
and sha256sums.txt. Exit 0 if everything that stands came back and every digest and signature held, 1 if something is
missing or wrong, which is then named; 2 for wrong usage.

Needs Python 3.9, `shamir-mnemonic` and `cryptography` (PyPI), and `age`. An `age` before 1.3 opens no post-quantum file: for
the one file of the keyring, and those of a mirror, `age-encryption` (npm) is then used through node, and looked for under
--node-modules.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import urllib.parse
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from shamir_mnemonic import MnemonicError, combine_mnemonics
from shamir_mnemonic.wordlist import WORD_INDEX_MAP

DASH = "\u2014 "
READ_BYTES = 1 << 20
INDEX_BITS = 40


class Stop(Exception):
    """Nothing can be recovered; the message says why and what to do."""


class Wrong(Exception):
    """One thing is missing or doesn't stand; the rest goes on."""


# --- The steps ---------------------------------------------------------------------------------------------------------


def recover(options: argparse.Namespace) -> int:
    root = Root(combine(options.share_file))
    source = open_source(Path(options.source), options.node_modules)
    problems: List[str] = []
    history = History(root, options.node_modules, problems)
    history.follow(source)
    keyring = history.keyrings[-1]
    say(f"{keyring.institution}: {history.size} acts, tree root {base64.b64encode(history.tree.root()).decode()}")
    say("  compare size and root with a checkpoint that your witnesses cosigned: an older copy of a disk is whole, too")
    if options.identities:
        write_identities(Path(options.identities), history)
    if options.out:
        Writer(Path(options.out), source, history, problems).write(options.all_versions)
    for problem in problems:
        say(f"wrong: {problem}")
    return 1 if problems else 0


def combine(files: List[str]) -> bytes:
    """The root's 32 bytes from custodians' pages."""
    shares = [words for file in files for words in mnemonics(Path(file).read_text(encoding="utf-8"))]
    if not shares:
        raise Stop("no share's words are in these files")
    try:
        root = combine_mnemonics(shares)
    except MnemonicError as error:
        raise Stop(f"these shares don't make the root: {error}") from error
    if len(root) != 32:
        raise Stop(f"these shares make a secret of {len(root)} bytes, which is no root of Amana")
    return root


def mnemonics(page: str) -> Iterator[str]:
    """The words of a page, or of each line of a file that has nothing but words.

    A page has them in a table of position, word, and number of the word, `1. academic  1`, in several columns.
    """
    table = re.findall(r"\b([0-9]{1,2})\. +([a-z]+) +([0-9]{1,4})\b", page)
    numbered = {int(place): word for place, word, number in table if WORD_INDEX_MAP.get(word) == int(number) - 1}
    if numbered:
        yield " ".join(word for _, word in sorted(numbered.items()))
        return
    for line in page.splitlines():
        words = line.lower().split()
        if len(words) >= 20 and all(word in WORD_INDEX_MAP for word in words):
            yield " ".join(words)


# --- Keys: "Root", "Keyring" and "Epochs" ------------------------------------------------------------------------------


def derive(secret: bytes, info: bytes, salt: Optional[bytes] = None) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(secret)


class Root:
    def __init__(self, seed: bytes) -> None:
        signing = Ed25519PrivateKey.from_private_bytes(derive(seed, b"amana.root/v1 signing"))
        self.public = signing.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.identity = bech32("AGE-SECRET-KEY-PQ-", derive(seed, b"amana.root/v1 sealing"))


@dataclass
class Keyring:
    """A signed list of an institution's members and epochs, and the digest of the whole text."""

    institution: str
    number: int
    previous: str
    root: bytes
    name_key: str
    epochs: Dict[int, str]
    members: Dict[str, Tuple[str, bytes]]
    files: Dict[str, str]
    reserved: Set[str]
    digest: str
    signatures: List[Tuple[str, bytes]]
    text: bytes


def parse_keyring(signed: str) -> Keyring:
    text, empty, after = signed.partition("\n\n")
    lines = text.split("\n")
    fields = [line.split(" ") for line in lines]
    one = {line.split(" ")[0]: line.partition(" ")[2] for line in lines}
    signatures = [line[len(DASH) :].split(" ") for line in after.split("\n") if line]
    return Keyring(
        institution=one["institution"],
        number=int(one["number"]),
        previous=one["previous"],
        root=base64.b64decode(one["root"].split(" ")[0]),
        name_key=one["name-key"],
        epochs={int(words[1]): words[2] for words in fields if words[0] == "epoch"},
        # A name may have spaces: the key is counted from the line's end.
        members={words[1]: (words[2], base64.b64decode(words[-2])) for words in fields if words[0] == "member"},
        files={words[1]: words[2] for words in fields if words[0] == "file"},
        reserved={line for line in lines if re.match(r"root |custodians |member [0-9a-f]+ admin ", line)},
        digest=hashlib.sha256(signed.encode()).hexdigest(),
        signatures=[(name, base64.b64decode(signature)) for name, signature in signatures],
        text=(text + empty).encode(),
    )


def accept_keyring(new: Keyring, before: Optional[Keyring], root: Root) -> None:
    """The chain's rules; raises Wrong."""
    previous, number = (before.digest, before.number) if before else ("-", 0)
    if new.root != root.public or new.number != number + 1 or new.previous != previous:
        raise Wrong(f"keyring {new.number} does not follow keyring {number} of this root")
    signers = {"root": root.public}
    if before:
        kept = (before.institution, before.name_key)
        if (new.institution, new.name_key) != kept or before.epochs.items() - new.epochs.items():
            raise Wrong(f"keyring {new.number} changes what never changes: institution, name key, or an epoch")
        signers |= {member: key for member, (role, key) in before.members.items() if role == "admin"}
    for name, signature in new.signatures:
        if name not in signers or not verifies(signers[name], signature, new.text):
            raise Wrong(f"keyring {new.number} is not signed by {name}, or {name} had no right to")
    if "root" not in dict(new.signatures) and not (new.signatures and before and new.reserved <= before.reserved):
        raise Wrong(f"keyring {new.number} needs the root's signature")


def verifies(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass
class Epoch:
    number: int
    seed: bytes

    def derive(self, label: bytes, name: str = "") -> bytes:
        return derive(self.seed, self.number.to_bytes(4, "big") + label + name.encode(), b"amana.epoch/v1")

    def identity(self, bucket: str) -> str:
        """The age identity of a bucket."""
        return bech32("AGE-SECRET-KEY-", self.derive(b"/bucket/", bucket))


def bech32(prefix: str, data: bytes) -> str:
    """BIP 173, in capitals as age writes identities."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix = prefix.lower()
    bits = int.from_bytes(data, "big") << (-len(data) * 8 % 5)
    groups = -(-len(data) * 8 // 5)
    values = [bits >> 5 * place & 31 for place in reversed(range(groups))]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for place, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> place & 1 else 0
    values += [(check ^ 1) >> 5 * place & 31 for place in reversed(range(6))]
    return (prefix + "1" + "".join(letters[value] for value in values)).upper()


# --- Envelopes: XChaCha20-Poly1305 -------------------------------------------------------------------------------------


def open_envelope(key: bytes, aad: bytes, envelope: bytes) -> bytes:
    """What an act says; raises Wrong if the envelope isn't the one sealed under this key for this statement."""
    nonce, sealed = envelope[:24], envelope[24:]
    try:
        padded = ChaCha20Poly1305(hchacha20(key, nonce[:16])).decrypt(bytes(4) + nonce[16:], sealed, aad)
    except (InvalidTag, ValueError, struct.error) as error:
        raise Wrong("its envelope does not open") from error
    end = 4 + int.from_bytes(padded[:4], "big")
    if len(padded) != padded_size(end) or any(padded[end:]):
        raise Wrong("its envelope is not padded as envelopes are")
    return padded[4:end]


def padded_size(size: int) -> int:
    """The smallest class that holds so many bytes."""
    if size <= 4096:
        return max(256, 1 << (size - 1).bit_length())
    step = 1 << size.bit_length() - 4
    return -(-size // step) * step


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """draft-irtf-cfrg-xchacha-03 §2.2."""
    state = list(struct.unpack("<16I", b"expand 32-byte k" + key + nonce))
    columns = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
    diagonals = [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]
    for quarter in (columns + diagonals) * 10:
        a, b, c, d = (state[place] for place in quarter)
        for left, right in ((16, 12), (8, 7)):
            a = a + b & 0xFFFFFFFF
            d = rotate(d ^ a, left)
            c = c + d & 0xFFFFFFFF
            b = rotate(b ^ c, right)
        for place, value in zip(quarter, (a, b, c, d)):
            state[place] = value
    return struct.pack("<8I", *state[:4], *state[12:])


def rotate(word: int, bits: int) -> int:
    return (word << bits | word >> 32 - bits) & 0xFFFFFFFF


# --- age, the program --------------------------------------------------------------------------------------------------

NODE = """
import { webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
globalThis.crypto ??= webcrypto;
const age = await import("age-encryption");
const { identity, file } = JSON.parse(readFileSync(0, "utf8"));
const opener = new age.Decrypter();
opener.addIdentity(identity);
process.stdout.write(await opener.decrypt(readFileSync(file)));
"""


def open_hybrid(identity: str, file: str, node_modules: str) -> bytes:
    """Opens a post-quantum age file: by `age` from 1.3 on, otherwise by `age-encryption`. Identities travel by pipe."""
    done = subprocess.run(["age", "-d", "-i", "-", file], input=identity.encode(), capture_output=True, check=False)
    if done.returncode == 0:
        return done.stdout
    asked = json.dumps({"identity": identity, "file": file}).encode()
    command = ["node", "--input-type=module", "-e", NODE]
    try:
        done = subprocess.run(command, input=asked, capture_output=True, check=False, cwd=node_modules)
    except OSError as error:
        raise Stop(f"node is needed, and age-encryption (npm), or age 1.3: {error}") from error
    if done.returncode:
        raise Stop(f"{file} does not open: {done.stderr.decode(errors='replace')[-800:]}")
    return done.stdout


def open_piece(identity: str, file: str) -> Iterator[bytes]:
    """The plaintext of one age file, chunk by chunk; raises Wrong at its end if the file is damaged."""
    command = ["age", "-d", "-i", "-", file]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as age:
        age.stdin.write(identity.encode() + b"\n")
        age.stdin.close()
        while chunk := age.stdout.read(READ_BYTES):
            yield chunk
        said = age.stderr.read().decode(errors="replace").strip()
    if age.returncode:
        raise Wrong(f"age refuses a piece: {said}")


# --- Where entries and content lie: "On the data centre's disk", "In a BagIt export" -----------------------------------


@dataclass
class Entry:
    index: int
    core: bytes
    body_hash: bytes
    salt: Optional[bytes]
    body: Optional[bytes]

    def leaf(self) -> bytes:
        digest = sha256(b"amana/act/v1\0", len(self.core).to_bytes(4, "big"), self.core, self.body_hash)
        return b"\x01" + digest


class Disk:
    """A data centre's folder, or a copy of its disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = sqlite3.connect(f"file:{urllib.parse.quote(str(folder / 'amana.db'))}?mode=ro", uri=True)
        self.ledger = 0
        try:
            self.ledgers()
        except sqlite3.OperationalError as error:
            # SQLite writes beside the database even to read it: the newest acts are in its write-ahead log.
            raise Stop(f"{folder / 'amana.db'}: {error}; give a copy of the disk, in a folder that can be written to") from error

    def ledgers(self) -> List[Tuple[str, int, bytes]]:
        """Name, id and root of each institution's ledger."""
        return list(self.rows.execute("SELECT name, id, root FROM ledgers WHERE id > 0 ORDER BY id"))

    def choose(self, root: Root) -> None:
        """The ledger whose keyrings are those of the shares."""
        wanted = base64.b64encode(root.public).decode()
        for _, ledger, _ in self.ledgers():
            self.ledger = ledger
            for entry in self.entries():
                if kind_of(entry) == "keyring.publish" and entry.body and f"root {wanted}" in entry.body.decode():
                    return
        raise Stop("no keyring here is of these shares: they are another institution's, or an older root's")

    def entries(self) -> Iterator[Entry]:
        first = self.ledger << INDEX_BITS
        rows = self.rows.execute(
            "SELECT id, core, body_hash, salt, body FROM entries WHERE id >= ? AND id < ? ORDER BY id",
            (first, first + (1 << INDEX_BITS)),
        )
        for number, *rest in rows:
            yield Entry(number - first, *rest)

    def root(self) -> bytes:
        return next(root for _, ledger, root in self.ledgers() if ledger == self.ledger)

    def piece(self, piece: "Piece") -> "Path | bytes":
        """The age file of a piece: a file, or bytes from a row."""
        return self.content(piece.entry, piece.extent.get("blob"))

    def open_content(self, version: "Version", extent: dict, offset: int) -> Iterator[bytes]:
        """The content of an extent that isn't sealed."""
        return read(self.content(version.index, extent.get("blob")))

    def content(self, index: int, blob: Optional[str]) -> "Path | bytes":
        if blob:
            return self.folder / "blobs" / blob[:2] / blob
        number = (self.ledger << INDEX_BITS) + index
        row = self.rows.execute("SELECT data FROM contents WHERE id = ?", (number,)).fetchone()
        if row is None:
            raise Wrong(f"the content of entry {index} is not in the rows")
        return row[0]


class Bag:
    """An institution's BagIt export."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.open_files: Optional[Dict[int, str]] = None

    def choose(self, root: Root) -> None:
        pass

    def entries(self) -> Iterator[Entry]:
        with open(self.folder / "ledger" / "acts.jsonl", encoding="utf-8") as lines:
            for line in lines:
                act = json.loads(line)
                body = act["body"] or {}
                salt = bytes.fromhex(body["salt"]) if body else None
                text = body["text"].encode() if body else None
                yield Entry(act["index"], act["core"].encode(), base64.b64decode(act["body_hash"]), salt, text)

    def root(self) -> bytes:
        checkpoint = (self.folder / "ledger" / "checkpoint").read_text(encoding="utf-8")
        return base64.b64decode(checkpoint.splitlines()[2])

    def piece(self, piece: "Piece") -> Path:
        return self.folder / "pieces" / piece.id[:2] / f"{piece.id}.age"

    def open_content(self, version: "Version", extent: dict, offset: int) -> Iterator[bytes]:
        """An open object is one plain file, whatever parts it was made of."""
        if self.open_files is None:
            with open(self.folder / "open.jsonl", encoding="utf-8") as lines:
                self.open_files = {line["entry"]: line["file"] for line in map(json.loads, lines)}
        if version.index not in self.open_files:
            raise Wrong("the export has no file of it")
        return read(self.folder / self.open_files[version.index], offset, extent["size"])


HOME = "amana/mirror/v1 home\n"
SEGMENT = b"amana/mirror-segment/v1\n"


class Home:
    """A gateway's mirror: docs/formats/mirror.md. Every file but ciphertext is an age file for the root, among others."""

    def __init__(self, folder: Path, node_modules: str) -> None:
        self.folder = folder
        self.node_modules = node_modules
        self.identity = ""
        self.ledger: dict = {}
        self.where: Dict[int, Path] = {}
        self.last: Tuple[Optional[Path], Dict[int, bytes]] = (None, {})

    def open(self, file: Path) -> bytes:
        return open_hybrid(self.identity, str(file), self.node_modules)

    def choose(self, root: Root) -> None:
        self.identity = root.identity
        self.ledger = json.loads(self.open(self.folder / "head.age"))["ledgers"][0]

    def size(self) -> int:
        return int(self.ledger["checkpoint"].splitlines()[1])

    def root(self) -> bytes:
        return base64.b64decode(self.ledger["checkpoint"].splitlines()[2])

    def segments(self) -> Iterator[Path]:
        """From the first entry on; among those that begin at the same one, the longest."""
        files = {}
        for file in (self.folder / "ledgers" / str(self.ledger["id"])).glob("*-*.age"):
            since, until = map(int, file.name[: -len(".age")].split("-"))
            files[since] = max(files.get(since, (0, file)), (until, file))
        at = 0
        while at < self.size():
            if at not in files:
                raise Stop(f"the mirror has no segment that begins with entry {at}")
            at, file = files[at]
            yield file

    def records(self, file: Path) -> Iterator[Tuple[bytes, bytes]]:
        text = self.open(file)
        end = len(text) - 37
        if not text.startswith(SEGMENT) or text[end : end + 5] != b"Z\0\0\0\x20" or sha256(text[:end]) != text[end + 5 :]:
            raise Stop(f"{file} is damaged")
        at = len(SEGMENT)
        while at < end:
            length = int.from_bytes(text[at + 1 : at + 5], "big")
            yield text[at : at + 1], text[at + 5 : at + 5 + length]
            at += 5 + length

    def entries(self) -> Iterator[Entry]:
        for file in self.segments():
            for kind, payload in self.records(file):
                index = int.from_bytes(payload[:8], "big")
                if kind == b"E" and index < self.size():
                    end = 44 + int.from_bytes(payload[40:44], "big")
                    self.where[index] = file
                    core, salted = payload[44:end], payload[end:]
                    yield Entry(index, core, payload[8:40], salted[:32] or None, salted[32:] if salted else None)

    def piece(self, piece: "Piece") -> "Path | bytes":
        blob = piece.extent.get("blob")
        return self.folder / "blobs" / blob[:2] / blob if blob else self.small(piece.entry)

    def open_content(self, version: "Version", extent: dict, offset: int) -> Iterator[bytes]:
        blob = extent.get("blob")
        yield self.open(self.folder / "blobs" / blob[:2] / f"{blob}.age") if blob else self.small(version.index)

    def small(self, index: int) -> bytes:
        """The content that came with an entry; entries were read before, so that it is known where they are."""
        file = self.where.get(index)
        if file and self.last[0] != file:
            contents = {int.from_bytes(text[:8], "big"): text[8:] for kind, text in self.records(file) if kind == b"C"}
            self.last = (file, contents)
        if index not in self.last[1]:
            raise Wrong(f"the content of entry {index} is not in the mirror")
        return self.last[1][index]


def open_source(folder: Path, node_modules: str) -> "Disk | Bag | Home":
    if (folder / "amana.db").is_file():
        return Disk(folder)
    if (folder / "bagit.txt").is_file():
        return Bag(folder)
    mark = folder / "amana-mirror"
    if mark.is_file() and mark.read_text(encoding="utf-8") == HOME:
        return Home(folder, node_modules)
    raise Stop(f"{folder}: neither a data centre's folder (amana.db), nor an export (bagit.txt), nor a gateway's mirror")


# --- The ledger, read from its first act to its last -------------------------------------------------------------------


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def kind_of(entry: Entry) -> str:
    return json.loads(entry.core)["kind"]


class Tree:
    """RFC 6962 §2.1, one leaf after the other."""

    def __init__(self) -> None:
        self.size = 0
        self.roots: List[bytes] = []

    def push(self, leaf: bytes) -> None:
        node = sha256(b"\0", leaf)
        for place in range(self.size.bit_length() + 1):
            if not self.size >> place & 1:
                break
            node = sha256(b"\1", self.roots.pop(), node)
        self.roots.append(node)
        self.size += 1

    def root(self) -> bytes:
        root = self.roots[-1] if self.roots else sha256(b"")
        for left in reversed(self.roots[:-1]):
            root = sha256(b"\1", left, root)
        return root


@dataclass
class Piece:
    """One age file, the entry that brought it, the digest that was signed, and where the data centre kept it."""

    id: str
    entry: int
    sha256: str
    extent: dict


@dataclass
class Bucket:
    name: str
    sealed: bool


@dataclass
class Version:
    index: int
    id: Optional[str]
    bucket: Bucket
    key: str
    time: str
    body: Optional[dict]
    tags: list = field(default_factory=list)


class History:
    """What the acts, verified and opened one by one, leave standing."""

    def __init__(self, root: Root, node_modules: str, problems: List[str]) -> None:
        self.root = root
        self.node_modules = node_modules
        self.problems = problems
        self.tree = Tree()
        self.size = 0
        self.keyrings: List[Keyring] = []
        self.epochs: Dict[int, Epoch] = {}
        self.slots: Dict[Tuple[str, str], int] = {}
        self.pieces: Dict[str, Piece] = {}
        self.bodiless: Set[int] = set()
        self.erased: Set[int] = set()
        self.buckets: Dict[int, Bucket] = {}
        self.versions: Dict[int, Version] = {}

    def follow(self, source: "Disk | Bag | Home") -> None:
        source.choose(self.root)
        self.open_keyring([entry for entry in source.entries() if kind_of(entry) == "keyring.publish"])
        for entry in source.entries():
            if entry.index != self.size:
                self.problems.append(f"entries {self.size} to {entry.index - 1} are missing")
                self.size = entry.index
            self.size += 1
            self.tree.push(entry.leaf())
            try:
                self.take(entry)
            except Wrong as error:
                self.problems.append(f"entry {entry.index}: {error}")
            except (KeyError, ValueError, TypeError) as error:
                self.problems.append(f"entry {entry.index} can't be read: {error!r}")
        for index in sorted(self.bodiless - self.erased):
            self.problems.append(f"entry {index} has lost its body, and no act says that it was erased")
        if self.tree.root() != source.root():
            self.problems.append("the acts don't have the root that the ledger's head says: something was changed")

    def open_keyring(self, entries: List[Entry]) -> None:
        """The secrets of all epochs, from the root's file of the newest keyring that stands."""
        keyring, file = None, b""
        for entry in entries:
            try:
                bundle = json.loads(entry.body or b"{}")
                new = parse_keyring(bundle["keyring"])
                accept_keyring(new, keyring, self.root)
                keyring, file = new, base64.b64decode(bundle["files"]["root"])
            except (Wrong, LookupError, ValueError):
                continue  # Named when its turn in the ledger comes.
        if keyring is None:
            raise Stop("no keyring in the ledger is signed by the root that these shares make")
        if hashlib.sha256(file).hexdigest() != keyring.files.get("root"):
            raise Stop(f"the root's file of keyring {keyring.number} is not the one that was signed")
        with tempfile.NamedTemporaryFile() as sealed:
            sealed.write(file)
            sealed.flush()
            secrets = json.loads(open_hybrid(self.root.identity, sealed.name, self.node_modules))
        for secret in secrets["epochs"]:
            epoch = Epoch(secret["number"], base64.b64decode(secret["seed"]))
            if epoch.derive(b"/commitment").hex() != keyring.epochs.get(epoch.number):
                raise Stop(f"the secret of epoch {epoch.number} is not the one that the keyring commits")
            self.epochs[epoch.number] = epoch

    def take(self, entry: Entry) -> None:
        core = json.loads(entry.core)
        if entry.body is not None and sha256(b"amana/act-body/v1\0", entry.salt, entry.body) != entry.body_hash:
            raise Wrong("its body is not the one that was hashed")
        body = None if entry.body is None else json.loads(entry.body)
        kind, links, tag = core["kind"], core["links"] or {}, entry.leaf()[1:9].hex()
        if body is None and entry.body_hash != bytes(32):
            self.bodiless.add(entry.index)
        if kind == "body.erase":
            self.erased.add(links["erases"])
        elif kind == "keyring.publish" and body:
            keyring = parse_keyring(body["keyring"])
            accept_keyring(keyring, self.keyrings[-1] if self.keyrings else None, self.root)
            self.keyrings.append(keyring)
        elif kind == "sealed.act" and body:
            kind, links, body, tag = self.unseal(entry.index, body)
            self.apply(entry.index, tag, core["at"], kind, links, body, sealed=True)
        elif kind != "sealed.act":
            self.apply(entry.index, tag, core["at"], kind, links, body, sealed=False)

    def unseal(self, index: int, act: dict) -> Tuple[str, dict, dict, str]:
        """Verifies the statement, opens the envelope, and gives the plain act and the tag of its version id."""
        signed = act["statement"]
        text, signature = signed[: signed.index("\n\n") + 2], signed.rstrip("\n").rsplit(" ", 1)[1]
        lines = [line.split(" ") for line in text.split("\n") if line]
        one = {words[0]: words[1:] for words in lines if len(words) > 1}
        member, number = one["member"][0], int(one["keyring"][0])
        if not self.keyrings or number != self.keyrings[-1].number or member not in self.keyrings[-1].members:
            raise Wrong(f"member {member} was not in the keyring of that moment")
        if not verifies(self.keyrings[-1].members[member][1], base64.b64decode(signature), text.encode()):
            raise Wrong(f"member {member} did not sign it")
        envelope = base64.b64decode(act["envelope"])
        if hashlib.sha256(envelope).hexdigest() != one["envelope"][1]:
            raise Wrong("its envelope is not the one that was signed")
        self.move_slots(index, one["bucket"][1], lines)
        if "piece" in one:
            name, _, digest = one["piece"]
            self.pieces[name] = Piece(name, index, digest, act.get("extent") or {})
        aad = text[: text.rindex("envelope ")].encode()
        key = self.epochs[int(one["epoch"][0])].derive(b"/envelope")
        plain = json.loads(open_envelope(key, aad, envelope))
        return plain["kind"], plain["links"], plain["body"], one["act"][0]

    def move_slots(self, index: int, bucket: str, lines: List[List[str]]) -> None:
        """Each act names the act that touched its object last: none can be left out, doubled or moved."""
        for label, slot, last in (words for words in lines if words[0] in ("touch", "retire")):
            found, followed = self.slots.get((bucket, slot)), None if last == "-" else int(last)
            # Which slots an act moved is in its body, and goes with it.
            if found != followed and followed not in self.bodiless:
                self.problems.append(f"entry {index} follows entry {last} on its object, and here that is {found}")
            self.slots[bucket, slot] = index
            if label == "retire":
                del self.slots[bucket, slot]

    def apply(self, index: int, tag: str, time: str, kind: str, links: dict, body: Optional[dict], sealed: bool) -> None:
        bucket = self.buckets.get(links.get("bucket"))
        if bucket and bucket.sealed and not sealed:
            raise Wrong("nobody signed it, and it is on a sealed bucket: the data centre wrote it")
        if kind == "bucket.create" and body:
            self.buckets[index] = Bucket(body["name"], sealed)
        elif kind == "bucket.delete":
            self.buckets.pop(links["bucket"], None)
        elif kind in ("object.put", "upload.complete", "object.delete"):
            for gone in (links.get("replaces"), links.get("removes")):
                if gone in self.versions and self.versions[gone].bucket is bucket:
                    del self.versions[gone]
            if body and (kind != "object.delete" or links.get("marker")):
                if bucket is None:
                    raise Wrong("it is of a bucket that isn't there")
                name = None if links.get("null") else f"{index:016x}{tag}"
                made = None if kind == "object.delete" else body
                tags = (made or {}).get("attrs", {}).get("tags", [])
                self.versions[index] = Version(index, name, bucket, body["key"], time, made, tags)
        elif kind == "object.tags" and body:
            version = self.versions.get(links["version"])
            if version and version.bucket is bucket:
                version.tags = body["tags"]


# --- What is written ---------------------------------------------------------------------------------------------------


class Writer:
    def __init__(self, folder: Path, source: "Disk | Bag | Home", history: History, problems: List[str]) -> None:
        if folder.exists() and any(folder.iterdir()):
            raise Stop(f"{folder} is not empty")
        self.folder, self.source, self.history, self.problems = folder, source, history, problems

    def write(self, all_versions: bool) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        versions = sorted(self.history.versions.values(), key=lambda one: (one.bucket.name, one.key, -one.index))
        folders = {parent for one in versions for parent in parents(one.bucket.name, one.key)}
        files = written = 0
        before = None
        with open(self.folder / "manifest.jsonl", "w", encoding="utf-8") as manifest, open(
            self.folder / "sha256sums.txt", "w", encoding="utf-8"
        ) as sums:
            for version in versions:
                is_latest = before != (version.bucket.name, version.key)
                before = (version.bucket.name, version.key)
                line = describe(version, is_latest)
                if version.body is not None and (is_latest or all_versions):
                    name = safe_name(version, is_latest, folders)
                    try:
                        line |= self.content(version, self.folder / name)
                        line["file"] = name
                        sums.write(f"{line['sha256']}  {name}\n")
                        files, written = files + 1, written + line["size"]
                    except (Wrong, OSError) as error:
                        self.problems.append(f"{version.bucket.name}/{version.key} (version {version.id or 'null'}): {error}")
                        line["missing"] = str(error)
                manifest.write(json.dumps(line, ensure_ascii=False) + "\n")
        say(f"{files} files, {written} bytes, in {self.folder}")

    def content(self, version: Version, file: Path) -> dict:
        """Writes a version's content, and gives its size and digest."""
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name[:200]}=part")
        whole, size = hashlib.sha256(), 0
        try:
            with open(part, "xb") as out:
                for extent in version.body["extents"]:
                    digest, before = hashlib.sha256(), size
                    for chunk in self.chunks(version, extent, before):
                        out.write(chunk)
                        digest.update(chunk)
                        whole.update(chunk)
                        size += len(chunk)
                    if digest.digest() != base64.b64decode(extent["sha256"]) or size - before != extent["size"]:
                        raise Wrong("the content is not the one that was deposited")
            os.rename(part, file)
        finally:
            part.unlink(missing_ok=True)
        moment = datetime.fromisoformat(version.time.replace("Z", "+00:00")).timestamp()
        os.utime(file, (moment, moment))
        return {"size": size, "sha256": whole.hexdigest()}

    def chunks(self, version: Version, extent: dict, offset: int) -> Iterator[bytes]:
        sealed = extent.get("sealed")
        if sealed is None:
            yield from self.source.open_content(version, extent, offset)
            return
        piece = self.history.pieces.get(extent["blob"])
        if piece is None:
            raise Wrong(f"no act brought piece {extent['blob']}")
        content = self.source.piece(piece)
        digest = hashlib.sha256()
        for chunk in read(content):
            digest.update(chunk)
        if digest.hexdigest() != piece.sha256:
            raise Wrong(f"piece {piece.id} is not the one that was signed")
        identity = self.history.epochs[sealed["epoch"]].identity(sealed["bucket"])
        if isinstance(content, Path):
            yield from open_piece(identity, str(content))
            return
        with tempfile.NamedTemporaryFile() as file:
            file.write(content)
            file.flush()
            yield from open_piece(identity, file.name)


def read(content: "Path | bytes", offset: int = 0, size: Optional[int] = None) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with open(content, "rb") as file:
        file.seek(offset)
        while chunk := file.read(READ_BYTES if size is None else min(READ_BYTES, size)):
            size = None if size is None else size - len(chunk)
            yield chunk


def describe(version: Version, is_latest: bool) -> dict:
    line = {
        "bucket": version.bucket.name,
        "key": version.key,
        "version_id": version.id or "null",
        "is_latest": is_latest,
        "recorded": version.time,
        "entry": version.index,
    }
    if version.body is None:
        return line | {"delete_marker": True}
    attributes = {name: value for name, value in version.body.get("attrs", {}).items() if name != "tags"}
    return line | {"etag": version.body["etag"], "attributes": attributes, "tags": version.tags}


def parents(bucket: str, key: str) -> Iterator[str]:
    """The folders above an object's file."""
    parts = [bucket, *map(safe_part, key.split("/"))]
    return ("/".join(parts[:count]) for count in range(1, len(parts)))


def safe_name(version: Version, is_latest: bool, folders: Set[str]) -> str:
    """The file of a version; see the page, "Names of files". A `=` that isn't followed by two digits is never a key's."""
    path = "/".join([version.bucket.name, *map(safe_part, version.key.split("/"))])
    if path in folders:
        path += "="
    if not is_latest:
        path += f"=v{version.id or 'null'}"
    return f"objects/{path}"


def safe_part(part: str) -> str:
    """Letters as they are; what a file system or a shell could take for something else as =XX; nothing as a lone =."""
    unsafe = r'[\x00-\x1f\x7f-\x9f"%*:<=>?\\|\u2028\u2029]'
    escaped = re.sub(unsafe, lambda found: "".join(f"={byte:02X}" for byte in found[0].encode()), part)
    if escaped in (".", ".."):
        escaped = escaped.replace(".", "=2E")
    if len(escaped.encode()) > 200:
        escaped = escaped.encode()[:150].decode(errors="ignore").rstrip("=") + "=h" + sha256(part.encode()).hex()[:32]
    return escaped or "="


def write_identities(file: Path, history: History) -> None:
    """The age identity of each bucket in each epoch, for `age -d -i`."""
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        for bucket in sorted({bucket.name for bucket in history.buckets.values() if bucket.sealed}):
            for number, epoch in sorted(history.epochs.items()):
                out.write(f"# bucket {bucket}, epoch {number}\n{epoch.identity(bucket)}\n")


def say(text: str) -> None:
    print(text, file=sys.stderr)


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description="Bring an institution's sealed data back, without Amana.")
    parser.add_argument("source", help="a data centre's folder, or a BagIt export")
    parser.add_argument("--share-file", action="append", required=True, metavar="FILE", help="a custodian's page, or its words")
    parser.add_argument("--out", metavar="FOLDER", help="where everything is written; new or empty")
    parser.add_argument("--all-versions", action="store_true", help="older versions as well, not only the newest")
    parser.add_argument("--identities", metavar="FILE", help="write the buckets' age identities; whoever has them reads all")
    parser.add_argument("--node-modules", default=".", metavar="FOLDER", help="where npm installed age-encryption")
    options = parser.parse_args(arguments)
    if not options.out and not options.identities:
        parser.error("say what to write: --out, --identities, or both")
    try:
        if not shutil.which("age"):
            raise Stop("age is needed: https://age-encryption.org, or your system's package")
        return recover(options)
    except (Stop, OSError, sqlite3.Error) as error:
        say(f"recover-sealed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
