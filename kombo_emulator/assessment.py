"""An ATS seen by a provider of assessments: what it offers, and what recruiters ordered of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kombo_emulator.assessment_values import AssessmentValues
from kombo_emulator.seeded import SeededIntegration

if TYPE_CHECKING:
    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


class AssessmentIntegration(SeededIntegration):
    """An integration of category ASSESSMENT."""

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    CATEGORY = "ASSESSMENT"

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect a recruiting tool without any record."""
        super().__init__(integration_id, world)
        self._values = AssessmentValues(integration_id, world, self._random)

    @override
    def seed(self, size: Size) -> None:
        self._repeat(size.packages, (180, 170), self.add_package)
        self._repeat(size.orders, (170, 1), self.add_order)

    def add_package(self, **fields: Any) -> str:
        """Offer a test and return its id."""
        return self._create("assessment_packages", self._values.package() | fields)

    def add_order(self, **fields: Any) -> str:
        """Order a test for a candidate and return the order's id."""
        links = {"package_id": self._pick("assessment_packages")}
        return self._create("assessment_orders", self._values.order() | links | fields)

    def finish_order(self, order_id: str) -> None:
        """Complete an order."""
        self.edit("assessment_orders", order_id, status="COMPLETED")
