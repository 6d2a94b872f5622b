"""Area "docs": manual pages are well-formed and complete, and what the README names exists."""

import os
import re
import subprocess

from style import files, relative


def pages(check):
    return [path for path in files(check.top, *(f".{section}" for section in "1578")) if "/docs/" in path]


def lint(check):
    found = pages(check)
    if not found:
        check.tally.result(False, "manual pages", "docs/ has none")
        return
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *found], capture_output=True, text=True, check=False)
    check.tally.result(done.returncode == 0, f"mandoc has no complaint about {len(found)} pages", done.stdout + done.stderr)


def subcommands(check, build):
    """As `retour --help` lists them: indented, name first."""
    done = subprocess.run([os.path.join(build, "support/retour"), "--help"], capture_output=True, text=True, check=False)
    return re.findall(r"^  ([a-z][a-z-]+)(?: [a-z]+)*\s{2,}", done.stdout, re.MULTILINE)


def complete(check):
    text = ""
    for path in pages(check):
        with open(path, encoding="utf-8") as file:
            text += file.read()
    problems = [f"no manual page for {name}" for name in ("retour", "retour-milter", "retour-fbl", "retour-map")
                if not any(os.path.basename(path).rpartition(".")[0] == name for path in pages(check))]
    build = check.builds.make("gcc")
    if build:
        commands = subcommands(check, build)
        if not commands:
            problems.append("retour --help lists no command")
        problems += [f"no manual page names the command {name}" for name in commands
                     if not re.search(rf"\b{re.escape(name)}\b", text.replace("\\-", "-"))]
    check.tally.result(not problems, "every program and command is in a manual page", "\n".join(problems))


def named_files(check):
    """What a document names in backquotes and looks like a path of ours must be there."""
    problems = []
    for path in files(check.top, ".md"):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for name in re.findall(r"`((?:\./)?(?:[\w.-]+/)*[\w.-]+\.(?:c|h|py|yaml|md|sh|sql))`|`(\./[\w/.-]+)", text):
            name = next(filter(None, name))
            places = [os.path.join(check.top, name), os.path.join(os.path.dirname(path), name)]
            if "NNNN" in name or any(os.path.exists(place) for place in places):
                continue
            if "/" not in name.removeprefix("./") and any(os.path.basename(other) == name for other in files(check.top, name)):
                continue
            problems.append(f"{relative(check.top, path)}: `{name}` is not there")
    check.tally.result(not problems, "files that the documents name exist", "\n".join(problems))


def run(check):
    lint(check)
    complete(check)
    named_files(check)
