"""What the Insights page shows: plain data, computed by `inkling.app.insights`, drawn by `extension/src/insights`."""

from dataclasses import dataclass
from typing import Literal

from inkling.core.interval import Interval

ForecastBasis = Literal["log", "study", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """One day in the user's time zone.

    Attributes:
        day: The date, YYYY-MM-DD.
        n_proposed: Candidates, hidden ones included.
        n_offered: Candidates sent to the editor.
        n_judged: Suggestions that were read and then accepted, rejected or ignored.
        n_accepted: Of these, the accepted ones, in full or in part, and not undone.
        n_looked_at: Accepted ones whose place was looked at later.
        n_kept: Of these, the ones of which at least half stands there.
        latency_ms_p50: Median time from request to decision, milliseconds; None without a decision.
        latency_ms_p95: The 95th percentile of the same.
    """

    day: str
    n_proposed: int
    n_offered: int
    n_judged: int
    n_accepted: int
    n_looked_at: int
    n_kept: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """The same counts for one source, one file or one project over the whole period; `accepted` is a share."""

    name: str
    n_offered: int
    n_judged: int
    n_accepted: int
    n_looked_at: int
    n_kept: int
    accepted: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Judged suggestions of about the same probability: what was promised and what came.

    Attributes:
        n: How many.
        probability: Mean probability, in [0, 1].
        accepted: Share accepted and kept, with its interval.
    """

    n: int
    probability: float
    accepted: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyBin:
    """Decisions that took longer than the bin before and at most `up_to_ms`; None: no upper end."""

    up_to_ms: float | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How often something was not shown for one reason.

    Attributes:
        words: The reason for a person.
        n: How often.
        had_candidate: Whether a candidate was hidden; otherwise there was none.
    """

    words: str
    n: int
    had_candidate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobForecast:
    """What one setting of the knob is expected to do.

    Attributes:
        policy: The value of `inkling.gate.policy`.
        label: The setting for a person, such as "Balanced: lose at most 5%".
        is_in_force: Whether it is the user's setting now.
        threshold: Least probability it amounts to.
        basis: Whether the user's own log says so, the shipped model's study, or nothing can.
        words: What a person should know of the basis, or why there is no forecast.
        suggestions_an_hour: Offered in an hour of work.
        accepts_lost: Share of today's accepts that would be hidden; below 0 when more are won.
        rejected_hidden: Share of today's rejections that would be spared.
    """

    policy: str
    label: str
    is_in_force: bool
    threshold: float
    basis: ForecastBasis
    words: str
    suggestions_an_hour: Interval | None
    accepts_lost: Interval | None
    rejected_hidden: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedOffset:
    """One thing that was learned of the user, in log-odds: above 0 speaks for a suggestion."""

    words: str
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFact:
    """A line of the model card."""

    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """The acceptance model in force.

    Attributes:
        version: Of the model.
        n_events: Judged suggestions of the user that it learned from.
        log_loss: Mean over them, each predicted before it was learned from; None without any.
        prior_log_loss: The same of the shipped model alone.
        offsets: What was learned, the surest first, at most 12.
        facts: The rest of the card: what the shipped model was trained on, its metrics, its limits.
    """

    version: str
    n_events: int
    log_loss: float | None
    prior_log_loss: float | None
    offsets: list[LearnedOffset]
    facts: list[CardFact]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLine:
    """One figure of late beside what it was before; shares in [0, 1], lengths in characters."""

    words: str
    is_share: bool
    before: Interval
    recent: Interval
    is_certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCounts:
    """What became of review comments of one kind.

    Attributes:
        name: The severity or the rule; empty for all comments.
        n_shown: Comments that were read in the editor.
        n_applied: Of these, those whose suggestion was applied.
        n_resolved: Those that were resolved.
        n_dismissed: Those that were dismissed, or their rule silenced.
        n_changed: Those with none of this whose lines were changed after they were read.
    """

    name: str
    n_shown: int
    n_applied: int
    n_resolved: int
    n_dismissed: int
    n_changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissalReason:
    """How often a reason was given for a dismissal, in the words of the user."""

    words: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewActivity:
    """What became of review comments.

    Attributes:
        counts: Of all comments.
        by_severity: The same by severity, the worst first; severities that did not occur are left out.
        most_dismissed: The same by rule: those of which comments were dismissed, the most dismissed first, at most 10.
        reasons: Why comments were dismissed, in the editor and in a shell, the most frequent first, at most 8.
    """

    counts: ReviewCounts
    by_severity: list[ReviewCounts]
    most_dismissed: list[ReviewCounts]
    reasons: list[DismissalReason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """The whole page.

    Attributes:
        made_at_ms: When, in milliseconds since the Unix epoch.
        n_days: The period, in days up to now.
        counts: The totals of the period; the name is empty.
        days: The days of the period on which something was decided, oldest first.
        by_source: By mind.
        by_file: By file, the most judged first, at most 15.
        by_project: The same by project.
        reliability: Bins of about equally many judged suggestions, by rising probability.
        calibration_error: Mean distance between promise and outcome, weighed by bin; None without judgements.
        n_judged_read: Judged suggestions that reliability, forecast and drift were computed from: the latest ones.
        latency: Decisions by time taken.
        hidden: What was not shown, by reason, the most frequent first.
        reviews: What became of review comments.
        knob: Forecasts, the one in force among them where it is known.
        model: The acceptance model.
        drift: What changed of late; empty with too little data.
        alarms: What a person must know, in words.
        store_path: Where the events are.
        store_bytes: Size of the store on disk.
    """

    made_at_ms: int
    n_days: int
    counts: GroupCounts
    days: list[DayCounts]
    by_source: list[GroupCounts]
    by_file: list[GroupCounts]
    by_project: list[GroupCounts]
    reliability: list[ReliabilityBin]
    calibration_error: float | None
    n_judged_read: int
    latency: list[LatencyBin]
    hidden: list[ReasonCount]
    reviews: ReviewActivity
    knob: list[KnobForecast]
    model: ModelCard
    drift: list[DriftLine]
    alarms: list[str]
    store_path: str
    store_bytes: int
