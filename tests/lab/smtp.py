"""The sending side: one SMTP session with every reply, and many at once."""

import smtplib
import threading
from dataclasses import dataclass, field


@dataclass
class Result:
    """What became of one mail. code and text are of the reply that decided."""
    code: int = 0
    text: str = ""
    refused: dict = field(default_factory=dict)  # recipient: (code, text)

    @property
    def accepted(self):
        return self.code == 250


def words(reply):
    return reply.decode("utf-8", "replace").replace("\n", " ") if isinstance(reply, bytes) else str(reply)


class Client(smtplib.SMTP):
    def __init__(self, where, timeout=60):
        super().__init__(where[0], where[1], local_hostname="client.example.test", timeout=timeout)

    def deliver(self, sender, recipients, data):
        """One transaction in this session; the session goes on afterwards unless the server closed it."""
        recipients = [recipients] if isinstance(recipients, str) else recipients
        result = Result()
        self.ehlo_or_helo_if_needed()
        result.code, reply = self.docmd("MAIL", f"FROM:<{sender}>")
        result.text = words(reply)
        if result.code != 250:
            self.rset_quietly()
            return result
        last = None
        for recipient in recipients:
            code, reply = self.docmd("RCPT", f"TO:<{recipient}>")
            if code not in (250, 251):
                last = result.refused[recipient] = (code, words(reply))
        if len(result.refused) == len(recipients):
            result.code, result.text = last
            self.rset_quietly()
            return result
        result.code, reply = self.data(data)
        result.text = words(reply)
        return result

    def rset_quietly(self):
        try:
            self.rset()
        except smtplib.SMTPException:
            pass


def deliver(where, sender, recipients, data, timeout=60):
    """One mail in one session. A broken session has code 421: that is how a client takes it."""
    try:
        with Client(where, timeout) as client:
            return client.deliver(sender, recipients, data)
    except (smtplib.SMTPException, OSError) as problem:
        code = getattr(problem, "smtp_code", 421)
        return Result(code if isinstance(code, int) and code > 0 else 421, str(getattr(problem, "smtp_error", problem)))


def deliver_many(where, mails, connections=20):
    """mails: (sender, recipients, data). Each connection keeps its session. The results, in the order of mails."""
    results = [None] * len(mails)
    todo = iter(range(len(mails)))
    lock = threading.Lock()

    def worker():
        client = None
        while True:
            with lock:
                number = next(todo, None)
            if number is None:
                break
            try:
                client = client or Client(where)
                results[number] = client.deliver(*mails[number])
            except (smtplib.SMTPException, OSError) as problem:
                results[number] = Result(421, str(problem))
                if client:
                    client.close()
                client = None
        if client:
            try:
                client.quit()
            except (smtplib.SMTPException, OSError):
                pass

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
