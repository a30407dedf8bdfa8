"""What the ranker learns from: the candidates at many positions, their features, and which is right."""

import difflib
import gzip
import hashlib
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inkling.bench.completion.background_facts import BackgroundFacts
from inkling.bench.completion.positions import Position, WrittenFile, loo_positions, replay_positions
from inkling.bench.completion.training_projects import TrainingProject, fetch, texts_of
from inkling.context.analysis import scope_reading, scope_types
from inkling.context.analysis.scope_facts import ScopeFacts, unpack_facts
from inkling.context.environment import find_environment
from inkling.context.sources import Limits, environment_files, imported_names, read_source
from inkling.core.text import split_lines
from inkling.engine.completion.asked_place import Surroundings, look_at
from inkling.engine.completion.continuations import gather
from inkling.engine.completion.features import FEATURES, features_of
from inkling.engine.index.segment import Segment, SegmentWriter, open_segment
from inkling.engine.language.evidence import Layer
from inkling.engine.language.lexer import lex
from inkling.engine.language.open_files import OpenFile, TokenNumbers

ENVIRONMENT_LIMITS = Limits(n_files=4000, size_bytes=40 * 1024 * 1024)

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractedProject:
    """The candidates at the positions of one project.

    Attributes:
        name: The project.
        features: float64, shape (n_candidates, n_features).
        is_right: bool, shape (n_candidates,): whether it is exactly the rest of the line.
        position: int64, shape (n_candidates,): the number of the position that it is for.
        is_replay: bool, shape (n_positions,): whether the position is one of REPLAY.
    """

    name: str
    features: Floats
    is_right: Booleans
    position: Integers
    is_replay: Booleans


def extract(
    project: TrainingProject, environment: Sequence[Layer], *, folder: Path, n_each: int, seed: int
) -> ExtractedProject:
    """Returns the candidates at `n_each` positions of each kind and protocol of a project, with the facts of scopes.

    Args:
        project: The project; what is missing of it is fetched.
        environment: The layers of the environment.
        folder: Where releases are, and where what was extracted is kept between runs.
        n_each: Positions of each kind and protocol.
        seed: For the choice of positions.
    """
    before = texts_of(fetch(project.name, project.before, folder))
    after = texts_of(fetch(project.name, project.after, folder))
    left_out = loo_positions(project.name, after, seed=seed, n_each=n_each)
    replayed = replay_positions(project.name, {project.name: added_lines(before, after)}, seed=seed, n_each=n_each)
    kept = folder / "facts" / f"{project.name}-{n_each}-{seed}-{_analysis_version()}.json.gz"
    facts = _facts_of([(after, left_out), (before, replayed)], kept)
    features: list[Floats] = [np.zeros((0, len(FEATURES)))]
    is_right: list[bool] = []
    position: list[int] = []
    for texts, positions, first in ((after, left_out, 0), (before, replayed, len(left_out))):
        workspace = segment_of(texts)
        numbers = TokenNumbers()
        for number, one in enumerate(positions, first):
            workspace.leave_out([one.path])
            place = look_at(
                OpenFile(numbers),
                numbers,
                one.text,
                one.offset,
                Surroundings(workspace=[workspace], environment=environment, facts=facts[number]),
            )
            found = gather(place) if place is not None else []
            if place is None or not found:
                continue
            rows, _ = features_of(place, found)
            features.append(rows)
            is_right.extend(continuation.text == one.rest for continuation in found)
            position.extend([number] * len(found))
    return ExtractedProject(
        name=project.name,
        features=np.concatenate(features),
        is_right=np.array(is_right, dtype=np.bool_),
        position=np.array(position, dtype=np.int64),
        is_replay=np.array([False] * len(left_out) + [True] * len(replayed), dtype=np.bool_),
    )


def _facts_of(asked: Sequence[tuple[Mapping[str, str], Sequence[Position]]], kept: Path) -> list[ScopeFacts | None]:
    """Returns the facts at the positions in each of some versions of a project; kept between runs."""
    if not kept.exists():
        found: list[ScopeFacts | None] = []
        with tempfile.TemporaryDirectory(prefix="inkling-facts-") as folder:
            reader = BackgroundFacts(Path(folder))
            for texts, positions in asked:
                reader.read(texts)
                # By file, as somebody works: what a file imports is read once.
                by_file = sorted(range(len(positions)), key=lambda number: positions[number].path)
                read_at = {number: reader.at(positions[number]) for number in by_file}
                found.extend(read_at[number] for number in range(len(positions)))
        mean_ms = 1000 * sum(reader.cpu_s) / max(1, len(reader.cpu_s))
        n_known = sum(one is not None for one in found)
        print(f"{kept.name}: {n_known} of {len(found)} scopes read, {mean_ms:.0f} ms of CPU each", flush=True)
        kept.parent.mkdir(exist_ok=True)
        packed = json.dumps([None if one is None else one.pack() for one in found])
        kept.write_bytes(gzip.compress(packed.encode("utf-8"), mtime=0))
    return [None if one is None else unpack_facts(one) for one in json.loads(gzip.decompress(kept.read_bytes()))]


def _analysis_version() -> str:
    """Returns what changes when the facts may: a hash of the code that reads them."""
    digest = hashlib.sha256()
    for module in (scope_reading, scope_types):
        digest.update(Path(module.__file__ or "").read_bytes())
    return digest.hexdigest()[:12]


def segment_of(texts: Mapping[str, str]) -> Segment:
    """Returns the index of a project."""
    writer = SegmentWriter()
    for path, text in texts.items():
        writer.add(path, lex(text))
    return writer.build()


def environment_segment(texts: Iterable[str], path: Path) -> Segment:
    """Returns the index of this interpreter's environment, as it is chosen for code with `texts`; kept at `path`."""
    if not path.exists():
        environment = find_environment(Path(sys.executable))
        if environment is None:
            raise SystemExit("this interpreter does not tell where its packages are")
        writer = SegmentWriter()
        for file in environment_files(environment, imported_names(texts), ENVIRONMENT_LIMITS):
            writer.add(file.path, lex(read_source(file.path) or ""))
        writer.write(path)
    return open_segment(path)


def added_lines(before: Mapping[str, str], after: Mapping[str, str]) -> list[WrittenFile]:
    """Returns the files of a release that hold lines which the release before it had not."""
    files: list[WrittenFile] = []
    for path, text in after.items():
        old, new = split_lines(before.get(path, "")), split_lines(text)
        codes = difflib.SequenceMatcher(None, old, new).get_opcodes()
        added = {
            line for kind, _, _, first, last in codes if kind in ("insert", "replace") for line in range(first, last)
        }
        if added:
            files.append(WrittenFile(path=path, text=text, added=frozenset(added)))
    return files
