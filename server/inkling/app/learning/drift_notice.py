"""Drift told: a retraining writes down what changed of late, and one window tells each alarm once in a week."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from inkling.app.learning.files import OwnFiles, write_json
from inkling.core.events import JudgedSuggestion
from inkling.models.regular_file import read_regular

logger = logging.getLogger(__name__)

TELL_AGAIN_AFTER_MS = 7 * 24 * 3600 * 1000  # an alarm told every day is one that nobody reads
MAX_BYTES = 100_000
MAX_ALARM_CHARS = 500


def write_drift(data_dir: Path, rows: Sequence[JudgedSuggestion], at_ms: int) -> None:
    """Writes down how the latest judged suggestions differ from those before. Imports numpy: not for the daemon.

    Raises:
        OSError: It cannot be written.
    """
    from inkling.models.personal_drift import drift_report

    report = drift_report(rows)
    content = {
        "at_ms": at_ms,
        "n_recent": report.n_recent,
        "n_before": report.n_before,
        "changes": {name: asdict(change) for name, change in report.changes.items()},
        "alarms": [asdict(alarm) for alarm in report.raised],
    }
    write_json(OwnFiles(data_dir).drift, content)


def alarms_to_tell(data_dir: Path, now_ms: int) -> list[str]:
    """Returns the alarms that no window has told within a week, and notes that they are told now."""
    files = OwnFiles(data_dir)
    alarms = _alarms(files.drift)
    if not alarms:
        return []
    told = _told(files.told)
    due = {
        kind: words
        for kind, words in alarms.items()
        if not 0 <= now_ms - told.get(kind, -TELL_AGAIN_AFTER_MS) < TELL_AGAIN_AFTER_MS
    }
    if due:
        try:
            write_json(files.told, told | dict.fromkeys(due, now_ms))
        except OSError as error:
            logger.warning("that alarms were told cannot be noted: %s", error)
    return [f"Inkling: {words}" for words in due.values()]


def _alarms(path: Path) -> dict[str, str]:
    """Returns the words of the latest alarms by kind; none where the file is missing or not what was written."""
    content = _read_or_log(path)
    alarms = content.get("alarms")
    return {
        alarm["kind"]: alarm["words"][:MAX_ALARM_CHARS]
        for alarm in (alarms if isinstance(alarms, list) else [])
        if isinstance(alarm, dict) and isinstance(alarm.get("kind"), str) and isinstance(alarm.get("words"), str)
    }


def _told(path: Path) -> dict[str, int]:
    return {kind: at_ms for kind, at_ms in _read_or_log(path).items() if isinstance(at_ms, int)}


def drift_complaint(data_dir: Path) -> str | None:
    """Returns what the user must be told of a report of drift that cannot be read."""
    path = OwnFiles(data_dir).drift
    try:
        _read(path)
    except (OSError, ValueError, RecursionError) as error:
        return f"Inkling: {path} cannot be read ({error}); the next training writes it anew."
    return None


def _read_or_log(path: Path) -> dict[str, object]:
    try:
        return _read(path)
    except (OSError, ValueError, RecursionError) as error:
        logger.warning("file=%s cannot be read: %s", path, error)
        return {}


def _read(path: Path) -> dict[str, object]:
    """Returns the object in a file; an empty one where there is no file.

    Raises:
        OSError: It cannot be read.
        ValueError: It is not what was written.
        RecursionError: It is nested too deeply.
    """
    try:
        content = json.loads(read_regular(path, MAX_BYTES))
    except FileNotFoundError:
        return {}
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    return content
