import asyncio

from inkling.engine.review.turns import FirstTurn


async def test_who_waits_comes_after_all_that_are_under_way() -> None:
    turn = FirstTurn()
    await turn.wait_until_over()
    with turn.taken():
        waiting = asyncio.ensure_future(turn.wait_until_over())
        with turn.taken():
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    await waiting
