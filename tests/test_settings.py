"""What each setting means, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from settings_told import GOOD, SETTINGS, meant, refused, short, told

from tap_kombo.complaints import complaints
from tap_kombo.config import read
from tap_kombo.settings import LIMITS_OF_THE_SDK, of_shard

NAMES = list(SETTINGS["properties"])
BOOLEANS = [name for name in NAMES if "boolean" in SETTINGS["properties"][name]["type"]]
INTEGERS = [name for name in NAMES if "integer" in SETTINGS["properties"][name]["type"]]

NO_BOOLEANS: list[object] = [
    *("ture", "y", "n", "t", "f", "jane", "2", "-1", "01", "1.0", "null", "none", "enabled"),
    *("", " ", "true true", "tr\nue", "wahr"),
    *(2, -1, 1.0, 0.0, [], {}, [True]),
]
NO_WHOLE_NUMBERS: list[object] = [
    *("", " ", "1 0", "ten", "10.0", "1e1", "1_0", "\u0661", "0x10", "--1", "10,0", "NaN", "jane"),
    *("9" * 5000, True, False, 10.0, 1e3, [], [10], {}, 10**30, -(10**30)),
]


def test_key_and_integrations_are_enough() -> None:
    assert told() == []


@pytest.mark.parametrize("name", ["api_key", "integration_ids"])
@pytest.mark.parametrize("config", [{}, {"api_key": None, "integration_ids": None}])
def test_a_missing_setting_is_named(name: str, config: dict[str, Any]) -> None:
    lines = list(complaints(GOOD | {name: None} if config else {**GOOD, name: None}, SETTINGS))
    without = {key: value for key, value in GOOD.items() if key != name}

    assert lines == list(complaints(without, SETTINGS)) == [f"Setting '{name}' is missing."]


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GOOD])
def test_null_is_as_if_it_was_not_set(name: str) -> None:
    assert meant(name, None) is None
    assert name not in read({name: None}, SETTINGS)


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("word", ["true", "TRUE", "True", "1", "yes", "Yes", "on", "ON", " on\n"])
def test_words_for_true(name: str, word: str) -> None:
    assert meant(name, word) is True


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("word", ["false", "FALSE", "False", "0", "no", "NO", "off", "Off", "off "])
def test_words_for_false(name: str, word: str) -> None:
    assert meant(name, word) is False


@pytest.mark.parametrize(("value", "is_on"), [(True, True), (False, False), (1, True), (0, False)])
def test_booleans_of_json(value: object, is_on: bool) -> None:  # noqa: FBT001
    assert meant("include_deleted", value) is is_on


@pytest.mark.parametrize("name", BOOLEANS)
@pytest.mark.parametrize("value", NO_BOOLEANS, ids=short)
def test_no_other_word_is_a_boolean(name: str, value: object) -> None:
    assert refused(name, value).endswith("it must be true or false.")


@pytest.mark.parametrize("value", [10, "10", " 10 ", "+10", "010", "10\n"], ids=short)
def test_whole_numbers(value: object) -> None:
    assert meant("page_size", value) == 10
    assert type(meant("page_size", value)) is int


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("value", NO_WHOLE_NUMBERS, ids=short)
def test_no_other_number_is_whole(name: str, value: object) -> None:
    assert "it must be a whole number from " in refused(name, value)


@pytest.mark.parametrize("name", INTEGERS)
def test_a_number_has_an_upper_and_a_lower_bound(name: str) -> None:
    bounds = SETTINGS["properties"][name] | LIMITS_OF_THE_SDK.get(name, {})
    least, most = bounds["minimum"], bounds["maximum"]

    assert [meant(name, one) for one in (least, most, str(most))] == [least, most, most]
    for wrong in (least - 1, most + 1, str(most + 1)):
        assert refused(name, wrong).endswith(f"from {least} to {most}.")


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("api_key", " ks_x", "ks_x"),
        ("api_key", "ks_x\n", "ks_x"),
        ("api_key", "\tks_x\r\n", "ks_x"),
        ("api_key", "\u00a0ks_x\u2003", "ks_x"),
        ("region", "EU", "eu"),
        ("region", " Us\n", "us"),
        ("anonymized_records", "SKIP", "skip"),
        ("shard", " 2/8\n", "2/8"),
        ("start_date", " 2026-01-01 ", "2026-01-01"),
        ("start_date", "2026-01-31T00:00:00Z", "2026-01-31T00:00:00Z"),
        ("start_date", "2026-01-31T00:00:00+02:00", "2026-01-31T00:00:00+02:00"),
        ("api_url", "https://kombo.example.com/v1\n", "https://kombo.example.com/v1"),
        ("user_agent", " me/1 (here) ", "me/1 (here)"),
        ("flattening_separator", " ", " "),
        ("filters", ' {"jobs": {"ids": ["a"]}}\n', {"jobs": {"ids": ["a"]}}),
        ("stream_maps", '{"jobs": {"x": "id"}}', {"jobs": {"x": "id"}}),
        ("stream_map_config", '{"a.b": 1}', {"a.b": 1}),
    ],
)
def test_a_text_is_read_as_it_is_meant(name: str, given: str, expected: object) -> None:
    assert meant(name, given) == expected
    assert read({name: expected}, SETTINGS) == {name: expected}  # once more changes nothing


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", ""),
        ("api_key", " \n"),
        ("api_key", "two jane words"),
        ("api_key", "jane\nx"),
        ("api_key", "jane\x00"),
        ("api_key", "jané"),
        ("api_key", "jane\ud800"),
        ("api_key", "jane" * 1000),
        ("api_key", 12345),
        ("api_key", ["jane"]),
        ("api_key", {"jane": 1}),
        ("region", "jane"),
        ("region", ""),
        ("region", 1),
        ("region", ["eu"]),
        ("anonymized_records", "jane"),
        ("shard", "0/8"),
        ("shard", "9/8"),
        ("shard", "1"),
        ("shard", "1/10000"),
        ("shard", "1/8/jane"),
        ("shard", "\uff11/8"),
        ("user_agent", ""),
        ("user_agent", "jane\r\nX-Evil: 1"),
        ("user_agent", "jané"),
        ("user_agent", "jane" * 1000),
        ("flattening_separator", ""),
        ("flattening_separator", "jane" * 3),
        ("start_date", ""),
        ("start_date", "jane"),
        ("start_date", "now"),
        ("start_date", "12:00"),
        ("start_date", "P1Y"),
        ("start_date", "2026-01-01/2026-02-01"),
        ("start_date", "2026-02-30"),
        ("start_date", "0001-01-01T00:00:00+14:00"),
        ("start_date", "1" * 400),
        ("start_date", 20260101),
        ("start_date", True),
        ("start_date", "2026-01-01\njane"),
        ("start_date", "2999-01-01"),
        ("start_date", "9999-12-31T23:59:59-14:00"),
        ("api_url", ""),
        ("api_url", "jane.kombo.dev"),
        ("api_url", "ftp://jane.kombo.dev"),
        ("api_url", "https://two words/jane"),
        ("api_url", "https://"),
        ("api_url", "https:///jane"),
        ("api_url", "https://[::1/jane"),
        ("api_url", "https://x:99999/jane"),
        ("api_url", "https://x:port/jane"),
        ("api_url", "https://jane:pw@kombo.example.com"),
        ("api_url", "https://kombo.example.com?jane=1"),
        ("api_url", "https://kombo.example.com#jane"),
        ("api_url", "https://x/" + "jane" * 1000),
        ("api_url", "http://api.kombo.dev/jane"),
        ("api_url", "http://127.0.0.1.jane.com"),
        ("api_url", ["https://jane.com"]),
        ("filters", "jane"),
        ("filters", "{"),
        ("filters", '{"jobs": {"ids": NaN}}'),
        ("filters", '{"jobs": {}, "jobs": {"ids": "jane"}}'),
        ("filters", "[" * 100_000),
        ("filters", []),
        ("filters", {"candidates": ["jane"]}),
        ("filters", {"jobs": None}),
        ("filters", {"jobs": {"ids": None}}),
        ("filters", {"jobs": {"ids": []}}),
        ("filters", {"jobs": {"ids": ""}}),
        ("filters", {"jobs": {"ids": ["jane", None]}}),
        ("filters", {"jobs": {"ids": ["jane", {}]}}),
        ("filters", {"jobs": {"ids": ["jane"] * 1001}}),
        ("filters", {"jobs": {"ids": "jane" * 10_000}}),
        ("filters", {"jo\nbs": {}}),
        ("filters", {"jobs": {"i\nds": "jane"}}),
        ("stream_map_config", "jane"),
        ("stream_map_config", ["jane"]),
        ("faker_config", {"seed": ["jane"]}),
        ("faker_config", "jane"),
    ],
)
def test_a_wrong_value_is_refused_in_one_line(name: str, value: object) -> None:
    refused(name, value)


def test_a_start_in_the_future_is_refused() -> None:
    """Its pass would leave a bookmark, and the rows before it would never come."""
    now = datetime.now(UTC)

    assert told(start_date=(now - timedelta(minutes=5)).isoformat()) == []
    assert "it lies in the future" in refused(
        "start_date", (now + timedelta(minutes=5)).isoformat()
    )


def test_a_wrong_filter_is_named_by_its_place() -> None:
    assert "`jobs.ids.1`" in refused("filters", {"jobs": {"ids": ["jane", None]}})


@pytest.mark.parametrize(
    "url",
    [
        {"api_url": "https://kombo.example.com/v1"},
        {"api_url": "http://127.0.0.1:8000/v1"},
        {"api_url": "http://localhost:8000/v1"},
        {"api_url": "http://[::1]:8000/v1"},
        {"api_url": "http://kombo.example.com/v1", "allow_http": True},
        {"api_url": "http://kombo.example.com/v1", "allow_http": "yes"},
    ],
)
def test_data_travels_encrypted_or_within_this_machine(url: dict[str, Any]) -> None:
    assert told(**url) == []


@pytest.mark.parametrize("word", ["ture", "no", "", "0"])
def test_data_does_not_travel_open_for_any_other_word(word: str) -> None:
    lines = told(api_url="http://kombo.example.com", allow_http=word)

    assert any(line.startswith("Setting 'api_url': it begins with http://") for line in lines)


@pytest.mark.parametrize(
    ("maps", "where"),
    [
        ({}, "it"),
        ({"jobs": {}}, "`jobs`"),
        ({"jobs": ""}, "`jobs`"),
        ({"jobs": {"salary": ""}}, "`jobs.salary`"),
        ({"jobs": {"salary": {}}}, "`jobs.salary`"),
        ({"jobs": {"salary": []}}, "`jobs.salary`"),
        ({"jobs": {"x": "id", "__else__": ""}}, "`jobs.__else__`"),
    ],
)
def test_a_map_that_is_empty_is_refused_with_the_cure(maps: dict[str, Any], where: str) -> None:
    line = refused("stream_maps", maps)

    assert f"{where} is empty; write `__NULL__`" in line
    assert "Meltano" in line


@pytest.mark.parametrize(
    "maps",
    [
        {"__else__": None},
        {"__else__": "__NULL__", "jobs": {"x": "id"}},
        {"jobs": None, "users": "__NULL__"},
        {"jobs": {"salary": None, "name": "__NULL__", "h": "md5(config['seed'] + name)"}},
        {"jobs": {"__filter__": "id != 'a'", "__else__": None, "__key_properties__": ["id"]}},
        {"jobs": {"__alias__": "positions"}, "more": {"__source__": "jobs"}},
    ],
)
def test_maps_that_the_sdk_knows(maps: dict[str, Any]) -> None:
    assert meant("stream_maps", maps) == maps


@pytest.mark.parametrize(
    "maps",
    [
        {"jobs": "jane"},
        {"jobs": 5},
        {"jobs": []},
        {"jobs": {"x": 5}},
        {"jobs": {"x": ["jane"]}},
        {"jobs": {"x": "jane +"}},
        {"jobs": {"x": "jane = 1"}},
        {"jobs": {"x": "import jane"}},
        {"jobs": {"x": "# jane"}},
        {"jobs": {"x": " jane"}},
        {"jobs": {"x": "jane\x00"}},
        {"jobs": {"x": "(" * 10_000}},
        {"jobs": {"__filter__": None}},
        {"jobs": {"__filter__": "jane jane"}},
        {"jobs": {"__alias__": 5}},
        {"jobs": {"__else__": "jane"}},
        {"jobs": {"__key_properties__": "jane"}},
        {"jobs": {"__key_properties__": [5]}},
        {"__else__": "jane"},
        {"__other__": {"x": "jane"}},
        {"jobs": {"x\ny": 5}},
    ],
)
def test_a_map_that_the_sdk_would_end_with_is_refused(maps: dict[str, Any]) -> None:
    refused("stream_maps", maps)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("regoin", " Did you mean 'region'?"),
        ("integration_id", " Did you mean 'integration_ids'?"),
        ("colour", ""),
        ("x\ny", ""),
        ("x" * 100_000, ""),
        ("", ""),
        ("\ud800", ""),
    ],
)
def test_an_unknown_setting_is_refused_with_a_hint(name: str, hint: str) -> None:
    (line,) = told(**{name: 1})

    assert line.endswith(f"' does not exist.{hint}")
    assert len(line) < 500


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
