#!/usr/bin/python3
"""Redis stops, hangs, comes back empty or is foreign: the answers at RCPT stay the same."""

import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.stack import SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
LISTED = [f"listed{number}@remote.example.test" for number in range(20)]
FREE = [f"free{number}@remote.example.test" for number in range(20)]


def answers(stack):
    """Who is refused when everybody is asked, in one mail."""
    original = mails.Original(FREE[0], SENDER)
    result = smtp.deliver(stack.mx.where("submission"), SENDER, LISTED + FREE, original.mail())
    check(result.accepted, f"refused: {result.code} {result.text}")
    check(all(code == 550 for code, _ in result.refused.values()), f"other refusals than 550: {result.refused}")
    return sorted(result.refused)


def mirrored(stack):
    """Redis holds the list: every target, and the mirror's own keys."""
    wait_until(lambda: stack.redis.keys() >= len(LISTED) + 2, "Redis to hold the blacklist", 30)


@suite.case("the blacklist appears in Redis by itself")
def filled(stack):
    stack.postgres.psql("SELECT " + ", ".join(
        f"blacklist_add('{address}', '*', 'user_unknown', 'no such person', '', null, 'test')" for address in LISTED))
    mirrored(stack)
    equal(answers(stack), sorted(LISTED), "refused")


@suite.case("Redis stopped: same answers, also about what changes meanwhile")
def stopped(stack):
    stack.redis.stop()
    equal(answers(stack), sorted(LISTED), "refused")
    stack.postgres.psql(f"SELECT blacklist_remove('{LISTED[0]}', null, 'test', 'test')")
    equal(answers(stack), sorted(LISTED[1:]), "refused after a removal")
    stack.postgres.psql(f"SELECT blacklist_add('{LISTED[0]}', '*', 'user_unknown', 'no such person', '', null, 'test')")
    equal(answers(stack), sorted(LISTED), "refused after an addition")


@suite.case("Redis started again, empty: same answers at once, and it is filled by itself")
def empty(stack):
    stack.redis.start()
    equal(answers(stack), sorted(LISTED), "refused")
    mirrored(stack)
    equal(answers(stack), sorted(LISTED), "refused when it is filled")


@suite.case("Redis flushed under the milter: same answers, and it is filled again")
def flushed(stack):
    stack.redis.command("FLUSHALL")
    equal(answers(stack), sorted(LISTED), "refused")
    mirrored(stack)


@suite.case("Redis hangs (SIGSTOP): same answers")
def hung(stack):
    stack.redis.process.freeze()
    try:
        equal(answers(stack), sorted(LISTED), "refused")
    finally:
        stack.redis.process.thaw()
    equal(answers(stack), sorted(LISTED), "refused afterwards")


@suite.case("changes by SQL reach the answers")
def changes(stack):
    stack.postgres.psql(f"SELECT blacklist_add('{FREE[3]}', '*', 'user_unknown', 'no such person', '', null, 'test')")
    wait_until(lambda: answers(stack) == sorted(LISTED + [FREE[3]]), "the addition to be obeyed", 15)
    stack.postgres.psql(f"SELECT blacklist_remove('{FREE[3]}', null, 'test', 'test')")
    wait_until(lambda: answers(stack) == sorted(LISTED), "the removal to be obeyed", 15)


@suite.case("PostgreSQL away and Redis well: listed addresses are still refused")
def database_away(stack):
    mirrored(stack)
    stack.postgres.process.signal(signal.SIGINT)
    stack.postgres.process.wait(30, "stopping")
    try:
        equal(answers(stack), sorted(LISTED), "refused")
        wait_until(lambda: stack.redis.command("EXISTS", "retour:fresh") == ":0", "the mirror to go stale", 30)
        equal(answers(stack), sorted(LISTED), "refused by a list that nobody renews")
    finally:
        stack.postgres.restart()


@suite.case("both away: mail passes (when_unavailable: accept), and is refused again when they are back")
def both_away(stack):
    stack.postgres.stop()
    stack.redis.stop()
    try:
        equal(answers(stack), [], "refused")
    finally:
        stack.postgres.restart()
        stack.redis.start()
    wait_until(lambda: answers(stack) == sorted(LISTED), "the list to be obeyed again", 30)


@suite.case("retour cache rebuild fills an empty Redis")
def by_command(stack):
    stack.retour.stop()
    stack.redis.command("FLUSHALL")
    stack.retour.cli("cache", "rebuild")
    check(stack.redis.keys() >= len(LISTED), f"{stack.redis.keys()} keys")
    stack.retour.start()
    equal(answers(stack), sorted(LISTED), "refused")


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx"))
