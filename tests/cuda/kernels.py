"""kernels.py PROGRAM...: whether every kernel of CUDA programs stores something.

Of a kernel that calls a function of the host, nvcc makes an empty one. Its warnings that say so are off, because
functors of SIMD batches set them off as well, and without a GPU no other test would notice. A PROGRAM is PTX, or holds
some that is not compressed.
"""

import pathlib
import re
import sys

FUNCTION = r"^(?:\.\w+ )*\.(?:entry|func)\b"
KERNEL = re.compile(rf"\.entry (\w+)\((.*?)(?={FUNCTION}|\0|\Z)", re.MULTILINE | re.DOTALL)
STORE = re.compile(r"^\s*(?:@!?%p\d+ )?(?:st|red|atom)\.(?!local|param|shared)", re.MULTILINE)
IDLE = "EmptyKernel"  # Thrust's own, which asks for the version of the device

programs = [pathlib.Path(program).read_bytes().decode("latin-1") for program in sys.argv[1:]]
kernels = [(name, body) for program in programs for name, body in KERNEL.findall(program) if IDLE not in name]
empty = {name for name, body in kernels if not STORE.search(body)}
for name in sorted(empty):
    print("stores nothing:", name)
print(f"{len(kernels)} kernels, {len(empty)} empty ones")
sys.exit(bool(empty) or not kernels)
