"""Fakes of the ports, small enough to be seen through."""

from collections.abc import Coroutine, Sequence
from typing import Any

from inkling.core.events import Decision, Outcome, Silence
from inkling.core.ports import GateInput, NameVerdict, SyntaxVerdict
from inkling.core.settings import GatePolicy, GateSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Scored, Source, Trigger


def question(marked: str, trigger: Trigger = Trigger.AUTOMATIC) -> CompletionRequest:
    """The request at the `|` of a text."""
    offset = marked.index("|")
    text = marked.replace("|", "", 1)
    snapshot = Snapshot(uri=DocumentUri("untitled:a.py"), path=None, version=3, text=text)
    return CompletionRequest(snapshot=snapshot, offset=offset, trigger=trigger)


def proposal(text: str) -> Candidate:
    return Candidate(text=text, source=Source.EMBEDDED, mean_logprob=-0.5, n_tokens=2)


class FakeCompleter:
    def __init__(self, *answers: str, silence: NoSuggestion | None = None, error: Exception | None = None) -> None:
        self.answers, self.silence, self.error = answers, silence, error

    async def complete(self, request: CompletionRequest) -> Sequence[Candidate] | NoSuggestion:
        if self.error is not None:
            raise self.error
        return self.silence or [proposal(text) for text in self.answers]


class FakeSyntax:
    def __init__(self, broken: Sequence[str] = (), error: Exception | None = None) -> None:
        self.broken, self.error, self.asked = broken, error, list[str]()
        self.verdict = SyntaxVerdict.PARSES

    async def check(self, request: CompletionRequest, candidate: Candidate) -> SyntaxVerdict:
        self.asked.append(candidate.text)
        if self.error is not None:
            raise self.error
        return SyntaxVerdict.BREAKS if candidate.text in self.broken else self.verdict


class FakeNames:
    def __init__(self, verdicts: dict[str, NameVerdict] | None = None) -> None:
        self.verdicts = verdicts or {}

    async def check(self, request: CompletionRequest, candidate: Candidate) -> NameVerdict:
        return self.verdicts.get(candidate.text, NameVerdict.EXIST)


class FakeModel:
    def __init__(self, probabilities: dict[str, float] | None = None) -> None:
        self.probabilities = probabilities or {}
        self.thresholds = dict.fromkeys(GatePolicy, 0.25)
        self.asked: list[GateInput] = []

    def score(self, gate_input: GateInput) -> Scored:
        self.asked.append(gate_input)
        probability = self.probabilities.get(gate_input.candidate.text, 0.9)
        return Scored(probability=probability, features={"evidence": 1.0}, model_version="fake-1")

    def threshold(self, settings: GateSettings) -> float:
        return self.thresholds[settings.policy]


class FakeLog:
    def __init__(self) -> None:
        self.decisions: list[Decision] = []
        self.silences: list[Silence] = []
        self.outcomes: list[Outcome] = []
        self.rejected: set[tuple[str, str]] = set()
        self.error: Exception | None = None

    def fingerprint(self, text: str) -> str:
        return text

    def was_rejected(self, *, context_fingerprint: str, text_fingerprint: str) -> bool:
        return (context_fingerprint, text_fingerprint) in self.rejected

    def recent_outcomes(self) -> tuple[bool, ...]:
        return ()

    async def record_decisions(self, decisions: Sequence[Decision]) -> None:
        if self.error is not None:
            raise self.error
        self.decisions.extend(decisions)

    async def record_outcomes(self, outcomes: Sequence[Outcome]) -> None:
        self.outcomes.extend(outcomes)

    async def record_silence(self, silence: Silence) -> None:
        if self.error is not None:
            raise self.error
        self.silences.append(silence)


class FakeBackground:
    """Runs the work at once; the fakes never wait."""

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("a fake waited")
