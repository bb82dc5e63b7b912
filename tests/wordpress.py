"""A real WordPress of the tests' own: Debian's, with its own MariaDB, served by PHP on a free port, or run by PHP-FPM."""

import getpass
import os
import pathlib
import shutil
import subprocess
import urllib.request

from centre import die_with_parent, free_port, surroundings, wait_until

# Not on the path of everybody.
MARIADBD = "/usr/sbin/mariadbd"
PHP_FPM = next(iter(sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))), None)
DEBIAN = pathlib.Path("/usr/share/wordpress")
POPULATE = pathlib.Path(__file__).with_name("populate.php")
# The first page of a WordPress that nobody asked yet, on a busy machine.
PATIENCE_S = 120

CONFIG = """<?php
define('DB_NAME', 'wordpress'); define('DB_USER', '{user}'); define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:{socket}'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HOME', '{url}'); define('WP_SITEURL', '{url}');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
define('AUTH_KEY', 'a'); define('SECURE_AUTH_KEY', 'b'); define('LOGGED_IN_KEY', 'c'); define('NONCE_KEY', 'd');
define('AUTH_SALT', 'e'); define('SECURE_AUTH_SALT', 'f'); define('LOGGED_IN_SALT', 'g'); define('NONCE_SALT', 'h');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {{ define('ABSPATH', __DIR__ . '/'); }}
require_once ABSPATH . 'wp-settings.php';
"""
FPM_CONFIG = """[global]
error_log = {folder}/fpm.log
daemonize = no
[wordpress]
listen = {listen}
{user}
pm = static
pm.max_children = 2
security.limit_extensions = .php
"""
# What a web server's rewriting does: files are sent, the rest is WordPress's.
ROUTER = """<?php
$path = rawurldecode(parse_url('http://x' . $_SERVER['REQUEST_URI'], PHP_URL_PATH));
if ($path !== '/' && is_file(__DIR__ . $path)) { return false; }
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
require __DIR__ . '/index.php';
"""


class WordPress:
    """One site and its database."""

    def __init__(self, folder, posts, url=None):
        self.folder = pathlib.Path(folder)
        self.posts = posts
        self.root = self.folder / "site"
        # The path of a socket has at most 107 bytes.
        self.socket = pathlib.Path("/tmp") / f"amana-wordpress-{os.getpid()}-{free_port()}.sock"
        self.port = free_port()
        self.url = url or f"http://127.0.0.1:{self.port}"
        self.processes = []

    def start(self):
        self._install()
        # One process: further ones would outlive it.
        self._popen(["php", "-d", "opcache.enable_cli=1", "-S", f"127.0.0.1:{self.port}", "-t", self.root, self.root / "router.php"])
        wait_until(self._answers, "WordPress answers", PATIENCE_S)
        return self

    def _install(self):
        self._database()
        shutil.copytree(DEBIAN, self.root, ignore=lambda *_: [".htaccess"])
        (self.root / "wp-content" / "uploads").mkdir()
        user = getpass.getuser()
        (self.root / "wp-config.php").write_text(CONFIG.format(user=user, socket=self.socket, url=self.url))
        (self.root / "router.php").write_text(ROUTER)
        self.php(POPULATE, self.root, self.url, self.posts)

    def _database(self):
        data = self.folder / "database"
        data.mkdir(parents=True)
        words = [f"--datadir={data}", f"--user={getpass.getuser()}"]
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", *words, "--auth-root-authentication-method=socket", "--skip-test-db",
             f"--auth-root-socket-user={getpass.getuser()}"],
            check=True, stdout=subprocess.DEVNULL, env=surroundings(),
        )
        # Nothing in it has to survive a power cut.
        quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-binlog=0", "--skip-networking"]
        self._popen([MARIADBD, "--no-defaults", *words, f"--socket={self.socket}", *quick])
        wait_until(lambda: self._sql("SELECT 1"), "the database answers", PATIENCE_S)
        assert self._sql("CREATE DATABASE wordpress CHARACTER SET utf8mb4")

    def _sql(self, text):
        words = ["mariadb", "--no-defaults", f"--socket={self.socket}", "-e", text]
        return subprocess.run(words, capture_output=True, env=surroundings()).returncode == 0

    def _popen(self, words):
        log = (self.folder / f"{pathlib.Path(words[0]).name}.log").open("wb")
        process = subprocess.Popen(
            [str(word) for word in words], env=surroundings(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=die_with_parent,
        )
        self.processes.append(process)
        return process

    def php(self, *words):
        """Runs a script; what it says is what is wrong."""
        done = subprocess.run(["php", *map(str, words)], capture_output=True, text=True, env=surroundings())
        assert done.returncode == 0, done.stdout + done.stderr

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/robots.txt", timeout=PATIENCE_S) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait()
        self.socket.unlink(missing_ok=True)


class FpmWordPress(WordPress):
    """One that PHP-FPM runs, for a web server that speaks FastCGI."""

    def __init__(self, folder, posts, url):
        super().__init__(folder, posts, url)
        self.listen = self.socket.with_suffix(".fpm")
        self.fpm = None

    def start(self):
        self._install()
        self.start_fpm()
        return self

    def start_fpm(self):
        assert PHP_FPM, "PHP-FPM is installed"
        config = self.folder / "fpm.conf"
        # Its own users are for machines, the tests' folders are one user's.
        is_root = os.geteuid() == 0
        user = "user = root\ngroup = root" if is_root else ""
        config.write_text(FPM_CONFIG.format(folder=self.folder, listen=self.listen, user=user))
        as_root = ["--allow-to-run-as-root"] if is_root else []
        self.fpm = self._popen([PHP_FPM, "--nodaemonize", "--fpm-config", config, *as_root])
        wait_until(self.listen.exists, "PHP-FPM listens", PATIENCE_S)

    def stop_fpm(self):
        self.fpm.terminate()
        self.fpm.wait()
        self.processes.remove(self.fpm)

    def stop(self):
        super().stop()
        self.listen.unlink(missing_ok=True)
