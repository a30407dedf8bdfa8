"""With the default policy: a place where suggestions keep being passed over is at last not asked for."""

from tests.e2e.daemon.editor import BASKET, Editor

MAX_ASKED = 12


async def test_a_place_that_is_asked_again_and_again_falls_silent_but_answers_a_question(closed_editor: Editor) -> None:
    editor = closed_editor
    editor.settings = {**editor.settings, "gate": {"explore": 0}}
    await editor.start()
    await editor.wait_for_index()
    first = await editor.complete_marked("shop/basket.py", BASKET)
    assert first is not None

    for _ in range(MAX_ASKED):
        editor.change("shop/basket.py", "# below\n", (3, 0))
        if await editor.complete("shop/basket.py", 2, 16) is None:
            break

    latest = (await editor.why())[0]
    assert latest["reason"] == "not_worth_asking"
    assert latest["probability"] < latest["threshold"]
    (silence,) = editor.rows("SELECT * FROM silences WHERE reason = 'not_worth_asking'")
    assert silence["propensity"] == 0
    invoked = await editor.complete("shop/basket.py", 2, 16, is_invoked=True)
    assert invoked is not None
    assert invoked.insert_text == first.insert_text
    elsewhere = await editor.complete_marked("shop/other.py", BASKET)
    assert elsewhere is not None
