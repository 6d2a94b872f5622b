#!/usr/bin/python3
"""Feedback loops from end to end: every format by SMTP and out of an archive, what they list and what not, programmes"""

import csv
import glob
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import TOP  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
CORPUS = os.path.join(TOP, "tests/corpus")
COMPLAINTS = ("arf", "xarf", "spamcop", "amazon-sns")
UNSUBSCRIBE = f"u-abc@{FEEDBACK}"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def corpus_files():
    return [path for name in COMPLAINTS for path in sorted(glob.glob(f"{CORPUS}/{name}/*.eml"))]


def expected():
    """What complaints.tsv says of them: programme, category, address."""
    rows = set()
    with open(os.path.join(CORPUS, "complaints.tsv"), encoding="utf-8") as file:
        for path, programme, category, _, _, whom in csv.reader(file, delimiter="\t"):
            if path.startswith(COMPLAINTS):
                addresses = [""] if whom == "unattributed" else whom.split(",")
                rows |= {("other" if programme == "-" else programme, category, address) for address in addresses}
    return rows


def deliver(stack, data, to=f"fbl@{FEEDBACK}", sender="fbl@reporter.example.test"):
    result = smtp.deliver(stack.mx.where("bounces"), sender, to, data)
    check(result.accepted, f"refused: {result.code} {result.text}")


def run_import(stack, *words, ok=(0,)):
    """What it counted."""
    text = stack.retour.cli("import", "--json", *words, config=stack.retour.config, ok=ok)
    return json.loads(next(line for line in text.splitlines() if line.startswith("{")))


def count(stack, what):
    return stack.postgres.number(f"SELECT count(*) FROM {what}")


@suite.case("every complaint of the corpus by SMTP: programme, meaning and attribution; no forged one lists anybody")
def by_smtp(stack):
    for path in corpus_files():
        deliver(stack, mails.crlf(read(path).decode()))
    rows = stack.postgres.psql("SELECT r.programme || '|' || e.category || '|' || e.recipient FROM events e"
                               " JOIN reports r ON r.id = e.report AND r.received_at = e.at WHERE r.kind = 'complaint'")
    equal({tuple(line.split("|")) for line in rows.splitlines()}, expected(), "programme, category, recipient")
    equal(count(stack, "blacklist"), 0, "entries")
    equal(stack.postgres.number("SELECT sum(complaints) FROM programme_days WHERE programme = 'microsoft-jmrp'"),
          stack.postgres.number("SELECT count(*) FROM events e JOIN reports r ON r.id = e.report AND r.received_at = e.at"
                                " WHERE r.programme = 'microsoft-jmrp'"), "complaints of one programme by day")


@suite.case("the same files imported: nothing is new, for both ways are one")
def import_again(stack):
    events = count(stack, "events")
    folder = stack.lab.folder("files")
    for number, path in enumerate(corpus_files()):
        with open(os.path.join(folder, f"{number}.eml"), "wb") as file:
            file.write(mails.crlf(read(path).decode()))
    done = run_import(stack, folder)
    equal((done["recorded"], count(stack, "events")), (0, events), f"recorded of {done}")
    check(done["known"] > 40 and done["no_report"] > 3, f"known already, no report: {done}")


@suite.case("who unsubscribes by mail is nobody without a token; bounces and answers that come there ask for nothing")
def unsubscribe(stack):
    for name in ("by-address", "null-sender", "apple", "vacation", "auto-generated", "bounce"):
        deliver(stack, mails.crlf(read(f"{CORPUS}/unsubscribe/{name}.eml").decode()), UNSUBSCRIBE)
    equal(count(stack, "reports WHERE kind = 'optout'"), 3, "unsubscribe requests")
    equal(count(stack, "events WHERE category = 'complaint_optout' AND recipient = '' AND evidence = 'unverified'"
                " AND sender_domain = ''"), 3, "of nobody")
    deliver(stack, mails.crlf(read(f"{CORPUS}/unsubscribe/by-address.eml").decode().replace("report-1", "report-2")))
    equal(count(stack, "reports WHERE kind = 'optout'"), 3, "mail of that kind to another address")
    equal(count(stack, "blacklist"), 0, "entries")


def archive(stack, name, domain, when="Fri, 15 Mar 2024 10:00:00 +0100"):
    """An mbox of ten bounces, ten complaints, an ordinary mail and garbage."""
    parts = []
    for number in range(10):
        original = mails.Original(f"person{number}@{domain}", f"b@{BOUNCES}", f"offers@{SHOP}")
        parts += [mails.postfix_dsn(original), mails.complaint(mails.Original(f"angry{number}@{domain}", f"b@{BOUNCES}",
                                                                              f"offers@{SHOP}"))]
    parts.append(original.mail())
    parts.append(b"From: x@y.example\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
                 b"nothing\r\n")
    path = stack.lab.path(name)
    with open(path, "wb") as file:
        for part in parts:
            file.write(f"From someone {when}\n".encode())
            file.write(f"Received: from a by b; {when}\n".encode() + part.replace(b"\r\n", b"\n") + b"\n")
    os.chmod(path, 0o644)
    return path


@suite.case("an archive: tried without a trace, recorded for its own month, and a second run adds nothing")
def old_archive(stack):
    path = archive(stack, "old.mbox", "old.example.test")
    events = count(stack, "events")
    dry = run_import(stack, "--dry-run", path, ok=(65,))
    equal((dry["recorded"], dry["no_report"], dry["unreadable"], count(stack, "events")), (20, 1, 1, events), "dry run")
    done = run_import(stack, path, ok=(65,))
    equal((done["recorded"], done["events"], done["listed"], done["no_report"], done["unreadable"]), (20, 20, 0, 1, 1),
          "first run")
    equal(count(stack, "events_2024_03"), 20, "events in the partition of that month")
    equal(count(stack, "events_default"), 0, "events in the default partition")
    again = run_import(stack, path, ok=(65,))
    equal((again["recorded"], again["known"], count(stack, "events")), (0, 20, events + 20), "second run")
    equal(count(stack, "blacklist"), 0, "entries on the word of an archive")
    said = stack.retour.cli("import", path, config=stack.retour.desk_config, ok=(78,))
    check("may not record reports" in said and "mails:" not in said, f"to a role that may not: {said}")


@suite.case("an import that broke off goes on where it was, and refuses another archive")
def resumed(stack):
    path, place = archive(stack, "broken.mbox", "broken.example.test"), stack.lab.path("place")
    with open(place, "w", encoding="utf-8") as file:
        file.write(f"12 {path}")
    done = run_import(stack, "--resume", place, path, ok=(65,))
    equal((done["mails"], done["recorded"], os.path.exists(place)), (10, 8, False), "mails behind the twelfth")
    done = run_import(stack, "--resume", place, path, ok=(65,))
    equal((done["recorded"], done["known"], os.path.exists(place)), (12, 8, False), "from the beginning")
    stack.postgres.stop()
    try:
        stack.retour.cli("import", "--resume", place, path, config=stack.retour.config, ok=(75,))
        check(not os.path.exists(place), "a place, though nothing was done")
    finally:
        stack.postgres.restart()
    for text, status in ((f"23 {path}", 65), ("12", 78)):
        with open(place, "w", encoding="utf-8") as file:
            file.write(text)
        said = stack.retour.cli("import", "--resume", place, path, config=stack.retour.config, ok=(status,))
        check("place" in said and os.path.exists(place), said)


@suite.case("an archive for which somebody vouches lists what still holds, and leaves a trace that nobody can change")
def vouched(stack):
    path = archive(stack, "ours.mbox", "ours.example.test")
    done = run_import(stack, "--trust", "local", "--actor", "alice", path, ok=(65,))
    equal(done["recorded"], 20, f"recorded of {done}")
    equal(count(stack, "blacklist_now WHERE target like 'angry%@ours.example.test'"), 10, "who complained, for ever")
    equal(count(stack, "blacklist_now WHERE target like 'person%@ours.example.test'"), 0, "bounces whose 30 days are over")
    equal(stack.postgres.psql("SELECT actor || ' ' || trust FROM imports").strip(), "cli:alice local", "trace")
    stack.retour.cli("import", "--trust", "mine", path, config=stack.retour.config, ok=(64,))


@suite.case("doctor names the programmes, and warns of one that has fallen silent")
def doctor(stack):
    stack.postgres.psql("INSERT INTO programme_days (programme, day, shard, last_at, reports, complaints, unattributed, verified)"
                        " SELECT 'zoho-fbl', current_date - ago, 0, now() - ago * interval '1 day', 1, 1, 0, 0"
                        " FROM generate_series(12, 20) AS ago ON CONFLICT DO NOTHING; DELETE FROM programme_days"
                        " WHERE programme = 'zoho-fbl' AND day = current_date")
    text = stack.retour.cli("doctor", ok=(0, 1))
    check(re.search(r"WARN +programme zoho-fbl +silent for 12 days", text), text)
    check(re.search(r"OK +programme yahoo-cfl +heard 0 days ago; 2 complaints in 30 days, 1 name", text), text)


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx"))
