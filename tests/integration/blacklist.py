#!/usr/bin/python3
"""The blacklist from end to end: what lists, what does not, the refusal at RCPT, and the commands for people."""

import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.sink import FULL_GOOGLE, UNKNOWN, UNKNOWN_MICROSOFT  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"


def submit(stack, recipients, sender=SENDER):
    first = recipients if isinstance(recipients, str) else recipients[0]
    domain = sender.partition("@")[2]
    original = mails.Original(first, sender, f"offers@{SHOP if domain == BOUNCES else domain}")
    return original, smtp.deliver(stack.mx.where("submission"), sender, recipients, original.mail())


def sent(stack, recipient):
    """Mail that left and is recorded as sent."""
    original, result = submit(stack, recipient, f"b@{BOUNCES}")
    check(result.accepted, f"refused: {result.text}")
    stack.wait_sent(recipient)
    return original


def report(stack, data, to=f"b@{BOUNCES}", sender=""):
    result = smtp.deliver(stack.mx.where("bounces"), sender, to, data)
    check(result.accepted, f"the report was refused: {result.code} {result.text}")


def refusal(stack, recipient, sender=SENDER):
    """The text of the 550, or "" when the recipient is accepted."""
    result = submit(stack, recipient, sender)[1]
    if result.accepted:
        return ""
    equal(result.code, 550, f"reply code of {result.text}")
    return result.text


def refused_soon(stack, recipient, sender=SENDER):
    return wait_until(lambda: refusal(stack, recipient, sender), f"{recipient} to be refused", 15)


@suite.case("an unknown user bounced by our own Postfix: listed for everybody, refused at the next RCPT with the reason")
def unknown(stack):
    stack.sink.reply("gone@outlook.com", UNKNOWN_MICROSOFT)
    check(submit(stack, "gone@outlook.com", f"b@{BOUNCES}")[1].accepted, "the first attempt should pass")
    wait_until(lambda: stack.listed("gone@outlook.com"), "the entry")
    equal(stack.listed("gone@outlook.com"), ["*"], "scopes")
    text = refused_soon(stack, "gone@outlook.com")
    check(text.startswith("5.7.1 ") and re.search(r"R-\d+", text), f"status and reference: {text}")
    check("does not exist" in text, f"the reason in words: {text}")
    check(refusal(stack, "Gone@OUTLOOK.com"), "another spelling of the address should be refused as well")


@suite.case("of several recipients only the listed one is refused")
def among_others(stack):
    result = submit(stack, ["fine1@remote.example.test", "gone@outlook.com", "fine2@remote.example.test"])[1]
    check(result.accepted, f"refused: {result.text}")
    equal(list(result.refused), ["gone@outlook.com"], "refused recipients")
    stack.sink.wait_for("fine1@remote.example.test")
    equal(stack.sink.find("gone@outlook.com"), [], "mail for the listed one at the remote site")


@suite.case("a full mailbox is counted and not listed")
def full(stack):
    stack.sink.reply("full@gmail.com", FULL_GOOGLE)
    submit(stack, "full@gmail.com", f"b@{BOUNCES}")
    wait_until(lambda: stack.events("recipient = 'full@gmail.com' AND category = 'mailbox_full'") == 1, "the event")
    equal(stack.listed("full@gmail.com"), [], "scopes")
    equal(refusal(stack, "full@gmail.com"), "", "the next attempt")


@suite.case("a remote bounce about mail that we recorded is evidence, the same about other mail is not")
def evidence(stack):
    report(stack, mails.postfix_dsn(sent(stack, "known@remote.example.test")))
    equal(stack.evidence_of("known@remote.example.test"), "known_message", "evidence")
    equal(stack.listed("known@remote.example.test"), ["*"], "scopes")
    report(stack, mails.postfix_dsn(mails.Original("forged@remote.example.test", f"b@{BOUNCES}")))
    equal(stack.evidence_of("forged@remote.example.test"), "unverified", "evidence")
    equal(stack.listed("forged@remote.example.test"), [], "scopes")
    equal(refusal(stack, "forged@remote.example.test"), "", "the next attempt")


@suite.case("a forger who knows one Message-ID harms nobody else")
def other_recipient(stack):
    original = sent(stack, "mine@remote.example.test")
    original.recipient = "other@remote.example.test"
    report(stack, mails.postfix_dsn(original))
    equal(stack.listed("other@remote.example.test"), [], "scopes")
    equal(stack.listed("mine@remote.example.test"), [], "scopes")


@suite.case("a complaint lists for that sender domain alone")
def complained(stack):
    report(stack, mails.complaint(sent(stack, "yvonne@yahoo.com")), f"fbl@{FEEDBACK}", "feedback@fbl.yahoo.example.test")
    equal(stack.listed("yvonne@yahoo.com"), [SHOP], "scopes")
    text = refused_soon(stack, "yvonne@yahoo.com", f"news@{SHOP}")
    check(SHOP in text, f"the refusal should say whose mail: {text}")
    equal(refusal(stack, "yvonne@yahoo.com", "post@bank.example.test"), "", "mail from another sender domain")
    # the envelope hides whose mail it is; From: tells
    disguised = submit(stack, "yvonne@yahoo.com", f"b@{BOUNCES}")[1]
    equal((disguised.code, SHOP in disguised.text), (550, True), f"refused by From: {disguised.text}")


@suite.case("a vacation reply and a delay warning list nobody")
def no_bounce(stack):
    original = sent(stack, "away@remote.example.test")
    report(stack, mails.vacation(original))
    late = ("4.4.1", "451 4.4.1 connect to next.remote.example.test[192.0.2.25]:25: Connection timed out")
    report(stack, mails.postfix_dsn(original, late, action="delayed"))
    equal(stack.events("recipient = 'away@remote.example.test' AND action = 'failed'"), 0, "failures")
    equal(stack.listed("away@remote.example.test"), [], "scopes")


@suite.case("retour lookup tells the story of an address")
def lookup(stack):
    text = stack.retour.cli("lookup", "gone@outlook.com")
    for word in ("gone@outlook.com", "user_unknown", "microsoft", "local"):
        check(word in text.lower().replace(" ", "_") or word in text.lower(), f"'{word}' is missing:\n{text}")
    check(re.search(r"R-\d+", text), f"no reference:\n{text}")


@suite.case("retour blacklist add, show, list, remove: obeyed at RCPT, with actor and reason in the audit trail")
def by_hand(stack):
    stack.retour.cli("blacklist", "add", "hand@remote.example.test", "--reason", "asked us by telephone")
    check("asked us by telephone" in refused_soon(stack, "hand@remote.example.test"), "the reason in words")
    check("asked us by telephone" in stack.retour.cli("blacklist", "show", "hand@remote.example.test"), "show")
    check("hand@remote.example.test" in stack.retour.cli("blacklist", "list"), "list")
    stack.retour.cli("blacklist", "remove", "hand@remote.example.test", "--reason", "changed their mind")
    wait_until(lambda: not refusal(stack, "hand@remote.example.test"), "the address to be accepted again", 15)
    trail = stack.postgres.psql("SELECT action, actor, reason FROM audit WHERE target = 'hand@remote.example.test' "
                                "ORDER BY xid, id")
    lines = [line.split("|") for line in trail.splitlines()]
    equal([line[0] for line in lines], ["add", "remove"], "actions")
    check(all(line[1] for line in lines), f"no actor: {trail}")
    equal([line[2] for line in lines], ["asked us by telephone", "changed their mind"], "reasons")


@suite.case("a domain can be listed, and a person's entry is left alone by automation")
def domain(stack):
    stack.retour.cli("blacklist", "add", "@closed.example.test", "--reason", "the company is no more")
    check(refused_soon(stack, "anybody@closed.example.test"), "an address of the domain")
    equal(refusal(stack, "anybody@sub.closed.example.test"), "", "an address of a subdomain")
    stack.sink.reply("kept@remote.example.test", UNKNOWN)
    submit(stack, "kept@remote.example.test", f"b@{BOUNCES}")
    wait_until(lambda: stack.listed("kept@remote.example.test"), "the automatic entry")
    stack.retour.cli("blacklist", "add", "kept@remote.example.test", "--reason", "by a person")
    report(stack, mails.postfix_dsn(mails.Original("kept@remote.example.test", f"b@{BOUNCES}")))
    equal(stack.postgres.psql("SELECT source FROM blacklist_now WHERE target = 'kept@remote.example.test'"), "manual", "source")


@suite.case("a list of another system is taken over: replies are judged, and who is not at fault is named with file and line")
def imported(stack):
    path = stack.lab.path("bounces.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("created,email,reason,status\n"
                   "1,imp1@remote.example.test,550 5.1.1 The email account that you tried to reach does not exist,5.1.1\n"
                   "2,imp2@remote.example.test,554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org,5.7.1\n"
                   "3,no address,550 5.1.1 user unknown,5.1.1\n")
    command = ("--json", "blacklist", "import", path, "--format", "sendgrid", "--expires", "30d")
    for arguments, added, kept, listed in ((("--dry-run",), 1, 0, []), ((), 1, 0, ["*"])):
        lines = stack.retour.cli(*command, *arguments, ok=(65,)).splitlines()
        done = json.loads(lines[-1])
        equal((done["added"], done["kept"], done["refused"]), (added, kept, 2), f"added, kept, refused: {lines}")
        check(any(f"{path}:3: " in line and "blocklisted" in line for line in lines), f"line 3 is not named: {lines}")
        check(any(f"{path}:4: " in line for line in lines), f"line 4 is not named: {lines}")
        equal(stack.listed("imp1@remote.example.test"), listed, "scopes")
    equal(stack.listed("imp2@remote.example.test"), [], "scopes of who is not at fault")
    check("does not exist" in refused_soon(stack, "imp1@remote.example.test"), "the reason at RCPT")


@suite.case("the whole list goes out and comes in again as CSV and JSON, and many are removed at once")
def exported(stack):
    stack.retour.cli("blacklist", "add", "quote@remote.example.test", "--reason", 'said "no, thanks", twice',
                     "--note", "line one\nline two")
    stack.retour.cli("blacklist", "add", "imp1@remote.example.test", "--reason", "by hand now")
    before = stack.retour.cli("blacklist", "export", "--format", "json")
    for form in ("csv", "json"):
        path = stack.lab.path(f"list.{form}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(stack.retour.cli("blacklist", "export", "--format", form))
        done = json.loads(stack.retour.cli("--json", "blacklist", "import", path, "--format", form).splitlines()[-1])
        equal((done["added"], done["refused"], done["kept"]), (0, 0, len(before.splitlines())), f"{form}: added, refused, kept")
    done = json.loads(stack.retour.cli("--json", "blacklist", "import", path, "--format", "json", "--replace").splitlines()[-1])
    equal((done["replaced"], done["kept"]), (len(before.splitlines()), 0), "replaced, kept")
    row = json.loads(next(line for line in stack.retour.cli("blacklist", "export", "--format", "json").splitlines()
                          if "quote@" in line))
    equal((row["reason"], row["note"], row["source"]), ('said "no, thanks", twice', "line one\nline two", "import"), "entry")
    path = stack.lab.path("gone.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# by ticket 7\nquote@remote.example.test\nImp1@Remote.Example.Test\nnobody@remote.example.test\n")
    done = json.loads(stack.retour.cli("--json", "blacklist", "remove-all", path, "--reason", "ticket 7"))
    equal((done["removed"], done["refused"]), (2, 0), "removed, refused")
    wait_until(lambda: not refusal(stack, "imp1@remote.example.test"), "the address to be accepted again", 15)


@suite.case("sent mail is recorded and counted per provider and sender domain")
def counted(stack):
    original = sent(stack, "count@gmail.com")
    row = stack.postgres.psql("SELECT message_id, sender, provider FROM sent WHERE recipient = 'count@gmail.com'")
    equal(row.split("|"), [original.message_id, f"b@{BOUNCES}", "google"], "message id, sender, provider")
    wait_until(lambda: stack.postgres.number("SELECT coalesce(sum(n), 0) FROM counters "
                                             "WHERE category = 'sent' AND provider = 'google'"), "the counter")


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx"))
