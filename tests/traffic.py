"""Clients that put, replace, delete and upload in parts, and that know afterwards what must be there.

Each key belongs to one worker, which does one thing at a time. Its states are numbered in the order in which they were
asked for: after a fault the key is in the last one acknowledged, or in one asked for since, and in nothing else.
"""

import hashlib
import random
import threading

from deposits import LARGE, LOST, SMALL, body_of

WORKERS = 3
KEYS = 12
# The least that a part before the last may have.
PART = 5 << 20
BUCKET = "traffic"
# What a worker does, the more often the more it is listed.
VERBS = ("small", "small", "small", "large", "delete", "part")
LONG_VERBS = (*VERBS, *VERBS, "parts")


class Key:
    """One key: every state that was asked for, `None` for absence, and the last that was acknowledged."""

    def __init__(self, name):
        self.name = name
        self.states = [None]
        self.acknowledged = 0

    def ask(self, etag):
        self.states.append(etag)
        return len(self.states) - 1


class Traffic:
    """The clients of one account. Everything that they do follows from the seed, but not how far they get."""

    def __init__(self, account, seed, verbs=VERBS, bucket=BUCKET):
        self.account, self.verbs, self.bucket = account, verbs, bucket
        self.lock = threading.Lock()
        self.moved = threading.Condition(self.lock)
        self.done = 0
        self.receipt = None
        self.refusals = []
        self.over = threading.Event()
        self.workers = [[Key(f"{worker}/{number}") for number in range(KEYS)] for worker in range(WORKERS)]
        self.randoms = [random.Random(f"{seed}/{worker}") for worker in range(WORKERS)]
        self.threads = []

    def start(self):
        """Lets the clients loose on a server that runs."""
        self.over.clear()
        self.threads = [threading.Thread(target=self._work, args=(worker,), daemon=True) for worker in range(WORKERS)]
        for thread in self.threads:
            thread.start()
        return self

    def wait(self, acts):
        """Until so many more acts are acknowledged."""
        with self.moved:
            enough = self.done + acts
            working = lambda: any(thread.is_alive() for thread in self.threads)  # noqa: E731
            assert self.moved.wait_for(lambda: self.done >= enough or not working(), 120), "two minutes without an act"
            assert self.done >= enough, f"the clients stopped: {self.refusals[-3:]}"

    def stop(self):
        """Waits for what is under way; a server that is gone ends it."""
        self.over.set()
        for thread in self.threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self.threads)

    def acknowledged(self):
        """The number of each key's last acknowledged state: what a cut from now on must not take away."""
        with self.lock:
            return {key.name: key.acknowledged for key in self._keys()}

    def allowed(self, since):
        """The states in which each key may be, when the cut fell after `since` and before now."""
        with self.lock:
            return {key.name: set(key.states[since[key.name] :]) for key in self._keys()}

    def assert_kept(self, client, allowed=None):
        """Every key is in a state in which it may be. What `amana check` says of contents is said there."""
        allowed = allowed or self.allowed(self.acknowledged())
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = {one["Key"]: one["ETag"] for page in pages for one in page.get("Contents", [])}
        assert set(found) <= set(allowed), "keys that nobody put"
        past = {key.name: key.states for key in self._keys()}
        for name, states in allowed.items():
            said = f"{name} is {found.get(name)}, and may be {states}; it was asked to be {past[name]}"
            assert found.get(name) in states, said

    def settle(self, client):
        """After a fault: what each key is now is what it is from now on. Uploads that nobody will complete go."""
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        found = {one["Key"]: one["ETag"] for page in pages for one in page.get("Contents", [])}
        for key in self._keys():
            key.states, key.acknowledged = [found.get(key.name)], 0
        for one in client.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []):
            client.abort_multipart_upload(Bucket=self.bucket, Key=one["Key"], UploadId=one["UploadId"])

    def _keys(self):
        return [key for keys in self.workers for key in keys]

    def _work(self, worker):
        client = self.account.client(read_timeout=30)
        draw = self.randoms[worker]
        while not self.over.is_set():
            key = draw.choice(self.workers[worker])
            verb = draw.choice(self.verbs)
            try:
                answer = self._do(client, key, verb, draw.randrange(1 << 60))
            except LOST as error:
                with self.moved:
                    self.refusals.append(error)
                    self.moved.notify_all()
                return
            with self.moved:
                key.acknowledged = answer
                self.done += 1
                self.moved.notify_all()
        with self.moved:
            self.moved.notify_all()

    def _do(self, client, key, verb, salt):
        """One act; returns the number of the state that it brought about."""
        where = {"Bucket": self.bucket, "Key": key.name}
        if verb == "delete":
            asked = self._ask(key, None)
            client.delete_object(**where)
        elif verb in ("part", "parts"):
            first = [body_of("part", PART)] if verb == "parts" else []
            asked = self._upload(client, key, where, [*first, body_of(f"{salt}", LARGE)])
        else:
            body = body_of(f"{salt}", {"small": SMALL, "large": LARGE}[verb])
            asked = self._ask(key, f'"{hashlib.md5(body).hexdigest()}"')
            answer = client.put_object(Body=body, **where)
            # What a gateway spools has no receipt yet.
            self.receipt = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amana-receipt", self.receipt)
        return asked

    def _ask(self, key, etag):
        with self.lock:
            return key.ask(etag)

    def _upload(self, client, key, where, bodies):
        digests = b"".join(hashlib.md5(body).digest() for body in bodies)
        upload = client.create_multipart_upload(**where)["UploadId"]
        parts = []
        for number, body in enumerate(bodies, 1):
            answer = client.upload_part(PartNumber=number, Body=body, UploadId=upload, **where)
            parts.append({"PartNumber": number, "ETag": answer["ETag"], "ChecksumCRC32": answer["ChecksumCRC32"]})
        asked = self._ask(key, f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"')
        client.complete_multipart_upload(MultipartUpload={"Parts": parts}, UploadId=upload, **where)
        return asked
