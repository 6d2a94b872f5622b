#!/usr/bin/python3
"""retour-watch: providers are learned from a real name server, and changes of reputation are told to a real command."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab.dns import HUGE, ZONE, NameServer  # noqa: E402
from lab.hook import Hook  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.retour import Watch  # noqa: E402
from lab.stack import started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()

# the zone stands in tests/lab/dns.py
PROVIDERS = {
    "tenant.test": ("microsoft365", "dns", "found"), "workspace.test": ("google", "dns", "found"),
    "shop.test": ("hosting-firm.nl", "dns", "found"), "bank.test": ("hosting-firm.nl", "dns", "found"),
    "kpn-relay.test": ("kpn", "dns", "found"), "equal.test": ("hoster.co.uk", "dns", "found"),
    "own.test": ("own.test", "dns", "found"), "address-only.test": ("address-only.test", "dns", "found"),
    "null.test": ("", "", "null_mx"), "gone.test": ("", "", "not_found"), "mail.broken.test": ("", "", "unknown"),
    "outlook.com": ("microsoft", "list", ""),
}

COMMAND = """#!/bin/sh
# The last word of the command line, what the environment says, and what comes on standard input, a line each alert.
[ ! -e "$1/busy" ] || { echo $$ >"$1/pid"; sleep 100; }
[ ! -e "$1/broken" ] || exit 1
printf '%s|%s %s %s %s|%s\\n' "$2" "$RETOUR_ALERT_SUBJECT" "$RETOUR_ALERT_NAME" "$RETOUR_ALERT_WAS" "$RETOUR_ALERT_STATE" \\
    "$(cat)" >>"$1/told"
"""
WORD = "$(touch injected); `touch injected` \"'&"


class watching(started):
    """PostgreSQL, a name server and retour-watch; what was counted is put there by the cases."""

    def __init__(self):
        super().__init__("stores", "schema")

    def __enter__(self):
        stack = super().__enter__()
        try:
            stack.dns = self.lab.add(NameServer(self.lab)).start()
            stack.alerts = self.lab.folder("alerts", owner=stack.retour.user)
            command = self.lab.path("alerts", "command")
            with open(command, "w", encoding="ascii") as file:
                file.write(COMMAND)
            os.chmod(command, 0o755)
            stack.watch = Watch(stack.retour, stack.dns)
            stack.watch.reputation["alert_command"] = [command, stack.alerts, WORD]
            self.lab.add(stack.watch)
        except BaseException:
            self.lab.close()
            raise
        return stack


def count(stack, provider, sender, **numbers):
    """count(.., sent=100, user_unknown=3): all of it at once, for the watcher looks at any moment."""
    rows = ", ".join(f"(date_trunc('hour', now()), '{provider}', '{sender}', '{category}', 0, {number}, {number})"
                     for category, number in numbers.items())
    stack.postgres.psql(
        f"INSERT INTO counters (hour, provider, sender_domain, category, shard, n, verified) VALUES {rows} "
        "ON CONFLICT (hour, provider, sender_domain, category, shard) DO UPDATE SET n = counters.n + excluded.n, "
        "verified = counters.verified + excluded.verified")


def learned(stack, domain):
    row = stack.postgres.psql("SELECT provider || '|' || source || '|' || answer FROM provider_domains "
                              f"WHERE domain = '{domain}'")
    return tuple(row.split("|")) if row else None


def asked(stack, domain):
    return stack.postgres.number(f"SELECT count(*) FROM provider_domains WHERE domain = '{domain}' AND checked_at IS NOT NULL")


def ask_again(stack, domain):
    stack.postgres.psql(f"UPDATE provider_domains SET due_at = now(), checked_at = NULL WHERE domain = '{domain}'")
    wait_until(lambda: asked(stack, domain), f"{domain} to be asked for again")


def told(stack):
    """(word, "subject name was state", JSON) of each alert that the command was told."""
    path = os.path.join(stack.alerts, "told")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [(word, who, json.loads(text)) for word, who, text in (line.split("|", 2) for line in file.read().splitlines())]


def alerts(stack, where):
    return stack.postgres.number(f"SELECT count(*) FROM reputation_alerts WHERE {where}")


def be_due(stack):
    stack.postgres.psql("UPDATE reputation_alerts SET due_at = now() WHERE told_at IS NULL")


def wait_told(stack, who):
    wait_until(lambda: who in [entry[1] for entry in told(stack)], f"the command to be told of '{who}'")


def switch(stack, name, on):
    path = os.path.join(stack.alerts, name)
    if on:
        with open(path, "w", encoding="ascii"):
            pass
    elif os.path.exists(path):
        os.unlink(path)


def sent(stack, provider, window="24h"):
    lines = stack.retour.cli("reputation", "--json", "--window", window, "--limit", "100").splitlines()
    rows = [json.loads(line) for line in lines]
    return next((row["sent"] for row in rows if (row["subject"], row["name"]) == ("provider", provider)), None)


@suite.case("a configuration with bad name servers or limits is refused with 78")
def bad_settings(stack):
    equal(stack.watch.check().returncode, 0, "good settings")
    for section, key, value in (("dns", "servers", ["ns.example.org"]), ("reputation", "complaints", ["0.3%", "0.1%"])):
        before = stack.watch.settings
        stack.watch.settings = lambda: {**before(), section: {**before()[section], key: value}}
        try:
            equal(stack.watch.check().returncode, 78, f"bad {key}")
        finally:
            stack.watch.settings = before


@suite.case("domains that mail went to are put under their providers: by the list, by MX, by the MX's organisation")
def providers(stack):
    for number, domain in enumerate(PROVIDERS):
        count(stack, domain, "shop.example", sent=number + 1)
    stack.watch.start()
    wait_until(lambda: all(asked(stack, domain) for domain in PROVIDERS), "all domains to be asked for")
    equal({domain: learned(stack, domain) for domain in PROVIDERS}, PROVIDERS, "learned")
    equal(sent(stack, "hosting-firm.nl"), 3 + 4, "sent to two domains of one hoster")
    equal(sent(stack, "tenant.test"), None, "a domain that has a provider")
    due = stack.postgres.psql("SELECT bool_and(due_at > now() + interval '5 days') FILTER (WHERE answer = 'found'), "
                              "bool_and(due_at BETWEEN now() + interval '20 hours' AND now() + interval '2 days') "
                              "FILTER (WHERE answer IN ('null_mx', 'not_found')), "
                              "bool_and(due_at < now() + interval '10 minutes') FILTER (WHERE answer = 'unknown') "
                              "FROM provider_domains")
    equal(due, "t|t|t", "when they are asked for next")


@suite.case("DNS away: mail counts under the domain, and the past moves along when it is back")
def away(stack):
    stack.dns.kill()
    count(stack, "late.test", "shop.example", sent=1000)
    wait_until(lambda: asked(stack, "late.test"), "late.test to be asked for")
    equal(learned(stack, "late.test"), ("", "", "unknown"), "learned without DNS")
    equal(sent(stack, "late.test"), 1000, "sent to the domain")
    # what is known already stays known
    ask_again(stack, "tenant.test")
    equal(learned(stack, "tenant.test"), ("microsoft365", "dns", "unknown"), "a known domain without DNS")
    stack.dns.zone(ZONE + HUGE + "late MX 10 aspmx.l.google.com.\n")
    stack.dns.start()
    google = sent(stack, "google")
    ask_again(stack, "late.test")
    equal(learned(stack, "late.test"), ("google", "dns", "found"), "learned with DNS")
    equal((sent(stack, "late.test"), sent(stack, "google")), (None, google + 1000), "sent, moved")


@suite.case("a domain that moves to another provider takes its past along; a person's word holds against DNS")
def moved(stack):
    stack.dns.zone(ZONE.replace("tenant-test.mail.protection.outlook.com.", "aspmx.l.google.com.") + HUGE)
    stack.dns.reload()
    ask_again(stack, "tenant.test")
    equal(learned(stack, "tenant.test"), ("google", "dns", "found"), "moved")
    check("past counts included" in stack.retour.cli("provider", "set", "Tenant.Test", "zoho"), "said")
    stack.postgres.psql("UPDATE provider_domains SET due_at = now() WHERE domain = 'tenant.test'")
    count(stack, "marker.test", "shop.example", sent=1)
    wait_until(lambda: asked(stack, "marker.test"), "a whole turn")
    equal(learned(stack, "tenant.test")[:2], ("zoho", "manual"), "as the person said")
    row = json.loads(stack.retour.cli("provider", "show", "tenant.test", "--json"))
    equal((row["provider"], row["source"]), ("zoho", "manual"), "shown")
    check("tenant.test" in stack.retour.cli("provider", "domains", "zoho"), "listed")
    told = json.loads(stack.retour.cli("provider", "set", "tenant.test", "--auto", "--json"))
    equal(told, {"domain": "tenant.test", "provider": ""}, "what is said of it")
    wait_until(lambda: learned(stack, "tenant.test") == ("google", "dns", "found"), "DNS to be believed again")
    names = [json.loads(line)["provider"] for line in stack.retour.cli("provider", "list", "--json").splitlines()]
    check(names[0] == "google" and "hosting-firm.nl" in names, f"by volume: {names}")
    check("google" in stack.retour.cli("provider", "show", "google"), "a provider")


@suite.case("thousands of new domains are worked off")
def many(stack):
    stack.postgres.psql("INSERT INTO counters SELECT date_trunc('hour', now()), 1, 1, 0, 'd' || i || '.wild.test', "
                        "'shop.example', 'sent' FROM generate_series(1, 3000) i")
    wait_until(lambda: stack.postgres.number("SELECT count(*) FROM provider_domains WHERE domain LIKE 'd%.wild.test' "
                                             "AND provider = 'wild.test'") == 3000, "3000 domains", 60)


@suite.case("a provider goes bad: the log says so, and the command is told once, word by word, without a shell")
def alert(stack):
    mark = stack.watch.log_mark()
    count(stack, "yahoo", "news.example", sent=5000, user_unknown=500)
    wait_told(stack, "provider yahoo  bad")
    wait_told(stack, "sender news.example  bad")
    stack.watch.wait_log("reputation=bad subject=provider name=yahoo was=none", mark)
    word, _, text = next(entry for entry in told(stack) if entry[1] == "provider yahoo  bad")
    equal(word, WORD, "an argument")
    equal((text["subject"], text["name"], text["was"], text["state"]), ("provider", "yahoo", "", "bad"), "JSON")
    equal((text["figures"]["sent"], text["figures"]["hard_bounces"]["count"]), (5000, 500), "figures")
    check(0.09 < text["figures"]["hard_bounces"]["low"] < 0.1 < text["figures"]["hard_bounces"]["high"] < 0.11, "bounds")
    check(not os.path.exists(os.path.join(stack.alerts, "injected")), "no shell")
    equal(stack.postgres.psql("SELECT state FROM provider_reputation WHERE provider = 'yahoo' AND period = '24h'"), "bad", "view")
    row = next(row for row in map(json.loads, stack.retour.cli("reputation", "--provider", "yahoo", "--json").splitlines())
               if row["subject"] == "sender")
    equal((row["name"], row["standing"], row["hard_bounces"]["count"]), ("news.example", "bad", 500), "who did it")
    lines = stack.retour.cli("reputation").splitlines()
    check(any(line.startswith("bad") and "yahoo" in line for line in lines), "\n".join(lines))


@suite.case("the command fails: the alert waits, and is told when the command works again, in order")
def failing(stack):
    switch(stack, "broken", True)
    mark = stack.watch.log_mark()
    count(stack, "kpn", "post.example", sent=5000, complaint_spam=100)
    wait_until(lambda: alerts(stack, "name = 'kpn' AND tries > 0") == 1, "bad")
    stack.watch.wait_log("told=later", mark)
    count(stack, "kpn", "post.example", sent=500000)
    wait_until(lambda: alerts(stack, "name = 'kpn'") == 2, "good again")
    switch(stack, "broken", False)
    be_due(stack)
    wait_told(stack, "provider kpn bad good")
    equal([who for _, who, _ in told(stack) if " kpn " in who], ["provider kpn  bad", "provider kpn bad good"], "order")


@suite.case("a rate that swings about its limit is told once; what no bound forces is told when it has held for alert_hold")
def swinging(stack):
    def leaning(state):
        query = "SELECT leaning FROM reputation_states WHERE subject = 'provider' AND name = 'swing'"
        wait_until(lambda: stack.postgres.psql(query) == state, f"leaning to '{state}'")

    count(stack, "swing", "swing.example", sent=20500, complaint_spam=21)
    wait_told(stack, "provider swing  watch")
    for _ in range(2):
        count(stack, "swing", "swing.example", sent=1000)
        leaning("good")
        count(stack, "swing", "swing.example", complaint_spam=1)
        leaning("")
    equal(alerts(stack, "name = 'swing'"), 1, "alerts")
    count(stack, "swing", "swing.example", sent=2000)
    leaning("good")
    stack.postgres.psql("UPDATE reputation_states SET leaning_since = now() - interval '2 hours' WHERE name = 'swing'")
    wait_told(stack, "provider swing watch good")
    leaning("")


@suite.case("killed while the command runs: the alert is told by the next one, and two watchers tell each change once")
def killed(stack):
    switch(stack, "busy", True)
    count(stack, "ziggo", "post.example", sent=5000, user_unknown=1000)
    wait_until(lambda: os.path.exists(os.path.join(stack.alerts, "pid")), "the command to run")
    stack.watch.kill()
    with open(os.path.join(stack.alerts, "pid"), encoding="ascii") as file:
        os.killpg(os.getpgid(int(file.read())), signal.SIGKILL)
    switch(stack, "busy", False)
    be_due(stack)
    stack.watch.start()
    second = stack.watch.lab.add(Watch(stack.retour, stack.dns, "watch2"))
    second.reputation = stack.watch.reputation
    second.start()
    wait_told(stack, "provider ziggo  bad")
    count(stack, "telenet", "post.example", sent=5000, user_unknown=1000)
    wait_told(stack, "provider telenet  bad")
    wait_until(lambda: alerts(stack, "told_at IS NULL") == 0, "all to be told")
    equal(sorted(entry[2]["id"] for entry in told(stack)), [int(number) for number in stack.postgres.psql(
        "SELECT id FROM reputation_alerts ORDER BY id").split()], "alerts, each once")
    second.stop()


@suite.case("PostgreSQL away: said once, and once more when it is back")
def database_away(stack):
    mark = stack.watch.log_mark()
    stack.postgres.stop()
    stack.watch.wait_log("watch=failing", mark)
    stack.postgres.restart()
    stack.watch.wait_log("watch=well", mark)
    equal(stack.watch.log_text(mark).count("watch=failing"), 1, "lines")


@suite.case("doctor says when a watcher is missed, and when an alert cannot be told")
def doctor(stack):
    def said():
        output = stack.retour.cli("doctor", "--json", ok=None)
        return next(row for row in map(json.loads, output.splitlines()) if row["subject"] == "watch")

    stack.watch.stop()
    equal(said()["health"], "OK", "all is well")
    stack.postgres.psql("UPDATE provider_domains SET due_at = now() - interval '2 hours' WHERE domain = 'own.test'")
    check(said()["health"] == "WARN" and "1 domains wait" in said()["text"], str(said()))
    stack.postgres.psql("UPDATE provider_domains SET due_at = now() + interval '1 hour' WHERE domain = 'own.test'")
    stack.postgres.psql("UPDATE reputation_alerts SET told_at = NULL, at = now() - interval '1 hour' WHERE name = 'yahoo'")
    check(said()["health"] == "WARN" and "alerts could not be told" in said()["text"], str(said()))
    stack.postgres.psql("UPDATE reputation_alerts SET told_at = now()")


def reputations(stack, *options):
    """What `retour reputation` says, with where it is from and when left out, and where it is from."""
    rows = [json.loads(line) for line in
            stack.retour.cli("reputation", "--json", "--limit", "10000", *options).splitlines() if line.startswith("{")]
    origins = {(row.pop("from", None), row.pop("as_of", None) is not None) for row in rows}
    equal(len(origins), 1, "origins")
    return rows, origins.pop()[0]


@suite.case("live windows: Redis tells the command and whoever reads the keys what PostgreSQL tells, which answers without it")
def live(stack):
    stack.redis.command("FLUSHALL")
    equal(reputations(stack, "--live")[1], "postgresql", "from, while nobody has put any there")
    stack.watch.start()
    for window in ("1h", "24h", "7d"):
        wait_until(lambda: reputations(stack, "--live", "--window", window)[1] == "redis", f"{window} to be in Redis")
        equal(reputations(stack, "--live", "--window", window)[0], reputations(stack, "--window", window)[0], window)
    count(stack, "proximus", "fresh.example", sent=1000, user_unknown=3)
    wait_until(lambda: stack.redis.command("HEXISTS", "retour:live:24h:provider", "proximus") == ":1", "a new provider")
    check(stack.redis.command("HGET", "retour:live:24h:sender", "fresh.example").startswith("$"), "a new sender domain")
    check("from Redis" in stack.retour.cli("reputation", "--live"), "said to people")
    stack.redis.command("HSET", "retour:live:7d", "database", "another")
    equal(reputations(stack, "--live", "--window", "7d")[1], "postgresql", "from, where Redis holds another database's")
    mark = stack.watch.log_mark()
    stack.redis.stop()
    equal(reputations(stack, "--live"), (reputations(stack)[0], "postgresql"), "without Redis")
    count(stack, "kpn", "late.example", sent=5000, user_unknown=2000)
    stack.watch.wait_log("reputation=bad subject=sender name=late.example", mark)
    stack.watch.wait_log("live=behind", mark)
    stack.redis.start()
    stack.watch.wait_log("live=current", mark)
    wait_until(lambda: reputations(stack, "--live", "--window", "7d")[1] == "redis", "Redis to be filled again")
    stack.watch.stop()


@suite.case("retour maintain rolls hours up to days; the week reads the same before and after, by every way")
def roll_up(stack):
    stack.postgres.psql("INSERT INTO counters SELECT date_trunc('hour', now()) - h * interval '1 hour', 10 + h, h, 0, "
                        "'p' || h % 3, 'old.example', c FROM generate_series(1, 150) h, unnest(array['sent', 'user_unknown']) c")
    before = stack.retour.cli("reputation", "--window", "7d", "--json", "--limit", "1000")
    week = "SELECT string_agg(v::text, ' ' ORDER BY provider) FROM provider_reputation v WHERE period = '7d'"
    view = stack.postgres.psql(week)
    output = stack.retour.cli("maintain", config=stack.retour.owner_config)
    check("rolled up" in output, output)
    check(stack.postgres.number("SELECT count(*) FROM counters_days") > 0, "days")
    equal(stack.retour.cli("reputation", "--window", "7d", "--json", "--limit", "1000"), before, "the week")
    equal(stack.postgres.psql(week), view, "the view")
    check("rolled up" not in stack.retour.cli("maintain", config=stack.retour.owner_config), "nothing left")


@suite.case("a webhook instead of the command: verified, with a token, tried again, and told once over a kill -9")
def webhook(stack):
    hook = stack.lab.add(Hook(stack.lab)).start()
    other = stack.lab.add(Hook(stack.lab, "other")).start()
    token = stack.lab.path("token")
    with open(token, "w", encoding="ascii") as file:
        file.write("s3cret\n")
    os.chmod(token, 0o644)
    del stack.watch.reputation["alert_command"]
    stack.watch.reputation.update({"alert_url": hook.url, "alert_token_file": token, "alert_ca_file": other.ca})
    mark = stack.watch.log_mark()
    stack.watch.start()
    count(stack, "hooked", "hook.example", sent=5000, user_unknown=1000)
    stack.watch.wait_log("told=later error=", mark)
    check("certificate" in stack.watch.log_text(mark), "why")
    equal(hook.got, [], "requests to a server that nobody vouches for")

    stack.watch.stop()
    hook.answers[:] = [500, 302, 200]
    stack.watch.reputation["alert_ca_file"] = hook.ca
    stack.watch.start()
    for tries in (1, 2, 3):
        be_due(stack)
        wait_until(lambda: len(hook.got) >= tries, f"try {tries}")
    wait_until(lambda: alerts(stack, "told_at IS NULL AND name IN ('hooked', 'hook.example')") <= 1, "an alert to be told")
    path, headers, text = hook.got[0]
    equal((path, headers["Authorization"], headers["Content-Type"]), ("/hook", "Bearer s3cret", "application/json"), "request")
    equal((text["was"], text["state"]), ("", "bad"), "JSON")
    check("s3cret" not in stack.watch.log_text(mark), "the token in the log")

    def to_tell():
        be_due(stack)
        return alerts(stack, "told_at IS NULL")
    wait_until(lambda: to_tell() == 0, "all to be told")
    hook.held.clear()
    before = len(hook.got)
    count(stack, "cut", "cut.example", sent=5000, user_unknown=1000)
    wait_until(lambda: len(hook.got) > before, "the request that is held")
    stack.watch.kill()
    hook.held.set()
    stack.watch.start()
    wait_until(lambda: to_tell() == 0, "all to be told")
    equal({(entry["name"], entry["id"]) for _, _, entry in hook.got[before:]},
          {(name, int(number)) for name, number in (line.split("|") for line in stack.postgres.psql(
              "SELECT name, id FROM reputation_alerts WHERE name IN ('cut', 'cut.example')").splitlines())}, "alerts")
    equal({path for path, _, _ in hook.got}, {"/hook"}, "redirects followed")
    for settings in ({"alert_command": ["true"]}, {"alert_url": "http://x/"}, {"alert_url": ""}):
        good = dict(stack.watch.reputation)
        stack.watch.reputation.update(settings)
        equal(stack.watch.check().returncode, 78, f"{settings}")
        stack.watch.reputation = good


if __name__ == "__main__":
    suite.main(watching)
