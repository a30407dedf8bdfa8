"""Which folders an interpreter needs.

They are found without running it: what a `.pth` file does is done in a sandbox only.
"""

from dataclasses import dataclass
from pathlib import Path

from inkling.core.errors import SandboxError

_MOST_LINKS = 40  # as many as Linux follows; path_resolution(7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """An interpreter with what belongs to it.

    Attributes:
        interpreter: Its path as it is run; in a virtual environment that is a link.
        environment: The virtual environment's folder, or None.
        prefix: The folder of the installation that the interpreter comes from.
        links: Links on the way from one to the other that are in neither: path and target.
    """

    interpreter: Path
    environment: Path | None
    prefix: Path
    links: tuple[tuple[Path, Path], ...]

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders that a run must see."""
        return (self.prefix,) if self.environment is None else (self.environment, self.prefix)


def find_installation(interpreter: Path) -> Installation:
    """Returns what an interpreter needs.

    Raises:
        SandboxError: There is no such file, or it is no Python's.
    """
    path = interpreter.absolute()
    hops = _follow(path)
    environment = path.parent.parent if (path.parent.parent / "pyvenv.cfg").is_file() else None
    if environment is not None:
        # The interpreter in an environment may be a copy; the installation is where its file says.
        hops += _follow(_base_interpreter(environment, path.name))
    prefix = hops[-1].resolve().parent.parent
    if not any(prefix.glob("lib*/python3*/os.py")):
        raise SandboxError(f"{interpreter}: there is no standard library below {prefix}; choose another interpreter")
    inside = [prefix] if environment is None else [environment, prefix]
    if any(map(_home().is_relative_to, inside)):
        raise SandboxError(
            f"{interpreter}: it is installed over the home folder, which no run may see; choose another one"
        )
    links = {hop: hop.readlink() for hop in hops if hop.is_symlink() and not any(map(hop.is_relative_to, inside))}
    return Installation(interpreter=path, environment=environment, prefix=prefix, links=tuple(links.items()))


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:  # the user has no account
        return Path()


def _follow(path: Path) -> list[Path]:
    """Returns a path and what it leads to, link by link; the last one is a file.

    Raises:
        SandboxError: There is no such file.
    """
    hops = [path]
    while hops[-1].is_symlink() and len(hops) <= _MOST_LINKS:
        hops.append(hops[-1].parent / hops[-1].readlink())
    if not hops[-1].is_file() or len(hops) > _MOST_LINKS:
        raise SandboxError(f"{path}: there is no such interpreter; choose another one")
    return hops


def _base_interpreter(environment: Path, name: str) -> Path:
    """Returns the interpreter that an environment was made from.

    Source: the standard library's `site` module, on pyvenv.cfg.
    """
    settings = (environment / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace").splitlines()
    pairs = (line.partition("=") for line in settings)
    homes = [Path(value.strip()) for key, _, value in pairs if key.strip().lower() == "home"]
    candidates = [home / candidate for home in homes for candidate in (name, "python3", "python")]
    return next((path for path in candidates if path.exists()), environment / "bin" / name)
