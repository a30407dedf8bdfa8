"""Writes down which comments were shown and which were not, in the same log as every suggestion."""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from inkling.core.errors import StoreError
from inkling.core.events import Decision, Feature, project_name
from inkling.core.ports import Background, EventLog
from inkling.core.review import Confirmation, ReviewComment, Severity
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.features.review.feature import LOW_CONFIDENCE, FoundComment
from inkling.features.review.session import ReviewSession

logger = logging.getLogger(__name__)

MODEL_VERSION: Final = "review-counts-1"
RULE: Final = "rule:"  # begins the name of the feature that says of which rule a comment is; its value is 1
TOPIC: Final = "topic:"
CONFIDENCE: Final = "confidence"
SEVERITY: Final = "severity"
SEVERITY_VALUES: Final = {Severity.NOTE: 0.0, Severity.WARNING: 1.0, Severity.ERROR: 2.0}


class ReviewRecorder:
    """Records decisions about review comments."""

    def __init__(
        self, log: EventLog, background: Background, now_ms: Callable[[], int], new_id: Callable[[], SuggestionId]
    ) -> None:
        self._log = log
        self._background = background
        self._now_ms = now_ms
        self._new_id = new_id

    def reviewed(self, session: ReviewSession) -> None:
        """Records what was shown, what was folded away, and what was left out and why."""
        decisions = list(self._decisions(session))
        if decisions:
            self._background.start(self._record(decisions))

    def _decisions(self, session: ReviewSession) -> Iterator[Decision]:
        review = session.reviewed.review
        for each in session.comments:
            yield self._decision(session, each.id, each.found, is_folded=each.is_folded)
        hidden = {
            Reason.BEYOND_MOST: review.beyond,
            Reason.CLOSED_BEFORE: review.closed,
            Reason.RULE_SILENCED: review.silenced,
        }
        for reason, comments in hidden.items():
            for found in comments:
                yield self._decision(session, self._new_id(), found, reason=reason)

    def _decision(
        self,
        session: ReviewSession,
        suggestion_id: SuggestionId,
        found: FoundComment,
        *,
        is_folded: bool = False,
        reason: Reason | None = None,
    ) -> Decision:
        comment, folder = found.comment, session.question.folder
        return Decision(
            suggestion_id=suggestion_id,
            at_ms=self._now_ms(),
            feature=Feature.REVIEW,
            trigger=Trigger.INVOKED,
            source=comment.source,
            was_offered=reason is None,
            reason=reason,
            probability=found.probability,
            threshold=LOW_CONFIDENCE,
            propensity=1.0,
            model_version=MODEL_VERSION,
            features=_features(comment, n_lines=len(found.lines), is_folded=is_folded),
            path=comment.path.as_posix(),
            line=max(0, comment.line - 1),
            n_chars=len(comment.message),
            n_lines=max(1, len(found.lines)),
            text_fingerprint=found.fingerprint,
            context_fingerprint=self._log.fingerprint(f"{comment.path}\n{comment.symbol}"),
            latency_ms=session.reviewed.review.seconds * 1000,
            project=project_name(folder, self._log.fingerprint(str(folder))),
        )

    async def _record(self, decisions: Sequence[Decision]) -> None:
        try:
            await self._log.record_decisions(decisions)
        except StoreError as error:
            logger.error("a review was not recorded: %s", error)


def _features(comment: ReviewComment, *, n_lines: int, is_folded: bool) -> dict[str, float]:
    return {
        f"{RULE}{comment.rule}": 1.0,
        f"{TOPIC}{comment.topic}": 1.0,
        CONFIDENCE: comment.confidence,
        SEVERITY: SEVERITY_VALUES[comment.severity],
        "is_confirmed": float(comment.confirmation is Confirmation.CONFIRMED),
        "claims_failure": float(comment.claims_failure),
        "has_reproduction": float(comment.reproduction is not None),
        "has_suggestion": float(bool(comment.suggestion)),
        "n_lines": float(n_lines),
        "n_also_at": float(len(comment.also_at)),
        "is_folded": float(is_folded),
    }
