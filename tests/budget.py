"""budget.py sample COMPILER FILE: adds a line to FILE, how long budget_unit.cpp takes COMPILER now, in seconds.
budget.py report FILE BUILD...: what building and running the tests took, and whether that is within the budgets.

Times are multiples of B, so that slow and fast machines have the same budgets: B is what tenon/tenon.hpp alone took g++
when the budgets were set, and 1.8 times what budget_unit.cpp takes, which does not change with tenon: the mean of the
samples, since machines do not keep their speed. A step's time is what it took beside another one, on a machine that may
have been busy with more. Prints the longest steps and the sum, and what is over UNIT or TOTAL; fails where that is by
more than half, which no busy machine explains.
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

UNIT, TOTAL = 33, 1300
EXCUSED = 1.5
UNITS_OF_REFERENCE = 1.8


def sample(compiler, file):
    """The shortest of three, since the first reads its headers from a disk."""
    source = pathlib.Path(__file__).parent / "budget_unit.cpp"
    times = []
    for _ in range(3):
        start = time.monotonic()
        subprocess.run([compiler, "-std=c++20", "-O2", "-w", "-c", source, "-o", "/dev/null"], check=True)
        times.append(time.monotonic() - start)
    with open(file, "a") as samples:
        samples.write(f"{min(times)}\n")
    return 0


def steps(build):
    """(seconds, name) of everything that was built and run in `build`: of what was built again, the last time."""
    found = {}
    for line in (build / ".ninja_log").read_text().splitlines():
        if line.startswith("#"):
            continue
        start, end, _, output, _ = line.split("\t")
        found[output] = (int(end) - int(start)) / 1000
    log = build / "meson-logs" / "testlog.json"
    if log.exists():
        for line in log.read_text().splitlines():
            test = json.loads(line)
            found["run " + test["name"]] = test["duration"]
    return [(seconds, f"{build.name}: {name}") for name, seconds in found.items()]


def report(file, *builds):
    samples = [float(line) for line in pathlib.Path(file).read_text().split()]
    unit = UNITS_OF_REFERENCE * statistics.mean(samples)
    all_steps = sorted((step for build in map(pathlib.Path, builds) for step in steps(build)), reverse=True)
    total = sum(seconds for seconds, _ in all_steps)
    shortest, longest = (UNITS_OF_REFERENCE * extreme(samples) for extreme in (min, max))
    print(f"B = {unit:.2f} s ({shortest:.2f} to {longest:.2f}); {total:.0f} s = {total / unit:.0f} B in all, "
          f"budget {TOTAL} B; the longest, budget {UNIT} B:")
    for seconds, name in all_steps[:15]:
        print(f"{seconds / unit:6.1f} B {seconds:6.1f} s  {name}")
    is_run = re.compile("[^:]*: run ")  # of many programs in one
    times = [(seconds / UNIT, name) for seconds, name in all_steps if not is_run.match(name)]
    times.append((total / TOTAL, "all together"))
    for seconds, name in times:
        if seconds > unit:
            print(f"over budget: {name}, by {seconds / unit - 1:.0%}")
    return 1 if any(seconds > EXCUSED * unit for seconds, _ in times) else 0


if __name__ == "__main__":
    sys.exit({"sample": sample, "report": report}[sys.argv[1]](*sys.argv[2:]))
