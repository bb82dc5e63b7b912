"""Several nodes on one database: killed, paused, cut off, and the database itself lost. A judge of histories says whether
anything acknowledged was lost, or anything forked."""

import pytest

from centre import http_get, wait_until
from lines import AFTER, BEFORE
from nodes import Load, Nodes


@pytest.fixture
def new_nodes(tmp_path):
    made = []

    def make(count, **more):
        made.append(Nodes(tmp_path / f"centre-{len(made)}", count, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_nodes_are_killed_and_paused(new_nodes):
    nodes = new_nodes(2)
    load = Load(nodes, "killed and paused")
    load.wait(20)
    for node in nodes.nodes:
        node.kill()
        load.wait(10)
        node.start()
        load.wait(10)
    paused = wait_until(nodes.closing_epochs, "a node closes epochs")
    paused.pause()
    wait_until(lambda: nodes.closing_epochs() not in (None, paused), "another node closes them")
    paused.resume()
    load.wait(20)
    load.judge()


def test_a_node_is_cut_off_from_the_database(new_nodes):
    nodes = new_nodes(2)
    load = Load(nodes, "cut off")
    load.wait(20)
    cut_off = wait_until(nodes.closing_epochs, "a node closes epochs")
    cut_off.line.hold()
    wait_until(lambda: nodes.closing_epochs() not in (None, cut_off), "another node closes epochs")
    wait_until(lambda: not cut_off.is_ready(), "the node says that it can't be used")
    load.wait(10)
    # What was held comes late, to a server that gave the transactions up.
    cut_off.line.release()
    wait_until(cut_off.is_ready, "the node is back")
    load.wait(20)
    load.judge()


def test_commits_are_lost_on_the_way(new_nodes):
    nodes = new_nodes(2)
    load = Load(nodes, "commits are lost")
    for node in nodes.nodes:
        for way in (BEFORE, AFTER) * 3:
            node.line.lose_commit(way)
            load.wait(5)
            assert node.line.struck.wait(60), f"no commit was lost {way}"
    load.wait(20)
    load.judge()


def test_the_database_fails_over_behind_a_balancer(new_nodes):
    nodes = new_nodes(2, replica=True)
    balancer = nodes.balance()
    load = Load(nodes, "failing over", [balancer, *nodes.nodes])
    load.wait(40)
    nodes.fail_over()
    load.wait(40)
    assert http_get(f"{balancer.web_url}/readyz")[0] == 200
    load.judge()
