#!/usr/bin/python3
"""What the services tell monitoring: a page that its reader accepts, with the numbers that the database has."""

import os
import re
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.dns import NameServer  # noqa: E402
from lab.keeper import children  # noqa: E402
from lab.lab import TOP, wait_until  # noqa: E402
from lab import prometheus  # noqa: E402
from lab.prometheus import get  # noqa: E402
from lab.retour import Fbl, Map, Watch  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
SEEN = set()


def scrape(where):
    page = prometheus.scrape(where)
    SEEN.update(page.types)
    return page


class watched(started):
    """A site whose services all show what they count; retour-fbl, -map and -watch are started by their cases."""

    def __init__(self):
        super().__init__("world", "stores", "schema")

    def __enter__(self):
        stack = super().__enter__()
        try:
            stack.where = {name: (self.lab.address, self.lab.port()) for name in ("milter", "fbl", "map", "watch")}
            stack.retour.settings["metrics"] = metrics(stack, "milter")
            stack.retour.listener_settings("outbound")["exceptions"] = [{"categories": ["mailbox_moved"], "mode": "mark"}]
            self.lab.add(stack.retour).start()
            stack.start_mx()
        except BaseException:
            self.lab.close()
            raise
        return stack


def metrics(stack, name):
    return {name: "inet:{1}@{0}".format(*stack.where[name])}


def bounce(stack, name, make=mails.postfix_dsn):
    data = make(mails.Original(f"{name}@remote.example.test", f"b@{BOUNCES}"))
    return smtp.deliver(stack.mx.where("bounces"), "", f"b@{BOUNCES}", data).accepted


def grouped(stack, query):
    """{(text, ..): number} of rows whose last column is a number."""
    rows = [line.split("|") for line in stack.postgres.psql(query).splitlines()]
    return {tuple(row[:-1]): float(row[-1]) for row in rows}


def same_as_database(stack, page, *services):
    """Events and messages of these pages together are the rows that the database has."""
    pages, events, messages = (page, *services), {}, 0
    for one in pages:
        for key, value in one.by("retour_events_total", "category", "evidence").items():
            events[key] = events.get(key, 0) + value
        messages += one.sum("retour_commit_messages_total")
    equal(events, grouped(stack, "SELECT category, evidence, count(*) FROM events GROUP BY 1, 2"), "events")
    return messages


@suite.case("reports: messages, events by category and evidence, commits, listings are those of the database")
def reports(stack):
    for number in range(5):
        check(bounce(stack, f"m{number}"), "refused")
    check(bounce(stack, "gmail", mails.gmail_dsn), "refused")
    original = mails.Original("arf@remote.example.test", f"b@{BOUNCES}")
    twice = mails.complaint(original)
    for _ in range(2):
        check(smtp.deliver(stack.mx.where("bounces"), "fbl@isp.example.test", f"fbl@{FEEDBACK}", twice).accepted, "refused")
    page = scrape(stack.where["milter"])
    equal(same_as_database(stack, page), 8, "messages committed")
    equal(page.by("retour_messages_total", "listener", "outcome", "report"),
          {("inbound", "recorded", "bounce"): 6, ("inbound", "recorded", "complaint"): 2}, "messages")
    equal(page.sum("retour_event_copies_total", listener="inbound", kind="duplicate"), 1, "duplicates")
    equal(page.sum("retour_commit_events_total", listener="inbound"), 8, "events in transactions")
    equal(page.sum("retour_blacklist_changes_total", change="listed"),
          stack.postgres.number("SELECT count(*) FROM audit WHERE action = 'listed'"), "listings")
    commits = page.sum("retour_commit_seconds_count", listener="inbound")
    check(1 <= commits <= 8, f"{commits} commits")
    check(0 < page.sum("retour_commit_seconds_sum", listener="inbound") < 60 * commits, "seconds")
    equal(page.by("retour_listener_up", "listener"), {("inbound",): 1, ("internal",): 1, ("outbound",): 1}, "listeners")
    equal(page.sum("retour_database_up"), 1, "database")
    rules = stack.retour.cli("doctor", "--json", ok=None)
    hashes = {key[1] for key in page.by("retour_rule_set_info", "listener", "hash")}
    check(len(hashes) == 1 and len(hashes.copy().pop()) == 16, f"{hashes} {rules}")
    stored = stack.postgres.psql("SELECT DISTINCT left(rule_set, 16) FROM reports")
    equal(hashes, {stored}, "rule set")


@suite.case("outgoing mail: questions by answer and answerer, recipients by what became of them")
def outgoing(stack):
    stack.postgres.psql("SELECT blacklist_add('listed@remote.example.test', '*', 'user_unknown', 'x', '', null, 't'), "
                        "blacklist_add('moved@remote.example.test', '*', 'mailbox_moved', 'x', '', null, 't')")
    where = stack.mx.where("submission")
    wait_until(lambda: smtp.deliver(where, SENDER, ["listed@remote.example.test"],
                                    mails.Original("l@remote.example.test", SENDER).mail()).code == 550, "the list to be obeyed")
    before = scrape(stack.where["milter"])
    recipients = ["listed@remote.example.test", "moved@remote.example.test", "a@remote.example.test", "b@remote.example.test"]
    check(smtp.deliver(where, SENDER, recipients, mails.Original(recipients[2], SENDER).mail()).accepted, "refused")
    page = scrape(stack.where["milter"])

    def more(name, **labels):
        return page.sum(name, **labels) - (before.sum(name, **labels) or 0)

    actions = ("passed", "refused", "marked", "removed")
    equal({action: more("retour_outgoing_recipients_total", action=action) for action in actions},
          {"passed": 2, "refused": 1, "marked": 1, "removed": 0}, "recipients")
    equal((more("retour_questions_total", answer="open"), more("retour_questions_total", answer="listed")), (2, 2), "answers")
    equal(more("retour_questions_total", by="redis"), 4, "by Redis")
    stack.redis.kill()
    again = mails.Original("c@remote.example.test", SENDER)
    check(smtp.deliver(where, SENDER, [again.recipient], again.mail()).accepted, "refused")
    page = scrape(stack.where["milter"])
    equal(more("retour_questions_total", by="postgresql"), 1, "by PostgreSQL")
    equal(page.sum("retour_redis_up", listener="outbound"), 0, "Redis")
    wait_until(lambda: scrape(stack.where["milter"]).sum("retour_mirror_current") == 0, "the mirrors to fall behind")
    status, _, text = get(stack.where["milter"], "/healthz")
    check(status == 200 and "mirror outbound: behind" in text and "listener inbound: up" in text, text)
    stack.redis.start()
    wait_until(lambda: scrape(stack.where["milter"]).sum("retour_mirror_current") == 3, "the mirrors to be current")


@suite.case("a listener is killed: its counts go on, and its restart shows")
def killed(stack):
    before = scrape(stack.where["milter"])
    for pid in stack.retour.children():
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            if "Threads:\t1\n" not in status.read():
                os.kill(pid, signal.SIGKILL)
    wait_until(lambda: (scrape(stack.where["milter"]).sum("retour_listener_starts_total") == 6
                        and scrape(stack.where["milter"]).sum("retour_listener_up") == 3), "the listeners to come back")
    wait_until(lambda: bounce(stack, "again"), "a bounce to be taken")
    page = scrape(stack.where["milter"])
    same_as_database(stack, page)
    equal(page.sum("retour_messages_total") - before.sum("retour_messages_total"), 1, "messages")


@suite.case("PostgreSQL away: 4xx are counted, health says 503; it comes back and all is well")
def database_away(stack):
    stack.postgres.stop()
    check(not bounce(stack, "away"), "taken")
    page = scrape(stack.where["milter"])
    equal(page.sum("retour_put_off_total", reason="no-store"), 1, "put off")
    equal(page.sum("retour_messages_total", outcome="retry"), 1, "messages")
    wait_until(lambda: scrape(stack.where["milter"]).sum("retour_database_up") == 0, "the database to be seen to be away")
    status, _, text = get(stack.where["milter"], "/healthz")
    check(status == 503 and text.startswith("postgresql: down: "), f"{status} {text}")
    stack.postgres.restart()
    wait_until(lambda: get(stack.where["milter"], "/healthz")[0] == 200, "health to be good")
    wait_until(lambda: bounce(stack, "away"), "a bounce to be taken")
    same_as_database(stack, scrape(stack.where["milter"]))


@suite.case("HTTP: nothing else is there, rubbish and silent clients harm nobody, HEAD has no body")
def rubbish(stack):
    where = stack.where["milter"]
    equal([get(where, path)[0] for path in ("/", "/metrics/x", "/../etc/passwd")], [404, 404, 404], "other paths")
    equal(get(where, method="POST")[0], 405, "POST")
    equal(get(where, method="HEAD")[2], "", "HEAD")
    silent = []
    begin = b"GET /metrics HTTP/1.1\r\n"
    for bytes_ in (b"", b"\0\xff" * 3000, begin + b"X: " + b"x" * 200000, begin + b"Content-Length: 99999999\r\n"):
        for _ in range(2):
            silent.append(socket.create_connection(where, timeout=5))
            try:
                silent[-1].sendall(bytes_)
            except OSError:
                pass
    scrape(where)
    for connection in silent:
        connection.close()


@suite.case("the process that shows is killed: another one shows the same; a stop frees the port at once")
def shower(stack):
    before = scrape(stack.where["milter"]).by("retour_events_total", "category", "evidence")
    pids = [pid for pid in stack.retour.children() if listens(pid, stack.where["milter"][1])]
    equal(len(pids), 1, "processes with the port")
    os.kill(pids[0], signal.SIGKILL)
    wait_until(lambda: answers(stack.where["milter"]), "metrics to be shown again")
    equal(scrape(stack.where["milter"]).by("retour_events_total", "category", "evidence"), before, "events")
    stack.retour.stop()
    stack.retour.start()
    equal(scrape(stack.where["milter"]).sum("retour_listener_starts_total"), 3, "starts")


def answers(where):
    try:
        return get(where)[0] == 200
    except OSError:
        return False


def listens(pid, port):
    """Has that process the listening socket? The supervisor's other children must not keep it."""
    with open(f"/proc/{pid}/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    inodes = {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "0A"}
    links = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    return any(f"socket:[{inode}]" in links for inode in inodes)


@suite.case("a bad address is refused with file and line")
def bad_address(stack):
    good = stack.retour.settings["metrics"]
    for bad, text in (({"milter": "localhost"}, "is expected"), ({"milter": "unix:/run/x", "fbl": "unix:/run/x"}, "same socket"),
                      ({"web": "unix:/run/x"}, "unknown key 'web'")):
        stack.retour.settings["metrics"] = bad
        status, output = stack.retour.check()
        check(status == 78 and "retour.yaml:" in output and text in output, output)
    stack.retour.settings["metrics"] = good
    stack.retour.write()


@suite.case("retour-map on a unix socket: its questions, and its health")
def asked(stack):
    run = stack.lab.socket_path("map/run")
    page = f"{run}/metrics"
    service = Map(stack.retour, [{"name": "access", "socket": f"unix:{run}/access", "socket_mode": "0666"}])
    service.metrics = {"map": f"unix:{page}", "socket_mode": "0666"}
    stack.lab.add(service).start()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{run}/access")
        for address in ("listed@remote.example.test", "x@remote.example.test"):
            request = f"recipient {address}"
            client.sendall(f"{len(request)}:{request},".encode())
            client.recv(1000)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(page)
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        text = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    for line in ('retour_questions_total{answer="listed",by="', "retour_database_up 1\n", 'retour_build_info{version="'):
        check(line in text, text)
    service.stop()
    check(not os.path.exists(page), "the socket is left")


@suite.case("retour-fbl: each mailbox by itself, over a reload; one that is configured no more is shown no more")
def mailboxes(stack):
    maildir = stack.lab.folder("box", owner=stack.retour.user)
    for name in ("new", "cur", "tmp"):
        stack.lab.folder("box", name, owner=stack.retour.user)
    fbl = Fbl(stack.retour, [{"name": "box", "maildir": maildir, "handled": "Handled", "unreadable": "Quarantine", "poll": "1s"},
                             {"name": "gone", "maildir": stack.lab.path("nowhere"), "handled": "Handled", "poll": "1s"}])
    fbl.metrics = metrics(stack, "fbl")
    stack.lab.add(fbl).start()
    before = stack.events()
    for number in range(3):
        put(stack, maildir, f"r{number}", mails.postfix_dsn(mails.Original(f"box{number}@remote.example.test", f"b@{BOUNCES}")))
    put(stack, maildir, "letter", mails.letter("kim@friends.example.test", f"fbl@{FEEDBACK}"))
    wait_until(lambda: stack.events() == before + 3, "three events")
    wait_until(lambda: scrape(stack.where["fbl"]).sum("retour_mailbox_messages_total", mailbox="box") == 4, "four messages")
    page = scrape(stack.where["fbl"])
    equal({outcome: count for (outcome,), count in page.by("retour_mailbox_messages_total", "outcome").items()},
          {"recorded": 3, "not-a-report": 1}, "messages")
    equal(page.by("retour_mailbox_up", "mailbox"), {("box",): 1}, "up")
    check(page.sum("retour_mailbox_errors_total", mailbox="gone") >= 1, "errors")
    check(page.sum("retour_mailbox_last_message_timestamp_seconds", mailbox="box") > 1.7e9, "time")
    fbl.mailboxes = fbl.mailboxes[:1]
    fbl.write()
    mark = fbl.log_mark()
    fbl.process.signal(signal.SIGUSR1)
    fbl.wait_log("action=reloaded", mark)
    page = scrape(stack.where["fbl"])
    equal(page.sum("retour_mailbox_messages_total", mailbox="box", outcome="recorded"), 3, "messages after a reload")
    equal(page.sum("retour_mailbox_up", mailbox="gone"), None, "a mailbox that is configured no more")
    equal(get(stack.where["fbl"], "/healthz")[0], 200, "health")
    fbl.stop()


def put(stack, maildir, name, data):
    path = os.path.join(maildir, "tmp", name)
    with open(path, "wb") as file:
        file.write(data)
    os.chown(path, os.stat(maildir).st_uid, -1)
    os.rename(path, os.path.join(maildir, "new", name))


def inherited(pid):
    """Descriptors that a program gets which this process executes, but for the standard ones."""
    found = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as file:
            flags = int(file.read().partition("flags:")[2].split()[0], 8)
        if int(number) > 2 and not flags & os.O_CLOEXEC:
            found.append(os.readlink(f"/proc/{pid}/fd/{number}"))
    return found


@suite.case("retour-watch: standings, programmes, alerts; of many names only those with most mail")
def watcher(stack):
    stack.postgres.psql("INSERT INTO counters (hour, provider, sender_domain, category, shard, n, verified) "
                        "SELECT date_trunc('hour', now()), 'p' || i || '.example', 'shop.example.test', 'sent', 0, "
                        "1000 + i, 1000 + i FROM generate_series(1, 200) i UNION ALL "
                        "SELECT date_trunc('hour', now()), 'p200.example', 'shop.example.test', 'user_unknown', 0, 500, 500")
    dns = stack.lab.add(NameServer(stack.lab)).start()
    watch = Watch(stack.retour, dns)
    watch.metrics = metrics(stack, "watch")
    watch.reputation["alert_command"] = ["/bin/false"]
    stack.lab.add(watch).start()
    wait_until(lambda: scrape(stack.where["watch"]).sum("retour_alerts_total", result="failed"), "an alert to fail")
    wait_until(lambda: scrape(stack.where["watch"]).sum("retour_watch_last_round_timestamp_seconds"), "the end of the round")
    wait_until(lambda: stack.redis.command("EXISTS", "retour:live:1h") == ":1", "figures in Redis")
    equal(inherited(watch.process.pid), [], "connections that the command inherits")
    page = scrape(stack.where["watch"])
    equal(page.sum("retour_reputation_standing", subject="provider", name="p200.example"), 3, "bad")
    equal(page.sum("retour_reputation_sent_messages", subject="provider", name="p200.example"), 1200, "sent")
    check(0.41 < page.sum("retour_reputation_hard_bounce_ratio", subject="provider", name="p200.example") < 0.42, "rate")
    equal(page.sum("retour_reputation_standing", subject="provider", name="p1.example"), None, "little mail")
    equal(len(page.by("retour_reputation_sent_messages", "subject", "name")), 1 + 50 + 1, "names")
    check(page.sum("retour_programme_silent", programme="other") is not None, "programmes")
    wait_until(lambda: scrape(stack.where["watch"]).sum("retour_watch_last_round_timestamp_seconds") > 1.7e9, "a whole round")
    watch.stop()
    equal(children(watch.process.pid), [], "children")


@suite.case("the manual page names every metric, and no other")
def documented(_):
    with open(os.path.join(TOP, "docs/retour-metrics.7"), encoding="utf-8") as file:
        named = set(re.findall(r"\bretour_[a-z_]+", file.read().partition(".Sh METRICS")[2].partition(".Sh EXAMPLES")[0]))
    equal(named, SEEN, "metrics")


if __name__ == "__main__":
    suite.main(watched)
