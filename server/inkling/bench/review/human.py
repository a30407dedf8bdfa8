"""Our comments beside people's: hunks of real pull requests that somebody commented on.

The set holds the hunk alone, so that no file is whole and nothing can be run: this tells how many comments there would
be at least, and how seldom what a reader of the text alone can find is what people comment on.
"""

import ast
import asyncio
import json
import math
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from inkling.app.review_tools import ReviewerOptions, opened_reviewers
from inkling.bench.report import Metric, bootstrap, exact
from inkling.bench.review.one import hunks_between
from inkling.core.change import ChangedFile, ChangeSet, FileChange
from inkling.core.errors import UserError
from inkling.core.execution import ProjectView
from inkling.core.review import ReviewComment, ReviewRequest
from inkling.features.review.feature import LOW_CONFIDENCE
from inkling.features.review.ports import NamedReviewer

DATA = Path("../shared/data/review/human_comments.jsonl")
NEAR_LINES = 3  # that a comment may be off and still speak of the same place
NEEDS_WHOLE_FILE = frozenset({"F401", "F706", "F821", "F841", "PLW0602", "invalid-syntax"})
"""Rules of ruff that ask whether a name is bound or used elsewhere: of a hunk alone they say nothing."""
_HEADER = re.compile(r"@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_MOST_CUT = 15  # lines at either end of a hunk that are left out so that the rest parses

HUMAN_PROTOCOL = """Each hunk of the shared set is reviewed alone, without the rest of its file and without running
anything, by the reviewers that read: ruff (but for rules that need the whole file), contracts, risks.
comments_per_100_lines: shown comments for a hundred changed lines. functional_same_line: share of people's functional
comments that a shown comment of ours shares the line with; functional_near: within {near} lines. parsed: share of hunks
of which at least a part parses. Intervals are by pull request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanComment:
    """A person's comment with the hunk that it is about.

    Attributes:
        pull_request: Where it was made.
        category: The data set's own.
        path: The file.
        line: Of the comment, in the new file.
        before: The hunk's old lines, at their place in the new file; lines before it are empty.
        after: Its new lines.
        parses: Whether that is a program.
    """

    pull_request: str
    category: str
    path: PurePosixPath
    line: int
    before: str
    after: str
    parses: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanOutcome:
    """A person's comment beside ours.

    Attributes:
        human: The person's.
        shown: Ours.
        n_changed_lines: Lines that went or came, whichever are more.
    """

    human: HumanComment
    shown: tuple[ReviewComment, ...]
    n_changed_lines: int

    def is_near(self, n_lines: int) -> bool:
        """Tells whether one of ours is that near to the person's."""
        line = self.human.line
        return any(item.line - n_lines <= line <= item.end_line + n_lines for item in self.shown)


def read_human_comments(path: Path) -> list[HumanComment]:
    """Returns the comments on Python files.

    Raises:
        UserError: The file is missing or of another form.
    """
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_human(record) for record in records if str(record["file_path"]).endswith(".py")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} cannot be read as comments on hunks ({error!r}); name another with --data.") from error


async def review_human(humans: Sequence[HumanComment]) -> list[HumanOutcome]:
    """Returns our comments on each hunk."""
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as name:
        folder = await asyncio.to_thread(Path(name).resolve)
        async with opened_reviewers(ReviewerOptions(project=folder, may_run=False)) as opened:
            outcomes = []
            for number, human in enumerate(humans, start=1):
                outcomes.append(await _reviewed(human, folder, opened.reviewers))
                if number % 50 == 0:
                    print(f"{number}/{len(humans)}", file=sys.stderr, flush=True)
            return outcomes


def measure_human(outcomes: Sequence[HumanOutcome], seed: int) -> dict[str, Metric]:
    """Returns the figures with intervals by pull request."""
    by_pull_request: dict[str, list[HumanOutcome]] = {}
    for outcome in outcomes:
        by_pull_request.setdefault(outcome.human.pull_request, []).append(outcome)
    clusters = list(by_pull_request.values())

    def functional(n_lines: int) -> Callable[[Sequence[HumanOutcome]], float]:
        return lambda sample: _share([item.is_near(n_lines) for item in sample if item.human.category == "functional"])

    return {
        "comments_per_100_lines": bootstrap(clusters, _per_100_lines, seed),
        "functional_same_line": bootstrap(clusters, functional(0), seed),
        "functional_near": bootstrap(clusters, functional(NEAR_LINES), seed),
        "functional_comments": exact(sum(outcome.human.category == "functional" for outcome in outcomes)),
        "parsed": exact(_share([outcome.human.parses for outcome in outcomes])),
    }


async def _reviewed(human: HumanComment, folder: Path, reviewers: Sequence[NamedReviewer]) -> HumanOutcome:
    after = ProjectView(folder=folder, interpreter=Path(sys.executable), edits={human.path: human.after})
    file = ChangedFile(
        path=human.path,
        old_path=human.path,
        change=FileChange.MODIFIED,
        before=human.before,
        after=human.after,
        hunks=hunks_between(human.before, human.after),
    )
    changes = ChangeSet(
        name=human.pull_request,
        files=(file,),
        before=replace(after, edits={human.path: human.before}),
        after=after,
    )
    found: list[ReviewComment] = []
    for named in reviewers:
        request = ReviewRequest(changes=changes, may_run=False)
        found += (await named.reviewer.review(request, lambda _: None)).comments
    return HumanOutcome(
        human=human,
        shown=tuple(
            item
            for item in found
            if item.confidence >= LOW_CONFIDENCE
            and not item.is_on_old_side
            and item.rule.rpartition(".")[2] not in NEEDS_WHOLE_FILE
        ),
        n_changed_lines=sum(max(hunk.before.n_lines, hunk.after.n_lines) for hunk in file.hunks),
    )


def _human(record: dict[str, object]) -> HumanComment:
    header, _, body = str(record["code"]).partition("\n")
    match = _HEADER.search(header)
    if match is None:
        raise ValueError(f"no hunk: {header!r}")
    lines = body.split("\n")
    sides = [[line[1:] for line in lines if not line.startswith(other)] for other in ("+", "-")]
    after, n_cut = _parsing_part(sides[1])
    before, n_cut_before = _parsing_part(sides[0])
    first = int(match[1])
    return HumanComment(
        pull_request=f"{record['owner']}/{record['repo']}#{record['pr_number']}",
        category=str(record["category"]),
        path=PurePosixPath(str(record["file_path"])),
        line=int(str(record["line_number"])),
        before="\n" * (first - 1 + (n_cut_before or 0)) + before,
        after="\n" * (first - 1 + (n_cut or 0)) + after,
        parses=n_cut is not None and n_cut_before is not None,
    )


def _parsing_part(lines: Sequence[str]) -> tuple[str, int | None]:
    """Returns the longest part of a hunk that parses, with how many lines before it were cut; None: nothing does."""
    cuts = [(start, end) for start in range(_MOST_CUT) for end in range(_MOST_CUT) if start + end < len(lines)]
    for start, end in sorted(cuts, key=sum):
        text = textwrap.dedent("\n".join(lines[start : len(lines) - end])) + "\n"
        try:
            ast.parse(text)
        except (SyntaxError, ValueError):
            continue
        return text, start
    return "\n".join(lines) + "\n", None


def _per_100_lines(sample: Sequence[HumanOutcome]) -> float:
    n_lines = sum(outcome.n_changed_lines for outcome in sample)
    return 100 * sum(len(outcome.shown) for outcome in sample) / n_lines if n_lines else math.nan


def _share(facts: Sequence[bool]) -> float:
    return sum(facts) / len(facts) if facts else math.nan
