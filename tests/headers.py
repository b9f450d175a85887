#!/usr/bin/env python3
"""headers.py COMPILER ROOT: whether every header compiles alone, and includes only rooms below its own.

ROOT holds include/ and include/cuda/.
"""
import concurrent.futures, pathlib, re, subprocess, sys

compiler, root = sys.argv[1], pathlib.Path(sys.argv[2])
# What undefines macros, and what brings them back, are halves.
halves = {'undefine_macros.hpp', 'restore_macros.hpp'}
headers = [h for h in sorted((root / 'include').rglob('*.hpp')) if h.name not in halves]
rooms = {room: height for height, room in enumerate(['core', 'autograd', 'nn', 'plan', 'cpu', 'optim'])}
rooms['io'] = rooms['optim']

def room_of(path):
    """Which room of tenon/ a header is in; none of what lies beside the rooms."""
    parts = path.parts
    return parts[parts.index('tenon') + 1] if 'tenon' in parts[:-1] and 'cuda' not in parts else ''

def check(header):
    """What is wrong with a header."""
    command = [compiler, '-std=c++20', '-fsyntax-only', '-x', 'c++', '-I', root / 'include']
    if 'cuda' in header.parts:
        command += ['-I', root / 'include' / 'cuda', '-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP']
    run = subprocess.run([*command, '-'], input='#include "%s"\n' % header, capture_output=True, text=True)
    problems = [line for line in run.stderr.splitlines() if ' error: ' in line][:1]
    if run.returncode and not problems: problems = ['does not compile']
    room = room_of(header.relative_to(root / 'include'))
    for included in re.findall(r'^#include "(.*)"', header.read_text(), re.M):
        other = room_of((header.parent / included).resolve().relative_to((root / 'include').resolve()))
        if room in rooms and other in rooms and rooms[other] > rooms[room]:
            problems.append('includes %s, of a room above %s' % (included, room))
    return problems

failed = 0
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for header, problems in zip(headers, pool.map(check, headers)):
        for line in problems: print('FAIL %s: %s' % (header.relative_to(root), line))
        failed += bool(problems)
print('%d passed, %d failed' % (len(headers) - failed, failed))
sys.exit(failed != 0 or not headers)
