#!/usr/bin/python3
"""What is stored about a person: shown, erased everywhere, and no longer kept than configured."""

import json
import os
import secrets
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.dns import NameServer  # noqa: E402
from lab.lab import run, wait_until  # noqa: E402
from lab.postgres import OWNER  # noqa: E402
from lab.sink import UNKNOWN  # noqa: E402
from lab.stack import BOUNCES, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
PERSON = "Wilhelmina.Bos@remote.example.test"
KEY = PERSON.lower()


def refusal(stack, recipient):
    """The text of the 550, or "" when the recipient is accepted."""
    result = smtp.deliver(stack.mx.where("submission"), SENDER, recipient, mails.Original(recipient, SENDER).mail())
    return "" if result.accepted else result.text


def admin(stack, *arguments, ok=(0,)):
    return stack.retour.cli(*arguments, config=stack.retour.admin_config, ok=ok)


def database_text(stack):
    return run([f"{os.environ.get('PGBIN', '/usr/lib/postgresql/15/bin')}/pg_dump", "--data-only", stack.postgres.url(OWNER)],
               "pg_dump").stdout


def redis_text(stack):
    script = ("local t = {} for _, k in ipairs(redis.call('KEYS', '*')) do t[#t + 1] = k "
              "if redis.call('TYPE', k).ok == 'string' then t[#t + 1] = redis.call('GET', k) end end return t")
    return run(["redis-cli", "-s", stack.redis.socket, "--raw", "EVAL", script, "0"], "redis-cli").stdout


def places(stack):
    """Where the person still stands."""
    texts = {"PostgreSQL": database_text(stack), "Redis": redis_text(stack), "log": stack.retour.log_text()}
    return [f"{name}: {line}" for name, text in texts.items() for line in text.splitlines()
            if "wilhelmina" in line.lower()]


@suite.case("an address that bounced, complained of and noted by colleagues is shown as a whole")
def shown(stack):
    stack.sink.reply(PERSON, UNKNOWN)
    check(not refusal(stack, PERSON), "the first mail should pass")
    wait_until(lambda: stack.listed(KEY), "the entry")
    stack.wait_sent(KEY)
    wait_until(lambda: refusal(stack, PERSON), "the refusal", 15)
    admin(stack, "blacklist", "add", "@noted.example.test", "--reason", f"asked for by {PERSON} on the phone",
          "--note", f"call <{KEY}> back")
    forwarded = mails.Original("alias@remote.example.test", f"b@{BOUNCES}")
    report = mails.postfix_dsn(forwarded, ("5.1.1", f"550 5.1.1 <{PERSON}>: no such person"))
    verp = f"list-{KEY.replace('@', '=')}@lists.example.test"
    check(smtp.deliver(stack.mx.where("bounces"), verp, f"b@{BOUNCES}", report).accepted, "the report should be taken")
    rows = [json.loads(line) for line in admin(stack, "export", PERSON).splitlines()]
    tables = {row["table"].rstrip("0123456789_") for row in rows}
    for table in ("blacklist", "audit", "events", "sent"):
        check(table in tables, f"nothing out of {table}: {sorted(tables)}")
    check(any("no such person" in json.dumps(row) for row in rows), "a mention in another's diagnostic is missing")
    check(any("call <" in json.dumps(row) for row in rows), "a mention in a colleague's note is missing")


@suite.case("a neighbour with a similar address is not touched")
def neighbour(stack):
    for name in (f"x{KEY}", f"{KEY}.example"):
        admin(stack, "blacklist", "add", name, "--reason", "a neighbour")
    admin(stack, "forget", PERSON, "--reason", "request 17 of the data protection officer")
    for name in (f"x{KEY}", f"{KEY}.example"):
        equal(stack.listed(name), ["*"], f"scopes of {name}")
        admin(stack, "blacklist", "remove", name, "--reason", "was for a test")
        admin(stack, "forget", name, "--reason", "was for a test")


@suite.case("after retour forget nothing is left in any table, in Redis and in the log; mail is still refused")
def forgotten(stack):
    equal(places(stack), [], "places")
    text = wait_until(lambda: refusal(stack, PERSON), "the refusal by the hash", 15)
    check("R-" in text, f"a reference: {text}")
    equal(places(stack), [], "places after a refusal")
    rows = [json.loads(line) for line in admin(stack, "export", PERSON).splitlines()]
    equal({row["table"].rstrip("0123456789_") for row in rows}, {"audit", "blacklist", "events", "reports"},
          "tables that hold the hash")
    check("hash:" in admin(stack, "lookup", PERSON), "lookup should find the entry of the hash")
    equal(places(stack), [], "places after a look-up")
    trail = stack.postgres.psql("SELECT action, actor <> '', reason FROM audit WHERE action = 'forget' AND scope = '*' "
                                "AND category = '' ORDER BY xid, id LIMIT 1")
    equal(trail, "forget|t|request 17 of the data protection officer", "trace")


@suite.case("without the key the hash says nothing, and with Redis away it is PostgreSQL that refuses")
def by_postgres(stack):
    stack.redis.kill()
    check(refusal(stack, PERSON), "the refusal without Redis")
    stack.redis.start()


@suite.case("another key than the one of earlier erasures is noticed by retour forget and by doctor")
def another_key(stack):
    def erasure():
        rows = [json.loads(line) for line in admin(stack, "--json", "doctor", ok=(0, 1)).splitlines()]
        return next((row["health"] for row in rows if row["subject"] == "erasure key"), "")

    path = stack.retour.settings["database"]["erasure_key"]
    equal(erasure(), "OK", "doctor with the key")
    os.rename(path, f"{path}.old")
    equal(erasure(), "WARN", "doctor without the file")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    equal(erasure(), "FAIL", "doctor with another key")
    admin(stack, "forget", "nobody@remote.example.test", "--reason", "x", ok=(78,))
    os.rename(f"{path}.old", path)
    admin(stack, "forget", "nobody@remote.example.test", "--reason", "x")


@suite.case("who comes back is let pass again by removing the entry of the hash")
def comes_back(stack):
    admin(stack, "blacklist", "remove", PERSON, "--reason", "subscribed anew")
    wait_until(lambda: not refusal(stack, PERSON), "the address to be accepted", 15)


@suite.case("retour forget wants a key and a role; support may export and may not forget")
def refused(stack):
    stack.retour.cli("export", "nobody@remote.example.test")
    stack.retour.cli("forget", "nobody@remote.example.test", "--reason", "x", ok=(78,))
    admin(stack, "forget", "nobody", "--reason", "x", ok=(65,))
    admin(stack, "forget", "nobody@remote.example.test", ok=(64,))


@suite.case("retour maintain drops what is no longer kept, beside a running service, and has nothing to do the second time")
def maintained(stack):
    stack.postgres.psql("SELECT make_partition('sent', 'sent_old', 'at', now() - interval '90 days', now() - interval '80 days')")
    stack.postgres.psql("INSERT INTO event_keys SELECT now() - interval '2 years', gen_random_uuid(), 1 "
                        "FROM generate_series(1, 25000)")
    first, second = ([json.loads(line) for line in admin(stack, "--json", "maintain").splitlines()] for _ in range(2))
    kept = next(line for line in first if line["chore"] == "retention")
    equal((kept["sent_partitions"], kept["event_keys"], kept["done"]), (1, 25000, True), "dropped, deleted")
    kept = next(line for line in second if line["chore"] == "retention")
    equal((kept["sent_partitions"], kept["event_keys"], kept["done"]), (0, 0, True), "dropped, deleted again")
    stack.retour.cli("maintain", ok=(78,))


@suite.case("retour maintain asks DNS about listed domains, and ends the entries of those that take mail again")
def probed(stack):
    names = stack.lab.add(NameServer(stack.lab)).start()
    stack.retour.settings["dns"] = {"servers": [names.address], "timeout": "500ms", "tries": 2}
    stack.retour.write()
    for domain in ("own", "null", "nobody", "later"):
        stack.postgres.psql("INSERT INTO blacklist (target, category, source, reason, probe_every, probe_at) VALUES "
                            f"('@{domain}.test', 'domain_not_found', 'auto', 'gone', '1 day', "
                            f"now() {'+' if domain == 'later' else '-'} interval '1 hour')")
    first, second = ([json.loads(line) for line in admin(stack, "--json", "maintain").splitlines()] for _ in range(2))
    told = [next(line for line in lines if line["chore"] == "probes") for lines in (first, second)]
    equal([(line["probed"], line["released"]) for line in told], [(3, 1), (0, 0)], "asked and ended, twice")
    equal([stack.listed(f"@{domain}.test") for domain in ("own", "null", "nobody", "later")], [[], ["*"], ["*"], ["*"]], "scopes")
    equal(stack.postgres.psql("SELECT reason FROM audit WHERE target = '@own.test'"),
          "the domain takes mail again: MX in-first.own.test", "the trail")


def with_key(retour):
    path = retour.lab.path("retour", "erasure.key")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write(secrets.token_hex(32) + "\n")
    if retour.lab.root:
        shutil.chown(path, retour.user)
    retour.settings["database"]["erasure_key"] = path


if __name__ == "__main__":
    suite.main(lambda: started("world", "stores", "retour", "mx", retour={"prepare": with_key}))
