"""One customer's connected tool: what Kombo says about it, and how it comes by its records."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Literal

from kombo_emulator.clock import stamp
from kombo_emulator.made.draw import Draw
from kombo_emulator.made.maker import make
from kombo_emulator.made.values import integration_field
from kombo_emulator.made.words import CUSTOM_FIELDS
from kombo_emulator.rows import DAY, derive_id
from kombo_emulator.store import Store, refuse_unknown
from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from kombo_emulator.models import Model
    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


@dataclass(slots=True)
class Details:
    """What `GET /integrations/{id}` tells and a test may set."""

    status: Literal["ACTIVE", "INACTIVE", "INVALID"] = "ACTIVE"
    """Whether Kombo still syncs; `INVALID` means that credentials stopped working."""
    setup_status: Literal["INCOMPLETE", "FINAL_SYNC_PENDING", "COMPLETED"] = "COMPLETED"
    """How far the setup has come; lists are refused until it is `COMPLETED`."""
    qa_failed: bool = False  # whether Kombo holds the integration back; its status does not tell
    data_expired_at: str | None = None  # while data may not fit the newest scope configuration
    unsupported: set[str] = field(default_factory=set)  # models that the tool does not have
    opted_out: set[str] = field(default_factory=set)  # models that the customer does not share
    organization_name: str = "Example Ltd"  # the end user's
    origin_id: str | None = None  # the end user's id on the side of whoever made the connection


_BROUGHT = {
    "ats_jobs": {"ats_screening_questions": 2, "ats_job_postings": 1},
    "hris_employees": {"hris_employments": 1, "hris_time_off_balances": 1},
    "hris_payslips": {"hris_payslip_line_items": 3},
    "lms_courses": {"lms_course_revisions": 2},
}
"""What comes along with each record from the start."""


_OF_PERSON = {"ats_notes", "ats_scorecards", "ats_attachments"}
_ROLES = (("1", "Recruiter", "RECRUITER"), (None, None, None))
_NOT_ALL = {"ats_candidates": "tag_ids", "hris_employees": "group_ids"}
"""Links that some records have none of."""


class Integration(Store):
    """A tool of one category, with records of its own making.

    Lists of links are `system_role_ids` of a user, `stage_ids` and `hiring_team_links` of a job,
    `tag_ids` of a candidate, `user_ids` of an interview, `group_ids` of an employee, and
    `location_ids`, `legal_entity_ids`, `group_ids` and `skill_links` (as `skill_link` makes them)
    of a staffing entity. `reviewee_id`, `reviewer_id` and `review_cycle_id` of a review,
    `employee_id` and `pay_run_id` of a payslip, and the `proficiency_scale` of a skill only show
    nested.
    """

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    def __init__(self, integration_id: str, category: str, world: World) -> None:
        """Connect a tool without any record; the tool's id comes before the colon."""
        super().__init__(integration_id, world)
        self.category = category
        self.details = Details(origin_id=derive_id(integration_id, "origin"))
        self.created_at = stamp(world.clock.millis())
        random = Random(f"{world.seed} {integration_id}")  # noqa: S311 - made-up data
        self.draw = Draw(integration_id, world, random)

    # Making up records

    def seed(self, size: Size) -> None:
        """Make up so many records, changed between half a year ago and yesterday."""
        plan = list(size.of(self.category))
        now, window = self.world.clock.millis(), 180 * DAY // (len(plan) + 1)
        for place, (model, count) in enumerate(plan):
            oldest = now - DAY - window * (len(plan) - place)
            for _ in range(count):
                with self.world.clock.at(oldest + self.draw.integer(window)):
                    self.bring(model, self.make(model))

    def make(self, model: str, /, *, visible_after: float = 0, **fields: Any) -> str:
        """Add a record and return its id; what is not given is made up, links included.

        Raises:
            TypeError: If the model has no such property.
        """
        refuse_unknown(model, fields)
        made = make(self.draw, model)
        self._fit(model, made)
        made |= fields
        record_id = self.add(model, fields.get("remote_id"), made, visible_after)
        self.draw.known[model].append(record_id)
        return record_id

    def bring(self, model: str, record_id: str) -> None:
        """Add what comes along with a record from the start."""
        brought = _BROUGHT.get(model, {})
        if model == "hris_employees" and self.draw.number % 2:
            brought = {"hris_employments": 2, "hris_time_off_balances": 1}  # some have had two
        for nested, count in brought.items():
            [owner] = [one.reverse for one in MODELS[model].embeds if one.model == nested]
            link: dict[str, Any] = {owner: record_id}
            for _ in range(count):
                self.make(nested, **link)

    def hire_employee(self, **fields: Any) -> str:
        """Let an employee begin today, with a first employment, and return its id."""
        today = stamp(self.world.clock.millis() // DAY * DAY)
        begun = {"employment_status": "ACTIVE", "start_date": today, "termination_date": None}
        employee = self.make("hris_employees", **begun | fields)
        self.make("hris_employments", employee_id=employee, effective_date=today)
        return employee

    def skill_link(self, skill_id: str) -> dict[str, Any]:
        """Make an entry of a staffing entity's `skill_links`, at the second level."""
        scale = self.table("hris_skills").rows[skill_id].values["proficiency_scale"]
        expected: dict[str, Any] | None = None
        if scale and scale["type"] == "NUMERIC":
            expected = {"type": "NUMERIC", "value": 2}
        elif scale:
            option = scale["ordered_options"][1]["id"]
            expected = {"type": "SINGLE_SELECT", "selected_option_id": option}
        return {"id": skill_id, "skill_id": skill_id, "expected_proficiency": expected}

    def _fit(self, model: str, made: dict[str, Any]) -> None:
        """Let a made-up record fit to the records that it is linked with."""
        if model in _OF_PERSON and made["application_id"] and made["candidate_id"]:
            application = self.table("ats_applications").rows[made["application_id"]].values
            made["candidate_id"] = application["candidate_id"] or made["candidate_id"]
        elif model == "ats_users":
            roles = self.table("ats_roles").rows.values()
            system = [role.id for role in roles if role.values["scope"] == "SYSTEM"]
            made["system_role_ids"] = (self.draw.pick(system),) if system else ()
        elif model == "ats_jobs":
            made["stage_ids"] = tuple(self.draw.known["ats_application_stages"])
            team = self.draw.links("ats_users", 2)
            made["hiring_team_links"] = tuple(self._member(user) for user in team)
        elif model == "hris_staffing_entities":
            made["skill_links"] = tuple(map(self.skill_link, made["skill_links"]))
        elif model in _NOT_ALL:
            links = _NOT_ALL[model]
            made[links] = made[links][: self.draw.integer(3)]

    def _member(self, user_id: str) -> dict[str, Any]:
        key, label, kind = self.draw.pick(_ROLES)
        role = {"remote_id": key, "remote_label": label, "scope": "JOB", "unified_type": kind}
        return {"id": user_id, "hiring_team_roles": ["RECRUITER"], "job_roles": [role]}

    # What Kombo says of it

    def covers(self, model: Model) -> bool:
        """Whether the tool has this model at all."""
        return model.category == self.category and model.id not in self.details.unsupported

    def describe(self) -> dict[str, Any]:
        """The `data` of `GET /integrations/{id}`; what may be unknown is so for some."""
        tool, details = self.id.partition(":")[0], self.details
        images, known = f"https://assets.example.com/{tool}", len(self.id) % 2 == 0
        covered = {"is_available": known, "coverage_status": "SUPPORTED" if known else "UNKNOWN"}
        models = (one for one in MODELS.values() if one.path and one.category == self.category)
        return {
            "id": self.id,
            "tool": {
                "id": tool,
                "label": tool.capitalize(),
                "internal_label": "Our tool" if known else None,
                "logo_url": f"{images}/logo.svg",
                "icon_url": f"{images}/icon.svg",
            },
            "category": self.category,
            "status": details.status,
            "setup_status": details.setup_status,
            "end_user": {
                "organization_name": details.organization_name,
                "creator_email": "admin@example.com" if known else None,
                "origin_id": details.origin_id,
            },
            "scope_config": {
                "id": derive_id(self.id, "scope"),
                "name": "Default" if known else None,
            },
            "data_expired_at": details.data_expired_at,
            "created_at": self.created_at,
            "beta": not known,
            "read_models": [self._coverage(model) for model in models],
            "write_actions": [
                {
                    "id": f"{self.category.lower()}_create_something",
                    "label": "Create something",
                    **covered,
                    "scope_config_setting": "ENABLED",
                    "opted_out_by_customer": False,
                    "fields": [{"id": "name", **covered}],
                }
            ],
        }

    def _coverage(self, model: Model) -> dict[str, Any]:
        covered, enabled = self.covers(model), model.id not in self.disabled
        opted_out = model.id in self.details.opted_out
        state = {
            "is_available": covered and enabled and not opted_out,
            "coverage_status": "SUPPORTED" if covered else "UNSUPPORTED",
            "scope_config_setting": "ENABLED" if enabled else "DISABLED",
            "opted_out_by_customer": opted_out,
        }
        names = (*model.shown, *(embed.key for embed in model.embeds))
        fields = [{"id": name, **state} for name in names]
        label = model.id.partition("_")[2].replace("_", " ").capitalize()
        return {"id": model.id, "label": label, **state, "fields": fields}

    def integration_fields(self) -> list[dict[str, Any]]:
        """The records of `GET /integrations/{id}/integration-fields`."""
        mine = [model for model in CUSTOM_FIELDS if MODELS[model].category == self.category]
        return [
            integration_field(self.id, model)
            | {"model": model, "is_passthrough_enabled": True, "is_writable": False}
            | ({"label": None} if at == 1 else {})
            for at, model in enumerate(mine)
        ]

    def custom_fields(self) -> list[dict[str, Any]]:
        """The records of `GET /integrations/{id}/custom-fields`."""
        mapped = ("id", "key", "type", "label")
        return [
            {
                "id": derive_id(self.id, "custom_fields", one["model"], one["key"]),
                "key": one["key"],
                "integration_field": None if at == 1 else {name: one[name] for name in mapped},
                "model": one["model"],
                "label": None if at else "Our own field",
                "description": None if at else "What it is good for",
            }
            for at, one in enumerate(self.integration_fields())
        ]
