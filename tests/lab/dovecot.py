"""A private Dovecot: LMTP on a unix socket for Postfix, IMAP and IMAPS, a CA of its own."""

import glob
import os
import pwd
import socket

from .lab import run, wait_until
from .process import Process

PASSWORD = "secret"


class Dovecot:
    """Every address has a mailbox; IMAP user is the local part, the password PASSWORD."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = lab.folder("dovecot")
        for part in ("run", "state", "tls"):
            lab.folder("dovecot", part)
        self.mail = lab.folder("dovecot", "mail", owner="mail")
        self.lmtp = lab.socket_path("dovecot/run/lmtp")
        self.imap_port, self.imaps_port = lab.port(), lab.port()
        self.ca = lab.path("dovecot/tls/ca.pem")
        self.log = lab.path("dovecot/dovecot.log")
        self.process = Process("Dovecot", ["dovecot", "-F", "-c", lab.path("dovecot/dovecot.conf")], self.log)

    def make_certificates(self):
        tls = self.lab.path("dovecot/tls")
        if os.path.exists(f"{tls}/server.pem"):
            return
        with open(f"{tls}/extensions", "w", encoding="ascii") as file:
            file.write(f"subjectAltName=DNS:imap.example.test,IP:{self.lab.address}\n"
                       "extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n")
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        run(["openssl", "req", "-x509", *key, "-days", "30", "-keyout", f"{tls}/ca.key", "-out", f"{tls}/ca.pem",
             "-subj", "/CN=Retour lab CA", "-addext", "keyUsage=critical,keyCertSign"], "the lab's CA")
        run(["openssl", "req", *key, "-keyout", f"{tls}/server.key", "-out", f"{tls}/server.csr",
             "-subj", "/CN=imap.example.test"], "the certificate request")
        run(["openssl", "x509", "-req", "-in", f"{tls}/server.csr", "-CA", f"{tls}/ca.pem", "-CAkey", f"{tls}/ca.key",
             "-CAcreateserial", "-days", "30", "-extfile", f"{tls}/extensions", "-out", f"{tls}/server.pem"],
            "the server's certificate")

    def write(self):
        internal, login, owner = (self.lab.user_for(name) for name in ("dovecot", "dovenull", "mail"))
        entry = pwd.getpwnam(owner)
        with open(self.lab.path("dovecot/dovecot.conf"), "w", encoding="ascii") as conf:
            conf.write(CONFIGURATION.format(
                folder=self.folder, address=self.lab.address, internal=internal, login=login, uid=entry.pw_uid,
                gid=entry.pw_gid, imap=self.imap_port, imaps=self.imaps_port, password=PASSWORD, mail=self.mail))

    def start(self):
        self.make_certificates()
        self.write()
        self.process.start()
        # the port answers before the authentication service does
        wait_until(self.greets, "Dovecot's IMAP greeting", watch=self.process)
        wait_until(lambda: os.path.exists(self.lmtp), "Dovecot's LMTP socket", watch=self.process)
        return self

    def greets(self):
        try:
            with socket.create_connection((self.lab.address, self.imap_port), 5) as connection:
                return connection.recv(64).startswith(b"* OK")
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def mails(self, user):
        """The messages of a mailbox as they lie in the Maildir, oldest first."""
        files = glob.glob(f"{self.mail}/{user}/new/*") + glob.glob(f"{self.mail}/{user}/cur/*")
        found = []
        for path in sorted(files, key=os.path.getmtime):
            with open(path, "rb") as file:
                found.append(file.read())
        return found

    def wait_for(self, user, count=1, containing=b"", deadline=30):
        def found():
            return [mail for mail in self.mails(user) if containing in mail]
        wait_until(lambda: len(found()) >= count, f"{count} mail in the mailbox of {user}", deadline, watch=self.process)
        return found()


CONFIGURATION = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap lmtp
listen = {address}
default_internal_user = {internal}
default_login_user = {login}
first_valid_uid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/tls/server.pem
ssl_key = <{folder}/tls/server.key
mail_location = maildir:{mail}/%n
mail_fsync = never
auth_mechanisms = plain login
auth_username_format = %Ln
recipient_delimiter = +
lmtp_save_to_detail_mailbox = no
namespace inbox {{
  inbox = yes
  separator = /
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={mail}/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""
