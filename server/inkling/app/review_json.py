"""A review for programs: JSON of our own, and SARIF.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; sections are named where they matter.
"""

from importlib.metadata import version
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from inkling.app.review_answer import ReviewAnswer
from inkling.core.repair import FileEdit
from inkling.core.review import ReviewComment
from inkling.core.text import position_at
from inkling.features.review import FoundComment, outcome_words

SARIF_VERSION: Final = "2.1.0"
SARIF_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT_KEY: Final = "inkling/v1"  # section 3.27.17 wants the version of how it is computed in the name
_ROOT: Final = "SRCROOT"


def review_json(answer: ReviewAnswer) -> dict[str, Any]:
    """Returns a review as `--format json` prints it; lines count from 1, offsets are code points from 0."""
    review = answer.review
    return {
        "reviewed": review.name,
        "message": outcome_words(review),
        "n_files": review.n_files,
        "comments": [_comment(answer, found) for found in review.shown],
        "folded": [_comment(answer, found) for found in review.folded],
        "n_beyond_max_comments": len(review.beyond),
        "n_dismissed": review.n_closed,
        "n_in_baseline": review.n_in_baseline,
        "n_seen_before": review.n_seen,
        "checked": list(review.checked),
        "unchecked": [{"what": each.what, "why": each.why} for each in review.unchecked],
        "seconds": round(review.seconds, 3),
    }


def _comment(answer: ReviewAnswer, found: FoundComment) -> dict[str, Any]:
    comment, shown = found.comment, found.comment.reproduction
    return {
        "fingerprint": found.fingerprint,
        "rule": comment.rule,
        "topic": comment.topic,
        "severity": comment.severity,
        "confidence": round(comment.confidence, 4),
        "path": answer.path(comment.path),
        "line": comment.line,
        "end_line": comment.end_line,
        "is_on_old_side": comment.is_on_old_side,
        "symbol": comment.symbol,
        "lines": list(found.lines),
        "message": comment.message,
        "reason": comment.reason,
        "claims_failure": comment.claims_failure,
        "confirmation": comment.confirmation,
        "reproduction": {
            "call": answer.masked(shown.call, comment),
            "before": answer.masked(shown.before, comment),
            "after": answer.masked(shown.after, comment),
            "test": answer.masked(shown.test, comment),
            "n_inputs": shown.n_inputs,
        }
        if shown is not None
        else None,
        "suggestion": [
            {
                "path": answer.path(each.path),
                "offset": each.edit.offset,
                "n_removed": each.edit.n_removed,
                "inserted": each.edit.inserted,
            }
            for each in comment.suggestion
            if _has_no_secret(answer, comment)
        ],
        "suggestion_diff": answer.suggestion_diff(comment),
        "also_at": [{"path": answer.path(path), "line": line} for path, line in comment.also_at],
        "source": comment.source,
    }


def review_sarif(answer: ReviewAnswer) -> dict[str, Any]:
    """Returns what is shown of a review as SARIF 2.1.0."""
    review = answer.review
    rules = sorted({found.comment.rule for found in review.shown})
    return {
        "$schema": SARIF_SCHEMA,
        "version": SARIF_VERSION,
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "inkling",
                        "version": version("inkling-ls"),
                        "rules": [{"id": rule, "name": _rule_name(rule)} for rule in rules],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "originalUriBaseIds": {_ROOT: {"description": {"text": "The top of the repository."}}},
                "invocations": [
                    {
                        "executionSuccessful": True,
                        "toolExecutionNotifications": [
                            {"level": "note", "message": {"text": f"Not checked: {each.what}: {each.why}"}}
                            for each in review.unchecked
                        ],
                    }
                ],
                "results": [_result(answer, found, rules) for found in review.shown],
            }
        ],
    }


def _result(answer: ReviewAnswer, found: FoundComment, rules: list[str]) -> dict[str, Any]:
    comment = found.comment
    first, last = answer.place(comment)
    result: dict[str, Any] = {
        "ruleId": comment.rule,
        "ruleIndex": rules.index(comment.rule),
        "level": comment.severity.value,  # they are named as in section 3.27.10
        "kind": "fail",
        "message": {"text": sarif_words(answer, comment)},
        "locations": [_location(answer, comment.path, first, last)],
        "partialFingerprints": {FINGERPRINT_KEY: found.fingerprint},
        "rank": round(100 * comment.confidence, 1),
        "properties": {"topic": comment.topic.value, "confirmation": comment.confirmation.value},
    }
    if comment.also_at:
        result["relatedLocations"] = [
            _location(answer, path, line, line) | {"id": number, "message": {"text": "The same here."}}
            for number, (path, line) in enumerate(comment.also_at)
        ]
    if changes := _artifact_changes(answer, comment):
        result["fixes"] = [{"description": {"text": "What would mend it."}, "artifactChanges": changes}]
    return result


def sarif_words(answer: ReviewAnswer, comment: ReviewComment) -> str:
    """Returns all that a comment says, in one text."""
    words = [comment.message, comment.reason]
    if comment.is_on_old_side:
        words.append(f"(before the change: line {comment.line})")
    if shown := comment.reproduction:
        words.append(f"{shown.call} {shown.before} before and {shown.after} now.")
    return answer.masked(" ".join(word for word in words if word), comment)


def _location(answer: ReviewAnswer, path: PurePosixPath, first: int, last: int) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(answer, path),
            "region": {"startLine": first, "endLine": last},
        }
    }


def _artifact(answer: ReviewAnswer, path: PurePosixPath) -> dict[str, str]:
    return {"uri": quote(answer.path(path), errors="replace"), "uriBaseId": _ROOT}


def _artifact_changes(answer: ReviewAnswer, comment: ReviewComment) -> list[dict[str, Any]]:
    """Returns a suggestion (section 3.55); nothing where a text is not known."""
    if not _has_no_secret(answer, comment):
        return []
    by_path: dict[PurePosixPath, list[FileEdit]] = {}
    for each in comment.suggestion:
        by_path.setdefault(each.path, []).append(each)
    changes = []
    for path, edits in by_path.items():
        text = answer.text(path)
        if text is None:
            return []
        changes.append(
            {
                "artifactLocation": _artifact(answer, path),
                "replacements": [
                    {"deletedRegion": _region(text, each), "insertedContent": {"text": each.edit.inserted}}
                    for each in edits
                ],
            }
        )
    return changes


def _has_no_secret(answer: ReviewAnswer, comment: ReviewComment) -> bool:
    """Tells whether a suggestion can be printed; one with a secret masked in it would mend nothing."""
    return all(answer.masked(each.edit.inserted, comment) == each.edit.inserted for each in comment.suggestion)


def _region(text: str, file_edit: FileEdit) -> dict[str, int]:
    """Returns a region (section 3.30); the end column is the one behind the last character."""
    start, end = position_at(text, file_edit.edit.offset), position_at(text, file_edit.edit.end)
    return {
        "startLine": start.line + 1,
        "startColumn": start.column + 1,
        "endLine": end.line + 1,
        "endColumn": end.column + 1,
    }


def _rule_name(rule: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in rule.replace(".", "-").replace("_", "-").split("-"))
