"""Write `tap_kombo/schemas/` from Kombo's OpenAPI document.

    python scripts/update_schemas.py PATH_OR_URL [--check]

That of the ledger, `passes.json`, is ours and written by hand. Of the document only types are
taken: `type`, `properties`, `items`, `additionalProperties` and the formats `date` and `date-time`.
What it gets wrong or leaves out stands in `corrections.toml`, each entry with its reason; every
description is ours and stands in `descriptions.toml`. An entry that no longer does anything is an
error, and so are a property without a description and a shape that a typed warehouse cannot hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from tap_kombo.api.endpoints import ENDPOINTS, LEDGER, PRIMARY_KEY, Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
SCHEMAS = HERE.parent / "tap_kombo" / "schemas"
CORRECTIONS = HERE / "corrections.toml"
DESCRIPTIONS = HERE / "descriptions.toml"

FORMATS = {"date", "date-time"}
TYPES = ("string", "number", "boolean", "object", "array", "null")
SCALARS = {"string", "number", "boolean"}
ALLOWED = (["boolean"], ["number"], ["object"], ["string"])
STRING: Mapping[str, Any] = {"type": ["string", "null"]}
COLUMN = 2  # length of the path of a top-level property: stream and name

ANYTHING: Mapping[str, Any] = {
    "anyOf": [
        {"type": ["object", "null"]},
        {"type": "array"},
        {"type": ["string", "number", "boolean"]},
    ]
}
"""A value of any JSON type, as all loaders tried can store it: target-snowflake ends at a value
without a type, and z3-target-bigquery takes a plain list of all types for a list."""

Schema = dict[str, Any]


class SchemaError(Exception):
    """The schemas cannot be written; one line per reason."""


def build(
    document: Schema, corrections: list[Schema], descriptions: dict[str, str]
) -> dict[str, Schema]:
    """Make the schema of every row of the endpoint table.

    Args:
        document: Kombo's OpenAPI document, decoded.
        corrections: Entries of the corrections file.
        descriptions: Sentence by end of a property's path, e.g. `location.city`.

    Returns:
        Schema by stream, in the order of `ENDPOINTS`.

    Raises:
        SchemaError: A stream, type or description is missing, or an entry is not needed.
    """
    records = {endpoint.name: record(document, endpoint) for endpoint in ENDPOINTS}
    problems = [problem for entry in corrections for problem in correct(records, entry)]
    problems += [f"{name}: not in the document" for name, schema in records.items() if not schema]
    keys = {endpoint.name: endpoint.key for endpoint in ENDPOINTS}
    schemas = {name: finish(schema, keys[name]) for name, schema in records.items() if schema}
    problems += doubts(schemas)
    problems += describe(schemas, descriptions)
    if problems:
        raise SchemaError("\n".join(problems))
    return schemas


def record(document: Schema, endpoint: Endpoint) -> Schema | None:
    """Find what the document says about one record of an endpoint, or none if it lacks the path."""
    if endpoint.path not in document["paths"]:
        return None
    answer = document["paths"][endpoint.path]["get"]["responses"]["200"]["content"]
    data = reduce(answer["application/json"]["schema"], document)["properties"]["data"]
    found: Schema = data
    if endpoint.records_key:
        found = data["properties"][endpoint.records_key]["items"]
    return found


def reduce(node: Schema, document: Schema) -> Schema:
    """Keep of a schema what every loader understands, and let everything be null.

    A whole number becomes a number: the API promises integers for few properties and a column
    cannot change its type later. An enumeration becomes a string, for Kombo passes on what it
    cannot map. Variants are merged into one schema.
    """
    if "$ref" in node:
        return reduce(document["components"]["schemas"][node["$ref"].rpartition("/")[2]], document)
    for keyword in ("anyOf", "oneOf", "allOf"):
        if keyword in node:
            return merge([reduce(variant, document) for variant in node[keyword]])
    given = node.get("type", [])
    types = {given} if isinstance(given, str) else set(given)
    if not types:
        return {}
    reduced: Schema = {"type": in_order({"number" if t == "integer" else t for t in types})}
    if node.get("format") in FORMATS:
        reduced["format"] = node["format"]
    if "properties" in node:
        reduced["properties"] = {k: reduce(v, document) for k, v in node["properties"].items()}
    elif "object" in types:
        reduced["additionalProperties"] = True
    if "items" in node:
        reduced["items"] = reduce(node["items"], document)
    return reduced


def merge(variants: list[Schema]) -> Schema:
    """Return one reduced schema that allows what any of the reduced variants allows."""
    if {} in variants:
        return {}
    variants = [variant for variant in variants if variant["type"] != ["null"]]
    merged: Schema = {"type": in_order({t for variant in variants for t in variant["type"]})}
    formats = {variant.get("format") for variant in variants}
    if len(formats) == 1 and None not in formats:
        merged["format"] = formats.pop()
    inner = [variant["properties"] for variant in variants if "properties" in variant]
    if inner:
        merged["properties"] = {
            name: merge([properties[name] for properties in inner if name in properties])
            for name in dict.fromkeys(name for properties in inner for name in properties)
        }
    if any("additionalProperties" in variant for variant in variants):
        merged["additionalProperties"] = True
    items = [variant["items"] for variant in variants if "items" in variant]
    return merged | ({"items": merge(items)} if items else {})


def in_order(types: set[str]) -> list[str]:
    """Return JSON types in one fixed order, `null` added."""
    return sorted(types | {"null"}, key=TYPES.index)


def correct(records: dict[str, Schema | None], entry: Schema) -> Iterator[str]:
    """Apply one entry of the corrections file.

    Args:
        records: Reduced schema by stream; changed in place.
        entry: `at` lists where, `reason` says why; `schema` is put there, and without it the
            property is removed.

    Yields:
        What is wrong with the entry.
    """
    if not entry.get("reason"):
        yield f"correction of {entry['at']}: no reason"
    for where in entry["at"]:
        new = reduce(entry["schema"], {}) if "schema" in entry else None
        stream, *path = where.replace("[]", ".[]").split(".")
        if stream in records and not path:
            if records[stream]:
                yield f"correction of {where}: the document has this stream now"
            records[stream] = new
            continue
        try:
            holder = descend(records[stream] or {}, path[:-1])
            place, key = (holder, "items") if path[-1] == "[]" else (holder["properties"], path[-1])
        except KeyError:
            yield f"correction of {where}: there is no such place"
            continue
        if place.get(key) == new:
            yield f"correction of {where}: it changes nothing"
        elif new is None:
            del place[key]
        else:
            place[key] = new


def descend(schema: Schema, path: list[str]) -> Schema:
    """Return the schema at a path of property names and `[]`."""
    for step in path:
        schema = schema["items"] if step == "[]" else schema["properties"][step]
    return schema


def finish(schema: Schema, key: Iterable[str]) -> Schema:
    """Put first what no record of a stream lacks: its key and whose data it is."""
    names = dict.fromkeys((PRIMARY_KEY, "integration_id", *key))
    first = {name: {"type": ["string"]} for name in names}
    rest = {n: settle(node) for n, node in schema["properties"].items() if n not in first}
    return {"type": "object", "properties": first | rest}


def settle(schema: Schema) -> Schema:
    """Give every place below a schema a type that a typed warehouse has.

    What may be anything says so, and what may be one scalar or another becomes text, as which the
    tap sends it.
    """
    if not schema:
        return {**ANYTHING}
    types, settled = set(schema["type"]) - {"null"}, {**schema}
    if len(types) > 1 and types <= SCALARS:
        return {**STRING}
    if "items" in schema:
        settled["items"] = settle(schema["items"])
    if "properties" in schema:
        settled["properties"] = {k: settle(node) for k, node in schema["properties"].items()}
    return settled


def walk(schemas: dict[str, Schema]) -> Iterator[tuple[list[str], Schema]]:
    """Yield every property at every depth, with its stream and the names that lead to it."""
    for name, schema in schemas.items():
        inner = schema
        while "items" in inner:
            inner = inner["items"]
        for path, node in walk(inner.get("properties", {})):
            yield [name, *path], node
        yield [name], schema


def doubts(schemas: dict[str, Schema]) -> Iterator[str]:
    """Yield the properties whose shape no typed warehouse has."""
    for path, node in walk(schemas):
        where = ".".join(path)
        if len(path) == COLUMN and "anyOf" in node:
            yield f"{where}: a column that may be anything; correct it"
        inner = node
        while "items" in inner:
            inner, where = inner["items"], f"{where}[]"
        types = sorted({*inner.get("type", ())} - {"null"})
        if len(path) >= COLUMN and not (types in ALLOWED or inner == ANYTHING):
            yield f"{where}: no column can hold {' or '.join(types) or 'only null'}; correct it"


def describe(schemas: dict[str, Schema], descriptions: dict[str, str]) -> Iterator[str]:
    """Give every property the description with the longest matching end of its path.

    Args:
        schemas: Schema of each stream; changed in place.
        descriptions: Sentence by end of path. `first_name` serves wherever nothing longer, such as
            `candidate.first_name` or `hris_employees.first_name`, does.

    Yields:
        Each property without a description and each description without a property.
    """
    used = set()
    for path, node in walk(schemas):
        if len(path) < COLUMN:
            continue
        ends = (".".join(path[start:]) for start in range(len(path)))
        found = next((end for end in ends if end in descriptions), None)
        if found is None:
            yield f"{'.'.join(path)}: no description"
        else:
            used.add(found)
            node["description"] = descriptions[found]
    yield from (f"description of {end}: no such property" for end in descriptions.keys() - used)


def write(schemas: dict[str, Schema], folder: Path, *, check: bool) -> list[str]:
    """Write one file per schema and remove files without one.

    Args:
        schemas: What `build` returned.
        folder: Where the files belong.
        check: Change nothing.

    Returns:
        Names of the files that differ from the schemas.
    """
    wanted = {
        f"{name}.json": json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }
    present = {
        file.name: file.read_text(encoding="utf-8")
        for file in folder.glob("*.json")
        if file.stem != LEDGER.name
    }
    changed = sorted(n for n in wanted.keys() | present.keys() if wanted.get(n) != present.get(n))
    for name in () if check else changed:
        if name in wanted:
            (folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (folder / name).unlink()
    return changed


def load(source: str) -> Schema:
    """Read the OpenAPI document from a file or an http(s) address."""
    if source.startswith(("http://", "https://")):
        answer = requests.get(source, timeout=60)
        answer.raise_for_status()
        document: Schema = answer.json()
    else:
        document = json.loads(Path(source).read_text(encoding="utf-8"))
    return document


def main(arguments: list[str] | None = None) -> int:
    """Run the script.

    Returns:
        0, or 1 if something is missing or, with `--check`, if a file would change.
    """
    parser = argparse.ArgumentParser(description="Write the schemas from Kombo's OpenAPI document.")
    parser.add_argument("source", metavar="PATH_OR_URL", help="the OpenAPI document, as JSON")
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    options = parser.parse_args(arguments)
    corrections = tomllib.loads(CORRECTIONS.read_text(encoding="utf-8"))["correction"]
    descriptions = tomllib.loads(DESCRIPTIONS.read_text(encoding="utf-8"))
    try:
        schemas = build(load(options.source), corrections, descriptions)
    except SchemaError as error:
        print(error, file=sys.stderr)
        return 1
    changed = write(schemas, SCHEMAS, check=options.check)
    for name in changed:
        print(f"{'differs' if options.check else 'written'}: {name}")
    return 1 if options.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
