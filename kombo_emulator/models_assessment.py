"""The assessment models: what is offered as a test, and the orders for it.

Their records carry no `remote_id`, no `changed_at` and no `remote_deleted_at`.
"""

from __future__ import annotations

from kombo_emulator.models import BY_ID, TRACKED, Filter, Model, names

_UNSENT = ("remote_id", *TRACKED)

ASSESSMENT_MODELS = (
    Model(
        "assessment_orders",
        "/assessment/orders",
        fields=names("remote_id package_id status candidate application job created_at"),
        unsent=(*_UNSENT, "created_at"),
        by_id=BY_ID[:1],
        filters=(
            Filter("created_after", "created_at", "from"),
            Filter("statuses", "status", choices=names("OPEN COMPLETED CANCELLED REJECTED")),
        ),
        incremental=False,
    ),
    Model(
        "assessment_packages",
        "/assessment/packages",
        fields=("remote_id", "name", "description", "updated_at", "type"),
        unsent=_UNSENT,
        by_id=(),
        incremental=False,
        paging="none",
        results="packages",
    ),
)
