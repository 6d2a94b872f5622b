"""A private Postfix: queue, log, address and ports of its own; /etc/postfix is not read."""

import json
import os
import re
import select
import shutil
import signal
import time

from .lab import LabError, run, tail, wait_until

# every service without chroot: maps, sockets and /etc are where they are
SERVICES = """
pickup    unix  n  - n 60    1 pickup
cleanup   unix  n  - n -     0 cleanup
qmgr      unix  n  - n 300   1 qmgr
rewrite   unix  -  - n -     - trivial-rewrite
verify    unix  -  - n -     1 verify
flush     unix  n  - n 1000? 0 flush
proxymap  unix  -  - n -     - proxymap
smtp      unix  -  - n -     - smtp
relay     unix  -  - n -     - smtp
showq     unix  n  - n -     - showq
error     unix  -  - n -     - error
retry     unix  -  - n -     - error
discard   unix  -  - n -     - discard
lmtp      unix  -  - n -     - lmtp
anvil     unix  -  - n -     1 anvil
scache    unix  -  - n -     1 scache
tlsmgr    unix  -  - n 1000? 1 tlsmgr
postlog   unix-dgram n - n - 1 postlogd
"""

BASE = {
    "compatibility_level": "3.6",
    "command_directory": "/usr/sbin",
    "daemon_directory": "/usr/lib/postfix/sbin",
    "mail_owner": "postfix",
    "setgid_group": "postdrop",
    "mydomain": "example.test",
    "myorigin": "$myhostname",
    "mydestination": "",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    "disable_dns_lookups": "yes",
    "smtp_host_lookup": "native",
    "smtp_tls_security_level": "none",
    "smtpd_tls_security_level": "none",
    "smtpd_peername_lookup": "no",
    "local_recipient_maps": "",
    "alias_maps": "",
    "alias_database": "",
    "biff": "no",
    "append_dot_mydomain": "no",
    "recipient_delimiter": "+",
    "notify_classes": "",
    "enable_long_queue_ids": "yes",
    "message_size_limit": "52428800",
    "mailbox_size_limit": "0",
    # a lab has no time: Postfix waits 300, 4000 and 300 s
    "minimal_backoff_time": "3s",
    "maximal_backoff_time": "6s",
    "queue_run_delay": "3s",
    # what a milter discards looks like a backlog: retour-milter(8)
    "in_flow_delay": "0s",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_soft_error_limit": "1000",
    "smtpd_hard_error_limit": "2000",
    "smtpd_timeout": "60s",
    "default_process_limit": "100",
    "milter_connect_timeout": "5s",
    "milter_command_timeout": "20s",
    "milter_content_timeout": "20s",
}


class Postfix:
    """listeners: name -> dict of main.cf overrides for that smtpd (ports are chosen). settings: more main.cf.
    bounced: main.cf overrides for a cleanup service that nobody but the bounce service uses; none: it shares the others'."""

    def __init__(self, lab, name, listeners, settings=None, transport=None, bounced=None):
        self.lab = lab
        self.name = name
        self.folder = lab.folder(f"postfix-{name}")
        self.etc = lab.folder(f"postfix-{name}", "etc")
        self.spool = lab.folder(f"postfix-{name}", "spool")
        lab.folder(f"postfix-{name}", "data", owner="postfix")
        self.log = lab.path(f"postfix-{name}", "mail.log")
        self.ports = {listener: lab.port() for listener in listeners}
        self.listeners = listeners
        self.settings = {
            **BASE, "queue_directory": self.spool, "data_directory": lab.path(f"postfix-{name}", "data"),
            "maillog_file": self.log, "maillog_file_prefixes": f"{lab.directory}, /var, /dev/stdout",
            "syslog_name": f"postfix-{name}", "myhostname": f"{name}.example.test", "smtp_bind_address": lab.address,
            "transport_maps": f"texthash:{self.etc}/transport", **(settings or {})}
        self.transport = dict(transport or {})
        self.bounced = dict(bounced or {})
        self.master = None

    def where(self, listener):
        return (self.lab.address, self.ports[listener])

    def write(self):
        with open(os.path.join(self.etc, "main.cf"), "w", encoding="utf-8") as main:
            main.writelines(f"{key} = {value}\n" for key, value in self.settings.items())
        with open(os.path.join(self.etc, "transport"), "w", encoding="utf-8") as transport:
            transport.writelines(f"{domain} {route}\n" for domain, route in self.transport.items())
        with open(os.path.join(self.etc, "master.cf"), "w", encoding="utf-8") as master:
            for listener, overrides in self.listeners.items():
                master.write(f"{self.lab.address}:{self.ports[listener]} inet n - n - - smtpd\n")
                master.writelines(f"  -o {{ {key} = {value} }}\n" for key, value in overrides.items())
            master.write(SERVICES)
            for service in ("bounce", "defer", "trace"):
                master.write(f"{service} unix - - n - 0 bounce\n")
                if self.bounced:
                    master.write("  -o cleanup_service_name=bounced -o internal_mail_filter_classes=bounce\n")
            if self.bounced:
                master.write("bounced unix n - n - 0 cleanup\n")
                master.writelines(f"  -o {{ {key} = {value} }}\n" for key, value in self.bounced.items())

    def command(self, program, *arguments, **options):
        return run([f"/usr/sbin/{program}", "-c", self.etc, *arguments], f"{program} of Postfix {self.name}", **options)

    def start(self):
        self.write()
        if not self.lab.root:
            raise LabError("Postfix needs root or a user namespace")
        try:
            # returns when the master is ready; its log lines go to the maillog
            self.command("postfix", "start")
        except LabError as problem:
            raise LabError(f"{problem}\nlast lines of {self.log}:\n{tail(self.log)}") from problem
        with open(os.path.join(self.spool, "pid/master.pid"), encoding="ascii") as file:
            self.master = int(file.read())
        return self

    def set(self, **settings):
        """Changes main.cf of the running instance. Its smtpd processes end after their session and read it anew."""
        self.settings.update(settings)
        self.write()
        self.command("postfix", "reload")

    def _end(self, number, deadline):
        if self.master is None:
            return
        try:
            watch = os.pidfd_open(self.master)
            os.kill(self.master, number)
        except ProcessLookupError:
            self.master = None
            return
        try:
            ended = select.select([watch], [], [], deadline)[0]
        finally:
            os.close(watch)
        if not ended:
            raise LabError(f"Postfix {self.name}: no end within {deadline} s")
        self.master = None

    def stop(self):
        self._end(signal.SIGTERM, 15)

    def kill(self):
        self._end(signal.SIGKILL, 5)

    def flush(self):
        self.command("postqueue", "-f")

    def queue(self):
        """Queue ids. A mail whose recipients have all failed stays while its bounce cannot be handed over."""
        listing = self.command("postqueue", "-j").stdout
        return [entry["queue_id"] for entry in map(parse_json, listing.splitlines()) if entry]

    def drain(self, deadline=60):
        """Waits for an empty queue, and has it tried now and then."""
        flushed = 0.0

        def empty():
            nonlocal flushed
            if not self.queue():
                return True
            if time.monotonic() - flushed > 1:
                self.flush()
                flushed = time.monotonic()
            return False
        wait_until(empty, f"an empty queue of Postfix {self.name}", deadline)

    def purge(self):
        self.command("postsuper", "-d", "ALL")

    def log_mark(self):
        return os.path.getsize(self.log) if os.path.exists(self.log) else 0

    def log_since(self, mark=0):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            log.seek(mark)
            return log.read()

    def wait_log(self, pattern, mark=0, count=1, deadline=30):
        expression = re.compile(pattern)
        wait_until(lambda: len(expression.findall(self.log_since(mark))) >= count,
                   f"{count} x /{pattern}/ in the log of Postfix {self.name}", deadline)
        return expression.findall(self.log_since(mark))

    def log_tail(self, lines=25):
        return f"last lines of {self.log}:\n{tail(self.log, lines)}"

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def parse_json(line):
    try:
        return json.loads(line)
    except ValueError:
        return None
