"""Simulated users for `inkling bench personal`: habits that differ and drift, known in full only here.

A simulated user meets candidates as the gate would: real lines of Python around the cursor, a text, a source and its
log-probability. Whether one is right is decided first (quality); the log-probability only hints at it. Whether the user
takes it then depends on what a model cannot look up:

- a base rate, on average about the study's third of what is judged, and a preference for each source, each band of
  length, comments and strings, unfinished words, and for one file of the four that they work in: independent Gaussians
  for each user, all in log-odds;
- the candidate's quality;
- fatigue: every suggestion that was read and not taken lowers the next ones a little, until a session ends;
- drift: at a point between a third and two thirds of the log the preferences are drawn anew, half of the way.

What is offered may not be read (15%), or be superseded before it is judged. An accepted text is kept by a share that is
the user's own, undone now and then, and less often kept when it was wrong. Sessions have 15 to 60 candidates, seconds
apart, with hours between them. Hidden candidates have no outcome; fatigue does not grow from them.

The simulator never sees a model, its features or its probabilities: it is told only whether a candidate was offered.
"""

import math
import random
from dataclasses import dataclass, field
from pathlib import Path

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.core.ports import GateInput
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Reason, Scored, Source, SuggestionId, Trigger

START_MS = 1_700_000_000_000
READ_SHARE = 0.85
SUPERSEDED_SHARE = 0.06
UNDONE_SHARE = 0.03
FATIGUE = 0.06  # log-odds that each suggestion read in vain costs, until the session ends
MAX_FATIGUE = 0.6
SHORT_CHARS, LONG_CHARS = 10, 45  # where this user's feeling for length changes
WRONG_QUALITY = -0.5  # below it a text is wrong often enough to be taken out again
N_RECENT = 10  # as many as EventLog.recent_outcomes gives

_FILES = ("models.py", "views.py", "test_orders.py", "report.py")
_PLACES = (
    ("comment", "import math\n\n\ndef area(radius):\n    # returns "),
    ("string", 'import logging\n\nlogger = logging.getLogger(__name__)\nlogger.info("'),
    ("word", "from orders import Order, Customer\n\n\ndef total(order: Order) -> float:\n    retu"),
    ("plain", "from orders import Order, Customer\n\n\ndef total(order: Order) -> float:\n    "),
    ("plain", "rows = load()\nfor row in rows:\n    total = total + "),
)
_WORDS = ("order", "customer", "total", "row", "radius", "price", "value", "items", "result", "math", "index", "name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A candidate as the gate sees it, with what only the simulator knows.

    Attributes:
        gate_input: The question to the gate.
        file: The name of the file.
        place: comment, string, word or plain.
        quality: How right the text is, from -2 (wrong) to 2 (right).
        true_probability: Probability that the user accepts and keeps it, given that they judge it.
        starts_session: Whether it is the first of a session.
    """

    gate_input: GateInput
    file: str
    place: str
    quality: float
    true_probability: float
    starts_session: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a gate did with an offer; written into the log, and beyond `was_offered` of no effect on the user.

    Attributes:
        was_offered: Whether the user could see it.
        scored: What the model said.
        threshold: The threshold in force.
        propensity: Probability with which the policy in force offers it.
    """

    was_offered: bool
    scored: Scored
    threshold: float
    propensity: float


@dataclass(slots=True)
class SimulatedUser:
    """One user with habits of their own; see the module.

    Attributes:
        seed: Draws the habits.
        n_candidates: How many candidates the user will meet; says when drift comes.
        luck: Draws candidates and judgements; another luck is another day of the same user.
        drifts: Whether the habits change once.
    """

    seed: int
    n_candidates: int
    luck: int = 0
    drifts: bool = True
    _chance: random.Random = field(init=False)
    _habits: dict[str, float] = field(init=False)
    _drifts_at: int = field(init=False)
    _keeps: float = field(init=False)
    _now_ms: int = field(init=False, default=START_MS)
    _left_in_session: int = field(init=False, default=0)
    _fatigue: float = field(init=False, default=0.0)
    _recent: list[bool] = field(init=False, default_factory=list)
    _n_proposed: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - a simulation, no secret
        self._habits = self._draw_habits()
        self._keeps = self._chance.uniform(0.75, 0.98)
        drifts_at = int(self.n_candidates * self._chance.uniform(1 / 3, 2 / 3))
        self._drifts_at = drifts_at if self.drifts else -1
        self._chance = random.Random(f"{self.seed} {self.luck}")  # noqa: S311 - the same

    @property
    def drifts_at(self) -> int:
        """Returns the number of the candidate from which on the habits are others; -1 for never."""
        return self._drifts_at

    def propose(self) -> Offer:
        """Returns the next candidate that this user would meet."""
        if self._n_proposed == self._drifts_at:
            new = self._draw_habits()
            self._habits = {name: (value + new[name]) / 2 for name, value in self._habits.items()}
        self._n_proposed += 1
        starts_session = self._left_in_session == 0
        if starts_session:
            self._left_in_session = self._chance.randint(15, 60)
            self._now_ms += self._chance.randint(2, 14) * 3_600_000
            self._fatigue = 0.0
        self._left_in_session -= 1
        self._now_ms += self._chance.randint(4_000, 40_000)
        return self._offer(starts_session=starts_session)

    def react(self, offer: Offer, decided: Decided) -> JudgedSuggestion:
        """Returns the row of the log that the gate's decision leads to, and lets the user feel it."""
        outcome, was_read, kept = self._live_through(offer) if decided.was_offered else (None, False, None)
        n_chars = len(offer.gate_input.candidate.text)
        return JudgedSuggestion(
            suggestion_id=SuggestionId(f"{self.seed}-{self._n_proposed}"),
            at_ms=offer.gate_input.at_ms,
            source=offer.gate_input.candidate.source,
            trigger=Trigger.AUTOMATIC,
            was_offered=decided.was_offered,
            was_explored=decided.was_offered and decided.propensity < 1,
            reason=None if decided.was_offered else Reason.LOW_PROBABILITY,
            probability=decided.scored.probability,
            threshold=decided.threshold,
            propensity=decided.propensity,
            model_version=decided.scored.model_version,
            features=decided.scored.features,
            path=f"shop/{offer.file}",
            n_chars=n_chars,
            latency_ms=20.0,
            was_read=was_read,
            outcome=outcome,
            accepted_chars=n_chars if outcome in (OutcomeKind.ACCEPTED, OutcomeKind.UNDONE) else 0,
            visible_ms=2000.0 if was_read else None,
            kept=kept,
        )

    def _live_through(self, offer: Offer) -> tuple[OutcomeKind | None, bool, float | None]:
        """Returns outcome, whether it was read, and how much was kept."""
        chance = self._chance
        if chance.random() < SUPERSEDED_SHARE:
            return OutcomeKind.SUPERSEDED, chance.random() < READ_SHARE, None
        if chance.random() >= READ_SHARE:
            return OutcomeKind.IGNORED, False, None
        kept_if_accepted = (1 - UNDONE_SHARE) * self._keep_probability(offer.quality)
        was_accepted = chance.random() < offer.true_probability / kept_if_accepted
        self._recent = [*self._recent, was_accepted][-N_RECENT:]
        if not was_accepted:
            self._fatigue = min(MAX_FATIGUE, self._fatigue + FATIGUE)
            return chance.choice((OutcomeKind.REJECTED, OutcomeKind.IGNORED)), True, None
        if chance.random() < UNDONE_SHARE:
            return OutcomeKind.UNDONE, True, None
        is_kept = chance.random() < self._keep_probability(offer.quality)
        return OutcomeKind.ACCEPTED, True, chance.uniform(0.7, 1.0) if is_kept else chance.uniform(0.0, 0.3)

    def _draw_habits(self) -> dict[str, float]:
        spread = {
            "base": 0.7,
            "quality": 0.25,
            "embedded": 0.6,
            "long": 0.7,
            "short": 0.5,
            "comment": 0.8,
            "string": 0.6,
            "word": 0.6,
            "file": 0.9,
        }
        means = {"base": -0.2, "quality": 0.9, "comment": -0.2, "long": -0.2}
        return {name: self._chance.gauss(means.get(name, 0.0), sd) for name, sd in spread.items()}

    def _offer(self, *, starts_session: bool) -> Offer:
        chance = self._chance
        file = chance.choice(_FILES)
        place, before = chance.choice(_PLACES)
        source = Source.EMBEDDED if chance.random() < 0.6 else Source.MODEL
        quality = max(-2.0, min(chance.gauss(0, 1), 2.0))
        n_words = max(1, round(chance.lognormvariate(1.1, 0.8)))
        text = " + ".join(chance.choice(_WORDS) for _ in range(min(n_words, 30)))
        n_tokens = max(1, len(text) // 4)
        hint = min(-0.02, -0.5 + 0.35 * quality + chance.gauss(0, 0.3))
        # The study's median is -0.4 a token; the embedded mind is surer, and what its texts lose is lost once.
        logprob = hint if source is Source.MODEL else hint / n_tokens
        path = Path("/simulated/shop") / file
        snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=0, text=before)
        gate_input = GateInput(
            request=CompletionRequest(snapshot=snapshot, offset=len(before)),
            candidate=Candidate(text=text, source=source, mean_logprob=logprob, n_tokens=n_tokens),
            at_ms=self._now_ms,
            recent_outcomes=tuple(self._recent),
        )
        accepts = self._accept_probability(file, place, gate_input.candidate, quality)
        return Offer(
            gate_input=gate_input,
            file=file,
            place=place,
            quality=quality,
            true_probability=accepts * (1 - UNDONE_SHARE) * self._keep_probability(quality),
            starts_session=starts_session,
        )

    def _accept_probability(self, file: str, place: str, candidate: Candidate, quality: float) -> float:
        habits, n_chars = self._habits, len(candidate.text)
        log_odds = habits["base"] + habits["quality"] * quality - self._fatigue + habits.get(place, 0.0)
        if candidate.source is Source.EMBEDDED:
            log_odds += habits["embedded"]
        if n_chars > LONG_CHARS:
            log_odds += habits["long"]
        elif n_chars < SHORT_CHARS:
            log_odds += habits["short"]
        if file == _FILES[self.seed % len(_FILES)]:
            log_odds += habits["file"]
        return 1 / (1 + math.exp(-log_odds))

    def _keep_probability(self, quality: float) -> float:
        return self._keeps if quality > WRONG_QUALITY else self._keeps - 0.25
