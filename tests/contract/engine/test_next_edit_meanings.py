"""What jedi adds to next edits: uses that scopes cannot tell, over projects of several files, with the real workers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inkling.context.analysis.analysis import Analysis, DefinedPlace, NamedPlace
from inkling.context.edit_history import RecentEdits
from inkling.core.edit import apply_edit, minimal_edit
from inkling.core.errors import WorkerError
from inkling.core.next_edit import EditKind, EditQuestion, PredictedEdit
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.engine.next_edit.predictor import EmbeddedEditPredictor
from inkling.engine.next_edit.ranking.ranking import PROVEN
from inkling.engine.next_edit.reading.meanings import MOST_WANTED

PATIENCE_S = 60.0

STORE = """class Store:
    def fetch(self, key):
        return key


class Kennel:
    def fetch(self, dog):
        return dog


def open_store() -> Store:
    return Store()
"""
API = """from stores.store import Kennel, open_store

__all__ = ["Kennel", "open_store"]
"""
USE = """from stores import Kennel, open_store


class Page:
    def __init__(self):
        self.store = open_store()
        self.kennel = Kennel()

    def show(self):
        return self.store.fetch("title")

    def bark(self):
        return self.kennel.fetch("dog")


def guess(thing):
    return thing.fetch("anything")


def first():
    for store in [open_store()]:
        return store.fetch("first")
"""
FILES = {"stores/__init__.py": API, "stores/store.py": STORE, "app/__init__.py": "", "app/page.py": USE}


class _Counted:
    """The analysis, and which places it was asked about."""

    def __init__(self, analysis: Analysis) -> None:
        self.analysis = analysis
        self.places: list[NamedPlace] = []

    async def definitions(self, texts: Mapping[Path, str], places: Sequence[NamedPlace]) -> list[list[DefinedPlace]]:
        self.places += places
        return await self.analysis.definitions(texts, places)


class _Clock:
    at_ms = 1_700_000_000_000

    def now_ms(self) -> int:
        self.at_ms += 1000
        return self.at_ms


@dataclass
class Project:
    """Files on disk, what is typed into them, and the workers that look at both."""

    folder: Path
    texts: dict[str, str]
    predictor: EmbeddedEditPredictor
    analysis: Analysis
    names: _Counted
    more: asyncio.Queue[DocumentUri] = field(default_factory=asyncio.Queue)
    history: RecentEdits = field(default_factory=lambda: RecentEdits(_Clock()))
    versions: dict[str, int] = field(default_factory=dict)
    cursor: tuple[str, int] = ("", 0)

    def snapshot(self, name: str) -> Snapshot:
        path = self.folder / name
        version = self.versions.get(name, 0)
        return Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=version, text=self.texts[name])

    def type(self, name: str, old: str, new: str) -> None:
        assert self.texts[name].count(old) == 1
        if name not in self.versions:
            self.versions[name] = 1
            self.history.document_opened(self.snapshot(name))
            self._tell(name)
        start = self.texts[name].index(old)
        edit = minimal_edit(self.texts[name], self.texts[name].replace(old, new))
        self.texts[name] = apply_edit(self.texts[name], edit)
        self.versions[name] += 1
        self.history.document_edited(self.snapshot(name), [edit])
        self._tell(name)
        self.cursor = name, start

    def _tell(self, name: str) -> None:
        self.predictor.document_changed(self.snapshot(name))
        self.analysis.document_changed(self.snapshot(name))

    def question(self) -> EditQuestion:
        name, offset = self.cursor
        return EditQuestion(snapshot=self.snapshot(name), offset=offset, history=self.history.recent())

    async def definitions(self, texts: Mapping[Path, str], places: Sequence[NamedPlace]) -> list[list[DefinedPlace]]:
        """Where names are defined, however long the machine takes for it."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                with contextlib.suppress(WorkerError):
                    return await self.analysis.definitions(texts, places)

    async def edits(self) -> dict[tuple[str, int], PredictedEdit]:
        """What is predicted now, by file and line."""
        edits = (await self.predictor.predict(self.question())).edits
        return {(str(edit.path.relative_to(self.folder)), edit.first_line): edit for edit in edits if edit.path}

    async def until(
        self, is_met: Callable[[dict[tuple[str, int], PredictedEdit]], bool]
    ) -> dict[tuple[str, int], PredictedEdit]:
        """What is predicted once more is known; asked again whenever the predictor says that there is more to know."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_met(edits := await self.edits()):
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):  # the workspace is read in the background, too
                        await self.more.get()
        return edits


@contextlib.asynccontextmanager
async def project(folder: Path, files: dict[str, str], cache_dir: Path) -> AsyncIterator[Project]:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    analysis = Analysis(check_deadline_s=PATIENCE_S, completion_deadline_s=PATIENCE_S, cache_dir=cache_dir)
    names = _Counted(analysis)
    predictor = EmbeddedEditPredictor(deadline_s=PATIENCE_S, max_file_kb=1024, names=names, names_within_s=PATIENCE_S)
    scope = WorkspaceScope(folders=(folder,), interpreter=None, index=IndexSettings())
    tasks = [asyncio.create_task(analysis.run()), asyncio.create_task(predictor.run())]
    found = Project(folder, dict(files), predictor, analysis, names)
    predictor.on_more_known = found.more.put_nowait
    try:
        for owner in (analysis, predictor):
            owner.open_workspace(scope)
        async with asyncio.timeout(PATIENCE_S):
            while not analysis.process_ids():
                await asyncio.sleep(0.01)
        yield found
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "analysis"  # shared: the standard library is read once


async def test_a_renamed_method_is_followed_to_objects_that_only_jedi_knows(tmp_path: Path, cache_dir: Path) -> None:
    async with project(tmp_path, FILES, cache_dir) as typist:
        typist.type("stores/store.py", "fetch(self, key)", "load(self, key)")
        edits = await typist.until(lambda found: ("app/page.py", 9) in found)

        assert edits["app/page.py", 9].inserted == ('        return self.store.load("title")',)
        assert edits["app/page.py", 21].inserted == ('        return store.load("first")',)
        assert all(edits["app/page.py", line].probability >= PROVEN for line in (9, 21))
        # Another class's, and that of nobody knows what.
        assert not {("app/page.py", 12), ("app/page.py", 16)} & edits.keys()
        assert all(edit.kind is EditKind.RENAME for edit in edits.values() if "load" in edit.inserted[0])


async def test_what_is_another_thing_by_its_type_is_taken_away(tmp_path: Path, cache_dir: Path) -> None:
    files = {
        "shapes.py": "class Shape:\n    def resolve(self):\n        return self\n",
        "use.py": (
            "from pathlib import Path\n\n\ndef where(name):\n    return Path(name).resolve()\n\n\n"
            "def which(shape):\n    return shape.resolve()\n"
        ),
    }
    async with project(tmp_path, files, cache_dir) as typist:
        typist.type("shapes.py", "resolve", "simplify")
        await typist.until(lambda found: ("use.py", 8) in found)
        edits = await typist.until(lambda found: ("use.py", 4) not in found)
        assert edits["use.py", 8].inserted == ("    return shape.simplify()",)


async def test_a_function_is_followed_through_modules_that_hand_it_on(tmp_path: Path, cache_dir: Path) -> None:
    files = {
        "core/__init__.py": "",
        "core/prices.py": "def price(x):\n    return x\n",
        "shop.py": "from core.prices import price\n",
        "cart.py": "from shop import price\n\n\ndef total(xs):\n    return sum(price(x) for x in xs)\n",
        "bill.py": "import shop\n\n\ndef line(x):\n    return shop.price(x)\n",
        "tags.py": "from tagging import price\n\nprice(3)\n",
    }
    async with project(tmp_path, files, cache_dir) as typist:
        typist.type("core/prices.py", "price(x)", "net_price(x)")
        edits = await typist.until(lambda found: ("cart.py", 0) in found and ("bill.py", 4) in found)
        assert edits["cart.py", 0].inserted == ("from shop import net_price",)
        assert edits["cart.py", 4].inserted == ("    return sum(net_price(x) for x in xs)",)
        assert edits["bill.py", 4].inserted == ("    return shop.net_price(x)",)
        assert not any(name == "tags.py" for name, _ in edits)


async def test_what_is_known_is_not_asked_again_while_one_use_after_the_other_is_changed(
    tmp_path: Path, cache_dir: Path
) -> None:
    async with project(tmp_path, FILES, cache_dir) as typist:
        typist.type("stores/store.py", "fetch(self, key)", "load(self, key)")
        await typist.until(lambda found: ("app/page.py", 21) in found)
        asked = list(typist.names.places)
        assert {(each.path.name, each.line) for each in asked} == {("page.py", line) for line in (9, 12, 16, 21)}
        typist.type("app/page.py", 'self.store.fetch("title")', 'self.store.load("title")')
        edits = await typist.until(lambda found: ("app/page.py", 21) in found)
        assert ("app/page.py", 9) not in edits
        assert typist.names.places == asked


async def test_all_of_a_kind_holds_all_that_jedi_knows(tmp_path: Path, cache_dir: Path) -> None:
    n_uses = MOST_WANTED + 20
    uses = "".join(f"STORE.fetch({number})\n\n" for number in range(n_uses))
    files = {
        **FILES,
        "stores/store.py": STORE + "\n\nStore.fetch\n",
        "many.py": f"from stores import open_store\n\nSTORE = open_store()\n\n{uses}",
    }
    async with project(tmp_path, files, cache_dir) as typist:
        typist.type("stores/store.py", "fetch(self, key)", "load(self, key)")
        edits = await typist.until(lambda found: any(edit.kind is EditKind.RENAME for edit in found.values()))
        rename = next(edit for edit in edits.values() if edit.kind is EditKind.RENAME)

        def in_many(group: Sequence[PredictedEdit]) -> int:
            return sum(edit.path is not None and edit.path.name == "many.py" for edit in group)

        async with asyncio.timeout(PATIENCE_S):  # until the workspace was read
            while not (n_found := in_many(await typist.predictor.predict_group(typist.question(), rename))):
                await asyncio.sleep(0.05)
        assert n_found == n_uses


async def test_the_names_of_other_words_are_not_looked_at(tmp_path: Path, cache_dir: Path) -> None:
    async with project(tmp_path, FILES, cache_dir) as typist:
        path = tmp_path / "app/page.py"
        places = [
            NamedPlace(path=path, line=9, column=26, name="fetch"),
            NamedPlace(path=path, line=9, column=26, name="other"),
            NamedPlace(path=path, line=900, column=0, name="fetch"),
            NamedPlace(path=tmp_path / "gone.py", line=0, column=0, name="fetch"),
        ]
        store = tmp_path / "stores/store.py"
        assert await typist.definitions({}, places) == [
            [DefinedPlace(path=store, line=1, column=8)],
            [],
            [],
            [],
        ]
        # As it is told to be, and afterwards as it lies on disk again.
        told = {store: "\n\n" + STORE}
        assert (await typist.definitions(told, places))[0] == [DefinedPlace(path=store, line=3, column=8)]
        assert (await typist.definitions({}, places))[0] == [DefinedPlace(path=store, line=1, column=8)]


async def test_a_changed_signature_reaches_calls_on_objects_that_only_jedi_knows(
    tmp_path: Path, cache_dir: Path
) -> None:
    files = {
        **FILES,
        "stores/store.py": STORE.replace("(self, key)", "(self, key, limit)"),
        "app/page.py": USE.replace('"title")', '"title", 3)').replace('"dog")', '"dog", 4)'),
    }
    async with project(tmp_path, files, cache_dir) as typist:
        typist.type("stores/store.py", "(self, key, limit)", "(self, key)")
        edits = await typist.until(lambda found: ("app/page.py", 9) in found)
        assert edits["app/page.py", 9].kind is EditKind.SIGNATURE
        assert edits["app/page.py", 9].inserted == ('        return self.store.fetch("title")',)
        assert ("app/page.py", 12) not in edits


async def test_a_rename_begun_at_a_use_reaches_the_definition_that_jedi_knows(tmp_path: Path, cache_dir: Path) -> None:
    async with project(tmp_path, FILES, cache_dir) as typist:
        typist.type("app/page.py", 'self.store.fetch("title")', 'self.store.load("title")')
        edits = await typist.until(lambda found: ("stores/store.py", 1) in found and ("app/page.py", 21) in found)
        assert edits["stores/store.py", 1].inserted == ("    def load(self, key):",)
        assert edits["app/page.py", 21].inserted == ('        return store.load("first")',)
        assert not {("stores/store.py", 6), ("app/page.py", 12), ("app/page.py", 16)} & edits.keys()


async def test_a_use_that_was_changed_to_another_method_asks_for_nothing(tmp_path: Path, cache_dir: Path) -> None:
    has_both = STORE.replace("class Kennel", "    def load(self, key):\n        return key\n\n\nclass Kennel")
    async with project(tmp_path, {**FILES, "stores/store.py": has_both}, cache_dir) as typist:
        typist.type("app/page.py", 'self.store.fetch("title")', 'self.store.load("title")')
        async with asyncio.timeout(PATIENCE_S):
            while {each.name for each in typist.names.places} < {"fetch", "load"}:  # until both were asked about
                await typist.edits()
            await typist.more.get()  # and answered
        edits = await typist.edits()
        assert not [edit for edit in edits.values() if edit.kind is EditKind.RENAME]


CARTS = """from dataclasses import dataclass
from enum import Enum


class Cart:
    def __init__(self):
        self.items = []


@dataclass
class Row:
    amount: int


class Colour(Enum):
    RED = 1


def carts() -> list[Cart]: ...


def rows() -> dict[str, Row]: ...
"""
USES_OF_CARTS = """from carts import Colour, carts, rows

print(carts()[0].items)
for row in rows().values():
    print(row.amount)
print(Colour.RED.value)
"""


async def test_where_attributes_fields_and_members_are_defined(tmp_path: Path, cache_dir: Path) -> None:
    files = {"carts.py": CARTS, "uses.py": USES_OF_CARTS}
    async with project(tmp_path, files, cache_dir) as typist:
        uses = USES_OF_CARTS.split("\n")
        wanted = [(2, "items"), (4, "amount"), (5, "RED"), (5, "value")]
        path = tmp_path / "uses.py"
        places = [NamedPlace(path=path, line=line, column=uses[line].index(name), name=name) for line, name in wanted]
        carts = tmp_path / "carts.py"
        assert await typist.definitions({}, places) == [
            [DefinedPlace(path=carts, line=6, column=13)],
            [DefinedPlace(path=carts, line=11, column=4)],
            [DefinedPlace(path=carts, line=15, column=4)],
            [],
        ]


async def test_a_renamed_attribute_is_followed_to_objects_that_only_jedi_knows(tmp_path: Path, cache_dir: Path) -> None:
    has_another = CARTS + "\n\nclass Box:\n    def __init__(self, items):\n        self.items = items\n"
    async with project(tmp_path, {"carts.py": has_another, "uses.py": USES_OF_CARTS}, cache_dir) as typist:
        typist.type("carts.py", "self.items = []", "self.entries = []")
        edits = await typist.until(lambda found: ("uses.py", 2) in found)
        assert edits["uses.py", 2].inserted == ("print(carts()[0].entries)",)
        assert edits["uses.py", 2].probability >= PROVEN
