"""Refusals in Kombo's form: an error code, an HTTP status and a message."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class ApiError(Exception):
    """An answer that is no success.

    Attributes:
        status: HTTP status.
        code: Kombo's error code; none where it gives none.
        message: What went wrong, for people.
    """

    status: int
    code: str | None
    message: str

    def body(self, log_url: str) -> dict[str, object]:
        """The JSON body of the answer."""
        title = self.code.partition(".")[2].replace("_", " ").capitalize() if self.code else None
        return {
            "status": "error",
            "error": {
                "code": self.code,
                "title": title,
                "message": self.message,
                "log_url": log_url,
            },
        }


def input_invalid(message: str) -> ApiError:
    """Refuse a request that is malformed."""
    return ApiError(400, "PLATFORM.INPUT_INVALID", message)
