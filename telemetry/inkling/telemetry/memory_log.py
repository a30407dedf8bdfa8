"""The event log when there is no store: the same answers, from memory, forgotten with the process."""

import secrets
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from inkling.core.events import (
    APART,
    Decision,
    DecisionSummary,
    EventId,
    Feature,
    FeatureCounts,
    JudgedSuggestion,
    Outcome,
    OutcomeKind,
    Silence,
    Statistics,
    Survival,
    SurvivalKind,
)
from inkling.core.suggestion import SuggestionId
from inkling.telemetry.clock import stored_ms
from inkling.telemetry.database import KEY_BYTES
from inkling.telemetry.judgements import ACCEPTING, ACTING, READ_AFTER_MS, FingerprintPair, Judgements, precedence
from inkling.telemetry.reading import percentile_rank
from inkling.telemetry.store import fingerprint

MAX_EVENTS = 10_000  # of each kind; about 20 MB at most
STORE_PATH = "(memory only)"

_Id = TypeVar("_Id")
_Event = TypeVar("_Event")
_Timed = TypeVar("_Timed", Decision, Silence, Outcome, Survival)


class MemoryEventLog:
    """Stands in for `EventStore` where it cannot be opened. Holds the latest events of each kind; never fails."""

    def __init__(self, max_events: int = MAX_EVENTS) -> None:
        self._max_events = max_events
        self._key = secrets.token_bytes(KEY_BYTES)
        self._judgements = Judgements()
        self._decisions: dict[SuggestionId, Decision] = {}
        self._silences: deque[Silence] = deque(maxlen=max_events)
        self._outcomes: dict[EventId, Outcome] = {}
        self._survivals: dict[EventId, Survival] = {}

    async def close(self) -> None:
        """Does nothing: there is nothing to let go of."""

    def notices(self) -> list[str]:
        """Returns nothing: whoever took this log knows why."""
        return []

    def fingerprint(self, text: str) -> str:
        """Returns a keyed hash of `text`: 16 hexadecimal digits."""
        return fingerprint(text, self._key)

    def was_rejected(self, *, context_fingerprint: str, text_fingerprint: str) -> bool:
        """Tells whether the user rejected this text in this context since the process started."""
        return self._judgements.was_rejected(FingerprintPair(context=context_fingerprint, text=text_fingerprint))

    def recent_outcomes(self) -> tuple[bool, ...]:
        """Returns the latest judged suggestions, oldest first, at most ten: True for accepted."""
        return self._judgements.recent()

    def n_outcomes_noted(self) -> int:
        """Returns a number that grows as outcomes of any window become known, after own ones at once. From memory."""
        return self._judgements.n_noted()

    async def record_decisions(self, decisions: Sequence[Decision]) -> None:
        """Keeps decisions, each suggestion once."""
        self._judgements.note_decisions(decisions)
        for decision in decisions:
            self._decisions.setdefault(decision.suggestion_id, _at_plausible_time(decision))
        _drop_oldest(self._decisions, self._max_events)

    async def record_silence(self, silence: Silence) -> None:
        """Keeps a silence."""
        self._silences.append(_at_plausible_time(silence))

    async def record_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        """Keeps outcomes, each event id once."""
        for outcome in map(_at_plausible_time, outcomes):
            self._judgements.note_outcome(outcome)
            self._outcomes.setdefault(outcome.event_id, outcome)
        _drop_oldest(self._outcomes, self._max_events)

    async def record_survivals(self, survivals: Sequence[Survival]) -> None:
        """Keeps looks at accepted and rejected places, each event id once."""
        for survival in map(_at_plausible_time, survivals):
            self._survivals.setdefault(survival.event_id, survival)
        _drop_oldest(self._survivals, self._max_events)

    async def forget_texts(self, before_ms: int) -> int:
        """Removes the texts of suggestions decided before a moment; returns how many."""
        old = [each for each in self._decisions.values() if each.text is not None and each.at_ms < before_ms]
        for decision in old:
            self._decisions[decision.suggestion_id] = replace(decision, text=None)
        return len(old)

    async def judged_suggestions(
        self, since_ms: int, limit: int, feature: Feature = Feature.COMPLETION
    ) -> list[JudgedSuggestion]:
        """Returns a feature's latest decisions with what became of them, oldest first, at most `limit`."""
        outcomes: dict[SuggestionId, list[Outcome]] = {}
        for outcome in self._outcomes.values():
            outcomes.setdefault(outcome.suggestion_id, []).append(outcome)
        kept: dict[SuggestionId, float] = {}
        stands: dict[SuggestionId, float] = {}
        for survival in sorted(self._survivals.values(), key=lambda survival: survival.at_ms):
            if survival.follows in ACCEPTING and survival.kind is not SurvivalKind.UNKNOWN:
                kept[survival.suggestion_id] = survival.similarity
            elif survival.follows is OutcomeKind.SHOWN and survival.kind is not SurvivalKind.UNKNOWN:
                stands[survival.suggestion_id] = survival.similarity
        decisions = [
            decision
            for decision in self._decisions.values()
            if decision.at_ms >= since_ms and decision.feature is feature
        ]
        decisions.sort(key=lambda decision: decision.at_ms)
        return [
            replace(
                _judged(decision, outcomes.get(decision.suggestion_id, ()), kept.get(decision.suggestion_id)),
                stands=stands.get(decision.suggestion_id),
            )
            for decision in decisions[max(0, len(decisions) - max(0, limit)) :]
        ]

    async def recent_decisions(self, limit: int) -> list[DecisionSummary]:
        """Returns the latest decisions and silences, newest first."""
        latest: dict[SuggestionId, Outcome] = {}
        for outcome in self._outcomes.values():
            earlier = latest.get(outcome.suggestion_id)
            if earlier is None or outcome.at_ms >= earlier.at_ms:
                latest[outcome.suggestion_id] = outcome
        summaries = [_summary_of_silence(silence) for silence in reversed(self._silences)]
        for decision in reversed(self._decisions.values()):
            outcome_or_none = latest.get(decision.suggestion_id)
            summaries.append(_summary(decision, outcome_or_none.kind if outcome_or_none else None))
        summaries.sort(key=lambda summary: summary.at_ms, reverse=True)
        return summaries[: max(0, limit)]

    async def statistics(self, since_ms: int) -> Statistics:
        """Returns counts since a moment in milliseconds since the Unix epoch."""
        decisions = [decision for decision in self._decisions.values() if decision.at_ms >= since_ms]
        outcomes = [outcome for outcome in self._outcomes.values() if outcome.at_ms >= since_ms]
        latencies = sorted(each.latency_ms for each in decisions if each.feature is Feature.COMPLETION)
        ghost_text = self._feature_counts(since_ms, None)
        return Statistics(
            since_ms=since_ms,
            n_proposed=ghost_text.n_proposed,
            n_offered=ghost_text.n_offered,
            n_hidden_by_reason=ghost_text.n_hidden_by_reason,
            n_silent_by_reason=ghost_text.n_silent_by_reason,
            n_by_outcome=ghost_text.n_by_outcome,
            next_edits=self._feature_counts(since_ms, Feature.NEXT_EDIT),
            reviews=self._feature_counts(since_ms, Feature.REVIEW),
            n_chars_accepted=self._count_accepted_chars(
                [each for each in outcomes if self._apart(self._feature(each)) is None]
            ),
            latency_ms_p50=latencies[percentile_rank(len(latencies), 0.50)] if latencies else None,
            latency_ms_p95=latencies[percentile_rank(len(latencies), 0.95)] if latencies else None,
            store_path=STORE_PATH,
            store_bytes=0,
        )

    def _feature_counts(self, since_ms: int, of: Feature | None) -> FeatureCounts:
        """Returns the counts of a feature that is counted apart, or of all others."""
        decisions = [
            each for each in self._decisions.values() if each.at_ms >= since_ms and self._apart(each.feature) is of
        ]
        silences = [each for each in self._silences if each.at_ms >= since_ms and self._apart(each.feature) is of]
        seen = {
            (each.kind, each.suggestion_id)
            for each in self._outcomes.values()
            if each.at_ms >= since_ms and self._apart(self._feature(each)) is of
        }
        return FeatureCounts(
            n_proposed=len(decisions),
            n_offered=sum(decision.was_offered for decision in decisions),
            n_hidden_by_reason=Counter(d.reason for d in decisions if not d.was_offered and d.reason is not None),
            n_silent_by_reason=Counter(silence.reason for silence in silences),
            n_by_outcome=Counter(kind for kind, _ in seen),
        )

    def _feature(self, outcome: Outcome) -> Feature | None:
        decision = self._decisions.get(outcome.suggestion_id)
        return decision.feature if decision is not None else None

    @staticmethod
    def _apart(feature: Feature | None) -> Feature | None:
        return feature if feature in APART else None

    def _count_accepted_chars(self, outcomes: Sequence[Outcome]) -> int:
        n_by_suggestion: dict[SuggestionId, int] = {}
        for outcome in outcomes:
            decision = self._decisions.get(outcome.suggestion_id)
            n_chars = _n_accepted_chars(outcome, decision.n_chars if decision else None)
            n_by_suggestion[outcome.suggestion_id] = max(n_chars, n_by_suggestion.get(outcome.suggestion_id, 0))
        return sum(n_by_suggestion.values())


def _drop_oldest(events: dict[_Id, _Event], max_events: int) -> None:
    while len(events) > max_events:
        del events[next(iter(events))]


def _at_plausible_time(event: _Timed) -> _Timed:
    return replace(event, at_ms=stored_ms(event.at_ms, time.time_ns() // 1_000_000))


def _judged(decision: Decision, outcomes: Sequence[Outcome], kept: float | None) -> JudgedSuggestion:
    ends = [outcome for outcome in outcomes if precedence(outcome.kind)]
    # Sorting keeps the order of arrival among equals, so the last is the latest.
    ends.sort(key=lambda outcome: (precedence(outcome.kind), outcome.at_ms))
    return JudgedSuggestion(
        suggestion_id=decision.suggestion_id,
        at_ms=decision.at_ms,
        source=decision.source,
        trigger=decision.trigger,
        was_offered=decision.was_offered,
        was_explored=decision.was_explored,
        reason=decision.reason,
        probability=decision.probability,
        threshold=decision.threshold,
        propensity=decision.propensity,
        model_version=decision.model_version,
        features=decision.features,
        path=decision.path,
        project=decision.project,
        n_chars=decision.n_chars,
        latency_ms=decision.latency_ms,
        was_read=any(
            outcome.kind in {OutcomeKind.SHOWN, *ACTING} or (outcome.visible_ms or 0) >= READ_AFTER_MS
            for outcome in outcomes
        ),
        outcome=ends[-1].kind if ends else None,
        accepted_chars=max((_n_accepted_chars(outcome, decision.n_chars) for outcome in outcomes), default=0),
        visible_ms=max((o.visible_ms for o in outcomes if o.visible_ms is not None), default=None),
        kept=kept,
    )


def _n_accepted_chars(outcome: Outcome, n_chars: int | None) -> int:
    """Returns the code points an outcome accepts; the whole suggestion's length may be unknown."""
    if outcome.kind is OutcomeKind.ACCEPTED:
        return n_chars if n_chars is not None else outcome.accepted_chars or 0
    return (outcome.accepted_chars or 0) if outcome.kind is OutcomeKind.PARTLY_ACCEPTED else 0


def _summary(decision: Decision, outcome: OutcomeKind | None) -> DecisionSummary:
    return DecisionSummary(
        at_ms=decision.at_ms,
        path=decision.path,
        line=decision.line,
        was_offered=decision.was_offered,
        reason=decision.reason,
        probability=decision.probability,
        threshold=decision.threshold,
        source=decision.source,
        n_chars=decision.n_chars,
        latency_ms=decision.latency_ms,
        checked=decision.checked,
        outcome=outcome,
        suggestion_id=decision.suggestion_id,
        model_version=decision.model_version,
        features=decision.features,
        project=decision.project,
        feature=decision.feature,
    )


def _summary_of_silence(silence: Silence) -> DecisionSummary:
    return DecisionSummary(
        at_ms=silence.at_ms,
        path=silence.path,
        line=silence.line,
        was_offered=False,
        reason=silence.reason,
        probability=silence.probability,
        threshold=silence.threshold,
        source=None,
        n_chars=None,
        latency_ms=silence.latency_ms,
        checked=frozenset(),
        outcome=None,
        suggestion_id=None,
        project=silence.project,
        feature=silence.feature,
    )
