"""Writes down what was proposed as a fix and what was not, in the same log as every suggestion."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import PurePosixPath

from inkling.core.errors import StoreError
from inkling.core.events import Decision, Feature, Silence, project_name
from inkling.core.ports import Background, EventLog
from inkling.core.repair import NoFixReason
from inkling.core.settings import Settings
from inkling.core.suggestion import Reason, Trigger
from inkling.core.text import line_end, line_start, position_at
from inkling.features.fix.request import FailingTests, FixOutcome, FixRequest, OfferedFix, Place
from inkling.features.fix.tests_of import file_of
from inkling.features.gate import Verdict

logger = logging.getLogger(__name__)

MODEL_VERSION = "patch-judge"  # what made the probability; no acceptance model did
_ASKED = Verdict(reason=None, threshold=0.0, propensity=1.0)
_REASONS = {NoFixReason.NOTHING_FOUND: Reason.NO_FIX, NoFixReason.ONLY_PLAUSIBLE: Reason.NOT_VERIFIED}
"""Ends that say something of the search; the others say that there was nothing to search for."""


class FixRecorder:
    """Records decisions about fixes, and knows which the user rejected before."""

    def __init__(self, log: EventLog, background: Background, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._background = background
        self._now_ms = now_ms
        self._settings = Settings()

    def configure(self, settings: Settings) -> None:
        """Takes new settings."""
        self._settings = settings

    def answered(self, request: FixRequest, outcome: FixOutcome) -> None:
        """Records what somebody who asked was shown, or why there was nothing."""
        if outcome.offered:
            decisions = [self._decision(outcome, offered, Trigger.INVOKED, _ASKED) for offered in outcome.offered]
            self._background.start(_logged(partial(self._log.record_decisions, decisions)))
        else:
            self.silent(request, outcome)

    def silent(self, request: FixRequest, outcome: FixOutcome) -> None:
        """Records a search that came to nothing; where there was nothing to search for, there is nothing to record."""
        reason = _REASONS.get(outcome.answer.reason) if outcome.answer.reason is not None else None
        if reason is not None:
            self._background.start(_logged(partial(self._log.record_silence, self._silence(request, outcome, reason))))

    def judged(self, outcome: FixOutcome, offered: OfferedFix, verdict: Verdict) -> None:
        """Records whether a fix that nobody asked for was offered."""
        decision = self._decision(outcome, offered, Trigger.AUTOMATIC, verdict)
        self._background.start(_logged(partial(self._log.record_decisions, [decision])))

    def was_rejected(self, outcome: FixOutcome, offered: OfferedFix) -> bool:
        """Tells whether the user rejected this very change at this place before."""
        return self._log.was_rejected(
            context_fingerprint=self._context_fingerprint(outcome, offered),
            text_fingerprint=self._text_fingerprint(offered),
        )

    def _decision(self, outcome: FixOutcome, offered: OfferedFix, trigger: Trigger, verdict: Verdict) -> Decision:
        judged, first = offered.fix.judged, offered.fix.judged.patch.edits[0]
        inserted = "".join(each.edit.inserted for each in judged.patch.edits)
        return Decision(
            suggestion_id=offered.id,
            at_ms=self._now_ms(),
            feature=Feature.FIX,
            trigger=trigger,
            source=judged.patch.source,
            was_offered=verdict.reason is None,
            reason=verdict.reason,
            probability=judged.probability,
            threshold=verdict.threshold,
            propensity=verdict.propensity,
            model_version=MODEL_VERSION,
            features={
                "n_inputs": float(judged.n_inputs),
                "n_inputs_agreeing": float(judged.n_inputs_agreeing),
                "n_edits": float(judged.patch.n_edits),
                "n_others_pass": float(offered.fix.evidence.n_others_pass),
                "n_tried": float(outcome.answer.n_tried),
            },
            path=first.path.as_posix(),
            line=position_at(outcome.texts[first.path], first.edit.offset).line,
            n_chars=len(inserted),
            n_lines=len(inserted.splitlines()),
            text_fingerprint=self._text_fingerprint(offered),
            context_fingerprint=self._context_fingerprint(outcome, offered),
            latency_ms=outcome.answer.seconds * 1000,
            project=self._project(outcome),
            text=inserted if self._settings.telemetry.store_text else None,
        )

    def _silence(self, request: FixRequest, outcome: FixOutcome, reason: Reason) -> Silence:
        path, line = _place_of(request, outcome)
        return Silence(
            at_ms=self._now_ms(),
            feature=Feature.FIX,
            trigger=Trigger.AUTOMATIC if request.is_unasked else Trigger.INVOKED,
            reason=reason,
            path=path.as_posix(),
            line=line,
            latency_ms=outcome.answer.seconds * 1000,
            project=self._project(outcome),
        )

    def _project(self, outcome: FixOutcome) -> str:
        folder = outcome.view.folder
        return project_name(folder, self._log.fingerprint(str(folder)))

    def _context_fingerprint(self, outcome: FixOutcome, offered: OfferedFix) -> str:
        """A place is known again by its file and the line that is changed there, wherever that line moves."""
        first = offered.fix.judged.patch.edits[0]
        text, offset = outcome.texts[first.path], first.edit.offset
        line = text[line_start(text, offset) : line_end(text, offset)].strip()
        return self._log.fingerprint(f"{first.path}\n{line}")

    def _text_fingerprint(self, offered: OfferedFix) -> str:
        """A change is known again by its lines, without where they stand and how far they are indented."""
        diff = offered.fix.diff.splitlines()
        changed = [line for line in diff if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]
        return self._log.fingerprint("\n".join(line[0] + line[1:].strip() for line in changed))


def _place_of(request: FixRequest, outcome: FixOutcome) -> tuple[PurePosixPath, int]:
    """Returns the file that a search was about, and its most suspicious line, zero-based."""
    failure = outcome.answer.failure
    if failure is not None and failure.suspicious:
        return failure.suspicious[0].path, failure.suspicious[0].line - 1
    match request.target:
        case Place(path=path, first_line=line):
            return path, line - 1
        case FailingTests(node_ids=node_ids) if node_ids:
            return file_of(node_ids[0]), 0
        case _:
            return PurePosixPath("."), 0


async def _logged(record: Callable[[], Awaitable[None]]) -> None:
    """Records something; what cannot be stored costs a line in the log, not the fix."""
    try:
        await record()
    except StoreError as error:
        logger.error("a fix was not recorded: %s", error)
