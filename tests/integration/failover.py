#!/usr/bin/python3
"""The PostgreSQL primary dies in the middle of load and its synchronous replica takes over: every accepted report is there
once, and nobody has to touch the services. RETOUR_FAILOVER_REPORTS: how many (600)."""

import os
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.stack import BOUNCES, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
REPORTS = int(os.environ.get("RETOUR_FAILOVER_REPORTS", "600"))
SENDER = f"news@{SHOP}"


class replicated(started):
    """A primary that commits on both, a replica, and services that know both hosts."""

    def __init__(self):
        super().__init__("world", "stores")

    def __enter__(self):
        stack = super().__enter__()
        try:
            stack.replica = stack.postgres.make_replica("replica")
            self.lab.add(stack.replica).restart()
            stack.postgres.commit_on_replica()
            stack.start_retour(lambda retour: prepare(stack, retour))
            stack.start_mx()
        except BaseException:
            self.lab.close()
            raise
        return stack


def prepare(stack, retour):
    """Only what the service is told: support and owner go on asking one server."""
    retour.daemon_url = stack.postgres.url("retour_daemon", stack.replica)
    retour.settings["database"]["commit_timeout"] = "5s"


def bounce(number):
    return "", f"b@{BOUNCES}", mails.postfix_dsn(mails.Original(f"over{number}@remote.example.test", f"b@{BOUNCES}"))


class Load(threading.Thread):
    """Delivers reports, again and again those that were put off, as a mail server's queue does."""

    def __init__(self, stack):
        super().__init__(daemon=True)
        self.stack, self.taken, self.put_off = stack, 0, 0

    def run(self):
        todo = [bounce(number) for number in range(REPORTS)]
        while todo:
            results = smtp.deliver_many(self.stack.mx.where("bounces"), todo[:100], 10)
            later = [mail for mail, result in zip(todo, results) if not result.accepted]
            self.put_off += len(later)
            self.taken += len(results) - len(later)
            todo = todo[100:] + later


@suite.case("the primary is killed under load, the replica promoted: every report there once, and service resumes by itself")
def failover(stack):
    load = Load(stack)
    load.start()
    wait_until(lambda: load.taken >= REPORTS / 4, "a quarter of the reports to be taken", 120)
    stack.mark = stack.retour.log_mark()
    stack.postgres.kill()
    before = load.put_off
    wait_until(lambda: load.put_off > before, "reports to be put off", 60)
    taken = load.taken
    stack.replica.promote()
    stack.old, stack.postgres = stack.postgres, stack.replica
    check(stack.postgres.number("SELECT count(*) FROM events") >= taken, "an accepted report is not on the replica")
    load.join(180)
    check(not load.is_alive(), f"{load.taken} of {REPORTS} reports taken, {load.put_off} times put off")
    equal(load.taken, REPORTS, "reports taken")
    equal(stack.events("recipient LIKE 'over%'"), REPORTS, "events")
    everybody = stack.postgres.number("SELECT count(DISTINCT recipient) FROM events WHERE recipient LIKE 'over%'")
    equal(everybody, REPORTS, "recipients")
    equal(stack.counted(), REPORTS, "counted")


@suite.case("the blacklist is obeyed as the new primary has it, and Redis follows it")
def list_after(stack):
    stack.postgres.psql("SELECT blacklist_add('late@remote.example.test', '*', 'user_unknown', 'afterwards', '', null, 'test')")

    def refused():
        original = mails.Original("late@remote.example.test", SENDER)
        return smtp.deliver(stack.mx.where("submission"), SENDER, [original.recipient], original.mail()).code == 550

    wait_until(refused, "the entry to be obeyed", 30)
    wait_until(lambda: stack.redis.command("EXISTS", "retour:fresh") == ":1", "Redis to be current", 30)
    check(refused(), "not refused by Redis")
    # a replica may lack what its primary committed last, and gives out the same transaction ids again
    check("mirror=current rebuilt=yes" in stack.retour.log_text(stack.mark), "Redis was not filled anew")


if __name__ == "__main__":
    suite.main(replicated)
