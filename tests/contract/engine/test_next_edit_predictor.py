"""The embedded predictor of next edits with its real worker, on real files."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from inkling.core.errors import WorkerError
from inkling.core.next_edit import EditQuestion, LineChange, PredictedEdit, Prediction
from inkling.core.ports import WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Source
from inkling.engine.next_edit.predictor import EmbeddedEditPredictor

WITHIN_S = 30.0
BEFORE = "    reader.read_all(path, timeout)"
AFTER = "    reader.read_all(path, timeout=timeout)"
OTHERS = ("    writer = reader.read_all(path, timeout)", "    return reader.read_all(path, timeout)")
TEXT = f"def one():\n{AFTER}\n\n\ndef two():\n{OTHERS[0]}\n\n\ndef three():\n{OTHERS[1]}\n"


@contextlib.asynccontextmanager
async def running(*folders: Path, deadline_s: float = WITHIN_S) -> AsyncIterator[EmbeddedEditPredictor]:
    predictor = EmbeddedEditPredictor(deadline_s=deadline_s, max_file_kb=1024)
    predictor.open_workspace(WorkspaceScope(folders=folders, interpreter=None, index=IndexSettings()))
    task = asyncio.create_task(predictor.run())
    typed_in = DocumentUri("untitled:scratch")
    for version in (1, 2):  # the worker is there from the first change on
        predictor.document_changed(Snapshot(uri=typed_in, path=None, version=version, text=""))
    predictor.document_closed(typed_in)
    await until_up(predictor)
    try:
        yield predictor
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def until_up(predictor: EmbeddedEditPredictor, other_than: int | None = None) -> int:
    async with asyncio.timeout(WITHIN_S):
        while predictor.process_ids() in ([], [other_than]):
            await asyncio.sleep(0)
    (process_id,) = predictor.process_ids()
    return process_id


@pytest.fixture
async def predictor(tmp_path: Path) -> AsyncIterator[EmbeddedEditPredictor]:
    async with running(tmp_path) as predictor:
        yield predictor


def question(path: Path, text: str = TEXT, *, version: int = 1) -> EditQuestion:
    uri = DocumentUri(path.as_uri())
    change = LineChange(
        uri=uri, first_line=1, removed=(BEFORE,), inserted=(AFTER,), above=("def one():",), below=("", "", "def two():")
    )
    return EditQuestion(
        snapshot=Snapshot(uri=uri, path=path, version=version, text=text), offset=text.index(AFTER), history=(change,)
    )


def lines(prediction: Prediction) -> set[tuple[int, tuple[str, ...]]]:
    return {(edit.first_line, edit.inserted) for edit in prediction.edits}


async def test_the_same_change_is_predicted_at_other_places(predictor: EmbeddedEditPredictor, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    prediction = await predictor.predict(question(path))
    assert (5, ("    writer = reader.read_all(path, timeout=timeout)",)) in lines(prediction)
    edit = next(edit for edit in prediction.edits if edit.first_line == 5)
    assert (edit.path, edit.removed, edit.source) == (path, (OTHERS[0],), Source.EMBEDDED)
    assert 0 <= edit.probability <= 1
    probabilities = [edit.probability for edit in prediction.edits]
    assert probabilities == sorted(probabilities, reverse=True)
    assert any(abs(place.line - 5) <= 2 for place in prediction.places)


async def test_the_first_question_waits_for_the_worker_that_it_starts(tmp_path: Path) -> None:
    predictor = EmbeddedEditPredictor(deadline_s=WITHIN_S, max_file_kb=1024)
    predictor.open_workspace(WorkspaceScope(folders=(tmp_path,), interpreter=None, index=IndexSettings()))
    task = asyncio.create_task(predictor.run())
    try:
        assert (await predictor.predict(question(tmp_path / "main.py"))).edits
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_closed_files_of_the_workspace_are_seen(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(f"def four():\n{OTHERS[0]}\n")
    async with running(tmp_path) as predictor:
        async with asyncio.timeout(WITHIN_S):
            # The workspace is read in the background; nobody waits for it but us.
            while not any(
                edit.path == other for edit in (await predictor.predict(question(tmp_path / "main.py"))).edits
            ):
                await asyncio.sleep(0)


async def test_a_group_holds_all_edits_of_one_cause_and_no_two_for_one_place(
    predictor: EmbeddedEditPredictor, tmp_path: Path
) -> None:
    asked = question(tmp_path / "main.py")
    edit = next(edit for edit in (await predictor.predict(asked)).edits if edit.first_line == 5)
    group = await predictor.predict_group(asked, edit)
    assert [one.first_line for one in group] == [5, 9]
    assert {one.group for one in group} == {edit.group}
    assert {one.n_in_group for one in group} == {2}
    done = TEXT.replace(OTHERS[0], edit.inserted[0])
    after = await predictor.predict_group(question(tmp_path / "main.py", done, version=2), edit)
    assert [one.first_line for one in after] == [9]


async def test_a_group_holds_thousands_of_uses_in_many_files(tmp_path: Path) -> None:
    n_files, n_uses = 80, 30
    for number in range(n_files):
        uses = "".join(f"def use_{use}(url):\n    return fetch(url, {use})\n\n\n" for use in range(n_uses))
        (tmp_path / f"user_{number}.py").write_text(f"from main import fetch\n\n\n{uses}")
    path, text = tmp_path / "main.py", "def download(url, part):\n    return url, part\n"
    change = LineChange(
        uri=DocumentUri(path.as_uri()),
        first_line=0,
        removed=("def fetch(url, part):",),
        inserted=("def download(url, part):",),
    )
    snapshot = Snapshot(uri=change.uri, path=path, version=1, text=text)
    asked = EditQuestion(snapshot=snapshot, offset=5, history=(change,))
    group: Sequence[PredictedEdit] = ()
    async with running(tmp_path) as predictor, asyncio.timeout(WITHIN_S):
        while len(group) < n_files * (n_uses + 1):  # the workspace is read in the background
            edits = (await predictor.predict(asked)).edits
            group = await predictor.predict_group(asked, edits[0]) if edits else ()
    assert len({(edit.uri, edit.first_line) for edit in group}) == len(group) == n_files * (n_uses + 1)
    assert {(edit.n_in_group, edit.n_left_out) for edit in group} == {(len(group), 0)}


async def test_an_edit_without_a_group_has_no_others(predictor: EmbeddedEditPredictor, tmp_path: Path) -> None:
    asked = question(tmp_path / "main.py")
    edit = PredictedEdit(
        uri=asked.snapshot.uri,
        path=None,
        first_line=0,
        removed=(),
        inserted=("x",),
        kind=(await predictor.predict(asked)).edits[0].kind,
        source=Source.MODEL,
        probability=0.5,
    )
    assert await predictor.predict_group(asked, edit) == ()


async def test_later_texts_replace_earlier_ones(predictor: EmbeddedEditPredictor, tmp_path: Path) -> None:
    path = tmp_path / "main.py"
    await predictor.predict(question(path))
    shifted = question(path, TEXT.replace("def two", "\ndef two"), version=2)
    assert (6, ("    writer = reader.read_all(path, timeout=timeout)",)) in lines(await predictor.predict(shifted))


@pytest.mark.parametrize("text", ["", "\r\n🐍 = 1\r\n", "def f(:\n  ]] '''", "x" * 300_000, "\0", "a = 1\n" * 20_000])
async def test_odd_documents_are_survived(predictor: EmbeddedEditPredictor, tmp_path: Path, text: str) -> None:
    uri = DocumentUri((tmp_path / "odd.py").as_uri())
    change = LineChange(uri=uri, first_line=0, removed=("b = 1",), inserted=("a = 1",))
    snapshot = Snapshot(uri=uri, path=tmp_path / "odd.py", version=1, text=text)
    await predictor.predict(EditQuestion(snapshot=snapshot, offset=len(text), history=(change,)))
    assert (await predictor.predict(question(tmp_path / "main.py"))).edits


async def test_without_a_change_nothing_is_predicted(predictor: EmbeddedEditPredictor, tmp_path: Path) -> None:
    asked = question(tmp_path / "main.py")
    empty = EditQuestion(snapshot=asked.snapshot, offset=0, history=())
    assert await predictor.predict(empty) == Prediction()


async def test_a_worker_that_was_killed_comes_back_and_knows_the_documents(tmp_path: Path) -> None:
    async with running(tmp_path) as predictor:
        asked = question(tmp_path / "main.py")
        expected = lines(await predictor.predict(asked))
        killed = await until_up(predictor)
        os.kill(killed, signal.SIGKILL)
        await until_up(predictor, other_than=killed)
        assert lines(await predictor.predict(asked)) == expected


async def test_a_question_to_a_worker_that_dies_fails_with_a_clear_error(tmp_path: Path) -> None:
    async with running(tmp_path) as predictor:
        process_id = await until_up(predictor)
        os.kill(process_id, signal.SIGSTOP)
        task = asyncio.create_task(predictor.predict(question(tmp_path / "main.py")))
        await asyncio.sleep(0)
        os.kill(process_id, signal.SIGKILL)
        with pytest.raises(WorkerError, match="next-edit worker"):
            await task


async def test_a_missed_deadline_is_an_error(tmp_path: Path) -> None:
    async with running(tmp_path, deadline_s=0.05) as predictor:
        process_id = await until_up(predictor)
        os.kill(process_id, signal.SIGSTOP)
        with pytest.raises(WorkerError, match="did not answer"):
            await predictor.predict(question(tmp_path / "main.py"))
        os.kill(process_id, signal.SIGCONT)


async def test_a_cancelled_question_leaves_the_worker_ready_for_the_next(
    predictor: EmbeddedEditPredictor, tmp_path: Path
) -> None:
    task = asyncio.create_task(predictor.predict(question(tmp_path / "main.py")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await predictor.predict(question(tmp_path / "main.py"))).edits
