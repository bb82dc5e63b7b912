"""What the server holds in memory: idle, and while 5 GiB pass through."""

import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

from servers import Amana  # noqa: E402
from streaming import make_bucket, receive, send  # noqa: E402

OBJECT_BYTES = 5 << 30


def main():
    with tempfile.TemporaryDirectory(prefix="amana-bench-", dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        server = Amana(pathlib.Path(folder))
        print(f"idle: {server.rss_bytes() / 2**20:.1f} MiB")
        make_bucket(server.account, server.bucket)
        sent = send(server.account, f"/{server.bucket}/large", OBJECT_BYTES)
        print(f"peak while 5 GiB go in: {server.peak_rss_bytes() / 2**20:.1f} MiB")
        assert receive(server.account, f"/{server.bucket}/large") == sent
        print(f"peak after 5 GiB came out: {server.peak_rss_bytes() / 2**20:.1f} MiB")
        server.end()


if __name__ == "__main__":
    main()
