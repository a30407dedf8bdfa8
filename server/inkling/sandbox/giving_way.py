"""A sandbox whose programs leave the processor to all else."""

from dataclasses import replace

from inkling.core.execution import Program, ProgramResult
from inkling.core.ports import Sandbox, SandboxProcess

NICENESS = 15  # of 19: well behind whatever the user does, not behind everything that idles
_SCRIPT = f"import os, sys; os.nice({NICENESS}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"


class GivingWaySandbox:
    """Runs programs in another sandbox, each niced from its first step on. Implements `core.ports.Sandbox`."""

    def __init__(self, sandbox: Sandbox) -> None:
        """Takes the sandbox, which stays the caller's to close."""
        self._sandbox = sandbox

    @property
    def backend(self) -> str:
        """What the other sandbox is."""
        return self._sandbox.backend

    async def start(self, program: Program) -> SandboxProcess:
        """Starts a program.

        Raises:
            SandboxError: It cannot be started.
        """
        return await self._sandbox.start(_niced(program))

    async def run(self, program: Program, stdin: bytes = b"") -> ProgramResult:
        """Runs a program to its end; a cancelled run leaves nothing behind.

        Raises:
            SandboxError: It cannot be started.
        """
        return await self._sandbox.run(_niced(program), stdin)

    async def close(self) -> None:
        """Does nothing: the other sandbox is closed by whom it belongs to."""


def _niced(program: Program) -> Program:
    """Returns the program behind a bare interpreter that becomes it; isolated, so that nothing of the user's runs."""
    return replace(program, arguments=("-I", "-S", "-c", _SCRIPT, *program.arguments))
