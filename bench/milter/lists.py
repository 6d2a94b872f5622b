#!/usr/bin/python3
"""The question at RCPT with a long blacklist: the same milter with an empty list, with a full one, and with that and
lookup_filter; and a libmilter program that negotiates the same steps and does nothing. Interleaved in one run; answered by
Redis, then by PostgreSQL alone.

usage: lists.py [ENTRIES [ROUNDS [MESSAGES]]]   (1000000, 5, 2000); wants a build (RETOUR_BUILD, else build/). Everything is
private and started here. Prints how long the mirror took to be built and what Redis and Retour occupied; then, for each way,
microseconds per RCPT (p50, p99, as the MTA sees them, one session) and messages per second (20 sessions, 5 recipients each).
"""

import json
import os
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))

from lab.keeper import children, guard  # noqa: E402
from lab.lab import Lab, run, wait_until  # noqa: E402
from lab.process import Process  # noqa: E402
from lab.retour import Retour  # noqa: E402
from lab.stack import Stack  # noqa: E402

BUILD = os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build"))
HERE = os.path.join(TOP, "bench", "milter")
RECIPIENTS = 5
CHUNK = 1000000


def status(pid, field):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def fill(stack, entries):
    """As an import would leave it, without its audit trail: the mirror is filled from the table."""
    begun = time.monotonic()
    for first in range(0, entries, CHUNK):
        stack.postgres.psql(
            "INSERT INTO blacklist (target, scope, category, source, evidence, reason)"
            " SELECT 'listed' || n || '@remote' || n % 997 || '.bench.example',"
            " CASE WHEN n % 10 = 0 THEN 'shop.bench.example' ELSE '*' END, 'user_unknown', 'auto',"
            " 'local', '550 5.1.1 The email account that you tried to reach does not exist'"
            f" FROM generate_series({first}, {min(first + CHUNK, entries) - 1}) n", timeout=3600)
    stack.postgres.psql("VACUUM ANALYZE blacklist", timeout=3600)
    print(f"{entries} entries in PostgreSQL: {time.monotonic() - begun:.0f} s", flush=True)


def start_rebuild(stack):
    return subprocess.Popen([stack.retour.program("retour"), "--config", stack.retour.config, "cache", "rebuild"],
                            stdout=subprocess.DEVNULL)


def rebuild(stack):
    """The time, the memory of the command at its peak, and Redis's."""
    begun = time.monotonic()
    command = start_rebuild(stack)
    peak = 0.0
    while command.poll() is None:
        try:
            peak = max(peak, status(command.pid, "VmHWM"))
        except (OSError, StopIteration):
            pass
        time.sleep(0.2)
    if command.returncode:
        raise SystemExit("retour cache rebuild failed")
    print(f"the mirror: {time.monotonic() - begun:.1f} s, peak of the command {peak:.0f} MB, Redis"
          f" {status(stack.redis.process.pid, 'VmRSS'):.0f} MB, keys {stack.redis.keys()}", flush=True)


class Site:
    def __init__(self, lab, entries):
        self.stack = stack = Stack(lab)
        stack.start_stores({"fsync": "off", "shared_buffers": "256MB", "max_wal_size": "4GB"})
        stack.redis.command("CONFIG", "SET", "maxmemory", "0")
        stack.start_schema()
        if entries:
            fill(stack, entries)
            rebuild(stack)
        lab.add(stack.retour).start()
        self.filtered = Retour(lab, stack.postgres, stack.redis, "filtered")
        if entries:
            self.filtered.listener_settings("outbound")["lookup_filter"] = 2 * entries
            lab.add(self.filtered).start()
            wait_until(lambda: "filter=loaded" in self.filtered.log_text(), "the filter", 600)
        wait_until(lambda: stack.redis.command("EXISTS", "retour:fresh") == ":1", "the mirror to be current", 600)



def memory(retour):
    return max(status(pid, "VmRSS") for pid in children(retour.process.pid))


def outbound(retour):
    return retour.sockets["outbound"][len("unix:"):]


def load(socket, sessions, messages, first):
    output = run([os.path.join(BUILD, "bench/milter/milter_load"), "--socket", socket, "--mail",
                  os.path.join(HERE, "outgoing.eml"), "--sender", "<news@bench.example>", "--recipient",
                  "<user{seq}@remote.bench.example>", "--messages", messages, "--per-session", 50, "--sessions", sessions,
                  "--recipients", RECIPIENTS, "--first", first], "milter_load", timeout=600)
    result = json.loads(output.stdout)
    if result.get("c", 0) != messages:
        raise SystemExit(f"{result.get('c')} of {messages} messages went as they should: {output.stdout}")
    return result


def compare(title, sides, rounds, messages, first):
    found = {name: [] for name in sides}
    for number in range(rounds):
        for name, socket in (list(sides.items()) if number % 2 == 0 else list(sides.items())[::-1]):
            alone, many = load(socket, 1, messages // 4, first), load(socket, 20, messages, first + messages)
            found[name].append((alone["rcpt_p50_us"], alone["rcpt_p99_us"], many["per_second"]))
            first += 2 * messages
    for name, rows in found.items():
        p50, p99, rate = (statistics.median(column) for column in zip(*rows))
        ratio = statistics.median(row[2] / base[2] for row, base in zip(rows, found["noop"]))
        print(f"{title:10} {name:6} RCPT p50 {p50:6.0f} us  p99 {p99:6.0f} us   {rate:6.0f} messages/s, of no-op {ratio:.2f}",
              flush=True)
    return first


def while_rebuilding(site, first):
    """What look-ups feel of a full rebuild beside them."""
    command, rows = start_rebuild(site.stack), []
    while command.poll() is None:
        rows.append(load(outbound(site.stack.retour), 1, 100, first))
        first += 100
    p50, p99 = (statistics.median(row[f"rcpt_{name}_us"] for row in rows) for name in ("p50", "p99"))
    print(f"{'rebuilding':10} {'full':6} RCPT p50 {p50:6.0f} us  p99 {p99:6.0f} us", flush=True)
    return first


def start_noop(lab):
    socket = lab.socket_path("noop")
    noop = lab.add(Process("noop", [os.path.join(BUILD, "bench/milter/noop_milter"), "outbound", f"unix:{socket}"],
                           lab.path("noop.log"))).start()
    wait_until(lambda: os.path.exists(socket), "noop_milter", watch=noop)
    return socket


def main():
    entries, rounds, messages = [int(word) for word in (sys.argv[1:] + ["1000000", "5", "2000"][len(sys.argv) - 1:])]
    guard()
    os.environ.setdefault("RETOUR_DATA", os.path.join(TOP, "config"))
    with Lab() as here, Lab() as there:
        full, empty = Site(here, entries), Site(there, 0)
        sides = {"noop": start_noop(here), "empty": outbound(empty.stack.retour), "full": outbound(full.stack.retour),
                 "filter": outbound(full.filtered)}
        first = compare("Redis", sides, rounds, messages, 0)
        first = while_rebuilding(full, first)
        print("memory of the largest process of retour-milter: "
              f"empty {memory(empty.stack.retour):.0f} MB, full {memory(full.stack.retour):.0f} MB, "
              f"filter {memory(full.filtered):.0f} MB", flush=True)
        for site in (full, empty):
            site.stack.redis.stop()
        compare("PostgreSQL", sides, rounds, messages, first)


if __name__ == "__main__":
    main()
