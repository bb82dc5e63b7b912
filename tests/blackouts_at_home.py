"""Power cuts at an institution: of its gateway, with the data centre in reach or not, and of a witness."""

import json
import pathlib
import shutil
import subprocess

from blackouts import QUICK, Before, at
from centre import Centre, Server, binary, die_with_parent, free_port, http_get, surroundings, wait_until
from disks import Disk
from gateway import Gateway
from traffic import BUCKET, VERBS, Traffic

# What a gateway takes while the data centre is away: nothing that must be decided there.
OFFLINE_VERBS = ("small", "small", "large", "delete")


class GatewayUnderLoad:
    """A gateway on a disk of ours from its enrolment on, its spool too, and a data centre on an ordinary one."""

    def __init__(self, folder, seed):
        self.folder, self.seed = pathlib.Path(folder), seed
        self.folder.mkdir(parents=True, exist_ok=True)
        self.centre = Centre(self.folder / "centre").start(**QUICK)
        self.centre.run("institution", "add", "finances", "--data", self.centre.data, "--json")
        self.gateway = Gateway(self.centre, "finances", self.folder / "gateway")
        self.gateway.environment |= self._surroundings(self.gateway)
        self.disk = Disk(self.gateway, seed)
        self.gateway.enrol().start()
        self.account = self.gateway.account()
        for bucket in (BUCKET, "other"):
            self.account.client().create_bucket(Bucket=bucket)
        self.traffic = Traffic(self.account, seed)
        self.photographs = 0

    @staticmethod
    def _surroundings(gateway):
        spool = {"AMANA_SPOOL": str(gateway.data / "spool"), "AMANA_ACCEPT_SINGLE_COPY": "true"}
        return spool | {"AMANA_WITNESS_EVERY_S": "0.2", "AMANA_FOLLOW_EVERY_S": "0.2"}

    def cut(self, acts):
        """The gateway loses power while the data centre is there; what it acknowledged is recorded."""
        self.gateway_at_work(VERBS, acts)
        self.disk.cut()
        self.traffic.stop()
        self.gateway.start()
        self.assert_kept(self.gateway, self.centre)

    def cut_offline(self, acts):
        """The gateway loses power while the data centre is away; what it acknowledged was on its own disk alone."""
        self.go_offline()
        self.gateway_at_work(OFFLINE_VERBS, acts)
        self.disk.cut()
        self.traffic.stop()
        self.gateway.resume()
        self.centre.start(**QUICK)
        self.assert_kept(self.gateway, self.centre)

    def photograph_offline(self, count, acts=4):
        """Cuts while the data centre is away, each judged with a copy of that data centre."""
        self.go_offline()
        self.traffic.verbs = OFFLINE_VERBS
        self.traffic.start()
        taken = []
        for _ in range(count):
            self.traffic.wait(acts)
            before = Before(self.traffic)
            self.photographs += 1
            copy = Gateway(None, "finances", self.folder / f"image-{self.photographs}")
            copy.environment |= self._surroundings(copy)
            self.disk.photograph(self.seed * 1_000_000 + self.photographs, copy.data)
            taken.append((copy, before.fallen(self.traffic)))
        self.traffic.stop()
        self.gateway.kill()
        for copy, before in taken:
            self._judge_photograph(copy, before)
        self.gateway.resume()
        self.centre.start(**QUICK)
        self.assert_kept(self.gateway, self.centre)

    def go_offline(self):
        """The data centre goes away, and the first change after it tells the gateway so."""
        self.centre.kill()
        self.account.client().put_object(Bucket="other", Key="notice", Body=b"notice")
        assert self.gateway.spooled()

    def gateway_at_work(self, verbs, acts):
        self.traffic.verbs = verbs
        self.traffic.start()
        self.traffic.wait(acts)

    def assert_kept(self, gateway, centre, allowed=None):
        idle = lambda: gateway.is_ready() and not gateway.spooled()  # noqa: E731
        wait_until(idle, f"the gateway has recorded its spool:\n{gateway.log()[-2000:]}")
        client = at(self.account, gateway).client()
        self.traffic.assert_kept(client, allowed)
        centre.check()
        if allowed is None:
            self.traffic.settle(client)

    def _judge_photograph(self, copy, before):
        centre = Centre(self.folder / "centre-copy")
        shutil.copytree(self.centre.data, centre.data, ignore=shutil.ignore_patterns("amana.sock"))
        centre.web_port, centre.s3_port = self.centre.web_port, self.centre.s3_port
        try:
            copy.resume()
            centre.start(**QUICK)
            self.assert_kept(copy, centre, before.allowed)
        except BaseException as error:
            error.add_note(f"seed {self.seed}, {copy.data.name}; what the cut left is in {copy.data}")
            raise
        finally:
            copy.kill()
            centre.kill()
        for one in (copy, centre):
            shutil.rmtree(one.data)

    def close(self):
        self.disk.close()
        self.centre.kill()


class WitnessUnderLoad:
    """A witness on a disk of ours, of a data centre that is never still."""

    def __init__(self, folder, seed):
        self.folder, self.seed = pathlib.Path(folder), seed
        self.folder.mkdir(parents=True, exist_ok=True)
        self.centre = Centre(self.folder / "centre").start(**QUICK)
        self.witness = Witness(self.folder / "witness", self.centre, self.folder / "gazette")
        self.disk = Disk(self.witness, seed)
        self.key = self.witness.make_key()
        operator = ("--data", self.centre.data)
        self.centre.run("policy", "witness", "add", "court", self.key, *operator)
        shutil.copy(self.centre.policy, self.folder / "gazette")
        self.account = self.centre.institution("finances")
        self.account.client().create_bucket(Bucket=BUCKET)
        self.traffic = Traffic(self.account, seed, ("small",))
        self.witness.start()
        self.photographs = 0

    def cosigned(self):
        """The largest head of the national log that this witness has vouched for, as the data centre can show."""
        lines = json.loads(http_get(f"{self.centre.web_url}/national/cosignatures")[2])
        return max((one["size"] for one in lines), default=0)

    def photograph(self, count):
        """Each cut leaves a memory that is no older than what was vouched for, and that a witness starts with."""
        self.traffic.start()
        for _ in range(count):
            known = self.cosigned()
            wait_until(lambda: self.cosigned() > known, f"the witness goes on:\n{self.witness.log()[-2000:]}")
            shown = self.cosigned()
            self.photographs += 1
            copy = Witness(self.folder / f"image-{self.photographs}", self.centre, self.folder / "gazette")
            self.disk.photograph(self.seed * 1_000_000 + self.photographs, copy.data)
            assert copy.remembers() >= shown, f"seed {self.seed}: {copy.data} forgot what it vouched for, {shown}"
            copy.visit()
        self.traffic.stop()

    def cut(self):
        """The same witness goes on, and nobody calls it a liar."""
        self.traffic.start()
        known = self.cosigned()
        wait_until(lambda: self.cosigned() > known, f"the witness goes on:\n{self.witness.log()[-2000:]}")
        self.disk.cut()
        self.witness.start()
        known = self.cosigned()
        wait_until(lambda: self.cosigned() > known, f"the witness goes on:\n{self.witness.log()[-2000:]}")
        self.traffic.stop()

    def close(self):
        self.disk.close()
        self.centre.kill()


class Witness(Server):
    """One `amana witness` on the folder `data`, which visits all the time."""

    def __init__(self, data, centre, policy):
        super().__init__(data)
        self.centre, self.policy = centre, policy

    def make_key(self):
        words = ("witness", "key", "--data", self.data, "--name", "court.example/witness", "--json")
        return json.loads(self.run(*words).stdout)["vkey"]

    def visit(self):
        """One visit, until nothing is left to cosign and nothing was refused."""
        self.run(*self._words(), "--once")

    def _words(self):
        where = ("--data", self.data, "--centre", self.centre.web_url, "--policy", self.policy)
        return ["witness", *where, "--every", "100ms", "--listen", f"127.0.0.1:{free_port()}"]

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, binary(), *map(str, self._words())],
                env=surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        return self

    def remembers(self):
        """The head of the national log that is on its disk."""
        sizes = [0]
        for file in (self.data / "logs").glob("*.json"):
            log = json.loads(file.read_text())
            if "/national+" in log["log"] and log["checkpoint"]:
                sizes.append(int(log["checkpoint"].splitlines()[1]))
        return max(sizes)
