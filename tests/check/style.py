"""Area "format": what a machine can say about how the code reads."""

import os
import re
import subprocess

FUNCTION_LINES = 70
SOURCE_LINES = 500
HEADER_LINES = 150
WIDTH = 120


def files(top, *endings, skip=("/tests/corpus/", "/tests/fuzz/corpus/", "/tests/fuzz/regressions/")):
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = sorted(name for name in folders if name != "var" and not name.startswith((".git", "build", "__pycache__")))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(endings) and not any(part in path for part in skip):
                found.append(path)
    return found


def relative(top, path):
    return os.path.relpath(path, top)


def clang_format(check):
    sources = files(check.top, ".c", ".h")
    check.tally.step("clang-format finds nothing to change", ["clang-format", "--dry-run", "-Werror", *sources], 300)


def long_functions(lines):
    """The formatter puts the braces of a function, and of nothing else, at the start of a line after its head."""
    start = None
    for number, line in enumerate(lines, 1):
        if line.rstrip() == "{":
            start = number
        elif line.rstrip() == "}" and start:
            if number - start - 1 > FUNCTION_LINES:
                yield start, number - start - 1
            start = None


def sizes(check):
    problems = []
    for path in files(check.top, ".c", ".h"):
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
        limit = HEADER_LINES if path.endswith(".h") else SOURCE_LINES
        name = relative(check.top, path)
        if len(lines) > limit:
            problems.append(f"{name}: {len(lines)} lines, at most {limit}")
        problems += [f"{name}:{start}: function of {count} lines, at most {FUNCTION_LINES}"
                     for start, count in long_functions(lines)]
    check.tally.result(not problems, "no function and no file is too long", "\n".join(problems))


def text(check):
    problems = []
    for path in files(check.top, ".c", ".h", ".md", ".py", ".sh", ".yaml", ".build", ".sql", "/run", "/check"):
        with open(path, "rb") as file:
            data = file.read()
        name = relative(check.top, path)
        try:
            lines = data.decode("utf-8").split("\n")
        except UnicodeDecodeError:
            problems.append(f"{name}: not UTF-8")
            continue
        if data and not data.endswith(b"\n") or data.endswith(b"\n\n"):
            problems.append(f"{name}: must end with one line end")
        for number, line in enumerate(lines, 1):
            if line != line.rstrip() or "\r" in line:
                problems.append(f"{name}:{number}: blanks or CR at the end of the line")
            if path.endswith((".md", ".py", ".yaml", ".build")) and "\t" in line:
                problems.append(f"{name}:{number}: tab")
    check.tally.result(not problems, "texts are clean: UTF-8, no blanks at line ends, no tabs where they are not used",
                       "\n".join(problems))


def scripts(check):
    python = files(check.top, ".py")
    problems = []
    for path in python:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        try:
            compile(source, path, "exec")
        except SyntaxError as problem:
            problems.append(f"{relative(check.top, path)}:{problem.lineno}: {problem.msg}")
        problems += [f"{relative(check.top, path)}:{number}: longer than {WIDTH + 10} columns"
                     for number, line in enumerate(source.split("\n"), 1) if len(line) > WIDTH + 10
                     and not re.search(r"define\(`|https?://", line)]
    for name in ("run", "check", ".ci/run", "tests/lab/setup.sh"):
        path = os.path.join(check.top, name)
        if os.path.exists(path):
            done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
            if done.returncode:
                problems.append(done.stderr)
    check.tally.result(not problems, "scripts parse", "\n".join(problems))


def run(check):
    clang_format(check)
    sizes(check)
    text(check)
    scripts(check)


def tidy(check):
    build = check.builds.make("clang")
    if build:
        sources = [path for path in files(check.top, ".c") if "/tests/" not in path and "/bench/" not in path]
        check.tally.step("clang-tidy has no complaint", ["run-clang-tidy", "-quiet", "-p", build, *sources], 1800)
