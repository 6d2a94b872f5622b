"""A private Sendmail beside Postfix, out of its unpacked packages: installing it would remove Postfix."""

import glob
import os
import shutil
import signal
import socket
import subprocess

from .lab import TOP, LabError, Skip, run, wait_until
from .process import Process

PACKAGES = ["sendmail-bin", "sendmail-cf", "sendmail-base"]


def unpack():
    """Downloads and unpacks once, into build-check/sendmail. Skip when the packages cannot be had."""
    root = os.path.join(TOP, "build-check/sendmail")
    if os.path.exists(f"{root}/usr/libexec/sendmail/sendmail") and os.path.exists(f"{root}/usr/share/sendmail/cf/m4/cf.m4"):
        return root
    if not shutil.which("m4"):
        raise Skip("m4 is not installed")
    os.makedirs(f"{root}/packages", exist_ok=True)
    fetched = glob.glob("/var/cache/apt/archives/sendmail-*.deb")
    if len({os.path.basename(path).partition("_")[0] for path in fetched} & set(PACKAGES)) < len(PACKAGES):
        try:
            run(["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", *PACKAGES], cwd=f"{root}/packages", timeout=120)
        except LabError as problem:
            raise Skip("apt-get cannot download the Sendmail packages") from problem
        fetched = glob.glob(f"{root}/packages/sendmail-*.deb")
    for package in fetched:
        if os.path.basename(package).partition("_")[0] in PACKAGES:
            run(["dpkg", "-x", package, root])
    return root


class Sendmail:
    """filters: input mail filter name -> (milter address, flags). features: more lines of the .mc file. Everything it does
    not deliver locally goes to the sink."""

    def __init__(self, lab, filters, sink, name="sendmail", features=""):
        self.lab = lab
        self.root = unpack()
        self.name = name
        self.folder = lab.folder(name)
        self.queue = lab.folder(name, "queue", mode=0o700)
        self.port = lab.port()
        self.filters = filters
        self.features = features
        self.sink = sink
        self.cf = lab.path(name, "lab.cf")
        program = f"{self.root}/usr/libexec/sendmail/sendmail"
        # without a dot in the host name it would sleep for a minute
        self.process = Process("Sendmail", ["unshare", "--uts", "sh", "-c", 'hostname sm.example.test; exec "$@"', "sh", program,
                                            "-C", self.cf, "-bD", "-q3s", "-L", "smlab", "-X", "/dev/null"],
                               lab.path(name, "sendmail.log"))

    def where(self):
        return (self.lab.address, self.port)

    def write(self):
        share = f"{self.root}/usr/share/sendmail/cf/"
        filters = "".join(f"INPUT_MAIL_FILTER(`{name}', `S={where}, F={flags}, T=C:5s;S:10s;R:10s;E:20s')dnl\n"
                          for name, (where, flags) in self.filters.items())
        with open(self.lab.path(self.name, "lab.mc"), "w", encoding="ascii") as mc:
            with open(os.path.join(os.path.dirname(__file__), "sendmail.mc"), encoding="ascii") as template:
                text = template.read()
            mc.write(text.format(share=share, root=self.root, folder=self.folder, queue=self.queue, port=self.port,
                                 address=self.lab.address, features=self.features, filters=filters, sink=self.sink.port))
        with open(self.lab.path(self.name, "service.switch"), "w", encoding="ascii") as switch:
            switch.write("hosts\tfiles\naliases\tfiles\n")
        # m4's warning about the open relay must not get between the lines
        done = subprocess.run(["m4", f"-D_CF_DIR_={share}", self.lab.path(self.name, "lab.mc")], capture_output=True, text=True,
                              check=False, timeout=60)
        if done.returncode:
            raise LabError(f"m4 of Sendmail's configuration: {done.stderr}")
        with open(self.cf, "w", encoding="utf-8") as cf:
            cf.write(done.stdout)

    def start(self):
        self.write()
        self.process.start()
        wait_until(self.greets, "Sendmail's greeting", watch=self.process)
        return self

    def greets(self):
        try:
            with socket.create_connection(self.where(), 5) as connection:
                return connection.recv(256).startswith(b"220")
        except OSError:
            return False

    def stop(self):
        if self.process.alive():
            self.process.signal(signal.SIGTERM)
            self.process.wait(15, "stopping")

    def kill(self):
        self.process.kill()

    def queued(self):
        return len(glob.glob(f"{self.queue}/qf*"))

    def drain(self, deadline=60):
        wait_until(lambda: self.queued() == 0, "an empty queue of Sendmail", deadline, watch=self.process)
