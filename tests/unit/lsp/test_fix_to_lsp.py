"""Fixes as the client reads them: its columns, its names for files, its versions."""

from pathlib import Path, PurePosixPath

import pytest

from inkling.core.edit import TextEdit
from inkling.core.execution import (
    CaseOutcome,
    CaseResult,
    ProgramEnd,
    ProjectView,
    RaisedException,
    RaisedFrame,
    SuiteProblem,
    SuiteRun,
)
from inkling.core.repair import (
    Evidence,
    Failure,
    FileEdit,
    Fix,
    FixAnswer,
    JudgedPatch,
    Patch,
    PatchVerdict,
    Question,
    SuspiciousLine,
)
from inkling.core.suggestion import Source, SuggestionId
from inkling.features.fix import FixOutcome, OfferedFix
from inkling.lsp.fix_to_lsp import FixWriter

FOLDER = Path("/w")
CART = PurePosixPath("cart.py")
TEXT = "# 🛒\r\nname = '🛒'; price = 1\r\n"
ODD_URI = "file:///w/c%61rt.py"
CASE = CaseResult(
    node_id="test_cart.py::test",
    outcome=CaseOutcome.FAILED,
    duration_s=0.5,
    raised=RaisedException(
        type_name="ValueError",
        message="no",
        frames=(RaisedFrame(path=None, line=9, function="out"), RaisedFrame(path=CART, line=2, function="f")),
    ),
)


def _outcome() -> FixOutcome:
    offset = TEXT.index("price")
    patch = Patch(
        edits=(FileEdit(path=CART, edit=TextEdit(offset=offset, n_removed=5, inserted="cost")),),
        kind="name",
        source=Source.EMBEDDED,
        explanation="cart.py, line 2: `price` becomes `cost`; " + "it looks like a wrong name " * 4,
        prior=0.5,
    )
    judged = JudgedPatch(patch=patch, probability=0.75, verdict=PatchVerdict.VERIFIED, n_inputs=8, n_inputs_agreeing=8)
    evidence = Evidence(failed_before=(CASE.node_id,), n_others_pass=2, n_not_run=1, n_inputs=8)
    fix = Fix(judged=judged, evidence=evidence, diff="diff")
    failure = Failure(
        failing=(CASE,),
        passing=(),
        coverage={},
        suspicious=(SuspiciousLine(path=CART, line=2, suspiciousness=0.5),),
    )
    question = Question(call="f(1)", answers=("2", "3"), behaviours=(("a",), ("b",)))
    return FixOutcome(
        session_id="s",
        answer=FixAnswer(fixes=(fix,), reason=None, message="words", failure=failure, question=question),
        offered=(OfferedFix(id=SuggestionId("i"), fix=fix),),
        view=ProjectView(folder=FOLDER, interpreter=Path("/py")),
        texts={CART: TEXT},
    )


@pytest.mark.parametrize(("encoding", "column"), [("utf-16", 13), ("utf-8", 15), ("utf-32", 12)])
def test_an_edit_has_the_clients_columns_and_name_and_version(encoding: str, column: int) -> None:
    writer = FixWriter(encoding, {FOLDER / CART: ODD_URI}, {ODD_URI: 7})
    (fix,) = writer.result(_outcome()).fixes
    (of_file,) = fix.edits
    (edit,) = of_file.edits
    assert (of_file.uri, of_file.version, edit.new_text) == (ODD_URI, 7, "cost")
    assert (edit.range.start.line, edit.range.start.character) == (1, column)
    assert (edit.range.end.line, edit.range.end.character) == (1, column + 5)


def test_a_file_that_is_not_open_has_no_version() -> None:
    (fix,) = FixWriter("utf-16", {}, {}).result(_outcome()).fixes
    assert (fix.edits[0].uri, fix.edits[0].version) == ("file:///w/cart.py", None)


def test_evidence_and_confidence_are_in_words() -> None:
    (fix,) = FixWriter("utf-16", {}, {}).result(_outcome()).fixes
    assert fix.evidence == [
        "Failed before and passes now: test_cart.py::test.",
        "2 other tests run the same code and pass as before.",
        "1 test was not run: it does not reach the change.",
        "It was run on 8 generated inputs; no other change that makes the tests pass does anything else there.",
    ]
    assert fix.confidence == "verified; estimated to be right in 75% of such cases"
    assert len(fix.title) <= 80


def test_the_rest_of_the_answer() -> None:
    result = FixWriter("utf-16", {}, {}).result(_outcome())
    assert result.question is not None
    assert (result.question.call, result.question.answers) == ("f(1)", ["2", "3"])
    (line,) = result.suspicious
    assert (line.uri, line.line, line.text) == ("file:///w/cart.py", 1, "name = '🛒'; price = 1")
    (case,) = result.failing
    assert (case.message, [(frame.line, frame.function) for frame in case.frames]) == ("ValueError: no", [(1, "f")])


def test_a_run_with_a_problem_keeps_what_came() -> None:
    end = ProgramEnd(exit_code=None, killed_for=None, wall_s=1.5)
    run = SuiteRun(cases=(CASE,), end=end, problem=SuiteProblem.HANGS, message="it hangs")
    result = FixWriter("utf-16", {}, {}).run(run, FOLDER)
    assert (len(result.results), result.problem, result.message, result.seconds) == (1, "hangs", "it hangs", 1.5)
