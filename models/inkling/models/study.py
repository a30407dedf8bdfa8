"""The rows of the Copilot study as questions to the gate: what was known when each suggestion was shown.

Source: microsoft/coderec_programming_states (CUPS study, Mozannar et al.), MIT.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import UserError
from inkling.core.ports import GateInput
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
class Example:
    """A suggestion that somebody saw, with what they did.

    Attributes:
        person: Who saw it; people never straddle folds.
        gate_input: What the gate would have known.
        was_accepted: What they did.
    """

    person: int
    gate_input: GateInput
    was_accepted: bool


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


def with_history(rows: Sequence[StudyRow]) -> list[tuple[StudyRow, tuple[bool, ...]]]:
    """Returns each row with the same person's latest outcomes that were known when it was shown, oldest first."""
    judged: dict[object, list[tuple[dt.datetime, bool]]] = {}
    result = []
    for row in sorted(rows, key=lambda row: _moment(row["t_shown"])):
        shown = _moment(row["t_shown"])
        earlier = judged.setdefault(row["user"], [])
        result.append((row, tuple(was_accepted for decided, was_accepted in earlier if decided <= shown)[-N_RECENT:]))
        if row["outcome"] is not None:
            earlier.append((_moment(row["t_decided"]), row["outcome"] == "Accepted"))
    return result


def gate_input_of(row: StudyRow, recent_outcomes: tuple[bool, ...]) -> GateInput:
    """Returns the question as the gate would have got it; the text after the cursor is not in the data."""
    prompt = str(row["prompt"] or "").removeprefix(_PROMPT_HEADER)
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
        recent_outcomes=recent_outcomes,
    )


def _example(row: StudyRow, recent_outcomes: tuple[bool, ...]) -> Example | None:
    if row["outcome"] is None:
        return None
    return Example(
        person=int(str(row["user"])),
        gate_input=gate_input_of(row, recent_outcomes),
        was_accepted=row["outcome"] == "Accepted",
    )


def _moment(value: object) -> dt.datetime:
    return dt.datetime.fromisoformat(str(value))
