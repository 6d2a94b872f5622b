#!/usr/bin/python3
"""retour-milter against a libmilter program that negotiates the same steps and does nothing, interleaved in one run:
by SMTP through a Postfix, and spoken to directly in the milter protocol. Outgoing mail twice: recorded, and stamped as well.

usage: compare.py [ROUNDS [MESSAGES]]; wants a build (RETOUR_BUILD, else build/). PostgreSQL and Redis are private ones,
started here. Prints per role and shape the median messages per second, the ratio, and the CPU per message of the milter
alone (all its processes; PostgreSQL's share shows only in the messages per second, for it runs on the same cores).
"""

import json
import os
import statistics
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests"))

from lab.keeper import children, guard  # noqa: E402
from lab.lab import Lab, run, wait_until  # noqa: E402
from lab.postfix import Postfix  # noqa: E402
from lab.process import Process  # noqa: E402
from lab.retour import Retour  # noqa: E402
from lab.stack import BOUNCES, Stack  # noqa: E402

BUILD = os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build"))
HERE = os.path.join(TOP, "bench", "milter")
ROLES = ("inbound", "outbound")
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    total = 0
    for process in [pid, *children(pid)]:
        with open(f"/proc/{process}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


class Side:
    """One of the milters under one load. where: arguments that lead the driver to it."""

    def __init__(self, name, where, pid):
        self.name, self.where, self.pid = name, where, pid
        self.rates, self.cpu = [], []

    def round(self, driver, role, messages, per_session, first):
        mail = os.path.join(HERE, "mail.eml" if role == "inbound" else "outgoing.eml")
        envelope = (["--sender", "<>", "--recipient", f"<b{{seq}}@{BOUNCES}>"] if role == "inbound" else
                    ["--sender", "<news@bench.example>", "--recipient", "<user{seq}@remote.bench.example>"])
        before = cpu_seconds(self.pid)
        output = run([os.path.join(BUILD, "bench/milter", driver), *self.where, "--mail", mail, *envelope,
                      "--messages", messages, "--per-session", per_session, "--first", first], driver, timeout=300)
        result = json.loads(output.stdout)
        good = result.get("taken") or result.get("d" if role == "inbound" else "c", 0)
        if good != messages:
            raise SystemExit(f"{self.name}: {good} of {messages} messages went as they should: {output.stdout}")
        self.rates.append(result["per_second"])
        self.cpu.append((cpu_seconds(self.pid) - before) / messages * 1e6)


def compare(driver, role, per_session, rounds, messages, sides, first):
    for side in sides:
        side.rates, side.cpu = [], []
    for number in range(rounds):
        for side in sides if number % 2 == 0 else sides[::-1]:
            side.round(driver, role, messages, per_session, first)
            first += messages
    print(f"{driver:11} {role:8} {per_session:3} per session:" + "".join(
        f"  {side.name} {statistics.median(side.rates):6.0f}/s" + ratio_to(sides[0], side)
        + f" {statistics.median(side.cpu):4.0f} us"
        for side in sides), flush=True)
    return first


def ratio_to(reference, side):
    if side is reference:
        return ""
    return f" ({statistics.median(b / a for a, b in zip(reference.rates, side.rates)):.2f})"


def start_noop(lab, role):
    address = lab.socket_path(f"noop-{role}")
    noop = lab.add(Process("noop", [os.path.join(BUILD, "bench/milter/noop_milter"), role, f"unix:{address}"],
                           lab.path(f"noop-{role}.log")))
    noop.address = address
    noop.start()
    wait_until(lambda: os.path.exists(address), "noop_milter", watch=noop)
    return noop


def start_stamping(lab, stack):
    """A second Retour on the same stores."""
    stamping = Retour(lab, stack.postgres, stack.redis, "stamping")
    stamping.settings["milter"]["listeners"] = [stamping.listener("outbound")]
    stamping.stamp({"return_path": BOUNCES, "feedback_address": f"fbl@{BOUNCES}", "feedback_id": "bench"})
    return lab.add(stamping).start()


def start_postfix(lab, stack, stamping, noops):
    """What gets past the milters is thrown away, so that queues do not grow from round to round."""
    services = {f"noop-{role}": {"smtpd_milters": f"unix:{noop.address}"} for role, noop in noops.items()}
    services.update({f"retour-{role}": {"smtpd_milters": stack.retour.sockets[role]} for role in ROLES})
    services["stamping-outbound"] = {"smtpd_milters": stamping.sockets["outbound"]}
    return lab.add(Postfix(lab, "bench", services, {
        "virtual_mailbox_domains": BOUNCES, "virtual_mailbox_maps": "static:all", "virtual_transport": "discard",
        "default_process_limit": "100", "in_flow_delay": "0s", "smtpd_client_connection_count_limit": "0",
        "smtpd_client_connection_rate_limit": "0"}, {"*": "discard:"})).start()


def main():
    rounds, messages = [int(word) for word in (sys.argv[1:] + ["5", "4000"][len(sys.argv) - 1:])]
    guard()
    with Lab() as lab:
        stack = Stack(lab)
        stack.start_stores()
        stack.start_retour()
        noops = {role: start_noop(lab, role) for role in ROLES}
        stamping = start_stamping(lab, stack)
        postfix = start_postfix(lab, stack, stamping, noops)
        pids = {"noop": {role: noop.pid for role, noop in noops.items()},
                "retour": dict.fromkeys(ROLES, stack.retour.process.pid),
                "stamping": {"outbound": stamping.process.pid}}
        first = 0
        for role in ROLES:
            paths = {"noop": noops[role].address, "retour": stack.retour.sockets[role][len("unix:"):]}
            if role == "outbound":
                paths["stamping"] = stamping.sockets[role][len("unix:"):]
            wire = [Side(name, ["--socket", paths[name]], pids[name][role]) for name in paths]
            smtp = [Side(name, ["--host", lab.address, "--port", postfix.ports[f"{name}-{role}"]], pids[name][role])
                    for name in paths]
            for per_session in (1, 50):
                first = compare("smtp_load", role, per_session, rounds, messages, smtp, first)
            for per_session in (1, 50):
                first = compare("milter_load", role, per_session, rounds, messages, wire, first)


if __name__ == "__main__":
    main()
