"""How many records an integration starts with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Size:
    """Number of records per ATS model; each job brings two screening questions and a posting."""

    users: int = 12
    roles: int = 6
    tags: int = 8
    rejection_reasons: int = 6
    application_stages: int = 7
    jobs: int = 6
    candidates: int = 60
    applications: int = 80
    interviews: int = 120
    offers: int = 15
    notes: int = 30
    scorecards: int = 40
    attachments: int = 50

    @classmethod
    def empty(cls) -> Self:
        """No record at all."""
        return cls(**{item.name: 0 for item in fields(cls)})

    @classmethod
    def around(cls, interviews: int) -> Self:
        """So many interviews, and as many applications, candidates and offers as go with them."""
        return cls(
            interviews=interviews,
            applications=-(-interviews // 2),
            candidates=-(-interviews // 3),
            offers=-(-interviews // 10),
            jobs=max(6, interviews // 1000),
            users=max(12, interviews // 500),
        )
