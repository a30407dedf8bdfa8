"""What the reviewer and its worker tell each other: one JSON object each way. What comes back is not to be trusted."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from inkling.core.errors import WorkerError

_MAX_ANSWER = 64 * 1024 * 1024  # characters
VALUE, RAISED, TIMEOUT, WAITED, NOT_REACHED = "V", "E", "T", "W", "-"


class Origin(StrEnum):
    """Where an input comes from, the most ordinary first."""

    TEST = "test"
    RECORDED = "recorded"
    DOCSTRING = "docstring"
    CALL_SITE = "call_site"
    VARIED = "varied"
    TYPED = "typed"
    GUESSED = "guessed"


ORDINARY = frozenset({Origin.TEST, Origin.RECORDED, Origin.DOCSTRING, Origin.CALL_SITE})
"""Inputs that somebody wrote: those that the program is there for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A function or method to call.

    Attributes:
        file: Its module, absolute, before the change.
        file_after: The same after the change.
        name: Qualified, before the change.
        name_after: The same after the change.
        calls: Calls of it as code with literals alone, from docstrings and call sites, each with its origin.
        numbers: Numbers in both versions.
        words: Strings in both versions.
    """

    file: str
    file_after: str
    name: str
    name_after: str
    calls: tuple[tuple[str, str], ...] = ()
    numbers: tuple[int, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """Something to run on both versions.

    Attributes:
        target: The number of the target that it calls; -1 for an input made of a test.
        origin: Where it comes from.
        setup: Statements before the call.
        call: An expression.
        node_id: The test in whose place it is run, with its fixtures; empty: in the namespace of its imports.
        imports: Names that it uses, with the files or modules that they are taken from.
    """

    target: int
    origin: Origin
    setup: tuple[str, ...] = ()
    call: str = ""
    node_id: str = ""
    imports: tuple[tuple[str, str], ...] = ()

    @property
    def shown(self) -> str:
        """As code in one line."""
        return "; ".join([*(line.replace("\n", " ") for line in self.setup), self.call])

    @property
    def size(self) -> tuple[int, int, str]:
        """By which of two inputs the simpler one comes first."""
        return (len(self.setup), len(self.shown), self.shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one version did on an input.

    Attributes:
        kind: `VALUE`, `RAISED`, `TIMEOUT` where it computed too long, `WAITED` where it did not even compute, or
            `NOT_REACHED` where the input could not be made.
        value: The value described, or the exception's type.
        code: The value as a literal, where it is one.
        types: The exception's type with its parents, or the value's type.
        message: The exception's text, cut.
        is_deliberate: Whether a `raise` or `assert` of the project raised it.
        n_setup: How many statements of the set-up were run.
        changed: Arguments that were changed, by name, and as they are after the call; `self` for the receiver.
        printed: What it wrote to its output.
    """

    kind: str
    value: str = ""
    code: str = ""
    types: tuple[str, ...] = ()
    message: str = ""
    is_deliberate: bool = False
    n_setup: int = 0
    changed: tuple[tuple[str, str], ...] = ()
    printed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideBySide:
    """What is to be compared.

    Attributes:
        targets: What is called.
        node_ids: Tests to make inputs of.
        before: Texts of the old version, by absolute path.
        after: Texts of the new version.
        inputs: What to look at closely; none: inputs are to be made.
        n_inputs: Inputs to make for each target.
        seed: For the choice of inputs.
        n_processes: Versions that run side by side.
        total_s: Seconds for all.
    """

    targets: tuple[Target, ...]
    node_ids: tuple[str, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]
    inputs: tuple[Input, ...] = ()
    n_inputs: int = 120
    seed: int = 0
    n_processes: int = 2
    total_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """An input with what both versions did.

    Attributes:
        input: What was run.
        before: What the old version did.
        after: What the new version did.
        lines: Lines of changed files that the new version ran, by file.
        lines_before: The same of the old version.
    """

    input: Input
    before: Outcome
    after: Outcome
    lines: Mapping[str, Sequence[int]] = field(default_factory=dict)
    lines_before: Mapping[str, Sequence[int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slower:
    """A call that takes the new version more work, the more the larger its argument is.

    Attributes:
        input: The call with a small argument.
        size: Items of the largest argument.
        before: Bytecodes that the old version ran on that.
        after: The same of the new one.
    """

    input: Input
    size: int
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of a comparison.

    Attributes:
        differing: Inputs on which the versions differ.
        n_inputs: By target, inputs that tell something; tests are -1.
        n_unstable: By target, inputs on which the old version differs from itself.
        modules: By file, the name that it is imported by.
        slower: Calls that got slower, one of a target at most.
        not_reached: Targets that there was no time for.
        obstacles: By target, why inputs of it told nothing, in words.
        problem: Why the versions could not be compared, in words; empty where they could.
    """

    differing: tuple[Pair, ...]
    n_inputs: Mapping[int, int] = field(default_factory=dict)
    n_unstable: Mapping[int, int] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    slower: tuple[Slower, ...] = ()
    not_reached: frozenset[int] = frozenset()
    obstacles: Mapping[int, str] = field(default_factory=dict)
    problem: str = ""


def encode_question(question: SideBySide) -> bytes:
    """Returns what the worker reads."""
    return json.dumps(asdict(question)).encode()


def decode_question(data: bytes) -> SideBySide:
    """Returns what the reviewer asked for."""
    content = json.loads(data)
    content["targets"] = tuple(
        Target(
            **{
                **item,
                "calls": tuple((str(call), str(origin)) for call, origin in item["calls"]),
            }
        )
        for item in content["targets"]
    )
    content["inputs"] = tuple(decode_input(item) for item in content["inputs"])
    content["node_ids"] = tuple(content["node_ids"])
    return SideBySide(**content)


def decode_input(content: Mapping[str, Any]) -> Input:
    """Returns an input after looking at its fields."""
    return Input(
        target=int(content["target"]),
        origin=Origin(content["origin"]),
        setup=tuple(str(line) for line in content["setup"]),
        call=str(content["call"]),
        node_id=str(content["node_id"]),
        imports=tuple((str(place), str(name)) for place, name in content["imports"]),
    )


def decode_outcome(content: Mapping[str, Any]) -> Outcome:
    """Returns an outcome after looking at its fields."""
    return Outcome(
        kind=str(content["kind"]),
        value=str(content["value"]),
        code=str(content["code"]),
        types=tuple(str(name) for name in content["types"]),
        message=str(content["message"]),
        is_deliberate=bool(content["is_deliberate"]),
        n_setup=int(content["n_setup"]),
        changed=tuple((str(name), str(value)) for name, value in content["changed"]),
        printed=str(content["printed"]),
    )


def decode_compared(data: bytes) -> Compared:
    """Returns what the worker answered.

    Raises:
        WorkerError: It is not what a worker answers.
    """
    if len(data) > _MAX_ANSWER:
        raise WorkerError("the comparison of two versions answered too much")
    try:
        content = json.loads(data)
        return Compared(
            differing=tuple(
                Pair(
                    input=decode_input(item["input"]),
                    before=decode_outcome(item["before"]),
                    after=decode_outcome(item["after"]),
                    lines=_lines(item["lines"]),
                    lines_before=_lines(item["lines_before"]),
                )
                for item in content["differing"]
            ),
            n_inputs={int(target): int(count) for target, count in content["n_inputs"].items()},
            n_unstable={int(target): int(count) for target, count in content["n_unstable"].items()},
            modules={str(file): str(name) for file, name in content["modules"].items()},
            slower=tuple(
                Slower(
                    input=decode_input(item["input"]),
                    size=int(item["size"]),
                    before=int(item["before"]),
                    after=int(item["after"]),
                )
                for item in content["slower"]
            ),
            not_reached=frozenset(int(target) for target in content["not_reached"]),
            obstacles={int(target): str(why) for target, why in content["obstacles"].items()},
            problem=str(content["problem"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WorkerError("the comparison of two versions answered nonsense") from error


def _lines(content: Mapping[str, Any]) -> dict[str, list[int]]:
    return {str(file): [int(line) for line in lines] for file, lines in content.items()}
