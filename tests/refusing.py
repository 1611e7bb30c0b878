"""`python refusing.py PROGRAM …` starts a program, for which the kernel refuses what Docker does by
default: new namespaces, mounts, keyrings, and kernel code that is rarely used.

https://docs.docker.com/engine/security/seccomp/
"""

from __future__ import annotations

import errno
import os
import sys

import pyseccomp as seccomp

CALLS = """
    acct add_key bpf clock_adjtime clock_settime delete_module fanotify_init finit_module
    fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mount
    mount_setattr move_mount move_pages nfsservctl open_by_handle_at open_tree
    perf_event_open pivot_root quotactl quotactl_fd reboot request_key setdomainname
    sethostname setns settimeofday swapoff swapon syslog umount umount2 unshare userfaultfd
    vhangup
"""
# CLONE_NEWTIME … CLONE_NEWNET
NEW_NAMESPACES = (0x80, 0x20000, *(1 << bit for bit in range(25, 31)))


def refuse() -> None:
    """Refuse these calls from now on, for this process and what it starts."""
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    rules.set_attr(seccomp.Attr.CTL_NNP, 0)  # a container may start programs that change the user
    refused, arch = seccomp.ERRNO(errno.EPERM), seccomp.system_arch()
    for name in CALLS.split():
        if seccomp.resolve_syscall(arch, name) >= 0:  # others are of another architecture
            rules.add_rule(refused, name)
    for flag in NEW_NAMESPACES:
        rules.add_rule(refused, "clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    if seccomp.resolve_syscall(arch, "clone3") >= 0:
        rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    rules.load()


if __name__ == "__main__":
    refuse()
    os.execvp(sys.argv[1], sys.argv[1:])
