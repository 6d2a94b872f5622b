"""Counts results, whoever produced them: TAP programs, meson's suites, single steps."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

RESULT = re.compile(r"^(not )?ok\b(?:\s+\d+)?(?:\s*-)?\s*(.*)$")
DIRECTIVE = re.compile(r"\s*#\s*(skip|todo)\S*\s*(.*)$", re.IGNORECASE)
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\S*\s*(.*))?$", re.IGNORECASE)


class Tap:
    """Reads TAP line by line; what is indented is a subtest and counts through its parent."""

    def __init__(self):
        self.results = []  # (kind, name, reason)
        self.planned = None
        self.bailed = None

    def line(self, text):
        if match := RESULT.match(text):
            name, reason, directive = match[2], "", None
            if found := DIRECTIVE.search(name):
                name, directive, reason = name[: found.start()], found[1].lower(), found[2]
            if directive == "skip":
                self.results.append(("skipped", name, reason))
            elif match[1] and directive != "todo":
                self.results.append(("failed", name, ""))
            else:
                self.results.append(("passed", name, ""))
        elif match := PLAN.match(text):
            self.planned = int(match[1])
            if self.planned == 0:
                self.results.append(("skipped", "all", match[2] or "no reason given"))
        elif text.startswith("Bail out!"):
            self.bailed = text

    def complaint(self, status):
        """Why the program as a whole failed although no single result says so; None: it did not."""
        if self.bailed:
            return self.bailed
        if self.planned is None:
            return f"ended before its plan, exit status {status}"
        if self.planned not in (0, len(self.results)):
            return f"{len(self.results)} results, planned were {self.planned}"
        if status not in (0, None) and not any(kind == "failed" for kind, _, _ in self.results):
            return f"exit status {status}"
        return None


class Tally:
    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.area = ""
        self.started = time.monotonic()

    def say(self, text):
        print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)

    def count(self, kind, name, reason=""):
        name = f"{self.area}: {name}"
        if kind == "passed":
            self.passed += 1
        elif kind == "skipped":
            self.skipped.append((name, reason or "no reason given"))
        else:
            self.failed.append((name, reason))

    def result(self, good, name, detail=""):
        """One step that this program judged itself."""
        self.count("passed" if good else "failed", name, detail.strip().splitlines()[0] if detail.strip() else "")
        print(f"{'ok' if good else 'not ok'} - {name}", flush=True)
        if not good and detail.strip():
            print("\n".join(f"    {line}" for line in detail.strip().splitlines()[-40:]), flush=True)
        return good

    def skip(self, name, reason):
        self.count("skipped", name, reason)
        print(f"ok - {name} # SKIP {reason}", flush=True)

    def step(self, name, argv, timeout, show=False, env=None):
        """A command that must end with 0; its output is shown when it does not."""
        lines = []
        status = run_lines(argv, timeout, env, lambda line: (lines.append(line), show and print(line, flush=True)))
        return self.result(status == 0, name, "\n".join([f"exit status {status}"] + ([] if show else lines[-40:])))

    def tap(self, name, argv, timeout, env=None):
        """A program that speaks TAP; every line is passed on as it comes."""
        tap = Tap()

        def line(text):
            print(text, flush=True)
            tap.line(text)

        status = run_lines(argv, timeout, env, line)
        self.add_tap(name, tap, status)

    def add_tap(self, name, tap, status):
        for kind, test, reason in tap.results:
            self.count(kind, f"{name} {test}", reason)
        if complaint := tap.complaint(status):
            self.result(False, name, complaint)
        elif not tap.results:
            self.result(False, name, "ran no test")

    def meson(self, build, arguments, timeout, env=None, what=None):
        """Tests of a meson build; arguments choose them. None found is a failure."""
        log = os.path.join(build, "meson-logs/testlog.json")
        if os.path.exists(log):
            os.remove(log)
        argv = ["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--num-processes", str(os.cpu_count() or 1)]
        quiet = re.compile(r"^(ninja: |\s*$|Full log|Ok:|Expected Fail:|Unexpected Pass:|Timeout:|Fail:|Skipped:)")
        status = run_lines(argv + arguments, timeout, env, lambda line: quiet.match(line) or print(line, flush=True))
        what = what or " ".join(arguments) or "all suites"
        if not os.path.exists(log):
            self.result(False, what, f"meson test ran no test, exit status {status}")
            return
        count, failed = 0, len(self.failed)
        with open(log, encoding="utf-8", errors="replace") as file:
            for line in file:
                count += 1
                self.add_meson(json.loads(line))
        if count == 0 or status == 124:
            self.result(False, what, "ran no test" if count == 0 else f"no end within {timeout} s")
        elif status != 0 and len(self.failed) == failed:
            self.result(False, what, f"meson test: exit status {status}")

    def add_meson(self, test):
        name, result = test["name"].rpartition(" / ")[2], test["result"]
        tap = Tap()
        for line in (test.get("stdout") or "").splitlines():
            tap.line(line)
        if tap.results:
            for kind, case, reason in tap.results:
                self.count(kind, f"{name} {case}", reason)
            if result not in ("OK", "SKIP") and not any(kind == "failed" for kind, _, _ in tap.results):
                self.count("failed", name, f"{result.lower()}, exit status {test.get('returncode')}")
        elif result == "OK":
            if tap.planned is not None:
                self.count("failed", name, "ran no test")
            else:
                self.count("passed", name)
        elif result == "SKIP":
            self.count("skipped", name, (test.get("stdout") or "exit status 77").strip().splitlines()[-1])
        else:
            self.count("failed", name, f"{result.lower()}, exit status {test.get('returncode')}")

    def finish(self):
        seconds = int(time.monotonic() - self.started)
        print(f"\nTook {seconds // 60} min {seconds % 60} s")
        for title, entries in (("Skipped", self.skipped), ("Failed", self.failed)):
            if entries:
                print(f"{title}:")
                for name, reason in entries:
                    print(f"  {name}" + (f" ({reason})" if reason else ""))
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped", flush=True)
        return 1 if self.failed or self.passed == 0 else 0


def run_lines(argv, timeout, env, line):
    """Runs a command in a process group of its own and hands its output over by the line. 124: too late, and ended."""
    process = subprocess.Popen([str(part) for part in argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
                               env={**os.environ, **(env or {})})
    late = threading.Event()

    def end():
        late.set()
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:
                return
            time.sleep(8)

    timer = threading.Timer(timeout, end)
    timer.daemon = True
    timer.start()
    try:
        for text in process.stdout:
            line(text.rstrip("\n"))
        status = process.wait()
    except BaseException:
        try:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            pass
        raise
    finally:
        timer.cancel()
    if late.is_set():
        line(f"# no end within {timeout} s: ended")
        return 124
    return status


if __name__ == "__main__":
    sys.exit("not a program: see ./check")
