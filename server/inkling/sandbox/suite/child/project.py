"""Which code is the project's own."""

import os

NOT_OWN = frozenset(
    {"site-packages", "dist-packages", ".venv", "venv", ".tox", ".nox", ".eggs", "__pypackages__", "node_modules"}
)


class Project:
    """A project's folder, asked for each file that code comes from."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._prefix = folder.rstrip(os.sep) + os.sep
        self._known: dict[str, str | None] = {}

    def path_of(self, filename: str) -> str | None:
        """Returns the path within the project, with slashes; None for code from elsewhere.

        Args:
            filename: As a code object has it.
        """
        try:
            return self._known[filename]
        except KeyError:
            path = self._known[filename] = self._find(filename)
            return path

    def _find(self, filename: str) -> str | None:
        if filename.startswith("<"):
            return None
        absolute = os.path.normpath(os.path.join(self.folder, filename))  # noqa: PTH118 - a string in, a string out
        if not absolute.startswith(self._prefix):
            return None
        parts = absolute[len(self._prefix) :].split(os.sep)  # noqa: PTH206 - strings in, strings out
        return None if NOT_OWN.intersection(parts) else "/".join(parts)
