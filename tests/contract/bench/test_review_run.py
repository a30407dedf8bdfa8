"""`inkling bench review` on pairs of one's own, in a real sandbox."""

import asyncio
import json
from pathlib import Path

from tests.sandboxes.backends import open_bubblewrap

from inkling.bench.review.benchmark import ReviewBenchOptions, run

BEFORE = '''def last(items: list[int]) -> int:
    """Return the last item, 0 for none."""
    return items[-1] if items else 0
'''


async def test_pairs_of_a_file_are_reviewed_and_judged(tmp_path: Path) -> None:
    await (await open_bubblewrap()).close()  # or the test is skipped
    same = BEFORE.replace("items[-1] if items else 0", "next(reversed(items), 0)")
    records = [
        {"id": "bug", "kind": "bug", "before": BEFORE, "after": BEFORE.replace(" if items else 0", "")},
        {"id": "same", "kind": "refactoring", "before": BEFORE, "after": same},
    ]
    pairs, written = tmp_path / "pairs.jsonl", tmp_path / "figures.json"
    pairs.write_text("\n".join(json.dumps({**record, "path": "last.py"}) for record in records))
    assert await asyncio.to_thread(run, ReviewBenchOptions(pairs=pairs, budget_s=120), written) == 0
    content = json.loads(written.read_text())
    assert content["n"] == 2
    values = {name: metric["value"] for name, metric in content["metrics"].items()}
    assert values["found"] == values["confirmed"] == values["lines_right"] == values["precision"] == 1
    assert values["false_claims"] == 0


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert run(ReviewBenchOptions(pairs=tmp_path / "missing.jsonl"), None) == 2
