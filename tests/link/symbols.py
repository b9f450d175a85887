"""symbols.py INCLUDE COMPILER...: no code for a newer instruction set is shared with units compiled for an older one.

Compiles symbols.cpp for SSE2 and for AVX2 with FMA and BMI. A function that both objects define as weak is one function
in a program of both, of whichever object the linker saw first. Fails for those that are not in tenon's own namespace,
which the instruction set is part of, and in which the newer object has instructions that the older machine lacks.
"""
import os
import re
import subprocess
import sys
import tempfile

OLD, NEW = ["-msse2"], ["-march=x86-64-v3"]
FLAGS = ["-std=c++20", "-O2"]

# Of libraries that are compiled with the unit and cannot be told to be for one instruction set, with the reason.
ALLOWED: dict[str, str] = {}

# VEX-encoded (vector) instructions, those of BMI and BMI2, LZCNT, MOVBE and POPCNT.
NEWER = re.compile(
    r"v(?!err|erw|mcall|mlaunch)[a-z]|andn$|bextr|bls(i|r|msk)|bzhi|mulx|pdep|pext|rorx|s(al|ar|hl|hr)x|[lt]zcnt"
    r"|movbe|popcnt")


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def compile_unit(compiler, include, flags, path):
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "symbols.cpp")
    subprocess.run([*compiler, *FLAGS, *flags, "-I", include, "-c", source, "-o", path], check=True)


def weak(path):
    """The functions (and variables) that the linker takes from any one object."""
    lines = (line.split() for line in output("nm", "--defined-only", path).splitlines())
    return {words[2] for words in lines if words[1] in "WVu"}


def newer_instructions(path):
    """{function: its instructions that SSE2 lacks}"""
    found, function = {}, None
    for line in output("objdump", "-d", "--no-show-raw-insn", path).splitlines():
        if head := re.match(r"[0-9a-f]+ <(.+)>:$", line):
            function = head[1]
        elif function and "\t" in line:
            mnemonic = line.split("\t")[1].split()[0]
            if NEWER.match(mnemonic):
                found.setdefault(function, set()).add(mnemonic)
    return found


def main(include, *compiler):
    with tempfile.TemporaryDirectory() as folder:
        old, new = os.path.join(folder, "old.o"), os.path.join(folder, "new.o")
        compile_unit(compiler, include, OLD, old)
        compile_unit(compiler, include, NEW, new)
        namespaces = re.compile("|".join(f"{len(isa)}{isa}" for isa in map(namespace(compiler, include), (OLD, NEW))))
        newer = newer_instructions(new)
        own = [name for name in newer if namespaces.search(name)]
        shared = weak(old) & weak(new)
    if len(own) < 100:
        sys.exit(f"only {len(own)} functions of tenon have newer instructions: is the test looking at the right thing?")
    if any(namespaces.search(name) for name in shared):
        sys.exit("a function of tenon's own namespace is in both objects")
    wrong = []
    for name in sorted(shared & newer.keys()):
        spelled = output("c++filt", name).strip()
        if spelled not in ALLOWED:
            wrong.append(f"{spelled}\n    {' '.join(sorted(newer[name]))}")
    print(f"{len(own)} functions of tenon with newer instructions, {len(shared)} shared functions and variables, "
          f"{len(wrong)} of them with newer instructions")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


def namespace(compiler, include):
    """The name of tenon's inline namespace with some flags."""

    def of(flags):
        text = subprocess.run([*compiler, *FLAGS, *flags, "-I", include, "-E", "-P", "-x", "c++", "-"], check=True,
                              capture_output=True, text=True, input='#include <tenon/core/isa.hpp>\nTENON_ISA\n').stdout
        return text.split()[-1]

    return of


if __name__ == "__main__":
    main(*sys.argv[1:])
