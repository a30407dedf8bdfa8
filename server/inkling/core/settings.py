"""The settings tree. `package.json` is the list of defaults for people; a test holds these to it.

A field's metadata gives the range of numbers, `low` to `high`, both included.
"""

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionSettings:
    """Ghost text.

    Attributes:
        enabled: Whether ghost text is offered at all.
        debounce_ms: Pause in typing before the editor asks, milliseconds.
        deadline_ms: Longest time for an answer, milliseconds.
        max_file_kb: Largest file that is completed in, kilobytes.
    """

    enabled: bool = True
    debounce_ms: int = field(default=40, metadata={"low": 0, "high": 2000})
    deadline_ms: int = field(default=250, metadata={"low": 10, "high": 5000})
    max_file_kb: int = field(default=1024, metadata={"low": 1, "high": 16384})


class GatePolicy(StrEnum):
    """The knob: in which units the user says how much is worth showing.

    EAGER, BALANCED and QUIET lose at most 1%, 5% and 20% of what the user would accept; LOSE_AT_MOST takes the
    share from `lose_at_most`, THRESHOLD a probability from `threshold`.
    """

    LOSE_AT_MOST = "loseAtMost"
    THRESHOLD = "threshold"
    EAGER = "eager"
    BALANCED = "balanced"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """When to speak.

    Attributes:
        policy: Which of the following decides.
        lose_at_most: Share of what the user would accept that may be hidden.
        threshold: Least probability of acceptance for a suggestion to be shown.
        explore: Share of what would be hidden that is shown at random, so that the model can learn about it.
    """

    policy: GatePolicy = GatePolicy.LOSE_AT_MOST
    lose_at_most: float = field(default=0.05, metadata={"low": 0.0, "high": 0.5})
    threshold: float = field(default=0.25, metadata={"low": 0.0, "high": 1.0})
    explore: float = field(default=0.02, metadata={"low": 0.0, "high": 0.2})


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """What the embedded mind learns from.

    Attributes:
        max_files: Most files that are read.
        max_mb: Most megabytes of source that are read.
        include_environment: Whether the packages of the selected interpreter are read too.
        exclude: Patterns, as in a .gitignore file, of paths that are never read.
    """

    max_files: int = field(default=4000, metadata={"low": 0, "high": 100000})
    max_mb: int = field(default=40, metadata={"low": 0, "high": 1000})
    include_environment: bool = True
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """What is kept, on this machine only.

    Attributes:
        store_text: Whether the text of suggestions is stored beside their lengths and hashes.
        text_retention_days: Older texts are forgotten; everything else about a suggestion stays.
    """

    store_text: bool = False
    text_retention_days: int = field(default=30, metadata={"low": 1, "high": 3650})


class ModelApi(StrEnum):
    """Which of an endpoint's addresses completions come from: AUTO asks the endpoint what it can do."""

    AUTO = "auto"
    COMPLETIONS = "completions"
    CHAT = "chat"


class FimTemplate(StrEnum):
    """How prefix and suffix are put into one prompt.

    AUTO goes by the name of the model; SUFFIX sends them apart, for servers that fill in the middle by themselves;
    PLAIN sends the prefix alone; the others are the families of models that were trained to fill in.
    """

    AUTO = "auto"
    QWEN = "qwen"
    STARCODER = "starcoder"
    CODELLAMA = "codellama"
    DEEPSEEK = "deepseek"
    CODESTRAL = "codestral"
    GRANITE = "granite"
    SUFFIX = "suffix"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSettings:
    """The endpoint of the model mind. Its key is no setting: it stays in the editor's secret storage.

    Attributes:
        base_url: Address up to and with `/v1`, and a query for each request; empty: no model mind, no connection.
        completion_model: Name of the model for ghost text; empty: the embedded mind alone.
        edit_model: Name of the model for edits; empty: none.
        chat_model: Name of the model for chat; empty: none.
        api: Where completions come from.
        fim_template: How prefix and suffix become a prompt.
        timeout_seconds: Longest time for a completion, from the question to its last word, seconds.
        max_concurrent: Most requests at one time.
        daily_token_budget: Most tokens of prompts and answers together in one day; 0: no limit.
        daily_cost_budget: Most money in one day, in the currency of `prices`; 0: no limit.
        prices: What a million tokens cost, each as `model: prompt answer`; `*` is every other model.
        ask_ahead: Whether the endpoint is asked for what follows a suggestion that is likely to be accepted.
        cache_answers: Whether answers are kept on disk, sealed, so that a restart forgets none.
        headers: Further headers of each request, each as `Name: value`; `${key}` is the key.
        ca_file: Path of the certificates, PEM, of the authorities to trust; empty: those of the system.
        proxy: Address of a proxy; empty: as the environment says.
    """

    base_url: str = ""
    completion_model: str = ""
    edit_model: str = ""
    chat_model: str = ""
    api: ModelApi = ModelApi.AUTO
    fim_template: FimTemplate = FimTemplate.AUTO
    timeout_seconds: float = field(default=10.0, metadata={"low": 0.5, "high": 600.0})
    max_concurrent: int = field(default=4, metadata={"low": 1, "high": 64})
    daily_token_budget: int = field(default=0, metadata={"low": 0, "high": 1_000_000_000})
    daily_cost_budget: float = field(default=0.0, metadata={"low": 0.0, "high": 1_000_000.0})
    prices: tuple[str, ...] = ()
    ask_ahead: bool = True
    cache_answers: bool = True
    headers: tuple[str, ...] = ()
    ca_file: str = ""
    proxy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextEditSettings:
    """Next-edit predictions.

    Attributes:
        enabled: Whether they are offered at all.
        debounce_ms: Pause after a change before the editor asks, milliseconds.
        max_file_kb: Largest file that is read for them, kilobytes.
        exclude: Patterns, as in a .gitignore file, of paths in which none are offered.
        threshold: Least probability that a prediction is right for it to be shown; 0: as `inkling.gate.policy` says.
    """

    enabled: bool = True
    debounce_ms: int = field(default=150, metadata={"low": 0, "high": 5000})
    max_file_kb: int = field(default=1024, metadata={"low": 1, "high": 16384})
    exclude: tuple[str, ...] = ()
    threshold: float = field(default=0.0, metadata={"low": 0.0, "high": 1.0})


class FixPrecision(StrEnum):
    """What is good enough to be proposed: VERIFIED patches alone, or PLAUSIBLE ones too, labelled as such."""

    VERIFIED = "verified"
    PLAUSIBLE = "plausible"


class FixOnFailure(StrEnum):
    """When a fix is looked for without being asked: after a run in the Testing view, also on save, or never."""

    OFF = "off"
    TESTING_VIEW = "testingView"
    SAVE = "save"


@dataclass(frozen=True, slots=True, kw_only=True)
class FixSettings:
    """Fix with feedback.

    Attributes:
        precision: What is good enough to be proposed.
        budget_seconds: Longest search, seconds.
        max_processes: Most processes that search side by side.
        on_failure: When a fix is looked for without being asked.
        on_battery: Whether that is done on battery, too.
    """

    precision: FixPrecision = FixPrecision.VERIFIED
    budget_seconds: float = field(default=60.0, metadata={"low": 1.0, "high": 3600.0})
    max_processes: int = field(default=2, metadata={"low": 1, "high": 64})
    on_failure: FixOnFailure = FixOnFailure.TESTING_VIEW
    on_battery: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """Review changes.

    Attributes:
        budget_seconds: Longest review, seconds.
        max_comments: Most comments that are shown of one review.
        run: Whether the project's code is run for it, in the sandbox.
    """

    budget_seconds: float = field(default=120.0, metadata={"low": 1.0, "high": 3600.0})
    max_comments: int = field(default=10, metadata={"low": 0, "high": 1000})
    run: bool = True


class SandboxBackend(StrEnum):
    """Where code is run; AUTO takes the first that works, of bubblewrap and Docker."""

    AUTO = "auto"
    BUBBLEWRAP = "bubblewrap"
    DOCKER = "docker"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """Where code that is proposed, and tests, are run.

    Attributes:
        backend: Which kind.
        docker_image: Image with a Python and the project's packages; empty: made from the selected interpreter.
        docker_host: Address of the Docker engine; empty: as the environment and Docker's own context say.
        memory_mb: Megabytes of memory for one run.
        timeout_seconds: Longest run of a test suite, seconds.
    """

    backend: SandboxBackend = SandboxBackend.AUTO
    docker_image: str = ""
    docker_host: str = ""
    memory_mb: int = field(default=1024, metadata={"low": 64, "high": 65536})
    timeout_seconds: float = field(default=60.0, metadata={"low": 1.0, "high": 3600.0})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of the daemon; the extension has a few of its own that never come here.

    Attributes:
        interpreter: Path of the interpreter whose packages are learned from; empty: as the editor selects.
    """

    interpreter: str = ""
    completion: CompletionSettings = field(default_factory=CompletionSettings)
    next_edit: NextEditSettings = field(default_factory=NextEditSettings)
    gate: GateSettings = field(default_factory=GateSettings)
    index: IndexSettings = field(default_factory=IndexSettings)
    telemetry: TelemetrySettings = field(default_factory=TelemetrySettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    fix: FixSettings = field(default_factory=FixSettings)
    review: ReviewSettings = field(default_factory=ReviewSettings)
    sandbox: SandboxSettings = field(default_factory=SandboxSettings)
