"""`inkling bench store`: the event store of a busy year, and what it costs to learn from it and to look at it."""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from inkling.app.exit_codes import EXIT_NOTHING
from inkling.bench.report import Report, exact, publish
from inkling.core.errors import InklingError, UserError
from inkling.core.events import (
    Decision,
    EventId,
    Feature,
    Outcome,
    OutcomeKind,
    Silence,
    Survival,
    SurvivalKind,
)
from inkling.core.suggestion import Check, Reason, Source, SuggestionId, Trigger
from inkling.models.acceptance import LogisticAcceptanceModel
from inkling.models.featurize import FEATURE_NAMES
from inkling.telemetry.store import EventStore

PERIOD_MS = 365 * 24 * 3600 * 1000
EVENTS_A_DECISION = 4.6  # itself, silences, outcomes and looks at what was accepted, with the shares below
DECISIONS_A_SESSION = 50
SPACING_MS = 15_000  # between decisions of one session
DECISIONS_A_COMMIT = 100
N_SINGLE = 200  # events stored one by one, as a daemon does while somebody types
N_KINDS = 2000  # different sets of features
N_FILES = 400
PROJECTS = ("shop-3fa2c1", "api-77ab03", "tools-9c01d2")
EXPLORED = 0.02
UNREAD_SHARE, SILENT_SHARE = 0.15, 0.3
LOOKS_S = (15.0, 30.0, 120.0, 300.0, 600.0, None)
MB = 2**20

PROTOCOL = """{n_events:,} events of one simulated user, over a year up to now: sessions of {session} decisions;
features drawn around the shipped model's averages, gated at its recommended threshold, {explored:.0%} of the hidden
ones shown at random; of what is shown {read:.0%} is read and accepted with the model's probability; what is accepted
is looked at six times; {silent:.0%} silences for each decision. events_per_s: stored in commits of {commit} decisions
with all that became of them, by the time the calls took; single_events_per_s: one event a commit, each awaited.
train_s: `inkling model retrain`; insights_s: `inkling report --json -` of 90 days, as the daemon runs it for the page;
insights_year_s: of 365 days; stats_s: `inkling stats` over all time. Each is run twice, and the second run told: the
whole process, from its start to its end (_s by the clock, _cpu_s of the processor), and its largest resident set
(_memory_mb). report_bytes: the page of 365 days as one HTML file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOptions:
    """What to measure.

    Attributes:
        seed: Draws the user's year.
        n_events: About how many rows the store shall hold.
        data_dir: Where to; None for a folder that is deleted afterwards.
    """

    seed: int
    n_events: int
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """A sort of suggestion."""

    features: dict[str, float]
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Some decisions, and all that became of them."""

    decisions: list[Decision]
    silences: list[Silence]
    outcomes: list[Outcome]
    survivals: list[Survival]

    @property
    def n_events(self) -> int:
        return len(self.decisions) + len(self.silences) + len(self.outcomes) + len(self.survivals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """How storing went."""

    n_events: int
    spent_s: float
    single_spent_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    """How a command went.

    Attributes:
        spent_s: By the clock.
        cpu_s: Of the processor.
        memory_bytes: Largest resident set.
    """

    spent_s: float
    cpu_s: float
    memory_bytes: int


def run(options: StoreOptions, json_file: Path | None) -> int:
    """Measures, prints and writes; returns the exit code.

    Raises:
        UserError: The folder holds a store already.
    """
    if options.data_dir is not None:
        return _measure(options, options.data_dir, json_file)
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as folder:
        return _measure(options, Path(folder), json_file)


def _measure(options: StoreOptions, data_dir: Path, json_file: Path | None) -> int:
    if list(data_dir.glob("events.db*")):
        raise UserError(f"{data_dir} holds a store already; the benchmark fills an empty folder")
    stored = asyncio.run(_fill(data_dir, options))
    n_bytes = sum(file.stat().st_size for file in data_dir.glob("events.db*"))
    page = data_dir / "report.html"
    _ran(data_dir, "report", str(page), "--days", "365")
    metrics = {
        "events_per_s": stored.n_events / stored.spent_s,
        "single_events_per_s": N_SINGLE / stored.single_spent_s,
        "store_mb": n_bytes / MB,
        "bytes_per_event": n_bytes / stored.n_events,
        **_figures("train", _ran(data_dir, "model", "retrain", may_say_no=True)),
        **_figures("insights", _ran(data_dir, "report", "--json", "-", "--days", "90")),
        **_figures("insights_year", _ran(data_dir, "report", "--json", "-", "--days", "365")),
        **_figures("stats", _ran(data_dir, "stats", "--days", "36500")),
        "report_bytes": float(page.stat().st_size),
    }
    report = Report(
        bench="store",
        seed=options.seed,
        protocol=PROTOCOL.format(
            n_events=stored.n_events,
            session=DECISIONS_A_SESSION,
            explored=EXPLORED,
            read=1 - UNREAD_SHARE,
            silent=SILENT_SHARE,
            commit=DECISIONS_A_COMMIT,
        ),
        n=stored.n_events,
        metrics={name: exact(value) for name, value in metrics.items()},
    )
    publish(report, json_file)
    return 0


async def _fill(data_dir: Path, options: StoreOptions) -> _Stored:
    year = _Year(options.seed, max(1, round(options.n_events / EVENTS_A_DECISION)))
    n_events, spent_s = 0, 0.0
    store = await EventStore.open(data_dir)
    try:
        for batch in year.batches():
            started_s = time.perf_counter()
            await asyncio.gather(
                store.record_decisions(batch.decisions),
                *(store.record_silence(silence) for silence in batch.silences),
                store.record_outcomes(batch.outcomes),
                store.record_survivals(batch.survivals),
            )
            spent_s += time.perf_counter() - started_s
            n_events += batch.n_events
        singles = [year.decision(int(time.time() * 1000)) for _ in range(N_SINGLE)]
        started_s = time.perf_counter()
        for decision in singles:
            await store.record_decisions([decision])
        single_spent_s = time.perf_counter() - started_s
    finally:
        await store.close()
    return _Stored(n_events=n_events + N_SINGLE, spent_s=spent_s, single_spent_s=single_spent_s)


class _Year:
    """The events of one user's year, drawn at random."""

    def __init__(self, seed: int, n_decisions: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a simulation, not secrets
        self._n_decisions = n_decisions
        self._begin_ms = int(time.time() * 1000) - PERIOD_MS
        self._prior = LogisticAcceptanceModel.load()
        self._threshold = self._prior.artifact.recommended_threshold
        self._kinds = [self._kind() for _ in range(N_KINDS)]

    def batches(self) -> Iterator[_Batch]:
        """Yields the year in the order of time."""
        n_sessions = -(-self._n_decisions // DECISIONS_A_SESSION)
        session_ms = PERIOD_MS / n_sessions
        spacing_ms = min(SPACING_MS, session_ms / 2 / DECISIONS_A_SESSION)
        batch = _Batch(decisions=[], silences=[], outcomes=[], survivals=[])
        for number in range(self._n_decisions):
            session, place = divmod(number, DECISIONS_A_SESSION)
            self._live_through(int(self._begin_ms + session * session_ms + place * spacing_ms), batch)
            if len(batch.decisions) == DECISIONS_A_COMMIT or number == self._n_decisions - 1:
                yield batch
                batch = _Batch(decisions=[], silences=[], outcomes=[], survivals=[])

    def decision(self, at_ms: int) -> Decision:
        """Returns a decision of the gate."""
        chance, kind = self._chance, self._chance.choice(self._kinds)
        is_likely = kind.probability >= self._threshold
        was_explored = not is_likely and chance.random() < EXPLORED
        was_offered = is_likely or was_explored
        file = min(int(chance.paretovariate(0.7)), N_FILES)
        return Decision(
            suggestion_id=SuggestionId(self._id()),
            at_ms=at_ms,
            feature=Feature.COMPLETION,
            trigger=Trigger.AUTOMATIC,
            source=Source.EMBEDDED if chance.random() < 0.8 else Source.MODEL,
            was_offered=was_offered,
            was_explored=was_explored,
            reason=None if was_offered else Reason.LOW_PROBABILITY,
            probability=kind.probability,
            threshold=self._threshold,
            propensity=1.0 if is_likely else EXPLORED,
            model_version=self._prior.artifact.model_version,
            features=kind.features,
            checked=frozenset({Check.PARSES, Check.NAMES_EXIST}) if was_offered else frozenset(),
            path=f"src/package_{file % 20}/module_{file}.py",
            project=PROJECTS[file % len(PROJECTS)],
            line=chance.randrange(900),
            n_chars=chance.randrange(3, 80),
            n_lines=1,
            text_fingerprint=f"{chance.getrandbits(64):016x}",
            context_fingerprint=f"{chance.getrandbits(64):016x}",
            latency_ms=round(chance.lognormvariate(1.8, 0.7), 3),
        )

    def _live_through(self, at_ms: int, batch: _Batch) -> None:
        """Adds a decision, what became of it, and sometimes a silence after it."""
        chance, decision = self._chance, self.decision(at_ms)
        batch.decisions.append(decision)
        if chance.random() < SILENT_SHARE:
            batch.silences.append(self._silence(decision))
        if not decision.was_offered:
            return
        if chance.random() < UNREAD_SHARE:
            batch.outcomes.append(self._outcome(decision, OutcomeKind.SUPERSEDED, 300))
            return
        batch.outcomes.append(self._outcome(decision, OutcomeKind.SHOWN, 750))
        if chance.random() < (decision.probability or 0.0):
            batch.outcomes.append(self._outcome(decision, OutcomeKind.ACCEPTED, 1500))
            batch.survivals.extend(self._looks(decision))
        else:
            kind = chance.choice((OutcomeKind.REJECTED, OutcomeKind.IGNORED))
            batch.outcomes.append(self._outcome(decision, kind, 1200))

    def _looks(self, decision: Decision) -> Iterator[Survival]:
        similarity = 1.0 if self._chance.random() < 0.7 else round(self._chance.random(), 3)
        for after_s in LOOKS_S:
            yield Survival(
                event_id=EventId(self._id()),
                suggestion_id=decision.suggestion_id,
                follows=OutcomeKind.ACCEPTED,
                at_ms=decision.at_ms + 1500 + int(1000 * (after_s or 1200)),
                after_s=after_s,
                kind=SurvivalKind.KEPT if similarity == 1 else SurvivalKind.EDITED,
                similarity=similarity,
            )

    def _outcome(self, decision: Decision, kind: OutcomeKind, after_ms: int) -> Outcome:
        return Outcome(
            event_id=EventId(self._id()),
            suggestion_id=decision.suggestion_id,
            kind=kind,
            at_ms=decision.at_ms + after_ms,
            visible_ms=float(after_ms),
        )

    def _silence(self, decision: Decision) -> Silence:
        return Silence(
            at_ms=decision.at_ms + 400,
            feature=Feature.COMPLETION,
            trigger=Trigger.AUTOMATIC,
            reason=self._chance.choice((Reason.NO_CANDIDATE, Reason.NOT_AT_A_PLACE_TO_COMPLETE, Reason.DEADLINE)),
            path=decision.path,
            project=decision.project,
            line=decision.line,
            latency_ms=2.0,
        )

    def _kind(self) -> _Kind:
        learned = self._prior.artifact.regression
        features = {
            name: self._chance.gauss(mean, scale)
            for name, mean, scale in zip(FEATURE_NAMES, learned.mean, learned.scale, strict=True)
        }
        return _Kind(features=features, probability=self._prior.probability(features))

    def _id(self) -> str:
        return f"{self._chance.getrandbits(128):032x}"


def _figures(name: str, ran: _Ran) -> dict[str, float]:
    return {
        f"{name}_s": ran.spent_s,
        f"{name}_cpu_s": ran.cpu_s,
        f"{name}_memory_mb": ran.memory_bytes / MB,
    }


def _ran(data_dir: Path, *arguments: str, may_say_no: bool = False) -> _Ran:
    """Runs a command of `inkling` twice, and returns how the second run went.

    Args:
        data_dir: Where the store is.
        arguments: Of the command.
        may_say_no: Whether the exit code for "nothing to show" is as good as success.

    Raises:
        InklingError: It failed; what it said stands on standard error.
    """
    runs = [_ran_once(data_dir, arguments, EXIT_NOTHING if may_say_no else 0) for _ in range(2)]
    return runs[-1]


def _ran_once(data_dir: Path, arguments: tuple[str, ...], highest_code: int) -> _Ran:
    command = (sys.executable, "-P", "-m", "inkling.app.cli", *arguments)
    environment = {**os.environ, "INKLING_DATA_DIR": str(data_dir)}
    started_s = time.perf_counter()
    with tempfile.TemporaryFile() as answer:
        process = subprocess.Popen(command, env=environment, stdout=answer)
        # Unlike `wait` this tells the process's memory.
        _, status, usage = os.wait4(process.pid, 0)
    spent_s = time.perf_counter() - started_s
    process.returncode = os.waitstatus_to_exitcode(status)
    if not 0 <= process.returncode <= highest_code:
        raise InklingError(f"inkling {' '.join(arguments)} ended with exit code {process.returncode}")
    # Source: getrusage(2): kilobytes on Linux, bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    return _Ran(spent_s=spent_s, cpu_s=usage.ru_utime + usage.ru_stime, memory_bytes=usage.ru_maxrss * unit)
