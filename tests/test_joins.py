"""The column reference is current, and its pictures lead to where the data does."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from scripts.generated import write
from scripts.joins import EVERYWHERE, LEFT_OUT, NESTED, Join, ids, joins, reasons, unexplained
from scripts.picture import ROW, picture
from scripts.samples import records, sample
from scripts.update_columns import TITLES, files, joins_of
from tap_kombo.api.endpoints import STREAMS
from tap_kombo.privacy import place, walk
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Emulator

    Found = dict[str, list[dict[str, Any]]]

pytestmark = pytest.mark.xdist_group("joins")  # one worker, for tests share one run of the tap

JOINS = joins_of(STREAMS)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found() -> Found:
    """What the tap sends of every stream."""
    return records()


def values(record: Any, path: list[str]) -> Iterator[Any]:  # noqa: ANN401 - any JSON
    """The values at a path that are not null, through lists too."""
    if isinstance(record, list):
        for one in record:
            yield from values(one, path)
    elif path and record is not None:
        yield from values(record.get(path[0]), path[1:])
    elif record is not None:
        yield record


def test_the_column_reference_is_current(
    found: Found, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["update_columns.py"])
    code = write(files(found), check=True)
    assert (code, capsys.readouterr().err) == (0, "")


def ends(join: Join) -> list[tuple[str, str]]:
    """The stream and column at both ends."""
    return [(join.stream, join.column), (join.other, join.key)]


def test_both_ends_of_a_join_are_columns_with_the_same_values(found: Found) -> None:
    columns = {place(one.name, path) for one in STREAMS for path, _ in walk(load_schema(one.name))}
    assert {".".join(end) for join in JOINS for end in ends(join)} - columns == set()

    wrong = {}
    for join in JOINS:
        here, there = (
            {one for record in found[stream] for one in values(record, column.split("."))}
            for stream, column in ends(join)
        )
        if not here or here - there:
            wrong[f"{join.stream}.{join.column}"] = here - there or "no values"
    assert wrong == {}
    assert len(JOINS) > 50


def test_every_id_is_in_a_picture_or_left_out_with_a_reason() -> None:
    assert [one for endpoint in STREAMS for one in unexplained(endpoint)] == []


def test_what_is_left_out_is_there() -> None:
    wholes = [place(one.name, path) for one in STREAMS for path in ids(one.name)]
    assert {reason for whole in wholes for reason in reasons(whole)} == set(LEFT_OUT)
    assert {one for one in NESTED if one not in JOINS} == set()


def test_an_id_that_nobody_knows_of_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    [endpoint] = [one for one in STREAMS if one.name == "hris_payslips"]
    monkeypatch.setattr("scripts.joins.NESTED", ())
    assert list(unexplained(endpoint)) == ["hris_payslips.employee.id", "hris_payslips.pay_run.id"]


def test_the_joins_that_are_told_in_words_hold_everywhere(found: Found, emulator: Emulator) -> None:
    known = {one["id"] for one in found["integrations"]}
    assert {one["integration_id"] for rows in found.values() for one in rows} == known

    hris = emulator.add_integration("personio:demo", "HRIS")  # they are raw data, and not opted in
    passed_on = [
        value
        for model in ("hris_employees", "hris_employments", "hris_timesheets")
        for value in values(hris.records(model), EVERYWHERE[1].split("."))
    ]
    assert len(passed_on) > 10
    assert set(passed_on) <= {one["id"] for one in hris.integration_fields()}


def drawn(svg: str) -> tuple[list[tuple[str, str, str]], list[float]]:
    """Where each arrow of a picture begins, what is on it, and where it ends; and how far down."""
    root = ET.fromstring(svg)  # noqa: S314 - our own
    names = [one.text or "" for one in root.iter(f"{SVG}text") if "class" not in one.attrib]
    boxes = [
        (name, [float(rect.attrib[side]) for side in ("x", "y", "height")])
        for name, rect in zip(names, root.iter(f"{SVG}rect"), strict=True)
    ]
    left = min(x for _, (x, _, _) in boxes)
    labels = [one.text or "" for one in root.iter(f"{SVG}text") if "class" in one.attrib]
    lines = [one.attrib["d"] for one in root.iter(f"{SVG}path") if "C" in one.attrib["d"]]

    def at(y: float, *, begins: bool) -> str:
        side = [(name, y - top, high) for name, (x, top, high) in boxes if (x == left) is begins]
        [name] = [name for name, below, high in side if 0 < below < high]
        return name

    starts = [float(one.split("H")[0].split()[1]) for one in lines]
    ends = [float(one.split()[-1]) for one in lines]
    arrows = [
        (at(start, begins=True), label, at(end, begins=False))
        for start, label, end in zip(starts, labels, ends, strict=True)
    ]
    return arrows, starts


def test_each_arrow_of_a_picture_is_a_join() -> None:
    for category in TITLES:
        of = [one for one in STREAMS if one.category == category]
        made = [one for each in of for one in joins(each)]
        arrows, starts = drawn(picture(joins_of(of), "title"))
        wanted = [(one.stream, f"{one.column} = {one.key}", one.other) for one in made]
        assert sorted(arrows) == sorted(wanted), category
        gaps = [below - above for above, below in pairwise(sorted(starts))]
        assert min(gaps, default=ROW) >= ROW, category


def test_every_category_has_a_page() -> None:
    assert {one.category for one in STREAMS} == set(TITLES)


def test_the_record_that_shows_most_is_shown() -> None:
    full: dict[str, Any] = {"id": "2", "list": [{"a": 1}, {"a": 2}], "texts": list("abcd")}
    found: list[dict[str, Any]] = [
        {"id": "1", "list": None},
        full,
        {**full, "remote_deleted_at": "then", "more": 1},
    ]
    assert sample(found) == {"id": "2", "list": [{"a": 1}], "texts": list("abc")}
