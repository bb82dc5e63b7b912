"""A large object passes through without being held."""

import hashlib
import http.client
import urllib.parse

OBJECT_BYTES = 1 << 30
MOST_RSS_BYTES = 200 << 20
PIECE = hashlib.shake_256(b"piece").digest(1 << 20)


def pieces():
    """The object, each piece told from the others by its number."""
    for number in range(OBJECT_BYTES // len(PIECE)):
        yield number.to_bytes(8, "big") + PIECE[8:]


def test_a_large_object_streams_through(new_centre):
    centre = new_centre()
    client = centre.institution("finances").client()
    client.create_bucket(Bucket="kept")
    given = {"Bucket": "kept", "Key": "large"}

    sent = hashlib.sha256()

    def counted():
        for piece in pieces():
            sent.update(piece)
            yield piece

    url = urllib.parse.urlsplit(client.generate_presigned_url("put_object", given))
    connection = http.client.HTTPConnection(url.netloc, timeout=600)
    headers = {"Content-Length": str(OBJECT_BYTES)}
    connection.request("PUT", f"{url.path}?{url.query}", body=counted(), headers=headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    connection.close()
    assert centre.peak_rss_bytes() < MOST_RSS_BYTES

    received = hashlib.sha256()
    for piece in client.get_object(**given)["Body"].iter_chunks(1 << 20):
        received.update(piece)
    assert received.digest() == sent.digest()
    assert centre.peak_rss_bytes() < MOST_RSS_BYTES
