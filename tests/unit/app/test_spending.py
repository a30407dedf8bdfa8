"""What `inkling stats` and `inkling doctor` say was spent."""

from inkling.app.spending import spending_lines, spent_in_sum
from inkling.llm.accounting import SpentOfDay, spent_in_words


def _day(day: str, purpose: str = "completion", cost: float = 0.0, n_estimated: int = 0) -> SpentOfDay:
    return SpentOfDay(
        day=day,
        purpose=purpose,
        model="coder",
        n_requests=1000,
        n_prompt_tokens=20_000,
        n_answer_tokens=500,
        n_estimated_tokens=n_estimated,
        cost=cost,
    )


def test_nothing_is_said_where_nothing_was_asked() -> None:
    assert spending_lines([]) == []


def test_days_are_added_up_for_each_purpose_and_model() -> None:
    sums = [_day("2031-01-02", cost=0.25), _day("2031-01-01", n_estimated=70), _day("2031-01-01", purpose="chat")]
    assert spending_lines(sums) == [
        "Asked of language models",
        "  chat with coder: 20,500 tokens in 1,000 requests",
        "  completion with coder: 41,000 tokens (70 of them estimated) in 2,000 requests, 0.2500 in the currency of "
        "inkling.model.prices",
    ]
    assert spent_in_sum([]) == "0 tokens in 0 requests"


def test_the_status_bar_gets_round_figures() -> None:
    assert spent_in_words(999, 0.5) == ""
    assert spent_in_words(1234, 0.0) == "; about 1,200 tokens today"
    assert spent_in_words(987_654, 1.005) == "; about 990,000 tokens, 1.00 today"
