"""What a model is told of a failure: tests, code, values, and what was tried in vain. Secrets are masked."""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from inkling.context.prompt_context import estimate_tokens
from inkling.context.prompt_context.masking import masked_once
from inkling.core.execution import BlockVisit, CaseResult
from inkling.core.repair import Failure
from inkling.core.text import split_lines
from inkling.llm.repair.replies import parsed
from inkling.llm.text_model import ChatMessage

BRIEFING_TOKENS = 6000  # of the question, estimated; what is least telling is left out first
WHOLE_FILE_LINES = 250  # a file of up to so many lines is shown whole
MAX_FAILING_SHOWN = 4
MAX_VISITS_SHOWN = 24
MAX_SUSPICIOUS_SHOWN = 12
_INSTRUCTIONS = """You repair Python code whose tests fail. Think about why they fail, using the values that a run \
recorded, then repair the cause with the smallest change that makes the code right in general, not for the tests' \
inputs alone. Never change tests, skip them, catch all exceptions, or compare with a test's own input.

Answer with one or two sentences that say what was wrong, then the change as one or more blocks like this, each with \
lines copied exactly from the file that stand there exactly once:

<<<<<<< SEARCH path/of/file.py
lines as they are
=======
lines as they should be
>>>>>>> REPLACE"""

_TEST_INSTRUCTIONS = """You write tests for Python code that is about to be repaired. Write up to six pytest functions \
without arguments that check behaviour which is right now and which the given tests do not check: ordinary inputs, \
empty ones, and borders. Import what you use. Answer with one block of code and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedPatch:
    """An attempt and what came of it, both as the next attempt is told.

    Attributes:
        diff: The change, or the words of an answer that held none.
        result: What a run showed.
    """

    diff: str
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What one question is about.

    Attributes:
        failure: The failure as it was before any repair.
        texts: Files that may be changed, as they are in this attempt.
        test_texts: Files of the failing tests.
        still_failing: Tests that fail in this attempt, those that passed before included.
        is_first: Whether nothing was changed yet.
    """

    failure: Failure
    texts: Mapping[PurePosixPath, str]
    test_texts: Mapping[PurePosixPath, str]
    still_failing: Sequence[CaseResult]
    is_first: bool


def messages_for(scene: Scene, tried: Sequence[TriedPatch]) -> tuple[ChatMessage, ...]:
    """Returns the question; what comes first in it changes least from one attempt to the next."""
    parts = [
        *(_failing_test(case, scene.test_texts) for case in scene.still_failing[:MAX_FAILING_SHOWN]),
        *(_code(path, text, scene.failure) for path, text in scene.texts.items()),
        _suspicious(scene.failure, scene.texts) if scene.is_first else "",
        _values(scene.failure.visits) if scene.is_first else "",
        "" if scene.is_first else "The code above was changed already, and the tests above still fail with it.",
        *(f"Tried before, in vain:\n{attempt.diff}\nResult: {attempt.result}" for attempt in tried),
    ]
    return (
        ChatMessage(role="system", content=_INSTRUCTIONS),
        ChatMessage(role="user", content="\n\n".join(_within_budget([part for part in parts if part]))),
    )


def test_messages(scene: Scene) -> tuple[ChatMessage, ...]:
    """Returns the question for tests of what a repair must leave as it is."""
    code = [_code(path, text, scene.failure) for path, text in scene.texts.items()]
    tests = [masked_once(f"Its tests, in {path}:\n{text}") for path, text in scene.test_texts.items()]
    return (
        ChatMessage(role="system", content=_TEST_INSTRUCTIONS),
        ChatMessage(role="user", content="\n\n".join(_within_budget([part for part in (*code, *tests) if part]))),
    )


def result_words(still_failing: Sequence[CaseResult], broken: Sequence[CaseResult]) -> str:
    """Returns what a run of an attempt showed, for the next attempt."""
    words = [f"{case.node_id} still fails: {_raised(case)}" for case in still_failing[:MAX_FAILING_SHOWN]]
    words += [f"{case.node_id} passed before and fails now: {_raised(case)}" for case in broken[:MAX_FAILING_SHOWN]]
    return masked_once("; ".join(words))


def _within_budget(parts: Sequence[str]) -> list[str]:
    """Returns the parts that fit; the first is always there, and each further one as long as there is room."""
    kept, n_left = [parts[0]], BRIEFING_TOKENS - estimate_tokens(parts[0])
    for part in parts[1:]:
        n_tokens = estimate_tokens(part)
        if n_tokens <= n_left:
            kept.append(part)
            n_left -= n_tokens
    return kept


def _failing_test(case: CaseResult, test_texts: Mapping[PurePosixPath, str]) -> str:
    path = PurePosixPath(case.node_id.partition("::")[0])
    name = case.node_id.rpartition("::")[2].partition("[")[0]
    source = _function(test_texts.get(path, ""), name)
    frames = (
        [f"  {frame.path}:{frame.line} in {frame.function}" for frame in case.raised.frames if frame.path]
        if case.raised
        else []
    )
    output = f"\nIt printed:\n{case.output}" if case.output else ""
    return masked_once("\n".join([f"This test fails: {case.node_id}", source, _raised(case), *frames]) + output)


def _raised(case: CaseResult) -> str:
    return f"{case.raised.type_name}: {case.raised.message}" if case.raised else case.outcome.value


def _code(path: PurePosixPath, text: str, failure: Failure) -> str:
    lines = split_lines(text)
    if len(lines) > WHOLE_FILE_LINES:
        wanted = [found.line for found in failure.suspicious if found.path == path]
        shown = _functions_around(text, wanted)
        return masked_once(f"Parts of the file {path}:\n{shown}") if shown else ""
    return masked_once(f"The file {path}:\n{text}")


def _suspicious(failure: Failure, texts: Mapping[PurePosixPath, str]) -> str:
    rows = []
    for found in failure.suspicious[:MAX_SUSPICIOUS_SHOWN]:
        lines = split_lines(texts.get(found.path, ""))
        if 0 < found.line <= len(lines):
            rows.append(f"  {found.path}:{found.line} ({found.suspiciousness:.2f}) {lines[found.line - 1].strip()}")
    return masked_once("\n".join(["Lines that failing tests run more than passing ones:", *rows])) if rows else ""


def _values(visits: Sequence[BlockVisit]) -> str:
    rows = [
        f"  {visit.path}:{visit.first_line}-{visit.last_line} in {visit.function}, visit {visit.visit}: "
        f"{_pairs(visit.before)} -> {_pairs(visit.after)}"
        for visit in visits[:MAX_VISITS_SHOWN]
    ]
    return (
        masked_once("\n".join(["Values before and after each block in the first failing test:", *rows])) if rows else ""
    )


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items()) or "nothing"


def _function(text: str, name: str) -> str:
    """Returns the source of a function by its name; empty when there is none."""
    for node in _definitions(text):
        if node.name == name:
            return ast.get_source_segment(text, node) or ""
    return ""


def _functions_around(text: str, lines: Sequence[int]) -> str:
    """Returns the sources of the functions that the lines are in, in order of the file."""
    found = [
        node for node in _definitions(text) if any(node.lineno <= line <= (node.end_lineno or 0) for line in lines)
    ]
    return "\n\n".join(ast.get_source_segment(text, node, padded=True) or "" for node in found)


def _definitions(text: str) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = parsed(text)
    if tree is None:
        return []
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
