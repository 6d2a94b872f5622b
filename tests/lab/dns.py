"""Private name servers (NSD) with one zone each, and a port that takes questions and never answers."""

import os
import socket

from .lab import wait_until
from .process import Process

# "broken.test" is a zone whose file is not there: NSD answers SERVFAIL.
ZONE = """$ORIGIN test.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
own MX 10 mail.own
own MX 5 In-First.own
equal MX 10 zz.hoster.co.uk.
equal MX 10 aa.hoster.co.uk.
tenant MX 0 tenant-test.mail.protection.outlook.com.
workspace MX 1 aspmx.l.google.com.
workspace MX 5 alt1.aspmx.l.google.com.
shop MX 10 mx1.mail.hosting-firm.nl.
bank MX 10 mx2.mail.hosting-firm.nl.
kpn-relay MX 10 relay.planet.nl.
null MX 0 .
null-and-more MX 0 .
null-and-more MX 10 mail.own
address-only A 127.0.0.1
address6-only AAAA ::1
text-only TXT "no mail here"
alias CNAME tenant
alias-of-alias CNAME alias
dangling CNAME gone
alias-to-address CNAME address-only
*.wild MX 10 mx.wild
"""
# says of nobody.test that it takes mail
LIES = ZONE.replace("own MX 10", "nobody MX 10 mail.own\nown MX 10", 1)
HUGE = "".join(f"huge MX {number + 10} mx{number:03}.a-host-with-a-rather-long-name.own\n" for number in range(1000, 0, -1))


class NameServer:
    def __init__(self, lab, name="dns", zone=ZONE + HUGE):
        self.lab = lab
        self.folder = lab.folder(name)
        self.port = lab.port()
        self.address = f"{lab.address}:{self.port}"
        self.hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.hole.bind((lab.address, 0))
        self.silent = f"{lab.address}:{self.hole.getsockname()[1]}"
        self.zone(zone)
        with open(lab.path(name, "nsd.conf"), "w", encoding="ascii") as conf:
            conf.write(f"""server:
  ip-address: {lab.address}@{self.port}
  username: ""
  chroot: ""
  server-count: 1
  database: ""
  pidfile: ""
  zonesdir: "{self.folder}"
  zonelistfile: "{self.folder}/zone.list"
  xfrdfile: ""
  xfrdir: "{self.folder}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: test
  zonefile: test.zone
zone:
  name: broken.test
  zonefile: missing.zone
""")
        self.process = Process("NSD", ["nsd", "-d", "-c", lab.path(name, "nsd.conf")], lab.path(name, "nsd.log"))

    def zone(self, text):
        """Takes effect with reload()."""
        with open(os.path.join(self.folder, "test.zone"), "w", encoding="ascii") as zone:
            zone.write(text)

    def reload(self):
        self.stop()
        self.start()

    def start(self):
        self.process.start()
        wait_until(self.answers, "NSD to answer", watch=self.process)
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def answers(self):
        question = b"\x12\x34\0\0\0\1\0\0\0\0\0\0\2ns\4test\0\0\1\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            try:
                probe.sendto(question, (self.lab.address, self.port))
                return probe.recv(512)[:2] == b"\x12\x34"
            except OSError:
                return False
