"""Calls that pass by position what is in another position now: they still fit, and mean something else."""

import ast
from collections.abc import Iterator, Sequence

from inkling.core.change import ChangeSet
from inkling.core.counted import counted
from inkling.core.review import ReviewComment
from inkling.engine.review.changed_code import ChangedDefinition, Parameter
from inkling.engine.review.contracts.references import Reference
from inkling.engine.review.contracts.signatures import misfit, positional
from inkling.engine.review.contracts.uses_comment import comment_on, places


def of_reordered(
    pair: ChangedDefinition,
    uses: Sequence[Reference],
    before: Sequence[Parameter],
    after: Sequence[Parameter],
    changes: ChangeSet,
) -> Iterator[ReviewComment]:
    """Yields a comment where parameters changed places and calls that were not changed along pass them by position.

    Args:
        pair: What is called.
        uses: Where.
        before: What it took.
        after: What it takes.
        changes: The change, which may have gone over the calls.
    """
    old, new = ([parameter.name for parameter in positional(taken)] for taken in (before, after))
    moved = [place for place, name in enumerate(old) if name in new and new.index(name) != place]
    if not moved:
        return
    mistaken = [
        use
        for use in uses
        if use.call is not None
        and len(use.call.args) > moved[0]
        and misfit(use.call, before) is None
        and misfit(use.call, after) is None
        and not any(isinstance(argument, ast.Starred) for argument in use.call.args)
        and not _is_changed(use, changes)
    ]
    if not mistaken:
        return
    name = pair.definition.qualified_name
    yield comment_on(
        pair,
        rule="contract.reordered",
        message=f"`{name}({', '.join(old)})` is `{name}({', '.join(new)})` now, and "
        f"{counted(len(mistaken), 'call still passes', 'calls still pass')} by position what is elsewhere now: "
        f"{places(mistaken)}.",
        uses=mistaken,
        confidence=0.9,
    )


def _is_changed(use: Reference, changes: ChangeSet) -> bool:
    """Tells whether the change went over a line of a call."""
    call = use.call
    if call is None:
        return False
    lines = range(call.lineno, (call.end_lineno or call.lineno) + 1)
    hunks = [hunk for file in changes.files if file.path == use.file.path for hunk in file.hunks]
    return any(line in hunk.after for hunk in hunks for line in lines)
