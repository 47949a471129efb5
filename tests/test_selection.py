from __future__ import annotations

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.singerlib import SelectionMask

from tap_kombo.selection import compile_deselection

NAMES = st.sampled_from("abc")
VALUES = st.recursive(
    st.none() | st.integers(0, 9),
    lambda inner: st.dictionaries(NAMES, inner) | st.lists(inner, max_size=2),
    max_leaves=12,
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES), max_size=3)
PATHS = st.lists(NAMES, max_size=3).map(
    lambda names: tuple(part for name in names for part in ("properties", name))
)
INSIDE_LISTS = st.just(("properties", "a", "items", "properties", "b"))


@given(records=RECORDS, selected=st.dictionaries(PATHS | INSIDE_LISTS, st.booleans()))
def test_takes_out_what_the_sdk_takes_out(
    records: list[dict[str, Any]], selected: dict[tuple[str, ...], bool]
) -> None:
    """Holds the private walk of the SDK, which `KomboStream` does not need any more."""
    expected = copy.deepcopy(records)
    for record in expected:
        pop_deselected_record_properties(record, {}, SelectionMask(selected | {(): True}))

    compile_deselection(selected)(records)

    assert records == expected
