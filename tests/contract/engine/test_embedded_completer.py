"""The embedded completer with its real worker and its real build, on real files."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from inkling.context.worker.child import IDLE_AFTER_S
from inkling.core.errors import WorkerError
from inkling.core.ports import IndexProgress, WorkspaceScope
from inkling.core.settings import IndexSettings
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, NoSuggestion, Reason, Source
from inkling.engine.completion.completer import EmbeddedCompleter
from inkling.engine.completion.worker import N_NUMBERS
from inkling.engine.index.library import MOST_READ_AT_ONCE, MOST_SAVED_FILES
from inkling.engine.index.saved_files import LEXED_AT_ONCE_CHARS

WITHIN_S = 20.0
KNOWN = "def announce(speaker):\n    speaker.proclaim('here', volume=11)\n"


class Window:
    """A completer with what it told."""

    def __init__(self, cache_dir: Path, folders: tuple[Path, ...], interpreter: Path | None = None) -> None:
        self.told: asyncio.Queue[IndexProgress] = asyncio.Queue()
        self.completer = EmbeddedCompleter(cache_dir=cache_dir, deadline_s=WITHIN_S, on_progress=self.told.put_nowait)
        self.scope = WorkspaceScope(folders=folders, interpreter=interpreter, index=IndexSettings(max_mb=2))
        self.completer.open_workspace(self.scope)

    async def until_told(self, is_it: Callable[[IndexProgress], bool]) -> IndexProgress:
        async with asyncio.timeout(WITHIN_S):
            while not is_it(progress := await self.told.get()):
                pass
            return progress

    async def until_built(self) -> None:
        await self.until_told(lambda progress: progress.message.endswith("are read"))

    async def ask(self, marked: str, path: Path | None = None) -> str | Reason:
        answer = await self.completer.complete(request(marked, path))
        if isinstance(answer, NoSuggestion):
            return answer.reason
        assert all(isinstance(candidate, Candidate) and candidate.source is Source.EMBEDDED for candidate in answer)
        return answer[0].text

    async def ask_all(self, marked: str) -> list[str]:
        answer = await self.completer.complete(request(marked))
        return [] if isinstance(answer, NoSuggestion) else [candidate.text for candidate in answer]


def request(marked: str, path: Path | None = None) -> CompletionRequest:
    uri = DocumentUri(path.as_uri() if path is not None else "untitled:1")
    snapshot = Snapshot(uri=uri, path=path, version=1, text=marked.replace("|", "", 1))
    return CompletionRequest(snapshot=snapshot, offset=marked.index("|"))


@contextlib.asynccontextmanager
async def running(window: Window) -> AsyncIterator[Window]:
    task = asyncio.create_task(window.completer.run())
    async with asyncio.timeout(WITHIN_S):
        while not window.completer.process_ids():
            await asyncio.sleep(0)
    try:
        yield window
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    (folder / ".gitignore").write_text("private/\n")
    (folder / "known.py").write_text(KNOWN)
    (folder / "private").mkdir()
    (folder / "private" / "secret.py").write_text("treasure.unlock('sesame')\n")
    return folder


@pytest.fixture
def cache_dir(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "index"


@pytest.fixture
async def window(cache_dir: Path, workspace: Path) -> AsyncIterator[Window]:
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
        yield window


def segments(cache_dir: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in cache_dir.glob("*.segment")}


def empty_heads(cache_dir: Path) -> None:
    for head in cache_dir.glob("*.head"):
        head.write_bytes(b"")


def unfinished(cache_dir: Path) -> list[Path]:
    return list(cache_dir.glob("*.tmp"))


async def test_it_learns_from_the_workspace_and_not_from_ignored_files(window: Window) -> None:
    assert await window.ask("speaker.pro|") == "claim('here', volume=11)"
    assert await window.ask("treas|") == Reason.NO_CANDIDATE


async def test_it_answers_from_the_open_file_alone(cache_dir: Path) -> None:
    async with running(Window(cache_dir, ())) as window:
        assert await window.ask("gadget.spin(1, 2)\ngadget.|\n") == "spin(1, 2)"


async def test_lines_that_are_certain_to_follow_come_with_theirs(window: Window, workspace: Path) -> None:
    text = "".join(
        f"def load_{name}(path):\n    path = path.resolve()\n    logger.debug(path)\n    try:\n"
        "        return path.read_text()\n    except OSError as error:\n"
        "        logger.error(path)\n        raise ReadError(path) from error\n\n"
        for name in ("users", "roles", "rooms")
    )
    (workspace / "loaders.py").write_text(text)
    window.completer.files_changed([workspace / "loaders.py"])
    begun = f"{text}def load_doors(path):\n    path = path.resolve()\n    logger.debug(path)\n    try:\n"
    begun += "        return path.read_text()\n    except |"
    block = "OSError as error:\n        logger.error(path)\n        raise ReadError(path) from error"
    said = await window.ask_all(begun)
    assert said[:2] == [block, "OSError as error:"]
    assert block not in await window.ask_all(begun + "\n        pass\n")


async def test_the_beginning_that_likely_lines_share_comes_last_and_is_told_apart(cache_dir: Path) -> None:
    calls = "".join(
        f"    gadget.records.append({each})\n" for each in ("one", "two(1)", "[3, 4]", '"five"', "six.seven")
    )
    async with running(Window(cache_dir, ())) as window:
        answer = await window.completer.complete(
            request(f"def first(gadget):\n{calls}def last(gadget):\n    gadget.|\n")
        )
    assert not isinstance(answer, NoSuggestion)
    *lines, beginning = answer
    assert (beginning.text, beginning.is_partial) == ("records.append(", True)
    assert lines
    assert not any(line.is_partial for line in lines)
    assert lines[0].confidence is not None
    assert beginning.confidence is not None
    assert lines[0].confidence < beginning.confidence < 1


async def test_other_open_files_are_known_before_they_are_saved(window: Window) -> None:
    text = "orchestra.rehearse(tempo)\n"
    uri = DocumentUri("untitled:2")
    window.completer.document_changed(Snapshot(uri=uri, path=None, version=1, text=text))
    assert await window.ask("orchestra.|") == "rehearse(tempo)"
    window.completer.document_closed(uri)
    assert await window.ask("orches|") == Reason.NO_CANDIDATE


async def test_reasons_for_silence(window: Window) -> None:
    assert await window.ask("# speaker.|") == Reason.NOT_AT_A_PLACE_TO_COMPLETE
    assert await window.ask("speak|er") == Reason.NOT_AT_A_PLACE_TO_COMPLETE
    assert await window.ask("unheard_of|") == Reason.NO_CANDIDATE
    snapshot = request("a|").snapshot
    answer = await window.completer.complete(CompletionRequest(snapshot=snapshot, offset=99))
    assert answer == NoSuggestion(reason=Reason.POSITION_OUTSIDE)


@pytest.mark.parametrize("marked", ["|", "\r\n🐍 = 1\r\nspeaker.|\r\n", "def f(:\n  ]] '''|", "x" * 200_000 + "|"])
async def test_odd_documents_are_survived(window: Window, marked: str) -> None:
    await window.ask(marked)
    assert await window.ask("speaker.pro|") == "claim('here', volume=11)"


async def test_saved_files_replace_what_was_read(window: Window, workspace: Path) -> None:
    path = workspace / "known.py"
    path.write_text("speaker.whisper('there')\n")
    window.completer.files_changed([path])
    assert await window.ask("speaker.|") == "whisper('there')"
    path.unlink()
    window.completer.files_changed([path])
    assert await window.ask("speak|") == Reason.NO_CANDIDATE


async def test_ignored_files_are_not_learned_when_saved(window: Window, workspace: Path) -> None:
    window.completer.files_changed([workspace / "private" / "secret.py"])
    assert await window.ask("treas|") == Reason.NO_CANDIDATE


async def test_many_changed_files_are_built_anew(window: Window, workspace: Path) -> None:
    paths = [workspace / f"new_{number}.py" for number in range(120)]
    for path in paths:
        path.write_text(f"speaker.mumble_{path.stem}()\n")
    window.completer.files_changed(paths)
    await window.until_built()
    assert await window.ask("speaker.mumble_new_11|") != Reason.NO_CANDIDATE


async def test_an_open_file_counts_as_it_is_and_not_as_it_was_saved(window: Window, workspace: Path) -> None:
    assert await window.ask("speak|", workspace / "known.py") == Reason.NO_CANDIDATE


async def test_a_killed_worker_comes_back_and_knows_all_it_was_told(window: Window) -> None:
    uri = DocumentUri("untitled:2")
    window.completer.document_changed(Snapshot(uri=uri, path=None, version=1, text="orchestra.rehearse(tempo)\n"))
    assert await window.ask("orchestra.|") == "rehearse(tempo)"
    (worker, *_) = window.completer.process_ids()
    os.kill(worker, signal.SIGKILL)
    await window.until_told(lambda progress: progress.is_ready)
    assert window.completer.process_ids()[0] != worker
    assert await window.ask("orchestra.|") == "rehearse(tempo)"
    assert await window.ask("speaker.pro|") == "claim('here', volume=11)"


async def test_another_workspace_replaces_the_one_before(window: Window, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.py").write_text("harvest.gather(basket)\n")
    index = window.scope.index
    window.completer.open_workspace(WorkspaceScope(folders=(), interpreter=None, index=index))
    window.completer.open_workspace(WorkspaceScope(folders=(other,), interpreter=None, index=index))
    await window.until_told(lambda progress: progress.message == "1 files of the workspace are read")
    assert await window.ask("harvest.|") == "gather(basket)"
    assert await window.ask("speak|") == Reason.NO_CANDIDATE


async def test_a_question_that_meets_a_dead_worker_is_an_error(cache_dir: Path) -> None:
    with pytest.raises(WorkerError):
        await Window(cache_dir, ()).ask("a|")


async def test_many_saves_become_a_segment_beside_the_large_one(
    window: Window, cache_dir: Path, workspace: Path
) -> None:
    paths = [workspace / f"many{number}.py" for number in range(MOST_SAVED_FILES + 1)]
    for number, path in enumerate(paths):
        path.write_text(f"warehouse.shelf{number}.fill({number})\n")
        window.completer.files_changed([path])
    assert await window.ask("warehouse.shelf7.|") == "fill(7)"
    await window.until_built()
    assert await window.ask("warehouse.shelf7.|") == "fill(7)"
    paths[7].unlink()
    window.completer.files_changed([paths[7]])
    assert await window.ask("warehouse.shelf7.|") != "fill(7)"


async def test_a_switch_of_branches_is_left_to_a_build(window: Window, workspace: Path) -> None:
    paths = [workspace / f"switched{number}.py" for number in range(MOST_READ_AT_ONCE + 1)]
    for path in paths:
        path.write_text(f"{path.stem}.turn(dial)\n")
    window.completer.files_changed(paths)
    await window.until_built()
    assert await window.ask(f"{paths[-1].stem}.|") == "turn(dial)"


async def test_a_large_saved_file_is_read_when_nothing_is_asked(window: Window, workspace: Path) -> None:
    path = workspace / "large.py"
    path.write_text("# filler\n" * LEXED_AT_ONCE_CHARS + "lighthouse.blink(thrice)\n")
    window.completer.files_changed([path])
    async with asyncio.timeout(WITHIN_S):
        while "blink(thrice)" not in await window.ask_all("lighthouse.|"):
            await asyncio.sleep(2 * IDLE_AFTER_S)


async def test_a_saved_document_that_is_closed_is_known(window: Window, workspace: Path) -> None:
    path = workspace / "known.py"
    text = "speaker.shout('everywhere')\n"
    path.write_text(text)
    snapshot = Snapshot(uri=DocumentUri(path.as_uri()), path=path, version=1, text=text)
    window.completer.document_changed(snapshot)
    window.completer.files_changed([path])
    assert await window.ask("speaker.|") == "shout('everywhere')"
    window.completer.document_closed(snapshot.uri)
    assert await window.ask("speaker.|") == "shout('everywhere')"


async def test_answers_go_on_when_the_names_of_a_large_document_are_given_up(window: Window, workspace: Path) -> None:
    path = workspace / "large.py"
    names = "".join(f"name_{number} = {number}\n" for number in range(N_NUMBERS))
    other = Snapshot(uri=DocumentUri("untitled:2"), path=None, version=1, text="speaker.whisper('there')\n")
    window.completer.document_changed(other)
    assert await window.ask(f"{names}name_77 = |", path) == "77"
    for _ in range(2):  # the first pause gives them up
        assert await window.ask("speaker.whi|", path) == "sper('there')"
        assert await window.ask("speaker.pro|", path) == "claim('here', volume=11)"
        await asyncio.sleep(2 * IDLE_AFTER_S)
    assert await window.ask("speaker.whi|", path) == "sper('there')"


async def test_a_cancelled_question_leaves_the_worker_answering(window: Window) -> None:
    question = asyncio.create_task(window.ask("speaker.|"))
    await asyncio.sleep(0)
    question.cancel()
    with pytest.raises(asyncio.CancelledError):
        await question
    assert await window.ask("speaker.pro|") == "claim('here', volume=11)"


async def test_a_second_start_uses_the_index_that_is_there(cache_dir: Path, workspace: Path) -> None:
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
    before = segments(cache_dir)
    async with running(Window(cache_dir, (workspace,))) as window:
        first = await window.until_told(lambda _progress: True)
        assert first.is_ready
        assert await window.ask("speaker.pro|") == "claim('here', volume=11)"
        await window.until_built()
    assert segments(cache_dir) == before


async def test_what_changed_between_two_starts_is_read(cache_dir: Path, workspace: Path) -> None:
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
    (workspace / "later.py").write_text("harvest.gather(basket)\n")
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
        assert await window.ask("harvest.|") == "gather(basket)"
        assert await window.ask("speaker.pro|") == "claim('here', volume=11)"


@pytest.mark.parametrize("damage", ["torn", "flipped", "empty head"])
async def test_a_damaged_index_is_built_again(cache_dir: Path, workspace: Path, damage: str) -> None:
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
    (segment,) = (cache_dir / name for name in segments(cache_dir))
    data = segment.read_bytes()
    if damage == "torn":
        segment.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        segment.write_bytes(data[:-100] + bytes([data[-100] ^ 1]) + data[-99:])
    else:
        empty_heads(cache_dir)
    async with running(Window(cache_dir, (workspace,))) as window:
        await window.until_built()
        assert await window.ask("speaker.pro|") == "claim('here', volume=11)"
    assert segment.read_bytes() == data


async def test_two_windows_share_one_index(cache_dir: Path, workspace: Path) -> None:
    async with running(Window(cache_dir, (workspace,))) as one, running(Window(cache_dir, (workspace,))) as two:
        await asyncio.gather(one.until_built(), two.until_built())
        assert await one.ask("speaker.pro|") == await two.ask("speaker.pro|") == "claim('here', volume=11)"
    assert len(segments(cache_dir)) == 1
    assert unfinished(cache_dir) == []


async def test_a_cache_that_cannot_be_written_leaves_the_open_file(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "file").write_text("")
    async with running(Window(tmp_path / "file" / "index", (workspace,))) as window:
        await window.until_told(lambda progress: "could not be built" in progress.message)
        assert await window.ask("gadget.spin(1, 2)\ngadget.|\n") == "spin(1, 2)"
        assert await window.ask("unheard_of|") == Reason.NO_CANDIDATE


async def test_the_environment_is_learned_when_an_interpreter_is_given(cache_dir: Path, workspace: Path) -> None:
    (workspace / "known.py").write_text("import json\n")
    async with running(Window(cache_dir, (workspace,), Path(sys.executable))) as window:
        assert await window.ask("unheard_of|") == Reason.INDEX_NOT_READY
        await window.until_built()
        answer = await window.ask("def dump(obj, fp, *, skipkeys=False, ensure_asc|")
    assert answer.startswith("ii=True")
    assert len(segments(cache_dir)) == 2


async def test_ending_leaves_no_process(cache_dir: Path, workspace: Path) -> None:
    window = Window(cache_dir, (workspace,), Path(sys.executable))
    # With its default limits the build takes seconds, so that it is still under way when the worker is ended.
    window.completer.open_workspace(replace(window.scope, index=IndexSettings()))
    async with running(window):
        await window.until_told(lambda progress: progress.n_files_total > 0)
        worker, build = map(psutil.Process, window.completer.process_ids())
    await asyncio.to_thread(psutil.wait_procs, [worker, build], WITHIN_S)
    for process in (worker, build):
        assert not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_daemon_does_not_load_numpy() -> None:
    code = "import sys, inkling.engine.completion.completer; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
