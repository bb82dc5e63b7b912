"""The mirrors in `vectors/mirrors`, in the clear and sealed, are read by their format, and refused when they are bent."""

import json
import shutil
import subprocess

import pytest

from centre import ROOT, binary, surroundings

MIRRORS = ROOT / "vectors" / "mirrors"
POLICY = ("--policy", MIRRORS / "policy")
SEED = ("--seed-file", MIRRORS / "operator.seed")


def amana(*words, code=0):
    done = subprocess.run([binary(), *map(str, words)], env=surroundings(), capture_output=True, text=True)
    assert done.returncode == code, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.mark.parametrize("place, seed", [("plain", ()), ("plain", SEED), ("sealed", SEED)])
def test_a_kept_mirror_is_whole(place, seed):
    report = json.loads(amana("check", "--mirror", MIRRORS / place, *POLICY, *seed, "--json").stdout)
    expected = json.loads((MIRRORS / "expected.json").read_text())
    assert {name: report[name] for name in expected} == expected


def test_a_sealed_one_needs_the_seed():
    told = amana("check", "--mirror", MIRRORS / "sealed", *POLICY, code=1)
    assert "give --seed-file" in told.stderr


@pytest.mark.parametrize("place", ["plain", "sealed"])
def test_a_centre_is_made_from_it(place, tmp_path):
    data = tmp_path / "data"
    words = ("restore", "--from", MIRRORS / place, *SEED, *POLICY, "--without-witnesses", "--all")
    amana(*words, "--data", data)
    amana("check", "--data", data)


def test_each_stream_that_is_bent_is_noticed(tmp_path):
    place = tmp_path / "place"
    shutil.copytree(MIRRORS / "plain", place)
    streams = [path for path in place.rglob("*") if path.is_file()]
    judged = [path for path in streams if path.parent != place and path.parent.name != "freed"] + [place / "head"]
    assert len(judged) >= 4
    for stream in judged:
        whole = stream.read_bytes()
        stream.write_bytes(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
        amana("check", "--mirror", place, *POLICY, code=1)
        stream.write_bytes(whole)
    amana("check", "--mirror", place, *POLICY)
