"""A project of one file whose tests are conditions on its text, and minds that propose what they are told to."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.errors import SandboxError, UnreadableFileError
from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    CollectedCase,
    Collection,
    ProgramEnd,
    ProjectView,
    RaisedException,
    SuiteRequest,
    SuiteRun,
)
from inkling.core.repair import (
    FileEdit,
    JudgedPatch,
    Judgement,
    Patch,
    PatchVerdict,
    Proposals,
    RepairProgress,
    RepairRequest,
)
from inkling.core.suggestion import Source
from inkling.features.fix import FixFeature, FixOutcome, FixRecorder, FixRequest, FixTools
from inkling.telemetry import MemoryEventLog

CART = PurePosixPath("cart.py")
PROGRAM = "def total(prices):\n    return sum(prices) - 1\n"
FOLDER = Path("/project")
ADDS = "test_cart.py::test_adds"
EMPTY = "test_cart.py::test_empty"
APART = "test_apart.py::test_apart"
END = ProgramEnd(exit_code=0, killed_for=None, wall_s=0.1)


def case(node_id: str, outcome: CaseOutcome) -> CaseResult:
    raised = RaisedException(type_name="AssertionError", message="assert 5 == 6", frames=())
    is_bad = outcome in (CaseOutcome.FAILED, CaseOutcome.ERROR)
    return CaseResult(node_id=node_id, outcome=outcome, duration_s=0.01, raised=raised if is_bad else None)


@dataclass
class FakeSuites:
    """Runs tests by asking each test's condition about the text of the program."""

    tests: dict[str, Callable[[str], bool]]
    lines: dict[str, frozenset[int]]
    requests: list[SuiteRequest] = field(default_factory=list)
    replacement: Callable[[SuiteRequest], SuiteRun | None] = lambda _request: None

    async def run_suite(self, request: SuiteRequest) -> SuiteRun:
        self.requests.append(request)
        await asyncio.sleep(0)
        special = self.replacement(request)
        if special is not None:
            return special
        text = request.view.edits.get(CART, PROGRAM)
        wanted = [
            name
            for name in self.tests
            if not request.node_ids or any(name == each or name.startswith(f"{each}::") for each in request.node_ids)
        ]
        passes = {name: self.tests[name](text) for name in wanted}
        return SuiteRun(
            cases=tuple(case(name, CaseOutcome.PASSED if passes[name] else CaseOutcome.FAILED) for name in wanted),
            end=END,
            coverage={name: {CART: self.lines[name]} for name in wanted} if request.with_coverage else {},
        )

    async def collect(self, request: SuiteRequest) -> Collection:
        return Collection(
            cases=tuple(
                CollectedCase(node_id=name, path=PurePosixPath(name.partition("::")[0]), line=10 * (index + 1))
                for index, name in enumerate(self.tests)
                if not request.node_ids or name.partition("::")[0] in request.node_ids
            )
        )


@dataclass
class FakeTexts:
    """Holds the files in memory."""

    files: Mapping[PurePosixPath, str]

    async def text(self, view: ProjectView, path: PurePosixPath) -> str:
        text = view.edits.get(path, self.files.get(path))
        if text is None:
            raise UnreadableFileError(f"{path} cannot be read: no such file")
        return text

    async def patched(self, view: ProjectView, edits: Sequence[FileEdit]) -> ProjectView:
        texts = dict(view.edits)
        for each in sorted(edits, key=lambda each: -each.edit.offset):
            texts[each.path] = apply_edit(texts.get(each.path) or await self.text(view, each.path), each.edit)
        return replace(view, edits=texts)


@dataclass
class FakeRepairer:
    """Proposes given patches; waits for `gate` where there is one."""

    patches: Sequence[Patch] = ()
    gate: asyncio.Event | None = None
    error: Exception | None = None
    asked: list[RepairRequest] = field(default_factory=list)
    was_cancelled: bool = False

    async def repair(self, request: RepairRequest, on_progress: Callable[[RepairProgress], None]) -> Proposals:
        self.asked.append(request)
        on_progress(RepairProgress(doing="trying changes", n_tried=7, n_plausible=len(self.patches)))
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self.error is not None:
            raise self.error
        return Proposals(patches=tuple(self.patches), n_tried=7, seconds=0.1)


@dataclass
class FakeJudge:
    """Judges as it is told to, by what a patch inserts."""

    verdicts: Mapping[str, JudgedPatch] = field(default_factory=dict)
    judgement: Callable[[Sequence[Patch]], Judgement] | None = None
    judged: list[Sequence[Patch]] = field(default_factory=list)

    async def judge(self, request: RepairRequest, patches: Sequence[Patch]) -> Judgement:
        self.judged.append(patches)
        if self.judgement is not None:
            return self.judgement(patches)
        return Judgement(
            patches=[
                JudgedPatch(
                    patch=patch,
                    probability=0.8,
                    verdict=PatchVerdict.VERIFIED,
                    n_inputs=20,
                    n_inputs_agreeing=20,
                    behaviour="a",
                )
                for patch in patches
            ]
        )


@dataclass
class FakeLinter:
    """Has its own fix for a line, or none."""

    patches: Sequence[Patch] = ()

    async def fixes(self, view: ProjectView, path: PurePosixPath, line: int) -> Sequence[Patch]:
        return self.patches


class LoopBackground:
    """Runs what nobody waits for on the loop; `settle` waits for it."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.add(asyncio.get_running_loop().create_task(work))

    async def settle(self) -> None:
        while self.tasks:
            await asyncio.wait({self.tasks.pop()})


def patch(old: str, new: str, *, kind: str = "operator", text: str = PROGRAM, path: PurePosixPath = CART) -> Patch:
    edit = TextEdit(offset=text.index(old), n_removed=len(old), inserted=new)
    return Patch(
        edits=(FileEdit(path=path, edit=edit),),
        kind=kind,
        source=Source.EMBEDDED,
        explanation=f"{old} becomes {new}.",
        prior=0.5,
    )


RIGHT = patch(" - 1", "")
WRONG = patch(" - 1", " + 0")


class FakeProject:
    """All of it together; `failing` is mended by a text without `- 1`."""

    def __init__(self) -> None:
        self.suites = FakeSuites(
            tests={ADDS: lambda text: "- 1" not in text, EMPTY: lambda text: "sum" in text, APART: lambda _text: True},
            lines={ADDS: frozenset({1, 2}), EMPTY: frozenset({1, 2}), APART: frozenset()},
        )
        self.files = {CART: PROGRAM, PurePosixPath("test_cart.py"): ""}
        self.repairers: list[FakeRepairer] = [FakeRepairer(patches=[RIGHT])]
        self.judge = FakeJudge()
        self.linter = FakeLinter()
        self.log = MemoryEventLog()
        self.background = LoopBackground()
        self.sandbox_error: SandboxError | None = None
        self.opened: list[bool] = []
        self.progress: list[RepairProgress] = []
        self.recorder = FixRecorder(self.log, self.background, lambda: 1_800_000_000_000)
        self.feature = FixFeature(self._open, self.recorder)
        self.view = ProjectView(folder=FOLDER, interpreter=Path("/usr/bin/python3"))

    async def _open(self, *, gives_way: bool) -> FixTools:
        self.opened.append(gives_way)
        if self.sandbox_error is not None:
            raise self.sandbox_error
        texts = FakeTexts(files=self.files)
        return FixTools(suites=self.suites, repairers=self.repairers, judge=self.judge, texts=texts, linter=self.linter)

    async def fix(self, request: FixRequest) -> FixOutcome:
        outcome = await self.feature.fix(request, self.progress.append)
        await self.background.settle()
        return outcome
