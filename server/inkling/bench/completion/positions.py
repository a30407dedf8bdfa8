"""Where a completer is asked: cursors in lines whose rest is known.

LOO ("leave one out"): the rest of one line is removed from a project, everything else stays. REPLAY: a line that a
commit added is typed again; the file ends at the cursor, what is below is not yet written.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from inkling.core.text import split_lines
from inkling.engine.language.lexer import lex_line, raw_tokens

LEAST_REST_CHARS = 3
LEAST_TOKENS = 2
MOST_TOKENS_TYPED = 3
MOST_CHARS_TYPED = 3  # of the next name
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})


class Kind(StrEnum):
    """Where in its line a cursor stands."""

    FEW_TOKENS = "a"  # after one to three tokens; half of them with one to three characters of the next name
    LINE_START = "b"  # after the indentation
    ANYWHERE = "c"  # after a random token


class Protocol(StrEnum):
    """What is known of the code around a cursor."""

    LOO = "loo"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A cursor, and what is to be written there.

    Attributes:
        protocol: How it came about.
        project: Whose code it is.
        group: The positions with the same group are answered from the same index: the project, or a commit of it.
        path: The file, as the index names it.
        is_test: Whether the file is one of tests.
        kind: Where in the line the cursor stands.
        text: The file with the cursor in it.
        offset: The cursor, in code points.
        rest: The rest of its line, without a comment behind it and without spaces at its end.
        following: What is still to be written below, from the line break on; "" where nothing is.
    """

    protocol: Protocol
    project: str
    group: str
    path: str
    is_test: bool
    kind: Kind
    text: str
    offset: int
    rest: str
    following: str = ""

    @property
    def missing_lines(self) -> list[str]:
        """The lines that are still to be written below, without comments behind code, and spaces at their ends."""
        return [_without_comment(line) for line in split_lines(self.following)[1:]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file as a commit left it.

    Attributes:
        path: As the index names it.
        text: All of it.
        added: Numbers of the lines that the commit added, from 0.
    """

    path: str
    text: str
    added: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _CodeLine:
    """A line that counts.

    Attributes:
        path: Its file.
        number: From 0.
        start: Offset of its first character.
        end: Offset behind its last character, the line break left out.
        code: Its indentation and its code, without a comment.
    """

    path: str
    number: int
    start: int
    end: int
    code: str


def loo_positions(project: str, texts: Mapping[str, str], *, seed: int, n_each: int) -> list[Position]:
    """Returns up to `n_each` positions of each kind in the files of a project.

    Args:
        project: Its name; it takes part in the choice.
        texts: The text of each file; the paths are relative to the project, or are as they lie on disk.
        seed: For the choice.
        n_each: Most positions of a kind.
    """
    chance = random.Random(f"loo {seed} {project}")  # noqa: S311 - a sample, no secret
    lines = [line for path, text in sorted(texts.items()) for line in _code_lines(path, text)]
    positions: list[Position] = []
    for kind, line, cut in _drawn(lines, chance, n_each):
        text = texts[line.path]
        positions.append(
            Position(
                protocol=Protocol.LOO,
                project=project,
                group=project,
                path=line.path,
                is_test=is_test_file(line.path),
                kind=kind,
                text=text[: line.start + cut] + text[line.end :],
                offset=line.start + cut,
                rest=line.code[cut:],
            )
        )
    return positions


def replay_positions(
    project: str, commits: Mapping[str, Sequence[WrittenFile]], *, seed: int, n_each: int
) -> list[Position]:
    """Returns up to `n_each` positions of each kind in the lines that commits added, by commit.

    Args:
        project: Its name; it takes part in the choice.
        commits: The files that each commit added lines to.
        seed: For the choice.
        n_each: Most positions of a kind.
    """
    chance = random.Random(f"replay {seed} {project}")  # noqa: S311 - a sample, no secret
    texts: dict[str, str] = {}
    origin: dict[str, tuple[str, WrittenFile]] = {}
    lines: list[_CodeLine] = []
    for commit, files in commits.items():
        for file in files:
            key = f"{commit}:{file.path}"
            texts[key] = file.text
            origin[key] = commit, file
            lines.extend(line for line in _code_lines(key, file.text) if line.number in file.added)
    positions: list[Position] = []
    for kind, line, cut in _drawn(lines, chance, n_each):
        commit, file = origin[line.path]
        positions.append(
            Position(
                protocol=Protocol.REPLAY,
                project=project,
                group=commit,
                path=file.path,
                is_test=is_test_file(file.path),
                kind=kind,
                text=texts[line.path][: line.start + cut],
                offset=line.start + cut,
                rest=line.code[cut:],
                following=texts[line.path][line.end :],
            )
        )
    order = {commit: number for number, commit in enumerate(commits)}
    return sorted(positions, key=lambda position: order[position.group])


def is_test_file(path: str) -> bool:
    """Tells whether a path, relative to its project, is one of tests by its name or its folders."""
    pure = PurePosixPath(path)
    is_named_so = (
        pure.name.startswith("test_") or pure.stem.endswith("_test") or pure.name in ("conftest.py", "tests.py")
    )
    return is_named_so or not _TEST_FOLDERS.isdisjoint(pure.parts[:-1])


def _drawn(lines: Sequence[_CodeLine], chance: random.Random, n_each: int) -> Iterator[tuple[Kind, _CodeLine, int]]:
    """Yields lines with the column of a cursor in them, up to `n_each` of each kind."""
    for kind in Kind:
        n_found = 0
        for line in chance.sample(lines, len(lines)):
            if n_found == n_each:
                break
            n_name_chars = chance.randint(1, MOST_CHARS_TYPED) if kind is Kind.FEW_TOKENS and n_found % 2 else 0
            cut = _cut(kind, line.code, n_name_chars, chance)
            if cut is not None and len(line.code[cut:].strip()) >= LEAST_REST_CHARS:
                yield kind, line, cut
                n_found += 1


def _code_lines(path: str, text: str) -> Iterator[_CodeLine]:
    """Yields the lines that count: of two tokens or more, and outside of triple-quoted strings."""
    start = 0
    open_string = ""
    for number, line in enumerate(split_lines(text)):
        lexed = lex_line(line, open_string)
        if not open_string and not lexed.open_string and len(lexed.tokens) >= LEAST_TOKENS:
            code = _without_comment(line)
            end = start + len(line.rstrip("\r\n"))
            yield _CodeLine(path=path, number=number, start=start, end=end, code=code)
        open_string = lexed.open_string
        start += len(line)


def _without_comment(line: str) -> str:
    """Returns a line without the comment behind its code, and without spaces at its end."""
    code = line.rstrip()
    tokens = raw_tokens(code.lstrip())
    if len(tokens) > 1 and tokens[-1].startswith("#"):
        return code[: -len(tokens[-1])].rstrip()
    return code


def _cut(kind: Kind, code: str, n_name_chars: int, chance: random.Random) -> int | None:
    """Returns the column of a cursor of this kind, or None where the line has none.

    Args:
        kind: Where it is to stand.
        code: The line.
        n_name_chars: Characters of the next name that are typed already; 0 for none.
        chance: For the number of tokens before it.
    """
    column = len(code) - len(code.lstrip())
    if kind is Kind.LINE_START:
        return column
    tokens = raw_tokens(code.lstrip())
    if len(tokens) < LEAST_TOKENS:
        return None
    n_typed = chance.randint(1, MOST_TOKENS_TYPED if kind is Kind.FEW_TOKENS else len(tokens) - 1)
    if n_typed >= len(tokens):
        return None
    for token in tokens[:n_typed]:
        column = code.index(token, column) + len(token)
    # Nobody waits for a suggestion before the space that must come.
    if code[column] == " ":
        column += 1
    following = tokens[n_typed]
    if not n_name_chars:
        return column
    return column + n_name_chars if following.isidentifier() and len(following) > n_name_chars else None
