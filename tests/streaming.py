"""One object larger than any memory it may take, sent and received piece by piece."""

import hashlib
import http.client

from signing import presigner

PIECE = hashlib.shake_256(b"piece").digest(1 << 20)


def _pieces(size):
    """The object, each piece told from the others by its number."""
    for number in range(size // len(PIECE)):
        yield number.to_bytes(8, "big") + PIECE[8:]


def _request(account, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", account.centre.s3_port, timeout=600)
    connection.request(method, presigner(account, 3600)(method, path), body=body, headers=headers or {})
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    return connection, answer


def make_bucket(account, bucket):
    connection, answer = _request(account, "PUT", f"/{bucket}")
    answer.read()
    connection.close()


def send(account, path, size):
    """Puts an object of `size` bytes, a whole number of pieces, and returns its SHA-256."""
    sent = hashlib.sha256()

    def counted():
        for piece in _pieces(size):
            sent.update(piece)
            yield piece

    connection, answer = _request(account, "PUT", path, counted(), {"Content-Length": str(size)})
    answer.read()
    connection.close()
    return sent.hexdigest()


def receive(account, path):
    """Gets an object and returns its SHA-256."""
    received = hashlib.sha256()
    connection, answer = _request(account, "GET", path)
    while piece := answer.read(len(PIECE)):
        received.update(piece)
    connection.close()
    return received.hexdigest()
