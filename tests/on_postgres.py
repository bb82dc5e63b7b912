"""Runs a command with a PostgreSQL that it may use: `on_postgres.py WORD…`; `AMANA_TEST_POSTGRES` tells it where."""

import os
import pathlib
import subprocess
import sys
import tempfile

import postgres


def main():
    # What these tests ask of the engine isn't whether a disk keeps its word.
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        cluster = postgres.Cluster(pathlib.Path(folder) / "server").make().start()
        try:
            cluster.database("suites")
            address = f"host=127.0.0.1 port={cluster.port} user={postgres.USER} dbname=suites"
            return subprocess.run(sys.argv[1:], env=os.environ | {"AMANA_TEST_POSTGRES": address}).returncode
        finally:
            cluster.remove()


if __name__ == "__main__":
    sys.exit(main())
