"""The frame of a test script: cases in order, TAP on stdout."""

import os
import sys
import time
import traceback

from .keeper import guard
from .lab import LabError, Skip


class Suite:
    def __init__(self):
        self.cases = []

    def case(self, name):
        def add(function):
            self.cases.append((name, function))
            return function
        return add

    def main(self, setup):
        """setup: a context manager; what it yields is handed to every case. RETOUR_CASE runs those whose name holds it."""
        guard()
        wanted = os.environ.get("RETOUR_CASE", "")
        cases = [case for case in self.cases if wanted in case[0]]
        print(f"1..{len(cases)}", flush=True)
        failed = 0
        number = 0
        try:
            with setup() as stack:
                for number, (name, function) in enumerate(cases, 1):
                    failed += not self.run(number, name, function, stack)
        except Skip as reason:
            for number in range(number + 1, len(cases) + 1):
                print(f"ok {number} - {cases[number - 1][0]} # SKIP {reason}", flush=True)
        except KeyboardInterrupt:
            print("Bail out! stopped by a signal", flush=True)
            failed += 1
        except Exception as problem:  # the servers could not be started or stopped
            comment(problem)
            if number < len(cases):
                for number in range(number + 1, len(cases) + 1):
                    print(f"not ok {number} - {cases[number - 1][0]}: the lab did not start", flush=True)
            else:
                print("Bail out! the lab did not stop", flush=True)
            failed += 1
        sys.exit(1 if failed else 0)

    @staticmethod
    def run(number, name, function, stack):
        started = time.monotonic()
        try:
            function(stack)
            print(f"ok {number} - {name} ({time.monotonic() - started:.1f} s)", flush=True)
            return True
        except Skip as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
            return True
        except (AssertionError, LabError, OSError, ValueError, KeyError, IndexError, TypeError, AttributeError) as problem:
            print(f"not ok {number} - {name} ({time.monotonic() - started:.1f} s)", flush=True)
            comment(problem)
            for text in getattr(stack, "logs", list)():
                print("\n".join(f"# {line}" for line in text.splitlines()), flush=True)
            return False


def comment(problem):
    where = traceback.extract_tb(problem.__traceback__)
    frames = " < ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in reversed(where))
    print("\n".join(f"# {line}" for line in f"{type(problem).__name__}: {problem}\nat {frames}".splitlines()), flush=True)


def equal(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: {got!r}, wanted {wanted!r}")


def check(good, what):
    if not good:
        raise AssertionError(what)
