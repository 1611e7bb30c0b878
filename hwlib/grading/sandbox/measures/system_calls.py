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
REFUSED = " ".join((NETWORK, TRACING, MOUNTS, BETWEEN_PROCESSES, KERNEL)).split()

# CLONE_NEWTIME … CLONE_NEWNET: a process in namespaces of its own would be root there
NEW_NAMESPACES = (0x80, 0x20000, *(1 << bit for bit in range(25, 31)))
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # type into a terminal
WORD = 0xFFFFFFFF  # the kernel looks at 32 bits of an ioctl's number, so the filter must, too


def is_available() -> bool:
    """Whether the library libseccomp is here. The filter is then compiled, for the forks that load
    it.
    """
    try:
        _filter()
    except (ImportError, OSError, RuntimeError):
        return False
    return True


@cache
def _filter() -> Any:
    import pyseccomp as seccomp

    rules = compiled(REFUSED)
    for request in (TIOCSTI, TIOCLINUX):
        seen = seccomp.Arg(1, seccomp.MASKED_EQ, WORD, request)
        rules.add_rule(seccomp.ERRNO(errno.EPERM), "ioctl", seen)
    return rules


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
    for name in names:
        if seccomp.resolve_syscall(arch, name) >= 0:  # others are of another architecture
            rules.add_rule(refused, name)
    for flag in NEW_NAMESPACES:
        rules.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    if seccomp.resolve_syscall(arch, "clone3") >= 0:
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    return rules


def refuse() -> None:
    """Refuse these calls from now on.

    Raises
    ------
    OSError
        If the kernel does not take the filter.
    """
    _filter().load()
