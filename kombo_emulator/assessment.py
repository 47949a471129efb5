"""An ATS seen by a provider of assessments: what it offers, and what recruiters ordered of it."""

from __future__ import annotations

from functools import partialmethod

from kombo_emulator.seeded import SeededIntegration


class AssessmentIntegration(SeededIntegration):
    """An integration of category ASSESSMENT."""

    CATEGORY = "ASSESSMENT"
    PLAN = ("assessment_packages", "assessment_orders")

    add_package = partialmethod(SeededIntegration.make, "assessment_packages")
    add_order = partialmethod(SeededIntegration.make, "assessment_orders")
