"""What one node is told, the others heed at their next request, whatever they remember: who may ask, what a bucket is, what an
object is now."""

import pytest
from botocore.exceptions import ClientError

from nodes import Nodes


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
    made = Nodes(tmp_path_factory.mktemp("heeding"), 2)
    yield made
    made.close()


@pytest.fixture
def clients(nodes, request):
    """One institution's client at each of two nodes, which both have just answered it, and its bucket."""
    account = nodes.account(request.node.name.replace("test_", "").replace("_", "-")[:30])
    bucket = account.name
    one, other = (nodes.at(account, node).client() for node in nodes.nodes)
    one.create_bucket(Bucket=bucket)
    one.put_object(Bucket=bucket, Key="a", Body=b"first")
    for client in (one, other):
        assert client.get_object(Bucket=bucket, Key="a")["Body"].read() == b"first"
    return account, bucket, one, other


def refusal(ask, **words):
    with pytest.raises(ClientError) as refused:
        ask(**words)
    return refused.value.response["Error"]["Code"]


def test_a_key_revoked(nodes, clients):
    account, bucket, one, other = clients
    first, second = nodes.nodes
    first.run("access-key", "revoke", account.access_key_id, "--data", first.data)
    for client in (one, other):
        assert refusal(client.get_object, Bucket=bucket, Key="a") == "InvalidAccessKeyId"
        assert refusal(client.put_object, Bucket=bucket, Key="a", Body=b"late") == "InvalidAccessKeyId"
        assert refusal(client.list_objects_v2, Bucket=bucket) == "InvalidAccessKeyId"
    status = "SELECT count(*) FROM versions"
    before = nodes.rows(status)
    assert refusal(other.put_object, Bucket=bucket, Key="b", Body=b"late") == "InvalidAccessKeyId"
    assert nodes.rows(status) == before


def test_an_institution_suspended_and_resumed(nodes, clients):
    account, bucket, one, other = clients
    first, second = nodes.nodes
    first.run("institution", "suspend", account.name, "--data", first.data)
    assert refusal(other.get_object, Bucket=bucket, Key="a") == "InvalidAccessKeyId"
    second.run("institution", "resume", account.name, "--data", second.data)
    assert one.get_object(Bucket=bucket, Key="a")["Body"].read() == b"first"
    assert other.get_object(Bucket=bucket, Key="a")["Body"].read() == b"first"


def test_an_object_replaced_and_deleted(clients):
    _, bucket, one, other = clients
    for number in range(20):
        body = f"number {number}".encode()
        (one, other)[number % 2].put_object(Bucket=bucket, Key="a", Body=body)
        assert (other, one)[number % 2].get_object(Bucket=bucket, Key="a")["Body"].read() == body
    other.delete_object(Bucket=bucket, Key="a")
    assert refusal(one.get_object, Bucket=bucket, Key="a") == "NoSuchKey"


def test_a_bucket_changed_deleted_and_made_again(clients):
    _, bucket, one, other = clients
    one.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = other.put_object(Bucket=bucket, Key="a", Body=b"second")
    assert made["VersionId"] != "null"
    assert one.get_object(Bucket=bucket, Key="a")["VersionId"] == made["VersionId"]
    other.delete_object(Bucket=bucket, Key="a", VersionId=made["VersionId"])
    one.delete_object(Bucket=bucket, Key="a", VersionId="null")
    one.delete_bucket(Bucket=bucket)
    assert refusal(other.put_object, Bucket=bucket, Key="a", Body=b"late") == "NoSuchBucket"
    assert refusal(other.get_object, Bucket=bucket, Key="a") == "NoSuchBucket"
    other.create_bucket(Bucket=bucket)
    assert "VersionId" not in one.put_object(Bucket=bucket, Key="a", Body=b"third")
    assert other.get_object(Bucket=bucket, Key="a")["Body"].read() == b"third"
