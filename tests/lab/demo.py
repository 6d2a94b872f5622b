"""./run: a whole site under var/, sample mail through it, and what became of each."""

import fcntl
import os
import shutil
import signal
import sys
import textwrap
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from lab import mails, smtp  # noqa: E402
from lab.keeper import guard  # noqa: E402
from lab.lab import SOCKET_PATH_MAX, TOP, Lab, LabError, reachable_by_all, run, wait_until  # noqa: E402
from lab.sink import FULL_GOOGLE, UNKNOWN_MICROSOFT  # noqa: E402
from lab.stack import BOUNCES, FEEDBACK, PEOPLE, SHOP, Stack  # noqa: E402

BANK = "bank.example.test"
SENDER = f"news@{SHOP}"
STAMPING = {"return_path": BOUNCES, "feedback_address": f"fbl@{FEEDBACK}", "feedback_id": "example"}
DELIVERABLE, UNKNOWN, FULL, LATE = "anna@gmail.com", "gone@outlook.com", "full@gmail.com", "late@remote.example.test"
COMPLAINER, VICTIM, NEIGHBOUR = "yvonne@yahoo.com", "victim@gmail.com", f"piet@{PEOPLE}"


class Progress:
    """One line per step, with its time once the next one begins."""

    def __init__(self):
        self.begun = time.monotonic()
        self.step = None
        self.what = ""

    def __call__(self, what):
        self.end()
        self.what, self.step = what, time.monotonic()
        print(f"{time.strftime('%H:%M:%S')}  {what} ... ", end="", flush=True)

    def end(self):
        if self.step is not None:
            print(f"{time.monotonic() - self.step:.1f} s", flush=True)
        self.step = None

    def fail(self):
        if self.step is not None:
            print("failed", flush=True)
        self.step = None


def title(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def table(rows, widths):
    """Cells are wrapped to their width; a blank line stands between rows that needed it."""
    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths)]
        for number in range(max(map(len, cells))):
            print("  ".join((cell[number] if number < len(cell) else "").ljust(width)
                            for cell, width in zip(cells, widths)).rstrip())
    sys.stdout.flush()


class Expect:
    """Collects what was not as it should be, and goes on."""

    def __init__(self):
        self.wrong = []

    def __call__(self, good, what):
        if not good:
            self.wrong.append(what)


def build(progress):
    progress("building (log: build/run.log)")
    folder = os.path.join(TOP, "build")
    os.makedirs(folder, exist_ok=True)
    log_path = os.path.join(folder, "run.log")
    text = ""
    try:
        if not os.path.exists(os.path.join(folder, "build.ninja")):
            text += run(["meson", "setup", folder, TOP], "meson setup", timeout=300).stdout
        text += run(["ninja", "-C", folder], "ninja", timeout=1800).stdout
    finally:
        with open(log_path, "w", encoding="utf-8") as log:
            log.write(text)


def choose_folder():
    """var/, unless the servers' users cannot walk there or unix sockets would have too long names."""
    var = os.path.join(TOP, "var")
    os.makedirs(var, exist_ok=True)
    os.chmod(var, 0o755)
    lock = open(os.path.join(var, ".lock"), "w", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LabError("another ./run is up in this checkout") from None
    if reachable_by_all(var) and len(os.path.join(var, "postgres/.s.PGSQL.5432.lock")) < SOCKET_PATH_MAX:
        for name in os.listdir(var):
            if name != ".lock":
                path = os.path.join(var, name)
                shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)
        return lock, var
    print(f"{var} cannot be used (its path is too long for sockets, or closed to the servers' users): a folder in /tmp instead")
    return lock, None


def configure(retour):
    retour.stamp(STAMPING)
    retour.settings["metrics"] = {"milter": f"inet:{retour.lab.port()}@{retour.lab.address}"}


def start(stack):
    stack.start_world()
    stack.sink.reply(UNKNOWN, UNKNOWN_MICROSOFT)
    stack.sink.reply(FULL, FULL_GOOGLE)
    stack.start_stores()
    stack.start_mailboxes()
    stack.start_retour(configure)
    stack.start_mx()


def send(stack, recipient, from_address=f"offers@{SHOP}", subject="Autumn offers"):
    """The original, and how the submission port took it."""
    original = mails.Original(recipient, SENDER, from_address, subject)
    return original, smtp.deliver(stack.mx.where("submission"), SENDER, recipient, original.mail())


def fact(stack, recipient):
    """What the database holds of one address, in words."""
    row = stack.postgres.psql("SELECT category, evidence, provider, rule FROM events WHERE recipient = "
                              f"'{recipient}' ORDER BY at DESC LIMIT 1")
    category, evidence, provider, rule = row.split("|") if row else ("", "", "", "")
    scopes = stack.listed(recipient)
    return {"category": category, "evidence": evidence, "provider": provider, "rule": rule, "scopes": scopes}


def verdict_words(found):
    if not found["category"]:
        return "no report"
    return f"{found['category']} (evidence: {found['evidence']}; rule {found['rule']})"


def listed_words(found):
    if not found["scopes"]:
        return "not blacklisted"
    return ", ".join("blacklisted for everybody" if scope == "*" else f"blacklisted for mail from {scope}"
                     for scope in found["scopes"])


def sample_mail(stack, progress, expect):
    """Sends everything; the rows of the table."""
    rows = []

    def row(what, came, recipient):
        found = fact(stack, recipient)
        rows.append((what, came, verdict_words(found), listed_words(found)))
        return found

    progress("a deliverable mail")
    _, result = send(stack, DELIVERABLE)
    expect(result.accepted, f"mail to {DELIVERABLE} was refused: {result.text}")
    stack.sink.wait_for(DELIVERABLE)
    found = row(f"mail to {DELIVERABLE}", "delivered", DELIVERABLE)
    expect(not found["category"] and not found["scopes"], f"{DELIVERABLE} has an event or is blacklisted")

    progress("a mail to an unknown user")
    send(stack, UNKNOWN)
    wait_until(lambda: stack.events_of(UNKNOWN), f"the bounce of {UNKNOWN} in the database")
    found = row(f"mail to {UNKNOWN}", "bounced by our Postfix: the remote site said 550", UNKNOWN)
    expect(found["category"] == "user_unknown" and found["evidence"] == "local" and found["scopes"] == ["*"],
           f"{UNKNOWN} should be user_unknown, proven locally, blacklisted for everybody: {found}")

    progress("a mail to a full mailbox")
    send(stack, FULL)
    wait_until(lambda: stack.events_of(FULL), f"the bounce of {FULL} in the database")
    found = row(f"mail to {FULL}", "bounced by our Postfix: the remote site said 552", FULL)
    expect(found["category"] == "mailbox_full" and not found["scopes"],
           f"{FULL} should be counted as mailbox_full and not blacklisted: {found}")

    progress("a bounce that comes later")
    original, _ = send(stack, LATE)
    return_path = stack.sink.wait_for(LATE)[0].sender
    taken = smtp.deliver(stack.mx.where("bounces"), "", return_path, mails.postfix_dsn(original))
    expect(taken.accepted, f"the bounce to the signed return path was refused: {taken.text}")
    found = row(f"mail to {LATE}", "a remote site took it, and bounced it later to our signed return path", LATE)
    expect(found["evidence"] == "signed" and found["scopes"] == ["*"],
           f"{LATE} should be proven by the token and blacklisted for everybody: {found}")

    progress("a complaint")
    original, _ = send(stack, COMPLAINER)
    kept = stack.sink.wait_for(COMPLAINER)[0]
    stack.wait_sent(COMPLAINER)
    taken = smtp.deliver(stack.mx.where("bounces"), "feedback@fbl.yahoo.example.test", f"fbl@{FEEDBACK}",
                         mails.complaint(original, kept=kept))
    expect(taken.accepted, f"the complaint was refused: {taken.text}")
    wait_until(lambda: stack.events_of(COMPLAINER), f"the complaint of {COMPLAINER} in the database")
    found = row(f"mail to {COMPLAINER}, reported as spam", "a complaint came to our feedback address", COMPLAINER)
    expect(found["category"] == "complaint_spam" and found["evidence"] == "signed" and found["scopes"] == [SHOP],
           f"{COMPLAINER} should have complained about mail that our token proves and be blacklisted for {SHOP} alone: {found}")

    progress("a forged bounce")
    forged = mails.postfix_dsn(mails.Original(VICTIM, SENDER))
    taken = smtp.deliver(stack.mx.where("bounces"), "", return_path, forged)
    expect(taken.accepted, f"the forged bounce was refused: {taken.text}")
    wait_until(lambda: stack.events_of(VICTIM), f"the forged bounce about {VICTIM} in the database")
    found = row(f"a forged bounce about {VICTIM}", "to a return path that was signed, but for somebody else", VICTIM)
    expect(found["evidence"] == "unverified" and not found["scopes"],
           f"the forged bounce should be counted and blacklist nobody: {found}")

    progress("a vacation reply")
    before = stack.events("action = 'failed'")
    taken = smtp.deliver(stack.mx.where("bounces"), "", return_path, mails.vacation(mails.Original(DELIVERABLE, SENDER)))
    expect(taken.accepted, f"the vacation reply was refused: {taken.text}")
    found = row(f"a vacation reply by {DELIVERABLE}", "taken, and no bounce", DELIVERABLE)
    expect(stack.events("action = 'failed'") == before and not found["scopes"], "the vacation reply counts as a bounce")

    progress("an ordinary letter")
    letter = mails.letter("kim@friends.example.test", NEIGHBOUR)
    taken = smtp.deliver(stack.mx.where("bounces"), "kim@friends.example.test", NEIGHBOUR, letter)
    expect(taken.accepted, f"the letter was refused: {taken.text}")
    arrived = stack.dovecot.wait_for("piet")[0]
    expect(mails.header_block(arrived, b"From:") + b"\n" + mails.body_of(arrived) == letter.replace(b"\r\n", b"\n"),
           "the ordinary letter was changed on its way")
    row(f"a letter to {NEIGHBOUR}", "in the mailbox, byte for byte", NEIGHBOUR)
    return rows


def what_left(stack):
    title(f"What left for {DELIVERABLE}")
    kept = stack.sink.find(DELIVERABLE)[0]
    print(f"MAIL FROM:<{kept.sender}>")
    head = kept.data.decode("utf-8", "replace").partition("\r\n\r\n")[0]
    for field in head.replace("\r\n\t", " ").split("\r\n"):
        if field.partition(":")[0] in ("X-Retour-Trace", "CFBL-Address", "CFBL-Feedback-ID", "Feedback-ID", "From", "To"):
            print(textwrap.fill(field, 110, subsequent_indent="    "))
    sys.stdout.flush()


def second_attempts(stack, expect):
    title("The second attempt")
    for recipient, sender, wanted in ((UNKNOWN, f"offers@{SHOP}", False), (COMPLAINER, f"offers@{SHOP}", False),
                                      (COMPLAINER, f"post@{BANK}", True), (FULL, f"offers@{SHOP}", True)):
        original = mails.Original(recipient, f"bounces@{SHOP}" if sender.endswith(SHOP) else sender, sender)
        result = smtp.deliver(stack.mx.where("submission"), original.sender, recipient, original.mail())
        print(f"{sender} -> {recipient}")
        print(textwrap.fill(f"{result.code} {result.text}", 110, initial_indent="    ", subsequent_indent="    "))
        expect(result.accepted == wanted, f"second attempt from {sender} to {recipient}: {result.code} {result.text}")
        if not wanted:
            expect(result.code == 550 and "5.7.1" in result.text and "R-" in result.text,
                   f"the refusal of {recipient} should be 550 5.7.1 with a reference: {result.code} {result.text}")


def look_around(stack):
    retour = f"{os.path.relpath(stack.retour.program('retour'))} --config {os.path.relpath(stack.retour.desk_config)}"
    folder = os.path.relpath(stack.lab.directory)
    port, _, address = stack.retour.settings["metrics"]["milter"].removeprefix("inet:").partition("@")
    title("Look around, until Ctrl-C")
    print(f"""{retour} lookup {COMPLAINER}
{retour} blacklist list
{retour} blacklist remove {UNKNOWN} --reason "the mailbox is back"
swaks --server {stack.lab.address}:{stack.mx.ports['submission']} --from {SENDER} --to {UNKNOWN}
/usr/lib/postgresql/15/bin/psql -h {stack.lab.directory}/postgres -U retour retour -c "select * from blacklist_now"
redis-cli -s {folder}/redis/redis.sock
IMAP {stack.lab.address}:{stack.dovecot.imap_port}, user piet, password secret
bounces and complaints: {stack.lab.address}:{stack.mx.ports['bounces']}
metrics: http://{address}:{port}/metrics
logs: {folder}/retour/milter.log {folder}/postfix-mx/mail.log {folder}/postgres/postgres.log""", flush=True)
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    print("\nstopping")


def show(stack, progress, once):
    expect = Expect()
    rows = sample_mail(stack, progress, expect)
    progress.end()
    title("What became of each")
    table([("what", "what happened", "how it was judged", "the address now"), ("",) * 4] + rows, (32, 30, 34, 26))
    what_left(stack)
    second_attempts(stack, expect)
    title("The blacklist")
    print(stack.retour.cli("blacklist", "list").rstrip())
    title(f"retour lookup {UNKNOWN}")
    print(stack.retour.cli("lookup", UNKNOWN).rstrip())
    if expect.wrong:
        title("Not as expected")
        print("\n".join(f"- {what}" for what in expect.wrong), flush=True)
    if not once:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
        look_around(stack)
    return expect.wrong


def main(arguments):
    if set(arguments) - {"--once"}:
        print("usage: ./run [--once]", file=sys.stderr)
        return 2
    if reason := os.environ.get("SETUP_NO_SERVERS"):
        print(f"./run cannot start a mail server: {reason}", file=sys.stderr)
        return 1
    progress = Progress()
    stack = None
    try:
        build(progress)
        lock, folder = choose_folder()
        with lock, Lab(folder) as lab:
            stack = Stack(lab, progress)
            try:
                start(stack)
                wrong = show(stack, progress, "--once" in arguments)
            except (LabError, OSError, ValueError) as problem:
                progress.fail()
                raise LabError("\n".join([str(problem), *stack.logs()])) from problem
            progress("stopping the servers")
        progress.end()
    except (LabError, OSError) as problem:
        step = progress.what
        progress.fail()
        print(f"\n./run: failed at: {step}\n{problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.fail()
        print("\n./run: stopped", file=sys.stderr)
        return 130
    print(f"\n{'All is as expected' if not wrong else 'Not all is as expected: see above'}; "
          f"{time.monotonic() - progress.begun:.0f} s in all")
    return 1 if wrong else 0


if __name__ == "__main__":
    guard()
    sys.exit(main(sys.argv[1:]))
