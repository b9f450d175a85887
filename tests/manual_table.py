#!/usr/bin/env python3
"""manual_table.py COMPILER INCLUDE_DIR PAGE [FLAG...]: checks the table "From the manual to tenon" of docs/manual.md.

Every layer that include/tenon/nn defines stands in the table, and its comment has an example; a row's tenon side has the class and the options its
manual side names; and every spelling compiles.
"""
import pathlib, re, subprocess, sys

compiler, include, page, flags = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
problems = []

section = re.search(r'^## From the manual to tenon$(.*?)(?=^## |\Z)', page.read_text(), re.M | re.S)
lines = [line for line in section.group(1).splitlines() if line.startswith('|')] if section else []
rows = [[cell.strip() for cell in line.strip('| ').split(' | ')] for line in lines[2:]]
if len(rows) < 10: problems.append('the table was not found')

# A layer names itself as the first argument of its base.
layer = re.compile(r'^(?:class|struct)\s+(\w+)\s*:\s*(?:public\s+)?(?!std::)[\w:]+<\s*\1\b', re.M)
operations = re.compile(r'^namespace operation \{$.*?^\}  // namespace operation$', re.M | re.S)
comment = re.compile(r'((?:^///.*\n)*)(?:^(?!///).*\n)?\Z', re.M)  # with a line of `template` behind it
defined = set()
for header in sorted(header for room in ('nn', 'parallel') for header in (include / 'tenon' / room).glob('*.hpp')):
    text = operations.sub('', header.read_text())
    for found in layer.finditer(text):
        defined.add(found.group(1))
        if '///\n///     ' not in comment.search(text[:found.start()]).group(1):
            problems.append('%s: nn::%s has no example in its comment' % (header.name, found.group(1)))
if len(defined) < 10: problems.append('the layers were not found')

spellings, listed = [], set()
for row in rows:
    if len(row) != 2:
        problems.append('not two cells: ' + ' | '.join(row))
        continue
    manual, tenon = (re.findall(r'`([^`]+)`', cell) for cell in row)
    spellings += tenon
    names = {name for spelling in tenon for name in re.findall(r'nn::(\w+)', spelling)}
    listed.update(re.match(r'nn::(\w+)', spelling).group(1) for spelling in tenon)
    for code in manual:
        for name in re.findall(r'^nn\.(\w+)', code) + re.findall(r'(\w+)=', code):
            if name not in names: problems.append('%s: the other side has no nn::%s' % (code, name))
problems += ['not in the table: nn::' + name for name in sorted(defined - listed)]

program = '#include <tenon/tenon.hpp>\n#include <tenon/parallel/data_parallel.hpp>\n'
program += 'namespace nn = tenon::nn;\nusing tenon::Tensor;\nint main() {\n'
program += ''.join('  { [[maybe_unused]] %s layer; }\n' % spelling for spelling in spellings) + '}\n'
command = [compiler, '-std=c++20', '-fsyntax-only', '-I', str(include), *flags, '-x', 'c++', '-']
compiled = subprocess.run(command, input=program, capture_output=True, text=True)
if compiled.returncode: problems += [line for line in compiled.stderr.splitlines() if ' error: ' in line][:10]

for problem in problems: print(problem)
print('%d spellings of %d layers, %d problems' % (len(spellings), len(defined), len(problems)))
sys.exit(bool(problems))
