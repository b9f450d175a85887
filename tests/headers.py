#!/usr/bin/env python3
"""headers.py COMPILER ROOT: whether every header compiles alone, and includes only rooms below its own.

ROOT holds include/ and include/cuda/. Other libraries' headers are compiled once and lie before every header, which
saves most of the time. So that one of them is missing would not be noticed: what a header uses of them by the names
below, it must include itself or through headers of tenon. BASE and what it includes are compiled once, too, for the
headers that include BASE. A header that another one includes before all others of tenon is compiled with that one,
unless that one has BASE before it. What needs MPI is left out where pkg-config finds no Open MPI.
"""
import concurrent.futures, functools, pathlib, re, subprocess, sys, tempfile

compiler, root = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
# What the headers that are compiled once use of templates, clang makes once, too.
version = subprocess.run([compiler, '--version'], capture_output=True, text=True, check=True).stdout
once = ['-fpch-instantiate-templates'] if 'clang' in version else []
BASE = root / 'include' / 'tenon' / 'nn' / 'module.hpp'
# What undefines macros, and what brings them back, are halves.
halves = {'undefine_macros.hpp', 'restore_macros.hpp'}
headers = [h for h in sorted((root / 'include').rglob('*.hpp')) if h.name not in halves]
rooms = {room: height for height, room in enumerate(['core', 'autograd', 'nn', 'plan', 'cpu', 'optim'])}
rooms['io'] = rooms['run'] = rooms['parallel'] = rooms['optim']
# The header that declares each of some names.
names = {
    r'\bxsimd::': 'xsimd/', r'\bhana::|\bBOOST_HANA_': 'boost/hana', r'\bxt::': 'xtensor/', r'\bthrust::': 'thrust/',
    r'\btbb::': 'tbb/', r'\bMPI_\w': 'mpi.h', r'\bstd::array\b': 'array', r'\bstd::atomic': 'atomic',
    r'\bstd::(bit_cast|countr_zero)\b': 'bit',
    r'\bstd::(abs|exp|fma|log|pow|sqrt|tanh)\b': 'cmath', r'\bstd::(mem(cpy|set)|str(len|error))\b': 'cstring',
    r'\bstd::u?int\d+_t\b': 'cstdint', r'\bstd::filesystem\b': 'filesystem', r'\bstd::[io]?fstream\b': 'fstream',
    r'\bstd::(function|plus|multiplies)\b': 'functional', r'\bstd::numeric_limits\b': 'limits', r'\bstd::map\b': 'map',
    r'\bstd::(shared|unique)_ptr\b': 'memory', r'\bstd::mt19937': 'random', r'\bstd::optional\b': 'optional',
    r'\bstd::span\b': 'span', r'\bstd::string\b': 'string', r'\bstd::string_view\b': 'string_view',
    r'\bstd::(apply|get|tuple)\b': 'tuple|array|utility', r'\bstd::is_\w+_v\b': 'type_traits',
    r'\bstd::vector\b': 'vector',
    r'\bstd::(any_of|all_of|copy|count_if|equal|fill|find_if|none_of|sort|transform)\b': 'algorithm',
}

def room_of(path):
    """Which room of tenon/ a header is in; none of what lies beside the rooms."""
    parts = path.parts
    return parts[parts.index('tenon') + 1] if 'tenon' in parts[:-1] and 'cuda' not in parts else ''

@functools.cache
def text(header):
    return re.sub(r'//.*', '', header.read_text())

@functools.cache
def included(header):
    """The headers of tenon that `header` includes."""
    found = [(header.parent / name).resolve() for name in re.findall(r'^#\s*include "(.*\.hpp)"', text(header), re.M)]
    of_tenon = re.findall(r'^#\s*include <(tenon/.*)>', text(header), re.M)
    return found + [root / 'include' / name for name in of_tenon if (root / 'include' / name).exists()]

@functools.cache
def reached(header):
    """`header`, and those of tenon that it includes, itself or through others."""
    seen, waiting = set(), [header]
    while waiting:
        other = waiting.pop()
        if other in seen: continue
        seen.add(other)
        waiting += included(other)
    return seen

def of_others(header):
    """The headers of other libraries that `header` includes, itself or through those of tenon."""
    return {name for other in reached(header) for name in re.findall(r'^#\s*include <(.*)>', text(other), re.M)}

mpi = subprocess.run(['pkg-config', '--cflags', 'ompi-c'], capture_output=True, text=True)
left_out = [] if mpi.returncode == 0 else [header for header in headers if 'mpi.h' in of_others(header)]
headers = [header for header in headers if header not in left_out]

def language(header):
    """The compiler for `header`, and the kind of headers that it is."""
    command = [compiler, '-std=c++20', '-w', '-I', root / 'include', *mpi.stdout.split()]
    if 'cuda' not in header.parts: return command, 'host'
    return command + ['-I', root / 'include' / 'cuda', '-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP'], 'thrust'

def precompile(folder):
    for kind in 'host', 'thrust':
        own = [header for header in headers if language(header)[1] == kind or kind == 'thrust']
        others = {name for header in own for name in of_others(header) if not name.startswith(('tenon/', 'cu'))}
        others -= {'version', 'mpi.h'}
        command, _ = next(language(header) for header in headers if language(header)[1] == kind)
        lines = ''.join('#if __has_include(<%s>)\n#include <%s>\n#endif\n' % (n, n) for n in sorted(others))
        for base, last in ('', ''), ('_base', '#include "%s"\n' % BASE):
            source = folder / (kind + base + '.hpp')
            source.write_text(lines + last)
            subprocess.run([*command, *once, '-x', 'c++-header', source, '-o', str(source) + '.gch'], check=True)

def has_base(header):
    """Whether BASE lies before `header` when that is compiled."""
    return header != BASE and BASE in reached(header)

first_included = {first for header in headers for first in included(header)[:1]
                  if not has_base(header) or has_base(first)}

def compile_alone(header):
    """The first error of a header."""
    command, kind = language(header)
    base = '_base' if has_base(header) else ''
    command += ['-fsyntax-only', '-x', 'c++', '-include', folder / (kind + base + '.hpp'), '-']
    run = subprocess.run(command, input='#include "%s"\n' % header, capture_output=True, text=True)
    problems = [line for line in run.stderr.splitlines() if ' error: ' in line][:1]
    return problems or (['does not compile'] if run.returncode else [])

def check(header):
    """What is wrong with a header."""
    problems = compile_alone(header) if header not in first_included else []
    room = room_of(header.relative_to(root / 'include'))
    for path in included(header):
        other = room_of(path.relative_to(root / 'include'))
        if room in rooms and other in rooms and rooms[other] > rooms[room]:
            problems.append('includes %s, of a room above %s' % (path.name, room))
    others = of_others(header)
    for name, wanted in names.items():
        use = re.search(name, text(header))
        if use and not any(re.match('(%s)' % wanted, other) for other in others):
            problems.append('uses %s without <%s>' % (use.group(), wanted))
    return problems

failed = 0
with tempfile.TemporaryDirectory() as name, concurrent.futures.ThreadPoolExecutor(2) as pool:
    folder = pathlib.Path(name)
    precompile(folder)
    for header, problems in zip(headers, pool.map(check, headers)):
        for line in problems: print('FAIL %s: %s' % (header.relative_to(root), line))
        failed += bool(problems)
if left_out: print('left out, without Open MPI: ' + ', '.join(header.name for header in left_out))
print('%d passed, %d failed' % (len(headers) - failed, failed))
sys.exit(failed != 0 or not headers)
