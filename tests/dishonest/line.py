"""The line between a gateway, or a witness, and the data centre: whoever sits on it reads and rewrites everything.

A *lie* is a function of a request and of `ask`, which puts the request to the data centre. It returns an `Answer`; or an
iterator of bytes, which are sent as they are for as long as the other side takes them.
"""

import dataclasses
import http.client
import http.server
import threading

READ_TIMEOUT_S = 120
# Of headers, those that belong to one hop.
HOP = {"connection", "transfer-encoding", "keep-alive", "te", "trailer", "upgrade", "content-length"}


@dataclasses.dataclass
class Request:
    """What a gateway asks."""

    method: str
    path: str
    headers: list
    body: bytes


@dataclasses.dataclass
class Answer:
    """What it is told."""

    status: int
    headers: list
    body: bytes

    def with_body(self, body, status=None):
        kept = [(name, value) for name, value in self.headers if name.lower() not in ("content-length",)]
        return Answer(self.status if status is None else status, kept, body)


def plain(body, content_type="application/json", status=200):
    """An answer of one's own."""
    return Answer(status, [("content-type", content_type)], body)


class Line:
    """A proxy of one client."""

    def __init__(self, port):
        """In front of the data centre on that port of this machine."""
        self.port = port
        self.lie = None
        self.requests = []
        self.bytes_seen = bytearray()
        self._lock = threading.Lock()
        line = self

        class Hop(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def serve(self):
                line._serve(self)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = serve

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                # A client that hangs up on a lie is what is hoped for.
                pass

        self._server = Server(("127.0.0.1", 0), Hop)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method, under):
        """The requests of that method under a path."""
        with self._lock:
            return [one for one in self.requests if one.method == method and one.path.startswith(under)]

    def _serve(self, hop):
        request = Request(hop.command, hop.path, list(hop.headers.items()), _body_of(hop))
        with self._lock:
            self.requests.append(request)
            self.bytes_seen += repr((request.method, request.path, request.headers)).encode() + request.body
        lie = self.lie
        try:
            answer = lie(request, self._ask) if lie else self._ask(request)
        except OSError:
            answer = plain(b"", status=502)
        if not isinstance(answer, Answer):
            hop.close_connection = True
            for piece in answer:
                hop.connection.sendall(piece)
            return
        with self._lock:
            self.bytes_seen += repr(answer.headers).encode() + answer.body
        hop.send_response_only(answer.status)
        for name, value in answer.headers:
            if name.lower() not in HOP:
                hop.send_header(name, value)
        length = dict((name.lower(), value) for name, value in answer.headers).get("content-length")
        # The length of what a HEAD speaks of is not that of its answer.
        hop.send_header("Content-Length", length if request.method == "HEAD" and length else str(len(answer.body)))
        hop.end_headers()
        hop.wfile.write(answer.body)

    def _ask(self, request):
        """The true data centre's answer."""
        asked = http.client.HTTPConnection("127.0.0.1", self.port, timeout=READ_TIMEOUT_S)
        headers = {name: value for name, value in request.headers if name.lower() not in HOP}
        asked.request(request.method, request.path, request.body or None, headers)
        answer = asked.getresponse()
        told = Answer(answer.status, answer.getheaders(), answer.read())
        asked.close()
        return told


def _body_of(hop):
    if "chunked" in hop.headers.get("Transfer-Encoding", ""):
        body = b""
        while size := int(hop.rfile.readline().split(b";")[0], 16):
            body += hop.rfile.read(size)
            hop.rfile.readline()
        while hop.rfile.readline().strip():
            pass
        return body
    return hop.rfile.read(int(hop.headers.get("Content-Length", 0)))
