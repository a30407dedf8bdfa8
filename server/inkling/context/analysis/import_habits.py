"""How the workspace imports names: the statement that it writes most often for each."""

import re
from collections import Counter
from typing import Final

MAX_NAMES: Final = 50_000  # past this no new name is counted
_FROM: Final = re.compile(r"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^(\n#;\\]+))", re.MULTILINE)
_IMPORT: Final = re.compile(r"^[ \t]*import[ \t]+([^\n#;\\]+)", re.MULTILINE)
_COMMENT: Final = re.compile(r"#[^\n]*")


class ImportHabits:
    """Counts import statements by the name that they bind; relative ones, which mean another thing elsewhere, aside."""

    def __init__(self) -> None:
        self._statements: dict[str, Counter[str]] = {}

    def take_text(self, text: str) -> None:
        """Counts the imports of a file."""
        self._add(text, 1)

    def forget_text(self, text: str) -> None:
        """Takes back the imports of a file that was counted."""
        self._add(text, -1)

    def _add(self, text: str, n: int) -> None:
        for match in _FROM.finditer(text):
            module = match.group(1)
            if not module.startswith("."):
                for written in _COMMENT.sub("", match.group(2) or match.group(3)).split(","):
                    self._count(written, f"from {module} import ", n)
        for match in _IMPORT.finditer(text):
            for written in match.group(1).split(","):
                self._count(written, "import ", n)

    def usual(self, name: str) -> str | None:
        """Returns the statement that imports a name most often; None where none does."""
        statements = self._statements.get(name)
        if not statements:
            return None
        (statement, n_times) = statements.most_common(1)[0]
        return statement if n_times > 0 else None

    def _count(self, written: str, before: str, n: int) -> None:
        words = written.split()
        if not words or len(words) not in (1, 3):
            return
        name = words[-1] if before != "import " or len(words) == 3 else words[0].partition(".")[0]
        if name.isidentifier() and (name in self._statements or len(self._statements) < MAX_NAMES):
            self._statements.setdefault(name, Counter())[before + " ".join(words)] += n
