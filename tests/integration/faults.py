#!/usr/bin/python3
"""Faults on both ways a bounce takes, by SMTP and inside our own Postfix: none is lost, none counts twice."""

import os
import signal
import sys
import threading
from contextlib import contextmanager

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, PEOPLE, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
WAYS = ("smtp", "local")
REFUSED = "refused.example.test"


class Way:
    """One mail that the rest of the world refuses, and the queue that holds its bounce meanwhile."""

    def __init__(self, stack, name, case):
        self.stack = stack
        self.name = name
        self.recipient = f"{case}-{name}@{REFUSED}"
        stack.sink.reply(self.recipient, UNKNOWN)
        self.postfix = stack.mx if name == "local" else stack.remote
        self.mark = self.postfix.log_mark()

    def send(self):
        original = mails.Original(self.recipient, f"{self.name}@{BOUNCES}")
        # the people port has no milter, so that a milter in trouble does not keep the original out
        where = self.postfix.where("people" if self.name == "local" else "smtp")
        result = smtp.deliver(where, original.sender, self.recipient, original.mail())
        check(result.accepted, f"the original was refused: {result.code} {result.text}")

    def wait_kept(self):
        """The bounce could not be handed over, and the queue still has it."""
        if self.name == "local":
            self.postfix.wait_log(r"status=deferred \(bounce failed\)", self.mark)
        else:
            self.postfix.wait_log(r"status=deferred", self.mark)
        check(self.postfix.queue(), "the queue is empty: the bounce is lost")

    def wait_recorded(self):
        """Everything is well again: the queue empties, and the bounce is there once."""
        self.postfix.drain()
        self.stack.mx.drain()
        wait_until(lambda: self.stack.events_of(self.recipient), f"the bounce about {self.recipient}")
        equal(self.stack.events_of(self.recipient), 1, f"events of {self.recipient}")
        equal(self.stack.sink.refused.count(self.recipient), 1, "tries at the remote site")

    def delivered(self):
        return len(self.stack.sink.find(f"{self.name}@{BOUNCES}", self.recipient.encode()))


def on_both_ways(name, title):
    """The function is run once for each way."""
    def add(function):
        for way in WAYS:
            suite.cases.append((f"{way}: {title}", lambda stack, way=way: function(stack, Way(stack, way, name))))
        return function
    return add


@contextmanager
def milter_restarted(stack):
    try:
        yield
    finally:
        if not stack.retour.process.alive():
            stack.retour.start()


@contextmanager
def default_action(stack, action):
    def change(value):
        stack.mx.listeners["bounces"]["milter_default_action"] = value
        stack.mx.set(milter_default_action=value)

    change(action)
    try:
        yield
    finally:
        change("tempfail")


@on_both_ways("well", "all is well: recorded once and taken out of the mail")
def well(stack, way):
    way.send()
    way.wait_recorded()
    equal(way.delivered(), 0, "bounces passed on")


@on_both_ways("down", "the milter is down, tempfail: kept, then recorded once")
def down(stack, way):
    with milter_restarted(stack):
        stack.retour.stop()
        way.send()
        way.wait_kept()
    way.wait_recorded()
    equal(way.delivered(), 0, "bounces passed on")


@on_both_ways("hung", "the milter hangs past Postfix's timeout, tempfail: kept, then recorded once")
def hung(stack, way):
    stack.retour.signal_children(signal.SIGSTOP)
    try:
        way.send()
        way.wait_kept()
    finally:
        stack.retour.signal_children(signal.SIGCONT)
    way.wait_recorded()


@contextmanager
def commits_blocked(stack):
    """Whoever writes an event waits."""
    lock = stack.postgres.session()
    lock.ask("BEGIN")
    lock.ask("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        lock.close()


def wait_blocked(stack, event="Lock"):
    wait_until(lambda: stack.postgres.number(
        "SELECT count(*) FROM pg_stat_activity WHERE usename = 'retour_daemon' AND "
        f"(wait_event_type = '{event}' OR wait_event = '{event}')"), "the milter to wait in its commit")


@on_both_ways("before", "kill -9 at end of message, before the commit: kept, then recorded once")
def killed_before(stack, way):
    with milter_restarted(stack):
        with commits_blocked(stack):
            way.send()
            wait_blocked(stack)
            stack.retour.kill_all()
            # the statements up to COMMIT are with the server already, which would still carry them out
            stack.postgres.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'retour_daemon'")
            way.wait_kept()
        check(stack.events_of(way.recipient) == 0, "something was committed")
    way.wait_recorded()


@on_both_ways("between", "kill -9 between the commit and the reply: the retry finds it recorded, once")
def killed_between(stack, way):
    # PostgreSQL waits for a standby that does not exist after the commit is on disk and before it tells the client
    stack.postgres.psql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    stack.postgres.psql("SELECT pg_reload_conf()")
    with milter_restarted(stack):
        try:
            way.send()
            wait_blocked(stack, "SyncRep")
            stack.retour.kill_all()
        finally:
            stack.postgres.psql("ALTER SYSTEM SET synchronous_standby_names = ''")
            stack.postgres.psql("SELECT pg_reload_conf()")
        wait_until(lambda: stack.events_of(way.recipient) == 1, "the commit to be seen")
        way.wait_kept()
    way.wait_recorded()


@on_both_ways("database", "PostgreSQL is away: several retries (new Message-Ids inside our Postfix), then recorded once")
def database_away(stack, way):
    stack.postgres.stop()
    try:
        way.send()
        way.wait_kept()
        again = r"bounce failed" if way.name == "local" else r"status=deferred"
        for turn in range(2, 4):
            way.postfix.flush()
            way.postfix.wait_log(again, way.mark, count=turn)
    finally:
        stack.postgres.restart()
    way.wait_recorded()


@on_both_ways("accepted", "down with milter_default_action = accept: delivered unseen, as documented")
def accepted_down(stack, way):
    with default_action(stack, "accept"), milter_restarted(stack):
        stack.retour.stop()
        way.send()
        stack.sink.wait_for(f"{way.name}@{BOUNCES}", way.recipient.encode())
    way.postfix.drain()
    equal(way.delivered(), 1, "bounces delivered")
    equal(stack.events_of(way.recipient), 0, "events")


@on_both_ways("unsure", "hung with milter_default_action = accept: delivered, and counted at most once")
def accepted_hung(stack, way):
    with default_action(stack, "accept"):
        stack.retour.signal_children(signal.SIGSTOP)
        try:
            way.send()
            stack.sink.wait_for(f"{way.name}@{BOUNCES}", way.recipient.encode())
        finally:
            stack.retour.signal_children(signal.SIGCONT)
    way.postfix.drain()
    equal(way.delivered(), 1, "bounces delivered")
    check(stack.events_of(way.recipient) <= 1, "counted twice")


@on_both_ways("random", "kill -9 at 15 random moments of a stream: every bounce once")
def killed_often(stack, way):
    names = [f"stream{number}-{way.name}@{REFUSED}" for number in range(90)]
    where = way.postfix.where("people" if way.name == "local" else "smtp")
    with milter_restarted(stack):
        for turn in range(15):
            batch = names[turn * 6:turn * 6 + 6]
            before = stack.events(f"recipient like 'stream%-{way.name}@%'")
            for name in batch:
                stack.sink.reply(name, UNKNOWN)
                original = mails.Original(name, f"{way.name}@{BOUNCES}")
                check(smtp.deliver(where, original.sender, name, original.mail()).accepted, "the original was refused")
            # as early as the first row can be seen, when the others are somewhere on their way
            wait_until(lambda: stack.events(f"recipient like 'stream%-{way.name}@%'") > before, "the stream to flow")
            stack.retour.kill_all()
            stack.retour.start()
            way.postfix.flush()
    way.postfix.drain(120)
    wait_until(lambda: stack.events(f"recipient like 'stream%-{way.name}@%'") == len(names), f"{len(names)} events")
    equal(way.delivered(), 0, "bounces passed on")


@suite.case("max_messages in work: another report is put off, ordinary mail flows, and a stop waits for what is in work")
def crowded(stack):
    inbound = stack.retour.listener_settings("inbound")
    stack.retour.stop()
    inbound["max_messages"] = 1
    stack.retour.start()
    first, second = (mails.Original(f"{name}@crowd.example.test", f"crowd@{BOUNCES}") for name in ("first", "second"))
    results = []
    where = stack.mx.where("bounces")
    waiting = threading.Thread(target=lambda: results.append(
        smtp.deliver(where, "", first.sender, mails.postfix_dsn(first))), daemon=True)
    with commits_blocked(stack):
        waiting.start()
        wait_blocked(stack)
        result = smtp.deliver(where, "", second.sender, mails.postfix_dsn(second))
        equal((result.code, "4.3.2" in result.text), (451, True), f"second report: {result.text}")
        letter = mails.letter("kim@friends.example.test", f"crowd@{PEOPLE}")
        check(smtp.deliver(where, "kim@friends.example.test", f"crowd@{PEOPLE}", letter).accepted, "ordinary mail was refused")
        stack.retour.process.signal(signal.SIGTERM)
    waiting.join(30)
    equal(stack.retour.process.wait(30, "stopping"), 0, "exit status")
    check(results and results[0].accepted, f"the report in work was dropped by the stop: {results}")
    equal(stack.events_of(first.recipient), 1, "events of the first")
    del inbound["max_messages"]
    stack.retour.start()
    check(smtp.deliver(where, "", second.sender, mails.postfix_dsn(second)).accepted, "the second was refused again")


@suite.case("counters equal events, each event has its own key, and PostgreSQL saw no deadlock")
def sums(stack):
    equal(stack.counted(), stack.events(), "counters against events")
    equal(stack.postgres.number("SELECT count(DISTINCT key) FROM events"), stack.events(), "keys against events")
    check("deadlock detected" not in stack.postgres.log_since(), "deadlock in the server's log")


def quick(retour):
    retour.settings["database"]["commit_timeout"] = "4s"


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx", "remote", retour={"prepare": quick},
                               mx={"milter_connect_timeout": "3s", "milter_command_timeout": "6s",
                                   "milter_content_timeout": "8s"}))
