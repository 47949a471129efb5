from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_kombo.settings import complaints, integration_ids, of_shard
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = TapKombo.config_jsonschema
TapKombo.append_builtin_config(SETTINGS)
GOOD = {"api_key": "ks_dev_1", "integration_ids": ["greenhouse:demo"]}


def test_key_and_integrations_are_enough() -> None:
    assert list(complaints(GOOD, SETTINGS)) == []


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"api_key": ""}, "api_key"),
        ({"api_key": "two words"}, "api_key"),
        ({"api_key": 12345}, "api_key"),
        ({"integration_ids": []}, "integration_ids"),
        ({"integration_ids": ""}, "integration_ids"),
        ({"integration_ids": [" "]}, "integration_ids"),
        ({"integration_ids": "a b"}, "integration_ids"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 251}, "page_size"),
        ({"page_size": "all"}, "page_size"),
        ({"region": "mars"}, "region"),
        ({"api_url": "api.kombo.dev"}, "api_url"),
        ({"api_url": "https://two words"}, "api_url"),
        ({"api_url": "http://api.kombo.dev/v1"}, "api_url"),
        ({"api_url": "http://127.0.0.1.example.com"}, "api_url"),
        ({"api_url": "http://10.0.0.1", "allow_http": False}, "api_url"),
        ({"allow_http": "yes"}, "allow_http"),
        ({"filters": {"candidates": ["jane@example.com"]}}, "filters"),
        ({"stream_map_config": "jane@example.com"}, "stream_map_config"),
        ({"start_date": "soon"}, "start_date"),
        ({"start_date": "12:00"}, "start_date"),
        ({"lookback_seconds": -1}, "lookback_seconds"),
        ({"concurrency": 0}, "concurrency"),
        ({"concurrency": 31}, "concurrency"),
        ({"shard": "0/8"}, "shard"),
        ({"shard": "9/8"}, "shard"),
        ({"shard": "1"}, "shard"),
        ({"integration_ids": "@no/such/file"}, "integration_ids"),
        ({"integration_ids": "@"}, "integration_ids"),
        ({"batch_config": {}}, "batch_config"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(wrong: dict[str, Any], name: str) -> None:
    lines = list(complaints(GOOD | wrong, SETTINGS))

    assert len(lines) == 1
    assert f"'{name}'" in lines[0]
    assert "\n" not in lines[0]
    assert "jane" not in lines[0]


@pytest.mark.parametrize(
    "url",
    [
        {"api_url": "https://kombo.example.com/v1"},
        {"api_url": "http://127.0.0.1:8000/v1"},
        {"api_url": "http://localhost:8000/v1"},
        {"api_url": "http://[::1]:8000/v1"},
        {"api_url": "http://kombo.example.com/v1", "allow_http": True},
    ],
)
def test_data_travels_encrypted_or_within_this_machine(url: dict[str, Any]) -> None:
    assert list(complaints(GOOD | url, SETTINGS)) == []


@pytest.mark.parametrize("name", ["api_key", "integration_ids"])
def test_a_missing_setting_is_named(name: str) -> None:
    config = {key: value for key, value in GOOD.items() if key != name}

    assert list(complaints(config, SETTINGS)) == [f"Setting '{name}' is missing."]


def test_a_misspelt_setting_gets_a_hint() -> None:
    assert list(complaints(GOOD | {"regoin": "eu"}, SETTINGS)) == [
        "Setting 'regoin' does not exist. Did you mean 'region'?"
    ]


def test_the_key_is_never_quoted() -> None:
    lines = list(complaints(GOOD | {"api_key": "two secret words"}, SETTINGS))

    assert "secret" not in "".join(lines)


@pytest.mark.parametrize("value", [["a", "b"], ["a ", " b"], "a,b", " a , b ", "a,,b"])
def test_integrations_come_as_list_or_text(value: str | list[str]) -> None:
    assert integration_ids(value) == ["a", "b"]


@pytest.mark.parametrize("text", ["a\nb\n", "a, b", "\n a\t b\r\n\n"])
def test_integrations_come_from_a_file(text: str, tmp_path: Path) -> None:
    file = tmp_path / "my customers.txt"
    file.write_text(text)
    assert list(complaints(GOOD | {"integration_ids": f"@{file}"}, SETTINGS)) == []
    assert integration_ids(f"@{file}") == ["a", "b"]


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe"])
def test_a_file_without_integrations_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(content)
    lines = list(complaints(GOOD | {"integration_ids": f"@{file}"}, SETTINGS))
    assert len(lines) == 1
    assert str(file) in lines[0]


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_shards_share_the_integrations(parts: int) -> None:
    ids = [f"greenhouse:{number}" for number in range(1000)]
    shards = [of_shard(ids, f"{part}/{parts}") for part in range(1, parts + 1)]
    assert sorted(one for shard in shards for one in shard) == sorted(ids)
    assert all(len(shard) > 0.8 * 1000 / parts for shard in shards)


def test_an_integration_stays_in_its_shard() -> None:
    """Its bookmark is in the state of that shard: another hash would make all passes full ones."""
    assert of_shard(["greenhouse:a", "greenhouse:b", "lever:c", "personio:d"], "1/2") == [
        "lever:c",
        "personio:d",
    ]


def test_every_setting_has_a_title_and_a_description() -> None:
    for name, setting in SETTINGS["properties"].items():
        assert setting.get("description"), name
        assert setting.get("title"), name
