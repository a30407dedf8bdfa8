"""The model mind as a reviewer for a shell: connected for one review."""

from collections.abc import Callable
from pathlib import Path

from inkling.app.endpoint_client import opened_client
from inkling.core.review import Findings, ReviewProgress, ReviewRequest, Unchecked
from inkling.llm.endpoint import Endpoint
from inkling.llm.review import ModelReviewer, ReviewFacts
from inkling.llm.text_model import Purpose


class EndpointReviewer:
    """Asks an endpoint's model for chat, else its model for edits. Implements the port `Reviewer`."""

    def __init__(self, endpoint: Endpoint, data_dir: Path, facts: ReviewFacts) -> None:
        """Prepares the reviewer; nothing is sent before `review`.

        Args:
            endpoint: Where to ask.
            data_dir: Where tokens are counted.
            facts: What others know of the change, and which files may be sent.
        """
        self._endpoint = endpoint
        self._data_dir = data_dir
        self._facts = facts

    async def review(self, request: ReviewRequest, on_progress: Callable[[ReviewProgress], None]) -> Findings:
        """Returns what the model says."""
        purpose = review_purpose(self._endpoint)
        if purpose is None:
            why = "no model for it is named; set inkling.model.chatModel or inkling.model.editModel"
            return Findings(comments=(), unchecked=(Unchecked(what="a language model", why=why),))
        async with opened_client(self._endpoint, self._data_dir) as (client, _):
            return await ModelReviewer(client, purpose, self._facts).review(request, on_progress)


def review_purpose(endpoint: Endpoint) -> Purpose | None:
    """Returns which of an endpoint's models reviews; None where none does."""
    return next((each for each in (Purpose.CHAT, Purpose.EDIT) if each in endpoint.models), None)
