"""A binary with the feature `otel` hands its spans to a collector, which is a small one of our own.

    AMANA_BIN=target/debug/amana tests/endure/run traces

The spans are read from OTLP's protobuf by its field numbers alone (opentelemetry-proto, trace/v1/trace.proto).
"""

import http.server
import pathlib
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from centre import Centre, http_get, wait_until  # noqa: E402

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SECRET = "minister-of-nothing"


def fields(message):
    """Number and value of each field: bytes, or a number."""
    place = 0

    def varint():
        nonlocal place
        value = shift = 0
        while True:
            byte = message[place]
            place += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while place < len(message):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
            continue
        size = {1: 8, 5: 4}.get(key & 7)
        size = varint() if size is None else size
        yield key >> 3, message[place : place + size]
        place += size


def inside(message, *path):
    """The messages at the end of a path of field numbers."""
    if not path:
        return [message]
    return [found for number, value in fields(message) if number == path[0] for found in inside(value, *path[1:])]


def value(any_value):
    """What an AnyValue holds."""
    ((_, held),) = fields(any_value)
    return held.decode() if isinstance(held, bytes) else held


def attributes(message, number):
    pairs = [dict(fields(pair)) for pair in inside(message, number)]
    return {pair[1].decode(): value(pair[2]) for pair in pairs}


class Span:
    def __init__(self, message):
        found = dict(fields(message))
        self.name, self.trace, self.parent = found[5].decode(), found[1].hex(), found.get(4, b"").hex()
        self.told = attributes(message, 9)


class Collector(http.server.ThreadingHTTPServer):
    """Takes OTLP over HTTP, and keeps what it gets."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Taking)
        self.bodies = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def spans(self):
        return [Span(span) for body in list(self.bodies) for span in inside(body, 1, 2, 2)]

    def service(self):
        return {attributes(resource, 1).get("service.name") for body in self.bodies for resource in inside(body, 1, 1)}


class Taking(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        assert self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
        self.server.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def main():
    collector = Collector()
    with tempfile.TemporaryDirectory(prefix="amana-traces-") as folder:
        folder = pathlib.Path(folder)
        place = folder / "place"
        place.mkdir()
        (folder / "data").mkdir()
        mirror = f'[[mirror]]\nname = "usb"\nplace = "{place}"\noperator = true\n'
        (folder / "data" / "amana.toml").write_text(f'centre = "centre.test"\n{mirror}')
        centre = Centre(folder / "data")
        centre.start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY=200)
        try:
            account = centre.institution("finances")
            account.client().create_bucket(Bucket=SECRET)
            account.client().put_object(Bucket=SECRET, Key=SECRET, Body=b"x" * 100_000)
            centre.run("scrub", "--now", "--data", centre.data)
            headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
            _, told, _ = http_get(f"{centre.web_url}/receipts/finances/vault/0", headers)
            http_get(f"{centre.s3_url}/{SECRET}", headers)
            wanted = {"commit", "epoch", "mirror", "scrub", "PUT /{bucket}/{key}", "GET /{bucket}", "POST /v1/institutions"}
            wait_until(lambda: wanted <= {span.name for span in collector.spans()}, "spans of every kind")
            has = lambda: told["x-request-id"] in {span.told.get("amana.request_id") for span in collector.spans()}
            wait_until(has, "the span of that request")
            of_id = {span.told.get("amana.request_id"): span for span in collector.spans()}
            ours = of_id[told["x-request-id"]]
            assert (ours.trace, ours.parent) == (TRACE, PARENT), "it joins the trace of its client"
            assert ours.told["http.route"] == "/receipts/{owner}/{name}/{index}"
            assert ours.told["http.response.status_code"] == 404, ours.told
            assert any(span.trace == TRACE and span.told["amana.front"] == "s3" for span in of_id.values() if span.told)
            centre.stop()
        finally:
            centre.kill()
        assert collector.service() == {"amana"}
        taken = b"".join(collector.bodies)
        for secret in (SECRET, account.secret_access_key, account.access_key_id):
            assert secret.encode() not in taken, "a trace names nobody's files, and no secret"
        # Without an endpoint nothing is handed out, and the server runs as ever.
        before = len(collector.bodies)
        centre.start()
        centre.stop()
        assert len(collector.bodies) == before
    print(f"{len(collector.spans())} spans of {len({span.name for span in collector.spans()})} names came, and joined their client's trace")


if __name__ == "__main__":
    main()
