"""The code around the places that are asked about: projects, and the environment without them."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from inkling.context.environment import find_environment
from inkling.context.sources import Limits, environment_files, imported_names, read_source, workspace_files
from inkling.core.errors import UserError
from inkling.core.settings import IndexSettings
from inkling.core.text import split_lines

LEAST_LINE_CHARS = 20  # a shorter line may stand in any project
MOST_SHARED_LINES = 0.3  # a file of the environment with more lines of a project is a copy of one of its files
_SOURCE_FOLDERS = ("src", "lib")


def project_texts(folder: Path) -> dict[str, str]:
    """Returns the text of each Python file of a project that is learned from, by its path relative to the project.

    Raises:
        UserError: There is none.
    """
    texts: dict[str, str] = {}
    for file in workspace_files([folder], ()):
        text = read_source(file.path)
        if text is not None:
            texts[Path(file.path).relative_to(folder).as_posix()] = text
    if not texts:
        raise UserError(f"{folder} holds no Python file; name a project's folder with --project.")
    return texts


def environment_texts(projects: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Returns the files of the running interpreter's environment that the product would learn from, by path.

    The projects themselves are left out, whether they are installed under their own name or as a copy.

    Raises:
        UserError: The interpreter does not tell where its packages are.
    """
    environment = find_environment(Path(sys.executable))
    if environment is None:
        raise UserError("this interpreter does not tell where its packages are")
    settings = IndexSettings()
    limits = Limits(n_files=settings.max_files, size_bytes=settings.max_mb * 1024 * 1024)
    imported = imported_names(text for texts in projects for text in texts.values())
    own_names = {name for texts in projects for name in top_level_names(texts)}
    known_lines = {line for texts in projects for text in texts.values() for line in _long_lines(text)}
    package_folders = environment.package_folders
    found: dict[str, str] = {}
    for file in environment_files(environment, imported, limits):
        path = Path(file.path)
        folder = next((folder for folder in package_folders if path.is_relative_to(folder)), None)
        if folder is not None and path.relative_to(folder).parts[0].removesuffix(".py") in own_names:
            continue
        text = read_source(file.path)
        if text is not None and not is_copy(text, known_lines):
            found[file.path] = text
    return found


def top_level_names(texts: Mapping[str, str]) -> set[str]:
    """Returns the names under which what a project holds can be installed: of its root, of `src` and of `lib`."""
    names: set[str] = set()
    for path in texts:
        parts = PurePosixPath(path).parts
        names.add(parts[0].removesuffix(".py"))
        if parts[0] in _SOURCE_FOLDERS and len(parts) > 1:
            names.add(parts[1].removesuffix(".py"))
    return names


def is_copy(text: str, known_lines: set[str]) -> bool:
    """Tells whether so many of the longer lines of a text are among `known_lines` that it is a copy."""
    lines = _long_lines(text)
    return bool(lines) and sum(line in known_lines for line in lines) > MOST_SHARED_LINES * len(lines)


def _long_lines(text: str) -> set[str]:
    return {code for line in split_lines(text) if len(code := line.strip()) >= LEAST_LINE_CHARS}
