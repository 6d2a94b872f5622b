#!/usr/bin/python3
"""Stamped mail: signed return paths and headers, under Postfix, before opendkim; what they prove when they come back"""

import email
import json
import os
import re
import signal
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp, tokens  # noqa: E402
from lab.lab import run, wait_until  # noqa: E402
from lab.opendkim import OpenDkim  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
FAR = "far.example.test"  # is behind the remote Postfix
SIGNED = re.compile(rf"b-[a-z2-7]{{37}}(?:[a-z2-7]{{16}})?@{re.escape(BOUNCES)}")
STAMPING = {
    "return_path": BOUNCES, "feedback_address": f"fbl@{FEEDBACK}", "feedback_id": "lab-sender", "unsubscribe": FEEDBACK,
    "domains": [{"names": ["quiet.example.test"], "stamp": False}, {"names": ["plain.example.test"], "return_path": ""}],
}
COVERED = ("CFBL-Address", "CFBL-Feedback-ID", "Feedback-ID", "List-Unsubscribe")


def prepare(retour):
    retour.stamp(STAMPING)
    retour.listener_settings("inbound").update(without_token="refuse", feedback_addresses=[f"@{FEEDBACK}", f"fbl@{BOUNCES}"])


class stamping_site(started):
    def __init__(self):
        super().__init__("world", "stores")

    def __enter__(self):
        stack = super().__enter__()
        try:
            stack.dkim = self.lab.add(OpenDkim(self.lab, [SHOP], COVERED)).start()
            stack.start_retour(prepare)
            stack.start_mx()
            # the signer comes after Retour
            stack.mx.listeners["submission"]["smtpd_milters"] += f", unix:{stack.dkim.socket}"
            stack.start_remote()
            stack.mx.transport[FAR] = f"smtp:[{self.lab.address}]:{stack.remote.ports['smtp']}"
            stack.mx.set()
        except BaseException:
            self.lab.close()
            raise
        return stack


def submit(stack, recipients, sender=SENDER, from_address=f"offers@{SHOP}", extra=b""):
    first = recipients if isinstance(recipients, str) else recipients[0]
    original = mails.Original(first, sender, from_address)
    result = smtp.deliver(stack.mx.where("submission"), sender, recipients, extra + original.mail())
    check(result.accepted, f"refused: {result.code} {result.text}")
    return original


def arrived(stack, recipient):
    kept = stack.sink.wait_for(recipient)[0]
    return kept, email.message_from_bytes(kept.data)


def verify(stack, token, recipient=None, ok=(0,)):
    return stack.retour.cli("token", "verify", token, *(["--recipient", recipient] if recipient else []),
                            config=stack.retour.config, ok=ok)


def row(stack, recipient, columns):
    stack.wait_sent(recipient)
    return stack.postgres.psql(f"SELECT {columns} FROM sent WHERE recipient = '{recipient}'").split("|")


@suite.case("mail to one: signed return path and headers, all of that recipient; the record has the sender as he wrote it")
def one(stack):
    submit(stack, "one@remote.example.test")
    kept, mail = arrived(stack, "one@remote.example.test")
    check(SIGNED.fullmatch(kept.sender), f"envelope sender {kept.sender}")
    equal(mail["CFBL-Address"], f"fbl@{FEEDBACK}; report=arf", "CFBL-Address")
    equal(mail["Feedback-ID"], f"{SHOP}:lab-sender", "Feedback-ID")
    unsubscribe = re.fullmatch(rf"<mailto:(u-[a-z2-7]{{53}}@{re.escape(FEEDBACK)})\?subject=unsubscribe>",
                               mail["List-Unsubscribe"])
    check(unsubscribe, f"List-Unsubscribe: {mail['List-Unsubscribe']}")
    for token in (kept.sender, mail["X-Retour-Trace"], mail["CFBL-Feedback-ID"], unsubscribe[1], kept.sender.upper()):
        verify(stack, token, "One@Remote.Example.Test")
        check("did not get" in verify(stack, token, "two@remote.example.test", ok=(65,)), "another recipient")
    sender, domain, token = row(stack, "one@remote.example.test", "sender, sender_domain, token")
    equal((sender, domain), (SENDER, SHOP), "recorded sender and domain")
    said = stack.retour.cli("token", "explain", kept.sender)
    check(f" {token} " in said, f"{token} is not the token of:\n{said}")
    check(SENDER in stack.retour.cli("lookup", "one@remote.example.test"), "lookup should show the sender")


@suite.case("mail to three: each of them is named by the trace header, and nobody else is")
def three(stack):
    people = [f"three{number}@remote.example.test" for number in range(3)]
    submit(stack, people)
    kept, mail = arrived(stack, people[0])
    check(re.match(r"b-[a-z2-7]{37}@", kept.sender), f"envelope sender {kept.sender}")
    check("List-Unsubscribe" not in mail, "nobody could be told from the others by it")
    for recipient in people:
        verify(stack, mail["X-Retour-Trace"], recipient)
        check("only the record" in verify(stack, kept.sender, recipient, ok=(65,)), "the return path alone")
    verify(stack, mail["X-Retour-Trace"], "three9@remote.example.test", ok=(65,))
    equal(len({row(stack, recipient, "token")[0] for recipient in people}), 1, "tokens in the record")


@suite.case("opendkim signs what Retour has written, and its signature holds at the other end")
def signed(stack):
    submit(stack, "dkim@remote.example.test")
    kept, mail = arrived(stack, "dkim@remote.example.test")
    covered = "".join(re.search(r"\sh=([^;]*);", mail["DKIM-Signature"])[1].lower().split()).split(":")
    for name in COVERED:
        check(name.lower() in covered, f"{name} is not signed: {covered}")
    check(stack.dkim.verify(kept.data), "the signature does not verify")
    check(not stack.dkim.verify(kept.data.replace(b"CFBL-Address: fbl@", b"CFBL-Address: x@")), "CFBL-Address is not covered")


@suite.case("our own Postfix's bounce comes back to the signed return path: recipient and customer are the right ones")
def local_bounce(stack):
    stack.sink.reply("gone@remote.example.test", UNKNOWN)
    submit(stack, "gone@remote.example.test")
    wait_until(lambda: stack.listed("gone@remote.example.test"), "the entry")
    equal(stack.postgres.psql("SELECT sender_domain FROM events WHERE recipient = 'gone@remote.example.test'"), SHOP, "customer")
    equal(stack.sink.find(SENDER), [], "bounces for the customer")


@suite.case("a remote site's bounce comes back to the signed return path: recipient and customer are the right ones")
def remote_bounce(stack):
    stack.sink.reply(f"gone@{FAR}", UNKNOWN)
    submit(stack, f"gone@{FAR}")
    wait_until(lambda: stack.listed(f"gone@{FAR}"), "the entry")
    equal(stack.postgres.psql(f"SELECT evidence, sender_domain FROM events WHERE recipient = 'gone@{FAR}'"), f"signed|{SHOP}",
          "evidence and customer")


@suite.case("three recipients, one of which fails at a remote site: only that one is listed")
def one_of_three(stack):
    people = [f"of3{number}@{FAR}" for number in range(3)]
    stack.sink.reply(people[1], UNKNOWN)
    submit(stack, people)
    wait_until(lambda: stack.listed(people[1]), "the entry")
    equal([stack.events_of(recipient) for recipient in people], [0, 1, 0], "events")
    equal(stack.evidence_of(people[1]), "signed", "evidence")
    equal([stack.listed(people[0]), stack.listed(people[2])], [[], []], "scopes of the others")


@suite.case("senders that take bounces themselves keep their envelope, and get the trace header: VERP, SRS, lists, XVERP")
def verp(stack):
    for number, sender in enumerate((f"owner-list+user=dom.example@{SHOP}", f"SRS0=ab=cd=dom.example=user@{SHOP}",
                                     f"list-bounces@{SHOP}")):
        submit(stack, f"verp{number}@remote.example.test", sender)
        kept, mail = arrived(stack, f"verp{number}@remote.example.test")
        equal(kept.sender, sender, "envelope sender")
        verify(stack, mail["X-Retour-Trace"], f"verp{number}@remote.example.test")
    # but not in a domain that lets in nothing without a token
    submit(stack, "verp9@remote.example.test", f"bounces+user=dom.example@{BOUNCES}")
    check(SIGNED.fullmatch(arrived(stack, "verp9@remote.example.test")[0].sender), "the sender was not changed")
    stack.mx.set(smtpd_authorized_verp_clients="127.0.0.0/8")
    original = mails.Original("xverp@remote.example.test", SENDER)
    with smtp.Client(stack.mx.where("submission")) as client:
        client.ehlo()
        for line in (f"MAIL FROM:<{SENDER}> XVERP", "RCPT TO:<xverp@remote.example.test>"):
            equal(client.docmd(line)[0], 250, line)
        equal(client.data(original.mail())[0], 250, "reply to the mail")
    kept, mail = arrived(stack, "xverp@remote.example.test")
    equal(kept.sender, f"news+xverp=remote.example.test@{SHOP}", "envelope sender")
    verify(stack, mail["X-Retour-Trace"], "xverp@remote.example.test")


@suite.case("what is not to be stamped is left alone: by domain, bounces, what is stamped already")
def left_alone(stack):
    submit(stack, "quiet@remote.example.test", "news@quiet.example.test", "news@quiet.example.test")
    kept, mail = arrived(stack, "quiet@remote.example.test")
    equal((kept.sender, mail["X-Retour-Trace"]), ("news@quiet.example.test", None), "a domain without stamps")
    submit(stack, "plain@remote.example.test", "news@plain.example.test", "news@plain.example.test")
    kept, mail = arrived(stack, "plain@remote.example.test")
    equal(kept.sender, "news@plain.example.test", "a domain without return path")
    verify(stack, mail["X-Retour-Trace"], "plain@remote.example.test")
    submit(stack, "null@remote.example.test", "")
    kept, mail = arrived(stack, "null@remote.example.test")
    equal((kept.sender, mail["X-Retour-Trace"]), ("", None), "a bounce")
    submit(stack, "again1@remote.example.test")
    first = arrived(stack, "again1@remote.example.test")[0]
    submit(stack, "again2@remote.example.test", first.sender)
    kept, mail = arrived(stack, "again2@remote.example.test")
    equal((kept.sender, mail["X-Retour-Trace"]), (first.sender, None), "a return path of ours")
    trace = b"X-Retour-Trace: " + email.message_from_bytes(first.data)["X-Retour-Trace"].encode().replace(b"\n", b"\r\n")
    trace = trace.replace(b"\r\r\n", b"\r\n") + b"\r\n"
    submit(stack, "again1@remote.example.test", extra=trace)
    second = stack.sink.wait_for("again1@remote.example.test", count=2)[1]
    equal((second.sender, second.data.count(b"X-Retour-Trace:")), (SENDER, 1), "a trace of ours")
    submit(stack, "again3@remote.example.test", extra=trace)
    third = arrived(stack, "again3@remote.example.test")[0]
    equal((bool(SIGNED.match(third.sender)), third.data.count(b"X-Retour-Trace:")), (True, 2), "a trace for somebody else")


@suite.case("headers that a sender has brought along stay his own")
def own_headers(stack):
    own = b"CFBL-Address: own@shop.example.test\r\nFeedback-ID: a:b:c:own\r\nList-Unsubscribe: <https://shop.example.test/u>\r\n"
    submit(stack, "own@remote.example.test", extra=own)
    mail = arrived(stack, "own@remote.example.test")[1]
    equal([mail.get_all(name) for name in ("CFBL-Address", "CFBL-Feedback-ID", "Feedback-ID", "List-Unsubscribe")],
          [["own@shop.example.test"], None, ["a:b:c:own"], ["<https://shop.example.test/u>"]], "headers")


@suite.case("what sendmail(1) submits is stamped")
def pickup(stack):
    original = mails.Original("pickup@remote.example.test", SENDER)
    run(["/usr/sbin/sendmail", "-C", stack.mx.etc, "-f", SENDER, original.recipient], "sendmail(1)",
        input=original.mail().decode())
    kept, mail = arrived(stack, "pickup@remote.example.test")
    check(SIGNED.fullmatch(kept.sender), f"envelope sender {kept.sender}")
    verify(stack, mail["X-Retour-Trace"], "pickup@remote.example.test")


def bounce_to(stack, address, recipient="returned@remote.example.test"):
    """Reply code of a bounce that comes to the address from outside."""
    return smtp.deliver(stack.mx.where("bounces"), "", address, mails.postfix_dsn(mails.Original(recipient))).code


def reload(stack):
    mark = stack.retour.log_mark()
    stack.retour.process.signal(signal.SIGUSR1)
    wait_until(lambda: "action=reloaded" in stack.retour.log_text(mark), "the reload")


@suite.case("at RCPT of a return path: a token of ours is let in, in either case; none, a forged or an expired one is refused")
def at_rcpt(stack):
    ring = tokens.read_ring(stack.retour.settings["trust"]["keys"])
    good = tokens.make(1, ring[1], "returned@remote.example.test")
    several = tokens.make(1, ring[1])
    for local, code in ((f"b-{good}", 250), (f"B-{good.upper()}", 250), (f"b-{several}", 250), (f"other+{good}", 250),
                        ("postmaster", 250), ("fbl", 250),
                        (f"u-{tokens.make(1, ring[1], 'x@remote.example.test', tokens.UNSUBSCRIBE)}", 250),
                        ("b-", 550), ("news", 550), (f"b-{good}x", 550), (f"b-{good[:-1]}", 550),
                        (f"b-{'b' if good[0] == 'a' else 'a'}{good[1:]}", 550),
                        (f"b-{tokens.make(1, bytes(32), 'x@remote.example.test')}", 550),
                        (f"b-{tokens.make(7, ring[1], 'x@remote.example.test')}", 550),
                        (f"b-{tokens.make(1, ring[1], 'x@remote.example.test', tokens.TRACE)}", 550),
                        (f"b-{tokens.make(1, ring[1], 'x@remote.example.test', age=31 * 86400)}", 550)):
        equal(bounce_to(stack, f"{local}@{BOUNCES}"), code, f"reply to {local}")
    # of several recipients only the bad one is refused
    result = smtp.deliver(stack.mx.where("bounces"), "", [f"b-{good}@{BOUNCES}", f"b@{BOUNCES}"],
                          mails.postfix_dsn(mails.Original("returned@remote.example.test")))
    equal((result.accepted, list(result.refused)), (True, [f"b@{BOUNCES}"]), "refused of two")


@suite.case("keys are rotated under load: every bounce is let in, and after a key was retired none of its own is")
def rotation(stack):
    path, number, stop = stack.retour.settings["trust"]["keys"], 0, threading.Event()

    def send(name):
        nonlocal number
        while not stop.is_set():
            submit(stack, f"rotate-{name}-{number}@remote.example.test")
            number += 1
            stop.wait(0.05)

    def key_of(kept):
        return re.search(r"key: +(\d+)", stack.retour.cli("token", "explain", kept.sender))[1]

    def sent():
        return [kept for kept in stack.sink.find(containing=b"Subject") if kept.recipients[0].startswith("rotate-")]

    senders = [threading.Thread(target=send, args=(name,)) for name in "abc"]
    for sender in senders:
        sender.start()
    try:
        wait_until(lambda: len(sent()) >= 20, "mail before")
        stack.retour.new_key("--grace", "1s")
        reload(stack)
        mark = len(sent())
        wait_until(lambda: key_of(sent()[-1]) == "2", "mail signed with the new key")
        wait_until(lambda: len(sent()) >= mark + 20, "mail after")
    finally:
        stop.set()
        for sender in senders:
            sender.join()
    stack.mx.drain()
    back = [("", kept.sender, mails.postfix_dsn(mails.Original(kept.recipients[0]))) for kept in sent()]
    results = smtp.deliver_many(stack.mx.where("bounces"), back)
    equal([result.text for result in results if not result.accepted], [], "bounces refused")
    equal(stack.postgres.psql("SELECT DISTINCT evidence FROM events WHERE recipient LIKE 'rotate-%'"), "signed", "evidence")
    check("stays" in stack.retour.cli("token", "retire", "1", config=stack.retour.config, ok=(65,)), "it is still needed")
    told = json.loads(stack.retour.cli("token", "retire", "1", "--force", "--json", config=stack.retour.config))
    equal(told, {"key": 1, "retired": True}, "what is said of it")
    reload(stack)
    equal(list(tokens.read_ring(path)), [2], "secrets in the ring")
    keys = {key_of(kept): kept for kept in (sent()[0], sent()[-1])}
    equal(sorted(keys), ["1", "2"], "keys that signed")
    equal([bounce_to(stack, keys[key].sender) for key in ("1", "2")], [550, 250], "replies")


@suite.case("PostgreSQL and Redis away: mail leaves, stamped")
def stores_away(stack):
    stack.postgres.stop()
    stack.redis.stop()
    try:
        submit(stack, "away@remote.example.test")
        kept = arrived(stack, "away@remote.example.test")[0]
    finally:
        stack.redis.start()
        stack.postgres.start()
    verify(stack, kept.sender, "away@remote.example.test")
    wait_until(lambda: stack.postgres.try_psql("SELECT count(*) FROM sent WHERE recipient = 'away@remote.example.test'") == "1",
               "the record, once the database is back", 60)


if __name__ == "__main__":
    suite.main(stamping_site)
