"""From fixes and test results to the client's messages."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.execution import BlockVisit, CaseResult, Collection, RaisedException, SuiteRun
from inkling.core.repair import Failure, Question
from inkling.core.text import position_at, split_lines
from inkling.features.fix import FixOutcome, OfferedFix, words
from inkling.features.fix.feature import MAX_SUSPICIOUS
from inkling.lsp.documents import to_units
from inkling.lsp.fix_messages import (
    DiscoverTestsResult,
    FixResult,
    RunTestsResult,
    WireBlockVisit,
    WireFileEdits,
    WireFix,
    WireFixQuestion,
    WireFrame,
    WirePosition,
    WireRange,
    WireSuspiciousLine,
    WireTest,
    WireTestResult,
    WireTextEdit,
)

MAX_VISITS = 200  # blocks; more is no reading for anybody
MAX_TITLE_CHARS = 80  # of a light bulb's row


class FixWriter:
    """Writes answers for one client: in its units, with the URIs that it knows its documents by.

    Args:
        encoding: Units of the client's columns: utf-8, utf-16 or utf-32.
        opened: What the client calls its open documents; the same file's URI can be written in different ways.
        versions: Of the open documents that the answer is for, by URI.
    """

    def __init__(self, encoding: str, opened: Mapping[Path, str], versions: Mapping[str, int]) -> None:
        self._encoding = encoding
        self._opened = opened
        self._versions = versions

    def uri_of(self, path: Path) -> str:
        """Returns what the client calls a file."""
        return self._opened.get(path) or path.as_uri()

    def result(self, outcome: FixOutcome) -> FixResult:
        """Returns the answer to *Fix with feedback*."""
        answer, folder = outcome.answer, outcome.view.folder
        failure = answer.failure
        return FixResult(
            session_id=outcome.session_id,
            fixes=[self.fix(outcome, offered) for offered in outcome.offered],
            reason=answer.reason.value if answer.reason is not None else None,
            message=answer.message,
            hint=outcome.hint,
            question=_question(answer.question),
            failing=[self._test(case, folder) for case in failure.failing] if failure else [],
            suspicious=self._suspicious(failure, outcome) if failure else [],
            visits=[self._visit(visit, folder) for visit in failure.visits[:MAX_VISITS]] if failure else [],
            n_tried=answer.n_tried,
            seconds=answer.seconds,
        )

    def fix(self, outcome: FixOutcome, offered: OfferedFix) -> WireFix:
        """Returns one fix."""
        fix, judged = offered.fix, offered.fix.judged
        by_path: dict[PurePosixPath, list[WireTextEdit]] = {}
        for each in judged.patch.edits:
            by_path.setdefault(each.path, []).append(self._edit(outcome.texts[each.path], each.edit))
        return WireFix(
            fix_id=offered.id,
            title=_title(judged.patch.explanation),
            explanation=judged.patch.explanation,
            edits=[self._file_edits(outcome.view.folder / path, edits) for path, edits in by_path.items()],
            diff=fix.diff,
            verdict=judged.verdict.value,  # type: ignore[arg-type] # what is refused is never among the fixes
            probability=judged.probability,
            confidence=words.confidence(judged),
            evidence=words.evidence_lines(fix.evidence, judged),
            source=judged.patch.source,
            kind=judged.patch.kind,
        )

    def run(self, run: SuiteRun, folder: Path) -> RunTestsResult:
        """Returns what came of tests."""
        return RunTestsResult(
            results=[self._test(case, folder) for case in run.cases],
            problem=run.problem.value if run.problem is not None else None,
            message=run.message,
            seconds=run.end.wall_s,
        )

    def collection(self, collection: Collection, folder: Path) -> DiscoverTestsResult:
        """Returns the tests that pytest found."""
        return DiscoverTestsResult(
            tests=[
                WireTest(
                    node_id=case.node_id,
                    uri=self.uri_of(folder / case.path),
                    line=case.line - 1,
                    label=case.node_id.rpartition("::")[2],
                )
                for case in collection.cases
            ],
            problem=collection.problem.value if collection.problem is not None else None,
            message=collection.message,
        )

    def _file_edits(self, path: Path, edits: list[WireTextEdit]) -> WireFileEdits:
        uri = self.uri_of(path)
        return WireFileEdits(uri=uri, version=self._versions.get(uri), edits=edits)

    def _edit(self, text: str, edit: TextEdit) -> WireTextEdit:
        where = WireRange(start=self._position(text, edit.offset), end=self._position(text, edit.end))
        return WireTextEdit(range=where, new_text=edit.inserted)

    def _position(self, text: str, offset: int) -> WirePosition:
        position = position_at(text, offset)
        before = text[offset - position.column : offset]
        return WirePosition(line=position.line, character=to_units(before, self._encoding))

    def _test(self, case: CaseResult, folder: Path) -> WireTestResult:
        raised = case.raised
        return WireTestResult(
            node_id=case.node_id,
            outcome=case.outcome.value,
            seconds=case.duration_s,
            message=f"{raised.type_name}: {raised.message}" if raised is not None else "",
            output=case.output,
            frames=self._frames(raised, folder) if raised is not None else [],
        )

    def _frames(self, raised: RaisedException, folder: Path) -> list[WireFrame]:
        return [
            WireFrame(uri=self.uri_of(folder / frame.path), line=frame.line - 1, function=frame.function)
            for frame in raised.frames
            if frame.path is not None
        ]

    def _suspicious(self, failure: Failure, outcome: FixOutcome) -> list[WireSuspiciousLine]:
        lines_of = {path: split_lines(text) for path, text in outcome.texts.items()}
        found = []
        for each in failure.suspicious[:MAX_SUSPICIOUS]:
            lines = lines_of.get(each.path, [])
            found.append(
                WireSuspiciousLine(
                    uri=self.uri_of(outcome.view.folder / each.path),
                    line=each.line - 1,
                    suspiciousness=each.suspiciousness,
                    text=lines[each.line - 1].strip() if 0 < each.line <= len(lines) else "",
                )
            )
        return found

    def _visit(self, visit: BlockVisit, folder: Path) -> WireBlockVisit:
        return WireBlockVisit(
            uri=self.uri_of(folder / visit.path),
            first_line=visit.first_line - 1,
            last_line=visit.last_line - 1,
            function=visit.function,
            visit=visit.visit,
            before=dict(visit.before),
            after=dict(visit.after),
        )


def _question(question: Question | None) -> WireFixQuestion | None:
    return None if question is None else WireFixQuestion(call=question.call, answers=list(question.answers))


def _title(explanation: str) -> str:
    """Returns an explanation as one short row."""
    words_ = " ".join(explanation.split()).rstrip(".")
    return words_ if len(words_) <= MAX_TITLE_CHARS else f"{words_[: MAX_TITLE_CHARS - 1].rstrip()}…"
