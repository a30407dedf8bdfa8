"""Figures of the bench of reviews, and what it is measured on."""

import ast
import json
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from inkling.bench.review.human import HumanOutcome, measure_human, read_human_comments
from inkling.bench.review.measure import measure
from inkling.bench.review.one import PairOutcome, is_on_right_line, without_tests
from inkling.bench.review.pairs import PairKind, ReviewPair, of_half, own_pairs, read_pairs, refactorings
from inkling.core.errors import UserError
from inkling.core.review import Confirmation, ReviewComment, Severity, Topic


def comment(*, line: int = 2, claims: bool = True, confirmed: bool = True) -> ReviewComment:
    return ReviewComment(
        rule="behaviour.returns",
        topic=Topic.BEHAVIOUR,
        path=PurePosixPath("a.py"),
        line=line,
        end_line=line,
        severity=Severity.ERROR,
        confidence=0.9,
        message="",
        claims_failure=claims,
        confirmation=Confirmation.CONFIRMED if confirmed else Confirmation.UNCONFIRMED,
    )


def outcome(kind: PairKind, name: str, *shown: ReviewComment) -> PairOutcome:
    pair = ReviewPair(
        id=f"{kind}:{name}",
        kind=kind,
        problem=name,
        before={"a.py": "def f():\n    return 1\n"},
        after={"a.py": "def f():\n    return 2\n"},
    )
    return PairOutcome(pair=pair, shown=shown, folded=(), n_changed_lines=1)


def test_figures_count_what_their_names_say() -> None:
    metrics = measure(
        [
            outcome(PairKind.BUG, "one", comment()),
            outcome(PairKind.BUG, "two", comment(line=1, confirmed=False)),
            outcome(PairKind.BUG, "three"),
            outcome(PairKind.FIX, "one", comment(claims=False)),
            outcome(PairKind.FIX, "two", comment()),
            outcome(PairKind.REFACTORING, "four", comment()),
            outcome(PairKind.REFACTORING, "five"),
        ],
        seed=0,
    )
    values = {name: metric.value for name, metric in metrics.items()}
    assert values["found"] == pytest.approx(2 / 3)
    assert values["confirmed"] == pytest.approx(1 / 3)
    assert values["lines_right"] == pytest.approx(1 / 3)
    assert values["false_claims"] == 0.5
    assert values["false_claims_on_fixes"] == 0.5
    assert values["precision"] == pytest.approx(3 / 5)
    assert values["comments_per_100_lines"] == pytest.approx(100 * 5 / 7)


def test_a_comment_beside_a_gap_is_on_the_right_line() -> None:
    pair = ReviewPair(
        id="gap",
        kind=PairKind.BUG,
        problem="gap",
        before={"a.py": "one\ntwo\nthree\nfour\n"},
        after={"a.py": "one\nthree\nfour\n"},
    )
    assert [is_on_right_line(comment(line=line), pair) for line in (1, 2, 3)] == [True, True, False]


def test_tests_are_taken_out_by_name() -> None:
    text = (
        "def test_a():\n    pass\n\n\nclass TestB:\n    def test_a(self):\n        pass\n\n"
        "    def test_c(self):\n        pass\n"
    )
    left = ast.parse(without_tests(text, {"test_a", "TestB::test_c"}))
    assert [node.name for node in ast.walk(left) if isinstance(node, ast.FunctionDef | ast.ClassDef)] == [
        "TestB",
        "test_a",
    ]
    assert without_tests(text, set()) == text


def test_own_pairs_are_bugs_and_the_same_reversed() -> None:
    pairs = own_pairs()
    bugs = {pair.problem: pair for pair in pairs if pair.kind is PairKind.BUG}
    fixes = {pair.problem: pair for pair in pairs if pair.kind is PairKind.FIX}
    assert len(bugs) == len(fixes) >= 80
    assert all(bug.before == fixes[name].after and bug.after == fixes[name].before for name, bug in bugs.items())
    assert all(bug.before != bug.after for bug in bugs.values())
    assert len(of_half(pairs, "open")) + len(of_half(pairs, "held-out")) == len(pairs)


def test_refactorings_parse_differ_and_have_names_of_their_own() -> None:
    pairs = refactorings()
    assert len(pairs) >= 60
    assert len({pair.id for pair in pairs}) == len(pairs)
    for pair in pairs:
        for text in (*pair.before.values(), *pair.after.values(), *pair.tests.values()):
            ast.parse(text)
        assert pair.before != pair.after


def test_pairs_of_others_are_read(tmp_path: Path) -> None:
    record = {"id": "x", "path": "pkg/a.py", "before": "a = 1\n", "after": "a = 2\n", "kind": "fix"}
    file = tmp_path / "pairs.jsonl"
    tests = [{}, {"tests": "def test(): pass\n"}, {"tests": {"t/test_b.py": ""}}, {"tests": None}]
    file.write_text("\n".join(json.dumps({**record, **more}) for more in tests) + "\n\n")
    pairs = read_pairs(file)
    assert [list(pair.tests) for pair in pairs] == [[], ["pkg/test_a.py"], ["t/test_b.py"], []]
    assert pairs[0].kind is PairKind.FIX
    file.write_text(json.dumps({**record, "kind": "wish"}))
    with pytest.raises(UserError, match="--pairs"):
        read_pairs(file)
    with pytest.raises(UserError, match="--pairs"):
        read_pairs(tmp_path / "missing.jsonl")


def test_people_s_comments_stand_at_their_lines_in_what_parses(tmp_path: Path) -> None:
    record = {
        "code": "@@ -10,4 +20,4 @@ def f():\n         else:\n             pass\n-        a = 1\n+        a = 2\n",
        "line_number": 22,
        "category": "functional",
        "file_path": "a.py",
        "pr_number": 7,
        "repo": "r",
        "owner": "o",
    }
    file = tmp_path / "comments.jsonl"
    file.write_text(json.dumps(record) + "\n" + json.dumps({**record, "file_path": "a.txt"}))
    (human,) = read_human_comments(file)
    assert human.parses
    assert human.after.splitlines()[human.line - 1] == "a = 2"
    ours = comment(line=22)
    outcomes = [
        HumanOutcome(human=human, shown=(ours,), n_changed_lines=1),
        HumanOutcome(human=human, shown=(comment(line=24),), n_changed_lines=1),
        HumanOutcome(human=replace(human, category="refactoring"), shown=(), n_changed_lines=2),
    ]
    metrics = measure_human(outcomes, seed=0)
    assert metrics["comments_per_100_lines"].value == 50
    assert metrics["functional_same_line"].value == 0.5
    assert metrics["functional_near"].value == 1
    with pytest.raises(UserError, match="--data"):
        read_human_comments(tmp_path / "missing.jsonl")
