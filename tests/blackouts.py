"""Power cuts under load: what was acknowledged before is there afterwards, and nothing is there by half.

A cut is tried in two ways. A *photograph* is what a cut now would leave, judged elsewhere, so that one load gives many; a
*cut* takes the power from the server itself, which then goes on with what is left.
"""

import pathlib
import shutil

from centre import Account, Centre
from disks import Disk
from traffic import BUCKET, VERBS, Traffic

# So that epochs close while the power goes.
QUICK = {"AMANA_EPOCH_BUSY_S": "0.1"}


def at(account, server):
    """The same account, asked at another server."""
    return Account(server, account.name, account.canonical_id, account.access_key_id, account.secret_access_key)


class Before:
    """What is known just before a cut: who was told what, and what else was asked for by the time it fell."""

    def __init__(self, traffic):
        self.receipt, self.acknowledged = traffic.receipt, traffic.acknowledged()
        self.allowed = None

    def fallen(self, traffic):
        self.allowed = traffic.allowed(self.acknowledged)
        return self


class CentreUnderLoad:
    """A data centre on a disk of ours from its first breath: its folder, keys and policy are made there too."""

    def __init__(self, folder, seed, verbs=VERBS):
        self.folder, self.seed = pathlib.Path(folder), seed
        self.folder.mkdir(parents=True, exist_ok=True)
        self.centre = Centre(self.folder / "centre")
        self.disk = Disk(self.centre, seed)
        self.centre.start(**QUICK)
        self.account = self.centre.institution("finances")
        self.account.client().create_bucket(Bucket=BUCKET)
        self.traffic = Traffic(self.account, seed, verbs)
        self.photographs = 0

    def judge(self, server, before):
        """Everything agrees: rows, contents, ledgers, receipts, and what the clients know."""
        server.check()
        server.start(**QUICK)
        self.traffic.assert_kept(at(self.account, server).client(), before.allowed)
        if before.receipt:
            server.receipt(before.receipt, self.folder / "receipt")

    def photograph(self, count, acts=3):
        """Cuts so many acts apart, all judged once the load is over."""
        taken = []
        self.traffic.start()
        for _ in range(count):
            self.traffic.wait(acts)
            before = Before(self.traffic)
            self.photographs += 1
            copy = Centre(self.folder / f"image-{self.photographs}")
            self.disk.photograph(self.seed * 1_000_000 + self.photographs, copy.data)
            taken.append((copy, before.fallen(self.traffic)))
        self.traffic.stop()
        for copy, before in taken:
            self._judge_photograph(copy, before)

    def _judge_photograph(self, copy, before):
        try:
            self.judge(copy, before)
        except BaseException as error:
            error.add_note(f"seed {self.seed}, {copy.data.name}; what the cut left is in {copy.data}")
            raise
        finally:
            copy.kill()
        shutil.rmtree(copy.data)
        copy.log_path.unlink()

    def cut(self, acts):
        """The same data centre goes on, on what the cut left."""
        self.traffic.start()
        self.traffic.wait(acts)
        before = Before(self.traffic)
        self.disk.cut()
        self.traffic.stop()
        self.judge(self.centre, before.fallen(self.traffic))
        self.traffic.settle(self.account.client())

    def close(self):
        self.disk.close()
