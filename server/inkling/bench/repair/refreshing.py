"""Lists that were kept before the ranking looked at something: what the texts alone tell is added to them."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace

from inkling.bench.repair.one import written
from inkling.bench.repair.records import FoundPatches
from inkling.bench.repair.tasks import RepairTask
from inkling.engine.judging.naturalness import least_gain, workspace_naturalness


def refreshed(record: FoundPatches, tasks: Mapping[str, RepairTask]) -> FoundPatches:
    """Returns a list with the naturalness of its patches, where the bug is known and it is missing."""
    task = tasks.get(record.task_id)
    if task is None or not record.rows or all("naturalness" in row for row in record.rows):
        return record
    with tempfile.TemporaryDirectory(prefix="inkling-bench-") as name:
        view = written(task, name)
        patches = [record.patches[place] for place in record.compared]
        model = workspace_naturalness(view, {edit.path for patch in patches for edit in patch.edits})
        rows = [
            {**row, "naturalness": least_gain(view, patch, model)}
            for row, patch in zip(record.rows, patches, strict=True)
        ]
    return replace(record, rows=rows)
