"""What the server is to be; light, for the peak memory of a child begins with its parent's."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_SIZE = 250


@dataclass(frozen=True)
class Scenario:
    """What the server holds and how it behaves.

    Attributes:
        pages: Pages of each model of each integration.
        page_size: Records on a page.
        latency_ms: Time that each answer takes at least.
        limit: Requests allowed per window; none is no limit and no headers.
        window_seconds: Length of that window.
        failing: Every n-th integration fails, in ten different ways; 0 for none.
        category: Of all integrations.
        held_seconds: So long the tool of the first integration wants to be left alone, once.
    """

    pages: int = 1
    page_size: int = PAGE_SIZE
    latency_ms: int = 0
    limit: int | None = None
    window_seconds: int = 60
    failing: int = 0
    category: str = "ATS"
    held_seconds: int = 0
