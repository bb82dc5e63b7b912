"""Deposits under way while something goes wrong, and what must be true of them afterwards."""

import hashlib
import http.client
import random
import threading

import botocore.exceptions

LOST = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, http.client.HTTPException, OSError)
SMALL = 300
LARGE = 200_000
WORKERS = 4


def body_of(key, size):
    """What every deposit of `key` holds, so that the key alone tells what must be read back."""
    return hashlib.shake_256(key.encode()).digest(size)


class Deposits:
    """Workers that put objects of both sizes, with fresh keys, until the server is gone or it is enough."""

    def __init__(self, account, bucket, seed, enough):
        self.account, self.bucket, self.enough = account, bucket, enough
        self.random = random.Random(seed)
        self.prefix = f"{seed}"
        self.tried = {}
        self.acknowledged = {}
        self.reached, self.over = threading.Event(), threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._work, args=(number,)) for number in range(WORKERS)]

    def until_enough(self, then):
        """Runs until `enough` deposits are acknowledged, calls `then` amid more of them, and waits for every worker."""
        for thread in self.threads:
            thread.start()
        assert self.reached.wait(120), f"only {len(self.acknowledged)} deposits in two minutes"
        then()
        self.over.set()
        for thread in self.threads:
            thread.join(120)
        assert not any(thread.is_alive() for thread in self.threads)

    def _work(self, worker):
        client = self.account.client(read_timeout=20)
        for number in range(100_000):
            if self.over.is_set():
                return
            key = f"{self.prefix}/{worker}/{number}"
            size = self.random.choice([SMALL, SMALL, SMALL, LARGE])
            with self.lock:
                self.tried[key] = size
            try:
                answer = client.put_object(Bucket=self.bucket, Key=key, Body=body_of(key, size))
            except LOST:
                return
            with self.lock:
                self.acknowledged[key] = answer["ResponseMetadata"]["HTTPHeaders"]["x-amana-receipt"]
                if len(self.acknowledged) >= self.enough:
                    self.reached.set()

    def assert_kept(self, client):
        """Every acknowledged deposit is there, every other is there whole or not at all, and the list agrees."""
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.prefix}/")
        listed = {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", [])}
        lost = sorted(set(self.acknowledged) - set(listed))
        assert not lost, f"acknowledged and lost: {lost}"
        assert set(listed) <= set(self.tried)
        for key, size in listed.items():
            assert size == self.tried[key]
            assert client.get_object(Bucket=self.bucket, Key=key)["Body"].read() == body_of(key, size), key
