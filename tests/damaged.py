"""Damage at a place drawn from a seed: it is named or refused, or it harms nothing. Never are wrong bytes given."""

import http.client
import pathlib
import random
import shutil
import sqlite3

import botocore.exceptions
import urllib3.exceptions

from centre import Account, Centre
from deposits import LARGE, SMALL, body_of

PAGE = 4096
BROKEN = (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, http.client.HTTPException)
BROKEN += (urllib3.exceptions.HTTPError, OSError)
BUCKET = "kept"
OBJECTS = 24


class Damaged:
    """A data centre's folder, of which each case damages a copy."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.model = Centre(self.folder / "model").start()
        self.account = self.model.institution("finances")
        client = self.account.client()
        client.create_bucket(Bucket=BUCKET)
        self.bodies = {f"k{n}": body_of(f"k{n}", LARGE if n % 8 == 0 else SMALL) for n in range(OBJECTS)}
        for key, body in self.bodies.items():
            client.put_object(Bucket=BUCKET, Key=key, Body=body)
        self.model.stop()
        # Otherwise the log has the newest of each page, and damage to the older ones harms nothing.
        with sqlite3.connect(self.model.data / "amana.db") as rows:
            rows.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows.close()

    def run(self, seed, cases):
        """So many damages; gives how many were named by the check, refused at the start, or harmless."""
        outcomes = {"named": 0, "refused": 0, "harmless": 0}
        for number in range(cases):
            draw = random.Random(f"{seed}/{number}")
            centre = Centre(self.folder / f"copy-{number}")
            shutil.copytree(self.model.data, centre.data, ignore=shutil.ignore_patterns("amana.sock"))
            where = damage(centre.data, draw)
            try:
                outcomes[self._judge(centre)] += 1
            except BaseException as error:
                error.add_note(f"seed {seed}, case {number}: {where}")
                raise
            finally:
                centre.kill()
            shutil.rmtree(centre.data)
        return outcomes

    def _judge(self, centre):
        said = centre.run("check", "--data", centre.data, code=None)
        assert said.returncode in (0, 1), f"the check ended with {said.returncode}\n{said.stderr}"
        named = said.returncode == 1
        assert not named or (said.stdout + said.stderr).strip(), "it failed without a word"
        try:
            centre.start()
        except AssertionError:
            assert centre.process.poll() is not None and centre.log().strip(), "it neither starts nor says why"
            assert "panicked" not in centre.log(), centre.log()
            return "refused"
        one = self.account
        account = Account(centre, one.name, one.canonical_id, one.access_key_id, one.secret_access_key)
        self._read(account.client(read_timeout=30), whole=not named)
        assert "panicked" not in centre.log(), centre.log()
        return "named" if named else "harmless"

    def _read(self, client, whole):
        for key, body in self.bodies.items():
            try:
                found = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            except BROKEN as error:
                assert not whole, f"the check found nothing, and {key} can't be read: {error}"
                continue
            assert found == body, f"{key}: wrong bytes were given"


def damage(data, draw):
    """Overwrites some bytes of a page of the rows, or of a blob; says where."""
    blobs = [file for file in (data / "blobs").rglob("*") if file.is_file()]
    file = draw.choice([data / "amana.db"] * 6 + sorted(blobs)[:1])
    page = draw.randrange(file.stat().st_size // PAGE)
    at = page * PAGE + draw.choice((0, draw.randrange(PAGE)))
    size = draw.choice((1, 16, 512, PAGE))
    with open(file, "r+b") as bytes_:
        bytes_.seek(at)
        before = bytes_.read(size)
        bytes_.seek(at)
        bytes_.write(draw.choice((bytes(len(before)), draw.randbytes(len(before)), bytes(byte ^ 1 for byte in before))))
    return f"{size} bytes of {file.name} at {at}"
