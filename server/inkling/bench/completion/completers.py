"""The completer under test: the product's own index and predictor, in this process."""

import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from inkling.bench.completion.background_facts import BackgroundFacts
from inkling.bench.completion.positions import Position
from inkling.context.analysis.scope_facts import ScopeFacts
from inkling.engine.completion.asked_place import Surroundings
from inkling.engine.completion.continuations import SOURCES
from inkling.engine.completion.predictor import Proposal, Ways, propose
from inkling.engine.completion.ranker import shipped_ranker
from inkling.engine.index.segment import Segment, SegmentWriter, open_segment
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

WORKSPACE = "workspace"
ENVIRONMENT = "environment"
FACTS = "facts"
ABLATED = (WORKSPACE, ENVIRONMENT, FACTS, *SOURCES)
"""What of the product can be switched off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a completer says at a position.

    Attributes:
        texts: What to insert, the likeliest first; perhaps none.
        confidence: Probability that the first text is the rest of the line, from 0 to 1.
        block: What is offered before these: the first text with further lines; "" for none.
        block_confidence: Probability that every line of it is right.
        partial: What is offered behind these: the beginning of a line; "" for none.
        partial_confidence: Probability that the rest of the line begins with it.
    """

    texts: tuple[str, ...]
    confidence: float
    block: str = ""
    block_confidence: float = 0.0
    partial: str = ""
    partial_confidence: float = 0.0


class Completer(Protocol):
    """Finishes lines."""

    def read(self, texts: Mapping[str, str]) -> None:
        """Takes the code of a project, by path, in place of what it knew of another."""

    def open(self, position: Position) -> None:
        """Takes the file of a position as it was a keystroke before."""

    def answer(self, position: Position) -> Answer:
        """Returns what is to be inserted at a position."""


class EmbeddedCompleter:
    """The product's own: its index on disk, and its predictor, in this process.

    Attributes:
        index_file: Where the index of the project lies.
        background: The analysis of scopes, which no answer waits for; None where it is switched off.
    """

    def __init__(self, folder: Path, environment: Segment | None, without: Collection[str] = ()) -> None:
        """Takes a folder for its index, the environment's index, and the names of the sources that are switched off."""
        self._environment = [environment] if environment is not None else []
        self._without = frozenset(without)
        self._workspace: list[Segment] = []
        self.index_file = folder / "workspace.segment"
        self.background = None if FACTS in without else BackgroundFacts(folder / "analysed")
        self._unread: Mapping[str, str] | None = None
        self._facts: dict[Position, ScopeFacts | None] = {}
        self._numbers = TokenNumbers()
        self._files: dict[str, OpenFile] = {}
        self._tokens: dict[str, list[str]] = {}

    def read(self, texts: Mapping[str, str]) -> None:
        """Indexes a project; the analysis reads it later, in the background."""
        self._unread = texts
        self._facts.clear()
        self._numbers = TokenNumbers()
        self._files.clear()
        # What a commit left alone has not to be read again.
        self._tokens = {text: self._tokens.get(text) or _lexed(text) for text in texts.values()}
        files = ((path, self._tokens[text]) for path, text in texts.items())
        self._workspace = [_written(files, self.index_file)]

    def open(self, position: Position) -> None:
        """Reads the file as it was a keystroke before, and what the analysis knows of the scope by then."""
        self._analyse(position)
        file = self._files.setdefault(position.path, OpenFile(self._numbers))
        before, after = position.text[: position.offset], position.text[position.offset :]
        file.update(before[:-1] + after)

    def answer(self, position: Position) -> Answer:
        """Returns what the product would propose; the file itself is open, so its index does not count."""
        return self.answer_without(position, self._without)

    def answer_without(self, position: Position, names: Collection[str]) -> Answer:
        """Returns what the product would propose without some layers or sources of candidates."""
        proposals = self.proposals(position, names)
        if not proposals:
            return Answer(texts=(), confidence=0.0)
        block = proposals[0] if "\n" in proposals[0].text else None
        partial = proposals[-1] if proposals[-1].is_partial else None
        lines = [proposal for proposal in proposals if proposal not in (block, partial)]
        return Answer(
            texts=tuple(proposal.text for proposal in lines),
            confidence=lines[0].confidence,
            block=block.text if block else "",
            block_confidence=block.confidence if block else 0.0,
            partial=partial.text if partial else "",
            partial_confidence=partial.confidence if partial else 0.0,
        )

    def proposals(self, position: Position, without: Collection[str] = ()) -> list[Proposal]:
        """Returns the predictor's own answer; empty where nothing is to be completed."""
        for segment in self._workspace:
            segment.leave_out([position.path])
        found = propose(
            self._files[position.path],
            self._numbers,
            position.text,
            position.offset,
            Surroundings(
                workspace=[] if WORKSPACE in without else self._workspace,
                environment=[] if ENVIRONMENT in without else self._environment,
                facts=None if FACTS in without else self._facts.get(position),
            ),
            Ways(sources=[source for source in SOURCES if source not in without], ranker=shipped_ranker()),
        )
        return found or []

    def _analyse(self, position: Position) -> None:
        if self.background is None or position in self._facts:
            return
        if self._unread is not None:
            self.background.read(self._unread)
            self._unread = None
        self._facts[position] = self.background.at(position)


class WithoutOne:
    """The product's own without one more layer or source; it is told all that it needs through the other."""

    def __init__(self, completer: EmbeddedCompleter, without: Collection[str]) -> None:
        self._completer = completer
        self._without = without

    def read(self, texts: Mapping[str, str]) -> None:
        """Leaves reading to the other, which comes first."""

    def open(self, position: Position) -> None:
        """Takes the file back to what it was a keystroke before."""
        self._completer.open(position)

    def answer(self, position: Position) -> Answer:
        """Returns what would be proposed."""
        return self._completer.answer_without(position, self._without)


def index_environment(texts: Mapping[str, str], index_file: Path) -> Segment:
    """Returns the index of an environment, as the product writes it to a file and maps it into memory."""
    return _written(((path, lex(text)) for path, text in texts.items()), index_file)


def _lexed(text: str) -> list[str]:
    return [sys.intern(token) for token in lex(text)]


def _written(files: Iterable[tuple[str, list[str]]], path: Path) -> Segment:
    writer = SegmentWriter()
    for name, tokens in files:
        writer.add(name, tokens)
    writer.write(path)
    return open_segment(path)
