"""Runs a systemd unit's command as the unit confines it, on a machine where no systemd runs.

    python3 tests/sandbox.py UNIT BINARY STATE [CREDENTIAL=FILE…]

It reads the unit and does by hand what systemd would: the system calls that the filter leaves, families of addresses, no new
namespaces, no memory both writable and executable, no capability, a user of its own, limits, a system that is read-only but
for the state's folder, private /tmp, no homes, a /proc of processes alone. Left out: the user namespace of PrivateUsers and
the device rules, which need what only a service manager has. As root.
"""

import ctypes
import functools
import os
import pathlib
import re
import resource
import shlex
import socket
import struct
import subprocess
import sys

UID = 64_321
LIBC = ctypes.CDLL(None, use_errno=True)
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
CLONE_NEWNS, CLONE_NEW_ANY = 0x00020000, 0x7E020000 | 0x00000080
MS_RDONLY, MS_NOSUID, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG, PR_SET_SECCOMP, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 22, 24, 38
SYS_MOUNT_SETATTR, AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = 442, -100, 0x8000, 1


def parse(unit):
    """Every setting of the unit, with the values of all its lines."""
    settings = {}
    for line in pathlib.Path(unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            settings.setdefault(name, []).append(value)
    return settings


@functools.cache
def members(name):
    """The system calls of a set, by systemd's own list."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True, capture_output=True, text=True).stdout
    names = set()
    for line in listed.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            names |= members(word)
        elif word and not word.startswith("#"):
            names.add(word)
    return names


def allowed(filters):
    names = set()
    for value in filters:
        sets = [members(word) if word.startswith("@") else {word} for word in value.lstrip("~").split()]
        names = names - set().union(*sets) if value.startswith("~") else names | set().union(*sets)
    # Those that systemd leaves to every service: to start, and to end.
    return names | members("@default")


@functools.cache
def numbers():
    """The numbers of this machine's system calls, as its C compiler has them."""
    said = subprocess.run(["cc", "-E", "-dM", "-"], input="#include <sys/syscall.h>", check=True, capture_output=True, text=True)
    return {name: int(number) for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", said.stdout)}


def filter_program(settings):
    """The seccomp filter: instructions of classic BPF."""
    number = numbers()
    load, equal, any_of, ret, mask = 0x20, 0x15, 0x45, 0x06, 0x54

    def step(code, k, yes=0, no=0):
        return struct.pack("HBBI", code, yes, no, k)

    refuse = step(ret, ERRNO | EPERM)
    program = [step(load, 4), step(equal, AUDIT_ARCH[os.uname().machine], 1), step(ret, KILL), step(load, 0)]

    def judge(call, steps):
        """Steps for one call; afterwards the number is loaded anew."""
        program.extend([step(equal, number[call], 0, len(steps) + 1), *steps, step(load, 0)])

    if settings.get("MemoryDenyWriteExecute") == ["yes"]:
        protection = step(load, 16 + 8 * 2)
        judge("mmap", [protection, step(mask, 6), step(equal, 6, 0, 1), refuse])
        judge("mprotect", [protection, step(any_of, 4, 0, 1), refuse])
    families = settings["RestrictAddressFamilies"][0].split()
    checks = [step(equal, getattr(socket, name), len(families) - place) for place, name in enumerate(families)]
    judge("socket", [step(load, 16), *checks, step(ret, ERRNO | EAFNOSUPPORT)])
    if settings.get("RestrictNamespaces") == ["yes"]:
        for call in ("clone", "unshare"):
            judge(call, [step(load, 16), step(any_of, CLONE_NEW_ANY, 0, 1), refuse])
        judge("setns", [refuse])
        # Its flags lie in memory, where a filter can't look; the C library then takes the older call.
        judge("clone3", [step(ret, ERRNO | ENOSYS)])
    for call in sorted(number[name] for name in allowed(settings["SystemCallFilter"]) if name in number):
        program += [step(equal, call, 0, 1), step(ret, ALLOW)]
    return b"".join([*program, refuse])


def must(outcome, what):
    if outcome != 0:
        raise OSError(ctypes.get_errno(), what)


def mount(source, target, kind=None, flags=0, options=None):
    texts = [text and str(text).encode() for text in (source, target, kind)]
    must(LIBC.mount(*texts, ctypes.c_ulong(flags), options and options.encode()), f"mount on {target}")


def protect(folder, set_flags, clear_flags, recursive):
    attributes = struct.pack("QQQQ", set_flags, clear_flags, 0, 0)
    at = AT_RECURSIVE if recursive else 0
    must(LIBC.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, str(folder).encode(), at, attributes, len(attributes)), f"protect {folder}")


def confine_files(binary, state, name, credentials):
    """A read-only system with the state's folder in its place; gives the binary's path and the credentials' folder."""
    must(LIBC.unshare(CLONE_NEWNS), "unshare")
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    kept = {where: os.open(where, os.O_PATH) for where in (binary, state, *credentials.values())}
    mount("tmpfs", "/var/lib", "tmpfs", MS_NOSUID, "mode=0755")
    home, program, secrets = pathlib.Path("/var/lib") / name, pathlib.Path("/var/lib/program"), pathlib.Path("/var/lib/secrets")
    home.mkdir()
    program.touch()
    secrets.mkdir()
    mount(f"/proc/self/fd/{kept[binary]}", program, flags=MS_BIND)
    mount(f"/proc/self/fd/{kept[state]}", home, flags=MS_BIND)
    for credential, file in credentials.items():
        (secrets / credential).write_bytes(pathlib.Path(f"/proc/self/fd/{kept[file]}").read_bytes())
        os.chown(secrets / credential, UID, UID)
        (secrets / credential).chmod(0o400)
    protect("/", MOUNT_ATTR_RDONLY, 0, recursive=True)
    protect(home, 0, MOUNT_ATTR_RDONLY, recursive=False)
    for private in ("/tmp", "/var/tmp"):
        mount("tmpfs", private, "tmpfs", MS_NOSUID, "mode=1777")
    for people in ("/home", "/root"):
        mount("tmpfs", people, "tmpfs", MS_RDONLY | MS_NOSUID, "mode=0000")
    mount("proc", "/proc", "proc", 0, "subset=pid,hidepid=invisible")
    for descriptor in kept.values():
        os.close(descriptor)
    os.chdir(home)
    return program, secrets


def confine_process(settings):
    limits = {"LimitNOFILE": resource.RLIMIT_NOFILE, "LimitCORE": resource.RLIMIT_CORE}
    for name, limit in limits.items():
        # Where the tests run, the limit may be lower already, and not to be raised.
        hard = resource.getrlimit(limit)[1]
        value = int(settings[name][0]) if hard == resource.RLIM_INFINITY else min(int(settings[name][0]), hard)
        resource.setrlimit(limit, (value, value))
    program = filter_program(settings)
    os.umask(int(settings["UMask"][0], 8))
    capability = 0
    while LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    os.setgroups([])
    os.setresgid(UID, UID, UID)
    os.setresuid(UID, UID, UID)
    must(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")
    # Another user's child: what was set before is gone.
    must(LIBC.prctl(PR_SET_PDEATHSIG, 9, 0, 0, 0), "end with the parent")
    instructions = ctypes.create_string_buffer(program)
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    must(LIBC.prctl(PR_SET_SECCOMP, 2, header, 0, 0), "seccomp")


def main():
    unit, binary, state, *given = sys.argv[1:]
    settings = parse(unit)
    credentials = dict(one.split("=", 1) for one in given)
    words = shlex.split(settings["ExecStart"][0])
    assert words[0] == "/usr/bin/amana", words
    # Asked now: afterwards neither a compiler nor systemd is within reach.
    filter_program(settings)
    program, secrets = confine_files(binary, state, settings["StateDirectory"][0], credentials)
    environment = {name: value for name, value in os.environ.items() if name.startswith("AMANA_") or name in ("PATH", "WITNESS")}
    if credentials:
        environment["CREDENTIALS_DIRECTORY"] = str(secrets)
    arguments = [part for word in words[1:] for part in (shlex.split(os.environ["WITNESS"]) if word == "$WITNESS" else [word])]
    confine_process(settings)
    os.execve(program, ["amana", *arguments], environment)


if __name__ == "__main__":
    main()
