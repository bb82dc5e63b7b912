"""The server of sites beside nginx and Caddy: the same files, the server on one core and wrk on the other, each with its access log,
ours with its comparison of every file with what was signed. Rounds go round the servers, so that a machine that changes its mind
changes it for all."""

import argparse
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
FILES = {"1k.html": 1024, "100k.bin": 100 * 1024, "10m.bin": 10 * 1024 * 1024}
WORK = [
    ("1 KiB", "http", "1k.html", 64),
    ("1 KiB, TLS", "https", "1k.html", 64),
    ("100 KiB", "http", "100k.bin", 32),
    ("100 KiB, TLS", "https", "100k.bin", 32),
    ("10 MiB", "http", "10m.bin", 4),
    ("PHP by FastCGI", "http", "app/hello.php", 16),
]
FPM = """[global]
error_log = {root}/fpm.log
[app]
listen = {root}/fpm.sock
listen.backlog = 511
listen.mode = 0666
pm = static
pm.max_children = 4
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Served:
    """A server on core 0, in a folder of its own."""

    host = "localhost"

    def __init__(self, folder, root):
        self.folder, self.root = folder, root
        folder.mkdir()
        self.http, self.https = free_port(), free_port()
        words = ["taskset", "-c", "0", *self.command()]
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            try:
                socket.create_connection(("127.0.0.1", self.http)).close()
                socket.create_connection(("127.0.0.1", self.https)).close()
                return
            except OSError:
                time.sleep(0.05)
        raise SystemExit(f"{self.name} doesn't listen")

    def pids(self):
        """It and its children: nginx works in one."""
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        return [self.process.pid, *map(int, children)]

    def cpu_s(self):
        total = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) * TICK_S
        return total

    def rss_mib(self):
        total = 0
        for pid in self.pids():
            found = re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())
            total += int(found[1]) / 1024 if found else 0
        return total

    def end(self):
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()


class Ours(Served):
    name, hosts = "Amana", 1
    host = "plain.bench"

    def command(self):
        return [
            os.environ["BENCH_SITES"], self.root / "files", f"127.0.0.1:{self.http}", f"127.0.0.1:{self.https}",
            self.root / "cert.pem", self.root / "key.pem", self.folder / "access.log", str(self.hosts),
            self.root / "fpm.sock", self.root / "scripts",
        ]


class OursManyHosts(Ours):
    name, hosts = "Amana, 10,000 sites", 10_000


class Nginx(Served):
    name = "nginx"

    def command(self):
        config = self.folder / "nginx.conf"
        config.write_text(f"""
            daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/error.log;
            events {{ worker_connections 1024; }}
            http {{
              types {{ text/html html; }} default_type application/octet-stream;
              access_log {self.folder}/access.log combined buffer=64k flush=1s;
              sendfile on; tcp_nopush on; keepalive_requests 100000000;
              open_file_cache max=1000; open_file_cache_valid 60s;
              client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p; fastcgi_temp_path {self.folder}/f;
              uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;
              server {{ listen 127.0.0.1:{self.http}; listen 127.0.0.1:{self.https} ssl; root {self.root}/files;
                ssl_certificate {self.root}/cert.pem; ssl_certificate_key {self.root}/key.pem;
                location /app/ {{ root {self.root}/scripts; fastcgi_pass unix:{self.root}/fpm.sock; include /etc/nginx/fastcgi.conf; }} }}
            }}""")
        os.chmod(self.root, 0o755)
        return ["nginx", "-c", config, "-p", self.folder]


class Caddy(Served):
    name = "Caddy"

    def command(self):
        config = self.folder / "Caddyfile"
        config.write_text(f"""
            {{
              admin off
              auto_https off
              default_sni localhost
            }}
            http://:{self.http}, https://localhost:{self.https} {{
              root * {self.root}/files
              file_server
              log {{
                output file {self.folder}/access.log
              }}
            }}
            """.replace(f"http://:{self.http}, https://localhost:{self.https} {{", f"""
            :{self.http} {{
              handle /app/* {{
                root * {self.root}/scripts
                php_fastcgi unix/{self.root}/fpm.sock
              }}
              root * {self.root}/files
              file_server
              log {{
                output file {self.folder}/access.log
              }}
            }}
            https://localhost:{self.https} {{
              tls {self.root}/cert.pem {self.root}/key.pem"""))
        return ["env", f"HOME={self.folder}", "GOMAXPROCS=1", "caddy", "run", "--config", config, "--adapter", "caddyfile"]


def measured(server, scheme, name, connections, seconds):
    port = server.https if scheme == "https" else server.http
    words = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    if scheme == "http":
        words += ["-H", f"Host: {server.host}"]
    before = server.cpu_s()
    told = subprocess.run([*words, f"{scheme}://localhost:{port}/{name}"], capture_output=True, text=True).stdout
    cpu_s = server.cpu_s() - before
    requests = int(re.search(r"(\d+) requests in", told)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()
    p99_ms = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    if "Non-2xx" in told or "Socket errors" in told:
        print(f"{server.name}, {name}: {told}", file=sys.stderr)
    return rate, p99_ms, requests / cpu_s if cpu_s else 0


def prepared(root):
    (root / "files").mkdir()
    for name, size in FILES.items():
        (root / "files" / name).write_bytes(os.urandom(size))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", root / "key.pem", "-out", root / "cert.pem"],
        check=True, capture_output=True,
    )


def fpm(root):
    """PHP-FPM for all servers, on wrk's core: what is measured is the server before it."""
    (root / "scripts" / "app").mkdir(parents=True)
    (root / "scripts" / "app" / "hello.php").write_text('<?php header("Content-Type: text/plain"); echo str_repeat("x", 1024);')
    config = root / "fpm.conf"
    config.write_text(FPM.format(root=root) + ("user = root\ngroup = root\n" if os.geteuid() == 0 else ""))
    found = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))
    if not found:
        raise SystemExit("Debian's php-fpm is needed")
    words = ["taskset", "-c", "1", found[-1], "--nodaemonize", "--fpm-config", config]
    return subprocess.Popen([*words, *(["--allow-to-run-as-root"] if os.geteuid() == 0 else [])], stderr=subprocess.DEVNULL)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--without-caddy", action="store_true")
    given = parser.parse_args()
    kinds = [Ours, OursManyHosts, Nginx] + ([] if given.without_caddy else [Caddy])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        prepared(root)
        programs = fpm(root)
        servers = [kind(root / kind.__name__, root) for kind in kinds]
        try:
            found = {}
            for _ in range(given.rounds):
                for what, scheme, name, connections in WORK:
                    for server in servers:
                        got = measured(server, scheme, name, connections, given.seconds)
                        found.setdefault((what, server.name), []).append(got)
            report(servers, found)
        finally:
            for server in servers:
                server.end()
            programs.terminate()
            programs.wait()


def report(servers, found):
    print("| | server | requests/s | of nginx's | p99 ms | requests/CPU-s | of nginx's |\n|---|---|--:|--:|--:|--:|--:|")
    for what, *_ in WORK:
        middle = {
            server.name: [statistics.median(column) for column in zip(*found[what, server.name])] for server in servers
        }
        for server in servers:
            rate, p99_ms, per_cpu = middle[server.name]
            of_rate, of_cpu = rate / middle["nginx"][0], per_cpu / middle["nginx"][2]
            print(f"| {what} | {server.name} | {rate:,.0f} | {of_rate:.2f} | {p99_ms:.2f} | {per_cpu:,.0f} | {of_cpu:.2f} |")
    for server in servers:
        print(f"\n{server.name}: {server.rss_mib():.0f} MiB resident.")


if __name__ == "__main__":
    main()
