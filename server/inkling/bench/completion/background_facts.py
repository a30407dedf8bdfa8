"""What the product's background analysis knows at a position: read in this process, beside the questions."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

from inkling.bench.completion.positions import Position
from inkling.context.analysis.analysis import is_asked_aside
from inkling.context.analysis.import_habits import ImportHabits
from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.context.analysis.scope_reading import ReadingPlace
from inkling.context.analysis.worker import AnalysisWorker
from inkling.core.text import position_at


class BackgroundFacts:
    """The product's own analysis of scopes, of a project that is written to a folder for it.

    Attributes:
        cpu_s: CPU time that each reading took, seconds.
    """

    def __init__(self, folder: Path) -> None:
        """Takes a folder for the projects."""
        self.cpu_s: list[float] = []
        self._root = folder.resolve() / "workspace"
        self._texts: dict[str, str] = {}
        self._habits = ImportHabits()
        self._worker = AnalysisWorker()
        self._worker.take_scope(([str(self._root)], sys.executable))

    def read(self, texts: Mapping[str, str]) -> None:
        """Takes a project in place of the one before; what a commit left alone is not written again."""
        changed = [path for path in {**self._texts, **texts} if self._texts.get(path) != texts.get(path)]
        for path in changed:
            if path in self._texts:
                self._habits.forget_text(self._texts[path])
            file = self._root / path
            if path in texts:
                self._habits.take_text(texts[path])
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(texts[path], encoding="utf-8", errors="surrogatepass", newline="")
            else:
                file.unlink()
        self._texts = dict(texts)
        self._worker.take_files([str(self._root / path) for path in changed])

    def at(self, position: Position) -> ScopeFacts | None:
        """Returns what is known of the scope at a position from the text without the line of the cursor.

        What the file on disk says of that line does not count. Documents that are too large are not read.
        """
        if not is_asked_aside(position.text):
            return None
        saved = self._texts.get(position.path, "")
        place = ReadingPlace(
            text=position.text,
            path=self._root / position.path,
            line_number=position_at(position.text, position.offset).line,
        )
        self._habits.forget_text(saved)
        self._habits.take_text(position.text)
        started_s = time.thread_time()
        facts = self._worker.read_facts(place, self._habits.usual)
        self.cpu_s.append(time.thread_time() - started_s)
        self._habits.forget_text(position.text)
        self._habits.take_text(saved)
        return facts
