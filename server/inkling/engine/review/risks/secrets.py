"""Secrets that a change writes into the code."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from inkling.core.change import ChangedFile
from inkling.core.redact import secret_spans
from inkling.core.review import ReviewComment, Severity, Topic
from inkling.core.suspicion import is_test_file
from inkling.core.text import line_prefix, position_at

MIN_CHARS: Final = 8  # a shorter word is a placeholder or a test's
MIN_DIFFERENT_CHARS: Final = 6
_PLACEHOLDER = re.compile(
    r"""change.?me|example|placeholder|your[-_\ ]|dummy|secret|password|token|test|fake|sample
      |xxx|\*\*\*|<[^>]*>|\$\{|%\(|\{\w*\}""",
    re.I | re.X,
)
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_OF_DIGEST = re.compile(r"\b(rev|ref|commit|sha|sha1|sha256|hash|digest|checksum)\b|@$", re.I)  # before a digest
_ENDPOINT = re.compile(r"[a-z][a-z0-9+.-]*://|/", re.I)


def of_secrets(file: ChangedFile) -> Iterator[ReviewComment]:
    """Yields a comment for each changed line that has what looks like a key or a password in it."""
    if file.after is None:
        return
    known = {span.text(file.before) for span in secret_spans(file.before)} if file.before is not None else set()
    said: set[int] = set()
    for span in secret_spans(file.after):
        line = position_at(file.after, span.start).line + 1
        value = span.text(file.after)
        if line in said or value in known or not any(line in hunk.after for hunk in file.hunks):
            continue
        if not _looks_real(value) or _is_digest(value, line_prefix(file.after, span.start)):
            continue
        said.add(line)
        is_in_tests = is_test_file(file.path) or _is_example(file.path)
        yield ReviewComment(
            rule="risk.secret",
            topic=Topic.RISK,
            path=file.path,
            line=line,
            end_line=line,
            severity=Severity.WARNING if is_in_tests else Severity.ERROR,
            confidence=0.4 if is_in_tests else 0.85,
            message="This looks like a secret; whoever can read the repository has it.",
            reason="Read it from the environment or a secret store, and replace it where it was already pushed.",
        )


def _looks_real(value: str) -> bool:
    """Tells whether a masked value is more than a placeholder, a word or an address."""
    if len(value) < MIN_CHARS or len(set(value)) < MIN_DIFFERENT_CHARS:
        return False
    if _PLACEHOLDER.search(value) or _ENDPOINT.match(value):
        return False
    has_digit, has_letter = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    return (has_digit and has_letter) or len(value) > 5 * MIN_CHARS


def _is_digest(value: str, line_before: str) -> bool:
    """Tells whether a value is the name of a commit or a checksum, and is called so."""
    return _DIGEST.fullmatch(value) is not None and _OF_DIGEST.search(line_before) is not None


def _is_example(path: PurePosixPath) -> bool:
    return any(part in ("tests", "test", "examples", "docs") for part in path.parts)
