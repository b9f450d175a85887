#!/usr/bin/env python3
"""snippets.py ROOT PAGES COMPILER [FLAG...]: compiles and runs the code in README.md and docs/*.md, and follows their
links. PAGES: `all`, or one of them.

What a writer of documentation puts behind ```cpp:

  ```cpp            with `int main(`: a whole program, compiled alone and with -O2, as its reader would; for the
                    sanitizers with -O0
  ```cpp            without: declarations, at namespace scope; what follows on the page may use them
  ```cpp fragment   statements: the body of a function of its own
  ```cpp thrust     a whole program for the Thrust backend, run on the host
  ```cpp mpi        a whole program for MPI, run as one process; left alone where pkg-config finds no Open MPI

Declarations and fragments of all pages are one program, in which `nn` is tenon::nn, `Tensor` is tenon::Tensor, and the
literals _c and _n are there; so are the headers below. Everything that can fail is checked by `assert`. Each fragment
runs in an empty folder. ```python must be valid Python; other languages are left alone.

With `all`, the examples in the comments of the public headers are a second such program: what is indented by four
spaces, outside of \\file comments. Each is a fragment; one that begins with a type is declarations. Those that need MPI
are left alone: docs/threads.md has them as one program.
"""
import pathlib, re, subprocess, sys, tempfile

root, wanted, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
command = [*command, '-std=c++20', '-I', root / 'include', '-Wall', '-Wextra', '-Werror']
pages = [root / 'README.md', root / 'CHANGELOG.md', root / 'CONTRIBUTING.md', *sorted((root / 'docs').glob('*.md'))]
if wanted != 'all': pages = [root / wanted]
passed, failed = 0, 0

def report(what, problem=None):
    global passed, failed
    if problem is None: passed += 1
    else: failed += 1
    print('ok   ' + what if problem is None else 'FAIL %s: %s' % (what, problem), flush=True)

class Block:
    def __init__(self, page, line, kind, code):
        self.page, self.line, self.code = page.relative_to(root), line, code
        self.language, *self.words = kind.split()
        self.name = '%s:%d' % (self.page, line)
        self.scope = re.sub(r'\W', '_', 'page_' + str(self.page))

def blocks_of(page):
    kind = None
    for number, line in enumerate(page.read_text().splitlines(keepends=True), 1):
        if kind is None and line.startswith('```'):
            kind, first, code = line[3:].strip() or 'text', number + 1, ''
        elif line.startswith('```'):
            yield Block(page, first, kind, code)
            kind = None
        elif kind is not None:
            code += line

def run(arguments, folder, **more):
    return subprocess.run([str(a) for a in arguments], cwd=folder, capture_output=True, text=True, timeout=500, **more)

def build(source, name, work, flags=()):
    """The program made of a source, or nothing."""
    program = work / 'program'
    (work / 'program.cpp').write_text(source)
    libraries = ['-ltbb'] if '<tenon/parallel/data_parallel.hpp>' in source else []
    if '<tenon/parallel/mpi.hpp>' in source: libraries += mpi
    compiled = run([*command, *flags, work / 'program.cpp', *libraries, '-o', program], work)
    errors = [line for line in compiled.stderr.splitlines() if re.search(' error: |required from here', line)]
    if not compiled.returncode: return program
    report(name, 'does not compile\n' + ('\n'.join(errors[:10]) or compiled.stderr[-2000:]))

def mpi_arguments():
    """What a program for MPI is compiled and linked with; nothing where there is no MPI."""
    found = run(['pkg-config', '--cflags', '--libs', 'ompi-c'], root)
    return found.stdout.split() if found.returncode == 0 else []

mpi = mpi_arguments()

def run_program(block):
    if 'mpi' in block.words and not mpi: return
    with tempfile.TemporaryDirectory() as folder:
        flags = ['-O0' if any(str(flag).startswith('-fsanitize') for flag in command) else '-O2']
        if 'thrust' in block.words:
            flags = ['-O0', '-I', root / 'include' / 'cuda', '-DTHRUST_DEVICE_SYSTEM=THRUST_DEVICE_SYSTEM_CPP']
        source = '#line %d "%s"\n%s' % (block.line, block.page, block.code)
        program = build(source, block.name, pathlib.Path(folder), flags)
        if program is None: return
        done = run([program], folder)
        report(block.name, done.stderr[-500:] or 'exits with %d' % done.returncode if done.returncode else None)

preamble = '''
#undef NDEBUG
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <random>
#include <span>
#include <string>
#include <tenon/io/safetensors.hpp>
#include <tenon/tenon.hpp>
#include <tenon/version.hpp>
#include <type_traits>
#include <utility>
#include <vector>
%s
namespace nn = tenon::nn;
using tenon::Tensor;
using namespace tenon::literals;
'''
runner = '''
int main(int, char** argument) {
  const std::string wanted = argument[1];
  try {
    %s
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%%s\\n", error.what());
    return 1;
  }
}
'''

def run_fragments(blocks, name_of_all):
    includes, body, names = {}, '', {}
    for block in blocks:
        lines = re.match(r'(?:#.*\n)*', block.code).group()  # a block's own includes come first in it
        includes[lines] = None
        code = '\n' * lines.count('\n') + block.code[len(lines):]
        body += 'namespace %s {\n' % block.scope
        if 'fragment' in block.words:
            names[block.name] = '%s::at_%d' % (block.scope, block.line)
            body += 'inline void at_%d() {\n#line %d "%s"\n%s}\n' % (block.line, block.line, block.page, code)
        else:
            body += '#line %d "%s"\n%s' % (block.line, block.page, code)
        body += '}\n'
    if not names: return
    calls = '\n    '.join('if (wanted == "%s") %s();' % item for item in names.items())
    source = preamble % ''.join(includes) + body + runner % calls
    with tempfile.TemporaryDirectory() as folder:
        flags = ['-O0', '-Wno-unused-variable', '-Wno-unused-but-set-variable']
        program = build(source, name_of_all, pathlib.Path(folder), flags)
        if program is None: return
        for name in names:
            with tempfile.TemporaryDirectory() as empty:
                done = run([program, name], empty)
                report(name, done.stderr[-500:] or 'exits with %d' % done.returncode if done.returncode else None)

public = [
    'autograd', 'core', 'cpu/compile.hpp', 'cpu/compile_stream.hpp', 'io', 'nn', 'optim', 'parallel', 'plan/net.hpp',
    'plan/report.hpp', 'plan/stream.hpp', 'run']

def examples():
    """What the comments of the headers show, each in a namespace of its own."""
    for name in public:
        path = root / 'include' / 'tenon' / name
        for header in [path] if path.is_file() else sorted(path.glob('*.hpp')):
            text = header.read_text()
            if re.search(r'#include (<mpi.h>|"communicator.hpp")', text): continue
            for comment in re.finditer(r'(?:^ *///.*\n)+', text, re.M):
                if '\\file' in comment.group(): continue
                for example in re.finditer(r'^ *///\n((?:^ *///     .*\n)+)', comment.group(), re.M):
                    line = text.count('\n', 0, comment.start() + example.start(1)) + 1
                    code = re.sub(r'^ *///     ', '', example.group(1), flags=re.M)
                    kind = 'cpp' if re.match('struct|template|using', code) else 'cpp fragment'
                    block = Block(header, line, kind, code)
                    block.scope += '_%d' % line
                    yield block

def anchors(page):
    """The names GitHub gives the headings of a page."""
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.M | re.S)
    titles = re.findall(r'^#+ (.*)$', text, re.M)
    return {re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-') for title in titles}

def check_links(page):
    text = re.sub(r'^```.*?^```', '', page.read_text(), flags=re.M | re.S)
    text = re.sub(r'`[^`\n]*`', '', text)
    for link in re.findall(r'\]\(([^)\s]+)\)', text):
        if re.match(r'[a-z]+:', link): continue  # elsewhere
        path, _, anchor = link.partition('#')
        target = (page.parent / path).resolve() if path else page
        where = '%s -> %s' % (page.relative_to(root), link)
        if not target.exists(): report(where, 'there is no such file')
        elif anchor and anchor not in anchors(target): report(where, 'there is no such heading')
        else: report(where)

blocks = [block for page in pages for block in blocks_of(page)]
cpp = [block for block in blocks if block.language == 'cpp']
programs = [block for block in cpp if re.search(r'^int main\(', block.code, re.M)]
run_fragments([block for block in cpp if block not in programs], 'fragments')
if wanted == 'all': run_fragments(list(examples()), 'examples')
for block in programs: run_program(block)
for block in blocks:
    if block.language != 'python': continue
    try:
        compile(block.code, block.name, 'exec')
        report(block.name)
    except SyntaxError as problem:
        report(block.name, problem)
for page in pages: check_links(page)
print('%d passed, %d failed' % (passed, failed))
sys.exit(failed != 0)
