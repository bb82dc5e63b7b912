"""Several nodes of one data centre: `amana serve` so many times, on one PostgreSQL, each over a line that can be cut.

The database is a cluster of the test's own, if asked with a replica that every commit waits for.
"""

import os
import pathlib
import shutil
import signal
import subprocess

import history
import postgres
from centre import ROOT, Account, Centre, die_with_parent, free_port, surroundings, wait_until
from lines import Line

EXAMPLE = ROOT / "packaging" / "haproxy" / "haproxy.cfg"
# Epochs close often, and a check reads what nobody else looks at.
QUICK = {"AMANA_EPOCH_BUSY_S": "0.2"}


class Replica(postgres.Cluster):
    """A copy of a cluster that follows it, byte by byte, and can take its place."""

    def __init__(self, folder, primary):
        super().__init__(folder)
        self.primary = primary

    def make(self):
        self.folder.mkdir(parents=True)
        if self.owner:
            os.chown(self.folder, self.owner.pw_uid, self.owner.pw_gid)
        follow = f"host=127.0.0.1 port={self.primary.port} user={postgres.USER} application_name=replica"
        done = self._popen(
            postgres.binaries() / "pg_basebackup", "-D", self.data, "-R", "-X", "stream", "-c", "fast", "-d", follow,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )
        said, _ = done.communicate(timeout=120)
        assert done.returncode == 0, said
        return self

    def promote(self):
        """Makes it the one that takes writes."""
        done = self._popen(postgres.binaries() / "pg_ctl", "promote", "-w", "-D", self.data, stdout=subprocess.DEVNULL)
        assert done.wait(120) == 0


class Node(Centre):
    """One `amana serve`, and its line to the database."""

    def __init__(self, data, databases, name):
        super().__init__(data)
        self.lines = [Line(database.port) for database in databases]
        self.newest_line = self.lines[0]
        hosts = ",".join(f"127.0.0.1:{line.port}" for line in self.lines)
        self.environment = {"AMANA_DATABASE": f"postgres://{postgres.USER}@{hosts}/{name}"} | QUICK

    @property
    def line(self):
        """To the first of the databases."""
        return self.lines[0]

    def pause(self):
        """As a machine that stands still: it keeps its connections, and knows nothing of it."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.process.pid, signal.SIGCONT)

    @property
    def holder(self):
        """Part of what a lease says while it is this node's."""
        return f"/{self.process.pid}/"

    def close(self):
        self.kill()
        for line in self.lines:
            line.close()


class Nodes:
    """One data centre on several nodes."""

    def __init__(self, folder, count, replica=False, configured=None):
        """`configured` is the text of every node's configuration."""
        self.folder = pathlib.Path(folder)
        self.configured = configured
        self.cluster = postgres.Cluster(self.folder / "primary").make().start()
        self.replica = None
        self.nodes, self.balancer = [], None
        self.databases = [self.cluster]
        self.name = "amana"
        self.cluster.database(self.name)
        if replica:
            self.replica = Replica(self.folder / "replica", self.cluster).make().start(hot_standby="on")
            self.databases.append(self.replica)
            self._set_on_primary("synchronous_standby_names", "replica")
        for _ in range(count):
            self.add()

    def _set_on_primary(self, name, value):
        self.cluster.query(f"ALTER SYSTEM SET {name} = '{value}'", database="postgres")
        self.cluster.query("SELECT pg_reload_conf()", database="postgres")
        following = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until(lambda: self.cluster.query(following, database="postgres"), "the replica is waited for")

    def add(self):
        """One more node, with the seed and the name of the first."""
        node = Node(self.folder / f"node-{len(self.nodes)}", self.databases, self.name)
        if self.nodes:
            first = self.nodes[0].data
            (node.data / "keys").mkdir(parents=True, mode=0o700)
            shutil.copy(first / "keys" / "operator.seed", node.data / "keys" / "operator.seed")
            shutil.copy(first / "amana.toml", node.data / "amana.toml")
        elif self.configured:
            node.data.mkdir(parents=True)
            (node.data / "amana.toml").write_text(self.configured)
        self.nodes.append(node)
        return node.start()

    @property
    def newest(self):
        """The database that takes writes now."""
        return self.replica if self.replica is not None and self.cluster.process is None else self.cluster

    def fail_over(self):
        """The primary is lost as a machine is, and its replica takes its place."""
        self.cluster.stop(signal.SIGKILL)
        self.cluster.process = None
        self.replica.promote()
        for node in self.nodes:
            node.newest_line = node.lines[1]
        # Nobody follows the new one yet, and its commits must not wait for that.
        self.replica.query("ALTER SYSTEM RESET synchronous_standby_names", database="postgres")
        self.replica.query("SELECT pg_reload_conf()", database="postgres")

    def balance(self):
        """Puts HAProxy in front, as packaging has it, and returns it."""
        self.balancer = Balancer(self.folder, self.nodes)
        return self.balancer

    def account(self, name):
        """An institution, whose account may be asked at any node."""
        return self.nodes[0].institution(name)

    def at(self, account, server):
        """The same account, asked at another server."""
        return Account(server, account.name, account.canonical_id, account.access_key_id, account.secret_access_key)

    def rows(self, sql):
        """What the database says."""
        return self.newest.query(sql, database=self.name)

    def closing_epochs(self):
        """The node that closes epochs now, if one does."""
        return self.whose_turn("epochs")

    def whose_turn(self, what):
        """The node that does now what one at a time does, if one does."""
        now = "until_ms > extract(epoch FROM now()) * 1000"
        said = self.rows(f"SELECT holder FROM leases WHERE name = '{what}' AND {now}")
        return next((node for node in self.nodes if said and node.holder in said[0]), None)

    def check(self):
        """`amana check` at every node."""
        for node in self.nodes:
            node.check()

    def close(self):
        if self.balancer:
            self.balancer.stop()
        for node in self.nodes:
            node.close()
        for cluster in reversed(self.databases):
            cluster.stop(signal.SIGQUIT)
            shutil.rmtree(cluster.folder, ignore_errors=True)


class Load:
    """Clients at every node of a data centre, and the judgement of what they saw."""

    def __init__(self, nodes, seed, servers=None):
        self.nodes = nodes
        account = nodes.account("finances")
        account.client().create_bucket(Bucket=history.BUCKET)
        servers = servers or nodes.nodes
        at = {f"{number}": nodes.at(account, server) for number, server in enumerate(servers)}
        clients_of = lambda: {name: one.client(read_timeout=8, connect_timeout=5) for name, one in at.items()}  # noqa: E731
        self.clients = history.Clients(clients_of, seed).start()

    def wait(self, more):
        self.clients.wait(more)

    def judge(self):
        seen = self.clients.stop()
        entries = list(history.entries_of(self.nodes.rows))
        seen.judge(entries)
        seen.judge_entries(entries)
        self.nodes.check()
        return seen.counts()


class Balancer:
    """HAProxy in front of all nodes, on the configuration that is shipped, with the addresses of the test."""

    scheme, authority = "http", None

    def __init__(self, folder, nodes):
        self.web_port, self.s3_port = free_port(), free_port()
        text = EXAMPLE.read_text()
        shown = {"web": ("7400", self.web_port, "web_port"), "s3": ("7401", self.s3_port, "s3_port")}
        lines = []
        for line in text.splitlines():
            words = line.split()
            if words[:1] == ["bind"]:
                port = next(port for shipped, port, _ in shown.values() if words[1].endswith(f":{shipped}"))
                lines.append(f"    bind 127.0.0.1:{port}")
            elif words[:1] == ["server"]:
                # The first server's line is the pattern of all.
                if words[1] != "one":
                    continue
                kind = next(kind for shipped, _, kind in shown.values() if words[2].endswith(f":{shipped}"))
                rest = " ".join(words[3:]) + " "
                for number, node in enumerate(nodes):
                    said = rest.replace("port 7400 ", f"port {node.web_port} ").strip()
                    lines.append(f"    server node{number} 127.0.0.1:{getattr(node, kind)} {said}")
            elif words[:1] not in (["user"], ["group"], ["log"], ["chroot"]):
                lines.append(line)
        self.file = pathlib.Path(folder) / "haproxy.cfg"
        self.file.write_text("\n".join(lines) + "\n")
        with open(self.file.with_suffix(".log"), "ab") as log:
            self.process = subprocess.Popen(
                ["haproxy", "-db", "-f", str(self.file)],
                env=surroundings() | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent,
            )
        probe = Centre(self.file.parent / "balancer")
        probe.web_port = self.web_port
        wait_until(probe.is_ready, f"HAProxy answers: {self.file.with_suffix('.log').read_text()}")

    @property
    def web_url(self):
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def s3_url(self):
        return f"http://127.0.0.1:{self.s3_port}"

    def stop(self):
        self.process.kill()
        self.process.wait(30)
