#!/usr/bin/env python3
"""run.py COMPILER INCLUDE_DIR [FLAG...]: compiles the cases beside it, each of which must not compile.

The compiler has to print exactly one line with ` error: `, and that line has to match the case's patterns: the lines of
the case that begin with `// g++: ` or `// clang: `, regular expressions that must all be found in the line.
"""
import concurrent.futures, pathlib, re, subprocess, sys, tempfile

compiler, include, flags = sys.argv[1], sys.argv[2], sys.argv[3:]
version = subprocess.run([compiler, '--version'], capture_output=True, text=True, check=True).stdout
kind = 'clang' if 'clang' in version else 'g++'
language = [compiler, '-std=c++20', '-I', include, *flags]
# The header is read once; to g++ it lies where it is looked for first.
precompiled = tempfile.TemporaryDirectory()
header = pathlib.Path(precompiled.name) / 'tenon' / 'tenon.hpp.gch'
header.parent.mkdir()
# What the header itself uses of templates, clang makes once.
once = ['-fpch-instantiate-templates'] if kind == 'clang' else []
subprocess.run([*language, *once, '-w', '-x', 'c++-header', pathlib.Path(include) / 'tenon' / 'tenon.hpp', '-o', header],
               check=True)
use = ['-include-pch', header] if kind == 'clang' else ['-I', precompiled.name]
command = [*language[:2], *use, *language[2:], '-fsyntax-only']

def check(case):
    """What is wrong with the compiler's answer to a case, and the first of its errors."""
    text = case.read_text()
    patterns = re.findall(r'^// %s: (.*)$' % re.escape(kind), text, re.M)
    output = subprocess.run([*command, str(case)], capture_output=True, text=True).stderr
    errors = [line for line in output.splitlines() if ' error: ' in line]
    problems = [] if patterns else ['the case has no pattern for ' + kind]
    if len(errors) != 1: problems.append('%d lines with " error: ", wanted 1' % len(errors))
    if errors: problems += ['not in the first error: ' + p for p in patterns if not re.search(p, errors[0])]
    return problems + (errors[:3] if problems else [])

failed = 0
cases = sorted(pathlib.Path(__file__).parent.glob('*.cpp'))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for case, problems in zip(cases, pool.map(check, cases)):
        print('%s %s' % ('FAIL' if problems else 'ok  ', case.name))
        for line in problems: print('     ' + line)
        failed += bool(problems)
# What must compile, or everything above proves nothing.
good = '#include <tenon/tenon.hpp>\nint main() { tenon::nn::Linear<2, 3> m; (void)m(tenon::Tensor<float, 1, 2>{}); }\n'
if subprocess.run([*command, '-x', 'c++', '-'], input=good, text=True).returncode:
    print('FAIL a correct program does not compile')
    failed += 1
else:
    print('ok   a correct program')
print('%d passed, %d failed' % (len(cases) + 1 - failed, failed))
sys.exit(failed != 0)
