"""The ministry's custodians, with their share: keyrings made from docs/formats/sealed.md, genuine ones and forged ones."""

import base64
import hashlib
import json
import re

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sealing import ours
from shamir_mnemonic import combine_mnemonics

from operator_keys import b64, public_of, sha256


def root_of(pages):
    """The root, from the one page of 1-of-1."""
    for page in sorted(pages.rglob("*.txt")):
        numbered = dict(re.findall(r"\b([0-9]{1,2})[.)]?\s+([a-z]{4,8})\b", page.read_text()))
        words = [numbered.get(str(number), "") for number in range(1, 34)]
        if all(words):
            return combine_mnemonics([" ".join(words)])
    raise AssertionError(f"no share's words in {pages}")


def derive(secret, info):
    return HKDF(SHA256(), 32, None, info).derive(secret)


def member_id(key):
    return sha256(public_of(key))[:8].hex()


def signed(lines, signers):
    """A keyring's text with its signatures; the root's comes first."""
    text = "\n".join(lines) + "\n\n"
    order = sorted(signers, key=lambda name: (name != "root", name))
    return text + "".join(f"\u2014 {name} {b64(signers[name].sign(text.encode()))}\n" for name in order)


def next_lines(bundle, members=(), without=(), **changed):
    """The lines of the keyring after a bundle's, with members taken in or put out. Files stand for what they are."""
    lines = bundle["keyring"].partition("\n\n")[0].split("\n")
    number = int(next(line.split(" ")[1] for line in lines if line.startswith("number ")))
    digest = hashlib.sha256(bundle["keyring"].encode()).hexdigest()
    changed = {"number": number + 1, "previous": digest} | changed
    kept = []
    for line in lines:
        word, *rest = line.split(" ")
        if word in ("member", "file") and rest[0] in without:
            continue
        kept.append(f"{word} {changed[word]}" if word in changed else line)
    for id_, role, kind, name, key, recipient, file in members:
        kept.append(
            f"member {id_} {role} {kind} {name} {b64(public_of(key))} {hashlib.sha256(recipient.encode()).hexdigest()}"
        )
        kept.append(f"file {id_} {hashlib.sha256(file).hexdigest()}")
    order = [
        "amana.keyring/v1",
        "institution",
        "number",
        "previous",
        "root",
        "name-key",
        "epoch",
        "member",
        "custodians",
        "file",
    ]

    def place(line):
        word, *rest = line.split(" ")
        holder = rest[0] if word in ("member", "file") else ""
        return order.index(word), holder != "root", holder

    return [line for _, line in sorted(enumerate(kept), key=lambda one: (place(one[1]), one[0]))]


def bundled(before, text, recipients=(), files=(), without=()):
    """A bundle of a signed text, with what travels beside it."""

    def kept(held, new):
        return {who: what for who, what in (before[held] | dict(new)).items() if who not in without}

    return {"keyring": text, "recipients": kept("recipients", recipients), "files": kept("files", files)}


class Custodians:
    """Those who hold the root, with their pages on the table."""

    def __init__(self, pages, folder):
        self.root = root_of(pages)
        self.identity = folder / "root.key"
        self.identity.write_text(bech32("age-secret-key-pq-", derive(self.root, b"amana.root/v1 sealing")).upper() + "\n")

    def next(self, before, member=None, without=()):
        """The keyring after a bundle's: a machine taken in, or put out; its secrets sealed anew for whoever stands in it."""
        opened = ours("open", self.identity, given=base64.b64decode(before["files"]["root"]))
        secrets = json.loads(opened)
        secrets["number"] += 1
        recipients = {who: text for who, text in before["recipients"].items() if who not in without}
        if member:
            recipients[member_id(member)] = recipients["root"]
        files = {who: ours("seal", text, given=json.dumps(secrets).encode()) for who, text in recipients.items()}
        taken = []
        if member:
            id_ = member_id(member)
            taken = [(id_, "member", "gateway", "annex", member, recipients[id_], files[id_])]
        lines = [with_digest(line, files) for line in next_lines(before, taken, without)]
        key = Ed25519PrivateKey.from_private_bytes(derive(self.root, b"amana.root/v1 signing"))
        as_text = {who: b64(file) for who, file in files.items()}
        return {"keyring": signed(lines, {"root": key}), "recipients": recipients, "files": as_text}


def with_digest(line, files):
    """A `file` line, of the file that there is now."""
    word, *rest = line.split(" ")
    return f"file {rest[0]} {hashlib.sha256(files[rest[0]]).hexdigest()}" if word == "file" else line


def as_body(bundle):
    return json.dumps(bundle, separators=(",", ":"))


def bech32(prefix, data):
    """BIP 173."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    number = int.from_bytes(data, "big") << 4
    values = [number >> 5 * place & 31 for place in reversed(range(52))]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for place, factor in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= factor if top >> place & 1 else 0
    values += [(check ^ 1) >> 5 * place & 31 for place in reversed(range(6))]
    return prefix + "1" + "".join(letters[value] for value in values)
