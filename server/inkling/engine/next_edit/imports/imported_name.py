"""One name that an import brings."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedName:
    """One name that an import brings.

    Attributes:
        module: The module in full, without leading dots.
        member: What is taken from it; empty for `import module`.
        alias: The name given by `as`; empty without one.
    """

    module: str
    member: str = ""
    alias: str = ""

    @property
    def bound(self) -> str:
        """The name that it binds."""
        return self.alias or self.member or self.module.partition(".")[0]
