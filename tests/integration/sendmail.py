#!/usr/bin/python3
"""The same milter under Sendmail: bounces taken, mail untouched, the blacklist obeyed, nothing lost while the milter is down."""

import email
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.sendmail import Sendmail, unpack  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, PEOPLE, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
STAMPED = "stamped.example.test"
STAMPING = {"stamp": False, "domains": [{"names": [STAMPED], "stamp": True, "return_path": BOUNCES,
                                          "feedback_address": f"fbl@{FEEDBACK}"}]}


class sendmail_site(started):
    """Sendmail wants no unix socket below a folder that others can write to, such as /tmp."""

    def __init__(self):
        super().__init__("world", "stores")

    def __enter__(self):
        unpack()  # or the reason to skip
        stack = super().__enter__()
        try:
            ports = {role: f"inet:{self.lab.port()}@{self.lab.address}" for role in ("inbound", "outbound")}
            stack.start_retour(lambda retour: use_ports(retour, ports))
            stack.mta = {role: Sendmail(self.lab, {role: (where, "T")}, stack.sink, f"sendmail-{role}")
                         for role, where in ports.items()}
            for mta in stack.mta.values():
                self.lab.add(mta).start()
        except BaseException:
            self.lab.close()
            raise
        return stack


def use_ports(retour, ports):
    retour.sockets.update(ports)
    retour.settings["milter"]["listeners"] = [retour.listener(role) for role in ports]
    retour.stamp(STAMPING)


def incoming(stack, sender, recipients, data):
    return smtp.deliver(stack.mta["inbound"].where(), sender, recipients, data)


@suite.case("a bounce is recorded and goes no further")
def taken(stack):
    data = mails.postfix_dsn(mails.Original("taken@remote.example.test", f"taken@{BOUNCES}"))
    check(incoming(stack, "", f"taken@{BOUNCES}", data).accepted, "refused")
    equal(stack.events_of("taken@remote.example.test"), 1, "events at the time of the reply")
    stack.mta["inbound"].drain()
    equal(stack.sink.find(f"taken@{BOUNCES}"), [], "mail in the bounce mailbox")


@suite.case("ordinary mail passes with its headers and body unchanged")
def ordinary(stack):
    letter = mails.letter("kim@friends.example.test", f"piet@{PEOPLE}", body="caf\u00e9\n.one\n..two\n last line\n")
    check(incoming(stack, "kim@friends.example.test", f"piet@{PEOPLE}", letter).accepted, "refused")
    arrived = stack.sink.wait_for(f"piet@{PEOPLE}")[0]
    equal(mails.body_of(arrived.data), mails.body_of(letter), "body")
    for line in letter.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        check(line in arrived.data, f"header lost: {line}")
    equal(arrived.sender, "kim@friends.example.test", "sender")


@suite.case("a bounce to a bounce address and to a person: recorded, and the person gets it")
def mixed(stack):
    data = mails.postfix_dsn(mails.Original("mixed@remote.example.test", f"mixed@{BOUNCES}"))
    check(incoming(stack, "", [f"mixed@{BOUNCES}", f"postmaster@{PEOPLE}"], data).accepted, "refused")
    arrived = stack.sink.wait_for(f"postmaster@{PEOPLE}")[0]
    equal(mails.body_of(arrived.data), mails.body_of(data), "body")
    equal((arrived.sender, arrived.recipients), ("", [f"postmaster@{PEOPLE}"]), "envelope")
    equal(stack.events_of("mixed@remote.example.test"), 1, "events")


@suite.case("200 copies of one bounce over 20 connections are one event")
def copies(stack):
    data = mails.postfix_dsn(mails.Original("copies@remote.example.test", f"b@{BOUNCES}"))
    results = smtp.deliver_many(stack.mta["inbound"].where(), [("", f"b@{BOUNCES}", data)] * 200, 20)
    check(all(result.accepted for result in results), f"refused: {[r.text for r in results if not r.accepted][:3]}")
    equal(stack.events_of("copies@remote.example.test"), 1, "events")


@suite.case("many messages in one session")
def one_session(stack):
    with smtp.Client(stack.mta["inbound"].where()) as client:
        for number in range(20):
            data = mails.postfix_dsn(mails.Original(f"session{number}@remote.example.test", f"b@{BOUNCES}"))
            check(client.deliver("", f"b@{BOUNCES}", data).accepted, "refused")
    equal(stack.events("recipient like 'session%'"), 20, "events")


@suite.case("sent mail is recorded, its bounce lists the address, and the next RCPT is refused")
def outgoing(stack):
    original = mails.Original("gone@remote.example.test", f"b@{BOUNCES}")
    where = stack.mta["outbound"].where()
    check(smtp.deliver(where, original.sender, original.recipient, original.mail()).accepted, "refused")
    arrived = stack.sink.wait_for(original.recipient)[0]
    equal(mails.body_of(arrived.data), mails.body_of(original.mail()), "body")
    equal(arrived.sender, original.sender, "sender")
    stack.wait_sent(original.recipient)
    check(incoming(stack, "", f"b@{BOUNCES}", mails.postfix_dsn(original)).accepted, "refused")
    equal(stack.listed(original.recipient), ["*"], "scopes")

    def refused():
        again = mails.Original(original.recipient, f"news@{SHOP}")
        return smtp.deliver(where, again.sender, [again.recipient, "fine@remote.example.test"], again.mail()).refused
    code, text = wait_until(refused, "the recipient to be refused", 15)[original.recipient]
    equal(code, 550, "reply code")
    check("5.7.1" in text and "R-" in text, f"status and reference: {text}")


@suite.case("stamped mail: signed return path and headers; of three recipients Sendmail's own bounce lists the one that failed")
def stamped(stack):
    people = [f"stamped{number}@remote.example.test" for number in range(3)]
    original = mails.Original(people[1], f"news@{STAMPED}", f"offers@{STAMPED}")
    stack.sink.reply(people[1], UNKNOWN)
    check(smtp.deliver(stack.mta["outbound"].where(), original.sender, people, original.mail()).accepted, "refused")
    arrived = stack.sink.wait_for(people[0])[0]
    check(arrived.sender.startswith("b-") and arrived.sender.endswith(f"@{BOUNCES}"), f"envelope sender {arrived.sender}")
    mail = email.message_from_bytes(arrived.data)
    equal(mail["CFBL-Address"], f"fbl@{FEEDBACK}; report=arf", "CFBL-Address")
    stack.retour.cli("token", "verify", "--recipient", people[1], mail["X-Retour-Trace"], config=stack.retour.config)
    # Sendmail shows its own bounces to no milter; they come by way of another host
    bounce = stack.sink.wait_for(arrived.sender)[0]
    check(incoming(stack, bounce.sender, bounce.recipients, bounce.data).accepted, "refused")
    equal([stack.listed(recipient) for recipient in people], [[], ["*"], []], "scopes")
    equal(stack.evidence_of(people[1]), "signed", "evidence")
    equal(stack.postgres.psql(f"SELECT sender_domain FROM events WHERE recipient = '{people[1]}'"), STAMPED, "customer")


@suite.case("milter down (F=T): 4xx, and the redelivered bounce counts once")
def down(stack):
    data = mails.postfix_dsn(mails.Original("down@remote.example.test", f"b@{BOUNCES}"))
    stack.retour.stop()
    try:
        code = incoming(stack, "", f"b@{BOUNCES}", data).code
    finally:
        stack.retour.start()
    check(400 <= code < 500, f"reply {code}")
    wait_until(lambda: incoming(stack, "", f"b@{BOUNCES}", data).accepted, "the bounce to be taken")
    equal(stack.events_of("down@remote.example.test"), 1, "events")


@suite.case("milter hung, then well: 4xx, and the redelivered bounce counts once")
def hung(stack):
    data = mails.postfix_dsn(mails.Original("hung@remote.example.test", f"b@{BOUNCES}"))
    stack.retour.signal_children(signal.SIGSTOP)
    try:
        code = incoming(stack, "", f"b@{BOUNCES}", data).code
    finally:
        stack.retour.signal_children(signal.SIGCONT)
    check(400 <= code < 500, f"reply {code}")
    wait_until(lambda: incoming(stack, "", f"b@{BOUNCES}", data).accepted, "the bounce to be taken")
    equal(stack.events_of("hung@remote.example.test"), 1, "events")


@suite.case("PostgreSQL away: 4xx, and the redelivered bounce counts once")
def database_away(stack):
    data = mails.postfix_dsn(mails.Original("away@remote.example.test", f"b@{BOUNCES}"))
    stack.postgres.stop()
    try:
        code = incoming(stack, "", f"b@{BOUNCES}", data).code
    finally:
        stack.postgres.restart()
    check(400 <= code < 500, f"reply {code}")
    wait_until(lambda: incoming(stack, "", f"b@{BOUNCES}", data).accepted, "the bounce to be taken", 60)
    equal(stack.events_of("away@remote.example.test"), 1, "events")


if __name__ == "__main__":
    suite.main(sendmail_site)
