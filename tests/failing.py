"""One file call fails, by kind and number, and every client goes on: what must be true whichever it was.

The calls of one run without a fault are counted first; each of them can then be made to fail. The process may live on, be
killed right after, or lose its power.
"""

import hashlib
import pathlib
import random
import re
import shutil

from centre import Account, Centre, wait_until
from deposits import LARGE, LOST, SMALL, body_of
from disks import Disk

# How each kind of call fails on real disks.
WAYS = {
    "create": ("eio", "enospc"),
    "fsync": ("eio", "enospc"),
    "fsyncdir": ("eio",),
    "list": ("eio",),
    "mkdir": ("eio", "enospc"),
    "open": ("eio", "emfile"),
    "read": ("eio",),
    "rename": ("eio", "enospc"),
    "truncate": ("eio",),
    "unlink": ("eio",),
    "write": ("eio", "enospc", "short"),
}
AFTERWARDS = ("live", "kill", "cut")
# What names a failure for a person: the system's words, or the engine's.
NAMED = re.compile(r"os error (5|24|28)|disk I/O error|disk is full|unable to open|could not be read or written")
BUCKET = "kept"
STEPS = (
    ("small", "small"),
    ("large", "large"),
    ("large", "large"),
    ("delete", "small"),
    ("part", "part"),
    ("small", "small"),
    ("delete", "large"),
)


class Steps:
    """Clients that do one thing after the other, whatever fails, and what each key may be afterwards."""

    def __init__(self, before):
        self.allowed = {key: {etag} for key, etag in before.items()}
        self.refusals = []

    def take(self, client):
        for number, (verb, name) in enumerate(STEPS):
            body = body_of(f"{verb}-{number}", LARGE if verb in ("large", "part") else SMALL)
            etag = hashlib.md5(body).hexdigest()
            if verb == "part":
                etag = hashlib.md5(bytes.fromhex(etag)).hexdigest() + "-1"
            after = None if verb == "delete" else f'"{etag}"'
            before = self.allowed.setdefault(name, {None})
            try:
                self._step(client, verb, name, body)
                self.allowed[name] = {after}
            except LOST as error:
                self.refusals.append(str(error))
                self.allowed[name] = before | {after}
        return self

    def _step(self, client, verb, name, body):
        where = {"Bucket": BUCKET, "Key": name}
        if verb == "delete":
            client.delete_object(**where)
        elif verb == "part":
            upload = client.create_multipart_upload(**where)["UploadId"]
            part = client.upload_part(PartNumber=1, Body=body, UploadId=upload, **where)
            parts = [{"PartNumber": 1, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]}]
            client.complete_multipart_upload(MultipartUpload={"Parts": parts}, UploadId=upload, **where)
        else:
            client.put_object(Body=body, **where)


class Failing:
    """A data centre's folder, of which each case takes a copy."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        centre = Centre(self.folder / "model").start()
        self.account = centre.institution("finances")
        client = self.account.client()
        client.create_bucket(Bucket=BUCKET)
        client.put_object(Bucket=BUCKET, Key="before", Body=b"before")
        client.put_object(Bucket=BUCKET, Key="large before", Body=body_of("before", LARGE))
        self.before = {one["Key"]: one["ETag"] for one in client.list_objects_v2(Bucket=BUCKET)["Contents"]}
        centre.stop()
        self.model = centre
        self.number = 0

    def counted(self):
        """How many calls of each kind one run makes."""
        centre, disk = self._copy(0)
        try:
            centre.start()
            assert not Steps(self.before).take(self._account(centre).client()).refusals
            centre.stop()
            return disk.counts()
        finally:
            disk.close()

    def cases(self, seed, count=None):
        """Some of all cases, or all: kind, number, how, and what happens then."""
        counts = self.counted()
        every = [
            (kind, nth, how, then)
            for kind, ways in WAYS.items()
            for how in ways
            for nth in range(1, counts[kind] + 1)
            for then in AFTERWARDS
            if not (how == "short" and then != "live")
        ]
        if count is None:
            return every
        # A kind that is called a hundred times is no more dangerous than one that is called twice.
        draw = random.Random(seed)
        kinds = sorted(kind for kind in WAYS if counts[kind])
        return [draw.choice([case for case in every if case[0] == kinds[n % len(kinds)]]) for n in range(count)]

    def run(self, kind, nth, how, then, seed=0):
        """One case; says what became of the server: `died`, `refused` to start, or `lived`."""
        centre, disk = self._copy(seed)
        case = f"fail {kind} {nth} 1 {how} {then}, disk's seed {seed}; the server's log:\n"
        try:
            disk.fail(kind, nth, 1, how, then)
            outcome, steps = self._live(centre)
            struck = disk.struck()
            if struck and then == "live" and outcome != "lived":
                assert NAMED.search(centre.log()), "nothing says what failed"
            if struck and then == "live":
                self._assert_conduct(kind, how, outcome, steps)
            centre.kill()
            disk.say("mend")
            if then == "cut":
                disk.say("cut")
                disk.back()
            self._judge(centre, steps)
            return outcome
        except BaseException as error:
            error.add_note(case + centre.log()[-3000:])
            raise
        finally:
            disk.close()
            shutil.rmtree(centre.data)

    def _live(self, centre):
        steps = Steps(self.before)
        try:
            centre.start()
        except AssertionError:
            assert centre.process.poll() != 0, "it ended as if all were well"
            return "refused", steps
        steps.take(self._account(centre).client(read_timeout=20))
        # One that stops for a failed write first answers what it was asked.
        wait_until(lambda: centre.process.poll() is not None or centre.is_ready(), "it serves on, or ends")
        if centre.process.poll() is None:
            return "lived", steps
        assert centre.process.poll() != 0, "it ended as if all were well"
        return "died", steps

    def _assert_conduct(self, kind, how, outcome, steps):
        # SQLite syncs its folder and doesn't look at the answer; the store syncs it once more when it opens.
        if kind == "fsync" and how == "eio":
            assert outcome in ("died", "refused"), "a sync failed, and life went on"
        if how == "enospc" and kind == "write":
            assert outcome in ("lived", "refused"), "a full disk is no reason to end"
        if how == "short":
            assert outcome == "lived" and not steps.refusals, steps.refusals

    def _judge(self, centre, steps):
        centre.check()
        centre.start()
        client = self._account(centre).client()
        found = {one["Key"]: one["ETag"] for one in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])}
        assert set(found) <= set(steps.allowed)
        for key, states in steps.allowed.items():
            assert found.get(key) in states, f"{key} is {found.get(key)}, and may be {states}"
        client.put_object(Bucket=BUCKET, Key="after", Body=b"after")
        centre.check()

    def _copy(self, seed):
        self.number += 1
        centre = Centre(self.folder / f"copy-{self.number}")
        shutil.copytree(self.model.data, centre.data, ignore=shutil.ignore_patterns("amana.sock"))
        return centre, Disk(centre, seed)

    def _account(self, centre):
        one = self.account
        return Account(centre, one.name, one.canonical_id, one.access_key_id, one.secret_access_key)
