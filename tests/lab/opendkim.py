"""A private opendkim: signs behind Retour, and says whether a mail that arrived verifies. No DNS: keys come from a file."""

import base64
import os
import shutil

from .lab import Skip, run, wait_until
from .process import Process

SELECTOR = "lab"


class OpenDkim:
    """Signs all headers of mail from the domains, and seals that no other of the names in `more` was there."""

    def __init__(self, lab, domains, more=()):
        self.lab = lab
        self.program = shutil.which("opendkim")
        if not self.program:
            raise Skip("opendkim is not installed")
        self.user = lab.user_for("nobody")
        lab.folder("opendkim", owner=self.user)
        self.socket = lab.socket_path("opendkim/socket")
        self.domains, self.more = domains, more
        self.process = Process("opendkim", [self.program, "-f", "-x", self.path("signer.conf")], self.path("opendkim.log"),
                               user=self.user)

    def path(self, name):
        return self.lab.path("opendkim", name)

    def write(self):
        key, public = self.path("key.pem"), self.path("public.der")
        run(["openssl", "genrsa", "-out", key, "2048"])
        run(["openssl", "rsa", "-in", key, "-pubout", "-outform", "DER", "-out", public])
        os.chmod(key, 0o600)
        if self.lab.root:
            shutil.chown(key, self.user)
        with open(public, "rb") as file:
            record = "v=DKIM1; k=rsa; p=" + base64.b64encode(file.read()).decode()
        with open(self.path("keys"), "w", encoding="ascii") as keys:
            keys.writelines(f"{SELECTOR}._domainkey.{domain} {record}\n" for domain in self.domains)
        with open(self.path("signer.conf"), "w", encoding="ascii") as config:
            config.write(f"Mode s\nSocket local:{self.socket}\nUMask 000\nBackground no\nSyslog no\n"
                         f"Canonicalization relaxed/simple\nDomain {','.join(self.domains)}\nSelector {SELECTOR}\n"
                         f"KeyFile {key}\nRequireSafeKeys no\nInternalHosts 127.0.0.0/8\n"
                         f"SignHeaders *{''.join(f',+{name}' for name in self.more)}\n")
        with open(self.path("verifier.conf"), "w", encoding="ascii") as config:
            config.write(f"Mode v\nSyslog no\nTestPublicKeys {self.path('keys')}\n")

    def start(self):
        self.write()
        self.process.start()
        wait_until(lambda: os.path.exists(self.socket), "opendkim's socket", watch=self.process)
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def verify(self, data):
        """data: a mail as it arrived. Whether its signature is good."""
        with open(self.path("mail.eml"), "wb") as file:
            file.write(data)
        said = run([self.program, "-x", self.path("verifier.conf"), "-t", self.path("mail.eml"), "-v", "-v"], ok=None).stdout
        return "dkim=pass" in said
