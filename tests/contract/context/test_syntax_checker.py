"""The syntax check through its real worker process."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from inkling.context.syntax import WorkerSyntaxChecker
from inkling.core.errors import WorkerError
from inkling.core.ports import SyntaxVerdict
from inkling.core.snapshot import DocumentUri, Snapshot
from inkling.core.suggestion import Candidate, CompletionRequest, Source


def question(marked: str, insertion: str) -> tuple[CompletionRequest, Candidate]:
    offset = marked.index("|")
    snapshot = Snapshot(uri=DocumentUri("file:///a.py"), path=None, version=1, text=marked.replace("|", "", 1))
    return (
        CompletionRequest(snapshot=snapshot, offset=offset),
        Candidate(text=insertion, source=Source.EMBEDDED, mean_logprob=-0.1, n_tokens=1),
    )


async def ask_until_up(checker: WorkerSyntaxChecker, marked: str, insertion: str) -> SyntaxVerdict:
    while True:
        with contextlib.suppress(WorkerError):
            return await checker.check(*question(marked, insertion))
        await asyncio.sleep(0)


@pytest.fixture
async def checker() -> AsyncIterator[WorkerSyntaxChecker]:
    checker = WorkerSyntaxChecker(deadline_s=20)
    task = asyncio.create_task(checker.run())
    yield checker
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert checker.process_ids() == []


async def test_it_answers_and_comes_back_after_it_was_killed(checker: WorkerSyntaxChecker) -> None:
    assert await ask_until_up(checker, "x = |\n", "1") is SyntaxVerdict.PARSES
    assert await checker.check(*question("x = 1|\n", " +")) is SyntaxVerdict.BREAKS
    os.kill(checker.process_ids()[0], signal.SIGKILL)
    with pytest.raises(WorkerError):
        await checker.check(*question("x = 1|\n", " +"))
    assert await ask_until_up(checker, "x = 1|\n", " +") is SyntaxVerdict.BREAKS


async def test_a_line_that_is_not_over_is_not_refused_for_that(checker: WorkerSyntaxChecker) -> None:
    text = "def f(x):\n    |\n    return x\n"
    assert await ask_until_up(checker, text, "x.items.append(") is SyntaxVerdict.BREAKS
    request, candidate = question(text, "x.items.append(")
    assert await checker.check(request, replace(candidate, is_partial=True)) is SyntaxVerdict.NOT_DECIDED
    request, candidate = question(text, "x.items append(")
    assert await checker.check(request, replace(candidate, is_partial=True)) is SyntaxVerdict.BREAKS
