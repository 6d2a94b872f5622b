#!/usr/bin/python3
"""Without root: the blacklist's tests with every server, Postfix too, run by a normal user in a user namespace."""

import os
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ACCOUNT, ACCOUNT_GROUP = "nobody", "nogroup"
TRIAL = ["unshare", "--user", "--map-root-user", "--map-auto", "--"]


def skip(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def main():
    if os.getuid() != 0 or not os.path.exists("/proc/self/uid_map"):
        skip("not root: all areas run as a normal user already")
    with open("/proc/self/uid_map", encoding="ascii") as file:
        if file.read().split() != ["0", "0", "4294967295"]:
            skip("in a user namespace: all areas run as a normal user already")
    # the account gets its range of user ids in a mount namespace of ours; /etc stays as it is
    folder = tempfile.mkdtemp(prefix="retour-user-", dir="/tmp")
    os.chmod(folder, 0o755)
    ranges = os.path.join(folder, "ranges")
    with open(ranges, "w", encoding="ascii") as file:
        file.write(f"{ACCOUNT}:1000000:65536\n")
    script = ('mount --bind "$0" /etc/subuid && mount --bind "$0" /etc/subgid || exit 99; '
              f'exec setpriv --reuid={ACCOUNT} --regid={ACCOUNT_GROUP} --clear-groups -- "$@"')
    start = ["unshare", "--mount", "sh", "-c", script, ranges]
    try:
        trial = subprocess.run(start + TRIAL + ["test", "-r", os.path.join(TESTS, "lab/lab.py")], capture_output=True,
                               text=True, check=False)
        if trial.returncode == 99:
            skip("no mount namespaces here")
        if trial.returncode:
            skip(f"no user namespace for {ACCOUNT}, or the checkout is closed to it {trial.stderr.strip()}")
        sys.exit(subprocess.run(start + TRIAL + ["/usr/bin/python3", "-B", os.path.join(TESTS, "integration/blacklist.py")],
                                check=False).returncode)
    finally:
        os.unlink(ranges)
        os.rmdir(folder)


if __name__ == "__main__":
    main()
