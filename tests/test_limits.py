"""Requests that are broken, endless or hostile are refused, at once and at little cost."""

import base64
import hashlib
import http.client
import socket

import pytest

from centre import http_get, wait_until
from expect import refused
from signing import presigner, signed_chunks

pytestmark = pytest.mark.both_fronts

MOST_GROWTH_BYTES = 64 << 20


def exchange(server, head, body=b""):
    """Sends bytes, closes the sending side, and returns the status and the text of what comes back."""
    with socket.create_connection(("127.0.0.1", server.s3_port), timeout=60) as connection:
        connection.sendall(head.encode() + body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


def request(method, target, headers):
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n"


def post(account, path, query, body):
    """Sends a signed XML document."""
    target = presigner(account, 600)("POST", path, query)
    digest = base64.b64encode(hashlib.md5(body).digest()).decode()
    headers = {"Content-Length": str(len(body)), "Content-MD5": digest, "Host": host(account)}
    return exchange(account.centre, request("POST", target, headers), body)


def host(account):
    return f"127.0.0.1:{account.centre.s3_port}"


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"not xml",
        b"<Delete>",
        b"<Delete><Object><Key>a</Key></Object>",
        b"<Other/>",
        b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><Delete><Object><Key>&b;</Key></Object></Delete>",
        b"<Delete>" + b"<Object>" * 50_000,
        b"\xff\xfe<Delete/>",
    ],
    ids=["nothing", "text", "open", "cut", "another", "entities", "deep", "bytes"],
)
def test_a_broken_document(finances, bucket, document):
    code, text = post(finances, f"/{bucket}", {"delete": ""}, document)
    assert code == 400, text
    assert b"<Code>" in text


def test_an_endless_document(finances, bucket):
    before = finances.centre.rss_bytes()
    body = b"<Delete>" + b"<Object><Key>a</Key></Object>" * 1_000_000 + b"</Delete>"
    try:
        code, _ = post(finances, f"/{bucket}", {"delete": ""}, body)
        assert code in (400, 413)
    except ConnectionError:
        pass  # Refused before all of it was sent, which is as good.
    assert finances.centre.rss_bytes() - before < MOST_GROWTH_BYTES


def test_an_empty_body_that_waits_to_be_asked_for(finances, bucket):
    # Nobody asks for nothing: the answer comes at once, and ends the connection, on which botocore would be lost.
    target = presigner(finances, 600)("PUT", f"/{bucket}/k")
    headers = {"Host": host(finances), "Content-Length": "0", "Expect": "100-continue"}
    with socket.create_connection(("127.0.0.1", finances.centre.s3_port), timeout=60) as connection:
        connection.sendall(request("PUT", target, headers).encode())
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        assert answer.status == 200 and answer.getheader("Connection") == "close"


def test_a_body_without_a_length(finances, bucket):
    target = presigner(finances, 600)("PUT", f"/{bucket}/k")
    code, text = exchange(finances.centre, request("PUT", target, {"Host": host(finances)}))
    assert code == 411 and b"MissingContentLength" in text


def test_a_body_that_is_too_long(finances, bucket):
    target = presigner(finances, 600)("PUT", f"/{bucket}/k")
    headers = {"Host": host(finances), "Content-Length": str((5 << 30) + 1), "Expect": "100-continue"}
    code, text = exchange(finances.centre, request("PUT", target, headers))
    assert code == 400 and b"EntityTooLarge" in text


@pytest.mark.parametrize("size", [1000, 3_000_000])
def test_a_deposit_broken_off_leaves_nothing(new_centre, size):
    centre = new_centre()
    finances = centre.institution("finances")
    client = finances.client()
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="k", Body=b"old")
    target = presigner(finances, 600)("PUT", "/kept/k")
    headers = {"Host": host(finances), "Content-Length": str(size + 1)}
    connection = socket.create_connection(("127.0.0.1", centre.s3_port), timeout=60)
    connection.sendall(request("PUT", target, headers).encode() + b"x" * size)
    connection.close()
    unfinished = centre.data / "blobs" / "tmp"
    wait_until(lambda: not list(unfinished.iterdir()), "what was broken off is removed")
    assert client.get_object(Bucket="kept", Key="k")["Body"].read() == b"old"
    centre.check()


def test_chunks_that_lie_about_their_length(finances, s3, bucket):
    for lie in (b"ffffffffffffffff", b"7fffffff", b"-1", b"zz", b""):
        headers, wire = signed_chunks(finances, f"/{bucket}/k", b"a" * 1000, chunks_signed=False, trailer="crc32")
        wire = lie + wire[wire.index(b"\r\n") :]
        headers["Content-Length"] = str(len(wire))
        code, text = exchange(finances.centre, request("PUT", f"/{bucket}/k", headers), wire)
        assert code == 400, text
    with refused("404", 404):
        s3.head_object(Bucket=bucket, Key="k")


def test_nonsense_in_the_request_line(server):
    for line in ("GET /%zz HTTP/1.1", "GET /a%00b HTTP/1.1", "GET /%ff%fe/k HTTP/1.1", f"GET /{'a' * 100_000} HTTP/1.1", "BREW / HTTP/1.1"):
        code, _ = exchange(server, f"{line}\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n")
        assert 400 <= code < 500, line
    assert server.is_ready()


def test_what_is_not_built_says_so(s3, bucket):
    for call in (
        lambda: s3.put_bucket_policy(Bucket=bucket, Policy="{}"),
        lambda: s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}),
        lambda: s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}),
        lambda: s3.put_bucket_acl(Bucket=bucket, ACL="public-read"),
    ):
        with refused({"NotImplemented", "AccessControlListNotSupported"}, {400, 501}):
            call()
    # Sealing by the server is a promise that it cannot keep: refused, not ignored.
    with refused({"NotImplemented", "InvalidArgument", "InvalidRequest"}, {400, 501}):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x", SSECustomerAlgorithm="AES256", SSECustomerKey=b"k" * 32)


def test_the_public_pages(centre):
    for path, code in (("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/policy", 200), ("/absent", 404)):
        assert http_get(f"{centre.web_url}{path}")[0] == code
