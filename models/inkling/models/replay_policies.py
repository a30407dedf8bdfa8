"""Policies to replay besides another threshold: another model at the threshold in force, and a longer debounce."""

from collections.abc import Sequence

from inkling.core.events import JudgedSuggestion
from inkling.core.suggestion import SuggestionId, Trigger
from inkling.models.replay import Policy, Probability

SAME_QUESTION_MS = 2.0  # candidates of one answer; nobody types two characters within it


def model_policy(probability: Probability) -> Policy:
    """Returns the policy that asks another model, at the threshold that was in force for each row.

    What the user asked for is always offered. A candidate that the model cannot score is hidden.
    """

    def offers(row: JudgedSuggestion) -> float:
        if row.trigger is Trigger.INVOKED:
            return 1.0
        given = probability(row)
        return 1.0 if given is not None and given >= row.threshold else 0.0

    return offers


def longer_debounce_policy(rows: Sequence[JudgedSuggestion], longer_by_ms: float) -> Policy:
    """Returns the policy in force with a pause before each question that is longer by `longer_by_ms`.

    A question that another one followed in the same file before the longer pause was over would not have been asked.
    Of those that remain it is assumed that they would have been answered alike, only later. A shorter pause cannot be
    replayed: the questions that it adds are in no log.

    Raises:
        ValueError: `longer_by_ms` is below 0.
    """
    if longer_by_ms < 0:
        raise ValueError("a shorter debounce cannot be replayed")
    dropped: set[SuggestionId] = set()
    answers: dict[tuple[str, str], list[JudgedSuggestion]] = {}
    for row in sorted(rows, key=_asked_ms):
        file = (row.project, row.path)
        answer = answers.get(file)
        waited_ms = _asked_ms(row) - _asked_ms(answer[0]) if answer else 0.0
        if answer and waited_ms < SAME_QUESTION_MS:
            answer.append(row)
            continue
        if answer and waited_ms < longer_by_ms:
            dropped.update(one.suggestion_id for one in answer if one.trigger is Trigger.AUTOMATIC)
        answers[file] = [row]

    def offers(row: JudgedSuggestion) -> float:
        return 0.0 if row.suggestion_id in dropped else row.propensity

    return offers


def _asked_ms(row: JudgedSuggestion) -> float:
    return row.at_ms - row.latency_ms
