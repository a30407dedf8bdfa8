"""What ghost text is made with: the ports that `features.completion` is given."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from inkling.core.ports import (
    AcceptanceModel,
    AskingModel,
    Background,
    Completer,
    EventLog,
    NameChecker,
    StreamingCompleter,
    SyntaxChecker,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionPorts:
    """What ghost text is made with.

    Attributes:
        completers: Minds that answer in milliseconds.
        slow_completers: Returns the minds that may take seconds; settings change which there are.
        syntax: Checks candidates.
        names: Checks candidates.
        asking: Stage 1 of the gate.
        model: Stage 2 of the gate.
        log: Where decisions go.
        background: Writes them down, and listens to minds that nobody waits for any more.
        draw: Returns random numbers, uniform in [0, 1).
    """

    completers: Sequence[Completer]
    syntax: SyntaxChecker
    names: NameChecker
    asking: AskingModel
    model: AcceptanceModel
    log: EventLog
    background: Background
    draw: Callable[[], float] = random.random
    slow_completers: Callable[[], Sequence[StreamingCompleter]] = tuple
