"""Review comments on a change, each with its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from inkling.core.change import ChangeSet
from inkling.core.repair import FileEdit
from inkling.core.suggestion import Source


class Severity(StrEnum):
    """How bad it is if the comment is right.

    ERROR: it fails or is unsafe where it worked. WARNING: it is likely to go wrong. NOTE: worth a thought.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Topic(StrEnum):
    """What kind of looking found it."""

    BEHAVIOUR = "behaviour"
    LINT = "lint"
    CONTRACT = "contract"
    TESTS = "tests"
    RISK = "risk"
    TEAM_RULE = "team_rule"
    MODEL = "model"


class Confirmation(StrEnum):
    """What a run showed of a claim that something fails.

    CONFIRMED: the reproduction was run, and tells the two versions apart. UNCONFIRMED: it could not be run, or nothing
    was to be run. What a run refuted is no comment any more.
    """

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """An input on which the two versions differ, as it was seen in a sandbox.

    Attributes:
        call: The input as code, such as `split_range(0, 0)`.
        before: What the old version does, in words: "returns `[]`".
        after: What the new version does, in words: "raises `ZeroDivisionError: …`".
        test: A whole pytest module that passes on the old version and fails on the new one.
        n_inputs: Inputs on which the two were compared.
        node_id: What pytest runs: where the module lies within the project, and, where it is one of the project's own,
            which test of it tells.
    """

    call: str
    before: str
    after: str
    test: str
    n_inputs: int
    node_id: str = "test_inkling_reproduction.py"

    @property
    def path(self) -> PurePosixPath:
        """Where the module can import what it needs, within the project."""
        return PurePosixPath(self.node_id.partition("::")[0])

    @property
    def is_of_project(self) -> bool:
        """Whether it is a test that the project has already."""
        return "::" in self.node_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewComment:
    """A comment on a changed line.

    Attributes:
        rule: What it is an instance of, stable over versions: `behaviour.raises`, `ruff.B006`.
        topic: What kind of looking found it.
        path: The file, after the change; before it for a deleted one.
        line: One-based, after the change; before it where `is_on_old_side`.
        end_line: The last line it is about, at least `line`.
        is_on_old_side: Whether the lines are those that went.
        symbol: The qualified name of the function or class it is in; empty at module level.
        severity: How bad it is if it is right.
        confidence: Estimated probability that it is right and worth saying, in [0, 1].
        message: The comment: one or two sentences that name what happens on which input.
        reason: Why that matters and what to do; empty where the message says so.
        claims_failure: Whether it says that the new version does wrong what the old one did right.
        confirmation: What a run showed of that.
        reproduction: The input, where there is one.
        suggestion: Edits of the text after the change that mend it; none where there is no safe one.
        also_at: Other places with the same cause, as path and line after the change.
        source: The mind that wrote it.
    """

    rule: str
    topic: Topic
    path: PurePosixPath
    line: int
    end_line: int
    severity: Severity
    confidence: float
    message: str
    is_on_old_side: bool = False
    symbol: str = ""
    reason: str = ""
    claims_failure: bool = False
    confirmation: Confirmation = Confirmation.UNCONFIRMED
    reproduction: Reproduction | None = None
    suggestion: tuple[FileEdit, ...] = ()
    also_at: tuple[tuple[PurePosixPath, int], ...] = ()
    source: Source = Source.EMBEDDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked:
    """Something that could not be looked at.

    Attributes:
        what: The function, file or check, for the user.
        why: The reason, naming what to do where there is something to do.
        is_of_behaviour: Whether for this reason nobody knows what any of the changed functions does.
    """

    what: str
    why: str
    is_of_behaviour: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBudget:
    """What one review may cost.

    Attributes:
        wall_s: Seconds by the clock.
        n_processes: Processes that run side by side.
        n_model_tokens: Tokens of a language model, prompts and answers together.
    """

    wall_s: float = 120.0
    n_processes: int = 2
    n_model_tokens: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """A change to be reviewed.

    Attributes:
        changes: The two states and what differs.
        budget: What the review may cost.
        may_run: Whether the project's code may be run, in a sandbox: it is trusted, and there is one.
    """

    changes: ChangeSet
    budget: ReviewBudget = field(default_factory=ReviewBudget)
    may_run: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewProgress:
    """How far a review is.

    Attributes:
        doing: What is being looked at, for the user.
        n_done: Steps that are done.
        n_steps: Steps known so far.
    """

    doing: str
    n_done: int
    n_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a reviewer says of a change.

    Attributes:
        comments: In no order; several may have one cause.
        checked: What was looked at, one phrase each, such as `4 functions compared on 212 inputs`.
        unchecked: What could not be looked at.
    """

    comments: Sequence[ReviewComment]
    checked: Sequence[str] = ()
    unchecked: Sequence[Unchecked] = ()
