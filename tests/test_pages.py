"""What the pages of docs/ show is run as it stands there, against the emulator."""

from __future__ import annotations

import copy
import hashlib
import json
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from psycopg.sql import SQL, Composed, Identifier
from support import KEY, Sent, discovered
from test_project import selected_by_rules
from test_readme import blocks, shell
from warm import WarmProject

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT, STATE_ID
from tap_kombo.api.endpoints import STREAMS
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

    from support import Kombo

    from scripts.embedded_postgres import PostgreSQL

A, HR, LEARNING = "greenhouse:demo", "personio:hr", "docebo:lms"
ALL = {A: "ATS", HR: "HRIS", LEARNING: "LMS", "tests:as": "ASSESSMENT"}
DEFAULT = {one.name for one in STREAMS if one.selected_by_default}
SIZE = Size(candidates=10, applications=15, interviews=20, offers=5)


def fenced(page: str, language: str) -> list[str]:
    """The blocks of a page in one language."""
    text = (CHECKOUT / "docs" / page).read_text()
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def bash(page: str) -> list[str]:
    """The commands of a page, block by block, without those that set up the checkout."""
    setup = re.compile(r"^(make|cp|export) .*\n", re.MULTILINE)
    return [setup.sub("", one) for one in blocks(f"docs/{page}")]


@dataclass(frozen=True)
class Place:
    """A Meltano project and the schema that it loads."""

    project: WarmProject
    url: str
    schema: str

    def run(self, commands: str, **more: str) -> str:
        """Run a block of a page."""
        return shell(commands, self.project.folder, self.project.environment | more)

    def add(self, block: str) -> None:
        """Write a block into `meltano.yml`: lines of `select`, or plugins."""
        path = self.project.folder / "meltano.yml"
        whole, new = yaml.safe_load(path.read_text()), yaml.safe_load(block)
        [tap] = whole["plugins"]["extractors"]
        if isinstance(new, list):
            tap["select"] += new
        for plugin in new["plugins"].get("extractors", []) if isinstance(new, dict) else []:
            tap.setdefault("config", {}).update(plugin["config"])
        if isinstance(new, dict):
            whole["plugins"]["loaders"] += new["plugins"].get("loaders", [])
        path.write_text(yaml.safe_dump(whole))

    def ask(self, query: str | Composed) -> list[tuple[Any, ...]]:
        asked = query if isinstance(query, Composed) else query.encode()
        with psycopg.connect(self.url, options=f"-c search_path={self.schema}") as connection:
            return connection.execute(asked).fetchall()

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns of each table."""
        listed = "select table_name, array_agg(column_name::text) from information_schema.columns"
        return dict(self.ask(f"{listed} where table_schema = current_schema() group by 1"))

    @property
    def states(self) -> dict[str, Any]:
        """What Meltano remembers, by state id; its command takes seconds."""
        with closing(sqlite3.connect(self.project.folder / ".meltano" / "meltano.db")) as database:
            found = database.execute("select state_id, completed_state from state").fetchall()
        return {name: json.loads(state) for name, state in found}

    @property
    def interviews(self) -> int:
        [(count,)] = self.ask("select count(*) from interviews")
        return int(count)


@pytest.fixture
def place(
    kombo: Kombo, postgres: PostgreSQL, worker_id: str, request: pytest.FixtureRequest
) -> Place:
    kombo.emulator.add_integration(A, "ATS", SIZE)
    schema = request.function.__name__.removeprefix("test_")[:40]
    folder = CHECKOUT / ".demo" / f"tests-{worker_id}"
    settings = {
        "TAP_KOMBO_API_KEY": KEY,
        "TAP_KOMBO_API_URL": kombo.url,
        "TAP_KOMBO_INTEGRATION_IDS": A,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema,
        **postgres.target_settings,
    }
    project = WarmProject(folder, settings)
    project.prepare()
    shutil.rmtree(folder / "output", ignore_errors=True)  # a new project has none
    return Place(project, postgres.url, schema)


def sent(output: str, kind: str) -> dict[str, list[dict[str, Any]]]:
    """The schemas or records in Singer messages, by stream."""
    found: dict[str, list[dict[str, Any]]] = {}
    for message in map(json.loads, output.rstrip("\n").split("\n")):  # a text may hold U+2028
        if message["type"] == kind.upper():
            found.setdefault(message["stream"], []).append(message[kind])
    return found


def addresses(text: str) -> set[str]:
    """Everything in it that may be an e-mail address."""
    return set(re.findall(r"[\w.+-]+@[\w.-]+", text))


def of_all_categories(kombo: Kombo) -> None:
    """Let there be an integration of each, with addresses in each stream that may have them."""
    for name, category in ALL.items():
        if name not in kombo.emulator.integrations:
            kombo.emulator.add_integration(name, category, SIZE)


def test_columns_are_chosen_in_meltano(place: Place) -> None:
    [lines, _] = fenced("streams-and-columns.md", "yaml")
    listing, one_run, *_ = bash("streams-and-columns.md")

    place.run(one_run)
    place.add(lines)
    listed = re.findall(r"\[(\w+) +\] (\S+)", place.run(listing))

    assert not {"users", "remote_data"} & set(place.columns["interviews"])
    assert place.interviews == SIZE.interviews
    assert {
        ("selected", "hris_absences.employee_id"),
        ("excluded", "interviews.video_conferencing_url"),
        ("excluded", "applications.candidate.phone_numbers"),
        ("selected", "applications.candidate.first_name"),
    } <= set(listed)
    assert "hris_employees.ssn" not in dict(map(reversed, listed))  # nobody has opted in


def test_three_columns_are_always_read(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", SIZE)
    page = (CHECKOUT / "docs" / "streams-and-columns.md").read_text()
    [sentence] = re.findall(r"- (.*) are always read\.", page)
    always = re.findall(r"`(\w+)`", sentence)

    records = kombo.run(A, deselected=(*always, "title")).records()

    assert always == ["id", "integration_id", "changed_at"]
    assert all({*always} <= one.keys() and "title" not in one for one in records)
    for entry in discovered()["streams"]:
        inclusion = {
            one["breadcrumb"][-1]: one["metadata"]["inclusion"]
            for one in entry["metadata"]
            if len(one["breadcrumb"]) == 2
        }
        is_incremental = entry["replication_method"] == "INCREMENTAL"
        here = always if is_incremental else always[:2]
        assert {inclusion[name] for name in here} == {"automatic"}


def test_a_list_of_your_own_replaces_what_is_off_by_default() -> None:
    assert ("hris_employees", "ssn") in selected_by_rules(["hris_employees.*"])


def test_columns_are_chosen_in_a_catalog(kombo: Kombo, tmp_path: Path) -> None:
    kombo.emulator.add_integration(A, "ATS", SIZE)
    *_, discover, run = bash("streams-and-columns.md")
    wanted, *_ = fenced("streams-and-columns.md", "json")
    config = {"api_key": KEY, "integration_ids": [A], "api_url": kombo.url}
    (tmp_path / "output").mkdir()
    (tmp_path / "output" / "config.json").write_text(json.dumps(config))

    shell(discover, tmp_path)
    catalog = json.loads((tmp_path / "output" / "catalog.json").read_text())
    [notes] = [one for one in catalog["streams"] if one["stream"] == "notes"]
    for line in map(json.loads, wanted.splitlines()):
        [entry] = [one for one in notes["metadata"] if one["breadcrumb"] == line["breadcrumb"]]
        entry["metadata"].update(line["metadata"])
    (tmp_path / "output" / "catalog.json").write_text(json.dumps(catalog))
    shell(run, tmp_path)

    messages = (tmp_path / "output" / "messages.jsonl").read_text()
    columns = sent(messages, "schema")["notes"][0]["properties"]
    assert "author_id" in columns
    assert "content_html" not in columns
    assert len(sent(messages, "record")["notes"]) > 0


def test_records_are_chosen(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    _, filters = fenced("streams-and-columns.md", "json")

    sent = kombo.run(A, streams=("applications",), **json.loads(filters))

    assert {one["outcome"] for one in sent.records("applications")} == {"PENDING", "HIRED"}


def test_objects_are_flattened(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", SIZE)
    _, block = fenced("streams-and-columns.md", "yaml")
    [plugin] = yaml.safe_load(block)["plugins"]["extractors"]

    records = kombo.run(A, **plugin["config"]).records()

    assert {"application__outcome", "application__rejection_reason_name"} <= records[0].keys()
    assert {type(record["users"]) for record in records} == {str}
    assert {type(record["application__candidate"]) for record in records} == {str}


def everything(place: Place) -> str:
    """All rows of all tables, as text."""
    texts = SQL("select t::text from {} t")
    tables = (place.ask(texts.format(Identifier(table))) for table in place.columns)
    return "\n".join(row for table in tables for (row,) in table)


def test_no_address_is_sent_if_its_columns_are_left_out(kombo: Kombo) -> None:
    of_all_categories(kombo)
    _, lines, *_ = fenced("personal-data.md", "yaml")
    rules = {rule.removeprefix("!") for rule in yaml.safe_load(lines)}
    config = {"api_key": KEY, "integration_ids": [*ALL], "api_url": kombo.url}

    def places(rules: set[str]) -> set[str]:
        """Where in the streams that are read by default an address is sent."""
        left_out, chosen, sent = set(rules), copy.deepcopy(discovered()), Sent()
        for entry in chosen["streams"]:
            for one in entry["metadata"]:
                rule = ".".join((entry["stream"], *one["breadcrumb"][1::2]))
                if rule in left_out:
                    one["metadata"]["selected"] = False
                    left_out.remove(rule)
        TapKombo(config=config, catalog=chosen, message_writer=sent).sync_all()
        assert not left_out
        records = [one for one in sent.messages if one["type"] == "RECORD"]
        assert {one["stream"] for one in records} == DEFAULT
        clear = [one for one in sent.messages if addresses(json.dumps(one, default=str))]
        assert all(one["type"] == "RECORD" for one in clear)
        return {
            f"{one['stream']}.{column}"
            for one in clear
            for column, value in one["record"].items()
            if addresses(json.dumps(value, default=str))
        }

    assert places(set()) == {".".join(one.split(".")[:2]) for one in rules}
    assert places(rules) == set()


def test_addresses_are_hashed(place: Place, kombo: Kombo) -> None:
    *_, maps = fenced("personal-data.md", "yaml")
    [run] = bash("personal-data.md")
    of_all_categories(kombo)
    at_kombo = kombo.emulator.integrations[A]
    seed = "something-long-and-secret"

    place.add(maps)
    run = run.replace("target-postgres", "target-postgres 2> run.log")
    place.run(run, TAP_KOMBO_INTEGRATION_IDS=",".join(ALL))

    log = (place.project.folder / "run.log").read_text()
    assert addresses(everything(place)) == set()
    for integration, model, query in (
        (A, "ats_users", "select id, email from users"),
        (HR, "hris_employees", "select id, work_email from hris_employees"),
        (LEARNING, "lms_users", "select id, work_email from lms_users"),
    ):
        people = kombo.emulator.integrations[integration].records(model)
        clear = {one["id"]: one.get("email") or one.get("work_email") for one in people}
        assert len({*clear.values()} - {None}) > 5
        assert dict(place.ask(query)) == {
            key: one and hashlib.sha256((seed + one).encode()).hexdigest()
            for key, one in clear.items()
        }
    hashed = place.ask("select email_hash from candidates where email_hash ~ '^[0-9a-f]{64}$'")
    assert len(set(hashed)) == SIZE.candidates
    nowhere = sum(one["location"] is None for one in at_kombo.records("ats_interviews"))
    asked = "select count(*) from interviews where location = 'null'"
    assert place.ask(asked) == [(nowhere,)] != [(0,)]
    assert place.ask(asked.replace("= 'null'", "is null")) == [(0,)]
    assert place.columns.keys() == DEFAULT
    assert "VERDICT" in log
    assert addresses(log) == set()
    [plugin] = yaml.safe_load(maps)["plugins"]["extractors"]
    config = plugin["config"] | {"stream_map_config": {"hash_seed": seed}}
    messages = kombo.run(A, streams=tuple(config["stream_maps"]), **config).messages
    assert addresses(json.dumps(messages, default=str)) == set()


def test_a_preset_is_changed_in_meltano(place: Place) -> None:
    *_, changed, _ = fenced("personal-data.md", "yaml")
    page = (CHECKOUT / "docs" / "personal-data.md").read_text()
    [nothing_in_common] = re.findall(r"`(pseudonyms: .*?)`", page)
    key = {"TAP_KOMBO_PSEUDONYM_KEY": "k" * 32}

    def said(setting: str, command: str = "meltano invoke tap-kombo --doctor") -> str:
        tap = {"name": "tap-kombo", "config": yaml.safe_load(setting)}
        place.add(yaml.safe_dump({"plugins": {"extractors": [tap]}}))
        return place.run(command, **key)

    assert "(people): 1 nulled: candidates.custom_fields." in said(changed)
    assert re.search(r"\(people\): \d+ nulled: .*candidates\.first_name", said(nothing_in_common))
    bare = "pseudonyms: {null: [candidates.custom_fields]}"
    assert "TypeError" in said(bare, "! meltano invoke tap-kombo --doctor 2>&1")


def test_state_is_looked_at_and_changed(place: Place, kombo: Kombo) -> None:
    runs, look, copy_it, edit, put, clear, back, begin = bash("incremental.md")
    [shown] = fenced("incremental.md", "json")
    folder = place.project.folder
    editor = folder / "edit.sh"
    editor.write_text('#!/bin/sh\nsed -i s/T09:59:59.000Z/T07:00:00.000Z/g "$1"\n')
    editor.chmod(0o755)
    full, again = runs.splitlines()

    def asked(commands: str) -> set[str | None]:
        kombo.emulator.requests.clear()
        place.run(commands)
        return {one.params.get("updated_after") for one in kombo.asked()}

    assert asked(full) == {None}
    assert STATE_ID in place.run(look)
    stored = json.loads((folder / "output" / "state.json").read_text())
    real, on_page = (
        one["singer_state"]["bookmarks"]["interviews"] for one in (stored, json.loads(shown))
    )
    for [entry], questions in (list(one.values()) for one in (real, on_page)):
        [(name, parts)] = questions.items()
        assert entry.pop("question") == name
        assert all(re.fullmatch("[0-9a-f]{16}", one) for one in (name, parts.pop("columns")))
    assert real["partitions"] == on_page["partitions"]  # the hashes change with the columns
    assert list(real["questions"].values()) == list(on_page["questions"].values())
    stored = json.loads((folder / "output" / "state.json").read_text())

    place.run(copy_it)
    place.run(edit.replace("nano", str(editor)))
    assert "2026-11-23T07:00:00.000Z" in json.dumps(place.states[STATE_ID])
    assert asked(again) == {None}
    place.run(put)
    assert place.states[STATE_ID] == stored
    place.run(clear)
    assert STATE_ID not in place.states
    assert asked(begin) == {"2026-06-01T00:00:00.000Z"}
    place.run(back)
    assert place.states[STATE_ID] == stored


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="duckdb 1.1.3 has no wheel for 3.14")
def test_duckdb_is_loaded(place: Place) -> None:
    loader, *_ = fenced("loading.md", "yaml")
    _, run = bash("loading.md")
    file = place.project.folder / "output" / "warehouse.duckdb"

    place.add(loader)
    place.run(run)

    count = "select count(*), count(distinct id), count(application) from tap_kombo.interviews"
    script = f"import duckdb; print(duckdb.connect('{file}').execute('{count}').fetchall())"
    python = ".meltano/loaders/target-duckdb/venv/bin/python"
    found = shell(f'{python} -c "{script}"', place.project.folder)
    assert found == f"[({SIZE.interviews}, {SIZE.interviews}, {SIZE.interviews})]\n"


def test_other_loaders_follow_the_schema_of_meltano(place: Place) -> None:
    for loader in fenced("loading.md", "yaml"):
        place.add(loader)
    checker = (sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.meltano")
    shell(" ".join((*checker, "meltano.yml")), place.project.folder)


def test_a_customer_has_a_run_and_a_schema_of_its_own(place: Place) -> None:
    [run] = bash("faq.md")

    place.run(run)

    assert place.states.keys() == {f"{STATE_ID}:demo"}
    assert place.ask("select count(*) from demo.interviews") == [(SIZE.interviews,)]
