"""A user who answers one question: which patches are left when the right answer to one input is known.

For a bug whose correct program is known the question is the judge's own, and the correct program answers it. For the
model-written ones only the hidden tests know right answers, so the question is chosen, as the judge chooses, among the
inputs of the hidden assertions; that is optimistic, because the example is then one of those that judge the fix.
"""

import ast
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from inkling.bench.repair.tasks import RepairTask
from inkling.context.project_view import line_edits
from inkling.core.repair import FileEdit, JudgedPatch, Judgement, Patch, RepairRequest
from inkling.core.suggestion import Source
from inkling.engine.judging.behaviour import answer
from inkling.engine.judging.judge import BehaviourJudge
from inkling.engine.judging.question import Asked, best_question, same_for_user
from inkling.features.fix.choice import NONE_OF_THEM, consistent_with

_RIGHT = "the right answer"
_ALWAYS_COMPARED = 1e6  # a prior above that of every patch


async def after_one_example(
    judge: BehaviourJudge, request: RepairRequest, task: RepairTask, judgement: Judgement
) -> Sequence[JudgedPatch] | None:
    """Returns the patches that are left after one answer, likeliest first; None where there is nothing to ask.

    Raises:
        SandboxError: The sandbox failed.
    """
    patches = [judged.patch for judged in judgement.patches]
    calls = list(task.examples)
    correct = [_correct_patch(task)] if task.correct_files else []
    assessment = await judge.assess(request, [*patches, *correct], calls)
    if assessment is None:
        return None
    behaviours = assessment.behaviours
    compared = behaviours.compared
    first_call = len(compared.shown) - compared.n_calls
    known = {judged.patch.edits: judged for judged in judgement.patches}
    listed = [item.patch for item in assessment.listed]
    probabilities = [known[patch.edits].probability if patch.kind != _RIGHT else 0.0 for patch in listed]
    names = [known[patch.edits].behaviour if patch.kind != _RIGHT else _RIGHT for patch in listed]
    places = list(behaviours.generated) if correct else [(first_call + at, 0) for at in range(compared.n_calls)]
    patches_alone = tuple(
        observed if patch.kind != _RIGHT else None for observed, patch in zip(compared.patches, listed, strict=True)
    )
    asked = best_question(replace(compared, patches=patches_alone), places, probabilities, names)
    if asked is None:
        return None
    if correct:
        observed = next(item for item, patch in zip(compared.patches, listed, strict=True) if patch.kind == _RIGHT)
        outcome = answer(observed, asked.place) if observed is not None else ""
        same = [at for at, given in enumerate(asked.outcomes) if same_for_user(given) == same_for_user(outcome)]
        right = same[0] if same else NONE_OF_THEM
    else:
        right = _answer_of(asked, task.examples[calls[asked.place[0] - first_call]])
    return consistent_with(judgement.patches, asked.question, right)


def _answer_of(asked: Asked, expected: str) -> int:
    """Returns which of the answers equals what the hidden assertion expects."""
    wanted = ast.literal_eval(expected)
    for at, outcome in enumerate(asked.outcomes):
        try:
            if outcome.startswith("V") and ast.literal_eval(outcome[1:]) == wanted:
                return at
        except (ValueError, SyntaxError):
            continue
    return NONE_OF_THEM


def _correct_patch(task: RepairTask) -> Patch:
    edits = [
        FileEdit(path=PurePosixPath(path), edit=edit)
        for path, text in task.correct_files.items()
        for edit in line_edits(task.files[path], text)
    ]
    return Patch(edits=tuple(edits), kind=_RIGHT, source=Source.EMBEDDED, explanation="", prior=_ALWAYS_COMPARED)
