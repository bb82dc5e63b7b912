"""Our own sealing, by the example program of the crate that does it."""

import os
import pathlib
import subprocess

from centre import binary

TIMEOUT_S = 120
KINDS = ("x25519", "hybrid")
# On either side of a chunk's bounds.
SIZES = (0, 1, 65_535, 65_536, 65_537, 200_000)


def pipe(words, given=b""):
    """Gives a program bytes and returns its bytes."""
    done = subprocess.run([str(word) for word in words], input=given, capture_output=True, timeout=TIMEOUT_S)
    assert done.returncode == 0, f"{words} ended with {done.returncode}\n{done.stderr.decode(errors='replace')}"
    return done.stdout


def ours(*words, given=b""):
    """Runs `seal`, which cargo builds beside the tests."""
    default = pathlib.Path(binary()).parent / "examples" / "seal"
    return pipe([os.environ.get("AMANA_SEAL", default), *words], given)


def identity(folder, kind):
    """A new identity: the file that holds it, and its recipient."""
    path = folder / f"{kind}.key"
    path.write_bytes(ours("new", kind) + b"\n")
    return path, ours("recipient", path).decode()
