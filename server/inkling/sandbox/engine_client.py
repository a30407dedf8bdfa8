"""The Docker engine, asked from threads: each call of the vendor's package blocks."""

import asyncio
import logging
import os
import socket
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from inkling.core.errors import SandboxError
from inkling.sandbox.image import ImagePlan, write_image
from inkling.sandbox.ownership import has_ended, own_place, own_token

if TYPE_CHECKING:
    from docker import DockerClient

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

OWNER_LABEL = "inkling.owner"
PLACE_LABEL = "inkling.place"
IMAGE_LABEL = "inkling.environment"
REPOSITORY = "inkling-environment"

_THREADS = 8
_ANSWER_WITHIN_S = 60  # of one call; building an image has its own
_BUILD_WITHIN_S = 600
_KEPT_IMAGES = 4  # interpreters that somebody works with at one time
_FORGOTTEN_AFTER = timedelta(hours=1)  # when an ended container of a daemon elsewhere is removed
_GET_ONE = "install Docker Engine (https://docs.docker.com/engine/install) and start it, or install bubblewrap"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerEnd:
    """How a container ended.

    Attributes:
        exit_code: Of its first process.
        was_out_of_memory: Whether the kernel killed a process in it for want of memory.
    """

    exit_code: int
    was_out_of_memory: bool


class EngineClient:
    """What is asked of a Docker engine."""

    def __init__(self, client: "DockerClient", runtime: str | None) -> None:
        """Is called by `connect`."""
        self._client = client
        self._api = client.api
        self._runtime = runtime
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="docker")
        self._building = asyncio.Lock()

    @classmethod
    async def connect(cls, host: str) -> "EngineClient":
        """Returns a client of an engine that answers.

        Args:
            host: Its address; empty: as the environment and Docker's own context say.

        Raises:
            SandboxError: There is no such engine.
        """
        client, runtime = await asyncio.to_thread(_connect, host)
        return cls(client, runtime)

    @property
    def runtime(self) -> str | None:
        """What runs containers: gVisor's `runsc` where it is installed; None: the engine's default."""
        return self._runtime

    def use_default_runtime(self) -> None:
        """Runs containers without gVisor from now on."""
        self._runtime = None

    async def close(self) -> None:
        """Lets the connections go."""
        await asyncio.to_thread(self._threads.shutdown)
        self._client.close()

    async def has_image(self, name: str) -> bool:
        """Tells whether the engine has an image."""
        return bool(await self._call(lambda: self._client.images.list(name)))

    async def build(self, plan: ImagePlan) -> str:
        """Returns the name of an image made from a plan; it is made once, and the oldest others are removed."""
        name = f"{REPOSITORY}:{plan.fingerprint}"
        async with self._building:
            if not await self.has_image(name):
                logger.info("image=%s is being made from %s", name, plan.installation.interpreter)
                await self._call(lambda: self._build(plan))
                await self._call(lambda: self._prune(name))
        return name

    async def create(self, config: Mapping[str, Any]) -> str:
        """Returns the id of a new container; see `create_container` of the vendor's package."""
        labels = {OWNER_LABEL: own_token(), PLACE_LABEL: own_place()}
        created = await self._call(
            lambda: self._client.containers.create(**config, runtime=self._runtime, labels=labels, detach=False)
        )
        return str(created.id)

    async def attach(self, container: str, *, is_input: bool) -> socket.socket:
        """Returns a socket that carries a container's input, or one that carries its output in frames."""
        return await self._call(lambda: self._attach(container, is_input))

    async def start(self, container: str) -> None:
        """Starts a container."""
        await self._call(lambda: self._api.start(container))

    async def kill(self, container: str) -> None:
        """Kills what runs in a container; one that has ended is no error."""
        await self._call(lambda: self._api.kill(container), may_be_gone=True)

    async def end_of(self, container: str) -> ContainerEnd:
        """Returns how a container ended, once it has."""
        await self._call(lambda: self._api.wait(container, timeout=_ANSWER_WITHIN_S))
        state = (await self._call(lambda: self._api.inspect_container(container)))["State"]
        return ContainerEnd(exit_code=int(state["ExitCode"]), was_out_of_memory=bool(state["OOMKilled"]))

    async def cpu_s(self, container: str) -> float | None:
        """Returns the CPU time of a running container, seconds; None when it does not run."""
        stats = await self._call(lambda: self._api.stats(container, stream=False, one_shot=True), may_be_gone=True)
        total_ns = (stats or {}).get("cpu_stats", {}).get("cpu_usage", {}).get("total_usage", 0)
        return total_ns / 1e9 if total_ns else None

    async def remove(self, container: str) -> None:
        """Removes a container with all that runs in it; returns when it is gone."""
        await self._call(lambda: self._api.remove_container(container, v=True, force=True), may_be_gone=True)

    async def remove_leftovers(self) -> None:
        """Removes containers of daemons that were killed."""
        await self._call(self._remove_leftovers)

    async def _call(self, function: Callable[[], Result], *, may_be_gone: bool = False) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _translated, function, may_be_gone)

    def _build(self, plan: ImagePlan) -> None:
        with tempfile.NamedTemporaryFile(prefix="inkling-image-") as file:
            write_image(plan, file)
            file.flush()
            timeout_s, self._api.timeout = self._api.timeout, _BUILD_WITHIN_S
            try:
                self._api.import_image_from_file(
                    file.name, repository=REPOSITORY, tag=plan.fingerprint, changes=[f"LABEL {IMAGE_LABEL}=1"]
                )
            finally:
                self._api.timeout = timeout_s

    def _prune(self, kept: str) -> None:
        images = self._client.images.list(filters={"label": f"{IMAGE_LABEL}=1"})
        images = [image for image in images if kept not in image.tags]
        for image in sorted(images, key=lambda image: str(image.attrs["Created"]), reverse=True)[_KEPT_IMAGES - 1 :]:
            try:
                self._client.images.remove(str(image.id))
            except OSError:
                logger.info("image=%s is in use and stays", image.id)

    def _attach(self, container: str, is_input: bool) -> socket.socket:
        parameters = {"stdin": int(is_input), "stdout": int(not is_input), "stderr": int(not is_input), "stream": 1}
        stream = self._api.attach_socket(container, params=parameters)
        inner = getattr(stream, "_sock", stream)
        if not isinstance(inner, socket.socket):
            raise SandboxError(
                "the Docker engine is reached in a way that cannot carry a program's input; use its socket"
            )
        own = socket.socket(fileno=os.dup(inner.fileno()))
        own.setblocking(False)
        stream.close()
        inner.close()
        return own

    def _remove_leftovers(self) -> None:
        for container in self._client.containers.list(all=True, filters={"label": OWNER_LABEL}, sparse=True):
            labels, state = container.attrs["Labels"], container.attrs["State"]
            age = datetime.now(UTC) - datetime.fromtimestamp(container.attrs["Created"], UTC)
            is_ours = labels.get(PLACE_LABEL) == own_place()
            is_forgotten = state == "exited" and age > _FORGOTTEN_AFTER
            if is_forgotten or (is_ours and has_ended(labels[OWNER_LABEL])):
                self._api.remove_container(str(container.id), v=True, force=True)


def _connect(host: str) -> tuple["DockerClient", str | None]:
    try:
        import docker
        from docker.context import ContextAPI
    except ImportError as error:
        raise SandboxError(f"the Python package docker is missing beside Inkling: {error}") from error
    try:
        if not host and "DOCKER_HOST" not in os.environ:
            context = ContextAPI.get_current_context()
            host = (context.Host or "") if context is not None else ""
        _knock(host or os.environ.get("DOCKER_HOST", ""))
        options: dict[str, Any] = {"timeout": _ANSWER_WITHIN_S, "max_pool_size": 4 * _THREADS}
        client = docker.DockerClient(base_url=host, **options) if host else docker.from_env(**options)
        client.ping()
        runtimes = client.info().get("Runtimes", {})
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxError(f"no Docker engine answers at {host or 'its usual address'}; {_GET_ONE}") from error
    return client, "runsc" if "runsc" in runtimes else None


def _knock(host: str) -> None:
    """Connects to an engine's socket and hangs up; an address of another kind is left to the vendor's package.

    Raises:
        OSError: Nobody listens.
        SandboxError: This user may not connect.
    """
    if not host.startswith("unix://"):
        return
    with socket.socket(socket.AF_UNIX) as knocking:
        try:
            knocking.connect(host.removeprefix("unix://"))
        except PermissionError as error:
            words = "this user may not use the Docker engine; add it to the group docker and log in again"
            raise SandboxError(f"{words} (`sudo usermod -aG docker $USER`)") from error


def _translated(function: Callable[[], Result], may_be_gone: bool) -> Result:
    """Returns what a call returns; None where what it is about is gone, and may be.

    Raises:
        SandboxError: The engine refused, or does not answer.
    """
    import docker

    try:
        return function()
    except docker.errors.ImageNotFound as error:
        raise SandboxError(f"the Docker engine has no such image: {error.explanation}; name another one") from error
    except docker.errors.APIError as error:
        if may_be_gone and error.status_code in (404, 409):
            return None  # type: ignore[return-value]  # callers with may_be_gone expect it
        raise SandboxError(f"the Docker engine refused: {error.explanation or error}") from error
    except (docker.errors.DockerException, OSError) as error:
        raise SandboxError(f"the Docker engine does not answer: {error}; is it running?") from error
