"""What the completer would write at the place where the developer is heading, where nothing else is known of it."""

import logging
import math
from typing import Final

from inkling.core.errors import ModelError, WorkerError
from inkling.core.next_edit import EditKind, PredictedEdit, PredictedPlace
from inkling.core.ports import Completer
from inkling.core.snapshot import Snapshot
from inkling.core.suggestion import CompletionRequest, NoSuggestion
from inkling.core.text import line_end
from inkling.features.next_edit.asked import Asked
from inkling.features.next_edit.offered import PlacedEdit
from inkling.features.next_edit.placement import Files

logger = logging.getLogger(__name__)

LIKELY_PLACE: Final = 0.3  # below it the developer is more likely to go to one of several other places
SURE: Final = 0.5  # the text's own probability; below it the completer is more likely to be wrong than right
_OPEN_ENDS: Final = ("=", "(", "[", "{", ",", ".")  # a line that ends so is not over


async def continuation(asked: Asked, place: PredictedPlace, completer: Completer, files: Files) -> PlacedEdit | None:
    """Returns the text that a line of another place than the cursor's goes on with; None where that is not known."""
    snapshot = await files.snapshot(place.uri, None)
    if snapshot is None or place.probability < LIKELY_PLACE:
        return None
    start = _start_of(files, snapshot, place.line)
    if start is None:
        return None
    end = line_end(snapshot.text, start)
    line = snapshot.text[start:end]
    is_of_cursor = snapshot.uri == asked.question.snapshot.uri and start <= asked.question.offset <= end
    if is_of_cursor or (line.strip() and not line.rstrip().endswith(_OPEN_ENDS)):
        return None
    request = CompletionRequest(snapshot=snapshot, offset=end, trigger=asked.question.trigger)
    try:
        answer = await completer.complete(request)
    except (WorkerError, ModelError) as error:
        logger.info("no continuation: %s", error)
        return None
    if isinstance(answer, NoSuggestion) or not answer:
        return None
    best = answer[0]
    sureness = best.confidence if best.confidence is not None else math.exp(best.mean_logprob * best.n_tokens)
    if sureness < SURE:
        return None
    edit = PredictedEdit(
        uri=snapshot.uri,
        path=snapshot.path,
        first_line=place.line,
        removed=(line,),
        inserted=tuple((line + best.text).split("\n")),
        kind=EditKind.CONTINUATION,
        source=best.source,
        probability=place.probability * sureness,
        words="this is where you are likely to go on",
    )
    return files.place_in(snapshot, edit)


def _start_of(files: Files, snapshot: Snapshot, line: int) -> int | None:
    lines = files.lines(snapshot)
    return lines.start_of(line) if 0 <= line < lines.n_lines else None
