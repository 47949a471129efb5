"""The settings of the tap: their JSON Schema, and which part of the integrations is read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REGIONS = {
    "eu": "https://api.kombo.dev/v1",
    "us": "https://api.us.kombo.dev/v1",
    "ca": "https://api.ca.kombo.dev/v1",
}
"""Base URL of each Kombo region; a key works in one of them only."""

MAX_PAGE_SIZE = 250
"""The most records that Kombo puts on one page of a list."""

MAX_CONCURRENCY = 30
"""Kombo allows no more actions at a time (docs.kombo.dev/ats/guides/concurrency-limiting)."""

MAX_INTEGRATIONS = 100_000

INTEGRATION_ID = r"^[A-Za-z0-9_][A-Za-z0-9_.:~+=|-]{0,199}$"
"""It stands in a header, in an address and in the log; an e-mail address is none."""

_PATTERNS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 200}}

ALL_OTHERS = "*"
"""Stands for all streams that an object of numbers by stream does not name."""

MINUTES_OF_A_WEEK = 7 * 24 * 60
"""Kombo keeps deletions for 14 days, so a model must be read more often than that."""


def _per_stream(maximum: int) -> dict[str, Any]:
    """Return the schema of a whole number, or of an object of such numbers by stream."""
    limits = {"minimum": 0, "maximum": maximum}
    inner = {"type": "integer", **limits}
    return {"type": ["integer", "object"], **limits, "additionalProperties": inner}


SETTINGS: dict[str, Any] = th.PropertiesList(
    th.Property(
        "api_key",
        th.StringType(pattern=r"^[!-~]+$", max_length=1000),
        required=True,
        nullable=False,
        secret=True,
        title="API key",
        description="Kombo API key. It is valid in one region and one environment.",
    ),
    th.Property(
        "integration_ids",
        th.CustomType(
            {
                "type": ["array", "string"],
                "items": {"type": "string", "pattern": INTEGRATION_ID},
                "minItems": 1,
                "maxItems": MAX_INTEGRATIONS,
            }
        ),
        required=True,
        title="Integration IDs",
        description=(
            "IDs of the integrations to read, as a list or separated by commas. `@PATH` reads them "
            "from a file. Each ID is on the integration's page in the Kombo dashboard."
        ),
    ),
    th.Property(
        "shard",
        th.StringType(pattern=r"^[1-9][0-9]{0,3}/[1-9][0-9]{0,3}$"),
        title="Shard",
        description=(
            "Read only one part of the integrations: `2/8` is the second of eight parts. "
            "The part of an integration depends only on its ID, and never changes."
        ),
    ),
    th.Property(
        "changes",
        th.CustomType({"type": "array"}),
        title="Changes",
        description=(
            "Kombo's webhook events as received, as JSON or as one event per line. `@PATH` reads "
            "them from a file, `@-` from standard input. Only what they touch is read. An empty "
            "list reads nothing."
        ),
    ),
    th.Property(
        "region",
        th.StringType(allowed_values=list(REGIONS)),
        default="eu",
        title="Region",
        description="Kombo region of the API key: `eu`, `us` or `ca`.",
    ),
    th.Property(
        "api_url",
        th.StringType(pattern=r"^https?://[!-~]+$", max_length=2000),
        title="API URL",
        description="Base URL to use instead of the region's, for a proxy or the emulator.",
    ),
    th.Property(
        "allow_http",
        th.BooleanType(),
        default=False,
        title="Allow HTTP",
        description=(
            "Allow unencrypted HTTP if `api_url` begins with `http://`. The API key and the data "
            "can then be read on the way. Localhost is always allowed."
        ),
    ),
    th.Property(
        "start_date",
        th.DateTimeType(),
        title="Start date",
        description=(
            "Read only what Kombo has seen change since this date-time, in UTC if it names no "
            "zone. It limits first runs and full refreshes."
        ),
    ),
    th.Property(
        "page_size",
        th.IntegerType(minimum=1, maximum=MAX_PAGE_SIZE),
        default=MAX_PAGE_SIZE,
        title="Page size",
        description="Records per request, 1 to 250.",
    ),
    th.Property(
        "concurrency",
        th.IntegerType(minimum=1, maximum=MAX_CONCURRENCY),
        default=4,
        title="Concurrency",
        description="Requests that may run at the same time, 1 to 30.",
    ),
    th.Property(
        "lookback_seconds",
        th.IntegerType(minimum=0, maximum=30 * 24 * 60 * 60),
        default=300,
        title="Lookback",
        description=(
            "Seconds that an incremental sync reaches back before its bookmark, so that no change "
            "is missed."
        ),
    ),
    th.Property(
        "full_pass_interval_days",
        th.CustomType(_per_stream(3650)),
        default=7,
        title="Full pass interval",
        description=(
            "Days after which each stream is read in full again, because Kombo does not report "
            "every change of nested data. 0 means never. A number, or an object of numbers by "
            'stream, such as `{"*": 7, "candidates": 30}`.'
        ),
    ),
    th.Property(
        "pass_interval_minutes",
        th.CustomType(_per_stream(MINUTES_OF_A_WEEK)),
        default=0,
        title="Pass interval",
        description=(
            "Minutes after which each stream is read again. 0 means in every run. A number, or an "
            'object of numbers by stream, such as `{"*": 0, "tags": 1440}`.'
        ),
    ),
    th.Property(
        "include_deleted",
        th.BooleanType(),
        default=True,
        title="Include deleted",
        description="Read deleted records too; they have `remote_deleted_at` set (soft delete).",
    ),
    th.Property(
        "anonymized_records",
        th.StringType(allowed_values=["emit", "skip"]),
        default="emit",
        title="Anonymized records",
        description=(
            "Kombo blanks deleted records after 14 days. `emit` overwrites your last values with "
            "the blanks, `skip` keeps the values."
        ),
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType(),
        default=False,
        title="Emit ACTIVATE_VERSION",
        description=(
            "After a FULL_TABLE stream, tell the loader to remove the rows that were not sent "
            "(hard delete). Only if every integration was read in full."
        ),
    ),
    th.Property(
        "opt_in",
        th.ArrayType(th.StringType(min_length=1, max_length=200)),
        default=[],
        title="Opt in",
        description=(
            "Sensitive columns and costly streams are read only if a pattern here names them, such "
            "as `hris_employees.ssn`, `jobs.salary_*`, `*.remote_data` or "
            "`application_attachments`. `*` names everything."
        ),
    ),
    th.Property(
        "pseudonyms",
        th.CustomType(
            {
                "type": ["string", "object"],
                "additionalProperties": False,
                "properties": {
                    "preset": {"type": "string"},
                    "email_domain": {"type": "boolean"},
                    **dict.fromkeys(("keep", "hash", "null"), _PATTERNS),
                },
            }
        ),
        title="Pseudonyms",
        description=(
            "Replace personal values with keyed hashes, so that tables still join: `people`, "
            "`strict`, or an object with `preset`, `keep`, `hash`, `null` and `email_domain`."
        ),
    ),
    th.Property(
        "pseudonym_key",
        th.StringType(min_length=32, max_length=1000),
        secret=True,
        title="Pseudonym key",
        description=(
            "Secret key for `pseudonyms`, 32 characters or more. Another key changes every "
            "pseudonym."
        ),
    ),
    th.Property(
        "filters",
        th.ObjectType(
            additional_properties=th.ObjectType(
                additional_properties=th.CustomType(
                    {
                        "type": ["array", "string", "number", "boolean"],
                        "minLength": 1,
                        "maxLength": 10_000,
                        "minItems": 1,
                        "maxItems": 1000,
                        "items": {
                            "type": ["string", "number", "boolean"],
                            "minLength": 1,
                            "maxLength": 1000,
                        },
                    }
                )
            )
        ),
        title="Filters",
        description=(
            "Kombo's own filter parameters, for each stream, "
            'such as `{"interviews": {"job_ids": ["..."]}}`.'
        ),
    ),
    th.Property(
        "ignore_unsupported_filters",
        th.BooleanType(),
        default=False,
        title="Ignore unsupported filters",
        description="Let Kombo ignore a filter for which the connected tool has no data.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.IntegerType(minimum=1, maximum=3600),
        default=60,
        title="Request timeout",
        description=(
            "Seconds within which an answer must be complete. Otherwise the request is retried."
        ),
    ),
    th.Property(
        "max_retries",
        th.IntegerType(minimum=0, maximum=100),
        default=8,
        title="Maximum retries",
        description="How many times a failed request is retried.",
    ),
    th.Property(
        "user_agent",
        th.StringType(pattern=r"^[ -~]+$", max_length=500),
        title="User agent",
        description="`User-Agent` header; the default is `tap-kombo/<version>`.",
    ),
    additional_properties=False,
).to_dict()
"""JSON Schema of the configuration, without what the SDK adds."""

LIMITS_OF_THE_SDK: dict[str, dict[str, int]] = {
    "flattening_max_depth": {"minimum": 0, "maximum": 100},
    "flattening_max_key_length": {"minimum": 1, "maximum": 1000},
    "flattening_separator": {"minLength": 1, "maxLength": 10},
}
"""What the SDK's own settings may be; it names no limits."""


def for_stream(setting: int | Mapping[str, int], stream: str, default: int) -> int:
    """Return the number that a setting has for a stream; the default for one that is not named."""
    if isinstance(setting, int):
        return setting
    return setting.get(stream, setting.get(ALL_OTHERS, default))


def of_shard(ids: Iterable[str], shard: str) -> list[str]:
    """Return the integrations of a shard: `2/8` is the second of eight parts.

    A hash decides, so that it is the same part on every machine and in every run.
    """
    part, parts = map(int, shard.split("/"))
    hashes = ((one, hashlib.sha256(one.encode()).digest()[:8]) for one in ids)
    return [one for one, digest in hashes if int.from_bytes(digest) % parts == part - 1]
