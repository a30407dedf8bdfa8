"""The Insights page as one HTML file: nothing in it is loaded from anywhere, and only its own script may run."""

import base64
import contextlib
import hashlib
import json
import os
import re
import tempfile
from importlib import resources
from pathlib import Path
from string import Template
from typing import Final

from inkling.core.errors import UserError

MARK: Final = '<meta name="generator" content="inkling report">'
"""Tells a report from a file that must not be overwritten."""

_ASSETS = resources.files("inkling.app.insights") / "assets"
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


def render_page(wire_json: str) -> str:
    """Returns the page.

    Args:
        wire_json: The `Insights` as they go over the wire, JSON.

    Raises:
        UserError: The page's script or style is not there.
    """
    script, style = _asset("insights.js"), _asset("insights.css")
    # Neither can then end its element. Within JavaScript and CSS these spellings mean the same in every string.
    script = re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)
    style = re.sub(r"<(?=/style)", r"\\3c ", style, flags=re.IGNORECASE)
    policy = (
        f"default-src 'none'; script-src {_source(script)}; style-src {_source(style)};"
        " base-uri 'none'; form-action 'none'"
    )
    return _TEMPLATE.substitute(policy=policy, style=style, script=script, data=_inert(wire_json))


def write_page(page: str, file: Path, *, may_replace_anything: bool) -> None:
    """Writes a page to a file, which appears only when it is whole.

    Raises:
        UserError: The file cannot be written, or holds something else than a report.
    """
    try:
        if not may_replace_anything and file.exists() and MARK not in _head(file):
            raise UserError(f"{file} is not a report of Inkling; choose another name, or give --force")
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        unfinished = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(page)
            unfinished.replace(file)
        finally:
            with contextlib.suppress(FileNotFoundError):
                unfinished.unlink()
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error}") from error


def _inert(wire_json: str) -> str:
    """Returns JSON that ends no element and begins no comment, whatever paths and names are in it.

    Source: HTML Standard, "Restrictions for contents of script elements".
    """
    return json.dumps(json.loads(wire_json), separators=(",", ":")).replace("<", "\\u003c")


def _asset(name: str) -> str:
    try:
        return (_ASSETS / name).read_text(encoding="utf-8").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise UserError(
            f"The page's {name} was not built. In a checkout of Inkling run `make setup`; otherwise install it again."
        ) from error


def _source(text: str) -> str:
    """Returns the expression that allows exactly this text. Source: Content Security Policy Level 3, section 2.3.1."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _head(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as stream:
        return stream.read(_HEAD_CHARS)
