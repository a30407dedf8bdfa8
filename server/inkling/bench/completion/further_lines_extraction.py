"""What the model of further lines learns from: right lines followed line by line, and which of those were right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.bench.completion.extraction import added_lines, segment_of
from inkling.bench.completion.positions import Position, WrittenFile, replay_positions
from inkling.bench.completion.training_projects import TrainingProject, fetch, texts_of
from inkling.core.text import position_at, split_lines
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.continuations import gather
from inkling.engine.completion.features import features_of
from inkling.engine.completion.further_lines import LEAST_CONFIDENCE, steps
from inkling.engine.completion.further_lines_model import FURTHER_FEATURES
from inkling.engine.completion.ranker import shipped_ranker
from inkling.engine.language.evidence import Layer
from inkling.engine.language.open_files import OpenFile, TokenNumbers

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedLines:
    """Lines that were proposed behind right lines of one project, each behind right ones only.

    Attributes:
        name: The project.
        rows: float64, shape (n_lines, n_features).
        is_right: bool, shape (n_lines,).
        is_end: bool, shape (n_lines,): whether a block may end there.
        walk: int64, shape (n_lines,): the number of the right line that it follows; ascending.
        n_walks: Right lines that were followed, those behind which nothing was proposed among them.
    """

    name: str
    rows: Floats
    is_right: Booleans
    is_end: Booleans
    walk: Integers
    n_walks: int


def follow_lines(
    project: TrainingProject, environment: Sequence[Layer], *, folder: Path, n_each: int, seed: int
) -> FollowedLines:
    """Returns what is proposed behind right lines at `n_each` positions of each kind in the later release of a project.

    Each position is asked twice: where the file ends at the cursor, and where what stood there before stands below.
    """
    before = texts_of(fetch(project.name, project.before, folder))
    after = texts_of(fetch(project.name, project.after, folder))
    written = added_lines(before, after)
    positions = replay_positions(project.name, {project.name: written}, seed=seed, n_each=n_each)
    workspace = segment_of(before)
    numbers = TokenNumbers()
    files: dict[str, OpenFile] = {}
    rows: list[tuple[float, ...]] = []
    is_right: list[bool] = []
    is_end: list[bool] = []
    walk: list[int] = []
    n_walks = 0
    of_path = {file.path: file for file in written}
    for drawn in positions:
        for position in (drawn, in_place(drawn, of_path[drawn.path])):
            workspace.leave_out([position.path])
            file = files.setdefault(position.path, OpenFile(numbers))
            place = look_at(
                file,
                numbers,
                position.text,
                position.offset,
                Surroundings(workspace=[workspace], environment=environment),
            )
            found = gather(place) if place is not None else []
            if place is None or not found:
                continue
            confidences = shipped_ranker().confidences(features_of(place, found)[0])
            best = int(confidences.argmax())
            if found[best].text != position.rest or confidences[best] < LEAST_CONFIDENCE:
                continue
            missing = iter(position.missing_lines)
            for step in steps(place, found[best], float(confidences[best])):
                rows.append(step.row)
                is_right.append(step.text == next(missing, None))
                is_end.append(step.is_end)
                walk.append(n_walks)
                if not is_right[-1]:
                    break
            n_walks += 1
    return FollowedLines(
        name=project.name,
        rows=np.array(rows, dtype=np.float64).reshape(len(rows), len(FURTHER_FEATURES)),
        is_right=np.array(is_right, dtype=np.bool_),
        is_end=np.array(is_end, dtype=np.bool_),
        walk=np.array(walk, dtype=np.int64),
        n_walks=n_walks,
    )


def in_place(position: Position, file: WrittenFile) -> Position:
    """Returns a replayed position as it is where the lines below that its commit did not add stand there already."""
    line = position_at(position.text, position.offset).line
    end = line + 1
    while end in file.added:
        end += 1
    below = "".join(split_lines(file.text)[end:])
    following = position.following[: len(position.following) - len(below)]
    return replace(position, text=f"{position.text}\n{below}", following=following)
