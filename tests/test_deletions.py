"""The recipes of docs/deletions.md: every block is run, and every result is compared."""

from __future__ import annotations

import copy
import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from recipes import Block, Page, Rows, Warehouse
from starlette.responses import JSONResponse
from support import KEY, discovered, failing, refusal, shown
from warm import WarmProject

from kombo_emulator import Behaviour, Emulator, Size, serve
from scripts.meltano_project import CHECKOUT
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from support import Kombo

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

SCHEMA = "deletions"
ACME, GLOBEX, INITECH = "greenhouse:acme", "personio:globex", "workday:initech"
SIZE = Size(candidates=10, applications=15, interviews=20, offers=5)
LONG_AGO = "2026-11-08T09:00:00Z"  # over 14 days before the emulator's clock
VERSIONS = {"__source__": "interviews", "__key_properties__": ["id", "changed_at"]}


PAGE = Page(CHECKOUT / "docs" / "deletions.md")
CREATE_VIEW, COUNT_LIVE = PAGE.sections["A view of live rows"]
MAP, SHOW_DELETED, MAP_WITHOUT_MELTANO = PAGE.sections["A soft delete"]
FULL_TABLE, SHOW_VANISHED, HARD_DELETE, REMOVE = PAGE.sections["A table like Kombo's"]


def load(warehouse: Warehouse, *configuration: Block) -> dict[str, Rows]:
    """Write blocks into `meltano.yml`, load, and return all rows by stream and id."""
    for block in configuration:
        warehouse.configure(block)
    warehouse.project.load()
    return {stream: warehouse.rows(stream) for stream in ("interviews", "offers")}


@dataclass(frozen=True)
class Story:
    """The tables after each of three runs, and what Kombo had at the first and the last one."""

    warehouse: Warehouse
    at_first: Rows
    mapped: dict[str, Rows]
    marked: dict[str, Rows]
    dropped: dict[str, Rows]
    at_last: Rows
    restored: str

    @property
    def gone(self) -> set[str]:
        """The interviews that Kombo sent at first and does not send any more."""
        return self.at_first.keys() - self.at_last.keys()


def at_kombo(*integrations: Integration) -> Rows:
    """The interviews that a full pass of these integrations gets."""
    return {
        row["id"]: {"integration_id": one.id, **shown("interviews", row)}
        for one in integrations
        for row in one.records("ats_interviews")
    }


def live(ats: Integration, model: str) -> list[str]:
    return [row["id"] for row in ats.records(model, include_deleted=False)]


def delete(ats: Integration, model: str, record_id: str, at: str) -> None:
    with ats.world.clock.at(at):
        ats.delete(model, record_id)


@pytest.fixture(scope="module")
def story(postgres: PostgreSQL, worker_id: str) -> Story:
    emulator = Emulator(now="2026-11-23T10:00:00Z")
    acme, globex, initech = (
        emulator.add_integration(name, "ATS", SIZE) for name in (ACME, GLOBEX, INITECH)
    )
    blanked = acme.make("ats_interviews", remote_id="1001", title="First talk")
    restored = acme.make("ats_interviews", remote_id="1002", title="Second talk")
    delete(acme, "ats_interviews", blanked, LONG_AGO)
    delete(acme, "ats_interviews", restored, "2026-11-20T15:30:00Z")

    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": f"{ACME},{GLOBEX},{INITECH}",
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO__SELECT": '["interviews.*", "offers.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        warehouse = Warehouse(postgres.url, project, SCHEMA)

        at_first = at_kombo(acme, globex, initech)
        mapped = load(warehouse, MAP)
        warehouse.execute(CREATE_VIEW)
        warehouse.ask(COUNT_LIVE)
        warehouse.ask(SHOW_DELETED)
        warehouse.execute(REMOVE, keep=False)

        acme.restore("ats_interviews", restored)
        emulator.behaviour = Behaviour(after_14_days="remove")
        delete(acme, "ats_interviews", live(acme, "ats_interviews")[0], LONG_AGO)
        settings["TAP_KOMBO_INTEGRATION_IDS"] = f"{ACME},{GLOBEX}"
        marked = load(warehouse, FULL_TABLE)
        warehouse.ask(SHOW_VANISHED)

        delete(acme, "ats_interviews", live(acme, "ats_interviews")[0], LONG_AGO)
        delete(acme, "ats_offers", live(acme, "ats_offers")[0], LONG_AGO)
        globex.disable_model("ats_offers")
        dropped = load(warehouse, HARD_DELETE)
        at_last = at_kombo(acme, globex)
    return Story(warehouse, at_first, mapped, marked, dropped, at_last, restored)


def as_stored(rows: Rows) -> Rows:
    """Records as psycopg returns them with the map: moments in UTC without a zone."""
    return {
        key: {
            name: dt.datetime.fromisoformat(value).replace(tzinfo=None)
            if name.endswith("_at") and value
            else value
            for name, value in {**row, "_sdc_deleted_at": row["remote_deleted_at"]}.items()
        }
        for key, row in rows.items()
    }


def without_metadata(rows: Rows) -> Rows:
    """Rows without what target-postgres adds, but for the mapped column."""
    return {
        key: {
            name: value
            for name, value in row.items()
            if not name.startswith("_sdc_") or name == "_sdc_deleted_at"
        }
        for key, row in rows.items()
    }


@pytest.mark.parametrize("block", [COUNT_LIVE, SHOW_DELETED, SHOW_VANISHED])
def test_page_shows_the_real_result(
    story: Story, block: Block, pytestconfig: pytest.Config
) -> None:
    update = pytestconfig.option.update_snapshots
    PAGE.compare(block, story.warehouse.results[block.text], update=update)


def test_soft_delete_keeps_every_column(story: Story) -> None:
    assert len(story.mapped["interviews"]) == 62
    assert without_metadata(story.mapped["interviews"]) == as_stored(story.at_first)


def test_a_record_that_appears_again_clears_the_column(story: Story) -> None:
    assert story.mapped["interviews"][story.restored]["_sdc_deleted_at"]
    assert story.marked["interviews"][story.restored]["_sdc_deleted_at"] is None


def test_rows_of_an_integration_can_be_removed(story: Story) -> None:
    assert story.warehouse.changed[REMOVE.text] == 20


def test_rows_loaded_without_a_version_are_marked(story: Story) -> None:
    before, after = story.mapped["interviews"], story.marked["interviews"]
    assert {row["_sdc_table_version"] for row in before.values()} == {None}
    assert after.keys() == before.keys()
    marked = {key for key, row in after.items() if was_marked(row)}
    assert marked == {key for key, row in after.items() if row["_sdc_table_version"] is None}
    assert len(marked) == 21


def test_hard_delete_drops_just_what_kombo_no_longer_has(story: Story) -> None:
    left = story.dropped["interviews"]
    assert without_metadata(left) == as_stored(story.at_last)
    assert len(left) == 40
    assert sum(bool(row["remote_deleted_at"]) for row in left.values()) == 1


def test_hard_delete_drops_rows_with_and_without_a_version(story: Story) -> None:
    versions = [story.marked["interviews"][key]["_sdc_table_version"] for key in story.gone]
    assert len(versions) == 22
    assert sum(version is not None for version in versions) == 1


def test_nothing_is_marked_or_dropped_if_an_integration_is_skipped(story: Story) -> None:
    before, after = story.marked["offers"], story.dropped["offers"]
    assert after.keys() == before.keys()
    assert len(after) == 3 * SIZE.offers
    forgotten = [
        key
        for key, row in after.items()
        if row["integration_id"] == ACME
        and row["_sdc_table_version"] == before[key]["_sdc_table_version"]
    ]
    assert len(forgotten) == 1
    assert not was_marked(after[forgotten[0]])
    assert "ACTIVATE_VERSION of offers is not sent" in story.warehouse.project.log.read_text()


def was_marked(row: dict[str, Any]) -> bool:
    return bool(row["_sdc_deleted_at"] and not row["remote_deleted_at"])


def test_the_map_without_meltano(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(ACME, "ATS", SIZE)
    ats.delete("ats_interviews", live(ats, "ats_interviews")[0])

    sent = kombo.run(ACME, **json.loads(MAP_WITHOUT_MELTANO.text))

    plain = kombo.run(ACME)
    assert sent.records() == [
        {**record, "_sdc_deleted_at": record["remote_deleted_at"]} for record in plain.records()
    ]


@pytest.mark.parametrize("stream", ["jobs", "*"])
def test_a_map_for_a_stream_that_is_not_selected_does_not_select_it(stream: str) -> None:
    """In the catalog that Meltano writes, no property of such a stream is selected."""
    catalog = copy.deepcopy(discovered())
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = entry["stream"] == "interviews"
    maps = {stream: {"_sdc_deleted_at": "remote_deleted_at"}}
    config = {"api_key": KEY, "integration_ids": [ACME], "stream_maps": maps}

    tap = TapKombo(config=config, catalog=catalog)

    assert [one.name for one in tap.selected] == ["interviews"]


def test_a_stream_that_is_always_full_needs_no_metadata(kombo: Kombo) -> None:
    kombo.emulator.add_integration(ACME, "ATS", SIZE)
    sent = kombo.run(ACME, streams=("integrations",), emit_activate_version_messages=True)
    assert "ACTIVATE_VERSION" in {message["type"] for message in sent.messages}


@pytest.mark.parametrize(
    ("maps", "dropped"),
    [
        ({}, ["interviews"]),
        ({"interviews": {"__alias__": "talks"}}, ["talks"]),
        ({"talks": {"__source__": "interviews"}}, ["interviews", "talks"]),
        ({"talks": {"__source__": "interviews"}, "interviews": None}, ["talks"]),
        ({"interviews": None}, []),
        ({"interviews_log": VERSIONS}, ["interviews"]),
        ({"interviews_log": VERSIONS, "interviews": None}, []),
    ],
    ids=str,
)
def test_rows_are_dropped_only_of_tables_that_are_sent_in_full(
    kombo: Kombo, maps: dict[str, Any], dropped: list[str]
) -> None:
    """Old versions are never sent again, and a loader ends if it knows no such table."""
    kombo.emulator.add_integration(ACME, "ATS", SIZE)
    sent = kombo.run(
        ACME,
        method="FULL_TABLE",
        emit_activate_version_messages=True,
        stream_maps=copy.deepcopy(maps) or None,
    )
    told = [one["stream"] for one in sent.messages if one["type"] == "ACTIVATE_VERSION"]
    assert told == dropped


@pytest.mark.parametrize(
    "why",
    [
        *("all is current", "of another category", "outdated", "not renewed"),
        *("look-up refused", "skipped", "keyless"),
    ],
)
def test_rows_are_dropped_only_if_all_was_read_and_kombo_calls_it_current(
    kombo: Kombo, why: str
) -> None:
    kombo.emulator.add_integration(ACME, "ATS", SIZE)
    category = "HRIS" if why == "of another category" else "ATS"
    details = kombo.emulator.add_integration(GLOBEX, category, SIZE).details
    if why == "outdated":
        details.data_expired_at = "2026-11-23T09:00:00.000Z"
    elif why == "not renewed":
        details.status = "INVALID"
    elif why == "look-up refused":
        refused = refusal("REMOTE.UNKNOWN_HTTP_ERROR", 502)
        kombo.emulator.intercept = failing(GLOBEX, refused, f"/integrations/{GLOBEX}")
    elif why == "skipped":
        details.setup_status = "INCOMPLETE"
    elif why == "keyless":
        page = {"status": "success", "data": {"results": [{"title": "x"}], "next": None}}
        kombo.emulator.intercept = failing(GLOBEX, JSONResponse(page))

    sent = kombo.attempt(ACME, GLOBEX, method="FULL_TABLE", emit_activate_version_messages=True)

    assert len(sent.records()) in {SIZE.interviews, 2 * SIZE.interviews}
    assert (sent.error is not None) is (why == "keyless")
    told = [one["type"] for one in sent.messages if one["type"] not in {"STATE", "SCHEMA"}]
    dropped = told.count("ACTIVATE_VERSION")
    assert dropped == (why in {"all is current", "of another category"})
    assert told.index("ACTIVATE_VERSION") == len(told) - 1 if dropped else True


@pytest.mark.parametrize(
    "settings",
    [
        {"filters": {"interviews": {"ids": ["none"]}}},
        {"start_date": "2026-11-24T09:00:00Z"},
        {"include_deleted": False},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_settings_leave_out_is_dropped_too(kombo: Kombo, settings: dict[str, Any]) -> None:
    ats = kombo.emulator.add_integration(ACME, "ATS", SIZE)
    delete(ats, "ats_interviews", live(ats, "ats_interviews")[0], LONG_AGO)
    kombo.emulator.clock.advance(days=1)

    sent = kombo.run(ACME, method="FULL_TABLE", emit_activate_version_messages=True, **settings)

    assert len(sent.records()) < len(ats.records("ats_interviews"))
    assert "ACTIVATE_VERSION" in {message["type"] for message in sent.messages}
