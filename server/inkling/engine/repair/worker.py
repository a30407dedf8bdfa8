"""The search worker: runs inside a sandbox, reads one task from its standard input, writes lines to its output."""

import ast
import contextlib
import gc
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from inkling.core.repair import FileEdit, Patch
from inkling.core.suggestion import Source
from inkling.engine.repair.evaluation import Evaluator
from inkling.engine.repair.examples import find_examples
from inkling.engine.repair.explaining import explanation
from inkling.engine.repair.program import Mutant, Program
from inkling.engine.repair.protocol import (
    DoneLine,
    PatchLine,
    ProblemLine,
    ProgressLine,
    SearchTask,
    WorkerLine,
    encode_line,
)
from inkling.engine.repair.rendering import edits_for
from inkling.engine.repair.search import Listener, Search, Share
from inkling.engine.repair.stage_process import StageError
from inkling.engine.repair.surroundings import surroundings_of

_PROGRESS_EVERY_S = 0.5
_LEAST_WEIGHT = 1e-6


def main() -> None:
    """Does the task that standard input has."""
    started = time.monotonic()
    task = SearchTask.from_line(sys.stdin.buffer.readline())
    output = os.dup(1)
    # Whatever the tests print must not come between the lines.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    reporter = _Reporter(output)
    try:
        _search(task, started + task.budget_s, reporter)
    except StageError as error:
        reporter.write(ProblemLine(message=str(error)[:400]))
    reporter.write(DoneLine(n_tried=reporter.n_tried))


def _search(task: SearchTask, deadline: float, reporter: "_Reporter") -> None:
    folder = Path(task.folder)
    program = Program(_texts(task, folder))
    if not program.files:
        raise StageError("none of the suspicious files can be parsed")
    suspicious = {PurePosixPath(path): lines for path, lines in task.suspicious.items()}
    surroundings = surroundings_of(program, suspicious, _test_sources(task, folder), _lent_texts(task, folder))
    gc.collect()
    gc.freeze()
    examples = find_examples(program, surroundings.sites)
    evaluator = Evaluator(program, folder, task.failing, task.passing, examples)
    reporter.evaluator = evaluator
    reporter.program = program
    try:
        evaluator.start()
        listener = Listener(found=reporter.found, progress=reporter.progress)
        Search(evaluator, surroundings, Share(part=task.part, n=task.n_parts), deadline, listener).run()
    finally:
        evaluator.close()


def _texts(task: SearchTask, folder: Path) -> Iterator[tuple[PurePosixPath, str]]:
    for path in task.suspicious:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield PurePosixPath(path), (folder / path).read_bytes().decode("utf-8")


def _lent_texts(task: SearchTask, folder: Path) -> Iterator[str]:
    for path in task.lending:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            yield (folder / path).read_bytes().decode("utf-8")


def _test_sources(task: SearchTask, folder: Path) -> list[str]:
    """Returns the sources of the failing tests, or of their files where a test is not found in it."""
    sources = []
    for node_id in task.failing:
        path, *names = node_id.split("[")[0].split("::")
        try:
            text = (folder / path).read_text("utf-8")
            tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError):
            continue
        nodes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        found = [node for node in nodes if names and node.name == names[-1]]
        sources += [ast.get_source_segment(text, node) or "" for node in found] or [text]
    return list(dict.fromkeys(sources))


class _Reporter:
    """Writes lines, each patch once."""

    def __init__(self, output: int) -> None:
        self._output = output
        self._seen: set[tuple[FileEdit, ...]] = set()
        self._doing = ""
        self._last_progress = 0.0
        self.evaluator: Evaluator | None = None
        self.program: Program | None = None

    @property
    def n_tried(self) -> int:
        """Mutants that were run so far."""
        return self.evaluator.n_tried if self.evaluator is not None else 0

    def found(self, mutant: Mutant) -> bool:
        """Reports a mutant that passes; tells whether it is a new one that can be written as text."""
        patch = self._patch(mutant)
        if patch is None or patch.edits in self._seen:
            return False
        self._seen.add(patch.edits)
        self.write(PatchLine(patch=patch))
        return True

    def progress(self, doing: str) -> None:
        """Reports what is being done, now and then; an empty text goes on with what was."""
        now = time.monotonic()
        if doing or now - self._last_progress > _PROGRESS_EVERY_S:
            self._doing = doing or self._doing
            self._last_progress = now
            self.write(ProgressLine(doing=self._doing, n_tried=self.n_tried))

    def write(self, line: WorkerLine) -> None:
        """Writes a line."""
        view = memoryview(encode_line(line))
        while view:
            view = view[os.write(self._output, view) :]

    def _patch(self, mutant: Mutant) -> Patch | None:
        if self.program is None:
            return None
        edits: list[FileEdit] = []
        words = ""
        for file in self.program.files:
            changes = [change for change in mutant.changes if self.program.file_of(change[0]) is file]
            needed = [statement for path, statement in mutant.imports if path == file.path]
            if not changes and not needed:
                continue
            of_file = edits_for(self.program, file, changes, needed)
            if of_file is None:
                return None
            if of_file:
                words = words or explanation(mutant.kind, file.path, file.text, of_file)
                edits += [FileEdit(path=file.path, edit=edit) for edit in of_file]
        if not edits:
            return None
        return Patch(
            edits=tuple(edits),
            kind=mutant.kind,
            source=Source.EMBEDDED,
            explanation=words,
            prior=max(mutant.weight, _LEAST_WEIGHT),
            n_edits=mutant.n_edits,
        )


if __name__ == "__main__":
    main()
