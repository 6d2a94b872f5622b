#!/usr/bin/python3
"""retour-map: mail servers that have no milter ask the same list by socketmap, and it behaves like a good server."""

import os
import signal
import socket
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.lab import LabError, run, wait_until  # noqa: E402
from lab.postfix import Postfix  # noqa: E402
from lab.retour import Map  # noqa: E402
from lab.sendmail import Sendmail  # noqa: E402
from lab.stack import SHOP, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
SENDER = f"news@{SHOP}"
SUPPORT = "https://help.example.test/mail"
LISTED = [
    ("unknown@remote.example.test", "*", "user_unknown"),
    ("moved@remote.example.test", "*", "mailbox_moved"),
    ("annoyed@remote.example.test", SHOP, "complaint_spam"),
    ("optout@remote.example.test", SHOP, "complaint_optout"),
    ("@gone.example.test", "*", "domain_not_found"),
]


class asking_site(started):
    """A Postfix with a service for each way to ask, beside the lists and retour-map; no milter anywhere."""

    def __init__(self):
        super().__init__("world", "stores", "schema")

    def __enter__(self):
        stack = super().__enter__()
        try:
            self.start_map(stack)
            self.start_postfix(stack)
        except BaseException:
            self.lab.close()
            raise
        return stack

    def start_map(self, stack):
        stack.inet = (self.lab.address, self.lab.port())
        run_folder = self.lab.socket_path("map/run")
        stack.map = Map(stack.retour, [
            {"name": "access", "socket": f"unix:{run_folder}/access", "socket_mode": "0666", "support": SUPPORT,
             "exceptions": [{"categories": ["complaint_optout"], "mode": "mark"}]},
            {"name": "transport", "socket": f"unix:{run_folder}/transport", "socket_mode": "0666", "format": "transport",
             "mode": "discard", "exceptions": [{"scope": "all", "categories": ["user_unknown"], "mode": "reject"}]},
            {"name": "other-hosts", "socket": "inet:{1}@{0}".format(*stack.inet), "format": "sendmail",
             "when_unavailable": "tempfail"},
        ])
        stack.map.more = {"max_clients": 300, "lookup_timeout": "1s", "lookup_filter": 1000}
        stack.postgres.psql("SELECT " + ", ".join(
            f"blacklist_add('{target}', '{scope}', '{category}', 'listed by the test', '', null, 'test')"
            for target, scope, category in LISTED))
        self.lab.add(stack.map).start()
        stack.path = f"{run_folder}/access"

    def start_postfix(self, stack):
        ask = f"check_recipient_access socketmap:unix:{self.lab.socket_path('map/run/access')}:"
        listeners = {
            "recipient": {"smtpd_recipient_restrictions": f"{ask}recipient"},
            "plain": {},
            "shop": {"smtpd_recipient_restrictions": f"{ask}recipient@{SHOP}"},
        }
        sink = f"smtp:[{self.lab.address}]:{stack.sink.port}"
        stack.mx = self.lab.add(Postfix(self.lab, "mx", listeners, {
            "default_transport": sink,
            "transport_maps": f"socketmap:unix:{self.lab.socket_path('map/run/transport')}:recipient"})).start()


def ask(stack, request, where=None):
    with connect(where or stack.path) as connection:
        return exchange(connection, request)


def connect(where):
    connection = socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET)
    connection.settimeout(20)
    connection.connect(where)
    return connection


def exchange(connection, request):
    data = request.encode()
    connection.sendall(b"%d:%s," % (len(data), data))
    return reply(connection)


def reply(connection):
    got = b""
    while not got.endswith(b":"):
        byte = connection.recv(1)
        if not byte:
            raise LabError(f"the connection ended after {got}")
        got += byte
    want = int(got[:-1]) + 1
    text = b""
    while len(text) < want:
        text += connection.recv(want - len(text)) or b"?" * want
    return text[:-1].decode()


def deliver(stack, listener, recipients):
    return smtp.deliver(stack.mx.where(listener), SENDER, recipients, mails.Original(recipients[0], SENDER).mail())


@suite.case("Postfix, access table: refused with reason and reference, others are not touched")
def access(stack):
    # no reply may let a recipient past the restrictions that follow
    wait_until(lambda: ask(stack, "recipient unknown@remote.example.test").startswith("OK 550 5.7.1 "), "the list")
    recipients = [f"{name}.example.test" for name in ("unknown@remote", "a@gone", "annoyed@remote", "fine1@remote")]
    result = deliver(stack, "recipient", recipients)
    check(result.accepted, f"{result.code} {result.text}")
    equal(sorted(result.refused), ["a@gone.example.test", "unknown@remote.example.test"], "refused")
    code, text = result.refused["unknown@remote.example.test"]
    check(code == 550 and "5.7.1" in text and "listed by the test" in text and f"Ask {SUPPORT} with reference R-" in text, text)


@suite.case("Postfix, a sender domain in the map's name: its own entries hold as well")
def sender_domain(stack):
    result = deliver(stack, "shop", ["annoyed@remote.example.test"])
    check(result.code == 550 and f"Mail from {SHOP} to annoyed@" in result.text, f"{result.code} {result.text}")
    check(deliver(stack, "shop", ["optout@remote.example.test"]).accepted, "refused")
    data = stack.sink.wait_for("optout@remote.example.test")[0].data
    check(b"X-Retour-Blocked: R-" in data and b" complaint_optout\r\n" in data, f"no mark: {data}")
    stack.map.wait_log("listener=access action=marked recipient=optout@remote.example.test")


@suite.case("Postfix, transport table: discarded for one recipient alone, or returned")
def transport(stack):
    mark = stack.mx.log_mark()
    check(deliver(stack, "plain", ["moved@remote.example.test", "fine2@remote.example.test"]).accepted, "refused")
    stack.sink.wait_for("fine2@remote.example.test")
    stack.mx.wait_log(r"to=<moved@remote.example.test>, relay=none, .*status=sent \(R-\d+ mailbox_moved\)", mark)
    where = (stack.path[:-len("access")] + "transport")
    check(ask(stack, "recipient unknown@remote.example.test", where).startswith("OK error:5.7.1 "), "no error")
    equal(stack.sink.find("moved@remote.example.test"), [], "mail to the discarded one")


@suite.case("Sendmail's access map by inet: refused with reason and reference")
def sendmail(stack):
    host, port = stack.inet
    mta = stack.lab.add(Sendmail(stack.lab, {}, stack.sink, features=(
        f"FEATURE(`access_db', `socket -T<TMPF> inet:{port}@{host}')dnl\nFEATURE(`blacklist_recipients')dnl\n"))).start()
    data = mails.Original("fine3@remote.example.test", SENDER).mail()
    result = smtp.deliver(mta.where(), SENDER, ["unknown@remote.example.test", "fine3@remote.example.test"], data)
    check(result.accepted and list(result.refused) == ["unknown@remote.example.test"], f"{result.code} {result.refused}")
    code, text = result.refused["unknown@remote.example.test"]
    check(code == 550 and "5.7.1" in text and "listed by the test (since " in text and "with reference R-" in text, text)
    stack.sink.wait_for("fine3@remote.example.test")
    mta.stop()


@suite.case("the forms of keys, wrong ones included")
def keys(stack):
    for request, start in (
            ("recipient Unknown@Remote.Example.TEST", "OK 550 "), ("recipient x@gone.example.test", "OK 550 "),
            ("recipient annoyed@remote.example.test", "NOTFOUND "), ("recipient fine@remote.example.test", "NOTFOUND "),
            (f"recipient_sender annoyed@remote.example.test {SENDER}", "OK 550 "),
            (f"recipient_sender annoyed@remote.example.test {SHOP}", "OK 550 "),
            ("recipient_sender annoyed@remote.example.test other.example.test", "NOTFOUND "),
            ("recipient remote.example.test", "NOTFOUND "), ("aliases unknown@remote.example.test", "PERM ")):
        check(ask(stack, request).startswith(start), f"{request}: {ask(stack, request)}")


@suite.case("200 clients that stay, each asking in turn")
def many(stack):
    clients = [connect(stack.path if number % 2 else stack.inet) for number in range(200)]
    failed = []

    def go(part):
        for number in range(50):
            for client in part:
                listed = number % 2 == 0
                got = exchange(client, f"recipient {'unknown' if listed else f'free{number}'}@remote.example.test")
                if got.startswith("OK ") != listed:
                    failed.append(got)

    threads = [threading.Thread(target=go, args=(clients[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(failed, [], "wrong answers")
    for client in clients:
        client.close()


@suite.case("reload: a bad file changes nothing and says file and line; a good one is taken by clients that stay")
def reloads(stack):
    with connect(stack.path) as client:
        listener = stack.map.listeners[0]
        for mode, said in (("drop", "reload=refused"), ("log", "action=reloaded")):
            listener["mode"] = mode
            stack.map.write()
            mark = stack.map.log_mark()
            stack.map.process.signal(signal.SIGUSR1)
            stack.map.wait_log(said, mark)
            if mode == "drop":
                check("retour.yaml:" in stack.map.log_text(mark), "no file and line")
            got = exchange(client, "recipient unknown@remote.example.test")
            check(got.startswith("OK " if mode == "drop" else "NOTFOUND "), f"{mode}: {got}")
        del listener["mode"]
        stack.map.write()
        mark = stack.map.log_mark()
        stack.map.process.signal(signal.SIGUSR1)
        stack.map.wait_log("action=reloaded", mark)


@suite.case("sub-addressing: what the database's rules call one mailbox is refused in every spelling, by the filter as well")
def spellings(stack):
    stack.postgres.psql("SELECT subaddressing_set('{dots.example.test}', '{t}', '{+}', 'test')")
    stack.retour.cli("blacklist", "add", "a.b+c@dots.example.test", "--reason", "listed by the test")
    for spelling in ("ab", "a.b+c", "a.b+x"):
        wait_until(lambda: ask(stack, f"recipient {spelling}@dots.example.test").startswith("OK 550 5.7.1 "), spelling)
    equal(ask(stack, "recipient abc@dots.example.test"), "NOTFOUND ", "somebody else")
    # switched off what is listed stays, and what comes is as it is written
    stack.postgres.psql("SELECT subaddressing_set('{}', '{}', '{}', 'test')")
    stack.retour.cli("blacklist", "add", "n.e.w@dots.example.test", "--reason", "listed by the test")
    wait_until(lambda: ask(stack, "recipient n.e.w@dots.example.test").startswith("OK 550 5.7.1 "), "the new entry")
    equal(ask(stack, "recipient new@dots.example.test"), "NOTFOUND ", "another spelling of it")
    check(ask(stack, "recipient a.b+y@dots.example.test").startswith("OK 550 5.7.1 "), "an entry of that time")


@suite.case("Redis away: PostgreSQL answers; both away: what the settings say, and answers again when they are back")
def stores_away(stack):
    stack.redis.stop()
    check(ask(stack, "recipient unknown@remote.example.test").startswith("OK 550 "), "without Redis")
    stack.postgres.stop()
    try:
        equal(ask(stack, "recipient unknown@remote.example.test"), "NOTFOUND ", "accept")
        check(ask(stack, "access To:unknown@remote.example.test", stack.inet).startswith("TEMP "), "tempfail")
    finally:
        stack.postgres.restart()
        stack.redis.start()
    wait_until(lambda: ask(stack, "access To:unknown@remote.example.test", stack.inet).startswith("OK ERROR:5.7.1:\"550 "),
               "answers again", 30)


@suite.case("stopping: silent clients are not waited for, the socket is free at once, Postfix asks the next instance")
def restarts(stack):
    silent = connect(stack.path)
    exchange(silent, "recipient somebody@remote.example.test")  # accepted, by now
    equal(stack.map.stop(), 0, "exit status")
    equal(silent.recv(1), b"", "end of the connection")
    silent.close()
    check(not os.path.exists(stack.path), "the socket file is still there")
    stack.map.start()
    check(ask(stack, "recipient unknown@remote.example.test").startswith("OK 550 "), "after a restart")
    equal(deliver(stack, "recipient", ["unknown@remote.example.test"]).code, 550, "Postfix after a restart")


@suite.case("a second instance on the same sockets is refused; a bad configuration has exit status 78")
def second_instance(stack):
    second = run([stack.retour.program("retour-map"), "--config", stack.map.config], ok=None, timeout=20)
    equal(second.returncode, 69, "exit status")
    check(stack.path in second.stdout, second.stdout)
    check(ask(stack, "recipient unknown@remote.example.test").startswith("OK 550 "), "the first one")
    stack.map.listeners[0]["mode"] = "discard"
    done = stack.map.check()
    del stack.map.listeners[0]["mode"]
    stack.map.write()
    equal(done.returncode, 78, "exit status")
    check("retour.yaml:" in done.stdout and "cannot discard for one recipient" in done.stdout, done.stdout)


if __name__ == "__main__":
    suite.main(asking_site)
