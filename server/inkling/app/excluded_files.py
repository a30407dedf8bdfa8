"""Which files commands in a shell keep from models: those that the editor's settings and the project's exclude."""

from collections.abc import Mapping
from pathlib import Path

from pathspec import GitIgnoreSpec

from inkling.app.endpoint_source import editor_files, read_section, settings_file_of
from inkling.core.errors import UserError
from inkling.lsp.settings import read_settings

WORKSPACE_SETTINGS = ".vscode/settings.json"
_SETTING = "inkling.index.exclude"


def find_excluded(environment: Mapping[str, str], folder: Path | None, file: Path | None = None) -> tuple[str, ...]:
    """Returns the patterns of `inkling.index.exclude`, those of all settings together.

    An editor takes a workspace's patterns instead of the user's; a shell does not know the workspace for certain, and
    to keep a file too many costs less than to send one.

    Args:
        environment: Variables that tell where editors keep their settings.
        folder: The project's; its own settings count, too. None: there is none.
        file: The editor's `settings.json`; None: that of `INKLING_EDITOR_SETTINGS`, else those of all editors.

    Raises:
        UserError: Settings cannot be read, or hold no patterns there: what was meant to stay here is not known.
    """
    named = settings_file_of(environment, file)
    patterns: list[str] = []
    for path in [named] if named is not None else list(editor_files(environment)):
        patterns += _excluded_by(path)
    if folder is not None and (folder / WORKSPACE_SETTINGS).is_file():
        patterns += _excluded_by(folder / WORKSPACE_SETTINGS)
    return tuple(dict.fromkeys(patterns))


def _excluded_by(path: Path) -> tuple[str, ...]:
    settings, problems = read_settings(read_section(path))
    wrong = [problem.message.partition(";")[0] for problem in problems if problem.path in {_SETTING, "inkling.index"}]
    if wrong:
        raise UserError(f"{_SETTING} in {path} {wrong[0]}: what it excludes would be sent; mend it")
    try:
        GitIgnoreSpec.from_lines(settings.index.exclude)
    except ValueError as error:
        raise UserError(f"{_SETTING} in {path} holds no patterns as in a .gitignore file: {error}") from error
    return settings.index.exclude
