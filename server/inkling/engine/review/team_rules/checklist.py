"""The checklist file: what a team wants to be told of, in TOML."""

import re
import tomllib
from dataclasses import dataclass
from typing import Any, Final

from pathspec import GitIgnoreSpec

from inkling.core.errors import BadChecklistError
from inkling.core.review import Severity

CHECKLIST: Final = "inkling-review.toml"
_KEYS = frozenset({"id", "message", "pattern", "call", "needs", "ask", "paths", "severity", "reason"})
_LOOKS = ("pattern", "call", "needs", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRule:
    """One rule of a team; of `pattern`, `call`, `needs` and `ask` it has just one.

    Attributes:
        name: The rule's id, such as `no-print`.
        message: What the comment says.
        reason: Why; empty where the message says so.
        severity: How bad it is.
        paths: The files that it is about.
        pattern: What no changed line may have.
        call: The dotted name of a function that changed lines may not call.
        needs: Files of which one must change along with those of `paths`.
        ask: A question that only a language model can answer.
    """

    name: str
    message: str
    severity: Severity
    paths: GitIgnoreSpec
    reason: str = ""
    pattern: re.Pattern[str] | None = None
    call: str = ""
    needs: GitIgnoreSpec | None = None
    ask: str = ""


def read_checklist(text: str) -> tuple[TeamRule, ...]:
    """Returns the rules of a checklist.

    Raises:
        BadChecklistError: It is no TOML, or a rule says what no rule may say.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadChecklistError(f"{CHECKLIST} is no TOML: {error}.") from error
    rules = data.get("rule", [])
    if not isinstance(rules, list) or set(data) - {"rule"}:
        raise BadChecklistError(f"{CHECKLIST}: write each rule under [[rule]], and nothing else.")
    return tuple(_rule(number, said) for number, said in enumerate(rules, start=1))


def _rule(number: int, said: Any) -> TeamRule:
    where = f"{CHECKLIST}, rule {number}"
    if not isinstance(said, dict):
        raise BadChecklistError(f"{where}: write it under [[rule]].")
    where = f"{CHECKLIST}, rule {said.get('id', number)}"
    unknown = sorted(set(said) - _KEYS)
    if unknown:
        raise BadChecklistError(f"{where}: `{unknown[0]}` is not known; there are {', '.join(sorted(_KEYS))}.")
    if sum(key in said for key in _LOOKS) != 1:
        raise BadChecklistError(f"{where}: give one of `pattern`, `call`, `needs` and `ask`.")
    for key in ("id", "message"):
        if key not in said and not (key == "message" and "ask" in said):
            raise BadChecklistError(f"{where}: `{key}` is missing.")
    for key in set(said) - {"paths", "needs"}:
        if not isinstance(said[key], str):
            raise BadChecklistError(f"{where}: `{key}` must be a text.")
    try:
        severity = Severity(said.get("severity", "warning"))
        pattern = re.compile(said["pattern"]) if "pattern" in said else None
    except (ValueError, re.error) as error:
        raise BadChecklistError(f"{where}: {error}.") from error
    return TeamRule(
        name=said["id"],
        message=str(said.get("message", said.get("ask", ""))),
        severity=severity,
        paths=_paths(where, "paths", said.get("paths", ["*"])),
        reason=said.get("reason", ""),
        pattern=pattern,
        call=said.get("call", ""),
        needs=_paths(where, "needs", said["needs"]) if "needs" in said else None,
        ask=said.get("ask", ""),
    )


def _paths(where: str, key: str, said: Any) -> GitIgnoreSpec:
    if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
        raise BadChecklistError(f'{where}: `{key}` must be a list of patterns, such as ["src/**/*.py"].')
    return GitIgnoreSpec.from_lines(said)
