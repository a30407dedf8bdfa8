"""What `inkling bench review` is measured on: a program before and after a change, and what the change was."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from inkling.bench.repair.own import load_bugs
from inkling.core.errors import UserError

REFACTORINGS = Path(__file__).parent / "refactorings"


class PairKind(StrEnum):
    """What a change was."""

    BUG = "bug"
    FIX = "fix"
    REFACTORING = "refactoring"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPair:
    """A change whose sense is known.

    Attributes:
        id: Its name.
        kind: What it was.
        problem: What it belongs to; a bug and its fix are not independent.
        before: The files that it changes, as they were.
        after: The same files, as they are.
        others: Further files of the program, the same before and after.
        tests: The user's own tests.
    """

    id: str
    kind: PairKind
    problem: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    others: Mapping[str, str] = field(default_factory=dict)
    tests: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_held_out(self) -> bool:
        """Whether it is looked at for final figures only; half of the pairs, by their problems' names."""
        return sha256(self.problem.encode()).digest()[0] % 2 == 1


def own_pairs() -> list[ReviewPair]:
    """Returns the one-line bugs of this project as diffs that bring them in, and the same reversed."""
    pairs = []
    for bug in load_bugs():
        changed = [path for path, text in bug.files.items() if text != bug.buggy_files[path]]
        right, wrong = ({path: files[path] for path in changed} for files in (bug.files, bug.buggy_files))
        others = {path: text for path, text in bug.files.items() if path not in changed}
        for kind, before, after in ((PairKind.BUG, right, wrong), (PairKind.FIX, wrong, right)):
            pairs.append(
                ReviewPair(
                    id=f"{kind}:{bug.id}",
                    kind=kind,
                    problem=bug.id,
                    before=before,
                    after=after,
                    others=others,
                    tests=bug.tests,
                )
            )
    return pairs


def refactorings() -> list[ReviewPair]:
    """Returns changes that keep the behaviour, written for this project."""
    pairs = []
    for path in sorted(REFACTORINGS.glob("*.toml")):
        with path.open("rb") as file:
            for fields in tomllib.load(file)["refactoring"]:
                module = fields.get("path", "program.py")
                pairs.append(
                    ReviewPair(
                        id=f"refactoring:{fields['id']}",
                        kind=PairKind.REFACTORING,
                        problem=fields["id"],
                        before={module: fields["before"]},
                        after={module: fields["after"]},
                        tests={f"test_{Path(module).stem}.py": fields["tests"]} if "tests" in fields else {},
                    )
                )
    return pairs


def read_pairs(path: Path) -> list[ReviewPair]:
    """Returns others' pairs: JSON Lines with `id`, `path`, `before`, `after`, `kind`, and perhaps `tests`.

    `tests` is the text of a test file, or an object of texts by path.

    Raises:
        UserError: The file is missing or of another form.
    """
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        return [_pair(record) for record in records]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path} cannot be read as pairs ({error!r}); name another with --pairs.") from error


def _pair(record: Mapping[str, object]) -> ReviewPair:
    path, given = str(record["path"]), record.get("tests") or {}
    if isinstance(given, list):
        given = "\n\n\n".join(str(text) for text in given)
    if isinstance(given, str):
        given = {str(Path(path).parent / f"test_{Path(path).stem}.py"): given}
    if not isinstance(given, dict):
        raise TypeError("tests are neither a text nor texts by path")
    return ReviewPair(
        id=str(record["id"]),
        kind=PairKind(str(record["kind"])),
        problem=str(record["id"]),
        before={path: str(record["before"])},
        after={path: str(record["after"])},
        tests={str(name): str(text) for name, text in given.items()},
    )


def of_half(pairs: Sequence[ReviewPair], half: str) -> list[ReviewPair]:
    """Returns the pairs of a half: `open`, `held-out`, or `all`."""
    return [pair for pair in pairs if half == "all" or pair.is_held_out == (half == "held-out")]
