"""An administrator works as root beside a service that runs as another user: nothing in its folder is kept from it."""

import os

import pytest

from centre import binary, surroundings
from test_packaging import AS_ROOT, UID, ConfinedCentre, run


# Where the unit has the folder of data, as the confined service sees it.
SEEN = "/var/lib/amana"


def as_root(*words):
    return run(*AS_ROOT, binary(), *words, env=surroundings())


def strangers(folder):
    """What is in a folder and isn't its owner's."""
    found = run(*AS_ROOT, "find", folder, "(", "!", "-uid", UID, "-o", "!", "-gid", UID, ")").stdout
    return found.split()


@pytest.fixture
def service(tmp_path):
    """A data centre that runs as a user of its own, with a mirror in a folder of the same user's."""
    data, place = tmp_path / "data", tmp_path / "data" / "place"
    data.mkdir(mode=0o700)
    place.mkdir()
    mirror = f'[[mirror]]\nname = "usb"\nplace = "{SEEN}/place"\noperator = true\n'
    (data / "amana.toml").write_text(f'centre = "centre.test"\n{mirror}')
    centre = ConfinedCentre(data).start_confined()
    yield centre
    # A process of another user's is not ours to kill where these tests aren't root's.
    run(*AS_ROOT, "kill", "-KILL", str(centre.process.pid), code=None)
    centre.process.wait(30)
    run(*AS_ROOT, "chown", "-R", f"{os.getuid()}:{os.getgid()}", tmp_path)


def test_what_root_does_beside_the_service_stays_the_services(service, tmp_path):
    data = service.data
    as_root("institution", "add", "finances", "--data", data)
    as_root("operator-key", "backup", "--data", data, "--custodians", "2-of-3", "--pages", tmp_path / "pages")
    assert run(*AS_ROOT, "stat", "-c", "%u", tmp_path / "pages").stdout.strip() == "0", "pages are whose who asked"
    assert not strangers(data)
    # The service reads it: a backup with keys takes the note along.
    as_root("backup", "--data", data, "--to", f"{SEEN}/copy", "--with-keys")
    assert run(*AS_ROOT, "cat", data / "copy" / "keys" / "operator-backup.json").stdout
    assert not strangers(data)


def test_a_folder_that_root_restored_is_the_services(service, tmp_path):
    data = service.data
    as_root("institution", "add", "finances", "--data", data)
    run(*AS_ROOT, "kill", "-TERM", str(service.process.pid))
    service.process.wait(30)
    # Out here the place has another name.
    toml = data / "amana.toml"
    run(*AS_ROOT, "sed", "-i", f"s#{SEEN}/place#{data}/place#", toml)
    run(*AS_ROOT, "chown", f"{UID}:{UID}", toml)
    as_root("mirror", "--once", "--data", data)
    as_root("scrub", "--data", data)
    as_root("check", "--data", data)
    assert not strangers(data)
    seed, back = data / "keys" / "operator.seed", tmp_path / "back"
    back.mkdir(mode=0o700)
    run(*AS_ROOT, "chown", f"{UID}:{UID}", back)
    restore = ("restore", "--from", data / "place", "--seed-file", seed, "--operator", "--without-witnesses")
    told = as_root(*restore, "--data", back, "--all").stdout
    assert "chown" not in told and not strangers(back)
    told = as_root(*restore, "--data", tmp_path / "roots").stdout
    assert "chown -R amana:" in told, "a folder that root made is root's, which is said"
