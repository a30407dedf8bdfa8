"""Which patterns count in a shell: those of all settings together, and none that are not understood."""

import json
from pathlib import Path

import pytest

from inkling.app.doctor import excluded_files, finding_lines
from inkling.app.excluded_files import find_excluded
from inkling.core.errors import UserError


def _write(path: Path, exclude: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"inkling.index.exclude": exclude}), encoding="utf-8")
    return path


def test_the_workspaces_patterns_count_on_top_of_the_users(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "home")}
    assert find_excluded(environment, tmp_path) == ()
    _write(tmp_path / "home" / "Code" / "User" / "settings.json", ["a.py"])
    _write(tmp_path / "home" / "VSCodium" / "User" / "settings.json", ["b.py", "a.py"])
    _write(tmp_path / ".vscode" / "settings.json", ["c.py"])
    assert find_excluded(environment, None) == ("a.py", "b.py")
    assert find_excluded(environment, tmp_path) == ("a.py", "b.py", "c.py")
    named = _write(tmp_path / "named.json", ["d.py"])
    assert find_excluded(environment, tmp_path, named) == ("d.py", "c.py")
    assert find_excluded(environment | {"INKLING_EDITOR_SETTINGS": str(named)}, None) == ("d.py",)
    assert finding_lines(excluded_files(environment, tmp_path, named)) == [
        "ok       excluded files: d.py, c.py (never read or sent)"
    ]


@pytest.mark.parametrize(("exclude", "words"), [("a.py", "must be a list of strings"), (["!"], "no patterns")])
def test_patterns_that_are_not_understood_are_no_empty_list(tmp_path: Path, exclude: object, words: str) -> None:
    file = _write(tmp_path / "settings.json", exclude)
    with pytest.raises(UserError, match=words):
        find_excluded({}, None, file)
    assert finding_lines(excluded_files({}, tmp_path, file))[0].startswith("missing  excluded files: ")
