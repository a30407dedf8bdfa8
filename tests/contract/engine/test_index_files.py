"""The folder of the index keeps to its size, and what nobody uses goes."""

import os
import time
from pathlib import Path

import pytest

from inkling.engine.index.index_files import ENVIRONMENT, UNUSED_FOR_S, WORKSPACE, IndexFiles, IndexScope

SCOPE = IndexScope(
    cache_dir="here", folders=("a",), interpreter=None, include_environment=True, max_files=1, max_mb=1, exclude=()
)


def test_the_oldest_segments_go_and_those_in_use_stay(tmp_path: Path) -> None:
    index = IndexFiles(tmp_path, most_bytes=250)
    names = ["new", "old", "older", "oldest"]
    index.set_head(SCOPE, WORKSPACE, names)
    for age, name in enumerate(names):
        index.path(name).write_bytes(bytes(100))
        os.utime(index.path(name), (10_000 - age, 10_000 - age))
    (tmp_path / "begun.tmp").write_bytes(b"")
    os.utime(tmp_path / "begun.tmp", (0, 0))
    index.remove_old(["oldest"])
    assert sorted(tmp_path.glob("*.[st]*")) == sorted(map(index.path, ["new", "old", "oldest"]))


def test_segments_that_no_head_names_go_unless_they_are_new(tmp_path: Path) -> None:
    index = IndexFiles(tmp_path)
    index.set_head(SCOPE, WORKSPACE, ["named"])
    for name in ("named", "folded", "written just now"):
        index.path(name).write_bytes(b"")
    long_ago_s = time.time() - UNUSED_FOR_S - 1
    for name in ("named", "folded"):
        os.utime(index.path(name), (long_ago_s, long_ago_s))
    index.remove_old([])
    assert {path.stem for path in tmp_path.glob("*.segment")} == {"named", "written just now"}


def test_a_scope_remembers_its_segments(tmp_path: Path) -> None:
    index = IndexFiles(tmp_path / "new")
    assert index.head(SCOPE) == {}
    index.set_head(SCOPE, WORKSPACE, ["w", "x"])
    index.set_head(SCOPE, ENVIRONMENT, ["e"])
    assert index.head(IndexScope.from_json(SCOPE.to_json())) == {WORKSPACE: ["w", "x"], ENVIRONMENT: ["e"]}
    index.set_head(SCOPE, ENVIRONMENT, [])
    assert index.head(SCOPE) == {WORKSPACE: ["w", "x"], ENVIRONMENT: []}


@pytest.mark.parametrize("damage", ["", "[]", "{", '{"workspace": 3}', '{"workspace": null}', "\x00"])
def test_a_damaged_head_is_none(tmp_path: Path, damage: str) -> None:
    index = IndexFiles(tmp_path)
    index.set_head(SCOPE, WORKSPACE, ["w"])
    (head,) = tmp_path.glob("*.head")
    head.write_text(damage)
    assert index.head(SCOPE) == {}
