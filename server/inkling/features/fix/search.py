"""Asks all repairers side by side, and judges what they found together."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inkling.core.errors import ModelError, SandboxError
from inkling.core.ports import Repairer
from inkling.core.repair import Judgement, Patch, RepairProgress, RepairRequest
from inkling.features.fix import words
from inkling.features.fix.ports import FixTools

logger = logging.getLogger(__name__)

GRACE_S = 20.0  # to start and to end; a repairer that takes longer is cancelled, and what it found is lost
SEARCH_SHARE = 0.75  # of the time that is left; the rest is for judging and for fresh runs

OnProgress = Callable[[RepairProgress], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What all minds found together.

    Attributes:
        patches: Each once, those of the first repairer first.
        n_tried: Changes that were run.
        problems: Why some minds found nothing, in words for the user.
    """

    patches: tuple[Patch, ...]
    n_tried: int
    problems: tuple[str, ...] = ()


async def search(repairers: Sequence[Repairer], request: RepairRequest, on_progress: OnProgress) -> Found:
    """Returns what the repairers found within the budget; cancelled, it cancels them.

    Raises:
        SandboxError: All of them failed, and one for want of a sandbox.
    """
    latest = [RepairProgress(doing="", n_tried=0, n_plausible=0) for _ in repairers]

    def told(index: int, progress: RepairProgress) -> None:
        latest[index] = progress
        on_progress(
            RepairProgress(
                doing=progress.doing,
                n_tried=sum(each.n_tried for each in latest),
                n_plausible=sum(each.n_plausible for each in latest),
            )
        )

    async def ask(index: int, repairer: Repairer) -> Found | SandboxError:
        try:
            async with asyncio.timeout(request.budget.wall_s + GRACE_S):
                proposals = await repairer.repair(request, lambda progress: told(index, progress))
        except TimeoutError:
            logger.info("a repairer did not end in time repairer=%s", type(repairer).__name__)
            return Found(patches=(), n_tried=latest[index].n_tried)
        except ModelError as error:
            return Found(patches=(), n_tried=latest[index].n_tried, problems=(str(error),))
        except SandboxError as error:
            return error
        return Found(patches=proposals.patches, n_tried=proposals.n_tried)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ask(index, repairer)) for index, repairer in enumerate(repairers)]
    answers = [task.result() for task in tasks]
    found = [answer for answer in answers if isinstance(answer, Found)]
    errors = [answer for answer in answers if isinstance(answer, SandboxError)]
    if errors and not found:
        raise errors[0]
    for error in errors:
        logger.info("a repairer failed: %s", error)
    problems = [problem for each in found for problem in each.problems]
    if not any(each.patches for each in found):
        problems += [words.sentence(str(error)) for error in errors]
    by_edits = {patch.edits: patch for each in reversed(found) for patch in reversed(each.patches)}
    return Found(
        patches=tuple(reversed(by_edits.values())),
        n_tried=sum(each.n_tried for each in found),
        problems=tuple(dict.fromkeys(problems)),
    )


async def search_and_judge(tools: FixTools, request: RepairRequest, on_progress: OnProgress) -> tuple[Found, Judgement]:
    """Returns what was found within the budget of the request, and how it compares.

    Raises:
        SandboxError: There is no sandbox, or it failed.
    """
    started_at_s = time.monotonic()
    on_progress(RepairProgress(doing="looking at the most suspicious lines", n_tried=0, n_plausible=0))
    searching = replace(request.budget, wall_s=request.budget.wall_s * SEARCH_SHARE)
    found = await search(tools.repairers, replace(request, budget=searching), on_progress)
    if not found.patches:
        return found, Judgement(patches=())
    on_progress(RepairProgress(doing="comparing what works", n_tried=found.n_tried, n_plausible=len(found.patches)))
    left_s = max(1.0, request.budget.wall_s - (time.monotonic() - started_at_s))
    judging = replace(request, budget=replace(request.budget, wall_s=left_s))
    return found, await tools.judge.judge(judging, found.patches)
