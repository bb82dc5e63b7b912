"""Faults by the thousand: what ./test does a little of, again and again with other seeds.

    tests/endure/run cuts  --seed 1 --rounds 100    power cuts, of a data centre, a gateway and a witness
    tests/endure/run calls --seed 1                 each file call failing in turn, in each way
    tests/endure/run kills --seed 1 --rounds 2000   SIGKILL amid deposits
    tests/endure/run pages --seed 1 --rounds 500    damaged pages of the rows
    tests/endure/run flood --requests 1000000       tiny requests

Each round prints its seed before it begins; a failure keeps its folder and says how it is had again.
"""

import argparse
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from blackouts import CentreUnderLoad  # noqa: E402
from blackouts_at_home import GatewayUnderLoad, WitnessUnderLoad  # noqa: E402
from damaged import Damaged  # noqa: E402
from failing import Failing  # noqa: E402
from flood import flood  # noqa: E402
from kills import kill_again  # noqa: E402
from traffic import LONG_VERBS  # noqa: E402


def cuts(folder, seed):
    """Some forty cuts."""
    load = CentreUnderLoad(folder / "centre", seed, LONG_VERBS)
    for number in range(4):
        load.photograph(6)
        load.cut(acts=5 + 10 * number)
    load.close()
    load = GatewayUnderLoad(folder / "gateway", seed)
    load.cut(acts=10)
    load.photograph_offline(3)
    load.cut_offline(acts=10)
    load.close()
    load = WitnessUnderLoad(folder / "witness", seed)
    load.photograph(6)
    load.cut()
    load.close()


def calls(folder, seed):
    """One sample; a seed a case, so that the disk draws anew."""
    failing = Failing(folder)
    for number, case in enumerate(failing.cases(seed, 44)):
        failing.run(*case, seed=seed * 1000 + number)


def every_call(folder, seed):
    """Each call in turn, in each way."""
    failing = Failing(folder)
    every = failing.cases(seed)
    for number, case in enumerate(every):
        if number % 50 == 0:
            print(f"call {number} of {len(every)}", flush=True)
        failing.run(*case, seed=seed)


def pages(folder, seed):
    Damaged(folder).run(seed, 20)


ROUNDS = {"cuts": (cuts, 30), "calls": (calls, 10), "every-call": (every_call, 1), "pages": (pages, 30)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*ROUNDS, "kills", "flood"])
    parser.add_argument("--seed", type=int, default=1, help="of the first round; each round has the next")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--requests", type=int, default=1_000_000)
    given = parser.parse_args()
    begun = time.monotonic()
    if given.what in ROUNDS:
        work, usual = ROUNDS[given.what]
        rounds = given.rounds or usual
        for seed in range(given.seed, given.seed + rounds):
            once(given.what, work, seed)
    elif given.what == "kills":
        rounds = given.rounds or 2000
        once("kills", lambda folder, seed: kill_again(folder, seed, rounds), given.seed)
    else:
        rounds = given.requests
        once("flood", lambda folder, _: flood(folder, given.requests), given.seed)
    print(f"{given.what}: {rounds} from seed {given.seed}, nothing found, in {time.monotonic() - begun:.0f} s")


def once(what, work, seed):
    print(f"{what}, seed {seed}", flush=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"amana-{what}-{seed}-"))
    try:
        work(folder, seed)
    except BaseException:
        print(f"\nkept: {folder}\nagain: tests/endure/run {what} --seed {seed} --rounds 1", file=sys.stderr, flush=True)
        raise
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
