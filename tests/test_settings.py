from __future__ import annotations

from typing import Any

import pytest

from tap_kombo.settings import SETTINGS, complaints, integration_ids

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
        ({"start_date": "soon"}, "start_date"),
        ({"start_date": "12:00"}, "start_date"),
        ({"lookback_seconds": -1}, "lookback_seconds"),
        ({"batch_config": {}}, "batch_config"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(wrong: dict[str, Any], name: str) -> None:
    lines = list(complaints(GOOD | wrong, SETTINGS))

    assert len(lines) == 1
    assert f"'{name}'" in lines[0]
    assert "\n" not in lines[0]


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


def test_every_setting_has_a_title_and_a_description() -> None:
    for name, setting in SETTINGS["properties"].items():
        assert setting.get("description"), name
        assert setting.get("title"), name
