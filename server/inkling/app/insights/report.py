"""`inkling report`: the Insights page as a file, or its data as JSON."""

import json
from pathlib import Path
from typing import Final

import cattrs
from cattrs.errors import BaseValidationError

from inkling.app.insights.collect import collect
from inkling.app.insights.page import render_page, write_page
from inkling.core.errors import BadSettingError
from inkling.core.settings import GateSettings
from inkling.lsp.wire import wire

DEFAULT_NAME: Final = "inkling-report.html"


def parse_gate(gate_json: str | None) -> GateSettings:
    """Returns the gate's settings as the daemon passes them on; the defaults where none are given.

    Raises:
        BadSettingError: They are no settings of the gate.
    """
    if gate_json is None:
        return GateSettings()
    try:
        return cattrs.Converter(forbid_extra_keys=True).structure(json.loads(gate_json), GateSettings)
    except (BaseValidationError, ValueError, TypeError) as error:
        raise BadSettingError(f"--gate {gate_json!r} is not what the gate's settings look like in JSON") from error


def read_json(data_dir: Path, n_days: int, gate: GateSettings) -> str:
    """Returns what the page shows, as it goes over the wire: JSON in one line of ASCII.

    Raises:
        UserError: The event store cannot be read.
    """
    return json.dumps(wire(collect(data_dir, n_days, gate)), separators=(",", ":"), allow_nan=False)


def write_report(data: str, file: Path, *, may_replace_anything: bool) -> Path:
    """Writes the page, and returns where it is.

    Args:
        data: From `read_json`.
        file: Where to; a missing ending becomes .html.
        may_replace_anything: Whether a file that is no report may be replaced, too.

    Raises:
        UserError: The file cannot be written, or may not be replaced.
    """
    target = Path.cwd() / (file if file.suffix else file.with_suffix(".html"))
    write_page(render_page(data), target, may_replace_anything=may_replace_anything)
    return target
