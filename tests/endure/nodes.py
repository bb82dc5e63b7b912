"""Several nodes, faults drawn one after the other, and a judge of histories at the end of each round.

    tests/endure/run nodes --seed 1 --rounds 30

Each round prints its seed before it begins, and what was counted after it. Deposits are small enough to be rows.
"""

import argparse
import pathlib
import random
import shutil
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from centre import wait_until  # noqa: E402
from lines import WAYS  # noqa: E402
from nodes import Load, Nodes  # noqa: E402

FAULTS = 12
# What happens to a node, the more often the more it is listed.
KINDS = ("kill", "pause", "hold", "cut", "lose", "lose", "lose")


def strike(nodes, load, draw):
    """One fault, and life after it."""
    kind, node = draw.choice(KINDS), draw.choice(nodes.nodes)
    if kind == "kill":
        node.kill()
        load.wait(draw.randrange(10))
        node.start()
    elif kind == "pause":
        holder = nodes.closing_epochs() or node
        holder.pause()
        wait_until(lambda: nodes.closing_epochs() not in (None, holder), "another node closes epochs")
        holder.resume()
    elif kind == "hold":
        # Nothing passes; then what was held comes late, to a server that may have given the transaction up.
        node.newest_line.hold()
        load.wait(draw.randrange(1, 10))
        node.newest_line.release()
    elif kind == "cut":
        node.newest_line.cut()
    else:
        way = draw.choice(WAYS)
        node.newest_line.lose_commit(way)
        wait_until(node.newest_line.struck.is_set, f"a commit is lost {way}", 120)
        # A silent line is cut at last, or given up by the node itself.
        load.wait(draw.randrange(10))
        if draw.random() < 0.5:
            node.newest_line.cut()
    load.wait(5)


def one_round(folder, seed):
    draw = random.Random(seed)
    nodes = Nodes(folder, draw.choice([2, 3]), replica=True)
    try:
        load = Load(nodes, seed)
        load.wait(10)
        failing_over = draw.randrange(FAULTS)
        for number in range(FAULTS):
            if number == failing_over:
                nodes.fail_over()
                load.wait(10)
            strike(nodes, load, draw)
        return load.judge()
    finally:
        nodes.close()


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("--seed", type=int, required=True)
    asked.add_argument("--rounds", type=int, default=30)
    given = asked.parse_args()
    for number in range(given.rounds):
        seed = given.seed * 1000 + number
        print(f"nodes: seed {seed}", flush=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="amana-nodes."))
        try:
            operations, acknowledged, unknown = one_round(folder / "round", seed)
        except BaseException:
            print(f"nodes: seed {seed} found something; {folder} is kept: tests/endure/nodes.py --rounds 1 --seed …", file=sys.stderr)
            raise
        print(f"nodes: {operations} operations, {acknowledged} acknowledged acts, {unknown} of unknown outcome: all explained", flush=True)
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
