"""What the person thought of the latest suggestions, answered from memory."""

import heapq
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from inkling.core.events import Decision, Feature, Outcome, OutcomeKind
from inkling.core.suggestion import SuggestionId

N_RECENT = 10  # what EventLog.recent_outcomes promises at most
MAX_SUGGESTIONS = 4000  # about an hour of steady typing; the latest N_RECENT judgements are found among them
MAX_REJECTIONS = 20_000  # about 4 MB; a person rejects a few hundred suggestions a day at most
READ_AFTER_MS = 750  # a suggestion seen for less was not read; see core.events.OutcomeKind

ACCEPTING = frozenset({OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED, OutcomeKind.TYPED_THROUGH})
ACTING = ACCEPTING | {OutcomeKind.REJECTED, OutcomeKind.UNDONE}  # takes somebody who has read the suggestion
JUDGING = ACTING | {OutcomeKind.IGNORED}


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintPair:
    """Where and what: the keyed hashes of a suggestion's context and of its text."""

    context: str
    text: str


@dataclass(slots=True, kw_only=True)
class _Life:
    """What is known of one suggestion so far."""

    fingerprints: FingerprintPair | None = None
    feature: Feature | None = None
    was_read: bool = False
    verdict: OutcomeKind | None = None
    verdict_at_ms: int = 0

    @property
    def was_seen(self) -> bool:
        """Ignoring what was never read is no judgement; every other verdict takes somebody who acted."""
        return self.was_read or self.verdict is not OutcomeKind.IGNORED

    @property
    def is_ghost_text(self) -> bool:
        """Whether it is a completion; what other features offer is accepted at other rates."""
        return self.feature in (None, Feature.COMPLETION)

    def is_overruled_by(self, outcome: Outcome) -> bool:
        """Tells whether an outcome comes after the verdict that stands."""
        if self.verdict is None:
            return True
        return (precedence(outcome.kind), outcome.at_ms) >= (precedence(self.verdict), self.verdict_at_ms)


def precedence(kind: OutcomeKind) -> int:
    """Returns which outcome of a suggestion speaks for it, the higher the number; 0 for what ends nothing.

    Among outcomes of one precedence the last one speaks.
    """
    if kind is OutcomeKind.UNDONE:
        return 3
    if kind in JUDGING:
        return 2
    return 1 if kind is OutcomeKind.SUPERSEDED else 0


class Judgements:
    """The latest judged suggestions and the rejected ones, bounded in memory.

    A suggestion with several outcomes is judged by the last of them, and an accept that was undone is none. Noting an
    outcome twice changes nothing, so what this process recorded may be read back from the store together with what
    other windows wrote. Any thread may call any method.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lives: dict[SuggestionId, _Life] = {}
        self._rejections: dict[FingerprintPair, None] = {}
        self._recent: tuple[bool, ...] | None = ()
        self._n_noted = 0

    def note_decisions(self, decisions: Iterable[Decision]) -> None:
        """Remembers what outcomes of these suggestions will be about."""
        with self._lock:
            for decision in decisions:
                if decision.was_offered:
                    pair = FingerprintPair(context=decision.context_fingerprint, text=decision.text_fingerprint)
                    life = self._life(decision.suggestion_id)
                    life.fingerprints, life.feature = pair, decision.feature

    def note_outcome(
        self, outcome: Outcome, fingerprints: FingerprintPair | None = None, feature: Feature | None = None
    ) -> None:
        """Takes an outcome into account, with what the caller knows of the suggestion it is about."""
        with self._lock:
            life = self._life(outcome.suggestion_id)
            life.fingerprints = life.fingerprints or fingerprints
            life.feature = life.feature or feature
            if outcome.kind is OutcomeKind.SHOWN or (outcome.visible_ms or 0) >= READ_AFTER_MS:
                life.was_read = True
            if outcome.kind in JUDGING and life.is_overruled_by(outcome):
                self._judge(life, outcome)
            self._recent = None
            self._n_noted += 1

    def n_noted(self) -> int:
        """Returns how many outcomes were noted, those noted twice counted twice: it tells whether there is news."""
        with self._lock:
            return self._n_noted

    def forget(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._lives.clear()
            self._rejections.clear()
            self._recent = ()

    def was_rejected(self, fingerprints: FingerprintPair) -> bool:
        """Tells whether the latest clear word on this text in this context was a rejection."""
        with self._lock:
            return fingerprints in self._rejections

    def recent(self) -> tuple[bool, ...]:
        """Returns the latest judged suggestions of ghost text, oldest first, at most ten: True for accepted."""
        with self._lock:
            if self._recent is None:
                # The latest first, so that of several in one millisecond the latest are taken.
                lives = reversed(self._lives.values())
                judged = (life for life in lives if life.verdict is not None and life.was_seen and life.is_ghost_text)
                latest = heapq.nlargest(N_RECENT, judged, key=lambda life: life.verdict_at_ms)
                self._recent = tuple(life.verdict in ACCEPTING for life in reversed(latest))
            return self._recent

    def _life(self, suggestion_id: SuggestionId) -> _Life:
        life = self._lives.get(suggestion_id)
        if life is None:
            life = self._lives[suggestion_id] = _Life()
            if len(self._lives) > MAX_SUGGESTIONS:
                del self._lives[next(iter(self._lives))]
        return life

    def _judge(self, life: _Life, outcome: Outcome) -> None:
        was_rejected = life.verdict is OutcomeKind.REJECTED
        life.verdict = outcome.kind
        life.verdict_at_ms = outcome.at_ms
        if life.fingerprints is None:
            return
        if outcome.kind is OutcomeKind.REJECTED:
            self._rejections[life.fingerprints] = None
            if len(self._rejections) > MAX_REJECTIONS:
                del self._rejections[next(iter(self._rejections))]
        elif was_rejected or outcome.kind in ACCEPTING:
            self._rejections.pop(life.fingerprints, None)
