"""A PostgreSQL of the tests' own: a cluster in a temporary folder, on a free port, that syncs as a real one does.

Its server refuses to run as root, so that root hands it to the user that Debian's package made.
"""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess

from centre import die_with_parent, free_port, surroundings, wait_until

USER = "amana"


def binaries():
    """The folder of the newest server that is installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    assert found, "no PostgreSQL is installed: ./test installs it"
    return found[-1].parent


class Cluster:
    """One server and its databases."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = free_port()
        self.process = None
        self.owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else None

    def _as_owner(self):
        die_with_parent()
        if self.owner:
            os.setgroups([])
            os.setgid(self.owner.pw_gid)
            os.setuid(self.owner.pw_uid)
            # The signal of the parent's end is lost with another user.
            die_with_parent()

    def _popen(self, *words, **more):
        return subprocess.Popen(
            [str(word) for word in words], cwd="/", env=surroundings(), stdin=subprocess.DEVNULL, preexec_fn=self._as_owner, **more
        )

    def make(self):
        """Makes the cluster; whoever connects from this machine is believed."""
        self.folder.mkdir(parents=True)
        if self.owner:
            # pytest's folders are closed to others.
            for above in [self.folder, *self.folder.parents]:
                if above.stat().st_uid == 0 and above.stat().st_mode & 0o011 != 0o011 and above != pathlib.Path("/"):
                    above.chmod(above.stat().st_mode | 0o011)
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        done = self._popen(
            binaries() / "initdb", "-D", self.data, "-A", "trust", "-U", USER, "--locale=C.UTF-8", "--no-instructions",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        said, _ = done.communicate(timeout=120)
        assert done.returncode == 0, said
        return self

    @property
    def data(self):
        return self.folder / "cluster"

    def start(self, **settings):
        """Starts the server, and waits until it answers."""
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "max_connections": 200} | settings
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder.parent / f"{self.folder.name}.log", "ab") as log:
            self.process = self._popen(binaries() / "postgres", "-D", self.data, *words, stdout=log, stderr=log)
        wait_until(self.answers, "PostgreSQL answers")
        return self

    def answers(self):
        ready = [str(binaries() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(ready, timeout=30).returncode == 0

    def database(self, name):
        """Makes a database; its address, as `amana.toml` takes it."""
        self.query(f'CREATE DATABASE "{name}"', database="postgres")
        return f"postgres://{USER}@127.0.0.1:{self.port}/{name}"

    def query(self, sql, database):
        """What a statement says, a row a line."""
        words = [str(binaries() / "psql"), "-X", "-q", "-A", "-t", "-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        done = subprocess.run([*words, "-c", sql, database], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def stop(self, how=signal.SIGINT):
        """Ends it: SIGINT asks sessions to go, SIGQUIT ends it as a crash does."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(60)

    def remove(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
