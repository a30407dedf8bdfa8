"""Whether rewritten lines are still what they were: statements, headers, arguments, or nothing by themselves."""

import pytest

from inkling.engine.next_edit.repeats.statement_syntax import stays_whole

WHOLE = [
    ("x = f(1)", "x = f(1, 2)"),
    ("    elif kind == 1:", "    elif kind is Kind.ONE:"),
    ("except OSError:", "except (OSError, ValueError):"),
    ("    name=object_name,", "    name=props.name,"),
    ("    timeout: float = 3,", "    timeout: float | None = 3,"),
    ("@cached", "@cached()"),
    ("    return fetch(", "    return await fetch("),
    ("if (:", "if not (:"),
    ("say('{}')", "say('{} {')"),
    ("pass", ""),
]
BROKEN = [
    ("x = f(1)", "x = f(1"),
    ("class Book(Model):", "class Book, Loan(Model):"),
    ("session.get(path.name)", "session.get(.name)"),
    ("kernel = numpy.full(3)", "kernel = numpy as np.full(3)"),
    ("    elif a:", "    elif:"),
    ("return a[", "return a"),
]


@pytest.mark.parametrize(("before", "after"), WHOLE)
def test_whole(before: str, after: str) -> None:
    assert stays_whole(before, after)


@pytest.mark.parametrize(("before", "after"), BROKEN)
def test_broken(before: str, after: str) -> None:
    assert not stays_whole(before, after)
