"""Files that were saved since the last build: what is scanned of them, and when they are dropped."""

import time

from inkling.engine.index.saved_files import LEXED_AT_ONCE_CHARS, SavedFiles
from inkling.engine.language.open_files import OpenFile, TokenNumbers

LARGE = "x = 1\n" * LEXED_AT_ONCE_CHARS


def texts(saved: SavedFiles, numbers: TokenNumbers, *open_paths: str) -> list[list[str]]:
    return [[numbers.text(number) for number in tokens.tolist()] for tokens in saved.tokens(numbers, open_paths)]


def test_the_last_saved_come_first_and_open_and_gone_ones_not_at_all() -> None:
    saved, numbers = SavedFiles(), TokenNumbers()
    for path, text in (("a", "one\n"), ("b", "two\n"), ("c", None), ("a", "three\n")):
        saved.take(path, text)
    assert texts(saved, numbers) == [["", "\n+0", "three"], ["", "\n+0", "two"]]
    assert texts(saved, numbers, "a") == [["", "\n+0", "two"]]
    assert set(saved) == {"a", "b", "c"}
    assert saved.n_chars == len("three\n" + "two\n")
    saved.forget("a")
    assert (len(saved), saved.n_chars) == (2, len("two\n"))


def test_a_large_file_waits_for_a_quiet_moment() -> None:
    saved, numbers = SavedFiles(), TokenNumbers()
    saved.take("large", LARGE)
    saved.take("small", "one\n")
    assert len(saved.tokens(numbers, ())) == 1
    saved.lex_next(numbers, ("large",))
    assert len(saved.tokens(numbers, ())) == 1
    saved.lex_next(numbers, ())
    assert len(saved.tokens(numbers, ())) == 2
    saved.forget_numbers()
    assert len(saved.tokens(TokenNumbers(), ())) == 1


def test_a_closed_document_is_not_lexed_again_where_it_was_saved_as_it_is() -> None:
    saved, numbers = SavedFiles(), TokenNumbers()
    file = OpenFile(numbers)
    file.update("one")
    saved.take("a", LARGE)
    saved.take_tokens("a", "another text", file.tokens)
    assert saved.tokens(numbers, ()) == []
    saved.take_tokens("a", LARGE, file.tokens)
    assert saved.tokens(numbers, ()) == [file.tokens]


def test_what_was_there_before_a_build_is_dropped_with_it() -> None:
    saved, numbers = SavedFiles(), TokenNumbers()
    saved.take("before", "one\n")
    started_at_s = time.monotonic()
    saved.take("after", "two\n")
    saved.forget_before(started_at_s)
    assert texts(saved, numbers) == [["", "\n+0", "two"]]
    assert set(saved) == {"after"}
