"""A small project to run programs in, and what tests ask about the traces that runs leave."""

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from inkling.core.execution import Program, ProgramEnd, ProjectView, ResourceLimits
from inkling.core.ports import Sandbox

TIGHT = ResourceLimits(wall_s=30, cpu_s=20, memory_mb=128, n_processes=24, output_kb=64, file_mb=8, scratch_mb=24)
"""For attacks: what they are held to, and far below what would harm the machine if they were not."""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A finished run."""

    end: ProgramEnd
    stdout: bytes

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def told(self) -> Any:
        """What the program printed as JSON, when it ended well."""
        assert self.end.exit_code == 0, self.end
        return json.loads(self.stdout)


class SandboxedProject:
    """A folder beside which there is a secret that no run may see."""

    def __init__(self, sandbox: Sandbox, place: Path) -> None:
        self.sandbox = sandbox
        self.place = place
        self.folder = place / "project"
        self.secret = place / "secret.txt"
        self.interpreter = Path(sys.executable).resolve()
        (self.folder / "package").mkdir(parents=True)
        (self.folder / "package" / "module.py").write_text("value = 'on disk'\n")
        self.secret.write_text("the secret")

    def program(
        self,
        code: str,
        *arguments: str,
        limits: ResourceLimits = TIGHT,
        edits: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        readable: tuple[Path, ...] = (),
    ) -> Program:
        """Returns a program of one source text."""
        texts = {PurePosixPath(path): text for path, text in (edits or {}).items()}
        return Program(
            view=ProjectView(folder=self.folder, interpreter=self.interpreter, edits=texts),
            arguments=("-c", code, *arguments),
            environment=environment or {},
            readable=readable,
            limits=limits,
        )

    async def run(self, code: str, *arguments: str, stdin: bytes = b"", **options: Any) -> Ran:
        """Runs a source text to its end."""
        result = await self.sandbox.run(self.program(code, *arguments, **options), stdin)
        return Ran(end=result.end, stdout=result.stdout)

    def files(self) -> dict[str, str]:
        """Returns every file in the project's folder and beside it, with its text."""
        paths = [path for path in sorted(self.place.rglob("*")) if path.is_file()]
        return {str(path.relative_to(self.place)): path.read_text() for path in paths}


def processes_with(word: str) -> list[int]:
    """Returns the processes of this machine that have `word` on their command line."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def staging_folders(process_id: int | None = None) -> list[Path]:
    """Returns the temporary folders of the runs of a process, this one if none is named."""
    return list(Path(tempfile.gettempdir()).glob(f"inkling-run-{process_id or os.getpid()}-*"))


def control_groups(process_id: int | None = None) -> list[str]:
    """Returns the control groups of the runs of a process, this one if none is named."""
    name = f"inkling-run-{process_id or os.getpid()}-"
    return [folder for folder, below, _ in os.walk("/sys/fs/cgroup") for entry in below if entry.startswith(name)]
