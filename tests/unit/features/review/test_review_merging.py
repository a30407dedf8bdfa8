from pathlib import PurePosixPath

import pytest
from tests.unit.features.review.review_scene import comment

from inkling.core.edit import TextEdit
from inkling.core.repair import FileEdit
from inkling.core.review import Confirmation, Reproduction, ReviewComment, Severity, Topic
from inkling.features.review.merging import NamedComment, merge

SHOWN = Reproduction(call="f(0)", before="returns 1", after="raises", test="", n_inputs=3)


def _merge(*comments: ReviewComment) -> list[NamedComment]:
    return merge([NamedComment(comment=each, fingerprints=(f"f{number}",)) for number, each in enumerate(comments)])


def test_the_same_words_in_many_files_are_one_comment_with_its_places() -> None:
    words = "`os` is imported and not used."
    merged = _merge(*(comment(path, 3, message=words) for path in ("c.py", "a.py", "b.py")))
    assert [(str(each.comment.path), each.comment.also_at) for each in merged] == [
        ("a.py", ((PurePosixPath("b.py"), 3), (PurePosixPath("c.py"), 3)))
    ]
    assert sorted(merged[0].fingerprints) == ["f0", "f1", "f2"]
    assert merged[0].fingerprints[0] == "f1"


def test_a_function_that_fails_fails_for_one_reason_whoever_saw_it() -> None:
    merged = _merge(
        comment(line=9, rule="tests.fails-now", topic=Topic.TESTS, symbol="f", claims_failure=True, confidence=0.9),
        comment(
            line=4,
            rule="behaviour.raises",
            topic=Topic.BEHAVIOUR,
            symbol="f",
            claims_failure=True,
            confirmation=Confirmation.CONFIRMED,
            reproduction=SHOWN,
            severity=Severity.ERROR,
        ),
        comment(line=4, rule="model.bug", topic=Topic.MODEL, claims_failure=True, confidence=0.5),
    )
    assert [(each.comment.rule, each.comment.confidence) for each in merged] == [("behaviour.raises", 0.9)]
    assert merged[0].comment.reproduction == SHOWN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (comment(symbol="f", claims_failure=True), comment(line=9, symbol="g", claims_failure=True)),
        (comment(symbol="f", claims_failure=True), comment(symbol="g", claims_failure=True, message="Other.")),
        (
            comment(message="`x` is not defined.", claims_failure=True),
            comment(message="`y` is not.", claims_failure=True),
        ),
        (comment("a.py", message="Same line."), comment("b.py", message="Other words.")),
        (
            comment(topic=Topic.BEHAVIOUR, severity=Severity.NOTE, symbol="f", message="`f(0)` returned 1, now 2."),
            comment(line=9, topic=Topic.BEHAVIOUR, severity=Severity.NOTE, symbol="g", message="`g(0)` returned 1."),
        ),
        (comment(topic=Topic.TESTS, message="No test runs it."), comment(message="No test would run it.")),
        (comment(message="Uses eval on input."), comment(rule="ruff.E711", topic=Topic.LINT, message="Compare by is.")),
        (
            comment(line=1, is_on_old_side=True, symbol="f", claims_failure=True),
            comment(symbol="f", claims_failure=True),
        ),
    ],
)
def test_different_causes_stay_apart(one: ReviewComment, other: ReviewComment) -> None:
    assert len(_merge(one, other)) == 2


def test_two_readers_of_one_line_who_say_the_same_are_one() -> None:
    edit = FileEdit(path=PurePosixPath("cart.py"), edit=TextEdit(offset=0, n_removed=1, inserted="x"))
    merged = _merge(
        comment(rule="risk.mutable-default", message="A mutable default is shared between calls.", confidence=0.9),
        comment(
            rule="ruff.B006",
            topic=Topic.LINT,
            message="Do not use mutable data structures for argument defaults: they are shared between calls.",
            suggestion=(edit,),
        ),
    )
    assert [(each.comment.rule, each.comment.suggestion) for each in merged] == [("risk.mutable-default", (edit,))]


def test_what_a_model_thinks_of_two_places_is_two_thoughts() -> None:
    notes = [
        comment(line=n, severity=Severity.NOTE, rule="model.other", topic=Topic.MODEL, message=f"Thought {n}.")
        for n in (1, 2)
    ]
    assert [each.comment.line for each in _merge(*notes)] == [1, 2]


def test_a_thought_is_said_once() -> None:
    notes = [
        comment(line=n, severity=Severity.NOTE, rule="tests.not-run", message=f"No test: {n}.") for n in range(1, 6)
    ]
    merged = _merge(*notes)
    assert [(each.comment.line, len(each.comment.also_at)) for each in merged] == [(1, 4)]


def test_thousands_of_comments_are_merged_at_once() -> None:
    merged = _merge(*(comment(f"f{n % 50}.py", n, message=f"Line {n}.") for n in range(1, 6001)))
    assert len(merged) == 6000
