import random

from tests.unit.models.personal_rows import rejected, row

from inkling.core.events import JudgedSuggestion
from inkling.models.personal_drift import drift_report


def log(n: int, share: float, *, start: int = 0, **changes: object) -> list[JudgedSuggestion]:
    """Returns `n` judged suggestions of which about `share` was accepted."""
    chance = random.Random(start)
    return [
        row(number, **changes) if chance.random() < share else rejected(number, **(changes | {"kept": None}))
        for number in range(start, start + n)
    ]


def test_steady_habits_raise_no_alarm() -> None:
    report = drift_report(log(800, 0.4, kept=1.0))

    assert report.alarms == ()
    assert not any(change.is_certain for change in report.changes.values())
    assert report.changes["acceptance"].before.low <= 0.4 <= report.changes["acceptance"].before.high
    assert report.changes["kept"].recent.value == 1.0
    assert (report.n_before, report.n_recent) == (600, 200)


def test_shorter_texts_with_more_clicks_raise_the_alarm_in_words() -> None:
    rows = log(600, 0.3, n_chars=60, accepted_chars=60) + log(200, 0.6, start=600, n_chars=9, accepted_chars=9)

    report = drift_report(rows)

    assert any("shorter (60 characters before, 9 now)" in alarm for alarm in report.alarms)
    assert report.changes["n_chars"].is_certain


def test_more_clicks_of_which_less_is_kept_raise_the_alarm() -> None:
    report = drift_report(log(600, 0.3, kept=0.9) + log(200, 0.7, start=600, kept=0.2))

    assert any("less of it is kept (100% before, 0% now)" in alarm for alarm in report.alarms)


def test_shorter_texts_with_fewer_clicks_are_no_pitfall() -> None:
    report = drift_report(log(600, 0.6, n_chars=60) + log(200, 0.3, start=600, n_chars=9))

    assert not any("shorter" in alarm for alarm in report.alarms)


def test_probabilities_that_no_longer_fit_raise_the_alarm() -> None:
    report = drift_report(log(600, 0.4) + log(200, 0.02, start=600))

    assert any("probabilities are off" in alarm for alarm in report.alarms)


def test_survival_that_is_not_known_yet_is_left_out() -> None:
    report = drift_report(log(600, 0.4, kept=1.0) + log(200, 0.6, start=600))

    assert "kept" not in report.changes
    assert not any("kept" in alarm for alarm in report.alarms)


def test_short_logs_say_nothing() -> None:
    assert drift_report([]).changes == {}
    assert drift_report(log(100, 0.5)).alarms == ()
