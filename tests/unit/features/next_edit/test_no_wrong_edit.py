"""Whatever is typed between question and answer: what is offered replaces the very lines that it says."""

import asyncio
import random
from collections.abc import Sequence

import pytest
from tests.unit.features.next_edit.scene import Scene, SceneClock, edit

from inkling.context.edit_history import RecentEdits
from inkling.core.edit import TextEdit, apply_edit
from inkling.core.events import OutcomeKind
from inkling.core.next_edit import EditQuestion, PredictedEdit, PredictedPlace, Prediction
from inkling.core.suggestion import Source
from inkling.core.text import split_lines
from inkling.features.next_edit import OfferedEdit, PlacedEdit


def lines_of(text: str) -> list[str]:
    return [line.rstrip("\r\n") for line in split_lines(text)]


class RenamingMind:
    """Proposes to rename wherever the old name stands in the text that it was asked about."""

    def __init__(self, rng: random.Random, source: Source) -> None:
        self.rng, self.source = rng, source
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    def proposals(self, question: EditQuestion) -> list[PredictedEdit]:
        found = []
        for number, line in enumerate(lines_of(question.snapshot.text)):
            if "old" in line:
                new = line.replace("old", "new") if self.rng.random() < 0.8 else None
                found.append(edit("a", number, line, new, self.rng.random(), group="g", source=self.source))
            elif self.rng.random() < 0.05:
                found.append(edit("a", number, None, f"old {number}", self.rng.random(), source=self.source))
        return found

    async def predict(self, question: EditQuestion, places: Sequence[PredictedPlace] = ()) -> Prediction:
        edits = self.proposals(question)
        await self.may_speak.wait()
        return Prediction(edits=tuple(edits))

    async def predict_group(self, question: EditQuestion, edit: PredictedEdit) -> Sequence[PredictedEdit]:
        return self.proposals(question)


def check(placed: PlacedEdit, text: str) -> None:
    before, after = lines_of(text), lines_of(apply_edit(text, placed.change))
    first, end = placed.edit.first_line, placed.edit.first_line + len(placed.edit.removed)
    assert tuple(before[first:end]) == placed.edit.removed
    assert after == [*before[:first], *placed.edit.inserted, *before[end:]]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
async def test_offers_and_groups_fit_the_text_as_it_is(seed: int, line_break: str) -> None:
    rng = random.Random(seed)
    quick, slow = RenamingMind(rng, Source.EMBEDDED), RenamingMind(rng, Source.MODEL)
    text = "".join(f"{rng.choice(['old', 'x', '', 'é old'])} {number}{line_break}" for number in range(12))
    scene = Scene(quick, a=text)  # type: ignore[arg-type]  # it has what minds are asked for
    scene.history = RecentEdits(SceneClock())  # type: ignore[assignment]
    scene.slow = [slow]  # type: ignore[list-item]
    scene.build()
    scene.feature.document_opened(scene.open_snapshot("a"))
    n_offered = n_rejected = 0
    for _ in range(120):
        text = scene.texts["a"]
        offset = rng.randint(0, len(text))
        n_removed = min(rng.choice([0, 0, 0, 1, 7]), len(text) - offset)
        inserted = rng.choice(["z", "old ", line_break, "", f"q{line_break}old"])
        scene.type("a", TextEdit(offset=offset, n_removed=n_removed, inserted=inserted))
        slow.may_speak.set() if rng.random() < 0.5 else slow.may_speak.clear()
        answer = await scene.ask("a", rng.randrange(len(lines_of(scene.texts["a"])) or 1))
        for _ in range(rng.randrange(3)):
            await asyncio.sleep(0)
        if not isinstance(answer, OfferedEdit):
            continue
        n_offered += 1
        assert answer.placed.version == scene.version
        check(answer.placed, scene.texts["a"])
        fate = rng.random()
        if fate < 0.3:
            scene.report(answer.id, OutcomeKind.REJECTED)
            n_rejected += 1
            again = await scene.ask("a")
            assert not isinstance(again, OfferedEdit) or again.placed.change != answer.placed.change
        elif fate < 0.6:
            scene.accept(answer)
            scene.report(answer.id, OutcomeKind.ACCEPTED)
        elif fate < 0.7:
            group = await scene.feature.group(answer.id)
            everything = scene.texts["a"]
            expected = lines_of(everything)
            for placed in reversed(group.edits):
                check(placed, scene.texts["a"])
                everything = apply_edit(everything, placed.change)
                first = placed.edit.first_line
                expected[first : first + len(placed.edit.removed)] = placed.edit.inserted
            assert lines_of(everything) == expected
    slow.may_speak.set()
    await scene.background.finish()
    assert n_offered > 20
    assert n_rejected > 3
