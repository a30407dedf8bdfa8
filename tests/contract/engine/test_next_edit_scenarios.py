"""Next edits as a developer expects them: scenarios written by hand, asked of the whole embedded predictor.

Each file of `next_edit_scenarios` is one: a story, the texts of a small project, steps that are typed key by key, and
the edit that is expected to be offered first, or silence. Files of `[packages]` are installed beside the standard
library. Where a developer would be content with one of several edits there are several `[[expected]]`. What is not met
says why in `expected_to_fail`, and fails once it is met.
"""

import json
import sys
import sysconfig
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from inkling.context.edit_history import RecentEdits
from inkling.context.sources import Limits
from inkling.core.edit import TextEdit, apply_edit, minimal_edit
from inkling.core.next_edit import PredictedEdit
from inkling.core.settings import GatePolicy
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.text import position_at
from inkling.engine.next_edit.imports.package_build import PackageScope
from inkling.engine.next_edit.imports.package_library import PackageLibrary
from inkling.engine.next_edit.prediction import predict
from inkling.engine.next_edit.project import Project, ProjectScope, lines_of
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.engine.next_edit.ranking.ranking import Ranking
from inkling.engine.next_edit.ranking.thresholds import shipped_thresholds

FOLDER = Path(__file__).parent / "next_edit_scenarios"
KEY_MS = 120  # between two keys
THINKING_MS = 5000  # between two steps


@dataclass(frozen=True)
class Scenario:
    name: str
    content: Mapping[str, Any]

    @property
    def expected(self) -> list[Mapping[str, str]]:
        """The edits of which one is to be offered first; none where silence is right."""
        expected = self.content.get("expected", [])
        assert bool(expected) != bool(self.content.get("silence", False)), self.name
        return expected if isinstance(expected, list) else [expected]


def _scenarios() -> list[Any]:
    scenarios = []
    for path in sorted(FOLDER.glob("*.toml")):
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        reason = content.get("expected_to_fail")
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        scenarios.append(pytest.param(Scenario(path.stem, content), id=path.stem, marks=marks))
    return scenarios


class _Clock:
    def __init__(self) -> None:
        self.at_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.at_ms


@dataclass
class _Typist:
    """Writes the steps of a scenario into a project on disk, as an editor tells of it."""

    folder: Path
    texts: dict[str, str]
    clock: _Clock = field(default_factory=_Clock)
    version: int = 1
    cursor: tuple[str, int] = ("", 0)
    opened: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.history = RecentEdits(self.clock)
        for name, text in self.texts.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def snapshot(self, name: str) -> Snapshot:
        path = self.folder / name
        return Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=self.version, text=self.texts[name])

    def type(self, step: Mapping[str, str]) -> None:
        """Selects what differs between the step's two texts, and types the new one over it."""
        name, found, wanted = step["file"], step["find"], step["replace"]
        assert self.texts[name].count(found) == 1, f"{found!r} must stand in {name} just once"
        change = minimal_edit(found, wanted)
        offset = self.texts[name].index(found) + change.offset
        self.clock.at_ms += THINKING_MS
        if change.n_removed:
            self._press(name, TextEdit(offset=offset, n_removed=change.n_removed, inserted=""))
        for number, char in enumerate(change.inserted):
            self._press(name, TextEdit(offset=offset + number, n_removed=0, inserted=char))
        self.cursor = name, offset + len(change.inserted)

    def _press(self, name: str, edit: TextEdit) -> None:
        if name not in self.opened:
            self.opened.add(name)
            self.history.document_opened(self.snapshot(name))
        self.clock.at_ms += KEY_MS
        self.version += 1
        self.texts[name] = apply_edit(self.texts[name], edit)
        self.history.document_edited(self.snapshot(name), [edit])

    def first_offered(
        self, ranking: Ranking, threshold: float, packages: PackageLibrary | None = None
    ) -> PredictedEdit | None:
        """Returns the likeliest edit, if it is likely enough."""
        project = Project(packages)
        project.open(
            ProjectScope(
                folders=(self.folder,), exclude=(), limits=Limits(n_files=100, size_bytes=10**6), max_file_kb=1024
            )
        )
        project.wait_until_ready()
        for name in self.opened:
            snapshot = self.snapshot(name)
            project.take_document(snapshot.uri, snapshot.path, snapshot.text)
        name, offset = self.cursor
        line = position_at(self.texts[name], offset).line
        situation = project.situation(self.history.recent(), cursor=(self.snapshot(name).uri, line))
        if situation is None:
            return None
        edits = predict(situation, ranking).edits
        return edits[0] if edits and edits[0].probability >= threshold else None


@pytest.fixture(scope="module")
def ranking() -> Ranking:
    return shipped_artifact().ranking


@pytest.fixture(scope="module")
def standard_library(tmp_path_factory: pytest.TempPathFactory) -> PackageLibrary:
    library = PackageLibrary()
    library.open(PackageScope(cache_dir=str(tmp_path_factory.mktemp("imports")), interpreter=None))
    library.wait_until_built()
    return library


def _with_packages(files: Mapping[str, str], folder: Path) -> PackageLibrary:
    """Returns what is known of an environment that has the standard library and these files."""
    for name, text in files.items():
        path = folder / "site-packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    own = sysconfig.get_paths()["stdlib"]
    answer = json.dumps({"version": sys.version, "stdlib": own, "packages": [str(folder / "site-packages")]})
    interpreter = folder / "python"
    interpreter.write_text(f"#!/bin/sh\ncat << 'end'\n{answer}\nend\n")
    interpreter.chmod(0o755)
    library = PackageLibrary()
    library.open(PackageScope(cache_dir=str(folder), interpreter=str(interpreter)))
    library.wait_until_built()
    return library


@pytest.mark.parametrize("scenario", _scenarios())
def test_scenario(
    scenario: Scenario,
    ranking: Ranking,
    standard_library: PackageLibrary,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    installed = scenario.content.get("packages")
    packages = _with_packages(installed, tmp_path_factory.mktemp("environment")) if installed else standard_library
    typist = _Typist(tmp_path, dict(scenario.content["files"]))
    for step in scenario.content["steps"]:
        typist.type(step)

    offered = typist.first_offered(ranking, shipped_thresholds()[GatePolicy.BALANCED], packages)

    if not scenario.expected:
        assert offered is None
        return
    assert offered is not None
    name = next(name for name in typist.texts if DocumentUri((tmp_path / name).as_uri()) == offered.uri)
    wanted = [
        lines_of(typist.texts[name].replace(edit["find"], edit["replace"]))
        for edit in scenario.expected
        if edit["file"] == name
    ]
    assert all(typist.texts[edit["file"]].count(edit["find"]) == 1 for edit in scenario.expected)
    assert _after(offered, typist.texts[name]) in wanted


def _after(edit: PredictedEdit, text: str) -> tuple[str, ...]:
    """Returns the lines of a text after an edit that fits there."""
    lines = lines_of(text)
    end = edit.first_line + len(edit.removed)
    assert lines[edit.first_line : end] == edit.removed
    return (*lines[: edit.first_line], *edit.inserted, *lines[end:])
