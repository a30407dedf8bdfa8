"""The table of what packages import: read from real files, kept on disk, built by a real process."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from inkling.context.environment import Environment
from inkling.context.sources import Limits
from inkling.core.next_edit import EditQuestion, LineChange
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.engine.next_edit.imports import package_build, package_library
from inkling.engine.next_edit.imports.imported_name import ImportedName
from inkling.engine.next_edit.imports.package_build import MOST_TABLES, PackageScope, provide_table
from inkling.engine.next_edit.imports.package_imports import (
    MAGIC,
    DamagedTableError,
    PackageImports,
    PackageSource,
    encoded,
    open_table,
    write_table,
)
from inkling.engine.next_edit.imports.package_library import PackageLibrary
from inkling.engine.next_edit.imports.package_reading import LIMITS, read_packages
from inkling.engine.next_edit.imports.proposer import propose_imports
from inkling.engine.next_edit.predictor import EmbeddedEditPredictor
from inkling.engine.next_edit.project import Project, ProjectScope

WITHIN_S = 30.0
FILES = {
    "site/alpha/__init__.py": "from .core import Thing\nfrom ._inner import hidden\nfrom other import Foreign\n",
    "site/alpha/core.py": "import numpy as np\nfrom alpha import Thing as T\n\nclass Thing: ...\n\ndef _own(): ...\n",
    "site/alpha/_inner.py": "def hidden(): ...\n",
    "site/beta/__init__.py": '__all__ = ["shown"]\n__all__ += ["more"]\n\n\ndef shown(): ...\n\n\ndef unshown(): ...\n',
    "site/beta/use.py": "import numpy as np\nimport missing_one\nfrom alpha.core import Thing\nimport json as json\n",
    "site/beta/broken.py": "def (:\nimport numpy as np\n",
    "site/beta/tests/test_use.py": "from alpha import tested\n",
    "site/numpy/__init__.py": "raise SystemExit('packages are read, and never run')\n",
    "lib/json/__init__.py": '__all__ = ["dumps"]\n',
    "lib/gzip.py": "import json\n",
}


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Environment(version="3", standard_library=tmp_path / "lib", package_folders=(tmp_path / "site",))


def table_of(environment: Environment, limits: Limits = LIMITS) -> PackageImports:
    return PackageImports(encoded(read_packages(environment, limits)))


def sources(table: PackageImports, name: str) -> list[tuple[str, str, str, int, bool]]:
    return [
        (each.imported.module, each.imported.member, each.imported.alias, each.n_packages, each.is_offered)
        for each in table.sources(name)
    ]


def test_packages_are_counted_that_write_an_import(environment: Environment) -> None:
    table = table_of(environment)
    assert sources(table, "np") == [("numpy", "", "np", 2, False)]
    assert sources(table, "json") == [("json", "", "", 2, True)]  # `as json` binds the same


def test_a_class_is_known_by_the_ways_that_are_written_and_offered(environment: Environment) -> None:
    table = table_of(environment)
    assert sources(table, "Thing") == [("alpha.core", "Thing", "", 1, True), ("alpha", "Thing", "", 0, True)]


@pytest.mark.parametrize("name", ["_own", "Foreign", "unshown", "missing_one", "tested", "np2"])
def test_what_is_not_for_others_is_not_known(environment: Environment, name: str) -> None:
    assert not table_of(environment).sources(name)


def test_lists_of_exports_are_read_in_all_their_parts(environment: Environment) -> None:
    table = table_of(environment)
    assert [sources(table, name) for name in ("shown", "more")] == [
        [("beta", "shown", "", 0, True)],
        [("beta", "more", "", 0, True)],
    ]


def test_within_limits_what_stands_for_packages_is_read_first(environment: Environment) -> None:
    table = table_of(environment, Limits(n_files=4, size_bytes=10**6))
    assert table.sources("shown")
    assert not table.sources("np")


def some_table() -> bytes:
    source = PackageSource(imported=ImportedName(module="ä.b", member="ü"), n_packages=3, is_offered=True)
    return encoded([("ü", source)])


def test_a_table_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "one.imports"
    write_table(path, some_table())
    assert sources(open_table(path), "ü") == [("ä.b", "ü", "", 3, True)]
    assert [one.name for one in path.parent.iterdir()] == ["one.imports"]


def test_an_empty_table_knows_nothing(tmp_path: Path) -> None:
    write_table(tmp_path / "one.imports", b"")
    assert open_table(tmp_path / "one.imports").sources("x") == ()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:-1], id="cut short"),
        pytest.param(lambda data: data + b"x\n", id="longer"),
        pytest.param(lambda data: data.replace(b"\t3\t", b"\t4\t"), id="another number"),
        pytest.param(lambda data: data.replace(MAGIC, MAGIC[:-1] + b"0"), id="another version"),
        pytest.param(lambda data: b"\0" * len(data), id="zeroed"),
    ],
)
def test_a_damaged_table_is_not_used(tmp_path: Path, damage: object) -> None:
    path = tmp_path / "one.imports"
    write_table(path, some_table())
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DamagedTableError):
        open_table(path)


@pytest.fixture
def own(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(package_build, "own_standard_library", lambda: environment)
    return environment


def test_a_table_is_built_once_and_again_when_it_is_damaged(own: Environment, tmp_path: Path) -> None:
    scope = PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=None)
    path, folders = provide_table(scope)
    assert folders == [tmp_path / "site"]
    (tmp_path / "site/alpha/core.py").unlink()  # nobody looks again while versions stay the same
    assert provide_table(scope) == (path, folders)
    assert open_table(path).sources("np")[0].n_packages == 2
    path.write_bytes(b"nonsense")
    assert provide_table(scope) == (path, folders)
    assert open_table(path).sources("np")[0].n_packages == 1


def test_another_version_of_a_package_makes_another_table(own: Environment, tmp_path: Path) -> None:
    scope = PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=None)
    first, _ = provide_table(scope)
    (tmp_path / "site/alpha-2.dist-info").mkdir()
    assert provide_table(scope)[0] != first


def test_the_oldest_tables_go(own: Environment, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(MOST_TABLES + 2):
        write_table(cache / f"{number}.imports", b"")
        os.utime(cache / f"{number}.imports", (number, number))
    path, _ = provide_table(PackageScope(cache_dir=str(cache), interpreter=None))
    left = {one.name for one in cache.glob("*.imports")}
    assert left == {path.name, *(f"{number}.imports" for number in range(3, MOST_TABLES + 2))}


def an_environment(folder: Path, packages: Sequence[str] = ("numpy",)) -> Path:
    """Returns an interpreter of an environment with packages that are made up, and a small standard library."""
    for package in packages:
        (folder / "site" / package).mkdir(parents=True, exist_ok=True)
        (folder / "site" / package / "__init__.py").write_text(f"class {package.title()}Array: ...\n")
    (folder / "lib").mkdir(exist_ok=True)
    interpreter = folder / "python"
    answer = f'{{"version": "3", "stdlib": "{folder / "lib"}", "packages": ["{folder / "site"}"]}}'
    interpreter.write_text(f"#!/bin/sh\necho '{answer}'\n")
    interpreter.chmod(0o755)
    return interpreter


def test_the_library_takes_up_what_a_process_built(tmp_path: Path) -> None:
    library = PackageLibrary()
    scope = PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=str(an_environment(tmp_path)))
    library.open(scope)
    assert library.is_building
    assert not library.imports.sources("NumpyArray")
    library.wait_until_built()
    known = library.imports
    assert sources(known, "NumpyArray") == [("numpy", "NumpyArray", "", 0, True)]
    library.open(scope)
    assert not library.is_building
    library.open(PackageScope(cache_dir=scope.cache_dir, interpreter=str(an_environment(tmp_path / "other", ["x"]))))
    assert not library.imports.sources("NumpyArray")
    library.wait_until_built()
    assert library.imports.sources("XArray")


def test_a_package_that_is_installed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_library, "LOOK_EVERY_S", 0.0)
    library = PackageLibrary()
    library.open(PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=str(an_environment(tmp_path))))
    library.wait_until_built()
    library.take_news()
    assert not library.is_building
    an_environment(tmp_path, ["pandas"])
    (tmp_path / "site/pandas-2.dist-info").mkdir()
    library.take_news()
    assert library.is_building
    library.wait_until_built()
    assert library.imports.sources("PandasArray")
    assert library.imports.sources("NumpyArray")


def test_where_no_table_can_be_kept_nothing_is_known(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache").write_text("a file, and no folder")
    library = PackageLibrary()
    library.open(PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=str(an_environment(tmp_path))))
    library.wait_until_built()
    assert not library.imports.sources("NumpyArray")
    assert "could not be read" in caplog.text


def test_a_project_proposes_what_its_environment_offers(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "old.py").write_text("import numpy\n")
    path = workspace / "new.py"
    path.write_text("x = NumpyArray(3)\n")
    project = Project()
    interpreter = str(an_environment(tmp_path))
    project.open_packages(PackageScope(cache_dir=str(tmp_path / "cache"), interpreter=interpreter))
    limits = Limits(n_files=10, size_bytes=10**6)
    project.open(ProjectScope(folders=(workspace,), exclude=(), limits=limits, max_file_kb=100))
    project.wait_until_ready()
    uri = DocumentUri(path.as_uri())
    change = LineChange(uri=uri, first_line=0, removed=("x = 3",), inserted=("x = NumpyArray(3)",))
    situation = project.situation([change], cursor=(uri, 0))
    assert situation is not None
    (candidate,) = propose_imports(situation)
    assert candidate.inserted[0] == "from numpy import NumpyArray"


async def test_the_worker_knows_the_packages_of_the_interpreter(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    path = workspace / "new.py"
    text = "import numpy\n\nx = NumpyArray(numpy.e)\n"
    uri = DocumentUri(path.as_uri())
    change = LineChange(uri=uri, first_line=2, removed=("x = numpy.e",), inserted=("x = NumpyArray(numpy.e)",))
    question = EditQuestion(
        snapshot=Snapshot(uri=uri, path=path, version=1, text=text), offset=text.index("x ="), history=(change,)
    )
    predictor = EmbeddedEditPredictor(deadline_s=WITHIN_S, max_file_kb=100, cache_dir=tmp_path / "cache")
    interpreter = an_environment(tmp_path)
    predictor.open_workspace(WorkspaceScope(folders=(workspace,), interpreter=interpreter, index=IndexSettings()))
    task = asyncio.create_task(predictor.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            # Packages are read in the background; nobody waits for it but us.
            while not any(
                "from numpy import NumpyArray" in edit.inserted for edit in (await predictor.predict(question)).edits
            ):
                await asyncio.sleep(0)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
