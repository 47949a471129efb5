"""The emulator: its integrations, its clock, and what tests may look at or interfere with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from kombo_emulator.app import Api
from kombo_emulator.assessment import AssessmentIntegration
from kombo_emulator.ats import AtsIntegration
from kombo_emulator.behaviour import Behaviour
from kombo_emulator.clock import Clock
from kombo_emulator.examples import Examples
from kombo_emulator.hris import HrisIntegration
from kombo_emulator.lms import LmsIntegration
from kombo_emulator.rows import World
from kombo_emulator.size import Size

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from starlette.responses import Response

    from kombo_emulator.received import Received
    from kombo_emulator.seeded import SeededIntegration

DEFAULT_KEY = "ks_dev_emulator"
CATEGORIES: dict[str, type[SeededIntegration]] = {
    kind.CATEGORY: kind
    for kind in (AtsIntegration, HrisIntegration, LmsIntegration, AssessmentIntegration)
}


class Emulator:
    """Kombo's Unified API with made-up data, kept in memory.

    Attributes:
        api_key: The only key that is accepted.
        clock: The time on which all stamps, limits and deletions depend.
        integrations: All integrations by id.
        requests: Every answered request, oldest first.
        intercept: Called with each request before it is answered, in a thread of its own; a
            response that it returns is sent instead. It may also change data or the clock.
        alter: Called with each request and its answer, in a thread of its own; what it returns is
            sent instead. `kombo_emulator.faults` has what can go wrong.
        app: The ASGI application.
    """

    def __init__(
        self,
        api_key: str = DEFAULT_KEY,
        now: str | datetime | None = None,
        seed: int = 1,
        behaviour: Behaviour | None = None,
    ) -> None:
        """Start without an integration.

        Args:
            api_key: The key to accept.
            now: Where the clock stands still until it is moved; none for real time.
            seed: Same seed, same clock and same integration ids give the same data.
            behaviour: How undocumented things are answered.
        """
        self.api_key = api_key
        self.clock = Clock(now)
        self.world = World(clock=self.clock, behaviour=behaviour or Behaviour(), seed=seed)
        self.integrations: dict[str, SeededIntegration] = {}
        self.requests: list[Received] = []
        self.intercept: Callable[[Received], Response | None] | None = None
        self.alter: Callable[[Received, Response], Response] | None = None
        self.examples: Examples | None = None
        self.app = Api(self).asgi

    @property
    def behaviour(self) -> Behaviour:
        """How undocumented things are answered; may be replaced at any time."""
        return self.world.behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        self.world.behaviour = behaviour

    @overload
    def add_integration(
        self, integration_id: str, category: Literal["ATS"] = "ATS", size: Size | None = None
    ) -> AtsIntegration: ...

    @overload
    def add_integration(
        self, integration_id: str, category: Literal["HRIS"], size: Size | None = None
    ) -> HrisIntegration: ...

    @overload
    def add_integration(
        self, integration_id: str, category: Literal["LMS"], size: Size | None = None
    ) -> LmsIntegration: ...

    @overload
    def add_integration(
        self, integration_id: str, category: Literal["ASSESSMENT"], size: Size | None = None
    ) -> AssessmentIntegration: ...

    @overload
    def add_integration(
        self, integration_id: str, category: str, size: Size | None = None
    ) -> SeededIntegration: ...

    def add_integration(
        self, integration_id: str, category: str = "ATS", size: Size | None = None
    ) -> SeededIntegration:
        """Connect a tool, with records drawn by chance.

        Raises:
            ValueError: If the id is taken, or there is no such category.
        """
        if integration_id in self.integrations:
            msg = f"there already is an integration {integration_id}"
            raise ValueError(msg)
        if category not in CATEGORIES:
            msg = f"{category} is not one of {', '.join(CATEGORIES)}"
            raise ValueError(msg)
        integration = CATEGORIES[category](integration_id, self.world)
        integration.seed(size or Size())
        with self.world.lock:
            self.integrations[integration_id] = integration
        return integration

    def serve_examples(self, document: str | Path) -> None:
        """Serve the examples of Kombo's OpenAPI document as the integration `examples:openapi`."""
        self.examples = Examples(Path(document))

    def clear_requests(self) -> None:
        """Forget the requests answered so far."""
        with self.world.lock:
            self.requests.clear()
