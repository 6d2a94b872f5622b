#!/usr/bin/python3
"""retour-milter under Postfix: what passes untouched, what is taken, and how it stops, starts and reloads."""

import os
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, milter, smtp  # noqa: E402
from lab.lab import run, wait_until  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, PEOPLE, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()


def deliver(stack, sender, recipients, data, port="bounces"):
    return smtp.deliver(stack.mx.where(port), sender, recipients, data)


def same(arrived, sent, what):
    first = sent.split(b":", 1)[0] + b":"
    got = mails.header_block(arrived, first) + b"\n" + mails.body_of(arrived)
    equal(got, sent.replace(b"\r\n", b"\n"), what)


@suite.case("ordinary mail through the bounce port arrives byte for byte")
def ordinary(stack):
    sent = mails.awkward_letter("kim@friends.example.test", f"awkward@{PEOPLE}")
    check(deliver(stack, "kim@friends.example.test", f"awkward@{PEOPLE}", sent).accepted, "refused")
    same(stack.dovecot.wait_for("awkward")[0], sent, "the letter")


@suite.case("outgoing mail arrives byte for byte")
def outgoing(stack):
    sent = mails.awkward_letter(f"offers@{SHOP}", "awkward@remote.example.test")
    check(deliver(stack, f"offers@{SHOP}", "awkward@remote.example.test", sent, "submission").accepted, "refused")
    same(stack.sink.wait_for("awkward@remote.example.test")[0].data, sent, "the mail")


@suite.case("mail to a bounce address that is no report passes on, byte for byte")
def no_report(stack):
    sent = mails.letter("kim@friends.example.test", f"question@{BOUNCES}", "A question about your offer")
    check(deliver(stack, "kim@friends.example.test", f"question@{BOUNCES}", sent).accepted, "refused")
    same(stack.dovecot.wait_for("question")[0], sent, "the letter")


@suite.case("a bounce is recorded and goes no further")
def taken(stack):
    data = mails.postfix_dsn(mails.Original("taken@remote.example.test", f"taken@{BOUNCES}"))
    check(deliver(stack, "", f"taken@{BOUNCES}", data).accepted, "refused")
    equal(stack.events_of("taken@remote.example.test"), 1, "events at the time of the reply")
    equal(stack.dovecot.mails("taken"), [], "mail in the bounce mailbox")


@suite.case("Exchange, Gmail and ARF reports are read over SMTP")
def dialects(stack):
    for name, make in (("exchange", mails.exchange_dsn), ("gmail", mails.gmail_dsn)):
        original = mails.Original(f"{name}@remote.example.test", f"b@{BOUNCES}")
        check(deliver(stack, "", f"b@{BOUNCES}", make(original)).accepted, "refused")
        equal(stack.events(f"recipient = '{original.recipient}' AND category = 'user_unknown'"), 1, name)
    original = mails.Original("arf@remote.example.test", f"b@{BOUNCES}")
    check(deliver(stack, "fbl@isp.example.test", f"fbl@{FEEDBACK}", mails.complaint(original)).accepted, "refused")
    equal(stack.events("recipient = 'arf@remote.example.test' AND category = 'complaint_spam'"), 1, "complaint")


@suite.case("a bounce to a bounce address and to a person: recorded, and the person gets it unchanged")
def mixed(stack):
    data = mails.postfix_dsn(mails.Original("mixed@remote.example.test", f"mixed@{BOUNCES}"))
    check(deliver(stack, "", [f"mixed@{BOUNCES}", f"postmaster@{PEOPLE}"], data).accepted, "refused")
    arrived = stack.dovecot.wait_for("postmaster")[0]
    same(arrived, data, "the person's copy")
    equal(stack.events_of("mixed@remote.example.test"), 1, "events")
    equal(stack.dovecot.mails("mixed"), [], "mail in the bounce mailbox")


@suite.case("a bounce to a person's address alone passes unchanged and counts nothing")
def personal(stack):
    data = mails.postfix_dsn(mails.Original("personal@remote.example.test", f"lee@{PEOPLE}"))
    check(deliver(stack, "", f"lee@{PEOPLE}", data).accepted, "refused")
    same(stack.dovecot.wait_for("lee")[0], data, "the bounce")
    equal(stack.events_of("personal@remote.example.test"), 0, "events")


@suite.case("the null sender stays the null sender, on all listeners")
def null_sender(stack):
    # to a person by the bounce port, out by the submission port, and our own Postfix's bounce to a person
    data = mails.letter("postmaster@remote.example.test", f"null@{PEOPLE}")
    check(deliver(stack, "", f"null@{PEOPLE}", data).accepted, "refused")
    check(b"Return-Path: <>" in stack.dovecot.wait_for("null")[0], "sender of the incoming mail changed")
    check(deliver(stack, "", "null@remote.example.test", data, "submission").accepted, "refused")
    equal(stack.sink.wait_for("null@remote.example.test")[0].sender, "", "sender of the outgoing mail")
    stack.sink.reply("nobody@remote.example.test", UNKNOWN)
    letter = mails.letter(f"own@{PEOPLE}", "nobody@remote.example.test")
    check(deliver(stack, f"own@{PEOPLE}", "nobody@remote.example.test", letter, "people").accepted, "refused")
    bounced = stack.dovecot.wait_for("own")[0]
    check(b"Return-Path: <>" in bounced, "sender of the local bounce changed")
    check(b"nobody@remote.example.test" in bounced, "that was not the bounce")


@suite.case("who may run sendmail(1) here cannot pass a bounce for the mail server's own")
def submitted(stack):
    data = mails.postfix_dsn(mails.Original("framed@remote.example.test", f"framed@{BOUNCES}"))
    mark = stack.mx.log_mark()
    run(["/usr/sbin/sendmail", "-C", stack.mx.etc, "-f", "", f"framed@{BOUNCES}"], "sendmail(1)", input=data.decode())
    # it is mail for the bounce mailbox like any other, and nothing was learned from it
    stack.dovecot.wait_for("framed")
    check("from=<>" in stack.mx.log_since(mark), "the null sender was not taken over")
    equal(stack.events_of("framed@remote.example.test"), 0, "events")
    equal(stack.listed("framed@remote.example.test"), [], "blacklisted for")


@suite.case("a bounce is the mail server's own by all signs together: no client, the null sender, neither out of SMTP")
def own_bounce(stack):
    cases = {"own": (("127.0.0.1", 0), "", True), "client": (("127.0.0.1", 4711), "", False),
             "remote": (("192.0.2.1", 0), "", False),
             "smtp": (("127.0.0.1", 0), "<>", False), "sender": (("127.0.0.1", 0), f"offers@{SHOP}", False)}
    for name, (client, sender, _) in cases.items():
        original = mails.Original(f"own-{name}@remote.example.test", f"b@{BOUNCES}")
        session = milter.Session(stack.retour.sockets["internal"])
        equal(session.deliver(client, sender, f"b@{BOUNCES}", mails.postfix_dsn(original)), b"d", name)
    for name, (_, _, own) in cases.items():
        equal(stack.evidence_of(f"own-{name}@remote.example.test") == "local", own, f"{name}: is our own")


@suite.case("what sendmail(1) submits is recorded as sent, and refused when the recipient is blacklisted")
def sendmail(stack):
    sender = f"clerk@{PEOPLE}"

    def submit(recipient):
        letter = mails.letter(sender, recipient).decode()
        run(["/usr/sbin/sendmail", "-C", stack.mx.etc, "-f", sender, recipient], "sendmail(1)", input=letter)

    submit("fine@remote.example.test")
    stack.sink.wait_for("fine@remote.example.test")
    stack.wait_sent("fine@remote.example.test")
    stack.retour.cli("blacklist", "add", "stop@remote.example.test", "--reason", "asked by phone")
    wait_until(lambda: not deliver(stack, sender, "stop@remote.example.test", mails.letter(sender, "stop@remote.example.test"),
                                   "submission").accepted, "the entry to be known at RCPT")
    left = len(stack.sink.find("stop@remote.example.test"))
    submit("stop@remote.example.test")
    # Postfix tells the sender, and that is no news about the recipient
    bounced = stack.dovecot.wait_for("clerk")[0]
    check(b"is blocked here" in bounced and b"reference R-" in bounced, f"no reason in the bounce:\n{bounced.decode()}")
    equal(len(stack.sink.find("stop@remote.example.test")), left, "mail that left")
    equal(stack.postgres.psql("SELECT category FROM events WHERE recipient = 'stop@remote.example.test'"),
          "suppressed_upstream", "event")


@suite.case("a bounce of 20 MB is recorded, ordinary mail of 20 MB passes unchanged")
def large(stack):
    original = mails.Original("large@remote.example.test", f"large@{BOUNCES}", body="A line of a long mail.\n" * 900000)
    check(deliver(stack, "", f"large@{BOUNCES}", mails.postfix_dsn(original)).accepted, "refused")
    equal(stack.events_of("large@remote.example.test"), 1, "events")
    sent = mails.letter("kim@friends.example.test", f"big@{PEOPLE}", body="Another line of it.\n" * 1000000)
    check(deliver(stack, "kim@friends.example.test", f"big@{PEOPLE}", sent).accepted, "refused")
    same(stack.dovecot.wait_for("big")[0], sent, "the letter")


@suite.case("many messages in one session: reports, letters and aborted transactions in turn")
def one_session(stack):
    with smtp.Client(stack.mx.where("bounces")) as client:
        for number in range(25):
            recipient = f"session{number}@remote.example.test"
            data = mails.postfix_dsn(mails.Original(recipient, f"b@{BOUNCES}"))
            check(client.deliver("", f"b@{BOUNCES}", data).accepted, "bounce refused")
            client.docmd("MAIL", "FROM:<>")
            client.docmd("RCPT", f"TO:<b@{BOUNCES}>")
            client.rset()
            letter = mails.letter("kim@friends.example.test", f"session@{PEOPLE}", f"number {number}")
            check(client.deliver("kim@friends.example.test", f"session@{PEOPLE}", letter).accepted, "letter refused")
    equal(stack.events("recipient like 'session%'"), 25, "events")
    stack.dovecot.wait_for("session", 25)


@suite.case("pipelined commands of several messages in one write")
def pipelined(stack):
    commands = b"EHLO pipe.example.test\r\n"
    with socket.create_connection(stack.mx.where("bounces"), 30) as connection:
        answers = connection.makefile("rb")
        answers.readline()
        connection.sendall(commands)
        while answers.readline()[3:4] == b"-":
            pass
        for number in range(10):
            data = mails.postfix_dsn(mails.Original(f"pipe{number}@remote.example.test", f"b@{BOUNCES}"))
            connection.sendall(f"MAIL FROM:<>\r\nRCPT TO:<b@{BOUNCES}>\r\nDATA\r\n".encode())
            replies = [answers.readline()[:3] for _ in range(3)]
            equal(replies, [b"250", b"250", b"354"], "replies to the envelope")
            connection.sendall(data + b".\r\n")
            equal(answers.readline()[:3], b"250", "reply to the message")
        connection.sendall(b"QUIT\r\n")
    equal(stack.events("recipient like 'pipe%'"), 10, "events")


@suite.case("hostile mail passes or is recorded, and the milter survives it")
def hostile(stack):
    pids = stack.retour.children()
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    cases = {
        "groups": b"To: " + b"g:" * 60000 + b";\r\nFrom: a@b.example.test\r\n\r\nx\r\n",
        "nested": b"From: a@b.example.test\r\n" + nested + b"\r\n",
        "boundaries": b"From: a@b.example.test\r\nContent-Type: multipart/report; boundary=b\r\n\r\n" + b"--b\r\n\r\n" * 400000,
        "nul": b"From: a@b.example.test\r\nSubject: \0\xff\xfe\r\n\r\n\0\0\0\r\n",
        "no headers": b"\r\nnothing\r\n",
        "empty": b"",
    }
    for name, data in cases.items():
        result = deliver(stack, "", f"hostile@{BOUNCES}", data)
        check(result.code in (250, 554, 550) or name in ("nul",), f"{name}: {result.code} {result.text}")
    equal(sorted(stack.retour.children()), sorted(pids), "the milter's processes")


@suite.case("ordinary mail flows while the milter is down, bounces wait")
def without_milter(stack):
    stack.retour.stop()
    try:
        letter = mails.letter("kim@friends.example.test", f"calm@{PEOPLE}")
        check(deliver(stack, "kim@friends.example.test", f"calm@{PEOPLE}", letter, "people").accepted, "refused")
        same(stack.dovecot.wait_for("calm")[0], letter, "the letter")
        data = mails.postfix_dsn(mails.Original("calm@remote.example.test", f"b@{BOUNCES}"))
        code = deliver(stack, "", f"b@{BOUNCES}", data).code
        check(400 <= code < 500, f"the bounce should wait: {code}")
    finally:
        stack.retour.start()


@suite.case("a second instance on the same sockets is refused and does not disturb the first")
def second_instance(stack):
    before = [os.stat(path.partition(":")[2]).st_ino for path in stack.retour.sockets.values()]
    second = stack.retour.make_process(log=stack.lab.path("retour/second.log")).start()
    status = second.wait(20, "being refused")
    check(status not in (0, -signal.SIGSEGV, -signal.SIGABRT), f"exit status {status}")
    with open(second.log, encoding="utf-8") as log:
        text = log.read()
    check(any(path.partition(":")[2] in text for path in stack.retour.sockets.values()),
          f"the message should name the socket: {text}")
    equal([os.stat(path.partition(":")[2]).st_ino for path in stack.retour.sockets.values()], before, "the sockets")
    taken_again(stack, "second@remote.example.test")


def taken_again(stack, recipient):
    data = mails.postfix_dsn(mails.Original(recipient, f"b@{BOUNCES}"))
    wait_until(lambda: deliver(stack, "", f"b@{BOUNCES}", data).accepted, "a bounce to be taken")
    equal(stack.events_of(recipient), 1, "events")


@suite.case("idle, it stops at once (seen: well under a second; asked here: 3 s) with exit status 0")
def stops(stack):
    for _ in range(3):
        begun = time.monotonic()
        status = stack.retour.stop()
        took = time.monotonic() - begun
        stack.retour.start()
        equal(status, 0, "exit status")
        check(took < 3, f"stopping took {took:.1f} s")
    taken_again(stack, "stops@remote.example.test")


@suite.case("what left a moment before a stop is on record, and no process is cut off")
def stops_with_sent(stack):
    recipients = [f"lastsent{number}@remote.example.test" for number in range(3)]
    mark = stack.retour.log_mark()
    for recipient in recipients:
        check(deliver(stack, f"offers@{SHOP}", recipient, mails.letter(f"offers@{SHOP}", recipient), "submission").accepted,
              "refused")
        stack.retour.stop()
        log = stack.retour.log_text(mark)
        stack.retour.start()
        equal(stack.postgres.number(f"SELECT count(*) FROM sent WHERE recipient = '{recipient}'"), 1, f"rows of {recipient}")
    check("stop=crashed" not in log, log)


@suite.case("it stops with idle sessions open (Postfix keeps them)")
def stops_with_sessions(stack):
    with smtp.Client(stack.mx.where("bounces")) as client:
        client.ehlo()
        client.docmd("MAIL", "FROM:<>")
        client.docmd("RCPT", f"TO:<b@{BOUNCES}>")
        begun = time.monotonic()
        status = stack.retour.stop()
        took = time.monotonic() - begun
        stack.retour.start()
        equal(status, 0, "exit status")
        check(took < 6, f"stopping took {took:.1f} s")


@suite.case("restarted five times under load: the socket always answers, every bounce counts once")
def restart_under_load(stack):
    end, accepted, unreachable = threading.Event(), [], []

    def load(number):
        turn = 0
        while not end.is_set():
            recipient = f"load{number}x{turn}@remote.example.test"
            data = mails.postfix_dsn(mails.Original(recipient, f"b@{BOUNCES}"))
            if deliver(stack, "", f"b@{BOUNCES}", data).accepted:
                accepted.append(recipient)
            turn += 1

    threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(5):
            seen = len(accepted)
            wait_until(lambda: len(accepted) > seen + 10, "the load to flow")
            stack.retour.stop()
            stack.retour.start()
    finally:
        end.set()
        for thread in threads:
            thread.join()
    taken_again(stack, "afterload@remote.example.test")
    for role, where in stack.retour.sockets.items():
        with socket.socket(socket.AF_UNIX) as connection:
            if connection.connect_ex(where.partition(":")[2]):
                unreachable.append(role)
    equal(unreachable, [], "sockets that do not answer")
    equal(stack.events("recipient like 'load%'"), len(accepted), "events against mails taken")


@suite.case("kill -9 of the parent: the children end, and a new instance starts on the same sockets")
def parent_killed(stack):
    pids = stack.retour.children()
    check(pids, "there are no children")
    stack.retour.kill()
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the children to end", 20)
    stack.retour.start()
    taken_again(stack, "parent@remote.example.test")


@suite.case("kill -9 of the children: they come back by themselves")
def children_killed(stack):
    pids = stack.retour.children()
    stack.retour.signal_children(signal.SIGKILL)
    wait_until(lambda: len(set(stack.retour.children()) - set(pids)) == len(pids), "new children", 30)
    taken_again(stack, "children@remote.example.test")


@suite.case("a reload (SIGUSR1) with a bad rule file changes nothing and says file and line; a good one is taken")
def reload_rules(stack):
    folder = stack.lab.folder("rules")
    stack.retour.settings["rules"] = {"rule_dirs": [os.path.join(stack.retour.data, "rules"), folder]}
    good = ("- id: site.lab\n  when:\n    all: [the lab refuses you]\n  category: content_rejected\n"
            "  eg: ['550 5.7.0 the lab refuses you']\n")
    with open(os.path.join(folder, "site.yaml"), "w", encoding="utf-8") as file:
        file.write(good)
    stack.retour.stop()
    stack.retour.start()

    def judged(number):
        original = mails.Original(f"reload{number}@remote.example.test", f"b@{BOUNCES}")
        data = mails.postfix_dsn(original, ("5.7.0", "550 5.7.0 the lab refuses you"))
        check(deliver(stack, "", f"b@{BOUNCES}", data).accepted, "refused")
        return stack.postgres.psql(f"SELECT rule FROM events WHERE recipient = '{original.recipient}'")

    equal(judged(1), "site.lab", "rule")
    with open(os.path.join(folder, "site.yaml"), "w", encoding="utf-8") as file:
        file.write(good.replace("content_rejected", "no_such_category"))
    mark = stack.retour.log_mark()
    stack.retour.process.signal(signal.SIGUSR1)
    wait_until(lambda: "site.yaml:" in stack.retour.log_text(mark), "the complaint with file and line")
    equal(judged(2), "site.lab", "rule after a bad reload")
    check("action=reloaded" not in stack.retour.log_text(mark), "the log says that the bad set was loaded")
    with open(os.path.join(folder, "site.yaml"), "w", encoding="utf-8") as file:
        file.write(good.replace("site.lab", "site.other"))
    stack.retour.process.signal(signal.SIGUSR1)
    wait_until(lambda: judged(time.monotonic_ns()) == "site.other", "the new rules")


@suite.case("retour rules reload: a bad set is refused with file and line and not passed on, a good one is taken")
def rules_reload(stack):
    folder = stack.lab.folder("rules")
    place = os.path.join(folder, "site.yaml")
    stack.retour.settings["rules"] = {"rule_dirs": [os.path.join(stack.retour.data, "rules"), folder]}
    good = ("- id: site.first\n  when:\n    all: [the lab will have none of it]\n  category: content_rejected\n"
            "  eg: ['550 5.7.0 the lab will have none of it']\n")

    def write(text):
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)

    def judged():
        original = mails.Original(f"cli{time.monotonic_ns()}@remote.example.test", f"b@{BOUNCES}")
        data = mails.postfix_dsn(original, ("5.7.0", "550 5.7.0 the lab will have none of it"))
        check(deliver(stack, "", f"b@{BOUNCES}", data).accepted, "refused")
        return stack.postgres.psql(f"SELECT rule FROM events WHERE recipient = '{original.recipient}'")

    def reload():
        words = ["--config", stack.retour.config, "rules", "reload"]
        return run([stack.retour.program("retour"), *words], ok=None, timeout=60)

    write(good)
    stack.retour.stop()
    done = reload()
    equal(done.returncode, 75, f"exit status without a service: {done.stdout}")
    check("no retour-milter runs" in done.stdout, f"who is missing: {done.stdout}")
    stack.retour.start()
    equal(judged(), "site.first", "rule")

    write(good.replace("content_rejected", "no_such_category"))
    mark = stack.retour.log_mark()
    done = reload()
    equal(done.returncode, 78, f"exit status with a bad set: {done.stdout}")
    check(f"{place}:4" in done.stdout, f"no file and line: {done.stdout}")
    equal(judged(), "site.first", "rule after a bad set")
    check("reload=" not in stack.retour.log_text(mark), "the service was bothered")

    write(good.replace("site.first", "site.second"))
    done = reload()
    equal(done.returncode, 0, f"exit status with a good set: {done.stdout}")
    check(f"process {stack.retour.process.pid}," in done.stdout, f"which process: {done.stdout}")
    wait_until(lambda: judged() == "site.second", "the new rules")


@suite.case("a bad configuration is one clear error with file and line")
def bad_configuration(stack):
    path = stack.lab.path("retour/bad.yaml")
    for wrong, line in (("milter:\n  lisstteners: []\n", 2), ("milter: [\n", 0),
                        ("database:\n  url: x\nmilter:\n  listeners:\n    - name: a\n      role: sideways\n", 6)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(wrong)
        done = run([stack.retour.program("retour-milter"), "--config", path], ok=None, timeout=20)
        equal(done.returncode, 78, f"exit status for {wrong!r}: {done.stdout}")
        check(f"bad.yaml:{line or ''}" in done.stdout, f"no file and line: {done.stdout}")
    done = run([stack.retour.program("retour-milter"), "--config", path + ".gone"], ok=None, timeout=20)
    equal(done.returncode, 78, f"exit status without a file: {done.stdout}")


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "mailboxes", "retour", "mx"))
