"""The judge: patches of all minds in one ranking, by what they change and what they do."""

import ast
import asyncio
import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from inkling.context.project_view import patched_view, text_in_view
from inkling.core.concurrency import side_by_side
from inkling.core.errors import UnreadableFileError, WorkerError
from inkling.core.execution import ProjectView
from inkling.core.ports import Sandbox
from inkling.core.repair import IntegrityRule, JudgedPatch, Judgement, Patch, PatchVerdict, RepairRequest
from inkling.core.suspicion import is_test_file
from inkling.engine.judging.behaviour import Behaviours
from inkling.engine.judging.changes import ChangeReader
from inkling.engine.judging.examples import MAX_EXAMPLES, DocstringExample, docstring_examples
from inkling.engine.judging.exchange import Compared, Comparison, Observed, decode_compared, encode_comparison
from inkling.engine.judging.features import ListedPatch, list_features, patch_features
from inkling.engine.judging.inside import program_inside
from inkling.engine.judging.integrity import broken_rules
from inkling.engine.judging.naturalness_process import weigh_naturalness
from inkling.engine.judging.properties import LEAST_INPUTS
from inkling.engine.judging.question import best_question
from inkling.engine.judging.ranking import Ranking

logger = logging.getLogger(__name__)

MAX_COMPARED = 64  # patches that are run on generated inputs; the others have a low prior and stand behind them
MAX_PASSING_TESTS = 8  # passing tests that inputs are made of, besides the failing ones
MAX_PROPERTIES = 4
_PATCH_WALL_S = 5.0
_LEAST_S = 5.0  # for all patches, however little is left of the budget
_MOST_S = 30.0
_START_S = 10.0  # to start, before any patch is run


WeighNaturalness = Callable[[ProjectView, Sequence[Patch]], Coroutine[Any, Any, Sequence[float]]]
"""Says how natural each patch of a project is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A list of patches with all that the ranking looks at.

    Attributes:
        listed: The patches that were compared, in the order they were found.
        behaviours: What they do on generated inputs.
        rows: The features of each.
        of_list: The features of the list.
        rules: The integrity rules that each breaks.
    """

    listed: Sequence[ListedPatch]
    behaviours: Behaviours
    rows: Sequence[dict[str, float]]
    of_list: dict[str, float]
    rules: Sequence[tuple[IntegrityRule, ...]]


class BehaviourJudge:
    """Runs patches on generated inputs in a sandbox, and ranks them."""

    def __init__(self, sandbox: Sandbox, ranking: Ranking, naturalness: WeighNaturalness = weigh_naturalness) -> None:
        """Takes what patches are compared and weighed with.

        Args:
            sandbox: Where they run.
            ranking: The weights.
            naturalness: Says how natural patches are.
        """
        self._sandbox = sandbox
        self._ranking = ranking
        self._naturalness = naturalness

    async def judge(self, request: RepairRequest, patches: Sequence[Patch]) -> Judgement:
        """Returns the patches in one ranking, and what to ask the user where they differ.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        assessment = await self.assess(request, patches)
        if assessment is None:
            return Judgement(patches=())
        left = [patch for patch in patches if all(item.patch is not patch for item in assessment.listed)]
        return await asyncio.to_thread(judgement_of, assessment, self._ranking, left)

    async def assess(
        self, request: RepairRequest, patches: Sequence[Patch], calls: Sequence[str] = ()
    ) -> Assessment | None:
        """Returns what the ranking looks at; None without patches.

        Args:
            request: What was to be repaired.
            patches: In the order they were found.
            calls: Further inputs to run all patches on, as expressions in the failing test's module.

        Raises:
            SandboxError: There is no sandbox, or it failed.
        """
        if not patches:
            return None
        prepared = await asyncio.to_thread(_prepare, request, patches)
        compared, gains = await side_by_side(
            self._compare(request, prepared, calls),
            self._naturalness(request.view, [item.patch for item in prepared.listed]),
        )
        return await asyncio.to_thread(_assess, prepared, compared, gains)

    async def _compare(self, request: RepairRequest, prepared: "_Prepared", calls: Sequence[str]) -> Compared:
        comparison = Comparison(
            node_ids=[
                *(case.node_id for case in request.failure.failing),
                *request.failure.passing[:MAX_PASSING_TESTS],
            ],
            texts=prepared.texts,
            numbers=prepared.numbers,
            calls=calls,
            examples=prepared.examples,
            n_processes=request.budget.n_processes,
            wall_s=_PATCH_WALL_S,
            total_s=min(_MOST_S, max(_LEAST_S, request.budget.wall_s)),
        )
        program = program_inside(
            request.view,
            "inkling.engine.judging.worker",
            wall_s=_START_S + comparison.total_s,
            n_processes=comparison.n_processes,
        )
        result = await self._sandbox.run(program, encode_comparison(comparison))
        try:
            return decode_compared(result.stdout, len(prepared.texts))
        except WorkerError as error:
            logger.warning(
                "patches cannot be compared: %s exit=%s killed_for=%s",
                error,
                result.end.exit_code,
                result.end.killed_for,
            )
            logger.debug("stderr=%s", result.end.stderr)
            return Compared(
                shown=(),
                is_original=(),
                n_calls=0,
                original=None,
                original_again=None,
                patches=(None,) * len(prepared.texts),
            )


def judgement_of(assessment: Assessment, ranking: Ranking, left: Sequence[Patch] = ()) -> Judgement:
    """Returns the ranking of a list that was assessed.

    Patches of one behaviour are right or wrong together, so each has the probability of all of them. The simplest of
    each behaviour come first: alternatives that do the same are none.

    Args:
        assessment: The patches that were compared.
        ranking: The weights.
        left: Further patches, which were not compared; they come last.
    """
    behaviours = assessment.behaviours
    single = ranking.probabilities(assessment.rows, assessment.of_list)
    together: dict[str, float] = {}
    for name, probability in zip(behaviours.names, single, strict=True):
        together[name] = together.get(name, 0.0) + probability
    order = sorted(
        range(len(single)),
        key=lambda at: (
            -together[behaviours.names[at]],
            behaviours.names[at],
            _oddness(assessment.rows[at]),
            -single[at],
        ),
    )
    judged = [_judged(assessment, at, together, single, ranking) for at in order]
    leaders, followers, refused = [], [], []
    seen: set[str] = set()
    for item in judged:
        if item.verdict is PatchVerdict.REFUSED:
            refused.append(item)
        elif item.behaviour and item.behaviour in seen:
            followers.append(item)
        else:
            leaders.append(item)
            seen.add(item.behaviour)
    unknown = [JudgedPatch(patch=patch, probability=0.0, verdict=PatchVerdict.PLAUSIBLE) for patch in left]
    asked = best_question(behaviours.compared, behaviours.generated, single, behaviours.names)
    return Judgement(
        patches=(*leaders, *followers, *unknown, *refused), question=asked.question if asked is not None else None
    )


def _oddness(row: Mapping[str, float]) -> tuple[float, ...]:
    """Returns how unlike a developer's own change a patch is, by which those that do the same are told apart.

    What makes the code longer is odder than what changes more of it: `a + b` in place of `a - b`, not `a - -b`.
    """
    names = ("is_pair", "constant_returns", "new_constants")
    of_text = (max(0.0, row["growth"]), row["log_change"], row["names_new"], -row["naturalness"])
    return (*(row[name] for name in names), *of_text)


def _judged(
    assessment: Assessment, at: int, together: dict[str, float], single: Sequence[float], ranking: Ranking
) -> JudgedPatch:
    behaviours, rules = assessment.behaviours, assessment.rules[at]
    name, observed = behaviours.names[at], behaviours.compared.patches[at]
    probability = together[name] if name else single[at]
    is_seen = observed is not None and behaviours.n_inputs > 0 and observed.n_examples_broken == 0
    is_verified = is_seen and probability >= ranking.verified_from
    return JudgedPatch(
        patch=assessment.listed[at].patch,
        probability=probability,
        verdict=PatchVerdict.REFUSED if rules else PatchVerdict.VERIFIED if is_verified else PatchVerdict.PLAUSIBLE,
        broken_rules=rules,
        behaviour=name,
        n_inputs=behaviours.n_inputs,
        n_inputs_agreeing=behaviours.n_inputs_agreeing,
        properties=_properties(observed),
    )


def _properties(observed: Observed | None) -> tuple[str, ...]:
    """Returns what speaks for a patch, in words."""
    if observed is None:
        return ()
    held = [words for words, (held, broken) in observed.properties.items() if broken == 0 and held >= LEAST_INPUTS]
    if observed.n_examples_held and not observed.n_examples_broken:
        held.insert(0, f"the examples in docstrings hold ({observed.n_examples_held})")
    return tuple(held[:MAX_PROPERTIES])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What is read from files before anything is run."""

    listed: Sequence[ListedPatch]
    texts: Sequence[dict[str, str]]
    numbers: Sequence[int]
    examples: Sequence[DocstringExample]
    tests: Sequence[ast.AST]
    test_files: frozenset[PurePosixPath]


def _prepare(request: RepairRequest, patches: Sequence[Patch]) -> _Prepared:
    view = request.view
    best = sorted(sorted(range(len(patches)), key=lambda at: -patches[at].prior)[:MAX_COMPARED])
    reader = ChangeReader(view=view)
    listed = [ListedPatch(patch=patches[at], parts=reader.parts(patches[at])) for at in best]
    texts = [
        {
            str(view.folder / path): text
            for path, text in patched_view(view, item.patch.edits).edits.items()
            if text != view.edits.get(path)
        }
        for item in listed
    ]
    numbers = {
        node.value
        for item in listed[:1]
        for part in item.parts
        for node in (ast.walk(part.before) if part.before else ())
        if isinstance(node, ast.Constant) and type(node.value) is int
    }
    examples = dict.fromkeys(
        example
        for item in listed
        for part in item.parts
        for example in docstring_examples(part.before, str(request.view.folder / part.path))
    )
    failing = [case.node_id for case in request.failure.failing]
    test_files = frozenset(PurePosixPath(node_id.split("::")[0]) for node_id in (*failing, *request.failure.passing))
    return _Prepared(
        listed=listed,
        texts=texts,
        numbers=sorted(numbers),
        examples=list(examples)[:MAX_EXAMPLES],
        tests=_definitions(view, failing),
        test_files=frozenset(path for path in test_files if is_test_file(path)),
    )


def _definitions(view: ProjectView, node_ids: Sequence[str]) -> list[ast.AST]:
    """Returns the functions that tests are defined by, found by their names."""
    found: list[ast.AST] = []
    for path, names in dict.fromkeys(
        (node_id.split("::")[0], node_id.split("[")[0].split("::")[-1]) for node_id in node_ids
    ):
        try:
            tree = ast.parse(text_in_view(view, PurePosixPath(path)))
        except (UnreadableFileError, SyntaxError, ValueError):
            continue
        found += [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == names]
    return found


def _assess(prepared: _Prepared, compared: Compared, gains: Sequence[float]) -> Assessment:
    listed = [replace(item, naturalness=gain) for item, gain in zip(prepared.listed, gains, strict=True)]
    behaviours = Behaviours(compared=compared, weights=[max(item.patch.prior, 1e-9) for item in listed])
    rows = patch_features(listed, behaviours, prepared.tests)
    rules = [
        broken_rules(
            item.parts,
            tests=prepared.tests,
            test_files=prepared.test_files,
            answers_alike=row["is_constant"] > 0 or (behaviours.n_inputs > 0 and row["share_as_original"] == 1.0),
        )
        for item, row in zip(listed, rows, strict=True)
    ]
    return Assessment(
        listed=listed,
        behaviours=behaviours,
        rows=rows,
        of_list=list_features(rows, behaviours, prepared.tests),
        rules=rules,
    )
