"""A server in the foreground, with its log."""

import os
import pwd
import re
import signal
import subprocess

from .lab import LabError, tail, wait_until

# nobody sends a program of ours these signals: it crashed
CRASH = re.compile(r"(ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:|ended by signal (4|6|7|8|11)\b).*")
CRASH_SIGNALS = (signal.SIGILL, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV)


class Process:
    """user: the account to run as when we are root. The log is appended to."""

    def __init__(self, name, argv, log, user=None, env=None, cwd=None, stop_signal=signal.SIGTERM):
        self.name = name
        self.argv = [str(part) for part in argv]
        self.log = log
        self.user = user if os.getuid() == 0 else None
        self.env = env
        self.cwd = cwd
        self.stop_signal = stop_signal
        self.popen = None

    def start(self):
        # should even the keeper be killed, the kernel ends the server
        wrapper = ["setpriv", "--pdeathsig", "QUIT"]
        if self.user:
            wrapper += [f"--reuid={self.user}", "--regid", str(group_of(self.user)), "--init-groups"]
        with open(self.log, "ab") as log:
            self.popen = subprocess.Popen(wrapper + ["--"] + self.argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env={**os.environ, **(self.env or {})}, cwd=self.cwd, start_new_session=True)
        return self

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen is not None and self.popen.poll() is None

    def wait(self, deadline, what):
        try:
            return self.popen.wait(deadline)
        except subprocess.TimeoutExpired as late:
            raise LabError(f"{self.name}: {what} took more than {deadline:g} s\n{self.log_tail()}") from late

    def stop(self, deadline=15):
        """The exit status; None when it was not running."""
        if not self.alive():
            return None
        self.popen.send_signal(self.stop_signal)
        return self.wait(deadline, "stopping")

    def check_crash(self):
        """LabError when it ended by a crash, or its log has one."""
        with open(self.log, encoding="utf-8", errors="replace") as log:
            text = log.read()
        if found := CRASH.search(text):
            raise LabError(f"{self.log} has a crash or a sanitizer's report:\n{text[found.start():][:4000]}")
        if self.popen is not None and self.popen.poll() is not None and -self.popen.returncode in CRASH_SIGNALS:
            raise LabError(f"{self.name} ended by signal {-self.popen.returncode}\n{self.log_tail()}")

    def kill(self):
        if self.alive():
            self.popen.kill()
            self.popen.wait()

    def signal(self, number):
        self.popen.send_signal(number)

    def freeze(self):
        """SIGSTOP, and back only when the process stands still."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: self.state() in "Tt", f"{self.name} to stand still")

    def thaw(self):
        self.signal(signal.SIGCONT)

    def state(self):
        with open(f"/proc/{self.pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0]

    def log_tail(self, lines=25):
        return f"last lines of {self.log}:\n{tail(self.log, lines)}"


def group_of(user):
    return pwd.getpwnam(user).pw_gid
