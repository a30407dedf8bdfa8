"""What nobody waits for leaves the processor to all else, from its first step on."""

import sys
from pathlib import Path

from inkling.core.execution import Program, ProjectView, ResourceLimits
from inkling.core.ports import Sandbox
from inkling.sandbox.giving_way import NICENESS, GivingWaySandbox

_LIMITS = ResourceLimits(wall_s=60, cpu_s=60, memory_mb=256)
_SCRIPT = "import os, sys; print(os.nice(0), sys.argv[1:], sys.flags.isolated, sys.stdin.read())"


async def test_a_program_is_niced_and_is_otherwise_the_same(either_sandbox: Sandbox, tmp_path: Path) -> None:
    view = ProjectView(folder=tmp_path, interpreter=Path(sys.executable))
    program = Program(view=view, arguments=("-c", _SCRIPT, "one", "-m", "two words"), limits=_LIMITS)
    polite = GivingWaySandbox(either_sandbox)
    plain = (await either_sandbox.run(program, b"told")).stdout.decode()
    result = (await polite.run(program, b"told")).stdout.decode()
    niceness, _, rest = plain.partition(" ")
    assert rest == f"{['one', '-m', 'two words']} 0 told\n"
    assert result == f"{min(19, int(niceness) + NICENESS)} {rest}"
    process = await polite.start(program)
    end = await process.kill()
    assert end.exit_code != 0
    assert polite.backend == either_sandbox.backend
