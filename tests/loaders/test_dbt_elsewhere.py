"""The dbt package on DuckDB, on what Snowflake would read, with pseudonyms, and from git."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dbt_customers import Customers
from dbt_figures import Kombo, day
from dbt_projects import KEYS, PACKAGE, Results, copy, expected, figures, shell
from loaders.loading import SHIMS, documented, program
from support import KEY
from test_dbt import COUNTED, STREAMS

from kombo_emulator import serve
from scripts.meltano_project import CHECKOUT
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

    from dbt_figures import Figures, Row

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="dbt-core 1.11 does not start on Python 3.14"
)

DBT = CHECKOUT / ".venv-dbt" / "bin"
LOG = {
    "applications_log": {"__source__": "applications", "__key_properties__": ["id", "changed_at"]}
}
NEED_MORE = {"scorecards", "stage_history"}
"""Marts of streams that are not read by default."""
OWN = {"cost_center", "shirt_size"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
READ = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
    for mart in sys.argv[2:]:
        found = warehouse.execute(f"select * from kombo.kombo__{mart}")
        names = [one[0] for one in found.description]
        for row in found.fetchall():
            print(json.dumps([mart, dict(zip(names, row))], default=str))
"""

Tables = dict[str, list["Row"]]


def selected(*streams: str) -> dict[str, Any]:
    """A catalog in which these are selected beside what is by default."""
    tap = TapKombo(config={}, validate_config=False, setup_mapper=False)
    catalog: dict[str, Any] = tap.catalog_dict
    for entry in catalog["streams"]:
        for one in entry["metadata"] if entry["tap_stream_id"] in streams else ():
            one["metadata"]["selected"] = True
    return catalog


def load(customers: Customers, folder: Path, catalog: dict[str, Any], **config: object) -> Path:
    """Run the tap into DuckDB; return the file."""
    file = folder / "warehouse.duckdb"
    target = documented("target-duckdb")
    target |= {"filepath": str(file), "default_target_schema": "tap_kombo"}
    (folder / "target.json").write_text(json.dumps(target))
    (folder / "catalog.json").write_text(json.dumps(catalog))
    with serve(customers.emulator) as url:
        config |= {"api_key": KEY, "api_url": url}
        config["integration_ids"] = list(customers.emulator.integrations)
        (folder / "tap.json").write_text(json.dumps(config))
        tap = f"{CHECKOUT}/.venv/bin/tap-kombo --config tap.json --catalog catalog.json"
        shell(f"{tap} | {program('target-duckdb')} --config target.json", folder, {})
    customers.loaded()
    return file


def dbt(command: str, project: Path, file: Path | None = None) -> None:
    settings = {"TARGET_DUCKDB_FILEPATH": str(file)}
    shell(f"{DBT}/dbt {command} --target duckdb", project, settings)


def marts(file: Path, *wanted: str) -> Tables:
    """The rows of marts, their values as the driver of PostgreSQL returns them."""
    return rows(f"{DBT}/python", "-c", READ, str(file), *wanted)


def rows(*command: str) -> Tables:
    """The rows that a program writes, each with the name of its mart."""
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    held: Tables = defaultdict(list)
    for mart, row in map(json.loads, done.stdout.splitlines()):
        shown = {name: as_moment(value) for name, value in row.items() if name not in OWN}
        if shown.get("answer"):
            shown["answer"] = json.loads(shown["answer"])
        held[mart].append(shown)
    return held


def as_moment(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return value[:23] if "." in value else f"{value}.000"
    return value


def without_empty(record: Row) -> Row:
    """A record as target-duckdb keeps it: an empty text is null."""
    return {name: None if value == "" else value for name, value in record.items()}


@dataclass(frozen=True)
class Loaded:
    """A DuckDB that was loaded twice, a week apart, and in which the example was built."""

    file: Path
    customers: Customers
    results: Results


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    customers, folder = Customers(), tmp_path_factory.mktemp("duckdb")
    for run in range(2):
        if run:
            customers.a_week_later()
        file = load(customers, folder, selected("scorecards"), stream_maps=LOG)
    example = copy(folder)
    dbt("deps", example)
    dbt("build", example, file)
    return Loaded(file, customers, Results.read(example))


def test_each_figure_on_duckdb(loaded: Loaded) -> None:
    statuses = loaded.results.statuses
    assert set(statuses) == {"success", "pass", "warn"}
    assert statuses["warn"] == {"test.kombo.kombo_freshness"}
    today = day(loaded.results.told["metadata"]["invocation_started_at"])
    assert today
    customers = loaded.customers
    live = {one: list(map(without_empty, customers.records(one))) for one in STREAMS}
    log = list(map(without_empty, customers.versions.values()))
    kombo, held = Kombo(live, customers.names, log, today), marts(loaded.file, *COUNTED)
    for mart, count in COUNTED.items():
        assert figures(mart, held[mart]) == expected(count(kombo), mart), mart


def test_snowflake_would_come_to_the_same(loaded: Loaded, tmp_path: Path) -> None:
    example = copy(tmp_path)
    macros = "\n".join(path.read_text() for path in sorted((PACKAGE / "macros").glob("*.sql")))
    speak_snowflake(example, re.findall(r"macro snowflake__(\w+)\((.*?)\)", macros))
    dbt("deps", example)
    dbt("compile", example, loaded.file)
    python = program("target-snowflake", "python")
    shim = (str(SHIMS / "dbt_snowflake.py"), str(example / "target"), str(loaded.file))
    held, built = rows(str(python), *shim), marts(loaded.file, *KEYS)
    assert held.keys() == built.keys() == KEYS.keys()
    for mart in KEYS:
        assert figures(mart, held[mart]) == figures(mart, built[mart]), mart


def speak_snowflake(project: Path, macros: list[tuple[str, str]]) -> None:
    """Let a project on DuckDB have the SQL that it would have on Snowflake."""
    assert macros
    (project / "macros").mkdir()
    (project / "macros" / "snowflake.sql").write_text(
        "".join(
            f"{{% macro duckdb__{name}({arguments}) %}}"
            f"{{{{ return(kombo.snowflake__{name}({arguments})) }}}}{{% endmacro %}}\n"
            for name, arguments in macros
        )
    )
    path = project / "dbt_project.yml"
    configuration = yaml.safe_load(path.read_text())
    order = {"macro_namespace": "kombo", "search_order": ["warehouse", "kombo"]}
    path.write_text(yaml.safe_dump({**configuration, "dispatch": [order]}))


HASHED = {"candidate", "interviewer", "employee", "manager", "work_email", "city"}
"""Columns that pseudonyms change."""


def test_pseudonyms_change_no_figure(tmp_path: Path) -> None:
    """With what is read by default, and without history."""
    built = {}
    for name, config in (
        ("plain", {}),
        ("hashed", {"pseudonyms": "people", "pseudonym_key": "0123456789" * 4}),
    ):
        (folder := tmp_path / name).mkdir()
        file = load(Customers(), folder, selected(), **config)
        example = copy(folder)
        dbt("deps", example)
        dbt("build --vars '{kombo_streams: {}}'", example, file)
        built[name] = marts(file, *(COUNTED.keys() - NEED_MORE))
    for mart, plain in built["plain"].items():
        assert without_names(mart, plain) == without_names(mart, built["hashed"][mart]), mart
    [one, *_] = built["plain"]["applications"]
    assert one["candidate"] not in {row["candidate"] for row in built["hashed"]["applications"]}


def without_names(mart: str, held: list[Row]) -> Figures:
    return figures(mart, ({n: v for n, v in row.items() if n not in HASHED} for row in held))


def test_install_from_git(loaded: Loaded, tmp_path: Path) -> None:
    example = copy(tmp_path)
    git = "git -c user.name=t -c user.email=t@example.com"
    shell(f"git init -q -b main && git add dbt && {git} commit -qm package", tmp_path, {})
    page = (PACKAGE / "README.md").read_text()
    [block] = [one for one in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "git:" in one]
    packages = yaml.safe_load(block)
    packages["packages"][0]["git"] = f"file://{tmp_path}"
    (example / "packages.yml").write_text(yaml.safe_dump(packages))
    dbt("deps", example)
    dbt("build --select hires_by_source", example, loaded.file)
    assert len(Results.read(example).statuses["success"]) == 1


def test_it_builds_where_nothing_was_loaded(tmp_path: Path) -> None:
    """A stream without a table is empty, whether it is not read or no customer has it."""
    example, file = copy(tmp_path), tmp_path / "empty.duckdb"
    dbt("deps", example)
    dbt("build", example, file)
    assert not marts(file, *KEYS)
    (example / "models" / "hires_by_source.sql").unlink()  # a project's own needs the mart
    off = "{kombo_streams: {offers: false, hris_employments: false, passes: false}}"
    dbt(f"build --select stg_kombo__users kombo__employees --vars '{off}'", example, file)
    assert Results.read(example).statuses["success"] == {"model.kombo.stg_kombo__users"}
