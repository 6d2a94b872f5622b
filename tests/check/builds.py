"""The builds that the areas need, each made once, in build-check/."""

import json
import os
import subprocess

WARNINGS = "-Dwerror=true"
# warnings are the business of gcc and clang above; a sanitizer's instrumentation brings some of its own
NO_WARNINGS = "-Dwerror=false"

VARIANTS = {
    "gcc": ("gcc", [WARNINGS]),
    "clang": ("clang", [WARNINGS]),
    "release": ("gcc", [WARNINGS, "-Dbuildtype=release", "-Dprefix=/usr"]),
    "asan": ("clang", [NO_WARNINGS, "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dbuildtype=debug",
                       "-Doptimization=1"]),
    "tsan": ("clang", [NO_WARNINGS, "-Db_sanitize=thread", "-Db_lundef=false", "-Dbuildtype=debug", "-Doptimization=1"]),
    "fuzz": ("clang", [NO_WARNINGS, "-Db_sanitize=none", "-Dbuildtype=debug", "-Doptimization=1", "-Dfuzz=true"]),
}

# A sanitizer's report must fail the test that caused it. Its own strstr() reads to the end of the text at every call, which makes
# hours of g_strsplit() on a megabyte.
ASAN = {"ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:intercept_strstr=0",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "G_SLICE": "always-malloc"}
SANITIZERS = {
    "asan": ASAN,
    "fuzz": ASAN,
    "tsan": {"TSAN_OPTIONS": "halt_on_error=0:exitcode=66:second_deadlock_stack=1:suppressions={top}/tests/check/tsan.supp",
             # GLib's own allocator hands memory from thread to thread under a lock that TSan cannot see
             "G_SLICE": "always-malloc"},
}


class Builds:
    def __init__(self, top, tally):
        self.top = top
        self.tally = tally
        self.done = {}

    def folder(self, variant):
        return os.path.join(self.top, "build-check", variant)

    def environment(self, variant):
        return {key: value.format(top=self.top) for key, value in SANITIZERS.get(variant, {}).items()}

    def make(self, variant):
        """The folder, or None when it does not build; that failure is counted once."""
        if variant not in self.done:
            self.done[variant] = self.build(variant)
        return self.folder(variant) if self.done[variant] else None

    def build(self, variant):
        compiler, options = VARIANTS[variant]
        folder = self.folder(variant)
        environment = {"CC": compiler}
        self.tally.say(f"building with {compiler} ({variant})")
        if os.path.exists(os.path.join(folder, "build.ninja")):
            setup = ["meson", "configure", folder, *options]
        else:
            setup = ["meson", "setup", folder, self.top, *options]
        if not self.tally.step(f"{variant}: meson setup", setup, 300, env=environment):
            return False
        name = f"{variant}: compiles" + (" without a warning" if WARNINGS in options else "")
        return self.tally.step(name, ["ninja", "-C", folder], 1800, env=environment)

    def tests(self, folder):
        """(name, path of the program) of every test that the build has."""
        listing = subprocess.run(["meson", "introspect", "--tests", folder], capture_output=True, text=True, check=True)
        return [(test["name"], test["suite"], " ".join(test["cmd"])) for test in json.loads(listing.stdout)]
