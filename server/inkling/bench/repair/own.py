"""One-line bugs of real kinds in small real programs, written for this project: `one_line_bugs/*.toml`.

Each table `bug` has an `id`, a `kind`, the correct `files`, the line `before` the bug came into it and the line
`after` (empty: the line is missing), the `tests` that a user has, and `hidden_tests` that judge a fix. A loaded bug has
the same fields, so that whoever reviews changes can use them as pairs.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "one_line_bugs"


@dataclass(frozen=True, slots=True, kw_only=True)
class OneLineBug:
    """A program with a bug in one line.

    Attributes:
        id: Its name.
        kind: What kind of mistake it is.
        files: The correct program, by path.
        before: The line that is right, as it stands in one of the files, once.
        after: What stands there instead; empty where the line is missing.
        tests: Tests that a user would have; one of them fails.
        hidden_tests: Tests that only a right fix passes.
    """

    id: str
    kind: str
    files: Mapping[str, str]
    before: str
    after: str
    tests: Mapping[str, str]
    hidden_tests: Mapping[str, str]

    @property
    def buggy_files(self) -> dict[str, str]:
        """The program with the bug in it."""
        wrong = self.after + "\n" if self.after else ""
        return {path: f"\n{text}".replace(f"\n{self.before}\n", f"\n{wrong}")[1:] for path, text in self.files.items()}


def load_bugs() -> list[OneLineBug]:
    """Returns all bugs, those of one file together."""
    bugs = []
    for path in sorted(FOLDER.glob("*.toml")):
        with path.open("rb") as file:
            bugs += [OneLineBug(**fields) for fields in tomllib.load(file)["bug"]]
    return bugs
