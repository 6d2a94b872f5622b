#!/usr/bin/python3
"""Many bounces at once over real SMTP sessions: copies count once, different ones count all."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
CONNECTIONS = 20
# sanitizers slow the milter down, not the proof
MANY = 5000 if "san" not in os.environ.get("RETOUR_BUILD", "") else 1000


def deliver_all(stack, many):
    results = smtp.deliver_many(stack.mx.where("bounces"), many, CONNECTIONS)
    refused = {(result.code, result.text) for result in results if not result.accepted}
    check(not refused, f"refused: {list(refused)[:5]}")


@suite.case(f"200 copies of one bounce over {CONNECTIONS} connections are one event")
def copies(stack):
    data = mails.postfix_dsn(mails.Original("copies@remote.example.test", f"b@{BOUNCES}"))
    deliver_all(stack, [("", f"b@{BOUNCES}", data)] * 200)
    equal(stack.events_of("copies@remote.example.test"), 1, "events")
    equal(stack.counted("category = 'user_unknown'"), 1, "counted")


@suite.case("retries of one bounce with new Message-Ids are one event")
def retries(stack):
    original = mails.Original("retries@remote.example.test", f"b@{BOUNCES}")
    queue = mails.queue_id()
    deliver_all(stack, [("", f"b@{BOUNCES}", mails.postfix_dsn(original, queue=queue)) for _ in range(50)])
    equal(stack.events_of("retries@remote.example.test"), 1, "events")


@suite.case("a delay and the failure that follows are two events, and the delay is no strike")
def delay_then_failure(stack):
    original = mails.Original("delayed@remote.example.test", f"b@{BOUNCES}")
    queue = mails.queue_id()
    late = ("4.4.1", "451 4.4.1 connect to next.remote.example.test[192.0.2.25]:25: Connection timed out")
    deliver_all(stack, [("", f"b@{BOUNCES}", mails.postfix_dsn(original, late, queue=queue, action="delayed"))] * 3)
    deliver_all(stack, [("", f"b@{BOUNCES}", mails.postfix_dsn(original, queue=queue))] * 3)
    equal(stack.events("recipient = 'delayed@remote.example.test' AND action = 'delayed'"), 1, "delays")
    equal(stack.events("recipient = 'delayed@remote.example.test' AND action = 'failed'"), 1, "failures")
    equal(stack.postgres.number("SELECT count(*) FROM strikes WHERE target = 'delayed@remote.example.test'"), 0, "strikes")


@suite.case("one bounce for 30 recipients is 30 events")
def many_recipients(stack):
    names = [f"group{number}@remote.example.test" for number in range(30)]
    deliver_all(stack, [("", f"b@{BOUNCES}", mails.postfix_dsn(mails.Original(names[0], f"b@{BOUNCES}"), recipients=names))])
    equal(stack.events("recipient like 'group%'"), 30, "events")


@suite.case(f"{MANY} different bounces over {CONNECTIONS} connections are {MANY} events, and counters equal them")
def different(stack):
    before = stack.counted()
    # few domains and categories, so that the transactions meet at the same counter rows
    failures = [mails.UNKNOWN, mails.FULL]
    many = [("", f"b@{BOUNCES}", mails.postfix_dsn(
        mails.Original(f"many{number}@d{number % 7}.example.test", f"b@{BOUNCES}"), failures[number % 2]))
        for number in range(MANY)]
    deliver_all(stack, many)
    equal(stack.events("recipient like 'many%'"), MANY, "events")
    equal(stack.counted() - before, MANY, "counted")


@suite.case("bounces about recorded mail and complaints meet at the same addresses: no deadlock, each once")
def contended(stack):
    originals = [mails.Original(f"busy{number}@hot.example.test", f"b@{BOUNCES}", f"offers@{SHOP}") for number in range(40)]
    results = smtp.deliver_many(stack.mx.where("submission"),
                                [(original.sender, original.recipient, original.mail()) for original in originals], 5)
    check(all(result.accepted for result in results), "the originals were refused")
    stack.wait_sent("busy%", 40)
    many = []
    for turn in range(6):
        for original in originals[::-1] if turn % 2 else originals:
            many.append(("", f"b@{BOUNCES}", mails.postfix_dsn(original, queue=f"4bQ{turn}")) if turn % 3 else
                        ("feedback@fbl.example.test", f"fbl@{FEEDBACK}", mails.complaint(original)))
    deliver_all(stack, many)
    equal(stack.events("recipient like 'busy%' AND action = 'complained'"), 40, "complaints")
    equal(stack.events("recipient like 'busy%' AND evidence <> 'known_message'"), 0, "events without evidence")
    equal(stack.postgres.number("SELECT count(*) FROM blacklist_now WHERE target like 'busy%' AND scope = '*'"), 40,
          "addresses listed for everybody")


@suite.case("counters equal events, and PostgreSQL saw no deadlock")
def sums(stack):
    equal(stack.counted(), stack.events(), "counters against events")
    check("deadlock detected" not in stack.postgres.log_since(), "deadlock in the server's log")


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx"))
