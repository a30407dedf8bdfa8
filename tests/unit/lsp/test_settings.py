"""A bad setting falls back alone, and is named."""

import pytest

from inkling.core.settings import CompletionSettings, GatePolicy, GateSettings, IndexSettings, Settings
from inkling.lsp.settings import read_settings


def test_nothing_and_an_empty_object_mean_the_defaults() -> None:
    assert read_settings(None) == (Settings(), [])
    assert read_settings({}) == (Settings(), [])


def test_good_settings_are_taken() -> None:
    settings, problems = read_settings(
        {
            "interpreter": "/usr/bin/python3",
            "completion": {"debounceMs": 100, "maxFileKb": 64},
            "gate": {"policy": "threshold", "loseAtMost": 0, "threshold": 1},
            "index": {"exclude": ["gen/**"], "includeEnvironment": False},
            "telemetry": {"storeText": True},
        }
    )
    assert problems == []
    assert settings.completion == CompletionSettings(debounce_ms=100, max_file_kb=64)
    assert settings.gate == GateSettings(policy=GatePolicy.THRESHOLD, lose_at_most=0.0, threshold=1.0)
    assert settings.index == IndexSettings(exclude=("gen/**",), include_environment=False)
    assert settings.telemetry.store_text


_POLICIES = 'must be one of "loseAtMost", "threshold", "eager", "balanced", "quiet"'


@pytest.mark.parametrize(
    ("raw", "path", "words"),
    [
        ({"gate": {"threshold": "high"}}, "inkling.gate.threshold", "must be of type number; 0.25 is used"),
        ({"gate": {"threshold": 1.5}}, "inkling.gate.threshold", "must be between 0.0 and 1.0"),
        ({"gate": {"threshold": True}}, "inkling.gate.threshold", "must be of type number"),
        ({"gate": {"threshold": float("nan")}}, "inkling.gate.threshold", "must be between"),
        ({"gate": {"policy": "loud"}}, "inkling.gate.policy", _POLICIES + '; "loseAtMost" is used'),
        ({"gate": {"policy": ["quiet"]}}, "inkling.gate.policy", _POLICIES),
        ({"gate": {"policy": "QUIET"}}, "inkling.gate.policy", _POLICIES),
        ({"gate": {"loseAtMost": 5}}, "inkling.gate.loseAtMost", "must be between 0.0 and 0.5; 0.05 is used"),
        ({"gate": []}, "inkling.gate", "is not an object"),
        ({"completion": {"enabled": 1}}, "inkling.completion.enabled", "must be of type boolean; true is used"),
        ({"completion": {"deadlineMs": 9.5}}, "inkling.completion.deadlineMs", "must be of type integer"),
        ({"completion": {"deadlineMs": 1}}, "inkling.completion.deadlineMs", "must be between 10 and 5000"),
        ({"index": {"exclude": "gen"}}, "inkling.index.exclude", "must be a list of strings; [] is used"),
        ({"index": {"exclude": [1]}}, "inkling.index.exclude", "must be a list of strings"),
        ({"interpreter": 3}, "inkling.interpreter", 'must be of type string; "" is used'),
        ({"compleetion": {}}, "inkling.compleetion", "is unknown and ignored"),
    ],
)
def test_a_bad_setting_falls_back_alone_and_is_named(raw: dict[str, object], path: str, words: str) -> None:
    settings, problems = read_settings({"telemetry": {"storeText": True}, **raw})
    assert [problem.path for problem in problems] == [path]
    assert words in problems[0].message
    assert settings.telemetry.store_text
    assert (settings.gate, settings.completion, settings.index) == (
        GateSettings(),
        CompletionSettings(),
        IndexSettings(),
    )


@pytest.mark.parametrize("raw", [[], "settings", 3])
def test_a_section_of_the_wrong_type_means_the_defaults(raw: object) -> None:
    settings, problems = read_settings(raw)
    assert settings == Settings()
    assert [problem.path for problem in problems] == ["inkling"]
