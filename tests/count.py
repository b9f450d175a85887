"""count.py TESTLOG...: names what failed in the logs of `meson test` and adds them up; the last line is `N passed, M
failed`.

A Boost.Test executable counts as its test cases, a script whose last line is `N passed, M failed` as what it says, any
other test as one. A test that fails without naming a case, or a log that is missing because nothing could be built,
counts as one failure. Skipped tests and cases are neither passed nor failed.
"""

import collections
import json
import pathlib
import re
import sys

BOOST = re.compile(r"^  (\d+) test cases? out of \d+ (passed|failed|skipped)(?: with warnings)?$", re.MULTILINE)
SCRIPT = re.compile(r"^(\d+) passed, (\d+) failed\n*\Z", re.MULTILINE)


def count(test):
    """The number of passed, failed and skipped cases of one entry of a log."""
    cases = collections.Counter()
    if test["result"] == "SKIP":
        cases["skipped"] = 1
        return cases
    script = SCRIPT.search(test.get("stdout", ""))
    if script:
        cases.update(passed=int(script[1]), failed=int(script[2]))
    for number, outcome in BOOST.findall(test.get("stdout", "") + test.get("stderr", "")):
        cases[outcome] += int(number)
    if test["result"] not in ("OK", "EXPECTEDFAIL"):
        cases["failed"] = max(cases["failed"], 1)
    elif not cases:
        cases["passed"] = 1
    return cases


def main(logs):
    total = collections.Counter()
    for log in map(pathlib.Path, logs):
        here = collections.Counter()
        if log.exists():
            for test in map(json.loads, log.read_text().splitlines()):
                cases = count(test)
                here += cases
                if cases["failed"]:
                    print(f"{log.parents[1].name}: {test['name']} failed")
        else:
            here["failed"] = 1
            print(f"{log.parents[1]}: not built")
        print(f"{log.parents[1].name}: {here['passed']} passed, {here['failed']} failed, {here['skipped']} skipped")
        total += here
    print(f"{total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
