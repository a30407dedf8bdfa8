"""Which system calls a run may not make, as a filter program for bubblewrap and as a profile for Docker.

Forbidden is what changes namespaces, mounts or modules, what looks into other processes, and what has a record of
holes and no use in tests (io_uring, userfaultfd, bpf, keyrings). Calls that are newer than this list are unknown to
the filter and answered as if the kernel did not have them.
"""

import errno
import json
import platform
import struct
from dataclasses import dataclass

# Numbers on x86-64 and on 64-bit ARM; None where a machine does not have the call.
# Source: Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_FORBIDDEN: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "migrate_pages": (256, 238),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)  # its flags lie in memory, where a filter cannot look: without it, the C library calls clone
_IOCTL = (16, 29)
_SOCKET = (41, 198)
_FIRST_UNKNOWN = 462  # Linux 6.8's first free number, the same on both machines

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; clone(2)
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C  # type into a terminal's input; ioctl_tty(2)
_FORBIDDEN_FAMILIES = {"packet": 17, "alg": 38, "vsock": 40}  # AF_PACKET, AF_ALG, AF_VSOCK; socket(2)

_X32_BIT = 0x40000000  # calls of the x32 ABI, with numbers of their own
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000  # SECCOMP_RET_*, linux/seccomp.h
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16  # struct seccomp_data, linux/seccomp.h


@dataclass(frozen=True, slots=True)
class _Machine:
    column: int
    audit_code: int  # AUDIT_ARCH_*, linux/audit.h


_MACHINES = {
    "x86_64": _Machine(0, 0xC000003E),
    "amd64": _Machine(0, 0xC000003E),
    "aarch64": _Machine(1, 0xC00000B7),
    "arm64": _Machine(1, 0xC00000B7),
}


def filter_program(machine: str | None = None) -> bytes | None:
    """Returns the filter as `bwrap --seccomp` reads it; None for a machine whose numbers are not listed here.

    Args:
        machine: As `platform.machine()` has it; None: this one.
    """
    found = _MACHINES.get((machine or platform.machine()).lower())
    if found is None:
        return None
    refused = _ERROR | errno.EPERM
    missing = _ERROR | errno.ENOSYS
    code = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_JUMP_EQUAL, 1, 0, found.audit_code),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if found.column == 0:
        code += [(_JUMP_AT_LEAST, 0, 1, _X32_BIT), (_RETURN, 0, 0, _KILL)]
    code += [(_JUMP_AT_LEAST, 0, 1, _FIRST_UNKNOWN), (_RETURN, 0, 0, missing)]
    code += [(_JUMP_EQUAL, 0, 1, _CLONE3[found.column]), (_RETURN, 0, 0, missing)]
    for numbers in _FORBIDDEN.values():
        number = numbers[found.column]
        if number is not None:
            code += [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, refused)]
    code += [
        (_JUMP_EQUAL, 0, 4, _CLONE[found.column]),
        (_LOAD, 0, 0, _ARGUMENTS_AT),
        (_JUMP_ANY_BIT, 0, 1, _NEW_NAMESPACES),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
        (_JUMP_EQUAL, 0, 5, _IOCTL[found.column]),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 8),
        (_JUMP_EQUAL, 1, 0, _TIOCSTI),
        (_JUMP_EQUAL, 0, 1, _TIOCLINUX),
        (_RETURN, 0, 0, refused),
        (_RETURN, 0, 0, _ALLOW),
    ]
    families = tuple(_FORBIDDEN_FAMILIES.values())
    code += [(_JUMP_EQUAL, 0, 1 + len(families), _SOCKET[found.column]), (_LOAD, 0, 0, _ARGUMENTS_AT)]
    for n_left, family in zip(range(len(families), 0, -1), families, strict=True):
        code += [(_JUMP_EQUAL, n_left, 0, family)]
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, refused)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


def docker_profile() -> str:
    """Returns the same as a profile of Docker's, JSON; the engine knows the numbers, and skips names it does not know.

    Source: Docker, Seccomp security profiles.
    """

    def refuse(names: list[str], *, error: int = errno.EPERM, **condition: int | str) -> dict[str, object]:
        rule: dict[str, object] = {"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": error}
        return {**rule, "args": [condition]} if condition else rule

    equal, has_bits = "SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"
    flags = [1 << bit for bit in range(32) if _NEW_NAMESPACES >> bit & 1]
    return json.dumps(
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [
                refuse(sorted(_FORBIDDEN)),
                refuse(["clone3"], error=errno.ENOSYS),
                *(refuse(["clone"], index=0, op=has_bits, value=flag, valueTwo=flag) for flag in flags),
                *(refuse(["ioctl"], index=1, op=equal, value=request) for request in (_TIOCSTI, _TIOCLINUX)),
                *(refuse(["socket"], index=0, op=equal, value=family) for family in _FORBIDDEN_FAMILIES.values()),
            ],
        }
    )
