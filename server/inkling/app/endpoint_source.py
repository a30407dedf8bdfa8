"""Which endpoint commands in a shell ask: the one that the environment names, else the one of the editor's settings."""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling.core.errors import UserError
from inkling.core.settings import ModelSettings
from inkling.llm.endpoint import Endpoint, endpoint_from_settings
from inkling.lsp.settings import read_settings

SETTINGS_VARIABLE = "INKLING_EDITOR_SETTINGS"
URL_VARIABLE = "INKLING_MODEL_BASE_URL"
KEY_VARIABLE = "INKLING_API_KEY"
_EDITORS = ("Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf")
# Source: VS Code's documentation, "User and workspace settings" and "Remote development"; code-server's FAQ.
_IN_HOME = (
    ".local/share/code-server/User/settings.json",
    ".vscode-server/data/Machine/settings.json",
    ".vscode-server-insiders/data/Machine/settings.json",
)
# Strings are matched first, so that what looks like a comment in an address is none.
_STRING_OR_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_LAST_COMMA = re.compile(r'"(?:\\.|[^"\\])*"|,(?=\s*[}\]])')


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModelSettings:
    """The settings of the model mind, as a shell knows them.

    Attributes:
        settings: With an empty address where none is named.
        api_key: Of the environment: the editor's secret storage is closed to others. None where there is none.
        origin: Where the settings come from, for people; empty where no endpoint is named.
        problems: What is wrong with the settings of the editor, in words.
    """

    settings: ModelSettings
    api_key: str | None
    origin: str = ""
    problems: tuple[str, ...] = ()

    def endpoint(self) -> Endpoint | None:
        """Returns the endpoint, None where none is named.

        Raises:
            BadSettingError: A setting cannot be used; the message names it.
        """
        return endpoint_from_settings(self.settings, self.api_key)


def find_model_settings(environment: Mapping[str, str], file: Path | None = None) -> FoundModelSettings:
    """Returns the settings of the model mind.

    `INKLING_MODEL_BASE_URL`, with `INKLING_MODEL` for all purposes and `INKLING_MODEL_CA_FILE`, counts before any file.
    Else the settings are those of the editor that were changed last and name an endpoint.

    Args:
        environment: Variables; `INKLING_API_KEY` holds the key in either case.
        file: The editor's `settings.json`; None: that of `INKLING_EDITOR_SETTINGS`, else where editors keep it.

    Raises:
        UserError: `file`, or the one that the environment names, is no settings file.
    """
    key = environment.get(KEY_VARIABLE)
    if environment.get(URL_VARIABLE):
        return FoundModelSettings(settings=_of_environment(environment), api_key=key, origin=URL_VARIABLE)
    named = settings_file_of(environment, file)
    if named is not None:
        return _of_file(named, key)
    for path in sorted(editor_files(environment), key=_changed_at, reverse=True):
        try:
            found = _of_file(path, key)
        except UserError:
            continue  # nobody has named this file: it may be another program's
        if found.origin:
            return found
    return FoundModelSettings(settings=ModelSettings(), api_key=key)


def settings_file_of(environment: Mapping[str, str], file: Path | None) -> Path | None:
    """Returns the settings file that is named, by `file` or else by `INKLING_EDITOR_SETTINGS`; None where none is."""
    if file is None and environment.get(SETTINGS_VARIABLE):
        return Path(environment[SETTINGS_VARIABLE])
    return file


def editor_files(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yields the settings files of the editors that this user has."""
    return filter(Path.is_file, _places(environment))


def _of_environment(environment: Mapping[str, str]) -> ModelSettings:
    model = environment.get("INKLING_MODEL", "")
    return ModelSettings(
        base_url=environment[URL_VARIABLE],
        completion_model=model,
        edit_model=model,
        chat_model=model,
        ca_file=environment.get("INKLING_MODEL_CA_FILE", ""),
    )


def _of_file(path: Path, key: str | None) -> FoundModelSettings:
    settings, problems = read_settings(read_section(path))
    return FoundModelSettings(
        settings=settings.model,
        api_key=key,
        origin=str(path) if settings.model.base_url.strip() else "",
        problems=tuple(f"{problem.path} {problem.message}" for problem in problems if ".model." in problem.path),
    )


def read_section(path: Path) -> dict[str, Any]:
    """Returns the section `inkling` of an editor's settings: JSON with comments, and dots in the names.

    Raises:
        UserError: The file cannot be read, or holds no settings.
    """
    try:
        raw = parse_json_with_comments(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise UserError(f"the editor's settings cannot be read: {path}: {error.strerror}") from error
    except ValueError as error:
        raise UserError(f"{path} holds no settings of an editor: {error}") from error
    if not isinstance(raw, dict):
        raise UserError(f"{path} holds no settings of an editor: no object")
    tree: dict[str, Any] = {}
    for name, value in raw.items():
        if name == "inkling" or name.startswith("inkling."):
            _put(tree, name.split("."), value)
    section = tree.get("inkling", {})
    return section if isinstance(section, dict) else {}


def _put(tree: dict[str, Any], parts: list[str], value: object) -> None:
    *sections, last = parts
    for section in sections:
        inner = tree.setdefault(section, {})
        if not isinstance(inner, dict):
            return
        tree = inner
    if isinstance(value, dict):
        for name, inner in value.items():
            _put(tree, [last, *name.split(".")], inner)
    else:
        tree[last] = value


def parse_json_with_comments(text: str) -> object:
    """Returns what a JSON file with comments and commas behind the last item says; None for an empty one.

    Raises:
        ValueError: It is none.
    """
    text = _STRING_OR_COMMENT.sub(lambda match: match[0] if match[0][0] == '"' else " ", text.removeprefix("\ufeff"))
    text = _STRING_OR_LAST_COMMA.sub(lambda match: match[0] if match[0][0] == '"' else "", text)
    return json.loads(text) if text.strip() else None


def _places(environment: Mapping[str, str]) -> Iterator[Path]:
    """Yields where editors keep the user's settings on this system."""
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif os.name == "nt":
        base = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
    else:
        base = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    yield from (base / editor / "User" / "settings.json" for editor in _EDITORS)
    yield from (home / path for path in _IN_HOME)


def _changed_at(path: Path) -> float:
    return path.stat().st_mtime
