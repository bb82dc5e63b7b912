"""Rows in PostgreSQL: what clients see is what they see on the embedded engine, and what is lost is told."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from botocore.exceptions import BotoCoreError, ClientError

import postgres
from centre import ROOT, Centre, receipt_of, surroundings, wait_until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = postgres.Cluster(tmp_path_factory.mktemp("postgres") / "server").make().start()
    yield cluster
    cluster.remove()


@pytest.fixture
def new_node(cluster, tmp_path):
    """Makes data centres whose rows are in a database of their own."""
    made = []

    def make(**environment):
        number = len(made)
        node = Centre(tmp_path / f"node-{number}")
        address = cluster.database(f"{tmp_path.name}_{number}".replace("-", "_")[-60:])
        node.environment = {"AMANA_DATABASE": address} | environment
        made.append(node)
        return node.start()

    yield make
    for node in made:
        node.kill()


def test_a_day_of_deposits_and_a_clean_check(new_node):
    node = new_node()
    account = node.institution("finances")
    s3 = account.client()
    s3.create_bucket(Bucket="day")
    s3.put_bucket_versioning(Bucket="day", VersioningConfiguration={"Status": "Enabled"})
    small, large = os.urandom(5000), os.urandom(9_000_000)
    first = s3.put_object(Bucket="day", Key="a/é\u0001", Body=small)
    s3.put_object(Bucket="day", Key="a/large", Body=large, Tagging="year=2026")
    s3.delete_object(Bucket="day", Key="a/large")
    upload = s3.create_multipart_upload(Bucket="day", Key="parts")["UploadId"]
    part = s3.upload_part(Bucket="day", Key="parts", UploadId=upload, PartNumber=1, Body=large)
    s3.complete_multipart_upload(
        Bucket="day", Key="parts", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    )
    assert s3.get_object(Bucket="day", Key="parts")["Body"].read() == large
    node.kill()
    node.start()
    assert s3.get_object(Bucket="day", Key="a/é\u0001")["Body"].read() == small
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="day")["Contents"]] == ["a/é\u0001", "parts"]
    node.check()
    receipt = node.receipt(receipt_of(first), node.data / "receipt")
    node.run("receipt", "verify", receipt, "--policy", node.policy, "--allow-unwitnessed", code=None)
    node.stop()
    node.check()
    assert not (node.data / "amana.db").exists()


def test_an_edited_row_is_named(new_node, cluster):
    node = new_node()
    s3 = node.institution("finances").client()
    s3.create_bucket(Bucket="edited")
    s3.put_object(Bucket="edited", Key="a", Body=b"as deposited")
    name = node.environment["AMANA_DATABASE"].rsplit("/", 1)[1]
    cluster.query("UPDATE versions SET size = size + 1", name)
    assert "of versions: it is not what the ledger's entries say" in node.check(code=1).stdout
    cluster.query("UPDATE versions SET size = size - 1", name)
    cluster.query("CREATE TABLE beside (a int)", name)
    assert "column beside.a: no version of amana made it" in node.check(code=1).stdout


def test_a_database_that_goes_away_is_told_and_comes_back(new_node, cluster):
    node = new_node()
    s3 = node.institution("finances").client()
    s3.create_bucket(Bucket="outage")
    s3.put_object(Bucket="outage", Key="before", Body=b"1")
    kept = {}
    ended = threading.Event()

    def deposit(number):
        client, turn = node_client(), 0
        while not ended.is_set():
            key, turn = f"{number}/{turn}", turn + 1
            try:
                client.put_object(Bucket="outage", Key=key, Body=key.encode())
                kept[key] = True
            except (ClientError, BotoCoreError):
                pass

    account = node.access_key("finances")

    def node_client():
        from centre import Account

        return Account(node, "finances", "", account["access_key_id"], account["secret_access_key"]).client()

    threads = [threading.Thread(target=deposit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for how in (signal.SIGQUIT, signal.SIGINT):
            before = len(kept)
            wait_until(lambda: len(kept) > before + 50, "deposits go on")
            cluster.stop(how)
            assert not node.is_ready(), "a balancer sends nothing to it"
            cluster.start()
        before = len(kept)
        wait_until(lambda: len(kept) > before + 20, "deposits go on after the outage")
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        if not cluster.answers():
            cluster.start()
    found = {one["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="outage") for one in page["Contents"]}
    assert set(kept) <= found
    assert node.process.poll() is None, "the same process served all the while"
    node.check()


@pytest.mark.parametrize(
    "address, told",
    [
        ("postgres://amana@203.0.113.9/one?sslmode=disable", "beyond this machine it must be under TLS"),
        ("postgres://amana@127.0.0.1:1/one", "the database doesn't answer"),
        ("postgres://amana@127.0.0.1", "it names no database"),
    ],
)
def test_a_database_that_cannot_be_meant_is_refused(tmp_path, address, told):
    node = Centre(tmp_path / "refused")
    node.environment = {"AMANA_DATABASE": address}
    node.start(wait=False)
    assert node.died() == 1
    assert told in node.log()


def test_a_node_without_the_seed_is_refused(new_node, tmp_path):
    first = new_node()
    second = Centre(tmp_path / "second")
    second.environment = first.environment
    second.start(wait=False)
    assert second.died() == 1
    assert "copy the file from one of its nodes" in second.log()


def test_a_server_that_may_forget_is_refused(cluster, tmp_path):
    forgetful = postgres.Cluster(tmp_path / "forgetful").make().start(fsync="off")
    try:
        node = Centre(tmp_path / "node")
        node.environment = {"AMANA_DATABASE": forgetful.database("one")}
        node.start(wait=False)
        assert node.died() == 1
        assert "has fsync off and may lose what it acknowledged" in node.log()
    finally:
        forgetful.remove()


# What clients see must not depend on the engine: the same files of tests, on a data centre whose rows are elsewhere.
SAME = ["test_objects.py", "test_buckets.py", "test_versions.py", "test_multipart.py", "test_checksums.py", "test_receipts.py", "test_object_lock.py"]


def test_the_s3_tests_pass_on_it(cluster, tmp_path):
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-x", f"--basetemp={tmp_path / 'inner'}"]
    words += [str(ROOT / "tests" / name) for name in SAME]
    kept = {name: value for name, value in os.environ.items() if name in ("AMANA_BIN", "AMANA_NODE", "AMANA_POWERCUT")}
    host = {"AMANA_TEST_CLUSTER": f"postgres://{postgres.USER}@127.0.0.1:{cluster.port}"}
    done = subprocess.run(words, env=surroundings() | kept | host, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-8000:]
