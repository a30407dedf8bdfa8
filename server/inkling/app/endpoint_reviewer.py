"""The model mind as a reviewer: connected for one review, in a shell and in the thread of an editor's review."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from inkling.app.endpoint_client import opened_client
from inkling.context.prompt_context.readable import Readable
from inkling.core.errors import BadSettingError
from inkling.core.ports import WorkspaceScope
from inkling.core.review import Findings, ReviewProgress, ReviewRequest, Unchecked
from inkling.core.settings import Settings
from inkling.engine.review.team_rules.checklist import TeamRule
from inkling.llm.endpoint import endpoint_from_settings
from inkling.llm.review import ModelReviewer, ReviewFacts, TeamQuestion
from inkling.llm.text_model import Purpose

NAME = "the language model"


class EndpointReviewer:
    """Asks the model for chat of the endpoint that the settings name, else its model for edits.

    Implements the port `Reviewer`.
    """

    def __init__(self, settings: Settings, api_key: str | None, data_dir: Path, facts: ReviewFacts) -> None:
        """Prepares the reviewer; nothing is sent before `review`.

        Args:
            settings: Name the endpoint.
            api_key: Its key; None where there is none.
            data_dir: Where tokens are counted.
            facts: What others know of the change, and which files may be sent.
        """
        self._settings = settings
        self._api_key = api_key
        self._data_dir = data_dir
        self._facts = facts

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns what the model says; why it was not asked, where it cannot be."""
        try:
            endpoint = endpoint_from_settings(self._settings.model, self._api_key)
        except BadSettingError as error:
            return self._not_asked(str(error))
        if endpoint is None:
            return self._not_asked("no endpoint is named; set inkling.model.baseUrl")
        purpose = next((each for each in (Purpose.CHAT, Purpose.EDIT) if each in endpoint.models), None)
        if purpose is None:
            return self._not_asked("no model for reviews is named; set inkling.model.chatModel")
        async with opened_client(endpoint, self._data_dir) as (client, _):
            return await ModelReviewer(client, purpose, self._facts).review(request, on_progress)

    def _not_asked(self, why: str) -> Findings:
        questions = [Unchecked(what=each.name, why=f"{NAME} was not asked") for each in self._facts.questions]
        return Findings(comments=(), unchecked=(Unchecked(what=NAME, why=why), *questions))


def team_questions(rules: Sequence[TeamRule]) -> tuple[TeamQuestion, ...]:
    """Returns the rules of a checklist that only a language model can answer."""
    return tuple(
        TeamQuestion(
            name=rule.name,
            ask=rule.ask,
            message="" if rule.message == rule.ask else rule.message,
            severity=rule.severity,
            reason=rule.reason,
            is_about=partial(_is_about, rule),
        )
        for rule in rules
        if rule.ask
    )


def _is_about(rule: TeamRule, path: PurePosixPath) -> bool:
    return rule.paths.match_file(path.as_posix())


def may_show(project: Path, settings: Settings) -> Callable[[PurePosixPath], bool]:
    """Returns what tells whether a model may see a file of a project, by its path within it; for a thread.

    It goes by the project's own folder, wherever the reviewed state of it lies.
    """
    readable = Readable(WorkspaceScope(folders=(project,), interpreter=None, index=settings.index))
    return lambda path: readable.look(project / path)
