"""A private PostgreSQL cluster that listens on a unix socket alone."""

import os
import signal
import subprocess

from .keeper import children
from .lab import LabError, run, wait_until
from .process import Process, group_of

BINARIES = "/usr/lib/postgresql/15/bin"
DATABASE = "retour"
OWNER = "retour"


class Postgres:
    """initdb and postgres refuse root, so as root everything runs as user postgres."""

    def __init__(self, lab, settings=(), name="postgres"):
        self.lab = lab
        self.user = lab.user_for("postgres")
        self.folder = lab.folder(name, owner=self.user)
        self.data = lab.path(name, "data")
        self.log = lab.path(name, "postgres.log")
        self.socket = lab.socket_path(f"{name}/.s.PGSQL.5432")
        self.settings = {
            "listen_addresses": "''", "unix_socket_directories": f"'{self.folder}'", "unix_socket_permissions": "0777",
            "port": "5432", "max_connections": "100", "logging_collector": "off", "log_lock_waits": "on",
            "log_line_prefix": "'%m [%p] %q%u@%d '", **dict(settings)}
        self.process = Process("PostgreSQL", [f"{BINARIES}/postgres", "-D", self.data], self.log, user=self.user,
                               cwd=self.folder, stop_signal=signal.SIGINT)

    def url(self, user=OWNER, *others):
        """others: further servers, of which the one that takes writes is meant."""
        hosts = ",".join(server.folder for server in (self, *others))
        return f"host={hosts} dbname={DATABASE} user={user} connect_timeout=3"

    def as_owner(self, argv):
        if not self.lab.root:
            return argv
        return ["setpriv", f"--reuid={self.user}", "--regid", str(group_of(self.user)), "--init-groups", "--"] + argv

    def create(self):
        if not os.path.exists(os.path.join(self.data, "PG_VERSION")):
            run(self.as_owner([f"{BINARIES}/initdb", "-D", self.data, "-U", OWNER, "-A", "trust", "--no-sync", "-E", "UTF8",
                               "--locale=C.UTF-8"]), "initdb", cwd=self.folder)
        lines = "".join(f"{key} = {value}\n" for key, value in self.settings.items())
        with open(os.path.join(self.data, "postgresql.auto.conf"), "w", encoding="utf-8") as conf:
            conf.write("# written by tests/lab/postgres.py\n" + lines)

    def start(self):
        self.create()
        return self.restart()

    def make_replica(self, name):
        """A copy that follows this server once it is started, with restart()."""
        replica = Postgres(self.lab, name=name)
        run(self.as_owner([f"{BINARIES}/pg_basebackup", "-h", self.folder, "-U", OWNER, "-D", replica.data, "-R", "-X", "stream",
                           "--no-sync", "--checkpoint=fast"]), "pg_basebackup", cwd=replica.folder)
        with open(os.path.join(replica.data, "postgresql.auto.conf"), "a", encoding="utf-8") as conf:
            conf.write(f"unix_socket_directories = '{replica.folder}'\n")
        return replica

    def commit_on_replica(self):
        """From here on a commit means: on both."""
        self.psql("ALTER SYSTEM SET synchronous_standby_names = '*'", "postgres")
        self.psql("SELECT pg_reload_conf()", "postgres")
        wait_until(lambda: self.psql("SELECT sync_state FROM pg_stat_replication", "postgres") == "sync",
                   "the replica to be synchronous", watch=self.process)

    def promote(self):
        self.psql("SELECT pg_promote()", "postgres")

    def restart(self):
        """After stop() or kill(), with the data that is there."""
        self.process.start()
        wait_until(lambda: self.try_psql("SELECT 1", "postgres") == "1", "PostgreSQL to answer", watch=self.process)
        if self.try_psql(f"SELECT count(*) FROM pg_database WHERE datname = '{DATABASE}'", "postgres") == "0":
            self.psql(f"CREATE DATABASE {DATABASE}", "postgres")
        return self

    def stop(self):
        self.process.stop(deadline=30)

    def kill(self):
        """As a crash: the postmaster is gone at once, its children notice."""
        if self.process.alive():
            backends = children(self.process.pid)
            self.process.kill()
            wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in backends), "PostgreSQL's backends to end")

    def argv(self, database):
        return [f"{BINARIES}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", OWNER, database]

    def psql(self, sql, database=DATABASE, timeout=120):
        """The rows, fields separated by '|'. LabError when the server refuses."""
        done = subprocess.run(self.argv(database) + ["-c", sql], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False, timeout=timeout, env={**os.environ, "PGCONNECT_TIMEOUT": "5"})
        if done.returncode != 0:
            raise LabError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def try_psql(self, sql, database=DATABASE):
        try:
            return self.psql(sql, database)
        except LabError:
            return None

    def number(self, sql):
        return int(self.psql(sql) or 0)

    def log_since(self, mark=0):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(mark)
            return log.read()

    def log_mark(self):
        return os.path.getsize(self.log)

    def session(self):
        return Session(self.argv(DATABASE))


class Session:
    """A psql that stays: for locks that are held while something else happens."""

    def __init__(self, argv):
        self.popen = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      start_new_session=True)

    def ask(self, sql):
        """Returns when it is done."""
        self.popen.stdin.write(f"{sql};\n\\echo done\n")
        self.popen.stdin.flush()
        lines = []
        while (line := self.popen.stdout.readline()) != "done\n":
            if not line:
                raise LabError(f"psql ended: {''.join(lines)}")
            lines.append(line)
        return "".join(lines)

    def close(self):
        self.popen.stdin.close()
        self.popen.stdout.close()
        self.popen.wait(20)
