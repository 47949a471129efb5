"""What `GET /integrations/{id}` tells about the configured integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_kombo.errors import Action, KomboError

if TYPE_CHECKING:
    from tap_kombo.client import KomboStream
    from tap_kombo.endpoints import Category


class Integrations:
    """The details of each integration, looked up once in a run.

    Args:
        stream: The stream `integrations`, which knows how to ask.
    """

    def __init__(self, stream: KomboStream) -> None:
        """Begin with nothing looked up."""
        self._stream = stream
        self._details: dict[str, dict[str, Any]] = {}

    def details(self, integration_id: str) -> dict[str, Any]:
        """Return Kombo's answer; empty if Kombo refuses it, for then the lists will tell why.

        Args:
            integration_id: The integration.

        Raises:
            KomboError: If the whole run has to stop.
        """
        if integration_id not in self._details:
            self._details[integration_id] = self._look_up(integration_id)
        return self._details[integration_id]

    def serves(self, integration_id: str, category: Category) -> bool:
        """Return whether an integration may have a model; if it is unknown, Kombo will tell.

        Args:
            integration_id: The integration.
            category: The model's category.
        """
        if category == "GENERAL":
            return True
        return str(self.details(integration_id).get("category", category)) == category

    def data_expired_at(self, integration_id: str) -> str | None:
        """Return when a changed configuration made the data outdated, if it still is."""
        value = self.details(integration_id).get("data_expired_at")
        return value if isinstance(value, str) else None

    def _look_up(self, integration_id: str) -> dict[str, Any]:
        try:
            pages = list(self._stream.follow_pages({"integration_id": integration_id}))
        except KomboError as error:
            if error.action is Action.STOP_RUN:
                raise
            self._stream.logger.info("%s", error)
            return {}
        return pages[0].records[0]
