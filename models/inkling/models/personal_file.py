"""The file of a personal model: JSON that vouches for itself, and is checked to the last number when it is read."""

from dataclasses import asdict, dataclass, field
from typing import Final

from inkling.core.errors import ModelArtifactError
from inkling.models.artifact_json import (
    Json,
    checked_number,
    checked_numbers,
    count_at,
    dump_content,
    number_at,
    object_at,
    parse_content,
    text_at,
)
from inkling.models.challenge import Retrained
from inkling.models.personal import RECIPES, PersonalState

FORMAT: Final = 1
MAX_NAMES = 200
MAX_NAME_CHARS = 300
MAX_MAGNITUDE = 100.0  # of offsets and their covariances, in log-odds; beyond it lies no habit
MAX_SUM = 1e9  # of metrics and summed losses


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A personal model with where it comes from.

    Attributes:
        state: What was learned.
        created_at_ms: When it was registered, milliseconds since the Unix epoch.
        prior_version: The prior it belongs to; with another prior its offsets mean something else.
        data_sha256: Hash of the judged suggestions it learned from.
        metrics: What was measured when it was registered.
    """

    state: PersonalState
    created_at_ms: int
    prior_version: str
    data_sha256: str
    metrics: dict[str, float] = field(default_factory=dict)


def registered_of(retrained: Retrained, prior_version: str, created_at_ms: int) -> Registered:
    """Returns a challenger as it is registered."""
    comparison = asdict(retrained.comparison)
    return Registered(
        state=retrained.state,
        created_at_ms=created_at_ms,
        prior_version=prior_version,
        data_sha256=retrained.data_sha256,
        metrics={name: float(value) for name, value in comparison.items() if name != "words"},
    )


def to_json(state: PersonalState) -> dict[str, object]:
    """Returns what was learned as plain data."""
    return {
        "recipe": state.recipe.name,
        "names": list(state.names),
        "mean": list(state.mean),
        "covariance": [list(row) for row in state.covariance],
        "trust": state.trust,
        "n_events": state.n_events,
        "last_at_ms": state.last_at_ms,
        "log_loss": state.log_loss,
        "prior_log_loss": state.prior_log_loss,
    }


def from_json(content: Json) -> PersonalState:
    """Returns what `to_json` wrote.

    Raises:
        ModelArtifactError: It is not what `to_json` writes.
    """
    recipe = RECIPES.get(text_at(content, "recipe", MAX_NAME_CHARS))
    if recipe is None:
        raise ModelArtifactError("its recipe is not known to this version")
    names = content.get("names")
    if not isinstance(names, list) or not 0 < len(names) <= MAX_NAMES or not all(map(_is_name, names)):
        raise ModelArtifactError("names is not a list of short texts")
    if names[0] != "user" or len(set(names)) != len(names):
        raise ModelArtifactError("names are not those of offsets")
    rows = content.get("covariance")
    if not isinstance(rows, list) or len(rows) != len(names):
        raise ModelArtifactError(f"covariance has not {len(names)} rows")
    covariance = [list(checked_numbers(row, len(names), "covariance", MAX_MAGNITUDE)) for row in rows]
    for index, row in enumerate(covariance):
        if row[index] <= 0 or any(abs(value - covariance[j][index]) > 1e-6 for j, value in enumerate(row)):
            raise ModelArtifactError("covariance is not that of anything")
    trust = number_at(content, "trust")
    if not 0 < trust < 1:
        raise ModelArtifactError("trust is not between 0 and 1")
    return PersonalState(
        recipe=recipe,
        names=tuple(names),
        mean=list(checked_numbers(content.get("mean"), len(names), "mean", MAX_MAGNITUDE)),
        covariance=covariance,
        trust=trust,
        n_events=count_at(content, "n_events"),
        last_at_ms=count_at(content, "last_at_ms"),
        log_loss=number_at(content, "log_loss", MAX_SUM),
        prior_log_loss=number_at(content, "prior_log_loss", MAX_SUM),
    )


def dump_registered(registered: Registered) -> str:
    """Returns a personal model as text for a file, with the hash of its content."""
    content = {
        "format": FORMAT,
        "created_at_ms": registered.created_at_ms,
        "prior_version": registered.prior_version,
        "data_sha256": registered.data_sha256,
        "metrics": dict(registered.metrics),
        "state": to_json(registered.state),
    }
    return dump_content(content, indent=None)


def parse_registered(data: bytes) -> Registered:
    """Returns the personal model that `data` holds.

    Raises:
        ModelArtifactError: It is damaged or of another format.
    """
    content = parse_content(data, FORMAT)
    return Registered(
        state=from_json(object_at(content, "state")),
        created_at_ms=count_at(content, "created_at_ms"),
        prior_version=text_at(content, "prior_version", MAX_NAME_CHARS),
        data_sha256=text_at(content, "data_sha256", MAX_NAME_CHARS),
        metrics={
            name: checked_number(value, "metrics", MAX_SUM) for name, value in object_at(content, "metrics").items()
        },
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_NAME_CHARS
