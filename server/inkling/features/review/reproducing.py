"""A reproduction in the user's hands: run on what stands in the editor, and kept as one of the project's tests."""

import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Final

from inkling.core.errors import SandboxError, UserError
from inkling.core.execution import CaseOutcome, CaseResult, ProjectView, ResourceLimits, SuiteRequest, SuiteRun
from inkling.core.review import Reproduction, ReviewComment
from inkling.core.suspicion import is_test_file

RunTests = Callable[[SuiteRequest], Awaitable[SuiteRun]]

WITHIN_S: Final = 20.0  # of one module on one version
_FAILED: Final = frozenset({CaseOutcome.FAILED, CaseOutcome.ERROR})
_TEST_FOLDERS: Final = ("tests", "test")
_ON_PATH: Final = """import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[{n_up}]{below}))

"""


class ReproductionVerdict(StrEnum):
    """What a reproduction shows now.

    REPRODUCED: the old version passes, what stands in the editor fails. NOT_REPRODUCED: both pass. CANNOT_RUN: neither
    can be said.
    """

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not_reproduced"
    CANNOT_RUN = "cannot_run"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReproductionRun:
    """What came of a reproduction.

    Attributes:
        verdict: What it shows.
        message: The same in words.
        before: What the old version did.
        after: What the version in the editor did.
        output: What the test printed and raised there.
    """

    verdict: ReproductionVerdict
    message: str
    before: str = ""
    after: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTest:
    """A test to be made.

    Attributes:
        path: Within the project; nothing is there yet.
        text: The whole module.
    """

    path: PurePosixPath
    text: str


def cannot_run(why: str) -> ReproductionRun:
    """Returns that nothing can be said."""
    return ReproductionRun(verdict=ReproductionVerdict.CANNOT_RUN, message=f"It cannot be run: {why}")


async def run_reproduction(
    shown: Reproduction, before: ProjectView, now: ProjectView, run_tests: RunTests
) -> ReproductionRun:
    """Returns what a reproduction does on the old version, and on what stands in the editor.

    Args:
        shown: The reproduction.
        before: The project before the change.
        now: The project as it stands in the editor.
        run_tests: Runs tests in the sandbox.
    """
    try:
        old = await run_tests(_request(shown, before, shown.test))
        # A test of the project's may have been changed on purpose since.
        new = await run_tests(_request(shown, now, None if shown.is_of_project else shown.test))
    except SandboxError as error:
        return cannot_run(str(error))
    run = ReproductionRun(
        verdict=ReproductionVerdict.CANNOT_RUN,
        message="",
        before=_did(old),
        after=_did(new),
        output=_output(new),
    )
    if not _passes(old):
        return replace(run, message=f"It tells nothing now: the old version {_did(old)}, too.")
    if _passes(new):
        words = "Not reproduced: what stands in the editor passes, as the old version does. It is mended."
        return replace(run, verdict=ReproductionVerdict.NOT_REPRODUCED, message=words)
    if any(case.outcome in _FAILED for case in new.cases):
        words = f"Reproduced: the old version passes, what stands in the editor {_did(new)}."
        return replace(run, verdict=ReproductionVerdict.REPRODUCED, message=words)
    return replace(run, message=f"What stands in the editor cannot be run: {new.message or 'no test was run'}")


async def kept_test(
    comment: ReviewComment, before: ProjectView, files: Collection[PurePosixPath], run_tests: RunTests | None
) -> KeptTest:
    """Returns the test that keeps a comment's reproduction.

    Args:
        comment: It has a reproduction.
        before: The project before the change, where the test passes.
        files: The project's files, open ones that are not saved included.
        run_tests: Runs tests in the sandbox; None where nothing is run.

    Raises:
        UserError: There is nothing to keep.
    """
    shown = comment.reproduction
    if shown is None:
        raise UserError("this comment has no reproduction to keep")
    if shown.is_of_project:
        raise UserError(f"the project has this test already: {shown.node_id}")
    choices = list(_places(comment, shown, files))
    if run_tests is not None:
        for each in choices:
            trial = replace(shown, node_id=str(each.path), test=each.text)
            try:
                run = await run_tests(_request(trial, before, each.text))
            except SandboxError:
                break
            if _passes(run):
                return each
    return choices[-1]


def _places(comment: ReviewComment, shown: Reproduction, files: Collection[PurePosixPath]) -> Iterator[KeptTest]:
    """Yields where the test could be kept, the nicest first; where it was run for sure is the last."""
    name, folder = _name(comment), _test_folder(comment, shown, files)
    path = _free(folder, name, files)
    if folder != shown.path.parent:
        if any(is_test_file(each) and each.is_relative_to(folder) for each in files):
            yield KeptTest(path=path, text=shown.test)  # others there import what they need, too
        root = shown.path.parent.as_posix()
        below = "" if root == "." else f" / {root!r}"
        yield KeptTest(path=path, text=_ON_PATH.format(n_up=len(folder.parts), below=below) + shown.test)
    yield KeptTest(path=_free(shown.path.parent, name, files), text=shown.test)


def _name(comment: ReviewComment) -> str:
    about = comment.symbol or comment.path.stem
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", about).lower()
    return "test_" + "_".join(re.findall(r"[a-z0-9]+", words)) + "_reproduction"


def _test_folder(comment: ReviewComment, shown: Reproduction, files: Collection[PurePosixPath]) -> PurePosixPath:
    """Returns where the project keeps its tests: where this one was run, the nearest folder of tests, or `tests`."""
    with_tests = {path.parent for path in files if path.suffix == ".py" and is_test_file(path)}
    if shown.path.parent in with_tests:
        return shown.path.parent
    for folder in comment.path.parents:
        for name in _TEST_FOLDERS:
            if any(path.is_relative_to(folder / name) for path in files):
                return folder / name
    return min(with_tests, key=lambda folder: (len(folder.parts), folder), default=PurePosixPath("tests"))


def _free(folder: PurePosixPath, name: str, files: Collection[PurePosixPath]) -> PurePosixPath:
    """Returns a path at which nothing is; nor is a module of this name elsewhere, which pytest may mix up with it."""
    taken = {path.name for path in files}
    number = 1
    while (file := f"{name}{number if number > 1 else ''}.py") in taken:
        number += 1
    return folder / file


def _request(shown: Reproduction, view: ProjectView, text: str | None) -> SuiteRequest:
    edits: Mapping[PurePosixPath, str] = view.edits if text is None else {**view.edits, shown.path: text}
    return SuiteRequest(
        view=replace(view, edits=edits),
        node_ids=(shown.node_id,),
        limits=ResourceLimits(wall_s=WITHIN_S, cpu_s=WITHIN_S),
    )


def _passes(run: SuiteRun) -> bool:
    return bool(run.cases) and all(case.outcome not in _FAILED for case in run.cases) and run.problem is None


def _did(run: SuiteRun) -> str:
    """Returns what a version did, after its name."""
    failed = [case for case in run.cases if case.outcome in _FAILED]
    if failed:
        return f"fails with {_raised(failed[0])}" if failed[0].raised is not None else "fails"
    if run.problem is not None or not run.cases:
        return f"cannot be run ({run.message or 'no test was run'})"
    return "passes"


def _raised(case: CaseResult) -> str:
    raised = case.raised
    if raised is None:
        return ""
    first = raised.message.split("\n", 1)[0]
    return f"{raised.type_name}: {first}" if first else raised.type_name


def _output(run: SuiteRun) -> str:
    """Returns what a terminal would show of a run."""
    lines = []
    for case in run.cases:
        lines.append(f"{case.outcome.value.upper()} {case.node_id}")
        if case.raised is not None:
            lines += [f"  {frame.path}:{frame.line} in {frame.function}" for frame in case.raised.frames if frame.path]
            lines += [f"E   {line}" for line in f"{case.raised.type_name}: {case.raised.message}".splitlines()]
        lines += [case.output.rstrip()] if case.output.strip() else []
    return "\n".join([*lines, *([run.message] if run.message else [])])
