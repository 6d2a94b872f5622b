#!/usr/bin/python3
"""What strangers may try, by SMTP and into a mailbox: forged, stolen, replayed and mass-produced reports list nobody."""

import base64
import hashlib
import json
import os
import re
import shutil
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp, tokens  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.lab import Skip, run, wait_until  # noqa: E402
from lab.process import Process  # noqa: E402
from lab.retour import Fbl  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, PEOPLE, started  # noqa: E402
from lab.tap import Suite, check, equal  # noqa: E402

suite = Suite()
REPLAYS = int(os.environ.get("RETOUR_TRUST_REPLAYS", "100"))
BACKSCATTER = int(os.environ.get("RETOUR_TRUST_BACKSCATTER", "1500"))
KEPT_PER_HOUR = int(os.environ.get("RETOUR_TRUST_KEPT", "600"))
SERVER = "mx.example.test"  # as our border calls itself in Authentication-Results
YAHOO = "feedback@arf.mail.yahoo.com"
DAY = 86400


class Ring:
    """Keys 1 (old, still good), 2 (signing) and 3 (retired: whoever stole it has its secret, we do not any more)."""

    def __init__(self, path, owner):
        self.secrets = {number: os.urandom(32) for number in (1, 2, 3)}
        stamp = "%Y-%m-%dT%H:%M:%SZ"
        now = time.time()
        with open(path, "w", encoding="ascii") as file:
            file.write("keys:\n")
            for number, days in ((2, 10), (1, 40), (3, 80)):
                made = time.strftime(stamp, time.gmtime(now - days * DAY))
                file.write(f"  - id: {number}\n    created: {made}\n    signs_from: {made}\n")
                if number == 3:
                    file.write(f"    retired: {time.strftime(stamp, time.gmtime(now - DAY))}\n")
                else:
                    file.write(f"    secret: {base64.b64encode(self.secrets[number]).decode()}\n")
        os.chmod(path, 0o600)
        shutil.chown(path, owner)

    def token(self, recipient, key=2, **options):
        return tokens.make(key, self.secrets[key], recipient, **options)


class Border:
    """opendkim where mail comes in: verifies, and removes results that came from outside in its name."""

    def __init__(self, lab):
        if not shutil.which("opendkim"):
            raise Skip("opendkim is not installed")
        self.lab = lab
        user = lab.user_for("nobody")
        lab.folder("border", owner=user)
        self.socket = lab.socket_path("border/socket")
        self.key, public = lab.path("border", "yahoo.pem"), lab.path("border", "yahoo.der")
        run(["openssl", "genrsa", "-out", self.key, "2048"], "a programme's key")
        run(["openssl", "rsa", "-in", self.key, "-pubout", "-outform", "DER", "-out", public], "its public half")
        with open(public, "rb") as file, open(lab.path("border", "keys"), "w", encoding="ascii") as keys:
            keys.write(f"lab._domainkey.arf.mail.yahoo.com v=DKIM1; k=rsa; p={base64.b64encode(file.read()).decode()}\n")
        with open(lab.path("border", "conf"), "w", encoding="ascii") as conf:
            conf.write(f"Mode v\nSocket local:{self.socket}\nUMask 000\nBackground no\nSyslog no\nAuthservID {SERVER}\n"
                       f"RemoveARFrom {SERVER}\nRemoveARAll yes\nAlwaysAddARHeader yes\nInternalHosts 192.0.2.254\n"
                       f"TestPublicKeys {lab.path('border', 'keys')}\n")
        self.process = Process("opendkim", ["opendkim", "-f", "-x", lab.path("border", "conf")],
                               lab.path("border", "log"), user=user)

    def start(self):
        self.process.start()
        wait_until(lambda: os.path.exists(self.socket), "opendkim's socket", watch=self.process)
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def sign(self, data):
        """RFC 6376, relaxed/simple, as arf.mail.yahoo.com."""
        head, _, body = data.partition(b"\r\n\r\n")
        signed = ("from", "to", "subject", "date", "message-id")
        fields = {}
        for line in re.split(rb"\r\n(?![ \t])", head):
            name, _, value = line.partition(b":")
            fields[name.strip().lower().decode()] = relaxed(name, value)
        body_hash = base64.b64encode(hashlib.sha256(body.rstrip(b"\r\n") + b"\r\n").digest()).decode()
        field = ("v=1; a=rsa-sha256; c=relaxed/simple; d=arf.mail.yahoo.com; s=lab; "
                 f"h={':'.join(signed)}; bh={body_hash}; b=")
        text = b"".join(fields[name] + b"\r\n" for name in signed) + relaxed(b"DKIM-Signature", field.encode())
        with open(self.lab.path("border", "to-sign"), "wb") as file:
            file.write(text)
        run(["openssl", "dgst", "-sha256", "-sign", self.key, "-out", self.lab.path("border", "signature"),
             self.lab.path("border", "to-sign")], "the signature")
        with open(self.lab.path("border", "signature"), "rb") as file:
            return f"DKIM-Signature: {field}{base64.b64encode(file.read()).decode()}\r\n".encode() + data


def relaxed(name, value):
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip()


class Original(mails.Original):
    """extra: more headers of the mail that comes back."""
    extra = ""

    def headers(self):
        return super().headers() + (f"\n{self.extra}" if self.extra else "")


def original(address, extra="", **fields):
    made = Original(address, **fields)
    made.extra = extra
    return made


def hidden(mail, address):
    """A complaint that names nobody."""
    return re.sub(rb"Original-Rcpt-To: [^\r]*\r\n", b"", mail).replace(address.encode(), b"redacted@redacted.invalid")


class Smtp:
    """To the bounce address, through our border."""
    name = "SMTP"

    def __init__(self, stack):
        self.stack = stack

    def address(self, token):
        return f"b-{token}@{BOUNCES}"

    def deliver(self, many):
        """many: (sender, token or "", mail). Returns when all are recorded."""
        where = self.stack.mx.where("bounces")
        results = smtp.deliver_many(where, [(sender, self.address(token or "x"), mail) for sender, token, mail in many], 10)
        refused = {(result.code, result.text) for result in results if not result.accepted}
        check(not refused, f"refused: {list(refused)[:3]}")


class Imap:
    """Through the same border into a mailbox that retour-fbl reads."""
    name = "IMAP"
    user = "trust"

    def __init__(self, stack):
        self.stack = stack
        self.sent = 0

    def address(self, token):
        return f"{self.user}+b-{token}@{PEOPLE}"

    def deliver(self, many):
        where = self.stack.mx.where("people")
        results = smtp.deliver_many(where, [(sender, self.address(token or "x"), mail) for sender, token, mail in many], 10)
        check(all(result.accepted for result in results), "the mailbox takes no mail")
        self.sent += len(many)
        wait_until(self.all_handled, f"{self.sent} mails to be handled", 120)

    def all_handled(self):
        folder = os.path.join(self.stack.dovecot.mail, self.user, ".Handled")
        found = sum(len(os.listdir(os.path.join(folder, part))) for part in ("new", "cur") if os.path.isdir(
            os.path.join(folder, part)))
        return found >= self.sent


def ways(function):
    """The same attempt by SMTP and by IMAP."""
    def run_all(stack):
        for way in (stack.by_smtp, stack.by_imap):
            function(stack, way, f"{function.__name__.replace('_', '-')}-{way.name.lower()}")
    return run_all


def unlisted(stack, address):
    equal(stack.listed(address), [], f"{address} is blacklisted for")


def judged(stack, address, evidence, proof=""):
    said = stack.postgres.psql(f"SELECT evidence || '|' || proof FROM events WHERE recipient = '{address}'")
    equal(said, f"{evidence}|{proof}", f"evidence of {address}")


def left(stack, address, token, domain="shop.example.test", message_id="", age=0):
    """Our record of a mail that left."""
    raw = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    stack.postgres.psql(
        "INSERT INTO sent (at, mail_key, recipient, message_id, sender_domain, provider, queue_id, sender, token) VALUES"
        f" (to_timestamp({int.from_bytes(raw[1:5], 'big')}), 0, '{address}', '{message_id}', '{domain}', 'example', '', '',"
        f" {int.from_bytes(raw[5:13], 'big', signed=True)})")


# What is real.

@suite.case("a bounce with its token in the envelope recipient lists the address, upper case or not")
@ways
def real_bounce(stack, way, name):
    for number, change in enumerate((str.lower, str.upper)):
        address = f"{name}{number}@remote.example.test"
        way.deliver([("", change(stack.ring.token(address)), mails.postfix_dsn(original(address)))])
        judged(stack, address, "signed", "token in the envelope recipient")
        equal(stack.listed(address), ["*"], "blacklisted for")
    stack.real += 2


@suite.case("a token of the old key, and tokens in what was returned, are proof as well")
@ways
def returned_tokens(stack, way, name):
    def unsubscribe(address):
        return f"List-Unsubscribe: <mailto:u-{stack.ring.token(address, purpose=tokens.UNSUBSCRIBE)}@{BOUNCES}>"

    for place, make in {
            "key": lambda address: (stack.ring.token(address, key=1), original(address)),
            "path": lambda address: ("", original(address, sender=f"b-{stack.ring.token(address)}@{BOUNCES}")),
            "list": lambda address: ("", original(address, unsubscribe(address)))}.items():
        address = f"{name}-{place}@remote.example.test"
        token, made = make(address)
        way.deliver([("", token, mails.postfix_dsn(made))])
        equal(stack.evidence_of(address), "signed", f"evidence of {address}")
        equal(stack.listed(address), ["*"], "blacklisted for")
        stack.real += 1


@suite.case("a complaint that names nobody is attributed by CFBL-Feedback-ID and our record, for that sender alone")
@ways
def hidden_complaint(stack, way, name):
    address = f"{name}@remote.example.test"
    token = stack.ring.token(address, purpose=tokens.FEEDBACK)
    left(stack, address, token, message_id=f"{name}@shop.example.test")
    mail = hidden(mails.complaint(original(address, f"CFBL-Feedback-ID: {token}")), address)
    check(address.encode() not in mail, "the address shows")
    way.deliver([("staff@hotmail.example.test", "", mail)])
    judged(stack, address, "signed", "token in CFBL-Feedback-ID")
    equal(stack.listed(address), ["shop.example.test"], "blacklisted for")
    stack.real += 1


@suite.case("a complaint that an enrolled programme has signed acts, as our border says that it verified")
@ways
def signed_complaint(stack, way, name):
    address = f"{name}@remote.example.test"
    way.deliver([(YAHOO, "", stack.border.sign(mails.complaint(original(address), reporter=YAHOO)))])
    judged(stack, address, "reporter", f"yahoo-cfl, signed by arf.mail.yahoo.com, says {SERVER}")
    equal(stack.listed(address), ["shop.example.test"], "blacklisted for")
    stack.real += 1


@suite.case("who answers to List-Unsubscribe unsubscribes whom the token names, not who writes")
def unsubscribe(stack):
    address = "unsubscribe@remote.example.test"
    token = stack.ring.token(address, purpose=tokens.UNSUBSCRIBE)
    left(stack, address, token)
    mail = mails.crlf("From: somebody.else@remote.example.test\nSubject: unsubscribe\nMessage-ID: <u1@remote.example.test>\n\n")
    for sender in ("somebody.else@remote.example.test", ""):
        result = smtp.deliver(stack.mx.where("bounces"), sender, f"u-{token}@{FEEDBACK}", mail)
        check(result.accepted, f"refused: {result.text}")
    judged(stack, address, "signed", "unsubscribe token in the envelope recipient")
    equal(stack.listed(address), ["shop.example.test"], "unsubscribed from")
    unlisted(stack, "somebody.else@remote.example.test")
    stack.real += 1


# What is not.

@suite.case("forged bounces and complaints are counted, and list nobody")
@ways
def forged(stack, way, name):
    for kind, mail in (("dsn", mails.postfix_dsn), ("exchange", mails.exchange_dsn), ("gmail", mails.gmail_dsn),
                       ("arf", mails.complaint)):
        address = f"{name}-{kind}@remote.example.test"
        way.deliver([("", "", mail(original(address)))])
        equal(stack.evidence_of(address), "unverified", f"evidence of {address}")
        unlisted(stack, address)


@suite.case("a stolen token of A in a report that names B, or both, changes nothing for B")
@ways
def stolen(stack, way, name):
    mine, victim = f"{name}-a@remote.example.test", f"{name}-b@remote.example.test"
    way.deliver([("", stack.ring.token(mine), mails.postfix_dsn(original(victim)))])
    judged(stack, victim, "unverified", "of another recipient: token in the envelope recipient")
    second = f"{name}-c@remote.example.test"
    way.deliver([("", stack.ring.token(mine), mails.postfix_dsn(original(mine), recipients=[mine, second]))])
    equal(stack.evidence_of(mine), "signed", "evidence of the token's own recipient")
    stack.real += 1
    for address in (victim, second):
        equal(stack.evidence_of(address), "unverified", f"evidence of {address}")
        unlisted(stack, address)


@suite.case("a stolen token does not tell whose mail it was: the customer that is named is not harmed")
@ways
def other_customer(stack, way, name):
    address = f"{name}@remote.example.test"
    token = stack.ring.token(address, purpose=tokens.FEEDBACK)
    left(stack, address, token, domain="true.example.test")
    way.deliver([("x@x.example.test", "", mails.complaint(original(
        address, f"CFBL-Feedback-ID: {token}", from_address="news@framed.example.test")))])
    equal(stack.listed(address), ["true.example.test"], "blacklisted for")
    stack.real += 1


@suite.case("tokens of another day, key or purpose, and flipped ones, prove nothing")
@ways
def bad_tokens(stack, way, name):
    ring = stack.ring
    flipped = list(ring.token(f"{name}-flip@remote.example.test"))
    flipped[20] = "a" if flipped[20] != "a" else "b"
    place = "token in the envelope recipient"
    for kind, token, objection in (
            ("old", ring.token(f"{name}-old@remote.example.test", age=40 * DAY), "too old"),
            ("future", ring.token(f"{name}-future@remote.example.test", age=-5 * DAY), "too old"),
            ("retired", ring.token(f"{name}-retired@remote.example.test", key=3), "of a retired key"),
            ("other", tokens.make(2, os.urandom(32), f"{name}-other@remote.example.test"), "not of our making"),
            ("unknown", tokens.make(9, os.urandom(32), f"{name}-unknown@remote.example.test"), "not of our making"),
            ("purpose", ring.token(f"{name}-purpose@remote.example.test", purpose=tokens.TRACE), "not of our making"),
            ("flip", "".join(flipped), "not of our making")):
        address = f"{name}-{kind}@remote.example.test"
        way.deliver([("", token, mails.postfix_dsn(original(address)))])
        judged(stack, address, "unverified", f"{objection}: {place}")
        unlisted(stack, address)


FORGED_RESULTS = {
    "plain": f"Authentication-Results: {SERVER}; dkim=pass header.d=arf.mail.yahoo.com",
    "job": f"Authentication-Results: {SERVER}/4bQz1; dkim=pass header.d=arf.mail.yahoo.com",
    "case": f"AUTHENTICATION-RESULTS: {SERVER.upper()} 1; DKIM=PASS HEADER.D=arf.mail.yahoo.com",
    "folded": f"Authentication-Results:\n\t{SERVER}\n\t;\n dkim\n =\n pass\n header.d=arf.mail.yahoo.com",
    "comments": f"Authentication-Results: (a) {SERVER} (b); (c) dkim=pass (d) header.d=arf.mail.yahoo.com (e)",
    "quoted": f"Authentication-Results: \"{SERVER}\"; dkim=pass header.d=\"arf.mail.yahoo.com\"",
    "several": f"Authentication-Results: mx.evil.example.test; none\nAuthentication-Results: {SERVER}; spf=pass;\n"
               f" dkim=pass header.d=arf.mail.yahoo.com\nAuthentication-Results: {SERVER}; none",
    "relayed": "Received: from a by mx.example.test (Postfix) with ESMTP id 4x; Mon, 1 Jan 2026 00:00:00 +0000\n"
               f"Authentication-Results: {SERVER}; dkim=pass header.d=arf.mail.yahoo.com",
}


@suite.case("Authentication-Results that come from outside in the name of our border are not believed")
@ways
def forged_results(stack, way, name):
    for kind, header in FORGED_RESULTS.items():
        address = f"{name}-{kind}@remote.example.test"
        way.deliver([(YAHOO, "", mails.crlf(header) + mails.complaint(original(address), reporter=YAHOO))])
        judged(stack, address, "unverified")
        unlisted(stack, address)


@suite.case("a complaint in the name of a programme, unsigned or changed after it was signed, lists nobody")
@ways
def unsigned_programme(stack, way, name):
    plain, changed = f"{name}-plain@remote.example.test", f"{name}-changed@remote.example.test"
    signed = stack.border.sign(mails.complaint(original("somebody@remote.example.test"), reporter=YAHOO))
    way.deliver([(YAHOO, "", mails.complaint(original(plain), reporter=YAHOO)),
                 (YAHOO, "", signed.replace(b"somebody@remote.example.test", changed.encode()))])
    for address in (plain, changed):
        judged(stack, address, "unverified")
        unlisted(stack, address)


@suite.case("a second From: above the one that is signed makes nobody a programme")
@ways
def second_sender(stack, way, name):
    address = f"{name}@remote.example.test"
    mail = stack.border.sign(mails.complaint(original(address), reporter="evil@arf.mail.yahoo.com.evil.example.test"))
    way.deliver([(YAHOO, "", f"From: <{YAHOO}>\r\n".encode() + mail)])
    equal(stack.evidence_of(address), "unverified", "evidence")
    unlisted(stack, address)


@suite.case(f"one valid bounce, replayed {REPLAYS} times under new names, is one event")
@ways
def replayed(stack, way, name):
    address = f"{name}@remote.example.test"
    token = stack.ring.token(address)
    way.deliver([("", token, mails.postfix_dsn(original(address))) for _ in range(REPLAYS)])
    equal(stack.events_of(address), 1, "events")
    equal(stack.listed(address), ["*"], "blacklisted for")
    stack.real += 1


@suite.case("nobody can fill the counters of a customer with complaints that name nobody")
@ways
def hidden_replays(stack, way, name):
    address = f"{name}@remote.example.test"
    token = stack.ring.token(None, purpose=tokens.FEEDBACK)
    for number in range(2):
        left(stack, f"{name}{number}@remote.example.test", token, domain="busy.example.test")
    way.deliver([("x@x.example.test", "", hidden(mails.complaint(original(address, f"CFBL-Feedback-ID: {token}")), address))
                 for _ in range(10)])
    equal(stack.postgres.number("SELECT sum(verified) FROM counters WHERE sender_domain = 'busy.example.test'"),
          1 if way is stack.by_smtp else 2, "complaints counted against the sender")
    stack.real += 1


@suite.case("counters of what is real are exact, and PostgreSQL saw no deadlock")
def exact(stack):
    equal(stack.postgres.number("SELECT sum(verified) FROM counters WHERE category <> 'sent'"), stack.real, "verified")
    equal(stack.counted(), stack.events(), "counters against events")
    equal(stack.events("evidence = 'unverified' AND recipient IN (SELECT target FROM blacklist)"), 0, "listed without proof")
    check("deadlock detected" not in stack.postgres.log_since(), "deadlock in the server's log")


def rows(stack, *tables):
    return [stack.postgres.number(f"SELECT count(*) FROM {table}") for table in tables]


def size(stack):
    return stack.postgres.number("SELECT pg_database_size(current_database())")


@suite.case(f"{BACKSCATTER} backscatter bounces of strangers leave bounded rows, hide no real bounce, and are all counted")
def backscatter(stack):
    before, bytes_before = rows(stack, "reports", "events", "event_keys"), size(stack)
    kept = stack.events("evidence = 'unverified'")
    counted = stack.counted()
    started_at = time.monotonic()
    real = 0
    for begin in range(0, BACKSCATTER, 1000):
        many = [("", "", mails.postfix_dsn(original(f"victim{number}@d{number % 997}.example.test")))
                for number in range(begin, min(begin + 1000, BACKSCATTER))]
        address = f"amid{begin}@remote.example.test"
        many.insert(len(many) // 2, ("", stack.ring.token(address), mails.postfix_dsn(original(address))))
        stack.by_smtp.deliver(many)
        real += 1
        equal(stack.evidence_of(address), "signed", "a real bounce amid the flood")
    seconds = time.monotonic() - started_at
    grown = [after - old for after, old in zip(rows(stack, "reports", "events", "event_keys"), before)]
    print(f"# {BACKSCATTER} in {seconds:.0f} s; rows in reports, events, event_keys: {grown};"
          f" {(size(stack) - bytes_before) / 1e6:.1f} MB", flush=True)
    equal(stack.counted() - counted, BACKSCATTER + real, "counted")
    # the inbound listener is one process; an hour may end meanwhile
    check(max(grown) <= 2 * KEPT_PER_HOUR + real, f"rows grew by {grown}")
    check(kept + min(grown) >= min(KEPT_PER_HOUR, BACKSCATTER), "what is within the limit is kept")
    unlisted(stack, "victim1@d1.example.test")
    equal(stack.postgres.number("SELECT count(DISTINCT provider) FROM counters WHERE provider LIKE 'd%.example.test'"), 0,
          "providers that a stranger has named")


@suite.case("doctor says what proof there is, what is missing, and the next step")
def doctor(stack):
    def told():
        done = stack.retour.cli("doctor", "--json", config=stack.retour.owner_config, ok=None)
        return {row["subject"]: (row["health"], row["text"]) for row in map(json.loads, done.splitlines())}

    said = told()
    equal(said["key ring"], ("OK", "key 2 signs, since 10 days"), "key ring")
    equal(said["stamping"][0], "WARN", "stamping")
    check("add section 'stamping'" in said["stamping"][1], said["stamping"])
    equal(said["complaints"], ("OK", "of 1 programme act when their signature verified"), "complaints")
    check("events of other in 7 days are unproven" in said["proof"][1], said["proof"])
    check("more than 'unverified_per_hour' keeps" in said["flood"][1], said["flood"])
    del stack.retour.listener_settings("inbound")["trusted_authserv_ids"]
    stack.retour.settings["trust"]["keys"] = ""
    stack.retour.write()
    said = told()
    check("retour token new-key" in said["key ring"][1], said["key ring"])
    equal(said["complaints"][0], "WARN", "complaints")
    check("trusted_authserv_ids" in said["complaints"][1], said["complaints"])


def prepare(retour):
    keys = retour.lab.path("retour", "keys.yaml")
    retour.ring = Ring(keys, retour.user)
    retour.settings["trust"] = {"keys": keys, "enrolled": ["yahoo-cfl"]}
    retour.settings["database"].update({"unverified_per_hour": KEPT_PER_HOUR, "unverified_per_source": KEPT_PER_HOUR})
    retour.listener_settings("inbound")["trusted_authserv_ids"] = [SERVER]


class guarded(started):
    """The usual site with a border, and a mailbox behind it."""

    def __enter__(self):
        stack = super().__enter__()
        try:
            stack.real = 0
            stack.ring = stack.retour.ring
            stack.border = self.lab.add(Border(self.lab)).start()
            milters = f"unix:{stack.border.socket}"
            stack.mx.listeners["bounces"]["smtpd_milters"] = f"{milters}, {stack.retour.sockets['inbound']}"
            stack.mx.listeners["people"]["smtpd_milters"] = milters
            stack.mx.set()
            stack.by_smtp, stack.by_imap = Smtp(stack), Imap(stack)
            password = self.lab.path("mailbox-password")
            with open(password, "w", encoding="ascii") as file:
                file.write(PASSWORD + "\n")
            self.lab.add(Fbl(stack.retour, [{
                "name": "trust", "host": self.lab.address, "port": stack.dovecot.imaps_port, "ca_file": stack.dovecot.ca,
                "user": Imap.user, "password_file": password, "handled": "Handled", "poll": "2s",
                "trusted_headers": ["Return-Path", "Delivered-To"], "trusted_authserv_ids": [SERVER],
                "trusted_received": [SERVER, socket.gethostname().lower()]}])).start()
        except BaseException:
            self.lab.close()
            raise
        return stack


if __name__ == "__main__":
    suite.main(lambda: guarded("world", "stores", "mailboxes", "retour", "mx", retour={"prepare": prepare}))
