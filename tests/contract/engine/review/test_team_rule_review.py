"""A team's checklist, read from TOML and held against changes."""

import sys
from pathlib import Path

import pytest
from tests.contract.engine.review.change_sets import change_of, ignore_progress, only, request_of

from inkling.core.errors import BadChecklistError
from inkling.core.review import Findings, Severity
from inkling.engine.review.team_rules import TeamRuleReviewer, read_checklist

RULES = """
[[rule]]
id = "no-print"
message = "Log it instead."
pattern = '^\\s*print\\('
paths = ["src/**/*.py"]
severity = "error"

[[rule]]
id = "no-sleep"
message = "Wait for what you wait for."
call = "time.sleep"

[[rule]]
id = "changelog"
message = "Users read of it in the changelog."
paths = ["src/**"]
needs = ["CHANGELOG.md"]
severity = "note"

[[rule]]
id = "tone"
ask = "Are messages to users kind?"
"""


async def review(folder: Path, after: dict[str, str | None]) -> Findings:
    changes = change_of(folder, Path(sys.executable), {"src/a.py": "print(0)\n"}, after)
    return await TeamRuleReviewer(read_checklist(RULES)).review(request_of(changes), ignore_progress)


async def test_a_pattern_on_changed_lines_of_its_paths(tmp_path: Path) -> None:
    found = await review(tmp_path, {"src/a.py": "print(0)\nprint(1)\n", "b.py": "print(2)\n", "CHANGELOG.md": "x\n"})
    comment = only(found)
    assert (comment.rule, comment.line, comment.severity) == ("team.no-print", 2, Severity.ERROR)
    assert [unchecked.what for unchecked in found.unchecked] == ["tone"]


@pytest.mark.parametrize(
    "code",
    ["import time\ntime.sleep(1)\n", "from time import sleep\nsleep(1)\n", "import time as t\nt.sleep(1)\n"],
)
async def test_a_call_by_whatever_name(tmp_path: Path, code: str) -> None:
    assert only(await review(tmp_path, {"b.py": code})).line == 2


async def test_what_must_change_along(tmp_path: Path) -> None:
    (comment,) = (await review(tmp_path, {"src/a.py": "x = 1\n"})).comments
    assert (comment.rule, comment.reason) == ("team.changelog", "CHANGELOG.md was not changed.")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[rule", "is no TOML"),
        ("[[rule]]\nid = 'a'\nmessage = 'b'\n", "rule a: give one of"),
        ("[[rule]]\nid = 'a'\nmessage = 'b'\npattern = '('\n", "rule a: "),
        ("[[rule]]\npattern = 'x'\nmessage = 'b'\n", "rule 1: `id` is missing"),
        ("[[rule]]\nid = 'a'\npatern = 'x'\n", "`patern` is not known"),
        ("[[rule]]\nid = 'a'\nmessage = 'b'\ncall = 'f'\nseverity = 'bad'\n", "'bad' is not a valid"),
        ("[[rule]]\nid = 'a'\nmessage = 'b'\ncall = 'f'\npaths = 'src'\n", "`paths` must be a list"),
        ("[rules]\n", "write each rule under [[rule]]"),
    ],
)
def test_a_checklist_that_cannot_be_read_says_what_to_do(text: str, words: str) -> None:
    with pytest.raises(BadChecklistError) as raised:
        read_checklist(text)
    assert words in str(raised.value)
