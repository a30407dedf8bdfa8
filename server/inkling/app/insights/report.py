"""What `inkling report` and the daemon are told: the page's data as JSON, for the settings in force."""

import json
from pathlib import Path

import cattrs
from cattrs.errors import BaseValidationError

from inkling.app.insights.collect import collect
from inkling.core.errors import BadSettingError
from inkling.core.settings import GateSettings
from inkling.lsp.wire import wire


def parse_gate(gate_json: str | None) -> GateSettings | None:
    """Returns the gate's settings as the daemon passes them on; None where it does not.

    Raises:
        BadSettingError: They are no settings of the gate.
    """
    if gate_json is None:
        return None
    try:
        return cattrs.Converter(forbid_extra_keys=True).structure(json.loads(gate_json), GateSettings)
    except (BaseValidationError, ValueError, TypeError, AttributeError) as error:
        raise BadSettingError(f"--gate {gate_json!r} is not what the gate's settings look like in JSON") from error


def read_json(data_dir: Path, n_days: int, gate: GateSettings | None) -> str:
    """Returns what the page shows, as it goes over the wire: JSON in one line of ASCII.

    Raises:
        UserError: The event store cannot be read.
    """
    return json.dumps(wire(collect(data_dir, n_days, gate)), separators=(",", ":"), allow_nan=False)
