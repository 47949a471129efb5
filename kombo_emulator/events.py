"""The webhook events that Kombo would send, for whoever delivers them; the emulator sends none."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from kombo_emulator.integration import Integration


def data_changed(integration: Integration) -> dict[str, Any] | None:
    """Return the event that tells what has changed since the last one; none if nothing has."""
    if not (models := integration.changed_models()):
        return None
    data = {
        "integration_id": integration.id,
        "integration_tool": integration.id.partition(":")[0],
        "integration_category": integration.category,
        "changed_models": [{"name": name} for name in models],
    }
    return {"id": str(uuid4()), "type": "data-changed", "data": data}


def lifecycle(kind: str, integration: Integration) -> dict[str, Any]:
    """Return `integration-created` or `integration-deleted` of an integration."""
    told = integration.describe()
    data = {
        "id": integration.id,
        "tool": told["tool"]["id"],
        "category": integration.category,
        "end_user": told["end_user"],
    }
    return {"id": str(uuid4()), "type": kind, "data": data}


def signature(body: bytes, secret: str) -> str:
    """Return what `X-Kombo-Signature` says of a body: base64url without padding."""
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
