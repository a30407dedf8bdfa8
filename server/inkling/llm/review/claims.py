"""A failure that a model claims, as a test; and what runs of the test show of the claim.

The tests are untrusted code: they run in a sandbox alone.
"""

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from inkling.context.parsing import parse
from inkling.core.change import ChangeSet
from inkling.core.concurrency import side_by_side
from inkling.core.edit import TextEdit, apply_edit
from inkling.core.execution import CaseOutcome, CaseResult, ProjectView, ResourceLimits, SuiteProblem, SuiteRequest
from inkling.core.ports import SuiteRunner
from inkling.llm.review.facts import ChangedPart
from inkling.llm.review.objects import text_of

CLAIM_FILE: Final = "test_inkling_reproduction.py"  # stands in the view of a run alone, never on disk
MAX_TEST_CHARS: Final = 8_000
MAX_CODE_CHARS: Final = 1_000  # of an input
RUN_S: Final = 20.0  # for one run
_NEW_INTERPRETER: Final = (False, True)  # of the second and the third run: chance, then another hash seed
# What looks at how the code is written, or which version it is, tells any two versions apart.
_LOOKS_AT_SOURCE = re.compile(
    r"\binspect\b|getsource|__code__|__file__|\bco_\w+|\blinecache\b|\bdis\b|\.git\b|\.pyc?\b"
)
_NOT_COLLECTED = frozenset({SuiteProblem.SYNTAX_ERROR, SuiteProblem.MISSING_PACKAGE, SuiteProblem.COLLECTION_FAILED})
_ENDED = frozenset({SuiteProblem.HANGS, SuiteProblem.CRASHED, SuiteProblem.OUT_OF_MEMORY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A failure that a model says there is.

    Attributes:
        call: The input as code, or the name of the test.
        before: What the old version does if the claim is right, in words.
        test: A whole pytest module that is said to pass on the old version and to fail on the new one.
    """

    call: str
    before: str
    test: str


class Verdict(StrEnum):
    """What runs showed of a claim.

    CONFIRMED: the test passes on the old version and fails on the new one, again and again. REFUTED: it passes on the
    new one. OLD_FAULT: it fails on both. FLAKY: one version answers now so, now otherwise. NOT_RUN: it is not known.
    """

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    OLD_FAULT = "old_fault"
    FLAKY = "flaky"
    NOT_RUN = "not_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict with its words.

    Attributes:
        verdict: What runs showed.
        words: What the new version does, for CONFIRMED; why there is no answer, for NOT_RUN.
    """

    verdict: Verdict
    words: str = ""


class _Seen(StrEnum):
    """What one run showed; NOT_COLLECTED is a module that cannot be imported."""

    PASSES = "passes"
    FAILS = "fails"
    NOT_COLLECTED = "not_collected"
    NOT_RUN = "not_run"


def claim_of(said: dict[str, Any], part: ChangedPart) -> Claim | None:
    """Returns what a comment claims to fail, as a test; None where it brings nothing that can be run."""
    if not part.module:
        return None
    test = _own_test(text_of(said, "test", MAX_TEST_CHARS))
    if test is not None:
        return test
    given = said.get("input")
    return _test_of_input(given, part) if isinstance(given, dict) else None


class ClaimRunner:
    """Runs the tests of claims on both versions."""

    def __init__(self, suites: SuiteRunner, changes: ChangeSet) -> None:
        """Takes what runs tests, and the two versions."""
        self._suites = suites
        self._changes = changes

    async def judge(self, claim: Claim, part: ChangedPart) -> Judged:
        """Returns what runs show of a claim.

        Raises:
            SandboxError: The sandbox failed.
        """
        before, after = self._changes.before, self._changes.after
        is_new, words = await self._run(after, claim, part)
        if is_new is _Seen.PASSES:
            return Judged(verdict=Verdict.REFUTED)
        if is_new is _Seen.NOT_RUN:
            return Judged(verdict=Verdict.NOT_RUN, words=words)
        was, old_words = await self._run(before, claim, part)
        if was is _Seen.FAILS and is_new is _Seen.FAILS:
            return Judged(verdict=Verdict.OLD_FAULT)
        if was is not _Seen.PASSES:
            return Judged(verdict=Verdict.NOT_RUN, words=f"its test cannot be run on the old version ({old_words})")
        for in_new_interpreter in _NEW_INTERPRETER:
            again = await side_by_side(
                *(self._run(view, claim, part, in_new_interpreter=in_new_interpreter) for view in (after, before))
            )
            if [seen for seen, _ in again] != [is_new, was]:
                return Judged(verdict=Verdict.FLAKY)
        return Judged(verdict=Verdict.CONFIRMED, words=words)

    async def is_mended_by(self, edit: TextEdit, claim: Claim, part: ChangedPart, text: str) -> bool:
        """Tells whether the test of a claim passes once the text after the change is edited.

        Raises:
            SandboxError: The sandbox failed.
        """
        after = self._changes.after
        view = replace(after, edits={**after.edits, part.path: apply_edit(text, edit)})
        seen, _ = await self._run(view, claim, part)
        return seen is _Seen.PASSES

    async def _run(
        self, view: ProjectView, claim: Claim, part: ChangedPart, *, in_new_interpreter: bool = False
    ) -> tuple[_Seen, str]:
        path = part.root / CLAIM_FILE
        run = await self._suites.run_suite(
            SuiteRequest(
                view=replace(view, edits={**view.edits, path: claim.test}),
                node_ids=(str(path),),
                in_new_interpreter=in_new_interpreter,
                limits=ResourceLimits(wall_s=RUN_S, cpu_s=RUN_S),
            )
        )
        failed = [case for case in run.cases if case.outcome in (CaseOutcome.FAILED, CaseOutcome.ERROR)]
        if run.problem in _NOT_COLLECTED or any("::" not in case.node_id for case in failed):
            return _Seen.NOT_COLLECTED, _raised(failed) or run.message
        if failed or run.problem in _ENDED:
            return _Seen.FAILS, _raised(failed) or run.message
        if run.cases and run.problem is None and all(case.outcome is CaseOutcome.PASSED for case in run.cases):
            return _Seen.PASSES, ""
        return _Seen.NOT_RUN, run.message or "its test was skipped"


def _own_test(text: str) -> Claim | None:
    """Returns a test module that a model wrote; None where it is none, or reads code instead of running it."""
    if not text.strip() or _LOOKS_AT_SOURCE.search(text):
        return None
    tree = _parsed(text)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] if tree is not None else []
    tests = [name for name in names if name.startswith("test_")]
    if not tests:
        return None
    return Claim(call=tests[0], before="passes", test=text if text.endswith("\n") else f"{text}\n")


def _test_of_input(said: dict[str, Any], part: ChangedPart) -> Claim | None:
    """Returns the test that an input and its right answer amount to."""
    setup = text_of(said, "setup", MAX_CODE_CHARS).strip()
    call = text_of(said, "call", MAX_CODE_CHARS).strip()
    expected = text_of(said, "expected", MAX_CODE_CHARS).strip()
    raises = text_of(said, "raises", MAX_CODE_CHARS).strip()
    if not _is_expression(call) or _LOOKS_AT_SOURCE.search(f"{setup}\n{call}\n{expected}"):
        return None
    if re.fullmatch(r"[A-Za-z_]\w*", raises):
        lines = [f"with pytest.raises({raises}):", f"    {_one_line(call)}"]
        before = f"raises `{raises}`"
    elif _is_expression(expected):
        lines = [f"assert ({_one_line(call)}) == ({_one_line(expected)})"]
        before = f"returns `{_one_line(expected)}`"
    else:
        return None
    body = _parsed("\n".join([setup, *lines]))
    if body is None:
        return None
    names = sorted(_free_names(body) - {"pytest"})
    imports = [
        *(["import pytest"] if raises else []),
        *([f"from {part.module} import {', '.join(names)}"] if names else []),
    ]
    wanted = parse("def test_claim():\n    pass")
    function = wanted.body[0]
    assert isinstance(function, ast.FunctionDef)  # noqa: S101 - it was written two lines above
    function.body = body.body
    test = "\n".join([*imports, "", "", ast.unparse(ast.fix_missing_locations(wanted)), ""])
    return Claim(call=_one_line(call), before=before, test=test.lstrip("\n"))


def _free_names(tree: ast.Module) -> set[str]:
    """Returns the names that statements use and do not bind."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return used - set(_bound_names(tree)) - set(dir(builtins))


def _bound_names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)


def _raised(failed: list[CaseResult]) -> str:
    raised = next((case.raised for case in failed if case.raised is not None), None)
    if raised is None:
        return "fails" if failed else ""
    first = raised.message.strip().partition("\n")[0]
    return f"fails with `{raised.type_name}: {first}`" if first else f"fails with `{raised.type_name}`"


def _is_expression(text: str) -> bool:
    tree = _parsed(text)
    return tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)


def _parsed(text: str) -> ast.Module | None:
    try:
        return parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return None


def _one_line(text: str) -> str:
    """Returns an expression as Python writes it on one line; called for what parses."""
    tree = _parsed(text)
    return ast.unparse(tree) if tree is not None else text
