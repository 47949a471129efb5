"""What `GET /integrations/{id}` tells: whether an integration can be read, and which models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_kombo.errors import OPTED_OUT, RULES, Action, KomboError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from tap_kombo.client import KomboStream
    from tap_kombo.endpoints import Endpoint

Details = dict[str, Any]
"""Kombo's answer; empty if it was refused, for then the lists will tell why."""

_SETUP = {
    "INCOMPLETE": RULES["INTEGRATION.SETUP_INCOMPLETE"],
    "FINAL_SYNC_PENDING": RULES["INTEGRATION.SETUP_SYNC_PENDING"],
}
_COVERAGES = {"UNSUPPORTED", "NOT_IMPLEMENTED", "UNKNOWN"}


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
        try:
            pages = list(self._stream.follow_pages({"integration_id": integration_id}))
        except KomboError as error:
            if error.action is Action.STOP_RUN:
                raise
            self._stream.logger.info("%s", error)
            return {}
        return pages[0].records[0]


def serves(details: Details, endpoint: Endpoint) -> bool:
    """Return whether an integration is of the category of a model; if unknown, Kombo will tell."""
    return str(details.get("category", endpoint.category)) == endpoint.category


def require_readable(details: Details, endpoint: Endpoint, where: str) -> None:
    """Do nothing if a model can be read, as far as the details tell.

    Args:
        details: What Kombo says about the integration
            (docs.kombo.dev/api-reference/general/v1/get-integrations-integration-id).
        endpoint: The model.
        where: What would be asked for.

    Raises:
        KomboError: If the integration is not set up yet, or the model is not available.
    """
    setup = str(details.get("setup_status"))
    if setup in _SETUP:
        raise KomboError(_SETUP[setup], where, f"setup_status {setup}")
    models = details.get("read_models")
    for model in models if isinstance(models, list) else ():
        if isinstance(model, dict) and model.get("id") == endpoint.model:
            _require_available(model, where)


def _require_available(model: Mapping[str, Any], where: str) -> None:
    """Do nothing if a model is available, enabled and not opted out.

    Raises:
        KomboError: If it is not.
    """
    if model.get("is_available") is not False:
        return
    coverage, scope = str(model.get("coverage_status")), model.get("scope_config_setting")
    if model.get("opted_out_by_customer") is True:
        raise KomboError(OPTED_OUT, where, "opted_out_by_customer")
    if scope == "DISABLED":
        raise KomboError(
            RULES["INTEGRATION.MODEL_DISABLED"], where, "scope_config_setting DISABLED"
        )
    what = f"coverage_status {coverage}" if coverage in _COVERAGES else "is_available false"
    raise KomboError(RULES["INTEGRATION.MODEL_NOT_AVAILABLE"], where, what)


def data_expired_at(details: Details) -> str | None:
    """Return when a changed configuration made the data outdated, if it still is."""
    value = details.get("data_expired_at")
    return value if isinstance(value, str) else None
