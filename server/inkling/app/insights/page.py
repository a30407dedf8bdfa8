"""The Insights page as one HTML file: nothing in it is loaded from anywhere, and only its own script may run."""

import base64
import hashlib
import json
import os
import re
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template
from typing import Final

from inkling.core.errors import UserError

DEFAULT_NAME: Final = "inkling-report.html"
MARK: Final = '<meta name="generator" content="inkling report">'
"""Tells a report from a file that must not be overwritten."""

BUILT_ASSETS: Final = resources.files("inkling.app.insights") / "assets"
_HEAD_CHARS = 2000  # the mark stands within them

_TEMPLATE: Final = Template(
    f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{MARK}
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Inkling: Insights</title>
<style>$style</style>
</head>
<body>
<main id="insights"></main>
<script type="application/json" id="insights-data">$data</script>
<script>$script</script>
</body>
</html>
"""
)


def render_page(wire_json: str, assets: Traversable = BUILT_ASSETS) -> str:
    """Returns the page.

    Args:
        wire_json: The `Insights` as they go over the wire, JSON.
        assets: Folder of the page's script and style.

    Raises:
        UserError: The page's script or style is not there.
    """
    script, style = _asset(assets / "insights.js"), _asset(assets / "insights.css")
    # Neither can then end its element. Within JavaScript and CSS these spellings mean the same in every string.
    script = re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)
    style = re.sub(r"<(?=/style)", r"\\3c ", style, flags=re.IGNORECASE)
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)};"
        " base-uri 'none'; form-action 'none'"
    )
    return _TEMPLATE.substitute(policy=policy, style=style, script=script, data=_inert(wire_json))


def write_page(page: str, file: Path, *, may_replace_anything: bool) -> None:
    """Writes a page to a file.

    Raises:
        UserError: The file cannot be written, or holds something else than a report.
    """
    if not may_replace_anything and not _may_be_replaced(file):
        raise UserError(f"{file} is not a report of Inkling; choose another name, or give --force")
    write_whole(page, file)


def write_json(data: str, file: Path, *, may_replace_anything: bool) -> None:
    """Writes what a page shows, JSON, to a file.

    Raises:
        UserError: The file cannot be written, or holds something else than such data.
    """
    if not may_replace_anything and not _holds_data(file):
        raise UserError(f"{file} is not the JSON of a report; choose another name, or give --force")
    write_whole(data + "\n", file)


def _holds_data(file: Path) -> bool:
    try:
        found = json.loads(file.read_bytes() or b'{"madeAtMs": 0}')
    except FileNotFoundError:
        return True
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and "madeAtMs" in found


def write_whole(text: str, file: Path) -> None:
    """Writes a file, which appears only when it is whole.

    Raises:
        UserError: It cannot be written.
    """
    if not file.parent.is_dir():
        raise UserError(f"{file} cannot be written: there is no folder {file.parent}")
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error}") from error


def _inert(wire_json: str) -> str:
    """Returns JSON that ends no element and begins no comment, whatever paths and names are in it.

    Source: HTML Standard, "Restrictions for contents of script elements".
    """
    return json.dumps(json.loads(wire_json), separators=(",", ":")).replace("<", "\\u003c")


def _asset(file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise UserError(
            f"The page's {file.name} was not built. In a checkout of Inkling run `make setup`; else install it again."
        ) from error


def _source(text: str) -> str:
    """Returns the expression that allows exactly this text. Source: Content Security Policy Level 3, section 2.3.1."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _may_be_replaced(file: Path) -> bool:
    try:
        with file.open(encoding="utf-8", errors="replace") as stream:
            return MARK in stream.read(_HEAD_CHARS)
    except FileNotFoundError:
        return True
    except OSError:
        return False  # what cannot be read may be anything
