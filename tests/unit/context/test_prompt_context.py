import itertools
import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inkling.context.prompt_context import (
    ContextQuestion,
    Definition,
    NearbyDiagnostic,
    PromptContext,
    RecentEdit,
    SearchedDocument,
    SnippetKind,
    build,
    estimate_tokens,
    render_comment_block,
    render_for_chat,
)

IMPORTS = "import json\nfrom shop.orders import Order, find_order\n\n"
FILLER = "".join(f"def step_{k}(order):\n    return order.total * {k}\n\n\n" for k in range(200))
TARGET = "def print_invoice(order, customer):\n    address = customer.address\n    lines = order.lines\n    total = |\n"
SIMILAR = (
    "def print_receipt(order, customer):\n    address = customer.address\n    lines = order.lines\n"
    "    for line in lines:\n        print(line, address)\n"
)


def question_at(code: str, **parts: object) -> ContextQuestion:
    offset = code.index("|")
    return replace(
        ContextQuestion(text=code[:offset] + code[offset + 1 :], offset=offset, path="shop/invoice.py"),
        **parts,  # type: ignore[arg-type]  # the names are those of the fields
    )


def rich_question(code: str = IMPORTS + FILLER + TARGET + FILLER) -> ContextQuestion:
    return question_at(
        code,
        documents=(
            SearchedDocument.prepare("shop/receipt.py", SIMILAR),
            SearchedDocument.prepare("shop/other.py", "x = 1\n" * 40),
        ),
        edits=(
            RecentEdit(path="shop/tax.py", before="RATE = 0.19\n", after="RATE = 0.07\n"),
            RecentEdit(path="shop/mail.py", before="send(now)\n", after="send(later)\n"),
        ),
        definitions=(Definition(path="shop/orders.py", text="class Order:\n    lines: list[str]\n    owner: str"),),
        diagnostics=(NearbyDiagnostic(line=804, code="totl += 1", message="undefined name 'totl'"),),
    )


def kinds(context: PromptContext) -> list[SnippetKind]:
    return [snippet.kind for snippet in context.snippets]


def test_every_kind_of_snippet_finds_its_place_from_stable_to_changing() -> None:
    context = build(rich_question(), 2000)

    assert kinds(context) == [
        SnippetKind.IMPORTS,
        SnippetKind.SIMILAR,
        SnippetKind.DEFINITION,
        SnippetKind.EDIT,
        SnippetKind.EDIT,
        SnippetKind.DIAGNOSTIC,
    ]
    assert context.snippets[0].text.startswith("import json\nfrom shop.orders import Order, find_order")
    assert "print_receipt" in context.snippets[1].text
    assert context.snippets[4].text == "-RATE = 0.19\n+RATE = 0.07"
    assert context.snippets[5].text == "totl += 1  # undefined name 'totl'"


def test_text_around_the_cursor_is_cut_at_line_starts_and_the_prefix_gets_most() -> None:
    question = rich_question()

    context = build(question, 2000)

    before, after = question.text[: question.offset], question.text[question.offset :]
    assert before.endswith("\n" + context.prefix)
    assert after.startswith(context.suffix)
    assert context.suffix.endswith("\n")
    assert estimate_tokens(context.prefix) > estimate_tokens(context.suffix) > 200
    assert estimate_tokens(context.prefix) > 900


def test_a_document_that_fits_is_shown_as_it_is() -> None:
    question = question_at("import os\r\n\r\nprint(|)\r\n# größe 😀\r\n")

    context = build(question, 500)

    assert context.prefix + context.suffix == question.text
    assert context.snippets == ()


@pytest.mark.parametrize("code", ["|", "\n|", "x|", "x" * 5000 + "|" + "y" * 5000, "def f(:\n  |((", "😀" * 3000 + "|"])
def test_odd_documents(code: str) -> None:
    context = build(question_at(code), 200)

    question = question_at(code)
    assert question.text[: question.offset].endswith(context.prefix)
    assert question.text[question.offset :].startswith(context.suffix)
    assert context.n_tokens <= 200
    assert bool(context.prefix) == bool(question.offset)


TEXTS = st.text(st.sampled_from(string.ascii_letters[:6] + " \n\r\t=\"'#.()é😀\x0c"), max_size=600)


@settings(max_examples=200, deadline=None)
@given(
    text=TEXTS,
    share=st.floats(0, 1),
    other=TEXTS,
    edits=st.lists(st.tuples(TEXTS, TEXTS), max_size=3),
    budget=st.integers(0, 400),
    secret=st.sampled_from(["", 'password = "x"\n', "KEY = 'AKIAABCDEFGHIJKLMNOP'\n"]),
)
def test_the_budget_is_never_exceeded(
    text: str, share: float, other: str, edits: list[tuple[str, str]], budget: int, secret: str
) -> None:
    text = secret * 5 + text
    question = ContextQuestion(
        text=text,
        offset=int(share * len(text)),
        path="a.py",
        documents=(SearchedDocument.prepare("b.py", other + text),),
        edits=tuple(RecentEdit(path="c.py", before=before, after=after) for before, after in edits),
        definitions=(Definition(path="d.py", text=other),),
        diagnostics=(NearbyDiagnostic(line=1, code=other, message=other),),
    )

    context = build(question, budget)

    around = estimate_tokens(context.prefix) + estimate_tokens(context.suffix)
    assert context.n_tokens <= budget
    assert around + estimate_tokens(render_comment_block(context.snippets)) <= budget
    assert around + estimate_tokens(render_for_chat(context.snippets)) <= budget


@pytest.mark.parametrize("budget", [600, 1000, 2000, 4000])
def test_typing_ten_characters_leaves_the_beginning_of_the_prompt_as_it_was(budget: int) -> None:
    question = rich_question()
    prompts = []
    for n_typed in range(11):
        typed = "order.tota"[:n_typed]
        text = question.text[: question.offset] + typed + question.text[question.offset :]
        context = build(replace(question, text=text, offset=question.offset + n_typed), budget)
        prompts.append(render_comment_block(context.snippets) + context.prefix)

    for shorter, longer in itertools.pairwise(prompts):
        assert longer[:-1] == shorter


def test_the_place_where_the_prefix_is_cut_moves_seldom_while_lines_are_added() -> None:
    question = rich_question()
    text, offset = question.text, question.offset
    beginnings = []
    for _ in range(100):
        text, offset = text[:offset] + "total += 1\n    " + text[offset:], offset + 15
        context = build(replace(question, text=text, offset=offset), 2000)
        beginnings.append(context.prefix[:30])

    assert sum(one != other for one, other in itertools.pairwise(beginnings)) <= 16  # each eighth line of some 115


@pytest.mark.parametrize("budget", range(250, 1000, 50))
def test_what_a_small_document_leaves_to_snippets_changes_seldom(budget: int) -> None:
    question = question_at(
        TARGET,
        documents=tuple(
            SearchedDocument.prepare(f"receipt_{k}.py", SIMILAR.replace("line", f"line_{k}") + "x = 1\n" * k)
            for k in range(20)
        ),
    )
    blocks = []
    for n_typed in range(60):
        text = question.text[: question.offset] + "t" * n_typed + question.text[question.offset :]
        context = build(replace(question, text=text, offset=question.offset + n_typed), budget)
        blocks.append(render_comment_block(context.snippets))

    assert blocks[0]
    assert sum(one != other for one, other in itertools.pairwise(blocks)) <= 3


def test_what_stands_near_the_cursor_already_is_not_repeated() -> None:
    shown = SIMILAR + "\n\n" + TARGET
    question = question_at(
        shown,
        documents=(SearchedDocument.prepare("copy.py", SIMILAR),),
        definitions=(Definition(path="copy.py", text=SIMILAR),),
        edits=(RecentEdit(path="shop/invoice.py", before="", after=SIMILAR),),
    )

    assert build(question, 2000).snippets == ()


def test_a_snippet_that_the_longer_prefix_shows_is_dropped() -> None:
    question = question_at(
        SIMILAR + FILLER[:1500] + TARGET, definitions=(Definition(path="shop/invoice.py", text=SIMILAR),)
    )

    context = build(question, 1000)

    assert context.prefix == question.text[: question.offset]
    assert context.snippets == ()


def test_an_edit_whose_new_lines_are_shown_is_told_for_what_it_removed() -> None:
    question = question_at(
        "RATE = 0.07\n" + TARGET, edits=(RecentEdit(path="a.py", before="RATE = 0.19\n", after="RATE = 0.07\n"),)
    )

    assert [snippet.text for snippet in build(question, 500).snippets] == ["-RATE = 0.19\n+RATE = 0.07"]


def test_copies_in_two_documents_are_shown_once() -> None:
    copies = tuple(SearchedDocument.prepare(f"copy_{k}.py", SIMILAR) for k in range(3))

    assert len(build(question_at(TARGET, documents=copies), 2000).snippets) == 1


def test_only_imports_of_names_that_are_used_nearby_stay_where_all_are_too_many() -> None:
    imports = "".join(f"from package_{k} import thing_{k}\n" for k in range(100))
    question = question_at(imports + FILLER + "def use():\n    thing_42()\n    |\n")

    context = build(question, 1000)

    assert [snippet.text for snippet in context.snippets] == ["from package_42 import thing_42"]


@pytest.mark.parametrize("text", ["x = `a`\ny = ```b```", "plain = 1"])
def test_a_chat_message_fences_what_holds_fences_itself(text: str) -> None:
    question = question_at(TARGET, definitions=(Definition(path="a.py", text=text),))

    rendered = render_for_chat(build(question, 1000).snippets)

    lines = rendered.rstrip("\n").split("\n")
    fence = lines[-1]
    assert set(fence) == {"`"}
    assert lines[0] == "Defined in a.py:"
    assert lines[1] == fence + "python"
    assert fence not in text


def test_comments_name_the_path_and_never_become_code() -> None:
    question = question_at(TARGET, definitions=(Definition(path="a.py", text='class A:\r\n    """\r\n\r\n    B."""'),))

    block = render_comment_block(build(question, 1000).snippets)

    assert block == '# defined in a.py:\n# class A:\n#     """\n#\n#     B."""\n'
