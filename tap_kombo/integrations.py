"""What `GET /integrations/{id}` tells: whether an integration can be read, and which models."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_kombo.errors import OPTED_OUT, RULES, Action, KomboError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from tap_kombo.client import KomboStream
    from tap_kombo.endpoints import Endpoint
    from tap_kombo.errors import Rule

_SETUP = {
    "INCOMPLETE": RULES["INTEGRATION.SETUP_INCOMPLETE"],
    "FINAL_SYNC_PENDING": RULES["INTEGRATION.SETUP_SYNC_PENDING"],
}
_STOPPED = {
    "INACTIVE": RULES["INTEGRATION.INACTIVE"],
    "INVALID": RULES["INTEGRATION.AUTHENTICATION_INVALID"],
}
_COVERAGES = {"UNSUPPORTED", "NOT_IMPLEMENTED", "UNKNOWN"}


@dataclass(frozen=True)
class Details:
    """What matters for reading an integration; nothing of it may be known.

    Attributes:
        category: Its category; an integration has models of one only.
        tool: Name of the connected tool.
        status: Whether Kombo still reads the tool.
        setup_status: How far the setup has come.
        data_expired_at: When a changed configuration made the data outdated, if it still is.
        unavailable: Why a model cannot be read, by Kombo's model id.
    """

    category: str | None = None
    tool: str | None = None
    status: str | None = None
    setup_status: str | None = None
    data_expired_at: str | None = None
    unavailable: Mapping[str, tuple[Rule, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> Details:
        """Take from Kombo's answer what matters; the rest is large.

        Args:
            answer: `data` of the answer
                (docs.kombo.dev/api-reference/general/v1/get-integrations-integration-id).
        """
        names = ("category", "status", "setup_status", "data_expired_at")
        texts = {name: value for name in names if isinstance(value := answer.get(name), str)}
        tool = answer.get("tool")
        if isinstance(tool, dict) and isinstance(label := tool.get("label"), str):
            texts["tool"] = label
        models = answer.get("read_models")
        unavailable = {
            str(model.get("id")): why
            for model in (models if isinstance(models, list) else ())
            if isinstance(model, dict) and (why := _why_unavailable(model))
        }
        return cls(**texts, unavailable=unavailable)

    def serves(self, endpoint: Endpoint) -> bool:
        """Return whether a model is of the integration's category; if unknown, Kombo will tell."""
        return self.category in {None, endpoint.category}

    def require_current(self, where: str) -> None:
        """Do nothing if Kombo keeps the data of the integration current, as far as it is known.

        Args:
            where: What would be asked for.

        Raises:
            KomboError: If the integration is not set up yet, or is stopped; what was read
                before may still be there.
        """
        self._require_set_up(where)
        if rule := _STOPPED.get(self.status or ""):
            raise KomboError(rule, where, f"status {self.status}")

    def require_readable(self, endpoint: Endpoint, where: str) -> None:
        """Do nothing if a model can be read, as far as it is known.

        Args:
            endpoint: The model.
            where: What would be asked for.

        Raises:
            KomboError: If the integration is not set up yet, or the model is not available.
        """
        self._require_set_up(where)
        if why := self.unavailable.get(endpoint.model or ""):
            rule, what = why
            raise KomboError(rule, where, what)

    def _require_set_up(self, where: str) -> None:
        if rule := _SETUP.get(self.setup_status or ""):
            raise KomboError(rule, where, f"setup_status {self.setup_status}")


class Integrations:
    """The details of each integration, looked up once in a run.

    Args:
        stream: The stream `integrations`, which knows how to ask.
    """

    def __init__(self, stream: KomboStream) -> None:
        """Begin with nothing looked up."""
        self._stream = stream
        self._details: dict[str, Future[Details]] = {}

    def look_up(self, integration_id: str) -> Future[Details]:
        """Return work that gets the details; it ends with a `KomboError` if the run has to stop.

        Args:
            integration_id: The integration.
        """
        if integration_id not in self._details:
            submit = self._stream.tap.fanout.submit
            self._details[integration_id] = submit(self._ask, integration_id)
        return self._details[integration_id]

    def _ask(self, integration_id: str) -> Details:
        """Ask Kombo; if it refuses, nothing is known, and the lists will tell why."""
        try:
            pages = list(self._stream.follow_pages({"integration_id": integration_id}))
        except KomboError as error:
            if error.action is Action.STOP_RUN:
                raise
            self._stream.logger.info("%s", error)
            return Details()
        return Details.of(pages[0].records[0])


def _why_unavailable(model: Mapping[str, Any]) -> tuple[Rule, str] | None:
    """Say why a model is not available; Kombo's own flag decides whether it is."""
    if model.get("is_available") is not False:
        return None
    if model.get("opted_out_by_customer") is True:
        return OPTED_OUT, "opted_out_by_customer"
    if model.get("scope_config_setting") == "DISABLED":
        return RULES["INTEGRATION.MODEL_DISABLED"], "scope_config_setting DISABLED"
    coverage = str(model.get("coverage_status"))
    what = f"coverage_status {coverage}" if coverage in _COVERAGES else "is_available false"
    return RULES["INTEGRATION.MODEL_NOT_AVAILABLE"], what
