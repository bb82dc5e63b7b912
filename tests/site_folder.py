"""What a folder answers, written a second time from the rules in docs/formats/site.md: the tests' own server."""

import http.server
import pathlib
import threading
import urllib.parse

TYPES = {
    ".css": "text/css; charset=utf-8", ".gif": "image/gif", ".html": "text/html; charset=utf-8", ".ico": "image/vnd.microsoft.icon",
    ".jpg": "image/jpeg", ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".pdf": "application/pdf",
    ".png": "image/png", ".svg": "image/svg+xml", ".ttf": "font/ttf", ".txt": "text/plain; charset=utf-8", ".woff": "font/woff",
    ".woff2": "font/woff2", ".xml": "application/xml", ".xsl": "application/octet-stream",
}
PLAIN = "!$&'()*+,;=:@/-._~"


def normalised(target):
    """An address in its one spelling."""
    path, _, query = target.partition("?")
    path = urllib.parse.quote(urllib.parse.unquote_to_bytes(path), safe=PLAIN) if "%2" not in path else path
    return path + ("?" + query if query else "")


class SiteFolder:
    """A folder, as a site answers it: `answer(target)` is (status, type or place, body)."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.files = {}
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and name not in ("_redirects", "_headers", "_addresses") and not name.startswith("_addresses.d/"):
                self.files["/" + urllib.parse.quote(name, safe=PLAIN)] = (path, TYPES.get(path.suffix, "application/octet-stream"))
        for line in self._lines("_addresses"):
            address, file, kind = line.split("\t")
            self.files[address] = (self.folder / file, kind)
        self.rules = {}
        for line in self._lines("_redirects"):
            source, *conditions, to, status = line.split(" ")
            assert status.endswith("!"), line
            self.rules.setdefault(source.rstrip("/"), []).append((sorted(conditions), to, int(status[:-1])))

    def _lines(self, name):
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    def answer(self, target):
        target = normalised(target)
        path, _, query = target.partition("?")
        if query and target in self.files:
            return self._file(200, target)
        ruled = self._ruled(target, path, query)
        if ruled:
            return ruled
        for address in (path, path + ("index.html" if path.endswith("/") else ".html")):
            if address in self.files:
                return self._file(200, address)
        if not path.endswith("/") and f"{path}/index.html" in self.files:
            return 301, f"{path}/" + (f"?{query}" if query else ""), b""
        return self._file(404, "/404.html")

    def _ruled(self, target, path, query):
        asked = sorted(pair if "=" in pair else f"{pair}=" for pair in query.split("&") if pair)
        for conditions, to, status in self.rules.get(path.rstrip("/"), []):
            if conditions and conditions != asked:
                continue
            if not conditions and query and "?" not in to:
                to += f"?{query}"
            if to != target:
                return status, to, b""
        return None

    def _file(self, status, address):
        path, kind = self.files[address]
        return status, kind, path.read_bytes()


class Server:
    """A folder on a free port, for browsers."""

    def __init__(self, folder):
        site = SiteFolder(folder)

        class Answers(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                status, said, body = site.answer(self.path)
                self.send_response(status)
                self.send_header("Location" if 300 <= status < 400 else "Content-Type", said)
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers:
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        lines = site._lines("_headers")
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if line.startswith(" ")]
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
