"""What the user reads about a review, and about what shows that a comment is right."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from inkling.core.change import MAX_FILES, MAX_LINES, MAX_TOTAL_BYTES, ChangedFile, Unreadable
from inkling.core.counted import counted
from inkling.core.review import Confirmation, ReviewComment, Unchecked

if TYPE_CHECKING:
    from inkling.features.review.feature import Review

N_NAMED: Final = 3  # files; the others are counted
_WHY: Final = {
    Unreadable.BINARY: "not text",
    Unreadable.SUBMODULE: "a submodule; review it in its own repository",
    Unreadable.SYMLINK: "a symbolic link",
    Unreadable.NOTEBOOK: "a notebook; those are not looked at yet",
    Unreadable.NOT_UTF8: "not UTF-8, or its name is not",
    Unreadable.TOO_LARGE: "larger than is read",
    Unreadable.GENERATED: "generated, as its name, its first lines or .gitattributes say",
    Unreadable.CONFLICT_MARKERS: "conflict markers of a merge; resolve it first",
    Unreadable.BEYOND_LIMIT: f"beyond what is read of one change ({MAX_FILES:,} files, {MAX_LINES:,} changed lines, "
    f"{MAX_TOTAL_BYTES // 1024 // 1024} MB); review it in parts",
    Unreadable.NOT_FETCHED: "not in this partial clone; `git fetch --refetch` gets it",
}


def unread_files(files: Iterable[ChangedFile]) -> list[Unchecked]:
    """Returns what was not read, one entry for each reason."""
    by_reason: dict[Unreadable, list[PurePosixPath]] = defaultdict(list)
    for file in files:
        if file.unreadable is not None:
            by_reason[file.unreadable].append(file.path)
    return [Unchecked(what=_named(sorted(paths)), why=_WHY[reason]) for reason, paths in sorted(by_reason.items())]


def _named(paths: list[PurePosixPath]) -> str:
    names = ", ".join(map(str, paths[:N_NAMED]))
    n_more = len(paths) - N_NAMED
    return names if n_more <= 0 else f"{names} and {n_more:,} more {'file' if n_more == 1 else 'files'}"


def outcome_words(review: "Review") -> str:
    """Returns what came of a review, in a sentence or two."""
    if not review.n_files and not review.unchecked:
        return f"Nothing has changed: there is no difference in {review.name}."
    n_folded, n_beyond = len(review.folded), len(review.beyond)
    more = [
        f"{n_folded:,} less certain folded away" if n_folded else "",
        f"{n_beyond:,} more than inkling.review.maxComments shows" if n_beyond else "",
        f"{review.n_closed:,} closed before" if review.n_closed else "",
    ]
    words = ", ".join([said_words(review), *filter(None, more)])
    return f"Reviewed {review.name}: {counted(review.n_files, 'file')}, {words}."


def said_words(review: "Review") -> str:
    """Returns how much is said; where nothing is, whether what matters most was looked at."""
    if review.shown:
        return counted(len(review.shown), "comment")
    if any(each.is_of_behaviour for each in review.unchecked):
        return "nothing found in what was checked (what changed functions do was not)"
    return "nothing to say"


def evidence_lines(comment: ReviewComment) -> list[str]:
    """Returns what was run for a comment, a sentence each; the reproduction is shown beside them."""
    shown = comment.reproduction
    if shown is None:
        how = (
            "It could not be confirmed by a run."
            if comment.claims_failure
            else "It was found by reading, not by a run."
        )
        return [how]
    inputs = counted(shown.n_inputs, "input")
    lines = [
        f"`{shown.node_id}` was run on both versions in a sandbox."
        if shown.is_of_project
        else f"Old and new version were run side by side on {inputs} in a sandbox."
    ]
    if comment.confirmation is Confirmation.CONFIRMED:
        lines.append("A pytest module passes on the old version and fails on the new one.")
    return lines
