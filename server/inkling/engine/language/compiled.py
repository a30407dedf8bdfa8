"""The compiled core of the language model, where there is one.

The core is written in C and built when Inkling is installed where a C compiler is (`hatch_build.py`). It is never
needed: without it NumPy and Python give the same answers more slowly.
"""

import importlib
import os
from typing import NamedTuple

CORE = "inkling.engine.language._core"
INTERFACE = 3  # as in core/module.c; to be raised with every change of what the two sides say to each other
FORCE_PURE = "INKLING_PURE"  # environment variable: with any value the compiled core is left alone


class CoreInUse(NamedTuple):
    """Which core is in use.

    Attributes:
        is_compiled: Whether it is the compiled one.
        reason: Why, in words for a person.
    """

    is_compiled: bool
    reason: str


def _find() -> CoreInUse:
    # The environment and no setting: which core is in use must not change while a process runs.
    if os.environ.get(FORCE_PURE):
        return CoreInUse(False, f"{FORCE_PURE} is set")
    try:
        core = importlib.import_module(CORE)
    except ModuleNotFoundError:
        return CoreInUse(False, "the compiled core was not built: no C compiler was found at the installation")
    except ImportError as error:
        return CoreInUse(False, f"the compiled core cannot be loaded here: {error}")
    if core.INTERFACE != INTERFACE:
        # In a checkout that moved on since it was installed.
        return CoreInUse(False, "the compiled core is of another version: run `make setup`, or install Inkling again")
    return CoreInUse(True, "built at the installation")


in_use = _find()
