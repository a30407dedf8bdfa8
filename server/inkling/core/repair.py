"""Fixing with feedback: a failure, patches for it, and the evidence for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from inkling.core.edit import TextEdit
from inkling.core.execution import BlockVisit, CaseResult, LinesByFile, ProjectView
from inkling.core.suggestion import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairBudget:
    """What one search may cost.

    Attributes:
        wall_s: Seconds by the clock.
        n_processes: Processes that search side by side.
        n_model_tokens: Tokens of a language model, prompts and answers together.
    """

    wall_s: float = 60.0
    n_processes: int = 2
    n_model_tokens: int = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspiciousLine:
    """A line that may hold the fault.

    Attributes:
        path: The file.
        line: One-based.
        suspiciousness: In [0, 1]; see `inkling.core.suspicion`.
    """

    path: PurePosixPath
    line: int
    suspiciousness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A failure that was reproduced, and what is known of it before any repair.

    Attributes:
        failing: The tests that fail and must pass.
        passing: Tests that pass and run the same code: they must go on passing.
        coverage: Lines that each of those tests ran.
        suspicious: The likeliest lines, most suspicious first; never in tests.
        visits: Values by basic block in the first failing test.
    """

    failing: tuple[CaseResult, ...]
    passing: tuple[str, ...]
    coverage: Mapping[str, LinesByFile]
    suspicious: tuple[SuspiciousLine, ...]
    visits: tuple[BlockVisit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairRequest:
    """A question for patches.

    Attributes:
        view: The project as the user sees it, unsaved texts included.
        failure: What is to be repaired.
        budget: What the search may cost.
    """

    view: ProjectView
    failure: Failure
    budget: RepairBudget = field(default_factory=RepairBudget)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEdit:
    """A replacement in one file.

    Attributes:
        path: The file within the project.
        edit: What is replaced, in the text that the view has.
    """

    path: PurePosixPath
    edit: TextEdit


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A change that may repair the failure.

    Attributes:
        edits: The change, in no two places that overlap, in order of file and place.
        kind: The template that made it, such as `comparison` or `missing_return`; `model` for a language model's.
        source: The mind that made it.
        explanation: One sentence for the user: what is changed, and why that may be the fault.
        prior: Weight before it was tried, above 0: suspiciousness of the place times prior of the template.
        n_edits: Small changes it is made of: 1, or 2 for a pair.
    """

    edits: tuple[FileEdit, ...]
    kind: str
    source: Source
    explanation: str
    prior: float
    n_edits: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairProgress:
    """How far a search is.

    Attributes:
        doing: What is being tried, for the user, such as `trying changes to comparisons in cart.py`.
        n_tried: Changes that were run so far.
        n_plausible: Of those, how many made the failing tests pass.
    """

    doing: str
    n_tried: int
    n_plausible: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """What a mind found.

    Attributes:
        patches: Those that made the failing tests pass and kept the passing ones, in the order they were found.
        n_tried: Changes that were run.
        seconds: How long it searched, wall clock.
    """

    patches: tuple[Patch, ...]
    n_tried: int
    seconds: float


class PatchVerdict(StrEnum):
    """How much is known of a patch.

    VERIFIED: the failing tests pass, the affected ones still do, it holds the integrity rules, and by what plausible
    patches do on generated inputs it is likely enough to be right, or an example that the user answered decided for
    it. PLAUSIBLE: the tests pass, and that is all. UNTESTED: no test reaches what it changes. REFUSED: it breaks an
    integrity rule.
    """

    VERIFIED = "verified"
    PLAUSIBLE = "plausible"
    UNTESTED = "untested"
    REFUSED = "refused"


class IntegrityRule(StrEnum):
    """What a fix never does."""

    EDITS_TESTS = "edits_tests"
    SKIPS_TESTS = "skips_tests"
    CATCHES_EVERYTHING = "catches_everything"
    SPECIAL_CASES_TEST_INPUT = "special_cases_test_input"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedPatch:
    """A plausible patch after it was compared with the others.

    Attributes:
        patch: The patch.
        probability: Estimated probability that it is right, in [0, 1]; patches of one behaviour are right together.
        verdict: What is known of it.
        broken_rules: The integrity rules it breaks.
        behaviour: Names what it does on generated inputs; patches of one behaviour have the same name.
        n_inputs: Generated inputs it was run on.
        n_inputs_agreeing: Of those, on how many every plausible patch answered the same.
        properties: Properties that hold for it on generated inputs, in words, such as `sorting twice changes nothing`.
    """

    patch: Patch
    probability: float
    verdict: PatchVerdict
    broken_rules: tuple[IntegrityRule, ...] = ()
    behaviour: str = ""
    n_inputs: int = 0
    n_inputs_agreeing: int = 0
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One concrete input on which plausible patches differ: the user's answer decides between them.

    Attributes:
        call: The input as code, such as `split_range(0, 0)`.
        answers: What the patches return or raise, as code or in words, likeliest first; no two are the same.
        behaviours: For each answer, the behaviours of the patches that give it.
    """

    call: str
    answers: tuple[str, ...]
    behaviours: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Plausible patches of all minds in one ranking.

    Attributes:
        patches: Likeliest first.
        question: The input whose answer would tell most, where patches differ.
    """

    patches: Sequence[JudgedPatch]
    question: Question | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a fresh run of the patched project showed.

    Attributes:
        failed_before: Tests that failed and pass now.
        n_others_pass: Other tests that ran and pass.
        n_not_run: Tests that were not run, because they do not reach the changed code.
        n_inputs: Generated inputs on which it was compared.
        answered: What the user said an input should give, such as `f(0) gives 1`; empty where nothing was asked.
    """

    failed_before: tuple[str, ...]
    n_others_pass: int
    n_not_run: int
    n_inputs: int
    answered: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A patch with its evidence, ready to be shown.

    Attributes:
        judged: The patch and what is known of it.
        evidence: What a fresh run showed.
        diff: The change as a unified diff.
    """

    judged: JudgedPatch
    evidence: Evidence
    diff: str


class NoFixReason(StrEnum):
    """Why there is no fix."""

    NO_SANDBOX = "no_sandbox"
    NOT_TRUSTED = "not_trusted"
    BUSY = "busy"
    NOTHING_FAILS = "nothing_fails"
    FLAKY = "flaky"
    CANNOT_RUN = "cannot_run"
    NO_TEST_REACHES_IT = "no_test_reaches_it"
    NOTHING_FOUND = "nothing_found"
    ONLY_PLAUSIBLE = "only_plausible"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixAnswer:
    """The answer to *Fix with feedback*.

    Attributes:
        fixes: What is proposed, best first; empty with a reason.
        reason: Why nothing is proposed.
        message: The outcome in words for the user, naming what to do.
        failure: The failure as it was reproduced, with the most suspicious lines: useful even without a fix.
        question: What to ask the user, where plausible patches differ.
        n_tried: Changes that were run.
        seconds: How long it took, wall clock.
    """

    fixes: tuple[Fix, ...]
    reason: NoFixReason | None
    message: str
    failure: Failure | None = None
    question: Question | None = None
    n_tried: int = 0
    seconds: float = 0.0
