"""Settings, key and environment become an endpoint, or a message that names the setting."""

from pathlib import Path

import pytest

from inkling.core.errors import BadSettingError
from inkling.core.settings import ModelSettings
from inkling.llm.endpoint import endpoint_from_environment, endpoint_from_settings
from inkling.llm.text_model import Purpose

URL = "http://localhost:11434/v1"


def test_no_address_is_no_endpoint() -> None:
    assert endpoint_from_settings(ModelSettings(completion_model="coder"), "key") is None
    assert endpoint_from_environment({"INKLING_MODEL": "coder", "INKLING_API_KEY": "key"}) is None


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
        (ModelSettings(base_url="http://host/v1?version=secret"), "inkling.model.baseUrl ends in a query"),
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


def test_the_shell_names_one_model_for_all_purposes() -> None:
    endpoint = endpoint_from_environment({"INKLING_MODEL_BASE_URL": URL, "INKLING_MODEL": "m", "INKLING_API_KEY": "k"})
    assert endpoint is not None
    assert (endpoint.api_key, set(endpoint.models.values()), len(endpoint.models)) == ("k", {"m"}, 3)
