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
    hops = [path]
    while hops[-1].is_symlink():
        if len(hops) > _MOST_LINKS:
            raise SandboxError(f"{interpreter}: its links lead in a circle; choose another interpreter")
        target = hops[-1].readlink()
        hops.append(target if target.is_absolute() else hops[-1].parent / target)
    if not hops[-1].is_file():
        raise SandboxError(f"{interpreter}: there is no such interpreter; choose another one")
    prefix = hops[-1].resolve().parent.parent
    if not any(prefix.glob("lib*/python3*")):
        raise SandboxError(
            f"{interpreter}: its standard library was not found below {prefix}; choose another interpreter"
        )
    environment = path.parent.parent if (path.parent.parent / "pyvenv.cfg").is_file() else None
    inside = [prefix] if environment is None else [environment, prefix]
    links = tuple(
        (hop, hop.readlink()) for hop in hops[:-1] if not any(hop.is_relative_to(folder) for folder in inside)
    )
    return Installation(interpreter=path, environment=environment, prefix=prefix, links=links)
