"""The daemon's half of the syntax check."""

from inkling.context.worker.process import WorkerProcess, WorkerSpec
from inkling.core.edit import TextEdit
from inkling.core.ports import SyntaxVerdict
from inkling.core.suggestion import Candidate, CompletionRequest

EDIT_DEADLINE_S = 5.0  # who typed on has cancelled it by then; a group of thousands of edits is worth waiting for
_SPEC = WorkerSpec(name="syntax", module="inkling.context.syntax.worker")


class WorkerSyntaxChecker:
    """A `SyntaxChecker`, and one for edits, whose parser has a process of its own: a large file takes tens of ms."""

    def __init__(self, *, deadline_s: float) -> None:
        """Prepares the checker; `run` starts it.

        Args:
            deadline_s: Longest wait for one check, seconds.
        """
        self._worker = WorkerProcess(_SPEC)
        self._deadline_s = deadline_s

    async def run(self) -> None:
        """Keeps the worker running until it is cancelled."""
        await self._worker.run()

    def process_ids(self) -> list[int]:
        """Returns the ids of the processes that run now."""
        return [self._worker.process_id] if self._worker.process_id is not None else []

    async def check(self, request: CompletionRequest, candidate: Candidate) -> SyntaxVerdict:
        """Returns what the candidate does to the syntax of the file.

        Raises:
            WorkerError: The worker is not running, died, or missed the deadline.
        """
        payload = (request.snapshot.text, request.offset, candidate.text)
        method = "judge_beginning" if candidate.is_partial else "judge"
        return SyntaxVerdict(await self._worker.call(method, payload, deadline_s=self._deadline_s))

    async def check_edit(self, text: str, edit: TextEdit) -> SyntaxVerdict:
        """Returns what a replacement does to the syntax of a whole text.

        Raises:
            WorkerError: The worker is not running, died, or missed the deadline.
        """
        payload = (text, edit.offset, edit.n_removed, edit.inserted)
        return SyntaxVerdict(await self._worker.call("judge_edit", payload, deadline_s=EDIT_DEADLINE_S))
