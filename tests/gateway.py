"""An institution's gateway: the real binary, with keys of its own, enrolled at a data centre of these tests.

The passphrase stands in a file, and the six words are read to the operator by this script.
"""

import contextlib
import hashlib
import json
import pathlib
import re

from centre import Account, Centre, Server, http_get, wait_until

PASSPHRASE = "six words that were drawn by dice"


class Gateway(Server):
    """One `amana gateway run` on the folder `data`."""

    words = ("gateway", "run")

    def __init__(self, centre, institution, data, custodians="1-of-1"):
        super().__init__(data)
        self.centre, self.institution, self.custodians = centre, institution, custodians
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.pages = self.data.parent / f"{self.data.name}.pages"
        passphrase = self.data.parent / f"{self.data.name}.passphrase"
        passphrase.touch(mode=0o600)
        passphrase.write_text(PASSPHRASE)
        self.environment = {"AMANA_PASSPHRASE_FILE": str(passphrase)}

    def enrol(self):
        """Makes the keys at home, and has the operator hear the six words. The institution is there already."""
        operator = ("--data", self.centre.data, "--json")
        code = json.loads(self.centre.run("enrolment", "issue", self.institution, *operator).stdout)["code"]
        published = hashlib.sha256(self.centre.policy.read_bytes()).hexdigest()
        init = ("gateway", "init", "--data", self.data, "--json", "--centre", self.centre.web_url)
        keys = ("--policy-sha256", published, "--custodians", self.custodians, "--pages", self.pages)
        words = json.loads(self.run(*init, *keys, "--code", code, "--no-wait").stdout)["words"]
        self.centre.run("enrolment", "confirm", self.institution, "--words", " ".join(words), *operator)
        self.run(*init)
        return self

    def account(self):
        """The institution, with one access key that only this gateway knows."""
        key = self.access_key(self.institution)
        return Account(self, self.institution, None, key["access_key_id"], key["secret_access_key"])

    def shares(self, count):
        """The text pages of that many custodians."""
        return sorted(self.pages.glob("*.txt"))[-count:]

    def spooled(self):
        """Acts that wait on its disks for the data centre."""
        metrics = http_get(f"{self.web_url}/metrics")[2].decode()
        return int(re.search(r"^\w*spooled_acts (\d+)$", metrics, re.MULTILINE).group(1))

    def resume(self):
        """Starts it whether the data centre is there or not: it answers, ready or not."""
        self.start(wait=False)
        wait_until(lambda: self.answers("/healthz") or self.process.poll() is not None, f"the gateway:\n{self.log()}")
        assert self.process.poll() is None, self.log()
        return self


def enrolled(centre, institution, data):
    """A new institution's gateway, running, and an account there."""
    centre.run("institution", "add", institution, "--data", centre.data, "--json")
    gateway = Gateway(centre, institution, data).enrol().start()
    return gateway, gateway.account()


@contextlib.contextmanager
def country(folder):
    """A data centre, and one institution's gateway with an account at it."""
    centre = Centre(pathlib.Path(folder) / "centre").start()
    running = []
    try:
        gateway, account = enrolled(centre, "finances", pathlib.Path(folder) / "gateway")
        running.append(gateway)
        yield centre, gateway, account
    finally:
        for server in [*running, centre]:
            server.kill()
