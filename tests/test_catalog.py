"""A catalog decides what the loader is told, and the records are what it is told."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import time_machine
from jsonschema import Draft7Validator, FormatChecker
from singer_sdk.exceptions import ConfigValidationError
from support import KEY, Sent, catalog

from tap_kombo.selection import overlay
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Kombo

A = "tool:a"
STREAM = "jobs"


def dropped(schema: dict[str, Any]) -> None:
    """An old catalog, from before these columns were known."""
    del schema["properties"]["weekly_hours"], schema["properties"]["description"]
    del schema["properties"]["location"]["properties"]["city"]
    del schema["properties"]["stages"]["items"]["properties"]["name"]


def retyped(schema: dict[str, Any]) -> None:
    """What Meltano's `schema` does: other types, at the top and inside."""
    properties = schema["properties"]
    properties["changed_at"] = {"type": ["string", "null"]}
    properties["weekly_hours"] = {"type": ["string", "null"]}
    properties["name"] = {"type": ["number", "null"]}
    properties["location"]["properties"]["city"] = {"type": ["boolean", "null"]}
    properties["ours"] = {"type": ["string", "null"]}


def reordered(schema: dict[str, Any]) -> None:
    """Columns in another order."""
    schema["properties"] = dict(reversed(schema["properties"].items()))


def emptied(schema: dict[str, Any]) -> None:
    """A catalog that only selects."""
    schema.clear()


def keyless(schema: dict[str, Any]) -> None:
    """Only one column is told of."""
    schema["properties"] = {"name": schema["properties"]["name"]}


def run(kombo: Kombo, change: Callable[[dict[str, Any]], None]) -> Sent:
    kombo.emulator.add_integration(A)
    chosen, sent = copy.deepcopy(catalog(STREAM)), Sent()
    change(chosen["streams"][0]["schema"])
    config = {"api_key": KEY, "api_url": kombo.url, "integration_ids": [A]}
    TapKombo(config=config, catalog=chosen, message_writer=sent).sync_all()
    return sent


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (dropped, set()),
        (retyped, {"name", "location.city"}),
        (reordered, set()),
        (emptied, set()),
        (keyless, set()),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_records_are_what_the_schema_of_the_catalog_says(
    kombo: Kombo,
    caplog: pytest.LogCaptureFixture,
    change: Callable[[dict[str, Any]], None],
    lost: set[str],
) -> None:
    sent = run(kombo, change)

    schema = next(one["schema"] for one in sent.messages if one["type"] == "SCHEMA")
    records = sent.records(STREAM)
    assert len(records) == len(kombo.emulator.integrations[A].records("ats_jobs"))
    assert {(*one,) for one in records} == {(*schema["properties"],)}
    assert {"id", "integration_id"} <= {*schema["properties"]}
    strict = closed(schema)
    valid = Draft7Validator(strict, format_checker=FormatChecker())
    assert [str(error) for one in records for error in valid.iter_errors(one)] == []
    told = {path for path in ("name", "location.city") if f"{STREAM}: {path} in" in caplog.text}
    assert (told, "not in the schema" in caplog.text) == (lost, False)


Change: TypeAlias = "Callable[[dict[str, Any]], None]"


def metadata(**facts: str) -> Change:
    """What Meltano's `metadata` does: it stands in the entry, and in its metadata."""

    def change(entry: dict[str, Any]) -> None:
        entry.pop("replication_key", None)
        entry.update(facts)
        root = next(one["metadata"] for one in entry["metadata"] if not one["breadcrumb"])
        root.update({name.replace("_", "-"): value for name, value in facts.items()})

    return change


def schema_of(name: str, schema: dict[str, Any]) -> Change:
    def change(entry: dict[str, Any]) -> None:
        if name in entry["schema"]["properties"]:
            entry["schema"]["properties"][name] = schema

    return change


WITHOUT_TYPE = ("{}", '{"type": null}', '{"type": []}', '{"items": null}', '{"properties": null}')
VAIN: dict[str, Change] = {
    "incremental by changed_at": metadata(
        replication_method="INCREMENTAL", replication_key="changed_at"
    ),
    "incremental": metadata(replication_method="INCREMENTAL"),
    "forced to be incremental": metadata(forced_replication_method="INCREMENTAL"),
    "by changed_at": metadata(replication_key="changed_at"),
    "by what is no column": metadata(replication_key="nope"),
    "by nothing": metadata(),
    "records that are texts": lambda entry: entry["schema"].update(type="string"),
} | {
    f"{name}: {schema}": schema_of(name, json.loads(schema))
    for name in ("changed_at", "id", "stages")
    for schema in WITHOUT_TYPE
}
"""What a catalog may ask for and cannot get, though it is clear what is left to do."""


@pytest.mark.parametrize("wish", VAIN)
def test_what_no_catalog_can_change_stays(kombo: Kombo, wish: str) -> None:
    """Kombo chooses the replication key, and what has no type has that of the tap."""
    kombo.emulator.add_integration(A)
    names = (STREAM, "integrations", "passes")
    config = {"api_key": KEY, "api_url": kombo.url, "integration_ids": [A]}
    told: list[Any] = []
    for edit in (lambda _: None, VAIN[wish]):
        chosen, sent = copy.deepcopy(catalog(*names)), Sent()
        for entry in chosen["streams"]:
            edit(entry)
        with time_machine.travel(kombo.emulator.clock.now()):
            more = {"emit_activate_version_messages": True}
            TapKombo(config=config | more, catalog=chosen, message_writer=sent).sync_all()
        told.append(
            {
                (one["type"], one["stream"]): {**one, "version": 0}
                for one in sent.messages
                if one["type"] in {"SCHEMA", "ACTIVATE_VERSION"}
            }
        )
        told.append([len(sent.records(name)) for name in names])
    schemas, counts, *after = told
    assert ("ACTIVATE_VERSION", "integrations") in schemas
    assert all(counts)
    assert after == [schemas, counts]


def test_a_catalog_that_renames_a_stream_is_refused_in_one_line(kombo: Kombo) -> None:
    chosen = copy.deepcopy(catalog(STREAM))
    chosen["streams"][0]["stream"] = "posts"

    with pytest.raises(ConfigValidationError) as refused:
        TapKombo(
            config={"api_key": KEY, "api_url": kombo.url, "integration_ids": [A]}, catalog=chosen
        )

    (line,) = refused.value.errors
    assert f"catalog.streams[0] names '{STREAM}' anew" in line
    assert "`__alias__`" in line


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema in which nothing undeclared passes, at any depth."""
    strict = {**schema}
    if "properties" in schema:
        strict["additionalProperties"] = False
        strict["properties"] = {name: closed(one) for name, one in schema["properties"].items()}
    if "items" in schema:
        strict["items"] = closed(schema["items"])
    return strict


def test_a_type_that_is_none_is_refused_in_one_line(kombo: Kombo) -> None:
    def change(schema: dict[str, Any]) -> None:
        schema["properties"]["name"] = {"type": ["text", "null"]}

    with pytest.raises(ConfigValidationError) as refused:
        run(kombo, change)

    (line,) = refused.value.errors
    assert "catalog.streams[0].schema" in line
    assert "'text'" in line
    assert not kombo.emulator.requests


def test_what_is_not_told_of_is_found_at_every_depth() -> None:
    text = {"type": "string"}
    inner = {"type": "object", "properties": {"a": text, "b": text}}
    whole = {"properties": {"id": text, "list": {"type": "array", "items": inner}, "one": inner}}
    only_a = {"type": "object", "properties": {"a": {"type": "number"}}}
    sent = {"properties": {"id": text, "list": {"type": "array", "items": only_a}}}

    laid, missing = overlay(whole, sent)

    assert missing == [("list", "[]", "b"), ("one",)]
    both = {"a": {"type": "number"}, "b": text}
    assert laid["properties"]["list"]["items"]["properties"] == both
    assert laid["properties"]["one"] == inner
    assert "one" not in sent["properties"]


def test_what_is_told_of_as_a_whole_keeps_what_is_known_of_its_inside() -> None:
    text = {"type": "string"}
    inner = {"type": "object", "properties": {"a": text}}
    whole = {"properties": {"list": {"type": "array", "items": inner}, "one": inner}}
    sent = {"properties": {"list": {"type": ["array", "null"]}, "one": {"type": ["object"]}}}

    laid, missing = overlay(whole, sent)

    assert missing == []
    assert laid["properties"]["list"] == {"type": ["array", "null"], "items": inner}
    assert laid["properties"]["one"] == {"type": ["object"], "properties": {"a": text}}
