"""A wrong request is answered in words, with the names that the client knows."""

import pytest
from pygls.exceptions import JsonRpcInvalidParams

from inkling.lsp import from_lsp
from inkling.lsp.fix_messages import FixParams, RunTestsParams
from inkling.lsp.review_messages import CloseReviewCommentParams, ReviewParams


@pytest.mark.parametrize(
    ("wire_type", "raw", "words"),
    [
        (ReviewParams, None, "id is missing; folderUri is missing"),
        (
            ReviewParams,
            {"id": "r", "folderUri": "file:///p", "scope": "zzz"},
            "scope must be one of working_tree, staged, branch, range",
        ),
        (ReviewParams, {"id": "r", "folderUri": "file:///p", "budgetSeconds": "x"}, "budgetSeconds must be a number"),
        (
            CloseReviewCommentParams,
            {"reviewId": "r", "commentId": "c", "closing": "nonsense"},
            "closing must be one of dismissed, resolved, rule_silenced",
        ),
        (RunTestsParams, {"folderUri": "file:///p", "nodeIds": 3}, "nodeIds must be a list"),
        (
            FixParams,
            {"id": "f", "folderUri": "file:///p", "place": {"uri": "file:///p/a.py", "range": {"start": 1}}},
            "place.range.start",
        ),
        (ReviewParams, ["r"], "the parameters must be an object with named fields"),
    ],
)
def test_what_is_wrong_is_said(wire_type: type, raw: object, words: str) -> None:
    with pytest.raises(JsonRpcInvalidParams) as refused:
        from_lsp.params(wire_type, raw)
    assert words in str(refused.value)
    assert "typing" not in str(refused.value)
    assert "folder_uri" not in str(refused.value)
