#!/usr/bin/env python3
"""Verifies a receipt of Amana offline: the second implementation, written from docs/formats/receipt.md alone.

    verify-receipt.py RECEIPT --policy POLICY [--allow-recorded] [--json]

Exit 0 if the act is witnessed, or recorded and --allow-recorded is given; 1 if not; 2 for wrong usage. Needs Python 3.9
and the `cryptography` package, and reads nothing but the two files.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Callable, Dict, List, Optional, Tuple, Union

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_RECEIPT_BYTES = (8 * 1024 + 128) * 1024
MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 64
MAX_PROOF_HASHES = 63
MAX_POLICY_BYTES = 64 * 1024
MAX_POLICY_LOGS, MAX_POLICY_WITNESSES, MAX_POLICY_GROUPS = 64, 256, 64
MAX_ROW_BYTES = 16 * 1024
MAX_EPOCH_BYTES = 512
MAX_CORE_BYTES = 65535
MAX_NAME_BYTES = 255
MAX_TREE_SIZE = 1 << 62

NOTE_KEY, WITNESS_KEY = 0x01, 0x04
DASH = "\u2014 "
# Unicode's White_Space, which Python's own str.isspace() exceeds.
SPACES = frozenset(
    [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000]
)


class Refused(Exception):
    """The receipt or the policy doesn't stand; `code` is the step's, as in docs/formats/receipt.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# --- The verification, step by step ----------------------------------------------------------------------------------


def verify(receipt_bytes: bytes, policy_bytes: bytes) -> dict:
    """The verdict of docs/formats/receipt.md, "Verification"; raises Refused."""
    policy = parse_policy(policy_bytes)
    receipt = parse_receipt(receipt_bytes)

    if receipt.body is not None:
        salt, body = receipt.body
        if sha256(b"amana/act-body/v1\0", salt, body.encode()) != receipt.body_hash:
            raise Refused("body-mismatch", "the body does not match its hash")

    row, national = trusted_row(receipt.registry, policy)
    if not is_named_as_its_log(row, national):
        raise Refused("name-mismatch", f"the ledger {row.name} has the key of {row.log.name}")
    checkpoint = parse_checkpoint(receipt.ledger.checkpoint.text)
    core = receipt.core.encode()
    digest = sha256(b"amana/act/v1\0", len(core).to_bytes(4, "big"), core, receipt.body_hash)
    act_leaf = leaf_hash(b"\x01" + digest)
    included(receipt.ledger, checkpoint, act_leaf, row.log, "", "leaf-not-included")
    if receipt.ledger.index == 0 and act_leaf != row.genesis:
        raise Refused("genesis-mismatch", "the ledger does not begin as its registry row says")

    # A row's own quorum only adds to the policy's: the operator writes the row.
    quorums = [policy] if row.own is None else [policy, row.own]
    listed = {witness.key for witness in policy.witnesses.values()}
    unlisted = [witness for quorum in quorums for witness in quorum.witnesses.values() if witness.key not in listed]
    ledger_cosigned: Dict[bytes, int] = {}
    for quorum in quorums:
        for key, time in cosigned(receipt.ledger.checkpoint, quorum, "ledger-cosignature").items():
            if key in listed:
                ledger_cosigned[key] = min(time, ledger_cosigned.get(key, time))

    national_cosigned: Dict[bytes, int] = {}
    if receipt.epoch is not None:
        check_epoch(receipt.epoch, receipt.registry, row, checkpoint, national, policy)
        national_cosigned = cosigned(receipt.epoch.national.checkpoint, policy, "national-cosignature")

    ledger_times = [quorum.time(ledger_cosigned) for quorum in quorums]
    ledger_time = None if None in ledger_times else max(ledger_times)
    national_time = policy.time(national_cosigned)
    reason = ""
    if policy.quorum is None:
        reason = "policy-without-quorum"
    elif row.own is not None and row.own.quorum is None:
        reason = "row-without-quorum"
    elif unlisted:
        reason = "row-witness-unlisted"
    elif ledger_time is None:
        reason = "ledger-quorum-not-met"
    elif receipt.epoch is None:
        reason = "no-epoch"
    elif national_time is None:
        reason = "national-quorum-not-met"
    return {
        "state": "recorded" if reason else "witnessed",
        "reason": reason,
        "ledger": row.name,
        "index": receipt.ledger.index,
        "size": checkpoint.size,
        "core": receipt.core,
        "body": None if receipt.body is None else receipt.body[1],
        "epoch": None if receipt.epoch is None else receipt.epoch.leaf.number,
        "ledger_quorum_time_s": ledger_time,
        "national_quorum_time_s": national_time,
        "ledger_cosigned_by": named(ledger_cosigned, policy),
        "national_cosigned_by": named(national_cosigned, policy),
    }


def trusted_row(note: "Note", policy: "Policy") -> Tuple["Row", "Key"]:
    """The registry row, and the first of the policy's logs that signed it."""
    for log in policy.logs:
        try:
            note.check(log)
        except (Unsigned, BadSignature):
            continue
        return parse_row(note.text), log
    raise Refused("row-signature", "the registry row is not signed by a log of the trust policy")


def is_named_as_its_log(row: "Row", national: "Key") -> bool:
    """The national log is C/national, and the row's ledger C/ledgers/NAME."""
    centre, slash, last = national.name.rpartition("/")
    return (slash, last) == ("/", "national") and row.log.name == f"{centre}/ledgers/{row.name}"


def included(proof: "Proof", checkpoint: "Checkpoint", leaf: bytes, log: "Key", whose: str, code: str) -> None:
    """The checkpoint is of `log`, signed by it, and includes the leaf at the proof's index."""
    if checkpoint.origin != log.name:
        raise Refused(whose + "origin-mismatch", f"the checkpoint is of {checkpoint.origin}, not of {log.name}")
    try:
        proof.checkpoint.check(log)
    except (Unsigned, BadSignature) as error:
        raise Refused((whose or "ledger-") + "signature", str(error)) from error
    if not inclusion_stands(leaf, proof.index, checkpoint.size, proof.hashes, checkpoint.root):
        raise Refused(code, "the proof does not lead to the checkpoint's root")


def check_epoch(
    epoch: "Epoch", registry: "Note", row: "Row", checkpoint: "Checkpoint", national: "Key", policy: "Policy"
) -> None:
    """The epoch commits the row and the checkpoint, and the national log includes the epoch."""
    leaf = epoch.leaf
    row_leaf = leaf_hash(registry.text.encode())
    if not inclusion_stands(row_leaf, row.slot, leaf.ledgers, epoch.row_proof, leaf.registry_root):
        raise Refused("row-not-registered", "the registry row is not in the epoch's registry")
    slot_leaf = leaf_hash(sha256(b"amana/slot/v1\0", epoch.slot_salt, checkpoint.body.encode()))
    if not inclusion_stands(slot_leaf, row.slot, leaf.ledgers, epoch.slot_proof, leaf.slots_root):
        raise Refused("slot-mismatch", "the ledger's slot in the epoch does not hold this checkpoint")
    epoch_leaf = leaf_hash(b"\x02" + leaf.text.encode())
    head = parse_checkpoint(epoch.national.checkpoint.text)
    included(epoch.national, head, epoch_leaf, national, "national-", "epoch-not-included")
    if epoch.national.index != leaf.number:
        raise Refused("epoch-not-included", "the epoch's number is not its index")
    if leaf.number == 0 and policy.genesis is not None and policy.genesis != epoch_leaf:
        raise Refused("national-genesis-mismatch", "the national log does not begin as the trust policy says")


def cosigned(note: "Note", policy: "Policy", code: str) -> Dict[bytes, int]:
    """Raw keys of the policy's witnesses that cosigned the checkpoint, each with its earliest time."""
    times: Dict[bytes, int] = {}
    for witness in policy.witnesses.values():
        for signature in note.signatures:
            if not signature.is_by(witness):
                continue
            time = int.from_bytes(signature.data[:8], "big")
            message = f"cosignature/v1\ntime {time}\n{note.text}".encode()
            if len(signature.data) != 72 or time >= 1 << 63 or not witness.signed(message, signature.data[8:]):
                raise Refused(code, f"a cosignature of {witness.name} is wrong")
            times[witness.key] = min(time, times.get(witness.key, time))
    return times


def named(times: Dict[bytes, int], policy: "Policy") -> List[dict]:
    found = (witness for witness in policy.witnesses.values() if witness.key in times)
    return [{"witness": witness.name, "time_s": times[witness.key]} for witness in found]


# --- Merkle trees: RFC 6962 §2.1, verified as RFC 9162 §2.1.3.2 says -------------------------------------------------


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00", entry)


def inclusion_stands(leaf: bytes, index: int, size: int, proof: List[bytes], root: bytes) -> bool:
    if index >= size:
        return False
    node, last, value = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            value = sha256(b"\x01", sibling, value)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            value = sha256(b"\x01", value, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and value == root


# --- Keys and notes: docs/formats/ledger.md --------------------------------------------------------------------------

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
CURVE_D = -121665 * pow(121666, PRIME - 2, PRIME) % PRIME
# The y coordinates of the eight points of small order: 0, 1, -1, and those of the points of order eight.
ORDER_EIGHT_Y = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER_Y = frozenset([0, 1, PRIME - 1, ORDER_EIGHT_Y, PRIME - ORDER_EIGHT_Y])


def y_of(point: bytes) -> int:
    return (int.from_bytes(point, "little") & ((1 << 255) - 1)) % PRIME


def is_strong_point(point: bytes) -> bool:
    """On the curve, and not of small order."""
    y = y_of(point)
    x_squared = (y * y - 1) * pow(CURVE_D * y * y + 1, PRIME - 2, PRIME) % PRIME
    return y not in SMALL_ORDER_Y and pow(x_squared, (PRIME - 1) // 2, PRIME) == 1


class Unsigned(Exception):
    """A note has no line of the key."""


class BadSignature(Exception):
    """A line of a known key doesn't verify."""


@dataclass(frozen=True)
class Key:
    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode(), b"\n", bytes([self.kind]), self.key)[:4]

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Strictly: a canonical scalar, and no R of small order."""
        if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= ORDER:
            return False
        if y_of(signature[:32]) in SMALL_ORDER_Y:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def parse_key(vkey: str) -> Key:
    def refuse() -> Refused:
        return Refused("malformed-vkey", f"not a verifier key: {vkey[:80]!r}")

    if len(vkey.encode()) > MAX_NAME_BYTES + 54:
        raise Refused("too-large", "a verifier key is too long")
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not is_name(parts[0]):
        raise refuse()
    name, key_id, encoded = parts
    data = from_base64(encoded)
    if data is None or len(data) != 33 or data[0] not in (NOTE_KEY, WITNESS_KEY) or not is_strong_point(data[1:]):
        raise refuse()
    key = Key(name, data[0], data[1:])
    if key_id != key.key_id.hex():
        raise refuse()
    return key


def is_name(name: str) -> bool:
    fits = 0 < len(name.encode()) <= MAX_NAME_BYTES
    return fits and not any(ord(c) in SPACES or ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c == "+" for c in name)


@dataclass
class Signature:
    name: str
    key_id: bytes
    data: bytes

    def is_by(self, key: Key) -> bool:
        return (self.name, self.key_id) == (key.name, key.key_id)


@dataclass
class Note:
    text: str
    signatures: List[Signature]

    def check(self, key: Key) -> None:
        """Each line of the key verifies, and there is one."""
        lines = [signature for signature in self.signatures if signature.is_by(key)]
        if not all(key.signed(self.text.encode(), line.data) for line in lines):
            raise BadSignature(f"bad signature by {key.name}")
        if not lines:
            raise Unsigned(f"no signature by {key.name}")


def parse_note(note: str) -> Note:
    def refuse(why: str) -> Refused:
        return Refused("malformed-note", why)

    if len(note.encode()) > MAX_NOTE_BYTES:
        raise Refused("too-large", "a note over 64 KiB")
    text, parting, lines = note.rpartition("\n\n")
    if not parting:
        raise refuse("no empty line before the signatures")
    if any(ord(c) < 0x20 and c != "\n" for c in text):
        raise refuse("a control character")
    if not lines.endswith("\n"):
        raise refuse("a note does not end in a newline")
    signatures = []
    for line in lines[:-1].split("\n"):
        if len(signatures) == MAX_SIGNATURES:
            raise Refused("too-large", "over 64 signatures")
        name, space, encoded = line[len(DASH) :].partition(" ")
        data = from_base64(encoded)
        if not line.startswith(DASH) or not space or not is_name(name) or data is None or len(data) < 5:
            raise refuse("a signature line is not a dash, a name and base64")
        signatures.append(Signature(name, data[:4], data[4:]))
    return Note(text + "\n", signatures)


def from_base64(text: str) -> Optional[bytes]:
    """Strict standard base64: padded, and with its spare bits zero."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def parse_hash(text: str) -> Optional[bytes]:
    data = from_base64(text)
    return data if data is not None and len(data) == 32 else None


def decimal(digits: Optional[str], below: int = 1 << 64) -> Optional[int]:
    if digits is None or len(digits) > 20 or not re.fullmatch("0|[1-9][0-9]*", digits):
        return None
    return int(digits) if int(digits) < below else None


class Lines:
    """Lines taken off a text from the front, each of which ends in a newline."""

    def __init__(self, text: str) -> None:
        self.rest = text

    def take(self) -> Optional[str]:
        line, newline, after = self.rest.partition("\n")
        if not newline:
            return None
        self.rest = after
        return line

    def field(self, key: str) -> Optional[str]:
        if not self.rest.startswith(key + " ") or "\n" not in self.rest:
            return None
        line = self.take()
        return None if line is None else line[len(key) + 1 :]


# --- Checkpoints and proofs: docs/formats/ledger.md ------------------------------------------------------------------


@dataclass
class Checkpoint:
    body: str
    origin: str
    size: int
    root: bytes


def parse_checkpoint(body: str) -> Checkpoint:
    lines = Lines(body)
    origin = lines.take()
    size = decimal(lines.take(), MAX_TREE_SIZE + 1)
    root = parse_hash(lines.take() or "")
    if origin is None or not is_name(origin) or size is None or root is None or lines.rest:
        raise Refused("malformed-checkpoint", "a checkpoint is an origin, a size and a root")
    return Checkpoint(body, origin, size, root)


@dataclass
class Proof:
    index: int
    hashes: List[bytes]
    checkpoint: Note


def parse_proof(text: str) -> Proof:
    def refuse(why: str) -> Refused:
        return Refused("malformed-tlog-proof", why)

    lines = Lines(text)
    if lines.take() != "c2sp.org/tlog-proof@v1":
        raise refuse("not a tlog-proof v1")
    extra = lines.field("extra")
    index = decimal(lines.field("index"))
    if index is None:
        raise refuse("no index line")
    hashes: List[bytes] = []
    while True:
        line = lines.take()
        if line is None:
            raise refuse("no empty line after the proof")
        if not line:
            break
        value = parse_hash(line)
        if len(hashes) == MAX_PROOF_HASHES:
            raise Refused("too-large", "over 63 hashes")
        if value is None:
            raise refuse("a proof line is not a hash")
        hashes.append(value)
    note = parse_note(lines.rest)
    if extra is not None:
        raise Refused("malformed-receipt", "extra data in a proof")
    parse_checkpoint(note.text)
    return Proof(index, hashes, note)


# --- Rows and epochs: docs/formats/national.md -----------------------------------------------------------------------


@dataclass
class Row:
    name: str
    slot: int
    genesis: bytes
    log: Key
    own: Optional["Policy"]


def parse_row(text: str) -> Row:
    def refuse(why: str) -> Refused:
        return Refused("malformed-registry-row", why)

    if len(text.encode()) > MAX_ROW_BYTES:
        raise Refused("too-large", "a row over 16 KiB")
    lines = Lines(text)
    if lines.take() != "amana/registry-row/v1":
        raise refuse("not a registry row v1")
    name = lines.field("name")
    segments = (name or "").split("/")
    if name is None or len(name) > MAX_NAME_BYTES or not all(re.fullmatch("[a-z0-9._-]+", part) for part in segments):
        raise refuse("not a ledger's name")
    if "." in segments or ".." in segments:
        raise refuse("a name that climbs")
    slot = decimal(lines.field("slot"), MAX_TREE_SIZE)
    visibility = lines.field("visibility")
    genesis = parse_hash(lines.field("genesis") or "")
    log_line = lines.field("log")
    if slot is None or visibility not in ("private", "public") or genesis is None or log_line is None:
        raise refuse("a line of slot, visibility, genesis and log is missing or wrong")
    log = parse_key(log_line)
    if log.kind != NOTE_KEY:
        raise refuse("the log's key is not of type 1")
    if lines.rest == "quorum national\n":
        return Row(name, slot, genesis, log, None)
    own = lines.rest.split("\n")
    if own.pop() or not own or not all(line.startswith(("witness ", "group ", "quorum ")) for line in own):
        raise refuse("after the log come witness, group and quorum lines alone")
    return Row(name, slot, genesis, log, parse_policy(lines.rest.encode()))


@dataclass
class EpochLeaf:
    text: str
    number: int
    ledgers: int
    registry_root: bytes
    slots_root: bytes


@dataclass
class Epoch:
    leaf: EpochLeaf
    row_proof: List[bytes]
    slot_salt: bytes
    slot_proof: List[bytes]
    national: Proof


def parse_epoch_leaf(text: str) -> EpochLeaf:
    if len(text.encode()) > MAX_EPOCH_BYTES:
        raise Refused("too-large", "an epoch over 512 bytes")
    lines = Lines(text)
    header = lines.take()
    number = decimal(lines.field("epoch"), MAX_TREE_SIZE)
    time = lines.field("time")
    ledgers = decimal(lines.field("ledgers"), MAX_TREE_SIZE)
    registry = parse_hash(lines.field("registry") or "")
    slots = parse_hash(lines.field("slots") or "")
    known = header == "amana/epoch/v1" and number is not None and is_time(time or "")
    if not known or ledgers is None or registry is None or slots is None or lines.rest:
        raise Refused("malformed-epoch", "a line of the epoch is missing or wrong")
    return EpochLeaf(text, number, ledgers, registry, slots)


def is_time(text: str) -> bool:
    shape = re.fullmatch(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.[0-9]{3}Z", text)
    if shape is None:
        return False
    try:
        return datetime(*map(int, shape.groups()), tzinfo=timezone.utc).year >= 1970
    except ValueError:
        return False


# --- Receipts: docs/formats/receipt.md -------------------------------------------------------------------------------


@dataclass
class Receipt:
    core: str
    body_hash: bytes
    body: Optional[Tuple[bytes, str]]
    ledger: Proof
    registry: Note
    epoch: Optional[Epoch]


def parse_receipt(data: bytes) -> Receipt:
    if len(data) > MAX_RECEIPT_BYTES:
        raise Refused("too-large", "a receipt over 8 MiB and 128 KiB")
    try:
        lines = Lines(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise malformed("not UTF-8") from error
    if any(byte < 0x20 and byte != 0x0A for byte in data):
        raise malformed("a control character")
    if lines.take() != "amana/receipt/v1":
        raise malformed("not a receipt v1")
    core, body_hash, body = parse_act(Lines(section(lines, "act")))
    ledger = parse_proof(section(lines, "ledger"))
    registry = parse_note(section(lines, "registry"))
    parse_row(registry.text)
    epoch = None
    if lines.rest:
        leaf = parse_epoch_leaf(section(lines, "epoch"))
        row_proof = parse_hashes(section(lines, "row"))
        slot = Lines(section(lines, "slot"))
        slot_salt = parse_hash(slot.field("salt") or "")
        if slot_salt is None:
            raise malformed("no salt of the slot")
        slot_proof = parse_hashes(slot.rest)
        epoch = Epoch(leaf, row_proof, slot_salt, slot_proof, parse_proof(section(lines, "national")))
    if lines.rest:
        raise malformed("something after the last section")
    return Receipt(core, body_hash, body, ledger, registry, epoch)


def malformed(why: str) -> Refused:
    return Refused("malformed-receipt", why)


def section(lines: Lines, name: str) -> str:
    """The content of the next section, which must have this name."""
    if lines.take() != "--- " + name:
        raise malformed(f"the section {name} is missing or out of order")
    if lines.rest.startswith("--- "):
        return ""
    content, marker, after = lines.rest.partition("\n--- ")
    lines.rest = "--- " + after if marker else ""
    return content + "\n" if marker else content


def parse_act(lines: Lines) -> Tuple[str, bytes, Optional[Tuple[bytes, str]]]:
    core = lines.field("core")
    body_hash = parse_hash(lines.field("body-hash") or "")
    if not core or body_hash is None:
        raise malformed("no core or no body-hash")
    if len(core.encode()) > MAX_CORE_BYTES:
        raise Refused("too-large", "a core over 65535 bytes")
    if not lines.rest:
        return core, body_hash, None
    salt = parse_hash(lines.field("salt") or "")
    body = lines.field("body")
    if salt is None or not body or lines.rest:
        raise malformed("a salt and a body go together, and nothing follows them")
    return core, body_hash, (salt, body)


def parse_hashes(text: str) -> List[bytes]:
    lines, hashes = Lines(text), []
    while lines.rest:
        if len(hashes) == MAX_PROOF_HASHES:
            raise Refused("too-large", "over 63 hashes")
        value = parse_hash(lines.take() or "")
        if value is None:
            raise malformed("a proof line is not a hash")
        hashes.append(value)
    return hashes


# --- Policies: docs/formats/policy.md --------------------------------------------------------------------------------


@dataclass
class Group:
    threshold: int
    members: List[bytes]


@dataclass
class Policy:
    logs: List[Key] = field(default_factory=list)
    witnesses: Dict[bytes, Key] = field(default_factory=dict)
    groups: Dict[bytes, Group] = field(default_factory=dict)
    quorum: Optional[bytes] = None
    genesis: Optional[bytes] = None

    def time(self, times: Dict[bytes, int]) -> Optional[int]:
        """When the quorum stood: of a group of threshold k, the k-th smallest time of its members."""

        def time_of(name: bytes) -> Optional[int]:
            if name in self.witnesses:
                return times.get(self.witnesses[name].key)
            group = self.groups[name]
            found = sorted(time for time in map(time_of, group.members) if time is not None)
            return found[group.threshold - 1] if len(found) >= group.threshold else None

        return None if self.quorum is None else time_of(self.quorum)


def parse_policy(data: bytes) -> Policy:
    if len(data) > MAX_POLICY_BYTES:
        raise Refused("too-large", "a policy over 64 KiB")
    if not data.endswith(b"\n"):
        raise Refused("malformed-policy", "the last line does not end in a newline")
    return PolicyReader(data).policy


class PolicyReader:
    """What the lines so far have defined."""

    def __init__(self, data: bytes) -> None:
        self.policy = Policy()
        self.grouped: set = set()
        self.has_quorum_line = False
        for line in data[:-1].split(b"\n"):
            self.expect(not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", line), "a control character")
            self.line([item for item in re.split(rb"[ \t]+", line) if item])
        self.expect(self.has_quorum_line, "no quorum line")

    @staticmethod
    def expect(holds: object, why: str) -> None:
        if not holds:
            raise Refused("malformed-policy", why)

    def line(self, items: List[bytes]) -> None:
        if items[:2] == [b"#", b"genesis"] and len(items) == 3:
            genesis = parse_hash(items[2].decode("utf-8", "replace"))
            self.expect(genesis is not None and self.policy.genesis is None, "a genesis is one hash")
            self.policy.genesis = genesis
        elif not items or items[0].startswith(b"#"):
            pass
        elif items[0] == b"log" and len(items) in (2, 3):
            self.log(items[1])
        elif items[0] == b"witness" and len(items) in (3, 4):
            self.witness(items[1], items[2])
        elif items[0] == b"group" and len(items) >= 3:
            self.group(items[1], items[2], items[3:])
        elif items[0] == b"quorum" and len(items) == 2:
            self.expect(not self.has_quorum_line, "a second quorum line")
            self.expect(items[1] == b"none" or self.defined(items[1]), "the quorum is not defined before its line")
            self.has_quorum_line = True
            self.policy.quorum = None if items[1] == b"none" else items[1]
        else:
            self.expect(False, "a line is none of log, witness, group and quorum, or has items too few or too many")

    def log(self, vkey: bytes) -> None:
        self.room(self.policy.logs, MAX_POLICY_LOGS)
        key = self.key(vkey, NOTE_KEY)
        self.expect(all(key.key != log.key for log in self.policy.logs), "a log's key is listed twice")
        self.policy.logs.append(key)

    def witness(self, name: bytes, vkey: bytes) -> None:
        self.room(self.policy.witnesses, MAX_POLICY_WITNESSES)
        key = self.key(vkey, WITNESS_KEY)
        known = self.policy.witnesses.values()
        self.expect(all(key.key != witness.key for witness in known), "a witness's key is listed twice")
        self.new(name)
        self.policy.witnesses[name] = key

    def group(self, name: bytes, threshold: bytes, members: List[bytes]) -> None:
        self.room(self.policy.groups, MAX_POLICY_GROUPS)
        words = {b"any": 1, b"all": len(members)}
        k = words[threshold] if threshold in words else decimal(threshold.decode("utf-8", "replace"))
        self.expect(k is not None and 1 <= k <= len(members), "a group's threshold is not within its members")
        for member in members:
            self.expect(self.defined(member), "a group's member is not defined before it")
            self.expect(member not in self.grouped, "a name is listed as a member twice")
            self.grouped.add(member)
        self.new(name)
        self.policy.groups[name] = Group(k or 0, members)

    def defined(self, name: bytes) -> bool:
        return name in self.policy.witnesses or name in self.policy.groups

    def new(self, name: bytes) -> None:
        self.expect(name != b"none" and not self.defined(name), "a name is reserved or defined twice")

    def key(self, vkey: bytes, kind: int) -> Key:
        try:
            key = parse_key(vkey.decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Refused("malformed-policy", "a key is not UTF-8") from error
        self.expect(key.kind == kind, "a log's key has type 1, a witness's type 4")
        return key

    @staticmethod
    def room(items: Union[list, dict], limit: int) -> None:
        if len(items) == limit:
            raise Refused("too-large", f"a policy with more than {limit} of one kind")


# --- The command -----------------------------------------------------------------------------------------------------


def show(verdict: dict, say: Callable[[str], None]) -> None:
    state, reason = verdict["state"], verdict["reason"]
    say(f"{state} ({reason})" if reason else state)
    if state == "refused":
        say(f"  {verdict['message']}")
        return
    say(f"  act {verdict['index']} of {verdict['ledger']}, in a tree of {verdict['size']}")
    for whose in ("ledger", "national"):
        seconds = verdict[f"{whose}_quorum_time_s"]
        if seconds is not None:
            say(f"  the {whose} quorum stood at {seconds} s since 1970")
        for cosigner in verdict[f"{whose}_cosigned_by"]:
            say(f"    cosigned by {cosigner['witness']} at {cosigner['time_s']}")
    say(f"  core {verdict['core']}")
    if verdict["body"] is not None:
        say(f"  body {verdict['body']}")


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(description="Verify a receipt of Amana, offline.")
    parser.add_argument("receipt", help="the receipt's file")
    parser.add_argument("--policy", required=True, help="the trust policy's file")
    parser.add_argument("--allow-recorded", action="store_true", help="exit 0 for a recorded act as well")
    parser.add_argument("--json", action="store_true", help="print the verdict as JSON")
    options = parser.parse_args(arguments)
    try:
        with open(options.receipt, "rb") as file:
            receipt = file.read(MAX_RECEIPT_BYTES + 1)
        with open(options.policy, "rb") as file:
            policy = file.read(MAX_POLICY_BYTES + 1)
    except OSError as error:
        print(f"verify-receipt: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    try:
        verdict = verify(receipt, policy)
    except Refused as refused:
        verdict = {"state": "refused", "reason": refused.code, "message": str(refused)}
    if options.json:
        print(json.dumps(verdict, ensure_ascii=False))
    else:
        show(verdict, print)
    accepted = ("witnessed", "recorded") if options.allow_recorded else ("witnessed",)
    return 0 if verdict["state"] in accepted else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
