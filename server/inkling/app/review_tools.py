"""Who looks at a change: the list of reviewers, over one sandbox. Imported when a review begins."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inkling.app import places
from inkling.app.review_findings import FindingsSoFar
from inkling.core.errors import SandboxError, UserError
from inkling.core.ports import SuiteRunner
from inkling.core.settings import SandboxSettings, Settings
from inkling.engine.review.behaviour.reviewer import BehaviourReviewer
from inkling.engine.review.contracts import ContractReviewer
from inkling.engine.review.lint import LintReviewer
from inkling.engine.review.project_code import ProjectReader
from inkling.engine.review.risks import RiskReviewer
from inkling.engine.review.team_rules import CHECKLIST, TeamRuleReviewer, read_checklist
from inkling.engine.review.team_rules.checklist import TeamRule
from inkling.engine.review.testing import TestReviewer
from inkling.engine.review.turns import FirstTurn
from inkling.features.review import NamedReviewer
from inkling.sandbox.choice import open_sandbox
from inkling.sandbox.suite import SandboxSuiteRunner

MAX_CHECKLIST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerOptions:
    """What reviewers are made with.

    Attributes:
        project: The project's folder, in which the team's checklist is looked for.
        checklist: The checklist; None: the one in the project, if there is one.
        may_run: Whether the project's code may be run.
        sandbox: Where it runs.
        settings: The user's, for the endpoint of a language model.
        api_key: The endpoint's key; None where it is not known, or there is none.
    """

    project: Path
    checklist: Path | None = None
    may_run: bool = True
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
    settings: Settings = field(default_factory=Settings)
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewers:
    """Those who look.

    Attributes:
        reviewers: Each with its name.
        no_sandbox: Why nothing can be run; empty where it can, or was not wanted.
    """

    reviewers: Sequence[NamedReviewer] = field(default_factory=tuple)
    no_sandbox: str = ""


@contextlib.asynccontextmanager
async def opened_reviewers(options: ReviewerOptions) -> AsyncIterator[Reviewers]:
    """Gives all reviewers; what they run is ended in the end.

    Raises:
        UserError: The checklist cannot be used.
    """
    rules = await asyncio.to_thread(team_rules, options)
    has_model = bool(options.settings.model.base_url.strip())
    own_rules = [rule for rule in rules if not (rule.ask and has_model)]
    projects = ProjectReader()
    reading = [
        NamedReviewer(name="ruff", reviewer=LintReviewer()),
        NamedReviewer(name="contracts", reviewer=ContractReviewer(projects)),
        NamedReviewer(name="risks", reviewer=RiskReviewer(projects)),
        NamedReviewer(name="the team's rules", reviewer=TeamRuleReviewer(own_rules)),
    ]
    async with contextlib.AsyncExitStack() as stack:
        runner, no_sandbox = None, ""
        turn = FirstTurn()
        running = []
        if options.may_run:
            try:
                sandbox = await open_sandbox(options.sandbox)
                stack.push_async_callback(sandbox.close)
                runner = SandboxSuiteRunner(sandbox)
                stack.push_async_callback(runner.close)
                running.append(NamedReviewer(name="behaviour", reviewer=BehaviourReviewer(sandbox, runner, turn)))
            except SandboxError as error:
                no_sandbox = str(error)
        running.append(NamedReviewer(name="tests", reviewer=TestReviewer(runner, projects, turn)))
        reviewers = [*running, *reading]
        if has_model:
            reviewers = await asyncio.to_thread(_with_model, reviewers, options, rules, projects, runner)
        yield Reviewers(reviewers=reviewers, no_sandbox=no_sandbox)


def _with_model(
    reviewers: Sequence[NamedReviewer],
    options: ReviewerOptions,
    rules: Sequence[TeamRule],
    projects: ProjectReader,
    suites: SuiteRunner | None,
) -> list[NamedReviewer]:
    """Returns the reviewers with a language model beside them, which hears what they find; for a thread."""
    # With an endpoint alone: importing what asks it takes a moment.
    from inkling.app.endpoint_reviewer import NAME, EndpointReviewer, may_show, team_questions
    from inkling.app.review_code import EmbeddedChangedParts
    from inkling.llm.review import ReviewFacts

    so_far = FindingsSoFar()
    facts = ReviewFacts(
        code=EmbeddedChangedParts(projects),
        earlier=so_far,
        questions=team_questions(rules),
        suites=suites,
        may_show=may_show(options.project, options.settings),
    )
    model = EndpointReviewer(options.settings, options.api_key, places.find().data_dir, facts)
    return [*so_far.heard(reviewers), NamedReviewer(name=NAME, reviewer=model)]


def team_rules(options: ReviewerOptions) -> tuple[TeamRule, ...]:
    """Returns the rules of the team's checklist; reads it.

    Raises:
        UserError: It cannot be used.
    """
    return read_checklist(_checklist_text(options))


def _checklist_text(options: ReviewerOptions) -> str:
    path = options.checklist or options.project / CHECKLIST
    try:
        if options.checklist is None and not path.exists():
            return ""
        if path.stat().st_size > MAX_CHECKLIST_BYTES:
            raise UserError(f"{path} is too large for a checklist")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"the checklist {path} cannot be read: {error}") from error
