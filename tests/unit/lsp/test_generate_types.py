from pathlib import Path

import pytest

from inkling.lsp import generate_types


def test_the_committed_types_are_fresh() -> None:
    assert generate_types.main(["--check"]) == 0


def test_a_stale_file_is_told_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stale = tmp_path / "protocol.ts"
    stale.write_text("// old\n", encoding="utf-8")
    monkeypatch.setattr(generate_types, "TARGET", stale)
    assert generate_types.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().err
    assert stale.read_text(encoding="utf-8") == "// old\n"


def test_writing_makes_a_file_fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_types, "TARGET", tmp_path / "protocol.ts")
    assert generate_types.main([]) == 0
    assert generate_types.main(["--check"]) == 0


def test_fields_with_a_default_may_be_left_out_of_a_message() -> None:
    text = generate_types.generate()
    assert "  readonly eventId: string;\n" in text
    assert "  readonly visibleMs?: number | null;\n" in text


def test_a_type_without_a_counterpart_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be written"):
        generate_types._type(bytes)
