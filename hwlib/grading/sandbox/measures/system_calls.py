"""System calls that student code has no use for are refused, by a seccomp filter.

A refused call gives EPERM, as if a right were missing, so programs go on. `clone3` gives ENOSYS:
the C library then uses `clone`, whose flags can be seen.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from functools import cache
from typing import Any

__all__ = ["compiled", "is_available", "refuse"]

NETWORK = "socket"  # socketpair stays: its two ends lead nowhere else
TRACING = (
    "ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_getfd perf_event_open"
)
MOUNTS = (
    "mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick "
    "mount_setattr unshare setns open_by_handle_at name_to_handle_at quotactl quotactl_fd"
)
BETWEEN_PROCESSES = (
    "keyctl add_key request_key shmget shmat shmctl shmdt semget semop semctl semtimedop msgget "
    "msgsnd msgrcv msgctl mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr"
)
KERNEL = (
    "bpf userfaultfd io_uring_setup io_uring_enter io_uring_register fanotify_init "
    "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct "
    "settimeofday clock_settime clock_adjtime adjtimex iopl ioperm modify_ldt syslog sethostname "
    "setdomainname vhangup lookup_dcookie nfsservctl"
)
# Landlock lets through what tells the names of files elsewhere, as they are opened
WATCHING = "inotify_init inotify_init1 inotify_add_watch"
REFUSED = " ".join((NETWORK, TRACING, MOUNTS, BETWEEN_PROCESSES, KERNEL, WATCHING)).split()

# Landlock lets through changes of a file's mode, times, owner and attributes, also where the file
# can't be opened. Who has the grader's user could lock the grader out of the course that way. The
# first are pretended, because programs that copy files go on only if they succeed
MODES_AND_TIMES = (
    *("chmod", "fchmod", "fchmodat", "fchmodat2"),
    *("utime", "utimes", "utimensat", "utimensat_time64", "futimesat"),
)
OWNERS_AND_ATTRIBUTES = (
    *("chown", "lchown", "fchown", "fchownat"),
    *("setxattr", "lsetxattr", "fsetxattr", "setxattrat", "file_setattr"),
    *("removexattr", "lremovexattr", "fremovexattr", "removexattrat"),
)

# calls that may change another process of the same user, also one that no signal may reach: refused
# where each of these arguments is not 0, so that only the caller itself is left (and, for the
# limits, so that no new ones are given)
ON_OTHERS: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("prlimit64", (0, 2)),
    ("setpriority", (0,)),  # a group, or all processes of the user
    ("setpriority", (1,)),
    ("ioprio_set", (1,)),
    *((f"sched_{what}", (0,)) for what in ("setaffinity", "setscheduler", "setparam", "setattr")),
    ("migrate_pages", (0,)),
    ("move_pages", (0,)),
)
IOPRIO_WHO_PROCESS = 1

# CLONE_NEWTIME … CLONE_NEWNET: a process in namespaces of its own would be root there
NEW_NAMESPACES = (0x80, 0x20000, *(1 << bit for bit in range(25, 31)))
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # type into a terminal
F_SETLEASE = 1024  # others who open the file must wait
FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR = 0x40086602, 0x401C5820  # attributes of a file, such as +i
WORD = 0xFFFFFFFF  # the kernel looks at 32 bits of an ioctl's number, so the filter must, too


def is_available() -> bool:
    """Whether the library libseccomp is here. The filter is then compiled, for the forks that load
    it.
    """
    try:
        _filter(has_own_user=False)
        _filter(has_own_user=True)
    except (ImportError, OSError, RuntimeError):
        return False
    return True


@cache
def _filter(*, has_own_user: bool) -> Any:
    import pyseccomp as seccomp

    rules = compiled(REFUSED if has_own_user else [*REFUSED, *OWNERS_AND_ATTRIBUTES])
    refused = seccomp.ERRNO(errno.EPERM)
    if not has_own_user:
        for name in _known(MODES_AND_TIMES):
            rules.add_rule(seccomp.ERRNO(0), name)
    for name, places in ON_OTHERS:
        if _known([name]):
            rules.add_rule(refused, name, *(seccomp.Arg(place, seccomp.NE, 0) for place in places))
    rules.add_rule(refused, "ioprio_set", seccomp.Arg(0, seccomp.NE, IOPRIO_WHO_PROCESS))
    for name, request in (
        ("ioctl", TIOCSTI),
        ("ioctl", TIOCLINUX),
        ("ioctl", FS_IOC_SETFLAGS),
        ("ioctl", FS_IOC_FSSETXATTR),
        ("fcntl", F_SETLEASE),
    ):
        rules.add_rule(refused, name, seccomp.Arg(1, seccomp.MASKED_EQ, WORD, request))
    return rules


def _known(names: Iterable[str]) -> list[str]:
    """Those that this machine has; others are of another architecture, or of a later kernel."""
    import pyseccomp as seccomp

    arch = seccomp.system_arch()
    return [name for name in names if seccomp.resolve_syscall(arch, name) >= 0]


def compiled(names: Iterable[str]) -> Any:
    """A filter that refuses these calls and new namespaces.

    Raises
    ------
    ImportError, OSError, RuntimeError
        If the library libseccomp is not here.
    """
    import pyseccomp as seccomp

    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    refused = seccomp.ERRNO(errno.EPERM)
    arch = seccomp.system_arch()
    for name in _known(names):
        rules.add_rule(refused, name)
    for flag in NEW_NAMESPACES:
        rules.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    if seccomp.resolve_syscall(arch, "clone3") >= 0:
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def refuse(*, has_own_user: bool) -> None:
    """Refuse these calls from now on.

    Parameters
    ----------
    has_own_user : bool
        Whether the grader's files belong to another user. Else no file's mode, times, owner or
        attributes can be changed.

    Raises
    ------
    OSError
        If the kernel does not take the filter.
    """
    _filter(has_own_user=has_own_user).load()
