"""Utility: the time that a suggestion saves, in seconds. A click is no success; text that stays is."""

from typing import Final

from inkling.core.events import JudgedSuggestion, OutcomeKind
from inkling.models.personal import label_of

TYPING_S_PER_CHAR: Final = 0.238
"""Seconds to type a character. Source: Dhakal et al. 2018, "Observations on Typing from 136 Million Keystrokes",
table 2: mean inter-key interval 238 ms."""

NOTICE_S: Final = 1.5
"""Seconds that a suggestion costs however short it is. Source: the Copilot study of `inkling.models.study`, median
regression of the dwell time of accepted suggestions on their length: 1.50 s + 0.026 s a character."""

READING_S_PER_CHAR: Final = 0.023
"""Seconds to read a character. Source: the same regressions; 0.026 for accepted and 0.021 for rejected suggestions."""

WRONG_ACCEPT_S: Final = 5.0
"""Seconds to find out that an accepted text is wrong, take it out and find back. No source: an assumption, about one
more look at a rejected suggestion (median dwell 3.8 s in the study) and one edit."""

READ_AT_MOST_CHARS: Final = 400  # longer texts are skimmed; the study has hardly any


def reading_s(n_chars: int) -> float:
    """Returns the time a suggestion of this length holds its reader, seconds."""
    return NOTICE_S + READING_S_PER_CHAR * min(n_chars, READ_AT_MOST_CHARS)


def expected_saved_s(probability: float, n_chars: int) -> float:
    """Returns the time that showing a suggestion saves on average when it is accepted and kept with `probability`.

    A rejected suggestion costs its reading only; what a wrong accept costs is in `saved_s`, where it is known.
    """
    return probability * TYPING_S_PER_CHAR * n_chars - reading_s(n_chars)


def saved_s(row: JudgedSuggestion) -> float:
    """Returns the time that a suggestion saved, seconds; below 0 when it cost more than it gave.

    Characters kept are typed characters spared; text typed through spared none. A suggestion that was not read cost
    nothing. An accept that was undone, or of which less than half was kept, costs the repair besides.
    """
    if not row.was_offered or not row.was_read:
        return 0.0
    saved = -reading_s(row.n_chars)
    if row.outcome in (OutcomeKind.ACCEPTED, OutcomeKind.PARTLY_ACCEPTED):
        kept = 1.0 if row.kept is None else row.kept
        saved += TYPING_S_PER_CHAR * row.accepted_chars * kept
        if label_of(row) is False:
            saved -= WRONG_ACCEPT_S
    elif row.outcome is OutcomeKind.UNDONE:
        saved -= WRONG_ACCEPT_S
    return saved
