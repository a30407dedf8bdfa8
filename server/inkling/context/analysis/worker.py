"""The analysis process: jedi on one thread, with limits on what it keeps.

Calls: `judge` (verdicts on mentions), `complete`, `describe` and `document` (names for the popup, their rows, what
is told of one), `define` (what a name stands for),
`definitions` (where names are defined, in files as they are told), `facts` (of a scope) and `problems` (what is wrong
near a place).
Notices: `scope`, `document`, `closed`, `files`. While nothing is asked, it reads what the open documents import;
when it has grown too large it ends, and the daemon starts a fresh one.
"""

import importlib
import logging
import os
import re
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import jedi

from inkling.context.analysis.definitions import FoundDefinition, find_definition
from inkling.context.analysis.judge import Line, Surroundings, judge
from inkling.context.analysis.mentions import ImportMention, find_mentions, unpack
from inkling.context.analysis.namespaces import Namespaces, hide_byte_order_mark
from inkling.context.analysis.overlay import FilePlace, Overlay
from inkling.context.analysis.parser_cache import keep_trees_in
from inkling.context.analysis.popup import NamePopup, Row
from inkling.context.analysis.problems import Problem, find_problems
from inkling.context.analysis.scope_facts import PackedFacts, ScopeFacts
from inkling.context.analysis.scope_reading import BUDGET_S, ReadingPlace, read_scope
from inkling.context.analysis.scope_types import Meanings
from inkling.context.analysis.workspace import WorkspaceFacts
from inkling.context.worker.child import Call, Worker
from inkling.core.text import position_at

logger = logging.getLogger(__name__)

LARGEST_RSS_BYTES: Final = 200 * 1024 * 1024  # half of what all of Inkling may take
READ_AHEAD_BELOW: Final = 0.7  # of the largest size: reading ahead alone never makes the worker start afresh
DEFINITIONS_BUDGET_S: Final = 0.1  # of one answer; what is left is asked again, after whatever came meanwhile
OVERLAY_KEPT_S: Final = 1.0  # after the last answer: one question is asked in many calls
REST_BUDGET_S: Final = 0.1  # of reading files at a time; a question that comes meanwhile waits that long
_IMPORT_LINE: Final = re.compile(r"^[ \t]*(?:import|from)[ \t].+$", re.MULTILINE)


class AnalysisWorker:
    """Answers questions about one workspace."""

    def __init__(self, *, largest_rss_bytes: int = LARGEST_RSS_BYTES) -> None:
        """Knows no workspace yet: the standard library alone.

        Args:
            largest_rss_bytes: Resident memory past which the process ends when nothing is asked.
        """
        self._largest_rss_bytes = largest_rss_bytes
        # A parameter's type guessed from some of its callers would be taken for the whole truth.
        jedi.settings.dynamic_params = False
        self._folders: list[Path] = []
        self._environment: jedi.api.environment.Environment = jedi.InterpreterEnvironment()
        self._is_environment_known = False
        self._environment_path: list[str] = _standard_library_path()
        self._unsaved: dict[str, str] = {}
        self._projects: dict[Path, tuple[jedi.Project, Namespaces]] = {}
        self._facts = WorkspaceFacts(())
        self._hook_texts: list[str] | None = None
        self._to_warm: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._warmed: set[tuple[str, str]] = set()
        self._overlay: Overlay | None = None
        self._meanings: Meanings | None = None
        self._overlay_used_at_s = 0.0
        self._popup = NamePopup(self._open_script)

    def take_scope(self, payload: Any) -> None:
        """Takes the folders and the interpreter, which is run."""
        folders, interpreter = payload
        self._folders = [Path(folder) for folder in folders]
        self._facts = WorkspaceFacts(self._folders)
        self._environment, self._is_environment_known = jedi.InterpreterEnvironment(), False
        self._environment_path = _standard_library_path()
        if interpreter is not None:
            try:
                self._environment = jedi.create_environment(interpreter, safe=False)
                self._environment_path = [path for path in self._environment.get_sys_path() if path]
                self._is_environment_known = True
            except (jedi.InvalidPythonEnvironment, jedi.InternalError) as error:
                logger.warning("interpreter=%s cannot be analysed: %s", interpreter, error)
        self._forget()

    def take_document(self, payload: Any) -> None:
        """Takes the text of an open document, and plans to read what it imports."""
        path, text = payload
        self._unsaved[path] = text
        self._facts.take(Path(path))
        self._facts.take_text(text)
        self._projects.clear()
        for match in _IMPORT_LINE.finditer(text):
            wanted = (path, match.group().strip())
            if wanted not in self._warmed:
                self._to_warm[wanted] = None

    def take_closed(self, path: Any) -> None:
        """Forgets the unsaved text of a document."""
        self._unsaved.pop(path, None)
        self._projects.clear()

    def take_files(self, paths: Any) -> None:
        """Forgets what was read: files changed on disk."""
        for path in paths:
            self._facts.take(Path(path))
        self._forget()

    def _forget(self) -> None:
        importlib.invalidate_caches()
        self._overlay = None
        self._projects.clear()
        self._hook_texts = None
        self._warmed.clear()

    def judge(self, call: Call) -> list[str] | None:
        """Answers `judge`: one verdict for each mention, in words."""
        if call.is_cancelled():
            return None
        path, before, text, after, packed = call.payload
        line = Line(before=before, text=text, after=after, path=Path(path) if path else None)
        return [verdict.value for verdict in judge(line, unpack(packed), self._surroundings(line.path))]

    def complete(self, call: Call) -> tuple[str, list[str], bool] | None:
        """Answers `complete`: a ticket, the names, and whether these are all."""
        return None if call.is_cancelled() else self._popup.complete(call.payload)

    def describe(self, call: Call) -> list[Row]:
        """Answers `describe`: rows of the popup."""
        return [] if call.is_cancelled() else self._popup.describe(*call.payload)

    def document(self, call: Call) -> tuple[str, str] | None:
        """Answers `document`: signatures and docstring of a row."""
        return None if call.is_cancelled() else self._popup.document(*call.payload)

    def define(self, call: Call) -> FoundDefinition | None:
        """Answers `define`: what the name at a place stands for."""
        if call.is_cancelled():
            return None
        path, text, offset = call.payload
        position = position_at(text, offset)
        script = self._open_script(text, Path(path) if path else None)
        return find_definition(script, position.line + 1, position.column, self._standard_library())

    def facts(self, call: Call) -> PackedFacts | None:
        """Answers `facts`: what is known of the scope around a line."""
        if call.is_cancelled():
            return None
        path, text, line_number, known = call.payload
        place = ReadingPlace(text=text, path=Path(path) if path else None, line_number=line_number, known=known)
        found = self.read_facts(place, self._facts.import_habits.usual)
        return None if found is None else found.pack()

    def read_facts(
        self, place: ReadingPlace, usual_import: Callable[[str], str | None], budget_s: float = BUDGET_S
    ) -> ScopeFacts | None:
        """Returns what is known of the scope around a line, within CPU time, seconds; `usual_import` tells imports."""
        namespaces = self._view(place.path)[1]
        if self._meanings is None or self._meanings.namespaces is not namespaces:
            self._meanings = Meanings(namespaces)
        return read_scope(place, self._meanings, usual_import, budget_s)

    def problems(self, call: Call) -> list[Problem]:
        """Answers `problems`: what is wrong near a place."""
        text, offset = call.payload
        return [] if call.is_cancelled() else find_problems(text, offset)

    def definitions(self, call: Call) -> list[list[FilePlace]]:
        """Answers `definitions`: where the names at the first places are defined, as many as there is time for."""
        texts, places = call.payload
        end_s = time.monotonic() + DEFINITIONS_BUDGET_S
        overlay, self._overlay = self._overlay, None
        if overlay is None or overlay.texts != texts:
            project = self._project_around([path for path, _, _, _ in places])
            overlay = Overlay(texts, lambda text, path: self._open_script(text, path, project))
        found: list[list[FilePlace]] = []
        for path, line, column, name in places:
            if call.is_cancelled() or (found and time.monotonic() > end_s):
                break
            found.append(overlay.definitions((path, line, column), name))
        self._overlay, self._overlay_used_at_s = overlay, time.monotonic()
        return found

    def rest(self) -> None:
        """Does a little housekeeping; called while nothing is asked."""
        if time.monotonic() - self._overlay_used_at_s < OVERLAY_KEPT_S:
            return  # more is about to be asked, and whatever is read now would undo what was found out
        self._overlay = None
        size_bytes = resident_bytes()
        if size_bytes > self._largest_rss_bytes:
            logger.warning("rss_mb=%d is too much, starting afresh", size_bytes // 2**20)
            sys.exit(0)
        self.prepare()

    def prepare(self) -> bool:
        """Reads a little ahead of what will be asked; returns whether there is more."""
        if self._facts.advance(REST_BUDGET_S):
            return True
        if resident_bytes() > READ_AHEAD_BELOW * self._largest_rss_bytes:
            self._to_warm.clear()
        if not self._to_warm:
            return False
        (path, statement), _ = self._to_warm.popitem(last=False)
        self._warmed.add((path, statement))
        self._warm(path, statement)
        return True

    def _warm(self, path: str, statement: str) -> None:
        """Reads what one import statement names, both ways, so that a later question is answered in time."""
        surroundings = self._surroundings(Path(path))
        for mention in find_mentions("", 0, statement).mentions:
            if isinstance(mention, ImportMention) and mention.level == 0:
                module = ".".join(mention.module)
                surroundings.namespaces.module_names(mention.module)
                code = f"import {module}\n{module}.{mention.name or '_'}"
                self._open_script(code, Path(path)).goto(2, len(module) + 1, follow_imports=True)

    def _surroundings(self, path: Path | None) -> Surroundings:
        return Surroundings(
            namespaces=self._view(path)[1],
            is_environment_known=self._is_environment_known,
            may_be_module=self._may_be_module,
            may_have_subclass=self._facts.may_have_subclass if self._is_inside(path) else lambda _name: True,
            open_script=self._open_script,
        )

    def _standard_library(self) -> list[Path]:
        return [Path(path) for path in self._environment_path if Path(path, "os.py").is_file()]

    def _is_inside(self, path: Path | None) -> bool:
        """Tells whether all that can import a document is in the workspace, too."""
        return path is None or any(folder in path.parents for folder in self._folders)

    def _open_script(self, text: str, path: Path | None, project: jedi.Project | None = None) -> jedi.Script:
        self._overlay = None  # jedi may take trees apart that were found out about
        self._popup.text_opened()
        text = hide_byte_order_mark(text)
        return jedi.Script(text, path=path, environment=self._environment, project=project or self._view(path)[0])

    def _project_around(self, paths: Sequence[str]) -> jedi.Project:
        """Returns a project in which all is found that can be seen from the folders of some files."""
        folders = list(dict.fromkeys(Path(path).parent for path in paths))
        local: dict[str, None] = {}
        for folder in folders:
            local.update(dict.fromkeys(_local_path(folder, self._home(folder), self._folders)))
        return self._project(self._home(folders[0]), list(local))

    def _view(self, path: Path | None) -> tuple[jedi.Project, Namespaces]:
        """Returns what can be seen from a document's folder."""
        folder = path.parent if path is not None else self._folders[0] if self._folders else Path.cwd()
        view = self._projects.get(folder)
        if view is None:
            home = self._home(folder)
            local = _local_path(folder, home, self._folders)
            project = self._project(home, local)
            major, minor = self._environment.version_info[:2]
            search_path = list(dict.fromkeys([*local, *self._environment_path]))
            view = project, Namespaces(search_path, self._unsaved_text, version=(major, minor))
            self._projects[folder] = view
        return view

    def _home(self, folder: Path) -> Path:
        return next((root for root in self._folders if root == folder or root in folder.parents), folder)

    def _project(self, home: Path, local: list[str]) -> jedi.Project:
        return jedi.Project(home, sys_path=self._environment_path, added_sys_path=local, load_unsafe_extensions=False)

    def _unsaved_text(self, path: Path) -> str | None:
        return self._unsaved.get(str(path))

    def _may_be_module(self, name: str) -> bool:
        if self._hook_texts is None:
            self._hook_texts = list(_hook_texts(self._environment_path))
        return self._facts.may_have_module(name) or any(name in text for text in self._hook_texts)


def _local_path(folder: Path, home: Path, folders: list[Path]) -> list[str]:
    """Returns where the workspace's own modules are looked for: upwards from the document, and in `src` folders."""
    upwards = [folder, *(parent for parent in folder.parents if parent == home or home in parent.parents)]
    roots = [path for root in (home, *folders) for path in (root, root / "src")]
    outside_packages = [path for path in upwards if not (path / "__init__.py").is_file()]
    return list(dict.fromkeys(str(path) for path in (*outside_packages, *roots) if path.is_dir()))


def _standard_library_path() -> list[str]:
    """Returns the path of this interpreter without any installed package: these are Inkling's own."""
    return [path for path in sys.path if path.startswith(sys.base_prefix) and "-packages" not in path]


def _hook_texts(search_path: list[str]) -> Iterator[str]:
    """Yields the sources of import hooks that editable installs leave behind: their modules lie on no path."""
    for folder in search_path:
        for path in Path(folder).glob("*.pth"):
            text = path.read_text(encoding="utf-8", errors="replace")
            yield text
            for hook in re.findall(r"^import (\w+)", text, re.MULTILINE):
                source = Path(folder, hook + ".py")
                if source.is_file():
                    yield source.read_text(encoding="utf-8", errors="replace")


def resident_bytes() -> int:
    """Returns this process's resident memory in bytes; 0 where the platform does not tell.

    Source: proc(5), /proc/pid/statm: the second number, in pages.
    """
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Serves until the daemon closes the pipe; the first argument, if any, is the folder of syntax trees."""
    keep_trees_in(Path(sys.argv[1]) if len(sys.argv) > 2 else None)
    state = AnalysisWorker()
    worker = Worker(
        calls={
            "judge": state.judge,
            "complete": state.complete,
            "describe": state.describe,
            "document": state.document,
            "define": state.define,
            "definitions": state.definitions,
            "facts": state.facts,
            "problems": state.problems,
        },
        notices={
            "scope": state.take_scope,
            "document": state.take_document,
            "closed": state.take_closed,
            "files": state.take_files,
        },
        on_idle=state.rest,
    )
    worker.serve()


if __name__ == "__main__":
    main()
