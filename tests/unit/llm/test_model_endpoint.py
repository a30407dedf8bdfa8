"""Settings, key and environment become an endpoint, or a message that names the setting."""

from pathlib import Path

import pytest

from inkling.core.errors import BadSettingError
from inkling.core.settings import ModelSettings
from inkling.llm.endpoint import endpoint_from_settings
from inkling.llm.faults import warning
from inkling.llm.text_model import Purpose

URL = "http://localhost:11434/v1"


def test_no_address_is_no_endpoint() -> None:
    assert endpoint_from_settings(ModelSettings(completion_model="coder"), "key") is None


def test_settings_become_an_endpoint(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("", encoding="utf-8")
    settings = ModelSettings(
        base_url=f" {URL}/ ",
        completion_model="coder",
        chat_model=" talker ",
        timeout_seconds=3,
        headers=("X-Team: ink:22", "X-Empty:"),
        ca_file=str(tmp_path / "ca.pem"),
        proxy="http://user:password@proxy:3128",
    )
    endpoint = endpoint_from_settings(settings, " sk-12345678 \n")
    assert endpoint is not None
    assert endpoint.base_url == URL
    assert endpoint.host == "localhost:11434"
    assert endpoint.api_key == "sk-12345678"
    assert endpoint.models == {Purpose.COMPLETION: "coder", Purpose.CHAT: "talker"}
    assert endpoint.headers == (("X-Team", "ink:22"), ("X-Empty", ""))
    assert endpoint.ca_file == tmp_path / "ca.pem"
    assert endpoint.time_limit_s(Purpose.COMPLETION) == 3
    assert endpoint.time_limit_s(Purpose.CHAT) == 36
    assert endpoint.secrets() == ("sk-12345678", "password", "ink:22")
    assert not any(secret in repr(endpoint) for secret in endpoint.secrets())


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ModelSettings(base_url="localhost:11434"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="ftp://localhost/v1"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="http://"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="http://[::1/v1"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="http://host:99999/v1"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="http://ho st/v1"), "inkling.model.baseUrl is not the address"),
        (ModelSettings(base_url="http://user:secret@host/v1"), "inkling.model.baseUrl holds a user"),
        (ModelSettings(base_url="http://host/v1#secret"), "inkling.model.baseUrl has a fragment"),
        (ModelSettings(base_url=URL, prices=("secret 1 2",)), "inkling.model.prices holds a line"),
        (ModelSettings(base_url=URL, prices=("secret: 1",)), "inkling.model.prices holds a line"),
        (ModelSettings(base_url=URL, prices=("secret: 1 -2",)), "inkling.model.prices holds a line"),
        (
            ModelSettings(base_url=URL, completion_model="m", daily_cost_budget=1, prices=("secret: 1 2",)),
            "inkling.model.dailyCostBudget cannot be held without the price of m: write it in inkling.model.prices.",
        ),
        (ModelSettings(base_url=URL, headers=("secret",)), "inkling.model.headers holds a line"),
        (ModelSettings(base_url=URL, headers=("X-A: secret\r\nX-B: 1",)), "inkling.model.headers holds a line"),
        (ModelSettings(base_url=URL, headers=("Host: secret",)), "inkling.model.headers may not set Host"),
        (ModelSettings(base_url=URL, ca_file="/no/such/file"), "inkling.model.caFile names no file: /no/such/file"),
        (ModelSettings(base_url=URL, proxy="proxy:3128"), "inkling.model.proxy is not the address"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_and_not_quoted(settings: ModelSettings, words: str) -> None:
    with pytest.raises(BadSettingError) as caught:
        endpoint_from_settings(settings, "key")
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk\n1", "ключ", "sk\x00"])
def test_a_key_that_cannot_be_sent_is_told_without_it(key: str) -> None:
    with pytest.raises(BadSettingError, match="set it again") as caught:
        endpoint_from_settings(ModelSettings(base_url=URL), key)
    assert key not in str(caught.value)


def test_a_query_goes_with_each_request_and_what_is_in_it_is_secret() -> None:
    settings = ModelSettings(base_url="https://ink.openai.azure.com/openai/v1/?api-version=2024-10-21&code=abcdef")
    endpoint = endpoint_from_settings(settings, None)
    assert endpoint is not None
    assert endpoint.base_url == "https://ink.openai.azure.com/openai/v1"
    assert endpoint.query == "api-version=2024-10-21&code=abcdef"
    assert endpoint.secrets() == ("abcdef",)
    assert "abcdef" not in repr(endpoint)


def test_the_key_may_stand_in_a_header_of_its_own() -> None:
    settings = ModelSettings(base_url=URL, headers=("api-key: ${key}", "X-Key: Token ${key}"))
    endpoint = endpoint_from_settings(settings, "sk-12345678")
    assert endpoint is not None
    assert endpoint.headers == (("api-key", "sk-12345678"), ("X-Key", "Token sk-12345678"))
    assert endpoint.api_key == ""
    assert "sk-12345678" in endpoint.secrets()
    assert "sk-12345678" not in repr(endpoint)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.example.com/v1", False),
        ("http://api.example.com/v1", True),
        ("http://8.8.8.8/v1", True),
        ("http://[2001:4860:4860::8888]/v1", True),
        ("http://localhost:11434/v1", False),
        ("http://127.0.0.1/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://192.168.1.4/v1", False),
        ("http://gpu-box:8000/v1", False),
        ("http://host.docker.internal:8000/v1", False),
        ("http://nas.local/v1", False),
    ],
)
def test_who_can_read_along(url: str, expected: bool) -> None:
    endpoint = endpoint_from_settings(ModelSettings(base_url=url), None)
    assert endpoint is not None
    assert endpoint.is_readable_on_the_way is expected
    assert ("unencrypted" in warning(endpoint)) is expected


def test_prices_are_those_of_the_model_or_of_every_other() -> None:
    settings = ModelSettings(base_url=URL, prices=("qwen2.5-coder:7b: 0.1 0.40", " gpt-x : 2 8", "*: 10 20"))
    endpoint = endpoint_from_settings(settings, None)
    assert endpoint is not None
    assert endpoint.cost("qwen2.5-coder:7b", 1_000_000, 500_000) == pytest.approx(0.3)
    assert endpoint.cost("gpt-x", 1000, 0) == pytest.approx(0.002)
    assert endpoint.cost("another", 0, 1000) == pytest.approx(0.02)


def test_without_a_price_nothing_costs_anything() -> None:
    endpoint = endpoint_from_settings(ModelSettings(base_url=URL, prices=("other: 1 2",)), None)
    assert endpoint is not None
    assert endpoint.cost("coder", 1000, 1000) == 0
