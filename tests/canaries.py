"""A canary in every property that needs `opt_in`, whether Kombo would have a value there or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response
from test_pseudonyms import filled

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.privacy import place, sensitive_paths
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kombo_emulator.exchange import Received

CANARY = "canary-in-a-cage"


class Cage:
    """Plants canaries in all records that are asked for.

    Attributes:
        planted: Where there is one, as `opt_in` names it.
    """

    def __init__(self) -> None:
        self.planted: set[str] = set()

    def __call__(self, asked: Received, right: Response) -> Response:
        """Answer with canaries; `Emulator.alter` takes this."""
        answer = msgspec.json.decode(right.body)
        for one in ENDPOINTS:
            pattern = one.path.replace("{integration_id}", "[^/]+")
            if one.parent or right.status_code != 200 or not re.fullmatch(pattern, asked.path):
                continue
            schema, data = load_schema(one.name), answer["data"]
            for path in sensitive_paths(one.name):
                for record in data[one.records_key] if one.records_key else [data]:
                    self.planted.add(place(one.name, path))
                    record.update(_planted(record, schema, path))
        headers = {"date": right.headers["date"]}
        return Response(msgspec.json.encode(answer), right.status_code, headers)


def _planted(value: Any, schema: dict[str, Any], path: Sequence[str]) -> Any:  # noqa: ANN401
    """A value with a canary at a path; what is missing on the way to it is made."""
    if not path:
        return filled(schema, CANARY)
    name, *rest = path
    if name == "[]":
        return [_planted(one, schema["items"], rest) for one in value or [{}]]
    there = value or {}
    return there | {name: _planted(there.get(name), schema["properties"][name], rest)}
