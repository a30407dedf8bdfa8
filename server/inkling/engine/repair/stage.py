"""A process with the user's tests imported and collected, which forks for each batch of mutants.

The stage is forked from the search's own process, which never imports user code. It collects the tests with pytest and
then serves commands inside of pytest's run loop, so that the configuration, plugins and fixtures are as in a real run.
Nothing runs in the stage itself: each command is carried out in a fork of it that is as clean as the one before.
"""

import gc
import importlib.machinery
import json
import marshal
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from inkling.engine.repair.alarm import expire
from inkling.engine.repair.huge_pages import collapse_memory
from inkling.engine.repair.module_state import is_of_project
from inkling.engine.repair.synthesis import Question, capture_and_enumerate
from inkling.engine.repair.trial import Score, Trial
from inkling.sandbox.suite.child.options import project_options, without_obstacles

LENGTH = struct.Struct(">I")
MEMORY_MB = 512  # that a fork may take beyond what the stage has
FILE_MB = 16  # of one file that a fork writes
CANARY_SAME = b"="
CANARY_DIFFERENT = b"!"
_MOST_ANSWER_BYTES = 8 * 1024 * 1024
_BASELINE_TEST_LIMIT_S = 2.0

Job = tuple[Sequence[tuple[int, CodeType]], Sequence[tuple[int, str]]]
"""Code in place of that of functions, and imports that it needs; both by the unit's index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSetup:
    """What a stage loads.

    Attributes:
        folder: The project's folder.
        failing: Names of the tests that must pass.
        passing: Names of the tests that must go on passing.
        units: Path, qualified name and first line of each function that mutants change.
        examples: The unit, call and result of examples in docstrings.
        is_nursery: Whether it collects no tests itself: it is ready to, and each command is carried out in a fork that
            collects them with other code in place of some modules.
    """

    folder: Path
    failing: tuple[str, ...]
    passing: tuple[str, ...]
    units: tuple[tuple[str, str, int], ...]
    examples: tuple[tuple[int, str, str], ...] = ()
    is_nursery: bool = False


def run_stage(setup: StageSetup, commands: int, answers: int) -> None:
    """Loads the tests and serves commands until there are no more; returns when it is to end.

    Args:
        setup: What to load.
        commands: A descriptor that commands come from: length and a marshalled tuple each.
        answers: A descriptor that answers go to: length and bytes each.
    """
    _leave_names_to_the_project()
    os.chdir(setup.folder)
    sys.path.insert(0, str(setup.folder))
    server = _Server(setup, commands, answers)
    options = without_obstacles(project_options(setup.failing, setup.folder), setup.folder, keep_paths=False)
    cache = f"{os.environ.get('TMPDIR', '/tmp')}/pytest-cache"  # noqa: S108 - the sandbox's own
    arguments = [*options, *("-o", "addopts=", "-o", f"cache_dir={cache}", "--rootdir", str(setup.folder))]
    arguments += ["--continue-on-collection-errors", "--tb=no", "-q", "-s", "-p", "no:randomly"]
    # Whole files: pytest runs nothing at all when it does not find one of the tests that are named.
    files = dict.fromkeys(node_id.split("::")[0] for node_id in (*setup.failing, *setup.passing))
    pytest.main([*arguments, *files], plugins=[server])


def send(descriptor: int, data: bytes) -> None:
    """Writes a length and the bytes."""
    view = memoryview(LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(descriptor, view) :]


def receive(descriptor: int) -> bytes | None:
    """Returns the bytes of the next message; None when there is none any more."""
    head = _read_exactly(descriptor, LENGTH.size)
    return None if head is None else _read_exactly(descriptor, LENGTH.unpack(head)[0])


def _read_exactly(descriptor: int, n_bytes: int) -> bytes | None:
    data = bytearray()
    while len(data) < n_bytes:
        chunk = os.read(descriptor, n_bytes - len(data))
        if not chunk:
            return None
        data += chunk
    return bytes(data)


class _Server:
    """A pytest plugin that serves commands in place of running the tests."""

    def __init__(self, setup: StageSetup, commands: int, answers: int) -> None:
        self._setup = setup
        self._commands = commands
        self._answers = answers
        self._evaluate_once: Callable[[Trial], None] | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Stays here as a nursery; returns in forks of it, which go on to collect and run the tests once."""
        if not self._setup.is_nursery:
            return
        send(self._answers, json.dumps({"passing": []}).encode())
        while (message := receive(self._commands)) is not None:
            modules, limit_s, process_limit_s = marshal.loads(message)  # noqa: S302 - the search wrote it
            source, sink = os.pipe()
            pid = os.fork()
            if pid == 0:
                os.setpgid(0, 0)
                _limit_process()
                signal.setitimer(signal.ITIMER_REAL, process_limit_s)
                _replace_modules(modules, self._setup.folder)

                def evaluate_once(trial: Trial, sink: int = sink, limit_s: float = limit_s) -> None:
                    _write_all(sink, bytes([trial.evaluate((), (), limit_s)]))

                self._evaluate_once = evaluate_once
                return
            os.close(sink)
            send(self._answers, _read_all(source))
            _end_group(pid)
        os._exit(0)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        by_id: dict[str, pytest.Item] = {item.nodeid: item for item in session.items}
        if self._evaluate_once is not None:
            if all(node_id in by_id for node_id in self._setup.failing + self._setup.passing):
                self._evaluate_once(self._trial(by_id))
            os._exit(0)
        missing = [node_id for node_id in self._setup.failing if node_id not in by_id]
        if missing:
            send(self._answers, json.dumps({"missing": missing}).encode())
            return True
        trial = self._trial(by_id)
        trial.find_functions(self._setup.folder, self._setup.units)
        trial.find_examples(self._setup.examples)
        trial.remember_state(self._setup.folder)
        _limit_process()
        collapse_memory()
        found = [index for index, node_id in enumerate(self._setup.passing) if node_id in by_id]
        send(self._answers, json.dumps({"passing": found}).encode())
        while (message := receive(self._commands)) is not None:
            send(self._answers, self._carry_out(trial, marshal.loads(message)))  # noqa: S302 - the search wrote it
        return True

    def _trial(self, by_id: Mapping[str, pytest.Item]) -> Trial:
        passing = [by_id[node_id] for node_id in self._setup.passing if node_id in by_id]
        return Trial([by_id[node_id] for node_id in self._setup.failing], passing)

    def _carry_out(self, trial: Trial, command: tuple[Any, ...]) -> bytes:
        name, limit_s, payload = command
        if name == "baseline":
            return _in_fork(lambda write: write(json.dumps(trial.run_each(_BASELINE_TEST_LIMIT_S)).encode()), limit_s)
        if name == "examples":
            trial.keep_examples(payload)
            return b""
        if name == "batch":
            jobs, expected = payload
            return _in_fork(lambda write: _run_batch(trial, jobs, expected, limit_s, write), None)
        question = Question.from_tuple(payload)
        return _in_fork(lambda write: write(capture_and_enumerate(trial, question, limit_s)), 4 * limit_s + 2)


def _run_batch(
    trial: Trial, jobs: Sequence[Job], expected: int | None, limit_s: float, write: Callable[[bytes], None]
) -> None:
    for codes, imports in jobs:
        score = trial.evaluate(codes, imports, limit_s)
        write(bytes([score]))
        if score == Score.TIMEOUT and trial.must_end_after_timeout:
            return  # pytest was stopped in the middle of a test: what it set up is in no known state
    if expected is not None:
        is_same = trial.evaluate((), (), limit_s) == expected
        write(CANARY_SAME if is_same else CANARY_DIFFERENT)


def _in_fork(work: Callable[[Callable[[bytes], None]], None], limit_s: float | None) -> bytes:
    """Returns what `work` wrote in a fork of this process, as far as it came."""
    source, sink = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(source)
            os.setpgid(0, 0)
            if limit_s is not None:
                signal.setitimer(signal.ITIMER_REAL, limit_s)
            work(lambda data: _write_all(sink, data))
        finally:
            os._exit(0)
    os.close(sink)
    data = _read_all(source)
    _end_group(pid)
    return data


def _read_all(source: int) -> bytes:
    """Returns what comes from a descriptor, up to a limit, and closes it."""
    data = bytearray()
    while chunk := os.read(source, 1 << 16):
        data += chunk
        if len(data) > _MOST_ANSWER_BYTES:
            break
    os.close(source)
    return bytes(data)


def _end_group(pid: int) -> None:
    """Ends a fork with all that it started, in whatever way."""
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
    os.waitpid(pid, 0)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _limit_process() -> None:
    """Sets what this process and its forks may use, so that nothing of it is left to the forks, which are many."""
    gc.collect()
    gc.freeze()
    gc.disable()
    signal.signal(signal.SIGVTALRM, expire)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    data_mb = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize() // 2**20
    most = (data_mb + MEMORY_MB) * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_MB * 2**20, FILE_MB * 2**20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _leave_names_to_the_project() -> None:
    """Makes `inkling` a free name again: the project under repair may be one of that name.

    What is imported already stays, since it is held by those who use it.
    """
    for name in [name for name in sys.modules if name == "inkling" or name.startswith("inkling.")]:
        del sys.modules[name]
    # The finder that `inkling.sandbox.start` put there; it may know other packages, which stay.
    sys.meta_path[:] = [finder for finder in sys.meta_path if "inkling" not in getattr(finder, "_places", ())]


def _replace_modules(modules: Mapping[str, bytes], folder: Path) -> None:
    """Lets modules be imported with other code than their files have, those that a `conftest.py` imported included."""
    for name, module in list(sys.modules.items()):
        if is_of_project(module, folder) and name.rpartition(".")[2] != "conftest":
            del sys.modules[name]
    original = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: importlib.machinery.SourceFileLoader, fullname: str) -> CodeType | None:
        replacement = modules.get(str(loader.path))
        if replacement is None:
            return original(loader, fullname)
        code = marshal.loads(replacement)  # noqa: S302 - the search wrote it
        return code if isinstance(code, CodeType) else None

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]  # for all of this process
