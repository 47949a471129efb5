"""The marts of employees, learners and customers, counted from Kombo's records in Python."""

from __future__ import annotations

import calendar
from statistics import median
from typing import TYPE_CHECKING

from dbt_figures import day, days, groups, known, moment, month_of, months, name

from scripts.dbt_models import stagings
from tap_kombo.privacy import sensitive_paths

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from dbt_figures import Figures, Kombo, Row


def first_day(kombo: Kombo, row: Row) -> dt.date | None:
    terms = [one for one in kombo.live["hris_employments"] if one["employee_id"] == row["id"]]
    return day(row["start_date"]) or known((day(one["effective_date"]) for one in terms), min)


def employees(kombo: Kombo) -> Figures:
    every = kombo.by_id("hris_employees")
    entities, places = kombo.by_id("hris_legal_entities"), kombo.by_id("hris_locations")
    reports = groups(
        every.values(),
        lambda row: None if row["employment_status"] == "INACTIVE" else row["manager_id"],
    )
    found = {}
    for row in every.values():
        first, last = first_day(kombo, row), day(row["termination_date"])
        until = last if last and last <= kombo.today else kombo.today
        is_known = (last and last <= kombo.today) or row["employment_status"] != "INACTIVE"
        in_order = first and first <= kombo.today and not (last and last < first)
        manager = every.get(row["manager_id"])
        place = places.get(row["work_location_id"], {})
        address = place.get("address") or {}
        found[row["id"],] = kombo.of(row["integration_id"]) | {
            **{one: row[one] for one in ("employee_number", "work_email", "job_title")},
            **{one: row[one] for one in ("employment_status", "employment_type", "weekly_hours")},
            "employee": _shown(row),
            "manager_id": row["manager_id"],
            "manager": _shown(manager),
            "direct_reports": len(reports.get(row["id"], [])),
            "departments": _groups(row, "DEPARTMENT"),
            "teams": _groups(row, "TEAM"),
            "legal_entity_id": row["legal_entity_id"],
            "legal_entity": entities.get(row["legal_entity_id"], {}).get("name"),
            "work_location_id": row["work_location_id"],
            "location": place.get("name"),
            "city": address.get("city"),
            "country": address.get("country"),
            "first_day": first,
            "last_day": last,
            "days_employed": (until - first).days if first and in_order and is_known else None,
        }
    return found


def _shown(person: Row | None) -> str | None:
    shown = (person or {}).get("display_full_name")
    return name(person) if shown is None else str(shown)


def _groups(row: Row, kind: str) -> str | None:
    names = [one["name"] for one in row["groups"] or () if one["type"] == kind and one["name"]]
    return ", ".join(sorted(names)) or None


def employee_months(kombo: Kombo) -> Figures:
    terms = groups(kombo.live["hris_employments"], lambda row: row["employee_id"])
    found = {}
    for row in kombo.live["hris_employees"]:
        first, last = first_day(kombo, row), day(row["termination_date"])
        left_some_day = row["employment_status"] == "INACTIVE" and not last
        if first is None or left_some_day or (last and last < first):
            continue
        for month in months(month_of(first) or first, min(last or kombo.today, kombo.today)):
            month_end = month.replace(day=calendar.monthrange(month.year, month.month)[1])
            counted_on = min(month_end, kombo.today)
            if first > counted_on:
                continue
            then = [
                one
                for one in sorted(terms.get(row["id"], []), key=lambda one: str(one["id"]))
                if (effective := day(one["effective_date"])) and effective <= counted_on
            ]
            latest = max(then, key=lambda one: str(one["effective_date"])) if then else {}
            found[row["integration_id"], row["id"], month] = kombo.of(row["integration_id"]) | {
                "counted_on": counted_on,
                "employment_type": latest.get("employment_type") or row["employment_type"],
                "is_employed": last is None or last >= counted_on,
                "has_joined": first >= month,
                "has_left": last is not None and last <= counted_on,
            }
    return found


def headcount_by_month(kombo: Kombo) -> Figures:
    parts = groups(
        (row | {"month": key[2]} for key, row in employee_months(kombo).items()),
        lambda row: (row["integration_id"], row["month"]),
    )
    found: Figures = {}
    for one in sorted({key[0] for key in parts}):
        before = None
        for month in months(min(key[1] for key in parts if key[0] == one), kombo.today):
            rows = parts.get((one, month), [])
            headcount = sum(row["is_employed"] for row in rows)
            leavers = sum(row["has_left"] for row in rows)
            there: float | None = None if before is None else (before + headcount) / 2
            found[one, month] = kombo.of(one) | {
                "headcount": headcount,
                "joiners": sum(row["has_joined"] for row in rows),
                "leavers": leavers,
                "attrition": leavers / there if there else None,
            }
            before = headcount
    return found


def absences_by_month(kombo: Kombo) -> Figures:
    types = kombo.by_id("hris_absence_types")
    parts = groups(
        kombo.live["hris_absences"],
        lambda row: (
            (
                row["integration_id"],
                month_of(day(row["start_date"])),
                row["type_id"],
                row["status"],
                row["unit"],
            )
            if row["start_date"]
            else None
        ),
    )
    return {
        key: kombo.of(key[0])
        | {
            "type": types.get(key[2], {}).get("name"),
            "absences": len(rows),
            "employees": len({row["employee_id"] for row in rows} - {None}),
            "amount": known((row["amount"] for row in rows), sum),
            "without_amount": sum(row["amount"] is None for row in rows),
        }
        for key, rows in parts.items()
    }


def learning_progress(kombo: Kombo) -> Figures:
    by_revision = groups(
        kombo.live["lms_course_progressions"], lambda row: row["course_revision_id"]
    )
    found = {}
    for row in kombo.live["lms_courses"]:
        revisions = row["revisions"] or []
        rows = [one for rev in revisions for one in by_revision.get(rev["id"], [])]
        counts = {
            "progressions": len(rows),
            "learners": len({one["user_id"] for one in rows} - {None}),
            "completed": sum(one["status"] == "COMPLETED" for one in rows),
            "under_way": sum(one["status"] in {"ENROLLED", "IN_PROGRESS"} for one in rows),
            "dropped": sum(one["status"] == "DROPPED" for one in rows),
        }
        with_status = sum(one["status"] is not None for one in rows)
        took = [days(moment(one["enrolled_at"]), moment(one["completed_at"])) for one in rows]
        found[row["id"],] = kombo.of(row["integration_id"]) | {
            "course": revisions[-1]["title"] if revisions else None,
            "provider": (row["provider"] or {}).get("name"),
            **counts,
            "completion": counts["completed"] / with_status if with_status else None,
            "median_days_to_complete": known(
                (one for one in took if one is None or one >= 0), median
            ),
        }
    return found


def customer_health(kombo: Kombo, passes: list[Row], described: Mapping[str, Row]) -> Figures:
    """What the ledger, as it was loaded, says of each integration."""
    found = {}
    for one, told in described.items():
        rows = sorted(
            (row for row in passes if row["integration_id"] == one),
            key=lambda row: (row["started_at"], row["id"]),
        )
        last = {row["stream"]: row for row in rows}
        complete = {row["stream"]: row for row in rows if row["outcome"] == "complete"}
        until = known((row["bookmark_after"] for row in complete.values()), min)
        failed = sorted(one for one, row in last.items() if row["outcome"] == "failed")
        found[one,] = kombo.of(one) | {
            **{name: told[name] for name in ("category", "status", "setup_status")},
            "data_expired_at": told["data_expired_at"],
            "last_run_at": max(row["ended_at"] for row in last.values()),
            "complete_until": until,
            "days_behind": (kombo.today - until.date()).days if until else None,
            "streams": len(last),
            "failed_streams": len(failed),
            "skipped_streams": sum(row["outcome"] == "skipped" for row in last.values()),
            "never_complete_streams": len(last) - len(complete),
            "errors": ", ".join(f"{one}: {last[one]['error_code']}" for one in failed) or None,
        }
    return found


def column_fill(kombo: Kombo, described: Mapping[str, Row]) -> Figures:
    """Of the streams in `kombo.live`; `described` is what Kombo says of each integration."""
    found: Figures = {}
    for staging in stagings():
        if staging.stream not in kombo.live or not staging.model:
            continue
        paths = sensitive_paths(staging.stream)
        hidden = {path[0] for path in paths if len(path) == 1}
        for one, told in described.items():
            covered = {model["id"]: model for model in told["read_models"]}
            if staging.model not in covered:
                continue
            fields = {field["id"]: field for field in covered[staging.model]["fields"]}
            rows = [row for row in kombo.live[staging.stream] if row["integration_id"] == one]
            for column in staging.source.keys() - {"remote_deleted_at"}:
                read = column not in hidden
                filled = (
                    sum(row.get(column) not in (None, [], {}) for row in rows) if read else None
                )
                field = fields.get(column, {})
                found[one, staging.stream, column] = kombo.of(one) | {
                    "records": len(rows),
                    "filled": filled,
                    "fill_rate": filled / len(rows) if rows and filled is not None else None,
                    **{
                        name: field.get(name)
                        for name in (
                            "is_available",
                            "coverage_status",
                            "scope_config_setting",
                            "opted_out_by_customer",
                        )
                    },
                    "why_empty": _why(filled, field, len(rows)),
                }
    return found


def _why(filled: int | None, field: Row, records: int) -> str | None:
    if filled:
        return None
    if filled is None:
        return "not read"
    if field.get("scope_config_setting") == "DISABLED":
        return "switched off in Kombo"
    if field.get("coverage_status") == "UNSUPPORTED":
        return "Kombo does not read it from this tool"
    return "the tool holds no value" if records else "no records"
