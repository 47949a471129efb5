"""What the emulator remembers of a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True)
class Received:
    """One request.

    Attributes:
        method: HTTP method.
        path: Path below the base URL, e.g. `/ats/interviews`.
        params: Query parameters as they came.
        integration_id: The header `X-Integration-Id`, or the id in the path; none without.
        headers: All headers, names in lower case.
        at: When it came, on the emulator's clock.
        status: HTTP status of the answer; none while it is not answered.
        records: How many records the answer held; none if it was no list.
    """

    method: str
    path: str
    params: Mapping[str, str]
    integration_id: str | None
    headers: Mapping[str, str]
    at: datetime
    status: int | None = None
    records: int | None = None
