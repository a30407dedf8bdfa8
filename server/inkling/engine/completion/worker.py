"""The worker process of the embedded mind: keeps the open files and the index, answers at the cursor."""

from collections import OrderedDict
from dataclasses import astuple
from typing import Any

import numpy as np

from inkling.context.analysis.scope_facts import ScopeFacts, scope_of, unpack_facts
from inkling.context.worker.child import Call, Worker
from inkling.context.worker.memory import give_back_memory
from inkling.core.suggestion import Reason
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.likely_names import likely_names
from inkling.engine.completion.predictor import propose
from inkling.engine.index.index_files import IndexScope
from inkling.engine.index.library import Library, LibraryState, gather
from inkling.engine.language.evidence import Layer
from inkling.engine.language.open_files import OpenFile, ScannedTokens, TokenNumbers

MOST_SCOPES = 16  # of a document, about which facts are remembered
N_NUMBERS = 20_000  # distinct tokens, each misspelt name among them, from which on those are given up that are gone
N_ANSWERS = 500  # between two times at which free memory is given back: each leaves some behind
MOST_SCANNED_TOKENS = 200_000  # of other open and saved files, which each answer scans from end to end


class Document:
    """An open document."""

    def __init__(self, path: str | None, numbers: TokenNumbers) -> None:
        self.path = path
        self.text = ""
        self.file = OpenFile(numbers)
        self._facts: OrderedDict[str, ScopeFacts] = OrderedDict()

    def take_facts(self, facts: ScopeFacts) -> None:
        """Takes what is known of a scope."""
        self._facts[facts.scope] = facts
        self._facts.move_to_end(facts.scope)
        while len(self._facts) > MOST_SCOPES:
            self._facts.popitem(last=False)

    def facts_at(self, offset: int) -> ScopeFacts | None:
        """Returns what is known of the scope at a place; None where nothing is."""
        return self._facts.get(scope_of(self.text, offset)) if self._facts else None


class EmbeddedMind:
    """The handlers of the worker's calls and notices."""

    def __init__(self) -> None:
        self._numbers = TokenNumbers()
        self._documents: dict[str, Document] = {}
        self._worker = Worker(
            calls={"complete": self._complete, "names": self._names},
            notices={
                "scope": self._take_scope,
                "document": self._take_document,
                "closed": self._take_closed,
                "saved": self._take_saved,
                "facts": self._take_facts,
            },
            on_idle=self._rest,
        )
        self._library = Library(self._tell_state)
        self._most_numbers = N_NUMBERS
        self._n_answers = 0

    def serve(self) -> None:
        """Answers for ever."""
        self._worker.serve()

    def _tell_state(self, state: LibraryState) -> None:
        self._worker.emit("state", astuple(state))

    def _rest(self) -> None:
        self._library.take_news()
        self._give_up_numbers()
        self._library.read_ahead(self._numbers, self._open_paths())
        if self._n_answers >= N_ANSWERS:
            self._n_answers = 0
            give_back_memory()

    def _open_paths(self) -> frozenset[str]:
        return frozenset(document.path for document in self._documents.values() if document.path is not None)

    def _take_scope(self, scope: str) -> None:
        self._library.open(IndexScope.from_json(scope))

    def _take_document(self, payload: tuple[str, str | None, str]) -> None:
        uri, path, text = payload
        # Put last, so that the documents are in the order of their last change.
        document = self._documents.pop(uri, None) or Document(path, self._numbers)
        document.path = path
        document.text = text
        self._documents[uri] = document

    def _take_closed(self, uri: str) -> None:
        document = self._documents.pop(uri, None)
        if document is not None and document.path is not None and document.file.is_of(document.text):
            self._library.closed(document.path, document.text, document.file.tokens)

    def _take_facts(self, payload: tuple[str, Any]) -> None:
        uri, packed = payload
        document = self._documents.get(uri)
        if document is not None:
            document.take_facts(unpack_facts(packed))

    def _take_saved(self, paths: list[str]) -> None:
        self._library.saved(paths)

    def _complete(self, call: Call) -> tuple[str, Any]:
        """Returns `("candidates", …)` with each `Proposal` as a tuple, or `("silence", reason)`."""
        uri, offset = call.payload
        surroundings = self._surroundings(uri, offset, call)
        document = self._documents[uri]
        proposals = propose(document.file, self._numbers, document.text, offset, surroundings)
        if proposals is None:
            return "silence", Reason.NOT_AT_A_PLACE_TO_COMPLETE.value
        if not proposals:
            reason = Reason.NO_CANDIDATE if self._library.is_ready else Reason.INDEX_NOT_READY
            return "silence", reason.value
        return "candidates", [astuple(proposal) for proposal in proposals]

    def _names(self, call: Call) -> dict[str, float]:
        """Returns the probability of the likely names."""
        uri, offset = call.payload
        surroundings = self._surroundings(uri, offset, call)
        document = self._documents[uri]
        place = look_at(document.file, self._numbers, document.text, offset, surroundings)
        return {} if place is None else likely_names(place, document.file, self._numbers)

    def _surroundings(self, uri: str, offset: int, call: Call) -> Surroundings:
        """Returns the code that is asked beside a document, in its latest state."""
        self._library.take_news()
        self._n_answers += 1
        open_paths = self._open_paths()
        return Surroundings(
            workspace=[*self._fresh_layers(uri, open_paths), *self._library.workspace_layers(open_paths)],
            environment=self._library.environment_layers(),
            facts=self._documents[uri].facts_at(offset),
            open_files=[document.file for other, document in reversed(self._documents.items()) if other != uri],
            is_cancelled=call.is_cancelled,
        )

    def _fresh_layers(self, uri: str, open_paths: frozenset[str]) -> list[Layer]:
        """Returns the layer of the other open files, the last changed first, and of those just saved."""
        others = []
        for other_uri, document in reversed(self._documents.items()):
            if other_uri != uri:
                document.file.update(document.text)
                others.append(document.file.tokens)
        fresh = gather([*others, *self._library.saved_tokens(self._numbers, open_paths)], MOST_SCANNED_TOKENS)
        return [ScannedTokens(fresh, self._numbers)] if fresh else []

    def _give_up_numbers(self) -> None:
        """Numbers tokens anew where there are many and half of them stand nowhere any more."""
        if len(self._numbers) <= self._most_numbers:
            return
        tokens = [document.file.tokens for document in self._documents.values()]
        tokens.extend(self._library.saved_tokens(self._numbers, self._open_paths()))
        in_use = np.unique(np.concatenate(tokens)) if tokens else ()
        if 2 * len(in_use) < len(self._numbers):
            self._numbers = TokenNumbers()
            self._library.forget_numbers()
            for document in self._documents.values():
                document.file = OpenFile(self._numbers)
        self._most_numbers = max(N_NUMBERS, 2 * len(in_use))


def main() -> None:
    """Runs the worker."""
    EmbeddedMind().serve()


if __name__ == "__main__":
    main()
