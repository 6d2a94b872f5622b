"""Retour's own programs: configuration, start with readiness from sd_notify, commands."""

import json
import os
import re
import shutil
import signal
import socket

from .keeper import children
from .lab import TOP, LabError, reachable_by_all, run, wait_until
from .postgres import OWNER
from .process import Process

ROLES = ("inbound", "internal", "outbound")


def yaml(value, indent=0):
    """Maps, lists and scalars, in block style; every text is quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines.append(f"{pad}{key}:\n{yaml(item, indent + 1)}")
            else:
                lines.append(f"{pad}{key}: {yaml(item)}")
        return "\n".join(lines)
    if isinstance(value, list):
        lines = []
        for item in value:
            if isinstance(item, dict):
                lines.append(f"{pad}- " + yaml(item, indent + 1).lstrip())
            else:
                lines.append(f"{pad}- {yaml(item)}")
        return "\n".join(lines) or "[]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else json.dumps(value, ensure_ascii=False)


class Retour:
    """name: several instances share a lab when each has a folder of its own."""

    def __init__(self, lab, postgres, redis=None, name="retour", sockets=None):
        self.lab = lab
        self.build = os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build"))
        os.environ["XDG_CACHE_HOME"] = lab.folder("cache")  # what commands compile is of no use to the person who tests
        self.user = lab.user_for("nobody")
        self.folder = lab.folder(name)
        lab.folder(name, "run", owner=self.user)
        self.config = lab.path(name, "retour.yaml")
        self.desk_config, self.owner_config = lab.path(name, "support.yaml"), lab.path(name, "owner.yaml")
        self.admin_config = lab.path(name, "admin.yaml")
        self.log = lab.path(name, "milter.log")
        self.postgres = postgres
        self.sockets = {role: f"unix:{lab.socket_path(f'{name}/run/{role}')}" for role in ROLES}
        self.sockets.update(sockets or {})
        self.settings = {
            # all mail in a lab comes from one address
            "database": {"unverified_per_hour": 0, "unverified_per_source": 0},
            "redis": {"address": f"unix:{redis.socket}" if redis else ""},
            "milter": {"listeners": [self.listener(role) for role in ROLES]},
        }
        self.process = None
        self.daemon_url = None  # of the database, for the service; None: where self.postgres is
        self.env = {}
        self.data = os.path.join(TOP, "config")
        # a checkout below /root: the services have users of their own, who can read nothing there
        self.closed = lab.root and not reachable_by_all(TOP)
        if self.closed:
            self.data = shutil.copytree(self.data, lab.path(name, "data"), dirs_exist_ok=True)
            self.env["RETOUR_DATA"] = self.data
            options = os.environ.get("TSAN_OPTIONS", "")
            for named in re.findall(r"\bsuppressions=([^:]+)", options):
                self.env["TSAN_OPTIONS"] = options.replace(named, self.readable(named))

    def readable(self, path):
        """The same file, where the services can read it; a sanitizer reads the names in a program as well."""
        copy = os.path.join(self.lab.folder("readable"), os.path.basename(path))
        if self.closed and not os.path.exists(copy):
            shutil.copy(path, copy)
        return copy if self.closed else path

    def listener(self, role):
        listener = {"name": role, "role": role, "socket": self.sockets[role]}
        if self.sockets[role].startswith("unix:"):
            listener["socket_mode"] = "0666"
        if role != "outbound":
            listener["bounce_addresses"] = ["@bounces.example.test"]
            listener["feedback_addresses"] = ["@fbl.example.test"]
            listener["unsubscribe_addresses"] = ["u-*@fbl.example.test"]
        else:
            listener["support"] = "https://help.example.test/mail"
        return listener

    def stamp(self, stamping):
        """Outgoing mail is signed from now on, with a first key."""
        self.settings["trust"] = {"keys": self.lab.path(os.path.basename(self.folder), "keys")}
        self.settings["stamping"] = stamping
        self.new_key()

    def new_key(self, *arguments):
        self.write()
        self.cli("token", "new-key", *arguments, config=self.config)
        if self.lab.root:
            shutil.chown(self.settings["trust"]["keys"], self.user)

    def listener_settings(self, role):
        return next(listener for listener in self.settings["milter"]["listeners"] if listener["role"] == role)

    def program(self, name):
        path = os.path.join(self.build, {"retour": "support/retour", "retour-milter": "milter/retour-milter",
                                          "retour-fbl": "fbl/retour-fbl", "retour-map": "map/retour-map",
                                          "retour-watch": "watch/retour-watch"}[name])
        if not os.access(path, os.X_OK):
            raise LabError(f"{path} is not built")
        return path if name == "retour" else self.readable(path)

    def write(self):
        """One file per role of the database, unless the settings name one: what the service may do, support may not."""
        for path, user in ((self.config, "retour_daemon"), (self.desk_config, "retour_desk"), (self.admin_config, "retour_boss"),
                           (self.owner_config, OWNER)):
            url = self.daemon_url if self.daemon_url and path == self.config else self.postgres.url(user)
            settings = {**self.settings, "database": {"url": url, **self.settings["database"]}}
            with open(path, "w", encoding="utf-8") as config:
                config.write("# Written by tests/lab/retour.py\n" + yaml(settings) + "\n")

    def cli(self, *arguments, config=None, ok=(0,), timeout=60):
        """The output of a command, with the rights of support."""
        return run([self.program("retour"), "--config", config or self.desk_config, *arguments],
                   f"retour {' '.join(arguments)}", ok=ok, timeout=timeout).stdout

    def migrate(self):
        self.write()
        output = self.cli("migrate", config=self.owner_config)
        for name, role in (("retour_daemon", "retour_milter"), ("retour_desk", "retour_support"),
                           ("retour_boss", "retour_admin"), ("retour_reader_daemon", "retour_reader")):
            if not self.postgres.number(f"SELECT count(*) FROM pg_roles WHERE rolname = '{name}'"):
                self.postgres.psql(f"CREATE ROLE {name} LOGIN IN ROLE {role}")
        return output

    def make_process(self, config=None, log=None):
        return Process("retour-milter", [self.program("retour-milter"), "--config", config or self.config], log or self.log,
                       user=self.user, env=self.env)

    def check(self):
        """Exit status and output of --check."""
        self.write()
        done = run([self.program("retour-milter"), "--config", self.config, "--check"], ok=None, env={**os.environ, **self.env})
        return done.returncode, done.stdout

    def start(self, deadline=60):
        """Returns when the service says that it is ready."""
        self.write()
        self.process = self.make_process()
        start_notified(self.lab, self.process, os.path.join(os.path.basename(self.folder), "notify"), deadline)
        return self

    def stop(self, deadline=20):
        return self.process.stop(deadline) if self.process else None

    def kill(self):
        """The parent alone; its children are to end by themselves."""
        if self.process:
            self.process.kill()

    def kill_all(self):
        """As a crash of the machine would: parent and children at once."""
        if self.process and self.process.alive():
            pids = self.children()
            self.process.signal(signal.SIGSTOP)
            for pid in pids + [self.process.pid]:
                kill_pid(pid, signal.SIGKILL)
            self.process.popen.wait()
            wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "retour-milter's children to end")

    def children(self):
        return children(self.process.pid)

    def signal_children(self, number):
        for pid in self.children():
            kill_pid(pid, number)

    def log_text(self, mark=0):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(mark)
            return log.read()

    def log_mark(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0


class Service:
    """A further service beside the Retour whose database it uses: its program, its section of the settings."""

    program = role = ""

    def __init__(self, retour, name):
        self.retour, self.lab, self.name = retour, retour.lab, name
        self.folder = self.lab.folder(name)
        self.config, self.log = self.lab.path(name, "retour.yaml"), self.lab.path(name, f"{name}.log")
        self.process = None
        self.metrics = {}  # where it shows what it counts

    def settings(self):
        """Its own sections, and what it has different in "database"."""
        raise NotImplementedError

    def write(self):
        settings = self.settings()
        settings["database"] = {"url": self.retour.postgres.url(self.role), **self.retour.settings["database"],
                                **settings.get("database", {})}
        with open(self.config, "w", encoding="utf-8") as config:
            config.write("# Written by tests/lab/retour.py\n" + yaml({
                "redis": self.retour.settings["redis"], "trust": self.retour.settings.get("trust", {}),
                "metrics": self.metrics, **settings}) + "\n")

    def start(self, deadline=60):
        self.write()
        self.process = Process(self.program, [self.retour.program(self.program), "--config", self.config], self.log,
                               user=self.retour.user, env=self.retour.env)
        start_notified(self.lab, self.process, f"{self.name}/notify", deadline)
        return self

    def check(self):
        """Exit status and output of --check."""
        self.write()
        return run([self.retour.program(self.program), "--config", self.config, "--check"], ok=None)

    def stop(self, deadline=20):
        """The exit status; None when it was not running. LabError when it has crashed."""
        if self.process is None:
            return None
        status = self.process.stop(deadline)
        self.process.check_crash()
        return status

    def kill(self):
        if self.process:
            self.process.kill()

    def log_mark(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def log_text(self, mark=0):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(mark)
            return log.read()

    def wait_log(self, text, mark=0, deadline=30):
        wait_until(lambda: text in self.log_text(mark), f"'{text}' in the log of {self.program}", deadline, watch=self.process)


class Fbl(Service):
    """retour-fbl with mailboxes as given."""

    program, role = "retour-fbl", "retour_reader_daemon"

    def __init__(self, retour, mailboxes, name="fbl"):
        super().__init__(retour, name)
        self.mailboxes = mailboxes
        self.commit_timeout = "4s"

    def settings(self):
        return {"database": {"commit_timeout": self.commit_timeout,
                                 **self.retour.settings["database"]}, "mailboxes": self.mailboxes}


class Map(Service):
    """retour-map with listeners as given."""

    program, role = "retour-map", "retour_daemon"

    def __init__(self, retour, listeners, name="map"):
        super().__init__(retour, name)
        self.lab.folder(name, "run", owner=retour.user)
        self.listeners = listeners
        self.more = {}

    def settings(self):
        return {"map": {**self.more, "listeners": self.listeners}}


def start_notified(lab, process, name, deadline):
    """Starts a process and returns when it has told READY=1."""
    path = lab.socket_path(name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        if os.path.exists(path):
            os.unlink(path)
        notify.bind(path)
        os.chmod(path, 0o777)
        notify.settimeout(0)
        process.env = {**(process.env or {}), "NOTIFY_SOCKET": path}
        process.start()
        wait_until(lambda: is_ready(notify), f"{process.name} to be ready", deadline, watch=process)


def is_ready(notify):
    while True:
        try:
            if b"READY=1" in notify.recv(4096).splitlines():
                return True
        except BlockingIOError:
            return False


def kill_pid(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Watch(Service):
    """retour-watch, which comes round every second."""

    program, role = "retour-watch", "retour_daemon"

    def __init__(self, retour, dns, name="watch"):
        super().__init__(retour, name)
        self.dns = dns
        self.reputation = {}

    def settings(self):
        return {"dns": {"servers": [self.dns.address], "timeout": "200ms", "tries": 1},
                "reputation": {"interval": "1s", **self.reputation}}
