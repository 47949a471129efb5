"""Each loader of docs/loading.md, really run: every row and cell is compared with what was sent.

Nothing may differ but by a loss that is named here, and each of these has to occur.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import pytest
from loaders import loading
from loaders.compare import Loss, canonical, compare, newest
from loaders.extremes import BEYOND_64_BITS, DAYS, NUMBERS, TEXTS
from loaders.losses import (
    EMPTY,
    FRACTION,
    LISTED,
    PRINTED,
    ROUNDED,
    ROUNDED_EVERYWHERE,
    ROUNDED_INSIDE,
)
from loaders.messages import SHAPES, Messages

from tap_kombo.api.endpoints import STREAMS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from loaders.compare import Tables
    from support import Measured

    from scripts.embedded_postgres import PostgreSQL

up_to_python_3_11 = pytest.mark.skipif(
    sys.version_info >= (3, 12), reason="pendulum 2.1.2 cannot be built on later ones"
)


@dataclass(frozen=True)
class Loader:
    """How to run a loader, and what it is known to lose.

    Attributes:
        run: Runs it and returns what it holds.
        losses: In the order in which they happen.
        appends: Whether it keeps all versions of a row, rather than the newest.
    """

    run: Callable[[Messages, Path], Tables]
    losses: tuple[Loss, ...] = ()
    appends: bool = False


IN_DUCKDB = (EMPTY, ROUNDED, ROUNDED_INSIDE)
LOADERS = {
    "target-duckdb": Loader(loading.duckdb, IN_DUCKDB),
    "target-duckdb unchecked": Loader(partial(loading.duckdb, validate_records=False), IN_DUCKDB),
    "target-jsonl": Loader(loading.jsonl, appends=True),
    "meltanolabs-target-csv": Loader(loading.meltanolabs_csv, (PRINTED, EMPTY), appends=True),
    "target-snowflake": Loader(loading.snowflake, (ROUNDED,)),
}
POSTGRES: dict[str, tuple[dict[str, bool], tuple[Loss, ...]]] = {
    "as it is": ({}, ()),
    "unchecked": ({"validate_records": False}, ()),
    "COPY": ({"validate_records": False, "use_copy": True}, (ROUNDED,)),
}
"""Settings of target-postgres, and what is lost with them."""


@pytest.fixture
def check(messages: dict[str, Messages], tmp_path: Path, measured: Measured) -> Callable[..., None]:
    """Run a loader and compare what it holds with what was sent."""

    def check(name: str, shape: str, loader: Loader, given: Messages | None = None) -> None:
        sent = given or messages[shape]
        held = loader.run(sent, tmp_path)
        wanted = {
            stream: records if loader.appends else newest(records)
            for stream, records in sent.sent.items()
        }
        losses = [one for one in loader.losses if one.flattened or shape == "plain"]
        done = compare(wanted, sent, held, losses)

        assert done.wrong == []
        assert done.lost.keys() == {one.reason for one in losses}
        assert done.rows == sum(map(len, wanted.values())) > 2000
        lost = "; ".join(f"{count} x {reason}" for reason, count in done.lost.items())
        measured(f"{name}, {shape}: {done.rows} rows, {done.cells} cells; {lost or 'all right'}")

    return check


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LOADERS)
def test_what_a_loader_holds_is_what_was_sent(
    check: Callable[..., None], name: str, shape: str
) -> None:
    if "duckdb" in name and sys.version_info >= (3, 14):
        pytest.skip("duckdb 1.1.3 has no wheel for 3.14")
    check(name, shape, LOADERS[name])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", POSTGRES)
def test_what_postgresql_holds_is_what_was_sent(
    check: Callable[..., None], postgres: PostgreSQL, name: str, shape: str
) -> None:
    settings, losses = POSTGRES[name]

    def run(messages: Messages, folder: Path) -> Tables:
        schema = f"{shape}_{'_'.join(settings)}"
        return loading.postgres(messages, folder, postgres, schema, **settings)

    check(f"target-postgres, {name}", shape, Loader(run, losses))


def test_the_first_target_csv_holds_what_was_sent_flattened(check: Callable[..., None]) -> None:
    """Otherwise it takes objects apart itself, and puts values into wrong columns."""
    loader = Loader(loading.old_csv, (EMPTY, FRACTION), appends=True)
    check("target-csv", "flattened", loader)


@pytest.fixture
def narrow(messages: dict[str, Messages], tmp_path: Path) -> Callable[[str], Messages]:
    """The same without integers of more than 64 bits, at which BigQuery's loader ends."""

    def write(shape: str) -> Messages:
        first, second = (
            tmp_path / file.name
            for file in messages[shape].files
            if (tmp_path / file.name).write_bytes(
                file.read_bytes().replace(BEYOND_64_BITS.encode(), BEYOND_64_BITS[:18].encode())
            )
        )
        return Messages((first, second))

    return write


@up_to_python_3_11
@pytest.mark.parametrize("shape", SHAPES)
def test_what_bigquery_would_hold_is_what_was_sent(
    check: Callable[..., None], narrow: Callable[[str], Messages], shape: str
) -> None:
    refusals: list[dict[str, int]] = []

    def run(messages: Messages, folder: Path) -> Tables:
        held, refused = loading.bigquery(messages, folder)
        refusals.append(+refused)
        return held

    losses = (LISTED, ROUNDED_EVERYWHERE, ROUNDED_INSIDE)
    check("target-bigquery", shape, Loader(run, losses), narrow(shape))
    assert refusals == [{}]


@up_to_python_3_11
def test_bigquery_s_loader_ends_at_an_integer_of_more_than_64_bits(
    messages: dict[str, Messages], tmp_path: Path
) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        loading.bigquery(messages["flattened"], tmp_path)
    assert "Integer exceeds 64-bit range" in (tmp_path / "flattened1.log").read_text()


def scalars(value: Any) -> Iterator[Any]:  # noqa: ANN401
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from scalars(one)
    else:
        yield value


@pytest.mark.parametrize("shape", SHAPES)
def test_the_files_hold_all_that_loaders_trip_over(
    messages: dict[str, Messages], shape: str
) -> None:
    sent = messages[shape].sent
    records = [record for found in sent.values() for record in found]
    found = {canonical(one, {}) for record in records for one in scalars(record)}

    assert sent.keys() == {one.name for one in STREAMS}
    assert all(sent.values())
    for one in (*TEXTS, *NUMBERS, *DAYS):
        if one != "not a date":
            told = one.replace("\0", "") if isinstance(one, str) else one
            assert canonical(told, {}) in found, one
    assert {
        '"0001-01-01T00:00:00.000Z"',
        '"9999-12-31T23:59:59.999Z"',
        '"2026-07-01T06:30:00Z"',
        '"2026-02-28T23:59:59.123456Z"',
    } <= found
    assert not any("\\u0000" in one or "not a date" in one for one in found)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_second_run_is_incremental(messages: dict[str, Messages], shape: str) -> None:
    """It brings edits, deletions, new rows, and tombstones of which the values are gone."""
    first, second = (
        Messages((messages[shape].files[at], messages[shape].files[at])).sent for at in (0, 1)
    )
    for stream in ("interviews", "candidates", "hris_employees", "lms_courses"):
        before = {one["id"]: one for one in first[stream]}
        after = {one["id"]: one for one in second[stream]}
        again = before.keys() & after.keys()
        assert before.keys() - after.keys(), stream
        assert after.keys() - before.keys(), stream
        assert any("edited" in str(after[one]) for one in again), stream
        gone = [one for one in again if not before[one]["remote_deleted_at"]]
        assert any(after[one]["remote_deleted_at"] for one in gone), stream
        told = [one for one in again if before[one]["remote_deleted_at"]]
        assert any(before[one]["remote_id"] and not after[one]["remote_id"] for one in told), stream
