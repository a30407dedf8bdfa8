"""The tools of *Fix with feedback*, as they are in the daemon and in a shell: opened when they are first needed."""

import asyncio
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inkling.context.interpreter import behind_shim
from inkling.core.errors import SandboxError
from inkling.core.ports import AcceptanceModel, Background, Clock, EventLog, FileReader, Repairer, SuiteRunner
from inkling.core.settings import SandboxSettings, Settings
from inkling.features.fix import FixFeature, FixRecorder, FixTools, Machine, UnaskedFixes, UnaskedPorts
from inkling.lsp.services import FixServices

if TYPE_CHECKING:
    from inkling.app.sandboxed_tools import OpenedTools

MoreRepairers = Callable[[SuiteRunner], Sequence[Repairer]]
"""Returns further minds that propose patches, with what runs their attempts."""


class FixToolbox:
    """Owns the sandbox and what runs in it. Nothing of it is imported, probed or started before it is needed."""

    def __init__(self, more_repairers: MoreRepairers = lambda _suites: ()) -> None:
        """Takes minds besides the embedded one; they take part in searches that somebody asked for."""
        self._more_repairers = more_repairers
        self._settings = SandboxSettings()
        self._exclude: tuple[str, ...] = ()
        self._opening = asyncio.Lock()
        self._opened: OpenedTools | None = None
        self._is_closed = False

    def configure(self, settings: SandboxSettings, exclude: tuple[str, ...] = ()) -> None:
        """Takes new settings; a sandbox that was opened with others is replaced when one is next needed.

        Args:
            settings: Which sandbox.
            exclude: Patterns of paths that are never read for ideas.
        """
        self._settings, self._exclude = settings, exclude

    async def open(self, *, gives_way: bool) -> FixTools:
        """Returns the tools.

        Args:
            gives_way: Whether what they run leaves the processor to all else.

        Raises:
            SandboxError: There is no sandbox; the message says how to get one.
        """
        async with self._opening:
            if self._is_closed:
                raise SandboxError("Inkling is being stopped")
            wanted = (self._settings, self._exclude)
            if self._opened is not None and (self._opened.settings, self._opened.exclude) != wanted:
                await self._close()
            if self._opened is None:
                # Importing takes longer than the event loop may be held.
                rooms = await asyncio.to_thread(importlib.import_module, "inkling.app.sandboxed_tools")
                self._opened = await rooms.open_tools(self._settings, self._more_repairers, self._exclude)
            return self._opened.giving_way if gives_way else self._opened.tools

    async def close(self) -> None:
        """Ends all that runs; nothing can be opened after that."""
        self._is_closed = True
        async with self._opening:
            await self._close()

    async def _close(self) -> None:
        opened, self._opened = self._opened, None
        if opened is not None:
            await opened.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixPorts:
    """What the daemon's fixes share with its other features.

    Attributes:
        log: Where decisions go.
        background: Runs what nobody waits for.
        clock: Waits.
        files: Reads what lies on disk.
        model: Knows what the user's setting of the knob amounts to.
        machine: Says when there is time for what nobody waits for.
    """

    log: EventLog
    background: Background
    clock: Clock
    files: FileReader
    model: AcceptanceModel
    machine: Machine


def fix_services(toolbox: FixToolbox, ports: FixPorts) -> FixServices:
    """Returns *Fix with feedback* for a language server."""
    recorder = FixRecorder(ports.log, ports.background, ports.clock.now_ms)
    feature = FixFeature(toolbox.open, recorder)
    unasked = UnaskedFixes(
        UnaskedPorts(
            feature=feature,
            recorder=recorder,
            machine=ports.machine,
            clock=ports.clock,
            background=ports.background,
            threshold=ports.model.threshold,
        )
    )

    def configure(settings: Settings) -> None:
        toolbox.configure(settings.sandbox, settings.index.exclude)
        recorder.configure(settings)
        unasked.configure(settings)

    return FixServices(
        feature=feature, unasked=unasked, files=ports.files, real_interpreter=behind_shim, configure=configure
    )
