#!/usr/bin/python3
"""linear.py [RETOUR]: what big mails cost, by processor time, at 1, 2, 5 and 10 MB; the last column is the cost of a byte at
10 MB over that at 1 MB. Shapes that have blown up other parsers: a long base64 original, 100,000 lines, 5,000 recipients,
one line of a megabyte, addresses without end, nested parts."""
import os
import resource
import subprocess
import sys
import tempfile

HEADER = ("Return-Path: <>\nFrom: MAILER-DAEMON@mx.example\nTo: bounces@shop.example\nSubject: failure notice\n"
          "MIME-Version: 1.0\n")
PLAIN = HEADER + "Content-Type: text/plain\n\nThe following addresses failed:\n\n"
REPORT = HEADER + 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b\n\nFailed.\n'
FAILED = "<anna@dest.example>:\n550 5.1.1 User unknown\n\n"


def fill(head, unit, tail, size):
    """unit(i) repeated between head and tail until size is reached"""
    parts, length, i = [head], len(head) + len(tail), 0
    while length < size:
        part = unit(i)
        parts.append(part)
        length += len(part)
        i += 1
    return "".join(parts) + tail


def status(i):
    return (f"\nFinal-Recipient: rfc822; user{i}@dest.example\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n")


STATUS = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n"

SHAPES = {
    "base64 original": lambda n: fill(REPORT + STATUS + status(1)
                                      + "\n--b\nContent-Type: message/rfc822\n\nSubject: x\n"
                                      "Content-Transfer-Encoding: base64\n\n",
                                      lambda i: "QUJD" * 19 + "\n", "\n--b--\n", n),
    "status groups": lambda n: fill(REPORT + STATUS,
                                    status, "\n--b--\n", n),
    "short lines": lambda n: fill(PLAIN + FAILED, lambda i: "more words here\n", "", n),
    "recipients": lambda n: fill(PLAIN, lambda i: f"<user{i}@dest.example>:\n550 5.1.1 User unknown\n\n", "", n),
    "transcript": lambda n: fill(PLAIN + "   ----- Transcript of session follows -----\n",
                                 lambda i: f">>> RCPT TO:<user{i}@dest.example>\n<<< 550 5.1.1 User unknown\n", "", n),
    "one line": lambda n: fill(PLAIN + FAILED, lambda i: "550 5.1.1 unknown ", "\n", n),
    "addresses": lambda n: fill(PLAIN, lambda i: f"a{i}@b{i}.example, ", "\n", n),
    "brackets": lambda n: fill(PLAIN, lambda i: "<<<(((@@@", "\n", n),
    "boundaries": lambda n: fill(REPORT, lambda i: "--b\n\nx\n", "--b--\n", n),
}


def cost(program, path):
    """seconds of processor time, the best of three"""
    best = None
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "classify", "--json", path], stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = used if best is None else min(best, used)
    return best


def main():
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    program = sys.argv[1] if len(sys.argv) > 1 else os.path.join(top, "build/retour")
    sizes = (1, 2, 5, 10)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mail.eml")
        with open(path, "w", encoding="ascii") as file:
            file.write(PLAIN + FAILED)
        start = cost(program, path)
        print(f"{'ms above start-up':18}" + "".join(f"{size:>7} MB" for size in sizes) + "   per byte")
        for name, make in SHAPES.items():
            row = []
            for size in sizes:
                with open(path, "w", encoding="ascii") as file:
                    file.write(make(size * 1000 * 1000))
                row.append(max(cost(program, path) - start, 0.0005))
            print(f"{name:18}" + "".join(f"{1000 * used:10.1f}" for used in row) + f"{row[-1] / row[0] / 10:11.2f}")


if __name__ == "__main__":
    main()
