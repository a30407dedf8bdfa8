"""A window with open documents, minds that say what the test wants, and checks that can be told to object."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.unit.features.fakes import FakeCompleter, FakeLog

from inkling.core.edit import TextEdit, apply_edit
from inkling.core.events import EventId, Outcome, OutcomeKind
from inkling.core.next_edit import (
    EditKind,
    EditOccasion,
    EditQuestion,
    LineChange,
    LinterMend,
    PredictedEdit,
    PredictedPlace,
    Prediction,
)
from inkling.core.numbered_lines import NumberedLines
from inkling.core.ports import NameVerdict, SyntaxVerdict, Timer
from inkling.core.settings import Settings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import NoSuggestion, Reason, Scored, Source, SuggestionId, Trigger
from inkling.features.next_edit import NextEditFeature, NextEditPorts, OfferedEdit

FOLDER = Path("/project")


class SceneClock:
    def now_ms(self) -> int:
        return 1000

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        raise AssertionError("next edits wait for nothing")


class TaskBackground:
    """Runs work as tasks, and waits for all of them in the end."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.add(asyncio.create_task(work))

    async def finish(self) -> None:
        while pending := [task for task in self.tasks if not task.done()]:
            await asyncio.wait(pending)


class FakeHistory:
    """Says what the test wants to have been changed."""

    def __init__(self) -> None:
        self.changes: tuple[LineChange, ...] = ()
        self.undone: tuple[LineChange, ...] = ()
        self.told: list[str] = []
        self.max_file_kb = 0

    def set_max_file_kb(self, max_file_kb: int) -> None:
        self.max_file_kb = max_file_kb

    def document_opened(self, snapshot: Snapshot) -> None:
        self.told.append("opened")

    def document_edited(self, snapshot: Snapshot, edits: Sequence[TextEdit]) -> None:
        self.told.append("edited")

    def document_closed(self, uri: DocumentUri) -> None:
        self.told.append("closed")

    def document_saved(self, uri: DocumentUri) -> None:
        self.told.append("saved")

    def files_changed(self, paths: Sequence[Path]) -> None:
        self.told.append("files")

    def recent(self) -> tuple[LineChange, ...]:
        return self.changes

    def taken_back(self) -> tuple[LineChange, ...]:
        return self.undone


class FakeMind:
    """Says the same to every question, once it may speak."""

    def __init__(self, *edits: PredictedEdit, places: Sequence[PredictedPlace] = ()) -> None:
        self.edits, self.places = edits, tuple(places)
        self.group: Sequence[PredictedEdit] = ()
        self.error: Exception | None = None
        self.questions: list[EditQuestion] = []
        self.told_places: tuple[PredictedPlace, ...] = ()
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    async def predict(self, question: EditQuestion, places: Sequence[PredictedPlace] = ()) -> Prediction:
        self.questions.append(question)
        self.told_places = tuple(places)
        await self.may_speak.wait()
        if self.error is not None:
            raise self.error
        return Prediction(edits=self.edits, places=self.places)

    async def predict_group(self, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
        if self.error is not None:
            raise self.error
        return self.group


class FakeChecks:
    """Syntax, linter and the list of files that may be edited, in one."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.worse: set[str] = set()
        self.refusals: dict[Path, Reason] = {}
        self.syntax_error: Exception | None = None
        self.is_linter_slow = False
        self.n_checked = 0
        self.mends_of: list[tuple[tuple[str, str], LinterMend]] = []

    async def check_edit(self, text: str, edit: TextEdit) -> SyntaxVerdict:
        self.n_checked += 1
        if self.syntax_error is not None:
            raise self.syntax_error
        after = apply_edit(text, edit)
        return SyntaxVerdict.BREAKS if any(each in after for each in self.broken) else SyntaxVerdict.PARSES

    async def is_worse(self, path: Path, text: str, edit: TextEdit) -> bool | None:
        if self.is_linter_slow:
            await asyncio.Event().wait()
        return any(each in apply_edit(text, edit) for each in self.worse)

    async def mends(self, path: Path, before: str, after: str) -> Sequence[LinterMend]:
        return [mend for text, mend in self.mends_of if text == (before, after)]

    def configure(self, settings: Settings) -> None:
        return

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        return

    async def refusal(self, path: Path) -> Reason | None:
        return self.refusals.get(path)


class FakeNames:
    """Says what the test wants of the names in what an edit brings in."""

    def __init__(self) -> None:
        self.verdicts: dict[str, NameVerdict] = {}

    async def check_edit(self, snapshot: Snapshot, edit: TextEdit, *, within_s: float) -> NameVerdict:
        after = apply_edit(snapshot.text, edit)
        return next((verdict for text, verdict in self.verdicts.items() if text in after), NameVerdict.NOT_KNOWN_YET)


class FakeEditModel:
    """Believes what the minds say."""

    least = 0.3

    def __init__(self) -> None:
        self.occasions: list[EditOccasion] = []

    def score(self, occasion: EditOccasion) -> Scored:
        self.occasions.append(occasion)
        return Scored(probability=occasion.edit.probability, features={"prior": 1.0}, model_version="fake-1")

    def threshold(self, settings: Settings) -> float:
        return settings.next_edit.threshold or self.least


@dataclass(slots=True)
class FakeClient:
    ready: list[DocumentUri] = field(default_factory=list)

    def next_edit_ready(self, uri: DocumentUri) -> None:
        self.ready.append(uri)


class Scene:
    """Everything that a `NextEditFeature` is given, and the hand that types."""

    def __init__(self, *minds: FakeMind, **texts: str) -> None:
        self.minds = minds
        self.slow: list[FakeMind] = []
        self.history, self.checks, self.log = FakeHistory(), FakeChecks(), FakeLog()
        self.names = FakeNames()
        self.model, self.background, self.client = FakeEditModel(), TaskBackground(), FakeClient()
        self.completer: FakeCompleter | None = None
        self.draws = 0.99
        self.told_of: list[tuple[SuggestionId, DocumentUri, TextEdit]] = []
        self.texts = dict(texts)
        self.on_disk: dict[Path, str] = {}
        self.version = 1
        self.settings = Settings()
        self.feature = self.build()

    def build(self) -> NextEditFeature:
        ports = NextEditPorts(
            history=self.history,
            predictors=self.minds,
            syntax=self.checks,
            linter=self.checks,
            names=self.names,
            editable=self.checks,
            documents=self,
            files=self,
            model=self.model,
            log=self.log,  # type: ignore[arg-type]  # the fake has the methods that are called
            background=self.background,
            clock=SceneClock(),
            completer=self.completer,
            slow_predictors=lambda: self.slow,
            draw=lambda: self.draws,
            offered=lambda *offer: self.told_of.append(offer),
        )
        self.feature = NextEditFeature(ports, self.settings)
        self.feature.client = self.client
        self.feature.open_folders((FOLDER,))
        return self.feature

    def path(self, name: str) -> Path:
        return FOLDER / f"{name}.py"

    def uri(self, name: str) -> DocumentUri:
        return self.uri_of(self.path(name))

    def uri_of(self, path: Path) -> DocumentUri:
        return DocumentUri(path.as_uri())

    def snapshot(self, uri: DocumentUri) -> Snapshot | None:
        name = uri.rpartition("/")[2].removesuffix(".py")
        if name not in self.texts:
            return None
        return Snapshot(uri=uri, path=self.path(name), version=self.version, text=self.texts[name])

    def open_snapshot(self, name: str) -> Snapshot:
        snapshot = self.snapshot(self.uri(name))
        assert snapshot is not None
        return snapshot

    async def read(self, path: Path) -> str | None:
        return self.on_disk.get(path)

    def changed(self, name: str, first_line: int, removed: Sequence[str], inserted: Sequence[str]) -> None:
        """Notes a change of the developer, as the history tells of it."""
        change = LineChange(
            uri=self.uri(name), first_line=first_line, removed=tuple(removed), inserted=tuple(inserted), at_ms=1
        )
        self.history.changes = (*self.history.changes, change)

    def type(self, name: str, edit: TextEdit) -> None:
        self.texts[name] = apply_edit(self.texts[name], edit)
        self.version += 1
        self.feature.document_edited(self.open_snapshot(name), [edit])

    def write_line(self, name: str, above_line: int, line: str) -> None:
        """Types a whole line above another."""
        offset = NumberedLines(self.texts[name]).start_of(above_line)
        self.type(name, TextEdit(offset=offset, n_removed=0, inserted=f"{line}\n"))

    def accept(self, offered: OfferedEdit) -> None:
        """Applies an edit as the editor does; the outcome is another matter."""
        name = offered.placed.edit.uri.rpartition("/")[2].removesuffix(".py")
        self.type(name, offered.placed.change)

    def report(self, suggestion_id: SuggestionId, kind: OutcomeKind) -> None:
        outcome = Outcome(event_id=EventId(f"{suggestion_id}-{kind}"), suggestion_id=suggestion_id, kind=kind, at_ms=1)
        self.feature.outcomes_reported([outcome])

    async def ask(self, name: str = "a", line: int = 0, *, is_invoked: bool = False) -> OfferedEdit | NoSuggestion:
        snapshot = self.open_snapshot(name)
        offset = NumberedLines(snapshot.text).start_of(line)
        trigger = Trigger.INVOKED if is_invoked else Trigger.AUTOMATIC
        return await self.feature.next_edit(snapshot, offset, trigger)

    async def offered(self, name: str = "a", line: int = 0) -> OfferedEdit:
        answer = await self.ask(name, line)
        assert isinstance(answer, OfferedEdit), answer
        return answer

    async def silence(self, name: str = "a", line: int = 0) -> Reason:
        answer = await self.ask(name, line)
        assert isinstance(answer, NoSuggestion), answer
        return answer.reason


def edit(
    name: str, first_line: int, removed: str | None, inserted: str | None, probability: float = 0.8, **others: Any
) -> PredictedEdit:
    """A prediction for a document of a scene; None removes or inserts nothing."""
    path = FOLDER / f"{name}.py"
    usual = PredictedEdit(
        uri=DocumentUri(path.as_uri()),
        path=path,
        first_line=first_line,
        removed=() if removed is None else tuple(removed.split("\n")),
        inserted=() if inserted is None else tuple(inserted.split("\n")),
        kind=EditKind.REPEAT,
        source=Source.EMBEDDED,
        probability=probability,
    )
    return replace(usual, **others)
