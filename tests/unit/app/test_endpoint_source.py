"""Which endpoint a shell knows of: files of editors as people write them, and what goes before them."""

import json
import os
from pathlib import Path

import pytest

from inkling.app.endpoint_source import find_model_settings, parse_json_with_comments
from inkling.core.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("  // nothing\n", None),
        ('{"a": 1}', {"a": 1}),
        ('\ufeff{"a": "http://x/*y*/", // z\n "b": [1, 2,],}', {"a": "http://x/*y*/", "b": [1, 2]}),
        ('{"a": "\\"// ,}", /* "b": 2, */ }', {"a": '"// ,}'}),
        ('{"a": ",]"}', {"a": ",]"}),
    ],
)
def test_json_with_comments(text: str, expected: object) -> None:
    assert parse_json_with_comments(text) == expected


def _write(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_no_endpoint_is_none(tmp_path: Path) -> None:
    found = find_model_settings({"HOME": str(tmp_path), "INKLING_MODEL": "m", "INKLING_API_KEY": "k"})
    assert (found.endpoint(), found.origin) == (None, "")


def test_the_environment_names_one_model_for_all_purposes_and_goes_before_files(tmp_path: Path) -> None:
    file = _write(tmp_path / "settings.json", {"inkling.model.baseUrl": "http://localhost:1/v1"})
    environment = {"INKLING_MODEL_BASE_URL": "http://localhost:2/v1", "INKLING_MODEL": "m", "INKLING_API_KEY": "k"}
    endpoint = find_model_settings(environment, file).endpoint()
    assert endpoint is not None
    assert (endpoint.base_url, endpoint.api_key) == ("http://localhost:2/v1", "k")
    assert (set(endpoint.models.values()), len(endpoint.models)) == ({"m"}, 3)


@pytest.mark.parametrize(
    "settings",
    [
        {"inkling.model.baseUrl": "http://h/v1", "inkling.model.headers": ["A: b"]},
        {"inkling.model": {"baseUrl": "http://h/v1", "headers": ["A: b"]}},
        {"inkling": {"model.baseUrl": "http://h/v1"}, "inkling.model.headers": ["A: b"]},
    ],
)
def test_settings_are_found_however_they_are_nested(tmp_path: Path, settings: object) -> None:
    file = _write(tmp_path / "settings.json", settings)
    found = find_model_settings({"INKLING_EDITOR_SETTINGS": str(file)})
    assert (found.settings.base_url, found.settings.headers) == ("http://h/v1", ("A: b",))
    assert (found.origin, found.problems) == (str(file), ())


def test_of_several_editors_the_one_that_was_configured_last_counts(tmp_path: Path) -> None:
    older = _write(tmp_path / "Code" / "User" / "settings.json", {"inkling.model.baseUrl": "http://old/v1"})
    newer = _write(tmp_path / "VSCodium" / "User" / "settings.json", {"inkling.model.baseUrl": "http://new/v1"})
    newest = _write(tmp_path / "Cursor" / "User" / "settings.json", {"editor.fontSize": 12})
    broken = tmp_path / "Windsurf" / "User" / "settings.json"
    broken.parent.mkdir(parents=True)
    broken.write_text("{", encoding="utf-8")
    for age, path in enumerate((broken, newest, newer, older)):
        os.utime(path, (1000 - age, 1000 - age))
    found = find_model_settings({"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)})
    assert found.settings.base_url == "http://new/v1"
    assert found.origin == str(newer)


@pytest.mark.parametrize("text", ["{", "[1]", '"inkling"'])
def test_a_named_file_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "settings.json").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="holds no settings of an editor"):
        find_model_settings({}, tmp_path / "settings.json")
    with pytest.raises(UserError, match="cannot be read"):
        find_model_settings({}, tmp_path / "absent.json")
