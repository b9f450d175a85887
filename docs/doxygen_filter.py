#!/usr/bin/env python3
"""doxygen_filter.py FILE: prints a header or a page as doxygen 1.9 understands it, line by line.

Of a header: without the inline namespace and without requires-clauses, with the members that BOOST_HANA_DEFINE_STRUCT
names. Of a page: links to pages and headings as doxygen's references, whatever follows ```cpp left out.
"""
import os, re, sys

def without_requires(text):
    """A clause begins a line, and what follows it another."""
    lines, depth = [], 0
    for line in text.split('\n'):
        if depth or re.match(r'\s*requires\b', line):
            depth += sum(line.count(c) for c in '({') - sum(line.count(c) for c in ')}')
            line = ''
        lines.append(line)
    return '\n'.join(lines)

def parts(text):
    """The arguments of a macro."""
    depth, begin = 0, 0
    for at, c in enumerate(text):
        depth += (c in '(<{') - (c in ')>}')
        if c == ',' and not depth:
            yield text[begin:at].strip()
            begin = at + 1
    yield text[begin:].strip()

def with_members(text):
    macro = 'BOOST_HANA_DEFINE_STRUCT('
    done, at = '', 0
    for found in re.finditer(r'^ *' + re.escape(macro), text, re.M):
        end, depth = found.end(), 1
        while depth:
            depth += (text[end] == '(') - (text[end] == ')')
            end += 1
        members = [list(parts(member[1:-1])) for member in list(parts(text[found.end():end - 1]))[1:]]
        declared = ' '.join('%s %s;' % (', '.join(member[:-1]), member[-1]) for member in members)
        done += text[at:found.start()] + declared + '\n' * text[found.start():end].count('\n')
        at = end + text[end:].startswith(';')
    return done + text[at:]

def code(text, between):
    """Code between backquotes, in one line if it goes on in the next, whose rest then follows it, and between double
    ones if there is a quote in it, which would end it."""
    def one_line(found):
        if not found[2]:
            span, rest = found[0], ''
        else:
            goes_on = text[found.end():found.end() + 1] not in ('', '\n')
            span, rest = '`%s %s`' % (found[2], found[4]), found[5] + ('\n' + found[3] if goes_on else '')
        return ('`%s`' % span if "'" in span else span) + rest
    return re.sub(r'`([^`\n]*)`|`([^`\n]+)\n' + between + r'([^`\n]+)`(\S*) ?', one_line, text)

def header(text):
    text = code(text, r'( *///) ')
    text = re.sub(r'\binline TENON_ISA\b(::)?', '', text).replace('namespace tenon:: {', 'namespace tenon {')
    return with_members(without_requires(text))

def label(page, heading=''):
    """A name of doxygen's for a heading that GitHub calls `heading`."""
    return re.sub(r'\W', '_', 'page_%s_%s' % (os.path.basename(page)[:-3].lower(), heading)).rstrip('_')

def page(text, path):
    prose = re.split(r'(^ *```.*?^ *```)', text, flags=re.M | re.S)
    prose[::2] = [code(part, '()') for part in prose[::2]]
    text = ''.join(prose)
    lines, in_code = [], False
    for line in text.split('\n'):
        if line.lstrip().startswith('```'):
            in_code = not in_code
            line = re.sub(r'```(\S*).*', lambda m: '```' + ('{.cpp}' if m[1] in ('cpp', 'c++') else ''), line)
        elif not in_code and (found := re.match(r'(#+) (.*)', line)):
            name = re.sub(r'[^\w\- ]', '', found[2].lower()).replace(' ', '-')
            line += ' {#%s}' % label(path, '' if found[1] == '#' else name)
        elif not in_code:
            line = re.sub(r'\]\(([^)\s#:]*\.md)?(?:#([^)\s]*))?\)',
                          lambda m: '](@ref %s)' % label(m[1] or path, m[2] or ''), line)
            line = line.replace('[LICENSE](LICENSE)', 'LICENSE')
        lines.append(line)
    return '\n'.join(lines)

path = sys.argv[1]
with open(path) as file: text = file.read()
sys.stdout.write(page(text, path) if path.endswith('.md') else header(text))
