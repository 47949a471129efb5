"""A request as it came, and a refusal in Kombo's form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    path: str  # below the base URL, e.g. `/ats/interviews`
    params: Mapping[str, str]
    integration_id: str | None  # the header `X-Integration-Id`, or the id in the path
    headers: Mapping[str, str]  # names in lower case
    status: int | None = None  # that of the answer; none while there is none
    records: int | None = None  # how many the answer held; none if it was no list


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
