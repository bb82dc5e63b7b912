"""Folders for people: WebDAV at a gateway, by rclone, by Debian's davfs2 and by hand."""

import base64
import http.client
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree

import pytest

from centre import wait_until
from gateway import country
from programs import octets


@pytest.fixture(scope="module")
def ministry(tmp_path_factory):
    """A data centre, a gateway, and an account with one bucket."""
    with country(tmp_path_factory.mktemp("folders")) as (centre, gateway, account):
        account.client().create_bucket(Bucket="office")
        yield centre, gateway, account


@pytest.fixture
def dav(ministry):
    return Dav(ministry[1], ministry[2])


class Dav:
    """WebDAV by hand, as one person."""

    def __init__(self, gateway, account):
        self.gateway, self.account = gateway, account

    def ask(self, method, path, body=b"", status=None, **headers):
        pair = f"{self.account.access_key_id}:{self.account.secret_access_key}"
        basic = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
        line = http.client.HTTPConnection("127.0.0.1", self.gateway.web_port, timeout=30)
        line.request(method, "/files" + path, body, basic | {name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        answer.body = answer.read()
        line.close()
        assert status in (None, answer.status), (answer.status, answer.body)
        return answer

    def names(self, path):
        """What is in a folder."""
        found = ElementTree.fromstring(self.ask("PROPFIND", path, status=207, Depth="1").body)
        paths = [element.text.removeprefix("/files") for element in found.iter("{DAV:}href")]
        return sorted(one.rstrip("/").rsplit("/", 1)[1] for one in paths if one.rstrip("/") != path.rstrip("/"))

    def url(self, path):
        return f"/files{path}"


def test_only_who_has_a_key_sees_anything(dav):
    for authorization in (None, "Basic bm8=", "Basic !", f"Basic {base64.b64encode(b'AKIA:no').decode()}", "Bearer x"):
        line = http.client.HTTPConnection("127.0.0.1", dav.gateway.web_port)
        line.request("PROPFIND", "/files/", headers={"Authorization": authorization} if authorization else {})
        answer = line.getresponse()
        assert answer.status == 401 and answer.getheader("WWW-Authenticate").startswith("Basic"), authorization


def test_wrong_secrets_make_wait(ministry):
    """The same key from the same address, and no other; once the time is over the right one opens again."""
    centre, gateway, account = ministry
    words = ("access-key", "create", "--data", gateway.data, "--json")
    made = json.loads(gateway.run(*words).stdout)
    clerk = Dav(gateway, type(account)(gateway, "finances", None, made["access_key_id"], made["secret_access_key"]))
    thief = Dav(gateway, type(account)(gateway, "finances", None, made["access_key_id"], "wrong"))

    def waits_s():
        answer = thief.ask("PROPFIND", "/", Depth="0")
        assert answer.status in (401, 429)
        assert answer.status == 401 or b"too many wrong secrets" in answer.body
        return int(answer.getheader("retry-after") or 0)

    wait_until(lambda: waits_s() >= 4, "they wait ever longer")
    clerk.ask("PROPFIND", "/", status=429, Depth="0")
    Dav(gateway, account).ask("PROPFIND", "/", status=207, Depth="0")
    wait_until(lambda: clerk.ask("PROPFIND", "/", Depth="0").status == 207, "the wait is over")


def test_a_file_is_an_object_and_has_its_receipt(ministry, dav, tmp_path):
    centre, gateway, account = ministry
    answer = dav.ask("PUT", "/office/d%C3%A9cret.txt", "Il est décrété.".encode(), 201)
    receipt = answer.getheader("x-amana-receipt")
    assert receipt.startswith("finances/vault/")
    got = account.client().get_object(Bucket="office", Key="décret.txt")
    assert got["Body"].read().decode() == "Il est décrété." and answer.getheader("ETag") == got["ETag"]
    file = tmp_path / "receipt"
    centre.run("receipt", "get", receipt, "--data", centre.data, "--out", file)
    centre.run("receipt", "verify", file, "--policy", centre.policy, "--allow-recorded")
    assert dav.ask("GET", "/office/d%C3%A9cret.txt", status=200).body.decode() == "Il est décrété."
    assert dav.ask("GET", "/office/d%C3%A9cret.txt", status=206, Range="bytes=3-5").body == b"est"
    assert dav.ask("PUT", "/office/d%C3%A9cret.txt", b"Autrement.", 204).getheader("x-amana-receipt") != receipt
    assert dav.ask("PUT", "/office/d%C3%A9cret.txt", b"", status=412, If_None_Match="*").status == 412
    # The data centre sees neither the name nor the text.
    assert "décret" not in str([path.name for path in centre.data.rglob("*")])


def test_folders_stay_when_they_are_empty(dav):
    dav.ask("PUT", "/office/none/there.txt", b"x", 409)
    dav.ask("MKCOL", "/office/plans", status=201)
    dav.ask("MKCOL", "/office/plans", status=405)
    dav.ask("MKCOL", "/office/plans/2026", status=201)
    dav.ask("PUT", "/office/plans/2026/june.txt", b"in June", 201)
    assert dav.names("/office/plans/") == ["2026"]
    dav.ask("DELETE", "/office/plans/2026/june.txt", status=204)
    assert dav.names("/office/plans/") == ["2026"] and dav.names("/office/plans/2026/") == []
    dav.ask("DELETE", "/office/plans", status=204)
    assert "plans" not in dav.names("/office/")
    dav.ask("PROPFIND", "/office/plans/", status=404, Depth="0")


def test_what_is_moved_is_under_one_name(dav, ministry):
    dav.ask("MKCOL", "/office/drafts", status=201)
    for number in range(30):
        dav.ask("PUT", f"/office/drafts/{number:02}.txt", f"draft {number}".encode(), 201)
    dav.ask("MOVE", "/office/drafts", status=201, Destination=dav.url("/office/final"))
    assert dav.names("/office/final/") == [f"{number:02}.txt" for number in range(30)]
    assert "drafts" not in dav.names("/office/")
    dav.ask("MOVE", "/office/final/07.txt", status=201, Destination=dav.url("/office/final/seven.txt"))
    assert dav.ask("GET", "/office/final/seven.txt").body == b"draft 7"
    dav.ask("GET", "/office/final/07.txt", status=404)
    dav.ask("COPY", "/office/final/08.txt", status=201, Destination=dav.url("/office/final/eight.txt"))
    assert dav.ask("GET", "/office/final/eight.txt").body == dav.ask("GET", "/office/final/08.txt").body
    dav.ask("MOVE", "/office/final", status=403, Destination=dav.url("/office/final/within"))
    dav.ask("DELETE", "/office/final", status=204)


def test_what_breaks_off_leaves_the_old_one(dav, ministry):
    dav.ask("PUT", "/office/kept.bin", b"old", 201)
    pair = base64.b64encode(f"{dav.account.access_key_id}:{dav.account.secret_access_key}".encode()).decode()
    line = http.client.HTTPConnection("127.0.0.1", dav.gateway.web_port)
    line.putrequest("PUT", "/files/office/kept.bin")
    line.putheader("Authorization", f"Basic {pair}")
    line.putheader("Content-Length", str(4 << 20))
    line.endheaders()
    line.send(octets(3 << 20, "half"))
    line.close()
    # Less than was announced under a length that HTTP doesn't know.
    dav.ask("PUT", "/office/kept.bin", iter([b"short"]), X_Expected_Entity_Length="9")
    assert dav.ask("GET", "/office/kept.bin").body == b"old"


def test_rights_are_the_keys_own(ministry):
    centre, gateway, account = ministry
    account.client().create_bucket(Bucket="minutes")
    account.client().put_object(Bucket="minutes", Key="1.txt", Body=b"1")
    clerk = gateway.access_key("finances", "--bucket", "office", "--right", "read")
    dav = Dav(gateway, type(account)(gateway, "finances", None, clerk["access_key_id"], clerk["secret_access_key"]))
    assert dav.names("/") == ["office"]
    dav.ask("PUT", "/office/not-mine.txt", b"x", 403)
    dav.ask("GET", "/minutes/1.txt", status=403)
    kept = dav.names("/office/")
    assert b"403 Forbidden" in dav.ask("DELETE", "/office/", status=207).body
    assert kept and dav.names("/office/") == kept
    dav.ask("MKCOL", "/mine", status=403)


def test_a_locked_file_waits_for_whoever_locked_it(dav):
    dav.ask("PUT", "/office/locked.odt", b"one", 201)
    wish = b'''<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope>
        <locktype><write/></locktype><owner>me</owner></lockinfo>'''
    answer = dav.ask("LOCK", "/office/locked.odt", wish, 200, Timeout="Infinite, Second-4100000000")
    # No longer than this gateway lets locks stand.
    assert b"Second-1800" in answer.body
    token = answer.getheader("Lock-Token")
    dav.ask("PUT", "/office/locked.odt", b"two", 423)
    dav.ask("LOCK", "/office/locked.odt", wish, 423)
    dav.ask("DELETE", "/office/locked.odt", status=423)
    dav.ask("PUT", "/office/locked.odt", b"three", 204, If=f"({token})")
    dav.ask("UNLOCK", "/office/locked.odt", status=204, Lock_Token=token)
    dav.ask("PUT", "/office/locked.odt", b"four", 204)
    dav.ask("DELETE", "/office/locked.odt", status=204)


def test_names_that_no_key_has_are_refused(dav):
    dav.ask("PUT", "/office/a%0Ab.txt", b"x", 403)
    dav.ask("MKCOL", "/Not_A_Bucket", status=403)
    assert b"letters" in dav.ask("MKCOL", "/Not_A_Bucket").body
    dav.ask("PROPFIND", "/office/", status=403, Depth="infinity")
    dav.ask("GET", "/office/%2e%2e/office/x", status=404)


def test_the_fields_own_suite(dav, tmp_path):
    """litmus, all of it: what it warns of is a fragment in a request, which no client may send."""
    person = [dav.account.access_key_id, dav.account.secret_access_key]
    done = subprocess.run(["litmus", "-k", dav.gateway.web_url + "/files/office/", *person], cwd=tmp_path, capture_output=True, text=True)
    told = done.stdout.replace("\r", "\n")
    assert done.returncode == 0 and "FAIL" not in told and "SKIPPED" not in told, told
    assert told.count(" 100.0%") == 5, told


def test_properties_go_along_with_their_file(dav, ministry):
    """A program's own, as office programs set them; and those by which Windows keeps times, which are taken and not kept."""
    office = "urn:office"

    def patched(path, inside, status="200 OK"):
        body = f'<propertyupdate xmlns="DAV:" xmlns:o="{office}" xmlns:w="urn:schemas-microsoft-com:">{inside}</propertyupdate>'
        assert status.encode() in dav.ask("PROPPATCH", path, body.encode(), 207).body

    def state(path):
        body = f'<propfind xmlns="DAV:"><prop><state xmlns="{office}"/></prop></propfind>'
        found = ElementTree.fromstring(dav.ask("PROPFIND", path, body.encode(), 207, Depth="0").body)
        return next((element.text for element in found.iter(f"{{{office}}}state")), None)

    dav.ask("PUT", "/office/law.odt", b"first reading", 201)
    patched("/office/law.odt", "<set><prop><o:state>brouillon n\u00ba 2</o:state></prop></set>")
    patched("/office/law.odt", "<set><prop><w:Win32LastModifiedTime>x</w:Win32LastModifiedTime></prop></set>")
    dav.ask("PUT", "/office/law.odt", b"second reading", 204)
    dav.ask("COPY", "/office/law.odt", status=201, Destination=dav.url("/office/copy.odt"))
    dav.ask("MOVE", "/office/law.odt", status=201, Destination=dav.url("/office/voted.odt"))
    patched("/office/voted.odt", "<remove><prop><o:state/></prop></remove>")
    assert state("/office/copy.odt") == "brouillon n\u00ba 2" and state("/office/voted.odt") is None
    assert dav.ask("GET", "/office/voted.odt").body == b"second reading"
    dav.ask("MKCOL", "/office/laws", status=201)
    patched("/office/laws/", "<set><prop><o:state>open</o:state></prop></set>")
    assert state("/office/laws/") == "open"
    too_long = "".join(f"{number:x}" for number in range(9000))
    patched("/office/copy.odt", f"<set><prop><o:state>{too_long}</o:state></prop></set>", "507 Insufficient Storage")
    assert state("/office/copy.odt") == "brouillon n\u00ba 2"
    for name in ("copy.odt", "voted.odt", "laws"):
        dav.ask("DELETE", f"/office/{name}", status=204)


def test_rclone_syncs_a_folder(dav, tmp_path):
    here = tmp_path / "here"
    (here / "sub folder" / "été").mkdir(parents=True)
    (here / "sub folder" / "été" / "liste.csv").write_text("nom;montant\n" * 1000)
    (here / "large.bin").write_bytes(octets(9 << 20, "rclone-dav"))
    (here / "empty").write_bytes(b"")
    hidden = subprocess.run(
        ["rclone", "obscure", dav.account.secret_access_key], capture_output=True, text=True, check=True
    ).stdout.strip()
    remote = {
        "TYPE": "webdav", "VENDOR": "other", "URL": f"{dav.gateway.web_url}/files",
        "USER": dav.account.access_key_id, "PASS": hidden,
    }
    environment = os.environ | {f"RCLONE_CONFIG_GW_{name}": value for name, value in remote.items()}
    environment["RCLONE_CONFIG"] = "/dev/null"

    def rclone(*words):
        done = subprocess.run(["rclone", *map(str, words)], env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    rclone("sync", here, "gw:office/backup")
    rclone("check", "--download", here, "gw:office/backup")
    (here / "large.bin").unlink()
    (here / "empty").write_bytes(b"no more")
    rclone("sync", here, "gw:office/backup")
    rclone("copy", "gw:office/backup", tmp_path / "there")
    assert not subprocess.run(["diff", "-r", here, tmp_path / "there"]).returncode
    rclone("moveto", "gw:office/backup/empty", "gw:office/backup/full")
    rclone("purge", "gw:office/backup")
    assert "backup" not in dav.names("/office/")


@pytest.fixture
def drive(dav):
    """The folders, mounted by davfs2, which gives up root's rights for those of its own user."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts a drive")
    user = pwd.getpwnam("davfs2")
    with tempfile.TemporaryDirectory() as home:
        home = pathlib.Path(home)
        home.chmod(0o711)
        drive, cache, secrets, config = (home / name for name in ("drive", "cache", "secrets", "davfs2.conf"))
        for folder in (drive, cache):
            folder.mkdir()
        os.chown(cache, 0, user.pw_gid)
        cache.chmod(0o775)
        url = f"{dav.gateway.web_url}/files/"
        secrets.touch(mode=0o600)
        secrets.write_text(f'{url} {dav.account.access_key_id} "{dav.account.secret_access_key}"\n')
        config.write_text(f"secrets {secrets}\ncache_dir {cache}\ndelay_upload 0\n")
        mount = ["mount.davfs", "-o", f"conf={config},uid=0,gid=0,rw", url, drive]
        done = subprocess.run(mount, capture_output=True, text=True, input="")
        assert done.returncode == 0, done.stderr
        try:
            yield drive
        finally:
            subprocess.run(["umount", drive], check=True, capture_output=True)


def test_it_is_a_network_drive(dav, drive):
    s3, office = dav.account.client(), drive / "office"
    s3.put_object(Bucket="office", Key="lettres/reçu.txt", Body=b"from elsewhere")
    wait_until(office.is_dir, "the drive shows the bucket")
    (office / "projet").mkdir()
    (office / "projet" / "note.odt").write_bytes(octets(300_000, "note"))
    os.rename(office / "projet" / "note.odt", office / "projet" / "note finale.odt")
    shutil.copy(office / "projet" / "note finale.odt", office / "copie.odt")
    wait_until(lambda: "copie.odt" in dav.names("/office/"), "the last file is uploaded")
    for key in ("projet/note finale.odt", "copie.odt"):
        assert s3.get_object(Bucket="office", Key=key)["Body"].read() == octets(300_000, "note")
    assert not (office / "projet" / "note.odt").exists()
    assert (office / "lettres" / "reçu.txt").read_bytes() == b"from elsewhere"
    # Its listings are not tried: with Linux 6.18, davfs2 1.6.1 lists no folder of any server.
