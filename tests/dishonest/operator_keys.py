"""The operator, as strong as root: its own keys, its trees, its rows. Written from docs/formats alone.

Whatever the data centre's binary can sign, this signs; whatever its database holds, this rewrites, and recomputes so that it
fits. What it can't do is what no operator can: sign as an institution, or as a witness.
"""

import base64
import dataclasses
import hashlib
import json
import os
import pathlib
import re
import sqlite3

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

# The number of an entry is its ledger's, shifted by this, and its index.
INDEX_BITS = 40
# Hashes of a full tile. The ledgers of these tests are smaller, so that no full tile is stored.
TILE_HASHES = 256
NO_BODY = bytes(32)
LEDGER = "finances/vault"


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


def public_of(key):
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_id(name, kind, public):
    """docs/formats/ledger.md, "Keys"."""
    return sha256(name.encode(), b"\n", bytes([kind]), public)[:4]


def note(text, name, key):
    """A signed note of one signature."""
    signature = key_id(name, 1, public_of(key)) + key.sign(text.encode())
    return f"{text}\n\u2014 {name} {b64(signature)}\n"


class Operator:
    """The data centre's own keys, all from its one seed."""

    def __init__(self, data):
        self.seed = bytes.fromhex((data / "keys" / "operator.seed").read_text().strip())
        vkey = re.search(r"^log (\S+)/national\+", (data / "policy").read_text(), re.MULTILINE)
        self.centre = vkey.group(1)

    def _key(self, origin):
        info = b"amana/key/v1\0log\0" + origin.encode()
        return Ed25519PrivateKey.from_private_bytes(HKDF(SHA256(), 32, None, info).derive(self.seed))

    def origin(self, ledger=LEDGER):
        return f"{self.centre}/ledgers/{ledger}"

    def sign_for(self, text, ledger=LEDGER):
        """Signs a note with the key of a ledger."""
        return note(text, self.origin(ledger), self._key(self.origin(ledger)))

    def sign_national(self, text):
        origin = f"{self.centre}/national"
        return note(text, origin, self._key(origin))

    def checkpoint(self, history, size=None):
        """A checkpoint of any history whatever."""
        size = len(history.entries) if size is None else size
        return self.sign_for(f"{self.origin(history.ledger)}\n{size}\n{b64(history.root(size))}\n", history.ledger)

    def ack(self, index, digest, ledger=LEDGER):
        """An acknowledgement of a statement, whether it was recorded or not."""
        return self.sign_for(f"amana.ack/v1\n{self.origin(ledger)}\n{index} {digest.hex()}\n", ledger)


# --- Trees: docs/formats/ledger.md and leaf.md -------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Entry:
    """An act as it stands in the rows."""

    core: bytes
    body_hash: bytes
    salt: bytes | None
    body: bytes | None

    @classmethod
    def made(cls, kind, links, body=None, by="operator:root", at="2026-11-22T00:00:00.000Z"):
        """An act of the operator's own making."""
        core = json.dumps({"kind": kind, "at": at, "by": by, "links": links}, separators=(",", ":")).encode()
        if body is None:
            return cls(core, NO_BODY, None, None)
        return cls(core, NO_BODY, None, None).with_body(json.dumps(body, separators=(",", ":")))

    @property
    def kind(self):
        return json.loads(self.core)["kind"]

    @property
    def links(self):
        return json.loads(self.core).get("links", {})

    def json(self):
        return json.loads(self.body)

    def with_body(self, text):
        """With another body, whose hash is made to fit."""
        body, salt = text.encode(), os.urandom(32)
        return dataclasses.replace(self, body=body, salt=salt, body_hash=sha256(b"amana/act-body/v1\0", salt, body))

    def with_core(self, **fields):
        core = json.loads(self.core) | fields
        return dataclasses.replace(self, core=json.dumps(core, separators=(",", ":")).encode())

    def with_json(self, **fields):
        return self.with_body(json.dumps(self.json() | fields, separators=(",", ":")))

    def erased(self):
        return dataclasses.replace(self, salt=None, body=None)

    def statement(self):
        """The lines of a sealed act's statement: each word's values, in order."""
        words = [line.split(" ") for line in self.json()["statement"].split("\n\n")[0].split("\n")]
        return {word: [line[1:] for line in words if line[0] == word] for word, *_ in words}

    def leaf_hash(self):
        length = len(self.core).to_bytes(4, "big")
        return sha256(b"\0", b"\x01", sha256(b"amana/act/v1\0", length, self.core, self.body_hash))

    def shown(self, index):
        """As `acts/<index>` gives it."""
        body = None if self.body is None else {"salt": self.salt.hex(), "text": self.body.decode()}
        return {"index": index, "core": self.core.decode(), "body_hash": b64(self.body_hash), "body": body}


def frontier(leaves):
    """Roots of the perfect subtrees, the largest first."""
    roots = []
    for count, leaf in enumerate(leaves, 1):
        while count % 2 == 0:
            leaf = sha256(b"\x01", roots.pop(), leaf)
            count //= 2
        roots.append(leaf)
    return roots


def root_of(leaves):
    roots = frontier(leaves)
    if not roots:
        return sha256()
    root = roots.pop()
    while roots:
        root = sha256(b"\x01", roots.pop(), root)
    return root


class History:
    """All entries of one ledger, true or not."""

    def __init__(self, entries, ledger=LEDGER):
        self.entries, self.ledger = list(entries), ledger

    @classmethod
    def of(cls, data, ledger=LEDGER):
        """What a folder holds; the server may be running."""
        ((number,),) = read_rows(data, "SELECT id FROM ledgers WHERE name = ?", ledger)
        sql = "SELECT core, body_hash, salt, body FROM entries WHERE id >= ? AND id < ? ORDER BY id"
        found = read_rows(data, sql, number << INDEX_BITS, (number + 1) << INDEX_BITS)
        return cls([Entry(*row) for row in found], ledger)

    def store(self, data):
        """Puts this history in the place of a stopped data centre's own: entries, tree and head all fit one another."""
        assert len(self.entries) < TILE_HASHES
        with sqlite3.connect(data / "amana.db") as rows:
            (number,) = rows.execute("SELECT id FROM ledgers WHERE name = ?", (self.ledger,)).fetchone()
            first = number << INDEX_BITS
            rows.execute("DELETE FROM entries WHERE id >= ? AND id < ?", (first, (number + 1) << INDEX_BITS))
            rows.executemany(
                "INSERT INTO entries (id, core, body_hash, salt, body) VALUES (?, ?, ?, ?, ?)",
                [(first + i, e.core, e.body_hash, e.salt, e.body) for i, e in enumerate(self.entries)],
            )
            leaves = self.leaves()
            head = len(leaves).to_bytes(8, "big") + b"".join(frontier(leaves))
            rows.execute(
                "UPDATE ledgers SET size = ?, root = ?, frontier = ?, genesis = ? WHERE id = ?",
                (len(leaves), root_of(leaves), head, leaves[0], number),
            )
        rows.close()

    def leaves(self, size=None):
        return [entry.leaf_hash() for entry in self.entries[:size]]

    def root(self, size=None):
        return root_of(self.leaves(size))

    def index_of(self, kind, which=-1):
        """The index of the last entry of a kind, or of another one in order."""
        return [index for index, entry in enumerate(self.entries) if entry.kind == kind][which]

    def sealed(self, verb):
        """The indices of the sealed acts of a verb."""
        found = []
        for index, entry in enumerate(self.entries):
            if entry.kind == "sealed.act" and entry.body and entry.statement()["verb"] == [[verb]]:
                found.append(index)
        return found

    def but(self, index, *entries):
        """The same history with something else in one entry's place; with nothing, what follows moves up."""
        return History(self.entries[:index] + list(entries) + self.entries[index + 1 :], self.ledger)

    def until(self, size):
        return History(self.entries[:size], self.ledger)

    def and_then(self, *entries):
        return History(self.entries + list(entries), self.ledger)

    def get(self, path, operator):
        """What a data centre with this history answers under `/ledgers/<ledger>/`, or nothing."""
        if path == "checkpoint":
            return operator.checkpoint(self).encode()
        if match := re.fullmatch(r"acts/(\d+)", path):
            acts = [entry.shown(index) for index, entry in enumerate(self.entries)]
            return json.dumps({"acts": acts[int(match[1]) :]}).encode()
        if match := re.fullmatch(r"tile/0/000(?:\.p/(\d+))?", path):
            return b"".join(self.leaves(int(match[1] or TILE_HASHES)))
        return None


# --- Rows and files behind the server's back ---------------------------------------------------------------------------


def rows(data, statement, *values):
    """Changes rows; says how many."""
    with sqlite3.connect(data / "amana.db") as connection:
        changed = connection.execute(statement, values).rowcount
    connection.close()
    return changed


def read_rows(data, statement, *values):
    """Reads rows; the server may be running."""
    connection = sqlite3.connect(f"file:{data / 'amana.db'}?mode=ro", uri=True)
    found = connection.execute(statement, values).fetchall()
    connection.close()
    return found


def everything_in(folder):
    """All that whoever owns the disk reads: each file, and each cell of each database, whatever its type."""
    for file in sorted(pathlib.Path(folder).rglob("*")):
        if not file.is_file():
            continue
        content = file.read_bytes()
        yield str(file), content
        if not content.startswith(b"SQLite format 3\0"):
            continue
        opened = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        for (table,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in opened.execute(f"SELECT * FROM {table}"):
                for cell in row:
                    if isinstance(cell, bytes | str):
                        yield f"{file} {table}", cell.encode() if isinstance(cell, str) else cell
        opened.close()


def spellings(secret):
    """How a text or some bytes might stand somewhere: plain, in wide letters, in base64 at each of its offsets, in hex."""
    plain = [secret] if isinstance(secret, bytes) else [secret.encode()]
    if isinstance(secret, str):
        plain += [secret.encode("utf-16-le"), secret.encode("utf-16-be"), json.dumps(secret)[1:-1].encode()]
        plain += [re.sub(r"[^\w.-]", lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), secret).encode()]
    found = set()
    for one in plain:
        found |= {one, one.hex().encode(), one.hex().upper().encode()}
        for offset in range(3):
            # Letters that depend on what stands before or after are cut off.
            padded = base64.b64encode(bytes(offset) + one)
            inside = padded[-(-offset * 8 // 6) :].rstrip(b"=")
            inside = inside if (offset + len(one)) % 3 == 0 else inside[:-1]
            found |= {inside, inside.translate(bytes.maketrans(b"+/", b"-_"))}
    return {one for one in found if len(one) >= 6}


def findings(secrets, places):
    """Each secret that stands anywhere, and where."""
    wanted = {spelling: secret for secret in secrets for spelling in spellings(secret)}
    found = set()
    for where, content in places:
        found |= {(secret, where) for spelling, secret in wanted.items() if spelling in content}
    return found
