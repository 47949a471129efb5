"""Write the staging models and bridges of the dbt package from the schemas.

    python -m scripts.update_dbt [--check]

A stream becomes a model of its live rows, and each list of objects in it a bridge: one row per
entry. Types and descriptions are those of `tap_kombo/schemas/`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import yaml

from scripts.dbt_models import Bridge, Column, Staging, bridges, singular, stagings
from scripts.generated import CHECKOUT, options, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MODELS = CHECKOUT / "dbt" / "kombo" / "models"
HEADER = "Written by scripts/update_dbt.py from the schemas of the tap; change those, not this."
LIVE = "remote_deleted_at is null and _sdc_deleted_at is null"
Node = dict[str, Any]


def files() -> Iterator[tuple[Path, bytes]]:
    """Yield each file of the two layers, and what it has to hold."""
    every = list(stagings())
    switches = {one.stream: one.by_default for one in every}
    nested = list(bridges())
    texts = {
        "staging/_sources.yml": in_yaml({"sources": [source(every)]}),
        "staging/_staging.yml": in_yaml({"models": [described(one) for one in every]}),
        "marts/kombo__column_fill.sql": fill_sql(every),
        "bridges/_bridges.yml": in_yaml({"models": [described_bridge(one) for one in nested]}),
        **{f"staging/{one.name}.sql": staging_sql(one) for one in every},
        **{f"bridges/{one.name}.sql": bridge_sql(one, on=switches[one.stream]) for one in nested},
    }
    yield from ((MODELS / name, text.encode()) for name, text in texts.items())


def in_yaml(node: Node) -> str:
    """Write a file of properties."""
    text = yaml.safe_dump(node, sort_keys=False, allow_unicode=True, width=110)
    return f"# {HEADER}\n{text}"


def switch(stream: str, *, on: bool) -> str:
    """The line that lets a model exist only if its stream is wanted."""
    return f"{{{{ config(enabled=kombo_reads('{stream}', {str(on).lower()})) }}}}"


def staging_sql(one: Staging) -> str:
    """The model of a stream's live rows."""
    asked = [f"        '{name}': '{kind}'," for name, kind in one.source.items()]
    marks = [] if one.has_tombstones else ["        'remote_deleted_at': 'timestamp',"]
    lines = [f"    {expression(column, column.path[0])}" for column in one.columns]
    return "\n".join(
        (
            f"-- {HEADER}",
            switch(one.stream, on=one.by_default),
            "with source as (",
            f"    {{{{ kombo_table('{one.stream}', {{",
            *asked,
            *marks,
            "        '_sdc_deleted_at': 'timestamp',",
            "    }) }}",
            ")",
            "",
            "select",
            ",\n".join(lines) + f"{{{{ kombo_custom_fields('{one.stream}') }}}}"
            if "custom_fields" in one.source
            else ",\n".join(lines),
            "from source",
            f"where {LIVE}",
            "",
        )
    )


def bridge_sql(one: Bridge, *, on: bool) -> str:
    """The model of a list's entries."""
    name = singular(one.path[-1])
    lines = [
        *(f"    above.{column}" for column in one.owner),
        f"    {{{{ kombo_entry_number() }}}} as {name}_number",
        *(f"    {expression(column, None)}" for column in one.columns),
    ]
    return "\n".join(
        (
            f"-- {HEADER}",
            switch(one.stream, on=on),
            "select",
            ",\n".join(lines),
            f"from {{{{ ref('{one.above}') }}}} as above",
            f"cross join {{{{ kombo_unnest('above.{one.path[-1]}') }}}}",
            "",
        )
    )


def fill_sql(every: Iterable[Staging]) -> str:
    """The mart that tells of each column of each model of Kombo how often it has a value."""
    parts = "".join(
        f"{{%- if kombo_reads('{one.stream}', {str(one.by_default).lower()}) %}}\n"
        f"{{%- do parts.append(kombo_fill('{one.stream}', '{one.model}', {{\n"
        + "".join(f"    '{name}': '{kind}',\n" for name, kind in one.source.items())
        + "})) %}\n{%- endif %}\n"
        for one in every
        if one.model
    )
    needed = "kombo_reads('integrations', true)"
    return (
        f"-- {HEADER}\n{{{{ config(enabled={needed}) }}}}\n{{%- set parts = [] %}}\n{parts}" + FILL
    )


FILL = """\
with filled as (
    {{ parts | join('union all') }}
)

select
    filled.integration_id,
    filled.stream,
    filled.column_name,
    customers.end_user_organization_name as customer,
    customers.tool_label as tool,
    filled.records,
    filled.filled,
    {{ kombo_rate('filled.filled', 'filled.records') }} as fill_rate,
    fields.is_available,
    fields.coverage_status,
    fields.scope_config_setting,
    fields.opted_out_by_customer,
    case
        when filled.filled > 0 then null
        when filled.filled is null then 'not read'
        when fields.opted_out_by_customer then 'the customer has switched it off'
        when fields.scope_config_setting = 'DISABLED' then 'switched off in Kombo'
        when fields.coverage_status = 'UNSUPPORTED' then 'Kombo does not read it from this tool'
        when filled.records = 0 then 'no records'
        else 'the tool holds no value'
    end as why_empty
from filled
left join {{ ref('stg_kombo__integrations__read_models__fields') }} as fields
    on fields.integration_id = filled.integration_id
    and fields.model_id = filled.model
    and fields.field_id = filled.column_name
left join {{ ref('stg_kombo__integrations') }} as customers
    on customers.integration_id = filled.integration_id
"""


def expression(column: Column, root: str | None) -> str:
    """A column of a model: one of the table, or a value within an object or an entry."""
    path = column.path if root is None else column.path[1:]
    if not path:
        return column.name if root == column.name else f"{root} as {column.name}"
    base = "kombo_entry()" if root is None else f"'{root}'"
    steps = ", ".join(f"'{step}'" for step in path)
    return f"{{{{ kombo_json({base}, [{steps}], '{column.kind}') }}}} as {column.name}"


def source(every: Iterable[Staging]) -> Node:
    """Describe the tables that a loader fills, and how it is told whether they are fresh."""
    return {
        "name": "kombo",
        "description": "Tables that tap-kombo and a loader fill, deleted records included.",
        "database": "{{ var('kombo_database', target.database) }}",
        "schema": "{{ var('kombo_schema', 'tap_kombo') }}",
        "tables": [
            {
                "name": one.stream,
                "config": {"meta": {"key": list(one.table_key)}} | freshness(one),
            }
            for one in every
        ],
    }


def freshness(one: Staging) -> Node:
    """How fresh a table is: not when its newest row came, but up to when it is complete."""
    if not one.has_tombstones:
        return {}
    return {
        "loaded_at_query": (
            "select max(bookmark_after) from {{ var('kombo_schema', 'tap_kombo') }}.passes"  # noqa: S608
            f" where outcome = 'complete' and stream = '{one.stream}'"
        ),
        "freshness": {
            "warn_after": {"count": 36, "period": "hour"},
            "error_after": {"count": 72, "period": "hour"},
        },
    }


def described(one: Staging) -> Node:
    """Describe the model of a stream, and test it."""
    return {
        "name": one.name,
        "description": f"Rows of `{one.stream}` that exist, with their types.",
        "data_tests": [unique(one.key)],
        "columns": [described_column(column, one.key) for column in one.columns],
    }


def described_bridge(one: Bridge) -> Node:
    """Describe the model of a list, and test it."""
    number = f"{singular(one.path[-1])}_number"
    return {
        "name": one.name,
        "description": f"Entries of `{one.path[-1]}` in `{one.stream}`. {one.description}",
        "data_tests": [unique(one.key)],
        "columns": [
            *({"name": name, "description": "Whose entry it is."} for name in one.owner),
            {"name": number, "description": "Place in the list, from 1."},
            *(described_column(column, ()) for column in one.columns),
        ],
    }


def unique(key: Iterable[str]) -> Node:
    """The test that there is one row per key, with an integration."""
    return {"kombo_unique": {"arguments": {"columns": list(key)}}}


def described_column(column: Column, key: tuple[str, ...]) -> Node:
    """Describe a column, and test whether what it points at is there."""
    node: Node = {"name": column.name, "description": column.description}
    if column.points_at and column.name not in key[:1]:
        node["data_tests"] = [{"kombo_belongs": {"arguments": {"stream": column.points_at}}}]
    return node


def main() -> int:
    """Run the script; a model whose schema is gone goes too."""
    check = options(__doc__).parse_args().check
    wanted = dict(files())
    present = {*MODELS.glob("staging/*"), *MODELS.glob("bridges/*")}
    for leftover in sorted(present - wanted.keys()):
        if check:
            print(f"{leftover.name} has no schema: run `python -m scripts.update_dbt`.")
            return 1
        leftover.unlink()
    return write(wanted.items(), check=check)


if __name__ == "__main__":
    sys.exit(main())
