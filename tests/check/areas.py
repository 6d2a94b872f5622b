"""The areas of ./check, in the order in which they run."""

import glob
import os
import subprocess
import tempfile

import documents
import style

LAYERS = ["core", "config", "report", "trust", "classifier", "sql", "cache", "dns", "intake", "daemon", "milter", "map", "fbl",
          "support"]


class Area:
    def __init__(self, name, text, run):
        self.name, self.text, self.run = name, text, run


def unit(check):
    if build := check.builds.make("gcc"):
        check.tally.meson(build, ["--suite", "unit", "--timeout-multiplier", "3"], 900, what="unit tests")


def integration_scripts(top):
    return {os.path.basename(path)[:-3]: path for path in sorted(glob.glob(os.path.join(top, "tests/integration/*.py")))}


def integration(check, name, variant="gcc"):
    build = check.builds.make(variant)
    if not build:
        return
    if check.no_servers:
        check.tally.skip(name, check.no_servers)
        return
    check.tally.tap(name, ["/usr/bin/python3", "-B", check.scripts[name]], 1200,
                    {"RETOUR_BUILD": build, **check.builds.environment(variant)})


def layer(check, name):
    """The unit tests of one layer, then what its integration script does with real servers."""
    build = check.builds.make("gcc")
    if not build:
        return
    names = [test.rpartition(" / ")[2] for test, _, program in check.builds.tests(build) if f"tests/unit/{name}/" in program]
    if names:
        check.tally.meson(build, names, 600, what=f"unit tests of {name}")
    if name in check.scripts:
        integration(check, name)
    elif not names:
        check.tally.result(False, name, "no test found")


# What `retour classify` must reach on the development corpus; raised when it gets better, never lowered in silence.
CORPUS_FLOOR = "recall=0.996,reviewed=0.915,lenient=0.999,hard_soft=0.97"
CORPUS_CEILING = "wrong_address=0,false_bounces=0,soft_called_hard=0"


def corpus(check):
    build = check.builds.make("gcc")
    if not build:
        return
    check.tally.meson(build, ["--suite", "corpus", "--suite", "fuzz"], 600, what="own corpus, and the fuzzers' seeds")
    development_corpus(check, build, "development corpus")


def development_corpus(check, build, name, env=None, score=True):
    shared = os.path.join(check.top, "../shared/corpus")
    if not os.path.isdir(os.path.join(shared, "mail")):
        check.tally.skip(name, "../shared/corpus is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        output = os.path.join(folder, "out.jsonl")
        mails = sorted(glob.glob(os.path.join(shared, "mail/*.eml")))
        command = [os.path.join(build, "support/retour"), "classify", "--json", *mails]
        with open(output, "wb") as file:
            try:
                done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE, timeout=600,
                                      env={**os.environ, **(env or {})}, check=False)
                complaint = done.stderr.decode(errors="replace")
                good = done.returncode == 0 and "Sanitizer" not in complaint
            except (OSError, subprocess.TimeoutExpired) as problem:
                good, complaint = False, str(problem)
        check.tally.result(good, f"{name}: retour classify reads {len(mails)} mails", complaint)
        if good and score:
            argv = [os.path.join(shared, "score.py"), "--truth", os.path.join(shared, "truth.tsv"), "--map",
                    os.path.join(shared, "reason-map.tsv"), output, "--families", "5", "--confusions", "5",
                    "--fail-under", CORPUS_FLOOR, "--fail-over", CORPUS_CEILING]
            check.tally.step(f"{name}: score is at least {CORPUS_FLOOR}, {CORPUS_CEILING}",
                             ["/usr/bin/python3", "-B", *argv], 120, show=True)


def fuzz(check):
    """Every fuzzer starts from its seeds and runs for a bounded time."""
    if build := check.builds.make("fuzz"):
        check.tally.meson(build, ["--suite", "fuzz", "--timeout-multiplier", "3"], 1500, check.builds.environment("fuzz"),
                          what="fuzzers")


THREADED = ("milter", "map", "intake", "sql", "cache", "fbl")


def sanitize(check):
    environment = check.builds.environment("asan")
    if build := check.builds.make("asan"):
        check.tally.area = "sanitize (ASan, UBSan)"
        check.tally.meson(build, ["--suite", "unit", "--suite", "corpus", "--timeout-multiplier", "6"], 1500, environment,
                          what="unit and corpus tests")
        development_corpus(check, build, "development corpus", environment, score=False)
        for name in ("blacklist",):
            if name in check.scripts:
                integration(check, name, "asan")
    environment = check.builds.environment("tsan")
    if build := check.builds.make("tsan"):
        check.tally.area = "sanitize (TSan)"
        names = [test.rpartition(" / ")[2] for test, _, program in check.builds.tests(build)
                 if any(f"tests/unit/{name}/" in program for name in THREADED)]
        if names:
            check.tally.meson(build, ["--timeout-multiplier", "6", *names], 1500, environment, what="threaded parts")
        else:
            check.tally.result(False, "threaded parts", "no test found")
        if "intake" in check.scripts:
            integration(check, "intake", "tsan")


def clang(check):
    check.builds.make("clang")


def install(check):
    """The release build as README tells to install it, in a folder: complete, and the programs find their data."""
    build = check.builds.make("release")
    if not build:
        return
    with tempfile.TemporaryDirectory() as root:
        if not check.tally.step("meson install", ["meson", "install", "-C", build, "--no-rebuild", "--destdir", root], 120):
            return
        usr = os.path.join(root, "usr")
        missing = [path for path in ("bin/retour", "sbin/retour-milter", "share/retour/retour.yaml", "share/man/man1/retour.1",
                                     "share/man/man8/retour-milter.8", "lib/systemd/system/retour-milter.service")
                   if not os.path.exists(os.path.join(usr, path))]
        check.tally.result(not missing, "everything is installed", f"missing: {', '.join(missing)}")
        check.tally.step("the installed rules load", [os.path.join(usr, "bin/retour"), "rules", "check"], 60,
                         env={"RETOUR_DATA": os.path.join(usr, "share/retour")})


def demo(check):
    """./run --once in this checkout, twice in a row."""
    if check.no_servers:
        check.tally.skip("run", check.no_servers)
        return
    for turn in ("first", "second"):
        check.tally.step(f"./run --once, {turn} time", [os.path.join(check.top, "run"), "--once"], 600, show=turn == "first")


def areas(check):
    """When all run, the layers' unit tests are part of "unit"."""
    found = [Area("unit", "unit tests of all layers (gcc)", unit)]
    for name in LAYERS:
        found.append(Area(name, f"unit tests of {name}/" + (", and with real servers" if name in check.scripts else ""),
                          lambda check, name=name: layer(check, name)))
    for name, path in check.scripts.items():
        if name not in LAYERS:
            with open(path, encoding="utf-8") as file:
                text = file.read().partition('"""')[2].partition("\n")[0].rstrip('".')
            found.append(Area(name, text, lambda check, name=name: integration(check, name)))
    found += [
        Area("corpus", "whole mails: our own, and the development corpus where it is there", corpus),
        Area("run", "./run --once, twice", demo),
        Area("install", "the release build, installed", install),
        Area("fuzz", "every fuzzer for a short while (clang, ASan, UBSan)", fuzz),
        Area("sanitize", "unit, corpus and integration under ASan, UBSan and TSan", sanitize),
        Area("clang", "clang compiles without a warning", clang),
        Area("format", "formatting, sizes of functions and files, clean texts", style.run),
        Area("tidy", "clang-tidy", style.tidy),
        Area("docs", "manual pages and documents", documents.run),
    ]
    return found


def default(check, chosen):
    """Everything, but nothing twice: a layer's unit tests ran in "unit", so only its script is left."""
    for area in chosen:
        if area.name not in LAYERS:
            yield area
        elif area.name in check.scripts:
            yield Area(area.name, area.text, lambda check, name=area.name: integration(check, name))
