"""Asks the emulator over HTTP."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from kombo_emulator import Emulator, serve
from kombo_emulator.table import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Size

ID = "greenhouse:acme"
IDS = {"ATS": ID, "HRIS": "personio:acme", "LMS": "docebo:acme", "ASSESSMENT": "ashby:acme"}
KEY = "ks_dev_emulator"
NOW = "2026-11-23T10:00:00.000Z"
PATHS = sorted(LISTS)
BASE58_ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")


@dataclass(frozen=True)
class Client:
    """Asks the emulator for what an integration has.

    Attributes:
        url: Where the emulator answers.
        ats: The integration, of whatever category.
        session: A session that keeps the connection open, or none.
    """

    url: str
    ats: Any
    session: requests.Session | None = None

    def get(self, path: str, **params: str) -> requests.Response:
        return self.get_as({"X-Integration-Id": self.ats.id}, path, **params)

    def get_as(self, headers: dict[str, str], path: str, **params: str) -> requests.Response:
        given = {"Authorization": f"Bearer {KEY}", **headers}
        get = self.session.get if self.session else requests.get
        return get(self.url + path, params=params, headers=given, timeout=10)

    def data(self, path: str, **params: str) -> dict[str, Any]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["status"] == "success"
        data: dict[str, Any] = body["data"]
        return data

    def pages(self, path: str, **params: str) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list, with the filters repeated."""
        results = LISTS[path].results if path in LISTS else "results"
        cursor: dict[str, str] = {}
        while True:
            data = self.data(path, **params, **cursor)
            yield data[results]
            if data.get("next") is None:
                return
            cursor = {"cursor": data["next"]}

    def rows(self, path: str, **params: str) -> list[dict[str, Any]]:
        return [row for page in self.pages(path, **params) for row in page]

    def ids(self, path: str, **params: str) -> list[str]:
        return [row["id"] for row in self.rows(path, **params)]

    def one(self, path: str, key: str) -> dict[str, Any]:
        """One record of a list, even if it was deleted."""
        [row] = [row for row in self.rows(path, include_deleted="true") if row["id"] == key]
        return row

    def now(self) -> str:
        """The present moment as a parameter."""
        now: str = self.ats.world.clock.now().isoformat(timespec="milliseconds")
        return now.replace("+00:00", "Z")


@contextmanager
def everyone(size: Size | None = None) -> Iterator[dict[str, Client]]:
    """Serve an integration of each category; its clients by category."""
    emulator = Emulator(now=NOW)
    made = {kind: emulator.add_integration(name, kind, size) for kind, name in IDS.items()}
    with serve(emulator) as url, requests.Session() as session:
        yield {kind: Client(url, one, session) for kind, one in made.items()}


def refusal(answer: requests.Response) -> tuple[int, str | None]:
    """Status and code of an answer in the documented form of an error."""
    body = answer.json()
    assert body["status"] == "error"
    assert set(body["error"]) == {"code", "title", "message", "log_url"}
    code: str | None = body["error"]["code"]
    return answer.status_code, code


def values(row: Any, path: str) -> list[Any]:  # noqa: ANN401 - a JSON value
    """What is at a path of a record, lists flattened; where a parent is missing, nothing is."""
    found = [row]
    for name in path.split("."):
        found = [item[name] for item in found if isinstance(item, dict) and name in item]
        found = [one for item in found for one in (item if isinstance(item, list) else [item])]
    return found
