"""`inkling review --show-questions`: what a language model would be asked about a change; nothing is sent."""

import json
import os

import click

from inkling.app.endpoint_reviewer import may_show, team_questions
from inkling.app.excluded_files import find_excluded
from inkling.app.review_code import EmbeddedChangedParts
from inkling.app.review_findings import FindingsSoFar
from inkling.app.review_once import ReviewFormat, ReviewOptions, change_question
from inkling.app.review_tools import ReviewerOptions, team_rules
from inkling.context.changes import find_repository, read_changes
from inkling.context.prompt_context import estimate_tokens
from inkling.core.review import ReviewBudget
from inkling.core.settings import IndexSettings, Settings
from inkling.engine.review.project_code import ProjectReader
from inkling.llm.review import FirstQuestion, ReviewFacts, first_question, sendable


def show_questions(options: ReviewOptions) -> None:
    """Prints the first question about each changed part, and which files are kept.

    What other checks find in a part is added to its question in a review; the second question, about the comments that
    come back, depends on the first answer.

    Raises:
        UserError: The change, the settings or the checklist cannot be had.
    """
    repository = find_repository(options.folder, os.environ, is_project=options.is_project)
    rules = team_rules(ReviewerOptions(project=repository.project, checklist=options.checklist))
    settings = Settings(index=IndexSettings(exclude=find_excluded(os.environ, repository.project)))
    facts = ReviewFacts(
        code=EmbeddedChangedParts(ProjectReader()),
        earlier=FindingsSoFar(),
        questions=team_questions(rules),
        suites=None,
        may_show=may_show(repository.project, settings),
    )
    with read_changes(change_question(options, repository), os.environ) as changes:
        may_go = sendable(changes, facts)
        asked = [first_question(part, changes, facts, ()) for part in may_go.parts]
    kept = [str(path) for path in may_go.kept]
    if options.format is ReviewFormat.JSON:
        click.echo(json.dumps({"questions": [_json(each) for each in asked], "kept": kept}, indent=2))
        return
    for number, each in enumerate(asked):
        # What comes before the user's code is the same for all.
        for message in each.messages if number == 0 else each.messages[1:]:
            click.echo(f"--- {each.shown.part.name}, {message.role}: {estimate_tokens(message.content)} tokens")
            click.echo(message.content)
    for path in kept:
        click.echo(f"kept: {path}")
    n_tokens = sum(map(_n_tokens, asked))
    budget = ReviewBudget().n_model_tokens
    click.echo(f"--- {len(asked)} questions, {n_tokens:,} tokens, estimated; a review may spend {budget:,}", err=True)


def _json(asked: FirstQuestion) -> dict[str, object]:
    part = asked.shown.part
    return {
        "path": str(part.path),
        "symbol": part.symbol,
        "n_tokens": _n_tokens(asked),
        "messages": [{"role": each.role, "content": each.content} for each in asked.messages],
    }


def _n_tokens(asked: FirstQuestion) -> int:
    return sum(estimate_tokens(message.content) for message in asked.messages)
