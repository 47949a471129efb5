"""What each setting means, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from settings_told import GOOD, SETTINGS, meant, refused, short, told
from support import each

from tap_kombo.complaints import complaints
from tap_kombo.config import read
from tap_kombo.settings import LIMITS_OF_THE_SDK, of_shard

NAMES = list(SETTINGS["properties"])
BOOLEANS = [name for name in NAMES if "boolean" in SETTINGS["properties"][name]["type"]]
INTEGERS = [  # those that may be an object too are told of in test_intervals.py
    name
    for name in NAMES
    if {"integer", "object"} & {*SETTINGS["properties"][name]["type"]} == {"integer"}
]

TRUE: list[object] = [
    *("true", "TRUE", "True", "1", "yes", "Yes", "on", "ON", " on\n"),
    *(True, 1),
]
FALSE: list[object] = [
    *("false", "FALSE", "False", "0", "no", "NO", "off", "Off", "off "),
    *(False, 0),
]
NO_BOOLEANS: list[object] = [
    *("ture", "y", "n", "t", "f", "jane", "2", "-1", "01", "1.0", "null", "none", "enabled"),
    *("", " ", "true true", "tr\nue", "wahr"),
    *(2, -1, 1.0, 0.0, [], {}, [True]),
]
NO_WHOLE_NUMBERS: list[object] = [
    *("", " ", "1 0", "ten", "10.0", "1e1", "1_0", "\u0661", "0x10", "--1", "10,0", "NaN", "jane"),
    *("9" * 5000, True, False, 10.0, 1e3, [], [10], {}, 10**30, -(10**30)),
]
WRONG: dict[str, list[object]] = {
    "api_key": [
        *("", " \n", "two jane words", "jane\nx", "jane\x00", "jané", "jane\ud800"),
        *("jane" * 1000, 12345, ["jane"], {"jane": 1}),
    ],
    "region": ["jane", "", 1, ["eu"]],
    "anonymized_records": ["jane"],
    "shard": ["0/8", "9/8", "1", "1/10000", "1/8/jane", "\uff11/8"],
    "user_agent": ["", "jane\r\nX-Evil: 1", "jané", "jane" * 1000],
    "flattening_separator": ["", "jane" * 3],
    "start_date": [
        *("", "jane", "now", "12:00", "P1Y", "1" * 400, 20260101, True, "2026-01-01\njane"),
        *("2026-01-01/2026-02-01", "2026-02-30", "0001-01-01T00:00:00+14:00"),
        *("2999-01-01", "9999-12-31T23:59:59-14:00"),
    ],
    "api_url": [
        *("", "jane.kombo.dev", "ftp://jane.kombo.dev", "https://two words/jane", "https://"),
        *("https:///jane", "https://[::1/jane", "https://x:99999/jane", "https://x:port/jane"),
        *("https://jane:pw@kombo.example.com", "https://x/" + "jane" * 1000),
        *("https://kombo.example.com?jane=1", "https://kombo.example.com#jane"),
        *("http://api.kombo.dev/jane", "http://127.0.0.1.jane.com", ["https://jane.com"]),
    ],
    "filters": [
        *("jane", "{", '{"jobs": {"ids": NaN}}', '{"jobs": {}, "jobs": {"ids": "jane"}}'),
        *("[" * 100_000, [], {"candidates": ["jane"]}, {"jobs": None}),
        {"jo\nbs": {}},
        {"jobs": {"i\nds": "jane"}},
    ],
    "stream_map_config": ["jane", ["jane"]],
    "faker_config": ["jane", {"seed": ["jane"]}],
}
WRONG_FILTERS: list[object] = [
    *(None, [], "", ["jane", None], ["jane", {}], ["jane"] * 1001, "jane" * 10_000),
]
WRONG_MAPS: dict[str, list[object]] = {
    "a map of a stream": ["jane", 5, []],
    "an expression": [
        *({"x": one} for one in (5, ["jane"], "jane +", "jane = 1", "import jane", "# jane")),
        *({"x": one} for one in (" jane", "jane\x00", "(" * 10_000)),
        {"x\ny": 5},
    ],
    "an option of a stream": [
        *({"__filter__": one} for one in (None, "jane jane")),
        *({"__key_properties__": one} for one in ("jane", [5])),
        {"__alias__": 5},
        {"__else__": "jane"},
    ],
}


def test_key_and_integrations_are_enough() -> None:
    assert told() == []


@each("api_key", "integration_ids")
def test_a_missing_setting_is_named(name: str) -> None:
    without = {key: value for key, value in GOOD.items() if key != name}

    assert list(complaints(read(without, SETTINGS), SETTINGS)) == [f"Setting '{name}' is missing."]
    assert list(complaints(read(GOOD | {name: None}, SETTINGS), SETTINGS)) == [
        f"Setting '{name}' is missing."
    ]


def test_null_is_as_if_it_was_not_set() -> None:
    optional = [name for name in NAMES if name not in GOOD]

    assert {name: told(**{name: None}) for name in optional} == {name: [] for name in optional}
    assert read(dict.fromkeys(NAMES), SETTINGS) == {}


@each(*BOOLEANS)
def test_words_for_true_and_false(name: str) -> None:
    assert [value for value in TRUE if meant(name, value) is not True] == []
    assert [value for value in FALSE if meant(name, value) is not False] == []


@each(*BOOLEANS)
def test_no_other_word_is_a_boolean(name: str) -> None:
    said = {short(value): refused(name, value) for value in NO_BOOLEANS}

    assert said == dict.fromkeys(said, f"Setting '{name}': it must be true or false.")


def test_whole_numbers() -> None:
    values = [10, "10", " 10 ", "+10", "010", "10\n"]

    assert {value: repr(meant("page_size", value)) for value in values} == dict.fromkeys(
        values, "10"
    )


@each(*INTEGERS)
def test_no_other_number_is_whole(name: str) -> None:
    said = {short(value): refused(name, value) for value in NO_WHOLE_NUMBERS}

    assert [one for one in said if "it must be a whole number from " not in said[one]] == []


@each(*INTEGERS)
def test_a_number_has_an_upper_and_a_lower_bound(name: str) -> None:
    bounds = SETTINGS["properties"][name] | LIMITS_OF_THE_SDK.get(name, {})
    least, most = bounds["minimum"], bounds["maximum"]

    assert [meant(name, one) for one in (least, most, str(most))] == [least, most, most]
    for wrong in (least - 1, most + 1, str(most + 1)):
        assert refused(name, wrong).endswith(f"from {least} to {most}.")


@each(
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
)
def test_a_text_is_read_as_it_is_meant(name: str, given: str, expected: object) -> None:
    assert meant(name, given) == expected
    assert read({name: expected}, SETTINGS) == {name: expected}  # once more changes nothing


@each(*WRONG)
def test_a_wrong_value_is_refused_in_one_line(name: str) -> None:
    for value in WRONG[name]:
        refused(name, value)


def test_a_start_in_the_future_is_refused() -> None:
    """Its pass would leave a bookmark, and the rows before it would never come."""
    now = datetime.now(UTC)

    assert told(start_date=(now - timedelta(minutes=5)).isoformat()) == []
    assert "it is in the future" in refused("start_date", (now + timedelta(minutes=5)).isoformat())


def test_a_wrong_value_of_a_filter_is_refused_in_one_line() -> None:
    for value in WRONG_FILTERS:
        refused("filters", {"jobs": {"ids": value}})


@each(
    ("filters", {"jobs": {"ids": ["jane", None]}}, "entry 2 of `jobs.ids` is of a wrong type"),
    ("filters", {"jobs": {"ids": [""]}}, "entry 1 of `jobs.ids` is empty"),
    ("filters", {"jobs": {"ids": []}}, "`jobs.ids` is empty"),
    ("filters", {"jobs": {"ids": "jane" * 10_000}}, "`jobs.ids` is too long"),
    ("filters", '{"jobs": jane}', "the text does not hold a JSON object"),
    ("opt_in", [""], "entry 1 is empty"),
    ("opt_in", ["jobs.*", 5], "entry 2 is of a wrong type"),
    ("full_pass_interval_days", {"jobs": -3}, "`jobs` must be a whole number from 0 to 3650"),
    ("pseudonyms", {"presets": "people"}, "it has no 'presets' (did you mean `preset`?)"),
    ("pseudonyms", {"keep": "users.email"}, "`keep` is of a wrong type"),
    ("pseudonyms", ["people"], "it must be one of people, strict, or an object"),
    ("pseudonyms", '{"preset": jane}', "the text does not hold a JSON object"),
    ("api_key", "", "it is empty"),
    ("api_key", "jane ü", "it must be your key, a text of ASCII without white space"),
    ("region", "", "it is empty"),
)
def test_a_mistake_is_named_by_its_place(name: str, value: object, why: str) -> None:
    assert why in refused(name, value)


@each(
    {"api_url": "https://kombo.example.com/v1"},
    {"api_url": "http://127.0.0.1:8000/v1"},
    {"api_url": "http://localhost:8000/v1"},
    {"api_url": "http://[::1]:8000/v1"},
    {"api_url": "http://kombo.example.com/v1", "allow_http": True},
    {"api_url": "http://kombo.example.com/v1", "allow_http": "yes"},
)
def test_data_travels_encrypted_or_within_this_machine(url: dict[str, Any]) -> None:
    assert told(**url) == []


@each("ture", "no", "")
def test_data_does_not_travel_open_for_any_other_word(word: str) -> None:
    lines = told(api_url="http://kombo.example.com", allow_http=word)

    assert any(line.startswith("Setting 'api_url': it begins with http://") for line in lines)


@each(
    ({}, "it"),
    ({"jobs": {}}, "`jobs`"),
    ({"jobs": ""}, "`jobs`"),
    ({"jobs": {"salary": ""}}, "`jobs.salary`"),
    ({"jobs": {"salary": {}}}, "`jobs.salary`"),
    ({"jobs": {"salary": []}}, "`jobs.salary`"),
    ({"jobs": {"x": "id", "__else__": ""}}, "`jobs.__else__`"),
)
def test_a_map_that_is_empty_is_refused_with_the_cure(maps: dict[str, Any], where: str) -> None:
    line = refused("stream_maps", maps)

    assert f"{where} is empty; write `__NULL__`" in line
    assert "Meltano" in line


@each(
    {"__else__": None},
    {"__else__": "__NULL__", "jobs": {"x": "id"}},
    {"jobs": None, "users": "__NULL__"},
    {"jobs": {"salary_amount": None, "name": "__NULL__", "h": "md5(config['seed'] + name)"}},
    {"jobs": {"__filter__": "id != 'a'", "__else__": None, "__key_properties__": ["id"]}},
    {"jobs": {"__alias__": "positions"}, "more": {"__source__": "jobs"}},
    {"*": {"remote_data": None}, "hris_*": {"ssn": None}},
    {"passes": {"records": None}},
)
def test_maps_that_the_sdk_knows(maps: dict[str, Any]) -> None:
    assert meant("stream_maps", maps) == maps


@each(
    ({"candidate": None}, "there is no stream 'candidate' (did you mean `candidates`"),
    ({"candidate": {"email": None}}, "there is no stream 'candidate' (did you mean `candidates`"),
    ({"people": {"__source__": "Candidates"}}, "there is no stream 'Candidates' (did you mean"),
    ({"people": {"__source__": None}}, "`people.__source__` must be a text"),
    ({"atts_*": {"x": "id"}}, "there is no stream 'atts_*'"),
    ({"candidates": {"email_adresses": None}}, "`candidates.email_adresses` cannot be taken out"),
    ({"candidates": {"email_adresses": "__NULL__"}}, "(did you mean `email_addresses`"),
    ({"more": {"__source__": "jobs", "nmae": None}}, "`more.nmae` cannot be taken out"),
    ({"hris_*": {"salary_amount": None}}, "`hris_*.salary_amount` cannot be taken out"),
    ({"jobs": {"candidate__email": None}}, "`jobs.candidate__email` cannot be taken out"),
)
def test_what_a_map_would_hide_in_vain_is_refused(maps: dict[str, Any], told: str) -> None:
    assert told in refused("stream_maps", maps)


@each("my talks", "talks talks", "1st")
def test_an_alias_that_the_sdk_cannot_read_is_refused(alias: str) -> None:
    assert "is not a Python expression" in refused("stream_maps", {"jobs": {"__alias__": alias}})


def test_an_alias_beside_a_source_is_refused() -> None:
    maps = {"log": {"__source__": "jobs", "__alias__": "history"}}

    assert "the name is `log`" in refused("stream_maps", maps)


@each({}, {"flattening_enabled": True, "flattening_max_depth": 1})
def test_a_column_that_flattening_makes_cannot_be_taken_out(flat: dict[str, Any]) -> None:
    """The SDK flattens what the maps leave: the column would go out all the same."""
    maps = {"applications": {"candidate__email_addresses": None}}

    assert "cannot be taken out" in " ".join(told(stream_maps=maps, **flat))
    assert told(stream_maps={"applications": {"candidate": None}}, **flat) == []


@each(
    ({"candidates": {"last_name": "__NULL__"}, "*": {"x": "1"}}, "candidates"),
    ({"jobs": None, "job*": {"x": "1"}}, "jobs"),
    ({"hris_emp*": {"x": "1"}, "users": {"x": "1"}, "hris_*": None}, "hris_emp*"),
    ({"users": {"x": "1"}, "u*": {"x": "1"}, "log": {"__source__": "users"}}, "users"),
    ({"*": {"x": "1"}, "candidates": {"last_name": "__NULL__"}}, None),
    ({"log": {"__source__": "users"}, "*": {"x": "1"}}, None),
    ({"users": {"x": "1"}, "log": {"__source__": "u*"}}, None),
    ({"*s": {"x": "1"}, "hris_*": {"x": "1"}}, None),
    ({"users": None, "__else__": None}, None),
)
def test_a_map_that_a_later_one_takes_the_place_of_is_refused(
    maps: dict[str, Any], key: str | None
) -> None:
    """The SDK takes the last that fits, and what the other was to hide would be sent."""
    lines = told(stream_maps=maps)

    named = [line.split("`")[1] for line in lines if "has no effect, as a later map" in line]
    assert named == [key] * bool(key)
    assert len(lines) == len(named)


@each(*WRONG_MAPS)
def test_a_map_that_the_sdk_would_end_with_is_refused(kind: str) -> None:
    for value in WRONG_MAPS[kind]:
        refused("stream_maps", {"jobs": value})


@each({"__else__": "jane"}, {"__other__": {"x": "jane"}})
def test_an_option_of_all_maps_that_there_is_not_is_refused(maps: dict[str, Any]) -> None:
    refused("stream_maps", maps)


@each(
    ("regoin", " (did you mean `region`"),
    ("integration_id", " (did you mean `integration_ids`"),
    ("colour", ""),
    ("x\ny", ""),
    ("x" * 100_000, ""),
    ("", ""),
    ("\ud800", ""),
)
def test_an_unknown_setting_is_refused_with_a_hint(name: str, hint: str) -> None:
    (line,) = told(**{name: 1})

    assert f"' does not exist{hint or '.'}" in line
    assert len(line) < 500


@each(1, 2, 8)
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
    settings = SETTINGS["properties"].items()

    assert [
        name for name, one in settings if not (one.get("title") and one.get("description"))
    ] == []
