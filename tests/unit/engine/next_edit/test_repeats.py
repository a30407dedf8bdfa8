"""Rewrites of one place proposed for others: the refactorings that developers do line by line."""

import pytest
from tests.unit.engine.next_edit.repeated_edits import MAIN, Edit, proposed, results, situation_after

from inkling.core.next_edit import EditKind
from inkling.core.snapshot import DocumentUri
from inkling.engine.next_edit.repeats.block_repeats import propose_block_repeats
from inkling.engine.next_edit.repeats.proposer import propose_repeats

# Each: what stands elsewhere, the old and the new line of one edit, and what the other line must become.
ONE_EXAMPLE = {
    "another name for an attribute": (
        "if ismock(self.object) and not docs:",
        "    names = dir(self.object)",
        "    names = dir(self.props.obj)",
        "if ismock(self.props.obj) and not docs:",
    ),
    "a keyword argument at the end of a call": (
        "rows = fetch(connection, limit=5)",
        "pages = fetch(session)",
        "pages = fetch(session, timeout=10)",
        "rows = fetch(connection, limit=5, timeout=10)",
    ),
    "a keyword argument at the end of a call over several lines": (
        "rows = fetch(\n    connection,\n    limit=5\n)",
        "pages = fetch(session)",
        "pages = fetch(session, timeout=10)",
        "rows = fetch(\n    connection,\n    limit=5,\n    timeout=10\n)",
    ),
    "a keyword argument at the end of a call whose last argument has a comma": (
        "rows = fetch(\n    connection,\n    limit=5,\n)",
        "pages = fetch(session)",
        "pages = fetch(session, timeout=10)",
        "rows = fetch(\n    connection,\n    limit=5,\n    timeout=10,\n)",
    ),
    "the first argument of a call": (
        "rows = fetch(\n    connection,\n    limit=5,\n)",
        "pages = fetch(session)",
        "pages = fetch(loop, session)",
        "rows = fetch(\n    loop,\n    connection,\n    limit=5,\n)",
    ),
    "an argument that goes": (
        "b = np.sum(weights[mask], keepdims=True)",
        "a = np.sum(values, keepdims=True)",
        "a = np.sum(values)",
        "b = np.sum(weights[mask])",
    ),
    "a method of unittest as an assert": (
        "self.assertEqual(cart.total(), price(3, 'x'))",
        "self.assertEqual(len(cart), 2)",
        "assert len(cart) == 2",
        "assert cart.total() == price(3, 'x')",
    ),
    "a deprecated function of another module": (
        "y = numpy.product(b)",
        "x = numpy.product(a)",
        "x = math.prod(a)",
        "y = math.prod(b)",
    ),
    "an annotation of a parameter": (
        "def load(path: str, timeout: int) -> None:",
        "def save(timeout: int) -> None:",
        "def save(timeout: float) -> None:",
        "def load(path: str, timeout: float) -> None:",
    ),
    "a prefix of a call": (
        "rows = [fetch(url) for url in urls]",
        "page = fetch(start)",
        "page = await fetch(start)",
        "rows = [await fetch(url) for url in urls]",
    ),
    "a comparison": (
        "while kind(node) == 'leaf':",
        "if kind(root) == 'leaf':",
        "if kind(root) is Kind.LEAF:",
        "while kind(node) is Kind.LEAF:",
    ),
}


@pytest.mark.parametrize("case", ONE_EXAMPLE.values(), ids=ONE_EXAMPLE)
def test_what_one_edit_did_is_done_elsewhere(case: tuple[str, str, str, str]) -> None:
    other, old, new, expected = case
    situation = situation_after(f"{old}\n\n{other}\n", Edit(old, new))

    assert (other, expected) in results(situation, propose_repeats(situation))


def test_an_argument_on_a_line_of_its_own_is_added_to_calls_in_one_line() -> None:
    situation = situation_after(
        """
        pages = fetch(
            session,
            limit=5,
        )
        rows = fetch(connection)
        """,
        Edit("", "    timeout=10,", after="    limit=5,"),
    )
    assert ("rows = fetch(connection)", "rows = fetch(connection, timeout=10)") in results(
        situation, propose_repeats(situation)
    )


def test_several_uses_in_one_statement_are_one_proposal() -> None:
    situation = situation_after(
        """
        total = order.price
        label = f"{order.price} of {limit(order.price)}"
        """,
        Edit("total = order.price", "total = order.gross_price"),
    )
    (candidate,) = proposed(propose_repeats, situation)

    assert candidate.inserted == ('label = f"{order.gross_price} of {limit(order.gross_price)}"',)
    assert (candidate.kind, candidate.words) == (EditKind.REPEAT, "`price` became `gross_price`")


def test_uses_on_consecutive_lines_are_proposed_together_and_alone() -> None:
    situation = situation_after(
        """
        a = cache.fetch(1)
        if a:
            b = cache.fetch(2)
            c = cache.fetch(3)
        """,
        Edit("a = cache.fetch(1)", "a = cache.load(1)"),
    )
    places = {(c.first_line, c.end_line) for c in propose_repeats(situation)}

    assert places == {(2, 3), (3, 4), (2, 4)}


def test_all_places_of_one_cause_are_one_group_the_nearest_first() -> None:
    other = DocumentUri("file:///shop/other.py")
    text = """
    def first():
        return client.get_all()

    def second():
        a = client.get_all()
        b = 1
        c = client.get_all()

    def third():
        return client.get_all()
    """
    situation = situation_after(
        {other: "x = client.get_all()", MAIN: text},
        Edit("    a = client.get_all()", "    a = client.all()"),
    )
    candidates = list(propose_repeats(situation))

    assert [(c.uri, c.first_line) for c in candidates] == [(MAIN, 6), (MAIN, 9), (MAIN, 1), (other, 0)]
    assert len({c.group for c in candidates}) == 1


def test_two_edits_of_one_kind_count_as_support() -> None:
    situation = situation_after(
        """
        a = load(path_a)
        b = load(path_b)
        c = load(path_c)
        """,
        Edit("a = load(path_a)", "a = load(path_a, strict=True)"),
        Edit("b = load(path_b)", "b = load(path_b, strict=True)"),
    )
    best = max(propose_repeats(situation), key=lambda c: c.grounds.support)

    assert best.inserted == ("c = load(path_c, strict=True)",)
    assert (best.grounds.support, best.grounds.age, best.grounds.certainty) == (2, 0, 0.5)
    assert best.words.endswith("2 times")


def test_of_several_uses_in_a_statement_those_like_the_example_are_changed() -> None:
    situation = situation_after(
        """
        for index, rate in enumerate(rates):
            pass
        rates = tile(sort(rates)[::-1], 2)
        """,
        Edit("for index, rate in enumerate(rates):", "for index, rate in enumerate(self._rates):"),
    )
    (candidate,) = propose_repeats(situation)

    assert candidate.inserted == ("rates = tile(sort(self._rates)[::-1], 2)",)


# What two edits of the same shape tell together, though each alone could mean many things.
TWO_EXAMPLES = {
    "a getter as an attribute": (
        [("a = user['name']", "a = user.name"), ("b = order['price']", "b = order.price")],
        None,
        None,
    ),
    "a text that gets a beginning": (
        [('a = get("/users")', 'a = get("/api/users")'), ('b = get("/teams/all")', 'b = get("/api/teams/all")')],
        'c = get("/clubs")',
        'c = get("/api/clubs")',
    ),
    "a part of a text that becomes an argument": (
        [
            ('a = tr("menu.open")', 'a = tr("open", scope="menu")'),
            ('b = tr("menu.shut")', 'b = tr("shut", scope="menu")'),
        ],
        'c = tr("menu.save_as")',
        'c = tr("save_as", scope="menu")',
    ),
    "names as keyword arguments": (
        [("move(left)", "move(left=left)"), ("move(right)", "move(right=right)")],
        "move(up)",
        "move(up=up)",
    ),
    "a check as an exception with the name": (
        [
            ("require(host)", "host = required(host, 'host')"),
            ("require(port)", "port = required(port, 'port')"),
        ],
        "require(user)",
        "user = required(user, 'user')",
    ),
    "a literal as a member": (
        [("if mode == 'read':", "if mode is Mode.read:"), ("if mode == 'write':", "if mode is Mode.write:")],
        "elif mode == 'append':",
        "elif mode is Mode.append:",
    ),
    "a comparison with a constant": (
        [("if node.parent == None:", "if node.parent is None:"), ("if root == None:", "if root is None:")],
        "leaf = children == None or empty",
        "leaf = children is None or empty",
    ),
    "what tests return": (
        [
            ("def test_spaces():", "def test_spaces() -> None:"),
            ("def test_umlauts():", "def test_umlauts() -> None:"),
        ],
        "def test_empty():",
        "def test_empty() -> None:",
    ),
    "a formatted string of other words": (
        [
            ('return "Hello, %s" % user', 'return f"Hello, {user}"'),
            ('return "Goodbye, %s" % user', 'return f"Goodbye, {user}"'),
        ],
        'return "Do not forget: %s" % task.title',
        'return f"Do not forget: {task.title}"',
    ),
    "a formatted string": (
        [
            ('log("%s is late" % name)', 'log(f"{name} is late")'),
            ('log("%s is late" % task.title)', 'log(f"{task.title} is late")'),
        ],
        'log("%s is late" % find(1, 2))',
        'log(f"{find(1, 2)} is late")',
    ),
}


@pytest.mark.parametrize("case", TWO_EXAMPLES.values(), ids=TWO_EXAMPLES)
def test_two_edits_are_generalised(case: tuple[list[tuple[str, str]], str | None, str | None]) -> None:
    edits, other, expected = case
    text = "\n".join([*(old for old, _ in edits), other or "nothing = 1"])
    situation = situation_after(text, *(Edit(old, new) for old, new in edits))
    found = results(situation, propose_repeats(situation))

    if other is None:
        assert not found
    else:
        assert (other, expected) in found


def test_a_statement_of_common_words_is_generalised_to_names_of_the_same_kind() -> None:
    situation = situation_after(
        """
        def test_spaces():
            pass
        def test_umlauts():
            pass
        def test_empty():
            pass
        def make_user():
            pass
        """,
        Edit("def test_spaces():", "def test_spaces() -> None:"),
        Edit("def test_umlauts():", "def test_umlauts() -> None:"),
    )
    assert {c.inserted for c in propose_repeats(situation)} == {("def test_empty() -> None:",)}


def test_an_argument_that_is_added_to_calls_is_no_parameter_of_definitions() -> None:
    situation = situation_after(
        "with open(path) as a:\n    pass\ndef load(path):\n    with open(path) as b:\n        pass",
        Edit("with open(path) as a:", "with open(path, encoding='utf-8') as a:"),
    )
    assert {c.inserted for c in propose_repeats(situation)} == {("    with open(path, encoding='utf-8') as b:",)}


def test_what_the_pattern_made_itself_is_not_rewritten_again() -> None:
    situation = situation_after(
        "self.counts.pop(1)\n\nself.counts.pop(2)\n\nself.counts.clear()",
        Edit("self.counts.pop(1)", "with self.lock:\n    self.counts.pop(1)"),
        Edit("self.counts.pop(2)", "with self.lock:\n    self.counts.pop(2)"),
    )
    candidates = [*propose_repeats(situation), *propose_block_repeats(situation)]

    assert {c.inserted for c in candidates} == {("with self.lock:", "    self.counts.clear()")}


def test_nothing_is_proposed_that_would_break_a_statement() -> None:
    situation = situation_after(
        "def check(session):\n    return 1\nclass Book(Model):\n    pass\nadmin.register(Book)\n",
        Edit("admin.register(Book)", "admin.register(Book, Loan)"),
    )
    assert not [c for c in propose_repeats(situation) if "class" in c.inserted[0] or "def" in c.inserted[0]]


SILENT = {
    "a name that was changed once where another may be meant": (
        "def f(size):\n    return size\n\ndef g(size):\n    use(size)",
        "    return size",
        "    return n_pages",
    ),
    "a number": ("x = 1\n\ny = 1\n", "x = 1", "x = 2"),
    "a keyword": ("if a:\n    pass\nif b:\n    pass", "if a:", "while a:"),
    "a short name": ("i = 0\nprint(i)\n", "i = 0", "j = 0"),
    "a line written anew": ("result = compute(1)\n\nresult = compute(2)", "result = compute(1)", "raise ValueError"),
    "white space": ("a = load(1)\n\nb = load(2)", "a = load(1)", "a  =  load( 1 )"),
    "an attribute of the same name": ("price = 1\nuse(order.price)\n", "price = 1", "gross_price = 1"),
    "what is done there already": ("a = load(x)\nb = load(y, strict=True)", "a = load(x)", "a = load(x, strict=True)"),
    "the whole file": ("", "", ""),
}


@pytest.mark.parametrize("case", SILENT.values(), ids=SILENT)
def test_silent_where_the_pattern_says_too_little(case: tuple[str, str, str]) -> None:
    text, old, new = case
    situation = situation_after(text or "pass", Edit(old or "pass", new))

    assert not list(propose_repeats(situation))


def test_lines_that_came_with_the_edit_are_left_alone() -> None:
    situation = situation_after(
        "old_client.send(1)\n",
        Edit("old_client.send(1)", "client = wrap(old_client)\nclient.send(1)"),
    )
    assert not list(propose_repeats(situation))


def test_different_edits_of_one_line_are_proposed_together() -> None:
    situation = situation_after(
        """
        from text import append_epilog
        from text import prepend_prolog
        from text import append_epilog, prepend_prolog
        """,
        Edit("from text import append_epilog", "from text import append_epilogue"),
        Edit("from text import prepend_prolog", "from text import prepend_prologue"),
    )
    found = results(situation, propose_repeats(situation))

    assert (
        "from text import append_epilog, prepend_prolog",
        "from text import append_epilogue, prepend_prologue",
    ) in found


def test_line_breaks_that_a_formatter_added_are_not_repeated() -> None:
    situation = situation_after(
        """
        send(first, urgent=True)
        if later:
            send(second, urgent=True)
        """,
        Edit("send(first, urgent=True)", "send(\n    first, priority=Priority.HIGH\n)"),
    )
    found = results(situation, propose_repeats(situation))

    assert (
        "send(second, urgent=True)",
        "send(second, priority=Priority.HIGH)",
    ) in found


def test_long_lines_and_many_uses_stay_bounded() -> None:
    many = "\n".join(f"value_{number} = settings.timeout" for number in range(5000))
    minified = "x = [" + "timeout, " * 20_000 + "]"
    situation = situation_after(
        f"wait(settings.timeout)\n{minified}\n{many}",
        Edit("wait(settings.timeout)", "wait(settings.timeout_s)"),
    )
    assert 0 < len(list(propose_repeats(situation))) <= 300


def test_text_beyond_the_basic_plane_and_broken_code() -> None:
    situation = situation_after(
        "say('🛒 😀', colour='red')\nif (:\n    say('😀 ü', colour='red')",
        Edit("say('🛒 😀', colour='red')", "say('🛒 😀', style='red')"),
    )
    assert ("say('😀 ü', colour='red')", "say('😀 ü', style='red')") in results(situation, propose_repeats(situation))


def test_lines_that_an_edit_adds_are_indented_as_the_place_asks() -> None:
    situation = situation_after(
        """
        def first():
            return fetch(1)

        def second():
            if ready:
                return fetch(2)
        """,
        Edit("    return fetch(1)", "    with lock:\n        return fetch(1)"),
    )
    (candidate,) = propose_repeats(situation)

    assert candidate.inserted == ("        with lock:", "            return fetch(2)")


def test_comments_and_docstrings_are_one_thing_and_code_another() -> None:
    text = '''
    def f():
        """Sends by fast_client.send at once.

        Never fast_client.send twice.
        """
        # fast_client.send may fail
        return fast_client.send(1)

    other = fast_client.send(2)
    '''
    code = situation_after(text, Edit("other = fast_client.send(2)", "other = fast_client.post(2)"))
    prose = situation_after(
        text,
        Edit("    # fast_client.send may fail", "    # fast_client.post may fail"),
        Edit("    Never fast_client.send twice.", "    Never fast_client.post twice."),
    )

    assert [c.first_line for c in propose_repeats(code) if c.end_line == c.first_line + 1] == [6]
    assert {c.first_line for c in propose_repeats(prose)} == {1}


def test_what_was_done_twice_in_one_statement_is_done_where_it_stands_once() -> None:
    situation = situation_after(
        "def f(a: Optional[int], b: Optional[str]): ...\ndef g(path: Optional[Path]): ...\n",
        Edit("def f(a: Optional[int], b: Optional[str]): ...", "def f(a: int | None, b: str | None): ..."),
    )
    (candidate,) = proposed(propose_repeats, situation)

    assert candidate.inserted == ("def g(path: Path | None): ...",)
    assert candidate.words == "`Optional[…]` became `… | None`, 2 times"
    assert candidate.grounds.certainty == 0.5


def test_what_was_done_to_several_items_is_done_to_one() -> None:
    situation = situation_after(
        "rows = [load(a.path), load(b.path)]\nrow = load(last.path)\n",
        Edit("rows = [load(a.path), load(b.path)]", "rows = [read(a), read(b)]"),
    )
    (candidate, *_) = proposed(propose_repeats, situation)

    assert candidate.inserted == ("row = read(last)",)
    assert candidate.grounds.certainty == 0.5


def test_a_name_that_was_changed_twice_in_one_statement_was_changed_once() -> None:
    situation = situation_after(
        """
        total = order.price + order.price
        label = order.price
        """,
        Edit("total = order.price + order.price", "total = order.cost + order.cost"),
    )
    (candidate,) = proposed(propose_repeats, situation)

    assert candidate.words == "`price` became `cost`"


def test_a_place_between_two_examples_was_passed_over() -> None:
    situation = situation_after(
        """
        a = np.float(1)
        b = np.float(2)
        c = np.float(3)
        d = np.float(4)
        """,
        Edit("a = np.float(1)", "a = float(1)"),
        Edit("c = np.float(3)", "c = float(3)"),
    )
    certainty = {c.first_line: c.grounds.certainty for c in propose_repeats(situation)}

    assert certainty == {1: 0.25, 3: 0.5}
