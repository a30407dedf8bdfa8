"""What is asked of *Fix with feedback*, and what it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from inkling.core.execution import ProjectView, ResourceLimits
from inkling.core.repair import Failure, Fix, FixAnswer, NoFixReason, RepairBudget
from inkling.core.settings import FixPrecision
from inkling.core.suggestion import SuggestionId


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingTests:
    """Tests by pytest's names for them, files and folders too; none: whatever fails in the project."""

    node_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TracebackText:
    """A traceback as a terminal shows it."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Lines that are wrong by what somebody or some tool says.

    Attributes:
        path: The file within the project.
        first_line: One-based.
        last_line: Belongs to it.
        message: What the tool says.
    """

    path: PurePosixPath
    first_line: int
    last_line: int
    message: str = ""


FixTarget = FailingTests | TracebackText | Place


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobNames:
    """How the user turns a knob: an editor has settings, a shell has options.

    Attributes:
        more_time: Gives the search more time.
        show_plausible: What to do to see changes that are not verified.
    """

    more_time: str = "inkling.fix.budgetSeconds"
    show_plausible: str = "set inkling.fix.precision to plausible"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixRequest:
    """A question for a fix.

    Attributes:
        view: The project as the user sees it, unsaved texts included.
        target: What is to be fixed.
        precision: What is good enough to be proposed.
        budget: What everything together may cost.
        limits: For each run of tests.
        is_hint: Whether the user wants to find the fix: then the answer has a hint and no patch.
        is_unasked: Whether nobody waits for it: it gives way to whatever else the machine does.
        knobs: How messages name what the user can change.
    """

    view: ProjectView
    target: FixTarget
    precision: FixPrecision = FixPrecision.VERIFIED
    budget: RepairBudget = field(default_factory=RepairBudget)
    limits: ResourceLimits = field(default_factory=ResourceLimits)
    is_hint: bool = False
    is_unasked: bool = False
    knobs: KnobNames = field(default_factory=KnobNames)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedFix:
    """A fix with the id that outcomes refer to."""

    id: SuggestionId
    fix: Fix


@dataclass(frozen=True, slots=True, kw_only=True)
class FixOutcome:
    """An answer that can be talked about further.

    Attributes:
        session_id: Names the search when its question is answered.
        answer: The answer.
        offered: Its fixes with ids, in the same order.
        view: The project that the fixes are for.
        hint: Where to look and what for, where only that was asked for.
        texts: The files that the fixes change and those with suspicious lines, as they are without them.
    """

    session_id: str
    answer: FixAnswer
    offered: tuple[OfferedFix, ...]
    view: ProjectView
    hint: str = ""
    texts: Mapping[PurePosixPath, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoFix:
    """An end of a search without a fix.

    Attributes:
        reason: Why.
        message: In words for the user, naming what to do.
        failure: What is known of the failure, where it came that far.
    """

    reason: NoFixReason
    message: str
    failure: Failure | None = None
