"""Lies that several tests tell: what to answer instead of the truth, and to whom."""

import itertools
import json
import re

from line import Answer, plain
from operator_keys import LEDGER, Entry, b64, sha256

UNDER = f"/ledgers/{LEDGER}/"
PIECES = "/api/v1/sealed/finances/pieces/"
ACTS = "/api/v1/sealed/finances/acts"
KEYRING = "/api/v1/institutions/finances/keyring"


def ledger_of(history, operator):
    """The institution's ledger is another one; everything in it fits, under the operator's signature."""

    def lie(request, ask):
        if request.method == "GET" and request.path.startswith(UNDER):
            body = history.get(request.path.removeprefix(UNDER), operator)
            if body is not None:
                return plain(body)
        if request.path.startswith("/receipts/"):
            return plain(b"", status=404)
        return ask(request)

    return lie


def acts_alone(history, operator, told):
    """The tree is the true one, and the acts' texts are not: `told` changes each act as it is shown."""
    honest = ledger_of(history, operator)

    def lie(request, ask):
        answer = honest(request, ask)
        if request.path.startswith(f"{UNDER}acts/"):
            acts = json.loads(answer.body)["acts"]
            return plain(json.dumps({"acts": [told(act) for act in acts]}).encode())
        return answer

    return lie


def pieces_of(change):
    """Of all answers only ciphertext is changed: `change` of a request and its true answer."""

    def lie(request, ask):
        if request.method == "GET" and request.path.startswith(PIECES):
            return change(request, ask)
        return ask(request)

    return lie


def body_changed(change):
    """`change` of a piece's bytes."""

    def changed(request, ask):
        answer = ask(request)
        return answer.with_body(change(answer.body))

    return pieces_of(changed)


def flipped(body, position):
    """One bit is another one."""
    changed = bytearray(body)
    changed[position] ^= 1
    return bytes(changed)


def another_piece(sealed, from_byte=0):
    """Whatever piece is asked for, from that byte on the ciphertext of another one is given."""

    def swapped(request, ask):
        headers = {name.lower(): value for name, value in request.headers}
        begin, end = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", headers["range"]).groups())
        if begin < from_byte:
            return ask(request)
        told = sealed[begin : end + 1]
        place = ("content-range", f"bytes {begin}-{begin + len(told) - 1}/{len(sealed)}")
        return Answer(206, [("content-type", "application/octet-stream"), place], told)

    return pieces_of(swapped)


def ciphertext_of(line, piece):
    """What a gateway deposited under that name: the operator has seen it pass."""
    for statement, _, inline in handed_in(line):
        if inline and f"\npiece {piece} ".encode() in statement:
            return inline
    parts = {}
    for request in line.asked("PUT", PIECES + piece):
        offset = re.search(r"offset=(\d+)", request.path)
        parts[int(offset[1]) if offset else 0] = request.body
    return b"".join(parts[offset] for offset in sorted(parts))


def handed_in(line):
    """The statements that a gateway handed in, in order."""
    found = []
    for request in line.asked("POST", ACTS):
        body = request.body
        while body:
            runs = []
            for _ in range(3):
                size = int.from_bytes(body[:4], "big")
                runs.append(body[4 : 4 + size])
                body = body[4 + size :]
            found.append(tuple(runs))
    return found


def last_piece(line):
    """The piece that the last act brought."""
    for statement, _, _ in reversed(handed_in(line)):
        if match := re.search(rb"^piece ([0-9a-f]{32}) ", statement, re.MULTILINE):
            return match[1].decode()
    raise AssertionError("no act brought a piece")


def acknowledged_only(history, operator):
    """Each act is acknowledged under the operator's signature, and none is recorded."""
    honest = ledger_of(history, operator)
    indices = itertools.count(len(history.entries))

    def lie(request, ask):
        if request.method != "POST" or request.path != ACTS:
            return honest(request, ask)
        size = int.from_bytes(request.body[:4], "big")
        statement = request.body[4 : 4 + size]
        index, at = next(indices), "2026-11-22T00:00:00.000Z"
        entry = Entry.made("sealed.act", {}, {"statement": statement.decode()}, at=at)
        result = {"index": index, "time_ms": 1_795_305_600_000, "at": at, "core": entry.core.decode()}
        result["body_hash"] = entry.body_hash.hex()
        return plain(json.dumps({"results": [result], "ack": operator.ack(index, sha256(statement))}).encode())

    return lie


def endless(*begin, then=b"x" * 4096):
    """An answer that doesn't end."""
    return itertools.chain(begin, itertools.repeat(then))


def filler():
    """An act that means nothing to a gateway, and fills a place in the ledger."""
    return Entry.made("access-key.revoke", {}, {"id": b64(sha256(b"filler"))[:20]})
