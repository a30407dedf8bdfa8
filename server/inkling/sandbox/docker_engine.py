"""Sandboxes by Docker: a hardened container for each run, thrown away after it.

A container is started before it is known what it will run: its first process waits for a program on the attached
standard input. While one run is under way the container for the next one of the same project is made. The engine
closes that input when the daemon goes, in whatever way, and the first process then ends the container.
"""

import asyncio
import json
import logging
import os
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.core.errors import SandboxError
from inkling.core.execution import Program, ResourceLimits
from inkling.sandbox import container_first
from inkling.sandbox.container_first import HEADER
from inkling.sandbox.engine_client import EngineClient
from inkling.sandbox.environment import (
    CPU_BACKSTOP_S,
    OPEN_FILES,
    SCRATCH,
    run_environment,
    scratch_sizes_mb,
)
from inkling.sandbox.image import plan_image
from inkling.sandbox.installation import Installation, find_installation
from inkling.sandbox.layout import Mount, lay_out
from inkling.sandbox.seccomp import docker_profile
from inkling.sandbox.staging import make_staging, remove_left_stagings, remove_staging
from inkling.sandbox.supervised import SupervisingSandbox
from inkling.sandbox.usage import Usage

logger = logging.getLogger(__name__)

_NOBODY = 65534  # who runs programs where the daemon is root
_OWN_PROCESSES = 1  # the first one
_GVISOR_PROCESSES = 128  # threads and stubs of its own kernel, which count as the container's
_MOST_CPUS = 2.0
_FILES_PER_MB = 256  # of the scratch folder: files of 4 KB fill it before they are too many
_WARM_FOR_S = 60.0  # a container that nobody uses goes then
_MOST_WARM = 2
_OUTPUT_HEADER = struct.Struct(">BxxxI")  # stream and length; Docker Engine API, Attach to a container
_STDERR = 2
_MOST_FRAME_BYTES = 256 * 1024


class DockerSandbox(SupervisingSandbox):
    """Runs programs in containers."""

    backend = "docker"

    def __init__(self, engine: EngineClient, image: str) -> None:
        """Is called by `open`."""
        super().__init__()
        self._engine = engine
        self._image = image
        self._warm: dict[_Blueprint, _Warm] = {}
        self._dropping: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, *, host: str = "", image: str = "") -> "DockerSandbox":
        """Returns a sandbox; what an earlier, killed daemon left is gone.

        Args:
            host: Address of the engine; empty: as the environment and Docker's own context say.
            image: Image with a `python3`; empty: made from each project's interpreter.

        Raises:
            SandboxError: There is no engine, or it has no such image.
        """
        if not image and sys.platform != "linux":
            raise SandboxError(
                "an image can be made from an interpreter on Linux only; name one in inkling.sandbox.dockerImage"
            )
        engine = await EngineClient.connect(host)
        try:
            if image and not await engine.has_image(image):
                words = f"the Docker engine has no image {image}, which inkling.sandbox.dockerImage names"
                raise SandboxError(f"{words}; run `docker pull {image}`")
            await asyncio.to_thread(remove_left_stagings)
            await engine.remove_leftovers()
        except BaseException:
            await engine.close()
            raise
        return cls(engine, image)

    @property
    def engine(self) -> EngineClient:
        """The engine that makes the containers."""
        return self._engine

    async def launch(self, program: Program) -> "_ContainerRun":
        """Starts a program, or leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        blueprint = await self._plan(program)
        container = await self._take_warm(blueprint) or await self._make(blueprint)
        try:
            await container.send(_task(program, blueprint))
        except BaseException:
            await container.remove()
            raise
        if blueprint.staging is None:
            self._make_warm(blueprint)
        return _ContainerRun(container, program.limits)

    async def close(self) -> None:
        """Ends all that still runs in it."""
        await super().close()
        await asyncio.gather(*(self._drop(blueprint) for blueprint in list(self._warm)))
        await asyncio.gather(*self._dropping)
        await self._engine.close()

    async def _plan(self, program: Program) -> "_Blueprint":
        installation = None if self._image else await asyncio.to_thread(find_installation, program.view.interpreter)
        image = self._image
        packages: tuple[Path, ...] = ()
        if installation is not None:
            plan = await asyncio.to_thread(plan_image, installation, _user_id())
            image = await self._engine.build(plan)
            packages = plan.packages
        return await asyncio.to_thread(_draw, program, image, installation, packages)

    async def _make(self, blueprint: "_Blueprint") -> "_Container":
        """Returns a started container whose first process waits for a program."""
        container = _Container(self._engine, blueprint.staging)
        try:
            has_gvisor = self._engine.runtime is not None
            config = await asyncio.to_thread(_config, blueprint, has_gvisor=has_gvisor)
            container.id = await self._engine.create(config)
            # Two connections: on one, output could not end before what the program did not read was read.
            output = await self._engine.attach(container.id, is_input=False)
            container.reader, container.reading = await asyncio.open_connection(sock=output)
            stdin = await self._engine.attach(container.id, is_input=True)
            _, container.writer = await asyncio.open_connection(sock=stdin)
            await self._engine.start(container.id)
        except BaseException:
            await container.remove()
            raise
        return container

    def _make_warm(self, blueprint: "_Blueprint") -> None:
        if blueprint in self._warm:
            return
        for oldest in list(self._warm)[: 1 - _MOST_WARM]:
            self._drop_soon(oldest)
        loop = asyncio.get_running_loop()
        making = loop.create_task(self._make(blueprint))
        going = loop.call_later(_WARM_FOR_S, self._drop_soon, blueprint)
        self._warm[blueprint] = _Warm(making=making, going=going)

    async def _take_warm(self, blueprint: "_Blueprint") -> "_Container | None":
        warm = self._warm.pop(blueprint, None)
        if warm is None:
            return None
        warm.going.cancel()
        try:
            container = await warm.making
        except SandboxError as error:
            logger.info("no container was kept ready: %s", error)
            return None
        if container.has_ended():
            await container.remove()
            return None
        return container

    def _drop_soon(self, blueprint: "_Blueprint") -> None:
        dropping = asyncio.get_running_loop().create_task(self._drop(blueprint))
        self._dropping.add(dropping)
        dropping.add_done_callback(self._dropping.discard)

    async def _drop(self, blueprint: "_Blueprint") -> None:
        container = await self._take_warm(blueprint)
        if container is None:
            return
        try:
            await container.remove()
        except SandboxError as error:
            logger.warning("a container is left for the next start to remove: %s", error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Blueprint:
    """What a container is made from; runs with equal ones can have each other's.

    Attributes:
        image: The image's name.
        installation: The interpreter in it; None: whatever `python3` is there.
        mounts: What it sees of the host's files.
        limits: Of the run.
        staging: Folder with edited texts; None when there are none. A container with some is for one run alone.
    """

    image: str
    installation: Installation | None
    mounts: tuple[Mount, ...]
    limits: ResourceLimits
    staging: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Warm:
    """A container that waits for a program, or is on the way to it; and the timer after which it goes."""

    making: "asyncio.Task[_Container]"
    going: asyncio.TimerHandle


def _user_id() -> int:
    """Returns who runs programs: the daemon's user, who may read the project, but never root."""
    return os.getuid() or _NOBODY


def _draw(program: Program, image: str, installation: Installation | None, packages: tuple[Path, ...]) -> _Blueprint:
    staging = make_staging()
    try:
        mounts = lay_out(program.view, (*packages, *program.readable), staging, as_other_user=os.getuid() == 0)
        if any(staging.iterdir()):
            kept = staging
        else:
            staging.rmdir()
            kept = None
    except BaseException:
        remove_staging(staging)
        raise
    return _Blueprint(image=image, installation=installation, mounts=tuple(mounts), limits=program.limits, staging=kept)


def _config(blueprint: _Blueprint, *, has_gvisor: bool) -> dict[str, Any]:
    """Returns what the vendor's package calls a container's configuration."""
    limits = blueprint.limits
    scratch_mb, shared_mb = scratch_sizes_mb(limits.scratch_mb)
    scratch = f"rw,exec,nosuid,nodev,mode=1777,size={scratch_mb}m,nr_inodes={scratch_mb * _FILES_PER_MB}"
    python = "python3" if blueprint.installation is None else str(blueprint.installation.interpreter.resolve())
    user = f"{_user_id()}:{os.getgid() or _NOBODY}"
    return {
        "image": blueprint.image,
        "entrypoint": [python, "-I", "-S", "-c", Path(container_first.__file__).read_text(encoding="utf-8")],
        "command": [],
        "user": user,
        "hostname": "sandbox",
        "working_dir": "/",
        "stdin_open": True,
        "network_mode": "none",
        "ipc_mode": "private",
        "read_only": True,
        "tmpfs": {SCRATCH: scratch},
        "shm_size": shared_mb * 2**20,
        "mounts": [
            {"Type": "bind", "Source": str(mount.source), "Target": str(mount.target), "ReadOnly": True}
            for mount in blueprint.mounts
        ],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", f"seccomp={docker_profile()}"],
        "mem_limit": limits.memory_mb * 2**20,
        "memswap_limit": limits.memory_mb * 2**20,
        "pids_limit": limits.n_processes + _OWN_PROCESSES + (_GVISOR_PROCESSES if has_gvisor else 0),
        "nano_cpus": int(min(os.cpu_count() or 1, _MOST_CPUS) * 1e9),
        "ulimits": [
            {"Name": name, "Soft": most, "Hard": most}
            for name, most in (
                ("nofile", OPEN_FILES),
                ("core", 0),
                ("fsize", limits.file_mb * 2**20),
                ("cpu", int(limits.cpu_s) + CPU_BACKSTOP_S),
            )
        ],
        "log_config": {"Type": "none", "Config": {}},
    }


def _task(program: Program, blueprint: _Blueprint) -> bytes:
    installation = blueprint.installation
    task = {
        "interpreter": None if installation is None else str(installation.interpreter),
        "arguments": program.arguments,
        "environment": run_environment(program, installation),
        "folder": str(program.view.folder),
        "wall_s": program.limits.wall_s,
    }
    return json.dumps(task).encode()


class _Container:
    """One container and the connection to its first process."""

    def __init__(self, engine: EngineClient, staging: Path | None) -> None:
        self.engine = engine
        self.id = ""
        self.reader: asyncio.StreamReader | None = None
        self.reading: asyncio.StreamWriter | None = None
        self.writer: asyncio.StreamWriter | None = None
        self._staging = staging

    def has_ended(self) -> bool:
        return self.reader is None or self.reader.at_eof()

    async def send(self, data: bytes) -> None:
        """Sends one frame; an empty one ends the program's input."""
        if self.writer is None or self.writer.is_closing():
            raise ConnectionError
        self.writer.write(HEADER.pack(len(data)) + data)
        await self.writer.drain()

    async def remove(self) -> None:
        for connection in (self.writer, self.reading):
            if connection is not None:
                connection.transport.abort()
        try:
            if self.id:
                await self.engine.remove(self.id)
        finally:
            if self._staging is not None:
                await asyncio.to_thread(remove_staging, self._staging)


class _ContainerRun:
    """One run; see `Carrier`."""

    def __init__(self, container: _Container, limits: ResourceLimits) -> None:
        self._container = container
        self._limits = limits
        self._started_at_s = time.monotonic()
        self._is_over = asyncio.Event()
        self._was_out_of_memory = False
        self._killing: asyncio.Task[None] | None = None

    async def write(self, data: bytes) -> None:
        for start in range(0, len(data), _MOST_FRAME_BYTES):
            await self._container.send(data[start : start + _MOST_FRAME_BYTES])

    async def close_input(self) -> None:
        await self._container.send(b"")

    async def read(self, take: Callable[[bytes, bool], None]) -> None:
        try:
            while (reader := self._container.reader) is not None:
                stream, length = _OUTPUT_HEADER.unpack(await reader.readexactly(_OUTPUT_HEADER.size))
                take(await reader.readexactly(length), stream == _STDERR)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the engine closes the connection when the container has ended
        finally:
            self._is_over.set()

    async def usage(self) -> Usage:
        if self._is_over.is_set():
            return Usage(n_out_of_memory=int(self._was_out_of_memory))
        if (time.monotonic() - self._started_at_s) * _MOST_CPUS < self._limits.cpu_s:
            return Usage()  # asking costs the engine some milliseconds, and so much cannot have been used yet
        return Usage(cpu_s=await self._container.engine.cpu_s(self._container.id))

    def kill(self) -> None:
        if self._killing is None:
            self._killing = asyncio.create_task(self._container.engine.kill(self._container.id))

    async def until_end(self) -> int:
        await self._is_over.wait()
        end = await self._container.engine.end_of(self._container.id)
        self._was_out_of_memory = end.was_out_of_memory
        return end.exit_code

    async def remove(self) -> None:
        if self._killing is not None:
            await asyncio.gather(self._killing, return_exceptions=True)
        await self._container.remove()
