"""The settings tree. `package.json` is the list of defaults for people; a test holds these to it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionSettings:
    """Ghost text.

    Attributes:
        enabled: Whether ghost text is offered at all.
        debounce_ms: Pause in typing before the editor asks, milliseconds, 0 to 2000.
        deadline_ms: Longest time for an answer, milliseconds, 10 to 5000.
        max_file_kb: Largest file that is completed in, kilobytes of UTF-8.
    """

    enabled: bool = True
    debounce_ms: int = 40
    deadline_ms: int = 250
    max_file_kb: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """When to speak.

    Attributes:
        threshold: Least probability of acceptance for a suggestion to be shown, in [0, 1].
    """

    threshold: float = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """What the embedded mind learns from.

    Attributes:
        max_files: Most files that are read.
        max_mb: Most megabytes of source that are read.
        include_environment: Whether the packages of the selected interpreter are read too.
        exclude: Patterns, as in a .gitignore file, of paths that are never read.
    """

    max_files: int = 4000
    max_mb: int = 40
    include_environment: bool = True
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is kept, on this machine only.

    Attributes:
        store_text: Whether the text of suggestions is stored beside their lengths and hashes.
    """

    store_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the daemon; the extension has a few of its own that never come here.

    Attributes:
        interpreter: Path of the interpreter whose packages are learned from; empty: as the editor selects.
    """

    interpreter: str = ""
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
