"""Control groups: limits for all processes of a run together, and what they used. Versions 1 and 2.

Source: Linux, Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
"""

import contextlib
import os
import secrets
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import SandboxError
from inkling.core.execution import ResourceLimits
from inkling.sandbox.ownership import has_ended, own_token
from inkling.sandbox.usage import Usage

_PREFIX = "inkling-run-"
_NEEDED = ("memory", "pids")
_EMPTIED_WITHIN_S = 5.0
_MB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class CgroupParents:
    """Where groups can be made.

    Attributes:
        version: 1 or 2.
        folders: A folder for each controller; in version 2 the same one for all.
    """

    version: int
    folders: Mapping[str, Path]


def find_parents(process: Path = Path("/proc/self")) -> CgroupParents | None:
    """Returns where this process may make groups with limits of memory and processes; None: nowhere.

    Args:
        process: The process's folder in `/proc`.
    """
    own: dict[str, str] = {}
    hierarchies: dict[str, tuple[str, Path]] = {}
    try:
        for line in (process / "cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            own.update(dict.fromkeys(controllers.split(","), path))
        for line in (process / "mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            root, mount_point = before.split(" ")[3:5]
            if kind == "cgroup2":
                hierarchies[""] = (root, Path(mount_point))
            elif kind == "cgroup":
                hierarchies.update(dict.fromkeys(options.split(","), (root, Path(mount_point))))
    except (OSError, ValueError):
        return None

    def folder(controller: str) -> Path | None:
        if controller not in own or controller not in hierarchies:
            return None
        root, mount_point = hierarchies[controller]
        return mount_point / os.path.relpath(own[controller], root)

    version_1 = {name: folder(name) for name in (*_NEEDED, "cpuacct")}
    writable = {name: path for name, path in version_1.items() if path is not None and os.access(path, os.W_OK)}
    if all(name in writable for name in _NEEDED):
        return CgroupParents(version=1, folders=writable)
    place = folder("")
    while place is not None and (place / "cgroup.procs").exists():
        # A group that holds processes cannot hand its controllers on: only one that does so already is of use.
        with contextlib.suppress(OSError):
            handed_on = (place / "cgroup.subtree_control").read_text().split()
            may_write = os.access(place, os.W_OK) and os.access(place / "cgroup.procs", os.W_OK)
            if may_write and all(name in handed_on for name in _NEEDED):
                return CgroupParents(version=2, folders=dict.fromkeys(_NEEDED, place))
        place = place.parent
    return None


class Cgroup:
    """The group of one run."""

    def __init__(self, parents: CgroupParents, limits: ResourceLimits, *, n_more_processes: int = 0) -> None:
        """Makes the group with its limits.

        Args:
            parents: Where.
            limits: Those of memory and processes are set.
            n_more_processes: What the backend itself needs in the group.

        Raises:
            SandboxError: The system does not let it be made.
        """
        name = f"{_PREFIX}{own_token()}-{secrets.token_hex(4)}"
        self._version = parents.version
        self._folders = {controller: folder / name for controller, folder in parents.folders.items()}
        memory, pids = self._folders["memory"], self._folders["pids"]
        try:
            for folder in set(self._folders.values()):
                folder.mkdir()
            if self._version == 1:
                (memory / "memory.limit_in_bytes").write_text(str(limits.memory_mb * _MB))
                if (memory / "memory.memsw.limit_in_bytes").exists():
                    (memory / "memory.memsw.limit_in_bytes").write_text(str(limits.memory_mb * _MB))
            else:
                (memory / "memory.max").write_text(str(limits.memory_mb * _MB))
                if (memory / "memory.swap.max").exists():
                    (memory / "memory.swap.max").write_text("0")
            (pids / "pids.max").write_text(str(limits.n_processes + n_more_processes))
        except OSError as error:
            self.remove()
            raise SandboxError(f"a control group cannot be made in {memory.parent}: {error.strerror}") from error

    @property
    def entrances(self) -> list[Path]:
        """The files to which a process writes 0 to enter the group."""
        return [folder / "cgroup.procs" for folder in sorted(set(self._folders.values()))]

    def usage(self) -> Usage:
        """Returns what its processes have used."""
        memory, cpu = self._folders["memory"], self._folders.get("cpuacct", self._folders["memory"])
        if self._version == 1:
            cpu_ns = _number(cpu / "cpuacct.usage")
            return Usage(
                cpu_s=None if cpu_ns is None else cpu_ns / 1e9,
                peak_memory_mb=_megabytes(memory / "memory.max_usage_in_bytes"),
                n_out_of_memory=_value(memory / "memory.oom_control", "oom_kill") or 0,
            )
        cpu_us = _value(cpu / "cpu.stat", "usage_usec")
        return Usage(
            cpu_s=None if cpu_us is None else cpu_us / 1e6,
            peak_memory_mb=_megabytes(memory / "memory.peak"),
            n_out_of_memory=_value(memory / "memory.events", "oom_kill") or 0,
        )

    def remove(self) -> None:
        """Ends what is still in the group and removes it; returns when it is gone, within seconds at most."""
        for folder in set(self._folders.values()):
            _remove(folder)


def remove_leftovers(parents: CgroupParents) -> None:
    """Removes groups, with what runs in them, of daemons that were killed."""
    for folder in set(parents.folders.values()):
        for path in folder.glob(f"{_PREFIX}*"):
            if has_ended(path.name.removeprefix(_PREFIX).rpartition("-")[0]):
                _remove(path)


def _remove(folder: Path) -> None:
    give_up_at_s = time.monotonic() + _EMPTIED_WITHIN_S
    while folder.exists():
        try:
            folder.rmdir()
        except OSError:
            with contextlib.suppress(OSError, ValueError):
                for process_id in (folder / "cgroup.procs").read_text().split():
                    os.kill(int(process_id), signal.SIGKILL)
            if time.monotonic() > give_up_at_s:
                return
            time.sleep(0.002)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _megabytes(path: Path) -> float | None:
    size_bytes = _number(path)
    return None if size_bytes is None else size_bytes / _MB


def _value(path: Path, key: str) -> int | None:
    """Returns the number after `key` in a file of lines `key number`."""
    try:
        for line in path.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == key:
                return int(value)
    except (OSError, ValueError):
        pass
    return None
