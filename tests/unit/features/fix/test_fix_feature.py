"""From something that fails to a fix with evidence, or to the reason why there is none."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest
from tests.unit.features.fix.fix_fakes import (
    ADDS,
    APART,
    CART,
    EMPTY,
    END,
    PROGRAM,
    RIGHT,
    WRONG,
    FakeProject,
    FakeRepairer,
    case,
    patch,
)

from inkling.core.errors import ModelError, SandboxError, UserError
from inkling.core.events import Feature
from inkling.core.execution import CaseOutcome, SuiteProblem, SuiteRequest, SuiteRun
from inkling.core.repair import (
    Evidence,
    IntegrityRule,
    JudgedPatch,
    Judgement,
    NoFixReason,
    Patch,
    PatchVerdict,
    Question,
)
from inkling.core.settings import FixPrecision
from inkling.core.suggestion import Reason, Trigger
from inkling.features.fix import FailingTests, FixRequest, KnobNames, Place, TracebackText
from inkling.features.fix.choice import NONE_OF_THEM, consistent_with
from inkling.features.fix.words import evidence_lines


@pytest.fixture
def project() -> FakeProject:
    return FakeProject()


def _request(project: FakeProject, target: object = None, **changes: object) -> FixRequest:
    request = FixRequest(view=project.view, target=target or FailingTests(node_ids=(ADDS,)))  # type: ignore[arg-type]
    return replace(request, **changes)  # type: ignore[arg-type]


def _judged(patch: Patch, behaviour: str, probability: float, **changes: object) -> JudgedPatch:
    judged = JudgedPatch(
        patch=patch, probability=probability, verdict=PatchVerdict.PLAUSIBLE, behaviour=behaviour, n_inputs=10
    )
    return replace(judged, **changes)  # type: ignore[arg-type]


async def test_a_fix_comes_with_what_failed_before_and_what_passes_now(project: FakeProject) -> None:
    outcome = await project.fix(_request(project))
    answer = outcome.answer
    assert (answer.reason, answer.n_tried) == (None, 7)
    (fix,) = answer.fixes
    assert fix.diff == (
        "--- a/cart.py\n+++ b/cart.py\n@@ -1,2 +1,2 @@\n def total(prices):\n"
        "-    return sum(prices) - 1\n+    return sum(prices)\n"
    )
    assert fix.evidence.failed_before == (ADDS,)
    assert (fix.evidence.n_others_pass, fix.evidence.n_not_run) == (1, 1)
    assert answer.message.startswith("A verified fix: 1 test failed before and passes now.")
    assert outcome.texts[CART].startswith("def total")


async def test_minds_are_told_the_failure_with_tests_that_run_the_same_code(project: FakeProject) -> None:
    await project.fix(_request(project))
    (asked,) = project.repairers[0].asked
    assert [each.node_id for each in asked.failure.failing] == [ADDS]
    assert asked.failure.passing == (EMPTY,)
    assert {(line.path, line.line) for line in asked.failure.suspicious} == {(CART, 1), (CART, 2)}


async def test_without_a_name_whatever_fails_is_fixed(project: FakeProject) -> None:
    outcome = await project.fix(_request(project, FailingTests()))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)


async def test_failing_tests_of_another_fault_are_left_for_later(project: FakeProject) -> None:
    project.suites.tests[APART] = lambda _text: False
    project.suites.lines[APART] = frozenset({40, 41})
    outcome = await project.fix(_request(project, FailingTests()))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)
    assert "1 other failing test runs different code" in outcome.answer.message


@pytest.mark.parametrize(
    ("problem", "failing"),
    [
        (SuiteProblem.NO_TESTS, ""),
        (SuiteProblem.HANGS, ""),
        (SuiteProblem.MISSING_PACKAGE, "test_cart.py"),
        (SuiteProblem.NEEDS_NETWORK, ADDS),
        (SuiteProblem.CRASHED, ADDS),
        (SuiteProblem.SYNTAX_ERROR, "test_cart.py"),
        (SuiteProblem.PYTHON_TOO_OLD, ""),
    ],
)
async def test_what_cannot_run_is_told_in_the_runners_words(
    project: FakeProject, problem: SuiteProblem, failing: str
) -> None:
    cases = (case(failing, CaseOutcome.ERROR),) if failing else ()
    run = SuiteRun(cases=cases, end=END, problem=problem, message="do this instead")
    project.suites.replacement = lambda _request: run
    answer = (await project.fix(_request(project))).answer
    assert (answer.reason, answer.message) == (NoFixReason.CANNOT_RUN, "do this instead")
    assert project.repairers[0].asked == []


async def test_a_file_that_cannot_be_imported_is_no_reason_not_to_mend_another(project: FakeProject) -> None:
    def also_broken(request: SuiteRequest) -> SuiteRun | None:
        if request.node_ids:
            return None
        cases = (case("test_broken.py", CaseOutcome.ERROR), case(ADDS, CaseOutcome.FAILED))
        lines = {ADDS: {CART: frozenset({2})}}
        return SuiteRun(cases=cases, end=END, problem=SuiteProblem.MISSING_PACKAGE, message="x", coverage=lines)

    project.suites.replacement = also_broken
    outcome = await project.fix(_request(project, FailingTests()))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)


async def test_a_test_that_passes_has_nothing_to_fix(project: FakeProject) -> None:
    answer = (await project.fix(_request(project, FailingTests(node_ids=(APART,))))).answer
    assert answer.reason is NoFixReason.NOTHING_FAILS
    assert f"{APART} passes in the sandbox" in answer.message


async def test_a_test_that_fails_sometimes_is_told_and_not_mended(project: FakeProject) -> None:
    n_runs = iter(range(10))
    project.suites.tests[ADDS] = lambda _text: next(n_runs) == 1
    answer = (await project.fix(_request(project))).answer
    assert answer.reason is NoFixReason.FLAKY
    assert f"{ADDS} is flaky: it failed in 2 of 3 runs" in answer.message


@pytest.mark.parametrize("target", [FailingTests(), FailingTests(node_ids=("test_cart.py",))])
async def test_a_test_that_fails_after_another_one_only_is_told_so_and_is_not_flaky(
    project: FakeProject, target: FailingTests
) -> None:
    project.suites.tests = {APART: lambda _text: True, EMPTY: lambda _text: True, **_more_tests(5), ADDS: _fails}

    def passes_alone(request: SuiteRequest) -> SuiteRun | None:
        runs_both = not {EMPTY, ADDS} - set(request.node_ids)
        if not request.node_ids or runs_both or "test_cart.py" in request.node_ids:
            return None
        cases = tuple(case(name, CaseOutcome.PASSED) for name in request.node_ids)
        return SuiteRun(cases=cases, end=END)

    project.suites.replacement = passes_alone
    project.suites.lines.update({name: frozenset({1}) for name in _more_tests(5)})
    answer = (await project.fix(_request(project, target))).answer
    assert answer.reason is NoFixReason.NOTHING_FOUND
    assert answer.message.startswith(f"{ADDS} passes alone, and fails each time after {EMPTY}: ")
    assert "flaky" not in answer.message
    assert answer.failure is not None
    assert {line.line for line in answer.failure.suspicious} == {1, 2}
    assert project.repairers[0].asked == []


async def test_a_test_that_fails_after_tests_of_another_file_names_them(project: FakeProject) -> None:
    project.suites.tests = {APART: lambda _text: True, EMPTY: lambda _text: True, ADDS: _fails}

    def passes_alone(request: SuiteRequest) -> SuiteRun | None:
        if not request.node_ids or not {APART, EMPTY, ADDS} - set(request.node_ids):
            return None
        return SuiteRun(cases=tuple(case(name, CaseOutcome.PASSED) for name in request.node_ids), end=END)

    project.suites.replacement = passes_alone
    answer = (await project.fix(_request(project, FailingTests()))).answer
    assert answer.message.startswith(f"{ADDS} passes alone, and fails each time after {APART}, {EMPTY}: ")


def _fails(_text: str) -> bool:
    return False


def _more_tests(n: int) -> dict[str, Callable[[str], bool]]:
    return {f"test_cart.py::test_more_{number}": lambda _text: True for number in range(n)}


async def test_of_failing_tests_the_stable_ones_are_mended(project: FakeProject) -> None:
    n_runs = iter(range(100))
    project.suites.tests[EMPTY] = lambda _text: next(n_runs) == 1
    outcome = await project.fix(_request(project, FailingTests(node_ids=(EMPTY, ADDS))))
    assert [each.node_id for each in project.repairers[0].asked[0].failure.failing] == [ADDS]
    assert outcome.answer.failure is not None


async def test_a_patch_that_does_not_hold_in_a_fresh_run_is_not_shown(project: FakeProject) -> None:
    project.repairers[0].patches = [patch("sum(prices) - 1", "len(prices)"), RIGHT]
    outcome = await project.fix(_request(project))
    assert [fix.judged.patch for fix in outcome.answer.fixes] == [RIGHT]


async def test_nothing_found_names_the_suspicious_lines(project: FakeProject) -> None:
    project.repairers[0].patches = []
    answer = (await project.fix(_request(project))).answer
    assert answer.reason is NoFixReason.NOTHING_FOUND
    assert "inkling.fix.budgetSeconds" in answer.message
    assert answer.failure is not None
    assert answer.failure.suspicious


async def test_what_breaks_a_rule_or_changes_tests_is_never_shown(project: FakeProject) -> None:
    in_tests = patch("", "x", text="", path=PurePosixPath("test_cart.py"))
    project.repairers[0].patches = [in_tests, WRONG, RIGHT]

    def judge(patches: Sequence[Patch]) -> Judgement:
        rules = {WRONG: (IntegrityRule.CATCHES_EVERYTHING,)}
        return Judgement(
            patches=[
                _judged(each, "a", 0.5, verdict=PatchVerdict.VERIFIED, broken_rules=rules.get(each, ()))
                for each in patches
            ]
        )

    project.judge.judgement = judge
    outcome = await project.fix(_request(project))
    assert [fix.judged.patch for fix in outcome.answer.fixes] == [RIGHT]


def _undecided(patches: Sequence[Patch]) -> Judgement:
    question = Question(call="total([])", answers=("0", "-1"), behaviours=(("a",), ("b",)))
    both = [_judged(RIGHT, "a", 0.3), _judged(WRONG, "b", 0.5)]
    left = [judged for judged in both if judged.patch in patches]
    return Judgement(patches=sorted(left, key=lambda judged: -judged.probability), question=question)


async def test_plausible_patches_wait_for_the_precision_knob_or_an_answer(project: FakeProject) -> None:
    project.repairers[0].patches = [RIGHT, WRONG]
    project.judge.judgement = _undecided
    answer = (await project.fix(_request(project))).answer
    assert (answer.fixes, answer.reason) == ((), NoFixReason.ONLY_PLAUSIBLE)
    assert "inkling.fix.precision" in answer.message
    assert answer.question is not None
    answer = (await project.fix(_request(project, precision=FixPrecision.PLAUSIBLE))).answer
    assert [fix.judged.patch for fix in answer.fixes] == [WRONG, RIGHT]
    assert answer.message.startswith("A plausible fix, not verified")


async def test_an_answered_question_decides(project: FakeProject) -> None:
    project.repairers[0].patches = [RIGHT, WRONG]
    project.judge.judgement = _undecided
    asked = await project.fix(_request(project))
    decided = await project.feature.answer_question(asked.session_id, 0, project.progress.append)
    (fix,) = decided.answer.fixes
    assert (fix.judged.patch, fix.judged.verdict) == (RIGHT, PatchVerdict.VERIFIED)
    assert fix.judged.probability == pytest.approx(0.3 / (0.3 + 0.2 * 0.5))
    assert "You said that total([]) gives 0, and so it does." in evidence_lines(fix.evidence, fix.judged)
    assert decided.answer.question is None


def test_patches_that_behave_alike_are_right_together() -> None:
    alike = [_judged(RIGHT, "a", 0.4), _judged(patch("sum", "min"), "a", 0.4)]
    question = Question(call="f(1)", answers=("1", "2"), behaviours=(("a",), ("b",)))
    left = consistent_with([*alike, _judged(WRONG, "b", 0.4)], question, 0)
    assert [judged.probability for judged in left] == pytest.approx([0.8, 0.8])


async def test_none_of_the_answers_leaves_nothing(project: FakeProject) -> None:
    project.repairers[0].patches = [RIGHT, WRONG]
    project.judge.judgement = _undecided
    asked = await project.fix(_request(project))
    decided = await project.feature.answer_question(asked.session_id, NONE_OF_THEM, project.progress.append)
    assert (decided.answer.fixes, decided.answer.reason) == ((), NoFixReason.NOTHING_FOUND)


@pytest.mark.parametrize(("session", "answer"), [("unknown", 0), (None, 2), (None, -2)])
async def test_an_answer_to_nothing_is_refused_in_words(project: FakeProject, session: str | None, answer: int) -> None:
    project.repairers[0].patches = [RIGHT, WRONG]
    project.judge.judgement = _undecided
    asked = await project.fix(_request(project))
    with pytest.raises(UserError):
        await project.feature.answer_question(session or asked.session_id, answer, project.progress.append)


async def test_all_minds_are_asked_side_by_side_and_one_that_fails_harms_none(project: FakeProject) -> None:
    project.repairers = [FakeRepairer(error=ModelError("set inkling.model.baseUrl")), FakeRepairer(patches=[RIGHT])]
    answer = (await project.fix(_request(project))).answer
    assert len(answer.fixes) == 1
    assert "set inkling.model.baseUrl" in answer.message
    assert max(progress.n_tried for progress in project.progress) == 14


async def test_why_a_mind_failed_is_told_where_nothing_was_found_and_not_logged_to_the_user(
    project: FakeProject, caplog: pytest.LogCaptureFixture
) -> None:
    project.repairers = [FakeRepairer(error=SandboxError("the stage did not start")), FakeRepairer()]
    answer = (await project.fix(_request(project))).answer
    assert answer.reason is NoFixReason.NOTHING_FOUND
    assert answer.message.endswith(" The stage did not start.")
    project.repairers[1].patches = [RIGHT]
    answer = (await project.fix(_request(project))).answer
    assert answer.fixes
    assert "stage" not in answer.message
    assert caplog.records == []


async def test_a_shell_is_told_of_options_and_not_of_settings(project: FakeProject) -> None:
    knobs = KnobNames(more_time="--budget", show_plausible="use --precision plausible")
    project.judge.judgement = lambda patches: Judgement(patches=[_judged(each, "a", 0.3) for each in patches])
    answer = (await project.fix(_request(project, knobs=knobs))).answer
    assert answer.message == (
        "1 change would make the tests pass, and the tests are too few to tell whether it is right. Write another test"
        " of that code, or use --precision plausible to see the change."
    )
    project.repairers[0].patches = []
    answer = (await project.fix(_request(project, knobs=knobs))).answer
    assert "--budget gives the search more time" in answer.message
    assert "inkling." not in answer.message


@pytest.mark.parametrize(
    ("n_agreeing", "words"),
    [
        (0, "It was run on 48 generated inputs and compared there with the other changes that make the tests pass."),
        (8, "on 8 of them every other change that makes the tests pass does the same."),
        (48, "no other change that makes the tests pass does anything else there."),
    ],
)
def test_what_generated_inputs_told_is_said_so_that_it_is_understood(n_agreeing: int, words: str) -> None:
    judged = _judged(RIGHT, "a", 0.9, n_inputs=48, n_inputs_agreeing=n_agreeing)
    evidence = Evidence(failed_before=(ADDS,), n_others_pass=1, n_not_run=0, n_inputs=48)
    assert evidence_lines(evidence, judged)[-1].endswith(words)


async def test_a_file_that_changes_while_the_search_runs_is_known_as_it_was(project: FakeProject) -> None:
    project.repairers[0].gate = asyncio.Event()
    search = asyncio.create_task(project.fix(_request(project)))
    while not project.repairers[0].asked:
        await asyncio.sleep(0)
    project.files[CART] = f"# by somebody else\n{PROGRAM}"
    project.repairers[0].gate.set()
    assert (await search).texts[CART] == PROGRAM


async def test_without_a_sandbox_the_answer_says_how_to_get_one(project: FakeProject) -> None:
    project.sandbox_error = SandboxError("install bubblewrap")
    answer = (await project.fix(_request(project))).answer
    assert (answer.reason, answer.message) == (NoFixReason.NO_SANDBOX, "install bubblewrap")


async def test_the_second_search_in_a_folder_is_refused_and_the_next_one_is_not(project: FakeProject) -> None:
    gate = asyncio.Event()
    project.repairers[0].gate = gate
    first = asyncio.create_task(project.fix(_request(project)))
    while not project.repairers[0].asked:
        await asyncio.sleep(0)
    refused = await project.fix(_request(project))
    assert refused.answer.reason is NoFixReason.BUSY
    other = replace(project.view, folder=Path("/other"))
    elsewhere = asyncio.create_task(project.fix(_request(project, view=other)))
    gate.set()
    assert (await first).answer.fixes
    assert (await elsewhere).answer.fixes
    assert (await project.fix(_request(project))).answer.fixes


async def test_a_cancelled_search_cancels_its_minds_and_makes_room(project: FakeProject) -> None:
    project.repairers[0].gate = asyncio.Event()
    task = asyncio.create_task(project.fix(_request(project)))
    while not project.repairers[0].asked:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert project.repairers[0].was_cancelled
    project.repairers = [FakeRepairer(patches=[RIGHT])]
    assert (await project.fix(_request(project))).answer.fixes


async def test_who_asks_goes_before_a_search_that_nobody_asked_for(project: FakeProject) -> None:
    project.repairers[0].gate = asyncio.Event()
    request = _request(project, is_unasked=True)
    unasked = asyncio.create_task(project.feature.fix_unasked(request, project.progress.append))
    while not project.repairers[0].asked:
        await asyncio.sleep(0)
    project.repairers = [FakeRepairer(patches=[RIGHT])]
    assert (await project.fix(_request(project))).answer.fixes
    assert await unasked is None
    assert project.opened == [True, False]


async def test_a_traceback_of_pytest_names_its_tests(project: FakeProject) -> None:
    text = f"\x1b[31mFAILED\x1b[0m {ADDS} - assert 5 == 6\n"
    outcome = await project.fix(_request(project, TracebackText(text=text)))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)


@pytest.mark.parametrize(
    "frames",
    [
        'File "/project/test_cart.py", line 4, in test_adds\n    assert total([1]) == 1\nAssertionError',
        "test_cart.py:4: in test_adds\n    assert total([1]) == 1\nE   assert 5 == 6",
        'File "/project/main.py", line 1, in <module>\n  File "/project/cart.py", line 2, in total\nTypeError: no',
    ],
)
async def test_a_traceback_leads_to_the_tests_that_reach_its_end(project: FakeProject, frames: str) -> None:
    outcome = await project.fix(_request(project, TracebackText(text=frames)))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)


async def test_a_text_without_a_traceback_is_told(project: FakeProject) -> None:
    answer = (await project.fix(_request(project, TracebackText(text="it does not work")))).answer
    assert answer.reason is NoFixReason.CANNOT_RUN
    assert "File …, line …" in answer.message


async def test_a_place_is_fixed_by_the_failing_tests_that_reach_it(project: FakeProject) -> None:
    outcome = await project.fix(_request(project, Place(path=CART, first_line=2, last_line=2)))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)


async def test_a_place_that_only_passing_tests_reach_asks_for_a_test(project: FakeProject) -> None:
    project.suites.tests[ADDS] = lambda _text: True
    answer = (await project.fix(_request(project, Place(path=CART, first_line=2, last_line=2)))).answer
    assert answer.reason is NoFixReason.NOTHING_FAILS
    assert "2 tests reach line 2 of cart.py, and none fails" in answer.message


async def test_a_place_that_no_test_reaches_gets_the_linters_own_fix_labelled_as_untested(project: FakeProject) -> None:
    place = Place(path=CART, first_line=9, last_line=9)
    answer = (await project.fix(_request(project, place))).answer
    assert answer.reason is NoFixReason.NO_TEST_REACHES_IT
    project.linter.patches = [patch("- 1", "-1", kind="ruff")]
    answer = (await project.fix(_request(project, place))).answer
    (fix,) = answer.fixes
    assert (answer.reason, fix.judged.verdict) == (None, PatchVerdict.UNTESTED)
    assert "nothing was run for it" in answer.message


async def test_a_selection_in_a_test_is_that_test(project: FakeProject) -> None:
    place = Place(path=PurePosixPath("test_cart.py"), first_line=12, last_line=12)
    outcome = await project.fix(_request(project, place))
    assert outcome.answer.fixes[0].evidence.failed_before == (ADDS,)
    assert project.suites.requests[0].node_ids == (ADDS,)


async def test_what_was_shown_and_what_was_not_is_recorded(project: FakeProject) -> None:
    outcome = await project.fix(_request(project))
    (row,) = await project.log.recent_decisions(10)
    assert (row.suggestion_id, row.was_offered, row.path, row.line) == (outcome.offered[0].id, True, "cart.py", 1)
    (decision,) = project.log._decisions.values()
    assert (decision.feature, decision.trigger, decision.text) == (Feature.FIX, Trigger.INVOKED, None)
    assert decision.project.startswith("project-")
    project.repairers[0].patches = []
    await project.fix(_request(project))
    assert {row.reason for row in await project.log.recent_decisions(10)} == {None, Reason.NO_FIX}


async def test_only_a_share_of_the_time_goes_into_running_all_tests(project: FakeProject) -> None:
    await project.fix(_request(project))
    whole: list[SuiteRequest] = [request for request in project.suites.requests if not request.node_ids]
    assert [request.limits.wall_s for request in whole] == [24.0]


async def test_a_hint_names_the_place_and_the_kind_and_not_the_change(project: FakeProject) -> None:
    outcome = await project.fix(_request(project, is_hint=True))
    assert (outcome.answer.fixes, outcome.offered, outcome.answer.question) == ((), (), None)
    assert outcome.hint == (
        f"{ADDS} fails with AssertionError: assert 5 == 6. Look at line 2 of cart.py."
        " What helps there has to do with: operator."
    )
    assert await project.log.recent_decisions(10) == []


async def test_a_hint_without_a_sure_fix_names_the_suspicious_lines(project: FakeProject) -> None:
    project.repairers[0].patches = []
    outcome = await project.fix(_request(project, is_hint=True))
    assert outcome.answer.reason is NoFixReason.NOTHING_FOUND
    assert "Most suspicious, by which tests run it: line 1 of cart.py, line 2 of cart.py." in outcome.hint


PROGRAM_TRACEBACK = (
    'Traceback (most recent call last):\n  File "/project/main.py", line 3, in <module>\n    total([1])\n'
    '  File "/project/cart.py", line 9, in total\nAssertionError: assert 5 == 6'
)
PROGRAM_TEST = "test_inkling_program.py::test_program"


async def test_a_program_that_fails_without_a_test_becomes_one_and_is_never_called_verified(
    project: FakeProject,
) -> None:
    project.suites.tests[PROGRAM_TEST] = project.suites.tests.pop(ADDS)
    project.suites.lines[PROGRAM_TEST] = frozenset({1, 2})
    request = _request(project, TracebackText(text=PROGRAM_TRACEBACK))
    answer = (await project.fix(request)).answer
    assert answer.reason is NoFixReason.ONLY_PLAUSIBLE
    outcome = await project.fix(replace(request, precision=FixPrecision.PLAUSIBLE))
    (fix,) = outcome.answer.fixes
    assert (fix.judged.verdict, fix.evidence.failed_before) == (PatchVerdict.PLAUSIBLE, ("main.py",))
    assert fix.diff.startswith("--- a/cart.py")
    assert outcome.view == project.view


async def test_a_program_that_fails_otherwise_or_not_at_all_is_told(project: FakeProject) -> None:
    project.suites.tests[PROGRAM_TEST] = lambda _text: False
    project.suites.lines[PROGRAM_TEST] = frozenset({1, 2})
    text = PROGRAM_TRACEBACK.replace("AssertionError", "KeyError")
    answer = (await project.fix(_request(project, TracebackText(text=text)))).answer
    assert answer.reason is NoFixReason.CANNOT_RUN
    assert "main.py ends with AssertionError: assert 5 == 6, which is not what the traceback says" in answer.message
    project.suites.tests[PROGRAM_TEST] = lambda _text: True
    answer = (await project.fix(_request(project, TracebackText(text=text)))).answer
    assert answer.reason is NoFixReason.NOTHING_FAILS
    assert answer.message.startswith("main.py ends without an error in the sandbox")


async def test_what_hangs_is_not_run_again_and_others_are_run_without_it(project: FakeProject) -> None:
    def hangs(request: SuiteRequest) -> SuiteRun | None:
        if ADDS not in request.node_ids or "- 1" not in request.view.edits.get(CART, PROGRAM):
            return None
        cases = (case(ADDS, CaseOutcome.FAILED),)
        return SuiteRun(
            cases=cases,
            end=END,
            problem=SuiteProblem.HANGS,
            message="it hangs",
            coverage={ADDS: {CART: frozenset({2})}},
        )

    project.suites.replacement = hangs
    outcome = await project.fix(_request(project))
    assert outcome.answer.fixes[0].evidence.n_others_pass == 1
    assert outcome.answer.message.endswith("passes now. Without a change: it hangs")
    first, others, *_ = project.suites.requests
    assert (first.node_ids, others.node_ids) == ((ADDS,), (EMPTY, APART))
