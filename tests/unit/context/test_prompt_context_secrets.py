"""Made-up secrets: none of them opens anything."""

import string

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
    build,
)
from inkling.core.redact import MASK

# Without digits no line looks random by itself.
PEM_LINES = [f"MIIEowIBAAKCAQEA{letter}uSULfVLPHCozMxHMolgOEePzNmtRgeLezVffAtg" for letter in string.ascii_letters[:25]]
PEM = "-----BEGIN RSA PRIVATE KEY-----\n" + "\n".join(PEM_LINES) + "\n-----END RSA PRIVATE KEY-----"
SECRETS = [
    ("api = 'sk-proj-Zx81kLmQp03nVb7TyRw2Ce5'", "sk-proj-Zx81kLmQp03nVb7TyRw2Ce5"),
    ("aws = 'AKIAQ3EXAMPLE7ZYXWVU'", "AKIAQ3EXAMPLE7ZYXWVU"),
    ('password = "hunter2"', "hunter2"),
    ("DB_PASSWORD: str = 'correct horse'", "correct horse"),
    ("client = Client(api_key='k-11-22')", "k-11-22"),
    ("client = Client(\n    api_key=\n        'k-11-22')", "k-11-22"),
    ("settings = {'password':\n    'dev-4712'}", "dev-4712"),
    ("os.environ.get('API_TOKEN', 'dev-4711')", "dev-4711"),
    ("# the password: tr0ub4dor&3", "tr0ub4dor&3"),
    ("url = 'postgres://shop:s3cr3tpw@db/shop'", "s3cr3tpw"),
    ("headers = {'Authorization': 'Bearer abcDEF123456'}", "abcDEF123456"),
    ("İ = 1; PASSWORD = 'hunter2'", "hunter2"),
    (f'KEY = """{PEM}"""', PEM_LINES[12]),
]
PLACE = "\ndef connect(host, port):\n    retries = port\n    return open_connection(host, |port, retries)\n"


def at(code: str, **parts: object) -> ContextQuestion:
    offset = code.index("|")
    return ContextQuestion(text=code[:offset] + code[offset + 1 :], offset=offset, path="a.py", **parts)  # type: ignore[arg-type]  # the names are those of the fields


def everything(context: PromptContext) -> str:
    return "\n".join([context.prefix, context.suffix, *(snippet.text for snippet in context.snippets)])


@pytest.mark.parametrize(("line", "secret"), SECRETS)
@pytest.mark.parametrize("budget", [60, 300, 3000])
def test_secrets_before_and_after_the_cursor_are_masked(line: str, secret: str, budget: int) -> None:
    for code in (line + "\n" + PLACE, PLACE + line + "\n", line + PLACE + line):
        assert secret not in everything(build(at(code), budget))


@pytest.mark.parametrize(("line", "secret"), SECRETS)
def test_secrets_in_snippets_are_masked(line: str, secret: str) -> None:
    code = PLACE.replace("|", "") + "open_connection(host, port, retries)\n" + line + "\n"
    question = at(
        "x = 1\n" + PLACE.replace("connect(", "reconnect("),
        documents=(SearchedDocument.prepare("b.py", code),),
        edits=(RecentEdit(path="c.py", before=line + "\n", after=line + " \npass\n"),),
        definitions=(Definition(path="d.py", text=line + "\nfield = 1"),),
        diagnostics=(NearbyDiagnostic(line=3, code=line, message="undefined name 'x'"),),
    )

    context = build(question, 4000)

    assert secret not in everything(context)
    assert context.snippets
    assert MASK in everything(context)


LINES = st.lists(
    st.sampled_from(["x = 1", "def f(a):", "    return a  # größe 😀", "", "\tpass", "s = 'it'"]), max_size=40
)


@settings(max_examples=300, deadline=None)
@given(
    before=LINES,
    after=LINES,
    secret=st.sampled_from(SECRETS[:-1]),
    tail=st.text(string.digits, min_size=3, max_size=3),
    share=st.floats(0, 1),
    is_inside=st.booleans(),
    budget=st.integers(1, 300),
    line_break=st.sampled_from(["\n", "\r\n"]),
)
def test_no_secret_is_shown_wherever_it_the_cursor_and_the_cuts_are(
    before: list[str],
    after: list[str],
    secret: tuple[str, str],
    tail: str,
    share: float,
    is_inside: bool,
    budget: int,
    line_break: str,
) -> None:
    line, hidden = secret
    line, hidden = line.replace(hidden, hidden + tail), hidden + tail
    text = line_break.join([*before, line.replace("\n", line_break), *after])
    first = text.index(hidden)
    offset = first + int(share * len(hidden)) if is_inside else int(share * len(text))

    context = build(ContextQuestion(text=text, offset=offset, path="a.py"), budget)

    assert hidden not in context.prefix
    assert hidden not in context.suffix
    if first + 5 < offset < first + len(hidden) - 5:
        # The cursor stands in it: neither half is shown.
        assert hidden[: offset - first] not in context.prefix
        assert hidden[offset - first :] not in context.suffix


@pytest.mark.parametrize(
    "typed", ['password = "hun', "token = f'hun", 'Client(api_key="hun', 'a = "x"; secret = """hun']
)
def test_a_secret_is_masked_while_it_is_typed(typed: str) -> None:
    context = build(at(f"x = 1\n{typed}|\ny = 2\n"), 500)

    assert "hun" not in context.prefix
    assert context.prefix.endswith(MASK)
    assert context.suffix == "\ny = 2\n"


def test_a_secret_around_the_cursor_is_left_out_on_both_sides() -> None:
    context = build(at('connect(password="hun|ter2", port=1)\n'), 500)

    assert context.prefix == f'connect(password="{MASK}'
    assert context.suffix == '", port=1)\n'


def test_the_text_after_a_mask_goes_on_where_it_did() -> None:
    context = build(at('password = "hunter2"\nconnection = connect(|)\n'), 500)

    assert context.prefix == f'password = "{MASK}"\nconnection = connect('
    assert context.suffix == ")\n"
    assert [(masked.path, masked.line) for masked in context.masked] == [("a.py", 1)]


def test_no_line_of_a_private_key_that_begins_above_the_prefix_is_shown() -> None:
    code = f'KEY = """{PEM}"""\n' + PLACE

    for budget in range(40, 1200, 40):
        assert not any(line[:40] in everything(build(at(code), budget)) for line in PEM_LINES)


@pytest.mark.parametrize(
    "code",
    [
        "token = tokens[index]",
        "def unix_getpass(prompt='Password: ', stream=None):",
        "if token == '(':",
        "names = ['token_bytes', 'token_hex']",
        "password = getpass.getpass('Password: ')",
        "# tokens: see the lexer",
        'class Token:\n    """A token of a line."""\n',
        'class ScannedTokens:\n    """The layer of tokens\n\n    that are searched."""\n',
    ],
)
def test_ordinary_code_is_left_as_it_is(code: str) -> None:
    assert build(at(code + "|\n"), 500).prefix == code


@pytest.mark.parametrize("line", ['get("token", ', "# token: a", 'password="', "a.a-", "password = 'a\n", "x = 'b"])
def test_a_secret_behind_a_long_line_of_look_alikes_is_masked(line: str) -> None:
    text = line * 2000 + "\npassword = 'hunter2'\n"

    assert "hunter2" not in everything(build(ContextQuestion(text=text, offset=len(text), path="a.py"), 500))
