from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from support import REFERENCE, needs_reference

from scripts import update_schemas
from scripts.update_schemas import SchemaError, build, correct, describe, merge, reduce, walk, write
from tap_kombo.api.endpoints import ENDPOINTS, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
OPENAPI = REFERENCE / "kombo-openapi.json"
FACTS = REFERENCE / "kombo-endpoints.json"

INSIDE_A_FREE_FORM_VALUE = {
    ("scorecards", "responses", "answer", "remote_id"),  # an answer is an option or a plain value
    ("scorecards", "responses", "answer", "label"),
}

DESCRIPTIONS = {
    "id": "Kombo's ID of the tag.",
    "integration_id": "Where it was read from.",
    "name": "Text of the tag.",
}
STRING = {"type": ["string", "null"]}


def document(properties: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document with one endpoint, shaped like Kombo's."""
    answer = {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Data"}}}
    results = {"type": "array", "items": {"type": "object", "properties": properties}}
    data = {"type": "object", "properties": {"results": results}}
    return {
        "paths": {
            "/ats/tags": {
                "get": {"responses": {"200": {"content": {"application/json": {"schema": answer}}}}}
            }
        },
        "components": {"schemas": {"Data": data}},
    }


@pytest.fixture
def one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_schemas, "ENDPOINTS", (Endpoint("ATS", "tags"),))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_row: None) -> Path:
    """A folder with everything that the script reads and writes, for one stream."""
    del one_row
    (tmp_path / "schemas").mkdir()
    monkeypatch.setattr(update_schemas, "SCHEMAS", tmp_path / "schemas")
    files = {
        "CORRECTIONS": '[[correction]]\nat = ["tags.name"]\nreason = "Missing."\n'
        'schema = { type = "string" }\n',
        "DESCRIPTIONS": "".join(f'"{end}" = "{text}"\n' for end, text in DESCRIPTIONS.items()),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        monkeypatch.setattr(update_schemas, name, tmp_path / name)
    source = document({"id": {"type": "string"}})
    (tmp_path / "openapi.json").write_text(json.dumps(source), encoding="utf-8")
    return tmp_path


@pytest.fixture
def address(project: Path) -> Iterator[str]:
    """Serve the document of the project over HTTP."""
    body = (project / "openapi.json").read_bytes()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/openapi.json"
        server.shutdown()
        thread.join()


def test_a_schema_is_reduced_to_what_every_loader_understands() -> None:
    given_and_reduced: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "a text": ({"type": "string", "format": "uri", "pattern": "^h", "enum": ["a"]}, STRING),
        "an integer": (
            {"type": ["integer", "null"], "format": "int64"},
            {"type": ["number", "null"]},
        ),
        "a moment": ({"type": "string", "format": "date-time"}, STRING | {"format": "date-time"}),
        "a day": ({"type": "string", "format": "date"}, STRING | {"format": "date"}),
        "a free object": (
            {"type": "object"},
            {"type": ["object", "null"], "additionalProperties": True},
        ),
        "an object": (
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}}},
            {"type": ["object", "null"], "properties": {"a": {"type": ["boolean", "null"]}}},
        ),
        "a list": (
            {"type": "array", "items": {"type": "string", "const": "a"}},
            {"type": ["array", "null"], "items": STRING},
        ),
        "a choice": ({"anyOf": [{"type": "string", "enum": ["A"]}, {"type": "string"}]}, STRING),
        "anything": ({"description": "anything"}, {}),
        "null": ({"type": "null"}, {"type": ["null"]}),
    }
    reduced = {name: reduce(given, {}) for name, (given, _) in given_and_reduced.items()}
    assert reduced == {name: expected for name, (_, expected) in given_and_reduced.items()}


def test_variants_become_one_object_with_all_properties() -> None:
    number = {"type": "object", "properties": {"value": {"type": "number"}}}
    choice = {
        "type": "object",
        "properties": {"value": {"type": "string"}, "options": {"type": "array", "items": {}}},
    }

    assert reduce({"anyOf": [number, choice, {"type": "null"}]}, {}) == {
        "type": ["object", "null"],
        "properties": {
            "value": {"type": ["string", "number", "null"]},
            "options": {"type": ["array", "null"], "items": {}},
        },
    }


def test_a_merged_schema_allows_what_any_variant_allows() -> None:
    a = {"type": ["object", "null"], "properties": {"a": STRING}}
    free = {"type": ["object", "null"], "additionalProperties": True}

    assert merge([STRING | {"format": "date-time"}, STRING]) == STRING
    assert merge([STRING, {}]) == {}
    assert merge([STRING, {"type": ["null"]}]) == STRING
    assert merge([a, free]) == a | free


@pytest.mark.usefixtures("one_row")
def test_only_the_key_and_the_integration_are_never_null() -> None:
    built = build(
        document({"name": {"type": "string"}, "id": {"type": "string"}}), [], DESCRIPTIONS
    )

    assert built["tags"]["properties"] == {
        "id": {"type": ["string"], "description": "Kombo's ID of the tag."},
        "integration_id": {"type": ["string"], "description": "Where it was read from."},
        "name": STRING | {"description": "Text of the tag."},
    }


@pytest.mark.usefixtures("one_row")
def test_the_build_names_what_is_missing() -> None:
    complaints: dict[str, dict[str, Any]] = {
        "tags.colour: no description": {"colour": {"type": "string"}},
        "description of name: no such property": {},
        "tags.name: no column can hold only null; correct it": {"name": {"type": "null"}},
        "tags.name: no column can hold array or string; correct it": {
            "name": {"type": ["string", "array"]}
        },
        "tags.name[][]: no column can hold number or object; correct it": {
            "name": nested({"type": ["number", "object"]})
        },
        "tags.name: a column that may be anything; correct it": {"name": {}},
    }
    assert {text: text in complained(properties) for text, properties in complaints.items()} == (
        dict.fromkeys(complaints, True)
    )


def nested(schema: dict[str, Any]) -> dict[str, Any]:
    """A list of lists of values."""
    return {"type": "array", "items": {"type": "array", "items": schema}}


@pytest.mark.usefixtures("one_row")
def test_every_place_has_a_type_that_a_typed_warehouse_has() -> None:
    texts = {"type": ["string", "boolean"]}
    properties = {
        "id": {"type": "string"},
        "name": {
            "type": "object",
            "properties": {"value": {"type": ["number", "string"]}, "all": nested({})},
        },
        "texts": {"type": "array", "items": texts},
    }
    described = DESCRIPTIONS | {"texts": "Texts.", "name.value": "Value.", "name.all": "All."}
    built = build(document(properties), [], described)["tags"]["properties"]

    assert built["name"]["properties"]["value"]["type"] == ["string", "null"]
    assert built["name"]["properties"]["all"]["items"]["items"] == update_schemas.ANYTHING
    assert built["texts"]["items"] == STRING


def complained(properties: dict[str, Any]) -> list[str]:
    """What a build from these properties complains of."""
    try:
        build(document(properties), [], DESCRIPTIONS)
    except SchemaError as error:
        return str(error).splitlines()
    return []


@pytest.mark.usefixtures("one_row")
def test_the_build_names_a_stream_that_the_document_lacks() -> None:
    with pytest.raises(SchemaError, match="tags: not in the document"):
        build({"paths": {}}, [], {})


def test_a_correction_reaches_into_lists_and_shares_nothing() -> None:
    records: dict[str, Any] = {
        name: {
            "properties": {"a": {"type": ["array"], "items": {"properties": {"b": {}, "c": {}}}}}
        }
        for name in ("jobs", "offers")
    }
    entry = {
        "at": ["jobs.a[].b", "offers.a[].b", "jobs.a[].new"],
        "reason": "Wrong.",
        "schema": {"type": "string"},
    }

    assert list(correct(records, entry)) == []
    assert list(correct(records, {"at": ["offers.a[].c"], "reason": "Not sent."})) == []
    assert list(correct(records, {"at": ["jobs.a[]"], "reason": "Free.", "schema": {}})) == []
    assert records["jobs"]["properties"]["a"]["items"] == {}
    assert records["offers"]["properties"]["a"]["items"] == {"properties": {"b": STRING}}

    corrected: dict[str, Any] = {
        "jobs": {"properties": {"b": {}}},
        "offers": {"properties": {"b": {}}},
    }
    assert not list(correct(corrected, entry | {"at": ["jobs.b", "offers.b"]}))
    assert corrected["jobs"]["properties"]["b"] is not corrected["offers"]["properties"]["b"]


def test_a_correction_that_is_not_needed_is_named() -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"at": ["tags.name"], "reason": "x", "schema": {"type": "string"}}, "it changes nothing"),
        ({"at": ["tags.colour"], "reason": "Not sent."}, "it changes nothing"),
        ({"at": ["tags.a.b"], "reason": "x", "schema": {}}, "there is no such place"),
        ({"at": ["labels.a"], "reason": "x", "schema": {}}, "there is no such place"),
        ({"at": ["tags"], "reason": "x", "schema": {}}, "the document has this stream now"),
        ({"at": ["tags.name"], "schema": {}}, "no reason"),
    ]
    for entry, complaint in wrong:
        problems = list(correct({"tags": {"properties": {"name": STRING}}}, entry))
        assert [one.endswith(complaint) for one in problems] == [True], (entry, problems)


def test_the_longest_end_of_the_path_describes_a_property() -> None:
    inner = {"type": ["array", "null"], "items": {"properties": {"name": {}}}}
    schemas: dict[str, Any] = {
        "jobs": {"properties": {"name": {}, "stages": inner}},
        "tags": {"properties": {"name": {}}},
    }
    texts = {"name": "Any.", "stages": "List.", "stages.name": "Inner.", "tags.name": "Tag."}

    assert list(describe(schemas, texts)) == []
    assert {".".join(path): node.get("description") for path, node in walk(schemas)} == {
        "jobs": None,
        "jobs.name": "Any.",
        "jobs.stages": "List.",
        "jobs.stages.name": "Inner.",
        "tags": None,
        "tags.name": "Tag.",
    }


def test_files_without_a_stream_are_removed(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}\n", encoding="utf-8")

    assert write({"tags": {"type": "object"}}, tmp_path, check=True) == ["gone.json", "tags.json"]
    assert [file.name for file in tmp_path.iterdir()] == ["gone.json"]
    assert write({"tags": {"type": "object"}}, tmp_path, check=False) == ["gone.json", "tags.json"]
    assert (tmp_path / "tags.json").read_text(encoding="utf-8") == '{\n  "type": "object"\n}\n'
    assert write({"tags": {"type": "object"}}, tmp_path, check=False) == []


def test_check_fails_until_the_schemas_are_written(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = str(project / "openapi.json")

    assert update_schemas.main([source, "--check"]) == 1
    assert capsys.readouterr().out == "differs: tags.json\n"
    assert not list((project / "schemas").iterdir())
    assert update_schemas.main([source]) == 0
    assert capsys.readouterr().out == "written: tags.json\n"
    assert update_schemas.main([source, "--check"]) == 0
    assert update_schemas.main([source]) == 0
    assert capsys.readouterr().out == ""


def test_the_document_may_be_an_address(address: str) -> None:
    assert update_schemas.main([address]) == 0


def test_every_complaint_is_printed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "DESCRIPTIONS").write_text('"colour" = "Colour."\n', encoding="utf-8")

    assert update_schemas.main([str(project / "openapi.json")]) == 1
    assert set(capsys.readouterr().err.splitlines()) == {
        "tags.id: no description",
        "tags.integration_id: no description",
        "tags.name: no description",
        "description of colour: no such property",
    }
    assert not list((project / "schemas").iterdir())


@needs_reference
def test_the_schemas_are_what_the_script_writes() -> None:
    assert update_schemas.main([str(OPENAPI), "--check"]) == 0


@needs_reference
def test_no_property_of_the_reference_is_missing() -> None:
    facts = {fact["path"]: fact for fact in json.loads(FACTS.read_text())["endpoints"]}
    missing = set()
    for endpoint in ENDPOINTS:
        if endpoint.name != "integration_models":  # made of what another endpoint tells
            fact = facts[endpoint.path]
            known = fact["record_schema"] or fact["response_schema"]["properties"]["data"]
            file = update_schemas.SCHEMAS / f"{endpoint.name}.json"
            schema = json.loads(file.read_text(encoding="utf-8"))
            expected = {tuple(path) for path, _ in walk({endpoint.name: reduce(known, {})})}
            missing |= expected - {tuple(path) for path, _ in walk({endpoint.name: schema})}
    assert missing == INSIDE_A_FREE_FORM_VALUE
