"""The report as a browser reads it: whole, offline, and inert whatever stands in paths and scripts."""

import base64
import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inkling.app.insights.page import render_page, write_page, write_whole
from inkling.core.errors import UserError

SCRIPT = 'document.title = "</script><!--<script>" + /<\\/script>/u.source;\n'
STYLE = 'main::before { content: "</style><script>alert(1)</script>"; }\n'
HOSTILE = '</script><script>alert(1)</script><!-- & \u2028 "quoted" é 😀'


class Page(HTMLParser):
    """Elements with their text, as HTML defines where they end."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self.is_inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))
        self.is_inside = True

    def handle_endtag(self, tag: str) -> None:
        self.is_inside = False

    def handle_data(self, data: str) -> None:
        if self.is_inside:
            tag, attributes, text = self.elements[-1]
            self.elements[-1] = (tag, attributes, text + data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, text) for name, attributes, text in self.elements if name == tag]


@pytest.fixture
def assets(tmp_path: Path) -> Path:
    folder = tmp_path / "assets"
    folder.mkdir()
    (folder / "insights.js").write_text(SCRIPT, encoding="utf-8")
    (folder / "insights.css").write_text(STYLE, encoding="utf-8", newline="\r\n")
    return folder


def test_hostile_names_stay_data(assets: Path) -> None:
    page = Page(render_page(json.dumps({"path": HOSTILE}, ensure_ascii=False), assets))
    data, script = page.all("script")
    assert data[0] == {"type": "application/json", "id": "insights-data"}
    assert json.loads(data[1]) == {"path": HOSTILE}
    assert "alert" not in script[1]
    assert [attributes["id"] for attributes, _ in page.all("main")] == ["insights"]
    assert len(page.all("style")) == 1


def test_only_the_page_s_own_script_and_style_are_allowed_and_nothing_is_loaded(assets: Path) -> None:
    text = render_page("{}", assets)
    page = Page(text)
    (policy,) = [meta["content"] for meta, _ in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == allowed(page.all("script")[1][1])
    assert rules["style-src"] == allowed(page.all("style")[0][1])
    assert not [attributes for _, attributes, _ in page.elements if {"src", "href"} & attributes.keys()]


def test_the_built_page_is_whole() -> None:
    """The script and style that `make setup` builds."""
    text = render_page("{}")
    page = Page(text)
    assert [attributes.get("id") for attributes, _ in page.all("script")] == ["insights-data", None]
    assert len(page.all("script")[1][1]) > 10_000
    assert text.rstrip().endswith("</html>")


def test_a_page_that_was_not_built_says_how_to_build_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="make setup"):
        render_page("{}", tmp_path)


def test_only_a_report_is_replaced(assets: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    write_page(render_page('{"n":1}', assets), file, may_replace_anything=False)
    write_page(render_page('{"n":2}', assets), file, may_replace_anything=False)
    assert '{"n":2}' in file.read_text(encoding="utf-8")
    file.write_text("my thesis")
    with pytest.raises(UserError, match="--force"):
        write_page(render_page("{}", assets), file, may_replace_anything=False)
    assert file.read_text() == "my thesis"
    write_page(render_page("{}", assets), file, may_replace_anything=True)
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_file_that_cannot_be_written_is_an_error_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be written"):
        write_whole("text", tmp_path / "missing" / "report.html")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        write_whole("text", tmp_path / "folder.html")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.html"]


def allowed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
