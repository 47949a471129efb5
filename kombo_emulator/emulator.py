"""The emulator: what answers, its integrations, and how they come about."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from kombo_emulator.ats import AtsIntegration
from kombo_emulator.behaviour import Behaviour
from kombo_emulator.clock import Clock
from kombo_emulator.examples import Examples
from kombo_emulator.hris import HrisIntegration
from kombo_emulator.http.app import Api
from kombo_emulator.integration import Integration
from kombo_emulator.others import AssessmentIntegration, LmsIntegration
from kombo_emulator.rows import World
from kombo_emulator.size import Size

if TYPE_CHECKING:
    from datetime import datetime

DEFAULT_KEY = "ks_dev_emulator"
CATEGORIES: dict[str, type[Integration]] = {
    kind.CATEGORY: kind
    for kind in (AtsIntegration, HrisIntegration, LmsIntegration, AssessmentIntegration)
}


class Emulator(Api[Integration]):
    """Kombo's Unified API with made-up data, kept in memory.

    Attributes:
        clock: The time on which all stamps, limits and deletions depend.
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
        self.clock = Clock(now)
        super().__init__(api_key, World(self.clock, behaviour or Behaviour(), seed))

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
    ) -> Integration: ...

    def add_integration(
        self, integration_id: str, category: str = "ATS", size: Size | None = None
    ) -> Integration:
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
