"""The cache of answers on disk: what it finds again, what it forgets, and what its file gives away."""

import sqlite3
from pathlib import Path

import pytest

from inkling.llm import answer_store
from inkling.llm.answer_store import FILE_NAME, MAX_AGE_S, MAX_TEXT_CHARS, AnswerStore, StoredAnswer

ENDPOINT = "http://localhost:1/v1"
SAID = StoredAnswer(text="return 'é🙂' + naïve_total\n", logprobs=(-0.25, -1.0), was_cut_short=True)


class Clock:
    now_s = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


async def kept(folder: Path, *questions: str, clock: Clock | None = None) -> None:
    """Keeps the same answer to each question, in a store that is opened and closed."""
    store = AnswerStore(folder, ENDPOINT, clock or Clock())
    for question in questions:
        await store.keep(question, SAID)
    await store.close()


async def found(
    folder: Path, question: str, clock: Clock | None = None, endpoint: str = ENDPOINT
) -> StoredAnswer | None:
    store = AnswerStore(folder, endpoint, clock or Clock())
    answer = await store.find(question)
    await store.close()
    return answer


async def test_an_answer_outlives_its_store_and_belongs_to_its_question(tmp_path: Path) -> None:
    await kept(tmp_path, "x = |")
    assert await found(tmp_path, "x = |") == SAID
    assert await found(tmp_path, "y = |") is None
    assert await found(tmp_path, "x = |", endpoint="http://localhost:2/v1") is None


async def test_the_file_is_the_users_own_and_says_nothing_by_itself(tmp_path: Path) -> None:
    await kept(tmp_path, "def a_question(): |", "def a_question(): |")
    files = list(tmp_path.iterdir())  # noqa: ASYNC240 - a test may block
    assert files
    for file in files:
        assert file.stat().st_mode & 0o077 == 0
        content = file.read_bytes()
        assert b"naive" not in content
        assert b"total" not in content
        assert b"question" not in content


async def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(0o644)
    await kept(tmp_path, "x = |")
    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600


async def test_what_is_old_is_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    await kept(tmp_path, "old", clock=clock)
    clock.now_s += MAX_AGE_S + 1
    assert await found(tmp_path, "old", clock) is None
    await kept(tmp_path, "new", clock=clock)
    assert n_rows(tmp_path) == 1


async def test_no_more_than_so_many_are_kept_the_latest_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_store, "MAX_ROWS", 3)
    clock = Clock()
    for number in range(6):
        clock.now_s += 1
        await kept(tmp_path, f"question {number}", clock=clock)
    assert n_rows(tmp_path) == 3
    assert await found(tmp_path, "question 5", clock) == SAID
    assert await found(tmp_path, "question 0", clock) is None


async def test_an_answer_of_any_length_is_no_danger(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path, ENDPOINT)
    await store.keep("long", StoredAnswer(text="x" * (MAX_TEXT_CHARS + 1), logprobs=(), was_cut_short=False))
    await store.keep("empty", StoredAnswer(text="", logprobs=(), was_cut_short=False))
    await store.keep("lone \ud800", StoredAnswer(text="lone \udfff", logprobs=(), was_cut_short=False))
    assert await store.find("long") is None
    assert await store.find("empty") == StoredAnswer(text="", logprobs=(), was_cut_short=False)
    assert await store.find("lone \ud800") == StoredAnswer(text="lone \udfff", logprobs=(), was_cut_short=False)
    await store.close()


async def test_a_damaged_row_is_no_answer(tmp_path: Path) -> None:
    await kept(tmp_path, "x = |")
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        (sealed,) = database.execute("SELECT sealed FROM answers").fetchone()
        database.execute("UPDATE answers SET sealed = ?", (sealed[:-1] + bytes([sealed[-1] ^ 1]),))
    database.close()
    assert await found(tmp_path, "x = |") is None


async def test_a_file_that_is_no_database_is_made_anew_the_next_time(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this is no database at all" * 100)
    await kept(tmp_path, "x = |")
    await kept(tmp_path, "x = |")
    assert await found(tmp_path, "x = |") == SAID


async def test_a_folder_that_cannot_be_written_costs_the_cache_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "cache"
    await kept(folder, "x = |")
    assert await found(folder, "x = |") is None


async def test_two_windows_share_one_file(tmp_path: Path) -> None:
    one, other = AnswerStore(tmp_path, ENDPOINT), AnswerStore(tmp_path, ENDPOINT)
    await one.keep("first", SAID)
    await other.keep("second", SAID)
    assert await other.find("first") == SAID
    assert await one.find("second") == SAID
    await one.close()
    await other.close()


async def test_a_closed_store_finds_and_keeps_nothing(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path, ENDPOINT)
    await store.keep("x = |", SAID)
    await store.close()
    await store.keep("y = |", SAID)
    assert await store.find("x = |") is None
    assert n_rows(tmp_path) == 1


def n_rows(folder: Path) -> int:
    with sqlite3.connect(folder / FILE_NAME) as database:
        count = int(database.execute("SELECT count(*) FROM answers").fetchone()[0])
    database.close()
    return count
