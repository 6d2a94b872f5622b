#!/usr/bin/python3
"""What becomes of mail to listed addresses: refused, discarded, marked or only logged, by scope and category."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.stack import SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
OTHER = "offers@other.example.test"
MARK = b"X-Retour-Blocked:"

# address, scope, category: what the listener makes of it
LISTED = [
    ("unknown@remote.example.test", "*", "user_unknown"),            # mode: reject
    ("disabled@remote.example.test", "*", "mailbox_disabled"),       # discard
    ("moved@remote.example.test", "*", "mailbox_moved"),             # log
    ("annoyed@remote.example.test", SHOP, "complaint_spam"),         # mark
    ("another@remote.example.test", SHOP, "complaint_optout"),       # mark
    ("@gone.example.test", "*", "domain_not_found"),                 # reject
]
EXCEPTIONS = [
    {"categories": ["mailbox_disabled"], "mode": "discard"},
    {"categories": ["mailbox_moved"], "mode": "log"},
    {"scope": "sender", "mode": "mark"},
]


def prepare(retour):
    """With the filter, too, so that it is seen to let nobody through."""
    retour.listener_settings("outbound").update({"exceptions": EXCEPTIONS, "lookup_filter": 100000})


def deliver(stack, recipients, sender=SENDER, headers=b"", header_from=None):
    original = mails.Original(recipients[0], sender, header_from or sender)
    return smtp.deliver(stack.mx.where("submission"), sender, recipients, headers + original.mail())


def logged(stack, mark, action, recipient):
    wait_until(lambda: any(f"action={action} " in line and f"recipient={recipient} " in line and " reference=R-" in line
                           for line in stack.retour.log_text(mark).splitlines()), f"action={action} for {recipient}")


@suite.case("reject: at RCPT, with reason and reference; the others get the mail")
def reject(stack):
    stack.postgres.psql("SELECT " + ", ".join(
        f"blacklist_add('{target}', '{scope}', '{category}', 'listed by the test', '', null, 'test')"
        for target, scope, category in LISTED))
    wait_until(lambda: deliver(stack, ["x@gone.example.test"]).code == 550, "the list to be obeyed", 15)
    result = deliver(stack, ["unknown@remote.example.test", "a@gone.example.test", "fine1@remote.example.test"])
    check(result.accepted, f"{result.code} {result.text}")
    equal(sorted(result.refused), ["a@gone.example.test", "unknown@remote.example.test"], "refused")
    code, text = result.refused["unknown@remote.example.test"]
    check(code == 550 and "listed by the test" in text and "help.example.test/mail with reference R-" in text, text)
    equal(stack.sink.wait_for("fine1@remote.example.test")[0].recipients, ["fine1@remote.example.test"], "recipients")


@suite.case("discard: taken, and delivered to the others alone")
def discard(stack):
    mark = stack.retour.log_mark()
    result = deliver(stack, ["disabled@remote.example.test", "fine2@remote.example.test"])
    check(result.accepted and not result.refused, f"{result.code} {result.refused}")
    equal(stack.sink.wait_for("fine2@remote.example.test")[0].recipients, ["fine2@remote.example.test"], "recipients")
    logged(stack, mark, "discarded", "disabled@remote.example.test")
    equal(stack.sink.find("disabled@remote.example.test"), [], "mail to the discarded one")
    stack.wait_sent("fine2@%")
    equal(stack.postgres.number("SELECT count(*) FROM sent WHERE recipient LIKE 'disabled@%'"), 0, "recorded as sent")


@suite.case("discard: with nobody left the whole mail is, and the sender hears no complaint")
def discard_all(stack):
    mark = stack.retour.log_mark()
    check(deliver(stack, ["disabled@remote.example.test"]).accepted, "refused")
    logged(stack, mark, "discarded", "disabled@remote.example.test")
    equal(stack.mx.queue(), [], "queue")
    equal(stack.sink.find("disabled@remote.example.test"), [], "mail to the discarded one")


@suite.case("mark: a header names references and categories; forged ones are gone, from unlisted mail, too")
def marked(stack):
    mark = stack.retour.log_mark()
    forged = b"X-Retour-Blocked: R-1 forged\r\nx-retour-blocked: R-2 forged\r\n"
    both = ["annoyed@remote.example.test", "another@remote.example.test"]
    check(deliver(stack, both, headers=forged).accepted, "refused")
    data = stack.sink.wait_for(both[0])[0].data
    header = mails.header_block(data, MARK).decode()
    check("forged" not in data.decode("latin-1"), f"forged marks left: {header}")
    check("complaint_spam" in header and "complaint_optout" in header and header.count("R-") == 2, header)
    logged(stack, mark, "marked", both[1])
    check(deliver(stack, ["fine3@remote.example.test"], headers=forged).accepted, "refused")
    check(MARK.lower() not in stack.sink.wait_for("fine3@remote.example.test")[0].data.lower(), "forged mark on unlisted mail")
    stack.wait_sent("annoyed@%")


@suite.case("mark: by the domain of From:, where the envelope's says nothing")
def marked_by_from(stack):
    recipient = "annoyed@remote.example.test"
    before = len(stack.sink.find(recipient))
    check(deliver(stack, [recipient], sender=OTHER).accepted, "refused")
    check(deliver(stack, [recipient], sender=OTHER, header_from=SENDER).accepted, "refused")
    got = [MARK in mail.data for mail in stack.sink.wait_for(recipient, count=before + 2)[before:]]
    equal(sorted(got), [False, True], "marks")


@suite.case("log: delivered, unmarked, and the log says so")
def only_logged(stack):
    mark = stack.retour.log_mark()
    check(deliver(stack, ["moved@remote.example.test"]).accepted, "refused")
    check(MARK not in stack.sink.wait_for("moved@remote.example.test")[0].data, "marked")
    logged(stack, mark, "would-refuse", "moved@remote.example.test")


@suite.case("a bad exception is refused with file and line")
def bad_exception(stack):
    outbound = stack.retour.listener_settings("outbound")
    outbound["exceptions"] = [{"categories": ["no_such_thing"], "mode": "log"}]
    try:
        status, output = stack.retour.check()
        equal(status, 78, "exit status")
        check("retour.yaml:" in output and "there is no category 'no_such_thing'" in output, output)
    finally:
        outbound["exceptions"] = EXCEPTIONS
        stack.retour.write()


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx", retour={"prepare": prepare}))
