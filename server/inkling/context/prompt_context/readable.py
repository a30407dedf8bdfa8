"""Which files a model may be told of, and under which name."""

from pathlib import Path
from typing import Final

from pathspec import GitIgnoreSpec

from inkling.context.ignored_paths import IgnoredPaths
from inkling.core.ports import WorkspaceScope

_HOLDS_SECRETS: Final = GitIgnoreSpec.from_lines(
    (
        ".env", ".env.*", "*.env", ".envrc", "*.pem", "*.key", "*.p12", "*.pfx", "*.kdbx", "id_rsa*", "id_dsa*",
        "id_ecdsa*", "id_ed25519*", ".netrc", ".pgpass", ".pypirc", ".npmrc", ".htpasswd", ".aws/", ".ssh/", ".gnupg/",
        "secrets.toml", "secrets.json", "secrets.y*ml", "secrets.ini", "credentials", "credentials.json",
        "credentials.y*ml", "credentials.toml", "credentials.ini",
    )
)  # fmt: skip
"""Files that hold secrets by their very purpose."""

_SECRET_MODULES: Final = GitIgnoreSpec.from_lines(("secrets.py", "credentials.py"))
"""Modules of a project that hold secrets by their name; packages and the standard library have such modules, too."""

_PACKAGES: Final = frozenset({"site-packages", "dist-packages"})


def is_installed(path: Path) -> bool:
    """Tells whether a file belongs to an installed package."""
    return not _PACKAGES.isdisjoint(path.parts)


class Readable:
    """Tells which files may be shown to a model: none that git, the settings or their purpose leave out."""

    def __init__(self, scope: WorkspaceScope) -> None:
        self._scope = scope
        self._verdicts: dict[Path, bool] = {}
        self._excluded = GitIgnoreSpec.from_lines(scope.index.exclude)

    def forget(self) -> None:
        """Looks at files anew from now on: rules may have changed."""
        self._verdicts = {}

    def known(self, path: Path | None) -> bool | None:
        """Tells whether a file may be shown, or None when it was not looked at yet. Never blocks."""
        return True if path is None else self._verdicts.get(path)

    def look(self, path: Path) -> bool:
        """Tells whether a file may be shown; reads ignore files, so it belongs in a thread."""
        relative = path.relative_to(path.anchor).as_posix()
        holds_secrets = _HOLDS_SECRETS.match_file(relative) or (
            _SECRET_MODULES.match_file(relative) and not (path.parent / "os.py").is_file()
        )
        verdict = not holds_secrets and not self._is_ignored(path)
        self._verdicts[path] = verdict
        return verdict

    def look_installed(self, path: Path) -> bool:
        """Tells whether a definition from an installed package may be shown; never blocks.

        Git ignores every environment, which says nothing about the packages in it; the settings may.
        """
        relative = path.relative_to(path.anchor).as_posix()
        return not _HOLDS_SECRETS.match_file(relative) and not self._excluded.match_file(relative)

    def name(self, path: Path | None) -> str:
        """Returns what a model is told a file is called: in the workspace or among the packages, else its name."""
        if path is None:
            return "untitled"
        if is_installed(path):
            return path.as_posix().rpartition("-packages/")[2]
        homes = [folder for folder in self._scope.folders if path.is_relative_to(folder)]
        return path.relative_to(homes[-1]).as_posix() if homes else path.name

    def _is_ignored(self, path: Path) -> bool:
        # A file outside of the workspace is judged by the repository that it lies in, if any.
        homes = [folder for folder in self._scope.folders if path.is_relative_to(folder)] or [path.parent]
        exclude = self._scope.index.exclude
        return any(IgnoredPaths(home, exclude).ignores_below_root(path) for home in homes)
