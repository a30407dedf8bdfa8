"""The projects that the ranker of the embedded completer is learned from: two releases of each, fetched on demand.

All are permissively licensed (MIT, BSD, Apache 2.0 or ISC). None of them is among those that the benchmark judges by.
"""

import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from inkling.context.sources import read_source, workspace_files


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProject:
    """Two releases of one project; the lines that the later one added are typed again.

    Attributes:
        name: As the package index knows it.
        before: The earlier release.
        after: The later release.
    """

    name: str
    before: str
    after: str


TRAINING_PROJECTS: Final = tuple(
    TrainingProject(name=name, before=before, after=after)
    for name, before, after in (
        ("marshmallow", "3.20.0", "3.21.3"),
        ("werkzeug", "2.3.0", "3.0.3"),
        ("scrapy", "2.10.0", "2.11.2"),
        ("starlette", "0.33.0", "0.37.2"),
        ("djangorestframework", "3.14.0", "3.15.2"),
        ("sqlglot", "24.0.0", "25.1.0"),
        ("tox", "4.11.0", "4.15.1"),
        ("redis", "5.0.0", "5.0.6"),
        ("structlog", "23.1.0", "24.2.0"),
        ("luigi", "3.3.0", "3.5.1"),
        ("mkdocs", "1.5.0", "1.6.0"),
        ("textual", "0.60.0", "0.70.0"),
        ("jinja2", "3.0.0", "3.1.4"),
        ("factory-boy", "3.2.0", "3.3.0"),
        ("wtforms", "3.0.0", "3.1.2"),
        ("kombu", "5.2.0", "5.3.7"),
        ("alembic", "1.12.0", "1.13.1"),
        ("invoke", "2.0.0", "2.2.0"),
        ("arrow", "1.2.0", "1.3.0"),
        ("lark", "1.1.5", "1.1.9"),
        ("sanic", "23.6.0", "23.12.1"),
        ("babel", "2.12.1", "2.15.0"),
        ("jsonschema", "4.18.0", "4.22.0"),
        ("nox", "2023.4.22", "2024.4.15"),
        ("peewee", "3.16.0", "3.17.5"),
        ("prompt-toolkit", "3.0.36", "3.0.47"),
        ("websockets", "11.0", "12.0"),
    )
)


def fetch(name: str, version: str, folder: Path) -> Path:
    """Returns the folder of a release, which is fetched and unpacked below `folder` when it is not there.

    Raises:
        subprocess.CalledProcessError: The package index does not hand it out.
        OSError: It cannot be written.
    """
    unpacked = folder / f"{name}-{version}"
    if unpacked.is_dir():
        return unpacked
    archives = folder / "archives" / f"{name}-{version}"
    archives.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "--dest", str(archives), f"{name}=={version}"], check=True)
    (archive,) = archives.iterdir()
    with tarfile.open(archive) as content:
        content.extractall(archives, filter="data")
    (root,) = (entry for entry in archives.iterdir() if entry.is_dir())
    root.rename(unpacked)
    return unpacked


def texts_of(folder: Path) -> dict[str, str]:
    """Returns the Python files of a folder, by their paths relative to it."""
    texts = {file.path: read_source(file.path) for file in workspace_files([folder], ())}
    return {str(Path(path).relative_to(folder)): text for path, text in texts.items() if text is not None}
