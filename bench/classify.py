#!/usr/bin/python3
"""classify.py DIRECTORY: whole mails through `retour classify`, against GMime's parser alone and Sisimai, in one run.

The program's own start (it loads and compiles the rules) is measured apart: what counts is the mail after the first.
"""

import os
import resource
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("RETOUR_BUILD", os.path.join(TOP, "build"))
ONE_CORE = ["taskset", "-c", "0"]
TIMES = 30


def cpu_seconds(argv):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    lines = subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout.count(b"\n")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, lines


def program(directory, mails):
    """Mails a second of the program as people run it, JSON printed, by the CPU time that more mails cost."""
    classify = ONE_CORE + [f"{BUILD}/support/retour", "classify", "--json"]
    start, _ = cpu_seconds(classify + [os.devnull])
    few, _ = cpu_seconds(classify + [directory])
    many, _ = cpu_seconds(classify + [directory] * (1 + TIMES))
    print(f"retour classify    {mails * TIMES / (many - few):8.0f} mails/s {(many - few) * 1e6 / mails / TIMES:7.1f} us each "
          f"(start of the program {start * 1000:.0f} ms)")
    return mails * TIMES / (many - few)


def sisimai(directory):
    done = subprocess.run(ONE_CORE + ["perl", f"{TOP}/bench/sisimai.pl", directory], stdout=subprocess.PIPE, text=True,
                          check=False)
    return float(done.stdout) if done.returncode == 0 and done.stdout else None


def main():
    if len(sys.argv) != 2 or not os.path.isdir(sys.argv[1]):
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = sys.argv[1]
    command = ONE_CORE + [f"{BUILD}/bench/classify", directory]
    inside = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    print(inside, end="")
    mails = int(inside.split()[0])
    parse = float(next(line for line in inside.splitlines() if line.startswith("GMime")).split()[3])
    ours = program(directory, mails)
    print(f"retour classify / GMime parse only  {ours / parse:6.2f}   goal >= 1.0")
    perl = sisimai(directory)
    if perl:
        print(f"Sisimai (Perl)     {perl:8.0f} mails/s")
        print(f"retour classify / Sisimai (Perl)    {ours / perl:6.1f}   goal >= 10")
    else:
        print("Sisimai (Perl)     not installed (libsisimai-perl)")


if __name__ == "__main__":
    main()
