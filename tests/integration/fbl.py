#!/usr/bin/python3
"""retour-fbl on a real Dovecot over TLS and a Maildir: every report once, nobody else's mail touched, whatever breaks."""

import base64
import glob
import http.server
import imaplib
import json
import os
import random
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.lab import wait_until  # noqa: E402
from lab.retour import Fbl  # noqa: E402
from lab.stack import started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()


def garbage(number):
    """Says that it is a report, and nothing in it can be read."""
    return mails.crlf(f"""
From: <mailer-daemon@garbage.example.test>
To: <fbl@fbl.example.test>
Subject: torn {number}
Message-ID: <{mails.message_id()}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="torn"

--torn
Content-Type: application/octet-stream

{"x" * random.randrange(10, 2000)}
--torn--
""")


class Mixture:
    """Reports, ordinary mail with flags, and garbage, in random order."""

    def __init__(self, name, count=120):
        self.reports, self.letters, self.items = [], {}, []
        for number in range(count):
            kind = random.choice(("report", "report", "letter", "garbage") if number > 3 else ("report", "letter", "garbage"))
            address = f"{name}{number}@remote.example.test"
            if kind == "report":
                original = mails.Original(address)
                self.reports.append(address)
                make = random.choice((mails.postfix_dsn, mails.exchange_dsn, mails.complaint, mails.gmail_dsn))
                self.items.append((make(original), ""))
            elif kind == "letter":
                flags = random.choice(("", r"\Seen", r"\Flagged", r"\Seen \Answered", "$Label1"))
                mail = mails.letter(f"{name}{number}@people.example.test", "fbl@fbl.example.test", subject=f"{name} {number}")
                self.letters[f"{name} {number}"] = flags
                self.items.append((mail, flags))
            else:
                self.items.append((garbage(f"{name}{number}"), ""))
        self.garbage = count - len(self.reports) - len(self.letters)


class Box:
    """One user's mailbox, seen by a person's mail program."""

    def __init__(self, stack, user):
        self.stack, self.user = stack, user

    def session(self):
        context = ssl.create_default_context(cafile=self.stack.dovecot.ca)
        session = imaplib.IMAP4_SSL(self.stack.lab.address, self.stack.dovecot.imaps_port, ssl_context=context, timeout=20)
        session.login(self.user, PASSWORD)
        return session

    def put(self, items, session=None):
        own = session or self.session()
        for mail, flags in items:
            answer, text = own.append("INBOX", f"({flags})" if flags else None, None, mail)
            equal(answer, "OK", f"APPEND: {text}")
        if session is None:
            own.logout()

    def put_all(self, items, deadline=60):
        """Goes on where it was when the server goes away meanwhile."""
        left, end = list(items), time.monotonic() + deadline
        session = None
        while left:
            try:
                session = session or self.session()
                self.put(left[:1], session)
                left.pop(0)
            except (OSError, imaplib.IMAP4.error):
                check(time.monotonic() < end, "the mailbox takes no mail")
                session = None
                time.sleep(0.2)

    def subjects(self, folder="INBOX"):
        """Subject -> flags."""
        session = self.session()
        answer, _ = session.select(folder, readonly=True)
        found = {}
        if answer == "OK":
            _, data = session.fetch("1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            for part in data or []:
                if isinstance(part, tuple):
                    flags = {flag.decode() for flag in imaplib.ParseFlags(part[0])} - {r"\Recent"}
                    found[part[1].decode().partition(":")[2].strip()] = flags
        session.logout()
        return found

    def count(self, folder):
        session = self.session()
        answer, data = session.select(folder, readonly=True)
        session.logout()
        return int(data[0]) if answer == "OK" else 0


def settings(stack, user, **more):
    password = stack.lab.path("mailbox-password")
    if not os.path.exists(password):
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
    return {"name": user, "host": stack.lab.address, "port": stack.dovecot.imaps_port, "ca_file": stack.dovecot.ca,
            "user": user, "password_file": password, "handled": "Handled", "unreadable": "Quarantine", "poll": "2s",
            "timeout": "3s", **more}


class running:
    """with running(stack, mailbox settings...) as fbl."""

    def __init__(self, stack, *mailboxes, name="fbl"):
        self.fbl = Fbl(stack.retour, list(mailboxes), name)

    def __enter__(self):
        return self.fbl.start()

    def __exit__(self, problem, *_):
        if problem is None:
            self.fbl.stop()
        self.fbl.kill()


def peak_memory(fbl):
    """In KiB."""
    with open(f"/proc/{fbl.process.pid}/status", encoding="ascii") as status:
        peak = int(status.read().partition("VmHWM:")[2].split()[0])
    print(f"# peak memory: {peak // 1024} MiB")
    return peak


def events(stack, name):
    return stack.events(f"recipient LIKE '{name}%@remote.example.test'")


def wait_events(stack, name, count, deadline=60):
    wait_until(lambda: events(stack, name) >= count, f"{count} events of {name}", deadline)


def verify(stack, box, name, mixture, exact=True):
    """Every report once and moved, ordinary mail as it was, garbage aside."""
    wait_events(stack, name, len(mixture.reports))
    wait_until(lambda: box.count("INBOX") == len(mixture.letters), f"nothing but ordinary mail in {box.user}", 60)
    equal(events(stack, name), len(mixture.reports), f"events of {name}")
    found = box.subjects()
    equal(set(found), set(mixture.letters), "ordinary mail in INBOX")
    for subject, flags in mixture.letters.items():
        equal(found[subject], set(flags.split()), f"flags of '{subject}'")
    for folder, count in (("Handled", len(mixture.reports)), ("Quarantine", mixture.garbage)):
        equal(box.count(folder), count, f"mails in {folder}") if exact else check(box.count(folder) >= count, folder)


@suite.case("reports, ordinary mail and garbage that arrive while it reads: each as it should be")
def mixture_case(stack):
    count = int(os.environ.get("RETOUR_FBL_MESSAGES", "400"))
    box, mixture = Box(stack, "mixed"), Mixture("mixed", count)
    box.put(mixture.items[:count // 2])
    with running(stack, settings(stack, "mixed")) as fbl:
        box.put(mixture.items[count // 2:])
        verify(stack, box, "mixed", mixture)
        peak_memory(fbl)
        check("ERROR" not in fbl.log_text(), "an error in the log")
        equal(fbl.stop(), 0, "exit status")


@suite.case("STARTTLS")
def starttls(stack):
    box, mixture = Box(stack, "starttls"), Mixture("starttls", 20)
    box.put(mixture.items)
    with running(stack, settings(stack, "starttls", port=stack.dovecot.imap_port, tls="starttls")):
        verify(stack, box, "starttls", mixture)


@suite.case("IDLE: a report is recorded within moments although the poll is ten minutes away")
def idle(stack):
    box = Box(stack, "idle")
    with running(stack, settings(stack, "idle", poll="10m")) as fbl:
        fbl.wait_log("state=reading")
        for number in range(4):
            time.sleep(0.3)
            began = time.monotonic()
            box.put([(mails.complaint(mails.Original(f"idle{number}@remote.example.test")), "")])
            wait_events(stack, "idle", number + 1, 20)
            print(f"# delivered to recorded: {time.monotonic() - began:.2f} s")


@suite.case("kill -9 at ten random moments: every report once")
def killed(stack):
    box, mixture = Box(stack, "killed"), Mixture("killed", 300)
    feeder = threading.Thread(target=box.put_all, args=(mixture.items,))
    feeder.start()
    fbl = Fbl(stack.retour, [settings(stack, "killed")])
    for _ in range(10):
        fbl.start()
        time.sleep(random.uniform(0.0, 0.5))
        fbl.kill()
    fbl.start()
    feeder.join()
    try:
        verify(stack, box, "killed", mixture)
        equal(fbl.log_text().count("alarm="), 0, "alarms")
    finally:
        fbl.kill()


@suite.case("Dovecot frozen past the timeout and restarted twice: every report once, and it is noticed")
def server_away(stack):
    box, mixture = Box(stack, "away"), Mixture("away", 90)
    with running(stack, settings(stack, "away")) as fbl:
        box.put(mixture.items[:30])
        wait_until(lambda: events(stack, "away") > 0, "reading to begin")
        pids = frozen(stack)
        try:
            fbl.wait_log("no answer in time")
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        for part in (mixture.items[30:45], mixture.items[45:60]):
            stack.dovecot.stop()
            stack.dovecot.start()
            box.put_all(part)
        box.put_all(mixture.items[60:])
        verify(stack, box, "away", mixture)


def frozen(stack):
    """All processes of Dovecot stand still; returns them."""
    done = subprocess.run(["pgrep", "-g", str(os.getpgid(stack.dovecot.process.pid))], capture_output=True, text=True,
                          check=False)
    pids = [int(pid) for pid in done.stdout.split()]
    check(len(pids) > 2, f"Dovecot's processes: {pids}")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


@suite.case("UIDVALIDITY changes: the folder is read again, nothing counts twice")
def uidvalidity(stack):
    box, mixture = Box(stack, "validity"), Mixture("validity", 30)
    keep = settings(stack, "validity", handled="leave", unreadable="leave")
    box.put(mixture.items)
    with running(stack, keep) as fbl:
        wait_events(stack, "validity", len(mixture.reports))
        fbl.stop()
    equal(box.count("INBOX"), 30, "all left in place")
    for path in glob.glob(f"{stack.dovecot.mail}/validity/dovecot*uid*"):
        os.unlink(path)
    for path in glob.glob(f"{stack.dovecot.mail}/validity/dovecot.index*"):
        os.unlink(path)
    time.sleep(1.1)  # UIDVALIDITY is the second in which it was made
    with running(stack, keep) as fbl:
        fbl.wait_log("action=read-again")
        def recorded():
            return [line for line in fbl.log_text().splitlines() if "id=validity/" in line and "outcome=recorded" in line]
        wait_until(lambda: len(recorded()) == 2 * len(mixture.reports), "all to be read again")
        equal(events(stack, "validity"), len(mixture.reports), "events")
    equal(box.count("INBOX"), 30, "all left in place")


@suite.case("PostgreSQL is away: nothing is moved, then every report once")
def database_away(stack):
    box, mixture = Box(stack, "database"), Mixture("database", 60)
    with running(stack, settings(stack, "database")) as fbl:
        box.put(mixture.items[:20])
        wait_events(stack, "database", 1)
        stack.postgres.kill()
        try:
            before = box.count("INBOX")
            box.put(mixture.items[20:])
            fbl.wait_log("error=")
            time.sleep(1)
            equal(box.count("INBOX"), before + 40, "mails in INBOX while the database is away")
        finally:
            stack.postgres.restart()
        verify(stack, box, "database", mixture, exact=False)


def bounces(name, numbers):
    return [(mails.postfix_dsn(mails.Original(f"{name}-{number}@remote.example.test")), "") for number in numbers]


@suite.case("two readers on two mailboxes: each is read by one, and taken over when that one is killed")
def two_readers(stack):
    first, second = Box(stack, "pair1"), Box(stack, "pair2")
    both = (settings(stack, "pair1"), settings(stack, "pair2"))
    with running(stack, *both, name="one") as one, running(stack, *both, name="two") as two:
        two.wait_log("state=waiting")
        for name, box in (("pair1", first), ("pair2", second)):
            box.put(bounces(name, range(20)))
            wait_events(stack, name, 20)
        logs = one.log_text() + two.log_text()
        equal(logs.count("outcome=recorded"), 40, "reports read by both together")
        one.kill()
        for name, box in (("pair1", first), ("pair2", second)):
            box.put(bounces(name, range(20, 30)))
            wait_events(stack, name, 30, 15)
            wait_until(lambda box=box: box.count("INBOX") == 0, "the mailbox to be empty")
            equal(box.count("Handled"), 30, "moved")


@suite.case("a Maildir: reports are moved after their commit, other mail keeps place and flags; kill -9 meanwhile")
def maildir(stack):
    folder = stack.lab.folder("maildir", owner=stack.retour.user)
    for part in ("new", "cur", "tmp"):
        stack.lab.folder("maildir", part, owner=stack.retour.user)
    mixture = Mixture("maildir", 120)
    expected, letters = len(mixture.reports), set()

    def put(number, mail, flags):
        place = f"cur/{number}.lab:2,S" if flags else f"new/{number}.lab"
        with open(f"{folder}/tmp/{number}", "wb") as file:
            file.write(mail)
        os.chmod(f"{folder}/tmp/{number}", 0o644)
        if b"Subject: maildir" in mail:
            letters.add(place)
        os.rename(f"{folder}/tmp/{number}", f"{folder}/{place}")

    box = {"name": "maildir", "maildir": folder, "handled": "Handled", "unreadable": "Quarantine", "poll": "1s"}
    fbl = Fbl(stack.retour, [box])
    for number, (mail, flags) in enumerate(mixture.items):
        if number % 30 == 0:
            fbl.kill()
            fbl.start()
        put(number, mail, flags)
    try:
        wait_events(stack, "maildir", expected)
        wait_until(lambda: {os.path.relpath(path, folder) for part in ("new", "cur") for path in glob.glob(f"{folder}/{part}/*")}
                   == letters, "nothing but ordinary mail, where it was")
        equal(events(stack, "maildir"), expected, "events")
        equal(len(glob.glob(f"{folder}/.Handled/cur/*")), expected, "handled")
        equal(len(glob.glob(f"{folder}/.Quarantine/cur/*")), mixture.garbage, "in quarantine")
        # one that may not be read is told of, stays, and is read as soon as it may be
        locked = f"{folder}/new/locked.lab"
        with open(f"{folder}/tmp/locked", "wb") as file:
            file.write(bounces("maildir", range(9000, 9001))[0][0])
        os.chmod(f"{folder}/tmp/locked", 0)
        mark = fbl.log_mark()
        os.rename(f"{folder}/tmp/locked", locked)
        fbl.wait_log("unreadable=1 error=", mark)
        check(os.path.exists(locked), "the file that cannot be read is gone")
        os.chmod(locked, 0o644)
        wait_events(stack, "maildir", expected + 1)
    finally:
        fbl.kill()


@suite.case("a message that was begun too often is set aside with an alarm, the rest goes on; suspects are tried alone")
def poisonous(stack):
    box = Box(stack, "poison")
    keep = settings(stack, "poison", tries=3)
    with running(stack, keep) as fbl:
        fbl.wait_log("state=reading")
        box.put(bounces("poison", range(1)))
        wait_events(stack, "poison", 1)
        wait_until(lambda: box.count("Handled") == 1, "the first to be moved")
        fbl.stop()
    box.put(bounces("poison", range(1, 6)))
    # as if the program had died three times over the first and twice over the second
    stack.postgres.psql("UPDATE mailbox_folders SET tried_uids = '{2,3}', tries = '{3,2}' WHERE mailbox LIKE 'imap:poison@%'")
    with running(stack, keep) as fbl:
        fbl.wait_log("uid=2 alarm=poisonous tries=3 action=set-aside")
        wait_events(stack, "poison", 5)
        wait_until(lambda: box.count("INBOX") == 0, "the rest to be moved")
        equal((box.count("Handled"), box.count("Quarantine")), (5, 1), "handled and set aside")
        mark = "SELECT last_uid, tried_uids FROM mailbox_folders WHERE mailbox LIKE 'imap:poison@%'"
        wait_until(lambda: stack.postgres.psql(mark) == "6|{}", "the mark to be at the end")


@suite.case("a report that can never be recorded is tried again and set aside with an alarm, once others went through")
def never_recorded(stack):
    boxes = [Box(stack, user) for user in ("lone", "others")]
    stack.postgres.psql("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                        " $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '57014'; END $$;"
                        "CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW"
                        " WHEN (NEW.recipient = 'lone-0@remote.example.test') EXECUTE FUNCTION refuse()")
    boxes[0].put(bounces("lone", range(1)))
    with running(stack, *(settings(stack, box.user, tries=3, poll="1s") for box in boxes)) as fbl:
        for _ in range(3):
            told = fbl.log_text().count("mailbox=lone error=")
            wait_until(lambda told=told: fbl.log_text().count("mailbox=lone error=") > told, "another try")
        equal(boxes[0].count("INBOX"), 1, "in INBOX while nothing shows that the database is well")
        for number in range(200):
            if "mailbox=lone folder=INBOX uid=1 alarm=" in fbl.log_text():
                break
            boxes[1].put(bounces("others", [number]))
            time.sleep(0.3)
        fbl.wait_log("mailbox=lone folder=INBOX uid=1 alarm=poisonous tries=3 action=set-aside")
        wait_until(lambda: boxes[0].count("Quarantine") == 1, "the report to be set aside")
        wait_events(stack, "others", number)
    stack.postgres.psql("DROP FUNCTION refuse CASCADE")
    equal(events(stack, "lone"), 0, "events of the one that was refused")


@suite.case("a folder that is not there, or takes nothing, holds up no other of its mailbox")
def broken_folder(stack):
    box = Box(stack, "broken")
    keep = settings(stack, "broken", folders=["INBOX", "Missing"])
    with running(stack, keep) as fbl:
        fbl.wait_log("mailbox=broken folder=Missing error=")
        box.put(bounces("broken", range(2)))
        wait_events(stack, "broken", 2)
        wait_until(lambda: box.count("Handled") == 2, "the reports to be moved")
        check("mailbox=broken error=" not in fbl.log_text(), "the mailbox itself failed")
        session = box.session()
        session.create("Missing")
        session.logout()
        fbl.wait_log("mailbox=broken folder=Missing state=recovered", 60)
    with running(stack, settings(stack, "broken", name="broken-first", folders=["Absent", "INBOX"])) as fbl:
        fbl.wait_log("mailbox=broken-first folder=Absent error=")
        box.put(bounces("broken", range(2, 4)))
        wait_events(stack, "broken", 4)


@suite.case("a server with UIDPLUS and no MOVE: copied, flagged, and that message alone expunged; with neither nothing is moved")
def without_move(stack):
    report = mails.postfix_dsn(mails.Original("without1@remote.example.test"))
    heard = {"UIDPLUS": [], "": []}

    def fetch_answer(connection, tag):
        connection.sendall(b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n" % len(report) + report + b")\r\n" + tag + b" OK done\r\n")
        return True

    def script(extra):
        return lambda c: speak(c, fetch_answer, capability=b"IMAP4rev1 AUTH=PLAIN " + extra.encode(), heard=heard[extra])

    boxes = [settings(stack, "without", name=f"without-{extra}", port=Hostile(stack, script(extra)).port, tls="none")
             for extra in heard]
    with running(stack, *boxes) as fbl:
        wait_until(lambda: any(b"EXPUNGE" in line for line in heard["UIDPLUS"]), "the message to be expunged")
        fbl.wait_log("the server offers neither MOVE nor UIDPLUS")
    moves = [line for line in heard["UIDPLUS"] if line.startswith((b"UID COPY", b"UID STORE", b"UID EXP", b"EXP"))][:3]
    equal(moves, [b'UID COPY 1 "Handled"', b"UID STORE 1 +FLAGS.SILENT (\\Deleted)", b"UID EXPUNGE 1"], "commands")
    check(not any(b"STORE" in line or b"EXPUNGE" in line for line in heard[""]), "something was changed")
    equal(events(stack, "without"), 1, "events")


# Servers that lie


class Hostile:
    """A server of one connection after the other; script(connection) says what it does once it is connected."""

    def __init__(self, stack, script):
        self.listener = socket.create_server((stack.lab.address, 0))
        self.port = self.listener.getsockname()[1]
        self.script = script
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
                with connection:
                    connection.settimeout(20)
                    self.script(connection)
            except OSError:
                if self.listener.fileno() < 0:
                    return


def speak(connection, fetch_answer, capability=b"IMAP4rev1 MOVE AUTH=PLAIN", heard=None):
    """Enough IMAP for a reader to come to its first FETCH, which fetch_answer(connection, tag) answers; true: go on."""
    connection.sendall(b"* OK ready\r\n")
    stream = connection.makefile("rb")
    for line in stream:
        tag, _, command = line.strip().partition(b" ")
        answers = {b"CAPAB": b"* CAPABILITY " + capability + b"\r\n", b"SELEC": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n",
                   b"UID S": b"* SEARCH 1\r\n" if b"SEARCH" in command else b""}
        if command == b"AUTHENTICATE PLAIN":
            connection.sendall(b"+ \r\n")
            next(stream)
        if heard is not None:
            heard.append(command)
        if command.startswith(b"UID FETCH"):
            if not fetch_answer(connection, tag):
                return
            continue
        connection.sendall(answers.get(command[:5], b"") + tag + b" OK done\r\n")


def drip(connection, *_):
    for octet in b"* OK " + b"x" * 1000:
        connection.sendall(bytes([octet]))
        time.sleep(0.2)


LIES = [
    ("a literal of 4 GB", lambda c: speak(c, lambda c, tag: c.sendall(b"* 1 FETCH (UID 1 BODY[] {4294967295}\r\n")),
     "announces a literal"),
    ("a literal that ends early", lambda c: speak(c, lambda c, tag: c.sendall(b"* 1 FETCH (UID 1 BODY[] {5000}\r\nabc")),
     "closed the connection"),
    ("lists nested 100,000 deep", lambda c: speak(c, lambda c, tag: c.sendall(b"* 1 FETCH " + b"(" * 100000)), "nested too deep"),
    ("garbage", lambda c: speak(c, lambda c, tag: c.sendall(os.urandom(50) + b"\0\1\r\n" * 100)), "does not speak IMAP"),
    ("garbage as greeting", lambda c: c.sendall(b"\x16\x03\x01 what\r\n" * 50), "error="),
    ("a drip as greeting", drip, "imed out"),
    ("a drip in a FETCH", lambda c: speak(c, drip), "no answer in time"),
    ("a line without end", lambda c: speak(c, lambda c, tag: c.sendall(b"* OK " + b"x" * 9000000)), "a line without end"),
    ("BYE", lambda c: speak(c, lambda c, tag: c.sendall(b"* BYE go away\r\n")), "ends the session"),
]


@suite.case("servers that lie: each is refused or bounded, with one clear line")
def hostile(stack):
    servers = [Hostile(stack, script) for _, script, _ in LIES]
    boxes = [settings(stack, "liar", name=f"liar{number}", port=server.port, tls="none", handled="leave", unreadable="leave")
             for number, server in enumerate(servers)]
    with running(stack, *boxes) as fbl:
        for number, (what, _, text) in enumerate(LIES):
            def said(number=number, text=text):
                return [line for line in fbl.log_text().splitlines() if f"mailbox=liar{number} error=" in line and text in line]
            wait_until(said, f"{what}: a line with '{text}'", 20, watch=fbl.process)
            print(f"# {what}: {said()[0].partition('error=')[2][:120]}")
        check(peak_memory(fbl) < 400 * 1024, "more than 400 MiB were used")
    for server in servers:
        server.listener.close()


def certificate(stack, name, days, subject, ca=True):
    """Files of a key and a certificate, by the lab's CA or by itself."""
    tls = stack.lab.folder("liar-tls")
    key, request, made, extensions = (f"{tls}/{name}.{ending}" for ending in ("key", "csr", "pem", "ext"))
    with open(extensions, "w", encoding="ascii") as file:
        file.write(f"subjectAltName={subject}\n")
    subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
                    "-out", request, "-subj", "/CN=liar"], check=True, capture_output=True)
    sign = ["-signkey", key]
    if ca:
        sign = ["-CA", stack.dovecot.ca, "-CAkey", stack.lab.path("dovecot/tls/ca.key"), "-CAcreateserial"]
    subprocess.run(["openssl", "x509", "-req", "-in", request, *sign, "-days", str(days), "-extfile", extensions, "-out", made],
                   check=True, capture_output=True)
    return made, key


@suite.case("wrong host name, unknown CA, expired certificate, STARTTLS stripped: no password is said")
def wrong_tls(stack):
    heard = []

    def over_tls(made, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made, key)

        def script(connection):
            with context.wrap_socket(connection, server_side=True) as secure:
                secure.sendall(b"* OK ready\r\n")
                heard.extend(line for line in [secure.recv(1000)] if line)
        return script

    def stripped(connection):
        connection.sendall(b"* OK ready\r\n")
        for line in connection.makefile("rb"):
            tag, _, command = line.strip().partition(b" ")
            if not command.upper().startswith((b"CAPABILITY", b"LOGOUT")):
                heard.append(command)
            connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK done\r\n")

    address = f"IP:{stack.lab.address}"
    cases = [
        ("host", over_tls(*certificate(stack, "host", 5, "DNS:other.example.test")), "implicit", "match"),
        ("ca", over_tls(*certificate(stack, "ca", 5, address, ca=False)), "implicit", "certificate"),
        ("expired", over_tls(*certificate(stack, "expired", -1, address)), "implicit", "expired"),
        ("stripped", stripped, "starttls", "STARTTLS"),
    ]
    boxes = [settings(stack, "liar", name=name, port=Hostile(stack, script).port, tls=tls) for name, script, tls, _ in cases]
    with running(stack, *boxes) as fbl:
        for name, _, _, text in cases:
            def said(name=name, text=text):
                return [line for line in fbl.log_text().splitlines() if f"mailbox={name} error=" in line and text in line]
            wait_until(said, f"{name}: '{text}'", 20)
            print(f"# {said()[0].partition('warning: ')[2][:200]}")
    equal(heard, [], "heard by the servers")


class TokenServer:
    """answers: what each request gets, the last one for ever; asked: the forms that came."""

    def __init__(self, stack, answers, identity=None):
        self.answers, self.asked = answers, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                outer.asked.append({key: values[0] for key, values in form.items()})
                status, answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*(identity or certificate(stack, "token", 5, f"IP:{stack.lab.address}")))
        self.server = http.server.ThreadingHTTPServer((stack.lab.address, 0), Handler)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://{stack.lab.address}:{self.server.server_port}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def oauth_imap(stack, mechanism, good, seen, sessions):
    """Takes the tokens in good alone; ends the session after the first SEARCH as often as sessions says."""
    def script(connection):
        connection.sendall(b"* OK ready\r\n")
        stream = connection.makefile("rb")
        for line in stream:
            tag, _, command = line.strip().partition(b" ")
            if command.startswith(b"AUTHENTICATE " + mechanism + b" "):
                said = base64.b64decode(command.split()[2])
                seen.append(said)
                if not any(b"auth=Bearer " + token + b"\1\1" in said for token in good):
                    connection.sendall(b"+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")
                    next(stream)
                    connection.sendall(tag + b" NO [AUTHENTICATIONFAILED] no\r\n")
                    continue
            answers = {b"CAPAB": b"* CAPABILITY IMAP4rev1 SASL-IR MOVE\r\n",
                       b"SELEC": b"* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n"}
            connection.sendall(answers.get(command[:5], b"") + tag + b" OK done\r\n")
            if command.startswith(b"UID SEARCH") and sessions and sessions.pop():
                connection.sendall(b"* BYE your token has expired\r\n")
                return
    return Hostile(stack, script)


def secret(stack, name, text):
    path = os.path.join(stack.lab.folder("secrets", owner=stack.retour.user), name)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, 0o644)
    return path


@suite.case("OAuth: tokens are kept, replaced when refused, refresh tokens rotate; invalid_grant is an alarm and no storm")
def oauth(stack):
    rotating = TokenServer(stack, [(200, {"access_token": "a1", "refresh_token": "r1", "expires_in": 3600}),
                                   (200, {"access_token": "a2", "refresh_token": "r2", "expires_in": 3600})])
    client = TokenServer(stack, [(500, {}), (200, {"access_token": "c1", "expires_in": 3600})])
    refused = TokenServer(stack, [(400, {"error": "invalid_grant"})])
    good, seen, bearer = [b"a1"], [], []
    first = oauth_imap(stack, b"XOAUTH2", good, seen, [True] * 6)
    second = oauth_imap(stack, b"OAUTHBEARER", [b"c1"], bearer, [])
    third = oauth_imap(stack, b"XOAUTH2", [], [], [])
    kept = secret(stack, "refresh", "r0\n")

    def box(name, server, tokens, auth, **more):
        return {"name": name, "host": stack.lab.address, "port": server.port, "tls": "none", "user": "u@example.test",
                "auth": auth, "timeout": "3s", "poll": "1s",
                "oauth": {"token_url": tokens.url, "client_id": "me", "ca_file": stack.dovecot.ca, **more}}

    boxes = [box("rotating", first, rotating, "xoauth2", refresh_token_file=kept),
             box("client", second, client, "oauthbearer", client_secret_file=secret(stack, "client", "s&cret="), scope="x y"),
             box("refused", third, refused, "xoauth2", refresh_token_file=secret(stack, "old", "gone"))]
    with running(stack, *boxes) as fbl:
        fbl.wait_log("mailbox=refused alarm=login-revoked")
        fbl.wait_log("mailbox=rotating error=")  # BYE; the token that is kept serves again
        wait_until(lambda: len(seen) >= 2, "a second login")
        equal(len(rotating.asked), 1, "requests while the token is good")
        good[0] = b"a2"  # revoked before its time: the next session asks for another one
        wait_until(lambda: any(b"Bearer a2" in said for said in seen), "a login with the second token")
        with open(kept, encoding="ascii") as file:
            equal(file.read(), "r2", "the refresh token that is kept")
        equal([form["refresh_token"] for form in rotating.asked], ["r0", "r1"], "refresh tokens")
        wait_until(lambda: bearer, "a login with OAUTHBEARER")
        equal(client.asked[1], {"grant_type": "client_credentials", "client_id": "me", "client_secret": "s&cret=",
                                "scope": "x y"}, "the form of client credentials")
        check(bearer[0].startswith(b"n,a=u@example.test,\1host="), f"said {bearer[0]}")
        equal(len(refused.asked), 1, "requests after invalid_grant")
        fbl.process.signal(signal.SIGUSR1)
        wait_until(lambda: len(refused.asked) == 2, "a request after the reload")
        for word in ("a1", "a2", "c1", "s&cret", "r1"):
            check(f"Bearer {word}" not in fbl.log_text() and f"={word}" not in fbl.log_text(), f"'{word}' in the log")


@suite.case("OAuth: a token server with a wrong host name or an unknown CA is told no secret")
def false_token_server(stack):
    cases = {"name": (certificate(stack, "token-name", 5, "DNS:other.example.test"), "match"),
             "ca": (certificate(stack, "token-ca", 5, f"IP:{stack.lab.address}", ca=False), "certificate")}
    servers = {name: TokenServer(stack, [(200, {"access_token": "a", "expires_in": 3600})], identity)
               for name, (identity, _) in cases.items()}
    heard = []
    boxes = [{"name": name, "host": stack.lab.address, "tls": "none",
              "port": oauth_imap(stack, b"XOAUTH2", [b"a"], heard, []).port,
              "user": "u@example.test", "auth": "xoauth2", "timeout": "3s", "poll": "1s",
              "oauth": {"token_url": server.url, "client_id": "me", "ca_file": stack.dovecot.ca,
                        "refresh_token_file": secret(stack, "false-" + name, "r0")}} for name, server in servers.items()]
    with running(stack, *boxes) as fbl:
        for name, (_, text) in cases.items():
            wait_until(lambda name=name, text=text: any(f"mailbox={name} error=" in line and text in line
                                                        for line in fbl.log_text().splitlines()), f"{name}: '{text}'", 20)
    equal([server.asked for server in servers.values()], [[], []], "told to the servers")
    equal(heard, [], "logins")


@suite.case("a wrong password waits for a person, and disturbs no other mailbox; a reload with a mistake changes nothing")
def wrong_password(stack):
    box = Box(stack, "good")
    wrong = stack.lab.path("wrong-password")
    with open(wrong, "w", encoding="ascii") as file:
        file.write("not-this-one\n")
    with running(stack, settings(stack, "bad", password_file=wrong), settings(stack, "good")) as fbl:
        fbl.wait_log("mailbox=bad error=")
        box.put([(mails.complaint(mails.Original("good1@remote.example.test")), "")])
        wait_events(stack, "good", 1)
        check("not-this-one" not in fbl.log_text() and PASSWORD not in fbl.log_text(), "a password in the log")
        fbl.mailboxes[0]["hots"] = "typo"
        fbl.write()
        fbl.process.signal(signal.SIGUSR1)
        fbl.wait_log("unknown key 'hots'")
        box.put([(mails.complaint(mails.Original("good2@remote.example.test")), "")])
        wait_events(stack, "good", 2)
        fbl.mailboxes.pop(0)
        fbl.write()
        fbl.process.signal(signal.SIGUSR1)
        fbl.wait_log("action=reloaded mailboxes=1")
        box.put([(mails.complaint(mails.Original("good3@remote.example.test")), "")])
        wait_events(stack, "good", 3)


@suite.case("counters equal events, and each event has its own key")
def sums(stack):
    equal(stack.counted(), stack.events(), "counters against events")
    equal(stack.postgres.number("SELECT count(DISTINCT key) FROM events"), stack.events(), "keys against events")


class prepared(started):
    """The database is migrated, no milter runs."""

    def __enter__(self):
        from lab.retour import Retour
        stack = super().__enter__()
        try:
            stack.retour = Retour(stack.lab, stack.postgres, stack.redis)
            stack.retour.migrate()
            open(stack.retour.log, "a", encoding="ascii").close()
            os.chmod(stack.dovecot.ca, 0o644)
        except BaseException:
            self.lab.close()
            raise
        return stack


if __name__ == "__main__":
    suite.main(lambda: prepared("stores", "mailboxes"))
