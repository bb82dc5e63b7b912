"""A backup of a real WordPress becomes an application here: files, database and PHP-FPM as they are set up, and the snapshot of it."""

import gzip
import json
import os
import pathlib
import re
import subprocess
import tarfile

import pytest

from centre import binary, die_with_parent, surroundings, wait_until
from test_packaging import AS_ROOT, MAX_EXPOSURE
from wordpress import WordPress

POSTS = 6
HOST = "www.finances.gov"
USER = "amana-site-finances"
# An intruder's, as they commonly are.
SHELL = "<?php @eval(base64_decode($_POST['c']));"


def run(*words, code=0, **options):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=300, env=surroundings(), **options)
    assert done.returncode == code, f"{words} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wordpress(tmp_path_factory):
    running = WordPress(tmp_path_factory.mktemp("wordpress") / "w", POSTS).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def dump(wordpress, tmp_path_factory):
    file = tmp_path_factory.mktemp("dump") / "wordpress.sql"
    file.write_text(run("mariadb-dump", "--no-defaults", f"--socket={wordpress.socket}", "--databases", "wordpress").stdout)
    assert "USE `wordpress`" in file.read_text()
    return file


@pytest.fixture(scope="module")
def cpanel(wordpress, dump, tmp_path_factory):
    """As cPanel's whole backups are: the home folder, what links out of it, dumps beside; and an intruder's file among them."""
    folder = tmp_path_factory.mktemp("cpanel")
    name = "backup-11.23.2026_10-00-00_finances"
    upload = wordpress.root / "wp-content" / "uploads" / "2026" / "cache.php"
    upload.write_text(SHELL)
    (folder / "grants.sql").write_text("-- cPanel mysql backup\nGRANT USAGE ON *.* TO 'finances'@'localhost';\n")
    archive = folder / f"{name}.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        tar.add(wordpress.root, f"{name}/homedir/public_html", filter=lambda member: None if member.name.endswith("router.php") else member)
        link = tarfile.TarInfo(f"{name}/homedir/access-logs")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/apache2/logs/domlogs/finances"
        tar.addfile(link)
        tar.add(dump, f"{name}/mysql/wordpress.sql")
        tar.add(folder / "grants.sql", f"{name}/mysql.sql")
    upload.unlink()
    return archive


@pytest.fixture(scope="module")
def imported(wordpress, cpanel, tmp_path_factory):
    # As root sets it up, everybody on the way to it must be let through, and root alone writes there.
    home = pathlib.Path(run(*AS_ROOT, "mktemp", "-d", "--tmpdir=/tmp", "amana-backup-XXXXXX").stdout.strip())
    run(*AS_ROOT, "chmod", "755", home)
    out = tmp_path_factory.mktemp("import") / "made"
    words = ["--host", HOST, "--place", home / "srv", "--run", home / "run", "--database-socket", wordpress.socket, "--json"]
    said = json.loads(run(binary(), "site", "import", "--backup", cpanel, "--out", out, *words).stdout)
    yield home, out, said
    run(*AS_ROOT, "rm", "-rf", home)


def report(out):
    return json.loads((out.with_name("made.import") / "report.json").read_text())


def test_the_backup_is_looked_through(imported):
    home, out, said = imported
    assert (said["kind"], said["name"], said["place"], said["broken_into"]) == ("wordpress", "finances", str(home / "srv" / "finances"), True)
    told = report(out)
    found = {decision["code"]: decision for decision in told["decisions"]}
    assert found["web-shell"]["at"] == ["wp-content/uploads/2026/cache.php"], found["web-shell"]
    assert found["program-in-uploads"]["at"] == ["wp-content/uploads/2026/cache.php"]
    assert found["administrators"]["what"] == "editor"
    assert found["old-settings"]["at"] == ["wp-config.php"]
    assert "access-logs" in found["links"]["at"][0]
    # WordPress's own programs look like nobody's else.
    assert not {"hidden-script", "hidden-program", "settings-uncertain", "definers"} & set(found), found
    core = told["parts"][0]
    version = re.search(r"wp_version = '([^']+)'", pathlib.Path("/usr/share/wordpress/wp-includes/version.php").read_text())[1]
    assert (core["name"], core["version"]) == ("WordPress", version)
    assert told["core"] == "not-older" and told["known"][1] == "Debian"
    assert {"wp_options", "wp_posts"} <= set(told["dump"]["tables"])
    english, french = ((out.with_name("made.import") / name).read_text() for name in ("report.html", "rapport.html"))
    assert "Marks of a web shell" in english and "Traces d’une porte dérobée" in french


def test_old_secrets_and_an_intruders_file_stay_behind(imported, wordpress):
    _, out, _ = imported
    settings = (out / "files" / "wp-config.php").read_text()
    assert not (out / "files" / "wp-content/uploads/2026/cache.php").exists()
    assert f"define('WP_HOME', 'https://{HOST}')" in settings and "define('DISALLOW_FILE_EDIT', true)" in settings
    salts = re.findall(r"define\('\w+_(?:KEY|SALT)', '([0-9a-f]{64})'\)", settings)
    assert len(set(salts)) == 8
    assert not out.with_name("made.import").joinpath("unpacked").exists()
    assert out.stat().st_mode & 0o777 == 0o700
    dump = (out / "dump.sql").read_text()
    assert "USE `wordpress`" not in dump and "CREATE DATABASE" not in dump and "CREATE TABLE `wp_posts`" in dump


@pytest.mark.parametrize("self_update", [False, True])
def test_the_units_are_confined(wordpress, dump, tmp_path, self_update):
    words = ["--self-update"] if self_update else []
    run(binary(), "site", "import", "--backup", wordpress.root, "--database", dump, "--host", HOST, "--out", tmp_path / "made", *words)
    for unit in (f"{USER}.service", f"{USER}-cron.service"):
        said = run("systemd-analyze", "security", "--offline=true", tmp_path / "made" / unit).stdout
        assert float(re.search(r"Overall exposure level for .*: ([0-9.]+)", said)[1]) <= MAX_EXPOSURE, said
    shown = run(binary(), "site", "set-up", tmp_path / "made", "--dry-run").stdout
    assert "systemd-sysusers" in shown and f"systemctl enable --now {USER}.service {USER}-cron.timer" in shown
    assert (f"chown -R {USER}:{USER} /srv/amana-sites/finances/files.new/." in shown) == self_update
    stanza = (tmp_path / "made" / "amana.toml").read_text()
    assert f'fastcgi = "unix:/run/{USER}/php.sock"' in stanza and 'from = ["127.0.0.1/32"]' in stanza


class Running:
    """The application, set up by root in a copy of /etc of its own, and PHP-FPM as its unit would run it."""

    def __init__(self, home, out):
        self.home, self.out = home, out
        self.etc = home / "etc"
        run(*AS_ROOT, "cp", "-a", "/etc", self.etc)
        self.set_up()
        *_, prepare, start = self.said.stdout.splitlines()
        self.process = None
        self.log = out.with_name("fpm.log")
        log = self.log.open("wb")
        # What changes its user loses the tie to the runner, and gets it again.
        start = start.replace("setpriv ", "setpriv --pdeathsig KILL ", 1)
        words = self.in_own_etc(f"mkdir -p {home}/run && {prepare} && exec {start}")
        self.process = subprocess.Popen(words, env=surroundings(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        # The folder is the site's own: root alone looks into it here.
        there = [*AS_ROOT, "test", "-S", home / "run" / USER / "php.sock"]
        wait_until(lambda: self.process.poll() is not None or subprocess.run(list(map(str, there))).returncode == 0, "PHP-FPM listens")
        assert self.process.poll() is None, self.log.read_text()
        # Where sudo stands between, it is another process than the one that was started.
        self.pid = run("pgrep", "--full", f"master process .*{home}/srv/finances").stdout.strip()

    def in_own_etc(self, script):
        return [*AS_ROOT, "unshare", "--mount", "sh", "-ec", f"mount --bind {self.etc} /etc; {script}"]

    def set_up(self, *words, code=0):
        command = " ".join(map(str, [binary(), "site", "set-up", self.out, "--no-start", *words]))
        self.said = run(*self.in_own_etc(command), code=code)

    def stop(self):
        run(*AS_ROOT, "kill", "-TERM", self.pid)
        self.process.wait(30)


@pytest.fixture(scope="module")
def running(imported):
    home, out, _ = imported
    one = Running(home, out)
    yield one
    one.stop()


def test_the_application_answers_as_the_original(running, imported, wordpress, tmp_path):
    """From its socket, through the snapshot that is made of it: each page's text is what the original shows."""
    home, _, said = imported
    out = tmp_path / "public"
    words = ["--application", said["place"], "--out", out, "--json"]
    made = json.loads(run(*AS_ROOT, binary(), "site", "import", *words).stdout)
    assert made["addresses"] > 50 and made["lost"] == 0, made
    run(*AS_ROOT, "chown", "-R", f"{os.getuid()}:{os.getgid()}", tmp_path)
    for path in ("circulaire-3", "cabinet"):
        page = (out / path / "index.html").read_text()
        assert wordpress.url not in page, "it stands in the editor's part, and not in what is published"
        words = [plain(text) for text in (page, run("curl", "-sS", f"{wordpress.url}/{path}/").stdout)]
        assert words[0] == words[1] and len(words[0]) > 200
    assert (out / "wp-content/uploads/2026/01/photo-1.png").read_bytes() == (wordpress.root / "wp-content/uploads/2026/01/photo-1.png").read_bytes()
    # Editors reach the application by this; what somebody wrote into it stays at the next publication.
    applications = out / "_applications"
    again = [*AS_ROOT, binary(), "site", "import", *map(str, ["--application", said["place"], "--out", out, "--json"])]
    line = f"code wordpress sha256:{made['code']['digest']}\n"
    assert applications.read_text() == f"/* wordpress editors\n{line}" and made["code"]["changes"] is None
    applications.write_text(f"/* wordpress editors\n{line}# mine\n")
    made = json.loads(run(*again).stdout)
    assert applications.read_text() == f"/* wordpress editors\n{line}# mine\n" and made["code"]["changes"] == []
    # Who publishes is told what root changed since: it is theirs to sign.
    more = f"{said['place']}/files/wp-content/more.php"
    run(*AS_ROOT, "touch", more)
    made = json.loads(run(*again).stdout)
    assert made["code"]["changes"] == [{"what": "new", "path": "/wp-content/more.php"}]
    assert line not in applications.read_text() and applications.read_text().endswith("# mine\n")
    printed = run(*AS_ROOT, binary(), "site", "code", said["place"]).stdout
    assert printed in applications.read_text() and printed == f"code wordpress sha256:{made['code']['digest']}\n"
    run(*AS_ROOT, "rm", more)
    run(*AS_ROOT, "chown", "-R", f"{os.getuid()}:{os.getgid()}", tmp_path)


def plain(page):
    """What a page says, without its marks and without what is drawn by lot."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_it_runs_as_a_user_that_changes_no_program(running, imported):
    home, _, said = imported
    place = pathlib.Path(said["place"])
    status = pathlib.Path(f"/proc/{running.pid}/status").read_text()
    assert not re.search(r"^Uid:\t0\t", status, re.M) and "NoNewPrivs:\t1" in status
    uid = int(re.search(r"^Uid:\t(\d+)", status, re.M)[1])
    owned = run(*AS_ROOT, "find", place, "-uid", uid).stdout.splitlines()
    assert owned and all(path.startswith(f"{place}/files/wp-content/uploads") for path in owned), owned
    assert run(*AS_ROOT, "find", place, "-perm", "/o=rwx", "-not", "-type", "l").stdout == ""
    # Twice would take away what editors made since.
    running.set_up(code=1)
    assert "it is set up already" in running.said.stderr


def test_a_program_among_uploads_is_not_run(running, imported):
    """Whatever asks for it: the guard stands before each program."""
    _, _, said = imported
    place = pathlib.Path(said["place"])
    run(*AS_ROOT, "sh", "-c", f"echo '<?php echo 6*7;' > {place}/files/wp-content/uploads/x.php; echo '<?php echo 6*7;' > {place}/files/y.php; chmod 644 {place}/files/y.php {place}/files/wp-content/uploads/x.php")
    refused = fastcgi(place / "files/wp-content/uploads/x.php", running)
    assert "Status: 403" in refused and "42" not in refused
    assert fastcgi(place / "files/y.php", running).endswith("42")


def fastcgi(script, running):
    """One request over FastCGI, by PHP-FPM's own socket; what it answers."""
    client = pathlib.Path(__file__).with_name("fastcgi.py")
    return run(*AS_ROOT, "python3", client, running.home / "run" / USER / "php.sock", script).stdout


def test_a_new_backup_takes_the_place_of_the_old_one(running, imported, tmp_path):
    """Nothing is written through a link that the application made, and nothing of the old files stays among the new ones."""
    _, out, said = imported
    files = pathlib.Path(said["place"]) / "files"
    uploads = files / "wp-content/uploads"
    photo = "2026/01/photo-1.png"
    before = (out / "files/wp-content/uploads" / photo).read_bytes()
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    run(*AS_ROOT, "sh", "-ec", f"ln -sf {outside} {uploads}/{photo}; echo x > {files}/left.txt")
    running.set_up("--again")
    assert outside.read_text() == "untouched"
    assert (uploads / photo).read_bytes() == before and not (uploads / photo).is_symlink()
    assert not (files / "left.txt").exists() and (files.with_name("files.old") / "left.txt").exists()
    assert not files.with_name("files.new").exists() and not files.parent.with_name("finances.set-up").exists()


def test_a_folder_that_was_changed_is_refused(running, imported, tmp_path):
    """Root takes of it no link, no path and no place that an import doesn't make."""
    _, out, _ = imported
    for wrong in ({"place": "/etc"}, {"place": "/srv/../etc/finances"}, {"php": "8.2;x"}, {"host": "a.gov\nUser=root"}):
        made = tmp_path / "made"
        run("cp", "-a", out, made)
        told = json.loads((made / "application.json").read_text())
        (made / "application.json").write_text(json.dumps(told | wrong))
        run(binary(), "site", "set-up", made, "--dry-run", code=1)
        run("rm", "-r", made)
    run("cp", "-a", out, made)
    told = json.loads((made / "application.json").read_text())
    (made / "application.json").write_text(json.dumps(told | {"name": "etc", "place": "/etc", "run": "/run/amana-site-etc"}))
    refused = run(*running.in_own_etc(f"{binary()} site set-up {made} --no-start"), code=1)
    assert "/etc: it holds" in refused.stderr


def test_a_site_below_a_path_is_refused(dump, tmp_path):
    backup = tmp_path / "backup"
    (backup / "wp-includes").mkdir(parents=True)
    (backup / "wp-includes/version.php").write_text("<?php $wp_version = '6.1.9';")
    for name in ("WP_HOME", "WP_SITEURL"):
        (backup / "wp-config.php").write_text(f"<?php define('{name}', 'https://x.gov/blog/');")
        words = ["--backup", backup, "--database", dump, "--host", HOST, "--out", tmp_path / "made"]
        assert "below /blog;" in run(binary(), "site", "import", *words, code=1).stderr


def test_a_dump_runs_nothing(imported, wordpress, dump, running, tmp_path):
    """What a client of the database would run is text here, and rights end with the site's own database."""
    home, _, said = imported
    mark = home / "mark"
    evil = tmp_path / "evil.sql"
    evil.write_text(dump.read_text().replace("-- Dump completed", f"\\! touch {mark}\n-- Dump completed"))
    out = tmp_path / "made"
    words = ["--host", "evil.gov", "--place", home / "srv", "--run", home / "run", "--database-socket", wordpress.socket]
    refused = run(binary(), "site", "import", "--backup", wordpress.root, "--database", evil, "--out", out, *words, code=1)
    assert "cut off" in refused.stderr, "what ends in no statement isn't whole"
    evil.write_text(dump.read_text().replace("-- Dump completed", f"SELECT 1\n\\! touch {mark}\n;\n-- Dump completed"))
    run(binary(), "site", "import", "--backup", wordpress.root, "--database", evil, "--out", out, *words)
    command = " ".join(map(str, [binary(), "site", "set-up", out, "--no-start"]))
    run(*running.in_own_etc(command), code=1)
    assert not mark.exists()


def test_a_dump_that_was_cut_is_refused(wordpress, dump, tmp_path):
    whole = dump.read_text()
    cut = tmp_path / "cut.sql.gz"
    for text in (whole[: len(whole) // 2], whole[: whole.rindex("-- Dump completed")]):
        cut.write_bytes(gzip.compress(text.encode()))
        words = ["--backup", wordpress.root, "--database", cut, "--host", HOST, "--out", tmp_path / "made"]
        assert "make it again" in run(binary(), "site", "import", *words, code=1).stderr
        assert not (tmp_path / "made").exists()


def test_an_archive_that_leads_out_is_refused(tmp_path):
    for name in ("../../escaped", "/tmp/escaped"):
        archive = tmp_path / "evil.tar"
        with tarfile.open(archive, "w") as tar:
            tar.addfile(tarfile.TarInfo(name))
        refused = run(binary(), "site", "import", "--backup", archive, "--host", HOST, "--out", tmp_path / "made", code=1)
        assert "escaped" in refused.stderr and not (tmp_path / "escaped").exists()
    zipped = tmp_path / "site.zip"
    zipped.write_bytes(b"PK\x03\x04" + bytes(40))
    assert "zip" in run(binary(), "site", "import", "--backup", zipped, "--host", HOST, "--out", tmp_path / "made", code=1).stderr
