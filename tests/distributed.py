#!/usr/bin/env python3
"""distributed.py MPIRUN PROGRAM: starts distributed.cpp's PROGRAM on 2 and 4 ranks.

It trains, and it is to fail: of all ranks then none is there any longer 10 seconds after the fault, and somebody has
said why.
"""
import os, pathlib, re, signal, subprocess, sys, time

mpirun, program = sys.argv[1:]
# Open MPI: more ranks than cores, in containers as well, and without a network.
settings = {
    'OMPI_ALLOW_RUN_AS_ROOT': '1', 'OMPI_ALLOW_RUN_AS_ROOT_CONFIRM': '1', 'OMPI_MCA_rmaps_base_oversubscribe': '1',
    'OMPI_MCA_btl': 'self,vader', 'OMPI_MCA_btl_vader_single_copy_mechanism': 'none'}
differs = ('the model of rank 1 is not the one of rank 0: wanted parameter "1.weight", F32 (2, 8), '
           'found parameter "1.weight", F32 (3, 8)')
faults = {
    'disagree': re.escape(differs),
    'killed': r'rank 1 with PID .* signal 9',  # mpirun says so
    'throws': 'rank 1: a fault of the data of rank 1',
    'breaks': 'rank 1: both errors were thrown',
    'borrow_and_break': r'rank \d: .*rank \d waits for the gradients of rank 1, which has ended',
    'ends': r'rank \d waits for the gradients of rank 1, which has ended'}
passed, failed = 0, 0

def report(what, problem=None, output=''):
    global passed, failed
    if problem is None: passed += 1
    else: failed += 1
    print('ok   ' + what if problem is None else 'FAIL %s: %s\n%s' % (what, problem, output), flush=True)

def run(what, ranks):
    """The exit status, the output, and when it was there. What hangs is ended after two minutes, by a signal."""
    with subprocess.Popen([mpirun, '-n', str(ranks), program, what], env={**os.environ, **settings}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as done:
        try:
            output, _ = done.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            os.killpg(done.pid, signal.SIGTERM)  # which mpirun passes on to the ranks
            output, _ = done.communicate()
        return done.returncode, output, time.time()

def is_running(process):
    """Whether there is such a process, other than one that has ended and whose parent does not look."""
    try:
        return pathlib.Path('/proc', process, 'stat').read_text().rpartition(')')[2].split()[0] not in 'ZX'
    except OSError:
        return False

for ranks in 2, 4:
    for what, message in {'train': 'trained on %d ranks' % ranks, 'borrow': 'borrowed'}.items():
        status, output, _ = run(what, ranks)
        problem = None if status == 0 and message in output else 'exits with %d' % status
        report('%s on %d' % (what, ranks), problem, output)
    for what, message in faults.items():
        status, output, end = run(what, ranks)
        processes = re.findall(r'process (\d+)\b', output)
        fault = re.search(r'fault at ([\d.]+)', output)
        problem = None
        if len(processes) != ranks or not fault: problem = 'not all ranks have begun'
        elif status == -signal.SIGTERM: problem = 'hangs'
        elif status == 0: problem = 'exits as if nothing had happened'
        elif not re.search(message, output): problem = 'nobody says: ' + message
        else:
            while any(map(is_running, processes)) and time.time() < float(fault[1]) + 10: time.sleep(0.05)
            if any(map(is_running, processes)): problem = 'a rank goes on'
            elif end > float(fault[1]) + 10: problem = 'takes %.1f s to end' % (end - float(fault[1]))
        report('%s on %d' % (what, ranks), problem, output)
print('%d passed, %d failed' % (passed, failed))
sys.exit(failed != 0)
