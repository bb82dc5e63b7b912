"""Applications whose programs were altered: they aren't asked, and what was signed answers in their stead."""

import hashlib
import json

import pytest

import site_formats
from centre import wait_until
from php_fpm import Fpm
from test_site_applications import HOST, SNAPSHOT, ask, served_by, verify
from test_site_serving import entries
from upstream import Upstream

FORM = "<?php header('Cache-Control: no-store'); echo 'the form ', require __DIR__ . '/lib/words.php';"


class Programs:
    """A form in PHP and a service by HTTP, each with its programs, behind a site whose publishers signed them."""

    def __init__(self, home):
        self.fpm, self.upstream = Fpm(home / "php"), Upstream()
        self.root, self.service = self.fpm.root, home / "service"
        for place, text in {
            self.root / "index.php": FORM, self.root / "lib" / "words.php": "<?php return 'of the ministry';",
            self.root / ".user.ini": "memory_limit = 64M\n", self.root / "uploads" / "a photo.jpg": "photo",
            self.service / "serve.py": "print()", self.service / "cache" / "x": "x",
        }.items():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
        (self.root / "words").symlink_to("lib/words.php")
        self.fpm.start()
        described = [
            {
                "host": HOST, "name": "form", "fastcgi": f"unix:{self.fpm.listen}", "root": str(self.root), "no_scripts": ["/uploads"],
                "code_every_s": 0.1, "connect_s": 1,
            },
            {
                "host": HOST, "name": "service", "http": f"http://{self.upstream.place}", "code": str(self.service),
                "code_without": ["/cache"], "code_every_s": 0.1, "connect_s": 1,
            },
        ]
        pages = {"index": "signed", "service/index": "signed service"}
        self.home = home
        # The two that are asked for their lines: no data centre is needed for that.
        self.centre, self.site = served_by(home, self.applications(), pages, described)

    def applications(self):
        return f"/service/* service\n/* form\n{self.line('form')}{self.line('service')}"

    def line(self, name):
        root, without = {"form": (self.root, "/uploads"), "service": (self.service, "/cache")}[name]
        digest = hashlib.sha256(site_formats.code_of_folder(root, [without]).encode()).hexdigest()
        return f"code {name} sha256:{digest}\n"

    def sign(self):
        (self.site.folder / "_applications").write_text(self.applications())
        return self.site.deploy()["number"]

    def asked(self, path="/"):
        """What answered, and which deploy in an application's stead, if one did."""
        status, headers, body = ask(self.centre, path)
        return status, headers[SNAPSHOT], body

    def is_stopped(self, path="/"):
        return self.asked(path)[1] is not None

    def state(self, name):
        facts = json.loads(ask(self.centre, "/.well-known/amana/site.json")[2])
        return next(one for one in facts["code"] if one["application"] == name)

    def stop(self):
        self.centre.kill()
        self.fpm.stop()
        self.upstream.stop()


RUNS = (200, None, b"the form of the ministry")
STOPPED = (200, "deploy 1", b"signed")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    programs = Programs(tmp_path_factory.mktemp("programs"))
    yield programs
    programs.stop()


@pytest.fixture(autouse=True)
def running(programs):
    wait_until(lambda: programs.asked() == RUNS, "the form answers")
    wait_until(lambda: not programs.is_stopped("/service/echo"), "the service answers")


def told(programs, what):
    wait_until(lambda: what in entries(programs.centre), f"the alert says {what}")


def test_an_altered_program_is_not_run(programs):
    form, ran = programs.root / "index.php", programs.home / "was-run"
    # Nothing is asked of it before the look: what is told of that is found without asking it.
    form.write_text(f"<?php touch('{ran}'); echo 'altered';")
    wait_until(lambda: not programs.state("form")["asked"], "the look finds it")
    state = programs.state("form")
    assert state["found"] != state["signed"] and len(state["found"]) == 64
    assert programs.asked() == STOPPED
    status, headers, page = ask(programs.centre, "/index.php", "POST", b"a=b")
    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "10", "no-store")
    assert "ne sont pas reconnus comme ceux que l'institution a signés" in page.decode() and "aren't recognised" in page.decode()
    assert ask(programs.centre, "/absent.php")[0] == 503
    assert not ran.exists()
    told(programs, b"changed /index.php")
    about = ask(programs.centre, "/.well-known/amana/")[2].decode()
    assert "form: stopped" in about and "form : arrêtée" in about and "service: its programs are those that were signed" in about
    # The other application goes on.
    assert not programs.is_stopped("/service/echo") and programs.state("service")["asked"]
    found = json.loads(programs.centre.run("doctor", "--data", programs.centre.data, "--json", code=1).stdout)
    assert [one["code"] for one in found if one["level"] == "bad" and "form" in one["what"]] == ["application-altered"]
    assert verify(programs.centre)["as_published"]

    form.write_text(FORM)
    wait_until(lambda: programs.asked() == RUNS, "the form answers again")
    assert programs.state("form")["found"] == programs.state("form")["signed"]


@pytest.mark.parametrize(
    "alter, restore, said",
    [
        (lambda root: (root / "shell.php").write_text("x"), lambda root: (root / "shell.php").unlink(), b"new /shell.php"),
        (lambda root: (root / ".htaccess").write_text("x"), lambda root: (root / ".htaccess").unlink(), b"new /.htaccess"),
        (
            lambda root: (root / ".user.ini").write_text("auto_prepend_file = uploads/x\n"),
            lambda root: (root / ".user.ini").write_text("memory_limit = 64M\n"), b"changed /.user.ini",
        ),
        (lambda root: relink(root / "words", "uploads"), lambda root: relink(root / "words", "lib/words.php"), b"changed /words"),
        (lambda root: root.rename(root.parent / "away"), lambda root: (root.parent / "away").rename(root), b"No such file"),
    ],
    ids=["a-new-one", "a-hidden-one", "settings", "a-link", "gone"],
)
def test_whatever_may_run_is_looked_at(programs, alter, restore, said):
    alter(programs.root)
    try:
        wait_until(lambda: programs.asked() == STOPPED, "the form is stopped")
        told(programs, said)
    finally:
        restore(programs.root)


def relink(path, to):
    path.unlink()
    path.symlink_to(to)


def test_what_nothing_runs_in_is_free(programs):
    (programs.root / "uploads" / "new.php").write_text("<?php echo 'run';")
    (programs.service / "cache" / "y").write_text("y")
    # After a look that finds something else, these were looked at as well.
    (programs.service / "more.py").write_text("x")
    wait_until(lambda: programs.is_stopped("/service/"), "the service is stopped")
    assert programs.asked() == RUNS
    (programs.service / "more.py").unlink()
    wait_until(lambda: not programs.is_stopped("/service/"), "the service answers")
    assert ask(programs.centre, "/uploads/new.php")[0] == 404


def test_programs_altered_while_nobody_looked_are_found_at_the_start(programs):
    words = programs.root / "lib" / "words.php"
    before = words.read_text()
    programs.centre.stop()
    words.write_text("<?php return 'of somebody else';")
    programs.centre.start()
    wait_until(lambda: ask(programs.centre, "/")[0] == 200, "the site is served")
    assert programs.asked() == STOPPED
    told(programs, b"changed /lib/words.php")
    words.write_text(before)


def test_a_signed_update_is_asked(programs):
    """The last of them, since it is another deploy from now on."""
    words = programs.root / "lib" / "words.php"
    words.write_text("<?php return 'of the ministry, renewed';")
    wait_until(lambda: programs.asked() == STOPPED, "the form is stopped")
    assert programs.sign() == 2
    wait_until(lambda: programs.asked() == (200, None, b"the form of the ministry, renewed"), "the form answers again")
    # Back to what was: altered, by what is signed now.
    words.write_text("<?php return 'of the ministry';")
    wait_until(lambda: programs.asked() == (200, "deploy 2", b"signed"), "the form is stopped")
    programs.sign()
    # Without a line of it nobody looks.
    (programs.site.folder / "_applications").write_text("/* form\n")
    words.write_text("<?php return 'of the ministry';\n")
    programs.site.deploy()
    wait_until(lambda: programs.asked() == RUNS, "the form answers")
    assert json.loads(ask(programs.centre, "/.well-known/amana/site.json")[2])["code"] == []


def test_the_line_is_printed_and_what_changed_is_told(tmp_path, programs):
    root, run = tmp_path / "programs", programs.centre.run
    (root / "uploads").mkdir(parents=True)
    (root / "index.php").write_text("<?php")
    (root / "uploads" / "x.jpg").write_text("x")
    words = ("site", "code", root, "--name", "form", "--without", "/uploads", "--list", tmp_path / "list")
    done = run(*words)
    text = site_formats.code_of_folder(root, ["/uploads"])
    assert done.stdout == f"code form sha256:{hashlib.sha256(text.encode()).hexdigest()}\n" and done.stderr == ""
    assert (tmp_path / "list").read_text() == text
    (root / "index.php").write_text("<?php //")
    (root / "a b.php").write_text("x")
    done = run(*words)
    assert "2 differ" in done.stderr and "changed /index.php" in done.stderr and "new /a%20b.php" in done.stderr
    shown = json.loads(run(*words, "--json").stdout)
    assert (shown["application"], shown["files"], shown["changes"]) == ("form", 2, [])
    assert "doesn't begin with /" in run("site", "code", root, "--name", "form", "--without", "uploads", code=1).stderr
    assert "--name" in run("site", "code", root, code=1).stderr
    assert "small letters" in run("site", "code", root, "--name", "Form", code=1).stderr
    assert "nowhere" in run("site", "code", tmp_path / "nowhere", "--name", "form", code=1).stderr
