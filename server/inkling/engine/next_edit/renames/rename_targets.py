"""Where a name that was changed stands as well, and how surely it means the same thing there."""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.file_view import FileView
from inkling.engine.next_edit.reading.call_sites import METHODS_OF_BUILTINS
from inkling.engine.next_edit.reading.outline import (
    definers,
    imports_file,
    subclasses,
)
from inkling.engine.next_edit.reading.receivers import (
    begins_with_import,
    certainty_of_class,
    class_name_of,
    means_module,
)
from inkling.engine.next_edit.reading.scopes import (
    FunctionNode,
    NamesInFile,
    Occurrence,
    Role,
    Scope,
    class_of_receiver,
    names_in,
)
from inkling.engine.next_edit.reading.uses import Uses
from inkling.engine.next_edit.renames.begun_uses import FoundDefinition, definition_of_use
from inkling.engine.next_edit.renames.call_keywords import keywords_for, keywords_for_field
from inkling.engine.next_edit.renames.name_changes import NameChange, name_changes, past_of
from inkling.engine.next_edit.renames.target import Target
from inkling.engine.next_edit.renames.typed_keys import is_typed_dict, typed_keys
from inkling.engine.next_edit.situation import Situation

_SURE = 1.0
_INHERITED = 0.9
_AFTER_IT = 0.6  # The old name is still defined elsewhere, but the use follows what was renamed.
_STILL_BOUND = 0.3  # Another line still defines the old name, which may be on purpose.
_FROM_A_USE = 0.6  # A use was changed to a name that nothing defines, so the definition is likely to follow.
_FROM_USES = 1.0  # Several uses were changed, one after the other, to what nothing defines.
_UNKNOWN_OBJECT = 0.5
_VARIABLES = (Role.NAME, Role.PARAMETER, Role.DEFINITION, Role.IMPORTED, Role.DECLARED)
_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Renaming:
    """What follows from a changed name.

    Attributes:
        targets: Places in code, in no order; one place may come twice, with different certainty.
        regions: Files and lines in which comments, docstrings and strings may speak of it.
        unread: Changed places that are not in code, or in code that cannot be read.
    """

    targets: list[Target]
    regions: list[tuple[FileView, range]]
    unread: list[tuple[int, int]]


def rename_targets(situation: Situation, change: NameChange) -> Renaming:
    """Returns where a name that was changed stands as well; nothing where the new name is taken in its scope."""
    view = situation.files[change.uri]
    names = names_in(view, (change.old, change.new))
    if names is None:
        return Renaming(targets=[], regions=[], unread=list(change.places))
    search = _Search(situation, view, names, change)
    targets = list(search.targets())
    read = {found.place for found in names.named(change.new)}
    unread = [place for place in change.places if place not in read]
    return Renaming(targets=targets, regions=search.regions, unread=unread)


def renamed_bindings(situation: Situation, uri: DocumentUri) -> frozenset[str]:
    """Returns the old names of what a file defines itself, by assignment, parameter or `def`, and was lately renamed.

    Their other uses want the new name, or the old one back; nothing else can bind them.
    """
    renamed: set[str] = set()
    for change in name_changes(situation):
        names = names_in(situation.files[uri], (change.new,)) if change.uri == uri else None
        if names is not None and any(
            found.binds and found.place in change.places
            for found in names.named(change.new, Role.NAME, Role.PARAMETER, Role.DEFINITION)
        ):
            renamed.add(change.old)
    return frozenset(renamed)


@dataclass(frozen=True, slots=True)
class _Search:
    situation: Situation
    view: FileView
    names: NamesInFile
    change: NameChange
    regions: list[tuple[FileView, range]] = field(default_factory=list)

    def targets(self) -> Iterator[Target]:
        places = set(self.change.places)
        changed = [found for found in self.names.named(self.change.new) if found.place in places]
        variables = [found for found in changed if found.role in _VARIABLES]
        bound_in = {self.names.owner(found) for found in variables if found.binds}
        for scope in bound_in:
            if scope is not None:
                binders = [found for found in variables if found.binds and self.names.owner(found) is scope]
                yield from self._of_definition(scope, binders)
        for found in variables:
            if not found.binds and self.names.owner(found) is None and found.name not in _BUILTINS:
                yield from self._of_use(found)
        owners: dict[ast.ClassDef, list[Occurrence]] = {}
        for found in changed:
            if found.role is Role.ATTRIBUTE and (owner := class_of_receiver(found)) is not None:
                owners.setdefault(owner, []).append(found)
        for owner, attributes in owners.items():
            yield from self._of_attribute(owner, is_defined=any(found.binds for found in attributes))
        for found in changed:
            if found.role is Role.KEYWORD and isinstance(found.node, ast.Call):
                yield from self._of_keyword(found.node)
            definition = definition_of_use(self.situation, self.change, self.view, found)
            if definition is not None:
                yield from self._of_definition_elsewhere(definition)

    def _of_definition_elsewhere(self, definition: FoundDefinition) -> Iterator[Target]:
        """Yields the definition of what was changed where it is used, and the other uses."""
        defining, binder = definition.view, definition.binder
        change = replace(self.change, uri=defining.uri, places=(), kept=frozenset())
        search = _Search(self.situation, defining, definition.names, change, self.regions)
        owner = class_of_receiver(binder) if binder.role is Role.ATTRIBUTE else binder.scope.node
        targets: list[Target] = []
        if isinstance(owner, ast.ClassDef):
            targets += search._of_attribute(owner, is_defined=True)
        elif (scope := definition.names.owner(binder)) is not None:
            variables = search._same_variable(scope)
            targets += (search._target(found, _SURE) for found in variables)
            if scope.parent is None:
                targets += search._in_importing_files(
                    defining, _SURE, [found.place for found in variables if found.binds]
                )
        certainty = _FROM_A_USE if self.change.support == 1 else _FROM_USES
        yield from (replace(target, certainty=min(target.certainty, certainty)) for target in targets)

    def _uses(self, defined_at: Iterable[tuple[FileView, tuple[int, int]]]) -> Uses:
        return Uses(
            self.situation.meanings, lambda defining: past_of(self.situation, self.change, defining), defined_at
        )

    def _target(self, found: Occurrence, certainty: float) -> Target:
        return Target(view=self.view, line=found.line, column=found.column, certainty=certainty)

    def _is_taken(self, scope: Scope) -> bool:
        return any(found.name == self.change.new and found.place not in self.change.places for found in scope.binding)

    def _same_variable(self, scope: Scope) -> list[Occurrence]:
        """Returns the places where the old name is what a scope binds and the new one would be, too."""
        old, new = self.change.old, self.change.new
        return [
            found
            for found in self.names.named(old, *_VARIABLES)
            if self.names.owner(found, also=(scope, old)) is scope
            and self.names.owner_of(new, found.scope, also=(scope, new)) is scope
        ]

    def _of_definition(self, scope: Scope, binders: list[Occurrence]) -> Iterator[Target]:
        if self._is_taken(scope):
            return
        self.regions.append((self.view, scope.lines))
        others = self._same_variable(scope)
        bound_again = sorted(found.place for found in others if found.binds)
        if any(line in self.change.kept for line, _ in bound_again):
            return
        first = min(found.place for found in binders)
        following = next((place for place in bound_again if place > first), None)
        for found in others:
            is_after = first < found.place and (following is None or found.place < following)
            if not bound_again:
                yield self._target(found, _SURE)
            elif is_after and found.line not in self.change.kept:
                yield self._target(found, _AFTER_IT)
            elif not self.change.kept:
                yield self._target(found, _STILL_BOUND)
        for binder in binders:
            if binder.role is Role.PARAMETER and isinstance(binder.scope.node, FunctionNode):
                yield from keywords_for(self.situation, self.view, self.change, binder.scope.node)
        if scope.parent is None and not bound_again:
            is_defined_here = any(binder.role is not Role.IMPORTED for binder in binders)
            if is_defined_here:
                defined_at = [binder.place for binder in binders]
                yield from self._in_importing_files(self.view, _SURE, defined_at)
            if any(_is_fixture(binder.node) for binder in binders):
                yield from self._of_fixture()
        elif isinstance(scope.node, ast.ClassDef):
            yield from self._of_attribute(scope.node, is_defined=True)

    def _of_use(self, use: Occurrence) -> Iterator[Target]:
        """Yields targets of a name that was changed where it is read, to one that nothing defines."""
        owner = self.names.owner_of(self.change.old, use.scope)
        if owner is None:
            if self.change.old in _BUILTINS or self.names.has_star_import:
                return
            for found in self.names.named(self.change.old, *_VARIABLES):
                if self.names.owner(found) is None:
                    yield self._target(found, _INHERITED)
            return
        if any(found.role is Role.IMPORTED for found in owner.binding if found.name == self.change.old):
            yield from (self._target(found, _STILL_BOUND) for found in self._same_variable(owner))
            return
        self.regions.append((self.view, owner.lines))
        yield from (self._target(found, _FROM_A_USE) for found in self._same_variable(owner))
        if owner.parent is None:
            defined_at = [found.place for found in self._same_variable(owner) if found.binds]
            yield from self._in_importing_files(self.view, _FROM_A_USE, defined_at)

    def _of_attribute(self, owner: ast.ClassDef, *, is_defined: bool) -> Iterator[Target]:
        """Yields targets of an attribute or method of a class."""
        old, new, places = self.change.old, self.change.new, set(self.change.places)
        for found in self.names.named(new):
            is_member = found.binds and (found.scope.node is owner or class_of_receiver(found) is owner)
            if is_member and found.place not in places:
                return
        members = [
            found
            for found in self.names.named(old)
            if (found.role is Role.ATTRIBUTE and class_of_receiver(found) is owner)
            or (found.role in _VARIABLES and found.binds and found.scope.node is owner)
        ]
        if any(found.binds and found.line in self.change.kept for found in members):
            return
        if not is_defined:
            is_defined_as_old = any(found.binds for found in members)
            yield from (self._target(found, _FROM_A_USE if is_defined_as_old else _STILL_BOUND) for found in members)
            return
        self.regions.append((self.view, range(owner.lineno - 1, owner.end_lineno or owner.lineno)))
        yield from (self._target(found, _SURE) for found in members)
        of_heirs = list(self._in_subclasses(owner))
        yield from of_heirs
        yield from self._of_known_objects(owner)
        defined_at = [(self.view, place) for place in (*places, *(found.place for found in members))]
        defined_at += [(target.view, (target.line, target.column)) for target in of_heirs]
        yield from self._of_unknown_objects(owner, self._uses(defined_at))
        is_field = any(
            found.scope.node is owner and found.binds and found.place in places
            for found in self.names.named(new, Role.NAME)
        )
        if is_field:
            yield from keywords_for_field(self.situation, self.view, self.change, owner)
        if is_field and is_typed_dict(owner):
            yield from typed_keys(self.situation, self.view, self.change, owner)

    def _in_subclasses(self, owner: ast.ClassDef) -> Iterator[Target]:
        for view, heir in subclasses(self.situation, owner.name):
            if self.change.old not in view.lines_with:
                continue
            names = names_in(view, (self.change.old, self.change.new))
            if names is None:
                continue
            for found in names.named(self.change.old):
                is_use = found.role is Role.ATTRIBUTE and class_of_receiver(found) is heir
                if is_use or (found.binds and found.scope.node is heir):
                    yield Target(view=view, line=found.line, column=found.column, certainty=_INHERITED)

    def _of_fixture(self) -> Iterator[Target]:
        """Yields the tests and fixtures that name a fixture of pytest as a parameter."""
        for view in self._files_with(self.change.old):
            names = names_in(view, (self.change.old, self.change.new))
            if names is None:
                continue
            search = _Search(self.situation, view, names, self.change)
            for parameter in names.named(self.change.old, Role.PARAMETER):
                node = parameter.scope.node
                is_asked = isinstance(node, FunctionNode) and (node.name.startswith("test") or _is_fixture(node))
                if is_asked and not parameter.scope.binds(self.change.new):
                    yield from (search._target(found, _INHERITED) for found in search._same_variable(parameter.scope))

    def _of_known_objects(self, owner: ast.ClassDef) -> Iterator[Target]:
        """Yields attributes of the class by its name, and of variables that are objects of it."""
        for view in self._files_with(self.change.old):
            names = names_in(view, (self.change.old,)) if owner.name in view.lines_with else None
            for found in names.named(self.change.old, Role.ATTRIBUTE) if names is not None else ():
                receiver = found.node.value if isinstance(found.node, ast.Attribute) else None
                if not isinstance(receiver, ast.Name) or class_of_receiver(found) is not None:
                    continue
                if owner.name in (receiver.id, class_name_of(receiver.id, found.scope)):
                    certainty = certainty_of_class(view, found.scope, owner.name, self.view, owner)
                    if certainty:
                        yield Target(view=view, line=found.line, column=found.column, certainty=certainty)

    def _of_unknown_objects(self, owner: ast.ClassDef, uses: Uses) -> Iterator[Target]:
        """Yields attributes of objects of which only the name of the attribute is known, or what jedi knows."""
        old = self.change.old
        if old.startswith("__"):
            return
        guessed = _UNKNOWN_OBJECT if self._is_the_only_one_with_it(owner) else 0.0
        for view in self._files_with(old):
            names = names_in(view, (old,))
            for found in names.named(old, Role.ATTRIBUTE) if names is not None else ():
                if class_of_receiver(found) is None and (certainty := uses.certainty(view, found, guessed)):
                    yield Target(view=view, line=found.line, column=found.column, certainty=certainty)

    def _is_the_only_one_with_it(self, owner: ast.ClassDef) -> bool:
        """Tells whether no class but one and those that derive from it is known to have the attribute."""
        old = self.change.old
        if old in METHODS_OF_BUILTINS:
            return False
        heirs = {owner.name, *(heir.name for _, heir in subclasses(self.situation, owner.name))}
        for _, other in definers(self.situation, old):
            if other.owner is not None and other.owner.name not in heirs:
                return False
        found_in = (names_in(view, (old,)) for view in self._files_with(old))
        return not any(
            _is_member_of_another(found, heirs) for names in found_in if names is not None for found in names.named(old)
        )

    def _of_keyword(self, call: ast.Call) -> Iterator[Target]:
        """Yields the same keyword of other calls that read the same, and the parameter that it is for."""
        callee = ast.unparse(call.func)
        for found in self.names.named(self.change.old, Role.KEYWORD):
            if isinstance(found.node, ast.Call) and ast.unparse(found.node.func) == callee:
                keywords = {keyword.arg for keyword in found.node.keywords}
                if self.change.new not in keywords:
                    yield self._target(found, _FROM_A_USE)

    def _in_importing_files(
        self, defining: FileView, certainty: float, defined_at: Iterable[tuple[int, int]]
    ) -> Iterator[Target]:
        """Yields imports of a name of a module, and what they bind in their files.

        Args:
            defining: The file of the module.
            certainty: How surely the definition changes its name.
            defined_at: Lines and columns of the definition.
        """
        old, new = self.change.old, self.change.new
        uses = self._uses([(defining, place) for place in defined_at])
        for view in self._files_with(old):
            names = names_in(view, (old, new)) if view is not defining else None
            if names is None:
                continue
            search = _Search(self.situation, view, names, self.change)
            for found in names.named(old, Role.IMPORTED, Role.SOURCE):
                if not isinstance(found.node, ast.ImportFrom):
                    continue
                sureness = imports_file(view, found.node, defining)
                if sureness < _SURE:
                    sureness = uses.certainty(view, found, sureness)
                scope = found.scope
                if not sureness or any(bound.name == new for bound in scope.binding):
                    continue
                sureness *= certainty
                self.regions.append((view, range(len(view.lines))))
                yield Target(view=view, line=found.line, column=found.column, certainty=sureness)
                if found.role is Role.IMPORTED:
                    for use in search._same_variable(scope):
                        yield Target(view=view, line=use.line, column=use.column, certainty=sureness)
            for found in names.named(old, Role.ATTRIBUTE):
                sureness = _certainty_of_module_attribute(view, found, defining, uses)
                if sureness:
                    yield Target(view=view, line=found.line, column=found.column, certainty=sureness * certainty)

    def _files_with(self, name: str) -> Iterator[FileView]:
        for uri in self.situation.nearest_first:
            if name in self.situation.files[uri].lines_with:
                yield self.situation.files[uri]


def _certainty_of_module_attribute(view: FileView, found: Occurrence, defining: FileView, uses: Uses) -> float:
    """Returns how surely `module.name` is of a file; jedi knows modules that hand on what they import."""
    if not isinstance(found.node, ast.Attribute):
        return 0.0
    expression = ast.unparse(found.node.value)
    if means_module(view, expression, defining):
        return _SURE
    return uses.certainty(view, found, 0.0) if begins_with_import(view, expression) else 0.0


def _is_fixture(node: ast.AST) -> bool:
    return isinstance(node, FunctionNode) and any("fixture" in ast.unparse(found) for found in node.decorator_list)


def _is_member_of_another(found: Occurrence, heirs: set[str]) -> bool:
    """Returns whether a class other than those of some names binds a name for itself."""
    if not found.binds:
        return False
    owner = class_of_receiver(found) if found.role is Role.ATTRIBUTE else found.scope.node
    return isinstance(owner, ast.ClassDef) and owner.name not in heirs
