"""Dangers on changed lines that ruff has no rule for."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, request_of, rules_of

from inkling.core.change import Unreadable
from inkling.core.review import Findings, Severity
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.risks import RiskReviewer


async def review(folder: Path, before: dict[str, str | None], after: dict[str, str | None]) -> Findings:
    changes = change_of(folder, Path(sys.executable), before, after)
    return await RiskReviewer(ProjectReader()).review(request_of(changes), ignore_progress)


async def test_a_secret_is_an_error(tmp_path: Path) -> None:
    key = "AKIA" + "Q3EGRZ7XPL5KTWJM"
    comment = only(await review(tmp_path, {"a.py": "x = 1\n"}, {"a.py": f"x = 1\nkey = '{key}'\n"}))
    assert (comment.rule, comment.line, comment.severity) == ("risk.secret", 2, Severity.ERROR)
    assert key not in comment.message


async def test_conflict_markers_are_an_error_unless_they_were_there(tmp_path: Path) -> None:
    merged = "x = 1\n<<<<<<< ours\ny = 1\n=======\ny = 2\n>>>>>>> theirs\n"
    for before, rules in (("x = 1\n", ["risk.conflict-markers"]), (merged + "z = 1\n", [])):
        changes = change_of(tmp_path, Path(sys.executable), {"a.py": before}, {"a.py": merged})
        unread = replace(changes.files[0], before=None, after=None, hunks=(), unreadable=Unreadable.CONFLICT_MARKERS)
        asked = request_of(replace(changes, files=(unread,)))
        found = await RiskReviewer(ProjectReader()).review(asked, ignore_progress)
        assert rules_of(found) == rules
        assert [(each.line, each.severity, each.confidence) for each in found.comments] == [
            (2, Severity.ERROR, 0.95)
        ] * len(rules)


@pytest.mark.parametrize(
    "line",
    [
        "password = 'change-me-now'",
        "token = os.environ['API_TOKEN']",
        "secret = 'your-secret-here1'",
        "password = ''",
        "token_url = 'https://example.org/oauth2/token'",
    ],
)
async def test_a_placeholder_is_no_secret(tmp_path: Path, line: str) -> None:
    assert rules_of(await review(tmp_path, {"a.py": "x = 1\n"}, {"a.py": f"x = 1\n{line}\n"})) == []


async def test_the_name_of_a_commit_is_no_secret_where_it_is_called_so(tmp_path: Path) -> None:
    name = "c9bf1bad45f2c06df52a8f2c143651a8e28c4928"
    pinned = {"hooks.yaml": f"    rev: {name}\n", "workflow.yml": f"  - uses: actions/checkout@{name}\n"}
    assert rules_of(await review(tmp_path, {}, {**pinned})) == []
    assert rules_of(await review(tmp_path, {}, {"a.py": f"api_key = '{name}'\n"})) == ["risk.secret"]


async def test_a_secret_that_was_there_before_is_not_said(tmp_path: Path) -> None:
    key = "key = 'AKIA" + "Q3EGRZ7XPL5KTWJM'"
    assert rules_of(await review(tmp_path, {"a.py": f"{key}\n"}, {"a.py": f"{key}  # for the mirror\n"})) == []


async def test_what_is_never_reached(tmp_path: Path) -> None:
    before = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    after = "def f(x):\n    return 1\n    return 2\n"
    assert only(await review(tmp_path, {"a.py": before}, {"a.py": after})).line == 3
    assert rules_of(await review(tmp_path, {"b.py": after}, {"b.py": after + "\nx = 1\n"})) == []


async def test_a_generator_of_nothing_is_meant(tmp_path: Path) -> None:
    assert rules_of(await review(tmp_path, {}, {"a.py": "def f():\n    return\n    yield\n"})) == []


async def test_the_last_use_of_a_private_function(tmp_path: Path) -> None:
    before = "def _half(x):\n    return x / 2\n\n\ndef f(x):\n    return _half(x)\n"
    after = before.replace("return _half(x)", "return x")
    assert only(await review(tmp_path, {"a.py": before}, {"a.py": after})).rule == "risk.unused"
    other: dict[str, str | None] = {"c.py": before, "d.py": "from c import _half\n\nprint(_half(1))\n"}
    assert rules_of(await review(tmp_path / "two", other, {"c.py": after})) == []


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("done = total == 0.1", ["risk.float-equality"]),
        ("done = total == 0.5", []),
        ("done = total == 0", []),
        ("file = open(os.path.join(root, request.args['name']))", ["risk.outside-path"]),
        ("file = open(os.path.join(root, name))", []),
    ],
)
async def test_comparisons_and_paths(tmp_path: Path, line: str, rules: list[str]) -> None:
    found = await review(tmp_path, {"a.py": "x = 1\n"}, {"a.py": f"x = 1\n{line}\n"})
    assert sorted(set(rules_of(found))) == rules
