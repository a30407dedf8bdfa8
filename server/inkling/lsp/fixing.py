"""*Fix with feedback* and the Testing view over the protocol."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from inkling.core.errors import SandboxError
from inkling.core.execution import ProjectView, ResourceLimits, SuiteRequest
from inkling.core.repair import FixAnswer, NoFixReason, RepairBudget, RepairProgress
from inkling.core.settings import FixPrecision, Settings
from inkling.core.suggestion import SuggestionId
from inkling.core.text import position_at
from inkling.features.fix import (
    FailingTests,
    FixOutcome,
    FixRequest,
    FixTarget,
    OfferedFix,
    Place,
    TracebackText,
    words,
)
from inkling.lsp import from_lsp, methods
from inkling.lsp.documents import Documents
from inkling.lsp.fix_messages import (
    AnswerFixQuestionParams,
    DiscoverTestsParams,
    DiscoverTestsResult,
    FixOfferedParams,
    FixParams,
    FixProgressParams,
    FixResult,
    FixWithdrawnParams,
    RunTestsParams,
    RunTestsResult,
    WireFailingPlace,
)
from inkling.lsp.fix_to_lsp import FixWriter
from inkling.lsp.progress_pace import ProgressPace
from inkling.lsp.protocol import ReadyJson
from inkling.lsp.services import FixServices
from inkling.lsp.session import Session
from inkling.lsp.wire import wire

MAX_SESSIONS = 8  # as many as the feature remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A project as the client sees it, with the versions of the open documents in it, by URI."""

    view: ProjectView
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """Why nothing is run."""

    reason: NoFixReason
    problem: Literal["not_trusted", "no_interpreter"]
    message: str


_NOT_TRUSTED = _Refusal(reason=NoFixReason.NOT_TRUSTED, problem="not_trusted", message=words.NOT_TRUSTED)
_NO_INTERPRETER = _Refusal(reason=NoFixReason.CANNOT_RUN, problem="no_interpreter", message=words.NO_INTERPRETER)


class Fixing:
    """Answers the client's questions about tests and fixes, and tells it of fixes that it did not ask for."""

    def __init__(self, server: LanguageServer, services: FixServices, session: Session, documents: Documents) -> None:
        self._server = server
        self._services = services
        self._session = session
        self._documents = documents
        self._versions: OrderedDict[str, Mapping[str, int]] = OrderedDict()
        self._unasked_versions: dict[Path, Mapping[str, int]] = {}
        services.unasked.attach(self)

    async def fix(self, params: FixParams) -> FixResult:
        """Looks for fixes; cancelled, it leaves nothing behind."""
        await self._session.set_up()
        folder = self._folder(params.folder_uri)
        why_not = self._why_not()
        if why_not is not None:
            return self._writer({}).result(_refused(folder, why_not))
        settings = self._session.settings
        seen = await self._see(folder)
        budget_s = params.budget_seconds or settings.fix.budget_seconds
        request = FixRequest(
            view=seen.view,
            target=self._target(params, folder),
            precision=FixPrecision(params.precision) if params.precision else settings.fix.precision,
            budget=RepairBudget(wall_s=budget_s, n_processes=settings.fix.max_processes),
            limits=_limits(settings),
            is_hint=params.is_hint,
        )
        self._services.unasked.asked(folder)
        outcome = await self._services.feature.fix(request, self._teller(params.id, budget_s))
        self._remember(outcome, seen.versions)
        return await asyncio.to_thread(self._writer(seen.versions).result, outcome)

    async def answer_question(self, params: AnswerFixQuestionParams) -> FixResult:
        """Returns the fixes that an answer leaves over."""
        teller = self._teller(params.session_id, self._session.settings.fix.budget_seconds)
        outcome = await self._services.feature.answer_question(params.session_id, params.answer, teller)
        versions = self._versions.get(params.session_id, {})
        self._remember(outcome, versions)
        return await asyncio.to_thread(self._writer(versions).result, outcome)

    async def run_tests(self, params: RunTestsParams) -> RunTestsResult:
        """Runs tests; what fails may lead to a fix that nobody asks for."""
        await self._session.set_up()
        folder = self._folder(params.folder_uri)
        why_not = self._why_not()
        if why_not is not None:
            return RunTestsResult(results=[], problem=why_not.problem, message=why_not.message, seconds=0.0)
        seen = await self._see(folder)
        request = SuiteRequest(
            view=seen.view,
            node_ids=tuple(params.node_ids),
            with_coverage=self._services.unasked.wants_coverage,
            limits=_limits(self._session.settings),
        )
        try:
            run = await self._services.feature.run_tests(request)
        except SandboxError as error:
            return RunTestsResult(results=[], problem="no_sandbox", message=str(error), seconds=0.0)
        await self._services.unasked.tests_ended(folder, run)
        return await asyncio.to_thread(self._writer(seen.versions).run, run, folder)

    async def discover_tests(self, params: DiscoverTestsParams) -> DiscoverTestsResult:
        """Collects tests."""
        await self._session.set_up()
        folder = self._folder(params.folder_uri)
        why_not = self._why_not()
        if why_not is not None:
            return DiscoverTestsResult(tests=[], problem=why_not.problem, message=why_not.message)
        seen = await self._see(folder)
        paths = [path.relative_to(folder) for path in from_lsp.paths(params.uris) if path.is_relative_to(folder)]
        request = SuiteRequest(
            view=seen.view,
            node_ids=tuple(path.as_posix() for path in paths),
            limits=_limits(self._session.settings),
        )
        try:
            collection = await self._services.feature.collect_tests(request)
        except SandboxError as error:
            return DiscoverTestsResult(tests=[], problem="no_sandbox", message=str(error))
        return await asyncio.to_thread(self._writer(seen.versions).collection, collection, folder)

    async def view(self, folder: Path) -> ProjectView | None:
        """Implements `FixEditor`: the project as it is now, where its tests may be run."""
        if self._why_not() is not None:
            return None
        seen = await self._see(folder)
        self._unasked_versions[folder] = seen.versions
        return seen.view

    def offer(self, outcome: FixOutcome, offered: OfferedFix) -> None:
        """Implements `FixEditor`."""
        folder = outcome.view.folder
        first = offered.fix.judged.patch.edits[0]
        writer = self._writer(self._unasked_versions.get(folder, {}))
        params = FixOfferedParams(
            folder_uri=folder.as_uri(),
            uri=writer.uri_of(folder / first.path),
            line=position_at(outcome.texts[first.path], first.edit.offset).line,
            node_ids=list(offered.fix.evidence.failed_before),
            fix=writer.fix(outcome, offered),
        )
        self._server.protocol.notify(methods.FIX_OFFERED, wire(params))

    def withdraw(self, fix_id: SuggestionId) -> None:
        """Implements `FixEditor`."""
        self._server.protocol.notify(methods.FIX_WITHDRAWN, wire(FixWithdrawnParams(fix_id=fix_id)))

    def _why_not(self) -> _Refusal | None:
        if not self._session.is_trusted:
            return _NOT_TRUSTED
        return _NO_INTERPRETER if self._session.interpreter is None else None

    def _folder(self, uri: str) -> Path:
        """Returns the folder that a question is about; tests of a folder that is not open here are not run.

        Raises:
            JsonRpcInvalidParams: It is no folder of the workspace, nor in one.
        """
        paths = from_lsp.paths([uri])
        folders = self._session.folders
        if not paths or not any(paths[0].is_relative_to(folder) for folder in folders):
            raise JsonRpcInvalidParams(message=f"{uri} is no folder of this workspace")
        return paths[0]

    async def _see(self, folder: Path) -> _Seen:
        """Returns the project with the texts of open documents that differ from those on disk."""
        opened = [document.snapshot() for document in self._documents.all()]
        inside = [each for each in opened if each.path is not None and each.path.is_relative_to(folder)]
        edits = {}
        for snapshot in inside:
            path = snapshot.path
            if path is not None and await self._services.files.read(path) != snapshot.text:
                edits[PurePosixPath(path.relative_to(folder).as_posix())] = snapshot.text
        chosen = self._session.interpreter or Path()
        interpreter = await asyncio.to_thread(self._services.real_interpreter, chosen, folder)
        return _Seen(
            view=ProjectView(folder=folder, interpreter=interpreter, edits=edits),
            versions={snapshot.uri: snapshot.version for snapshot in inside},
        )

    def _target(self, params: FixParams, folder: Path) -> FixTarget:
        if params.node_ids:
            return FailingTests(node_ids=tuple(params.node_ids))
        if params.traceback:
            return TracebackText(text=params.traceback)
        return self._place(params.place, folder) if params.place is not None else FailingTests()

    def _place(self, place: WireFailingPlace, folder: Path) -> Place:
        """Returns the lines of a range; one that ends at the beginning of a line does not reach into it.

        Raises:
            JsonRpcInvalidParams: It is in no file of the folder.
        """
        paths = from_lsp.paths([place.uri])
        if not paths or not paths[0].is_relative_to(folder):
            raise JsonRpcInvalidParams(message=f"{place.uri} is not in the folder")
        start, end = place.range.start, place.range.end
        last = end.line - 1 if end.character == 0 and end.line > start.line else end.line
        return Place(
            path=PurePosixPath(paths[0].relative_to(folder).as_posix()),
            first_line=start.line + 1,
            last_line=last + 1,
            message=place.message,
        )

    def _teller(self, request_id: str, budget_s: float) -> Callable[[RepairProgress], None]:
        """Returns what tells the client how far a search is: at once when other words are due, else now and then."""
        pace = ProgressPace()

        def tell(progress: RepairProgress) -> None:
            if not pace.is_due(progress.doing):
                return
            params = FixProgressParams(
                id=request_id,
                words=progress.doing,
                n_tried=progress.n_tried,
                n_plausible=progress.n_plausible,
                seconds=pace.elapsed_s(),
                budget_seconds=budget_s,
            )
            self._server.protocol.notify(methods.FIX_PROGRESS, wire(params))

        return tell

    def _remember(self, outcome: FixOutcome, versions: Mapping[str, int]) -> None:
        self._versions[outcome.session_id] = versions
        if len(self._versions) > MAX_SESSIONS:
            self._versions.popitem(last=False)

    def _writer(self, versions: Mapping[str, int]) -> FixWriter:
        opened = {document.path: document.uri for document in self._documents.all() if document.path is not None}
        return FixWriter(self._documents.encoding, opened, versions)


def register_fixing(server: LanguageServer, fixing: Fixing, say_errors: Callable[[], Any]) -> None:
    """Registers the methods of *Fix with feedback* and of the Testing view.

    Args:
        server: Where to.
        fixing: What answers.
        say_errors: A context in which an error of ours reaches the client in its own words.
    """

    @server.feature(methods.FIX)
    async def fix(params: Any) -> ReadyJson:
        with say_errors():
            return await _ready(await fixing.fix(from_lsp.params(FixParams, params)))

    @server.feature(methods.ANSWER_FIX_QUESTION)
    async def answer_fix_question(params: Any) -> ReadyJson:
        with say_errors():
            return await _ready(await fixing.answer_question(from_lsp.params(AnswerFixQuestionParams, params)))

    @server.feature(methods.RUN_TESTS)
    async def run_tests(params: Any) -> ReadyJson:
        with say_errors():
            return await _ready(await fixing.run_tests(from_lsp.params(RunTestsParams, params)))

    @server.feature(methods.DISCOVER_TESTS)
    async def discover_tests(params: Any) -> ReadyJson:
        with say_errors():
            return await _ready(await fixing.discover_tests(from_lsp.params(DiscoverTestsParams, params)))


async def _ready(result: object) -> ReadyJson:
    """Returns a result as JSON, written in a thread: those of ten thousand tests would hold the loop."""
    return ReadyJson(text=await asyncio.to_thread(lambda: json.dumps(wire(result))))


def _refused(folder: Path, why: _Refusal) -> FixOutcome:
    return FixOutcome(
        session_id="",
        answer=FixAnswer(fixes=(), reason=why.reason, message=why.message),
        offered=(),
        view=ProjectView(folder=folder, interpreter=Path()),
    )


def _limits(settings: Settings) -> ResourceLimits:
    wall_s = settings.sandbox.timeout_seconds
    return ResourceLimits(wall_s=wall_s, cpu_s=wall_s, memory_mb=settings.sandbox.memory_mb)
