"""SIGKILL, again and again, amid whatever the clients are doing."""

import pathlib
import random

from blackouts import QUICK
from centre import Centre
from traffic import BUCKET, Traffic

# Everything is audited after so many kills; what the clients know, after each.
AUDIT_EVERY = 10
# Acts between a start and the kill: none, or some.
MOST_ACTS = 6


def kill_again(folder, seed, kills):
    """Kills a data centre so many times; what it acknowledged is there each time."""
    centre = Centre(pathlib.Path(folder) / "centre").start(**QUICK)
    try:
        account = centre.institution("finances")
        account.client().create_bucket(Bucket=BUCKET)
        traffic = Traffic(account, seed)
        draw = random.Random(seed)
        for number in range(kills):
            traffic.start()
            traffic.wait(draw.randrange(MOST_ACTS))
            centre.kill()
            traffic.stop()
            centre.start(**QUICK)
            client = account.client()
            traffic.assert_kept(client)
            traffic.settle(client)
            if number % AUDIT_EVERY == AUDIT_EVERY - 1:
                centre.check()
        centre.stop()
        centre.check()
    finally:
        centre.kill()
