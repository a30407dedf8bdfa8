"""Inputs for functions and methods: what is known varied, what is annotated drawn, and the rest found by trying."""

import ast
import functools
import inspect
import itertools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from inkling.engine.judging.probes import ProbedTest, make_probes, probed_call
from inkling.engine.review.behaviour.exchange import RAISED, VALUE, Input, Origin, Outcome, Target
from inkling.engine.review.behaviour.guesses import guesses_for, shapes_by_name
from inkling.engine.review.behaviour.typed import Code, arguments_by_type

_MOST_TRIALS = 120  # of shapes, for one call
_MOST_SHAPES = 5
_MOST_RECEIVERS = 5
_MOST_STEPS = 2  # calls of other methods before the one that is looked at
_N_PERMUTED = 5  # inputs of which each is run after each other one
_N_TWICE = 40  # inputs that are run after another one, for what that leaves behind
_COST_OF_PLACE = 0.02  # different answers that a less likely combination of shapes has to make up for
_SMALLNESS = 0.35  # rate at which later values of a shape become rare: small values meet each other more often
_RELATED = 0.5  # of arguments that are taken out of another one, where there is one to take it of
_SAMPLES = 3  # of values, for each combination of shapes
_ROUNDS_OF_CLASSES = 2
_SNAKE = re.compile(r"(?<!^)(?=[A-Z])")
_NOT_FOR_IT = ("TypeError", "AttributeError")  # an argument of the wrong kind mostly leads to one of these

Run = Callable[[Input], Outcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A target as it is in this process.

    Attributes:
        number: The target's.
        target: What is known of it.
        owner: The class that it is in; None for a function.
        thing: The function, or what the class has under its name.
        neighbours: Other classes of its module, by name: what its parameters may be.
    """

    number: int
    target: Target
    owner: type | None
    thing: object
    neighbours: Mapping[str, type] = field(default_factory=dict)

    @property
    def imported(self) -> tuple[str, str]:
        """Where its name, or its class's, is imported from."""
        return (self.target.file, self.target.name.split(".")[0])


class InputMaker:
    """Makes inputs of one target."""

    def __init__(self, callee: Callee, run: Run, *, n: int, seed: int) -> None:
        """Takes what inputs are made of.

        Args:
            callee: What is called.
            run: Runs an input on the old version.
            n: About how many inputs.
            seed: For the choice.
        """
        self._callee = callee
        self._run = run
        self._n = n
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 - a choice of inputs
        self._shapes: dict[str, list[Code]] = {
            name: [Code(text) for text in texts] for name, texts in guesses_for(callee.target).items()
        }
        self._passed: dict[str, set[str]] = {}  # kinds of what known calls pass, by parameter
        self._of_classes: dict[str, str] = {}  # shapes that are objects of classes, by the class's name

    def inputs(self, known: Sequence[Input]) -> list[Input]:
        """Returns different inputs, those that somebody wrote first.

        Args:
            known: Inputs that tests, docstrings and call sites have.
        """
        self._passed = _passed_kinds(self._callee, known)
        for _ in range(_ROUNDS_OF_CLASSES):  # a second time for those that are made of others
            for name, kind in self._callee.neighbours.items():
                self._learn_class(name, kind)
        made = [*known, *_varied(self._callee, known, n=self._n // 2, seed=self._seed)]
        made += self._of_function(self._n) if self._callee.owner is None else self._of_class(self._callee.owner)
        plain = [item for item in made if not item.setup and not item.node_id]
        pairs = [
            *itertools.permutations(plain[:_N_PERMUTED], 2),
            *itertools.pairwise(plain),
            *zip(plain, plain, strict=True),
        ]
        made += [_after(one, other) for one, other in pairs[:_N_TWICE]]
        return list({(item.node_id, item.shown): item for item in reversed(made)}.values())[::-1]

    def _learn_class(self, name: str, kind: type) -> None:
        """Takes objects of a class among the values to try."""
        place = (self._callee.target.file, name)

        def made(arguments: Code, origin: Origin) -> Input:
            imports = tuple(dict.fromkeys((place, *arguments.imports)))
            return Input(target=self._callee.number, origin=origin, call=f"{name}({arguments.text})", imports=imports)

        usable = [item for item in self._arguments(kind, made, 3 * _MOST_RECEIVERS) if self._run(item).kind == VALUE]
        if usable:
            shape = f"object of {name}"
            objects = [Code(item.call, item.imports) for item in usable[: 2 * _MOST_RECEIVERS]]
            self._shapes[shape] = list(dict.fromkeys([*objects, *self._shapes.get(shape, [])]))
            self._shapes[f"{shape}s"] = [
                Code(f"[{', '.join(item.text for item in some)}]", tuple({n for item in some for n in item.imports}))
                for some in (objects[:2], objects[:1], objects[:3][::-1], [])
            ]
            self._of_classes[shape] = self._of_classes[f"{shape}s"] = name

    def _of_function(self, n: int) -> list[Input]:
        callee = self._callee

        def made(arguments: Code, origin: Origin) -> Input:
            return Input(
                target=callee.number,
                origin=origin,
                call=f"{callee.target.name}({arguments.text})",
                imports=tuple(dict.fromkeys((callee.imported, *arguments.imports))),
            )

        return self._arguments(
            getattr(callee.thing, "__func__", callee.thing), made, n, is_bound=isinstance(callee.thing, classmethod)
        )

    def _of_class(self, owner: type) -> list[Input]:
        callee, chance = self._callee, self._chance
        name = callee.target.name.rpartition(".")[2]
        if "." in callee.target.name.rpartition(".")[0]:
            return []
        if isinstance(inspect.getattr_static(owner, name, None), staticmethod | classmethod):
            return self._of_function(self._n)
        variable = _SNAKE.sub("_", owner.__name__).lower().strip("_") or "made"

        def construct(arguments: Code, origin: Origin) -> Input:
            return Input(
                target=callee.number,
                origin=origin,
                call=f"{owner.__name__}({arguments.text})",
                imports=tuple(dict.fromkeys((callee.imported, *arguments.imports))),
            )

        made = self._arguments(owner, construct, self._n)
        receivers = [item for item in made if self._run(item).kind == VALUE][:_MOST_RECEIVERS]
        if not receivers:
            return made if name == "__init__" else []
        steps = {each: self._calls_of(each, owner, receivers[0], variable, 8) for each in _usable_methods(owner)}
        wanted = list(steps) if name == "__init__" else [name]
        inputs = list(made) if name == "__init__" else []
        if name != "__init__":
            steps[name] = self._calls_of(name, owner, receivers[0], variable, 24)
        others = [call for each, calls in steps.items() if each != name for call in calls[:4]]
        for _ in range(self._n):
            receiver = chance.choice(receivers)
            final = steps[chance.choice(wanted)] if wanted else []
            if not final:
                continue
            chosen = chance.sample(others, min(len(others), chance.randint(0, _MOST_STEPS)))
            if chance.random() < 0.3:
                chosen.append(chance.choice(final))
            last = chance.choice(final)
            names = [*receiver.imports, *(item for step in chosen for item in step.imports), *last.imports]
            inputs.append(
                Input(
                    target=callee.number,
                    origin=Origin.GUESSED if Origin.GUESSED in (receiver.origin, last.origin) else Origin.TYPED,
                    setup=(f"{variable} = {receiver.call}", *(step.call for step in chosen)),
                    call=last.call,
                    imports=tuple(dict.fromkeys(names)),
                )
            )
        return inputs

    def _calls_of(self, name: str, owner: type, receiver: Input, variable: str, n: int) -> list[Input]:
        """Returns calls of a method on a receiver that stands under a name."""
        static = inspect.getattr_static(owner, name, None)
        is_property = isinstance(static, property | functools.cached_property)

        def made(arguments: Code, origin: Origin) -> Input:
            return Input(
                target=self._callee.number,
                origin=Origin.GUESSED if Origin.GUESSED in (origin, receiver.origin) else origin,
                setup=(f"{variable} = {receiver.call}",),
                call=f"{variable}.{name}" if is_property else f"{variable}.{name}({arguments.text})",
                imports=tuple(dict.fromkeys((*receiver.imports, *arguments.imports))),
            )

        if is_property:
            return [made(Code(""), Origin.TYPED)]
        return self._arguments(static, made, n, is_bound=True)

    def _arguments(
        self, thing: object, made: Callable[[Code, Origin], Input], n: int, *, is_bound: bool = False
    ) -> list[Input]:
        """Returns calls with arguments by type, or of shapes that the old version takes."""
        parameters = _parameters(thing)[1 if is_bound else 0 :]
        if not parameters:
            return [made(Code(""), Origin.TYPED)]
        by_type = arguments_by_type(parameters, n, 0)
        if by_type is not None and any(item.annotation is not item.empty for item in parameters):
            return [made(code, Origin.TYPED) for code in by_type]
        return self._by_trying(parameters, made, n)

    def _by_trying(
        self, parameters: Sequence[inspect.Parameter], made: Callable[[Code, Origin], Input], n: int
    ) -> list[Input]:
        """Returns calls whose arguments are of shapes that the old version tells most apart."""
        slots = [item for item in parameters if item.kind is not item.VAR_KEYWORD]
        likely, possible = zip(*[self._choices(item) for item in slots], strict=True) if slots else ((), ())
        accepted = self._accepted(slots, likely, made) or self._accepted(slots, possible, made)
        inputs = []
        for at in range(n if accepted else 0):
            # The first half is of the best shapes; of each combination the plainest values come first.
            number = 0 if at < n // 2 else at % len(accepted)
            is_first = at == 0 or n // 2 <= at < n // 2 + len(accepted)
            inputs.append(made(self._call_with(slots, accepted[number], 0 if is_first else None), Origin.GUESSED))
        return inputs

    def _accepted(
        self,
        slots: Sequence[inspect.Parameter],
        choices: Sequence[Sequence[str | None]],
        made: Callable[[Code, Origin], Input],
    ) -> list[tuple[str | None, ...]]:
        """Returns the combinations of shapes that the old version answers most variously."""
        scored = []
        for place, combination in enumerate(_nearest_first(choices, self._chance)[:_MOST_TRIALS]):
            answers, n_taken = set(), 0
            for at in range(_SAMPLES):
                outcome = self._run(made(self._call_with(slots, combination, at), Origin.GUESSED))
                if outcome.kind == VALUE or (outcome.kind == RAISED and outcome.value not in _NOT_FOR_IT):
                    n_taken += 1 if outcome.kind == VALUE or outcome.is_deliberate else 0
                    answers.add((outcome.kind, outcome.value))
            if answers:
                scored.append((min(n_taken, 2), len(answers) - place * _COST_OF_PLACE, combination))
        return [item[-1] for item in sorted(scored, key=lambda item: item[:2], reverse=True)[:_MOST_SHAPES]]

    def _choices(self, item: inspect.Parameter) -> tuple[list[str | None], list[str | None]]:
        """Returns shapes for a parameter that something speaks for, and all; None stands for its default.

        What other calls pass speaks for a shape, or else the parameter's name and its default.
        """
        owner = self._callee.owner.__name__ if self._callee.owner is not None else ""
        parts = {item.name, *item.name.split("_")}
        hinted = [
            shape
            for shape, name in self._of_classes.items()
            if _SNAKE.sub("_", name).lower() in {part.rstrip("s") for part in parts}
            or ("other" in parts and name == owner)
        ]
        hinted += shapes_by_name(item.name)
        ordered = dict.fromkeys([*hinted, *list(self._shapes)[:3], *self._of_classes, *self._shapes])
        if not item.name.startswith(("is_", "has_", "with_")) and not isinstance(item.default, bool):
            ordered.pop("flag", None)  # it passes for a number
        possible: list[str | None] = list(ordered)
        likely: list[str | None] = [shape for shape in ordered if self._is_passed(item.name, shape)]
        likely = likely or [*hinted] or possible
        if item.default is not item.empty or item.kind is item.VAR_POSITIONAL:
            of_default = [
                shape for shape, codes in self._shapes.items() if any(code.text == repr(item.default) for code in codes)
            ]
            likely, possible = ([None, *dict.fromkeys([*of_default, *shapes])] for shapes in (likely, possible))
        return likely, possible

    def _is_passed(self, parameter: str, shape: str) -> bool:
        """Tells whether a known call passes something of the same kind."""
        kinds = {_kind(code) for code in self._shapes[shape]}
        return bool(kinds & self._passed.get(parameter, set()))

    def _call_with(self, slots: Sequence[inspect.Parameter], combination: Sequence[str | None], at: int | None) -> Code:
        """Returns arguments of some shapes: the values at a place, or those of chance, the first ones more often."""
        passed = [
            (slot, item, shape) for slot, (item, shape) in enumerate(zip(slots, combination, strict=True)) if shape
        ]
        codes = []
        for slot, _, shape in passed:
            values = self._shapes[shape]
            place = int(self._chance.expovariate(_SMALLNESS)) if at is None else at * (slot + 1)
            codes.append(values[place % len(values)])
        if at is None:
            codes = self._related(codes)
        texts = []
        for (_, item, _), code in zip(passed, codes, strict=True):
            is_named = item.kind is item.KEYWORD_ONLY or item.default is not item.empty
            texts.append(
                f"{item.name}={code.text}" if is_named and item.kind is not item.POSITIONAL_ONLY else code.text
            )
        imports = [name for code in codes for name in code.imports]
        return Code(", ".join(texts), tuple(dict.fromkeys(imports)))

    def _related(self, codes: Sequence[Code]) -> list[Code]:
        """Returns arguments some of which are parts of others: a key of a mapping, an item of a list."""
        parts = [_parts(code) for code in codes]
        related = list(codes)
        for at, code in enumerate(codes):
            others = [part for place, some in enumerate(parts) if place != at for part in some]
            if others and not parts[at] and self._chance.random() < _RELATED:
                chosen = self._chance.choice(sorted(others, key=repr))
                if code.text[:1] in "'\"-0123456789":
                    related[at] = Code(repr(chosen))
        return related


def _parts(code: Code) -> list[object]:
    """Returns the scalars within a literal container, keys included; nothing of other code."""
    try:
        value = ast.literal_eval(code.text)
    except (ValueError, SyntaxError):
        return []
    found: list[object] = []
    waiting = [value] if isinstance(value, list | tuple | set | dict) else []
    while waiting:
        container = waiting.pop()
        for item in [*container, *(container.values() if isinstance(container, dict) else ())]:
            if isinstance(item, list | tuple | set | dict):
                waiting.append(item)
            else:
                found.append(item)
    return found


def _kind(code: Code) -> str:
    """Returns the type of a literal; for other code what it begins with."""
    try:
        return type(ast.literal_eval(code.text)).__name__
    except (ValueError, SyntaxError):
        return code.text.split("(")[0]


def _passed_kinds(callee: Callee, known: Sequence[Input]) -> dict[str, set[str]]:
    """Returns by parameter the kinds of what calls pass that tests, docstrings and call sites have."""
    names = [item.name for item in _parameters(callee.thing)]
    kinds: dict[str, set[str]] = {}
    for item in known:
        call = ast.parse(item.call, mode="eval").body
        if isinstance(call, ast.Call) and not any(isinstance(argument, ast.Starred) for argument in call.args):
            passed = [*zip(names, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
            for name, argument in passed:
                kinds.setdefault(name or "", set()).add(_kind(Code(ast.unparse(argument))))
    return kinds


def _after(one: Input, other: Input) -> Input:
    """Returns what shows what one call leaves behind for the next."""
    return Input(
        target=other.target,
        origin=max(one.origin, other.origin, key=list(Origin).index),
        setup=(one.call,),
        call=other.call,
        imports=tuple(dict.fromkeys((*one.imports, *other.imports))),
    )


def _varied(callee: Callee, known: Sequence[Input], *, n: int, seed: int) -> list[Input]:
    plain = [item for item in known if not item.node_id and not item.setup]
    name = callee.target.name.split(".")[0]
    names = {name: callee.owner or callee.thing}
    tests = {f"{at}": item for at, item in enumerate(plain)}
    probed: list[ProbedTest] = [probed_call(node_id, item.call, names) for node_id, item in tests.items()]
    probes = make_probes(probed, n=n, seed=seed, numbers=callee.target.numbers) if probed else []
    return [
        Input(target=callee.number, origin=Origin.VARIED, call=probe.codes[0], imports=tests[probe.node_id].imports)
        for probe in probes
        if not probe.is_original and probe.codes and "\n" not in probe.codes[0]
    ]


def _usable_methods(owner: type) -> list[str]:
    return [
        name
        for name in vars(owner)
        if not name.startswith("_")
        and (inspect.isfunction(vars(owner)[name]) or isinstance(vars(owner)[name], property))
    ]


def _parameters(thing: object) -> list[inspect.Parameter]:
    """Returns what a function takes, annotations as types where they can be; nothing where it cannot be told."""
    for is_evaluated in (True, False):
        try:
            signature = inspect.signature(thing, eval_str=is_evaluated)  # type: ignore[arg-type] # else it raises
        except (ValueError, TypeError, NameError, AttributeError, SyntaxError):
            continue
        return list(signature.parameters.values())
    return []


def _nearest_first(choices: Sequence[Sequence[str | None]], chance: random.Random) -> list[tuple[str | None, ...]]:
    """Returns combinations, those of the likeliest shapes first; of many, a sample."""
    n_all = 1
    for column in choices:
        n_all *= len(column)
    if n_all <= 4 * _MOST_TRIALS:
        ranked = list(itertools.product(*[range(len(column)) for column in choices]))
    else:
        ranked = list(
            {
                tuple(min(int(chance.expovariate(0.4)), len(column) - 1) for column in choices)
                for _ in range(4 * _MOST_TRIALS)
            }
        )
    ranked.sort(key=lambda places: (sum(places), places))
    return [tuple(column[place] for column, place in zip(choices, places, strict=True)) for places in ranked]
