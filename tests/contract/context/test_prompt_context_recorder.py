"""The recorder on real folders with real ignore files."""

import secrets
from pathlib import Path

import pytest

from inkling.context.prompt_context import ContextQuestion, ContextRecorder, RecentEdit, SnippetKind, build
from inkling.context.prompt_context.readable import Readable
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import CompletionRequest

MAIN = "from shop import Order\n\n\ndef total(order: Order) -> int:\n    return order.sum_of_lines(|)\n"


def open_recorder(folder: Path, *exclude: str) -> ContextRecorder:
    recorder = ContextRecorder()
    recorder.open_workspace(
        WorkspaceScope(folders=(folder,), interpreter=None, index=IndexSettings(exclude=tuple(exclude)))
    )
    return recorder


def snapshot(path: Path, text: str, version: int = 1) -> Snapshot:
    return Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=version, text=text)


async def ask(recorder: ContextRecorder, path: Path, code: str = MAIN) -> ContextQuestion | None:
    offset = code.index("|")
    document = snapshot(path, code[:offset] + code[offset + 1 :])
    await recorder.prepare(besides=document.uri)
    return await recorder.question(CompletionRequest(snapshot=document, offset=offset))


async def edits_after(tmp_path: Path, *texts: str) -> tuple[RecentEdit, ...]:
    recorder = open_recorder(tmp_path)
    for version, text in enumerate(texts):
        recorder.document_changed(snapshot(tmp_path / "edited.py", text, version))
    question = await ask(recorder, tmp_path / "main.py")
    assert question is not None
    return question.edits


async def test_other_documents_are_searched_under_their_name_in_the_workspace(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    for name in ("shop/old.py", "shop/new.py"):
        recorder.document_changed(snapshot(tmp_path / name, "x = 1\n"))
    recorder.document_closed(DocumentUri((tmp_path / "shop/old.py").as_uri()))

    question = await ask(recorder, tmp_path / "main.py")

    assert question is not None
    assert question.path == "main.py"
    assert [document.path for document in question.documents] == ["shop/new.py", "shop/old.py"]


async def test_imported_names_and_called_methods_are_looked_up(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    code = "class Order:\n    lines: list[int]\n\n    def sum_of_lines(self) -> int:\n        return 1\n\n\nx = 1\n"
    recorder.document_changed(snapshot(tmp_path / "shop.py", code))

    question = await ask(recorder, tmp_path / "main.py")

    assert question is not None
    assert [definition.text.split("\n")[0] for definition in question.definitions] == [
        "def sum_of_lines(self) -> int:",
        "class Order:",
    ]
    assert question.definitions[0].text == "def sum_of_lines(self) -> int:\n    return 1"


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("shop/orders.py", "from shop.orders import Order"),
        ("shop/orders.py", "from shop.orders import (\n    Item,\n    Order,  # sold\n)"),
        ("shop/__init__.py", "from shop import Order"),
        ("src/shop/orders.py", "from shop.orders import Order"),
        ("app/orders.py", "from .orders import Order"),
        ("app/__init__.py", "from . import Order"),
        ("orders.py", "from ..orders import Order"),
    ],
)
async def test_what_is_imported_from_files_that_are_not_open_is_looked_up(
    tmp_path: Path, name: str, statement: str
) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("class Order:\n    lines: list[int]\n")
    recorder = open_recorder(tmp_path)

    question = await ask(recorder, tmp_path / "app" / "main.py", statement + "\n\nlast = Order(|)\n")

    assert question is not None
    assert [(definition.path, definition.text) for definition in question.definitions] == [
        (name, "class Order:\n    lines: list[int]")
    ]
    assert question.documents == ()


async def test_an_imported_file_is_read_again_when_it_changed_and_never_when_it_is_ignored(tmp_path: Path) -> None:
    shop, code = tmp_path / "shop.py", "from shop import Order\n\nlast = Order(|)\n"
    recorder = open_recorder(tmp_path)
    found = []
    for text in (None, "class Order:\n    a = 1\n", "class Order:\n    b = 1\n", "class Order:\n    c = 1\n"):
        if text is not None:
            shop.write_text(text)
        if "c = 1" in (text or ""):
            (tmp_path / ".gitignore").write_text("shop.py\n")
        recorder.files_changed([shop])
        question = await ask(recorder, tmp_path / "main.py", code)
        assert question is not None
        found.append([definition.text for definition in question.definitions])

    assert found == [[], ["class Order:\n    a = 1"], ["class Order:\n    b = 1"], []]


async def test_typing_in_one_place_is_one_edit(tmp_path: Path) -> None:
    before = "".join(f"line_{k} = {k}\n" for k in range(40))
    texts = [before.replace("line_20 = 20", "line_20 = 20" + "0123"[:n_typed]) for n_typed in range(5)]

    edits = await edits_after(tmp_path, *texts)

    assert [(edit.before, len(edit.after)) for edit in edits] == [("line_20 = 20\n", len("line_20 = 20\n") + 4)]


async def test_edits_in_two_places_are_two_and_move_with_the_text(tmp_path: Path) -> None:
    first = "".join(f"line_{k} = {k}\n" for k in range(40))
    second = first.replace("line_30 = 30", "line_30 = 'thirty'")
    third = "import os\n" + second

    edits = await edits_after(tmp_path, first, second, third)

    assert [(edit.before, edit.after) for edit in edits] == [
        ("line_0 = 0\n", "import os\nline_0 = 0\n"),
        ("line_30 = 30\n", "line_30 = 'thirty'\n"),
    ]


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
async def test_edits_side_by_side_become_one(tmp_path: Path, line_break: str) -> None:
    texts = ["a = 1|b = 2|c = 3|d = 4|", "a = 1|b = 2|c = 33|d = 4|", "a = 11|b = 2|c = 33|d = 4|"]

    edits = await edits_after(tmp_path, *(text.replace("|", line_break) for text in texts))

    assert [(edit.before, edit.after) for edit in edits] == [
        ("a = 1|b = 2|c = 3|".replace("|", line_break), "a = 11|b = 2|c = 33|".replace("|", line_break))
    ]


async def test_what_was_undone_is_no_edit(tmp_path: Path) -> None:
    assert await edits_after(tmp_path, "a = 1\n", "a = 12\n", "a = 1\n") == ()


async def test_a_large_paste_is_no_edit(tmp_path: Path) -> None:
    assert await edits_after(tmp_path, "a = 1\n", "a = 1\n" + "b = 2\n" * 1000) == ()


async def test_the_lines_that_are_being_written_are_no_edit(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.document_changed(snapshot(tmp_path / "main.py", "x = 1\ny = \n", 1))
    recorder.document_changed(snapshot(tmp_path / "main.py", "x = 1\ny = 2\n", 2))

    question = await ask(recorder, tmp_path / "main.py", "x = 1\ny = 2|\n")

    assert question is not None
    assert question.edits == ()


@pytest.mark.parametrize(
    ("name", "exclude"),
    [
        (".env", ()),
        ("config/prod.env", ()),
        ("server.pem", ()),
        ("ignored.py", ()),
        ("private/deep/a.py", ()),
        ("excluded.py", ("excluded*",)),
        (".venv/lib/a.py", ()),
    ],
)
async def test_files_that_are_left_out_are_neither_shown_nor_completed_in(
    tmp_path: Path, name: str, exclude: tuple[str, ...]
) -> None:
    (tmp_path / ".gitignore").write_text("ignored.py\nprivate/\n")
    recorder = open_recorder(tmp_path, *exclude)
    left_out = tmp_path / name
    recorder.document_changed(snapshot(left_out, "class Order:\n    pass\n"))
    recorder.document_changed(snapshot(left_out, "class Order:\n    lines = 1\n", 2))
    recorder.document_changed(snapshot(tmp_path / "seen.py", "x = 1\n"))

    question = await ask(recorder, tmp_path / "main.py")

    assert question is not None
    assert [document.path for document in question.documents] == ["seen.py"]
    assert question.edits == ()
    assert question.definitions == ()
    assert await ask(recorder, left_out) is None


async def test_a_rule_that_is_new_in_gitignore_counts_once_files_changed(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    assert await ask(recorder, tmp_path / "main.py") is not None

    (tmp_path / ".gitignore").write_text("main.py\n")
    recorder.files_changed([tmp_path / ".gitignore"])

    assert await ask(recorder, tmp_path / "main.py") is None


async def test_a_file_outside_of_the_workspace_is_named_without_its_folders(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path / "workspace")
    recorder.document_changed(snapshot(tmp_path / "home" / "secret-client" / "notes.py", "x = 1\n"))

    question = await ask(recorder, tmp_path / "workspace" / "main.py")

    assert question is not None
    assert [document.path for document in question.documents] == ["notes.py"]


async def test_memory_is_bounded(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    for k in range(100):
        recorder.document_changed(snapshot(tmp_path / f"file_{k}.py", "x = 1\n", 1))
        recorder.document_changed(snapshot(tmp_path / f"file_{k}.py", "x = 2\n", 2))
    recorder.document_changed(snapshot(tmp_path / "huge.py", "x = 1\n" * 100_000))

    question = await ask(recorder, tmp_path / "main.py")

    assert question is not None
    assert [document.path for document in question.documents][:2] == ["file_99.py", "file_98.py"]
    assert len(question.documents) <= 20
    assert len(question.edits) <= 20


async def test_what_is_recorded_comes_out_as_a_context(tmp_path: Path) -> None:
    recorder = open_recorder(tmp_path)
    recorder.document_changed(snapshot(tmp_path / "shop.py", "class Order:\n    lines: list[int]\n"))
    recorder.document_changed(snapshot(tmp_path / "shop.py", "class Order:\n    lines: list[float]\n", 2))

    question = await ask(recorder, tmp_path / "main.py")

    assert question is not None
    context = build(question, 1000)
    assert [(snippet.kind, snippet.text) for snippet in context.snippets] == [
        (SnippetKind.SIMILAR, "class Order:\n    lines: list[float]"),
        (SnippetKind.EDIT, "-    lines: list[int]\n+    lines: list[float]"),
    ]


@pytest.mark.parametrize("name", ["priv/secrets.py", "credentials.py"])
async def test_a_projects_modules_of_secrets_are_not_shown(tmp_path: Path, name: str) -> None:
    recorder = open_recorder(tmp_path)
    recorder.document_changed(snapshot(tmp_path / name, "PIN = 4711\n"))
    question = await ask(recorder, tmp_path / "main.py")
    assert question is not None
    assert question.documents == ()
    assert await ask(recorder, tmp_path / name) is None


def test_the_standard_librarys_module_of_that_name_is_shown(tmp_path: Path) -> None:
    readable = Readable(WorkspaceScope(folders=(tmp_path,), interpreter=None, index=IndexSettings()))
    assert readable.look(Path(secrets.__file__))
    assert not readable.look(tmp_path / "secrets.py")
