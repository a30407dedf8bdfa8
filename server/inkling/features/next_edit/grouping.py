"""All edits that follow from one cause, checked together file by file: they are applied with one undo."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from inkling.core.edit import minimal_edit
from inkling.core.errors import ModelError, WorkerError
from inkling.core.next_edit import EditPredictor, EditQuestion, PredictedEdit
from inkling.core.snapshot import DocumentUri
from inkling.core.suggestion import Source
from inkling.features.next_edit.doubts import was_made
from inkling.features.next_edit.judging import EditJudge
from inkling.features.next_edit.offered import EditGroup, PlacedEdit
from inkling.features.next_edit.placement import EDITS_IN_ONE_GO, Anchor, Files
from inkling.features.next_edit.ports import NextEditPorts

logger = logging.getLogger(__name__)


class EditGroups:
    """Finds the edits of a group anew, and leaves out what does not fit any more."""

    def __init__(self, ports: NextEditPorts, files: Files, judge: EditJudge) -> None:
        self._ports = ports
        self._files = files
        self._judge = judge

    async def group(self, question: EditQuestion, placed: PlacedEdit, others: Sequence[Anchor]) -> EditGroup:
        """Returns the edits of a group as things are now.

        Args:
            question: What would be asked now.
            placed: The edit of the group that was offered, where it stands now.
            others: Those of its group that were proposed with it.
        """
        found = await self._asked_for(question, placed.edit)
        if found:
            edits = await self._files.place_all(found)
        else:
            edits = [each for anchor in others if (each := await anchor.place(self._files)) is not None]
        by_file: defaultdict[DocumentUri, list[PlacedEdit]] = defaultdict(list)
        for each in (placed, *edits):
            by_file[each.edit.uri].append(each)
        for uri, of_file in by_file.items():
            by_file[uri] = [each for each in of_file if not was_made(each.edit, question.history)]
        kept = [each for of_file in by_file.values() for each in await self._fitting(of_file, placed)]
        n_left_out = max((each.edit.n_left_out for each in kept), default=0)
        return EditGroup(edits=tuple(kept), words=placed.edit.words, n_left_out=n_left_out)

    async def _asked_for(self, question: EditQuestion, edit: PredictedEdit) -> list[PredictedEdit]:
        minds: Sequence[EditPredictor] = self._ports.predictors
        if edit.source is Source.MODEL:
            minds = self._ports.slow_predictors()
        answers = await asyncio.gather(*(_group_of(mind, question, edit) for mind in minds))
        return [each for answer in answers for each in answer]

    async def _fitting(self, edits: Sequence[PlacedEdit], offered: PlacedEdit) -> list[PlacedEdit]:
        """Returns a file's edits from the top, none over another; none at all where they would break the file."""
        kept: list[PlacedEdit] = []
        in_order = sorted(edits, key=lambda placed: (placed.change.offset, placed is not offered))
        for number, each in enumerate(in_order, 1):
            if number % EDITS_IN_ONE_GO == 0:
                await asyncio.sleep(0)
            is_apart = not kept or kept[-1].change.end < each.change.offset
            if is_apart and (each.change == offered.change or not self._judge.was_rejected(each)):
                kept.append(each)
        if not kept:
            return []
        before = kept[0].snapshot.text
        whole = replace(kept[0], change=minimal_edit(before, _after(before, kept)))
        reason, _ = await self._judge.reason_against(whole)
        return [] if reason is not None else kept


def _after(text: str, edits: Sequence[PlacedEdit]) -> str:
    """Returns a text after edits that come from the top, none over another."""
    pieces, done = list[str](), 0
    for each in edits:
        pieces += [text[done : each.change.offset], each.change.inserted]
        done = each.change.end
    return "".join(pieces) + text[done:]


async def _group_of(mind: EditPredictor, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
    try:
        return await mind.predict_group(question, edit)
    except (WorkerError, ModelError) as error:
        logger.warning("a group of edits could not be looked for again: %s", error)
        return ()
