#!/usr/bin/python3
"""reputation.py [MILLIONS]: what reputation costs on so many rows of counters (10), and what a hot provider costs its writers.

Reading: a quarter of the rows are hours of the last three days, as `retour maintain` leaves them, the rest days; then the same
with nothing ever rolled up; each against a bare sum over the same rows. Writing: the upsert of the services by 8 sessions, all
on one provider against each on its own, in turns within one run; and all with one shard, which is what the shards are for.
"""
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tests"))

from lab.keeper import guard  # noqa: E402
from lab.lab import Lab  # noqa: E402
from lab.postgres import BINARIES, Postgres  # noqa: E402
from lab.retour import Retour  # noqa: E402

CLIENTS, SECONDS, TURNS = 8, 5, 3
UPSERT = """begin;
insert into counters as c (hour, provider, sender_domain, category, shard, n, verified)
values (date_trunc('hour', now()), {provider}, 'sender', 'sent', {shard}, 1, 1)
on conflict (hour, provider, sender_domain, category, shard)
do update set n = c.n + excluded.n, verified = c.verified + excluded.verified;
commit;
"""
ROWS = """insert into {table} ({when}, n, verified, {more}provider, sender_domain, category)
select {value}, 10, 10, {zero}case when p < 5 then 'provider' || p else 'domain' || p || '.example' end, 'sender' || i % 97, c
from generate_series(0, {last}) i, lateral (select (i::bigint * 7919) % 5000 as p) o,
unnest(array['sent', 'user_unknown', 'mailbox_full', 'complaint_spam', 'deferred']) c on conflict do nothing"""


def fill_hours(postgres, rows, hours):
    postgres.psql(ROWS.format(table="counters", when="hour", value=f"date_trunc('hour', now()) - i % {hours} * interval '1 hour'",
                              more="shard, ", zero="(i / 7) % 32, ", last=rows // 5), timeout=3600)


def fill_days(postgres, rows):
    postgres.psql(ROWS.format(table="counters_days", when="day", value="current_date - 3 - i % 365", more="", zero="",
                              last=rows // 5), timeout=3600)


def read(postgres, retour, what):
    postgres.psql("vacuum analyze counters; ", timeout=3600)
    postgres.psql("vacuum analyze counters_days", timeout=3600)
    size = postgres.psql("select to_char((select count(*) from counters), '9,999,999,990') || ' hours, ' || "
                         "to_char((select count(*) from counters_days), '9,999,999,990') || ' days'")
    print(f"{what}: {size}", flush=True)
    for window, hours in (("1h", 2), ("24h", 48), ("7d", 15 * 24)):
        bare = ("select sum(n), sum(verified) from (select n, verified from counters "
                f"where hour >= now() - {hours} * interval '1 hour' "
                f"union all select n, verified from counters_days where {hours} > 48 and day > current_date - 15) c")
        scans, times = [], []
        for _ in range(3):
            started = time.monotonic()
            postgres.psql(bare, timeout=600)
            scans.append(time.monotonic() - started)
            started = time.monotonic()
            retour.cli("reputation", "--window", window, "--json", timeout=600)
            times.append(time.monotonic() - started)
        print(f"  {window:<4} {min(times) * 1000:7.0f} ms, {min(times) / min(scans):.1f} times a bare scan", flush=True)


def pgbench(lab, postgres, name, provider, shard):
    path = lab.path(f"{name}.sql")
    with open(path, "w", encoding="ascii") as file:
        file.write(UPSERT.format(provider=provider, shard=shard))
    done = subprocess.run([f"{BINARIES}/pgbench", "-n", "-h", postgres.folder, "-U", "retour", "-f", path, "-c", str(CLIENTS),
                           "-j", "2", "-T", str(SECONDS), "retour"], capture_output=True, text=True, check=True)
    return float(re.search(r"tps = ([\d.]+)", done.stdout)[1])


def write(lab, postgres):
    cases = {"each on its own provider": ("'own' || :client_id", "pg_backend_pid() % 32"),
             "all on one provider": ("'hot'", "pg_backend_pid() % 32"), "all on one, one shard": ("'one'", "0")}
    best = {case: 0 for case in cases}
    for _ in range(TURNS):
        for number, (case, (provider, shard)) in enumerate(cases.items()):
            best[case] = max(best[case], pgbench(lab, postgres, f"case{number}", provider, shard))
    reference = best["each on its own provider"]
    for case, rate in best.items():
        print(f"  {case:<26} {rate:8.0f} transactions/s  {rate / reference:.2f}", flush=True)


def main():
    rows = int(float(sys.argv[1] if len(sys.argv) > 1 else 10) * 1e6)
    with Lab() as lab:
        postgres = lab.add(Postgres(lab, {"shared_buffers": "512MB", "max_wal_size": "8GB"})).start()
        retour = Retour(lab, postgres)
        retour.migrate()
        fill_hours(postgres, rows // 4, 80)
        fill_days(postgres, rows - rows // 4)
        read(postgres, retour, "rolled up")
        postgres.psql("truncate counters, counters_days")
        fill_hours(postgres, rows, 24 * 15)
        read(postgres, retour, "never rolled up")
        postgres.psql("truncate counters")
        print(f"{CLIENTS} writers", flush=True)
        write(lab, postgres)


if __name__ == "__main__":
    guard()
    main()
