"""A whole site: the rest of the world, PostgreSQL, Redis, mailboxes, Retour, and a Postfix attached to it as documented."""

import os

from .dovecot import Dovecot
from .lab import Lab, tail, wait_until
from .postfix import Postfix
from .postgres import Postgres
from .redis import Redis
from .retour import Retour
from .sink import Sink

BOUNCES = "bounces.example.test"
FEEDBACK = "fbl.example.test"
PEOPLE = "people.example.test"
SHOP = "shop.example.test"


class Stack:
    """Parts are None until they are started; every one is stopped with the lab.

    Postfix "mx" has three ports: submission (our own mail leaves; outbound listener), bounces (inbound listener) and
    people (no milter at all: ordinary mail). What it bounces itself, and nothing else, goes through the internal listener.
    What sendmail(1) submits goes through the outbound one.
    """

    def __init__(self, lab, progress=None):
        self.lab = lab
        self.progress = progress or (lambda what: None)
        self.sink = self.redis = self.postgres = self.dovecot = self.retour = self.mx = self.remote = None

    def start_world(self):
        self.progress("remote sites")
        self.sink = self.lab.add(Sink(self.lab)).start()

    def start_stores(self, settings=(), redis=True):
        if redis:
            self.progress("Redis")
            self.redis = self.lab.add(Redis(self.lab)).start()
        self.progress("PostgreSQL")
        self.postgres = self.lab.add(Postgres(self.lab, settings)).start()

    def start_mailboxes(self):
        self.progress("Dovecot")
        self.dovecot = self.lab.add(Dovecot(self.lab)).start()

    def start_schema(self):
        """What further services need of Retour, without its milter."""
        self.progress("database schema")
        self.retour = Retour(self.lab, self.postgres, self.redis)
        self.retour.migrate()

    def start_retour(self, prepare=None):
        """prepare: is given the Retour before it starts, to change its settings."""
        self.start_schema()
        if prepare:
            prepare(self.retour)
        self.progress("retour-milter")
        self.lab.add(self.retour).start()

    def start_mx(self, **settings):
        self.progress("Postfix")
        sockets = self.retour.sockets
        listeners = {
            "submission": {"smtpd_milters": sockets["outbound"]},
            "bounces": {"smtpd_milters": sockets["inbound"], "milter_default_action": "tempfail"},
            "people": {},
        }
        mailboxes = f"lmtp:unix:{self.dovecot.lmtp}" if self.dovecot else f"smtp:[{self.lab.address}]:{self.sink.port}"
        # everything that is not ours goes to the sink: nothing can leave the machine
        transport = {domain: mailboxes for domain in (BOUNCES, FEEDBACK, PEOPLE)}
        transport["*"] = f"smtp:[{self.lab.address}]:{self.sink.port}"
        self.mx = self.lab.add(Postfix(self.lab, "mx", listeners, {
            "virtual_mailbox_domains": f"{BOUNCES}, {FEEDBACK}, {PEOPLE}", "virtual_mailbox_maps": "static:all",
            "virtual_transport": mailboxes, "milter_default_action": "tempfail",
            "non_smtpd_milters": sockets["outbound"], **settings}, transport, {
                "non_smtpd_milters": sockets["internal"]})).start()

    def start_remote(self):
        """Another site's Postfix: takes mail for anybody, bounces what the sink refuses to our bounce port."""
        self.progress("a remote Postfix")
        self.remote = self.lab.add(Postfix(self.lab, "remote", {"smtp": {}}, transport={
            BOUNCES: f"smtp:[{self.lab.address}]:{self.mx.ports['bounces']}",
            "*": f"smtp:[{self.lab.address}]:{self.sink.port}"})).start()

    def logs(self):
        """The ends of all logs, for a failed test."""
        for part in (self.retour, self.mx, self.remote, self.postgres, self.dovecot):
            if part is not None and os.path.exists(part.log):
                yield f"{part.log}:\n{tail(part.log, 10)}"

    # what the tests ask most

    def events(self, where="true"):
        return self.postgres.number(f"SELECT count(*) FROM events WHERE {where}")

    def events_of(self, recipient):
        return self.events(f"recipient = '{recipient}'")

    def evidence_of(self, recipient):
        return self.postgres.psql(f"SELECT evidence FROM events WHERE recipient = '{recipient}'")

    def wait_sent(self, recipient, count=1):
        """recipient: a pattern of LIKE. Sent mail is written in batches, a moment later."""
        wait_until(lambda: self.postgres.number(f"SELECT count(*) FROM sent WHERE recipient LIKE '{recipient}'") >= count,
                   f"mail to {recipient} recorded as sent")

    def counted(self, where="true"):
        """Events as the counters have them: all but mail sent."""
        return self.postgres.number(f"SELECT coalesce(sum(n), 0) FROM counters WHERE category <> 'sent' AND {where}")

    def listed(self, target):
        """Scopes in which a target is blacklisted now."""
        return self.postgres.psql(f"SELECT scope FROM blacklist_now WHERE target = '{target}' ORDER BY scope").split()


class started:
    """with started("sink", "stores", ...) as stack: the setup of a test script."""

    def __init__(self, *parts, **options):
        self.parts = parts
        self.options = options

    def __enter__(self):
        self.lab = Lab()
        try:
            self.stack = stack = Stack(self.lab, lambda what: print(f"# starting {what}", flush=True))
            for part in self.parts:
                getattr(stack, f"start_{part}")(**self.options.get(part, {}))
        except BaseException:
            self.lab.close()
            raise
        return stack

    def __exit__(self, *_):
        try:
            if self.stack.retour and self.stack.retour.process:
                self.stack.retour.stop()
                self.stack.retour.process.check_crash()
        finally:
            self.lab.close()
