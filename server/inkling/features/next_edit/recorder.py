"""Writes down what was offered as a next edit and what was not, in the same log as every suggestion."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.events import Decision, Feature, Silence, project_name
from inkling.core.ports import Background, Clock, EventLog
from inkling.core.settings import Settings
from inkling.core.snapshot import Snapshot
from inkling.core.suggestion import Check, Reason, Scored, SuggestionId, new_suggestion_id
from inkling.core.text import line_start, position_at
from inkling.features.judging import logged
from inkling.features.next_edit.asked import Asked
from inkling.features.next_edit.doubts import is_of_whole_file
from inkling.features.next_edit.offered import PlacedEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedEdit:
    """A prediction after checks and gate; the attributes are those of `core.events.Decision`."""

    placed: PlacedEdit
    reason: Reason | None
    scored: Scored | None = None
    checked: frozenset[Check] = frozenset()
    threshold: float
    propensity: float = 0.0
    was_explored: bool = False


class NextEditRecorder:
    """Records decisions about next edits, and knows which the user rejected in any session."""

    def __init__(self, log: EventLog, background: Background, clock: Clock, settings: Settings) -> None:
        self._log = log
        self._background = background
        self._clock = clock
        self._settings = settings
        self._projects: dict[Path, str] = {}

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._settings = settings

    def open_folders(self, folders: tuple[Path, ...]) -> None:
        """Takes the workspace folders: paths are written down relative to them."""
        self._projects = {folder: project_name(folder, self._log.fingerprint(str(folder))) for folder in folders}

    def project(self, snapshot: Snapshot) -> str:
        """Returns what the workspace folder of a file is called in the log; empty for a file outside of all."""
        folder = self._folder(snapshot)
        return "" if folder is None else self._projects[folder]

    def decided(self, asked: Asked, judged: Sequence[JudgedEdit]) -> list[SuggestionId]:
        """Records decisions; returns their ids."""
        decisions = [self._decision(asked, each) for each in judged]
        if decisions:
            self._background.start(logged(self._log.record_decisions(decisions)))
        return [decision.suggestion_id for decision in decisions]

    def silent(self, asked: Asked, reason: Reason) -> None:
        """Records that there was nothing to decide about."""
        snapshot = asked.question.snapshot
        silence = Silence(
            at_ms=self._clock.now_ms(),
            feature=Feature.NEXT_EDIT,
            trigger=asked.question.trigger,
            reason=reason,
            path=self._display_path(snapshot),
            line=position_at(snapshot.text, asked.question.offset).line,
            latency_ms=asked.elapsed_ms,
            project=self.project(snapshot),
        )
        self._background.start(logged(self._log.record_silence(silence)))

    def was_rejected(self, placed: PlacedEdit) -> bool:
        """Tells whether the user rejected this very edit at this place before, be it in another session."""
        return self._log.was_rejected(
            context_fingerprint=self._context_fingerprint(placed), text_fingerprint=self._text_fingerprint(placed)
        )

    def _decision(self, asked: Asked, judged: JudgedEdit) -> Decision:
        placed, scored = judged.placed, judged.scored
        return Decision(
            suggestion_id=new_suggestion_id(),
            at_ms=self._clock.now_ms(),
            feature=Feature.NEXT_EDIT,
            trigger=asked.question.trigger,
            source=placed.edit.source,
            was_offered=judged.reason is None,
            reason=judged.reason,
            probability=scored.probability if scored else None,
            threshold=judged.threshold,
            propensity=judged.propensity,
            model_version=scored.model_version if scored else "",
            features=scored.features if scored else {},
            checked=judged.checked,
            path=self._display_path(placed.snapshot),
            line=placed.edit.first_line,
            n_chars=len(placed.change.inserted),
            n_lines=len(placed.edit.inserted),
            text_fingerprint=self._text_fingerprint(placed),
            context_fingerprint=self._context_fingerprint(placed),
            latency_ms=asked.elapsed_ms,
            was_explored=judged.was_explored,
            project=self.project(placed.snapshot),
            text=placed.change.inserted if self._settings.telemetry.store_text else None,
            line_prefix=self._line_prefix(placed) if self._settings.telemetry.store_text else "",
        )

    def _context_fingerprint(self, placed: PlacedEdit) -> str:
        """A place is known again by its file and the nearest line above it that is not blank."""
        if is_of_whole_file(placed.edit):
            return self._log.fingerprint(self._display_path(placed.snapshot))
        text, line_above = placed.snapshot.text, ""
        end = line_start(text, placed.change.offset)
        while end > 0 and not line_above:
            start = line_start(text, end - 1)
            line_above, end = text[start:end].strip(), start
        return self._log.fingerprint(f"{self._display_path(placed.snapshot)}\n{line_above}")

    def _text_fingerprint(self, placed: PlacedEdit) -> str:
        """An edit is known again by its lines, however far they are indented."""
        lines = [f"-{line.strip()}" for line in placed.edit.removed]
        lines += [f"+{line.strip()}" for line in placed.edit.inserted]
        return self._log.fingerprint("\n".join(lines))

    def _line_prefix(self, placed: PlacedEdit) -> str:
        text, offset = placed.snapshot.text, placed.change.offset
        return text[line_start(text, offset) : offset]

    def _display_path(self, snapshot: Snapshot) -> str:
        if snapshot.path is None:
            return snapshot.uri.rsplit("/", 1)[-1]
        folder = self._folder(snapshot)
        return snapshot.path.name if folder is None else snapshot.path.relative_to(folder).as_posix()

    def _folder(self, snapshot: Snapshot) -> Path | None:
        path = snapshot.path
        return None if path is None else next((each for each in self._projects if path.is_relative_to(each)), None)
