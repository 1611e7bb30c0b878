"""What student code may try against the machine that grades it: each attack is one cell, which
prints GOT where it succeeds.

The cells know SECRET (a file of the course), FOLDER (the course), TOKEN (a text in the grader's
environment), GRADER (a process id), PORT and UDP (where somebody answers on this machine), NAME and
PATH (the same by an abstract socket and one with a path), OTHER (the folder of another worker).
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

__all__ = ["ATTACKS", "Attack"]


@dataclass(frozen=True)
class Attack:
    """One attempt.

    `number` is that of its class in docs/security.md.
    """

    number: int
    what: str
    source: str
    seen_outside: str = ""  # the file whose being there afterwards is the success
    fails_in_control: str = ""  # why it fails without measures, too


def attack(number: int, what: str, source: str, **more: str) -> Attack:
    """An attack, its code without the indentation that it has here."""
    return Attack(number, what, textwrap.dedent(source).strip(), **more)


ROOT = "nothing that a user may do in the first place"
_CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
"""

ATTACKS: tuple[Attack, ...] = (
    attack(1, "read a hidden file", "if open(SECRET).read() == '42': print('GOT')"),
    attack(1, "list the course", "import os\nif 'source' in os.listdir(FOLDER): print('GOT')"),
    attack(
        1,
        "read it through /proc of another process",
        """
        import os
        for pid in (1, os.getppid(), GRADER):
            try:
                if open(f"/proc/{pid}/root{SECRET}").read() == "42" and pid != os.getpid():
                    print("GOT")
            except OSError:
                pass
        """,
    ),
    attack(
        1,
        "watch what is opened in the course",
        _CALLS
        + """
if libc.inotify_add_watch(libc.inotify_init1(os.O_NONBLOCK), FOLDER.encode(), 0x20) >= 0:
    print("GOT")
""",
    ),
    attack(
        1,
        "search the disk",
        """
        import os
        for folder, _, names in os.walk(os.path.dirname(os.path.dirname(FOLDER))):
            if "secret" in names:
                print("GOT")
                break
        """,
    ),
    attack(
        2,
        "read the grader's memory",
        "open(f'/proc/{GRADER}/mem', 'rb')\nif open(f'/proc/{GRADER}/maps').read(9): print('GOT')",
    ),
    attack(
        2,
        "trace the grader",
        _CALLS
        + """
PTRACE_SEIZE = 0x4206
if libc.ptrace(PTRACE_SEIZE, GRADER, None, None) == 0: print("GOT")
""",
    ),
    attack(
        2,
        "copy from the grader's memory",
        _CALLS
        + """
class Part(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))

here = ctypes.create_string_buffer(8)
near = Part(ctypes.addressof(here), 8)
# what is mapped is the same in a fork: an address of ours
far = Part(ctypes.addressof(ctypes.py_object.in_dll(ctypes.pythonapi, "PyExc_OSError")), 8)
if libc.process_vm_readv(GRADER, ctypes.byref(near), 1, ctypes.byref(far), 1, 0) == 8: print("GOT")
if ctypes.get_errno() == 14: print("GOT")  # EFAULT: the address is wrong, the access was allowed
""",
    ),
    attack(
        3,
        "read the grader's environment",
        "if TOKEN in open(f'/proc/{GRADER}/environ').read(): print('GOT')",
    ),
    attack(
        3,
        "find the token in any environment",
        """
        import os
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if TOKEN in open(f"/proc/{pid}/environ").read():
                    print("GOT")
                    break
            except OSError:
                pass
        """,
    ),
    attack(
        3,
        "read its own environment",
        "import os\nif TOKEN in str(os.environ): print('GOT')",
        fails_in_control="the zygote starts with a clean environment",
    ),
    attack(
        16,
        "write a result",
        "with open(FOLDER + '/results.json', 'w') as file: file.write('100')\nprint('GOT')",
    ),
    attack(
        16,
        "move the course away",
        "import os\nos.rename(FOLDER, FOLDER + '-away')\nos.rename(FOLDER + '-away', FOLDER)\n"
        "print('GOT')",
    ),
    attack(
        16,
        "change modes, times and owners",
        """
        import os
        before = os.stat(SECRET)
        ways = (
            lambda: os.chmod(SECRET, before.st_mode ^ 0o100),
            lambda: os.utime(SECRET, (1, before.st_mtime + 1)),
            lambda: os.chown(SECRET, -1, before.st_gid),
        )
        for way in ways:
            try:
                way()
            except OSError:
                continue
            after = os.stat(SECRET)
            is_other = after.st_mode != before.st_mode or after.st_mtime != before.st_mtime
            if is_other or way is ways[2]:
                print("GOT")
        """,
    ),
    attack(
        17,
        "write after the end",
        """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1.5)
                open("/tmp/late", "w").close()
                open(FOLDER + "/late", "w").close()
            os._exit(0)
        """,
        seen_outside="late",
        fails_in_control="the supervisor ends what is left",
    ),
    attack(19, "signal the grader", "import os\nos.kill(GRADER, 0)\nprint('GOT')"),
    attack(
        19,
        "stop the parent",
        "import os\nif os.getppid() > 1: os.kill(os.getppid(), 0); print('GOT')",
    ),
    attack(
        19,
        "limit the grader",
        """
        import resource
        low, high = resource.prlimit(GRADER, resource.RLIMIT_NPROC)
        resource.prlimit(GRADER, resource.RLIMIT_NPROC, (low, high))
        print("GOT")
        """,
    ),
    attack(
        19,
        "slow the grader down",
        """
        import os
        ways = (
            lambda: os.setpriority(os.PRIO_PROCESS, GRADER, os.getpriority(0, GRADER)),
            lambda: os.setpriority(os.PRIO_PGRP, os.getpgid(GRADER), os.getpriority(0, GRADER)),
            lambda: os.setpriority(os.PRIO_USER, os.getuid(), os.getpriority(0, 0)),
            lambda: os.sched_setaffinity(GRADER, os.sched_getaffinity(GRADER)),
            lambda: os.sched_setscheduler(GRADER, os.SCHED_OTHER, os.sched_param(0)),
            lambda: os.sched_setparam(GRADER, os.sched_param(0)),
        )
        for way in ways:
            try:
                way()
            except OSError:
                continue
            print("GOT")
        """,
    ),
    attack(
        19,
        "have others wait for a file",
        # a file of its own here, where a library's may belong to another user
        """
        import fcntl, os
        open("mine", "w").close()
        fcntl.fcntl(os.open("mine", os.O_RDONLY), 1024, fcntl.F_WRLCK)
        print("GOT")
        """,
    ),
    attack(
        22,
        "fill the disk",
        """
        try:
            for number in range(40):
                with open(f"big{number}", "wb") as file: file.write(bytes(20_000_000))
            import time
            time.sleep(2)
            print("GOT")
        except OSError:
            pass
        """,
        fails_in_control="the supervisor looks at the folder",
    ),
    attack(
        22,
        "use up the inodes",
        """
        import time
        for number in range(40_000):
            open(f"small{number}", "w").close()
        time.sleep(2)
        print("GOT")
        """,
        fails_in_control="the supervisor looks at the folder",
    ),
    attack(
        24,
        "connect to a port",
        "import socket\nsocket.create_connection(('127.0.0.1', PORT), 1)\nprint('GOT')",
    ),
    attack(
        24,
        "send a datagram",
        """
        import socket
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.settimeout(1)
            sender.sendto(b"x", ("127.0.0.1", UDP))
            if sender.recv(9): print("GOT")
        """,
    ),
    attack(
        24,
        "connect to an abstract socket",
        "import socket\nsocket.socket(socket.AF_UNIX).connect(chr(0) + NAME)\nprint('GOT')",
    ),
    attack(
        24,
        "connect to a socket with a path",
        "import socket\nsocket.socket(socket.AF_UNIX).connect(PATH)\nprint('GOT')",
    ),
    attack(
        24,
        "listen",
        "import socket\nsocket.create_server(('127.0.0.1', 0))\nprint('GOT')",
    ),
    attack(
        24,
        "use io_uring instead",
        _CALLS
        + """
parameters = ctypes.create_string_buffer(120)
if libc.syscall(425, 4, parameters) >= 0: print("GOT")
""",
    ),
    attack(
        25,
        "leave code for the next Python",
        """
        import site, sys
        for place in (*site.getsitepackages(), sys.prefix, HOME_OF_GRADER):
            try:
                open(place + "/hw_evil.pth", "w").close()
            except OSError:
                pass
        """,
        seen_outside="hw_evil.pth",
    ),
    attack(
        25,
        "leave settings for the next one's libraries",
        """
        import os
        place = os.environ.get("MPLCONFIGDIR", HOME_OF_GRADER)
        open(place + "/hw_evil.pth", "w").close()
        print("GOT")
        """,
    ),
    attack(
        26,
        "link to a hidden file",
        """
        import os
        os.symlink(SECRET, "soft")
        if open("soft").read() == "42": print("GOT")
        """,
    ),
    attack(26, "a hard link", "import os\nos.link(SECRET, 'hard')\nprint('GOT')"),
    attack(27, "read another worker's files", "if open(OTHER + '/answer').read(): print('GOT')"),
    attack(27, "write among them", "open(OTHER + '/more', 'w').close()\nprint('GOT')"),
    attack(
        27,
        "use the keyring",
        _CALLS + "\nif libc.syscall(248, b'user', b'x', b'y', 1, -3) > 0: print('GOT')",
    ),
    attack(
        27,
        "make shared memory of System V",
        _CALLS + "\nif libc.shmget(4711, 4096, 0o1666) >= 0: print('GOT')",
    ),
    # undoing the confinement
    attack(
        31,
        "unmount what hides the course",
        _CALLS + "\nif libc.umount2(FOLDER.encode(), 2) == 0: print('GOT')",
        fails_in_control=ROOT,
    ),
    attack(
        31,
        "mount something",
        _CALLS
        + """
os.mkdir("here")
if libc.mount(b"tmpfs", b"here", b"tmpfs", 0, None) == 0: print("GOT")
""",
        fails_in_control=ROOT,
    ),
    attack(
        31,
        "make a user namespace and become root in it",
        _CALLS + "\nif libc.unshare(0x10000000) == 0: print('GOT')",
    ),
    attack(
        31,
        "the same by clone",
        _CALLS + "\npid = libc.syscall(56, 0x10000011, 0, 0, 0, 0)\n"
        "if pid == 0: os._exit(0)\nif pid > 0: print('GOT')",
    ),
    attack(31, "become root", "import os\nos.setuid(0)\nprint('GOT')", fails_in_control=ROOT),
    attack(
        31,
        "raise a limit",
        """
        import resource
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (most * 2, most * 2))
        print("GOT")
        """,
        fails_in_control=ROOT,
    ),
    attack(
        31,
        "type into a terminal",
        """
        import fcntl, pty, termios
        for request in (0x5412, 0x5412 | 1 << 32):
            try:
                master, slave = pty.openpty()
                fcntl.ioctl(slave, request, b"x")
                print("GOT")
            except (OSError, OverflowError):
                pass
        """,
        fails_in_control=ROOT,
    ),
    attack(
        31,
        "load a program into the kernel",
        _CALLS
        + "\nif libc.syscall(321, 0, ctypes.create_string_buffer(128), 128) >= 0: print('GOT')",
        fails_in_control=ROOT,
    ),
)
