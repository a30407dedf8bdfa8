"""What the ranking looks at: each patch and each list of patches as a few numbers that can be read."""

import ast
import contextlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inkling.core.repair import Patch
from inkling.core.suggestion import Source
from inkling.engine.judging.behaviour import Behaviours
from inkling.engine.judging.changes import (
    Part,
    constant_returns,
    constants_in,
    docstrings,
    names_in,
    unused_parameters,
    words_of,
)
from inkling.engine.judging.exchange import Observed
from inkling.engine.judging.integrity import constants_of_tests
from inkling.engine.judging.values import type_word

PATCH_FEATURES: Mapping[str, str] = {
    "log_position": "logarithm of 1 + its place in the order in which patches were found",
    "log_prior": "logarithm of its prior",
    "prior_share": "its prior divided by the largest one",
    "is_pair": "1 if it is made of two changes",
    "is_from_model": "1 if a language model made it",
    "log_change": "logarithm of 1 + characters removed and inserted",
    "growth": "characters of the changed statements with it, divided by those without, minus 1",
    "new_constants": "constants that it brings",
    "constants_of_tests": "of those, how many stand in the failing tests",
    "constant_returns": "returns of constants that it brings",
    "unused_parameters": "parameters that are no longer read with it",
    "names_gone": "names and attributes that it takes away",
    "names_new": "names and attributes that it brings",
    "names_described": "of those, how many are words of the docstring",
    "naturalness": "logarithm of how much likelier the text is with it to a language model of code, per token",
    "crash_share": "generated inputs that end with an exception or a time limit",
    "crashes_added": "the same, minus that share before the patch",
    "is_constant": "1 if all generated inputs give one value",
    "distinct_share": "different values among its answers, as a share of the answers",
    "share_as_original": "generated inputs on which it does what the program did before",
    "other_types": "answers of a kind that the tests compare with nothing of",
    "agreement": "prior weight of the patches that answer the same, on average over the inputs",
    "examples_broken": "examples in docstrings that it does not keep, as a share of them",
    "behaviour_share": "share of the patches that behave like it on all inputs",
    "behaviour_weight": "prior weight of those",
}
"""What each feature of a patch means; features of its kind, named `kind:` and the kind, come beside them."""

LIST_FEATURES: Mapping[str, str] = {
    "always": "1",
    "log_patches": "logarithm of the number of patches",
    "log_behaviours": "logarithm of the number of different behaviours",
    "best_agreement": "largest agreement of a patch",
    "best_weight": "prior weight of the likeliest behaviour",
    "best_log_prior": "logarithm of the largest prior",
    "least_change": "the smallest log_change of a patch",
    "share_of_pairs": "share of patches that are pairs",
    "log_tests": "logarithm of 1 + assertions in the failing tests",
    "n_inputs": "generated inputs that told something, in hundreds",
}
"""What speaks for or against that any patch in the list is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPatch:
    """A patch with what is needed to compute its features.

    Attributes:
        patch: The patch.
        parts: What it changes.
        naturalness: By how much the text is likelier with it, see `naturalness.Naturalness`.
    """

    patch: Patch
    parts: Sequence[Part]
    naturalness: float = 0.0


def patch_features(
    listed: Sequence[ListedPatch], behaviours: Behaviours, tests: Sequence[ast.AST]
) -> list[dict[str, float]]:
    """Returns the features of each patch of one list.

    Args:
        listed: The patches in the order in which they were found.
        behaviours: What they do, in the same order.
        tests: The definitions of the failing tests.
    """
    tested = constants_of_tests(tests)
    wanted = _wanted_types(tests)
    top_prior = max(item.patch.prior for item in listed)
    n_alike = Counter(behaviours.names)
    original_crashes = behaviours.crash_share(behaviours.compared.original)
    rows = []
    for position, (item, observed, name) in enumerate(
        zip(listed, behaviours.compared.patches, behaviours.names, strict=True)
    ):
        patch = item.patch
        row = {
            "log_position": math.log1p(position),
            "log_prior": math.log(max(patch.prior, 1e-9)),
            "prior_share": patch.prior / top_prior,
            "is_pair": float(patch.n_edits > 1),
            "is_from_model": float(patch.source is Source.MODEL),
            **_text_features(item.parts, tested),
            "naturalness": item.naturalness,
            "crash_share": behaviours.crash_share(observed),
            "crashes_added": behaviours.crash_share(observed) - original_crashes,
            "is_constant": float(behaviours.is_constant(observed)),
            "distinct_share": behaviours.share_of_distinct_values(observed),
            "share_as_original": behaviours.share_as_original(observed),
            "other_types": behaviours.share_of_other_types(observed, wanted),
            "agreement": behaviours.agreement(observed),
            "examples_broken": _share_broken(observed),
            "behaviour_share": n_alike[name] / len(listed),
            "behaviour_weight": behaviours.weight_by_name[name],
        }
        rows.append(row | {f"kind:{kind}": 1.0 for kind in patch.kind.split("+")})
    return rows


def _wanted_types(tests: Sequence[ast.AST]) -> frozenset[str]:
    """Returns the kinds of the literals that assertions compare with."""
    found = set()
    for test in tests:
        for node in ast.walk(test):
            if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare):
                for side in (node.test.left, *node.test.comparators):
                    with contextlib.suppress(ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
                        found.add(type_word(ast.literal_eval(side)))
    return frozenset(found)


def _share_broken(observed: Observed | None) -> float:
    n_examples = observed.n_examples_held + observed.n_examples_broken if observed else 0
    return observed.n_examples_broken / n_examples if observed and n_examples else 0.0


def list_features(
    rows: Sequence[Mapping[str, float]], behaviours: Behaviours, tests: Sequence[ast.AST]
) -> dict[str, float]:
    """Returns the features of a list from those of its patches."""
    n_assertions = sum(isinstance(node, ast.Assert) for test in tests for node in ast.walk(test))
    return {
        "always": 1.0,
        "log_patches": math.log(len(rows)),
        "log_behaviours": math.log(len(set(behaviours.names))),
        "best_agreement": max(row["agreement"] for row in rows),
        "best_weight": max(row["behaviour_weight"] for row in rows),
        "best_log_prior": max(row["log_prior"] for row in rows),
        "least_change": min(row["log_change"] for row in rows),
        "share_of_pairs": sum(row["is_pair"] for row in rows) / len(rows),
        "log_tests": math.log1p(n_assertions),
        "n_inputs": behaviours.n_inputs / 100,
    }


def _text_features(parts: Sequence[Part], tested: Counter[str]) -> dict[str, float]:
    features: Counter[str] = Counter()
    for part in parts:
        constants = constants_in(part.after) - constants_in(part.before)
        gone, new = names_in(part.before) - names_in(part.after), names_in(part.after) - names_in(part.before)
        described = words_of(docstrings(part.before))
        features["new_constants"] += sum(constants.values())
        features["constants_of_tests"] += sum(n for text, n in constants.items() if text in tested)
        features["constant_returns"] += sum((constant_returns(part.after) - constant_returns(part.before)).values())
        features["unused_parameters"] += unused_parameters(part.after) - unused_parameters(part.before)
        features["names_gone"] += sum(gone.values())
        features["names_new"] += sum(new.values())
        features["names_described"] += sum(name.lower().rstrip("s") in described for name in new)
    names = (
        "new_constants",
        "constants_of_tests",
        "constant_returns",
        "unused_parameters",
        "names_gone",
        "names_new",
        "names_described",
    )
    length_before = sum(part.length_before for part in parts)
    return {
        **{name: float(features[name]) for name in names},
        "log_change": math.log1p(sum(part.n_chars_changed for part in parts)),
        "growth": sum(part.length_after for part in parts) / max(1, length_before) - 1,
    }
