"""The one place where objects are built and connected."""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from inkling.app.background import TaskGroupBackground
from inkling.app.clock import LoopClock
from inkling.app.editor_reviews import ReviewPorts, ReviewToolbox, review_services
from inkling.app.fix_tools import FixPorts, FixToolbox, fix_services
from inkling.app.learning import JudgementLog, Learner, NextEditLearner
from inkling.app.machine import LocalMachine
from inkling.app.next_edit_tools import next_edit_points, next_edit_services
from inkling.app.own_data import OwnDataCommands
from inkling.app.places import Places
from inkling.context.analysis.analysis import Analysis
from inkling.context.disk import DiskReader
from inkling.context.edit_history import RecentEdits
from inkling.context.editable_files import WorkspaceFiles
from inkling.context.git import GitCommits
from inkling.context.linting import RuffEditLinter
from inkling.context.syntax import WorkerSyntaxChecker
from inkling.core.errors import StoreError
from inkling.core.ports import EventLog
from inkling.core.settings import Settings
from inkling.engine.completion.completer import EmbeddedCompleter
from inkling.engine.next_edit.predictor import EmbeddedEditPredictor
from inkling.features.aftermath import Aftermath
from inkling.features.completion import CompletionFeature
from inkling.features.completion_ports import CompletionPorts
from inkling.features.fix import Machine
from inkling.features.next_edit import NextEditPorts
from inkling.features.popup import PopupFeature
from inkling.features.survival import LOOKS_S, SurvivalPorts
from inkling.llm.client import ModelClient
from inkling.llm.mind import ModelMind
from inkling.lsp.loop_meter import LoopMeter
from inkling.lsp.services import OpenDocumentsRelay, ProgressRelay, Services
from inkling.models.asking import LogisticAskingModel
from inkling.telemetry.memory_log import MemoryEventLog
from inkling.telemetry.store import EventStore

logger = logging.getLogger(__name__)

COMPLETER_DEADLINE_S = 2.0  # the feature's own deadline is shorter; this one only frees a stuck call
EDITS_DEADLINE_S = 2.0  # as for the completer
SYNTAX_DEADLINE_S = 0.5
NAMES_DEADLINE_S = 0.03  # within this, a name is looked up before the suggestion is shown; later, for the next one
POPUP_DEADLINE_S = 2.0
FINISH_WITHIN_S = 2.0  # for events that are being written when the client leaves


class ClosableEventLog(EventLog, JudgementLog, Protocol):
    """An event log that can be learned from, and must be closed."""

    async def close(self) -> None:
        """Writes what is pending and closes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedLog:
    """An event log, and what the user must be told about it.

    Attributes:
        log: Where events go.
        notices: Returns the messages for the user so far.
    """

    log: ClosableEventLog
    notices: Callable[[], list[str]]


async def open_event_log(data_dir: Path) -> OpenedLog:
    """Returns the event store, or a log in memory and the reason when the store cannot be opened."""
    try:
        store = await EventStore.open(data_dir)
    except StoreError as error:
        logger.error("events are kept in memory only: %s", error)
        notice = f"Inkling remembers nothing beyond this session: {error}"
        return OpenedLog(log=MemoryEventLog(), notices=lambda: [notice])
    return OpenedLog(log=store, notices=store.notices)


def forgetful_log() -> OpenedLog:
    """Returns a log for programs that leave no trace."""
    return OpenedLog(log=MemoryEventLog(), notices=list)


@contextlib.asynccontextmanager
async def running_services(
    opened: OpenedLog,
    places: Places,
    loop_meter: LoopMeter | None = None,
    names_deadline_s: float = NAMES_DEADLINE_S,
    survival_looks_s: Sequence[float] = LOOKS_S,
    machine: Machine | None = None,
) -> AsyncIterator[Services]:
    """Builds everything, keeps the workers running inside the block, and ends them with it."""
    progress = ProgressRelay()
    analysis = Analysis(
        check_deadline_s=names_deadline_s, completion_deadline_s=POPUP_DEADLINE_S, cache_dir=places.cache_dir
    )
    completer = EmbeddedCompleter(
        cache_dir=places.cache_dir / "index", deadline_s=COMPLETER_DEADLINE_S, on_progress=progress, scopes=analysis
    )
    syntax = WorkerSyntaxChecker(deadline_s=SYNTAX_DEADLINE_S)
    clock = LoopClock()
    learner = Learner(places.data_dir, opened.log, clock.now_ms)
    edit_predictor = EmbeddedEditPredictor(
        deadline_s=EDITS_DEADLINE_S,
        max_file_kb=Settings().next_edit.max_file_kb,
        cache_dir=places.cache_dir / "index",
        names=analysis,
    )
    edit_learner = NextEditLearner(next_edit_points(), places.data_dir, opened.log, clock.now_ms)
    owners = (completer, syntax, analysis, edit_predictor)
    async with _workers([learner.run(), edit_learner.run(), *(owner.run() for owner in owners)]) as background:
        model_mind = ModelMind(
            lambda endpoint, tell: ModelClient.open(endpoint, places.data_dir, tell),
            background,
            places.cache_dir,
            analysis,
        )
        ports = CompletionPorts(
            completers=[completer],
            slow_completers=model_mind.completers,
            syntax=syntax,
            names=analysis,
            asking=LogisticAskingModel.load(),
            model=learner,
            log=opened.log,
            background=background,
        )
        files = DiskReader()
        followed = SurvivalPorts(log=opened.log, background=background, clock=clock, files=files, commits=GitCommits())
        aftermath = Aftermath(followed, survival_looks_s)
        toolbox = FixToolbox(model_mind.repairers)
        shared = FixPorts(
            log=opened.log,
            background=background,
            clock=clock,
            files=files,
            model=learner,
            machine=machine or LocalMachine(),
        )
        fixing = fix_services(toolbox, shared)
        open_documents = OpenDocumentsRelay()
        reviewing = review_services(
            ReviewToolbox(places.data_dir, toolbox),
            ReviewPorts(
                data_dir=places.data_dir, followed=followed, documents=open_documents, looks_s=survival_looks_s
            ),
        )
        next_edits = next_edit_services(
            NextEditPorts(
                history=RecentEdits(clock),
                predictors=[edit_predictor],
                slow_predictors=model_mind.edit_predictors,
                completer=completer,
                syntax=syntax,
                linter=RuffEditLinter(),
                names=analysis,
                editable=WorkspaceFiles(),
                documents=open_documents,
                files=files,
                model=edit_learner,
                log=opened.log,
                background=background,
                clock=clock,
                offered=aftermath.edit_offered,
            ),
            edit_predictor,
        )
        try:
            yield Services(
                completion=CompletionFeature(ports, Settings()),
                aftermath=aftermath,
                popup=PopupFeature(analysis, completer),
                log=opened.log,
                own_data=OwnDataCommands(places.data_dir, learner.look),
                background=background,
                listeners=(completer, analysis, model_mind, fixing.unasked, edit_predictor),
                progress=progress,
                process_ids=lambda: [os.getpid(), *(pid for owner in owners for pid in owner.process_ids())],
                loop_meter=loop_meter or LoopMeter(),
                what_moved=lambda decision: learner.what_moved(decision) or edit_learner.what_moved(decision),
                notices=lambda: [*learner.notices, *opened.notices()],
                model_mind=model_mind,
                fixing=fixing,
                reviewing=reviewing,
                next_edits=next_edits,
                open_documents=open_documents,
            )
        finally:
            await reviewing.feature.close()
            await toolbox.close()
            await model_mind.close()
        await background.finish(FINISH_WITHIN_S)
    await opened.log.close()


@contextlib.asynccontextmanager
async def _workers(runs: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[TaskGroupBackground]:
    failure: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(run) for run in runs]
        try:
            yield TaskGroupBackground(group)
        except Exception as error:  # noqa: BLE001 - raised again below; the task group would wrap it
            failure = error
        finally:
            for task in tasks:
                task.cancel()
    if failure is not None:
        raise failure
