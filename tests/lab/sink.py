"""The rest of the world: an SMTP server that answers per recipient as it was told and keeps what it accepts."""

import socketserver
import threading
from dataclasses import dataclass

from .lab import wait_until

UNKNOWN = "550 5.1.1 <{address}>: Recipient address rejected: User unknown in virtual mailbox table"
UNKNOWN_MICROSOFT = ("550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302). "
                     "[AM6EUR05FT034.eop-eur05.prod.protection.outlook.example]")
UNKNOWN_GOOGLE = ("550-5.1.1 The email account that you tried to reach does not exist. Please try\n"
                  "550-5.1.1 double-checking the recipient's email address for typos or\n"
                  "550 5.1.1 unnecessary spaces. x14-20020a5d444e000000b00306a lab - gsmtp")
FULL_GOOGLE = ("552-5.2.2 The recipient's inbox is out of storage space and inactive. Please\n"
               "552-5.2.2 direct the recipient to sort out the quota of the\n"
               "552 5.2.2 account. y9-20020a056000108900b0030647449730si lab - gsmtp")
FULL = "552 5.2.2 <{address}>: Mailbox is full, user over quota"


@dataclass
class Kept:
    sender: str
    recipients: list
    data: bytes  # CRLF, dots unstuffed


class Sink:
    def __init__(self, lab):
        self.address = lab.address
        self.port = lab.port()
        self.replies = {}
        self.kept = []
        self.refused = []
        self._change = threading.Condition()
        self._server = None

    def reply(self, address, text):
        """What RCPT for that address is answered with; {address} stands for it."""
        self.replies[address.lower()] = text

    def start(self):
        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 128

        self._server = Server((self.address, self.port), Session)
        self._server.sink = self
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    kill = stop

    def keep(self, mail):
        with self._change:
            self.kept.append(mail)

    def refuse(self, address):
        with self._change:
            self.refused.append(address)

    def find(self, recipient=None, containing=None):
        with self._change:
            return [mail for mail in self.kept
                    if (recipient is None or recipient in mail.recipients) and (containing is None or containing in mail.data)]

    def wait_for(self, recipient=None, containing=None, count=1, deadline=30):
        wait_until(lambda: len(self.find(recipient, containing)) >= count,
                   f"{count} mail for {recipient or containing} at the remote site", deadline)
        return self.find(recipient, containing)


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, text):
        self.wfile.write("".join(f"{line}\r\n" for line in text.split("\n")).encode())

    def handle(self):
        try:
            self.converse()
        except (ConnectionError, ValueError):
            pass

    def converse(self):
        sink = self.server.sink
        sender, recipients = None, []
        self.say("220 sink.example.test ESMTP")
        while line := self.rfile.readline(65536):
            verb, _, rest = line.decode("utf-8", "surrogateescape").strip().partition(" ")
            verb = verb.upper()
            if verb == "EHLO":
                self.say("250-sink.example.test\n250-PIPELINING\n250-8BITMIME\n250-SIZE 0\n250 ENHANCEDSTATUSCODES")
            elif verb == "MAIL":
                sender, recipients = rest.partition("<")[2].rpartition(">")[0], []
                self.say("250 2.1.0 Ok")
            elif verb == "RCPT":
                address = rest.partition("<")[2].rpartition(">")[0]
                answer = sink.replies.get(address.lower(), "250 2.1.5 Ok").replace("{address}", address)
                if answer.startswith("2"):
                    recipients.append(address)
                else:
                    sink.refuse(address)
                self.say(answer)
            elif verb == "DATA" and recipients:
                self.say("354 End data with <CR><LF>.<CR><LF>")
                sink.keep(Kept(sender, recipients, self.read_data()))
                self.say("250 2.0.0 Ok: kept")
            elif verb == "DATA":
                self.say("554 5.5.1 No valid recipients")
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                self.say("250 2.0.0 Ok")

    def read_data(self):
        lines = []
        while (line := self.rfile.readline()) and line != b".\r\n":
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)
