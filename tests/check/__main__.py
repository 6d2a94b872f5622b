"""./check: see there."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import areas  # noqa: E402
import builds  # noqa: E402
import tally  # noqa: E402
from lab.keeper import guard  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Check:
    def __init__(self):
        self.top = TOP
        self.tally = tally.Tally()
        self.builds = builds.Builds(TOP, self.tally)
        self.scripts = areas.integration_scripts(TOP)
        self.no_servers = os.environ.get("SETUP_NO_SERVERS", "")


def main(names):
    check = Check()
    known = areas.areas(check)
    if names == ["--list"]:
        for area in known:
            print(f"{area.name:<12} {area.text}")
        return 0
    unknown = set(names) - {area.name for area in known}
    if unknown:
        print(f"no such area: {', '.join(sorted(unknown))}; ./check --list names them", file=sys.stderr)
        return 2
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    chosen = [area for area in known if area.name in names] if names else list(areas.default(check, known))
    try:
        for number, area in enumerate(chosen, 1):
            check.tally.area = area.name
            print(flush=True)
            check.tally.say(f"[{number}/{len(chosen)}] {area.name}: {area.text}")
            area.run(check)
    except KeyboardInterrupt:
        check.tally.result(False, "stopped by a signal")
    return check.tally.finish()


if __name__ == "__main__":
    guard()
    sys.exit(main(sys.argv[1:]))
