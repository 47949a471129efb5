"""A served emulator with integrations of the categories HRIS, LMS and ASSESSMENT."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from kombo_emulator import Emulator, serve
from kombo_emulator.table import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator.seeded import SeededIntegration

CHECKOUT = Path(__file__).parent.parent
REFERENCE = Path(os.environ.get("KOMBO_REFERENCE_DIR") or CHECKOUT.parent / "shared/reference")
"""Where a description of Kombo's endpoints may be; it is no part of the repository."""

IDS = {"HRIS": "personio:acme", "LMS": "docebo:acme", "ASSESSMENT": "ashby:acme"}
PATHS = sorted(path for path, model in LISTS.items() if model.category in IDS)
NOW = "2026-11-23T10:00:00.000Z"


@dataclass(frozen=True)
class Server:
    """An emulator at an address, with one seeded integration of each category.

    Attributes:
        emulator: The emulator; its clock stands still at `NOW`.
        seeded: The integrations by category; tests do not change their records.
        url: Where it answers.
        session: Keeps the connection open.
    """

    emulator: Emulator
    seeded: dict[str, SeededIntegration]
    url: str
    session: requests.Session

    def get(self, path: str, integration_id: str = "", **params: str) -> requests.Response:
        """Ask one of the seeded integrations, or the one given."""
        headers = {
            "Authorization": f"Bearer {self.emulator.api_key}",
            "X-Integration-Id": integration_id or IDS[LISTS[path].category],
        }
        return self.session.get(self.url + path, params=params, headers=headers, timeout=10)

    def data(self, path: str, integration_id: str = "", **params: str) -> dict[str, Any]:
        """The `data` of a successful answer."""
        answer = self.get(path, integration_id, **params)
        assert answer.status_code == 200, answer.text
        data: dict[str, Any] = answer.json()["data"]
        return data

    def read(self, path: str, integration_id: str = "", **params: str) -> list[dict[str, Any]]:
        """All records of a list, page by page."""
        rows: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            data = self.data(path, integration_id, **params, **cursor)
            rows += data[LISTS[path].results]
            if data.get("next") is None:
                return rows
            cursor = {"cursor": data["next"]}

    def ids(self, path: str, **params: str) -> list[str]:
        """The ids of all records of a list."""
        return [row["id"] for row in self.read(path, **params)]


@contextmanager
def serving() -> Iterator[Server]:
    """Serve an emulator with one seeded integration of each category."""
    emulator = Emulator(now=NOW)
    seeded = {category: emulator.add_integration(name, category) for category, name in IDS.items()}
    with serve(emulator) as url, requests.Session() as session:
        yield Server(emulator, seeded, url, session)


def refused(answer: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, answer.json()["error"]["code"]
