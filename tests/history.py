"""What many clients saw, and whether one register a key and one sequence a ledger can have shown it to them.

An operation has an instant at which it was asked, one at which it was answered, and an outcome. One whose answer is lost,
or says that something broke, may have happened at any time since, or never. A history is right if some order of what
happened, in which nothing comes before it was asked or after it was answered, explains every answer.
"""

import dataclasses
import hashlib
import itertools
import json
import random
import threading
import time

import botocore.exceptions

BUCKET = "history"
# Keys that are contended for at a time, and operations on each before others take their place: short histories are judged
# in no time.
KEYS_AT_ONCE = 4
OPERATIONS_A_KEY = 60
# What is asked how often.
VERBS = ("put", "put", "put if there", "put if there", "put if new", "get", "get", "get", "get", "delete", "delete if there")
# A history beyond it would not be judged in time: a fault of the test, which must ask less of each key.
MOST_STATES = 300_000
NEVER = float("inf")


@dataclasses.dataclass
class Operation:
    """One request. `value` is what was put or read, `wanted` the ETag that a condition named; `outcome` is one of "done",
    "refused" for a condition that didn't hold, "nothing" for a delete of nothing, and None while nobody knows."""

    key: str
    verb: str
    asked: float
    value: str = None
    wanted: str = None
    answered: float = NEVER
    outcome: str = None
    receipt: str = None
    server: str = None
    said: str = None


def step(state, operation):
    """The states in which the register may be after the operation had its outcome; none if that can't be."""
    verb, outcome = operation.verb, operation.outcome
    if verb == "get":
        return [state] if operation.value == state else []
    holds = {
        "put": True,
        "put if new": state is None,
        "put if there": state is not None and state == operation.wanted,
        "delete": state is not None,
        "delete if there": state is not None and state == operation.wanted,
    }[verb]
    after = operation.value if verb.startswith("put") else None
    if outcome is None or outcome == "done":
        return [after] if holds else []
    if outcome == "nothing" and verb.startswith("delete"):
        return [state] if state is None else []
    return [state] if outcome == "refused" and not holds else []


def explained(operations):
    """Whether one register explains what was seen of one key, beginning with nothing; the first answer that it doesn't, or
    None. An operation takes effect, at the latest, just before its answer."""
    known = [one for one in operations if one.outcome is not None or not one.verb == "get"]
    events = [(one.asked, 0, number) for number, one in enumerate(known)]
    events += [(one.answered, 1, number) for number, one in enumerate(known) if one.outcome is not None]
    # Each possibility: what the register holds, and which operations under way have not happened yet.
    possible = {(None, frozenset())}
    for _, answered, number in sorted(events):
        if not answered:
            possible = {(state, waiting | {number}) for state, waiting in possible}
            continue
        reached, front = set(possible), list(possible)
        while front:
            state, waiting = front.pop()
            if number not in waiting:
                continue
            for one in waiting:
                for after in step(state, known[one]):
                    found = (after, waiting - {one})
                    if found not in reached:
                        assert len(reached) < MOST_STATES, "too much happened to one key to be judged"
                        reached.add(found)
                        front.append(found)
        possible = {(state, waiting) for state, waiting in reached if number not in waiting}
        if not possible:
            return known[number]
    return None


def out_of_order(operations):
    """Two acts of one ledger of which the later one was asked for after the earlier one was answered, and yet stands before
    it; or two with one receipt."""
    by_ledger = {}
    for one in operations:
        if one.receipt:
            ledger, index = one.receipt.rsplit("/", 1)
            by_ledger.setdefault(ledger, []).append((int(index), one))
    for acts in by_ledger.values():
        acts.sort(key=lambda act: act[0])
        latest = None
        for (index, one), (before, other) in zip(acts[1:], acts, strict=False):
            if index == before:
                return other, one
            latest = other if latest is None or other.asked > latest.asked else latest
            if one.answered < latest.asked:
                return latest, one
    return None


def that_may_have_happened(operations, entries):
    """The operations without those of unknown outcome that no entry can be."""
    recorded = {f"{ledger}/{index}": (kind, key, etag) for ledger, index, kind, key, etag in entries}
    for one in operations:
        recorded.pop(one.receipt, None)
    puts = {(key, etag) for kind, key, etag in recorded.values() if kind == "object.put"}
    deleted = {key for kind, key, _ in recorded.values() if kind == "object.delete"}
    for one in operations:
        put = one.verb.startswith("put")
        if one.outcome is not None or ((one.key, one.value) in puts if put else one.key in deleted):
            yield one


class History:
    """Everything that was asked and answered."""

    def __init__(self):
        self.operations = []
        self._lock = threading.Lock()

    def note(self, operation):
        with self._lock:
            self.operations.append(operation)

    def judge(self, entries=None):
        """Fails with what nobody can explain. `entries`, as in `judge_entries`, say which of the acts whose answers were lost
        never happened: few are left to try in every order, and a read that saw one of the others is explained by nothing."""
        by_key = {}
        for one in self.operations if entries is None else that_may_have_happened(self.operations, entries):
            by_key.setdefault(one.key, []).append(one)
        for key, operations in by_key.items():
            wrong = explained(operations)
            if wrong is not None:
                seen = "\n".join(map(str, sorted(operations, key=lambda one: one.asked)))
                raise AssertionError(f"no order explains {wrong}\namong what was seen of {key}:\n{seen}")
        wrong = out_of_order(self.operations)
        assert wrong is None, f"a ledger has them in another order than they happened: {wrong}"

    def judge_entries(self, entries):
        """Every acknowledged act is the entry that its receipt names, and no act is in a ledger twice. `entries` are
        (ledger, index, kind, key, etag)."""
        there = {(ledger, index): (kind, key, etag) for ledger, index, kind, key, etag in entries}
        for one in self.operations:
            if one.receipt is None:
                continue
            ledger, index = one.receipt.rsplit("/", 1)
            kind = "object.put" if one.verb.startswith("put") else "object.delete"
            assert (ledger, int(index)) in there, f"acknowledged, and not in the ledger: {one}"
            found = there[(ledger, int(index))]
            assert found[:2] == (kind, one.key), f"another act stands where the receipt says: {found}, {one}"
            assert kind != "object.put" or found[2] == one.value, f"another content stands there: {found}, {one}"
        puts = [(key, etag) for kind, key, etag in there.values() if kind == "object.put"]
        twice = {put for put in puts if puts.count(put) > 1} if len(set(puts)) < len(puts) else None
        assert not twice, f"in the ledger twice: {twice}"
        asked = {(one.key, one.value) for one in self.operations if one.verb.startswith("put")}
        assert set(puts) <= asked, f"in the ledger, and asked for by nobody: {set(puts) - asked}"

    def counts(self):
        """How many operations there were, how many were acknowledged acts, and of how many nobody knows."""
        every = list(self.operations)
        acknowledged = sum(one.receipt is not None for one in every)
        return len(every), acknowledged, sum(one.outcome is None for one in every)


class Clients:
    """Threads that ask at random nodes, at once for the same keys. What they ask follows from the seed."""

    def __init__(self, clients_of, seed, threads=6):
        # `clients_of()` gives a boto3 client a server, of which each thread has its own.
        self.history = History()
        self.seed, self.clients_of = seed, clients_of
        self.over = threading.Event()
        self._numbers = itertools.count()
        self._asked = itertools.count()
        self._lock = threading.Lock()
        self._etags = {}
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(threads)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join(180)
        assert not any(thread.is_alive() for thread in self.threads)
        return self.history

    def acknowledged(self):
        return self.history.counts()[1]

    def wait(self, more, timeout_s=120):
        """Until so many more acts are acknowledged."""
        enough, deadline = self.acknowledged() + more, time.monotonic() + timeout_s
        while self.acknowledged() < enough:
            assert time.monotonic() < deadline, f"no {more} acts in {timeout_s} s: {self.last_refusals()}"
            time.sleep(0.05)

    def last_refusals(self):
        return [one.said for one in self.history.operations if one.said][-5:]

    def _key(self, draw):
        generation = next(self._asked) // (KEYS_AT_ONCE * OPERATIONS_A_KEY)
        return f"{generation}/{draw.randrange(KEYS_AT_ONCE)}"

    def _work(self, number):
        draw = random.Random(f"{self.seed}/{number}")
        clients = self.clients_of()
        while not self.over.is_set():
            key, verb = self._key(draw), draw.choice(VERBS)
            server = draw.choice(sorted(clients))
            operation = Operation(key, verb, 0.0, server=server)
            with self._lock:
                # What somebody saw lately: it is right often enough for conditions to hold, and to fail.
                operation.wanted = self._etags.get(key) if verb.endswith("if there") else None
            if verb.endswith("if there") and operation.wanted is None:
                operation.verb = verb = "get"
            body = f"{self.seed}/{next(self._numbers)}".encode()
            if verb.startswith("put"):
                operation.value = etag_of(body)
            operation.asked = time.monotonic()
            self._ask(clients[server], operation, body)
            if operation.outcome == "done" and operation.value:
                with self._lock:
                    self._etags[key] = operation.value
            self.history.note(operation)

    def _ask(self, client, operation, body):
        where = {"Bucket": BUCKET, "Key": operation.key}
        condition = {"IfMatch": operation.wanted} if operation.wanted else {}
        if operation.verb == "put if new":
            condition = {"IfNoneMatch": "*"}
        try:
            if operation.verb == "get":
                operation.value = etag_of(client.get_object(**where)["Body"].read())
                operation.outcome = "done"
            else:
                if operation.verb.startswith("put"):
                    answer = client.put_object(Body=body, **where, **condition)
                else:
                    answer = client.delete_object(**where, **condition)
                operation.receipt = answer["ResponseMetadata"]["HTTPHeaders"].get("x-amana-receipt")
                operation.outcome = "done" if operation.receipt else "nothing"
        except botocore.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            operation.said = f"{status} {error.response['Error'].get('Code')} {error.response['Error'].get('Message')}"
            if status == 404 and operation.verb == "get":
                operation.outcome, operation.value = "done", None
            elif status in (404, 412):
                operation.outcome = "refused"
            elif status < 500 and status != 409:
                raise AssertionError(f"an answer that nobody expects: {operation.said}: {error.response}") from error
        except (botocore.exceptions.BotoCoreError, OSError) as error:
            operation.said = repr(error)
        operation.answered = time.monotonic()


def etag_of(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


def entries_of(rows):
    """The acts on objects of all ledgers, from what `rows(sql)` says."""
    sql = """SELECT json_build_array(l.name, e.id & ((1::bigint << 40) - 1), convert_from(e.core, 'UTF8'),
                 convert_from(e.body, 'UTF8'))
             FROM entries e JOIN ledgers l ON l.id = e.id >> 40 WHERE e.id >> 40 > 0 AND e.body IS NOT NULL"""
    for line in rows(sql):
        ledger, index, core, body = json.loads(line)
        kind, body = json.loads(core)["kind"], json.loads(body)
        if kind in ("object.put", "object.delete") and body.get("bucket") == BUCKET:
            yield ledger, index, kind, body["key"], f'"{body["etag"]}"' if "etag" in body else None
