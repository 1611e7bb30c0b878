"""What a container that Docker starts by default may not do: a few rights of root, and a filter of
system calls.

`hw gradescope-test` gives its container this profile, because Gradescope's has it. The tests use
it to be root without CAP_SYS_ADMIN, and a user without namespaces.

https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities
https://docs.docker.com/engine/security/seccomp/
"""

from __future__ import annotations

import os
import sys
import tempfile
from typing import IO, Any

from hwlib.grading.sandbox.measures import system_calls

__all__ = ["RIGHTS", "filter_file", "refuse"]

RIGHTS = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
    *("NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
)
# Docker has a list of what it allows to root without CAP_SYS_ADMIN; these are the calls that are
# not on it and that programs might make
CALLS = """
    acct add_key bpf clock_adjtime clock_settime delete_module fanotify_init finit_module
    fsconfig fsmount fsopen fspick init_module io_uring_enter io_uring_register
    io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie mount
    mount_setattr move_mount move_pages nfsservctl open_by_handle_at open_tree
    perf_event_open pivot_root quotactl quotactl_fd reboot request_key setdomainname
    sethostname setns settimeofday swapoff swapon syslog umount umount2 unshare userfaultfd
    vhangup
"""


def refuse() -> None:
    """Refuse these calls from now on, for this process and what it starts."""
    _filter().load()


def filter_file() -> IO[bytes] | None:
    """An open file with the filter as the kernel reads it, which a program that is started can
    inherit; None where the library libseccomp is not here.
    """
    try:
        rules = _filter()
    except (ImportError, OSError, RuntimeError):
        return None
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller closes it
    rules.export_bpf(file)
    file.seek(0)
    return file


def _filter() -> Any:
    import pyseccomp as seccomp

    rules = system_calls.compiled(CALLS.split())
    rules.set_attr(seccomp.Attr.CTL_NNP, 0)  # a container may start programs that change the user
    return rules


if __name__ == "__main__":  # python -m hwlib.grading.sandbox.docker_profile PROGRAM …
    refuse()
    os.execvp(sys.argv[1], sys.argv[1:])
