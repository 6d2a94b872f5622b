#!/usr/bin/python3
"""Sub-addressing: a mailbox is on the list however its address is spelled; off by default, switched on and off, erased."""

import json
import os
import secrets
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"


def refusal(stack, recipient):
    """The text of the 550, or "" when the recipient is accepted."""
    result = smtp.deliver(stack.mx.where("submission"), SENDER, recipient, mails.Original(recipient, SENDER).mail())
    return "" if result.accepted else result.text


def refused_soon(stack, recipient):
    return wait_until(lambda: refusal(stack, recipient), f"{recipient} to be refused", 15)


def bounced(stack, recipient):
    """Mail that the remote site refuses, so that our own Postfix makes a bounce."""
    stack.sink.reply(recipient, UNKNOWN)
    original = mails.Original(recipient, f"b@{BOUNCES}")
    check(smtp.deliver(stack.mx.where("submission"), f"b@{BOUNCES}", recipient, original.mail()).accepted, "the first mail")
    wait_until(lambda: stack.events_of(recipient) == 1, "the event")


def admin(stack, *arguments, ok=(0,)):
    return stack.retour.cli(*arguments, config=stack.retour.admin_config, ok=ok)


def rekey(stack, *arguments):
    return json.loads(admin(stack, "--json", "blacklist", "rekey", *arguments))


def doctor(stack):
    rows = [json.loads(line) for line in stack.retour.cli("--json", "doctor", ok=(0, 1)).splitlines()]
    return next((row["health"], row["text"]) for row in rows if row["subject"] == "sub-addressing")


def configure(stack, *providers):
    stack.retour.settings["rules"] = {"subaddressing": list(providers)}
    stack.retour.write()


@suite.case("by default an address is refused as it is written, and nothing else")
def off(stack):
    bounced(stack, "old.one+shop@gmail.com")
    refused_soon(stack, "old.one+shop@gmail.com")
    equal(refusal(stack, "oldone@gmail.com"), "", "another spelling")
    equal(stack.listed("old.one+shop@gmail.com"), ["*"], "scopes")


@suite.case("configured and not yet told to the database: nothing changes, and doctor and the services say so")
def configured(stack):
    configure(stack, "google")
    health, text = doctor(stack)
    check(health == "WARN" and "(gmail.com)" in text and "rekey" in text, f"what to do: {health} {text}")
    mark = stack.retour.log_mark()
    equal(stack.retour.stop(), 0, "exit status")
    stack.retour.start()
    wait_until(lambda: "subaddressing=differs" in stack.retour.log_text(mark), "the milter to say so")
    equal(refusal(stack, "oldone@gmail.com"), "", "another spelling")


@suite.case("a provider whose spelling is not known, or that is none, is a clear error of the configuration")
def mistaken(stack):
    for name in ("yahoo", "gogle"):
        configure(stack, name)
        status, text = stack.retour.check()
        check(status == 78 and name in text, f"--check: {status} {text}")
        admin(stack, "blacklist", "rekey", ok=(78,))
    configure(stack, "google")


@suite.case("rekey says what it would do, wants its role, and does it: the entry now holds for every spelling")
def switched_on(stack):
    dry = rekey(stack, "--dry-run")
    equal((dry["rules_changed"], dry["moved"], dry["merged"]), (2, 1, 0), "rules, moved, merged")
    equal(stack.listed("old.one+shop@gmail.com"), ["*"], "scopes")
    stack.retour.cli("blacklist", "rekey", ok=(78,))
    equal(rekey(stack), {**dry, "dry_run": False}, "what was done")
    equal(rekey(stack)["moved"], 0, "entries the second time")
    equal(doctor(stack)[0], "OK", "doctor")
    for spelling in ("old.one+shop@gmail.com", "oldone@gmail.com", "o.l.d.one+any@GMail.com"):
        refused_soon(stack, spelling)
    equal(refusal(stack, "oldon@gmail.com"), "", "somebody else")
    equal(stack.listed("oldone@gmail.com"), ["*"], "scopes")


@suite.case("a bounce of one spelling refuses the others; other domains and the record keep each address as it is")
def bounces(stack):
    bounced(stack, "new.one+tag@gmail.com")
    refused_soon(stack, "newone@gmail.com")
    check(refusal(stack, "new.one+tag@gmail.com"), "the address itself")
    bounced(stack, "new.one+tag@outlook.com")
    refused_soon(stack, "new.one+tag@outlook.com")
    equal(refusal(stack, "new.one@outlook.com"), "", "another spelling at a provider that is not configured")
    equal(stack.events_of("new.one+tag@gmail.com"), 1, "events under the address that we mailed")
    story = stack.retour.cli("lookup", "newone+other@gmail.com")
    check("R-" in story and "newone@gmail.com" in story, f"lookup by another spelling:\n{story}")


@suite.case("without Redis PostgreSQL refuses every spelling as well")
def by_postgres(stack):
    stack.redis.kill()
    check(refusal(stack, "n.e.wone+x@gmail.com"), "refusal without Redis")
    equal(refusal(stack, "somebody.else@gmail.com"), "", "somebody else")
    stack.redis.start()


@suite.case("entries by hand and their removal go by the mailbox")
def by_hand(stack):
    stack.retour.cli("blacklist", "add", "by.hand+a@gmail.com", "--reason", "asked us")
    check("asked us" in refused_soon(stack, "byhand+b@gmail.com"), "the reason")
    stack.retour.cli("blacklist", "remove", "b.y.hand@gmail.com", "--reason", "asked again")
    wait_until(lambda: not refusal(stack, "by.hand+a@gmail.com"), "the address to be accepted again", 15)
    stack.retour.cli("blacklist", "remove", "byhand@gmail.com", "--reason", "twice", ok=(65,))


@suite.case("who is forgotten is forgotten in every spelling, and refused in every spelling")
def forgotten(stack):
    bounced(stack, "wil.hel.mina+x@gmail.com")
    check(not refusal(stack, "some.body@gmail.com"), "somebody else")
    refused_soon(stack, "wilhelmina@gmail.com")
    stack.retour.cli("blacklist", "add", "noted@remote.example.test", "--reason", "Wilhelmina+y@gmail.com says so")
    admin(stack, "forget", "wilhelm.ina+z@gmail.com", "--reason", "request 4")
    for table in ("events", "sent", "blacklist", "audit", "strikes"):
        equal(stack.postgres.number(f"SELECT count(*) FROM {table} t WHERE t::text ~* 'wil[.]?hel'"), 0, f"rows in {table}")
    for spelling in ("wilhelmina@gmail.com", "wil.helmina+any@gmail.com"):
        check(refused_soon(stack, spelling), f"{spelling} is let through")
    check("hash:" in admin(stack, "lookup", "wil.helmina@gmail.com"), "lookup should find the entry of the hash")
    admin(stack, "blacklist", "remove", "wilhelmi.na@gmail.com", "--reason", "subscribed anew")
    wait_until(lambda: not refusal(stack, "wilhelmina@gmail.com"), "the address to be accepted again", 15)


@suite.case("switched off, what is listed stays refused by every spelling, and new entries are exact")
def switched_off(stack):
    configure(stack)
    equal(rekey(stack)["rules_changed"], 2, "rules")
    check(refusal(stack, "ne.wone+y@gmail.com"), "an entry of that time")
    bounced(stack, "last.one+x@gmail.com")
    refused_soon(stack, "last.one+x@gmail.com")
    equal(refusal(stack, "lastone@gmail.com"), "", "another spelling of a new entry")
    stack.retour.cli("blacklist", "remove", "new.one@gmail.com", "--reason", "is back")
    wait_until(lambda: not refusal(stack, "new.one+tag@gmail.com"), "the address to be accepted again", 15)


def with_key(retour):
    path = retour.lab.path("retour", "erasure.key")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    if retour.lab.root:
        shutil.chown(path, retour.user)
    retour.settings["database"]["erasure_key"] = path


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx", retour={"prepare": with_key}))
