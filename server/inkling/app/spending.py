"""What was asked of language models, and what it cost: for `inkling stats` and `inkling doctor`."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

from inkling.llm.accounting import FILE_NAME, SpentOfDay, TokenAccount, today


def read_spending(data_dir: Path, days: int) -> list[SpentOfDay]:
    """Returns the sums of the last days, the latest first; makes no database where there is none."""
    if not (data_dir / FILE_NAME).is_file():
        return []
    since = (date.fromisoformat(today()) - timedelta(days=days - 1)).isoformat()
    return [sums for sums in asyncio.run(_all(data_dir)) if sums.day >= since]


def spending_lines(sums: Iterable[SpentOfDay]) -> list[str]:
    """Returns the sums as lines for a terminal, one for each purpose and model; none where nothing was asked."""
    groups: dict[tuple[str, str], list[SpentOfDay]] = {}
    for of_day in sums:
        groups.setdefault((of_day.purpose, of_day.model), []).append(of_day)
    lines = [f"  {purpose} with {model}: {spent_in_sum(group)}" for (purpose, model), group in sorted(groups.items())]
    return ["Asked of language models", *lines] if lines else []


def spent_in_sum(sums: Iterable[SpentOfDay]) -> str:
    """Returns tokens, requests and cost of some sums together, in words."""
    sums = list(sums)
    n_tokens = sum(each.n_prompt_tokens + each.n_answer_tokens for each in sums)
    n_requests = sum(each.n_requests for each in sums)
    n_estimated = sum(each.n_estimated_tokens for each in sums)
    cost = sum(each.cost for each in sums)
    estimated = f" ({n_estimated:,} of them estimated)" if n_estimated else ""
    money = f", {cost:,.4f} in the currency of inkling.model.prices" if cost else ""
    return f"{n_tokens:,} tokens{estimated} in {n_requests:,} requests{money}"


def spending_json(sums: Iterable[SpentOfDay]) -> list[dict[str, object]]:
    """Returns the sums as `--json` prints them."""
    return [asdict(of_day) for of_day in sums]


async def _all(data_dir: Path) -> list[SpentOfDay]:
    account = TokenAccount(data_dir)
    try:
        return await account.days()
    finally:
        await account.close()
