"""A whole country behind HAProxy: witnesses and a gateway that come to any node, uploads whose parts go to different ones, and a
store of large content that fails beneath them. What several nodes rely on is shared by them, and what one at a time does is
taken over."""

import json
import shutil
import time

import botocore.exceptions
import pytest

from centre import Server, receipt_of, wait_until
from deposits import LOST, body_of
from gateway import enrolled
from nodes import Nodes
from object_stores import FailingStore, SecondAmana, blobs_of, blobs_text

MIB = 1 << 20
WITNESSES = ("court", "university", "press")


class Witness(Server):
    """A witness that visits whichever node the balancer gives it, again and again."""

    def __init__(self, folder, name, front, policy):
        super().__init__(folder / name)
        made = self.run("witness", "key", "--data", self.data, "--name", f"{name}.example/witness", "--json")
        self.key = json.loads(made.stdout)["vkey"]
        self.words = ("witness", "--centre", front.web_url, "--policy", policy, "--listen", "127.0.0.1:0", "--every", "500ms")


class Front:
    """All nodes as one data centre: asked through the balancer, and administered at any node, another at each command."""

    scheme, authority = "http", None

    def __init__(self, nodes):
        self.nodes, self.asked = nodes.nodes, 0
        self.balancer = nodes.balance()
        self.web_url, self.s3_url = self.balancer.web_url, self.balancer.s3_url
        self.policy, self.data = self.nodes[0].policy, "the node's own"

    def run(self, *words, **more):
        self.asked += 1
        node = self.nodes[self.asked % len(self.nodes)]
        return node.run(*[node.data if word == self.data else word for word in words], **more)


@pytest.fixture
def made():
    """What is ended after the test, the last first."""
    made = []
    yield made
    for end in reversed(made):
        end()


def nodes_on_a_bad_store(folder, made):
    """Two nodes whose large content is in a second Amana, which fails half of its requests."""
    store = SecondAmana(folder)
    made.append(store.close)
    line = FailingStore(store.endpoint, seed=5)
    made.append(line.close)
    blobs = blobs_text(store, folder, endpoint=line.endpoint)
    nodes = Nodes(folder / "centre", 2, configured=f'centre = "centre.test"\n\n{blobs}')
    made.append(nodes.close)
    return nodes, store, line


def until_done(act):
    """What an act gives once it comes through: the client tries again, as S3 programs do."""

    refusals = []

    def tried():
        try:
            return act()
        except LOST as error:
            refusals.append(f"{time.monotonic() - begun:.1f} s: {error!r}")
            return None

    begun = time.monotonic()
    try:
        return wait_until(tried, "it comes through", 120)
    except AssertionError as error:
        raise AssertionError(f"{error}: {refusals[-5:]}") from error


def test_a_country_on_two_nodes_and_a_bad_store(tmp_path, made):
    nodes, store, line = nodes_on_a_bad_store(tmp_path, made)
    front = Front(nodes)
    policy = tmp_path / "gazette"
    witnesses = [Witness(tmp_path, name, front, policy) for name in WITNESSES]
    for witness in witnesses:
        front.run("policy", "witness", "add", witness.data.name, witness.key, "--data", front.data)
    front.run("policy", "quorum", "2", "--data", front.data)
    wait_until(lambda: len({node.policy.read_text() for node in nodes.nodes}) == 1, "all nodes follow the policy")
    shutil.copy(front.policy, policy)
    for witness in witnesses:
        made.append(witness.start(wait=False).kill)

    # The code is issued at one node and the words are heard at another.
    gateway, ministry = enrolled(front, "finances", tmp_path / "gateway")
    made.append(gateway.kill)
    sealed = ministry.client()
    until_done(lambda: sealed.create_bucket(Bucket="sealed"))
    bodies, receipts = {}, []
    for number in range(6):
        key, body = f"file {number}", body_of(f"file {number}", (number % 3 * 4 * MIB) + 1000)
        if number == 3:
            nodes.nodes[0].kill()
        receipts.append(receipt_of(until_done(lambda: sealed.put_object(Bucket="sealed", Key=key, Body=body))))
        bodies[key] = body
    nodes.nodes[0].start()

    open_ = nodes.account("justice")
    at = [nodes.at(open_, node).client() for node in nodes.nodes]
    until_done(lambda: at[0].create_bucket(Bucket="open"))
    upload = {"Bucket": "open", "Key": "parts"}
    upload["UploadId"] = at[1].create_multipart_upload(**upload)["UploadId"]
    parts = [body_of(f"part {number}", 6 * MIB) for number in range(4)]
    sent = []
    for number, part in enumerate(parts, 1):
        put = at[number % 2]
        sent.append(until_done(lambda: put.upload_part(PartNumber=number, Body=part, **upload)))
    listed = [{"PartNumber": number, "ETag": part["ETag"]} for number, part in enumerate(sent, 1)]
    receipts.append(receipt_of(at[0].complete_multipart_upload(MultipartUpload={"Parts": listed}, **upload)))
    for s3 in [*at, nodes.at(open_, front).client()]:
        assert until_done(lambda: s3.get_object(Bucket="open", Key="parts")["Body"].read()) == b"".join(parts)
    for key, body in bodies.items():
        assert until_done(lambda: sealed.get_object(Bucket="sealed", Key=key)["Body"].read()) == body
    assert line.broken > 10, f"of {line.asked} requests"

    line.is_bad = False
    for number, receipt in enumerate(receipts):
        file = tmp_path / f"receipt-{number}"

        def is_witnessed():
            front.run("receipt", "get", receipt, "--data", front.data, "--out", file)
            return front.run("receipt", "verify", file, "--policy", policy, code=None).returncode == 0

        wait_until(is_witnessed, f"{receipt} is witnessed")
    assert len(blobs_of(store)) >= len(parts)
    nodes.check()


def test_a_key_that_one_node_revokes_is_refused_by_all(tmp_path, made):
    nodes = Nodes(tmp_path / "centre", 2)
    made.append(nodes.close)
    account = nodes.account("finances")
    at = [nodes.at(account, node).client() for node in nodes.nodes]
    at[0].create_bucket(Bucket="kept")
    for s3 in at:
        s3.list_objects_v2(Bucket="kept")
    nodes.nodes[0].run("access-key", "revoke", account.access_key_id, "--data", nodes.nodes[0].data)
    for s3 in at:
        with pytest.raises(botocore.exceptions.ClientError) as refused:
            s3.list_objects_v2(Bucket="kept")
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_mirrors_and_scrubs_are_taken_over(tmp_path, made):
    place = tmp_path / "far"
    place.mkdir()
    mirror = f'[[mirror]]\nname = "far"\nplace = "{place}"\noperator = true\n'
    nodes = Nodes(tmp_path / "centre", 2, configured=f'centre = "centre.test"\nscrub_days = 1\n\n{mirror}')
    made.append(nodes.close)
    account = nodes.account("finances")
    account.client().create_bucket(Bucket="kept")

    def lacks(node):
        (lag,) = json.loads(node.run("mirror", "status", "--data", node.data, "--json").stdout)
        return lag["entries"]

    first = wait_until(lambda: nodes.whose_turn("mirror/far"), "a node keeps the mirror up")
    (second,) = (node for node in nodes.nodes if node is not first)
    wait_until(lambda: lacks(second) == 0, "the mirror is kept up")
    first.kill()
    nodes.at(account, second).client().put_object(Bucket="kept", Key="after", Body=b"x")
    wait_until(lambda: nodes.whose_turn("mirror/far") is second and lacks(second) == 0, "another node keeps it up")
    first.start()

    # Asked at one node, done by the one whose turn it is, and told by both.
    told = json.loads(first.run("scrub", "--now", "--data", first.data, "--json").stdout)["last"]
    assert told["damaged"] == 0 and told["entries"] > 0
    ended = lambda node: json.loads(node.run("scrub", "--status", "--data", node.data, "--json").stdout)["last"]["ended_ms"]  # noqa: E731
    wait_until(lambda: {ended(node) for node in nodes.nodes} == {told["ended_ms"]}, "both tell of the pass")
    scrubs = wait_until(lambda: nodes.whose_turn("scrub"), "a node scrubs")
    scrubs.kill()
    (left,) = (node for node in nodes.nodes if node is not scrubs)
    wait_until(lambda: nodes.whose_turn("scrub") is left, "another node scrubs")
    scrubs.start()
    nodes.check()
