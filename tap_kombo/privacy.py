"""What a property is about, and what does not exist until the setting `opt_in` names it.

The table below classes every text that Kombo sends, and every other value that is sensitive, by
the end of its path. A test walks all schemas, so that no new property slips through.
"""

from __future__ import annotations

from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from tap_kombo.api.endpoints import ENDPOINTS, STREAMS
from tap_kombo.schemas import load_schema
from tap_kombo.selection import ENTRIES, did_you_mean, topmost, typed, without

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_kombo.selection import Path


class Class(StrEnum):
    """What a value tells of a person."""

    NAME = "name"
    EMAIL = "e-mail address"
    PHONE = "phone number"
    ADDRESS = "address"
    FREE_TEXT = "free text"
    PAY = "pay"
    IDENTITY = "identity"
    HEALTH = "health"
    RAW = "raw data of the tool"
    LINK = "link"
    PLAIN = "not personal"


OPT_IN = frozenset({Class.PAY, Class.IDENTITY, Class.HEALTH, Class.RAW})
"""Classes of which nothing is read unless `opt_in` names it."""

NOT_OPTED_IN = "Selected but not read, as `opt_in` does not name it"
"""What is told of streams that a user may wait for in vain."""

_ENDS: Mapping[Class, str] = {
    Class.NAME: """
        first_name last_name display_full_name username avatar social_media.link
    """,
    Class.EMAIL: """
        email email_address work_email personal_email
    """,
    Class.PHONE: """
        phone phone_number mobile_phone_number
    """,
    Class.ADDRESS: """
        city country state street_1 street_2 zip_code raw
    """,
    Class.FREE_TEXT: """
        comment content content_html answer answer.choice answer.choices
        summary_comment notes.title candidates.title file_name
    """,
    Class.PAY: """
        salary_amount salary_amount_from salary_amount_to salary_currency salary_period
        pay_rate pay_currency pay_frequency pay_period hris_pay_runs.totals hris_payslips.totals
        line_items
    """,
    Class.IDENTITY: """
        ssn tax_id bank_accounts date_of_birth nationality ethnicity gender marital_status
        home_address creator_email
    """,
    Class.HEALTH: """
        employee_note
    """,
    Class.RAW: """
        remote_data integration_fields answer.raw raw_question
    """,
    Class.LINK: """
        data_url video_conferencing_url candidates.remote_url
        candidate.remote_url applications.remote_url
    """,
    Class.PLAIN: """
        accepted_mime_types application_id approval_status approver_id author_id balance_unit bucket
        candidate_id category company contact_id content_type course_id course_revision_id
        coverage_status current_level current_stage_id currency custom_fields department description
        description_html display_type employee_id employee_number employment_status employment_type
        end_time experience_level field hiring_team_roles icon_url id integration_id internal_label
        interview_id job_code job_id job_title key label legal_entity_id logo_url manager_id model
        model_type name ordered_levels ordered_options organization_name origin_id outcome
        package_id
        parent_id post_url precondition_options precondition_question_id provider_id
        rejection_reason_name remote_id remote_label remote_url remote_work_status scope
        scope_config_setting selected_option_id setup_status skill_id source stage_id start_time
        status timezone title type type_id unified_type unit url used_unit user_id value visibility
        work_location_id
    """,
}
"""Ends of paths, by class; a longer end wins, and what is below a sensitive object is as well."""

_CLASSES = {tuple(end.split(".")): one for one, ends in _ENDS.items() for end in ends.split()}
_LONGEST = max(map(len, _CLASSES))


def class_of(stream: str, path: Sequence[str]) -> Class | None:
    """Return the class of a property, list entries marked in its path or not; none if unknown."""
    names = [name for name in path if name != ENTRIES]
    if len(names) > 1 and (above := class_of(stream, names[:-1])) in OPT_IN:
        return above
    whole = (stream, *names)
    ends = (whole[-length:] for length in range(min(_LONGEST, len(whole)), 0, -1))
    return next((_CLASSES[end] for end in ends if end in _CLASSES), None)


@cache
def sensitive_paths(stream: str) -> tuple[Path, ...]:
    """Return the paths of a stream that need `opt_in`, without those below another of them."""
    paths = [path for path, _ in walk(load_schema(stream)) if class_of(stream, path) in OPT_IN]
    return tuple(topmost(paths))


def hidden_paths(stream: str, patterns: Sequence[str]) -> list[Path]:
    """Return the paths of a stream that no pattern of `opt_in` names."""
    paths = sensitive_paths(stream)
    return [path for path in paths if not is_opted_in(place(stream, path), patterns)]


def walk(schema: Mapping[str, Any], path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield each property of a schema with its path, at every depth."""
    for name, one in schema.get("properties", {}).items():
        yield (*path, name), one
        yield from walk(one, (*path, name))
    if items := schema.get("items"):
        yield from walk(items, (*path, ENTRIES))


def place(stream: str, path: Sequence[str] = ()) -> str:
    """Return how a pattern names a property: `jobs.stages.remote_data`."""
    return ".".join((stream, *(name for name in path if name != ENTRIES)))


def is_opted_in(one: str, patterns: Iterable[str]) -> bool:
    """Return whether a pattern names a stream or a `place`, or what that is a part of."""
    return any(
        fnmatchcase(whole, pattern)
        for pattern in patterns
        for whole in accumulate(one.split("."), "{}.{}".format)
    )


def private_catalog(catalog: Mapping[str, Any], patterns: Sequence[str]) -> dict[str, Any]:
    """Return a catalog, maybe an old one, whose schemas lack what nobody has opted in.

    Keys and replication keys are in each of them; an entry without properties stands for the whole
    stream, and a property without a type for what is known of it.
    """
    endpoints = {endpoint.name: endpoint for endpoint in STREAMS}
    entries = [dict(entry) for entry in catalog["streams"]]
    for entry in entries:
        name, schema = entry["tap_stream_id"], entry.get("schema") or {}
        if one := endpoints.get(name):
            whole = load_schema(name)
            needed = {*one.key, "integration_id", one.replication_key}
            least = {key: of for key, of in whole["properties"].items() if key in needed}
            told = least | schema["properties"] if schema.get("properties") else whole["properties"]
            hidden = hidden_paths(name, patterns)
            schema = {**whole, **schema, "type": whole["type"], "properties": told}
            entry["schema"] = without(typed(schema, whole), hidden)
    return {**catalog, "streams": entries}


@cache
def places() -> tuple[str, ...]:
    """Return all that `opt_in` can name: streams that cost dear, and sensitive properties."""
    streams = [one.name for one in ENDPOINTS if one.parent]
    columns = [place(one.name, path) for one in ENDPOINTS for path in sensitive_paths(one.name)]
    return (*streams, *columns)


def not_opted_in(selected: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Return the streams that are selected by name, but do not exist as nobody has opted in.

    Args:
        selected: Streams, or patterns of `select` such as `*_attachments.*`; `*` names none.
        patterns: The setting `opt_in`.
    """
    names = {one.partition(".")[0] for one in selected} - {"*"}
    return [
        one.name
        for one in ENDPOINTS
        if one.parent
        and not is_opted_in(one.name, patterns)
        and any(fnmatchcase(one.name, name) for name in names)
    ]


def opted_in(patterns: Sequence[str]) -> list[str]:
    """Return all that patterns name, streams and properties."""
    return [one for one in places() if is_opted_in(one, patterns)]


def opt_in_complaints(patterns: Iterable[str]) -> Iterator[str]:
    """Yield one sentence for each pattern that names nothing."""
    for number, pattern in enumerate(patterns, 1):
        if not opted_in([pattern]):
            hint = did_you_mean(pattern, places())
            yield f"entry {number} names no sensitive column and no costly stream{hint}"
