"""Sites: a folder is published by whoever holds a publisher's key, and by nobody else."""

import functools
import gzip
import json
import subprocess
import tarfile
import urllib.error
import urllib.request
import zipfile

import pytest

from centre import Centre, http_get

HOST = "www.finances.example"
QUIET = {"AMANA_EPOCH_BUSY_S": "60", "AMANA_EPOCH_IDLE_S": "600"}


class Publishers:
    """An institution's site, its folder, and the keys of those who publish it."""

    def __init__(self, centre, folder, host=HOST, names=("webmaster",), quorum="any", institution="finances"):
        self.centre, self.host, self.home = centre, host, folder
        self.folder = folder / "public"
        self.folder.mkdir(parents=True)
        lines = [f"witness {name} {self.make_key(name)}" for name in names]
        lines += [f"group them {quorum} {' '.join(names)}", "quorum them"]
        self.list = folder / "publishers"
        self.list.write_text("\n".join(lines) + "\n")
        self.run("site", "add", host, "--institution", institution, "--publishers", self.list, "--data", centre.data)

    def run(self, *words, **how):
        return self.centre.run(*words, **how)

    def key(self, name):
        return self.home / f"{name}.key"

    def make_key(self, name):
        return self.run("site", "key", f"{name}.example/site", "--out", self.key(name)).stdout.strip()

    def write(self, **pages):
        for name, content in pages.items():
            (self.folder / f"{name}.html").write_text(content)

    def write_many(self, count, changed=None):
        for page in range(count):
            (self.folder / f"{page:04}.html").write_text(f"<p>page {page}" + (" is new" if page == changed else ""))

    def deploy(self, *more, by="webmaster", code=0, centre=None):
        words = ("site", "deploy", self.host, self.folder, "--key", self.key(by), "--centre", (centre or self.centre).web_url)
        done = self.run(*words, *more, "--json", code=code)
        return json.loads(done.stdout) if done.returncode == 0 else done.stderr

    def state(self):
        status, _, body = http_get(f"{self.centre.web_url}/api/v1/sites/{self.host}")
        assert status == 200, body
        return json.loads(body)

    def published(self):
        """The manifest of what is live."""
        digest = self.state()["live"]["manifest"]
        status, _, body = http_get(f"{self.centre.web_url}/api/v1/sites/{self.host}/manifests/{digest}")
        assert status == 200, body
        return json.loads(body)

    def sizes(self):
        return {address: file["size"] for address, file in self.published()["files"].items()}


@pytest.fixture
def site(centre, hosted, tmp_path, name):
    return Publishers(centre, tmp_path, f"{name}.example")


def test_of_many_files_the_changed_one_travels(site, centre, tmp_path):
    site.write_many(600)
    first = site.deploy()
    assert (first["number"], first["files"], first["uploaded_files"]) == (1, 600, 600)
    assert len(site.published()["files"]) == 600

    site.write_many(600, changed=300)
    second = site.deploy()
    assert (second["number"], second["uploaded_files"]) == (2, 1)
    assert second["uploaded_bytes"] == len("<p>page 300 is new")
    assert second["manifest_bytes"] < first["manifest_bytes"] / 2
    assert site.sizes()["/0300.html"] == len("<p>page 300 is new")

    # Once more is no further act.
    again = site.deploy()
    assert (again["number"], again["receipt"], again["uploaded_files"]) == (2, second["receipt"], 0)

    # A way back takes a signature, and no upload.
    words = ("--key", site.key("webmaster"), "--centre", centre.web_url)
    back = json.loads(site.run("site", "rollback", site.host, 1, *words, "--json").stdout)
    assert back["number"] == 3
    assert site.state()["live"]["manifest"] == first["manifest"]
    listed = json.loads(site.run("site", "list", site.host, "--centre", centre.web_url, "--json").stdout)
    assert [(one["number"], one["live"]) for one in listed] == [(3, True), (2, False), (1, False)]
    assert listed[0]["signed_by"] == ["webmaster.example/site"]
    sites = json.loads(site.run("site", "list", "--data", centre.data, "--json").stdout)
    assert {"host": site.host, "live": 3}.items() <= next(one for one in sites if one["host"] == site.host).items()

    receipt = centre.receipt(back["receipt"], tmp_path / "receipt")
    shown = centre.run("receipt", "show", receipt).stdout
    assert "site.deploy" in shown and site.host in shown


def test_the_bucket_is_open_and_says_why(site, centre, hosted):
    site.write(index="<p>hello")
    site.deploy()
    buckets = json.loads(centre.run("bucket", "list", "--institution", "finances", "--data", centre.data, "--json").stdout)
    assert {"name": site.host, "mode": "open"}.items() <= next(one for one in buckets if one["name"] == site.host).items()
    keys = [one["Key"] for one in hosted.client().list_objects_v2(Bucket=site.host)["Contents"]]
    assert site.state()["live"]["manifest"] in keys and len(keys) == 2
    page = next(key for key in keys if key != site.state()["live"]["manifest"])
    assert hosted.client().get_object(Bucket=site.host, Key=page)["Body"].read() == b"<p>hello"


def test_a_name_that_no_bucket_can_have_is_a_site_too(centre, hosted, tmp_path):
    site = Publishers(centre, tmp_path, "xn--prfung-zta.example")
    site.write(index="<p>hello")
    assert site.deploy()["number"] == 1


def test_two_of_three_sign(centre, hosted, tmp_path, name):
    site = Publishers(centre, tmp_path, f"{name}.example", ("webmaster", "editor", "director"), 2)
    site.write(index="<p>hello")
    assert "one signature is too few" in site.deploy(code=1)
    change = tmp_path / "change"
    begun = site.deploy("--out", change)
    assert begun["signed_by"] == ["webmaster.example/site"]
    publish = ("site", "publish", change, "--centre", centre.web_url)
    assert "too few of the publishers" in site.run(*publish, code=1).stderr
    assert site.state()["live"] is None

    # Who signs sees to it that it is this folder and no other.
    sign = ("site", "sign", change, "--key", site.key("director"), "--folder", site.folder)
    site.write(index="<p>other")
    assert "is not what this change publishes" in site.run(*sign, code=1).stderr
    site.write(index="<p>hello")
    site.run(*sign)
    done = json.loads(site.run(*publish, "--json").stdout)
    assert site.state()["live"]["number"] == done["number"] == 1
    # Handed in again, it is answered as it was.
    assert json.loads(site.run(*publish, "--json").stdout) == done
    acts = http_get(f"{centre.web_url}/ledgers/finances/sites/acts/0")[2]
    kinds = [json.loads(act["core"]) for act in json.loads(acts)["acts"]]
    assert [core["kind"] for core in kinds if core["links"]["host"] == site.host] == ["site.add", "site.deploy"]


def test_publishers_are_replaced_by_those_before_them(site, centre, tmp_path):
    site.write(index="<p>hello")
    site.deploy()
    other = tmp_path / "others"
    other.write_text(f"witness new {site.make_key('new')}\ngroup them any new\nquorum them\n")
    words = ("site", "publishers", site.host, "--publishers", other, "--centre", centre.web_url, "--key")
    assert "no key of a publisher" in site.run(*words, site.key("new"), code=1).stderr
    site.run(*words, site.key("webmaster"))
    site.write(index="<p>hello again")
    assert "no key of a publisher" in site.deploy(code=1)
    assert site.deploy(by="new")["number"] == 3


def test_new_publishers_are_signed_by_who_has_their_file(centre, hosted, tmp_path, name):
    site = Publishers(centre, tmp_path, f"{name}.example", ("webmaster", "director"), 2)
    new, forged, change = tmp_path / "new-publishers", tmp_path / "forged", tmp_path / "change"
    new.write_text(f"witness new {site.make_key('new')}\ngroup them any new\nquorum them\n")
    forged.write_text(f"witness new {site.make_key('forged')}\ngroup them any new\nquorum them\n")
    site.run("site", "publishers", site.host, "--publishers", new, "--centre", centre.web_url, "--key", site.key("webmaster"), "--out", change)
    begun = change.read_bytes()
    sign = ("site", "sign", change, "--key", site.key("director"))
    assert "with --publishers" in site.run(*sign, code=1).stderr
    assert "does not list the publishers that this change names" in site.run(*sign, "--publishers", forged, code=1).stderr
    assert change.read_bytes() == begun
    site.run(*sign, "--publishers", new)
    site.run("site", "publish", change, "--publishers", new, "--centre", centre.web_url)
    assert site.state()["number"] == 1
    # A deploy is none of it.
    site.write(index="<p>hello")
    site.deploy("--out", change, by="new")
    assert "does not list the publishers" in site.run(*sign, "--publishers", new, code=1).stderr


def test_nobody_else_publishes(site, centre, tmp_path):
    site.write(index="<p>hello")
    site.deploy()
    live = site.state()["live"]
    # The operator has the data folder, and a key of its own making.
    site.make_key("operator")
    site.write(index="<p>defaced")
    assert "no key of a publisher" in site.deploy(by="operator", code=1)
    # What was signed for one site is nothing for another, nor twice.
    note = {"note": live["note"]}
    other = Publishers(centre, tmp_path / "other", f"other-{site.host}")
    assert answer(other, "changes", note) == (400, "other-host")
    assert answer(site, "changes", note) == (200, None)
    assert site.state()["number"] == 1
    forged = {"note": live["note"].replace("number 1\n", "number 2\n")}
    assert answer(site, "changes", forged) == (400, "bad-signature")
    for path in ("missing", f"files/{'0' * 64}", f"manifests/{'0' * 64}"):
        assert answer(site, path, {}, method="POST" if path == "missing" else "PUT") == (401, "unsigned")
    assert site.state()["live"] == live


def answer(site, path, body, method="POST"):
    """Status and code of a request without credentials."""
    url = f"{site.centre.web_url}/api/v1/sites/{site.host}/{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"content-type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as said:
            return said.status, None
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["error"]


def test_what_must_not_be_published_is_listed(site):
    site.write(index="<p>hello")
    (site.folder / ".env").write_text("DB_PASSWORD=secret\n")
    (site.folder / "backup.sql").write_text("CREATE TABLE wp_users (id INT);\n")
    (site.folder / "_redirects").write_text("/old /new 301\n/bad /worse 999\n")
    said = site.deploy(code=1)
    assert ".env" in said and "backup.sql" in said and "_redirects, line 2" in said
    assert site.state()["live"] is None
    (site.folder / "_redirects").unlink()
    assert site.deploy("--allow", ".env", "--allow", "backup.sql")["files"] == 3


def test_what_must_not_be_published_is_known_by_what_it_says(site, tmp_path):
    """Whatever the name: packed, far inside, in another encoding; made with the tools that make such files."""
    site.write(index="<p>hello", manual="<p>An intruder writes eval(atob(…)); a key begins with -----BEGIN PRIVATE KEY-----.")
    run = functools.partial(subprocess.run, check=True, capture_output=True, cwd=tmp_path)
    run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER", "-out", "key.der"])
    run(["openssl", "pkey", "-in", "key.der", "-inform", "DER", "-out", "key.pem.txt"])
    run(["openssl", "req", "-x509", "-new", "-key", "key.pem.txt", "-subj", "/CN=x", "-out", "cert.txt"])
    run(["openssl", "pkcs12", "-export", "-inkey", "key.pem.txt", "-in", "cert.txt", "-passout", "pass:x", "-out", "store.bin"])
    dump = "CREATE TABLE `users` (`id` int);\nINSERT INTO `users` VALUES (1);\n"
    (tmp_path / "db.sql").write_text(dump)
    with tarfile.open(site.folder / "finances.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "db.sql", "site/db.sql")
    with zipfile.ZipFile(site.folder / "documents.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("letter.txt", "dear")
        archive.writestr("data", dump)
    pem = (tmp_path / "key.pem.txt").read_text()
    bad = {
        "env.txt": b"DB_HOST=x\nDB_PASSWORD=secret\n",
        "prod.env": b"A=b",
        "export.gz": gzip.compress(b"-- MySQL dump 10.13  Distrib 8.0\n"),
        "late.txt": b" " * (5 << 20) + pem.encode(),
        "wide.txt": pem.encode("utf-16"),
        "key.bin": (tmp_path / "key.der").read_bytes(),
        "store.bin": (tmp_path / "store.bin").read_bytes(),
        "web.config": b"<configuration/>",
        "tags.html": b"<?= `$_GET[c]` ?>",
        "spaced.js": b"eval (/**/atob ('YQ=='))",
        "frame.html": b"<iframe src='https://bad.example/' width=1 height=1></iframe>",
        "links.html": b"<div style='position:absolute;left:-9999px'><a href='https://pills.example/'>x</a></div>",
        "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    }
    for name, content in bad.items():
        (site.folder / name).write_bytes(content)
    (site.folder / "away.html").write_text("<meta http-equiv=refresh content='0;url=https://else.example/'>")
    (site.folder / "cert.txt").write_bytes((tmp_path / "cert.txt").read_bytes())
    said = site.deploy(code=1)
    named = {line.strip().split(":")[0] for line in said.splitlines() if line.startswith("  ")}
    assert named == {*bad, "finances.tar.gz", "documents.zip"}
    assert site.state()["live"] is None
    for name in named:
        (site.folder / name).unlink()
    words = ("site", "deploy", site.host, site.folder, "--key", site.key("webmaster"), "--centre", site.centre.web_url)
    done = site.run(*words)
    # What may be as it should is told.
    assert "look at away.html: a page that sends its visitors to another host: https://else.example/" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert set(site.published()["files"]) == {"/index.html", "/manual.html", "/away.html", "/cert.txt"}


def test_an_address_is_judged_as_a_name_is(site):
    """Whatever the file is called, visitors would ask for the address."""
    site.write(index="<p>hello")
    (site.folder / "_addresses.d").mkdir()
    (site.folder / "_addresses.d" / "a").write_text("nothing of note")
    lines = ("/.env\t_addresses.d/a\ttext/plain", "/dump.sql\t_addresses.d/a\ttext/plain", "/index.php?p=1\t_addresses.d/a\ttext/plain")
    (site.folder / "_addresses").write_text("\n".join(lines) + "\n")
    said = site.deploy(code=1)
    assert "_addresses, line 1: /.env: settings with passwords" in said and "_addresses, line 2" in said and "line 3" not in said
    assert site.deploy("--allow", ".env", "--allow", "dump.sql")["files"] == 4


def test_a_suspended_institution_publishes_nothing(centre, tmp_path, name):
    centre.institution(name)
    site = Publishers(centre, tmp_path, f"{name}.example", institution=name)
    site.write(index="<p>hello")
    centre.run("institution", "suspend", name, "--data", centre.data)
    assert "suspended" in site.deploy(code=1)
    centre.run("institution", "resume", name, "--data", centre.data)
    assert site.deploy()["number"] == 1


def test_a_removed_site_is_gone_and_its_numbers_go_on(site, centre):
    site.write(index="<p>hello")
    note = site.deploy()
    statement = {"note": site.state()["live"]["note"]}
    site.run("site", "remove", site.host, "--reason", "moved", "--data", centre.data)
    assert http_get(f"{centre.web_url}/api/v1/sites/{site.host}")[0] == 404
    assert answer(site, "changes", statement) == (404, "unknown-site")
    site.run("site", "add", site.host, "--institution", "finances", "--publishers", site.list, "--data", centre.data)
    # What was published before it was removed isn't live by itself.
    assert site.state()["live"] is None
    assert site.deploy()["number"] == note["number"] + 1


@pytest.fixture
def own_centre(tmp_path):
    centre = Centre(tmp_path / "centre").start(**QUIET)
    centre.institution("finances")
    yield centre
    centre.kill()


def test_an_upload_that_is_cut_off_goes_on(own_centre, tmp_path):
    site = Publishers(own_centre, tmp_path / "site")
    site.write_many(300)
    own_centre.stop()
    own_centre.start(**QUIET, AMANA_CRASH_AT="group.committed:10")
    assert "publish" not in site.deploy(code=1)
    own_centre.died()
    own_centre.start(**QUIET)
    assert site.state()["live"] is None
    done = site.deploy()
    # Each commit brought a file or more.
    assert done["number"] == 1 and 0 < done["uploaded_files"] <= 295
    assert len(site.sizes()) == 300
    own_centre.stop()
    own_centre.check()


@pytest.mark.parametrize("point", ["group.begun", "group.applied", "group.committed", "group.released", "group.acknowledged"])
def test_a_kill_leaves_the_old_or_the_new(own_centre, tmp_path, point):
    site = Publishers(own_centre, tmp_path / "site", names=("webmaster", "editor"), quorum="all")
    change = tmp_path / "change"

    def prepare(content):
        site.write(index=content)
        begun = site.deploy("--out", change)
        site.run("site", "sign", change, "--key", site.key("editor"))
        return begun["manifest"]

    publish = ("site", "publish", change, "--centre", own_centre.web_url, "--json")
    old = prepare("<p>old")
    site.run(*publish)
    new = prepare("<p>new")
    own_centre.stop()
    own_centre.start(wait=False, **QUIET, AMANA_CRASH_AT=point)
    while own_centre.process.poll() is None:
        site.run(*publish, code=None)
    own_centre.start(**QUIET)
    live = site.state()["live"]["manifest"]
    assert live in (old, new)
    # Handed in again, it holds; twice is once.
    done = json.loads(site.run(*publish).stdout)
    assert done["number"] == 2 and site.state()["live"]["manifest"] == new
    own_centre.stop()
    own_centre.check()


def test_files_that_somebody_removed_are_uploaded_again(own_centre, tmp_path):
    """An institution's own software can empty its bucket; a deploy notices, and mends it."""
    account = own_centre.institution("customs")
    site = Publishers(own_centre, tmp_path / "site", institution="customs")
    site.write_many(40)
    site.deploy()
    client = account.client()
    kept = site.published()["files"]["/0007.html"]["sha256"]
    client.delete_object(Bucket=site.host, Key=kept)
    site.write(index="<p>new")
    assert site.deploy()["uploaded_files"] == 2
    assert client.get_object(Bucket=site.host, Key=kept)["Body"].read() == b"<p>page 7"


def test_sites_come_back_from_a_mirror(tmp_path):
    place = tmp_path / "usb"
    place.mkdir()
    centre = Centre(tmp_path / "centre").start(**QUIET)
    try:
        centre.institution("finances")
        centre.stop()
        mirror = f'\n[[mirror]]\nname = "usb"\nplace = "{place}"\noperator = true\n'
        with open(centre.data / "amana.toml", "a", encoding="utf-8") as config:
            config.write(mirror)
        centre.start(**QUIET)
        site = Publishers(centre, tmp_path / "site")
        site.write(index="<p>hello")
        done = site.deploy()
        centre.stop()
        centre.run("mirror", "--once", "--data", centre.data)
        centre.run("check", "--mirror", "usb", "--data", centre.data)
        restored = tmp_path / "restored"
        seed = centre.data / "keys" / "operator.seed"
        centre.run("restore", "--from", place, "--data", restored, "--seed-file", seed, "--without-witnesses")
        again = Centre(restored).start(**QUIET)
        try:
            site.centre = again
            assert site.state()["live"]["manifest"] == done["manifest"]
            assert list(site.published()["files"]) == ["/index.html"]
        finally:
            again.kill()
        again.check()
    finally:
        centre.kill()
