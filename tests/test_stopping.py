"""How servers begin and end: what systemd is told, and how long a stop takes."""

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

import gateway
from centre import Centre, binary, die_with_parent, free_port, surroundings, wait_until


@contextlib.contextmanager
def systemd(path):
    """The socket on which a service is heard; a name that begins with @ is abstract."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + path[1:] if path.startswith("@") else path)
        heard.settimeout(30)
        yield heard


def said(heard):
    return heard.recv(4096).decode().splitlines()


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_systemd_hears_when_the_data_centre_serves_and_when_it_stops(tmp_path, kind):
    path = str(tmp_path / "notify") if kind == "path" else f"@amana-test-{os.getpid()}"
    centre = Centre(tmp_path / "data")
    try:
        with systemd(path) as heard:
            centre.start(wait=False, NOTIFY_SOCKET=path, AMANA_STOP_WITHIN_S="3")
            assert said(heard) == ["READY=1"]
            assert centre.is_ready(), "it says so once it does"
            os.kill(centre.process.pid, signal.SIGTERM)
            assert said(heard) == ["STOPPING=1", "EXTEND_TIMEOUT_USEC=5000000"]
            assert centre.process.wait(30) == 0
    finally:
        centre.kill()


def test_systemd_hears_that_the_data_centre_lives(tmp_path):
    path = str(tmp_path / "notify")
    centre = Centre(tmp_path / "data")
    try:
        with systemd(path) as heard:
            centre.start(wait=False, NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
            assert said(heard) == ["READY=1"]
            for _ in range(3):
                assert said(heard) == ["WATCHDOG=1"]
    finally:
        centre.kill()


def test_systemd_hears_a_gateway(tmp_path):
    path = str(tmp_path / "notify")
    with gateway.country(tmp_path) as (_, running, _), systemd(path) as heard:
        running.stop()
        running.start(NOTIFY_SOCKET=path)
        assert said(heard) == ["READY=1"]
        running.stop()
        assert said(heard)[0] == "STOPPING=1"


def test_systemd_hears_a_witness(tmp_path):
    path = str(tmp_path / "notify")
    centre = Centre(tmp_path / "data").start()
    words = ("witness", "--data", tmp_path / "witness", "--policy", centre.policy, "--listen", f"127.0.0.1:{free_port()}")
    try:
        with systemd(path) as heard:
            witness = subprocess.Popen(
                [binary(), *map(str, words)],
                env=surroundings() | {"NOTIFY_SOCKET": path},
                stdout=subprocess.DEVNULL,
                preexec_fn=die_with_parent,
            )
            try:
                assert said(heard) == ["READY=1"]
                os.kill(witness.pid, signal.SIGTERM)
                assert said(heard)[0] == "STOPPING=1"
                assert witness.wait(30) == 0
            finally:
                if witness.poll() is None:
                    os.kill(witness.pid, signal.SIGKILL)
                    witness.wait(30)
    finally:
        centre.kill()


def unfinished(centre):
    """A request that is under way, and whose body doesn't come."""
    line = socket.create_connection(("127.0.0.1", centre.web_port))
    line.sendall(b"POST /witness/v1/poll HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 10\r\n\r\n")
    assert line.recv(64).startswith(b"HTTP/1.1 100"), "the server asks for the body"
    line.sendall(b"1")
    return line


def is_closed(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_stop_ends_within_its_time(tmp_path):
    centre = Centre(tmp_path / "data").start(AMANA_STOP_WITHIN_S="1")
    try:
        with unfinished(centre):
            os.kill(centre.process.pid, signal.SIGTERM)
            assert centre.process.wait(20) == 0
            assert "cut off" in centre.log()
        centre.check()
    finally:
        centre.kill()


def test_a_second_signal_ends_at_once(tmp_path):
    centre = Centre(tmp_path / "data").start(AMANA_STOP_WITHIN_S="600")
    try:
        with unfinished(centre):
            os.kill(centre.process.pid, signal.SIGTERM)
            wait_until(lambda: is_closed(centre.s3_port), "it takes nobody new")
            assert centre.process.poll() is None
            began = time.monotonic()
            os.kill(centre.process.pid, signal.SIGTERM)
            assert centre.process.wait(60) == 0
            assert time.monotonic() - began < 60
        centre.check()
    finally:
        centre.kill()


def test_a_wrong_time_to_stop_is_refused(tmp_path):
    centre = Centre(tmp_path / "data")
    centre.start(wait=False, AMANA_STOP_WITHIN_S="-1")
    assert centre.died() == 1
    assert "stop_within_s" in centre.log()
