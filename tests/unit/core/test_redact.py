import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkling.core.redact import MASK, redact, secret_spans

ALPHANUMERIC = string.ascii_letters + string.digits
BASE64 = ALPHANUMERIC + "+/"


def word(alphabet: str, n_chars: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=n_chars, max_size=n_chars)


HEX = word("0123456789abcdef", 63).map(lambda digits: "7" + digits)
# All 62 letters and digits in some order: what random base64 is like, never by chance a word of one letter.
RANDOM_BASE64 = st.permutations(ALPHANUMERIC).map("".join)
TOKENS = st.one_of(
    word(string.ascii_uppercase + string.digits, 16).map(lambda tail: "AKIA" + tail),
    word(ALPHANUMERIC, 36).map(lambda tail: "ghp_" + tail),
    word(ALPHANUMERIC, 40).map(lambda tail: "github_pat_" + tail),
    word(ALPHANUMERIC, 20).map(lambda tail: "glpat-" + tail),
    word(string.digits, 12).map(lambda tail: "xoxb-" + tail),
    word(ALPHANUMERIC, 24).map(lambda tail: "sk-" + tail),
    word(ALPHANUMERIC, 24).map(lambda tail: "sk_live_" + tail),
    word(ALPHANUMERIC, 35).map(lambda tail: "AIza" + tail),
    word(ALPHANUMERIC, 36).map(lambda tail: "npm_" + tail),
    word(ALPHANUMERIC, 60).map(lambda tail: "pypi-" + tail),
    word(ALPHANUMERIC, 34).map(lambda tail: "hf_" + tail),
    word(ALPHANUMERIC, 22).map(lambda tail: f"SG.{tail}.{tail}"),
    word(ALPHANUMERIC, 20).map(lambda tail: f"eyJ{tail}.{tail}.{tail}"),
    HEX,
    HEX.map(str.upper),
    RANDOM_BASE64,
    RANDOM_BASE64.map(lambda text: text + "=="),
)
PASSWORDS = st.text(ALPHANUMERIC + "!#$%&*+-.,;?^ ~<>", min_size=1)
NAMES = st.sampled_from(
    ["password", "DB_PASSWORD", "passwd", "api_key", "apiKey", "client_secret", "auth_token", "pwd"]
)
AROUND = st.sampled_from(["x = {}", 'client = Client("{}")', "headers['X-Key'] = '{}'  # größe 😀", "# {}\nreturn 1"])


@given(AROUND, TOKENS)
def test_a_token_is_masked_wherever_it_stands(around: str, token: str) -> None:
    assert redact(around.format(token)) == around.format(MASK)


@given(
    NAMES,
    PASSWORDS,
    st.sampled_from(['{} = "{}"', "{}: str = '{}'", "f({}=b'{}')", '{{"{}": "{}"}}', "if {} == '{}':"]),
)
def test_what_is_given_a_secret_name_is_masked(name: str, password: str, around: str) -> None:
    assert redact(around.format(name, password)) == around.format(name, MASK)


@pytest.mark.parametrize(
    ("line_prefix", "text", "expected"),
    [
        ('password = "', 'hunter2"', f'{MASK}"'),
        ('password = "', "hunter2", MASK),
        ('password = "', 'hunter2", timeout=1)', f'{MASK}", timeout=1)'),
        ("password", ' = "hunter2"', f' = "{MASK}"'),
        ('password = "hun', 'ter2"', f'{MASK}"'),
        ('password = "hun', 'ter\\"2", user="', f'{MASK}"'),
        ('password = "hunter2", user="', 'bob"', MASK),
        ("url = 'redis://me:", "hunter2@db'", f"{MASK}@db'"),
        ('auth("Bearer hunter', '2hunter2")', MASK),
        ('password = """', 'hunter2"""', f'{MASK}"""'),
        ("AKIA", "ABCDEFGHIJKLMNOP", MASK),
        ('name = "', 'hunter2"', 'hunter2"'),
        ("", "x = 1", "x = 1"),
        ("x = '😀', ", "größe", "größe"),
    ],
)
def test_a_secret_that_begins_before_the_cursor_is_masked(line_prefix: str, text: str, expected: str) -> None:
    assert redact(text, line_prefix) == expected


@given(st.sampled_from(["postgresql", "mysql+pymysql", "redis", "https"]), word(ALPHANUMERIC + "!$%-._~", 9))
def test_the_password_of_a_connection_is_masked(scheme: str, password: str) -> None:
    assert redact(f"url = '{scheme}://me:{password}@db/x'") == f"url = '{scheme}://me:{MASK}@db/x'"


@given(st.sampled_from(["Bearer", "Basic"]), word(ALPHANUMERIC + "._~-", 16).map(lambda tail: tail + "7"))
def test_an_authorization_header_is_masked(scheme: str, token: str) -> None:
    assert redact(f'auth("{scheme} {token}")') == f'auth("{scheme} {MASK}")'


@given(st.sampled_from(["", "RSA ", "EC ", "OPENSSH "]), st.lists(word(BASE64, 64), min_size=1), st.booleans())
def test_a_private_key_is_masked_also_where_its_end_is_missing(kind: str, lines: list[str], is_whole: bool) -> None:
    begin, end = f"-----BEGIN {kind}PRIVATE KEY-----", f"-----END {kind}PRIVATE KEY-----"
    end = end if is_whole else ""

    assert redact(begin + "\n" + "\n".join(lines) + "\n" + end) == begin + MASK + end


@given(st.text())
def test_masking_again_changes_nothing(text: str) -> None:
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    "code",
    [
        "",
        "return [item.name for item in items if item.is_ready]",
        "password = getpass.getpass('Password: ')",
        "def unix_getpass(prompt='Password: ', stream=None):",
        "Basic statistics module.",
        "token = tokens[index]",
        "if token.type == tokenize.NAME:",
        "def test_a_name_that_is_longer_than_any_key_but_made_of_words_Version2(self):",
        "url = 'https://docs.python.org:443/3/library/re.html'",
        "0xFFFFFFFF",
        "=" * 80,
        "-" * 80,
        "a" * 80,
        "x = '😀' * 40",
    ],
)
def test_ordinary_code_is_left_as_it_is(code: str) -> None:
    assert redact(code) == code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('password = "hunter" "2more"\n', f'password = "{MASK}" "{MASK}"\n'),
        ("password = (\n    'hunter'\n    f'2more'\n)", f"password = (\n    '{MASK}'\n    f'{MASK}'\n)"),
        ('f(api_key="hunter" + \'2more\', x="y")', f'f(api_key="{MASK}" + \'{MASK}\', x="y")'),
        ('password = "hunter" "" "2"', f'password = "{MASK}" "" "{MASK}"'),
        ('password = "hunter" "2mo', f'password = "{MASK}" "{MASK}'),
        ('password = "hunter", "2more"', f'password = "{MASK}", "2more"'),
    ],
)
def test_all_parts_of_a_string_are_masked(code: str, expected: str) -> None:
    assert redact(code) == expected
    assert _with_spans_masked(code) == expected
    assert redact(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h/a?api_key=hunter2&page=2", f"https://h/a?api_key={MASK}&page=2"),
        ("https://h/a?page=2&sig=hun%2Bter&token=two#top", f"https://h/a?page=2&sig={MASK}&token={MASK}#top"),
        ("https://h/a?X-Amz-Signature=hunter2", f"https://h/a?X-Amz-Signature={MASK}"),
        ("https://h/a?api_key={key}&page=2", "https://h/a?api_key={key}&page=2"),
        ("https://h/a?design=flat&signed=no", "https://h/a?design=flat&signed=no"),
    ],
)
def test_secrets_in_the_query_of_an_address_are_masked(url: str, expected: str) -> None:
    code = f'get("{url}")'
    assert redact(code) == f'get("{expected}")'
    assert _with_spans_masked(code) == f'get("{expected}")'


def _with_spans_masked(code: str) -> str:
    for span in reversed(secret_spans(code)):
        code = code[: span.start] + MASK + code[span.end :]
    return code
