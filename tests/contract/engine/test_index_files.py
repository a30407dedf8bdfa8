"""The folder of the index keeps to its size."""

import os
from pathlib import Path

from inkling.engine.index.index_files import ENVIRONMENT, WORKSPACE, IndexFiles, IndexScope

SCOPE = IndexScope(
    cache_dir="here", folders=("a",), interpreter=None, include_environment=True, max_files=1, max_mb=1, exclude=()
)


def test_the_oldest_segments_go_and_those_in_use_stay(tmp_path: Path) -> None:
    index = IndexFiles(tmp_path, most_bytes=250)
    for age, name in enumerate(["new", "old", "older", "oldest"]):
        index.path(name).write_bytes(bytes(100))
        os.utime(index.path(name), (10_000 - age, 10_000 - age))
    (tmp_path / "begun.tmp").write_bytes(b"")
    os.utime(tmp_path / "begun.tmp", (0, 0))
    index.remove_old(["oldest"])
    assert sorted(tmp_path.iterdir()) == sorted(map(index.path, ["new", "old", "oldest"]))


def test_a_scope_remembers_its_segments(tmp_path: Path) -> None:
    index = IndexFiles(tmp_path / "new")
    assert index.head(SCOPE) == {}
    index.set_head(SCOPE, WORKSPACE, "w")
    index.set_head(SCOPE, ENVIRONMENT, "e")
    assert index.head(IndexScope.from_json(SCOPE.to_json())) == {WORKSPACE: "w", ENVIRONMENT: "e"}
    index.set_head(SCOPE, ENVIRONMENT, None)
    assert index.head(SCOPE) == {WORKSPACE: "w"}
