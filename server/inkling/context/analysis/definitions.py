"""Where a name is defined, and how its definition reads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import jedi

MAX_LINES: Final = 200  # of a definition; a longer one is cut, since only its outline is of use
_SHOWS_ITSELF: Final = frozenset({"class", "function", "property"})
_BEGINNINGS: Final = ("class ", "def ", "async def ")
_INSTALLED: Final = frozenset({"site-packages", "dist-packages"})  # these lie within the standard library's folder
_STUBS: Final = Path(jedi.__file__).parent / "third_party"

FoundDefinition = tuple[str, str, str]
"""Path of the file, the name, and the lines from the definition's first on."""


def find_definition(
    script: jedi.Script, line: int, column: int, standard_library: Sequence[Path]
) -> FoundDefinition | None:
    """Returns the class or function that a name stands for; of a variable, the class of its value.

    What the standard library defines is left out: models know it by heart.

    Args:
        script: The document.
        line: The name's line, from 1.
        column: A column inside of the name, in code points.
        standard_library: Folders of the standard library's sources.
    """
    names = script.goto(line, column, follow_imports=True)
    if not any(name.type in _SHOWS_ITSELF for name in names):
        names = [name for name in script.infer(line, column) if name.type in {"class", "function", "instance"}]
    for name in names:
        path = name.module_path  # of an instance, as its line, that of its class
        if name.type not in _SHOWS_ITSELF | {"instance"} or path is None:
            continue
        is_installed = not _INSTALLED.isdisjoint(path.parts)
        is_standard = not is_installed and any(path.is_relative_to(folder) for folder in standard_library)
        if is_standard or path.is_relative_to(_STUBS):
            continue
        code = name.get_line_code(after=MAX_LINES)
        if code.lstrip().startswith(_BEGINNINGS):  # an instance may be its own definition, such as a member of an enum
            return str(path), name.name, code
    return None
