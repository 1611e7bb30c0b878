"""The CPU time of a worker counts wherever the work is done."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hwlib.grading.sandbox.usage import exact_seconds

WORK_S = 0.1
WORK = f"""
import os, subprocess, sys, threading, time

def work():
    start = time.thread_time()
    while time.thread_time() - start < {WORK_S}:
        pass

def in_a_thread():
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

def in_a_child():
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    os.waitpid(child, 0)

def in_a_thread_of_a_child():
    child = os.fork()
    if child == 0:
        in_a_thread()
        os._exit(0)
    os.waitpid(child, 0)

def in_many_children():
    for _ in range(10):
        child = os.fork()
        if child == 0:
            start = time.thread_time()
            while time.thread_time() - start < {WORK_S / 10}:
                pass
            os._exit(0)
        os.waitpid(child, 0)

def nowhere():
    time.sleep({WORK_S})

for line in sys.stdin:
    globals()[line.strip()]()
    print(flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells it; run the tests on Linux")
@pytest.mark.parametrize(
    ("way", "least", "most"),
    [
        ("work", 0.9, 1.5),
        ("in_a_thread", 0.9, 1.5),
        ("in_a_child", 0.7, 2.0),
        ("in_a_thread_of_a_child", 0.7, 2.0),
        ("in_many_children", 0.3, 3.0),
        ("nowhere", 0.0, 0.2),
    ],
)
def test_work_counts_wherever_it_is_done(way: str, least: float, most: float) -> None:
    command = [sys.executable, "-c", WORK]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        process.stdin.write(b"nowhere\n")
        process.stdin.flush()
        process.stdout.readline()
        before = exact_seconds(process.pid)
        process.stdin.write(f"{way}\n".encode())
        process.stdin.flush()
        process.stdout.readline()
        used = exact_seconds(process.pid) - before
        process.stdin.close()
    assert least * WORK_S <= used <= most * WORK_S
