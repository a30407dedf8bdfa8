"""What every backend does alike."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest
from tests.contract.sandbox.project import SandboxedProject, control_groups, processes_with, staging_folders

from inkling.core.errors import SandboxError
from inkling.core.execution import KilledFor, ResourceLimits

HOME = Path("/tmp/home")  # noqa: S108 - in the sandbox
WAIT_FOR_EVER = "import sys, time; print('started', flush=True); time.sleep(1000)"


async def test_what_it_prints_and_how_it_ends_are_told(project: SandboxedProject) -> None:
    ran = await project.run("import sys; print(sys.argv[1:]); print('no', file=sys.stderr); sys.exit(3)", "a", "ü b")
    assert (ran.text, ran.end.stderr, ran.end.exit_code) == ("['a', 'ü b']\n", b"no\n", 3)
    assert ran.end.killed_for is None
    assert ran.end.wall_s > 0


async def test_a_signal_is_told_as_the_shell_does(project: SandboxedProject) -> None:
    assert (await project.run("import os; os.kill(os.getpid(), 11)")).end.exit_code == 128 + 11


async def test_a_program_gets_its_input_to_the_last_byte(project: SandboxedProject) -> None:
    sent = os.urandom(3_000_000)
    code = "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
    assert (await project.run(code, stdin=sent)).text.strip() == hashlib.sha256(sent).hexdigest()


async def test_input_that_is_not_read_holds_nothing_up(project: SandboxedProject) -> None:
    assert (await project.run("print('done')", stdin=b"x" * 3_000_000)).text == "done\n"


async def test_a_program_can_be_talked_to(project: SandboxedProject) -> None:
    code = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
    process = await project.sandbox.start(project.program(code))
    for word in ("one", "two"):
        await process.send(f"{word}\n".encode())
        assert await process.receive() == f"{word.upper()}\n".encode()
    end = await process.kill()
    assert (end.exit_code, end.killed_for) == (None, KilledFor.CANCELLED)
    assert await process.receive() == b""
    with pytest.raises(SandboxError):
        await process.send(b"three\n")


async def test_a_run_starts_in_the_folder_of_its_project(project: SandboxedProject) -> None:
    assert (await project.run("import os; print(os.getcwd())")).text.strip() == str(project.folder)


async def test_edits_are_seen_and_the_files_are_not_written(project: SandboxedProject) -> None:
    before = project.files()
    edits = {
        "package/module.py": "value = 'edited'\r\n",
        "package/new.py": "value = 'new'\n",
        "deeper/below/third.py": "value = 'third'\n",
        "top.py": "value = 'top 🎈'\n",
    }
    code = """if True:
        import deeper.below.third, package.module, package.new, top
        print([module.value for module in (package.module, package.new, deeper.below.third, top)])
        print(open('package/module.py', newline='').read().encode())
    """
    ran = await project.run(code, edits=edits)
    assert ran.text == f"['edited', 'new', 'third', 'top 🎈']\n{edits['package/module.py'].encode()}\n", ran.end
    assert project.files() == before
    assert (await project.run("import package.module as m; print(m.value)")).text == "on disk\n"


async def test_a_file_that_is_changed_on_disk_is_seen_by_the_next_run(project: SandboxedProject) -> None:
    code = "import package.module as m; print(m.value)"
    assert (await project.run(code)).text == "on disk\n"
    module = project.folder / "package" / "module.py"
    module.write_text("value = 'saved'\n")
    assert (await project.run(code)).text == "saved\n"
    (project.folder / "later.py").write_text("value = 'later'\n")
    assert (await project.run("import later; print(later.value)")).text == "later\n"


async def test_further_folders_can_be_read_and_not_written(project: SandboxedProject, tmp_path: Path) -> None:
    further = tmp_path / "further"
    further.mkdir()
    (further / "data.txt").write_text("data")
    code = "import os, sys; print(open(sys.argv[1] + '/data.txt').read(), os.access(sys.argv[1], os.W_OK))"
    assert (await project.run(code, str(further), readable=(further,))).text == "data False\n"


async def test_it_writes_to_its_own_scratch_space(project: SandboxedProject) -> None:
    code = """if True:
        import os, pathlib, tempfile, multiprocessing
        with tempfile.NamedTemporaryFile() as file:
            file.write(b'x'); print(file.name.startswith('/tmp/'))
        pathlib.Path.home().joinpath('note').write_text('x'); print(os.environ['HOME'])
        multiprocessing.Lock()
    """
    ran = await project.run(code)
    assert ran.text == f"True\n{HOME}\n", ran.end
    assert not await asyncio.to_thread(HOME.exists)


async def test_variables_are_those_of_the_program_alone(project: SandboxedProject) -> None:
    told = (await project.run("import json, os; print(json.dumps(dict(os.environ)))", environment={"MINE": "1"})).told
    assert told["MINE"] == "1"
    assert set(told) <= {
        "MINE",
        "PATH",
        "HOME",
        "TMPDIR",
        "LANG",
        "LC_CTYPE",
        "PWD",
        "HOSTNAME",
        "PYTHONDONTWRITEBYTECODE",
    }


async def test_an_edit_outside_of_the_folder_is_refused(project: SandboxedProject) -> None:
    (project.folder / "link.txt").symlink_to(project.secret)
    for path in ("../secret.txt", "/etc/passwd", "link.txt"):
        with pytest.raises(SandboxError, match="not within"):
            await project.run("", edits={path: "x"})
    assert project.secret.read_text() == "the secret"


async def test_an_interpreter_that_is_none_is_told(project: SandboxedProject) -> None:
    project.interpreter = project.folder / "nowhere" / "python"
    with pytest.raises(SandboxError, match="no such interpreter"):
        await project.run("")


async def test_a_cancelled_run_leaves_nothing(project: SandboxedProject) -> None:
    word = f"cancelled-{os.urandom(6).hex()}"
    running = asyncio.create_task(project.run(WAIT_FOR_EVER, word, edits={"new.py": ""}))
    while not processes_with(word):
        await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert processes_with(word) == []
    assert staging_folders() == []
    assert control_groups() == []


async def test_a_run_cancelled_at_any_moment_of_its_start_leaves_nothing(project: SandboxedProject) -> None:
    word = f"cancelled-{os.urandom(6).hex()}"
    for n_steps in (0, 1, 2, 4, 8, 16, 32):
        running = asyncio.create_task(project.run(WAIT_FOR_EVER, word, edits={"new.py": ""}))
        for _ in range(n_steps):
            await asyncio.sleep(0.002)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert processes_with(word) == []
    assert staging_folders() == []
    assert control_groups() == []


async def test_closing_the_sandbox_ends_what_runs_in_it(project: SandboxedProject) -> None:
    word = f"closed-{os.urandom(6).hex()}"
    process = await project.sandbox.start(project.program(WAIT_FOR_EVER, word))
    assert await process.receive() == b"started\n"
    await project.sandbox.close()
    assert (await process.wait()).killed_for is KilledFor.CANCELLED
    assert processes_with(word) == []


async def test_what_a_program_leaves_running_ends_with_it(project: SandboxedProject) -> None:
    word = f"left-{os.urandom(6).hex()}"
    code = """if True:
        import os, subprocess, sys
        child = [sys.executable, '-c', 'import time; time.sleep(1000)', sys.argv[1]]
        subprocess.Popen(child, start_new_session=True, stdout=subprocess.DEVNULL)
        print('left')
    """
    ran = await project.run(code, word)
    assert (ran.text, ran.end.exit_code) == ("left\n", 0)
    assert processes_with(word) == []


async def test_programs_run_side_by_side(project: SandboxedProject) -> None:
    runs = [project.run("import sys; print(sys.argv[1])", str(number)) for number in range(4)]
    assert [ran.text for ran in await asyncio.gather(*runs)] == [f"{number}\n" for number in range(4)]


async def test_time_is_up(project: SandboxedProject) -> None:
    ran = await project.run(WAIT_FOR_EVER, limits=ResourceLimits(wall_s=1))
    assert (ran.end.exit_code, ran.end.killed_for) == (None, KilledFor.WALL_TIME)
