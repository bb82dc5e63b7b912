"""Asks PHP-FPM for one program over its socket, and prints what it answers: python3 fastcgi.py SOCKET SCRIPT."""

import socket
import struct
import sys


def record(kind, content):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), 0, 0) + content


def pair(name, value):
    return struct.pack(">BI", len(name), len(value) | 1 << 31) + name.encode() + value.encode()


def main():
    path, script = sys.argv[1:]
    params = {"REQUEST_METHOD": "GET", "SCRIPT_FILENAME": script, "SCRIPT_NAME": "/x.php", "REQUEST_URI": "/x.php", "SERVER_PROTOCOL": "HTTP/1.1"}
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        content = b"".join(pair(*one) for one in params.items())
        line.sendall(record(1, struct.pack(">HB5x", 1, 0)) + record(4, content) + record(4, b"") + record(5, b""))
        answer = line.makefile("rb")
        while True:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", answer.read(8))
            content = answer.read(length)
            answer.read(padding)
            if kind == 6:
                sys.stdout.write(content.decode())
            if kind == 3:
                return


if __name__ == "__main__":
    main()
