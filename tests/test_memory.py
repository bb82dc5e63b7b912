"""A large object passes through without being held; bench/memory.py does it with 5 GiB."""

from streaming import make_bucket, receive, send

OBJECT_BYTES = 1 << 30
MOST_RSS_BYTES = 200 << 20


def test_a_large_object_streams_through(new_centre):
    centre = new_centre()
    finances = centre.institution("finances")
    make_bucket(finances, "kept")
    sent = send(finances, "/kept/large", OBJECT_BYTES)
    assert centre.peak_rss_bytes() < MOST_RSS_BYTES
    assert receive(finances, "/kept/large") == sent
    assert centre.peak_rss_bytes() < MOST_RSS_BYTES
