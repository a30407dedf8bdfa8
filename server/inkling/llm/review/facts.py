"""What the model reviewer knows by others: what changed and what calls it, what was found, and what a team asks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Protocol

from inkling.core.change import ChangeSet, LineSpan
from inkling.core.ports import SuiteRunner
from inkling.core.review import ReviewComment, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpt:
    """Some lines of a file. The whole text is there, so that secrets are seen that begin outside of the lines.

    Attributes:
        path: The file.
        name: What the lines are, such as `Cart.total`; may be empty.
        text: The text of the whole file.
        lines: Which of its lines are meant.
        focus: The line that matters most, such as that of a call.
    """

    path: PurePosixPath
    name: str
    text: str
    lines: LineSpan
    focus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPart:
    """What one question is about: the changed lines of one function, or of a file outside of functions.

    Attributes:
        path: The file after the change.
        symbol: The qualified name of the function or class; empty at module level and for files that are no code.
        lines_before: The lines that went, one-based, in the text before.
        lines_after: The lines that came, one-based, in the text after.
        before: The function as it was; None for a new one and outside of functions.
        after: The function as it is; None outside of functions.
        callers: Functions that call it, where they were looked for.
        callees: Functions of the project that it calls, likewise.
        module: The name that its file is imported by; empty for what is no Python module.
        root: The folder that this name begins in.
        is_minor: Whether nothing in it can fail, as in prose, comments and imports: it is asked about only where the
            team asks something of its file.
    """

    path: PurePosixPath
    symbol: str = ""
    lines_before: tuple[int, ...] = ()
    lines_after: tuple[int, ...] = ()
    before: Excerpt | None = None
    after: Excerpt | None = None
    callers: tuple[Excerpt, ...] = ()
    callees: tuple[Excerpt, ...] = ()
    module: str = ""
    root: PurePosixPath = field(default_factory=PurePosixPath)
    is_minor: bool = False

    @property
    def name(self) -> str:
        """The part for the user, such as `cart.py: Cart.total`."""
        return f"{self.path}: {self.symbol}" if self.symbol else str(self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamQuestion:
    """A rule of the team's checklist that only reading can answer.

    Attributes:
        name: The rule's id, such as `units-in-names`.
        ask: The question.
        message: What the comment says; empty for the model's own words.
        severity: How bad it is.
        reason: Why; may be empty.
        is_about: Tells whether the rule is about a file.
    """

    name: str
    ask: str
    message: str
    severity: Severity
    reason: str
    is_about: Callable[[PurePosixPath], bool]


class ChangedParts(Protocol):
    """Knows the code of a project before and after a change."""

    def parts(self, changes: ChangeSet) -> Sequence[ChangedPart]:
        """Returns what there is to ask about, the most telling first; reads and parses, so it belongs in a thread."""
        ...

    def surrounded(self, part: ChangedPart) -> ChangedPart:
        """Returns one of those parts with its callers and callees, which take longer to find; for a thread."""
        ...


class EarlierFindings(Protocol):
    """What the other reviewers of the same change have said so far."""

    async def within(self, seconds: float) -> Sequence[ReviewComment]:
        """Returns their comments as soon as all are done, and after so many seconds at the latest."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFacts:
    """What a model reviewer is made with, besides the model.

    Attributes:
        code: Knows what changed.
        earlier: Knows what was found already.
        questions: The team's.
        suites: Runs the tests that claims come with; None where nothing is run.
        may_show: Tells whether a file of the project may be sent; called on a thread.
    """

    code: ChangedParts
    earlier: EarlierFindings
    questions: Sequence[TeamQuestion]
    suites: SuiteRunner | None
    may_show: Callable[[PurePosixPath], bool]
