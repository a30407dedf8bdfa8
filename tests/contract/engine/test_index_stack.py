"""After any saves, deletes and renames the segments hold what a fresh build would read; few of them, and small."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.engine.index.build import Build
from inkling.engine.index.index_files import WORKSPACE, IndexFiles, IndexScope
from inkling.engine.index.segment import open_segment
from inkling.engine.index.stack import MOST_SEGMENTS, SegmentStack
from inkling.engine.language.lexer import lex

NAMES = ["a.py", "b.py", "deep/c.py", "d.py", "other/e.py"]
BUILD = "build"
step = st.one_of(
    st.just((BUILD, 0, 0)),
    st.tuples(st.just("save"), st.sampled_from(range(len(NAMES))), st.integers(1, 40)),
    st.tuples(st.just("delete"), st.sampled_from(range(len(NAMES))), st.just(0)),
    st.tuples(st.just("rename"), st.sampled_from(range(len(NAMES))), st.sampled_from(range(len(NAMES)))),
)


class Workspace:
    """A workspace of two roots with its index."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roots = (folder / "one", folder / "one" / "other", folder / "two")
        for root in self.roots:
            root.mkdir(parents=True)
        self.index = IndexFiles(folder / "cache")
        self.scope = IndexScope(
            cache_dir=str(folder / "cache"),
            folders=tuple(map(str, self.roots)),
            interpreter=None,
            include_environment=False,
            max_files=100,
            max_mb=10,
            exclude=(),
        )
        self.n_versions = 0

    def path(self, number: int) -> Path:
        path = self.roots[2 if number == 3 else 0] / NAMES[number]
        path.parent.mkdir(exist_ok=True)
        return path

    def save(self, path: Path, n_lines: int = 1) -> str:
        """Writes a new version, and returns a name that stands in no other."""
        self.n_versions += 1
        marker = f"version_{self.n_versions}"
        path.write_text(f"{marker}.mark()\n" * n_lines)
        # Two versions within one tick of the clock would be one file to whoever looks at sizes and times.
        os.utime(path, ns=(self.n_versions, self.n_versions))
        return marker

    def build(self) -> None:
        Build(scope=self.scope, index=self.index, tell=lambda _message: None).run()

    def names(self) -> list[str]:
        return self.index.head(self.scope)[WORKSPACE]

    def stack(self) -> SegmentStack:
        return SegmentStack([open_segment(self.index.path(name)) for name in self.names()])

    def fresh(self) -> dict[str, list[str]]:
        return {str(path): lex(path.read_text()) for root in self.roots for path in root.rglob("*.py")}


def contents(stack: SegmentStack) -> dict[str, list[str]]:
    """Returns the tokens of each file as they are told: from the newest segment that has it."""
    return {
        path: next(tokens for segment in reversed(stack.segments) if (tokens := segment.file_tokens(key)) is not None)
        for path, key in stack.keys().items()
    }


def marks(stack: SegmentStack, n_versions: int) -> set[str]:
    """Returns the markers after which something is known."""
    known: set[str] = set()
    for number in range(1, n_versions + 1):
        context = ["\n+0", f"version_{number}"]
        for segment in stack.segments:
            for places in segment.places(context):
                if places.depth == 2 and segment.next_tokens(places, None):
                    known.add(context[1])
    return known


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(step, max_size=25))
def test_the_segments_hold_what_a_fresh_build_would(steps: list[tuple[str, int, int]]) -> None:
    with TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        markers: dict[Path, str] = {}
        for kind, first, second in [*steps, (BUILD, 0, 0)]:
            path = workspace.path(first)
            if kind == BUILD:
                workspace.build()
                stack = workspace.stack()
                stack.leave_out(frozenset())
                assert contents(stack) == workspace.fresh()
                assert marks(stack, workspace.n_versions) == set(markers.values())
                assert len(stack.segments) <= MOST_SEGMENTS
            elif kind == "save":
                markers[path] = workspace.save(path, second)
            elif kind == "delete" and path in markers:
                path.unlink()
                del markers[path]
            elif kind == "rename" and path in markers:
                path.replace(workspace.path(second))
                markers[workspace.path(second)] = markers.pop(path)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def inodes(workspace: Workspace) -> Mapping[str, int]:
    return {name: workspace.index.path(name).stat().st_ino for name in workspace.names()}


def test_a_save_leaves_the_large_segment_as_it_is(workspace: Workspace) -> None:
    for number in range(30):
        workspace.save(workspace.roots[0] / f"large{number}.py", 100)
    workspace.build()
    before = inodes(workspace)
    for _ in range(12):
        workspace.save(workspace.path(0))
        workspace.build()
        assert before.items() <= inodes(workspace).items()
    newest = workspace.index.path(workspace.names()[-1])
    assert newest.stat().st_size < workspace.index.path(workspace.names()[0]).stat().st_size / 4
    workspace.build()
    again = inodes(workspace)
    workspace.build()
    assert inodes(workspace) == again, "where nothing changed nothing is written"


def test_a_switch_of_branches_is_one_segment_and_what_it_hides_is_dropped(workspace: Workspace) -> None:
    for number in range(60):
        workspace.save(workspace.roots[0] / f"f{number}.py", 20)
    workspace.build()
    for number in range(40):
        workspace.save(workspace.roots[0] / f"f{number}.py", 1)
    for number in range(40, 50):
        (workspace.roots[0] / f"f{number}.py").unlink()
    workspace.build()
    assert len(workspace.names()) == 1
    assert sorted(workspace.stack().segments[0].files) == sorted(workspace.stack().keys().values())
    assert contents(workspace.stack()) == workspace.fresh()


def test_open_and_saved_files_are_left_out_of_every_segment(workspace: Workspace) -> None:
    for number in range(3):
        workspace.save(workspace.roots[0] / f"large{number}.py", 100)
    workspace.build()
    marker = workspace.save(workspace.path(0))
    workspace.build()
    stack = workspace.stack()
    assert len(stack.segments) == 2
    stack.leave_out(frozenset({str(workspace.path(0)), str(workspace.roots[0] / "large1.py")}))
    assert marks(stack, workspace.n_versions) == {"version_1", "version_3"}
    stack.leave_out(frozenset())
    assert marker in marks(stack, workspace.n_versions)


@pytest.mark.parametrize("damaged", [0, 1])
def test_a_damaged_segment_is_read_again_alone(workspace: Workspace, damaged: int) -> None:
    for number in range(3):
        workspace.save(workspace.roots[0] / f"large{number}.py", 100)
    workspace.build()
    workspace.save(workspace.roots[0] / "large0.py", 2)
    workspace.build()
    names = workspace.names()
    assert len(names) == 2
    workspace.index.path(names[damaged]).write_bytes(b"INKLING1 and nothing of use behind it")
    workspace.build()
    assert contents(workspace.stack()) == workspace.fresh()
    if damaged == 1:
        assert workspace.names() == names
