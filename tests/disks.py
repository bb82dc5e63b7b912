"""A disk of ours under a server's folder: what was not synced is lost when its power is cut, and its calls can fail.

`tests/powercut` is the program; each disk is mounted in a namespace of its own, so that nobody need be root and nothing is
left behind when a test is killed.
"""

import os
import pathlib
import signal
import subprocess

from centre import binary, die_with_parent

POWERCUT = "powercut"


def program():
    """The program of the disk, which cargo builds beside the binary under test, or beside the tests' own."""
    return os.environ.get("AMANA_POWERCUT", str(pathlib.Path(binary()).parent / POWERCUT))


class Disk:
    """What is in `server.data` becomes the content of a disk in the same place, seen by the server's commands alone."""

    def __init__(self, server, seed):
        self.server, self.seed = server, seed
        server.data.mkdir(parents=True, exist_ok=True)
        self.keeper = subprocess.Popen(
            ["unshare", "--user", "--map-root-user", "--mount", program(), str(server.data), str(seed)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=open(server.log_path, "ab"),
            text=True,
            preexec_fn=die_with_parent,
        )
        said = self.keeper.stdout.readline()
        assert said == "ready\n", f"no disk: {said!r}\n{server.log()}"
        server.prefix = ["nsenter", "--preserve-credentials", "--user", "--mount", "--target", str(self.keeper.pid)]

    def say(self, line):
        """One line to the program, and its answer."""
        self.keeper.stdin.write(line + "\n")
        self.keeper.stdin.flush()
        answer = self.keeper.stdout.readline().strip()
        assert answer and not answer.startswith("error"), f"{line}: {answer}"
        return answer

    def cut(self):
        """The power goes, for the disk and for the server; it comes back, for the disk."""
        self.say("cut")
        self.back()

    def back(self):
        """After a cut that a fault brought: the server is gone, and the disk is there again."""
        self.server.kill()
        self.say("power")

    def photograph(self, seed, folder):
        """What a cut now would leave, in a folder that is there for whoever wants to try it."""
        self.say(f"image {seed} {folder}")
        return pathlib.Path(folder)

    def fail(self, kind, nth=1, times=1, how="eio", then="live"):
        """The `nth` call of a kind from now fails."""
        self.say(f"fail {kind} {nth} {times} {how} {then}")

    def struck(self):
        """How many calls the last fault struck."""
        return int(self.say("struck"))

    def counts(self):
        """Calls so far, by kind."""
        return {kind: int(count) for kind, count in (pair.split("=") for pair in self.say("counts").split())}

    def close(self):
        """Kills the server, and the disk with everything on it."""
        self.server.kill()
        os.kill(self.keeper.pid, signal.SIGKILL)
        self.keeper.wait()
        for end in (self.keeper.stdin, self.keeper.stdout):
            end.close()
        self.server.prefix = []
