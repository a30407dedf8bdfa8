"""Names for the completion popup: what is found, how likely each is, and what is told about one of them later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from inkling.core.suggestion import CompletionRequest

NO_TICKET = ""  # of names that nobody can tell more about


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundNames:
    """The names that fit at a cursor.

    Attributes:
        ticket: By which more is asked about them; `NO_TICKET` where there is nothing to ask.
        names: The names, in the finder's own order; one may be there twice, as a variable and as a parameter.
        is_all: Whether these are all that there are: not where they are too many, or were not found in time.
    """

    ticket: str
    names: Sequence[str]
    is_all: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedCompletion:
    """One row of the completion popup.

    Attributes:
        name: The whole name.
        written: What is written for it: the name, and `=` where it is an argument's.
        kind: jedi's kind: module, class, instance, function, param, path, keyword, property, statement; or "text".
        detail: One line about it; may be empty.
        ticket: By which more is asked about it; `NO_TICKET` where there is nothing to ask.
        index: Its place among the names of that ticket.
    """

    name: str
    written: str
    kind: str
    detail: str
    ticket: str = NO_TICKET
    index: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NameDocumentation:
    """What a name stands for.

    Attributes:
        signature: How it is called, one line for each way; empty where it is not.
        documentation: Its docstring; may be empty.
    """

    signature: str
    documentation: str


class NameCompleter(Protocol):
    """Finds names for the completion popup, and tells about them what takes longer."""

    async def complete_names(self, request: CompletionRequest) -> FoundNames:
        """Returns the names that fit at the cursor.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        ...

    async def describe_names(self, ticket: str, indexes: Sequence[int]) -> Sequence[NamedCompletion]:
        """Returns the rows of some names in this order; none where the ticket is of an older question.

        Args:
            ticket: Of the question.
            indexes: Places among its names; what can be told of the first ones is told with more care.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        ...

    async def document_name(self, ticket: str, index: int) -> NameDocumentation | None:
        """Returns what a name stands for; None where it is not known, or the ticket is of an older question.

        Raises:
            WorkerError: The analysis process died or is not running.
        """
        ...


class NameRanker(Protocol):
    """Says which names are likely."""

    async def likely_names(self, request: CompletionRequest) -> Mapping[str, float]:
        """Returns the probability of the names that are likely at the cursor; empty where nothing is known.

        Raises:
            WorkerError: The process that knows died, is not running, or took too long.
        """
        ...
