"""What the integrations of all categories have in common: how they come by made-up records."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from kombo_emulator.integration import Integration
from kombo_emulator.made.draw import Draw
from kombo_emulator.made.maker import make
from kombo_emulator.store.rows import DAY

if TYPE_CHECKING:
    from kombo_emulator.size import Size
    from kombo_emulator.store.rows import World


class SeededIntegration(Integration):
    """An integration that can make up its records.

    A category's methods `add_*` return the id of the new record. They fill what is not given: own
    properties by chance, links with records that exist. Like all that writes they also take
    `visible_after`, in seconds, and `remote_id`.
    """

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    CATEGORY = ""
    PLAN: tuple[str, ...] = ()
    """The models of which there are records from the start, oldest first."""

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect a tool without any record."""
        super().__init__(integration_id, self.CATEGORY, world)
        random = Random(f"{world.seed} {integration_id}")  # noqa: S311 - made-up data
        self.draw = Draw(integration_id, world, random)

    def seed(self, size: Size) -> None:
        """Make up so many records, changed between half a year ago and yesterday."""
        now, window = self.world.now(), 180 * DAY // (len(self.PLAN) + 1)
        for place, model in enumerate(self.PLAN):
            oldest = now - DAY - window * (len(self.PLAN) - place)
            for _ in range(size.of(model)):
                with self.world.clock.at(oldest + self.draw.integer(window)):
                    self.bring(model, self.make(model))

    def make(self, model: str, /, **fields: Any) -> str:
        """Add a record of a model and return its id."""
        made = make(self.draw, model)
        unknown = made.pop("remote_id") is None and "remote_id" not in fields
        self.complete(model, made)
        record_id = self.add(model, remote_id_unknown=unknown, **made | fields)
        self.draw.known[model].append(record_id)
        return record_id

    def make_below(self, model: str, link: str, owner: str | None = None, /, **fields: Any) -> str:
        """Add a record that belongs to another one, and return its id."""
        return self.make(model, **({link: owner} if owner else {}) | fields)

    def complete(self, model: str, made: dict[str, Any]) -> None:
        """Let a made-up record fit to the records that it is linked with."""

    def bring(self, model: str, record_id: str) -> None:
        """Add what comes along with a record from the start."""
