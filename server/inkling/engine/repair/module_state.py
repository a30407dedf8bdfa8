"""What modules of the project hold, put back after each mutant: a mutant must not meet what another one left."""

import copy
import functools
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

_LONGEST_CONTAINER = 1000  # of containers in modules that are put back after each mutant
_CONTAINERS = (list, dict, set, deque, OrderedDict, defaultdict, Counter)


class ModuleState:
    """What modules of the project hold, and functions have as defaults."""

    def __init__(self) -> None:
        self._bindings: list[tuple[dict[str, Any], dict[str, Any]]] = []
        self._containers: list[tuple[Any, Any]] = []
        self._caches: list[Any] = []

    def remember(self, folder: Path) -> None:
        """Notes what the project's modules hold now."""
        for module in list(sys.modules.values()):
            if is_of_project(module, folder):
                self._bindings.append((module.__dict__, dict(module.__dict__)))
                for name, value in list(module.__dict__.items()):
                    if not name.startswith("__"):
                        self._remember_value(value, module.__name__)

    def restore(self) -> None:
        """Puts back what was noted, and empties caches of functions."""
        for namespace, saved in self._bindings:
            if len(namespace) != len(saved):
                for name in [name for name in namespace if name not in saved]:
                    del namespace[name]
            for name, value in saved.items():
                if namespace.get(name, saved) is not value:
                    namespace[name] = value
        for container, saved_contents in self._containers:
            if container != saved_contents:
                _refill(container, copy.deepcopy(saved_contents))
        for cache in self._caches:
            cache.cache_clear()

    def _remember_value(self, value: Any, module_name: str) -> None:
        if type(value) in _CONTAINERS:
            self._remember_container(value)
        elif isinstance(value, functools._lru_cache_wrapper):
            self._caches.append(value)
        elif isinstance(value, FunctionType):
            for default in (*(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()):
                if type(default) in _CONTAINERS:
                    self._remember_container(default)
        elif isinstance(value, type) and value.__module__ == module_name:
            for attribute in list(vars(value).values()):
                if not isinstance(attribute, type):
                    self._remember_value(getattr(attribute, "__func__", attribute), module_name)

    def _remember_container(self, container: Any) -> None:
        if len(container) > _LONGEST_CONTAINER:
            return
        try:
            self._containers.append((container, copy.deepcopy(container)))
        except Exception:  # noqa: BLE001 - what cannot be copied stays as mutants leave it
            return


def is_of_project(module: ModuleType, folder: Path) -> bool:
    """Tells whether a module comes from a file of the project."""
    file = getattr(module, "__file__", None)
    if not isinstance(file, str) or "site-packages" in file:
        return False
    return Path(file).is_relative_to(folder)


def _refill(container: Any, contents: Any) -> None:
    container.clear()
    if isinstance(container, list | deque):
        container.extend(contents)
    else:
        container.update(contents)
