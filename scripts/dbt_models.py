"""What the dbt package makes of each schema: columns of staging models, and bridges for lists."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kombo_emulator.table.nesting import FOREIGN_KEYS
from tap_kombo.api.endpoints import ENDPOINTS, LEDGER
from tap_kombo.privacy import Class, class_of
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_kombo.api.endpoints import Endpoint

Schema = dict[str, Any]
Path = tuple[str, ...]

LEFT_OUT = {
    "teams": "an older name of `groups`",
    "write_actions": "what Kombo could write, which says nothing of what was read",
}
"""Lists that no bridge is made of, and why. Raw data of the tool is left out everywhere."""

SINGULARS = {
    "application_stages": "stage",
    "employee_skill_assignments": "skill_assignment",
    "fields": "field",
    "hiring_team": "user",
    "read_models": "model",
    "revisions": "course_revision",
}
"""Names of one record or entry that do not follow from the plural."""

LOG = "applications_log"
"""A table that a stream map fills: each version of an application that a run has seen."""

STREAMS = (*ENDPOINTS, LEDGER)
BY_DEFAULT = {one.name for one in STREAMS if one.selected_by_default}


@dataclass(frozen=True)
class Column:
    """A column of a model.

    Attributes:
        name: As the model calls it.
        kind: `text`, `number`, `boolean`, `timestamp`, `date` or `json`.
        path: Names from the root of the record or entry to the property.
        description: As in the schema.
        points_at: Stream whose `id` it holds.
    """

    name: str
    kind: str
    path: Path
    description: str
    points_at: str | None = None


@dataclass(frozen=True)
class Staging:
    """The model of a stream's live rows.

    Attributes:
        stream: The stream.
        columns: What the model shows.
        source: Columns of the table that are asked for, by their kind.
        key: Columns of the model that tell a row from all others.
        table_key: The same in the table.
        model: Kombo's id of the model, by which it tells what it covers.
    """

    stream: str
    columns: tuple[Column, ...]
    source: Mapping[str, str]
    key: tuple[str, ...]
    table_key: tuple[str, ...]
    model: str | None = None

    @property
    def name(self) -> str:
        """Name of the model."""
        return f"stg_kombo__{self.stream}"

    @property
    def by_default(self) -> bool:
        """Whether the tap reads the stream unless told otherwise."""
        return self.stream in BY_DEFAULT

    @property
    def has_tombstones(self) -> bool:
        """Whether Kombo marks deleted records of the stream."""
        return "remote_deleted_at" in self.source


@dataclass(frozen=True)
class Bridge:
    """The model of a list: one row per entry.

    Attributes:
        stream: The stream that holds the list.
        path: Names of the list, and of the one that it lies in.
        owner: Columns that say whose entry it is, taken from the model above.
        columns: What the model shows of an entry.
        description: What the schema says about the list.
        key: Columns that tell a row from all others.
    """

    stream: str
    path: Path
    owner: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str
    key: tuple[str, ...] = field(default=())

    @property
    def name(self) -> str:
        """Name of the model."""
        return "__".join(("stg_kombo", self.stream, *self.path))

    @property
    def above(self) -> str:
        """Name of the model that has the list as a column."""
        return "__".join(("stg_kombo", self.stream, *self.path[:-1]))


def stagings() -> Iterator[Staging]:
    """Yield the model of every stream, in the order of the catalog."""
    for endpoint in STREAMS:
        schema = load_schema(endpoint.name)["properties"]
        named = (_named(endpoint, one) for one in _columns(endpoint, (), schema))
        every = tuple({one.name: one for one in named}.values())
        columns = tuple(one for one in every if one.name != "remote_deleted_at")
        wanted = {one.path[0]: _kind(one.path[0], schema[one.path[0]]) for one in every}
        yield Staging(
            endpoint.name,
            columns,
            wanted,
            tuple(_name_of_key(endpoint, name) for name in _key(endpoint)),
            endpoint.key,
            endpoint.model,
        )
        if endpoint.name == "applications":
            log = ("id", "changed_at")
            yield Staging(LOG, columns, wanted, ("application_id", "changed_at"), log)


def bridges() -> Iterator[Bridge]:
    """Yield the bridges of every stream; one of a list in a list comes after the outer one."""
    for endpoint in STREAMS:
        schema = load_schema(endpoint.name)["properties"]
        key = (_name_of_key(endpoint, one) for one in _key(endpoint))
        owner = tuple(dict.fromkeys((*key, "integration_id")))
        yield from _bridges(endpoint, (), schema, owner)


def _bridges(
    endpoint: Endpoint, above: Path, properties: Schema, owner: tuple[str, ...]
) -> Iterator[Bridge]:
    for name, node in properties.items():
        entry, path = node.get("items", {}), (*above, name)
        if "properties" not in entry or not _wanted(endpoint, path):
            continue
        own = f"{singular(name)}_id"
        named = Column(own, "text", ("id",), "", _stream_of(endpoint, own))
        found = _columns(endpoint, path, entry["properties"])
        columns = tuple(
            replace(named, description=one.description) if one.path == ("id",) else one
            for one in found
        )
        known = {one.name for one in columns}
        columns = tuple(one for one in columns if one.name not in owner)
        number = f"{singular(name)}_number"
        key = (*owner, own if own in known and own not in owner else number)
        bridge = Bridge(endpoint.name, path, owner, columns, node["description"], key)
        yield bridge
        yield from _bridges(endpoint, path, entry["properties"], tuple(dict.fromkeys(key)))


def singular(plural: str) -> str:
    """Return the name of one of several."""
    if plural in SINGULARS:
        return SINGULARS[plural]
    if plural.endswith("ies"):
        return plural.removesuffix("ies") + "y"
    if plural.endswith("sses"):
        return plural.removesuffix("es")
    return plural.removesuffix("s")


def _key(endpoint: Endpoint) -> tuple[str, ...]:
    """The key of a stream; of `integrations` the id is the integration itself."""
    return ("integration_id",) if endpoint.noun == "integrations" else endpoint.key


def _name_of_key(endpoint: Endpoint, name: str) -> str:
    return f"{singular(endpoint.noun)}_id" if name == "id" else name


def _named(endpoint: Endpoint, column: Column) -> Column:
    """Call the id of a record after what it is; of an integration it is there twice."""
    return replace(column, name=_name_of_key(endpoint, column.name))


def _wanted(endpoint: Endpoint, path: Path) -> bool:
    return path[-1] not in LEFT_OUT and class_of(endpoint.name, path) is not Class.RAW


def _stream_of(endpoint: Endpoint, name: str) -> str | None:
    """The stream that a property's value is an id of."""
    by_name = {
        f"{singular(one.noun)}_id": one.name
        for one in ENDPOINTS
        if one.category == endpoint.category != "GENERAL" and not one.deprecated
    }
    return (by_name | FOREIGN_KEYS[endpoint.category]).get(name)


def _columns(endpoint: Endpoint, above: Path, properties: Schema) -> Iterator[Column]:
    """Yield the columns of a record or an entry: objects are taken apart, lists stay."""
    seen: set[str] = set()
    for column in _leaves(endpoint, above, (), properties, set(properties)):
        if column.name not in seen:
            seen.add(column.name)
            yield column


def _leaves(
    endpoint: Endpoint, above: Path, path: Path, properties: Schema, beside: set[str]
) -> Iterator[Column]:
    for name, node in properties.items():
        here = (*path, name)
        if not _wanted(endpoint, (*above, *here)):
            continue
        called = "_".join(here)
        inner = node.get("properties")
        if inner is None:
            target = _stream_of(endpoint, called)
            yield Column(called, _kind(name, node), here, node["description"], target)
            continue
        target = FOREIGN_KEYS[endpoint.category].get(f"{called}_id")
        if target not in BY_DEFAULT:
            yield from _leaves(endpoint, above, here, inner, beside)
        elif f"{called}_id" not in beside and "id" in inner:
            description = inner["id"]["description"]
            yield Column(f"{called}_id", "text", (*here, "id"), description, target)


def _kind(name: str, node: Schema) -> str:
    """The kind of a column; what is midnight in UTC is a day, as its name says."""
    kinds = {*node.get("type", ())} - {"null"}
    if kinds == {"string"}:
        shape = node.get("format")
        is_day = shape == "date" or name.endswith("_date") or name == "date_of_birth"
        return "text" if not shape else "date" if is_day else "timestamp"
    return next(iter(kinds)) if kinds in ({"number"}, {"boolean"}) else "json"
