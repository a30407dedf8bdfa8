"""Sandboxes by bubblewrap: namespaces made for each run, without a daemon and without an image.

As an ordinary user the run is in a user namespace of its own. As root bubblewrap makes the mounts, because only root
may read some of what is mounted, and the run then gets a user id that nobody else has. A run starts in its control
group, has its limits before the first of its instructions, and waits at a gate for a line on its standard input: if
the daemon dies while it is being started, the gate reads the end of the input and nothing is run.
"""

import asyncio
import contextlib
import json
import logging
import os
import platform
import pwd
import secrets
import shutil
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import SandboxError
from inkling.core.execution import KilledFor, Program, ProgramEnd, ProgramResult, ResourceLimits
from inkling.sandbox.cgroups import Cgroup, CgroupParents, Usage, find_parents, remove_leftovers
from inkling.sandbox.installation import Installation, find_installation
from inkling.sandbox.layout import Mount, lay_out
from inkling.sandbox.output import ProgramOutput
from inkling.sandbox.seccomp import filter_program

logger = logging.getLogger(__name__)

SCRATCH = "/tmp"  # noqa: S108 - in the sandbox, where it is the run's own
HOME = f"{SCRATCH}/home"
SYSTEM_FOLDERS = ("/usr", "/nix/store")
SYSTEM_LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime", "/etc/mime.types")

_OWN_PROCESSES = 2  # bubblewrap's own in each control group: the one outside and the first one inside
_OPEN_FILES = 512
_LOOK_EVERY_S = 0.1  # how often CPU time is compared with its limit
_CPU_BACKSTOP_S = 5  # beyond the limit, for one process, should the daemon not look
_SHARED_MEMORY = "/dev/shm"  # noqa: S108 - in the sandbox
_SHARED_MEMORY_MB = 16  # of the scratch space
_CHUNK_BYTES = 64 * 1024
_KILLED = 128 + signal.SIGKILL
_READY = b"\n"
_GATE = 'echo; read -r _ || exit 125; exec "$@"'
_ENTER = 'while [ "$1" != -- ]; do echo 0 >"$1" || exit 125; shift; done; shift; exec "$@"'
_FILES = ("passwd", "group", "hosts", "nsswitch.conf")
_INSTALL = "install bubblewrap (`apt-get install bubblewrap`, `dnf install bubblewrap`) or Docker"


class BubblewrapSandbox:
    """Runs programs with `bwrap`."""

    backend = "bubblewrap"

    def __init__(self, cgroup_parents: CgroupParents | None, tools: dict[str, str]) -> None:
        """Is called by `open`."""
        self._cgroup_parents = cgroup_parents
        self._tools = tools
        self._running: set[_BubblewrapProcess] = set()

    @classmethod
    async def open(cls) -> "BubblewrapSandbox":
        """Returns a sandbox; what an earlier, killed daemon left is gone.

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
        parents = await asyncio.to_thread(find_parents)
        if parents is not None:
            await asyncio.to_thread(remove_leftovers, parents)
        return cls(parents, tools)

    async def start(self, program: Program) -> "_BubblewrapProcess":
        """Starts a program.

        Raises:
            SandboxError: It cannot be started.
        """
        preparing = asyncio.create_task(self._start(program))
        try:
            return await asyncio.shield(preparing)
        except asyncio.CancelledError:
            # What was half made is made, so that it can be taken down in one way.
            with contextlib.suppress(SandboxError):
                await (await preparing).kill()
            raise

    async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
        """Runs a program to its end; a cancelled run leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        process = await self.start(program)
        try:
            process.send_last(stdin)
            stdout = bytearray()
            while chunk := await process.receive():
                stdout += chunk
            return ProgramResult(end=await process.wait(), stdout=bytes(stdout))
        finally:
            await process.kill()

    async def close(self) -> None:
        """Ends all that still runs in it."""
        await asyncio.gather(*(process.kill() for process in self._running))

    async def _start(self, program: Program) -> "_BubblewrapProcess":
        preparation = await asyncio.to_thread(_prepare, program, self._cgroup_parents)
        try:
            process = await _spawn(self._tools, program, preparation)
        except BaseException:
            await asyncio.to_thread(preparation.remove)
            raise
        running = _BubblewrapProcess(process, preparation, program.limits, self._running.discard)
        self._running.add(running)
        return running


@dataclass(slots=True, kw_only=True)
class _Preparation:
    """What was made for one run, and must go with it.

    Attributes:
        staging: A folder with edited texts and a few files of the system.
        mounts: What the run sees of the host's files.
        installation: The interpreter.
        user_id: The run's own, where the daemon is root.
        cgroup: Its control group, where one can be made.
        init: A descriptor of the first process in the sandbox, -1 before it is known.
    """

    staging: Path
    mounts: list[Mount]
    installation: Installation
    user_id: int | None
    cgroup: Cgroup | None
    init: int = -1

    def usage(self) -> Usage:
        return self.cgroup.usage() if self.cgroup is not None else Usage()

    def remove(self) -> None:
        if self.init != -1:
            os.close(self.init)
            self.init = -1
        if self.cgroup is not None:
            self.cgroup.remove()
        shutil.rmtree(self.staging, ignore_errors=True)


def _prepare(program: Program, parents: CgroupParents | None) -> _Preparation:
    installation = find_installation(program.view.interpreter)
    is_root = os.geteuid() == 0
    staging = Path(tempfile.mkdtemp(prefix="inkling-run-"))
    try:
        user_id = _free_user_id() if is_root else None
        readable = (*installation.folders, *program.readable)
        mounts = lay_out(program.view, readable, staging, as_other_user=is_root)
        for name, text in _system_texts(os.geteuid() if user_id is None else user_id).items():
            (staging / name).write_text(text)
            (staging / name).chmod(0o644)
        cgroup = Cgroup(parents, program.limits, n_more_processes=_OWN_PROCESSES) if parents is not None else None
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return _Preparation(staging=staging, mounts=mounts, installation=installation, user_id=user_id, cgroup=cgroup)


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


def _system_texts(user_id: int) -> dict[str, str]:
    """Returns the files of /etc that a run has in place of the host's."""
    return {
        "passwd": f"root:x:0:0:root:/:/bin/false\nrunner:x:{user_id}:{user_id}:runner:{HOME}:/bin/false\n",
        "group": f"root:x:0:\nrunner:x:{user_id}:\n",
        "hosts": "127.0.0.1 localhost\n::1 localhost\n",
        "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    }


def _command(tools: dict[str, str], program: Program, preparation: _Preparation) -> list[str]:
    """Returns what bubblewrap runs: the program behind the gate, with its limits and without privileges."""
    limits = program.limits
    own = [f"--nproc={limits.n_processes}", f"--nofile={_OPEN_FILES}", "--core=0"]
    own += [f"--fsize={limits.file_mb * 2**20}", f"--cpu={int(limits.cpu_s) + _CPU_BACKSTOP_S}"]
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
    for folder in SYSTEM_FOLDERS:
        yield from ("--ro-bind-try", folder, folder)
    for name in SYSTEM_LINKS:
        if Path(name).is_symlink():
            yield from ("--symlink", str(Path(name).readlink()), name)
        else:
            yield from ("--ro-bind-try", name, name)
    for name in SYSTEM_FILES:
        yield from ("--ro-bind-try", name, name)
    for name in _FILES:
        yield from ("--ro-bind", str(preparation.staging / name), f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev")
    shared_mb = min(_SHARED_MEMORY_MB, limits.scratch_mb // 4)
    yield from ("--perms", "1777", "--size", str(shared_mb * 2**20), "--tmpfs", _SHARED_MEMORY, "--remount-ro", "/dev")
    yield from ("--perms", "1777", "--size", str((limits.scratch_mb - shared_mb) * 2**20), "--tmpfs", SCRATCH)
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


def run_environment(program: Program, installation: Installation) -> dict[str, str]:
    """Returns the variables of a run: nothing of the daemon's own."""
    folders = [str(folder / "bin") for folder in installation.folders]
    return {
        "PATH": ":".join(dict.fromkeys([*folders, "/usr/local/bin", "/usr/bin", "/bin"])),
        "HOME": HOME,
        "TMPDIR": SCRATCH,
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **program.environment,
    }


async def _spawn(tools: dict[str, str], program: Program, preparation: _Preparation) -> Process:
    """Starts bubblewrap and returns when the program waits at the gate."""
    options = _memory_file("\0".join(_options(program, preparation)).encode("utf-8", "surrogateescape"))
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
            preparation.init = os.pidfd_open(json.loads(told)["child-pid"])
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


class _BubblewrapProcess:
    """One run."""

    def __init__(
        self,
        process: Process,
        preparation: _Preparation,
        limits: ResourceLimits,
        on_end: "Callable[[_BubblewrapProcess], None]",
    ) -> None:
        self._process = process
        self._preparation = preparation
        self._limits = limits
        self._output = ProgramOutput(limits.output_kb)
        self._killed_for: KilledFor | None = None
        self._started_at_s = time.monotonic()
        self._ending = asyncio.create_task(self._supervise())
        self._ending.add_done_callback(lambda _: on_end(self))

    async def send(self, data: bytes) -> None:
        """Writes to its standard input; returns when there is room for more.

        Raises:
            SandboxError: It has ended.
        """
        stdin = self._process.stdin
        try:
            if stdin is None or stdin.is_closing():
                raise ConnectionError
            stdin.write(data)
            await stdin.drain()
        except ConnectionError as error:
            raise SandboxError("the program in the sandbox has ended, or closed its input") from error

    def send_last(self, data: bytes) -> None:
        """Writes to its standard input in the background, and closes it."""
        if self._process.stdin is not None:
            self._process.stdin.write(data)
            self._process.stdin.close()

    async def receive(self) -> bytes:
        """Returns what it printed next, some bytes at least; none when it has closed its output."""
        return await self._output.receive()

    async def wait(self) -> ProgramEnd:
        """Returns how it ended, once it has; then nothing of it is left."""
        return await asyncio.shield(self._ending)

    async def kill(self) -> ProgramEnd:
        """Ends it with all its processes; returns when nothing of it is left."""
        self._end_for(KilledFor.CANCELLED)
        return await asyncio.shield(self._ending)

    def _end_for(self, reason: KilledFor) -> None:
        if self._killed_for is None and self._process.returncode is None:
            self._killed_for = reason
            self._kill_all()

    def _kill_all(self) -> None:
        """Kills the sandbox's first process, and with it the kernel kills all others in it."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._preparation.init, signal.SIGKILL)

    async def _supervise(self) -> ProgramEnd:
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as readers:
                readers.create_task(self._read(self._process.stdout, is_error=False))
                readers.create_task(self._read(self._process.stderr, is_error=True))
                exit_code = await self._process.wait()
                self._kill_all()
                await self._until_gone()
            wall_s = time.monotonic() - self._started_at_s
            usage = await asyncio.to_thread(self._preparation.usage)
        finally:
            watching.cancel()
            self._output.close()
            await asyncio.to_thread(self._preparation.remove)
        if self._killed_for is None and exit_code == _KILLED and usage.n_out_of_memory:
            self._killed_for = KilledFor.MEMORY
        return ProgramEnd(
            exit_code=exit_code if self._killed_for is None else None,
            killed_for=self._killed_for,
            wall_s=wall_s,
            cpu_s=usage.cpu_s,
            peak_memory_mb=usage.peak_memory_mb,
            stderr=self._output.stderr,
        )

    async def _read(self, stream: asyncio.StreamReader | None, *, is_error: bool) -> None:
        while stream is not None and (data := await stream.read(_CHUNK_BYTES)):
            if not self._output.take(data, is_error=is_error):
                self._end_for(KilledFor.OUTPUT)
        if not is_error:
            self._output.close()

    async def _watch(self) -> None:
        while True:
            left_s = self._started_at_s + self._limits.wall_s - time.monotonic()
            if left_s <= 0:
                self._end_for(KilledFor.WALL_TIME)
                return
            await asyncio.sleep(min(left_s, _LOOK_EVERY_S))
            usage = await asyncio.to_thread(self._preparation.usage)
            if usage.cpu_s is not None and usage.cpu_s > self._limits.cpu_s:
                self._end_for(KilledFor.CPU_TIME)
                return

    async def _until_gone(self) -> None:
        """Returns when the sandbox's first process has ended, which it does after all others."""
        loop, is_gone = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._preparation.init, is_gone.set)
        try:
            await is_gone.wait()
        finally:
            loop.remove_reader(self._preparation.init)
