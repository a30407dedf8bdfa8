"""`inkling telemetry` on a store on disk."""

import asyncio
import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.contract.telemetry import samples

from inkling.app.cli import main
from inkling.core.events import EventId, Feature, Outcome, OutcomeKind, Silence, Survival, SurvivalKind
from inkling.core.suggestion import Reason, SuggestionId, Trigger
from inkling.telemetry import EventStore
from inkling.telemetry.rows import SCHEMA_VERSION

NOW_MS = samples.NOW_MS
DAY_MS = 86_400_000
DECISION = replace(
    samples.DECISION,
    at_ms=NOW_MS - 20 * DAY_MS,
    features={"evidence": 0.25},
    path="größe.py",
    project="shop-3fa2c1",
    text="x = '😀'",
)
SILENCE = Silence(
    at_ms=NOW_MS - 19 * DAY_MS,
    feature=Feature.COMPLETION,
    trigger=Trigger.INVOKED,
    reason=Reason.NOT_WORTH_ASKING,
    path="a.py",
    line=0,
    latency_ms=2.0,
    project="shop-3fa2c1",
    probability=0.01,
    threshold=0.05,
    propensity=0.02,
)
OUTCOME = Outcome(
    event_id=EventId("e1"), suggestion_id=SuggestionId("s1"), kind=OutcomeKind.REJECTED, at_ms=NOW_MS - 20 * DAY_MS + 9
)
SURVIVAL = Survival(
    event_id=EventId("l1"),
    suggestion_id=SuggestionId("s1"),
    follows=OutcomeKind.REJECTED,
    at_ms=NOW_MS - 2 * DAY_MS,
    after_s=None,
    kind=SurvivalKind.DELETED,
    similarity=0.0,
)
NEWER = replace(DECISION, suggestion_id=SuggestionId("s2"), at_ms=NOW_MS - DAY_MS, text=None)


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def filled(data_dir: Path) -> Path:
    async def fill() -> None:
        store = await EventStore.open(data_dir)
        await store.record_decisions([DECISION, NEWER])
        await store.record_silence(SILENCE)
        await store.record_outcomes([OUTCOME])
        await store.record_survivals([SURVIVAL])
        await store.close()

    asyncio.run(fill())
    return data_dir


def run(*arguments: object, answer: str | None = None) -> Result:
    return CliRunner().invoke(main, ["telemetry", *map(str, arguments)], input=answer)


def n_rows(data_dir: Path) -> dict[str, int]:
    with closing(sqlite3.connect(data_dir / "events.db")) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("decisions", "silences", "outcomes", "survivals")
        }


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def write_lines(file: Path, rows: Sequence[object]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


@pytest.mark.parametrize("command", ["show", "export", "import", "delete"])
def test_each_command_explains_itself(command: str) -> None:
    assert run(command, "--help").exit_code == 0
    assert command in run("--help").output


def test_show_prints_rows_as_they_are_stored(filled: Path) -> None:
    shown = run("show")
    assert shown.exit_code == 0
    assert "x = '😀'" in shown.output
    assert [row.split()[1] for row in shown.output.splitlines() if row.startswith("event ")] == [
        "decision",
        "survival",
        "silence",
        "outcome",
        "decision",
    ]

    (newest,) = json.loads(run("show", "--limit", 1, "--json").output)
    assert newest["suggestion_id"] == "s2"
    assert newest["schema_version"] == SCHEMA_VERSION
    assert newest["features"] == '{"evidence":0.25}'


def test_show_says_that_there_is_nothing(data_dir: Path) -> None:
    assert run("show").exit_code == 1
    assert json.loads(run("show", "--json").output) == []


def test_what_is_exported_can_be_imported_elsewhere_and_twice(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, copy = tmp_path / "all.jsonl", tmp_path / "copy.jsonl"
    assert run("export", file, "--with-text").output == f"wrote 5 rows to {file}\n"
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path / "elsewhere"))

    first = run("import", file)
    assert first.exit_code == 0, first.output
    assert first.output.splitlines() == [
        "decision: 2 new, 0 known already",
        "silence: 1 new, 0 known already",
        "outcome: 1 new, 0 known already",
        "survival: 1 new, 0 known already",
    ]
    assert "decision: 0 new, 2 known already" in run("import", file).output
    assert "silence: 0 new, 1 known already" in run("import", file).output
    assert sum(n_rows(tmp_path / "elsewhere").values()) == 5
    run("export", copy, "--with-text")
    assert copy.read_bytes() == file.read_bytes()


def test_texts_are_exported_only_when_asked_for(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.jsonl"
    run("export", file)
    assert [row["text"] for row in lines(file) if row["event"] == "decision"] == [None, None]
    run("export", file, "--with-text")
    assert [row["text"] for row in lines(file) if row["event"] == "decision"] == ["x = '😀'", None]
    assert list(tmp_path.glob(".all*")) == []


@pytest.mark.parametrize("name", ["all.csv", "no/such/folder/all.jsonl"])
def test_a_file_that_cannot_be_written_is_explained(filled: Path, tmp_path: Path, name: str) -> None:
    result = run("export", tmp_path / name)

    assert result.exit_code == 2
    assert "all." in result.output


def test_without_pyarrow_the_command_that_installs_it_is_named(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python marks a module that must not be imported

    result = run("export", tmp_path / "all.parquet")

    assert result.exit_code == 2
    assert "pip install 'inkling-ls[export]'" in result.output
    assert list(tmp_path.iterdir()) == [filled]


def test_parquet_holds_the_same_rows(filled: Path, tmp_path: Path) -> None:
    import pyarrow.parquet

    run("export", tmp_path / "all.jsonl", "--with-text")
    result = run("export", tmp_path / "all.parquet", "--with-text")

    assert result.exit_code == 0, result.output
    rows = pyarrow.parquet.read_table(tmp_path / "all.parquet").to_pylist()
    expected = lines(tmp_path / "all.jsonl")
    assert [{column: row[column] for column in same} for row, same in zip(rows, expected, strict=True)] == expected


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "written by a newer Inkling"),
        ({"event": "praise"}, "event is 'praise'; known are decision"),
        ({"event": "praise", "schema_version": SCHEMA_VERSION + 1}, "written by a newer Inkling"),
        ({"schema_version": 0}, "schema_version is 0, not within 1 and"),
        ({"accepted_chars": -1}, "accepted_chars is -1, not within 0 and"),
        ({"event_id": "e" * 201}, "event_id is longer than 200 characters"),
        ({"kind": "praised"}, "kind is 'praised'; known are shown"),
        ({"at_ms": 1}, "before 2020"),
        ({"at_ms": NOW_MS + 3 * DAY_MS}, "more than a day from now"),
        ({"at_ms": "now"}, "at_ms is 'now', not an integer"),
        ({"at_ms": True}, "at_ms is True, not an integer"),
        ({"at_ms": 2**70}, "at_ms is too large"),
        ({"at_ms": None}, "at_ms is None"),
        ({"visible_ms": float("nan")}, "visible_ms is nan, not a finite number"),
        ({"event_id": ""}, "event_id is empty"),
        ({"event_id": "\ud800"}, "event_id holds a lone surrogate"),
        ({"mood": "good"}, "outcome rows have no mood"),
    ],
)
def test_nothing_of_a_file_with_a_wrong_row_is_imported(
    data_dir: Path, filled: Path, tmp_path: Path, change: dict[str, object], words: str
) -> None:
    run("export", tmp_path / "all.jsonl")
    rows = lines(tmp_path / "all.jsonl")
    wrong = {**next(row for row in rows if row["event"] == "outcome"), **change}
    fresh = {**rows[0], "suggestion_id": "fresh"}
    before = n_rows(filled)

    result = run("import", write_lines(tmp_path / "wrong.jsonl", [fresh, wrong]))

    assert result.exit_code == 2
    assert "wrong.jsonl, line 2: " in result.output
    assert words in result.output
    assert "Nothing was imported" in result.output
    assert n_rows(filled) == before


@pytest.mark.parametrize(
    ("event", "column", "value"),
    [
        ("decision", "propensity", 1e-300),
        ("decision", "propensity", 1.5),
        ("decision", "probability", -0.1),
        ("decision", "threshold", 2.0),
        ("decision", "latency_ms", -1.0),
        ("decision", "latency_ms", 1e300),
        ("decision", "n_chars", -4),
        ("decision", "line", -1),
        ("decision", "suggestion_id", "s" * 201),
        ("decision", "features", '{"evidence": 1e7}'),
        ("decision", "features", '{"evidence": NaN}'),
        ("decision", "features", "[]"),
        ("decision", "checked", "{}"),
        ("silence", "propensity", 1e-9),
        ("survival", "after_s", -5.0),
    ],
)
def test_values_that_no_inkling_writes_are_not_imported(
    data_dir: Path, filled: Path, tmp_path: Path, event: str, column: str, value: object
) -> None:
    run("export", tmp_path / "all.jsonl")
    row = next(row for row in lines(tmp_path / "all.jsonl") if row["event"] == event)

    result = run("import", write_lines(tmp_path / "wrong.jsonl", [{**row, column: value}]))

    assert result.exit_code == 2
    assert "wrong.jsonl, line 1: " in result.output
    assert column.removesuffix("s") in result.output


def test_what_exploring_little_in_both_stages_wrote_comes_back(data_dir: Path, filled: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "all.jsonl")
    row = {**lines(tmp_path / "all.jsonl")[0], "suggestion_id": "rare", "propensity": 0.001 * 0.001}

    result = run("import", write_lines(tmp_path / "rare.jsonl", [row]))

    assert result.output == "decision: 1 new, 0 known already\n"


@pytest.mark.parametrize("command", ["why", "stats", "model show", "report --json -", "replay --policy quiet"])
@pytest.mark.parametrize("features", ["no JSON", "[" * 100_000, '{"evidence": Infinity}'])
def test_a_row_with_broken_features_is_left_out(
    filled: Path, caplog: pytest.LogCaptureFixture, command: str, features: str
) -> None:
    with closing(sqlite3.connect(filled / "events.db")) as connection, connection:
        connection.execute("UPDATE decisions SET features = ? WHERE suggestion_id = 's2'", [features])

    result = CliRunner().invoke(main, command.split())

    assert result.exit_code in {0, 1}
    assert isinstance(result.exception, SystemExit | None)
    if command != "stats":
        assert "decision s2 is left out: features is not" in caplog.text


@pytest.mark.parametrize(("column", "value"), [("propensity", 1e-300), ("probability", 1e300), ("threshold", -1e300)])
@pytest.mark.parametrize("command", ["report --json -", "replay --policy quiet", "replay --policy debounce=+60"])
def test_a_row_with_absurd_numbers_in_the_store_harms_no_estimate(
    filled: Path, command: str, column: str, value: float
) -> None:
    with closing(sqlite3.connect(filled / "events.db")) as connection, connection:
        connection.execute(f"UPDATE decisions SET {column} = ? WHERE suggestion_id = 's2'", [value])  # noqa: S608

    result = CliRunner().invoke(main, command.split())

    assert result.exit_code in {0, 1}
    assert isinstance(result.exception, SystemExit | None)


@pytest.mark.parametrize(
    "content", [b"not json\n", b'"a string"\n', b"[1]\n", b"\xff\xfe\n", b'{"event": "decision"}\n', b"[" * 100_000]
)
def test_what_is_no_export_is_refused(data_dir: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "wrong.jsonl").write_bytes(content)

    result = run("import", tmp_path / "wrong.jsonl")

    assert result.exit_code == 2
    assert "wrong.jsonl, line 1: " in result.output


def test_a_missing_and_an_empty_file_are_told_apart(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n")

    assert run("import", tmp_path / "missing.jsonl").exit_code == 2
    assert run("import", tmp_path / "empty.jsonl").exit_code == 1


def test_rows_of_the_first_version_lack_what_was_added_later(data_dir: Path, filled: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "all.jsonl")
    old = {**lines(tmp_path / "all.jsonl")[0], "suggestion_id": "old", "schema_version": 1}
    for column in ("was_explored", "reported_at_ms", "text"):
        del old[column]

    result = run("import", write_lines(tmp_path / "old.jsonl", [old]))

    assert result.output == "decision: 1 new, 0 known already\n"


def test_rows_of_the_second_version_lack_the_project(data_dir: Path, filled: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "all.jsonl")
    decision, _, silence, *_ = lines(tmp_path / "all.jsonl")
    decision |= {"suggestion_id": "old", "schema_version": 2}
    silence |= {"schema_version": 2}
    for row, added in ((decision, ["project"]), (silence, ["project", "probability", "threshold", "propensity"])):
        for column in added:
            del row[column]

    result = run("import", write_lines(tmp_path / "old.jsonl", [decision, silence]))

    assert result.output == "decision: 1 new, 0 known already\nsilence: 1 new, 0 known already\n"
    again = run("import", tmp_path / "old.jsonl")
    assert again.output == "decision: 0 new, 1 known already\nsilence: 0 new, 1 known already\n"


@pytest.mark.parametrize("column", ["probability", "threshold", "propensity"])
def test_what_a_decision_needs_a_silence_may_lack(data_dir: Path, filled: Path, tmp_path: Path, column: str) -> None:
    run("export", tmp_path / "all.jsonl")
    decision, _, silence, *_ = lines(tmp_path / "all.jsonl")
    del decision[column]
    silence |= {"line": 7, column: None}

    assert run("import", write_lines(tmp_path / "silence.jsonl", [silence])).exit_code == 0
    refused = run("import", write_lines(tmp_path / "decision.jsonl", [decision]))
    assert refused.exit_code == 2
    assert f"decision rows need {column}" in refused.output


def test_secrets_of_an_imported_file_are_masked(data_dir: Path, filled: Path, tmp_path: Path) -> None:
    run("export", tmp_path / "all.jsonl")
    row = {**lines(tmp_path / "all.jsonl")[0], "suggestion_id": "new", "text": "password = 'hunter2'"}
    run("import", write_lines(tmp_path / "new.jsonl", [row]))

    assert b"hunter2" not in (filled / "events.db").read_bytes()


def test_parquet_comes_back(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("export", tmp_path / "all.jsonl", "--with-text")
    run("export", tmp_path / "all.parquet", "--with-text")
    monkeypatch.setenv("INKLING_DATA_DIR", str(tmp_path / "elsewhere"))

    result = run("import", tmp_path / "all.parquet")

    assert result.exit_code == 0, result.output
    assert n_rows(tmp_path / "elsewhere") == n_rows(filled)
    run("export", tmp_path / "again.jsonl", "--with-text")
    assert lines(tmp_path / "again.jsonl") == lines(tmp_path / "all.jsonl")


def test_a_wrong_row_of_parquet_and_a_wrong_file_are_named(filled: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    run("export", tmp_path / "all.parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "all.parquet").to_pylist()
    rows[1]["propensity"] = 1e-300
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "wrong.parquet")
    (tmp_path / "no.parquet").write_text("nothing of the kind")

    wrong = run("import", tmp_path / "wrong.parquet")
    assert wrong.exit_code == 2
    assert "wrong.parquet, row 2: propensity is 1e-300" in wrong.output
    assert run("import", tmp_path / "no.parquet").exit_code == 2
    assert run("import", tmp_path / "missing.parquet").exit_code == 2


def test_without_pyarrow_an_import_names_the_command_that_installs_it(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as Python marks a module that must not be imported

    result = run("import", tmp_path / "all.parquet")

    assert result.exit_code == 2
    assert "pip install 'inkling-ls[export]'" in result.output


@pytest.mark.parametrize("name", ["notes.jsonl", "notes.parquet"])
def test_an_export_replaces_an_export_and_nothing_else_unasked(filled: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("my notes\n")

    refused = run("export", file)
    assert refused.exit_code == 2
    assert "is no export of Inkling; choose another name, or give --force" in refused.output
    assert file.read_text() == "my notes\n"

    assert run("export", file, "--force").exit_code == 0
    assert run("export", file).exit_code == 0


def test_a_missing_folder_is_named(filled: Path, tmp_path: Path) -> None:
    result = run("export", tmp_path / "no" / "all.jsonl")

    assert result.exit_code == 2
    assert f"there is no folder {tmp_path / 'no'}" in result.output


def test_the_json_of_a_report_replaces_nothing_else_unasked(filled: Path, tmp_path: Path) -> None:
    file = tmp_path / "package.json"
    file.write_text('{"name": "mine"}')
    arguments = ["report", "--json", str(file)]

    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 2
    assert "is not the JSON of a report" in refused.output
    assert file.read_text() == '{"name": "mine"}'

    assert CliRunner().invoke(main, [*arguments, "--force"]).exit_code == 0
    assert CliRunner().invoke(main, arguments).exit_code == 0


def test_stats_tell_what_was_undone_with_the_accepts(data_dir: Path) -> None:
    async def fill() -> None:
        store = await EventStore.open(data_dir)
        for suggestion_id, kinds in (("a", ["accepted", "undone"]), ("b", ["accepted"])):
            decision = replace(samples.DECISION, suggestion_id=SuggestionId(suggestion_id))
            await store.record_decisions([decision])
            await store.record_outcomes(
                [
                    replace(
                        OUTCOME,
                        event_id=EventId(suggestion_id + kind),
                        suggestion_id=decision.suggestion_id,
                        kind=OutcomeKind(kind),
                        at_ms=NOW_MS,
                    )
                    for kind in kinds
                ]
            )
        await store.close()

    asyncio.run(fill())

    lines_of_stats = [line.split() for line in CliRunner().invoke(main, ["stats"]).output.splitlines()]
    assert ["accepted", "2", "(1", "undone)"] in lines_of_stats


def test_delete_before_a_day_takes_all_that_belongs_to_it(filled: Path) -> None:
    day = (datetime.now().astimezone() - timedelta(days=10)).strftime("%Y-%m-%d")

    assert run("delete", "--before", day, answer="n\n").exit_code == 1
    assert sum(n_rows(filled).values()) == 5
    result = run("delete", "--before", day, answer="y\n")

    assert result.exit_code == 0, result.output
    assert "deleted 4 rows; your model keeps what it learned, `inkling model reset`" in result.output
    # The look at s1 is two days old, and went with its decision.
    assert n_rows(filled) == {"decisions": 1, "silences": 0, "outcomes": 0, "survivals": 0}
    assert "größe" in json.loads(run("show", "--json").output)[0]["path"]


def test_delete_all_leaves_nothing_of_it_on_the_disk(filled: Path) -> None:
    aside = filled / "events.db.corrupt-20260101T000000"
    aside.write_bytes(b"damaged")
    (filled / "personal").mkdir()
    (filled / "personal" / "champion.json").write_text('{"project": "größe"}')

    result = run("delete", "--all", "--yes")

    assert result.output == "deleted 5 rows, and what was learned from them\n"
    assert not (filled / "personal" / "champion.json").exists()
    assert sum(n_rows(filled).values()) == 0
    assert not aside.exists()
    content = b"".join(file.read_bytes() for file in filled.rglob("*") if file.is_file())
    assert "größe".encode() not in content
    assert "😀".encode() not in content


async def test_an_open_window_forgets_all_that_was_deleted(filled: Path) -> None:
    window = await EventStore.open(filled)
    key_before = window.fingerprint("x")
    assert window.was_rejected(context_fingerprint="c", text_fingerprint="t")

    await asyncio.to_thread(run, "delete", "--all", "--yes")
    await window.record_outcomes([])
    # What is remembered is brought up to date after the answer; the next question on that thread comes later still.
    await window.forget_texts(0)

    assert window.fingerprint("x") != key_before
    assert not window.was_rejected(context_fingerprint="c", text_fingerprint="t")
    assert window.recent_outcomes() == ()
    await window.close()


async def test_an_open_window_forgets_what_was_deleted_and_nothing_else(filled: Path) -> None:
    window = await EventStore.open(filled)
    key_before = window.fingerprint("x")
    await window.record_decisions([replace(NEWER, suggestion_id=SuggestionId("s3"), context_fingerprint="c3")])
    rejected = replace(OUTCOME, event_id=EventId("e3"), suggestion_id=SuggestionId("s3"), at_ms=NOW_MS - DAY_MS)
    await window.record_outcomes([rejected])
    assert window.was_rejected(context_fingerprint="c", text_fingerprint="t")

    day = (datetime.now().astimezone() - timedelta(days=10)).strftime("%Y-%m-%d")
    await asyncio.to_thread(run, "delete", "--before", day, "--yes")
    await window.record_outcomes([])
    await window.forget_texts(0)

    assert window.fingerprint("x") == key_before
    assert not window.was_rejected(context_fingerprint="c", text_fingerprint="t")
    assert window.was_rejected(context_fingerprint="c3", text_fingerprint="t")
    assert window.recent_outcomes() == (False,)
    await window.close()


@pytest.mark.parametrize("arguments", [[], ["--all", "--before", "2026-01-01"], ["--before", "yesterday"]])
def test_delete_must_be_told_what(filled: Path, arguments: list[str]) -> None:
    assert run("delete", "--yes", *arguments).exit_code == 2
    assert sum(n_rows(filled).values()) == 5


def test_a_newer_store_is_left_alone(filled: Path) -> None:
    with closing(sqlite3.connect(filled / "events.db")) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    result = run("delete", "--all", "--yes")

    assert result.exit_code == 2
    assert "newer Inkling" in result.output
    assert sum(n_rows(filled).values()) == 5
