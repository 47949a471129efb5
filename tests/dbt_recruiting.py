"""The recruiting marts of the dbt package, counted from Kombo's records in Python."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from statistics import mean, median
from typing import TYPE_CHECKING

from dbt_figures import day, days, groups, known, moment, month_of, months, name

if TYPE_CHECKING:
    from dbt_figures import Figures, Kombo, Row


def hired_at(kombo: Kombo, row: Row) -> tuple[dt.datetime | None, str | None]:
    """When somebody was hired, and how that is known."""
    if row["outcome"] != "HIRED":
        return None, None
    versions = [one for one in kombo.log if one["id"] == row["id"]]
    seen = [
        after["changed_at"]
        for before, after in pairwise(sorted(versions, key=lambda one: str(one["changed_at"])))
        if after["outcome"] == "HIRED" != before["outcome"]
    ]
    if seen:
        return moment(max(seen)), "log"
    offers = [one for one in kombo.live["offers"] if one["application_id"] == row["id"]]
    accepted = [one["remote_updated_at"] for one in offers if one["status"] == "ACCEPTED"]
    if known(accepted, max):
        return moment(known(accepted, max)), "offer"
    created, updated = moment(row["remote_created_at"]), moment(row["remote_updated_at"])
    return (updated, "application") if created and updated and updated > created else (None, None)


def applications(kombo: Kombo) -> Figures:
    candidates, jobs = kombo.by_id("candidates"), kombo.by_id("jobs")
    interviews = groups(
        kombo.live["interviews"], lambda row: None if row["canceled"] else row["application_id"]
    )
    offers = groups(kombo.live["offers"], lambda row: row["application_id"])
    found = {}
    for row in kombo.live["applications"]:
        candidate, job = candidates.get(row["candidate_id"]), jobs.get(row["job_id"], {})
        stage = row["current_stage"] or {}
        talks, offered = interviews.get(row["id"], []), offers.get(row["id"], [])
        starts = [moment(one["starting_at"]) for one in talks]
        hired, hired_from = hired_at(kombo, row)
        to_hire = days(moment(row["remote_created_at"]), hired)
        offering = row["integration_id"] in kombo.has("offers")
        found[row["id"],] = kombo.of(row["integration_id"]) | {
            "candidate_id": row["candidate_id"],
            "candidate": name(candidate),
            "candidate_source": (candidate or {}).get("source"),
            "job_id": row["job_id"],
            "job": job.get("name"),
            "department": job.get("department"),
            "stage_id": row["current_stage_id"],
            "stage": stage.get("name"),
            "stage_index": stage.get("index"),
            "outcome": row["outcome"],
            "rejection_reason": row["rejection_reason_name"],
            "applied_at": moment(row["remote_created_at"]),
            "rejected_at": moment(row["rejected_at"]),
            "hired_at": hired,
            "hired_at_from": hired_from,
            "days_to_hire": to_hire if to_hire is not None and to_hire >= 0 else None,
            "interviews": len(talks) if row["integration_id"] in kombo.has("interviews") else None,
            "first_interview_at": known(starts, min),
            "last_interview_at": known(starts, max),
            "offers": len(offered) if offering else None,
            "has_accepted_offer": (
                any(one["status"] == "ACCEPTED" for one in offered) if offering else None
            ),
        }
    return found


def application_funnel(kombo: Kombo) -> Figures:
    keys = ("integration_id", "job_id", "stage_id", "outcome")
    parts = groups(applications(kombo).values(), lambda row: tuple(row[key] for key in keys))
    return {
        key: kombo.of(rows[0]["integration_id"])
        | {
            "job": rows[0]["job"],
            "stage": rows[0]["stage"],
            "stage_index": rows[0]["stage_index"],
            "applications": len(rows),
            "candidates": len({row["candidate_id"] for row in rows} - {None}),
            "interviewed": known((row["interviews"] and 1 for row in rows), sum),
            "offered": known((row["offers"] and 1 for row in rows), sum),
            "accepted": known((row["has_accepted_offer"] for row in rows), sum),
        }
        for key, rows in parts.items()
    }


def jobs(kombo: Kombo) -> Figures:
    parts = groups(applications(kombo).values(), lambda row: (row["job_id"],))
    found = {}
    for row in kombo.live["jobs"]:
        mine = parts.get((row["id"],), [])
        opened, closed = day(row["opened_at"]), day(row["closed_at"])
        open_days = None
        if opened and closed and closed <= kombo.today and row["closed_at"] >= row["opened_at"]:
            open_days = (closed - opened).days
        elif opened and row["status"] == "OPEN" and opened <= kombo.today:
            open_days = (kombo.today - opened).days
        place = row["location"] or {}
        applied = [one["applied_at"] for one in mine]
        told = row["integration_id"] in kombo.has("applications")
        counts = {
            "applications": len(mine),
            "candidates": len({one["candidate_id"] for one in mine} - {None}),
            "open_applications": sum(one["outcome"] == "PENDING" for one in mine),
            "hired": sum(one["outcome"] == "HIRED" for one in mine),
            "declined": sum(one["outcome"] == "DECLINED" for one in mine),
        }
        found[row["id"],] = kombo.of(row["integration_id"]) | {
            "job": row["name"],
            **{one: row[one] for one in ("job_code", "status", "visibility", "department")},
            **{one: row[one] for one in ("category", "employment_type")},
            "city": place.get("city"),
            "country": place.get("country"),
            "opened_at": moment(row["opened_at"]),
            "closed_at": moment(row["closed_at"]),
            "days_open": open_days,
            "hiring_team": len({one["id"] for one in row["hiring_team"] or ()}),
            **(counts if told else dict.fromkeys(counts)),
            "interviewed": known((one["interviews"] and 1 for one in mine), sum),
            "offers": known((one["offers"] for one in mine), sum),
            "first_applied_at": known(applied, min),
            "last_applied_at": known(applied, max),
            "average_days_to_hire": known((one["days_to_hire"] for one in mine), mean),
        }
    return found


def interviews_by_interviewer(kombo: Kombo) -> Figures:
    users, about = kombo.by_id("users"), applications(kombo)
    found = {}
    for row in kombo.live["interviews"]:
        start, end = moment(row["starting_at"]), moment(row["ending_at"])
        application = about.get((row["application_id"],), {})
        for user in row["users"] or ():
            found[row["id"], user["id"]] = kombo.of(row["integration_id"]) | {
                "interviewer": name(users.get(user["id"])),
                "title": row["title"],
                "starting_at": start,
                "week": start and start.date() - dt.timedelta(days=start.weekday()),
                "hours": (end - start).total_seconds() / 3600 if start and end else None,
                "is_canceled": bool(row["canceled"]),
                "application_id": row["application_id"],
                **{
                    one: application.get(one)
                    for one in ("candidate_id", "candidate", "job_id", "job", "outcome")
                },
            }
    return found


def interview_load(kombo: Kombo) -> Figures:
    held = [
        row | {"user_id": user}
        for (_, user), row in interviews_by_interviewer(kombo).items()
        if row["week"] and not row["is_canceled"]
    ]
    parts = groups(held, lambda row: (row["integration_id"], row["week"], row["user_id"]))
    return {
        key: kombo.of(key[0])
        | {
            "interviewer": rows[0]["interviewer"],
            "interviews": len(rows),
            "hours": known((row["hours"] for row in rows), sum),
        }
        for key, rows in parts.items()
    }


def scorecards(kombo: Kombo) -> Figures:
    users, interviews, about = kombo.by_id("users"), kombo.by_id("interviews"), applications(kombo)
    found = {}
    for row in kombo.live["scorecards"]:
        interview = interviews.get(row["interview_id"], {})
        application = about.get((row["application_id"],), {})
        for number, one in enumerate(row["responses"] or [None], 1):
            found[row["id"], number if one else None] = kombo.of(row["integration_id"]) | {
                "author_id": row["author_id"],
                "author": name(users.get(row["author_id"])),
                "interview_id": row["interview_id"],
                "interview": interview.get("title"),
                "interview_at": moment(interview.get("starting_at")),
                "application_id": row["application_id"],
                "candidate_id": row["candidate_id"] or application.get("candidate_id"),
                **{key: application.get(key) for key in ("candidate", "job_id", "job", "outcome")},
                "written_at": moment(row["remote_created_at"]),
                **{key: (one or {}).get(key) for key in ("label", "type", "answer")},
                "is_required": (one or {}).get("required"),
            }
    return found


def stage_history(kombo: Kombo) -> Figures:
    about = applications(kombo)
    versions = groups(
        (row for row in kombo.log if not row["remote_deleted_at"]), lambda row: row["id"]
    )
    found: Figures = {}
    for one, rows in versions.items():
        entries: list[Row] = []
        for row in sorted(rows, key=lambda row: str(row["changed_at"])):
            if not entries or entries[-1]["current_stage_id"] != row["current_stage_id"]:
                entries.append(row)
        for number, (row, following) in enumerate(
            zip(entries, [*entries[1:], None], strict=True), 1
        ):
            stage, application = row["current_stage"] or {}, about.get((one,), {})
            left = moment(following["changed_at"]) if following else None
            entered = moment(row["changed_at"])
            found[one, number] = kombo.of(row["integration_id"]) | {
                **{
                    key: application.get(key)
                    for key in ("candidate_id", "candidate", "job_id", "job", "outcome")
                },
                "stage_id": row["current_stage_id"],
                "stage": stage.get("name"),
                "stage_index": stage.get("index"),
                "entered_at": entered,
                "left_at": left,
                "days": days(entered, left),
                "is_current": left is None,
                "is_first_seen": number == 1,
            }
    return found


def recruiting_by_month(kombo: Kombo) -> Figures:
    every = applications(kombo).values()
    applied = groups(every, lambda row: _month(row, "applied_at"))
    hired = groups(every, lambda row: _month(row, "hired_at"))
    offered = groups(
        kombo.live["offers"],
        lambda row: _month(row | {"at": moment(row["remote_created_at"])}, "at"),
    )
    found = {}
    for one in kombo.names:
        happened = [key[1] for key in (*applied, *hired, *offered) if key[0] == one]
        dates = [any(key[0] == one for key in part) for part in (applied, hired, offered)]
        for month in months(min(happened), kombo.today) if happened else ():
            hires = hired.get((one, month), [])
            offers = offered.get((one, month), [])
            accepted = sum(row["status"] == "ACCEPTED" for row in offers)
            declined = sum(row["status"] == "DECLINED" for row in offers)
            to_hire = [row["days_to_hire"] for row in hires]
            timed = sum(value is not None for value in to_hire)
            found[one, month] = kombo.of(one) | {
                "applications": len(applied.get((one, month), [])) if dates[0] else None,
                "hires": len(hires) if dates[1] else None,
                "hires_timed": timed if dates[1] else None,
                "average_days_to_hire": known(to_hire, mean),
                "median_days_to_hire": known(to_hire, median),
                "offers": len(offers) if dates[2] else None,
                "offers_accepted": accepted if dates[2] else None,
                "offers_declined": declined if dates[2] else None,
                "offer_acceptance": (
                    accepted / (accepted + declined) if accepted + declined else None
                ),
            }
    return found


def _month(row: Row, column: str) -> tuple[str, dt.date] | None:
    month = month_of(row[column])
    return (row["integration_id"], month) if month else None
