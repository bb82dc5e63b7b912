"""Programs in PHP, run by PHP-FPM alone."""

import os
import pathlib
import subprocess

from centre import die_with_parent, free_port, surroundings, wait_until
from wordpress import FPM_CONFIG, PATIENCE_S, PHP_FPM


class Fpm:
    """A folder of programs, `root`, that answers at the socket `listen`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.root = self.folder / "site"
        self.root.mkdir(parents=True)
        # The path of a socket has at most 107 bytes.
        self.listen = pathlib.Path("/tmp") / f"amana-php-{os.getpid()}-{free_port()}.fpm"
        self.process = None

    def start(self):
        assert PHP_FPM, "PHP-FPM is installed"
        config = self.folder / "fpm.conf"
        is_root = os.geteuid() == 0
        config.write_text(FPM_CONFIG.format(folder=self.folder, listen=self.listen, user="user = root\ngroup = root" if is_root else ""))
        words = [PHP_FPM, "--nodaemonize", "--fpm-config", config, *(["--allow-to-run-as-root"] if is_root else [])]
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in words], env=surroundings(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent,
            )
        wait_until(self.listen.exists, "PHP-FPM listens", PATIENCE_S)
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.listen.unlink(missing_ok=True)
