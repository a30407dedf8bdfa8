"""Sandboxes by bubblewrap: namespaces made for each run, without a daemon and without an image.

As an ordinary user the run is in a user namespace of its own. As root bubblewrap makes the mounts, because only root
may read some of what is mounted, and the run then gets a user id that nobody else has. A run starts in its control
group, has its limits before the first of its instructions, and waits at a gate for a line on its standard input: if
the daemon dies while it is being started, the gate reads the end of the input and nothing is run.
"""

import asyncio
import contextlib
import json
import os
import platform
import pwd
import secrets
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import SandboxError
from inkling.core.execution import Program
from inkling.sandbox.cgroups import Cgroup, CgroupParents, find_parents, remove_leftovers
from inkling.sandbox.environment import (
    CPU_BACKSTOP_S,
    HOME,
    OPEN_FILES,
    SCRATCH,
    SHARED_MEMORY,
    SYSTEM_LINKS,
    run_environment,
    scratch_sizes_mb,
    system_texts,
)
from inkling.sandbox.installation import Installation, find_installation
from inkling.sandbox.layout import Mount, lay_out
from inkling.sandbox.seccomp import filter_program
from inkling.sandbox.staging import make_staging, remove_left_stagings, remove_staging
from inkling.sandbox.supervised import SupervisingSandbox
from inkling.sandbox.usage import Usage, usage_of_tree

_SYSTEM_FOLDERS = ("/usr", "/nix/store")
_SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/mime.types")

_OWN_PROCESSES = 2  # bubblewrap's own in each control group: the one outside and the first one inside
_STACK_MB = 8  # of address space, which every thread takes and hardly one fills
_CHUNK_BYTES = 64 * 1024
_READY = b"\n"
_GATE = 'echo; read -r _ || exit 125; exec "$@"'
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"'
_INSTALL = "install bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`) or Docker"


class BubblewrapSandbox(SupervisingSandbox):
    """Runs programs with `bwrap`."""

    backend = "bubblewrap"

    def __init__(self, cgroup_parents: CgroupParents | None, tools: dict[str, str]) -> None:
        """Is called by `open`."""
        super().__init__()
        self._cgroup_parents = cgroup_parents
        self._tools = tools

    @classmethod
    async def open(cls, *, has_cgroups: bool = True) -> "BubblewrapSandbox":
        """Returns a sandbox; what an earlier, killed daemon left is gone.

        Args:
            has_cgroups: Whether control groups are used where they can be made; without them the daemon looks itself
                at what a run uses.

        Raises:
            SandboxError: Something that it needs is not installed.
        """
        if sys.platform != "linux":
            raise SandboxError("bubblewrap is for Linux only; install Docker")
        tools = {}
        for name in ("bwrap", "setpriv", "prlimit", "sh"):
            path = shutil.which(name)
            if path is None:
                raise SandboxError(f"{name} is not on the PATH; {_INSTALL}")
            tools[name] = path
        if filter_program() is None:
            raise SandboxError(f"bubblewrap is not used on {platform.machine()}, for want of a filter; install Docker")
        await asyncio.to_thread(remove_left_stagings)
        parents = await asyncio.to_thread(find_parents)
        if parents is not None:
            await asyncio.to_thread(remove_leftovers, parents)
        return cls(parents if has_cgroups else None, tools)

    async def launch(self, program: Program) -> "_BubblewrapRun":
        """Starts a program, or leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        preparation = await asyncio.to_thread(_prepare, program, self._cgroup_parents)
        try:
            return _BubblewrapRun(await _spawn(self._tools, program, preparation), preparation)
        except BaseException:
            await asyncio.to_thread(preparation.remove)
            raise


@dataclass(slots=True, kw_only=True)
class _Preparation:
    """What was made for one run, and must go with it.

    Attributes:
        staging: A folder with edited texts and a few files of the system.
        mounts: What the run sees of the host's files.
        installation: The interpreter.
        user_id: The run's own, where the daemon is root.
        cgroup: Its control group, where one can be made.
        options: Those of bubblewrap but for numbers of descriptors, with a zero byte between two.
        init_id: The first process in the sandbox, 0 before it is known.
        init: A descriptor of it, -1 before it is known.
    """

    staging: Path
    mounts: list[Mount]
    installation: Installation
    user_id: int | None
    cgroup: Cgroup | None
    options: bytes = b""
    init_id: int = 0
    init: int = -1

    def usage(self) -> Usage:
        return self.cgroup.usage() if self.cgroup is not None else usage_of_tree(self.init_id, SCRATCH)

    def remove(self) -> None:
        if self.init != -1:
            os.close(self.init)
            self.init = -1
        if self.cgroup is not None:
            self.cgroup.remove()
        remove_staging(self.staging)


def _prepare(program: Program, parents: CgroupParents | None) -> _Preparation:
    installation = find_installation(program.view.interpreter)
    is_root = os.geteuid() == 0
    staging = make_staging()
    try:
        user_id = _free_user_id() if is_root else None
        readable = (*installation.folders, *program.readable)
        mounts = lay_out(program.view, readable, staging, as_other_user=is_root)
        for name, text in system_texts(os.geteuid() if user_id is None else user_id).items():
            (staging / name).write_text(text)
            (staging / name).chmod(0o644)
        cgroup = Cgroup(parents, program.limits, n_more_processes=_OWN_PROCESSES) if parents is not None else None
    except BaseException:
        remove_staging(staging)
        raise
    preparation = _Preparation(
        staging=staging, mounts=mounts, installation=installation, user_id=user_id, cgroup=cgroup
    )
    preparation.options = "\0".join(_options(program, preparation)).encode("utf-8", "surrogateescape")
    return preparation


def _free_user_id() -> int:
    """Returns a user id that no account and most likely no other run has.

    It is from the upper half of those that exist here: in a container they may be few.
    """
    last = 0
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        inside, _, length = map(int, line.split())
        last = max(last, inside + min(length, 2**31) - 1)
    while True:
        user_id = last // 2 + secrets.randbelow(last // 2)
        try:
            pwd.getpwuid(user_id)
        except KeyError:
            return user_id


def _command(tools: dict[str, str], program: Program, preparation: _Preparation) -> list[str]:
    """Returns what bubblewrap runs: the program behind the gate, with its limits and without privileges."""
    limits = program.limits
    own = [f"--nproc={limits.n_processes}", f"--nofile={OPEN_FILES}", "--core=0"]
    own += [f"--fsize={limits.file_mb * 2**20}", f"--cpu={int(limits.cpu_s) + CPU_BACKSTOP_S}"]
    if preparation.cgroup is None:
        # The daemon looks at the memory of all processes together, but now and then only; this holds each of them.
        own.append(f"--data={(limits.memory_mb + _STACK_MB * limits.n_processes) * 2**20}")
    command = [tools["prlimit"], *own, "--"]
    if preparation.user_id is not None:
        ids = [f"--reuid={preparation.user_id}", f"--regid={preparation.user_id}", "--clear-groups"]
        command += [tools["setpriv"], *ids, "--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--"]
    return [*command, tools["sh"], "-c", _GATE, "sh", str(preparation.installation.interpreter), *program.arguments]


def _options(program: Program, preparation: _Preparation) -> Iterator[str]:
    """Yields the options of `bwrap`, but for the numbers of descriptors."""
    limits = program.limits
    yield from ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
    yield from ("--die-with-parent", "--new-session", "--hostname", "sandbox", "--cap-drop", "ALL")
    if preparation.user_id is None:
        yield "--unshare-user"
    else:
        # Needed to become another user; gone with that.
        yield from ("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP")
    for folder in _SYSTEM_FOLDERS:
        yield from ("--ro-bind-try", folder, folder)
    for name in SYSTEM_LINKS:
        if Path(name).is_symlink():
            yield from ("--symlink", str(Path(name).readlink()), name)
        else:
            yield from ("--ro-bind-try", name, name)
    for name in _SYSTEM_FILES:
        yield from ("--ro-bind-try", name, name)
    for name in system_texts(0):
        yield from ("--ro-bind", str(preparation.staging / name), f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")
    scratch_mb, shared_mb = scratch_sizes_mb(limits.scratch_mb)
    yield from ("--perms", "1777", "--size", str(shared_mb * 2**20), "--tmpfs", SHARED_MEMORY, "--remount-ro", "/dev")
    yield from ("--perms", "1777", "--size", str(scratch_mb * 2**20), "--tmpfs", SCRATCH)
    yield from ("--perms", "0777", "--dir", HOME)
    shown = [mount.target for mount in preparation.mounts]
    for parent in _parents([*shown, *(link for link, _ in preparation.installation.links)]):
        yield from ("--perms", "0755", "--dir", str(parent))  # by itself bubblewrap closes them to others
    for mount in preparation.mounts:
        yield from ("--ro-bind", str(mount.source), str(mount.target))
    for link, target in preparation.installation.links:
        yield from ("--symlink", str(target), str(link))
    yield from ("--remount-ro", "/", "--chdir", str(program.view.folder), "--clearenv")
    for name, value in run_environment(program, preparation.installation).items():
        yield from ("--setenv", name, value)


def _parents(paths: list[Path]) -> list[Path]:
    """Returns the folders above these paths, outermost first, but for what the system has anyway."""
    parents = {parent for path in paths for parent in path.parents}
    return sorted(parents - {Path("/"), Path(SCRATCH)}, key=lambda parent: len(parent.parts))


async def _spawn(tools: dict[str, str], program: Program, preparation: _Preparation) -> Process:
    """Starts bubblewrap and returns when the program waits at the gate."""
    options = _memory_file(preparation.options)
    seccomp = _memory_file(filter_program() or b"")
    info, info_out = os.pipe()
    entrances = [] if preparation.cgroup is None else [str(path) for path in preparation.cgroup.entrances]
    bwrap = [tools["bwrap"], "--args", str(options), "--seccomp", str(seccomp), "--info-fd", str(info_out), "--"]
    try:
        process = await asyncio.create_subprocess_exec(
            *(tools["sh"], "-c", _ENTER, "sh", *entrances, "--", *bwrap, *_command(tools, program, preparation)),
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env={"PATH": os.defpath},  # what is in here can be read in the sandbox, in /proc/1/environ
            cwd="/",
            pass_fds=(options, seccomp, info_out),
        )
    except OSError as error:
        os.close(info)
        raise SandboxError(f"bubblewrap cannot be started: {error}") from error
    finally:
        for descriptor in (options, seccomp, info_out):
            os.close(descriptor)
    try:
        told = await asyncio.to_thread(_read_all, info)
        with contextlib.suppress(ValueError, KeyError, ProcessLookupError):
            preparation.init_id = json.loads(told)["child-pid"]
            preparation.init = os.pidfd_open(preparation.init_id)
        is_ready = process.stdout is not None and await process.stdout.read(1) == _READY
    except BaseException:
        process.kill()
        raise
    if not is_ready or preparation.init == -1 or process.stdin is None:
        process.kill()
        _, words = await process.communicate()
        raise SandboxError(f"bubblewrap failed: {words.decode(errors='replace').strip()}")
    process.stdin.write(b"\n")
    return process


def _memory_file(data: bytes) -> int:
    descriptor = os.memfd_create("inkling")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _read_all(descriptor: int) -> bytes:
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


class _BubblewrapRun:
    """One run; see `Carrier`."""

    def __init__(self, process: Process, preparation: _Preparation) -> None:
        self._process = process
        self._preparation = preparation

    async def write(self, data: bytes) -> None:
        if self._process.stdin is None or self._process.stdin.is_closing():
            raise ConnectionError
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def close_input(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()

    async def read(self, take: Callable[[bytes, bool], None]) -> None:
        async def read(stream: asyncio.StreamReader | None, is_error: bool) -> None:
            while stream is not None and (data := await stream.read(_CHUNK_BYTES)):
                take(data, is_error)

        await asyncio.gather(read(self._process.stdout, False), read(self._process.stderr, True))

    async def usage(self) -> Usage:
        return await asyncio.to_thread(self._preparation.usage)

    def kill(self) -> None:
        # When the first process of a sandbox ends, the kernel kills all others in it.
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._preparation.init, signal.SIGKILL)

    async def until_end(self) -> int:
        exit_code = await self._process.wait()
        self.kill()
        loop, is_gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._preparation.init, is_gone.set)  # readable once it has ended, after all others
        try:
            await is_gone.wait()
        finally:
            loop.remove_reader(self._preparation.init)
        return exit_code

    async def remove(self) -> None:
        await asyncio.to_thread(self._preparation.remove)
