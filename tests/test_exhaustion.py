"""Too many clients, too slow or too talkative, and too few descriptors: others are served, and nothing stays behind."""

import contextlib
import http.client
import socket

import pytest

from centre import Centre, wait_until
from deposits import LOST
from flood import Watched, flood, room_for
from signing import presigner

REQUESTS = 20_000
SLOW = 1000
LARGE_BYTES = 32 << 20


@pytest.fixture
def watched(tmp_path):
    watched = Watched(tmp_path)
    yield watched
    watched.centre.kill()


def test_tiny_requests(tmp_path):
    flood(tmp_path, REQUESTS)


@contextlib.contextmanager
def slow(watched, count, given):
    """So many connections, each of which has sent `given` and will never send the rest."""
    room_for(count)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            held.enter_context(watched.connect()).sendall(given)
        yield


def test_slow_heads(watched):
    with slow(watched, SLOW, b"GET /kept/k HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "):
        watched.assert_served()
    watched.assert_bounded()


def test_slow_bodies(watched):
    target = presigner(watched.account, 600)("PUT", "/kept/slow")
    head = f"PUT {target} HTTP/1.1\r\nHost: 127.0.0.1:{watched.centre.s3_port}\r\nContent-Length: 100000\r\n\r\nx"
    with slow(watched, SLOW, head.encode()):
        watched.assert_served()
    watched.assert_bounded()
    assert not list((watched.centre.data / "blobs" / "tmp").iterdir())


def test_slow_readers(watched):
    client = watched.account.client()
    client.put_object(Bucket="kept", Key="large", Body=bytes(LARGE_BYTES))
    target = presigner(watched.account, 600)("GET", "/kept/large")
    head = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{watched.centre.s3_port}\r\n\r\n"
    with slow(watched, SLOW // 4, head.encode()):
        watched.assert_served()
    watched.assert_bounded()


def test_huge_heads(watched):
    for head in (
        b"GET / HTTP/1.1\r\nHost: h\r\nX-Huge: " + b"x" * (8 << 20) + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X-Many: x\r\n" * 100_000 + b"\r\n",
        b"GET /" + b"x" * (8 << 20) + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    ):
        for port in (watched.centre.s3_port, watched.centre.web_port):
            with watched.connect(port) as connection:
                assert refused(connection, head)
    watched.assert_served()
    watched.assert_bounded()


def refused(connection, head):
    """Whether a head is answered with an error, or the line cut amid it."""
    try:
        connection.sendall(head)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return 400 <= answer.status < 500
    except (OSError, http.client.HTTPException):
        return True


def test_no_descriptors_left(tmp_path):
    centre = Centre(tmp_path / "centre")
    # 34 are its own, 10 of them for the listeners of sites; as many are left to clients as before there were any.
    centre.prefix = ["prlimit", "--nofile=108:108"]
    centre.start()
    centre.prefix = []
    try:
        finances = centre.institution("finances")
        finances.client().create_bucket(Bucket="kept")
        finances.client().put_object(Bucket="kept", Key="before", Body=b"before")
        held = [socket.create_connection(("127.0.0.1", centre.s3_port), timeout=60) for _ in range(200)]
        # Whoever comes now may be refused, or wait; but nothing ends, and nothing acknowledged is lost.
        acknowledged = []
        for number in range(3):
            try:
                client = finances.client(read_timeout=3, connect_timeout=3)
                client.put_object(Bucket="kept", Key=f"amid-{number}", Body=bytes(100_000))
                acknowledged.append(f"amid-{number}")
            except LOST:
                pass
        for connection in held:
            connection.close()

        def served():
            try:
                finances.client(read_timeout=10).put_object(Bucket="kept", Key="after", Body=bytes(100_000))
                return True
            except LOST:
                return False

        wait_until(served, "descriptors are given back")
        assert centre.process.poll() is None, centre.log()
        listed = {one["Key"] for one in finances.client().list_objects_v2(Bucket="kept")["Contents"]}
        assert listed >= {"before", "after", *acknowledged}
        centre.check()
    finally:
        centre.kill()
