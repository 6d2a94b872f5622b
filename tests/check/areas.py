"""The areas of ./check, in the order in which they run."""

import glob
import os

LAYERS = ["core", "config", "report", "classifier", "sql", "cache", "intake", "milter", "support"]


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
    return found


def default(check, chosen):
    """Everything, but nothing twice: a layer's unit tests ran in "unit", so only its script is left."""
    for area in chosen:
        if area.name not in LAYERS:
            yield area
        elif area.name in check.scripts:
            yield Area(area.name, area.text, lambda check, name=area.name: integration(check, name))
