"""Asks the emulator over HTTP."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import AtsIntegration


ID = "greenhouse:acme"
KEY = "ks_dev_emulator"
LISTS = [model for model in MODELS.values() if model.path and model.category == "ATS"]
BASE58_ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")


@dataclass(frozen=True)
class Client:
    """Asks the emulator for what the integration `greenhouse:acme` has."""

    url: str
    ats: AtsIntegration

    def get(self, path: str, **params: str) -> requests.Response:
        return self.get_as({"X-Integration-Id": ID}, path, **params)

    def get_as(self, headers: dict[str, str], path: str, **params: str) -> requests.Response:
        given = {"Authorization": f"Bearer {KEY}", **headers}
        return requests.get(self.url + path, params, headers=given, timeout=10)

    def data(self, path: str, **params: str) -> dict[str, Any]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["status"] == "success"
        data: dict[str, Any] = body["data"]
        return data

    def pages(self, path: str, **params: str) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list, with the filters repeated."""
        cursor: dict[str, str] = {}
        while True:
            data = self.data(path, **params, **cursor)
            yield data["results"]
            if data["next"] is None:
                return
            cursor = {"cursor": data["next"]}

    def ids(self, path: str, **params: str) -> list[str]:
        return [row["id"] for page in self.pages(path, **params) for row in page]


def refusal(answer: requests.Response) -> tuple[int, str | None]:
    """Status and code of an answer in the documented form of an error."""
    body = answer.json()
    assert body["status"] == "error"
    assert set(body["error"]) == {"code", "title", "message", "log_url"}
    code: str | None = body["error"]["code"]
    return answer.status_code, code


def first_of(client: Client, model: str, name: str) -> Any:  # noqa: ANN401
    return next(row[name] for row in client.ats.records(model) if row[name])
