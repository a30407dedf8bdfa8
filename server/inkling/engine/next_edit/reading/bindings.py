"""What some names of a file are bound to and used by, with Python's own scopes.

Source: The Python Language Reference, 4.2 "Naming and binding", for all rules of scopes.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

ALWAYS_BOUND = frozenset(dir(builtins)) | frozenset(
    [
        "__annotations__",
        "__class__",
        "__doc__",
        "__file__",
        "__loader__",
        "__module__",
        "__name__",
        "__package__",
        "__path__",
        "__qualname__",
        "__spec__",
        "WindowsError",
    ]
)
"""Names that need no binding in a file: the builtins, and what the import system sets in a module or class body."""

BindingKind = Literal["import", "definition", "parameter", "assignment", "except"]
ScopeKind = Literal["module", "class", "function", "comprehension"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A place that gives a name its value.

    Attributes:
        name: The name.
        line: The line, zero-based.
        kind: How.
        node: The statement, parameter or target that does it.
        within: The statements around it that are not scopes (`if`, `try`, `with` and loops), the outermost first.
    """

    name: str
    line: int
    kind: BindingKind
    node: ast.AST
    within: tuple[ast.stmt, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A place that reads a name.

    Attributes:
        name: The name.
        line: The line, zero-based.
        node: The name in the tree; of a string annotation the string.
        is_annotation: Whether only type checkers look at it.
        attribute: The attribute that is taken of it; empty if none is.
        is_called: Whether it is called.
    """

    name: str
    line: int
    node: ast.expr
    is_annotation: bool = False
    attribute: str = ""
    is_called: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Scope:
    """A block of code with names of its own; names that were not asked for are missing.

    Attributes:
        kind: What it is.
        parent: The scope around it; None for the module.
        node: What opens it.
        bindings: What binds names here, in the order of the text.
        uses: What is read here.
        outer: Names that are declared `global` or `nonlocal`, and whether it was `global`.
        inner: The scopes within it.
    """

    kind: ScopeKind
    parent: "Scope | None"
    node: ast.AST
    bindings: list[Binding] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    outer: dict[str, bool] = field(default_factory=dict)
    inner: list["Scope"] = field(default_factory=list)

    def everything(self) -> Iterator["Scope"]:
        """Yields the scope and all within it."""
        yield self
        for scope in self.inner:
            yield from scope.everything()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bindings:
    """What is known of the names that were asked for.

    Attributes:
        module: The outermost scope.
        has_star_import: Whether names may be bound that the file does not spell out.
        exported: Strings of `__all__`.
    """

    module: Scope
    has_star_import: bool
    exported: frozenset[str]

    @property
    def bound(self) -> frozenset[str]:
        """The names that are bound anywhere in the file."""
        return frozenset(binding.name for scope in self.module.everything() for binding in scope.bindings)

    def unbound(self) -> list[Use]:
        """Returns the uses of names that nothing binds; none in a file with a star import."""
        if self.has_star_import:
            return []
        return [
            use
            for scope in self.module.everything()
            for use in scope.uses
            if use.name not in ALWAYS_BOUND and binding_scope(scope, use.name) is None
        ]

    def users_of(self, owner: Scope, name: str) -> list[Use]:
        """Returns the uses of a name that read the binding in one scope."""
        return [
            use
            for scope in owner.everything()
            for use in scope.uses
            if use.name == name and binding_scope(scope, name) is owner
        ]


def binding_scope(scope: Scope, name: str) -> Scope | None:
    """Returns the scope in which a name that is read in `scope` has its value; None where nothing binds it."""
    current: Scope | None = scope
    while current is not None:
        is_visible = current is scope or current.kind != "class"
        if is_visible and name in current.outer:
            if current.outer[name]:
                while current.parent is not None:
                    current = current.parent
                return current if any(binding.name == name for binding in current.bindings) else None
        elif is_visible and any(binding.name == name for binding in current.bindings):
            return current
        current = current.parent
    return None
