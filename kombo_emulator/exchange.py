"""A request as it came, and a refusal in Kombo's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Received:
    """One request.

    Attributes:
        path: Path below the base URL, e.g. `/ats/interviews`.
        integration_id: The header `X-Integration-Id`, or the id in the path; none without.
        headers: All headers, names in lower case.
        status: That of the answer; none while there is none.
        records: How many records the answer held; none if it was no list.
    """

    method: str
    path: str
    params: Mapping[str, str]
    integration_id: str | None
    headers: Mapping[str, str]
    status: int | None = None
    records: int | None = None


INPUT_INVALID = (400, "PLATFORM.INPUT_INVALID")
"""How a request that is malformed is refused."""


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is no success, with a message for people; some have no code."""

    status: int
    code: str | None
    message: str

    def body(self) -> dict[str, object]:
        """The JSON body of the answer."""
        title = self.code.partition(".")[2].replace("_", " ").capitalize() if self.code else None
        error = {"code": self.code, "title": title, "message": self.message}
        error["log_url"] = "https://app.example.com/logs/1"
        return {"status": "error", "error": error}
