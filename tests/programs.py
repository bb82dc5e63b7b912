"""Running other people's programs."""

import hashlib
import subprocess

TIMEOUT_S = 300


def run(words, environment, code=0, folder=None):
    """Runs a program without a shell or a terminal, checks its exit code, and returns what it printed."""
    done = subprocess.run(
        [str(word) for word in words],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def octets(size, seed):
    """Bytes that no one else has and that do not compress."""
    return hashlib.shake_256(seed.encode()).digest(size)


def a_folder(path):
    """Fills a folder as an office does: names with spaces and accents, an empty file, depth, a large file."""
    files = {
        "read me.txt": b"Amana",
        "empty": b"",
        "été/rapport n° 1 (final).pdf": octets(70_000, "pdf"),
        "deep/er/and/deeper/a+b&c=d.csv": b"a;b\n" * 1000,
        "日本.txt": "日本".encode(),
        "large.bin": octets(20 << 20, "large"),
    }
    for name, body in files.items():
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return path


def same(one, other):
    """True when two folders hold the same files with the same bytes."""

    def contents(folder):
        return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}

    return contents(one) == contents(other)
