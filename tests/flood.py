"""Clients that are too many, too slow, or too talkative; memory and descriptors are bounded, and others are served."""

import pathlib
import resource
import socket
import threading

from centre import Centre, http_get, wait_until

# What a server may hold more than before, once whoever came is gone.
MOST_GROWTH_BYTES = 96 << 20
MOST_GROWTH_FILES = 16
# Requests on one connection that are sent before an answer is read.
AT_ONCE = 50
LINES = 8


class Watched:
    """A data centre of which memory and descriptors are known before a flood."""

    def __init__(self, folder):
        self.centre = Centre(pathlib.Path(folder) / "centre").start()
        self.account = self.centre.institution("finances")
        client = self.account.client()
        client.create_bucket(Bucket="kept")
        client.put_object(Bucket="kept", Key="k", Body=b"x")
        self.assert_served()
        self.memory, self.files = self.centre.rss_bytes(), self._files()

    def assert_served(self):
        """An honest client is served, now."""
        client = self.account.client(read_timeout=60)
        client.put_object(Bucket="kept", Key="honest", Body=b"honest")
        assert client.get_object(Bucket="kept", Key="honest")["Body"].read() == b"honest"

    def assert_bounded(self):
        """Memory and descriptors are near what they were."""
        few = lambda: self._files() <= self.files + MOST_GROWTH_FILES  # noqa: E731
        wait_until(few, f"descriptors are given back; {self.files} before, {self._files()} now")
        grown = self.centre.rss_bytes() - self.memory
        assert grown < MOST_GROWTH_BYTES, f"{grown >> 20} MiB more than before"
        self.centre.check()

    def _files(self):
        return len(list(pathlib.Path(f"/proc/{self.centre.process.pid}/fd").iterdir()))

    def connect(self, port=None):
        return socket.create_connection(("127.0.0.1", port or self.centre.s3_port), timeout=60)


def room_for(connections):
    """This process may hold so many sockets."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 256
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most))


def flood(folder, requests):
    """So many tiny requests, refused and answered, on a few lines at once."""
    watched = Watched(folder)
    try:
        request = f"HEAD /kept/k HTTP/1.1\r\nHost: 127.0.0.1:{watched.centre.s3_port}\r\n\r\n".encode()
        faults = []

        def line():
            try:
                _pipeline(watched, request, requests // LINES)
            except (OSError, AssertionError) as error:
                faults.append(error)

        threads = [threading.Thread(target=line) for _ in range(LINES)]
        for thread in threads:
            thread.start()
        watched.assert_served()
        for thread in threads:
            thread.join()
        assert not faults, faults
        watched.assert_served()
        watched.assert_bounded()
        assert http_get(f"{watched.centre.web_url}/healthz")[0] == 200
    finally:
        watched.centre.kill()


def _pipeline(watched, request, count):
    """Requests without a signature, each of which must be answered 403."""
    with watched.connect() as connection:
        answers = connection.makefile("rb")
        for first in range(0, count, AT_ONCE):
            batch = min(AT_ONCE, count - first)
            connection.sendall(request * batch)
            for _ in range(batch):
                status = answers.readline()
                assert status.startswith(b"HTTP/1.1 403"), status
                while answers.readline() != b"\r\n":
                    pass
