"""The worker process of next edits: keeps the project's files, and answers what is changed next."""

from pathlib import Path
from typing import Any

from inkling.context.sources import Limits
from inkling.context.worker.child import Call, Worker
from inkling.core.snapshot import DocumentUri
from inkling.core.text import position_at
from inkling.engine.next_edit.garbage import collect_seldom
from inkling.engine.next_edit.prediction import predict, predict_group
from inkling.engine.next_edit.project import Project, ProjectScope
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.wire import pack_edit, pack_place, unpack_change

MB = 1024 * 1024


class NextEditWorker:
    """The handlers of the worker's calls and notices."""

    def __init__(self) -> None:
        self._project = Project()
        self._ranking = shipped_artifact().ranking
        self._worker = Worker(
            calls={"predict": self._predict, "group": self._predict_group},
            notices={
                "scope": self._take_scope,
                "document": self._take_document,
                "closed": self._take_closed,
                "files": self._take_files,
            },
            on_idle=self._project.take_news,
        )

    def serve(self) -> None:
        """Answers for ever."""
        self._worker.serve()

    def _take_scope(self, payload: tuple[tuple[str, ...], tuple[str, ...], int, int, int]) -> None:
        folders, exclude, n_files, n_mb, max_file_kb = payload
        self._project.open(
            ProjectScope(
                folders=tuple(Path(folder) for folder in folders),
                exclude=exclude,
                limits=Limits(n_files=n_files, size_bytes=n_mb * MB),
                max_file_kb=max_file_kb,
            )
        )

    def _take_document(self, payload: tuple[str, str | None, str]) -> None:
        uri, path, text = payload
        self._project.take_document(DocumentUri(uri), Path(path) if path is not None else None, text)

    def _take_closed(self, uri: str) -> None:
        self._project.close_document(DocumentUri(uri))

    def _take_files(self, paths: list[str]) -> None:
        self._project.files_changed(paths)

    def _predict(self, call: Call) -> tuple[list[Any], list[Any]]:
        """Returns the edits and the places, the likeliest first."""
        situation = self._situation(call.payload, is_for_group=False)
        if situation is None or call.is_cancelled():
            return [], []
        prediction = predict(situation, self._ranking, call.is_cancelled)
        return [pack_edit(edit) for edit in prediction.edits], [pack_place(place) for place in prediction.places]

    def _predict_group(self, call: Call) -> list[Any]:
        """Returns the edits of a group."""
        *question, group = call.payload
        situation = self._situation(question, is_for_group=True)
        if situation is None or call.is_cancelled():
            return []
        return [pack_edit(edit) for edit in predict_group(situation, self._ranking, group)]

    def _situation(self, question: Any, *, is_for_group: bool) -> Situation | None:
        uri, offset, history = question
        text = self._project.text_of(DocumentUri(uri))
        line = position_at(text, offset).line if text is not None else 0
        return self._project.situation(
            [unpack_change(packed) for packed in history], cursor=(DocumentUri(uri), line), is_for_group=is_for_group
        )


def main() -> None:
    """Runs the worker."""
    worker = NextEditWorker()
    collect_seldom()
    worker.serve()


if __name__ == "__main__":
    main()
