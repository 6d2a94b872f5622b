#!/usr/bin/python3
"""PostgreSQL stops, crashes, hangs and has no room while bounces arrive: nothing is lost, nothing counts twice."""

import contextlib
import os
import pwd
import shutil
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.keeper import children  # noqa: E402
from lab.lab import Skip, run, wait_until  # noqa: E402
from lab.stack import BOUNCES, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()


def bounce(address):
    return mails.postfix_dsn(mails.Original(address, f"b@{BOUNCES}"))


def deliver(stack, data):
    return smtp.deliver(stack.mx.where("bounces"), "", f"b@{BOUNCES}", data)


def redeliver(stack, data):
    """As the sender's queue would: again until it is taken. The milter has to find the database by itself."""
    wait_until(lambda: deliver(stack, data).accepted, "the redelivered bounce to be taken", 60)


@suite.case("a stopped PostgreSQL means 4xx; after its restart the redelivered bounce counts once")
def stopped(stack):
    data = bounce("stopped@remote.example.test")
    stack.postgres.stop()
    result = deliver(stack, data)
    check(400 <= result.code < 500, f"the client should be told to retry: {result.code} {result.text}")
    stack.postgres.restart()
    redeliver(stack, data)
    redeliver(stack, data)
    equal(stack.events_of("stopped@remote.example.test"), 1, "events")


def stop_soon(stack):
    wait_until(lambda: stack.events("recipient like 'middle%'") > 40, "the stream to flow", 30)
    stack.postgres.process.signal(signal.SIGINT)


@suite.case("PostgreSQL stopped in the middle of a stream of bounces: all arrive in the end, each once")
def in_the_middle(stack):
    names = [f"middle{number}@remote.example.test" for number in range(400)]
    waiting = [("", f"b@{BOUNCES}", bounce(name)) for name in names]
    delivered = []
    turns = 0
    while waiting:
        turns += 1
        check(turns < 60, f"{len(waiting)} bounces are still refused")
        if turns == 1:
            # a good part of the stream is under way when the server goes
            stopper = threading.Thread(target=stop_soon, args=(stack,))
            stopper.start()
        results = smtp.deliver_many(stack.mx.where("bounces"), waiting, 10)
        delivered += [result for result in results if result.accepted]
        refused = [result for result in results if not result.accepted]
        check(all(400 <= result.code < 500 for result in refused), f"only 4xx: {set((r.code, r.text) for r in refused)}")
        if turns == 1:
            stopper.join()
            check(refused, "the server was stopped too late to matter")
            stack.postgres.process.wait(30, "stopping")
            stack.postgres.restart()
        waiting = [mail for mail, result in zip(waiting, results) if not result.accepted]
    equal(stack.events("recipient like 'middle%'"), len(names), "events")
    equal(len(delivered), len(names), "mails taken")


@suite.case("PostgreSQL crashes (SIGKILL) under the milter: the bounce is taken after recovery, once")
def crashed(stack):
    data = bounce("crashed@remote.example.test")
    stack.postgres.kill()
    result = deliver(stack, data)
    check(400 <= result.code < 500, f"the client should be told to retry: {result.code} {result.text}")
    stack.postgres.restart()
    redeliver(stack, data)
    equal(stack.events_of("crashed@remote.example.test"), 1, "events")


def signal_all(pids, number):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # one that ended meanwhile
            os.kill(pid, number)


@suite.case("PostgreSQL hangs (SIGSTOP): 4xx within the commit timeout, and once when it is well again")
def hung(stack):
    data = bounce("hung@remote.example.test")
    postmaster = stack.postgres.process.pid
    os.kill(postmaster, signal.SIGSTOP)  # first, so that it starts no others
    try:
        signal_all(children(postmaster), signal.SIGSTOP)
        result = deliver(stack, data)
    finally:
        signal_all([*children(postmaster), postmaster], signal.SIGCONT)
    check(400 <= result.code < 500, f"the client should be told to retry: {result.code} {result.text}")
    redeliver(stack, data)
    equal(stack.events_of("hung@remote.example.test"), 1, "events")


@contextlib.contextmanager
def small_disk(stack):
    """A disk of its own for the events. Yields its folder, in which a file takes the room that is left."""
    if not stack.lab.root:
        raise Skip("a small disk is mounted by root alone")
    folder = stack.lab.folder("small-disk", owner=stack.postgres.user)
    run(["mount", "-t", "tmpfs", "-o", f"size=8m,mode=0700,uid={pwd.getpwnam(stack.postgres.user).pw_uid}", "tmpfs", folder],
        "mounting a small disk")
    space = os.path.join(folder, "space")
    os.mkdir(space)
    shutil.chown(space, stack.postgres.user)
    parts = stack.postgres.psql("SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'events'::regclass").split()
    try:
        stack.postgres.psql(f"CREATE TABLESPACE small LOCATION '{space}'")
        for part in parts:
            stack.postgres.psql(f"ALTER TABLE {part} SET TABLESPACE small")
        yield folder
    finally:
        for part in parts:
            stack.postgres.psql(f"ALTER TABLE {part} SET TABLESPACE pg_default")
        stack.postgres.psql("DROP TABLESPACE IF EXISTS small")
        run(["umount", folder], "unmounting it")


def fill(path):
    with contextlib.suppress(OSError), open(path, "wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@suite.case("PostgreSQL's disk is full: what cannot be kept gets 4xx, and is taken once there is room, once")
def full_disk(stack):
    bounces = [bounce(f"full{number}@remote.example.test") for number in range(100)]
    with small_disk(stack) as folder:
        fill(os.path.join(folder, "filler"))
        results = [deliver(stack, data) for data in bounces]
        refused = [result for result in results if not result.accepted]
        check(refused, "the disk was never full")
        check(all(400 <= result.code < 500 for result in results if not result.accepted), "only 4xx")
        check("No space left on device" in stack.postgres.log_since(), "that was not the reason")
        equal(stack.events("recipient like 'full%'"), len(bounces) - len(refused), "events while the disk is full")
        os.unlink(os.path.join(folder, "filler"))
        for data in bounces:
            redeliver(stack, data)
    equal(stack.events("recipient like 'full%'"), len(bounces), "events")


@suite.case("counters equal events after all that, and the server saw no deadlock")
def counters(stack):
    equal(stack.counted(), stack.events(), "counters against events")
    check("deadlock detected" not in stack.postgres.log_since(), "deadlock in the server's log")


def quick(retour):
    retour.settings["database"]["commit_timeout"] = "4s"


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx", retour={"prepare": quick},
                               mx={"milter_content_timeout": "15s"}))
