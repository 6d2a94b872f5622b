#!/usr/bin/python3
"""The command line: help, exit codes, JSON, and every database command against a private PostgreSQL and Redis."""

import contextlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails  # noqa: E402
from lab.lab import TOP, Lab  # noqa: E402
from lab.postgres import Postgres  # noqa: E402
from lab.redis import Redis  # noqa: E402
from lab.retour import Retour, yaml  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

OK, FAIL, USAGE, DATA, UNAVAILABLE, IO, RETRY, CONFIG = 0, 1, 64, 65, 69, 74, 75, 78

COMMANDS = [
    [], ["classify"], ["explain"], ["rules"], ["rules", "check"], ["rules", "test"], ["rules", "reload"],
    ["rules", "coverage"],
    ["rules", "suggest"], ["lookup"], ["blacklist"],
    ["blacklist", "list"], ["blacklist", "show"], ["blacklist", "add"], ["blacklist", "remove"],
    ["blacklist", "import"], ["blacklist", "export"], ["blacklist", "remove-all"], ["policy"], ["policy", "check"],
    ["policy", "simulate"], ["export"],
    ["forget"], ["maintain"], ["migrate"], ["cache"],
    ["cache", "rebuild"], ["cache", "status"], ["blacklist", "held"], ["blacklist", "release"],
    ["blacklist", "confirm"], ["doctor"], ["import"], ["reputation"], ["provider"], ["provider", "list"],
    ["provider", "show"], ["provider", "domains"], ["provider", "set"], ["token"], ["token", "new-key"], ["token", "list"],
    ["token", "retire"], ["token", "verify"], ["token", "explain"],
]

FIELDS = {
    "file", "kind", "recipient", "original_recipient", "action", "status", "reply_code", "category", "disposition", "hard",
    "feedback_type", "rule", "dialect", "diagnostic", "confidence", "provider",
}

suite = Suite()


class Site:
    """A database and a Redis without anything else; started by the first case that asks."""

    def __init__(self, lab):
        self.lab = lab
        self.retour = None
        self.postgres = None
        self.redis = None

    def start(self):
        if self.retour is None:
            self.postgres = self.lab.add(Postgres(self.lab)).start()
            self.redis = self.lab.add(Redis(self.lab)).start()
            self.retour = Retour(self.lab, self.postgres, self.redis)
            del self.retour.settings["milter"]
            self.retour.settings["database"]["url"] = self.postgres.url()
            self.retour.write()
            equal(self.run("migrate").returncode, OK, "migrate")
        return self

    def run(self, *words, stdin=None, env=None):
        program = os.path.join(os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build")), "support/retour")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("RETOUR_")}
        if self.retour is not None:
            environment["RETOUR_CONFIG"] = self.retour.config
        return subprocess.run([program, *words], input=stdin, capture_output=True, text=True, check=False, timeout=120,
                              env={**environment, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(env or {})})

    def good(self, *words, **kwargs):
        done = self.run(*words, **kwargs)
        equal(done.returncode, OK, f"retour {' '.join(words)}: {done.stderr}")
        return done.stdout

    def json(self, *words, **kwargs):
        return [json.loads(line) for line in self.good(*words, "--json", **kwargs).splitlines()]

    def refused(self, code, *words, **kwargs):
        done = self.run(*words, **kwargs)
        equal(done.returncode, code, f"retour {' '.join(words)}: {done.stdout}{done.stderr}")
        check(done.stderr.strip(), f"retour {' '.join(words)}: a word about what is wrong")
        return done.stderr

    def write(self, name, text):
        path = self.lab.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path


@contextlib.contextmanager
def site():
    with Lab() as lab:
        yield Site(lab)


def bounce(recipient, **kwargs):
    return mails.postfix_dsn(mails.Original(recipient), **kwargs)


@suite.case("every command explains itself, by --help and by help")
def helps(lab):
    for command in COMMANDS:
        text = lab.good(*command, "--help")
        check(text.startswith("Usage:\n  " + " ".join(["retour", *command])), f"usage of {command}: {text}")
        equal(lab.good(*command[:-1], "help", *command[-1:]) if command else text, text, f"help {command}")
    check(lab.good("--version").startswith("retour "), "version")


@suite.case("what is mistyped is refused with 64 and a hint")
def usage(lab):
    check("did you mean 'classify'" in lab.refused(USAGE, "clasify"), "a suggestion")
    check("did you mean 'add'" in lab.refused(USAGE, "blacklist", "ad"), "a suggestion within a group")
    for words in ([], ["blacklist"], ["rules"], ["classify", "--nonsense"], ["classify", "--jobs", "0"], ["lookup"],
                  ["lookup", "a@b.example", "c@d.example"], ["rules", "test"], ["doctor", "now"], ["migrate", "now"],
                  ["blacklist", "add", "a@b.example"], ["blacklist", "remove", "a@b.example"],
                  ["blacklist", "add", "a@b.example", "--reason", "x", "--expires", "soon"],
                  ["blacklist", "add", "a@b.example", "--reason", "x", "--category", "nonsense"],
                  ["rules", "test", "--provider", "nobody-knows", "550 no"]):
        check("--help" in lab.refused(USAGE, *words), f"{words}: the way to help")


@suite.case("classify prints each recipient's verdict as JSON, without any configuration")
def classify(lab):
    path = lab.write("mail/gone.eml", bounce("gone@remote.example.test"))
    rows = lab.json("classify", path)
    equal(len(rows), 1, "rows")
    check(FIELDS <= set(rows[0]), f"fields: {FIELDS - set(rows[0])}")
    equal((rows[0]["file"], rows[0]["recipient"], rows[0]["kind"], rows[0]["action"]),
          (path, "gone@remote.example.test", "bounce", "failed"), "what it says")
    equal((rows[0]["category"], rows[0]["hard"], rows[0]["disposition"]), ("user_unknown", True, "permanent"), "verdict")


@suite.case("classify reads standard input, mboxes and directories, with any number of threads, in order")
def sources(lab):
    mail = bounce("gone@remote.example.test").decode()
    equal(lab.json("classify", "-", stdin=mail)[0]["category"], "user_unknown", "standard input")
    box = "".join(f"From MAILER-DAEMON Mon Nov 23 18:26:40 2026\n{mail.replace('gone@', f'gone{number}@')}\n"
                  for number in range(50))
    path = lab.write("many/box", box)
    lab.write("many/a.eml", mail)
    lab.write("many/z.eml", mail)
    rows = lab.json("classify", lab.lab.path("many"))
    equal([row["recipient"].split("@")[0] for row in rows], ["gone"] + [f"gone{number}" for number in range(50)] + ["gone"],
          "order")
    equal([row["message"] for row in rows if row["file"] == path], list(range(1, 51)), "numbers")
    equal(lab.json("classify", "--jobs", "4", lab.lab.path("many")), rows, "with threads")


@suite.case("classify goes on after a file that cannot be read, and ends with 74")
def unreadable(lab):
    path = lab.write("mail/gone.eml", bounce("gone@remote.example.test"))
    done = lab.run("classify", "--json", lab.lab.path("missing"), path)
    equal((done.returncode, len(done.stdout.splitlines())), (IO, 1), "exit code and rows")
    check("missing" in done.stderr, "the file is named")
    with open("/dev/full", "w", encoding="ascii") as full:
        code = subprocess.run([*full_command(path)], stdout=full, stderr=subprocess.DEVNULL, check=False).returncode
    equal(code, IO, "a full disk")


def full_command(path):
    return [os.path.join(os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build")), "support/retour"), "classify", path]


@suite.case("classify is a table for people: cut to the width, nothing that a terminal obeys, ordinary mail left out")
def table(lab):
    ordinary = lab.write("mail/ordinary.eml", "From: a@example.org\nSubject: lunch\n\nat noon?\n")
    path = lab.write("mail/gone.eml", bounce("gone@remote.example.test"))
    text = lab.good("classify", ordinary, path, env={"COLUMNS": "100"})
    lines = text.splitlines()
    equal(len(lines), 2, "lines")
    check(all(len(line) <= 100 for line in lines), f"width: {text}")
    check("gone@remote" in lines[1] and "user_unknown" in lines[1], f"content: {text}")
    equal(len(lab.good("classify", "--all", ordinary, path).splitlines()), 3, "with --all")
    rows = lab.json("classify", ordinary)
    equal((rows[0]["kind"], rows[0]["category"], rows[0]["recipient"]), ("other", "", ""), "ordinary mail as JSON")
    hostile = lab.write("mail/hostile.eml", bounce("gone@remote.example.test").replace(b"unknown", b"un\x1b[2Jknown"))
    check("\x1b" not in lab.good("classify", hostile), "escape sequences")


@suite.case("explain tells reader, text, rules with their places, and verdict")
def explain(lab):
    path = lab.write("mail/gone.eml", bounce("gone@remote.example.test"))
    text = lab.good("explain", path)
    for part in ("read by", "rfc3464", "text judged", "user_unknown", "a hard bounce", ".yaml:"):
        check(part in text, f"{part} in {text}")
    row = lab.json("explain", path)[0]
    check(row["events"][0]["text_alone"]["candidates"][0]["line"] > 0, "places as JSON")


@suite.case("rules test names winner and candidates; rules check accepts the shipped set")
def rules(lab):
    text = lab.good("rules", "test", "550 5.1.1 <x@y.example>: Recipient address rejected: User unknown in virtual mailbox table")
    check("user_unknown" in text and ".yaml:" in text, text)
    row = lab.json("rules", "test", "550 5.1.1 no such user")[0]
    equal((row["category"], row["disposition"]), ("user_unknown", "permanent"), "as JSON")
    check("no complaint" in lab.good("rules", "check"), "check")
    check(lab.json("rules", "check")[0]["rules"] > 50, "check as JSON")


@suite.case("policy check accepts the shipped policy, and refuses a broken one with file and line, and 78")
def policy(lab):
    check("no complaint" in lab.good("policy", "check"), "the shipped one")
    lab.write("policy.yaml", "- category: user_unknown\n  action: list\n  evidence: unverified\n  scope: everybody\n"
              "  periods: [30d]\n")
    check("policy.yaml:3: " in lab.refused(CONFIG, "policy", "check", lab.lab.path("policy.yaml")), "it lists on hearsay")


@suite.case("rules check refuses a broken set with file and line, and 78")
def broken_rules(lab):
    def refused(text):
        lab.write("broken/rules.yaml", text)
        return lab.refused(CONFIG, "rules", "check", lab.lab.path("broken"))

    good = "- id: a.b\n  when: { any: [no such customer] }\n  category: user_unknown\n  eg: [550 no such customer here]\n"
    lab.write("broken/rules.yaml", good)
    lab.good("rules", "check", lab.lab.path("broken"))
    check("rules.yaml:5: " in refused(good + "  nonsense: 1\n"), "an unknown key")
    check("rules.yaml:3: " in refused(good.replace("user_unknown", "nonsense")), "an unknown category")
    check("rules.yaml:4: " in refused(good.replace("here]", "here, 550 hello]")), "an example that fails")
    check("rules.yaml:" in refused(good + good), "an id given twice")


@suite.case("rules coverage and suggest find what no rule knows")
def survey(lab):
    odd = ("5.0.0", "550 5.0.0 the moon is in the wrong house for {recipient}")
    for number in range(3):
        lab.write(f"survey/odd{number}.eml", bounce(f"odd{number}@gmail.com", failure=odd))
    lab.write("survey/gone.eml", bounce("gone@remote.example.test"))
    rows = {row["provider"]: row for row in lab.json("rules", "coverage", lab.lab.path("survey"))}
    equal((rows["google"]["failures"], rows["google"]["undetermined"] + rows["google"]["code_alone"]), (3, 3), "google")
    equal((rows["(all)"]["failures"], rows["(others)"]["failures"]), (4, 1), "sums")
    check("google" in lab.good("rules", "coverage", lab.lab.path("survey")), "as text")
    rows = lab.json("rules", "suggest", lab.lab.path("survey"))
    equal([row["count"] for row in rows], [3], "one template")
    check("the moon is in the wrong house for <addr>" in rows[0]["template"], rows[0]["template"])


@suite.case("bad settings are refused with file and line; without settings the database commands say what is missing")
def settings(lab):
    path = lab.write("bad/retour.yaml", "database:\n  url: x\n  nonsense: 1\n")
    check("retour.yaml:3: " in lab.refused(CONFIG, "lookup", "a@b.example", "--config", path), "an unknown key")
    lab.refused(CONFIG, "--config", lab.lab.path("nowhere.yaml"), "classify", path)
    if not os.path.exists("/etc/retour/retour.yaml"):
        check("database" in lab.refused(CONFIG, "lookup", "a@b.example"), "no settings")
    path = lab.write("away/retour.yaml", yaml({"database": {"url": f"host={lab.lab.path('nowhere')} dbname=retour"}}))
    lab.refused(RETRY, "lookup", "a@b.example", "--config", path)
    check("FAIL" in lab.run("doctor", "--config", path).stdout, "doctor")


@suite.case("the shipped settings load, section by section")
def shipped(lab):
    path = os.path.join(TOP, "config/retour.yaml")
    check("no complaint" in lab.good("rules", "check", "--config", path), "rules")
    done = lab.run("doctor", "--json", "--config", path)
    rows = {row["subject"]: row["health"] for row in map(json.loads, done.stdout.splitlines())}
    equal((rows["configuration"], rows["rules"], rows["redis"]), ("OK", "OK", "OK"), done.stdout)
    check({"listener inbound", "listener internal", "listener outbound"} <= set(rows), done.stdout)


@suite.case("migrate says what it does, does it once, and --status compares")
def migrate(lab):
    lab.start()
    check("up to date" in lab.good("migrate"), "a second time")
    row = lab.json("migrate", "--status")[0]
    equal(row["version"], row["wanted"], "versions")
    lab.postgres.psql("CREATE DATABASE empty")
    url = lab.postgres.url().replace("dbname=retour", "dbname=empty")
    equal(lab.run("migrate", "--status", "--database", url).returncode, CONFIG, "an empty database")
    check("applying" in lab.good("migrate", "--database", url), "progress")


@suite.case("blacklist: an entry is added, listed, shown, found by lookup and reference, and removed; all is in the trail")
def blacklist(lab):
    lab.start()
    text = lab.good("blacklist", "add", "Person@Remote.Example.Test", "--reason", "asked by phone", "--scope",
                    "shop.example.test", "--expires", "30d", "--note", "ticket 7", "--actor", "alice")
    reference = text.split(":")[0]
    check(reference.startswith("R-") and "shop.example.test" in text, text)
    check("asked by phone" in lab.good("blacklist", "list"), "list")
    row = lab.json("blacklist", "list", "--scope", "shop.example.test")[0]
    equal((row["target"], row["reference"], row["source"], row["in_force"]),
          ("person@remote.example.test", reference, "manual", True), "list as JSON")
    check(row["since"].endswith("Z") and row["expires_at"] > row["since"], "times")
    equal(lab.json("blacklist", "list", "--scope", "other.example.test"), [], "list of another scope")
    for words in (["--scope", "Shop.Example.Test"], ["--domain", "Remote.Example.TEST"]):
        equal([row["reference"] for row in lab.json("blacklist", "list", *words)], [reference], f"list {words}")
    lab.refused(USAGE, "blacklist", "list", "--domain", "no domain")
    shown = lab.good("blacklist", "show", reference)
    check("cli:alice" in shown and "ticket 7" in shown, shown)
    for word in ("person@remote.example.test", reference, reference.lower()):
        answer = lab.good("lookup", word).splitlines()[0]
        check(answer.startswith("Mail from shop.example.test to person@remote.example.test is refused by us since"), answer)
        check("asked by phone" in answer and reference in answer, answer)
    check(lab.json("lookup", "person@remote.example.test")[0]["refused"], "lookup as JSON")
    lab.refused(DATA, "blacklist", "remove", "person@remote.example.test", "--reason", "x", "--scope", "other.example.test")
    lab.good("blacklist", "remove", "person@remote.example.test", "--reason", "changed their mind", "--actor", "bob")
    lab.refused(DATA, "blacklist", "remove", "person@remote.example.test", "--reason", "again")
    row = lab.json("blacklist", "show", "person@remote.example.test")[0]
    equal([entry["actor"] for entry in row["audit"]], ["cli:alice", "cli:bob"], "the trail")


@suite.case("what others wrote steers no terminal, and is exported whole in any locale")
def foreign_words(lab):
    lab.start()
    words = "r\x1b[2Jfus\u00e9 \u202eetirw"
    path = lab.write("lists/foreign.json", json.dumps({"target": "steer@remote.example.test", "reason": words}))
    lab.good("blacklist", "import", path, "--format", "json")
    for command in (["lookup"], ["blacklist", "show"]):
        shown = lab.good(*command, "steer@remote.example.test")
        check("fus\u00e9" in shown and "\x1b" not in shown and "\u202e" not in shown, f"{command}: {shown!r}")
    equal(lab.json("blacklist", "show", "steer@remote.example.test")[0]["listings"][0]["reason"], words, "as JSON")
    rows = [json.loads(line) for line in lab.good("export", "steer@remote.example.test", env={"LC_ALL": "C"}).splitlines()]
    check(words in [row["row"].get("reason") for row in rows], f"exported: {rows}")
    check("fus" in lab.good("lookup", "steer@remote.example.test", env={"LC_ALL": "C"}), "in the C locale")


@suite.case("blacklist: a reference outlives its entry, and removes that entry alone")
def references(lab):
    lab.start()

    def add(scope):
        row = lab.json("blacklist", "add", "quoted@remote.example.test", "--reason", "asked", "--scope", scope)[0]
        return row["reference"], row["replaced"]
    first, replaced = add("*")
    equal(replaced, None, "nothing stood there")
    second, replaced = add("*")
    equal(replaced, first, "what stood there")
    other, _ = add("shop.example.test")
    answer = lab.json("lookup", first)[0]
    equal((answer["address"], answer["refused"], len(answer["audit"])), ("quoted@remote.example.test", True, 3), "lookup")
    check(second in lab.good("blacklist", "show", first), "show")
    lab.refused(DATA, "blacklist", "remove", first, "--reason", "the entry is gone")
    lab.refused(USAGE, "blacklist", "remove", other, "--reason", "x", "--scope", "*")
    lab.good("blacklist", "remove", second, "--reason", "back", "--actor", "bob")
    equal([row["reference"] for row in lab.json("lookup", second)[0]["listings"]], [other], "what is left")
    check("remove by cli:bob (all senders): back" in lab.good("lookup", second), "what was done is told")
    lab.refused(DATA, "blacklist", "show", "R-999999")


@suite.case("blacklist: a whole domain, and what cannot be an address")
def domains(lab):
    lab.start()
    lab.good("blacklist", "add", "@closed.example.test", "--reason", "the company is no more")
    check("all of closed.example.test" in lab.good("lookup", "any@closed.example.test"), "an address of the domain")
    check("closed.example.test" in lab.good("lookup", "@closed.example.test"), "the domain")
    check("REFERENCE" in lab.good("blacklist", "list", "--domain", "closed.example.test"), "list by domain")
    lab.good("blacklist", "remove", "@closed.example.test", "--reason", "back again")
    lab.refused(DATA, "blacklist", "add", "not an address", "--reason", "x")
    lab.refused(DATA, "lookup", "not an address")
    lab.refused(DATA, "lookup", "R-999999")


@suite.case("lookup of an address that nobody mailed says so")
def unknown(lab):
    lab.start()
    check(lab.good("lookup", "nobody@remote.example.test").startswith("Nothing is known of nobody@remote.example.test"), "text")
    row = lab.json("lookup", "nobody@remote.example.test")[0]
    equal((row["refused"], row["listings"], row["events"]), (False, [], []), "JSON")
    check("http" in lab.json("lookup", "nobody@gmail.com")[0]["objection"], "where an objection is filed")
    check("Is nobody@gmail.com meant?" in lab.good("lookup", "nobody@gmial.com"), "a slip of the finger")
    equal(lab.json("lookup", "nobody@gmail.com")[0]["meant"], None, "no slip")


@suite.case("cache: rebuilt by a command; status tells what it is worth")
def cache(lab):
    lab.start()
    lab.good("blacklist", "add", "cached@remote.example.test", "--reason", "x")
    equal(lab.run("cache", "status").returncode, UNAVAILABLE, "before")
    check(lab.json("cache", "rebuild")[0]["targets"] >= 1, "rebuild")
    row = json.loads(lab.run("cache", "status", "--json").stdout)
    check(row["usable"], "usable")
    lab.redis.stop()
    lab.refused(RETRY, "cache", "status")
    lab.refused(RETRY, "cache", "rebuild")
    lab.redis.start()


@suite.case("doctor finds what is wrong and says what to do")
def doctor(lab):
    lab.start()
    done = lab.run("doctor")
    equal(done.returncode, OK, f"doctor: {done.stdout}")
    check("WARN  listeners" in done.stdout, done.stdout)
    lab.retour.settings["milter"] = {"listeners": [{"name": "in", "role": "inbound", "socket": "unix:/nonexistent/socket",
                                                    "bounce_addresses": ["@bounces.example.test"]}]}
    lab.retour.write()
    done = lab.run("doctor", "--json")
    equal(done.returncode, FAIL, "a listener that is not there")
    rows = {row["subject"]: row["health"] for row in map(json.loads, done.stdout.splitlines())}
    equal((rows["listener in"], rows["database"], rows["rules"]), ("FAIL", "OK", "OK"), "findings")
    del lab.retour.settings["milter"]
    lab.retour.write()


@suite.case("a database that is away means 75, and everything works again after")
def away(lab):
    lab.start()
    lab.postgres.stop()
    for words in (["lookup", "a@b.example"], ["blacklist", "list"], ["migrate", "--status"],
                  ["blacklist", "add", "a@b.example", "--reason", "x"]):
        lab.refused(RETRY, *words)
    equal(lab.run("doctor").returncode, FAIL, "doctor")
    lab.postgres.restart()
    lab.good("blacklist", "list")


@suite.case("policy simulate: the policy in force changes nothing, another one releases; nothing is written")
def simulate(lab):
    lab.start()
    path = lab.write("simulate/gone.eml", bounce("simulated@remote.example.test"))
    lab.good("import", "--trust", "local", path)
    before = lab.good("blacklist", "export")
    equal(lab.json("policy", "simulate", "--since", "all"), [], "the policy in force")
    check(" 0 would be listed, 0 released" in lab.good("policy", "simulate"), "the same as text")
    other = lab.write("simulate/policy.yaml", "- category: user_unknown\n  action: nothing\n")
    row, = lab.json("policy", "simulate", "--since", "all", "--policy", other)
    equal((row["change"], row["target"], row["scope"], row["category"], row["listed_now"], row["listed_then"]),
          ("released", "simulated@remote.example.test", "*", "user_unknown", True, False), "another policy")
    text = lab.good("policy", "simulate", "--since", "all", "--policy", other)
    check("1 released" in text and "simulated@remote.example.test" in text, text)
    equal(lab.good("blacklist", "export"), before, "the blacklist")
    lab.write("simulate/policy.yaml", "- category: user_unknown\n  action: shoot\n")
    check("policy.yaml:2: " in lab.refused(CONFIG, "policy", "simulate", "--policy", other), "a broken policy")
    lab.refused(USAGE, "policy", "simulate", "--since", "soon")
    lab.good("blacklist", "remove", "simulated@remote.example.test", "--reason", "a test")


if __name__ == "__main__":
    suite.main(site)
