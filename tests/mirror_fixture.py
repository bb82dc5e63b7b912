"""Makes the mirrors in `vectors/mirrors`: one in the clear, one sealed, of one data centre, with its policy and its seed.

    AMANA_BIN=… python3 tests/mirror_fixture.py vectors/mirrors

Salts, times and the seals are new each time, so they are made once and kept: `tests/test_mirror_vectors.py` reads them with
the binary, and any other reader may. The seed is published with them, and nobody else's.
"""

import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

from centre import Centre, binary, surroundings, wait_until

FAST = {"AMANA_EPOCH_BUSY_S": "0.1"}
# Larger than what goes into rows.
LARGE = bytes(range(256)) * 160
PLACES = {"plain": "true", "sealed": "false"}


def make(folder):
    """A data centre's folder, and beside it both places."""
    data = folder / "centre"
    data.mkdir()
    # By names that say nothing of the machine that made them.
    (data / "amana.toml").write_text('centre = "amana.example"\n')
    centre = Centre(data).start(**FAST)
    s3 = centre.institution("finances").client()
    s3.create_bucket(Bucket="archives")
    s3.put_object(Bucket="archives", Key="small", Body=b"a small thing")
    s3.put_object(Bucket="archives", Key="gone", Body=b"what was freed")
    with open(data / "amana.toml", "a") as config:
        for name, operator in PLACES.items():
            (folder / name).mkdir()
            config.write(f'\n[[mirror]]\nname = "{name}"\nplace = "{name}"\noperator = {operator}\n')

    def mirror():
        words = [binary(), "mirror", "--once", "--data", str(data)]
        subprocess.run(words, cwd=folder, env=surroundings(), check=True, capture_output=True)

    def mirrored():
        mirror()
        # Without the seed a ledger that no epoch has committed to is a fault.
        return all(checks(folder / name, centre.policy, data / "keys" / "operator.seed") for name in PLACES)

    mirror()
    s3.delete_object(Bucket="archives", Key="gone")
    s3.put_object(Bucket="archives", Key="large", Body=LARGE)
    wait_until(mirrored, "an epoch commits to the last entry")
    centre.stop()
    return data


def checks(place, policy, seed):
    words = [binary(), "check", "--mirror", str(place), "--policy", str(policy), "--seed-file", str(seed), "--json"]
    return subprocess.run(words, env=surroundings(), capture_output=True).returncode == 0


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        data = make(folder)
        # What is there is not replaced.
        out.mkdir()
        for name in PLACES:
            shutil.copytree(folder / name, out / name)
        shutil.copy(data / "policy", out / "policy")
        shutil.copyfile(data / "keys" / "operator.seed", out / "operator.seed")
        words = ["check", "--mirror", str(out / "plain"), "--policy", str(out / "policy"), "--json"]
        report = json.loads(subprocess.run([binary(), *words], env=surroundings(), check=True, capture_output=True).stdout)
    counts = {name: report[name] for name in ("ledgers", "entries", "epochs", "contents", "content_bytes")}
    (out / "expected.json").write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
