"""The rows of the Copilot study as questions to the gate: what was known when each suggestion was shown.

Source: microsoft/coderec_programming_states (CUPS study, Mozannar et al.), MIT.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import UserError
from inkling.core.ports import N_PREVIOUS, GateInput, PreviousSuggestion
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source

KNOWN_ONLY_AFTERWARDS = (
    "dwell_s",
    "n_replay",
    "edit_pct",
    "t_decided",
    "cups_state_at_shown",
    "hidden_state",
    "prompt_was_longer",
)
"""Fields that no feature may be computed from; `t_decided` only tells which earlier outcomes were known."""

N_RECENT = 10  # as many as EventLog.recent_outcomes gives
_PROMPT_HEADER = "#!/usr/bin/env python3\n# Path: write_code_here.py\n"  # Copilot put it there; no editor has it
UNKNOWN_LOGPROB = -0.4  # where the study has none, mostly one-token suggestions: its median, which says nothing
_STUDY_URI = DocumentUri("study:write_code_here.py")

StudyRow = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was known of a person's earlier suggestions when the next was shown; both oldest first."""

    recent_outcomes: tuple[bool, ...] = ()
    previous: tuple[PreviousSuggestion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A suggestion that somebody saw, with what they did.

    Attributes:
        person: Who saw it; people never straddle folds.
        gate_input: What the gate would have known.
        was_accepted: What they did.
        copilot_confidence: What Copilot's own gate said, in [0, 1]; None where the study has none. A baseline and never
            a feature: no other source has it.
    """

    person: int
    gate_input: GateInput
    was_accepted: bool
    copilot_confidence: float | None = None


def read_examples(path: Path) -> list[Example]:
    """Returns the judged suggestions of a study file in the order they were shown.

    Raises:
        UserError: The file is missing, or is not what it should be.
    """
    try:
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        return [example for row in with_history(rows) if (example := _example(*row)) is not None]
    except OSError as error:
        raise UserError(f"The study's data cannot be read: {error}. Say where it is with --data.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not the study's data, one JSON object a line: {error!r}") from error


def with_history(rows: Sequence[StudyRow]) -> list[tuple[StudyRow, History]]:
    """Returns each row with what was known of the same person's earlier suggestions when it was shown."""
    judged: dict[object, list[tuple[dt.datetime, bool]]] = {}
    shown_before: dict[object, list[PreviousSuggestion]] = {}
    result = []
    for row in sorted(rows, key=lambda row: _moment(row["t_shown"])):
        shown = _moment(row["t_shown"])
        earlier = judged.setdefault(row["user"], [])
        previous = shown_before.setdefault(row["user"], [])
        outcomes = tuple(was_accepted for decided, was_accepted in earlier if decided <= shown)
        result.append((row, History(recent_outcomes=outcomes[-N_RECENT:], previous=tuple(previous[-N_PREVIOUS:]))))
        if row["outcome"] is not None:
            earlier.append((_moment(row["t_decided"]), row["outcome"] == "Accepted"))
        if row["prompt"]:  # without it nobody knows where the suggestion stood
            previous.append(_previous(row))
    return result


def _previous(row: StudyRow) -> PreviousSuggestion:
    offset = len(_document_before(row))
    return PreviousSuggestion(uri=_STUDY_URI, version=0, offset=offset, n_chars=len(str(row["suggestion"])))


def _document_before(row: StudyRow) -> str:
    """Returns the text before the cursor; what follows it is not in the data."""
    return str(row["prompt"] or "").removeprefix(_PROMPT_HEADER)


def gate_input_of(row: StudyRow, history: History) -> GateInput:
    """Returns the question as the gate would have got it."""
    prompt = _document_before(row)
    snapshot = Snapshot(uri=_STUDY_URI, path=None, version=0, text=prompt)
    candidate = Candidate(
        text=str(row["suggestion"]),
        source=Source.MODEL,
        mean_logprob=UNKNOWN_LOGPROB if row["meanLogProb"] is None else float(str(row["meanLogProb"])),
        n_tokens=round(float(str(row["numTokens"]))),
    )
    return GateInput(
        request=CompletionRequest(snapshot=snapshot, offset=len(prompt)),
        candidate=candidate,
        at_ms=round(_moment(row["t_shown"]).timestamp() * 1000),
        recent_outcomes=history.recent_outcomes,
        previous=history.previous,
    )


def _example(row: StudyRow, history: History) -> Example | None:
    if row["outcome"] is None:
        return None
    return Example(
        person=int(str(row["user"])),
        gate_input=gate_input_of(row, history),
        was_accepted=row["outcome"] == "Accepted",
        copilot_confidence=None if row.get("confidence") is None else float(str(row["confidence"])),
    )


def _moment(value: object) -> dt.datetime:
    return dt.datetime.fromisoformat(str(value))
