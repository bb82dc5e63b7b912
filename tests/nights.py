"""An office that is backed up every night by restic, through a gateway into a sealed bucket, while the power fails.

Everything is drawn from one seed: what changes by day, whose power is cut by night, and how long after the beginning.
"""

import hashlib
import json
import pathlib
import random
import subprocess
import sys

from centre import die_with_parent
from programs import run

FILES = 24
PATIENCE_S = 600
# Who loses power: a data centre, a ministry with its gateway and with or without the machine that is backed up.
CUTS = (("gateway",), ("centre",), ("gateway", "centre"), ("gateway", "restic"))
# A night's backup takes about so long, within which the cut falls; darkness lasts at most so long.
NIGHT_S, DARK_S = 3.0, 1.0
BUCKET = "nights"


class Office:
    """A folder that changes by day, its repository, and what each night's snapshot must hold."""

    def __init__(self, centre, gateway, account, folder, seed):
        self.servers = {"centre": centre, "gateway": gateway}
        self.folder = pathlib.Path(folder)
        self.desk = self.folder / "desk"
        self.desk.mkdir(parents=True)
        self.random = random.Random(seed)
        self.environment = account.environment(self.folder) | {
            "RESTIC_REPOSITORY": f"s3:{gateway.s3_url}/{BUCKET}",
            "RESTIC_PASSWORD": "of this office alone",
            "RESTIC_CACHE_DIR": str(self.folder / "cache"),
        }
        self.held = {}
        self.interrupted = 0
        self.made = 0

    def live(self, nights, cut_every=2):
        """Lets days and nights pass; every so many nights the power is cut, and each week the repository is pruned."""
        self.restic("init")
        for number in range(FILES):
            self._write(f"file-{number}", self.random.choice((300, 40_000, 1_500_000)))
        for night in range(nights):
            self._day()
            time = f"2026-{1 + night // 28:02}-{1 + night % 28:02} 22:00:00"
            self.night(["backup", "desk", "--time", time], cut=night % cut_every == 0)
            self.held[self._newest()] = digest(self.desk)
            if night % 7 == 6:
                self.night(["forget", "--keep-daily", "5", "--keep-weekly", "4", "--prune"], cut=True)
                listed = self._snapshots()
                assert set(list(self.held)[-5:]) <= set(listed), "a snapshot was lost"
                self.held = {one: self.held[one] for one in listed}
            print(f"night {night + 1}: {len(self.held)} snapshots, {self.interrupted} interrupted", file=sys.stderr)

    def judge(self):
        """The repository is whole, and every snapshot is what the office was that day."""
        assert set(self._snapshots()) == set(self.held)
        self.restic("check", "--read-data")
        for number, (snapshot, expected) in enumerate(self.held.items()):
            target = self.folder / f"restored-{number}"
            self.restic("restore", snapshot, "--target", target)
            assert digest(target / "desk") == expected, f"snapshot {snapshot} is not what it was"
        self.servers["centre"].check()

    def restic(self, *words):
        return run(["restic", *words], self.environment, folder=self.folder)

    def night(self, words, cut):
        """One command, cut or not; if it fails it is run again, as an office does the next morning."""
        for tried in range(3):
            log = self.folder / "restic.log"
            with open(log, "ab") as out:
                process = subprocess.Popen(
                    ["restic", *words],
                    env=self.environment,
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    preexec_fn=die_with_parent,
                )
            if cut and tried == 0:
                self._cut(process)
            if process.wait(PATIENCE_S) == 0:
                return
            self.interrupted += 1
            self.restic("unlock", "--remove-all")
        raise AssertionError(f"restic {words} fails without any cut:\n{log.read_text()[-4000:]}")

    def _cut(self, process):
        """Cuts somebody's power at some instant, and gives it back a little later."""
        victims = self.random.choice(CUTS)
        _passes(process, self.random.uniform(0, NIGHT_S))
        for victim in victims:
            self.servers[victim].kill() if victim in self.servers else process.kill()
        _passes(process, self.random.uniform(0, DARK_S))
        # The gateway after the data centre, as the order of the names has it.
        for victim in sorted(victims):
            if victim in self.servers:
                self.servers[victim].start()

    def _day(self):
        """People write, change, rename and throw away."""
        there = sorted(self.desk.iterdir())
        for path in self.random.sample(there, 3):
            content = bytearray(path.read_bytes())
            at = self.random.randrange(len(content))
            content[at : at + 100] = self.random.randbytes(100)
            path.write_bytes(content)
        thrown, renamed = self.random.sample(there, 2)
        thrown.unlink()
        renamed.rename(self.desk / f"renamed-{self.made}")
        for size in (self.random.choice((200, 20_000)), self.random.choice((90_000, 2_500_000))):
            self._write(f"new-{self.made}", size)

    def _write(self, name, size):
        self.made += 1
        (self.desk / name).write_bytes(self.random.randbytes(size))

    def _snapshots(self):
        """Ids, the oldest first."""
        listed = json.loads(self.restic("snapshots", "--json"))
        return [one["id"] for one in sorted(listed, key=lambda one: one["time"])]

    def _newest(self):
        return self._snapshots()[-1]


def _passes(process, seconds):
    """Lets time pass, or the process end."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def digest(folder):
    """One digest of every name and every byte below a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return whole.hexdigest()
