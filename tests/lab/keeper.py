"""Nothing that a program of the lab starts outlives it.

The process that was started becomes the keeper: it runs the program in a child, inherits whatever that leaves behind
(PR_SET_CHILD_SUBREAPER: also daemons) and ends it. It works when the program is killed; when the keeper is, the
program gets SIGTERM and stops its servers itself.
"""

import ctypes
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)


def children(pid):
    """Process ids of the direct children, without those that are dead already."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry))
    return found


def name_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().replace("\0", " ").strip()[:80]
    except OSError:
        return "?"


def reap(pid):
    """Collects the dead; the status of pid when it is among them, else None."""
    status = None
    while True:
        try:
            dead, value = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return status
        if dead == 0:
            return status
        if dead == pid:
            status = value


def end_descendants(quiet):
    """Ends what is left. Each round takes the children; theirs then become ours."""
    started = time.monotonic()
    while left := children(os.getpid()):
        late = time.monotonic() - started > 3
        for pid in left:
            if not quiet:
                print(f"left running, ended now: {pid} {name_of(pid)}", file=sys.stderr, flush=True)
            try:
                os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            except ProcessLookupError:
                pass
        quiet = True
        time.sleep(0.05)
        reap(0)
    reap(0)


WATCHED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


def guard():
    """To be called first in a program, before any thread. Returns in the child; the keeper never returns."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)
    keeper = os.getpid()
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != keeper:
            os._exit(1)
        os.setpgid(0, 0)  # a terminal's Ctrl-C reaches the keeper alone, which passes it on once
        signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)
        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        return
    status = None
    while status is None:
        number = signal.sigwait(WATCHED)
        if number != signal.SIGCHLD:
            os.kill(child, signal.SIGTERM)
        status = reap(child)
    killed = os.WIFSIGNALED(status)
    end_descendants(quiet=killed)
    os._exit(128 + os.WTERMSIG(status) if killed else os.WEXITSTATUS(status))


def stop(number, _frame):
    """The first signal unwinds the program, so that its servers are stopped in order; a second one must not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt
