"""The worker process of next edits: keeps the project's files, and answers what is changed next."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from inkling.context.sources import Limits
from inkling.context.worker.child import Call, Worker
from inkling.core.snapshot import DocumentUri
from inkling.core.text import position_at
from inkling.engine.next_edit.garbage import collect_seldom
from inkling.engine.next_edit.imports.package_build import PackageScope
from inkling.engine.next_edit.imports.package_library import PackageLibrary
from inkling.engine.next_edit.prediction import predict, predict_group
from inkling.engine.next_edit.project import Project, ProjectScope
from inkling.engine.next_edit.ranking.artifact import shipped_artifact
from inkling.engine.next_edit.reading.meanings import Meanings, pack_inquiry
from inkling.engine.next_edit.situation import Situation
from inkling.engine.next_edit.wire import pack_edit, pack_place, unpack_change

MB = 1024 * 1024


class NextEditWorker:
    """The handlers of the worker's calls and notices."""

    def __init__(self) -> None:
        self._project = Project(PackageLibrary(self._tell_build))
        self._meanings = Meanings()
        self._ranking = shipped_artifact().ranking
        self._worker = Worker(
            calls={"predict": self._predict, "group": self._predict_group},
            notices={
                "scope": self._take_scope,
                "packages": self._take_packages,
                "document": self._take_document,
                "closed": self._take_closed,
                "files": self._take_files,
                "meanings": self._take_meanings,
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

    def _take_packages(self, payload: tuple[str, str | None]) -> None:
        cache_dir, interpreter = payload
        self._project.open_packages(PackageScope(cache_dir=cache_dir, interpreter=interpreter))

    def _tell_build(self, process_id: int) -> None:
        self._worker.emit("build", process_id)

    def _take_document(self, payload: tuple[str, str | None, str]) -> None:
        uri, path, text = payload
        self._project.take_document(DocumentUri(uri), Path(path) if path is not None else None, text)

    def _take_closed(self, uri: str) -> None:
        self._project.close_document(DocumentUri(uri))

    def _take_files(self, paths: list[str]) -> None:
        if not all(self._project.is_open(path) for path in paths):
            self._meanings.forget()
        self._project.files_changed(paths)

    def _take_meanings(self, payload: tuple[int, list[list[tuple[str, int, int]]]]) -> None:
        self._meanings.learn(*payload)

    def _predict(self, call: Call) -> tuple[list[Any], list[Any], list[Any]]:
        """Returns the edits and the places, the likeliest first, and what jedi is to be asked."""
        situation = self._situation(call.payload, is_for_group=False)
        if situation is None or call.is_cancelled():
            return [], [], []
        prediction = predict(situation, self._ranking, call.is_cancelled)
        return (
            [pack_edit(edit) for edit in prediction.edits],
            [pack_place(place) for place in prediction.places],
            [pack_inquiry(inquiry) for inquiry in self._meanings.take_wanted()],
        )

    def _predict_group(self, call: Call) -> tuple[list[Any], list[Any]]:
        """Returns the edits of a group, and what jedi is to be asked to know them all."""
        *question, group = call.payload
        situation = self._situation(question, is_for_group=True)
        if situation is None or call.is_cancelled():
            return [], []
        edits = predict_group(situation, self._ranking, group)
        return (
            [pack_edit(edit) for edit in edits],
            [pack_inquiry(inquiry) for inquiry in self._meanings.take_wanted()],
        )

    def _situation(self, question: Any, *, is_for_group: bool) -> Situation | None:
        uri, offset, history = question
        text = self._project.text_of(DocumentUri(uri))
        line = position_at(text, offset).line if text is not None else 0
        situation = self._project.situation(
            [unpack_change(packed) for packed in history], cursor=(DocumentUri(uri), line), is_for_group=is_for_group
        )
        self._meanings.take_wanted()  # a question that was cancelled wants nothing any more
        return None if situation is None else replace(situation, meanings=self._meanings)


def main() -> None:
    """Runs the worker."""
    worker = NextEditWorker()
    collect_seldom()
    worker.serve()


if __name__ == "__main__":
    main()
