"""Which of the judged patches are proposed, and how an answered question changes that."""

from collections.abc import Sequence
from dataclasses import replace

from inkling.core.repair import JudgedPatch, PatchVerdict, Question
from inkling.core.settings import FixPrecision

NONE_OF_THEM = -1  # the answer that no patch gives
CHANCE_AGREEMENT = 0.5
"""How likely the right answer is among those offered where no patch is right: two or three answers are asked about, and
wrong patches are often right on one input. An assumption, not measured."""


def proposed(patches: Sequence[JudgedPatch], precision: FixPrecision) -> list[JudgedPatch]:
    """Returns the patches that are good enough to be shown, likeliest first."""
    wanted = {PatchVerdict.VERIFIED}
    if precision is FixPrecision.PLAUSIBLE:
        wanted.add(PatchVerdict.PLAUSIBLE)
    return [judged for judged in patches if judged.verdict in wanted]


def consistent_with(patches: Sequence[JudgedPatch], question: Question, answer: int) -> list[JudgedPatch]:
    """Returns the patches that give an answer to a question, with what is now known of them.

    The probability of each follows from Bayes' rule: what is not among them is wrong, and that no patch at all is
    right has become less likely. Where all that are left behave alike, the example has decided, and they are verified.

    Args:
        patches: All plausible patches.
        question: What was asked.
        answer: Index of the right answer; `NONE_OF_THEM` for an answer that no patch gives.
    """
    patches = [judged for judged in patches if judged.verdict is not PatchVerdict.REFUSED]
    if answer == NONE_OF_THEM:
        answered = {behaviour for behaviours in question.behaviours for behaviour in behaviours}
        left = [judged for judged in patches if judged.behaviour not in answered]
    else:
        left = [judged for judged in patches if judged.behaviour in question.behaviours[answer]]
    p_none = max(0.0, 1.0 - _together(patches))
    total = _together(left) + p_none * CHANCE_AGREEMENT
    has_decided = answer != NONE_OF_THEM and len({judged.behaviour for judged in left}) == 1
    return [
        replace(
            judged,
            probability=judged.probability / total if total > 0 else judged.probability,
            verdict=PatchVerdict.VERIFIED if has_decided else judged.verdict,
        )
        for judged in left
    ]


def _together(patches: Sequence[JudgedPatch]) -> float:
    """Returns the probability that one of them is right; those of one behaviour are right together, and count once."""
    by_behaviour = {judged.behaviour or str(judged.patch.edits): judged.probability for judged in patches}
    return sum(by_behaviour.values())
