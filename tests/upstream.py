"""An application that speaks HTTP, for tests of what stands before it: it streams, echoes, dies and hangs as it is asked to."""

import base64
import hashlib
import http.server
import json
import threading


class Upstream:
    """On a free port. What it was asked for stands in `asked`; `go` lets go on what waits."""

    def __init__(self):
        self.asked, self.came, self.go, self.is_sick = [], [], threading.Event(), False
        upstream = self

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.body = self._read()
                path = self.path.split("?")[0]
                if path != "/health":
                    upstream.asked.append(f"{self.command} {self.path}")
                answer = {
                    "echo": self.echo, "stream": self.stream, "socket": self.socket, "hang": self.hang, "half": self.half,
                    "die": self.die, "sick": self.sick, "health": self.health,
                }.get(path.rsplit("/", 1)[-1], self.echo)
                answer()

            do_POST = do_HEAD = do_PUT = do_GET

            def _read(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                body = b""
                while size := int(self.rfile.readline(), 16):
                    part = self.rfile.read(size)
                    upstream.came.append(part)
                    body += part
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def send(self, status, body, *headers):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def echo(self):
                said = {"method": self.command, "target": self.path, "body": self.body.decode(), "headers": self.headers.items()}
                cookies = (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))
                self.send(200, json.dumps(said).encode(), *cookies, ("Amana-Snapshot", "deploy 9"), ("Keep-Alive", "timeout=9"))

            def stream(self):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"3\r\none\r\n")
                self.wfile.flush()
                upstream.go.wait(60)
                self.wfile.write(b"3\r\ntwo\r\n0\r\n\r\n")

            def socket(self):
                key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                self.send_response(101)
                self.send_header("Connection", "Upgrade")
                self.send_header("Upgrade", "websocket")
                self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
                self.end_headers()
                self.close_connection = True
                while data := self.connection.recv(1024):
                    self.connection.sendall(data)

            def hang(self):
                upstream.go.wait(60)
                self.close_connection = True

            def half(self):
                self.send_response(200)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"one")
                self.close_connection = True

            def die(self):
                self.close_connection = True

            def sick(self):
                self.send(503, b"maintenance")

            def health(self):
                self.send(503 if upstream.is_sick else 200, b"")

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            # Whoever lets go of an answer breaks it, as is meant.
            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        self.place = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.go.set()
        self.server.shutdown()
        self.server.server_close()
