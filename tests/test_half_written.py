"""What a kill and a full disk leave of a file that was being written through folders: the old one, whole, and nothing else."""

import base64
import http.client

import pytest

from centre import Centre, free_port, wait_until
from gateway import country, enrolled
from programs import octets
from test_folders import Dav
from test_full_disk import on_a_disk
from test_sftp import Ssh, under_way

OLD = b"the old one"
SIZE = 8 << 20


class OnADisk(Centre):
    """A centre whose disk is seen from outside of its namespace."""

    @property
    def policy(self):
        return self.disk / self.data.name / "policy"


def half_put(centre, dav, path, body):
    """A line on which half of a file was sent."""
    pair = base64.b64encode(f"{dav.account.access_key_id}:{dav.account.secret_access_key}".encode()).decode()
    line = http.client.HTTPConnection("127.0.0.1", dav.gateway.web_port)
    line.putrequest("PUT", "/files" + path)
    line.putheader("Authorization", f"Basic {pair}")
    line.putheader("Content-Length", str(len(body)))
    line.endheaders()
    line.send(body[: len(body) // 2])
    under_way(centre)
    return line


@pytest.mark.parametrize("killed", ("gateway", "centre"))
def test_a_kill_leaves_the_old_file(tmp_path, killed):
    with country(tmp_path) as (centre, gateway, account):
        account.client().create_bucket(Bucket="office")
        dav = Dav(gateway, account)
        dav.ask("PUT", "/office/kept.bin", OLD, 201)
        lines = [half_put(centre, dav, f"/office/{name}", octets(SIZE, name)) for name in ("kept.bin", "new.bin")]
        victim = {"gateway": gateway, "centre": centre}[killed]
        victim.kill()
        for line in lines:
            line.close()
        victim.start()
        wait_until(gateway.is_ready, "the gateway is ready again")
        assert dav.names("/office/") == ["kept.bin"]
        assert dav.ask("GET", "/office/kept.bin", status=200).body == OLD
        dav.ask("PUT", "/office/kept.bin", octets(SIZE, "again"), 204)
        assert dav.ask("GET", "/office/kept.bin").body == octets(SIZE, "again")
        centre.check()


def test_a_full_disk_leaves_the_old_file(tmp_path):
    with on_a_disk(tmp_path, f"size={96 << 20}") as centre:
        centre.__class__ = OnADisk
        gateway, account = enrolled(centre, "finances", tmp_path / "gateway")
        try:
            gateway.stop()
            port = free_port()
            gateway.environment["AMANA_LISTEN_SFTP"] = f"127.0.0.1:{port}"
            gateway.start()
            account.client().create_bucket(Bucket="office")
            dav, ssh = Dav(gateway, account), Ssh(gateway, account, tmp_path, port)
            dav.ask("PUT", "/office/kept.bin", OLD, 201)
            taken = fill(dav)
            new = tmp_path / "new"
            new.write_bytes(octets(SIZE, "too much"))
            assert dav.ask("PUT", "/office/kept.bin", new.read_bytes()).status in (503, 507)
            ssh.batch(f"put {new} office/new.bin", code=1)
            assert dav.names("/office/") == ["kept.bin", *taken]
            assert dav.ask("GET", "/office/kept.bin", status=200).body == OLD
            # What is there can be read and deleted, and then there is room.
            for name in taken:
                dav.ask("DELETE", f"/office/{name}", status=204)
            wait_until(lambda: dav.ask("PUT", "/office/kept.bin", new.read_bytes()).status == 204, "there is room again")
            assert dav.ask("GET", "/office/kept.bin").body == new.read_bytes()
        finally:
            gateway.kill()
        centre.kill()
        centre.check()


def fill(dav):
    """Files until one is refused."""
    taken = []
    for number in range(40):
        name = f"t{number:02}.bin"
        if dav.ask("PUT", f"/office/{name}", octets(SIZE // 2, name)).status != 201:
            return taken
        taken.append(name)
    raise AssertionError("the disk never was full")
