"""Two builds in two folders give the same bytes: this is what rebuilders sign. The release profile, with every library built
twice, is in tests/endure/."""

import os
import pathlib
import subprocess

from centre import ROOT, binary


def test_two_builds_in_different_folders_are_the_same(tmp_path):
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("CARGO_", "AMANA_", "RUST"))}
    plain |= {name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN") if name in os.environ}
    # The libraries that the binary under test was linked from.
    plain |= {"PROFILE": "dev", "LEVEL": "0", "SHARE": str(pathlib.Path(binary()).resolve().parent.parent)}
    words = [ROOT / "packaging" / "reproducible", tmp_path]
    done = subprocess.run(words, env=plain, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert "two builds, the same bytes" in done.stdout
