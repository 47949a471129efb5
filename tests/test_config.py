"""How settings are read, and the same from a file as from the environment."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from settings_told import GOOD, SECRET, SETTINGS, meant, refused, short
from singer_sdk.configuration import _dict_config
from singer_sdk.exceptions import ConfigValidationError
from support import each

from tap_kombo.config import PREFIX, environment, environment_complaints, listed, read

if TYPE_CHECKING:
    from pathlib import Path

NAMES = list(SETTINGS["properties"])
OBJECTS = [name for name in NAMES if "object" in SETTINGS["properties"][name]["type"]]
NO_INTEGRATIONS: dict[str, list[object]] = {
    "nothing": ["", " ", ",", " , ", "#a", [], [" "]],
    "neither list nor text": [{}, 5, True],
    "no file": ["@", "@no/such/file", "@/tmp", "@x\0y", "@" * 999],
    "half a list": ["[", "[a]", '["a"', "[]"],
    "a text": ['{"a": 1}', '"a"', "a b", "jane@example.com", "a;b", "a/../b"],
    "a list": [
        *(["a", ""], ["a,b"], ["jane\x00"], ["jane\nx"], ["@file"], ["a#b"], ["a?b"]),
        *(["a", None], [["a"]], [5], [True], ["a" * 300], ["a"] * 100_001),
        *(["jan\u00e9"], ["\ufeffa"], ["a\u200b"]),
    ],
}


def test_integrations_come_as_list_or_text() -> None:
    ways: list[object] = [
        *(["a", "b"], ["a ", "\tb\n"], "a,b", " a , b ", "a,,b,", "a\nb\n"),
        *('["a", "b"]', ' ["a","b"]\n'),
        "['a', 'b']",  # as Meltano hands over a list
        "# ours\na\n# theirs\nb # since May\n",
    ]

    assert [one for one in ways if meant("integration_ids", one) != ["a", "b"]] == []


LINE_ENDS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029")


def test_integrations_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "my customers.txt"
    for data in (
        *(b"a\nb\n", b"a, b", b"a b", b"\n a\t b\r\n\r\n", b'["a",\n"b"]'),
        *(f"# customers{end}a # first{end}#c{end}b".encode() for end in LINE_ENDS),
        b"\xef\xbb\xbfa\r\nb",
        *("\ufeffa\r\nb".encode(encoding) for encoding in ("utf-16-le", "utf-16-be")),
    ):
        file.write_bytes(data)

        assert meant("integration_ids", f"@{file}") == ["a", "b"], data
        assert meant("integration_ids", f" @{file}\n") == ["a", "b"], data


@each(*NO_INTEGRATIONS)
def test_what_is_no_integration_is_refused_in_one_line(kind: str) -> None:
    for value in NO_INTEGRATIONS[kind]:
        refused("integration_ids", value)


def test_the_place_of_what_is_no_integration_is_told() -> None:
    line = refused("integration_ids", ["a", "jane x", "b", "jane@example.com"])

    assert "entry 2 of 4 is not an ID (nor are 1 after it)" in line


def test_a_file_that_names_no_integration_is_named(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    for data, why in (
        (b"", "names no integration"),
        (b" \n# none\n", "names no integration"),
        (b"\xff\xfe", "names no integration"),
        (b"\xff\xfea", "is not UTF-8"),
        (b"a\xff", "is not UTF-8"),
        (b'["a"', "begins like a list but is not one"),
        (b"a " * 6_000_000, "is larger than 10,000,000 bytes"),
    ):
        file.write_bytes(data)

        line = refused("integration_ids", f"@{file}")

        assert str(file) in line, short(data)
        assert why in line, short(data)


def test_a_list_of_names_is_read_in_the_same_way() -> None:
    assert listed("jobs.salary_*, *.remote_data # all") == ["jobs.salary_*", "*.remote_data"]


def strange(
    monkeypatch: pytest.MonkeyPatch,
    *variables: str,
    parsed: bool = True,
    given: dict[str, Any] | None = None,
) -> list[str]:
    """What is said of environment variables."""
    for one in variables:
        monkeypatch.setenv(one, "jane")
    lines = list(environment_complaints(given or GOOD, SETTINGS, parsed=parsed))
    assert all(line.isprintable() and SECRET not in line for line in lines)
    return lines


def test_a_variable_means_what_the_same_text_means_in_a_file(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (
        *(
            ("api_key", "ks_x\n"),
            ("region", "EU"),
            ("stream_maps", ""),
            ("start_date", "2999-01-01"),
        ),
        *(("include_deleted", one) for one in ("Off", "ture", "")),
        *(("page_size", one) for one in (" 10 ", "1_0", "many")),
        *(("integration_ids", one) for one in ('["a","b"]', "a,b", "@no/such/file")),
        *(("filters", one) for one in ("{", '{"jobs": {"ids": "a"}}')),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(PREFIX + name.upper(), value)
            given = environment(SETTINGS)

        assert given == {name: value}
        assert read(given, SETTINGS) == read(json.loads(json.dumps({name: value})), SETTINGS), given
    assert not caplog.records  # the SDK calls `a,b` deprecated


def test_a_variable_wins_over_a_file_of_variables(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text("TAP_KOMBO_API_KEY=of_file\nTAP_KOMBO_REGION=us\n")
    monkeypatch.setattr(_dict_config, "find_dotenv", lambda **_: str(file))
    monkeypatch.setenv("TAP_KOMBO_API_KEY", "of_variable")
    monkeypatch.setenv("TAP_KOMBO_REGION", "")
    monkeypatch.delenv("TAP_KOMBO_REGION")  # it is taken away again after the test

    assert environment(SETTINGS) == {"api_key": "of_variable", "region": "us"}


def test_a_file_of_variables_that_is_no_text_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_bytes("TAP_KOMBO_API_KEY=jane".encode("utf-16"))
    monkeypatch.setattr(_dict_config, "find_dotenv", lambda **_: str(file))

    with pytest.raises(ConfigValidationError, match=r"The file \.env cannot be read") as refusal:
        environment(SETTINGS)

    assert len(refusal.value.errors) == 1


@each(
    ("TAP_KOMBO_PAGESIZE", " (did you mean `TAP_KOMBO_PAGE_SIZE`"),
    ("TAP_KOMBO_INTEGRATION_ID", " (did you mean `TAP_KOMBO_INTEGRATION_IDS`"),
    ("TAP_KOMBO_page_size", " (did you mean `TAP_KOMBO_PAGE_SIZE`"),
    ("tap_kombo_api_key", " (did you mean `TAP_KOMBO_API_KEY`"),
    ("TAP_KOMBO_COLOUR", ""),
    ("TAP_KOMBO_", ""),
    ("TAP_KOMBO_X\nY", ""),
    ("TAP_KOMBO_EU_API_KEY", " (did you mean `TAP_KOMBO_API_KEY`"),
)
def test_an_unknown_variable_is_refused_with_a_hint(variable: str, hint: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        (line,) = strange(patch, variable)

    assert f"' names no setting{hint or '.'}" in line


def test_a_variable_that_means_something_is_none_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = [PREFIX + name.upper() for name in NAMES]
    others = ("TAP_KOMBO_LOGLEVEL", "TAP_KOMBO__SELECT", "TAP_KOMBO__METADATA_JOBS_X")

    assert strange(monkeypatch, *settings, *others, "TAP_KOMBOX_Y") == []


def test_variables_of_meltano_are_known_where_it_runs_the_tap(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")
    of_the_tap = ("FILTERS_JOBS_IDS", "STREAM_MAPS_JOBS_X")
    of_an_heir = ("EU_API_KEY", "EU_STREAM_MAPS_JOBS_X", "EU__SELECT", "_EU_API_KEY")
    variables = [PREFIX + name for name in of_the_tap + of_an_heir]

    assert strange(monkeypatch, *variables, parsed=False) == []


def test_meltano_reads_variables_even_if_the_tap_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert strange(monkeypatch, "TAP_KOMBO_PAGESIZE", parsed=False) == []

    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")

    assert len(strange(monkeypatch, "TAP_KOMBO_PAGESIZE", parsed=False)) == 1


def test_what_is_told_of_the_file_is_not_told_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")

    assert strange(monkeypatch, "TAP_KOMBO_COLOUR", given=GOOD | {"colour": "red"}) == []


@pytest.mark.parametrize("name", ["stream_maps", "filters"])
def test_what_meltano_drops_is_told(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of `{jobs: {salary: null, x: id}, users: null}` it passes on all but `salary`."""
    flat = {"jobs.salary": None, "jobs.x": "id", "users": None}
    monkeypatch.setenv(f"MELTANO_EXTRACT_{name.upper()}", json.dumps(flat))
    given = GOOD | {name: {"jobs": {"x": "id"}, "users": None}}

    (line,) = strange(monkeypatch, given=given)

    assert line.startswith(f"Setting '{name}': Meltano drops 'jobs.salary'")


def test_an_empty_map_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MELTANO_EXTRACT_STREAM_MAPS", '{"jobs.salary": null}')

    assert strange(monkeypatch, given=GOOD | {"stream_maps": {}}) == []


def test_objects_that_meltano_has_flattened_are_nested_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flat = {"jobs.ids": ["a"], "jobs.x": 1, "users": None}
    given = dict.fromkeys(OBJECTS, json.dumps(flat))
    assert read(given, SETTINGS) == dict.fromkeys(OBJECTS, flat)

    monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")

    nested = {"jobs": {"ids": ["a"], "x": 1}, "users": None}
    assert read(given, SETTINGS) == dict.fromkeys(OBJECTS, nested)
    unclear = dict.fromkeys(OBJECTS, '{"a": 1, "a.b": 2}')
    assert read(unclear, SETTINGS) == unclear


def test_the_tests_do_not_see_the_file_of_whoever_runs_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAP_KOMBO_API_KEY=of_a_developer\n")
    look = "import dotenv; print(repr(dotenv.find_dotenv(usecwd=True)))"

    done = subprocess.run(
        [sys.executable, "-c", look], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert done.stdout == "''\n"
    assert _dict_config.find_dotenv() == ""  # type: ignore[attr-defined] # as `conftest` has set it
