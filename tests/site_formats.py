"""What docs/formats/site.md says of pieces, statements and programs, written a second time from that page alone."""

import hashlib
import json
import os
import pathlib
import re

MAX_PIECE_BYTES = 64 * 1024


def pieces(manifest):
    """Where each piece of a manifest ends."""
    ends, begin, entry = [], 0, 0
    while begin < len(manifest):
        found = manifest.find(b"},", entry)
        end = found + 2 if found >= 0 else len(manifest)
        hashed = 0xCBF29CE484222325
        for byte in manifest[entry:end]:
            hashed = (hashed ^ byte) * 0x100000001B3 % (1 << 64)
        if hashed % 64 == 0 or end - begin >= MAX_PIECE_BYTES or end == len(manifest):
            ends.append(end)
            begin = end
        entry = end
    return ends


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_statement(text):
    """Whether it is one, in its one spelling."""
    kinds = {"deploy": "manifest", "publishers": "publishers"}
    label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?"
    return len(text) <= 1024 and any(
        re.fullmatch(rf"amana/site-{kind}/v1\nledger [^\n]*\nhost {label}(\.{label})*\nnumber (0|[1-9][0-9]*)\n{named} [0-9a-f]{{64}}\n", text)
        for kind, named in kinds.items()
    )


def escaped(path):
    return "".join(chr(byte) if 0x21 <= byte <= 0x7E and byte != 0x25 else f"%{byte:02X}" for byte in path)


def code_text(tree, without):
    """The list of programs: `tree` is path to whether it is a link, and what it holds or where it leads; all in bytes."""
    left_out = sorted({folder.rstrip(b"/") or b"/" for folder in without})
    lines = [f"without {escaped(folder)}" for folder in left_out]
    for path, (is_link, holds) in sorted((b"/" + path, entry) for path, entry in tree.items()):
        if any(folder == b"/" and path.count(b"/") > 1 or path.startswith(folder + b"/") for folder in left_out):
            continue
        lines.append(f"{'link' if is_link else 'file'} {hashlib.sha256(holds).hexdigest()} {escaped(path)}")
    return "".join(f"{line}\n" for line in ["amana/site-code/v1", *lines])


def code_of_folder(root, without=()):
    """The same of a folder."""
    tree = {}
    root = os.fsencode(pathlib.Path(root))
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            place = os.path.join(folder, name)
            if os.path.islink(place):
                tree[os.path.relpath(place, root)] = (True, os.readlink(place))
            elif os.path.isfile(place):
                tree[os.path.relpath(place, root)] = (False, pathlib.Path(os.fsdecode(place)).read_bytes())
    return code_text(tree, [os.fsencode(folder) for folder in without])


def is_code(text):
    """Whether it is a list of programs, in its one spelling."""
    first, *lines = text.split("\n")
    if first != "amana/site-code/v1" or not lines or lines[-1]:
        return False
    word = r"/((?!%)[!-~]|%[0-9A-F]{2})*"
    left_out, paths = [], []
    for line in lines[:-1]:
        if found := re.fullmatch(f"without ({word})", line):
            if paths:
                return False
            left_out.append(found[1])
        elif found := re.fullmatch(f"(?:file|link) [0-9a-f]{{64}} ({word})", line):
            paths.append(found[1])
        else:
            return False
    for words in (left_out, paths):
        raw = [re.sub(rb"%(..)", lambda digits: bytes.fromhex(digits[1].decode()), word.encode()) for word in words]
        if sorted(set(raw)) != raw or [escaped(path) for path in raw] != words:
            return False
    return True
