#!/usr/bin/python3
"""Servers and mail for bench-imap: imap.py [messages a folder [folders]]. Dovecot over TLS, PostgreSQL with its disk."""

import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TOP, "tests"))

from lab import mails  # noqa: E402
from lab.dovecot import PASSWORD  # noqa: E402
from lab.keeper import guard  # noqa: E402
from lab.lab import run  # noqa: E402
from lab.retour import Fbl, Retour  # noqa: E402
from lab.stack import started  # noqa: E402


def main():
    count, folders = (int(value) for value in (sys.argv[1:] + ["2000", "5"][len(sys.argv) - 1:])[:2])
    guard()
    with started("stores", "mailboxes") as stack:
        retour = Retour(stack.lab, stack.postgres, stack.redis)
        retour.migrate()
        password = stack.lab.path("password")
        with open(password, "w", encoding="ascii") as file:
            file.write(PASSWORD)
        names = [f"turn{number}" for number in range(folders)]
        for name in names:
            folder = stack.lab.folder("dovecot", "mail", "bench", f".{name}", "cur")
            for part in ("new", "tmp"):
                stack.lab.folder("dovecot", "mail", "bench", f".{name}", part)
            for number in range(count):
                mail = mails.complaint(mails.Original(f"{name}.{number}@remote.example.test", body="x" * 60 * 50))
                with open(f"{folder}/{1795000000 + number}.{number}.lab:2,", "wb") as file:
                    file.write(mail)
        run(["chown", "-R", "--reference", stack.dovecot.mail, f"{stack.dovecot.mail}/bench"])
        fbl = Fbl(retour, [{"name": "bench", "host": stack.lab.address, "port": stack.dovecot.imaps_port, "user": "bench",
                            "ca_file": stack.dovecot.ca, "password_file": password, "folders": names}])
        fbl.commit_timeout = "20s"
        fbl.write()
        subprocess.run([os.path.join(retour.build, "bench/bench-imap"), fbl.config], check=True)


if __name__ == "__main__":
    main()
