"""One search: a loop of asking, patching and running, within a budget."""

import asyncio
import difflib
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from inkling.context.project_view import line_edits
from inkling.context.prompt_context import estimate_tokens
from inkling.core.execution import CaseOutcome, ProjectView, ResourceLimits, SuiteRequest, SuiteRun
from inkling.core.ports import SuiteRunner
from inkling.core.repair import FileEdit, Patch, RepairProgress, RepairRequest
from inkling.core.suggestion import Source
from inkling.core.text import split_lines
from inkling.llm.repair.attempts import Attempt, AttemptTree, judged
from inkling.llm.repair.briefing import Scene, TriedPatch, messages_for, result_words, test_messages
from inkling.llm.repair.replies import BadReplyError, Reply, parse_reply, parse_tests
from inkling.llm.text_model import ChatMessage, ChatRequest, Purpose, TextModel

ANSWER_TOKENS = 2048
MAX_PLAUSIBLE = 3  # patches of one search: more of one model seldom differ
MAX_DEPTH = 4
LATER_TEMPERATURE = 0.8  # of a second answer to the same question, so that it is another one
PRIOR = 1.0  # a model's patch is as likely as a template's at the most suspicious line, before anything ran
CHANGES_MORE = 0.3  # of the prior is left where a patch changes behaviour that the model said was right
OWN_TESTS = PurePosixPath("test_inkling_unchanged.py")  # stands in the view of a run alone, never on disk


@dataclass(slots=True, kw_only=True)
class Search:
    """What one search goes by, and what it found.

    Attributes:
        model: Whom to ask.
        purpose: Which of its models.
        suites: Runs the tests of each attempt.
        request: The question.
        shown: Texts that may be changed, as they were, most suspicious first.
        test_texts: Texts of the failing tests.
        on_progress: Hears how far it is.
        n_tokens: Estimated tokens of questions and answers so far.
        n_runs: Patches that were run.
        plausible: Attempts with which everything passes that must.
        priors: Weights of those.
    """

    model: TextModel
    purpose: Purpose
    suites: SuiteRunner
    request: RepairRequest
    shown: Mapping[PurePosixPath, str]
    test_texts: Mapping[PurePosixPath, str]
    on_progress: Callable[[RepairProgress], None]
    n_tokens: int = 0
    n_runs: int = 0
    plausible: list[Attempt] = field(default_factory=list)
    priors: list[float] = field(default_factory=list)

    async def run(self) -> None:
        """Searches until there is enough, nothing left to ask, or the tokens are used up.

        Raises:
            SandboxError: There is no sandbox, or it failed.
            ModelError: The endpoint did not answer as it should.
        """
        tree = AttemptTree(Attempt(view=self.request.view, still_failing=self.request.failure.failing))
        while len(self.plausible) < MAX_PLAUSIBLE and self._has_tokens():
            attempt = tree.next()
            if attempt is None:
                break
            await self._go_on(tree, attempt)
        if self.plausible and self._has_tokens():
            await self._weigh_by_own_tests()

    def patches(self) -> tuple[Patch, ...]:
        """Returns the plausible attempts as patches of the code as it was."""
        return tuple(map(self._patch, self.plausible, self.priors))

    async def _go_on(self, tree: AttemptTree, attempt: Attempt) -> None:
        """Asks for a change of an attempt, runs it, and draws the lesson."""
        attempt.n_answers += 1
        self._tell(f"asking the language model, patch {self.n_runs + 1}")
        texts = self._texts(attempt.view)
        messages = await asyncio.to_thread(messages_for, self._scene(attempt, texts), tuple(attempt.tried))
        try:
            reply = parse_reply(await self._ask(messages, attempt.n_answers), texts)
        except BadReplyError as error:
            attempt.tried.append(TriedPatch(diff="an answer without a patch that fits", result=str(error)))
            return
        child = await self._run(attempt, reply)
        if child.is_plausible:
            if any(self._texts(child.view) == self._texts(other.view) for other in self.plausible):
                tree.close(attempt)  # the model has said all that it knows
                return
            self.plausible.append(child)
            self.priors.append(PRIOR)
        elif child.depth < MAX_DEPTH:
            tree.add(child)
        result = result_words(child.still_failing, child.broken) or "the tests pass; find another way"
        attempt.tried.append(TriedPatch(diff=_diff(texts, reply.texts), result=result))

    async def _ask(self, messages: tuple[ChatMessage, ...], n_answers: int) -> str:
        """Returns the model's answer; its tokens count, also when it is ended early."""
        request = ChatRequest(
            messages=messages, max_tokens=ANSWER_TOKENS, temperature=0.0 if n_answers == 1 else LATER_TEMPERATURE
        )
        pieces: list[str] = []
        try:
            async with aclosing(self.model.chat(request, self.purpose)) as chunks:
                async for chunk in chunks:
                    pieces.append(chunk.text)  # noqa: PERF401 - what came before a cancellation counts, too
        finally:
            self.n_tokens += sum(estimate_tokens(message.content) for message in messages)
            self.n_tokens += estimate_tokens("".join(pieces))
        return "".join(pieces)

    async def _run(self, attempt: Attempt, reply: Reply) -> Attempt:
        """Returns the attempt that an answer leads to, after its tests ran."""
        failure = self.request.failure
        view = replace(attempt.view, edits={**attempt.view.edits, **reply.texts})
        self.n_runs += 1
        self._tell("running the tests on the language model's patch")
        run = await self._suite(view, (*(case.node_id for case in failure.failing), *failure.passing))
        still_failing, broken, fitness = judged(failure, run)
        return Attempt(
            view=view,
            explanation=reply.explanation,
            still_failing=still_failing,
            broken=broken,
            fitness=fitness,
            depth=attempt.depth + 1,
        )

    async def _weigh_by_own_tests(self) -> None:
        """Lowers the prior of patches that change what the model says is right.

        Its tests count only when they pass on the code as it was, so that they can say nothing of the failure itself.
        """
        root = Attempt(view=self.request.view, still_failing=self.request.failure.failing)
        messages = await asyncio.to_thread(test_messages, self._scene(root, self.shown))
        try:
            tests = parse_tests(await self._ask(messages, 1))
        except BadReplyError:
            return
        passing = _passed(await self._suite(_with_tests(self.request.view, tests), (str(OWN_TESTS),)))
        if not passing:
            return
        for index, attempt in enumerate(self.plausible):
            run = await self._suite(_with_tests(attempt.view, tests), tuple(sorted(passing)))
            if not passing <= _passed(run):
                self.priors[index] *= CHANGES_MORE

    async def _suite(self, view: ProjectView, node_ids: tuple[str, ...]) -> SuiteRun:
        limits = ResourceLimits(wall_s=self.request.budget.wall_s)
        return await self.suites.run_suite(SuiteRequest(view=view, node_ids=node_ids, limits=limits))

    def _scene(self, attempt: Attempt, texts: Mapping[PurePosixPath, str]) -> Scene:
        return Scene(
            failure=self.request.failure,
            texts=texts,
            test_texts=self.test_texts,
            still_failing=(*attempt.still_failing, *attempt.broken),
            is_first=attempt.depth == 0,
        )

    def _texts(self, view: ProjectView) -> dict[PurePosixPath, str]:
        return {path: view.edits.get(path, text) for path, text in self.shown.items()}

    def _patch(self, attempt: Attempt, prior: float) -> Patch:
        edits = tuple(
            FileEdit(path=path, edit=edit)
            for path, text in sorted(self._texts(attempt.view).items())
            for edit in line_edits(self.shown[path], text)
        )
        return Patch(
            edits=edits,
            kind="model",
            source=Source.MODEL,
            explanation=attempt.explanation or "Proposed by the language model.",
            prior=prior,
            n_edits=len(edits),
        )

    def _has_tokens(self) -> bool:
        return self.n_tokens < self.request.budget.n_model_tokens

    def _tell(self, doing: str) -> None:
        self.on_progress(RepairProgress(doing=doing, n_tried=self.n_runs, n_plausible=len(self.plausible)))


def _with_tests(view: ProjectView, tests: str) -> ProjectView:
    return replace(view, edits={**view.edits, OWN_TESTS: tests})


def _passed(run: SuiteRun) -> frozenset[str]:
    return frozenset(case.node_id for case in run.cases if case.outcome is CaseOutcome.PASSED)


def _diff(before: Mapping[PurePosixPath, str], after: Mapping[PurePosixPath, str]) -> str:
    lines: list[str] = []
    for path, text in after.items():
        lines += difflib.unified_diff(split_lines(before[path]), split_lines(text), str(path), str(path), n=1)
    return "".join(lines)
