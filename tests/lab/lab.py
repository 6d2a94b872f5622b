"""A lab: one directory, one loopback address, and the private servers that live there until it ends."""

import os
import pwd
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOCKET_PATH_MAX = 107
WIDTH = 250  # of a log line that is shown

os.environ["PATH"] = os.environ.get("PATH", "/usr/bin:/bin") + ":/usr/local/sbin:/usr/sbin:/sbin"


class LabError(Exception):
    """A server or a step failed; the message is complete enough to print."""


class Skip(Exception):
    """What a test needs is not there; the message says what."""


def wait_until(condition, what, deadline=30.0, watch=None):
    """Returns the first true value of condition(). watch: a Process whose end ends the waiting as well."""
    end = time.monotonic() + deadline
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if watch is not None and not watch.alive():
            raise LabError(f"{watch.name} ended while waiting for {what}\n{watch.log_tail()}")
        if time.monotonic() > end:
            raise LabError(f"{what}: not within {deadline:g} s" + (f"\n{watch.log_tail()}" if watch else ""))
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def tail(path, lines=25):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            last = file.readlines()[-lines:]
    except OSError as problem:
        return f"  ({problem})"
    return "".join(f"  | {line[:WIDTH].rstrip()}\n" for line in last).rstrip("\n") or f"  ({path} is empty)"


def run(argv, what=None, timeout=60, ok=(0,), **kwargs):
    """Runs a command to its end; LabError with its output when it fails."""
    argv = [str(part) for part in argv]
    try:
        done = subprocess.run(argv, stdin=kwargs.pop("stdin", subprocess.DEVNULL) if "input" not in kwargs else None,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=timeout, check=False, **kwargs)
    except subprocess.TimeoutExpired as late:
        raise LabError(f"{what or ' '.join(argv)}: no end within {timeout} s\n{late.stdout or ''}") from late
    except OSError as problem:
        raise LabError(f"{what or argv[0]}: {problem}") from problem
    if ok is not None and done.returncode not in ok:
        raise LabError(f"{what or ' '.join(argv)}: exit status {done.returncode}\n{done.stdout}".rstrip())
    return done


def claim_address():
    """A 127/8 address that no other lab uses, and the socket that holds it: the name is free again when this process ends.

    Postfix sets SO_REUSEPORT: two labs on one address and port would silently share the mail.
    """
    for attempt in range(4096):
        number = (os.getpid() + attempt * 251) % 65024
        address = f"127.88.{number // 254}.{number % 254 + 1}"
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0retour-lab-{address}")
        except OSError:
            claim.close()
            continue
        return address, claim
    raise LabError("no free loopback address")


def reachable_by_all(directory):
    """Servers run as users of their own: may they walk to it?"""
    while True:
        if not os.stat(directory).st_mode & stat.S_IXOTH:
            return False
        if directory == "/":
            return True
        directory = os.path.dirname(directory)


class Lab:
    """with Lab() as lab: servers added with lab.add() are stopped in reverse order, whatever happens."""

    def __init__(self, directory=None, keep=None):
        self.root = os.getuid() == 0
        self.keep = bool(os.environ.get("RETOUR_KEEP")) if keep is None else keep
        self.temporary = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="retour-", dir="/tmp")
        os.makedirs(self.directory, exist_ok=True)
        os.chmod(self.directory, 0o755)
        if not reachable_by_all(self.directory):
            raise LabError(f"{self.directory}: not every folder above it may be searched by the servers' users")
        self.address, self._claim = claim_address()
        self.servers = []
        self._ports = 2500

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def folder(self, *parts, mode=0o755, owner=None):
        path = self.path(*parts)
        os.makedirs(path, exist_ok=True)
        os.chmod(path, mode)
        if owner and self.root:
            entry = pwd.getpwnam(owner)
            os.chown(path, entry.pw_uid, entry.pw_gid)
        return path

    def socket_path(self, name):
        path = self.path(name)
        if len(path) > SOCKET_PATH_MAX:
            raise LabError(f"{path}: too long for a unix socket")
        return path

    def port(self):
        """A port of the lab's address that nobody listens on, also not on the wildcard address."""
        for self._ports in range(self._ports + 1, 9000):
            with socket.socket() as probe:
                if probe.connect_ex((self.address, self._ports)) == 0:
                    continue
            with socket.socket() as probe:
                try:
                    probe.bind((self.address, self._ports))
                except OSError:
                    continue
            return self._ports
        raise LabError(f"no free port on {self.address}")

    def user_for(self, name):
        """The account a server runs as: its own when we are root, else ours."""
        return name if self.root else pwd.getpwuid(os.getuid()).pw_name

    def add(self, server):
        self.servers.append(server)
        return server

    def close(self):
        problems = []
        for server in reversed(self.servers):
            try:
                server.stop()
            except (LabError, OSError) as problem:
                problems.append(str(problem))
                server.kill()
        self.servers.clear()
        self._claim.close()
        if self.temporary and not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)
        elif self.temporary:
            print(f"# kept: {self.directory}", file=sys.stderr)
        if problems:
            raise LabError("\n".join(problems))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
